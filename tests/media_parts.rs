//! `media.m3u8` with parts: what the whole way from tags to playlist makes, held to the draft's rules after every fragment.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod hls_rules;
mod media_support;

use hearth::limits::media::RING_MAX_FRAGMENTS;
use hearth::media::ingest::{IngestStart, Output};
use hearth::media::rendition::{ListForm, Rendition, RenditionStart, Resource};
use hearth::media::storage::MemoryStorage;
use hearth::media::timeline::Track;
use hearth::time::Mono;
use hls_rules::Walk;
use media_support::ingest::{Line, OTHER_SPS, avc_config};
use media_support::publisher::{Event, Packaged, Publisher, by_arrival};
use std::sync::Arc;

fn rendition(first: u64, ring_bytes: u64) -> Rendition {
    Rendition::new(RenditionStart {
        tag: 0x0bad_cafe,
        first_sequence: first,
        first_discontinuity_sequence: first,
        discontinuity_first: first > 0,
        anchor_unix_ms: 1_795_338_000_123,
        ring_bytes,
        independent_segments: false,
        wake: Box::new(|| {}),
        storage: Arc::new(MemoryStorage),
    })
}

/// A rendition and who watches it.
struct Watched {
    rendition: Rendition,
    walk: Walk,
    lists: usize,
    first_list_ticks: Option<u64>,
}

impl Watched {
    fn new(first: u64) -> Watched {
        Watched {
            rendition: rendition(first, 1 << 30),
            walk: Walk::new(),
            lists: 0,
            first_list_ticks: None,
        }
    }

    fn take(&mut self, outputs: &[(u64, Output)]) {
        for (at, output) in outputs {
            match output {
                Output::Tracks(tracks) => self.rendition.set_tracks(tracks.clone()),
                Output::Fragment(fragment) => {
                    self.rendition.append(fragment, Mono(*at)).unwrap();
                }
            }
            self.look();
        }
    }

    fn look(&mut self) {
        let text = |form| {
            let bytes = self.rendition.media_playlist(form)?;
            Some(String::from_utf8(bytes.to_vec()).unwrap())
        };
        if let Some(delta) = text(ListForm::Delta).filter(|_| self.lists > 0) {
            self.walk.see(&delta).unwrap();
        }
        if let Some(whole) = text(ListForm::Whole) {
            let expanded = self.walk.newest().cloned().filter(|_| self.lists > 0);
            self.walk.see(&whole).unwrap();
            if let Some(expanded) = expanded {
                assert_eq!(Some(&expanded), self.walk.newest(), "{whole}");
            }
            self.lists += 1;
            self.first_list_ticks
                .get_or_insert(self.rendition.end_ticks());
            self.check_reach();
            self.check_hint();
        }
        if let Some(plain) = text(ListForm::Plain) {
            self.walk.see_plain(&plain).unwrap();
        }
    }

    fn check_reach(&self) {
        let (reach, list) = (self.rendition.reach(), self.walk.newest().unwrap());
        let end = list.media_sequence + list.segments.len() as u64;
        let parts =
            |segment: Option<&hls_rules::list::Segment>| segment.map_or(0, |s| s.parts.len());
        assert_eq!(reach.open, end);
        assert_eq!(reach.parts as usize, parts(list.open.as_ref()));
        assert_eq!(reach.previous_parts as usize, parts(list.segments.last()));
        let target = reach.part_target.map(|ticks| u64::from(ticks) / 90 * 1_000);
        assert_eq!(target, list.part_target);
        assert_eq!(u64::from(reach.target_duration_s), list.target_duration);
        assert_eq!(reach.can_skip, list.control.is_some());
        assert_eq!(reach.ended, list.ended);
    }

    /// What is hinted at is awaited, what is listed is there, and parts fill their segment.
    fn check_hint(&self) {
        let list = self.walk.newest().unwrap();
        if let Some(hint) = &list.hint {
            let there = self.rendition.resource(hint);
            assert!(matches!(there, Some(Resource::Awaited)), "{there:?}");
        }
        for segment in list.all() {
            let mut end = 0;
            for part in &segment.parts {
                let Some(Resource::Part { file, offset, len }) = self.rendition.resource(&part.uri)
                else {
                    panic!("{} is not there", part.uri);
                };
                assert_eq!(offset, end, "{}", part.uri);
                assert!(len > 0 && offset + len <= file.len());
                end += len;
            }
            match self.rendition.resource(&segment.uri) {
                Some(Resource::Segment(file)) => {
                    assert!(segment.parts.is_empty() || end == file.len());
                }
                there => assert!(there.is_none() && (segment.gap || segment.uri.is_empty())),
            }
        }
    }

    /// A publisher's whole stay, from a line that starts where the session is.
    fn publish(&mut self, publisher: &Publisher, events: &[Event]) -> Packaged {
        let mut line = Line::starting(IngestStart {
            at: self.rendition.end_ticks(),
            expected_keyframe_interval_ms: publisher.expected_interval,
            parts: self.rendition.part_rule(),
        });
        line.announce(Some(publisher.video), Some(publisher.audio));
        line.configs(publisher.video, publisher.audio);
        line.send(events);
        let packaged = line.finish();
        self.take(&packaged.outputs);
        packaged
    }

    fn pause(&mut self) {
        self.rendition.pause();
        self.look();
    }

    fn part_target_ms(&self) -> Option<u64> {
        self.walk.newest()?.part_target.map(|target| target / 1_000)
    }
}

/// Its events with pictures of which each lasts longer or shorter by up to this part.
fn jittered(publisher: &Publisher, seconds: f64, by: f64, seed: u32) -> Vec<Event> {
    let mut events = publisher.events(seconds);
    let mut seed = seed;
    let mut at = 0.0;
    for event in &mut events {
        if event.track == Track::Video {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let wander = f64::from(seed >> 8) / f64::from(1u32 << 24) * 2.0 - 1.0;
            event.dts = at as i64;
            event.raw = event.dts as u32;
            event.arrival = event.dts as u64 + 20;
            at += 1_000.0 / publisher.fps * (1.0 + by * wander);
        }
    }
    by_arrival(&events)
}

#[test]
fn parts_keep_the_rule_at_every_rate() {
    for (fps, target_ms) in [
        (15.0, 449),
        (20.0, 336),
        (24.0, 282),
        (25.0, 269),
        (29.97, 229),
        (30.0, 229),
        (45.0, 202),
        (50.0, 202),
        (60.0, 202),
    ] {
        for (gop, b_frames) in [(2.0, false), (1.0, true), (8.3, true)] {
            let publisher = Publisher {
                fps,
                gop,
                b_frames,
                ..Publisher::default()
            };
            let mut watched = Watched::new(0);
            let packaged = watched.publish(&publisher, &publisher.events(30.0));
            // As many fragments fit the ring's index as the ring keeps.
            let per_minute = packaged.outputs.len() * 2;
            assert!(per_minute <= RING_MAX_FRAGMENTS / 2, "{fps}: {per_minute}");
            let walk = &watched.walk;
            println!(
                "{fps} fps, GOP {gop}: {:?} ms, parts {:?}..{:?} µs, first list after {} ms",
                watched.part_target_ms(),
                walk.shortest,
                walk.longest,
                watched.first_list_ticks.unwrap() / 90,
            );
            let target = watched.part_target_ms().unwrap();
            assert!(
                (target_ms..=target_ms + 1).contains(&target),
                "{fps}: {target} ms"
            );
            assert!(walk.parts > 60);
            // Two parts, and not a picture more.
            let two = 2 * target * 90;
            assert!(watched.first_list_ticks.unwrap() <= two + 2_000);
        }
    }
}

#[test]
fn parts_keep_the_rule_under_jitter() {
    for seed in 0..12 {
        for by in [0.1, 0.3] {
            let publisher = Publisher::default();
            let mut watched = Watched::new(0);
            watched.publish(
                &publisher,
                &jittered(&publisher, 30.0, by, seed * 7_919 + 1),
            );
            let walk = &watched.walk;
            println!(
                "30 fps ±{by}: {:?} ms, parts {:?}..{:?} µs",
                watched.part_target_ms(),
                walk.shortest,
                walk.longest
            );
            assert!(walk.parts > 80);
        }
    }
}

/// The same events, later.
fn shifted(mut events: Vec<Event>, ms: u64) -> Vec<Event> {
    for event in &mut events {
        event.arrival += ms;
    }
    events
}

#[test]
fn three_minutes_with_everything_that_happens_keep_every_rule() {
    let mut watched = Watched::new(1_000);
    let long = Publisher {
        gop: 8.3,
        b_frames: true,
        ..Publisher::default()
    };
    watched.publish(&long, &long.events(50.0));
    watched.pause();
    // Back on weak Wi-Fi, with a phone's jitter and dropped pictures.
    let phone = Publisher {
        gop: 1.0,
        ..Publisher::default()
    };
    let mut events = jittered(&phone, 40.0, 0.3, 4_711);
    let lost = |event: &Event| {
        let dropped = [
            5_000..5_150,
            12_000..12_350,
            20_000..20_700,
            27_000..28_600,
            33_000..36_000,
        ];
        event.track == Track::Video && dropped.iter().any(|span| span.contains(&event.dts))
    };
    events.retain(|event| !lost(event));
    watched.publish(&phone, &events);
    watched.pause();
    watched.pause();
    // Another resolution in the middle, at a lower rate.
    let slower = Publisher {
        fps: 24.0,
        ..Publisher::default()
    };
    let mut line = Line::starting(IngestStart {
        at: watched.rendition.end_ticks() + 450_000,
        expected_keyframe_interval_ms: Some(2_000),
        parts: watched.rendition.part_rule(),
    });
    line.announce(Some(true), Some(true));
    line.configs(true, true);
    let (before, after): (Vec<Event>, Vec<Event>) = slower
        .events(60.0)
        .into_iter()
        .partition(|event| event.dts < 31_000);
    line.send(&before);
    line.video(31_000, avc_config(OTHER_SPS), 31_020).unwrap();
    line.send(&after);
    watched.take(&line.finish().outputs);
    watched.pause();
    watched.publish(&long, &long.events(30.0));
    watched.rendition.end();
    watched.look();
    let list = watched.walk.newest().unwrap();
    assert!(list.ended && list.hint.is_none());
    assert!(list.media_sequence > 1_000 + 7 + 30);
    assert!(list.discontinuity_sequence > 1_000);
    assert!(watched.lists > 1_700 && watched.walk.parts > 700);
    println!("{} lists, {} parts", watched.lists, watched.walk.parts);
}

#[test]
fn the_first_list_has_seven_gaps_before_two_parts_and_they_leave_as_segments_come() {
    let mut watched = Watched::new(500);
    let publisher = Publisher::default();
    let mut line = Line::new();
    line.announce(Some(true), Some(true));
    line.configs(true, true);
    line.send(&publisher.events(40.0));
    let packaged = line.finish();
    let mut gaps = Vec::new();
    for output in &packaged.outputs {
        watched.take(std::slice::from_ref(output));
        let Some(list) = watched.walk.newest() else {
            assert_eq!(watched.rendition.multivariant_playlist(), None);
            continue;
        };
        assert!(watched.rendition.multivariant_playlist().is_some());
        if gaps.is_empty() {
            assert_eq!(list.media_sequence, 500);
            assert_eq!(list.open.as_ref().unwrap().parts.len(), 2);
            assert!(list.open.as_ref().unwrap().discontinuity);
            assert_eq!(watched.rendition.reach().open, 507);
        }
        gaps.push(list.segments.iter().filter(|segment| segment.gap).count());
    }
    assert_eq!(gaps.first(), Some(&7));
    assert!(
        gaps.windows(2)
            .all(|pair| pair[1] == pair[0] || pair[1] + 1 == pair[0])
    );
    assert_eq!(gaps.last(), Some(&0));
    // The plain form begins with the first segment.
    let plain = watched.rendition.media_playlist(ListForm::Plain).unwrap();
    assert!(plain.starts_with(b"#EXTM3U\n#EXT-X-VERSION:7\n"));
}

#[test]
fn deltas_leave_out_what_is_older_than_six_target_durations() {
    let mut watched = Watched::new(0);
    let publisher = Publisher::default();
    watched.publish(&publisher, &publisher.events(60.0));
    let text = watched.rendition.media_playlist(ListForm::Delta).unwrap();
    let text = String::from_utf8(text.to_vec()).unwrap();
    let list = hls_rules::list::List::parse(&text).unwrap();
    assert!(list.skipped >= 20 && list.segments.len() <= 7, "{text}");
}

#[test]
fn sound_alone_has_parts_that_are_all_independent() {
    for (sample_rate, frame_samples) in [(48_000, 1_024), (44_100, 1_024), (22_050, 2_048)] {
        let publisher = Publisher {
            video: false,
            sample_rate,
            frame_samples,
            ..Publisher::default()
        };
        let mut watched = Watched::new(0);
        let mut bench = media_support::publisher::Bench::new(publisher.stretch(), 0, None);
        for event in publisher.events(20.0) {
            bench.feed(&event);
        }
        watched.take(&bench.finish().outputs);
        let list = watched.walk.newest().unwrap();
        println!(
            "{sample_rate}/{frame_samples}: {:?} ms",
            watched.part_target_ms()
        );
        let parts: Vec<_> = list.all().flat_map(|segment| &segment.parts).collect();
        assert!(parts.len() >= 10 && parts.iter().all(|part| part.independent));
    }
}

#[test]
fn pictures_that_last_too_long_make_a_plain_session() {
    for fps in [1.0, 3.0, 5.0, 6.0] {
        let publisher = Publisher {
            fps,
            ..Publisher::default()
        };
        let mut watched = Watched::new(0);
        watched.publish(&publisher, &publisher.events(30.0));
        let whole = watched.rendition.media_playlist(ListForm::Whole).unwrap();
        let plain = watched.rendition.media_playlist(ListForm::Plain).unwrap();
        assert_eq!(whole, plain, "{fps}");
        assert_eq!(watched.rendition.reach().part_target, None);
        assert!(watched.rendition.resource("p0badcafe-1.m4s").is_none());
    }
}

#[test]
fn a_picture_longer_than_any_part_opens_a_segment_without_them_and_parts_come_back() {
    let publisher = Publisher::default();
    let mut events = publisher.events(20.0);
    events.retain(|event| event.track == Track::Audio || !(7_300..8_200).contains(&event.dts));
    let mut watched = Watched::new(0);
    let packaged = watched.publish(&publisher, &events);
    let fragments = packaged
        .outputs
        .iter()
        .filter_map(|(_, output)| match output {
            Output::Fragment(fragment) => Some(fragment),
            Output::Tracks(_) => None,
        });
    let outside: u64 = fragments
        .filter(|fragment| fragment.part.is_none())
        .map(|fragment| u64::from(fragment.duration))
        .sum();
    assert!((90_000..=180_000).contains(&outside), "{outside} ticks");
    let list = watched.walk.newest().unwrap();
    assert!(list.segments.last().unwrap().parts.len() >= 5);
}

#[test]
fn a_publisher_of_another_rate_keeps_the_target_of_its_session() {
    for fps in [10.0, 15.0, 24.0, 25.0, 50.0, 60.0] {
        let mut watched = Watched::new(0);
        let first = Publisher::default();
        watched.publish(&first, &first.events(10.0));
        watched.pause();
        let second = Publisher {
            fps,
            ..Publisher::default()
        };
        let before = watched.walk.parts;
        watched.publish(&second, &second.events(20.0));
        assert!(watched.walk.parts > before + 60, "{fps}");
    }
}

#[test]
fn a_publisher_that_left_in_its_first_part_leaves_a_list_behind() {
    for ms in [100, 250, 350, 900] {
        let mut watched = Watched::new(0);
        let publisher = Publisher::default();
        watched.publish(&publisher, &publisher.events(f64::from(ms) / 1_000.0));
        watched.pause();
        assert!(watched.lists > 0, "{ms}");
        watched.publish(&publisher, &shifted(publisher.events(10.0), 3_000));
        assert!(watched.walk.parts > 30, "{ms}");
    }
}
