//! Where a publisher's parts end: at the first picture's end from which the next picture could pass PART-TARGET.
//!
//! A picture that does pass it (one that others were dropped behind) is cut to what is left, and the next picture starts there: it
//! takes up the difference as it does where a duration was guessed. A picture longer than that fits in no part: it opens a segment
//! without parts.

use super::fragment::InPart;
use super::part_rule::PartRule;
use super::sample::TICKS_PER_MS;

/// Parts that fix the target: the first playlist has them.
const FIRST_PARTS: u32 = 2;

/// The part that grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenPart {
    /// Where it started, ticks.
    start: u64,
    target: u32,
    /// By what it may stay below the target: the longest picture.
    slack: u64,
}

impl OpenPart {
    /// Where the last picture in it ends that would end at `end`: there, at the limit, or None if it is too long for any part.
    pub fn fit(&self, end: u64) -> Option<u64> {
        let excess = end.saturating_sub(self.limit());
        (excess <= u64::from(self.target)).then(|| end.min(self.limit()))
    }

    /// A next picture could pass the target.
    pub fn is_full(&self, end: u64) -> bool {
        end.saturating_add(self.slack) >= self.start.saturating_add(u64::from(self.target))
    }

    /// A new one starts here.
    pub fn restart(&mut self, start: u64) {
        self.start = start;
    }

    /// How a fragment lies in it.
    pub fn mark(&self, ends: bool) -> InPart {
        InPart {
            ends,
            target: self.target,
        }
    }

    /// A ms below the target, so that the printed duration is not above it.
    fn limit(&self) -> u64 {
        self.start + u64::from(self.target).saturating_sub(TICKS_PER_MS)
    }
}

/// See the module.
#[derive(Clone, Copy, Debug)]
pub struct PartCutter {
    rule: PartRule,
    /// Where the next fragment's part started, ticks.
    start: u64,
    /// Where the newest fragment ended.
    end: u64,
    /// Target of the newest fragment with one.
    proposed: Option<u32>,
    /// The longest part, while the rule is not decided.
    longest: u64,
    /// Parts so far, while the rule is not decided.
    complete: u32,
    segment: InSegment,
}

/// What is known of the open segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum InSegment {
    /// Nothing is in it.
    Nothing,
    Parts,
    NoParts,
}

impl PartCutter {
    /// Goes on by what the session has decided, from tick `at`.
    pub fn new(rule: PartRule, at: u64) -> PartCutter {
        PartCutter {
            rule,
            start: at,
            end: at,
            proposed: None,
            longest: 0,
            complete: 0,
            segment: InSegment::Nothing,
        }
    }

    /// The part that the next fragment is in, for samples of this nominal duration and the longest of them; None if it is in none.
    pub fn open(&self, nominal: u64, longest: u64) -> Option<OpenPart> {
        let target = match self.rule {
            PartRule::Never => return None,
            PartRule::Target(target) => target,
            PartRule::Undecided => PartRule::of(longest)
                .target()?
                .max(self.least_target(longest)),
        };
        let has_parts = match self.segment {
            InSegment::Nothing => fits(nominal, target),
            InSegment::Parts => true,
            InSegment::NoParts => false,
        };
        // Of all that the 85 % of the draft leave, less 0.3 ms for rounding.
        let most = u64::from(target) * 15 / 100 - TICKS_PER_MS / 3;
        has_parts.then_some(OpenPart {
            start: self.start,
            target,
            slack: longest.min(most),
        })
    }

    /// What the parts so far need, and one more picture in the growing one: the first pictures may have been thought longer than
    /// they are.
    fn least_target(&self, longest: u64) -> u32 {
        let least = match self.end.saturating_sub(self.start) {
            0 => self.longest,
            growing => self.longest.max(growing + longest),
        };
        let ms = least.div_ceil(TICKS_PER_MS) + 1;
        u32::try_from(ms * TICKS_PER_MS).unwrap_or(u32::MAX)
    }

    /// The segment has no parts although the stream could have: it should end soon.
    pub fn should_resume(&self, nominal: u64) -> bool {
        let target = self.rule.target();
        self.segment == InSegment::NoParts && target.is_some_and(|target| fits(nominal, target))
    }

    /// The next fragment opens a segment at `start`.
    pub fn open_segment(&mut self, start: u64) {
        if self.segment != InSegment::Nothing {
            self.decide();
        }
        self.segment = InSegment::Nothing;
        self.longest = self.longest.max(self.end.saturating_sub(self.start));
        self.start = start;
        self.end = start;
    }

    /// A fragment was made that ends at `end`.
    pub fn pass(&mut self, mark: Option<InPart>, end: u64) {
        let Some(mark) = mark else {
            self.segment = InSegment::NoParts;
            return;
        };
        self.segment = InSegment::Parts;
        self.proposed = Some(mark.target);
        self.end = end;
        if mark.ends {
            self.longest = self.longest.max(end.saturating_sub(self.start));
            self.start = end;
            self.complete = self.complete.saturating_add(1);
            if self.complete >= FIRST_PARTS {
                self.decide();
            }
        }
    }

    /// What is listed from here on has the target that the newest fragment was cut by.
    pub fn decide(&mut self) {
        if self.rule == PartRule::Undecided {
            self.rule = self.proposed.map_or(PartRule::Never, PartRule::Target);
        }
    }

    /// Nothing is decided, and there is a fragment to decide by.
    pub fn is_undecided(&self) -> bool {
        self.rule == PartRule::Undecided && self.segment != InSegment::Nothing
    }
}

fn fits(nominal: u64, target: u32) -> bool {
    nominal.saturating_add(TICKS_PER_MS) <= u64::from(target)
}
