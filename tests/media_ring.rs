//! A rendition from outside: what it lists, names, keeps and refuses.
#![allow(clippy::unwrap_used, clippy::panic)]
mod media_ring_support;

use hearth::media::Fragment;
use hearth::media::Tracks;
use hearth::media::rendition::{AppendError, ListForm, Rendition, Resource};
use hearth::media::storage::MemoryStorage;
use hearth::time::Mono;
use hearth::wire::fmp4::parse_fragment;
use media_ring_support::*;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

const NOW: Mono = Mono(0);

fn rendition() -> Rendition {
    let rendition = Rendition::new(start(Arc::new(MemoryStorage), u64::MAX));
    rendition.set_tracks(tracks(0));
    rendition
}

fn feed(rendition: &Rendition, from: u64, count: u64) {
    for fragment in stream(from, count, 100) {
        rendition.append(&fragment, NOW).unwrap();
    }
}

#[test]
fn nothing_is_listed_before_a_segment_is_complete() {
    let rendition = rendition();
    feed(&rendition, 0, 20);
    assert_eq!(rendition.media_playlist(ListForm::Whole), None);
    assert_eq!(rendition.multivariant_playlist(), None);
    assert!(rendition.resource("s0badcafe-100.m4s").is_none());
    feed(&rendition, 20, 1);
    assert!(rendition.media_playlist(ListForm::Whole).is_some());
    assert!(rendition.multivariant_playlist().is_some());
}

#[test]
fn the_media_playlist_says_what_was_appended() {
    let rendition = rendition();
    feed(&rendition, 0, 50);
    rendition.pause();
    feed(&rendition, 60, 1);
    rendition.end();
    let expected = "\
#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:2
#EXT-X-MEDIA-SEQUENCE:100
#EXT-X-DISCONTINUITY-SEQUENCE:5
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MAP:URI=\"i0badcafe-0.mp4\"
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00.000Z
#EXTINF:2.00000,
s0badcafe-100.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:02.000Z
#EXTINF:2.00000,
s0badcafe-101.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:04.000Z
#EXTINF:1.00000,
s0badcafe-102.m4s
#EXT-X-DISCONTINUITY
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:06.000Z
#EXTINF:0.10000,
s0badcafe-103.m4s
#EXT-X-ENDLIST
";
    assert_eq!(playlist(&rendition), expected);
}

#[test]
fn the_multivariant_playlist_promises_the_measured_peak_and_a_tenth() {
    let rendition = rendition();
    for fragment in stream(0, 20, 10_000).chain(stream(20, 21, 20_000)) {
        rendition.append(&fragment, NOW).unwrap();
    }
    let peak = segment(&rendition, "s0badcafe-101.m4s").len() * 8 / 2;
    let text = rendition.multivariant_playlist().unwrap();
    let text = std::str::from_utf8(&text).unwrap();
    let bandwidth = peak + peak.div_ceil(10);
    assert!(text.contains(&format!(":BANDWIDTH={bandwidth},")), "{text}");
    assert!(text.contains("CODECS=\"avc1.42"), "{text}");
    assert!(text.contains("\nmedia.m3u8\n"), "{text}");
}

#[test]
fn a_session_after_another_begins_with_a_discontinuity() {
    let mut start = start(Arc::new(MemoryStorage), u64::MAX);
    start.discontinuity_first = true;
    let rendition = Rendition::new(start);
    rendition.set_tracks(tracks(0));
    feed(&rendition, 0, 20);
    rendition.pause();
    let parsed = parse(&playlist(&rendition));
    assert!(parsed.segments[0].discontinuity);
    assert_eq!(parsed.discontinuity_sequence, 5);
    assert_eq!(rendition.next_numbers(), (101, 6));
}

#[test]
fn after_a_pause_a_discontinuity_stands_even_if_the_fragment_asks_for_none() {
    let rendition = rendition();
    feed(&rendition, 0, 5);
    rendition.pause();
    assert_eq!(parse(&playlist(&rendition)).segments.len(), 1);
    rendition
        .append(&fragment(90_000, FRAGMENT, 10), NOW)
        .unwrap();
    rendition.pause();
    rendition.pause();
    let parsed = parse(&playlist(&rendition));
    let tags: Vec<bool> = parsed.segments.iter().map(|s| s.discontinuity).collect();
    assert_eq!(tags, [false, true]);
    assert!(rendition.fragments(5, 1)[0].discontinuity);
}

#[test]
fn other_tracks_bring_a_map_and_a_discontinuity_and_equal_ones_do_not() {
    let rendition = rendition();
    feed(&rendition, 0, 20);
    rendition.set_tracks(tracks(0));
    feed(&rendition, 20, 10);
    rendition.set_tracks(tracks(1));
    feed(&rendition, 30, 11);
    rendition.pause();
    let parsed = parse(&playlist(&rendition));
    let maps: Vec<(&str, bool)> = parsed
        .segments
        .iter()
        .map(|s| (s.map.as_str(), s.discontinuity))
        .collect();
    let (old, new) = ("i0badcafe-0.mp4", "i0badcafe-1.mp4");
    assert_eq!(
        maps,
        [(old, false), (old, false), (new, true), (new, false)]
    );
    let init = |name| match rendition.resource(name) {
        Some(Resource::Init(bytes)) => bytes,
        other => panic!("{name} is {other:?}"),
    };
    assert_ne!(init(old), init(new));
    assert!(rendition.resource("i0badcafe-2.mp4").is_none());
    assert_eq!(*rendition.fragments(0, 1)[0].tracks, tracks(0));
    assert_eq!(*rendition.newest_independent().unwrap().tracks, tracks(1));
}

#[test]
fn codecs_are_told_as_long_as_a_segment_has_them() {
    let codecs = |rendition: &Rendition| {
        let text = rendition.multivariant_playlist().unwrap();
        let text = String::from_utf8(text.to_vec()).unwrap();
        let rest = text.split_once(",CODECS=\"").unwrap().1.to_owned();
        rest.split_once('"').unwrap().0.to_owned()
    };
    let rendition = rendition();
    feed(&rendition, 0, 41);
    rendition.pause();
    assert_eq!(codecs(&rendition), "avc1.42C01F");
    let mut high = tracks(1);
    high.video.as_mut().unwrap().profile = [0x64, 0, 0x1f];
    rendition.set_tracks(high);
    feed(&rendition, 60, 1);
    assert_eq!(
        codecs(&rendition),
        "avc1.64001F,avc1.42C01F",
        "from its first fragment on"
    );
    feed(&rendition, 61, 20);
    assert_eq!(codecs(&rendition), "avc1.64001F,avc1.42C01F");
    feed(&rendition, 81, 700);
    assert_eq!(codecs(&rendition), "avc1.64001F");
}

#[test]
fn independence_is_no_longer_promised_as_soon_as_a_segment_opens_without_a_keyframe() {
    let rendition = rendition();
    feed(&rendition, 0, 20);
    let mut late = fragment(20 * 9_000, FRAGMENT, 10);
    feed(&rendition, 20, 1);
    assert!(playlist(&rendition).contains("#EXT-X-INDEPENDENT-SEGMENTS"));
    assert!(rendition.is_independent());
    late.starts_segment = true;
    rendition.append(&late, NOW).unwrap();
    assert!(!playlist(&rendition).contains("#EXT-X-INDEPENDENT-SEGMENTS"));
    let multivariant = rendition.multivariant_playlist().unwrap();
    assert!(!String::from_utf8_lossy(&multivariant).contains("INDEPENDENT"));
    assert!(!rendition.is_independent());
    feed(&rendition, 40, 40);
    assert!(!playlist(&rendition).contains("#EXT-X-INDEPENDENT-SEGMENTS"));
}

/// Segments of 2 s, and a keyframe within the first fragment of every fourth one and 0.3 s further each time.
fn long_gops(count: u64) -> impl Iterator<Item = Fragment> {
    (0..count).map(|n| {
        let start = n * u64::from(FRAGMENT);
        let mut fragment = if n % 83 == 0 {
            keyframe(start, FRAGMENT, 100)
        } else {
            fragment(start, FRAGMENT, 100)
        };
        fragment.starts_segment = n % 20 == 0;
        fragment
    })
}

#[test]
fn players_are_told_to_begin_at_a_keyframe_where_segments_do_not() {
    let rendition = rendition();
    let mut told = Vec::new();
    for fragment in long_gops(200) {
        rendition.append(&fragment, NOW).unwrap();
        if fragment.starts_segment && fragment.start > 20 * u64::from(FRAGMENT) {
            let text = playlist(&rendition);
            let offset = text
                .lines()
                .find_map(|line| {
                    line.strip_prefix("#EXT-X-START:TIME-OFFSET=-")?
                        .strip_suffix(",PRECISE=YES")
                })
                .unwrap()
                .to_owned();
            told.push(offset);
        }
    }
    // Lists end at 4, 6, … 18 s; keyframes are at 0, 8.3 and 16.6 s; the one at 8.3 s counts once it lies 6 s back.
    assert_eq!(
        told,
        [
            "4.00000", "6.00000", "8.00000", "10.00000", "12.00000", "14.00000", "7.70000",
            "9.70000"
        ]
        .map(String::from)[..told.len()]
    );
    assert_eq!(told.len(), 8);
}

#[test]
fn players_are_told_to_begin_at_a_keyframe_also_where_the_encoder_was_away() {
    let away = 30 * 90_000;
    let rendition = rendition();
    let gone = long_gops(100).last().unwrap();
    let back = gone.start + u64::from(FRAGMENT) + away;
    let returned = long_gops(40).map(|mut fragment| {
        fragment.start += back;
        fragment.discontinuity = fragment.start == back;
        fragment
    });
    for fragment in long_gops(100).chain(returned) {
        rendition.append(&fragment, NOW).unwrap();
    }
    // Five segments and a sixth after the return: keyframes lie 12, 3.7 and 2 s before the end, and the absence is no part of it.
    let text = playlist(&rendition);
    assert!(
        text.contains("#EXT-X-START:TIME-OFFSET=-12.00000,"),
        "{text}"
    );
}

#[test]
fn nobody_is_told_where_to_begin_when_every_segment_begins_with_a_keyframe() {
    let rendition = rendition();
    feed(&rendition, 0, 60);
    assert!(!playlist(&rendition).contains("EXT-X-START"));
}

#[test]
fn independence_that_was_not_promised_at_the_start_is_not_promised_later() {
    let mut start = start(Arc::new(MemoryStorage), u64::MAX);
    start.independent_segments = false;
    let rendition = Rendition::new(start);
    rendition.set_tracks(tracks(0));
    feed(&rendition, 0, 60);
    assert!(!playlist(&rendition).contains("INDEPENDENT"));
    assert!(rendition.is_independent());
}

#[test]
fn a_segment_ends_before_it_would_round_above_the_target_duration() {
    let rendition = rendition();
    for n in 0..10 {
        let fragment = fragment(n * 100_000, 100_000, 10);
        rendition.append(&fragment, NOW).unwrap();
    }
    let parsed = parse(&playlist(&rendition));
    assert_eq!(parsed.segments.len(), 4);
    assert!(parsed.segments.iter().all(|s| s.duration == "2.22222"));
}

#[test]
fn a_fragment_longer_than_a_segment_may_be_is_refused() {
    let rendition = rendition();
    feed(&rendition, 0, 5);
    let long = keyframe(45_000, 225_000, 10);
    let error = rendition.append(&long, NOW).unwrap_err();
    assert!(matches!(error, AppendError::Misplaced(_)));
    assert_eq!(rendition.stats().gaps, 1);
}

#[test]
fn fragments_before_tracks_and_after_the_end_are_refused() {
    let rendition = Rendition::new(start(Arc::new(MemoryStorage), u64::MAX));
    let first = keyframe(0, FRAGMENT, 10);
    let refused = |rendition: &Rendition| {
        matches!(
            rendition.append(&first, NOW),
            Err(AppendError::Misplaced(_))
        )
    };
    assert!(refused(&rendition));
    rendition.set_tracks(tracks(0));
    assert!(!refused(&rendition));
    rendition.end();
    assert!(refused(&rendition));
    assert!(parse(&playlist(&rendition)).ended);
}

#[test]
fn fragments_are_read_back_whole_with_rising_numbers() {
    let rendition = rendition();
    feed(&rendition, 0, 45);
    let all = rendition.fragments(0, usize::MAX);
    let numbers: Vec<u64> = all.iter().map(|f| f.number).collect();
    assert_eq!(numbers, (0..45).collect::<Vec<_>>());
    for (found, appended) in all.iter().zip(stream(0, 45, 100)) {
        let bytes = read(&found.file, found.offset, found.len);
        assert_eq!(&bytes[4..8], b"moof");
        let sequence = u32::from_be_bytes(bytes[20..24].try_into().unwrap());
        assert_eq!(u64::from(sequence), found.number + 1);
        let video = parse_fragment(&bytes).unwrap().video.unwrap();
        let run = appended.video.as_ref().unwrap();
        assert_eq!(video.samples, run.samples);
        assert_eq!(video.base_decode_time, found.start);
        assert_eq!(&bytes[video.data_offset..], &run.data[0]);
        assert_eq!(found.independent, appended.independent);
    }
    assert_eq!(rendition.fragments(40, 3).len(), 3);
    assert_eq!(rendition.fragments(45, 3).len(), 0);
    assert_eq!(rendition.newest_independent().unwrap().number, 40);
}

#[test]
fn a_segment_that_left_the_list_stays_for_as_long_as_it_was_in_it() {
    let rendition = rendition();
    feed(&rendition, 0, 20 * 40 + 1);
    let parsed = parse(&playlist(&rendition));
    assert_eq!((parsed.media_sequence, parsed.segments.len()), (110, 30));
    assert_eq!(rendition.window_ms(), 60_000);
    assert_eq!(segment(&rendition, "s0badcafe-100.m4s").sequence(), 100);
    feed(&rendition, 20 * 40 + 1, 20 * 40);
    assert!(rendition.resource("s0badcafe-100.m4s").is_none());
}

#[test]
fn the_playlist_is_rendered_once_for_all_who_ask() {
    let rendition = rendition();
    feed(&rendition, 0, 25);
    let first = rendition.media_playlist(ListForm::Whole).unwrap();
    feed(&rendition, 25, 10);
    let second = rendition.media_playlist(ListForm::Whole).unwrap();
    assert_eq!(first.as_ptr(), second.as_ptr());
    feed(&rendition, 35, 10);
    assert_ne!(rendition.media_playlist(ListForm::Whole).unwrap(), first);
}

#[test]
fn the_wake_up_comes_after_the_change_and_outside_the_lock() {
    let woken = Arc::new(AtomicU64::new(0));
    let shared: Arc<OnceLock<Arc<Rendition>>> = Arc::default();
    let mut start = start(Arc::new(MemoryStorage), u64::MAX);
    start.wake = Box::new({
        let (woken, shared) = (Arc::clone(&woken), Arc::clone(&shared));
        move || {
            let rendition = shared.get().unwrap();
            let count = woken.fetch_add(1, Ordering::Relaxed) + 1;
            assert_eq!(rendition.version(), count);
            assert_eq!(rendition.stats().fragments, count.min(30));
        }
    });
    let rendition = shared.get_or_init(|| Arc::new(Rendition::new(start)));
    rendition.set_tracks(tracks(0));
    feed(rendition, 0, 30);
    rendition.pause();
    rendition.end();
    assert_eq!(woken.load(Ordering::Relaxed), 32);
}

#[test]
fn the_next_session_goes_on_behind_every_number_used() {
    let rendition = rendition();
    assert_eq!(rendition.next_numbers(), (100, 5));
    feed(&rendition, 0, 41);
    let (sequence, discontinuities) = rendition.next_numbers();
    assert_eq!((sequence, discontinuities), (103, 5));
    rendition.set_tracks(tracks(1));
    feed(&rendition, 60, 1);
    assert_eq!(rendition.next_numbers().1, 6);
}

#[test]
fn media_ends_where_its_longer_track_does() {
    let both = Tracks {
        video: tracks(0).video,
        audio: Some(aac()),
    };
    let rendition = rendition();
    assert_eq!(rendition.end_ticks(), 0);
    feed(&rendition, 0, 3);
    assert_eq!(rendition.end_ticks(), 27_000);
    rendition.set_tracks(both);
    let mut fragment = keyframe(27_000, FRAGMENT, 10);
    fragment.audio = Some(audio(14_400, 5));
    rendition.append(&fragment, NOW).unwrap();
    // (14 400 + 5 × 1024) / 48 kHz.
    assert_eq!(rendition.end_ticks(), 36_600);
}

#[test]
fn a_stream_too_large_for_the_ring_is_told_what_would_fit() {
    let rendition = Rendition::new(start(Arc::new(MemoryStorage), 1_000_000));
    rendition.set_tracks(tracks(0));
    let error = stream(0, 200, 20_000)
        .find_map(|fragment| rendition.append(&fragment, NOW).err())
        .unwrap();
    assert!(matches!(error, AppendError::BitrateTooHigh(513)), "{error}");
    assert_eq!(
        error.to_string(),
        "this stream is too large for the box; 513 kbit/s would fit"
    );
}
