//! What real encoders sent, through the whole way in: connection, tags, timeline, packager.
#![allow(clippy::unwrap_used)]

mod media_support;

use hearth::media::ingest::{IngestError, Output};
use hearth::wire::fmp4;
use hearth::wire::rtmp::{Connection, Event};
use media_support::check::{Seen, check};
use media_support::ingest::Line;
use media_support::publisher::Packaged;
use std::path::PathBuf;

const HANDSHAKE: usize = 1 + 2 * 1536;

/// Replays a capture; a message arrives when its stamp says.
fn replay(name: &str) -> Result<Packaged, IngestError> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/rtmp");
    let bytes = std::fs::read(path.join(format!("{name}.rtmp"))).unwrap();
    let mut connection = Connection::new(&[7; 32]);
    let mut line = Line::new();
    let mut newest = 0;
    let (handshake, chunks) = bytes.split_at(HANDSHAKE);
    for piece in std::iter::once(handshake).chain(chunks.chunks(700)) {
        connection.feed(piece).unwrap();
        while let Some(event) = connection.poll_event() {
            take(event, &mut connection, &mut line, &mut newest)?;
        }
    }
    Ok(line.finish())
}

fn take(
    event: Event,
    connection: &mut Connection,
    line: &mut Line,
    newest: &mut u64,
) -> Result<(), IngestError> {
    match event {
        Event::Publish(request) => connection.accept_publish(request.stream),
        Event::Metadata(metadata) => line.ingest.metadata(&metadata),
        Event::Audio { timestamp, payload } => {
            *newest = u64::from(timestamp).max(*newest);
            line.audio(timestamp, payload, *newest)?;
        }
        Event::Video { timestamp, payload } => {
            *newest = u64::from(timestamp).max(*newest);
            line.video(timestamp, payload, *newest)?;
        }
        _ => {}
    }
    Ok(())
}

fn samples(seen: &Seen) -> (usize, usize) {
    let video = seen.fragments.iter().filter_map(|f| f.video.as_ref());
    let audio = seen.fragments.iter().filter_map(|f| f.audio.as_ref());
    (
        video.map(|run| run.samples.len()).sum(),
        audio.map(|run| run.samples.len()).sum(),
    )
}

#[test]
fn pictures_and_sound_of_every_h264_encoder_come_out() {
    for name in [
        "obs29-h264-aac",
        "ffmpeg5-h264-aac-bframes",
        "ffmpeg5-extended-timestamp",
        "gst-rtmp2sink-h264-aac",
        "librtmp-gst-rtmpsink-h264-aac",
    ] {
        let packaged = replay(name).unwrap();
        let seen = check(&packaged);
        let health = &packaged.health;
        let (pictures, sounds) = samples(&seen);
        assert!(health.video_frames >= 30, "{name}: {health:?}");
        assert_eq!(pictures as u64, health.video_frames, "{name}");
        let tail = health.audio_frames as i64 - sounds as i64;
        assert!(tail.abs() <= 12, "{name}: {sounds} of {health:?}");
        // GStreamer stamps pictures with the times of audio frames: 0 to 86 ms apart.
        let uneven = if name.contains("gst") { 5 } else { 0 };
        assert!(health.pictures_stretched <= uneven, "{name}: {health:?}");
        assert!(health.stamps_bumped <= 2 * uneven, "{name}: {health:?}");
        assert_eq!(health.malformed, 0, "{name}");
        assert_eq!(
            (health.stamp_jumps, health.video_holes),
            (0, 0),
            "{name}: {health:?}"
        );
        assert!(health.silent_frames <= 4, "{name}: {health:?}");
        assert_eq!((seen.track_changes, seen.discontinuities), (1, 0), "{name}");
    }
}

#[test]
fn sound_alone_comes_out_and_hevc_is_refused_by_name() {
    let packaged = replay("ffmpeg5-audio-only").unwrap();
    let seen = check(&packaged);
    assert_eq!(samples(&seen).1 as u64, packaged.health.audio_frames);
    assert_eq!(packaged.health.silent_frames, 0);
    for name in ["ffmpeg9-hevc-aac", "ffmpeg9-av1-opus"] {
        let text = replay(name).unwrap_err().to_string();
        assert!(text.starts_with("Hearth takes H.264 and AAC"), "{text}");
    }
}

#[test]
fn presentation_times_of_b_frames_are_those_that_were_sent() {
    let packaged = replay("ffmpeg5-h264-aac-bframes").unwrap();
    let seen = check(&packaged);
    let mut times = Vec::new();
    for run in seen.fragments.iter().filter_map(|f| f.video.as_ref()) {
        let mut at = run.base_decode_time as i64;
        for sample in &run.samples {
            times.push((at + i64::from(sample.composition)) as f64 / 90.0);
            at += i64::from(sample.duration);
        }
    }
    times.sort_by(f64::total_cmp);
    for (index, time) in times.iter().enumerate() {
        let sent = 67.0 + index as f64 * 1_000.0 / 30.0;
        assert!(
            (time - sent).abs() <= 1.1,
            "picture {index} at {time}, sent {sent}"
        );
    }
}

#[test]
fn fragments_read_back_as_they_were_made() {
    let packaged = replay("obs29-h264-aac").unwrap();
    let mut sequence = 0;
    for (_, output) in &packaged.outputs {
        let Output::Fragment(fragment) = output else {
            continue;
        };
        sequence += 1;
        let mut bytes = fragment.head(sequence).to_vec();
        for data in fragment.data() {
            bytes.extend_from_slice(data);
        }
        let parsed = fmp4::parse_fragment(&bytes).unwrap();
        for (run, parsed) in [
            (&fragment.video, parsed.video),
            (&fragment.audio, parsed.audio),
        ] {
            let (run, parsed) = (run.as_ref().unwrap(), parsed.unwrap());
            assert_eq!(run.base_decode_time, parsed.base_decode_time);
            assert_eq!(run.samples, parsed.samples);
            let first = run.data.first().unwrap();
            let there = &bytes[parsed.data_offset..][..first.len()];
            assert_eq!(there, &first[..]);
        }
    }
    assert!(sequence > 10);
}
