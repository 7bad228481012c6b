//! Tags: who has which, and which are popular. Counted when asked: a household has few channels.

use super::{Access, Account, ChannelProfile, People, texts};
use crate::limits::people::POPULAR_TAGS_MAX;
use std::collections::BTreeMap;

/// A tag and how many channels carry it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PopularTag {
    /// As kept.
    pub tag: String,
    /// Channels that this viewer may see.
    pub channels: usize,
}

impl People {
    /// Channels that carry a tag (as typed) and that this viewer may see, by number.
    pub fn channels_tagged(&self, typed: &str, viewer: Option<&Account>) -> Vec<ChannelProfile> {
        let Ok(Some(tag)) = texts::tag(typed) else {
            return Vec::new();
        };
        let directory = self.directory();
        let tagged = directory
            .channels
            .iter()
            .filter(|(_, row)| row.tags.contains(&tag));
        let seen = tagged.filter(|(id, _)| directory.may_see(viewer, **id) == Access::Open);
        seen.filter_map(|(id, _)| directory.channel(*id)).collect()
    }

    /// The tags that most channels carry, of those that this viewer may see; the bound is `limits::people::POPULAR_TAGS_MAX`.
    pub fn popular_tags(&self, viewer: Option<&Account>) -> Vec<PopularTag> {
        let directory = self.directory();
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for (id, row) in &directory.channels {
            let publishes = directory
                .accounts
                .get(id)
                .is_some_and(|a| a.role.may_publish());
            if publishes && directory.may_see(viewer, *id) == Access::Open {
                for tag in &row.tags {
                    *counts.entry(tag).or_default() += 1;
                }
            }
        }
        let mut counts: Vec<(&str, usize)> = counts.into_iter().collect();
        counts.sort_by_key(|(tag, count)| (usize::MAX - count, *tag));
        counts.truncate(POPULAR_TAGS_MAX);
        let popular = |(tag, channels): (&str, usize)| PopularTag {
            tag: tag.to_owned(),
            channels,
        };
        counts.into_iter().map(popular).collect()
    }
}
