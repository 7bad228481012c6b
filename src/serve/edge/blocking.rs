//! Blocking playlist reload: what a playlist request must wait for, draft-pantos-hls-rfc8216bis §6.2.5.2.

use crate::limits::http::{HELD_LONGEST, HELD_TARGETS};
use crate::media::rendition::{ListForm, Reach};
use crate::wire::hls_query::{HlsQuery, HlsQueryError};
use std::time::Duration;

/// Media sequence numbers that a request may be ahead of the open segment: what a slow page's reckoning comes to.
const SEGMENTS_AHEAD: u64 = 2;

/// Parts shorter than this, 90 kHz ticks, may be asked for as far ahead as [`AHEAD_TICKS`] reach.
const SHORT_PART_TICKS: u64 = 90_000;
const AHEAD_TICKS: u64 = 3 * 90_000;
/// Longer parts that a request may be ahead.
const LONG_PARTS_AHEAD: u64 = 3;

/// When a request for a playlist that is there is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// At once.
    Now,
    /// When the list has grown.
    Wait,
    /// Never: 400.
    Refuse,
}

/// Judges a request for a list that reaches so far. A list that does not offer directives, because it has no parts or its
/// ENDLIST, has none, however they are spelled.
pub(super) fn verdict(reach: &Reach, asked: &Result<HlsQuery, HlsQueryError>) -> Verdict {
    let Some(part_target) = reach.part_target.filter(|_| !reach.ended) else {
        return Verdict::Now;
    };
    match asked {
        Err(_) => Verdict::Refuse,
        Ok(HlsQuery {
            msn: Some(msn),
            part,
            plain: false,
            ..
        }) => match part {
            None => whole_segment(reach, *msn),
            Some(part) => one_part(reach, *msn, *part, parts_ahead(part_target)),
        },
        Ok(_) => Verdict::Now,
    }
}

/// Which form of the list is the answer.
pub(super) fn form(reach: &Reach, asked: &Result<HlsQuery, HlsQueryError>) -> ListForm {
    match asked {
        Ok(query) if query.plain => ListForm::Plain,
        Ok(query) if query.skip && reach.can_skip && !reach.ended => ListForm::Delta,
        _ => ListForm::Whole,
    }
}

/// How long a request is held for news of such a list. Its players' own patience ends after ten seconds.
pub(super) fn patience(reach: &Reach) -> Duration {
    (HELD_TARGETS * Duration::from_secs(reach.target_duration_s.into())).min(HELD_LONGEST)
}

fn whole_segment(reach: &Reach, msn: u64) -> Verdict {
    match msn {
        msn if msn < reach.open => Verdict::Now,
        msn if msn - reach.open <= SEGMENTS_AHEAD => Verdict::Wait,
        _ => Verdict::Refuse,
    }
}

fn one_part(reach: &Reach, msn: u64, part: u64, ahead: u64) -> Verdict {
    // A part behind the last of a finished segment is the first of the next. One without parts is there as a whole.
    let behind_last = reach.open.checked_sub(1) == Some(msn)
        && reach.previous_parts > 0
        && part >= reach.previous_parts.into();
    let (msn, part) = match behind_last {
        true => (reach.open, 0),
        false => (msn, part),
    };
    let listed = match msn == reach.open {
        true => u64::from(reach.parts),
        false => 0,
    };
    match whole_segment(reach, msn) {
        Verdict::Wait if part < listed => Verdict::Now,
        Verdict::Wait if part - listed >= ahead => Verdict::Refuse,
        other => other,
    }
}

/// The Advance Part Limit.
fn parts_ahead(part_target: u32) -> u64 {
    match u64::from(part_target) {
        0 => LONG_PARTS_AHEAD,
        ticks if ticks < SHORT_PART_TICKS => AHEAD_TICKS.div_ceil(ticks),
        _ => LONG_PARTS_AHEAD,
    }
}

#[cfg(test)]
mod tests {
    use super::Verdict::{Now, Refuse, Wait};
    use super::*;

    /// Segment 267 is open and lists parts 0 to 3 of 0.2 s; 266 had ten.
    const REACH: Reach = Reach {
        open: 267,
        parts: 4,
        previous_parts: 10,
        part_target: Some(18_000),
        target_duration_s: 2,
        can_skip: true,
        ended: false,
    };

    fn judged(reach: &Reach, query: &str) -> Verdict {
        verdict(reach, &HlsQuery::parse(query))
    }

    #[test]
    fn every_row_of_the_table_has_its_answer() {
        for (query, expected) in [
            // No directive.
            ("", Now),
            ("_HLS_skip=YES", Now),
            ("_HLS_later=1", Now),
            // No number.
            ("_HLS_msn=x", Refuse),
            ("_HLS_msn=-1", Refuse),
            ("_HLS_msn=1&_HLS_msn=1", Refuse),
            // A part of nothing.
            ("_HLS_part=1", Refuse),
            // Complete, listed or not.
            ("_HLS_msn=0", Now),
            ("_HLS_msn=266", Now),
            ("_HLS_msn=0&_HLS_part=0", Now),
            ("_HLS_msn=266&_HLS_part=9", Now),
            // A whole segment.
            ("_HLS_msn=267", Wait),
            ("_HLS_msn=268", Wait),
            ("_HLS_msn=269", Wait),
            // A part.
            ("_HLS_msn=267&_HLS_part=0", Now),
            ("_HLS_msn=267&_HLS_part=3", Now),
            ("_HLS_msn=267&_HLS_part=4", Wait),
            ("_HLS_msn=268&_HLS_part=0", Wait),
            ("_HLS_msn=269&_HLS_part=0", Wait),
            // Behind the last of a finished segment.
            ("_HLS_msn=266&_HLS_part=10", Now),
            ("_HLS_msn=266&_HLS_part=18446744073709551615", Now),
            ("_HLS_msn=265&_HLS_part=1000", Now),
            // Segments ahead.
            ("_HLS_msn=270", Refuse),
            ("_HLS_msn=270&_HLS_part=0", Refuse),
            ("_HLS_msn=18446744073709551615", Refuse),
            // Parts ahead: the limit is ceil(3 / 0.2) = 15 behind part 3.
            ("_HLS_msn=267&_HLS_part=18", Wait),
            ("_HLS_msn=267&_HLS_part=19", Refuse),
            ("_HLS_msn=268&_HLS_part=14", Wait),
            ("_HLS_msn=268&_HLS_part=15", Refuse),
            ("_HLS_msn=268&_HLS_part=18446744073709551615", Refuse),
            // Plain.
            ("plain=1&_HLS_msn=267", Now),
            ("plain=1&_HLS_msn=x", Now),
        ] {
            assert_eq!(judged(&REACH, query), expected, "{query}");
        }
    }

    #[test]
    fn behind_the_last_part_means_the_first_of_a_segment_that_may_not_be_there() {
        let fresh = Reach { parts: 0, ..REACH };
        assert_eq!(judged(&fresh, "_HLS_msn=266&_HLS_part=9"), Now);
        assert_eq!(judged(&fresh, "_HLS_msn=266&_HLS_part=10"), Wait);
        assert_eq!(judged(&fresh, "_HLS_msn=266&_HLS_part=99"), Wait);
        assert_eq!(judged(&fresh, "_HLS_msn=265&_HLS_part=99"), Now);
        let first = Reach { open: 0, ..fresh };
        assert_eq!(judged(&first, "_HLS_msn=0&_HLS_part=0"), Wait);
        let whole = Reach {
            previous_parts: 0,
            ..fresh
        };
        assert_eq!(judged(&whole, "_HLS_msn=266&_HLS_part=0"), Now);
    }

    #[test]
    fn a_list_without_parts_or_with_its_end_has_no_directives() {
        let queries = [
            "_HLS_msn=999&_HLS_part=3",
            "_HLS_msn=267",
            "_HLS_msn=x",
            "_HLS_part=1",
        ];
        for reach in [
            Reach {
                ended: true,
                ..REACH
            },
            Reach {
                part_target: None,
                ..REACH
            },
        ] {
            for query in queries {
                assert_eq!(judged(&reach, query), Now, "{query} of {reach:?}");
            }
        }
    }

    #[test]
    fn parts_of_a_second_and_more_are_asked_three_ahead() {
        for (ticks, limit) in [
            (18_000, 15),
            (19_800, 14),
            (45_000, 6),
            (89_999, 4),
            (90_000, 3),
            (0, 3),
        ] {
            assert_eq!(parts_ahead(ticks), limit, "{ticks}");
        }
        let long = Reach {
            part_target: Some(90_000),
            ..REACH
        };
        assert_eq!(judged(&long, "_HLS_msn=267&_HLS_part=6"), Wait);
        assert_eq!(judged(&long, "_HLS_msn=267&_HLS_part=7"), Refuse);
    }

    #[test]
    fn a_number_that_can_not_grow_is_no_overflow() {
        let last = Reach {
            open: u64::MAX,
            ..REACH
        };
        assert_eq!(judged(&last, "_HLS_msn=18446744073709551615"), Wait);
        assert_eq!(
            judged(&last, "_HLS_msn=18446744073709551614&_HLS_part=99"),
            Now
        );
    }

    #[test]
    fn skipping_is_for_lists_that_offer_it() {
        let form = |reach: &Reach, query| form(reach, &HlsQuery::parse(query));
        assert_eq!(form(&REACH, "_HLS_skip=YES"), ListForm::Delta);
        assert_eq!(form(&REACH, "_HLS_skip=v2&_HLS_msn=1"), ListForm::Delta);
        assert_eq!(form(&REACH, "_HLS_skip=NO"), ListForm::Whole);
        assert_eq!(form(&REACH, "plain=1&_HLS_skip=YES"), ListForm::Plain);
        for reach in [
            Reach {
                ended: true,
                ..REACH
            },
            Reach {
                can_skip: false,
                ..REACH
            },
        ] {
            assert_eq!(form(&reach, "_HLS_skip=YES"), ListForm::Whole);
        }
    }

    #[test]
    fn nobody_is_held_for_longer_than_players_wait() {
        assert_eq!(patience(&REACH), Duration::from_secs(6));
        let long = Reach {
            target_duration_s: 30,
            ..REACH
        };
        assert!(patience(&long) < Duration::from_secs(10));
    }
}
