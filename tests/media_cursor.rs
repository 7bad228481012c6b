//! Live viewers' places in a rendition.
#![allow(clippy::unwrap_used, clippy::panic)]

mod media_ring_support;

use hearth::media::cursor::{Cursor, Next};
use hearth::media::rendition::Rendition;
use hearth::media::storage::MemoryStorage;
use hearth::time::Mono;
use media_ring_support::{FRAGMENT, fragment, keyframe, start, stream, tracks};
use std::sync::Arc;

const FAR: u64 = 90_000 * 5;

fn rendition(ring_bytes: u64) -> Arc<Rendition> {
    let rendition = Rendition::new(start(Arc::new(MemoryStorage), ring_bytes));
    rendition.set_tracks(tracks(0));
    Arc::new(rendition)
}

fn append(rendition: &Rendition, from: u64, count: u64) {
    for fragment in stream(from, count, 1000) {
        rendition.append(&fragment, Mono::default()).unwrap();
    }
}

/// Numbers of the fragments that are there, and what stands behind them.
fn read(cursor: &mut Cursor) -> (Vec<u64>, Next) {
    let mut numbers = Vec::new();
    loop {
        match cursor.advance(FAR) {
            Next::Fragment(fragment) => numbers.push(fragment.number),
            end => return (numbers, end),
        }
    }
}

#[test]
fn a_viewer_begins_at_the_newest_keyframe_and_gets_each_fragment_once() {
    let rendition = rendition(1 << 20);
    let mut cursor = Cursor::new(Arc::clone(&rendition));
    assert!(matches!(cursor.advance(FAR), Next::Nothing));
    append(&rendition, 0, 33);
    let (numbers, end) = read(&mut cursor);
    assert_eq!(numbers, (20..33).collect::<Vec<_>>());
    assert!(matches!(end, Next::Nothing));
    append(&rendition, 33, 20);
    let (numbers, _) = read(&mut cursor);
    assert_eq!(numbers, (33..53).collect::<Vec<_>>(), "over a keyframe");
}

#[test]
fn a_discontinuity_and_other_tracks_and_the_end_are_over() {
    let rendition = rendition(1 << 20);
    append(&rendition, 0, 5);
    let mut before_pause = Cursor::new(Arc::clone(&rendition));
    assert_eq!(read(&mut before_pause).0, [0, 1, 2, 3, 4]);
    rendition.pause();
    let waits = before_pause.advance(FAR);
    assert!(
        matches!(waits, Next::Nothing),
        "the publisher may come back"
    );
    append(&rendition, 20, 3);
    assert!(matches!(before_pause.advance(FAR), Next::Over));
    assert!(
        matches!(before_pause.advance(FAR), Next::Over),
        "it stays so"
    );

    let mut before_tracks = Cursor::new(Arc::clone(&rendition));
    assert_eq!(read(&mut before_tracks).0, [5, 6, 7]);
    rendition.set_tracks(tracks(1));
    append(&rendition, 40, 2);
    assert!(matches!(before_tracks.advance(FAR), Next::Over));

    let mut before_end = Cursor::new(Arc::clone(&rendition));
    assert_eq!(read(&mut before_end).0, [8, 9]);
    rendition.end();
    assert!(matches!(before_end.advance(FAR), Next::Over));
    let late = Cursor::new(rendition).advance(FAR);
    assert!(
        matches!(late, Next::Fragment(_)),
        "the last pictures are there"
    );
}

#[test]
fn after_a_discontinuity_without_a_keyframe_nobody_is_sent_back_before_it() {
    let rendition = rendition(1 << 20);
    append(&rendition, 0, 5);
    rendition.pause();
    let later = fragment(10 * u64::from(FRAGMENT), FRAGMENT, 1000);
    rendition.append(&later, Mono::default()).unwrap();
    let mut cursor = Cursor::new(Arc::clone(&rendition));
    assert!(matches!(cursor.advance(FAR), Next::Nothing));
    let key = keyframe(11 * u64::from(FRAGMENT), FRAGMENT, 1000);
    rendition.append(&key, Mono::default()).unwrap();
    assert_eq!(read(&mut cursor).0, [6]);
}

#[test]
fn who_falls_behind_is_told_once_a_newer_keyframe_is_there() {
    let rendition = rendition(1 << 20);
    append(&rendition, 0, 1);
    let mut cursor = Cursor::new(Arc::clone(&rendition));
    assert!(matches!(cursor.advance(FAR), Next::Fragment(_)));
    for n in 1..80 {
        let later = fragment(n * u64::from(FRAGMENT), FRAGMENT, 1000);
        rendition.append(&later, Mono::default()).unwrap();
    }
    let next = cursor.advance(FAR);
    assert!(
        matches!(next, Next::Fragment(_)),
        "no better place: {next:?}"
    );
    append(&rendition, 80, 1);
    assert!(matches!(cursor.advance(FAR), Next::Behind));
}

#[test]
fn who_falls_off_the_tail_is_behind_however_much_is_allowed() {
    let rendition = rendition(200_000);
    append(&rendition, 0, 1);
    let mut cursor = Cursor::new(Arc::clone(&rendition));
    assert!(matches!(cursor.advance(u64::MAX), Next::Fragment(_)));
    append(&rendition, 1, 400);
    assert!(rendition.fragments(1, 1).first().unwrap().number > 1);
    assert!(matches!(cursor.advance(u64::MAX), Next::Behind));
}
