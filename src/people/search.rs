//! Search as one types: people, titles and tags, in any case and width, by what words begin with and by what is in them.

use super::directory::Directory;
use super::{Access, Account, AccountId, ChannelProfile, People};
use crate::limits::people::{FOUND_MAX, QUERY_MAX, QUERY_WORDS_MAX};
use unicode_normalization::char::{canonical_combining_class, decompose_compatible};

/// Where a channel matches, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Where {
    /// In the person's name.
    Name,
    /// In a tag.
    Tag,
    /// In the title.
    Title,
}

/// A channel that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The channel.
    pub channel: ChannelProfile,
    /// Where its best match is.
    pub place: Where,
}

/// How well a word fits a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    Begins,
    WordBegins,
    Within,
}

impl People {
    /// Channels in which every word of the query occurs, best first, at most 20; only such as this viewer may see. An empty
    /// query finds nothing.
    pub fn search(&self, query: &str, viewer: Option<&Account>) -> Vec<Found> {
        let query: String = query.chars().take(QUERY_MAX).collect();
        let query = folded(&query);
        let words: Vec<&str> = query.split_whitespace().take(QUERY_WORDS_MAX).collect();
        if words.is_empty() {
            return Vec::new();
        }
        let directory = self.directory();
        let ids = directory.accounts.keys();
        let seen = ids.filter(|id| directory.may_see(viewer, **id) == Access::Open);
        let ranked = seen.filter_map(|id| Some((rank(&directory, *id, &words)?, *id)));
        let mut ranked: Vec<((Where, Fit), AccountId)> = ranked.collect();
        ranked.sort_unstable();
        let found = ranked.into_iter().filter_map(|((place, _), id)| {
            let channel = directory.channel(id)?;
            Some(Found { channel, place })
        });
        found.take(FOUND_MAX).collect()
    }
}

/// The best place of the words; None unless each occurs somewhere.
fn rank(directory: &Directory, id: AccountId, words: &[&str]) -> Option<(Where, Fit)> {
    let person = directory.accounts.get(&id)?;
    let mut texts = vec![
        (Where::Name, folded(&person.display_name)),
        (Where::Name, person.name.clone()),
    ];
    if let Some(row) = directory.channels.get(&id) {
        texts.push((Where::Title, folded(&row.title)));
        texts.extend(row.tags.iter().map(|tag| (Where::Tag, folded(tag))));
    }
    let best = |word: &&str| {
        let fits = texts
            .iter()
            .filter_map(|(place, text)| Some((*place, fit(text, word)?)));
        fits.min()
    };
    let bests: Option<Vec<(Where, Fit)>> = words.iter().map(best).collect();
    bests?.into_iter().min()
}

fn fit(text: &str, word: &str) -> Option<Fit> {
    let at = text.find(word)?;
    if at == 0 {
        return Some(Fit::Begins);
    }
    let mut starts = text.match_indices(word).map(|(at, _)| at);
    let begins = |at: usize| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        before.is_some_and(|c| !c.is_alphanumeric())
    };
    Some(match starts.any(begins) {
        true => Fit::WordBegins,
        false => Fit::Within,
    })
}

/// A text as it is compared: full width as half width, in lower case, without marks above and below letters. Each character is
/// folded for itself, so a part of a text stays a part of it.
fn folded(text: &str) -> String {
    let mut parts = String::with_capacity(text.len());
    for c in text.chars() {
        decompose_compatible(c, |c| parts.extend(c.to_lowercase()));
    }
    let mut folded = String::with_capacity(parts.len());
    for c in parts.chars() {
        decompose_compatible(c, |c| folded.extend(Some(c).filter(|c| !is_mark(*c))));
    }
    folded
}

/// A mark that people leave out as they type; the kana's voicing and the signs of Indic scripts (classes 7 to 9) tell letters apart.
fn is_mark(c: char) -> bool {
    !matches!(canonical_combining_class(c), 0 | 7..=9)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn case_width_and_marks_do_not_count() {
        assert_eq!(folded("ＺＯË"), "zoe");
        assert_eq!(folded("ｶﾞ"), folded("ガ"));
        assert_ne!(folded("カ"), folded("ガ"));
        assert_eq!(folded("İstanbul"), "istanbul");
        assert_eq!(folded("番茄炒蛋"), "番茄炒蛋");
        assert_eq!(folded("שָׁלוֹם"), "שלום");
        assert_ne!(folded("क्षमा"), folded("कषमा"));
    }

    #[test]
    fn what_is_folded_stays_as_it_is() {
        for c in '\0'..=char::MAX {
            let once = folded(c.encode_utf8(&mut [0; 4]));
            assert_eq!(folded(&once), once, "{c:?}");
        }
    }

    #[test]
    fn beginnings_come_before_what_is_within() {
        assert_eq!(fit("bowls", "bow"), Some(Fit::Begins));
        assert_eq!(fit("rainbow bows", "bow"), Some(Fit::WordBegins));
        assert_eq!(fit("rainbow", "bow"), Some(Fit::Within));
        assert_eq!(fit("妈妈的厨房", "厨房"), Some(Fit::Within));
        assert_eq!(fit("a", "b"), None);
    }

    proptest! {
        #[test]
        fn any_part_of_a_text_is_found_in_it(text in "\\PC{1,30}", from in 0..30usize, length in 1..10usize) {
            let part: String = text.chars().skip(from).take(length).collect();
            prop_assert!(folded(&text).contains(&folded(&part)) || part.is_empty());
            prop_assert!(folded(&text.to_uppercase()).len() < 1000);
        }

        #[test]
        fn what_is_typed_further_still_fits(text in "[a-zß-ö 一-三]{1,20}") {
            let text = folded(&text);
            for (end, c) in text.char_indices() {
                prop_assert!(fit(&text, &text[..end + c.len_utf8()]).is_some());
            }
        }
    }
}
