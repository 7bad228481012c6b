#![allow(clippy::unwrap_used)]
use super::*;
use crate::media::fragment::Tracks;
use crate::media::storage::MemoryStorage;
use bytes::Bytes;
use std::io::IoSlice;

const FRAGMENT_TICKS: u32 = 9_000;

fn init(number: u32) -> Arc<InitSegment> {
    Arc::new(InitSegment {
        number,
        bytes: Bytes::new(),
        tracks: Arc::new(Tracks {
            video: None,
            audio: None,
        }),
    })
}

fn ring(budget: u64) -> Ring {
    Ring::new(Arc::new(MemoryStorage), budget, 100)
}

fn append(ring: &mut Ring, opening: &Opening, bytes: usize) -> Result<(), AppendError> {
    let file = ring.reserve(bytes as u64)?;
    let offset = file.append(&[IoSlice::new(&vec![7; bytes])]).unwrap();
    if ring.open_segment().is_none() {
        ring.open(file, opening.clone());
    }
    ring.record(FragmentEntry {
        offset,
        start: opening.start,
        ts_segment: 0,
        part: None,
        len: bytes as u32,
        duration: FRAGMENT_TICKS,
        independent: opening.independent,
        discontinuity: false,
    });
    Ok(())
}

/// A segment of 20 fragments, 2 s, that holds `bytes`.
fn segment(ring: &mut Ring, bytes: usize) -> Result<(), AppendError> {
    let opening = Opening {
        start: 0,
        independent: true,
        discontinuity: false,
        init: init(0),
    };
    for _ in 0..20 {
        append(ring, &opening, bytes / 20)?;
        assert!(ring.live_bytes() <= ring.budget);
    }
    ring.close();
    Ok(())
}

fn numbers(ring: &Ring) -> Vec<u64> {
    ring.segments().map(|s| s.file.sequence()).collect()
}

fn oldest(ring: &Ring) -> Arc<SegmentFile> {
    Arc::clone(&ring.segments().next().unwrap().file)
}

#[test]
fn no_file_is_made_before_the_first_append() {
    let ring = ring(1000);
    assert_eq!((ring.live_bytes(), ring.segments().count()), (0, 0));
    assert_eq!((ring.media_sequence(), ring.next_sequence()), (100, 100));
}

#[test]
fn the_list_is_sixty_seconds_and_the_ring_twice_that() {
    let mut ring = ring(u64::MAX);
    for _ in 0..80 {
        segment(&mut ring, 20).unwrap();
    }
    assert_eq!(ring.listed().count(), 30);
    assert_eq!(ring.segments().count(), 60);
    assert_eq!(ring.media_sequence(), 150);
    assert_eq!(ring.first_fragment, 20 * 20);
}

#[test]
fn a_small_budget_lists_half_of_what_fits_keeps_the_rest_and_a_sixteenth_free() {
    let mut ring = ring(20_000);
    for _ in 0..50 {
        segment(&mut ring, 1000).unwrap();
    }
    assert_eq!(ring.listed().count(), 9);
    assert_eq!(ring.segments().count(), 18);
    assert_eq!(ring.live_bytes(), 18_000);
}

#[test]
fn six_segments_stay_listed_however_small_the_budget() {
    let mut ring = ring(7000);
    for _ in 0..50 {
        segment(&mut ring, 1000).unwrap();
        assert!(ring.listed().count() <= 7);
    }
    assert_eq!(ring.listed().count(), 6);
}

#[test]
fn a_stream_of_which_six_segments_do_not_fit_is_told_what_would() {
    let mut ring = ring(6_999_999);
    let error = (0..8)
        .find_map(|_| segment(&mut ring, 1_000_000).err())
        .unwrap();
    // 7 MB in 14 s are 4 Mbit/s.
    assert!(matches!(error, AppendError::BitrateTooHigh(3599)));
    assert_eq!(numbers(&ring), (100..107).collect::<Vec<_>>());
}

#[test]
fn one_oversized_fragment_costs_nobody_a_segment() {
    let mut ring = ring(20_000);
    for _ in 0..20 {
        segment(&mut ring, 1000).unwrap();
    }
    let before = numbers(&ring);
    assert!(matches!(
        ring.reserve(15_000),
        Err(AppendError::BitrateTooHigh(_))
    ));
    assert_eq!(numbers(&ring), before);
}

#[test]
fn readers_of_the_oldest_file_are_cut_a_sixteenth_before_its_room_is_needed() {
    let mut ring = ring(16_000);
    for _ in 0..15 {
        segment(&mut ring, 1000).unwrap();
    }
    let reader = oldest(&ring);
    assert!(!reader.is_cut());
    segment(&mut ring, 1000).unwrap();
    // Cut but not let go: it still counts, and that costs nobody else a segment.
    assert!(reader.is_cut());
    assert_eq!(ring.cuts(), 1);
    assert_eq!(numbers(&ring), (101..116).collect::<Vec<_>>());
    assert_eq!(ring.live_bytes(), 16_000);
    drop(reader);
    assert_eq!(ring.live_bytes(), 15_000);
}

#[test]
fn held_files_are_cut_before_another_segment_leaves() {
    let mut ring = ring(16_000);
    let mut readers = Vec::new();
    for _ in 0..15 {
        segment(&mut ring, 1000).unwrap();
        readers.push(Arc::clone(&ring.segments().next_back().unwrap().file));
    }
    for left in 1..9 {
        segment(&mut ring, 1000).unwrap();
        let cut = readers.iter().filter(|reader| reader.is_cut()).count();
        assert_eq!((cut, ring.segments().count()), (1, 15), "{left}");
        readers.remove(0);
    }
    assert_eq!(ring.cuts(), 8);
}

#[test]
fn at_the_largest_bitrate_that_is_told_a_reader_may_take_most_of_a_second_to_let_go() {
    // 7 * 128 kB are 896 kB: a tenth of the budget to spare.
    let mut ring = ring(1_000_000);
    let opening = Opening {
        start: 0,
        independent: true,
        discontinuity: false,
        init: init(0),
    };
    let mut readers: VecDeque<(u64, Arc<SegmentFile>)> = VecDeque::new();
    for count in 0..600 {
        if count % 20 == 0 {
            ring.close();
        }
        append(&mut ring, &opening, 6_400).unwrap();
        if count % 20 == 19 {
            readers.push_back((u64::MAX, Arc::clone(&ring.open_segment().unwrap().file)));
        }
        for (let_go, file) in &mut readers {
            if file.is_cut() {
                *let_go = count.min(*let_go);
            }
        }
        readers.retain(|(cut, _)| cut.saturating_add(8) > count);
    }
    assert!(ring.cuts() > 15);
}

#[test]
fn a_held_file_is_read_on_while_there_is_room() {
    let mut ring = ring(1_000_000);
    segment(&mut ring, 1000).unwrap();
    let reader = oldest(&ring);
    for _ in 0..100 {
        segment(&mut ring, 1000).unwrap();
    }
    assert!(oldest(&ring).sequence() > reader.sequence());
    assert!(!reader.is_cut());
    let mut byte = [0];
    assert_eq!(reader.read_at(999, &mut byte).unwrap(), 1);
}

#[test]
fn readers_that_do_not_let_go_cost_a_fragment_but_never_the_last_six_segments() {
    let mut ring = ring(10_000);
    let mut readers = Vec::new();
    let error = (0..20)
        .find_map(|_| {
            let result = segment(&mut ring, 1000).err();
            readers.push(Arc::clone(&ring.segments().next_back().unwrap().file));
            result
        })
        .unwrap();
    assert!(matches!(error, AppendError::NoRoom(50)));
    assert_eq!(ring.segments().count(), 6);
    assert_eq!(ring.live_bytes(), 10_000);
    let cut = readers.iter().filter(|reader| reader.is_cut()).count();
    assert_eq!(cut, 4);
    readers.clear();
    segment(&mut ring, 1000).unwrap();
}

#[test]
fn the_index_never_grows_beyond_what_was_reserved() {
    let mut ring = ring(u64::MAX);
    let (segments, fragments) = (ring.segments.capacity(), ring.fragments.capacity());
    let opening = Opening {
        start: 0,
        independent: true,
        discontinuity: false,
        init: init(0),
    };
    for count in 0..3 * RING_MAX_SEGMENTS {
        for _ in 0..1 + count % SEGMENT_MAX_FRAGMENTS as usize {
            let file = ring.reserve(1).unwrap();
            file.append(&[IoSlice::new(b"x")]).unwrap();
            if ring.open_segment().is_none() {
                ring.open(file, opening.clone());
            }
            ring.record(FragmentEntry {
                offset: 0,
                start: 0,
                ts_segment: 0,
                part: None,
                len: 1,
                duration: 1,
                independent: true,
                discontinuity: false,
            });
        }
        ring.close();
        let listed: u64 = ring.segments().map(|s| u64::from(s.fragments)).sum();
        assert_eq!(listed, ring.fragments.len() as u64);
    }
    assert_eq!(size_of::<FragmentEntry>(), 40);
    assert_eq!(ring.segments.capacity(), segments);
    assert_eq!(ring.fragments.capacity(), fragments);
}

#[test]
fn many_init_segments_do_not_pile_up() {
    let mut ring = ring(u64::MAX);
    for number in 0..100 {
        let opening = Opening {
            start: 0,
            independent: true,
            discontinuity: true,
            init: init(number),
        };
        append(&mut ring, &opening, 10).unwrap();
        ring.close();
        assert!(ring.segments().count() <= RING_MAX_INITS);
    }
    assert_eq!(
        ring.left_discontinuities() + ring.listed().count() as u64,
        100
    );
}

#[test]
fn fragments_are_found_by_number_across_segments() {
    let mut ring = ring(10_000);
    for _ in 0..30 {
        segment(&mut ring, 1000).unwrap();
    }
    let first = ring.first_fragment;
    let all: Vec<u64> = ring.fragments(0).map(|(number, ..)| number).collect();
    assert_eq!(all, (first..600).collect::<Vec<_>>());
    for from in [first, first + 19, first + 20, 599, 600, u64::MAX] {
        let found: Vec<u64> = ring.fragments(from).map(|(number, ..)| number).collect();
        assert_eq!(found, (from.min(600)..600).collect::<Vec<_>>());
    }
    let (number, segment, entry) = ring.newest_independent().unwrap();
    assert_eq!(
        (number, segment.file.sequence(), entry.offset),
        (599, 129, 950)
    );
}

#[test]
fn a_segment_that_would_round_above_the_target_duration_goes_no_further() {
    let mut ring = ring(u64::MAX);
    assert!(!ring.continues(1));
    segment(&mut ring, 20).unwrap();
    assert!(!ring.continues(1));
    let opening = Opening {
        start: 0,
        independent: false,
        discontinuity: false,
        init: init(0),
    };
    for _ in 0..24 {
        append(&mut ring, &opening, 1).unwrap();
    }
    assert!(ring.continues(8_999));
    assert!(!ring.continues(9_000));
}
