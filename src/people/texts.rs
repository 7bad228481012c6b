//! What people write: titles, descriptions, tags, comments, in the form in which they are kept and shown.
//!
//! All of it is NFC. Control characters, and those that turn the direction of what follows or are not seen at all, fall away:
//! they come along when something is pasted, and nobody misses them.

use super::names::{NameError, is_unseen};
use crate::limits::people::{COMMENT_MAX, DESCRIPTION_MAX, TAG_MAX, TAGS_MAX, TITLE_MAX};
use unicode_normalization::UnicodeNormalization as _;

/// Bytes of the longest UTF-8 character; bounds the work of normalising what is too long anyway, with room for decomposed letters.
const BYTES_A_CHARACTER: usize = 12;

/// A title; may be empty. Line ends become blanks.
pub fn title(typed: &str) -> Result<String, NameError> {
    one_line(typed, TITLE_MAX)
}

/// A comment. Line ends become blanks.
pub fn comment(typed: &str) -> Result<String, NameError> {
    match one_line(typed, COMMENT_MAX)? {
        text if text.is_empty() => Err(NameError::Empty),
        text => Ok(text),
    }
}

/// A description; may be empty. Line ends stay, with at most one empty line in a row.
pub fn description(typed: &str) -> Result<String, NameError> {
    check_bytes(typed, DESCRIPTION_MAX)?;
    let typed = typed
        .replace("\r\n", "\n")
        .replace(['\r', '\u{2028}', '\u{2029}'], "\n");
    let mut text = String::new();
    let mut empty = 0;
    for line in typed.split('\n') {
        let line = seen(line);
        let line = line.trim_end();
        empty = if line.is_empty() { empty + 1 } else { 0 };
        if empty < 2 {
            text.push_str(line);
            text.push('\n');
        }
    }
    within(text.trim().to_owned(), DESCRIPTION_MAX)
}

/// A tag: lower case, one blank between words, none of the characters that part tags or addresses; None if nothing is left.
pub fn tag(typed: &str) -> Result<Option<String>, NameError> {
    check_bytes(typed, TAG_MAX)?;
    // What looks like a semicolon and becomes one (U+037E) parts too.
    let composed: String = typed.nfc().collect();
    let parted = composed.replace(
        [
            '#', ',', '，', '、', ';', '/', '\\', '?', '%', '&', '<', '>', '"',
        ],
        " ",
    );
    // Lower case may decompose, so both are done until nothing changes; twice is enough for all of Unicode.
    let lower = |text: &str| {
        text.chars()
            .flat_map(char::to_lowercase)
            .nfc()
            .collect::<String>()
    };
    let text = lower(&lower(&seen(&parted)));
    let text = within(one_blank(&text), TAG_MAX)?;
    Ok((!text.is_empty()).then_some(text))
}

/// Tags as typed, each once, in the order in which they came. `Length` if there are more than 8.
pub fn tags<'a>(typed: impl IntoIterator<Item = &'a str>) -> Result<Vec<String>, NameError> {
    let mut tags: Vec<String> = Vec::new();
    for typed in typed {
        if let Some(tag) = tag(typed)?
            && !tags.contains(&tag)
        {
            if tags.len() >= TAGS_MAX {
                return Err(NameError::Length);
            }
            tags.push(tag);
        }
    }
    Ok(tags)
}

/// A short text in one line, without what is not seen; may be empty.
pub(super) fn one_line(typed: &str, max: usize) -> Result<String, NameError> {
    check_bytes(typed, max)?;
    let line = typed.replace(['\n', '\r', '\t', '\u{2028}', '\u{2029}'], " ");
    within(one_blank(&seen(&line)), max)
}

fn check_bytes(typed: &str, max: usize) -> Result<(), NameError> {
    match typed.len() > max * BYTES_A_CHARACTER {
        true => Err(NameError::Length),
        false => Ok(()),
    }
}

fn within(text: String, max: usize) -> Result<String, NameError> {
    match text.chars().count() > max {
        true => Err(NameError::Length),
        false => Ok(text),
    }
}

fn one_blank(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn seen(text: &str) -> String {
    text.nfc().filter(|c| !is_unseen(*c)).nfc().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn comments_are_one_line_without_tricks() {
        assert_eq!(comment(" a\r\nb\tc ").unwrap(), "a b c");
        assert_eq!(comment("nimda\u{202E}x\u{7}").unwrap(), "nimdax");
        assert_eq!(comment("e\u{301}").unwrap(), "é");
        assert_eq!(
            comment("👩\u{200D}🌾 好漂亮的碗").unwrap(),
            "👩\u{200D}🌾 好漂亮的碗"
        );
        assert_eq!(comment(" \u{200B}\n"), Err(NameError::Empty));
        assert_eq!(comment(&"碗".repeat(500)).unwrap().chars().count(), 500);
        assert_eq!(comment(&"碗".repeat(501)), Err(NameError::Length));
        assert_eq!(comment(&"x".repeat(1 << 20)), Err(NameError::Length));
    }

    #[test]
    fn descriptions_keep_their_paragraphs() {
        assert_eq!(
            description("a \r\n\r\n\n\nb\u{2028}c\n").unwrap(),
            "a\n\nb\nc"
        );
        assert_eq!(description("").unwrap(), "");
        assert_eq!(description(&"x".repeat(2001)), Err(NameError::Length));
    }

    #[test]
    fn tags_are_what_people_meant() {
        let all = tags([
            "#Pottery",
            "pottery ",
            "手作",
            "ÉCOLE",
            "",
            "board  games",
            "a/b",
        ]);
        assert_eq!(
            all.unwrap(),
            ["pottery", "手作", "école", "board games", "a b"]
        );
        assert_eq!(tag("\u{202E}"), Ok(None));
        assert_eq!(tag(&"x".repeat(33)), Err(NameError::Length));
        let nine: Vec<String> = (0..9).map(|n| format!("t{n}")).collect();
        assert_eq!(
            tags(nine.iter().map(String::as_str)),
            Err(NameError::Length)
        );
    }

    proptest! {
        #[test]
        fn what_is_kept_stays_as_it_is(typed in "\\PC{0,60}|.{0,40}") {
            if let Ok(text) = comment(&typed) {
                prop_assert_eq!(comment(&text), Ok(text));
            }
            if let Ok(text) = description(&typed) {
                prop_assert_eq!(description(&text), Ok(text));
            }
            if let Ok(Some(text)) = tag(&typed) {
                prop_assert!(!text.chars().any(|c| is_unseen(c) || c == '/'));
                prop_assert_eq!(tag(&text), Ok(Some(text)));
            }
        }
    }
}
