//! Where segments end: at the first keyframe from 1.5 s on, else at a picture at 2 s, and never after 2.45 s.
//!
//! Times are 90 kHz ticks. A keyframe that is due soon after 2 s is waited for, so that more segments start with one.

use crate::limits::media::{SEGMENT_MAX_TICKS, SEGMENT_MIN_TICKS, SEGMENT_TICKS};

/// A due keyframe is waited for this many pictures after its time.
const OVERDUE_PICTURES: u64 = 2;

/// See the module.
#[derive(Clone, Copy, Debug)]
pub struct Segmenter {
    /// Where the open segment started.
    start: u64,
    /// Distance to expect from one keyframe to the next.
    interval: Option<u64>,
    /// The newest keyframe received.
    newest_key: Option<u64>,
}

impl Segmenter {
    /// A segment starts at `start`. `interval` is the keyframe distance that this publisher showed before.
    pub fn new(start: u64, interval: Option<u64>) -> Segmenter {
        Segmenter {
            start,
            interval,
            newest_key: None,
        }
    }

    /// A new segment starts here.
    pub fn restart(&mut self, start: u64) {
        self.start = start;
    }

    /// A keyframe came, at its stamped decode time: returns its distance from the one before.
    pub fn keyframe(&mut self, at: u64) -> Option<u64> {
        let before = self.newest_key.replace(at);
        let distance = at.checked_sub(before?).filter(|ticks| *ticks > 0)?;
        self.interval = Some(distance);
        Some(distance)
    }

    /// The next keyframe's distance from the newest will say nothing about the encoder.
    pub fn forget_keyframe(&mut self) {
        self.newest_key = None;
    }

    /// A sample that ends at `end` would make the segment too long.
    pub fn is_overlong(&self, end: u64) -> bool {
        self.length(end) > SEGMENT_MAX_TICKS
    }

    /// A keyframe at `at` ends the segment.
    pub fn ends_at_keyframe(&self, at: u64, nominal: u64) -> bool {
        self.length(at) + nominal / 2 >= SEGMENT_MIN_TICKS
    }

    /// The segment ends at the sample boundary `end` although no keyframe follows there. `last_key` is the last keyframe before it.
    pub fn ends_at(&self, end: u64, nominal: u64, last_key: Option<u64>) -> bool {
        self.is_overlong(end.saturating_add(nominal))
            || (self.length(end) + nominal / 2 >= SEGMENT_TICKS
                && !self.is_keyframe_due(end, nominal, last_key))
    }

    fn is_keyframe_due(&self, end: u64, nominal: u64, last_key: Option<u64>) -> bool {
        let (Some(last), Some(interval)) = (last_key, self.interval) else {
            return false;
        };
        let due = last.saturating_add(interval);
        !self.is_overlong(due) && end < due.saturating_add(OVERDUE_PICTURES * nominal)
    }

    /// The segment starts at `at`.
    pub fn starts_at(&self, at: u64) -> bool {
        self.start == at
    }

    /// How long the segment is at `end`, ticks.
    pub fn length(&self, end: u64) -> u64 {
        end.saturating_sub(self.start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PICTURE: u64 = 3_000;

    #[test]
    fn without_keyframes_segments_end_at_two_seconds() {
        let segmenter = Segmenter::new(0, None);
        assert!(!segmenter.ends_at(177_000, PICTURE, Some(0)));
        assert!(segmenter.ends_at(180_000, PICTURE, Some(0)));
        // Rounded stamps must not cost a picture.
        assert!(segmenter.ends_at(179_910, PICTURE, Some(0)));
    }

    #[test]
    fn a_keyframe_ends_a_segment_from_one_and_a_half_seconds_on() {
        let segmenter = Segmenter::new(0, None);
        assert!(!segmenter.ends_at_keyframe(90_000, PICTURE));
        assert!(segmenter.ends_at_keyframe(134_910, PICTURE));
    }

    #[test]
    fn a_keyframe_that_is_due_is_waited_for_but_not_beyond_the_limit() {
        let mut segmenter = Segmenter::new(0, None);
        segmenter.keyframe(0);
        segmenter.keyframe(30_000);
        assert_eq!(segmenter.keyframe(30_000 + 181_800), Some(181_800));
        segmenter.restart(211_800);
        let last = Some(211_800);
        assert!(!segmenter.ends_at(211_800 + 180_000, PICTURE, last));
        assert!(!segmenter.ends_at(211_800 + 183_000, PICTURE, last));
        // It did not come.
        assert!(segmenter.ends_at(211_800 + 189_000, PICTURE, last));
        // A GOP of 3 s is not waited for at all.
        let segmenter = Segmenter::new(0, Some(270_000));
        assert!(segmenter.ends_at(180_000, PICTURE, Some(0)));
    }

    #[test]
    fn no_segment_passes_the_limit_however_long_pictures_last() {
        let segmenter = Segmenter::new(0, None);
        // At 0.8 pictures a second a second one would end at 2.5 s.
        assert!(segmenter.ends_at(112_500, 112_500, Some(0)));
        assert!(segmenter.is_overlong(225_000));
    }
}
