//! Whole ingests: how streams open, change, jump and end.
#![allow(clippy::unwrap_used)]

mod media_support;

use bytes::Bytes;
use hearth::media::Fragment;
use hearth::media::ingest::{IngestError, IngestStart, Output};
use hearth::media::part_rule::PartRule;
use hearth::media::timeline::Track;
use media_support::check::check;
use media_support::ingest::{Line, OTHER_SPS, SPS, aac_config, avc_config, ingest};
use media_support::publisher::{Event, Publisher};

/// Half a frame of audio at 48 kHz and two roundings, ms.
const SYNC_MS: f64 = 12.7;

fn fragments(outputs: &[(u64, Output)]) -> Vec<&Fragment> {
    let fragment = |output| match output {
        &(_, Output::Fragment(ref fragment)) => Some(fragment),
        _ => None,
    };
    outputs.iter().filter_map(fragment).collect()
}

fn only(events: &[Event], track: Track) -> Vec<Event> {
    events
        .iter()
        .filter(|event| event.track == track)
        .cloned()
        .collect()
}

/// Moves everything by `ms`, stamps and arrival.
fn later(events: &[Event], ms: u64) -> Vec<Event> {
    let mut events = events.to_vec();
    for event in &mut events {
        event.dts += ms as i64;
        event.captured += ms * 1_000;
        event.raw = event.raw.wrapping_add(ms as u32);
        event.arrival += ms;
    }
    events
}

#[test]
fn an_ordinary_stream_comes_out_whole() {
    let publisher = Publisher::default();
    let packaged = ingest(&publisher, &publisher.events(10.0));
    let seen = check(&packaged);
    assert_eq!(
        (
            seen.pictures.len(),
            seen.track_changes,
            seen.discontinuities
        ),
        (300, 1, 0)
    );
    assert!(seen.silent <= 1, "{} silent", seen.silent);
    assert!(seen.worst_sync_ms() <= SYNC_MS, "{}", seen.worst_sync_ms());
    assert_eq!(packaged.health.malformed, 0);
}

#[test]
fn output_starts_where_it_is_told_on_both_tracks() {
    let publisher = Publisher::default();
    let at = 123_456_789;
    let mut line = Line::starting(IngestStart {
        at,
        expected_keyframe_interval_ms: Some(2_000),
        parts: PartRule::Undecided,
    });
    assert_eq!(line.ingest.end(), at);
    line.configs(true, true);
    line.send(&publisher.events(4.0));
    let packaged = line.finish();
    let fragments = fragments(&packaged.outputs);
    let first = fragments.first().unwrap();
    assert_eq!(first.start, at);
    let audio = first.audio.as_ref().unwrap().base_decode_time;
    assert_eq!(audio, (at * 48_000).div_ceil(90_000));
    let last = fragments.last().unwrap();
    let end = last.start + u64::from(last.duration);
    assert!(last.ends_segment);
    assert!((end..end + 2_000).contains(&packaged.end));
}

#[test]
fn stamps_that_roll_over_or_start_anywhere_change_nothing() {
    for first_raw in [
        (1 << 24) - 3_000,
        (1u32 << 31) - 3_000,
        u32::MAX - 3_000,
        7_654_321,
    ] {
        let publisher = Publisher {
            first_raw,
            ..Publisher::default()
        };
        let mut events = publisher.events(8.0);
        if first_raw < 1 << 31 {
            // As encoders that mask what they send.
            let modulus = if first_raw < 1 << 24 {
                1 << 24
            } else {
                1u32 << 31
            };
            for event in &mut events {
                event.raw %= modulus;
            }
        }
        let packaged = ingest(&publisher, &events);
        let seen = check(&packaged);
        assert_eq!(
            (seen.pictures.len(), seen.discontinuities),
            (240, 0),
            "{first_raw}"
        );
        assert!(seen.silent <= 1 && seen.worst_sync_ms() <= SYNC_MS);
        assert_eq!(
            (packaged.health.stamp_jumps, packaged.health.stamps_bumped),
            (0, 0)
        );
    }
}

#[test]
fn jumps_of_the_clock_leave_no_trace_in_the_output() {
    for by in [30_000i32, -30_000, 300_000, -300_000, -2_000, 2_000] {
        let publisher = Publisher {
            first_raw: 1_000_000,
            ..Publisher::default()
        };
        for from in [3_005, 3_020, 3_030] {
            let mut events = publisher.events(8.0);
            for event in events.iter_mut().filter(|event| event.dts >= from) {
                event.raw = event.raw.wrapping_add_signed(by);
            }
            let packaged = ingest(&publisher, &events);
            let seen = check(&packaged);
            assert_eq!(packaged.health.stamp_jumps, 2, "{by}");
            assert_eq!(
                (seen.pictures.len(), seen.discontinuities),
                (240, 0),
                "{by}"
            );
            assert!(
                seen.silent + packaged.health.audio_dropped as usize <= 3,
                "{by}"
            );
            // Both tracks moved by what arrival could not tell, by the same for both.
            let after = seen.worst_sync_but(|_, captured| captured < 3_900_000);
            assert!(after <= SYNC_MS + 21.4, "{by}: {after}");
        }
    }
}

#[test]
fn one_track_that_restarts_is_put_back_by_its_arrival() {
    for track in [Track::Video, Track::Audio] {
        for by in [-1_003_000i32, 300_000] {
            let publisher = Publisher {
                first_raw: 1_000_000,
                ..Publisher::default()
            };
            let mut events = publisher.events(8.0);
            for event in events
                .iter_mut()
                .filter(|e| e.dts >= 3_000 && e.track == track)
            {
                event.raw = event.raw.wrapping_add_signed(by);
            }
            let packaged = ingest(&publisher, &events);
            let seen = check(&packaged);
            assert_eq!(packaged.health.stamp_jumps, 1);
            assert_eq!((seen.pictures.len(), seen.discontinuities), (240, 0));
            assert!(
                seen.worst_sync_ms() <= SYNC_MS + 10.0,
                "{}",
                seen.worst_sync_ms()
            );
        }
    }
}

#[test]
fn audio_seconds_before_the_video_leaves_both_in_sync() {
    let publisher = Publisher::default();
    let events = publisher.events(10.0);
    let mut all = only(&events, Track::Audio);
    all.extend(later(&only(&events, Track::Video), 2_000));
    let mut line = Line::new();
    line.announce(Some(true), Some(true));
    line.configs(true, true);
    line.send(&all);
    let seen = check(&line.finish());
    assert_eq!(seen.track_changes, 1);
    assert!(seen.sounds.first().unwrap().captured >= 1_980_000);
    assert!(seen.worst_sync_ms() <= SYNC_MS, "{}", seen.worst_sync_ms());
}

#[test]
fn announced_audio_without_a_configuration_is_given_up_after_a_second() {
    for (says_audio, wait) in [(Some(true), 1_000), (Some(false), 300), (None, 300)] {
        let publisher = Publisher {
            audio: false,
            ..Publisher::default()
        };
        let mut line = Line::new();
        line.announce(Some(true), says_audio);
        line.configs(true, false);
        line.send(&publisher.events(6.0));
        let first = line.outputs().first().unwrap().0;
        assert_eq!(first, 20 + wait, "waited until {first} ms");
        let packaged = line.finish();
        let seen = check(&packaged);
        assert_eq!(seen.pictures.len(), 180, "what was held is not lost");
        let fragments = fragments(&packaged.outputs);
        assert!(fragments.iter().all(|fragment| fragment.audio.is_none()));
    }
}

#[test]
fn announced_audio_with_a_configuration_that_never_comes_is_silence() {
    let publisher = Publisher {
        audio: false,
        ..Publisher::default()
    };
    let mut line = Line::new();
    line.announce(Some(true), Some(true));
    line.configs(true, true);
    line.send(&publisher.events(6.0));
    let first = line
        .outputs()
        .iter()
        .find(|(_, o)| matches!(o, Output::Fragment(_)))
        .unwrap()
        .0;
    assert!(first <= 900, "first fragment after {first} ms");
    let seen = check(&line.finish());
    assert_eq!(seen.pictures.len(), 180);
    assert!(seen.sounds.is_empty() && seen.silent > 270);
}

#[test]
fn audio_alone_starts_at_once_if_announced_so_else_after_a_second() {
    for (says_video, wait) in [(Some(false), 0), (None, 1_000), (Some(true), 1_000)] {
        let publisher = Publisher {
            video: false,
            ..Publisher::default()
        };
        let events = publisher.events(6.0);
        let mut line = Line::new();
        line.announce(says_video, Some(true));
        line.configs(false, true);
        line.send(&events);
        assert_eq!(line.outputs().first().unwrap().0, 20 + wait);
        let seen = check(&line.finish());
        assert_eq!(seen.sounds.len(), events.len());
        assert_eq!(seen.silent, 0);
    }
}

#[test]
fn video_that_comes_to_audio_alone_starts_a_new_stretch_in_sync() {
    let publisher = Publisher::default();
    let events = publisher.events(12.0);
    let mut line = Line::new();
    line.configs(false, true);
    let (audio, video) = (only(&events, Track::Audio), only(&events, Track::Video));
    let video: Vec<Event> = later(&video, 4_000)
        .into_iter()
        .filter(|e| e.dts < 12_000)
        .collect();
    let (before, after): (Vec<Event>, Vec<Event>) = audio.into_iter().partition(|e| e.dts < 4_000);
    line.send(&before);
    line.configs(true, false);
    line.send(&[video, after].concat());
    let seen = check(&line.finish());
    assert_eq!((seen.track_changes, seen.discontinuities), (2, 1));
    assert_eq!(seen.pictures.len(), 240);
    assert!(seen.worst_sync_ms() <= SYNC_MS, "{}", seen.worst_sync_ms());
}

#[test]
fn audio_that_comes_late_joins_at_the_next_keyframe() {
    let publisher = Publisher::default();
    let events = publisher.events(12.0);
    let mut line = Line::new();
    line.configs(true, false);
    let (before, after): (Vec<Event>, Vec<Event>) = events.into_iter().partition(|e| e.dts < 5_000);
    line.send(&only(&before, Track::Video));
    line.configs(false, true);
    line.send(&after);
    let packaged = line.finish();
    let seen = check(&packaged);
    assert_eq!((seen.track_changes, seen.discontinuities), (2, 1));
    assert_eq!(seen.pictures.len(), 360);
    let joined = seen.fragments.iter().find(|f| f.discontinuity).unwrap();
    assert!(joined.start.abs_diff(6 * 90_000) < 2_500 && joined.audio.is_some());
    assert!(seen.worst_sync_ms() <= SYNC_MS, "{}", seen.worst_sync_ms());
}

#[test]
fn a_repeated_configuration_is_nothing_and_a_changed_one_a_new_stretch() {
    let publisher = Publisher::default();
    let events = publisher.events(12.0);
    let mut line = Line::new();
    line.configs(true, true);
    let (before, after): (Vec<Event>, Vec<Event>) = events.into_iter().partition(|e| e.dts < 4_000);
    line.send(&before);
    line.configs(true, true);
    let (middle, after): (Vec<Event>, Vec<Event>) = after.into_iter().partition(|e| e.dts < 8_000);
    line.send(&middle);
    line.video(8_000, avc_config(OTHER_SPS), 8_010).unwrap();
    line.send(&after);
    let packaged = line.finish();
    let seen = check(&packaged);
    assert_eq!((seen.track_changes, seen.discontinuities), (2, 1));
    assert_eq!(packaged.health.track_changes, 1);
    assert_eq!(seen.pictures.len(), 360);
    assert!(seen.silent <= 6, "{}", seen.silent);
    assert!(seen.worst_sync_ms() <= SYNC_MS, "{}", seen.worst_sync_ms());
}

#[test]
fn pictures_of_a_new_configuration_wait_for_its_keyframe() {
    let publisher = Publisher::default();
    let mut line = Line::new();
    line.configs(true, true);
    let (before, after): (Vec<Event>, Vec<Event>) = publisher
        .events(8.0)
        .into_iter()
        .partition(|e| e.dts < 5_500);
    line.send(&before);
    line.video(5_500, avc_config(OTHER_SPS), 5_510).unwrap();
    line.send(&after);
    let packaged = line.finish();
    let seen = check(&packaged);
    assert_eq!(packaged.health.pictures_dropped, 15);
    assert_eq!(seen.discontinuities, 1);
    assert!(
        seen.fragments
            .iter()
            .find(|f| f.discontinuity)
            .unwrap()
            .independent
    );
}

#[test]
fn codecs_that_hearth_does_not_take_are_named() {
    let mut line = Line::new();
    let hevc = Bytes::from_static(b"\x90hvc1\x01\x01\x60");
    let IngestError::Unsupported(name) = line.video(0, hevc, 0).unwrap_err() else {
        panic!()
    };
    assert!(!name.is_empty());
    // MP3.
    assert!(
        line.audio(0, Bytes::from_static(&[0x2f, 0xff, 0xfb, 0x90]), 0)
            .is_err()
    );
    // xHE-AAC, object type 42.
    let text = line
        .audio(0, aac_config("f94a20"), 0)
        .unwrap_err()
        .to_string();
    assert!(text.contains("AAC of a profile"), "{text}");
}

#[test]
fn a_stream_that_ends_while_it_opens_is_not_lost() {
    let publisher = Publisher {
        audio: false,
        ..Publisher::default()
    };
    let mut line = Line::new();
    line.announce(None, Some(true));
    line.configs(true, false);
    line.send(&publisher.events(0.5));
    assert!(line.outputs().is_empty());
    let seen = check(&line.finish());
    assert_eq!(seen.pictures.len(), 15);
    assert!(seen.fragments.last().unwrap().ends_segment);
}

#[test]
fn garbage_is_counted_and_nothing_else() {
    let publisher = Publisher::default();
    let mut line = Line::new();
    line.configs(true, true);
    let garbage: [&[u8]; 7] = [
        b"",
        b"\x17",
        b"\x17\x00\x00\x00\x00",
        b"\x17\x00\x00\x00\x00\x01\xff",
        b"\x17\x01\x00\x00\x00\xff\xff\xff\xff",
        b"\x27\x01\x00\x00\x00\x00\x00\x00\x00",
        b"\xaf\x01",
    ];
    for event in publisher.events(4.0) {
        line.send(std::slice::from_ref(&event));
        let body = Bytes::from_static(garbage[event.dts as usize % garbage.len()]);
        let at = event.arrival;
        match event.track {
            Track::Video => line.video(event.raw, body, at).unwrap(),
            Track::Audio if body.first() == Some(&0xaf) => line.audio(event.raw, body, at).unwrap(),
            Track::Audio => {}
        }
    }
    let packaged = line.finish();
    assert!(packaged.health.malformed > 50);
    let seen = check(&packaged);
    assert_eq!(seen.pictures.len(), 120);
    assert_eq!((seen.discontinuities, seen.track_changes), (0, 1));
}

#[test]
fn parameter_sets_in_band_alone_are_enough() {
    let publisher = Publisher::default();
    let mut line = Line::new();
    // A record without parameter sets.
    line.video(
        0,
        Bytes::from_static(&[0x17, 0, 0, 0, 0, 1, 0x42, 0xc0, 0x1e, 0xff, 0xe0, 0]),
        0,
    )
    .unwrap();
    line.configs(false, true);
    let sps = media_support::ingest::hex(SPS);
    for event in publisher.events(4.0) {
        if event.key && event.track == Track::Video {
            let mut body = media_support::ingest::tag(&event).to_vec();
            let mut sets = Vec::new();
            for set in [&sps[..], &[0x68, 0xce, 0x3c, 0x80]] {
                sets.extend_from_slice(&(set.len() as u32).to_be_bytes());
                sets.extend_from_slice(set);
            }
            body.splice(5..5, sets);
            line.video(event.raw, body.into(), event.arrival).unwrap();
        } else {
            line.send(std::slice::from_ref(&event));
        }
    }
    let seen = check(&line.finish());
    assert_eq!(
        (
            seen.pictures.len(),
            seen.track_changes,
            seen.discontinuities
        ),
        (120, 1, 0)
    );
}
