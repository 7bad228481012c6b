//! Which TS segments the ring holds.
use crate::media::rendition::{FragmentRef, Rendition};
use std::collections::VecDeque;

/// Fragments taken from the ring at a time: each holds on to its segment file.
const PAGE: usize = 64;

/// A TS segment as the ring holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    /// Its number, 0 for the session's first.
    pub(super) number: u64,
    /// Number of its first fragment.
    pub(super) first: u64,
    /// How many fragments it has.
    pub(super) fragments: u64,
    /// Bytes of these.
    pub(super) bytes: u64,
    /// 90 kHz ticks of the session.
    pub(super) start: u64,
    /// 90 kHz ticks of the session.
    pub(super) end: u64,
    /// A discontinuity stands before it.
    pub(super) discontinuity: bool,
    /// Discontinuities of the session (and those that it began with) before its own.
    pub(super) discontinuities_before: u64,
    /// The ring holds it from its first fragment on.
    whole: bool,
}

impl Plan {
    fn open(fragment: &FragmentRef, whole: bool, discontinuities_before: u64) -> Plan {
        Plan {
            number: fragment.ts_segment,
            first: fragment.number,
            fragments: 0,
            bytes: 0,
            start: fragment.start,
            end: fragment.start,
            discontinuity: fragment.discontinuity,
            discontinuities_before,
            whole,
        }
    }

    fn add(&mut self, fragment: &FragmentRef) {
        self.fragments += 1;
        self.bytes = self.bytes.saturating_add(fragment.len);
        self.end = fragment.start.saturating_add(u64::from(fragment.duration));
    }

    /// Number of its last fragment.
    pub(super) fn last(&self) -> u64 {
        (self.first + self.fragments).saturating_sub(1)
    }
}

/// The newest complete TS segments, `max` at most, that the ring holds wholly; oldest first. `from` is a fragment that is no later
/// than the last one of the segment before the first that is wanted. With `ended` the last one is complete too.
pub(super) fn survey(source: &Rendition, from: u64, max: usize, ended: bool) -> VecDeque<Plan> {
    // The discontinuities of the ring are counted back from the session's: both must be of the same moment.
    for _ in 0..4 {
        let (_, before) = source.next_numbers();
        let mut survey = Survey::new(max);
        survey.read(source, from);
        let (_, after) = source.next_numbers();
        if before == after {
            return survey.finish(after, ended);
        }
    }
    VecDeque::new()
}

struct Survey {
    plans: VecDeque<Plan>,
    max: usize,
    /// Number of the newest fragment seen.
    last: Option<u64>,
    discontinuities: u64,
}

impl Survey {
    fn new(max: usize) -> Survey {
        Survey {
            plans: VecDeque::new(),
            max,
            last: None,
            discontinuities: 0,
        }
    }

    fn read(&mut self, source: &Rendition, mut from: u64) {
        loop {
            let page = source.fragments(from, PAGE);
            for fragment in &page {
                self.add(fragment);
            }
            let Some(last) = page.last().filter(|_| page.len() == PAGE) else {
                return;
            };
            from = last.number.saturating_add(1);
        }
    }

    fn add(&mut self, fragment: &FragmentRef) {
        let before = self.last.replace(fragment.number);
        let follows = fragment
            .number
            .checked_sub(1)
            .is_none_or(|n| before == Some(n));
        let discontinuities = self.discontinuities;
        self.discontinuities += u64::from(fragment.discontinuity);
        let number = fragment.ts_segment;
        if let Some(plan) = self.plans.back_mut().filter(|plan| plan.number == number) {
            plan.whole &= follows;
            plan.add(fragment);
            return;
        }
        // One more than asked for: the last may still grow.
        if self.plans.len() > self.max {
            self.plans.pop_front();
        }
        let mut plan = Plan::open(fragment, follows, discontinuities);
        plan.add(fragment);
        self.plans.push_back(plan);
    }

    /// `total`: discontinuities up to the newest fragment.
    fn finish(mut self, total: u64, ended: bool) -> VecDeque<Plan> {
        if !ended {
            self.plans.pop_back();
        }
        self.plans.retain(|plan| plan.whole);
        while self.plans.len() > self.max {
            self.plans.pop_front();
        }
        let earlier = total.saturating_sub(self.discontinuities);
        for plan in &mut self.plans {
            plan.discontinuities_before += earlier;
        }
        self.plans
    }
}
