//! Where TS segments are cut: at keyframes, by a rule that depends on the stream alone, so that whoever makes a TS segment,
//! whenever, makes the same one.
//!
//! A segment begins
//! - at a discontinuity;
//! - at the first independent fragment that comes [`KEYFRAME_AFTER`] or later behind its start;
//! - where every fragment is independent (audio alone), at the one with which it would pass [`ALL_INDEPENDENT`];
//! - where no keyframe comes, at the fragment with which it would pass the limit: [`LONGEST`], or once the target duration is
//!   fixed that and [`ROUNDS_DOWN`].

/// 90 kHz ticks in a second.
const SECOND: u64 = 90_000;
/// How old a segment is at least when a keyframe ends it, 90 kHz ticks (1.5 s): segments of short groups of pictures join up.
pub const KEYFRAME_AFTER: u64 = SECOND * 3 / 2;
/// What a segment of independent fragments may last, 90 kHz ticks (2 s).
pub const ALL_INDEPENDENT: u64 = SECOND * 2;
/// What a segment may last before the target duration is fixed, 90 kHz ticks (10 s).
pub const LONGEST: u64 = SECOND * LARGEST_TARGET as u64;
/// By what a segment may pass the target duration, 90 kHz ticks (0.49 s): its EXTINF still rounds down to it.
pub const ROUNDS_DOWN: u64 = SECOND * 49 / 100;
/// Smallest target duration, seconds: players reload twice as often as this lasts.
pub const SMALLEST_TARGET: u32 = 2;
/// Largest target duration, seconds: players start three of these behind.
pub const LARGEST_TARGET: u32 = 10;
/// By what the longest segment may pass the target duration when that is fixed, 90 kHz ticks (0.1 s): keyframes every 2 s by
/// name come after 2.002 s at 29.97 frames a second, and 3 s would put every viewer 3 s further behind.
pub const JITTER: u64 = SECOND / 10;

/// Decides, fragment by fragment, to which TS segment each belongs.
#[derive(Debug, Default)]
pub struct TsCutter {
    open: Option<Open>,
    number: u64,
    /// Of the segments before the open one, 90 kHz ticks.
    longest: u64,
    target: Option<u32>,
}

/// The segment that grows.
#[derive(Clone, Copy, Debug)]
struct Open {
    start: u64,
    end: u64,
    all_independent: bool,
}

impl Open {
    fn length(&self) -> u64 {
        self.end.saturating_sub(self.start)
    }
}

impl TsCutter {
    /// The first fragment will be in TS segment 0.
    pub fn new() -> TsCutter {
        TsCutter::default()
    }

    /// The number of the TS segment that this fragment belongs to (times in 90 kHz ticks).
    pub fn place(
        &mut self,
        start: u64,
        duration: u32,
        independent: bool,
        discontinuity: bool,
    ) -> u64 {
        let end = start.saturating_add(u64::from(duration));
        match self.open.take() {
            Some(open) if discontinuity || self.cuts_before(&open, start, end, independent) => {
                self.longest = self.longest.max(open.length());
                self.number = self.number.saturating_add(1);
            }
            open => self.open = open,
        }
        let open = self.open.get_or_insert(Open {
            start,
            end,
            all_independent: true,
        });
        open.end = end;
        open.all_independent &= independent;
        self.number
    }

    fn cuts_before(&self, open: &Open, start: u64, end: u64, independent: bool) -> bool {
        let length = end.saturating_sub(open.start);
        let cuts_at_keyframe = match open.all_independent {
            true => length > ALL_INDEPENDENT,
            false => start.saturating_sub(open.start) >= KEYFRAME_AFTER,
        };
        independent && cuts_at_keyframe || length > self.limit()
    }

    fn limit(&self) -> u64 {
        self.target
            .map_or(LONGEST, |target| u64::from(target) * SECOND + ROUNDS_DOWN)
    }

    /// Fixes the target duration, seconds, if it is not yet: the longest TS segment so far rounded up (but for [`JITTER`]),
    /// the open one as long as it is; from 2 to 10.
    pub fn fix_target(&mut self) -> u32 {
        let open = self.open.as_ref().map_or(0, Open::length);
        let longest = self.longest.max(open).saturating_sub(JITTER);
        let seconds = u32::try_from(longest.div_ceil(SECOND)).unwrap_or(u32::MAX);
        *self
            .target
            .get_or_insert(seconds.clamp(SMALLEST_TARGET, LARGEST_TARGET))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// 100 ms.
    const STEP: u32 = 9_000;

    /// Lengths in steps of the complete segments of a stream of `steps` fragments of 100 ms with a keyframe every `group`.
    fn cut(cutter: &mut TsCutter, from: u64, steps: u64, group: u64) -> Vec<u64> {
        let mut lengths = Vec::new();
        let mut last = None;
        for step in from..from + steps {
            let independent = step % group == 0;
            let number = cutter.place(step * u64::from(STEP), STEP, independent, false);
            if last.replace(number) == Some(number) {
                *lengths.last_mut().unwrap() += 1;
            } else {
                lengths.push(1);
            }
        }
        lengths.pop();
        lengths
    }

    #[test]
    fn segments_end_at_the_first_keyframe_after_a_second_and_a_half() {
        for (group, expected) in [(5, 15), (10, 20), (15, 15), (20, 20), (40, 40), (83, 83)] {
            let lengths = cut(&mut TsCutter::new(), 0, 400, group);
            assert_eq!(lengths, vec![expected; lengths.len()], "group of {group}");
        }
    }

    #[test]
    fn audio_alone_is_cut_every_two_seconds() {
        let lengths = cut(&mut TsCutter::new(), 0, 100, 1);
        assert_eq!(lengths, [20, 20, 20, 20]);
    }

    #[test]
    fn audio_frames_that_do_not_fill_two_seconds_stay_below_them() {
        let mut cutter = TsCutter::new();
        let mut starts = Vec::new();
        for fragment in 0..200_u64 {
            let number = cutter.place(fragment * 9600, 9600, true, false);
            if usize::try_from(number).unwrap() == starts.len() {
                starts.push(fragment * 9600);
            }
        }
        assert!(starts.windows(2).all(|pair| pair[1] - pair[0] == 18 * 9600));
        assert_eq!(cutter.fix_target(), 2);
    }

    #[test]
    fn without_a_keyframe_the_limit_cuts() {
        let mut cutter = TsCutter::new();
        assert_eq!(cut(&mut cutter, 0, 250, 1000), [100, 100]);
        assert_eq!(cutter.fix_target(), 10);
    }

    #[test]
    fn a_fixed_target_bounds_every_later_segment() {
        let mut cutter = TsCutter::new();
        cut(&mut cutter, 0, 41, 20);
        assert_eq!(cutter.fix_target(), 2);
        let lengths = cut(&mut cutter, 41, 400, 1000);
        assert!(lengths.iter().skip(1).all(|length| *length == 24));
        assert_eq!(cutter.fix_target(), 2, "the target never changes");
    }

    #[test]
    fn the_target_counts_the_open_segment() {
        let mut cutter = TsCutter::new();
        cut(&mut cutter, 0, 35, 1000);
        assert_eq!(cutter.fix_target(), 4);
        assert_eq!(TsCutter::new().fix_target(), 2);
    }

    #[test]
    fn keyframes_every_two_seconds_by_name_do_not_make_a_target_of_three() {
        let mut cutter = TsCutter::new();
        for picture in 0..600_u64 {
            cutter.place(picture * 3003, 3003, picture % 60 == 0, false);
        }
        assert_eq!(cutter.number, 9);
        assert_eq!(cutter.fix_target(), 2);
    }

    #[test]
    fn a_discontinuity_begins_a_segment_whatever_its_time() {
        let mut cutter = TsCutter::new();
        assert_eq!(cutter.place(0, STEP, true, true), 0);
        assert_eq!(cutter.place(9000, STEP, false, true), 1);
        assert_eq!(cutter.place(0, STEP, true, true), 2, "back in time");
        assert_eq!(cutter.place(9000, STEP, false, false), 2);
        assert_eq!(cutter.place(u64::MAX, u32::MAX, true, false), 3);
        assert_eq!(cutter.fix_target(), 2);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn no_segment_rounds_above_the_target(
            fragments in prop::collection::vec((3000_u32..18_000, 0_u8..30, 0_u8..100), 1..400),
            fixed_at in 0_usize..400,
        ) {
            let mut cutter = TsCutter::new();
            let mut lengths = Vec::<u64>::new();
            let mut start = 0;
            let mut target = None;
            for (index, (duration, key, seam)) in fragments.into_iter().enumerate() {
                let number = cutter.place(start, duration, key == 0, seam == 0);
                let number = usize::try_from(number).unwrap();
                prop_assert!(number == lengths.len() || number + 1 == lengths.len());
                lengths.resize(number + 1, 0);
                lengths[number] += u64::from(duration);
                start += u64::from(duration);
                if index == fixed_at {
                    target = Some(cutter.fix_target());
                }
            }
            let target = target.unwrap_or_else(|| cutter.fix_target());
            for length in lengths {
                prop_assert!((length + 45_000) / 90_000 <= u64::from(target));
            }
        }
    }
}
