//! The TS rendition from outside: what it lists, that it is the same for everybody, what it costs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod wire_fmp4_media;
mod wire_ts_demux;
mod wire_ts_source;

use bytes::Bytes;
use hearth::limits::rings::{ADVISED_AUDIO_KBPS, ADVISED_KBPS, ORDINARY_KBPS, share_for, ts_bytes};
use hearth::media::storage::{Fault, FaultyStorage, MemoryStorage, Operation};
use hearth::media::ts_rendition::{MAX_LISTED, WANTED_MS};
use hearth::time::Mono;
use hearth::wire::aac::AacConfig;
use hearth::wire::mpegts::{AUDIO_PID, ORIGIN, PMT_PID, VIDEO_PID};
use nix::errno::Errno;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;
use wire_fmp4_media::{aac, assert_decodes_cleanly, avc, probe, run_tool};
use wire_ts_demux::demux;
use wire_ts_source::{Feed, asked, bytes, names};

const NOW: Mono = Mono(1000);

#[test]
fn nothing_is_made_before_somebody_asks() {
    let mut feed = Feed::new(64 << 20);
    let ts = feed.ts();
    feed.run(100);
    ts.refresh(NOW);
    assert_eq!((ts.playlist(), ts.bytes()), (None, 0));
    assert!(!ts.is_wanted(NOW));
}

#[test]
fn the_first_to_ask_gets_what_the_ring_already_holds() {
    let mut feed = Feed::new(64 << 20);
    feed.run(205);
    let ts = feed.ts();
    let expected = "#EXTM3U
#EXT-X-VERSION:3
#EXT-X-TARGETDURATION:2
#EXT-X-MEDIA-SEQUENCE:704
#EXT-X-DISCONTINUITY-SEQUENCE:5
#EXT-X-PROGRAM-DATE-TIME:2026-11-22T09:00:08.000Z
#EXTINF:2.00000,
t00c0ffee-704.ts
#EXT-X-PROGRAM-DATE-TIME:2026-11-22T09:00:10.000Z
#EXTINF:2.00000,
t00c0ffee-705.ts
#EXT-X-PROGRAM-DATE-TIME:2026-11-22T09:00:12.000Z
#EXTINF:2.00000,
t00c0ffee-706.ts
#EXT-X-PROGRAM-DATE-TIME:2026-11-22T09:00:14.000Z
#EXTINF:2.00000,
t00c0ffee-707.ts
#EXT-X-PROGRAM-DATE-TIME:2026-11-22T09:00:16.000Z
#EXTINF:2.00000,
t00c0ffee-708.ts
#EXT-X-PROGRAM-DATE-TIME:2026-11-22T09:00:18.000Z
#EXTINF:2.00000,
t00c0ffee-709.ts
";
    assert_eq!(asked(&ts, NOW).unwrap(), expected);
    assert!(ts.segment("t00c0ffee-703.ts").is_none());
    assert!(ts.segment("t00c0ffee-0704.ts").is_none());
}

#[test]
fn a_list_grows_with_the_ring_and_keeps_six() {
    let mut feed = Feed::new(64 << 20);
    let ts = feed.ts();
    assert_eq!(asked(&ts, NOW), None);
    feed.run(20);
    assert_eq!(asked(&ts, NOW), None, "the segment may still grow");
    for segments in 1..20 {
        feed.run(20);
        let listed = names(&asked(&ts, NOW).unwrap());
        assert_eq!(listed.len(), MAX_LISTED.min(segments));
        assert_eq!(
            listed.last(),
            Some(&format!("t00c0ffee-{}.ts", 699 + segments))
        );
    }
    let listed = names(&asked(&ts, NOW).unwrap());
    let sizes = listed.iter().map(|name| ts.segment(name).unwrap().len());
    assert_eq!(ts.bytes(), sizes.sum::<u64>());
}

#[test]
fn what_is_listed_plays_as_one_stream_without_a_complaint() {
    let mut feed = Feed::new(64 << 20);
    feed.run(125);
    let ts = feed.ts();
    let listed = names(&asked(&ts, NOW).unwrap());
    let stream: Vec<_> = listed.iter().flat_map(|name| bytes(&ts, name)).collect();
    let read = demux(&stream);
    let video = &read.pes[&VIDEO_PID];
    assert_eq!(video.len(), 360);
    assert!(video.iter().step_by(60).all(|pes| pes.random_access));
    for (number, pes) in video.iter().enumerate() {
        assert_eq!(pes.dts, ORIGIN + 3000 * number as u64);
    }
    let audio = &read.pes[&AUDIO_PID];
    assert_eq!(audio[0].pts, ORIGIN);
    assert!(
        audio
            .windows(2)
            .all(|pair| (pair[1].pts - pair[0].pts) % 1920 == 0)
    );
    assert_decodes_cleanly(&stream);
    let frames = probe(&stream)
        .into_iter()
        .filter(|packet| packet.0 == "audio");
    let pts: Vec<_> = frames.map(|packet| packet.1).collect();
    assert_eq!(pts.len(), 12 * 48_000_usize.div_ceil(1024) - 1);
    assert!(pts.windows(2).all(|pair| pair[1] - pair[0] == 1920));
}

#[test]
fn ffmpeg_plays_the_list_through_a_discontinuity_without_a_complaint() {
    let mut feed = Feed::new(64 << 20);
    let ts = feed.ts();
    feed.run(65);
    feed.interrupt(270_000);
    feed.run(60);
    feed.rendition.end();
    let list = asked(&ts, NOW).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for name in names(&list) {
        std::fs::write(folder.path().join(&name), bytes(&ts, &name)).unwrap();
    }
    let file = folder.path().join("ts.m3u8");
    std::fs::write(&file, &list).unwrap();
    let file = file.to_str().unwrap();
    let decode = ["-v", "warning", "-xerror", "-i", file, "-f", "null", "-"];
    assert_eq!(run_tool("ffmpeg", &decode, &[]).1, "");
    let count = ["-v", "error", "-count_packets", "-select_streams", "v"];
    let show = ["-show_entries", "stream=nb_read_packets", "-of", "csv=p=0"];
    let arguments = [&count[..], &show[..], &[file]].concat();
    let (packets, complaints) = run_tool("ffprobe", &arguments, &[]);
    assert_eq!(complaints, "");
    let pictures = |name: &String| demux(&bytes(&ts, name)).pes[&VIDEO_PID].len();
    let expected: usize = names(&list).iter().map(pictures).sum();
    assert_eq!(packets.lines().next(), Some(expected.to_string().as_str()));
}

#[test]
fn audio_alone_is_cut_every_two_seconds() {
    let mut feed = Feed::new(64 << 20);
    feed.set_tracks(None, Some(aac()));
    feed.run(85);
    let ts = feed.ts();
    let list = asked(&ts, NOW).unwrap();
    assert_eq!(list.matches("#EXTINF:2.00000,").count(), 4);
    let stream: Vec<_> = names(&list)
        .iter()
        .flat_map(|name| bytes(&ts, name))
        .collect();
    assert!(!demux(&stream).pes.contains_key(&VIDEO_PID));
    assert_decodes_cleanly(&stream);
    assert_eq!(probe(&stream).len(), 8 * 48_000 / 1024);
}

#[test]
fn audio_that_adts_cannot_describe_is_left_out() {
    // Channels in a program config element.
    let surround = AacConfig {
        channel_config: 0,
        record: Bytes::from_static(&[0x11, 0x80]),
        ..aac()
    };
    let mut feed = Feed::new(64 << 20);
    feed.set_tracks(Some(avc()), Some(surround.clone()));
    feed.run(45);
    let ts = feed.ts();
    let list = asked(&ts, NOW).unwrap();
    let read = demux(&bytes(&ts, &names(&list)[0]));
    assert_eq!(read.pes.keys().copied().collect::<Vec<_>>(), [VIDEO_PID]);
    assert!(
        !read.sections[&PMT_PID][0].contains(&0x0f),
        "not declared either"
    );

    let mut feed = Feed::new(64 << 20);
    feed.set_tracks(None, Some(surround));
    feed.run(45);
    let ts = feed.ts();
    assert_eq!(asked(&ts, NOW), None);
    assert!(ts.last_error().unwrap().contains("no track"));
}

#[test]
fn other_tracks_begin_a_segment_that_declares_them() {
    let mut feed = Feed::new(64 << 20);
    feed.run(30);
    feed.set_tracks(Some(avc()), None);
    feed.run(30);
    let ts = feed.ts();
    let list = asked(&ts, NOW).unwrap();
    let tables: Vec<_> = names(&list)
        .iter()
        .map(|name| demux(&bytes(&ts, name)).sections[&PMT_PID][0].len())
        .collect();
    assert_eq!(tables, [32, 32, 21]);
    assert!(list.contains("#EXTINF:1.00000,\nt00c0ffee-701.ts\n#EXT-X-DISCONTINUITY\n"));
}

#[test]
fn everybody_gets_the_same_bytes_whenever_they_ask() {
    let mut feed = Feed::new(64 << 20);
    let (early, late, forgetful) = (feed.ts(), feed.ts(), feed.ts());
    let mut seen = BTreeMap::new();
    for round in 0..150_u64 {
        feed.run(1);
        let now = Mono(round * 100);
        let list = asked(&early, now).unwrap_or_default();
        for name in names(&list) {
            let bytes = bytes(&early, &name);
            let before = seen.entry(name).or_insert_with(|| bytes.clone());
            assert!(*before == bytes);
        }
        if round == 80 {
            assert_eq!(asked(&forgetful, now).unwrap(), list);
        }
    }
    // Freed for want of interest and made again.
    forgetful.refresh(Mono(80 * 100 + WANTED_MS));
    assert_eq!((forgetful.bytes(), forgetful.playlist()), (0, None));
    let end = Mono(80 * 100 + WANTED_MS + 5);
    let list = asked(&forgetful, end).unwrap();
    assert_eq!(asked(&late, end).unwrap(), list);
    assert_eq!(names(&list).len(), 6);
    for name in names(&list) {
        assert!(bytes(&late, &name) == seen[&name], "{name}");
        assert!(bytes(&forgetful, &name) == seen[&name], "{name}");
    }
}

#[test]
fn everything_is_freed_half_a_minute_after_the_last_one_asked() {
    let mut feed = Feed::new(64 << 20);
    feed.run(100);
    let ts = feed.ts();
    let list = names(&asked(&ts, NOW).unwrap());
    ts.ask(NOW.plus(5000));
    ts.ask(NOW); // another thread, a little behind
    ts.refresh(NOW.plus(5000 + WANTED_MS - 1));
    assert!(ts.bytes() > 0 && ts.playlist().is_some());
    let reader = ts.segment(&list[0]).unwrap();
    ts.refresh(NOW.plus(5000 + WANTED_MS));
    assert!(ts.playlist().is_none() && ts.segment(&list[0]).is_none());
    assert_eq!(ts.bytes(), reader.len(), "who reads it keeps it");
    assert_eq!(reader.read_at(0, &mut [0; 188]).unwrap(), 188);
    drop(reader);
    assert_eq!(ts.bytes(), 0);
}

#[test]
fn a_segment_whose_beginning_left_the_ring_is_not_made() {
    // 3 s between keyframes, so that the ring lets go of the first 2 s of a TS segment; room for 7 segments and a half.
    let mut feed = Feed::new(280_000);
    feed.stream.keyframe_every = 3;
    let ts = feed.ts();
    let mut made = 0;
    for _ in 0..40 {
        feed.run(7);
        let oldest = feed.rendition.fragments(0, 1)[0].number;
        let fresh = feed.ts();
        let Some(list) = asked(&fresh, NOW) else {
            continue;
        };
        for name in names(&list) {
            let read = demux(&bytes(&fresh, &name));
            assert_eq!(read.pes[&VIDEO_PID].len(), 90);
            assert!(read.pes[&VIDEO_PID][0].random_access);
            made += 1;
        }
        if let Some(kept) = asked(&ts, NOW) {
            assert!(kept.contains(names(&list).last().unwrap().as_str()));
        }
        assert!(oldest.is_multiple_of(20));
    }
    assert!(made > 50, "{made}");
}

#[test]
fn discontinuities_stand_where_they_do_in_the_ring_and_are_counted_when_they_leave() {
    let mut feed = Feed::starting(|start| start.discontinuity_first = true);
    let ts = feed.ts();
    feed.run(45);
    feed.interrupt(450_000);
    feed.run(45);
    let list = asked(&ts, NOW).unwrap();
    let expected = "#EXT-X-DISCONTINUITY-SEQUENCE:5
#EXT-X-DISCONTINUITY
#EXT-X-PROGRAM-DATE-TIME:2026-11-22T09:00:00.000Z
#EXTINF:2.00000,
t00c0ffee-700.ts
#EXT-X-PROGRAM-DATE-TIME:2026-11-22T09:00:02.000Z
#EXTINF:2.00000,
t00c0ffee-701.ts
#EXT-X-PROGRAM-DATE-TIME:2026-11-22T09:00:04.000Z
#EXTINF:0.50000,
t00c0ffee-702.ts
#EXT-X-DISCONTINUITY
#EXT-X-PROGRAM-DATE-TIME:2026-11-22T09:00:09.500Z
";
    assert!(list.contains(expected), "{list}");
    let sequence = |list: &str| {
        let line = |line: &str| {
            line.strip_prefix("#EXT-X-DISCONTINUITY-SEQUENCE:")?
                .parse()
                .ok()
        };
        list.lines().find_map(line).unwrap_or(0_u64)
    };
    let mut sequences = Vec::new();
    for _ in 0..8 {
        feed.run(20);
        let list = asked(&ts, NOW).unwrap();
        assert_eq!(asked(&feed.ts(), NOW).unwrap(), list);
        sequences.push(sequence(&list));
    }
    assert_eq!((sequences[0], sequences[7]), (5, 7));
    assert!(sequences.is_sorted() && sequences.contains(&6));
}

#[test]
fn the_end_of_the_session_completes_and_ends_the_list() {
    let mut feed = Feed::new(64 << 20);
    let ts = feed.ts();
    feed.run(50);
    assert!(!asked(&ts, NOW).unwrap().contains("ENDLIST"));
    feed.rendition.end();
    let list = asked(&ts, NOW).unwrap();
    assert!(list.ends_with("#EXTINF:1.00000,\nt00c0ffee-702.ts\n#EXT-X-ENDLIST\n"));
    assert_eq!(
        demux(&bytes(&ts, "t00c0ffee-702.ts")).pes[&VIDEO_PID].len(),
        30
    );
}

#[test]
fn what_was_listed_at_the_end_stays_for_those_who_are_behind_until_the_session_is_given_up() {
    let mut feed = Feed::new(64 << 20);
    let ts = feed.ts();
    feed.run(50);
    feed.rendition.end();
    let list = asked(&ts, NOW).unwrap();
    let later = NOW.plus(2 * WANTED_MS);
    assert!(!ts.is_wanted(later));
    ts.refresh(later);
    assert_eq!(ts.playlist().unwrap(), list);
    assert!(names(&list).iter().all(|name| ts.segment(name).is_some()));
    ts.free();
    assert!(ts.playlist().is_none());
    // Who never asked has nothing made for them by the end either.
    let ts = feed.ts();
    ts.refresh(later);
    assert!(ts.playlist().is_none() && ts.bytes() == 0);
}

#[test]
fn listed_and_held_segments_stay_within_their_bytes() {
    let mut feed = Feed::new(64 << 20);
    let budget = 150_000;
    let ts = feed.ts_with(Arc::new(MemoryStorage), budget);
    let mut readers = Vec::new();
    let mut cut = 0;
    for round in 0..30 {
        feed.run(20);
        let Some(list) = asked(&ts, NOW) else {
            continue;
        };
        assert!(ts.bytes() <= budget);
        let listed = names(&list);
        assert!(listed.len() < 4);
        readers.push(ts.segment(&listed[0]).unwrap());
        assert!(round < 4 || listed.len() >= 2, "{listed:?}");
        cut += readers.iter().filter(|reader| reader.is_cut()).count();
        readers.retain(|reader| !reader.is_cut());
    }
    assert!(cut > 0, "readers that are behind make room");
}

#[test]
fn four_segments_are_listed_of_a_stream_that_just_fits_its_share() {
    for kbps in [ORDINARY_KBPS, ADVISED_KBPS] {
        let share = share_for(kbps);
        let ts_bytes = ts_bytes(share);
        let mut feed = Feed::new(share - ts_bytes);
        let video = (kbps - ADVISED_AUDIO_KBPS) as usize * 1000;
        feed.stream.make_large(video, 2);
        let ts = feed.ts_with(Arc::new(MemoryStorage), ts_bytes);
        feed.run(100);
        for _ in 0..20 {
            feed.run(20);
            let listed = names(&asked(&ts, NOW).unwrap());
            assert!(listed.len() >= 4, "{listed:?} at {kbps} kbit/s");
        }
        assert_eq!(ts.last_error(), None);
    }
}

#[test]
fn a_reader_who_does_not_let_go_delays_a_segment_and_shortens_the_list_by_one() {
    let mut feed = Feed::new(64 << 20);
    feed.run(101);
    let roomy = feed.ts();
    let listed = names(&asked(&roomy, NOW).unwrap());
    let mut sizes = listed.iter().map(|name| roomy.segment(name).unwrap().len());
    let (one, other) = (sizes.next().unwrap(), sizes.next().unwrap());
    // Segments of two sizes take turns: room for four and a half.
    let budget = 2 * (one + other) + one.min(other) / 2;
    let ts = feed.ts_with(Arc::new(MemoryStorage), budget);
    let before = names(&asked(&ts, NOW).unwrap());
    assert_eq!(before.len(), 4);
    let reader = ts.segment(&before[0]).unwrap();
    feed.run(20);
    for _ in 0..3 {
        let listed = names(&asked(&ts, NOW).unwrap());
        assert_eq!(listed, before[1..], "only the one that makes room");
        assert!(reader.is_cut() && ts.bytes() <= budget);
    }
    drop(reader);
    let after = names(&asked(&ts, NOW).unwrap());
    assert_eq!((after.len(), &after[..3]), (4, &before[1..]));
}

#[test]
fn a_segment_larger_than_all_the_room_is_left_out() {
    let mut feed = Feed::new(64 << 20);
    feed.run(100);
    let ts = feed.ts_with(Arc::new(MemoryStorage), 20_000);
    assert_eq!(asked(&ts, NOW), None);
    assert!(ts.last_error().unwrap().contains("too large"));
    assert_eq!(ts.bytes(), 0);
}

#[test]
fn a_segment_that_only_its_packets_make_too_large_is_left_out_and_not_tried_for_ever() {
    let mut feed = Feed::new(64 << 20);
    feed.stream.make_large(4_000_000, 2);
    feed.run(100);
    let roomy = feed.ts();
    let listed = names(&asked(&roomy, NOW).unwrap());
    let sizes = listed.iter().map(|name| roomy.segment(name).unwrap().len());
    let ts = feed.ts_with(Arc::new(MemoryStorage), sizes.min().unwrap() - 1);
    assert_eq!(asked(&ts, NOW), None);
    assert!(ts.last_error().unwrap().contains("too large"));
    assert_eq!(ts.bytes(), 0);
}

#[test]
fn a_full_storage_delays_a_segment_and_loses_none() {
    let mut feed = Feed::new(64 << 20);
    feed.run(65);
    let full = Fault {
        operation: Operation::Append,
        from: 1,
        count: 1,
        error: Errno::ENOSPC,
    };
    let ts = feed.ts_with(Arc::new(FaultyStorage::new(MemoryStorage, full)), 16 << 20);
    let list = asked(&ts, NOW).unwrap();
    assert_eq!(names(&list), ["t00c0ffee-700.ts"]);
    assert!(ts.last_error().is_some());
    let list = asked(&ts, NOW).unwrap();
    assert_eq!(
        names(&list),
        ["t00c0ffee-700.ts", "t00c0ffee-701.ts", "t00c0ffee-702.ts"]
    );
    let other = feed.ts();
    asked(&other, NOW);
    assert!(bytes(&ts, "t00c0ffee-701.ts") == bytes(&other, "t00c0ffee-701.ts"));
}

#[test]
fn readers_and_makers_on_many_threads_agree() {
    let mut feed = Feed::new(64 << 20);
    let ts = feed.ts();
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                for _ in 0..60 {
                    for name in asked(&ts, NOW).as_deref().map(names).unwrap_or_default() {
                        // It may have left the list meanwhile.
                        if let Some(file) = ts.segment(&name) {
                            assert!(file.is_closed() && file.len() % 188 == 0);
                        }
                    }
                }
            });
        }
        feed.run(300);
    });
    let last = asked(&ts, NOW).unwrap();
    assert_eq!(last, asked(&feed.ts(), NOW).unwrap());
}

#[test]
fn sixty_seconds_of_four_megabits_are_cut_in_well_under_half_a_second() {
    let mut feed = Feed::new(96 << 20);
    feed.stream.make_large(4_000_000, 10);
    feed.run(610);
    let ts = feed.ts_with(Arc::new(MemoryStorage), 96 << 20);
    let start = Instant::now();
    let list = asked(&ts, NOW).unwrap();
    let took = start.elapsed();
    assert_eq!(names(&list).len(), 6);
    assert!(ts.bytes() > 30_000_000);
    println!("{took:?}");
    assert!(took.as_millis() < 500, "{took:?}");
}
