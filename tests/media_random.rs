//! Whatever a publisher drops, delays or restarts, what comes out keeps every rule.
#![allow(clippy::unwrap_used)]

mod media_support;

use bytes::Bytes;
use hearth::media::timeline::Track;
use media_support::check::check;
use media_support::ingest::Line;
use media_support::publisher::{Event, Publisher};
use proptest::prelude::*;
use std::collections::HashSet;

/// Something that goes wrong.
#[derive(Clone, Debug)]
enum Mishap {
    /// These pictures or frames are not sent.
    Dropped { track: Track, from: i64, ms: i64 },
    /// Nothing arrives for a while, then all at once.
    Stall { from: u64, ms: u64 },
    /// The clock of one track or of both jumps.
    Jump {
        video: bool,
        audio: bool,
        from: i64,
        by: i64,
    },
}

fn track() -> impl Strategy<Value = Track> {
    prop_oneof![Just(Track::Video), Just(Track::Audio)]
}

fn loss() -> impl Strategy<Value = Mishap> {
    prop_oneof![
        4 => (track(), 0..14_000i64, 10..700i64).prop_map(|(track, from, ms)| Mishap::Dropped { track, from, ms }),
        1 => (track(), 0..14_000i64, 700..6_000i64).prop_map(|(track, from, ms)| Mishap::Dropped { track, from, ms }),
        2 => (500..14_000u64, 50..4_000u64).prop_map(|(from, ms)| Mishap::Stall { from, ms }),
    ]
}

fn jump() -> impl Strategy<Value = Mishap> {
    let by = prop_oneof![-400_000..400_000i64, -3_000..3_000i64];
    (any::<bool>(), any::<bool>(), 0..14_000i64, by).prop_map(|(video, audio, from, by)| {
        Mishap::Jump {
            video,
            audio,
            from,
            by,
        }
    })
}

fn publisher() -> impl Strategy<Value = Publisher> {
    let fps = prop_oneof![
        Just(25.0),
        Just(29.97),
        Just(30.0),
        Just(60.0),
        Just(15.0),
        5.0..100.0f64
    ];
    let gop = prop_oneof![
        Just(0.5),
        Just(1.0),
        Just(2.0),
        Just(2.02),
        Just(8.3),
        Just(f64::INFINITY),
        0.1..10.0f64
    ];
    let audio = prop_oneof![
        Just((48_000, 1_024)),
        Just((44_100, 1_024)),
        Just((22_050, 1_024)),
        Just((48_000, 960))
    ];
    let first = prop_oneof![
        Just(0u32),
        Just((1 << 31) - 4_000),
        Just(u32::MAX - 4_000),
        any::<u32>()
    ];
    let jitter = prop_oneof![Just(0.0), 0.0..0.3f64];
    (fps, gop, audio, first, jitter, any::<bool>(), any::<bool>()).prop_map(
        |(fps, gop, (sample_rate, frame_samples), first_raw, jitter, b_frames, stated)| Publisher {
            fps,
            gop,
            sample_rate,
            frame_samples,
            first_raw,
            jitter: if b_frames { 0.0 } else { jitter },
            b_frames,
            stated_rate: stated.then_some(fps),
            ..Publisher::default()
        },
    )
}

fn apply(events: &mut Vec<Event>, mishap: &Mishap) {
    match *mishap {
        Mishap::Dropped { track, from, ms } => {
            events.retain(|event| event.track != track || !(from..from + ms).contains(&event.dts));
        }
        Mishap::Stall { from, ms } => {
            let stalled = from..from + ms;
            for event in events
                .iter_mut()
                .filter(|event| stalled.contains(&event.arrival))
            {
                event.arrival = stalled.end;
            }
        }
        Mishap::Jump {
            video,
            audio,
            from,
            by,
        } => {
            for event in events.iter_mut().filter(|event| event.dts >= from) {
                let hit = if event.track == Track::Video {
                    video
                } else {
                    audio
                };
                event.raw = if hit {
                    event.raw.wrapping_add(by as u32)
                } else {
                    event.raw
                };
            }
        }
    }
}

/// Arrival never overtakes: a late sample holds up all after it.
fn in_order(events: &mut [Event], lateness: &[u64]) {
    let mut latest = 0;
    for (index, event) in events.iter_mut().enumerate() {
        let late = lateness
            .get(index % lateness.len().max(1))
            .copied()
            .unwrap_or(0);
        latest = latest.max(event.arrival + late);
        event.arrival = latest;
    }
}

/// Capture times of the samples of a track that follow a gap.
fn after_gaps(track: Track, next: usize, all: &[Event], sent: &[Event]) -> Vec<i64> {
    let times = |events: &[Event]| -> Vec<u64> {
        let events = events.iter().filter(|event| event.track == track);
        events.map(|event| event.captured).collect()
    };
    let there: HashSet<u64> = times(sent).into_iter().collect();
    let all = times(all);
    let after = |place: usize| {
        let here = all.get(place).is_some_and(|time| !there.contains(time));
        all.iter().skip(place + 1).take(if here { next } else { 0 })
    };
    (0..all.len())
        .flat_map(after)
        .map(|time| *time as i64)
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn losses_and_jitter_leave_no_hole_and_no_skew(
        publisher in publisher(),
        mishaps in prop::collection::vec(loss(), 0..5),
        lateness in prop::collection::vec(0..60u64, 1..50),
    ) {
        let all = publisher.events(15.0);
        let mut events = all.clone();
        for mishap in &mishaps {
            apply(&mut events, mishap);
        }
        in_order(&mut events, &lateness);
        let packaged = publisher.package(&events);
        let seen = check(&packaged);
        // Up to three pictures after a gap may be shown early: it is shared out over parts. Small shifts of the sound are followed after some frames.
        let early: HashSet<i64> = after_gaps(Track::Video, 3, &all, &events).into_iter().collect();
        let shifts = after_gaps(Track::Audio, 1, &all, &events);
        let settling = 1_000_000 * 18 * i64::from(publisher.frame_samples) / i64::from(publisher.sample_rate);
        let sync = seen.worst_sync_but(|track, captured| match track {
            Track::Video => early.contains(&captured),
            Track::Audio => shifts.iter().any(|shift| (0..settling).contains(&(captured - shift))),
        });
        let frame = f64::from(publisher.frame_samples) * 1_000.0 / f64::from(publisher.sample_rate);
        let picture = 1_000.0 / publisher.fps;
        prop_assert!(sync <= 2.0 + frame.max(picture), "{sync} ms apart");
        prop_assert!(packaged.most_pending < 200_000, "{} bytes pending", packaged.most_pending);
    }

    #[test]
    fn jumps_of_the_clock_leave_no_hole(
        publisher in publisher(),
        mishaps in prop::collection::vec(prop_oneof![loss(), jump()], 1..6),
        lateness in prop::collection::vec(0..60u64, 1..50),
    ) {
        let mut events = publisher.events(15.0);
        for mishap in &mishaps {
            apply(&mut events, mishap);
        }
        in_order(&mut events, &lateness);
        let packaged = publisher.package(&events);
        let seen = check(&packaged);
        // Output goes on for as long as the stream does, give or take what was lost at the end.
        if let Some(last) = seen.fragments.last() {
            prop_assert!(last.start <= 40 * 90_000, "ends at {}", last.start / 90_000);
        }
    }

    #[test]
    fn senseless_stamps_still_keep_every_rule(
        stamps in prop::collection::vec((any::<bool>(), any::<u32>(), 0..2_000u64, any::<bool>(), -6_000..6_000i32), 1..200),
    ) {
        let mut arrival = 0;
        let events: Vec<Event> = stamps.iter().map(|&(video, raw, after, key, composition)| {
            arrival += after;
            Event {
                track: if video { Track::Video } else { Track::Audio },
                captured: 0,
                dts: 0,
                raw,
                composition,
                key,
                arrival,
                size: 100,
            }
        }).collect();
        check(&Publisher::default().package(&events));
    }

    #[test]
    fn bodies_of_any_bytes_keep_every_rule(
        tags in prop::collection::vec(
            (any::<bool>(), any::<u32>(), 0..500u64, 0..2u8, prop::collection::vec(any::<u8>(), 0..60)),
            1..150,
        ),
        frames in any::<bool>(),
    ) {
        let mut line = Line::new();
        line.configs(true, true);
        let mut now = 0;
        for (video, stamp, after, packet, bytes) in tags {
            now += after;
            // Often enough a body that is a frame's, with NAL units in it.
            let key = stamp % 3 == 0;
            let head: &[u8] = match (video, frames) {
                (true, true) => &[if key { 0x17 } else { 0x27 }, 1, 0, 0, 0, 0, 0, 0, bytes.len() as u8 + 1, if key { 0x65 } else { 0x41 }],
                (true, false) => &[0x17, packet, 0, 0, 0],
                (false, _) => &[0xaf, packet],
            };
            let body = Bytes::from([head, &bytes].concat());
            // A codec that is not taken ends the publisher; here the next tag just follows.
            let _ = if video { line.video(stamp, body, now) } else { line.audio(stamp, body, now) };
        }
        check(&line.finish());
    }
}
