//! Stream keys as people see and type them.

use crate::limits::people::{KEY_CHARACTERS, KEY_TEXT_MAX};
use std::fmt;

/// `[a-z2-9]` without the look-alikes i, l and o: 31 characters.
const ALPHABET: &[u8; 31] = b"abcdefghjkmnpqrstuvwxyz23456789";
/// Characters between two dashes; the last group takes the rest.
const GROUP: usize = 5;

/// A stream key in its plain form. `Debug` and logs show its first 4 characters only.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyText(String);

impl KeyText {
    /// A fresh key, 128 bits from the system's random source.
    pub fn random() -> Result<KeyText, getrandom::Error> {
        random_text(KEY_CHARACTERS).map(KeyText)
    }

    /// Reads what somebody typed or pasted: dashes, blanks and case do not count. None if that is no key.
    pub fn parse(text: &str) -> Option<KeyText> {
        if text.len() > KEY_TEXT_MAX {
            return None;
        }
        let key = plain(text);
        let known = key.bytes().all(|b| ALPHABET.contains(&b));
        (known && key.len() == KEY_CHARACTERS).then_some(KeyText(key))
    }

    /// 26 characters without dashes: what an encoder sends.
    pub fn plain(&self) -> &str {
        &self.0
    }

    /// With dashes, for people.
    pub fn grouped(&self) -> String {
        let mut text = String::with_capacity(KEY_CHARACTERS + KEY_CHARACTERS / GROUP);
        for (at, c) in self.0.chars().enumerate() {
            if at > 0 && at % GROUP == 0 && at + 1 < KEY_CHARACTERS {
                text.push('-');
            }
            text.push(c);
        }
        text
    }

    /// The first 4 characters: all that logs, metrics and lists may show.
    pub fn hint(&self) -> &str {
        self.0.get(..4).unwrap_or_default()
    }
}

impl fmt::Debug for KeyText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyText({}…)", self.hint())
    }
}

/// Lower case, without dashes and blanks.
pub(super) fn plain(text: &str) -> String {
    text.chars()
        .filter(|c| *c != '-' && !c.is_whitespace())
        .map(|c| c.to_ascii_lowercase())
        .collect()
}

/// `length` characters of the key alphabet, each equally likely.
pub(super) fn random_text(length: usize) -> Result<String, getrandom::Error> {
    let fair = u8::try_from(256 / ALPHABET.len() * ALPHABET.len()).unwrap_or(u8::MAX);
    let mut text = String::with_capacity(length);
    while text.len() < length {
        let mut bytes = [0u8; 32];
        getrandom::fill(&mut bytes)?;
        let fair_ones = bytes.iter().filter(|b| **b < fair);
        let letters = fair_ones.filter_map(|b| ALPHABET.get(usize::from(*b) % ALPHABET.len()));
        text.extend(letters.take(length - text.len()).map(|b| char::from(*b)));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dashes_case_and_blanks_do_not_count() {
        let key = KeyText::random().unwrap();
        assert_eq!(key.plain().len(), KEY_CHARACTERS);
        assert_eq!(KeyText::parse(key.plain()), Some(key.clone()));
        let typed = format!(" {}\n", key.grouped().to_uppercase());
        assert_eq!(KeyText::parse(&typed), Some(key));
    }

    #[test]
    fn groups_are_even_and_easy_to_read_out() {
        let key = KeyText("abcdefghjkmnpqrstuvwxyz234".into());
        assert_eq!(key.grouped(), "abcde-fghjk-mnpqr-stuvw-xyz234");
    }

    #[test]
    fn other_texts_are_no_keys() {
        let long = "a".repeat(27);
        for text in [
            "",
            "-",
            "anna",
            &long,
            &"a".repeat(10_000),
            "abcdefghjkmnpqrstuvwxyz23l",
        ] {
            assert_eq!(KeyText::parse(text), None);
        }
        assert_eq!(KeyText::parse("ａbcdefghjkmnpqrstuvwxyz234"), None);
    }

    #[test]
    fn debug_does_not_give_the_key_away() {
        let key = KeyText::random().unwrap();
        assert_eq!(format!("{key:?}"), format!("KeyText({}…)", key.hint()));
    }

    #[test]
    fn every_character_of_the_alphabet_turns_up() {
        let text = random_text(4000).unwrap();
        assert!(ALPHABET.iter().all(|b| text.contains(char::from(*b))));
    }
}
