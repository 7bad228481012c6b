//! Which part a fragment belongs to, and the session's PART-TARGET.
//!
//! The packager proposes where parts end; here they are numbered, and held to the target that the playlist promised.
use crate::media::fragment::{Fragment, InPart};
use crate::media::part_rule::PartRule;
use std::num::NonZeroU32;

/// Parts that fix the target: with the second one the first playlist is made.
const FIRST_PARTS: u32 = 2;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Parts {
    rule: PartRule,
    /// Target by which the newest part was cut.
    proposed: Option<u32>,
    /// Parts so far, the growing one included.
    begun: u32,
    complete: u32,
    /// Of the growing part.
    ticks: u64,
    /// Of the longest part.
    longest: u64,
    /// The open segment has parts.
    in_segment: bool,
}

impl Parts {
    pub(super) fn rule(&self) -> PartRule {
        self.rule
    }

    /// Number of the newest complete part.
    pub(super) fn complete(&self) -> u32 {
        self.complete
    }

    /// This part can be read.
    pub(super) fn is_complete(&self, part: NonZeroU32) -> bool {
        part.get() <= self.complete
    }

    /// The part that is completed next.
    pub(super) fn next(&self) -> Option<NonZeroU32> {
        NonZeroU32::new(self.complete.saturating_add(1))
    }

    /// The fragment can't stay in the open segment: that has parts, and the fragment is in none.
    pub(super) fn parts_ways(&self, fragment: &Fragment) -> bool {
        self.in_segment && self.mark(fragment).is_none()
    }

    /// The part that the fragment is in; it opens a segment if `opens`.
    pub(super) fn place(&mut self, fragment: &Fragment, opens: bool) -> Option<NonZeroU32> {
        let mark = self.mark(fragment);
        if opens {
            self.in_segment = mark.is_some();
        }
        let mark = mark.filter(|_| self.in_segment)?;
        if !fits(
            self.ticks.saturating_add(u64::from(fragment.duration)),
            mark,
        ) {
            self.complete_growing();
        }
        if self.ticks == 0 {
            self.begun = self.begun.saturating_add(1);
        }
        self.ticks = self.ticks.saturating_add(u64::from(fragment.duration));
        self.proposed = Some(mark.target);
        let number = NonZeroU32::new(self.begun);
        if mark.ends {
            self.complete_growing();
        }
        number
    }

    /// The open segment is complete, and so is its last part.
    pub(super) fn close_segment(&mut self) {
        self.complete_growing();
        self.decide();
        self.in_segment = false;
    }

    fn complete_growing(&mut self) {
        self.longest = self.longest.max(std::mem::take(&mut self.ticks));
        self.complete = self.begun;
        if self.complete >= FIRST_PARTS {
            self.decide();
        }
    }

    /// From the first playlist on the target stays as it is.
    fn decide(&mut self) {
        if self.rule == PartRule::Undecided {
            let kept = |target: &u32| self.longest < u64::from(*target);
            let target = self.proposed.filter(kept);
            self.rule = target.map_or(PartRule::Never, PartRule::Target);
        }
    }

    fn mark(&self, fragment: &Fragment) -> Option<InPart> {
        let mark = fragment.part?;
        let agrees = match self.rule {
            PartRule::Undecided => true,
            PartRule::Never => false,
            PartRule::Target(target) => mark.target == target,
        };
        (agrees && fits(u64::from(fragment.duration), mark)).then_some(mark)
    }
}

/// Below the target, so that the printed duration is not above it.
fn fits(ticks: u64, mark: InPart) -> bool {
    ticks < u64::from(mark.target)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TARGET: u32 = 20_000;

    fn fragment(duration: u32, ends: bool, target: u32) -> Fragment {
        Fragment {
            start: 0,
            duration,
            independent: true,
            starts_segment: false,
            ends_segment: false,
            discontinuity: false,
            part: Some(InPart { ends, target }),
            video: None,
            audio: None,
        }
    }

    #[test]
    fn the_second_part_fixes_the_target() {
        let mut parts = Parts::default();
        for (number, target, ends) in [
            (1, TARGET, true),
            (2, TARGET, false),
            (2, TARGET + 90, true),
        ] {
            assert_eq!(parts.rule(), PartRule::Undecided);
            let placed = parts.place(&fragment(9_000, ends, target), number == 1);
            assert_eq!(placed.map(NonZeroU32::get), Some(number));
        }
        assert_eq!(parts.rule(), PartRule::Target(TARGET + 90));
        assert_eq!(parts.complete(), 2);
        // A publisher that cuts by another one has no parts here.
        assert_eq!(parts.place(&fragment(9_000, true, TARGET), false), None);
        assert!(parts.parts_ways(&fragment(9_000, true, TARGET)));
    }

    #[test]
    fn a_part_never_passes_its_target_whatever_the_packager_says() {
        let mut parts = Parts::default();
        let numbers: Vec<_> = (0..4)
            .map(|n| parts.place(&fragment(9_000, false, TARGET), n == 0))
            .map(|number| number.map_or(0, NonZeroU32::get))
            .collect();
        assert_eq!(numbers, [1, 1, 2, 2]);
        assert!(parts.parts_ways(&fragment(TARGET, false, TARGET)));
    }

    #[test]
    fn a_first_segment_without_parts_settles_it() {
        let mut parts = Parts::default();
        let mut plain = fragment(9_000, false, TARGET);
        plain.part = None;
        assert_eq!(parts.place(&plain, true), None);
        // Parts come for whole segments only.
        assert_eq!(parts.place(&fragment(9_000, true, TARGET), false), None);
        parts.close_segment();
        assert_eq!(parts.rule(), PartRule::Never);
        assert_eq!(parts.place(&fragment(9_000, true, TARGET), true), None);
    }

    #[test]
    fn a_segment_ends_its_last_part() {
        let mut parts = Parts::default();
        parts.place(&fragment(9_000, false, TARGET), true);
        assert_eq!(parts.next(), NonZeroU32::new(1));
        parts.close_segment();
        assert_eq!(parts.next(), NonZeroU32::new(2));
        assert_eq!(parts.rule(), PartRule::Target(TARGET));
    }
}
