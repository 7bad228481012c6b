//! Transport streams from outside: a strict reader, the reference muxer's streams, ffmpeg.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod wire_fmp4_media;
mod wire_ts_demux;

use hearth::wire::fmp4::SampleEntry;
use hearth::wire::mpegts::{
    AUDIO_PID, ORIGIN, PACKET, PAT_PID, PCR_LEAD, PMT_PID, SegmentMuxer, VIDEO_PID, VideoUnit,
};
use proptest::prelude::*;
use wire_fmp4_media::{Media, assert_decodes_cleanly, avc, media, probe};
use wire_ts_demux::{Demuxed, annex_b, demux};

const WRAP: u64 = 1 << 33;

/// LC, 48 kHz, one channel.
fn adts(length: usize) -> [u8; 7] {
    let length = u16::try_from(length + 7).unwrap();
    let [high, low] = (length << 5).to_be_bytes();
    [
        0xff,
        0xf1,
        0x4c,
        0x40 | (length >> 11) as u8,
        high,
        low | 0x1f,
        0xfc,
    ]
}

fn ticks(time: u64) -> u64 {
    time * 90_000 / 48_000
}

type Samples<'a> = &'a [(u64, SampleEntry, Vec<u8>)];

/// One segment of these samples, `shift` ticks later than they say.
fn segment(video: Option<Samples<'_>>, audio: Option<Samples<'_>>, shift: u64) -> Vec<u8> {
    let config = avc();
    let mut muxer = SegmentMuxer::new(video.map(|_| &config), audio.is_some());
    let mut stored = Vec::new();
    let mut audio = audio.unwrap_or_default().iter().peekable();
    for (dts, entry, data) in video.unwrap_or_default() {
        while let Some((time, _, frame)) = audio.next_if(|sample| ticks(sample.0) < *dts) {
            muxer.push_audio(ticks(*time) + shift, &adts(frame.len()), frame);
        }
        muxer.push_video(&VideoUnit {
            dts: dts + shift,
            composition: entry.composition,
            key: entry.key,
            data,
        });
        stored.extend_from_slice(muxer.written());
        muxer.clear();
    }
    for (time, _, frame) in audio {
        muxer.push_audio(ticks(*time) + shift, &adts(frame.len()), frame);
    }
    stored.extend_from_slice(&muxer.finish());
    stored
}

/// The fixture cut at its keyframes, a second each.
fn segments(media: &Media, with_video: bool, with_audio: bool, shift: u64) -> Vec<Vec<u8>> {
    let mut audio = media.audio.as_slice();
    media
        .video
        .chunks(30)
        .map(|video| {
            let end = video[29].0 + 3000;
            let (now, later) =
                audio.split_at(audio.iter().take_while(|s| ticks(s.0) < end).count());
            audio = later;
            segment(
                with_video.then_some(video),
                with_audio.then_some(now),
                shift,
            )
        })
        .collect()
}

fn frames(read: &Demuxed) -> Vec<&[u8]> {
    let mut out = Vec::new();
    for pes in &read.pes[&AUDIO_PID] {
        let mut rest = pes.data.as_slice();
        while let Some([0xff, 0xf1, _, high, middle, low, _]) = rest.first_chunk() {
            let length =
                usize::from(high & 3) << 11 | usize::from(*middle) << 3 | usize::from(low >> 5);
            let (frame, tail) = rest.split_at(length);
            out.push(frame);
            rest = tail;
        }
        assert!(rest.is_empty(), "a PES packet holds whole ADTS frames");
    }
    out
}

#[test]
fn continuity_counters_run_on_over_segments_that_know_nothing_of_each_other() {
    let media = media();
    for (video, audio) in [(true, true), (true, false), (false, true)] {
        let parts = segments(&media, video, audio, 0);
        for part in &parts {
            let read = demux(part);
            assert!(read.packets.values().all(|count| count % 16 == 0));
            assert_eq!(read.order[..2], [PAT_PID, PMT_PID]);
            for pid in [PAT_PID, PMT_PID, VIDEO_PID, AUDIO_PID] {
                let first = part
                    .chunks(PACKET)
                    .find(|packet| u16::from_be_bytes([packet[1] & 0x1f, packet[2]]) == pid);
                assert!(first.is_none_or(|packet| packet[3] & 0x0f == 0));
            }
        }
        let whole = demux(&parts.concat());
        let expected = if video { media.video.len() } else { 0 };
        assert_eq!(whole.pes.get(&VIDEO_PID).map_or(0, Vec::len), expected);
        let expected = if audio { media.audio.len() } else { 0 };
        assert_eq!(if audio { frames(&whole).len() } else { 0 }, expected);
    }
}

#[test]
fn a_segment_holds_the_same_pictures_and_frames_as_the_reference_muxers() {
    let media = media();
    let ours = demux(&segments(&media, true, true, 0).concat());
    let reference = [
        include_bytes!("fixtures/hls-ts/s0.ts").as_slice(),
        include_bytes!("fixtures/hls-ts/s1.ts"),
        include_bytes!("fixtures/hls-ts/s2.ts"),
        include_bytes!("fixtures/hls-ts/s3.ts"),
    ]
    .concat();
    let mut table = reference.chunks(PACKET).collect::<Vec<_>>();
    table.retain(|packet| packet[1..3] != [0x40, 0x11]); // its service description table
    let theirs = demux(&table.concat());
    // The other fixture leaves out the last frame, which ends after the last picture.
    let (our, their) = (frames(&ours), frames(&theirs));
    assert!(our.len() == 188 && our == their[..188]);
    let (ours, theirs) = (&ours.pes[&VIDEO_PID], &theirs.pes[&VIDEO_PID]);
    assert_eq!(ours.len(), theirs.len());
    for (our, their) in ours.iter().zip(theirs) {
        assert_eq!(annex_b(&our.data), annex_b(&their.data));
        // FLV counts in ms, the reference's source in ticks.
        assert!((our.pts - our.dts).abs_diff(their.pts - their.dts) <= 90);
        assert_eq!(our.random_access, their.random_access);
        let lead = |pes: &wire_ts_demux::Pes| pes.dts - pes.pcr.unwrap();
        assert_eq!(lead(our), lead(their));
        assert_eq!(our.has_dts, our.pts != our.dts);
    }
    assert_eq!(ours[0].dts, ORIGIN);
}

#[test]
fn audio_and_video_are_interleaved_within_half_a_second() {
    let read = demux(&segments(&media(), true, true, 0).concat());
    let mut next = [0, 0];
    let mut newest = [ORIGIN, ORIGIN];
    let stream = |pid| usize::from(pid == AUDIO_PID);
    for pid in [VIDEO_PID, AUDIO_PID] {
        let times: Vec<_> = read.pes[&pid].iter().map(|pes| pes.dts).collect();
        assert!(times.is_sorted_by(|a, b| a < b));
    }
    // A PES packet begins where the packet before it in its PID ended one.
    let starts = demux_starts(&segments(&media(), true, true, 0).concat());
    for pid in starts {
        let pes = &read.pes[&pid][next[stream(pid)]];
        next[stream(pid)] += 1;
        newest[stream(pid)] = pes.dts;
        assert!(newest[0].abs_diff(newest[1]) < 45_000);
    }
}

fn demux_starts(stream: &[u8]) -> Vec<u16> {
    let starts = stream.chunks(PACKET).filter(|packet| packet[1] & 0x40 != 0);
    let pids = starts.map(|packet| u16::from_be_bytes([packet[1] & 0x1f, packet[2]]));
    pids.filter(|pid| *pid == VIDEO_PID || *pid == AUDIO_PID)
        .collect()
}

#[test]
fn clock_references_come_often_and_never_pass_the_dts() {
    let media = media();
    for (video, limit) in [(true, 3000), (false, 9600)] {
        let read = demux(&segments(&media, video, true, 0).concat());
        let clocked = &read.pes[&if video { VIDEO_PID } else { AUDIO_PID }];
        for pes in clocked {
            assert_eq!(pes.dts - pes.pcr.unwrap(), PCR_LEAD);
        }
        for pair in clocked.windows(2) {
            assert!(pair[1].dts - pair[0].dts <= limit, "at most 107 ms apart");
        }
        if !video {
            assert!(clocked.iter().all(|pes| pes.random_access));
        } else {
            let audio = &read.pes[&AUDIO_PID];
            assert!(audio.iter().all(|pes| pes.pcr.is_none()));
        }
    }
}

#[test]
fn ffmpeg_reads_the_segments_without_a_complaint() {
    let media = media();
    for (video, audio) in [(true, true), (true, false), (false, true)] {
        let stream = segments(&media, video, audio, 0).concat();
        assert_decodes_cleanly(&stream);
        let packets = probe(&stream);
        let count = |kind: &str| packets.iter().filter(|packet| packet.0 == kind).count();
        assert_eq!(count("video"), if video { media.video.len() } else { 0 });
        assert_eq!(count("audio"), if audio { media.audio.len() } else { 0 });
    }
}

#[test]
fn time_stamps_wrap_at_33_bits_and_players_go_on() {
    let media = media();
    // The wrap falls 2 s into the 4 s of the fixture.
    let stream = segments(&media, true, true, WRAP - ORIGIN - 180_000).concat();
    let read = demux(&stream);
    let video = &read.pes[&VIDEO_PID];
    assert_eq!(video[0].dts, WRAP - 180_000);
    assert_eq!(video[60].dts, 0);
    assert_eq!(video[60].pcr, Some(WRAP - PCR_LEAD));
    assert_eq!((video[57].dts, video[57].pts), (WRAP - 9000, 3060));
    assert_decodes_cleanly(&stream);
    let dts: Vec<_> = probe(&stream)
        .into_iter()
        .filter(|packet| packet.0 == "video")
        .map(|packet| packet.2)
        .collect();
    assert!(dts.windows(2).all(|pair| pair[1] - pair[0] == 3000));
}

#[test]
fn keyframes_alone_get_parameter_sets_and_every_picture_a_delimiter() {
    let read = demux(&segments(&media(), true, false, 0).concat());
    for (number, pes) in read.pes[&VIDEO_PID].iter().enumerate() {
        let kinds: Vec<_> = annex_b(&pes.data).iter().map(|nal| nal[0] & 31).collect();
        let key = number % 30 == 0;
        assert_eq!(pes.random_access, key);
        assert_eq!(pes.data[..6], [0, 0, 0, 1, 9, 0xf0]);
        assert_eq!(kinds.iter().filter(|kind| **kind == 9).count(), 1);
        assert_eq!(kinds.contains(&7) && kinds.contains(&8), key);
        assert_eq!(kinds.contains(&5), key);
    }
}

#[test]
fn a_composition_time_below_zero_does_not_put_the_pts_before_the_dts() {
    let config = avc();
    let mut muxer = SegmentMuxer::new(Some(&config), false);
    muxer.push_video(&VideoUnit {
        dts: 9000,
        composition: -3000,
        key: true,
        data: &[0, 0, 0, 2, 0x65, 1],
    });
    let read = demux(&muxer.finish());
    let pes = &read.pes[&VIDEO_PID][0];
    assert_eq!((pes.pts, pes.has_dts), (ORIGIN + 9000, false));
}

#[test]
fn a_declared_track_that_sends_nothing_leaves_a_readable_segment() {
    let media = media();
    let stream = segment(Some(&media.video[..30]), Some(&[]), 0);
    assert_eq!(demux(&stream).pes[&VIDEO_PID].len(), 30);
    let empty = demux(&segment(Some(&[]), Some(&[]), 0));
    assert!(empty.pes.is_empty());
    assert_eq!(empty.packets[&PAT_PID], 16);
}

fn nal(length: usize) -> Vec<u8> {
    let mut data = u32::try_from(length).unwrap().to_be_bytes().to_vec();
    data.extend((0..length).map(|i| (i % 250) as u8 + 2)); // no start code in it
    data
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn access_units_of_any_size_arrive_whole(
        video in prop::collection::vec((1_usize..3000, 0_i32..9000, any::<bool>()), 1..40),
        large in 60_000_usize..140_000,
        audio in prop::collection::vec(1_usize..2000, 0..60),
        start in 0..WRAP,
    ) {
        let config = avc();
        let units: Vec<_> = video
            .iter()
            .map(|(length, ..)| nal(*length))
            .chain([nal(large)])
            .collect();
        let mut muxer = SegmentMuxer::new(Some(&config), true);
        for (number, data) in units.iter().enumerate() {
            let (_, composition, key) = video.get(number).copied().unwrap_or((0, 0, false));
            let dts = start + 3000 * number as u64;
            muxer.push_video(&VideoUnit { dts, composition, key, data });
        }
        for (number, length) in audio.iter().enumerate() {
            let frame = vec![number as u8; *length];
            muxer.push_audio(start + 1920 * number as u64, &adts(*length), &frame);
        }
        let one = muxer.finish();
        let read = demux(&one);
        prop_assert!(read.packets.values().all(|count| count % 16 == 0));
        prop_assert_eq!(read.pes[&VIDEO_PID].len(), units.len());
        for (pes, data) in read.pes[&VIDEO_PID].iter().zip(&units) {
            prop_assert_eq!(*annex_b(&pes.data).last().unwrap(), &data[4..]);
        }
        prop_assert_eq!(read.pes.contains_key(&AUDIO_PID), !audio.is_empty());
        if !audio.is_empty() {
            let lengths: Vec<_> = frames(&read).iter().map(|frame| frame.len() - 7).collect();
            prop_assert_eq!(lengths, audio);
        }
        demux(&[one.clone(), one].concat());
    }
}
