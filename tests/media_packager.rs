//! What the packager makes of publishers that drop, delay and lose samples.
#![allow(clippy::unwrap_used)]

mod media_support;

use hearth::media::timeline::Track;
use media_support::check::{Seen, check};
use media_support::publisher::{Event, Packaged, Publisher};

fn run(publisher: &Publisher, events: &[Event]) -> (Packaged, Seen) {
    let packaged = publisher.package(events);
    let seen = check(&packaged);
    (packaged, seen)
}

fn drop_between(events: &mut Vec<Event>, track: Track, from: i64, to: i64) {
    events.retain(|event| event.track != track || !(from..to).contains(&event.dts));
}

/// Nothing arrives between these moments; then it all does at once.
fn stall(events: &mut [Event], from: u64, to: u64) {
    for event in events {
        if (from..to).contains(&event.arrival) {
            event.arrival = to;
        }
    }
}

fn all_near(segments: &[(f64, bool)], seconds: f64, key: bool) -> bool {
    segments.iter().all(|(length, starts_with_key)| {
        (length - seconds).abs() < 0.002 && *starts_with_key == key
    })
}

/// Half a frame of audio at 48 kHz and two roundings, ms.
const SYNC_MS: f64 = 12.7;

#[test]
fn a_steady_stream_comes_out_as_it_came() {
    let publisher = Publisher::default();
    let (packaged, seen) = run(&publisher, &publisher.events(20.0));
    assert_eq!(seen.pictures.len(), 600);
    assert!(seen.silent <= 1, "{}", seen.silent);
    assert!(seen.worst_sync_ms() <= SYNC_MS, "{}", seen.worst_sync_ms());
    assert_eq!(seen.segments.len(), 10);
    assert!(all_near(&seen.segments, 2.0, true));
    assert_eq!(packaged.health.pictures_stretched, 0);
    assert_eq!(packaged.health.keyframe_interval_ms, Some(2_000));
    assert!(
        seen.fragments
            .iter()
            .all(|f| f.video.as_ref().unwrap().samples.len() == 3)
    );
    let slowest = seen.delays.iter().max().unwrap();
    assert!(
        *slowest <= 80,
        "a fragment came {slowest} ms after its last picture"
    );
}

#[test]
fn pictures_dropped_in_a_row_are_bridged_by_stretching() {
    for dropped in [1usize, 3, 5, 15] {
        let publisher = Publisher::default();
        for first in 40..46 {
            let mut events = publisher.events(8.0);
            let mut index = 0;
            events.retain(|event| {
                index += usize::from(event.track == Track::Video);
                event.track == Track::Audio || !(first..first + dropped).contains(&(index - 1))
            });
            let (packaged, seen) = run(&publisher, &events);
            assert_eq!(seen.discontinuities, 0);
            assert_eq!(seen.pictures.len(), 240 - dropped);
            assert!(seen.silent <= 1);
            // A gap that does not fit the part is shared out over those that follow.
            let stretched = packaged.health.pictures_stretched;
            assert!((1..=3).contains(&stretched), "{dropped} from {first}");
            let moved = seen
                .pictures
                .iter()
                .filter(|p| (p.at - p.captured).abs() > 1_000);
            assert!(
                moved.count() <= 3,
                "only pictures right after the gap may be shown early"
            );
        }
    }
}

#[test]
fn audio_that_is_always_late_is_waited_for() {
    let publisher = Publisher::default();
    for late in [100, 300, 480] {
        let mut events = publisher.events(20.0);
        for event in &mut events {
            if event.track == Track::Audio {
                event.arrival += late;
            }
        }
        let (packaged, seen) = run(&publisher, &events);
        assert!(
            seen.silent <= 1,
            "{} silent frames at {late} ms",
            seen.silent
        );
        assert_eq!(packaged.health.audio_dropped, 0);
        assert!(seen.worst_sync_ms() <= SYNC_MS);
        assert!(*seen.delays.iter().max().unwrap() <= late as i64 + 110);
    }
}

#[test]
fn audio_gone_for_ten_seconds_is_silence_and_comes_back_in_sync() {
    let publisher = Publisher::default();
    let mut events = publisher.events(30.0);
    drop_between(&mut events, Track::Audio, 8_000, 18_000);
    let (packaged, seen) = run(&publisher, &events);
    assert_eq!(seen.discontinuities, 0);
    assert_eq!(seen.pictures.len(), 900);
    assert!((465..=475).contains(&seen.silent), "{}", seen.silent);
    assert!(seen.worst_sync_ms() <= SYNC_MS, "{}", seen.worst_sync_ms());
    assert!(packaged.health.audio_dropped <= 2);
    assert!(all_near(&seen.segments, 2.0, true));
    assert!(
        *seen.delays.iter().max().unwrap() <= 200,
        "silence came too late"
    );
}

#[test]
fn video_gone_for_ten_seconds_is_a_discontinuity_of_the_right_length() {
    let publisher = Publisher::default();
    let mut events = publisher.events(30.0);
    drop_between(&mut events, Track::Video, 8_500, 18_500);
    let (packaged, seen) = run(&publisher, &events);
    assert_eq!(seen.discontinuities, 1);
    assert_eq!(packaged.health.video_holes, 1);
    let resumed = seen.fragments.iter().find(|f| f.discontinuity).unwrap();
    assert!(resumed.independent);
    // The next keyframe after 18.5 s is at 20 s, and time went on as in the world.
    assert!(
        resumed.start.abs_diff(20 * 90_000) < 5_000,
        "{}",
        resumed.start
    );
    assert!(seen.worst_sync_ms() <= SYNC_MS, "{}", seen.worst_sync_ms());
    assert_eq!(seen.pictures.len(), 255 + 300);
    assert!(seen.silent <= 8, "{}", seen.silent);
}

#[test]
fn video_gone_for_less_than_two_seconds_is_bridged() {
    let publisher = Publisher::default();
    let mut events = publisher.events(12.0);
    drop_between(&mut events, Track::Video, 4_500, 6_300);
    let (packaged, seen) = run(&publisher, &events);
    assert_eq!(
        (seen.discontinuities, packaged.health.pictures_stretched),
        (0, 1)
    );
    assert!(seen.silent <= 1);
    assert!(packaged.health.stretched_ms.abs_diff(1_800) < 40);
}

#[test]
fn a_stall_of_the_network_and_the_burst_after_it_cost_no_silence() {
    let publisher = Publisher::default();
    for from in (6_000..6_120).step_by(7) {
        let mut events = publisher.events(15.0);
        stall(&mut events, from, from + 3_000);
        let (packaged, seen) = run(&publisher, &events);
        assert_eq!(seen.pictures.len(), 450);
        assert!(seen.silent <= 1, "{} silent frames", seen.silent);
        assert_eq!(packaged.health.audio_dropped, 0);
        assert_eq!(seen.discontinuities, 0);
        assert!(seen.worst_sync_ms() <= SYNC_MS);
    }
}

#[test]
fn both_tracks_lost_for_three_seconds_is_a_discontinuity() {
    let publisher = Publisher::default();
    let mut events = publisher.events(15.0);
    drop_between(&mut events, Track::Video, 5_000, 8_100);
    drop_between(&mut events, Track::Audio, 5_000, 8_100);
    let (_, seen) = run(&publisher, &events);
    assert_eq!(seen.discontinuities, 1);
    assert!(seen.worst_sync_ms() <= SYNC_MS, "{}", seen.worst_sync_ms());
}

#[test]
fn audio_from_before_the_video_leaves_sync_alone() {
    let publisher = Publisher::default();
    let mut events = publisher.events(12.0);
    drop_between(&mut events, Track::Video, 0, 2_000);
    let (_, seen) = run(&publisher, &events);
    assert!(seen.worst_sync_ms() <= SYNC_MS, "{}", seen.worst_sync_ms());
    assert!(seen.sounds.first().unwrap().captured >= 1_980_000);
    assert!(seen.silent <= 1);
}

#[test]
fn declared_audio_that_never_comes_is_silence() {
    let publisher = Publisher::default();
    let mut events = publisher.events(10.0);
    events.retain(|event| event.track == Track::Video);
    let (_, seen) = run(&publisher, &events);
    assert_eq!(seen.pictures.len(), 300);
    assert!(seen.sounds.is_empty());
    assert!(seen.silent >= 465);
    assert!(*seen.delays.iter().max().unwrap() < 750);
}

#[test]
fn single_tracks_play() {
    let video = Publisher {
        audio: false,
        ..Publisher::default()
    };
    let (_, seen) = run(&video, &video.events(10.0));
    assert_eq!(seen.pictures.len(), 300);
    assert!(
        seen.delays.iter().skip(2).all(|delay| *delay <= 20),
        "nothing to wait for"
    );

    for (rate, samples) in [
        (48_000, 1_024),
        (44_100, 1_024),
        (22_050, 1_024),
        (8_000, 1_024),
        (48_000, 960),
    ] {
        let audio = Publisher {
            video: false,
            sample_rate: rate,
            frame_samples: samples,
            ..Publisher::default()
        };
        let events = audio.events(20.0);
        let (_, seen) = run(&audio, &events);
        assert_eq!(seen.sounds.len(), events.len());
        assert_eq!(seen.silent, 0);
        assert!(
            all_near(&seen.segments[..9], 2.0, true)
                || seen.segments[..9]
                    .iter()
                    .all(|(s, _)| (1.9..2.1).contains(s))
        );
        assert!(seen.segments.len() >= 9);
    }
}

#[test]
fn audio_alone_with_gaps_goes_on() {
    let publisher = Publisher {
        video: false,
        ..Publisher::default()
    };
    let mut events = publisher.events(20.0);
    drop_between(&mut events, Track::Audio, 4_000, 5_000);
    drop_between(&mut events, Track::Audio, 9_000, 14_000);
    let (_, seen) = run(&publisher, &events);
    assert_eq!(seen.discontinuities, 1);
    assert!((46..=48).contains(&seen.silent), "{}", seen.silent);
    let resumed = seen.fragments.iter().find(|f| f.discontinuity).unwrap();
    assert!(
        resumed.start.abs_diff(14 * 90_000) < 2_500,
        "{}",
        resumed.start
    );
}

#[test]
fn every_frame_rate_keeps_sync_and_segments() {
    for fps in [25.0, 30_000.0 / 1_001.0, 30.0, 50.0, 60.0, 15.0, 24.0, 10.0] {
        for stated_rate in [Some(fps), None, Some(2.0 * fps)] {
            for jitter in [0.0, 0.3] {
                let publisher = Publisher {
                    fps,
                    jitter,
                    stated_rate,
                    ..Publisher::default()
                };
                let (packaged, seen) = run(&publisher, &publisher.events(12.0));
                let name = format!("{fps} fps, stated {stated_rate:?}, jitter {jitter}");
                assert_eq!(seen.pictures.len(), (12.0 * fps) as usize, "{name}");
                assert!(seen.silent <= 2, "{name}: {} silent", seen.silent);
                let picture = 1_000.0 / fps;
                assert!(
                    seen.worst_sync_ms() <= SYNC_MS + picture,
                    "{name}: {}",
                    seen.worst_sync_ms()
                );
                assert_eq!(seen.discontinuities, 0, "{name}");
                assert!(
                    packaged.health.stretched_ms <= 200,
                    "{name}: {:?}",
                    packaged.health
                );
                assert!(
                    seen.segments.iter().all(|(_, key)| *key),
                    "{name}: {:?}",
                    seen.segments
                );
            }
        }
    }
}

#[test]
fn segments_follow_the_keyframes_where_they_can() {
    let lengths = |gop: f64| {
        let publisher = Publisher {
            gop,
            ..Publisher::default()
        };
        let (packaged, seen) = run(&publisher, &publisher.events(25.0));
        (packaged.health.keyframe_interval_ms, seen.segments)
    };
    assert!(all_near(&lengths(0.5).1[..10], 1.5, true));
    assert!(all_near(&lengths(1.0).1[..10], 2.0, true));
    assert!(all_near(&lengths(2.0).1[..10], 2.0, true));
    // One keyframe must be seen before the next can be expected.
    let (_, long) = lengths(2.02);
    assert!(long[2..10].iter().all(|(_, key)| *key), "{long:?}");
    let (interval, long) = lengths(8.3);
    assert_eq!(interval, Some(8_300));
    assert!(all_near(&long[1..12], 2.0, false), "{long:?}");
    let (interval, one) = lengths(f64::INFINITY);
    assert_eq!(interval, None);
    assert!(all_near(&one[1..12], 2.0, false));
}

#[test]
fn an_interval_known_from_before_puts_long_gops_on_segment_bounds() {
    let publisher = Publisher {
        gop: 250.0 / 30.0,
        expected_interval: Some(8_333),
        ..Publisher::default()
    };
    let (_, seen) = run(&publisher, &publisher.events(25.0));
    let keys = seen.segments.iter().map(|(_, key)| *key);
    assert!(keys.eq([true, false, false, false].into_iter().cycle().take(12)));
}

#[test]
fn a_segment_cut_without_a_keyframe_is_known_to_end_at_once() {
    let publisher = Publisher {
        gop: f64::INFINITY,
        ..Publisher::default()
    };
    let (_, seen) = run(&publisher, &publisher.events(9.0));
    let pairs = seen.fragments.windows(2);
    for pair in pairs {
        assert_eq!(pair[0].ends_segment, pair[1].starts_segment);
    }
}

#[test]
fn a_stream_of_keyframes_alone_does_not_make_a_fragment_a_picture() {
    let publisher = Publisher {
        gop: 0.001,
        fps: 60.0,
        stated_rate: Some(60.0),
        sample_rate: 22_050,
        ..Publisher::default()
    };
    for audio in [true, false] {
        let publisher = Publisher {
            audio,
            ..publisher.clone()
        };
        let (_, seen) = run(&publisher, &publisher.events(10.0));
        assert!(seen.fragments.len() <= 220, "{}", seen.fragments.len());
        assert!(seen.silent <= 1);
        assert!(seen.worst_sync_ms() < 47.0);
    }
}

#[test]
fn b_frames_keep_their_order_and_time() {
    for fps in [30.0, 25.0, 50.0] {
        let publisher = Publisher {
            b_frames: true,
            fps,
            stated_rate: Some(fps),
            ..Publisher::default()
        };
        let events = publisher.events(10.0);
        assert!(events.iter().any(|event| event.composition >= 60));
        let (_, seen) = run(&publisher, &events);
        let mut at: Vec<i64> = seen.pictures.iter().map(|picture| picture.at).collect();
        at.sort_unstable();
        let unique = at.windows(2).all(|pair| pair[0] < pair[1]);
        assert!(unique, "two pictures at one time");
        assert!(
            seen.pictures
                .iter()
                .all(|p| (p.at - p.captured).abs() <= 1_000)
        );
    }
}

#[test]
fn odd_sample_rates_stay_in_sync_for_long() {
    for (rate, samples) in [
        (44_100, 1_024),
        (22_050, 1_024),
        (48_000, 960),
        (8_000, 1_024),
    ] {
        let publisher = Publisher {
            fps: 5.0,
            stated_rate: None,
            sample_rate: rate,
            frame_samples: samples,
            ..Publisher::default()
        };
        let (_, seen) = run(&publisher, &publisher.events(600.0));
        let frame = f64::from(samples) * 1_000.0 / f64::from(rate);
        assert!(
            seen.worst_sync_ms() <= frame / 2.0 + 2.0,
            "{rate}: {}",
            seen.worst_sync_ms()
        );
        assert!(seen.silent <= 1, "{rate}: {} silent", seen.silent);
    }
}

#[test]
fn an_audio_clock_that_runs_fast_or_slow_is_followed() {
    for parts in [999.0, 1_001.0] {
        let publisher = Publisher::default();
        let mut events = publisher.events(300.0);
        for event in &mut events {
            if event.track == Track::Audio {
                event.dts = (event.dts as f64 * 1_000.0 / parts).round() as i64;
                event.raw = event.dts as u32;
                event.captured = event.dts as u64 * 1_000;
            }
        }
        events.retain(|event| event.dts < 299_000);
        events.sort_by_key(|event| event.dts);
        let (packaged, seen) = run(&publisher, &events);
        assert!(seen.worst_sync_ms() <= 63.0, "{}", seen.worst_sync_ms());
        let repaired = packaged.health.audio_dropped + packaged.health.silent_frames;
        assert!(repaired < 20, "{repaired} frames for 300 ms");
    }
}

#[test]
fn huge_pictures_without_audio_stay_within_the_bound() {
    let publisher = Publisher::default();
    let mut events = publisher.events(20.0);
    events.retain(|event| event.track == Track::Video || event.dts < 1_000);
    for event in &mut events {
        event.size = if event.track == Track::Video {
            1_000_000
        } else {
            100
        };
    }
    let (packaged, seen) = run(&publisher, &events);
    assert!(packaged.most_pending <= hearth::limits::media::MAX_PENDING_BYTES + 1_000_000);
    assert!(packaged.health.overflows > 0);
    assert_eq!(seen.pictures.len(), 600);
}
