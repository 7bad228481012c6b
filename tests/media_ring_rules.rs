//! The rules of a rendition under any order of fragments, and under storage that fails at any call.
#![allow(clippy::unwrap_used, clippy::panic)]
mod media_ring_support;

use hearth::media::rendition::{AppendError, ListForm, Rendition};
use hearth::media::storage::{Fault, FaultyStorage, MemoryStorage, Operation};
use hearth::time::Mono;
use media_ring_support::*;
use nix::errno::Errno;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

const NOW: Mono = Mono(0);

/// Watches a rendition as the strictest player would.
#[derive(Default)]
struct Witness {
    published: BTreeMap<u64, (Listed, Vec<u8>)>,
    media_sequence: u64,
    end: u64,
}

impl Witness {
    fn look(&mut self, rendition: &Rendition, budget: u64) {
        let stats = rendition.stats();
        assert!(stats.listed_bytes + stats.held_bytes <= budget);
        if rendition.media_playlist(ListForm::Whole).is_none() {
            assert_eq!(self.end, 0, "a list that was there is gone");
            return;
        }
        let parsed = parse(&playlist(rendition));
        let end = parsed.media_sequence + parsed.segments.len() as u64;
        assert!(parsed.media_sequence >= self.media_sequence);
        assert!(end >= self.end);
        (self.media_sequence, self.end) = (parsed.media_sequence, end);
        for (number, listed) in (parsed.media_sequence..).zip(&parsed.segments) {
            let seconds: f64 = listed.duration.parse().unwrap();
            assert!(seconds.round() as u64 <= parsed.target_duration);
            assert_eq!(listed.uri, format!("s0badcafe-{number}.m4s"));
            assert!(rendition.resource(&listed.map).is_some());
            let file = segment(rendition, &listed.uri);
            assert!(file.is_closed());
            let bytes = read(&file, 0, file.len());
            let before = self.published.entry(number);
            let first = before.or_insert_with(|| (listed.clone(), bytes.clone()));
            assert_eq!(*first, (listed.clone(), bytes), "{number} was rewritten");
        }
        let tags = self.published.range(..parsed.media_sequence);
        let left = tags.filter(|(_, (listed, _))| listed.discontinuity).count();
        assert_eq!(parsed.discontinuity_sequence, 5 + left as u64);
        let all = self.published.values().filter(|(l, _)| l.discontinuity);
        assert!(rendition.next_numbers().1 >= 5 + all.count() as u64);
        assert!(rendition.next_numbers().0 >= end);
    }
}

/// The index agrees with the files: every fragment stands where it says.
fn check_index(rendition: &Rendition) {
    let fragments = rendition.fragments(0, usize::MAX);
    for pair in fragments.windows(2) {
        assert_eq!(pair[1].number, pair[0].number + 1);
    }
    for fragment in fragments {
        let bytes = read(&fragment.file, fragment.offset, fragment.len);
        assert_eq!(&bytes[4..8], b"moof");
        let fill = (fragment.start / 9_000 % 251) as u8;
        assert_eq!(bytes.last(), Some(&fill));
    }
}

#[derive(Clone, Debug)]
enum Step {
    Append {
        duration: u32,
        bytes: usize,
        flags: [bool; 4],
    },
    Pause,
    Tracks(u8),
    Hold,
    LetGo,
}

fn step() -> impl Strategy<Value = Step> {
    let duration = prop_oneof![6 => 5_000..20_000u32, 1 => 1..300_000u32];
    let append =
        (duration, 1..600usize, any::<[bool; 4]>()).prop_map(|(duration, bytes, [a, b, c, d])| {
            Step::Append {
                duration,
                bytes,
                flags: [a, a && b, b && c, a && b && c && d],
            }
        });
    prop_oneof![
        40 => append,
        1 => Just(Step::Pause),
        1 => (0..3u8).prop_map(Step::Tracks),
        2 => Just(Step::Hold),
        1 => Just(Step::LetGo),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(48) })]

    #[test]
    fn nothing_published_is_ever_taken_back(steps in prop::collection::vec(step(), 1..400)) {
        let budget = 60_000;
        let rendition = Rendition::new(start(Arc::new(MemoryStorage), budget));
        rendition.set_tracks(tracks(0));
        let mut witness = Witness::default();
        let mut held = Vec::new();
        let mut at = 0;
        for step in steps {
            match step {
                Step::Append { duration, bytes, flags: [independent, starts, ends, discontinuity] } => {
                    let mut fragment = fragment(at, duration, bytes);
                    fragment.independent = independent;
                    fragment.starts_segment = starts || discontinuity;
                    fragment.ends_segment = ends;
                    fragment.discontinuity = discontinuity;
                    at += u64::from(duration);
                    let _ = rendition.append(&fragment, NOW);
                }
                Step::Pause => rendition.pause(),
                Step::Tracks(variant) => rendition.set_tracks(tracks(variant)),
                Step::Hold => held.extend(rendition.fragments(0, 1)),
                Step::LetGo => held.clear(),
            }
            witness.look(&rendition, budget);
        }
        check_index(&rendition);
        rendition.end();
        witness.look(&rendition, budget);
    }
}

/// Feeds 8 s and the next keyframe; gives what was refused.
fn feed(rendition: &Rendition) -> Vec<AppendError> {
    let mut witness = Witness::default();
    let mut errors = Vec::new();
    for fragment in stream(0, 81, 100) {
        errors.extend(rendition.append(&fragment, NOW).err());
        witness.look(rendition, u64::MAX);
        check_index(rendition);
    }
    errors
}

#[test]
fn a_storage_that_fails_at_any_call_leaves_a_consistent_list_and_one_gap() {
    let creates = (0..4).map(|from| (Operation::Create, from));
    let appends = (0..60).map(|from| (Operation::Append, from));
    for (operation, from) in creates.chain(appends) {
        for error in [Errno::ENOSPC, Errno::EIO] {
            let fault = Fault {
                operation,
                from,
                count: 1,
                error,
            };
            let storage = FaultyStorage::new(MemoryStorage, fault);
            let rendition = Rendition::new(start(Arc::new(storage), u64::MAX));
            rendition.set_tracks(tracks(0));
            let errors = feed(&rendition);
            check_one_gap(&rendition, &errors, error);
        }
    }
}

fn check_one_gap(rendition: &Rendition, errors: &[AppendError], error: Errno) {
    let (first, later) = errors.split_first().unwrap();
    match error {
        Errno::ENOSPC => assert!(matches!(first, AppendError::NoRoom(_))),
        _ => assert!(matches!(first, AppendError::Storage(_))),
    }
    let waits = |error: &AppendError| matches!(error, AppendError::AwaitingKeyframe);
    assert!(later.iter().all(waits));
    let stats = rendition.stats();
    assert_eq!((stats.gaps, stats.dropped), (1, errors.len() as u64));
    assert_eq!(stats.fragments, 81 - stats.dropped);
    rendition.pause();
    let parsed = parse(&playlist(rendition));
    let tags = parsed.segments.iter().filter(|s| s.discontinuity);
    assert_eq!(tags.count(), 1);
    assert!(parsed.independent_segments);
}

#[test]
fn a_storage_that_stays_full_drops_everything_and_loses_nothing_listed() {
    let fault = Fault {
        operation: Operation::Append,
        from: 45,
        count: 100,
        error: Errno::ENOSPC,
    };
    let storage = FaultyStorage::new(MemoryStorage, fault);
    let rendition = Rendition::new(start(Arc::new(storage), u64::MAX));
    rendition.set_tracks(tracks(0));
    for fragment in stream(0, 100, 100) {
        let _ = rendition.append(&fragment, NOW);
    }
    let parsed = parse(&playlist(&rendition));
    let durations: Vec<&str> = parsed.segments.iter().map(|s| &*s.duration).collect();
    assert_eq!(durations, ["2.00000", "2.00000", "0.50000"]);
    assert_eq!(rendition.stats().dropped, 55);
}
