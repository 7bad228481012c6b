//! NAMEs (permanent handles, also in URLs) and display names (what a person is called).

use crate::limits::people::{
    DISPLAY_NAME_BYTES_MAX, DISPLAY_NAME_MAX, KEY_LABEL_MAX, NAME_MAX, NAME_MIN,
};
use unicode_normalization::UnicodeNormalization;

/// Words that are paths of the box or would mislead in one.
const RESERVED: &[&str] = &[
    "about",
    "account",
    "admin",
    "api",
    "assets",
    "box",
    "channel",
    "channels",
    "events",
    "favicon",
    "healthz",
    "hearth",
    "help",
    "home",
    "index",
    "invite",
    "join",
    "key",
    "keys",
    "live",
    "login",
    "logout",
    "me",
    "media",
    "metrics",
    "new",
    "old-tv",
    "owner",
    "recordings",
    "register",
    "restore",
    "robots",
    "root",
    "search",
    "settings",
    "setup",
    "static",
    "studio",
    "system",
    "tag",
    "tags",
    "tv",
    "update",
    "users",
    "watch",
];

/// Why a text is no NAME or no display name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// Nothing was given.
    #[error("a name is needed")]
    Empty,
    /// Under 2 or over 32 characters (NAME), over 64 (display name).
    #[error("a name has 2 to 32 characters, a display name at most 64")]
    Length,
    /// A character that does not belong there.
    #[error("a name has only a-z, 0-9, '-' and '_' and begins with a letter or figure")]
    Character,
    /// The box needs this word itself.
    #[error("this name is reserved")]
    Reserved,
}

/// Checks a NAME: `[a-z0-9][a-z0-9_-]{1,31}`, no reserved word.
pub fn check_name(name: &str) -> Result<(), NameError> {
    if name.is_empty() {
        return Err(NameError::Empty);
    }
    if !(NAME_MIN..=NAME_MAX).contains(&name.len()) {
        return Err(NameError::Length);
    }
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let mut bytes = name.bytes();
    if !bytes.next().is_some_and(plain) || !bytes.all(|b| plain(b) || b == b'_' || b == b'-') {
        return Err(NameError::Character);
    }
    if RESERVED.contains(&name) {
        return Err(NameError::Reserved);
    }
    Ok(())
}

/// The NAME that a typed name leads to: lower case, blanks become dashes, marks above letters fall away, the rest too.
/// None if nothing usable is left; then a person is asked for a short address as well.
pub fn name_from(typed: &str) -> Option<String> {
    let mut name = String::new();
    for c in typed.trim().chars().take(DISPLAY_NAME_BYTES_MAX).nfkd() {
        let c = c.to_ascii_lowercase();
        if c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' {
            name.push(c);
        } else if (c == '-' || c.is_whitespace()) && !name.is_empty() && !name.ends_with('-') {
            name.push('-');
        } else if c.is_alphabetic() {
            return None;
        }
        if name.len() >= NAME_MAX {
            break;
        }
    }
    let name = name.trim_matches(['-', '_']).to_owned();
    check_name(&name).is_ok().then_some(name)
}

/// A display name in its stored form: NFC, no blanks around it, blanks inside made one.
pub fn display_name(typed: &str) -> Result<String, NameError> {
    tidy(typed, DISPLAY_NAME_MAX)
}

/// A label of a stream key in its stored form; the same rule, shorter.
pub fn key_label(typed: &str) -> Result<String, NameError> {
    tidy(typed, KEY_LABEL_MAX)
}

fn tidy(typed: &str, max: usize) -> Result<String, NameError> {
    if typed.len() > DISPLAY_NAME_BYTES_MAX {
        return Err(NameError::Length);
    }
    let text: String = typed.nfc().collect();
    if text.chars().any(is_unseen) {
        return Err(NameError::Character);
    }
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.chars().count() {
        0 => Err(NameError::Empty),
        n if n > max => Err(NameError::Length),
        _ => Ok(text),
    }
}

/// Control characters, and those that turn the direction of what follows or are not seen at all.
pub(super) fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00AD}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{180E}'
            | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FEFF}' | '\u{FFA0}'
            | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_outside_the_pattern_or_reserved_are_refused() {
        for good in ["anna", "a1", "1a", "theo_and-co", "a".repeat(32).as_str()] {
            assert_eq!(check_name(good), Ok(()), "{good}");
        }
        for (bad, why) in [
            ("", NameError::Empty),
            ("a", NameError::Length),
            ("a".repeat(33).as_str(), NameError::Length),
            ("-anna", NameError::Character),
            ("Anna", NameError::Character),
            ("an na", NameError::Character),
            ("ännа", NameError::Character),
            ("an/na", NameError::Character),
            ("~anna", NameError::Character),
            ("live", NameError::Reserved),
            ("setup", NameError::Reserved),
            ("healthz", NameError::Reserved),
        ] {
            assert_eq!(check_name(bad), Err(why), "{bad}");
        }
    }

    #[test]
    fn a_typed_name_becomes_an_address_as_people_expect() {
        for (typed, name) in [
            ("Anna", "anna"),
            ("  Oma  Ilse ", "oma-ilse"),
            ("Zoë", "zoe"),
            ("Theo & Co.", "theo-co"),
            ("Garden camera 2", "garden-camera-2"),
        ] {
            assert_eq!(name_from(typed).as_deref(), Some(name));
        }
        for nothing in ["小雨", "Mei 美玲", "", "!", "live", "Ω"] {
            assert_eq!(name_from(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn display_names_lose_nothing_but_tricks() {
        assert_eq!(display_name(" 小雨 \t").unwrap_err(), NameError::Character);
        assert_eq!(display_name(" 小雨  2 ").unwrap(), "小雨 2");
        assert_eq!(display_name("e\u{301}va").unwrap(), "éva");
        assert_eq!(
            display_name("👩\u{200D}🌾 Eva").unwrap(),
            "👩\u{200D}🌾 Eva"
        );
        assert_eq!(display_name("  "), Err(NameError::Empty));
        assert_eq!(display_name("anna\u{202E}nimda"), Err(NameError::Character));
        assert_eq!(display_name(&"x".repeat(64)).unwrap().len(), 64);
        assert_eq!(display_name(&"x".repeat(65)), Err(NameError::Length));
    }

    proptest! {
        #[test]
        fn whatever_is_typed_leads_to_a_valid_name_or_none(typed in ".{0,80}") {
            if let Some(name) = name_from(&typed) {
                prop_assert_eq!(check_name(&name), Ok(()));
            }
            if let Ok(shown) = display_name(&typed) {
                prop_assert_eq!(display_name(&shown), Ok(shown));
            }
        }
    }
}
