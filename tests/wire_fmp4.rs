//! Fragmented MP4 from outside: against the fragments measured in a browser, and against ffmpeg.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod wire_fmp4_media;

use hearth::wire::fmp4::{
    Fmp4Error, SampleEntry, TrackRun, fragment_head, init_segment, parse_fragment,
};
use proptest::prelude::*;
use wire_fmp4_media::{INIT, Media, aac, assert_decodes_cleanly, avc, fragments, media, probe};

fn entries(samples: &[(u64, SampleEntry, Vec<u8>)]) -> Vec<SampleEntry> {
    samples.iter().map(|(_, entry, _)| *entry).collect()
}

/// Init segment and fragments of `frames` pictures each, with the audio that begins before their end.
fn remux(media: &Media, frames: usize) -> Vec<u8> {
    let mut out = init_segment(Some(&avc()), Some(&aac())).to_vec();
    let mut audio = media.audio.as_slice();
    for (number, video) in media.video.chunks(frames).enumerate() {
        let last = video.last().unwrap();
        let end = (last.0 + u64::from(last.1.duration)) * 48_000 / 90_000;
        let (now, later) = audio.split_at(audio.iter().take_while(|s| s.0 < end).count());
        audio = later;
        let (video_entries, audio_entries) = (entries(video), entries(now));
        let run = |time, samples| TrackRun {
            base_decode_time: time,
            samples,
        };
        let video_run = run(video[0].0, &video_entries);
        let audio_run = run(now.first().map_or(0, |s| s.0), &audio_entries);
        let sequence = u32::try_from(number).unwrap() + 1;
        out.extend_from_slice(&fragment_head(sequence, Some(&video_run), Some(&audio_run)));
        for (_, _, data) in video.iter().chain(now) {
            out.extend_from_slice(data);
        }
    }
    out
}

#[test]
fn the_init_segment_is_byte_for_byte_the_one_measured_in_a_browser() {
    assert_eq!(init_segment(Some(&avc()), Some(&aac())), INIT);
}

#[test]
fn heads_are_byte_for_byte_those_measured_in_a_browser() {
    for (number, bytes) in fragments().into_iter().enumerate() {
        let parsed = parse_fragment(bytes).unwrap();
        let (video, audio) = (parsed.video.unwrap(), parsed.audio.unwrap());
        let head = fragment_head(
            u32::try_from(number).unwrap() + 1,
            Some(&TrackRun {
                base_decode_time: video.base_decode_time,
                samples: &video.samples,
            }),
            Some(&TrackRun {
                base_decode_time: audio.base_decode_time,
                samples: &audio.samples,
            }),
        );
        assert_eq!(&head[..], &bytes[..head.len()]);
        assert_eq!(head.len(), video.data_offset);
    }
}

#[test]
fn ffmpeg_reads_fragments_of_100_ms_without_a_complaint() {
    let media = media();
    let stream = remux(&media, 3);
    assert_decodes_cleanly(&stream);
    let packets = probe(&stream);
    for (kind, samples) in [("video", &media.video), ("audio", &media.audio)] {
        let seen: Vec<_> = packets.iter().filter(|packet| packet.0 == kind).collect();
        assert_eq!(seen.len(), samples.len());
        for (packet, (time, entry, data)) in seen.iter().zip(samples) {
            let time = i64::try_from(*time).unwrap();
            let expected = (time + i64::from(entry.composition), time, data.len());
            assert_eq!((packet.1, packet.2, packet.3), expected);
        }
    }
}

#[test]
fn ffmpeg_reads_one_track_alone_without_a_complaint() {
    let media = media();
    let video = entries(&media.video);
    let run = TrackRun {
        base_decode_time: 1 << 40,
        samples: &video,
    };
    let mut stream = init_segment(Some(&avc()), None).to_vec();
    stream.extend_from_slice(&fragment_head(1, Some(&run), None));
    stream.extend(media.video.iter().flat_map(|sample| &sample.2));
    assert_decodes_cleanly(&stream);
    assert_eq!(probe(&stream)[0].2, 1 << 40);

    let audio = entries(&media.audio);
    let run = TrackRun {
        base_decode_time: 1 << 40,
        samples: &audio,
    };
    let mut stream = init_segment(None, Some(&aac())).to_vec();
    stream.extend_from_slice(&fragment_head(1, None, Some(&run)));
    stream.extend(media.audio.iter().flat_map(|sample| &sample.2));
    assert_decodes_cleanly(&stream);
    assert_eq!(probe(&stream).len(), media.audio.len());
}

#[test]
fn a_track_without_samples_gets_no_traf() {
    let video = [SampleEntry {
        duration: 3000,
        size: 5,
        composition: 0,
        key: true,
    }];
    let run = |samples| TrackRun {
        base_decode_time: 9,
        samples,
    };
    let head = fragment_head(1, Some(&run(&video)), Some(&run(&[])));
    assert_eq!(head, fragment_head(1, Some(&run(&video)), None));
    assert_eq!(parse_fragment(&head).unwrap().audio, None);
}

#[test]
fn a_head_costs_what_the_budget_says() {
    let video = vec![
        SampleEntry {
            duration: 3000,
            size: 5,
            composition: 0,
            key: false,
        };
        3
    ];
    let audio = vec![
        SampleEntry {
            duration: 1024,
            size: 5,
            composition: 0,
            key: true,
        };
        5
    ];
    let run = |samples| TrackRun {
        base_decode_time: 0,
        samples,
    };
    let head = |video, audio| fragment_head(1, Some(&run(video)), Some(&run(audio))).len();
    let base = head(&video, &audio) - 3 * 16 - 5 * 8;
    assert_eq!(base, 160);
    assert_eq!(head(&video[..1], &audio[..1]), base + 16 + 8);
}

#[test]
fn samples_whose_bytes_are_missing_are_an_error_each_time() {
    let bytes = fragments()[0];
    let video = parse_fragment(bytes).unwrap().video.unwrap();
    let cut = &bytes[..video.data_offset + video.samples[0].size as usize + 1];
    let mut samples = video.samples_in(cut);
    assert!(samples.next().unwrap().is_ok());
    assert_eq!(samples.next().unwrap(), Err(Fmp4Error::Short("mdat")));
    assert_eq!(samples.next().unwrap(), Err(Fmp4Error::Short("mdat")));
    let nothing: Vec<_> = video.samples_in(&[]).filter_map(Result::ok).collect();
    assert!(nothing.is_empty());
}

#[test]
fn a_foreign_fragment_is_refused_with_what_is_wrong() {
    let foreign = include_bytes!("fixtures/hls-fmp4/s0.m4s");
    assert_eq!(parse_fragment(foreign), Err(Fmp4Error::Missing("moof")));
    let moof = foreign.windows(4).position(|w| w == b"moof").unwrap() - 4;
    assert!(matches!(
        parse_fragment(&foreign[moof..]),
        Err(Fmp4Error::Form { within: "tfhd", .. })
    ));
    assert_eq!(parse_fragment(&[]), Err(Fmp4Error::Short("moof")));
    assert_eq!(
        parse_fragment(&[0, 0, 0, 4, b'm', b'o', b'o', b'f']),
        Err(Fmp4Error::Size {
            within: "moof",
            size: 4
        })
    );
}

#[test]
fn mutated_fragments_are_read_or_refused_but_never_panic() {
    let heads: Vec<_> = fragments()
        .into_iter()
        .map(|bytes| bytes[..bytes.len().min(1200)].to_vec())
        .collect();
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below as u64).unwrap()
    };
    let (mut read, mut refused) = (0, 0);
    for round in 0..20_000 {
        let mut bytes = heads[round % heads.len()].clone();
        for _ in 0..=random(4) {
            let at = random(bytes.len().min(200));
            bytes[at] = [0, 1, 8, 0x7f, 0xff, bytes[at] ^ 0x10][random(6)];
        }
        if random(4) == 0 {
            bytes.truncate(random(bytes.len()));
        }
        match parse_fragment(&bytes) {
            Ok(fragment) => {
                read += 1;
                for run in fragment.video.iter().chain(&fragment.audio) {
                    assert_eq!(run.samples_in(&bytes).count(), run.samples.len());
                }
            }
            Err(_) => refused += 1,
        }
    }
    assert!(
        read > 1000 && refused > 1000,
        "{read} read, {refused} refused"
    );
}

fn any_entry(video: bool) -> impl Strategy<Value = SampleEntry> {
    (any::<u32>(), 0..50_000_u32, any::<i32>(), any::<bool>()).prop_map(
        move |(duration, size, composition, key)| SampleEntry {
            duration,
            size,
            composition: if video { composition } else { 0 },
            key: key || !video,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn what_is_written_is_read_back(
        sequence: u32,
        video_time: u64,
        audio_time: u64,
        video in prop::collection::vec(any_entry(true), 0..40),
        audio in prop::collection::vec(any_entry(false), 0..40),
    ) {
        let run = |time, samples| TrackRun { base_decode_time: time, samples };
        let head = fragment_head(
            sequence,
            Some(&run(video_time, &video)),
            Some(&run(audio_time, &audio)),
        );
        let parsed = parse_fragment(&head).unwrap();
        let video_bytes: usize = video.iter().map(|s| s.size as usize).sum();
        let audio_bytes: usize = audio.iter().map(|s| s.size as usize).sum();
        let mdat = u32::from_be_bytes(head[head.len() - 8..head.len() - 4].try_into().unwrap());
        prop_assert_eq!(mdat as usize, 8 + video_bytes + audio_bytes);

        prop_assert_eq!(parsed.video.is_some(), !video.is_empty());
        if let Some(read) = parsed.video {
            prop_assert_eq!(read.base_decode_time, video_time);
            prop_assert_eq!(read.data_offset, head.len());
            prop_assert_eq!(read.samples, video);
        }
        prop_assert_eq!(parsed.audio.is_some(), !audio.is_empty());
        if let Some(read) = parsed.audio {
            prop_assert_eq!(read.base_decode_time, audio_time);
            prop_assert_eq!(read.data_offset, head.len() + video_bytes);
            prop_assert_eq!(read.samples, audio);
        }
    }
}
