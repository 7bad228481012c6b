//! What a session's parts may last: PART-TARGET, fixed once for all of its playlists (draft-pantos-hls-rfc8216bis §4.4.3.7).
//!
//! Every part but the last of a segment must last 85 to 100 % of it. With pictures of at most 15 % of the target there is always
//! a picture's end in that span, so the target follows from the longest picture.

use crate::limits::media::{MAX_PART_PICTURE_TICKS, PART_MARGIN_MS, PART_TICKS};

/// 90 kHz ticks in a ms.
const TICKS_PER_MS: u64 = 90;

/// Whether a session's playlist lists parts, and how long they may be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PartRule {
    /// Nothing was listed yet.
    #[default]
    Undecided,
    /// It lists none.
    Never,
    /// PART-TARGET, 90 kHz ticks: a whole number of ms.
    Target(u32),
}

impl PartRule {
    /// The rule for pictures (audio frames) of at most `longest` ticks.
    pub fn of(longest: u64) -> PartRule {
        if longest > MAX_PART_PICTURE_TICKS {
            return PartRule::Never;
        }
        let least = longest.saturating_mul(20).div_ceil(3).max(PART_TICKS);
        let ticks = (least.div_ceil(TICKS_PER_MS) + PART_MARGIN_MS) * TICKS_PER_MS;
        u32::try_from(ticks).map_or(PartRule::Never, PartRule::Target)
    }

    /// PART-TARGET, 90 kHz ticks.
    pub fn target(self) -> Option<u32> {
        match self {
            PartRule::Target(ticks) => Some(ticks),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_the_configured_one_or_follows_from_the_longest_picture() {
        for (longest_ms, target_ms) in [(17, 202), (20, 202), (34, 229), (40, 269), (67, 449)] {
            let rule = PartRule::of(longest_ms * TICKS_PER_MS);
            assert_eq!(rule.target(), Some(target_ms * 90), "{longest_ms} ms");
        }
    }

    #[test]
    fn pictures_that_last_longer_than_150_ms_have_no_parts() {
        assert_eq!(PartRule::of(13_500).target(), Some(1_002 * 90));
        assert_eq!(PartRule::of(13_501), PartRule::Never);
    }
}
