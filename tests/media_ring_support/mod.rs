//! Streams for tests of the ring: fragments made from a few numbers, renditions with plain starts.
#![allow(dead_code)]
use bytes::Bytes;
use hearth::media::rendition::{ListForm, Rendition, RenditionStart, Resource};
use hearth::media::segment_file::SegmentFile;
use hearth::media::storage::SegmentStorage;
use hearth::media::{Fragment, Run, Tracks};
use hearth::wire::aac::AacConfig;
use hearth::wire::avc::AvcConfig;
use hearth::wire::fmp4::SampleEntry;
use std::sync::Arc;

pub(crate) const TAG: u32 = 0x0badcafe;
/// Ticks of 100 ms.
pub(crate) const FRAGMENT: u32 = 9_000;
/// 2026-01-01T00:00:00Z.
pub(crate) const ANCHOR: i64 = 1_767_225_600_000;

pub(crate) fn start(storage: Arc<dyn SegmentStorage>, ring_bytes: u64) -> RenditionStart {
    RenditionStart {
        tag: TAG,
        first_sequence: 100,
        first_discontinuity_sequence: 5,
        discontinuity_first: false,
        anchor_unix_ms: ANCHOR,
        ring_bytes,
        independent_segments: true,
        wake: Box::new(|| {}),
        storage,
    }
}

/// Video whose parameter sets differ with `variant`.
pub(crate) fn tracks(variant: u8) -> Tracks {
    Tracks {
        video: Some(AvcConfig {
            profile: [0x42, 0xc0, 0x1f],
            length_size: 4,
            sps: vec![Bytes::copy_from_slice(&[0x67, 0x42, 0xc0, 0x1f, variant])],
            pps: vec![Bytes::from_static(&[0x68, 0xce, 0x3c, 0x80])],
        }),
        audio: None,
    }
}

/// AAC-LC, 48 kHz stereo.
pub(crate) fn aac() -> AacConfig {
    AacConfig {
        object_type: 2,
        core_object_type: 2,
        sample_rate: 48_000,
        output_rate: 48_000,
        channel_config: 2,
        frame_samples: 1024,
        record: Bytes::from_static(&[0x11, 0x90]),
    }
}

/// AAC frames from `base` on.
pub(crate) fn audio(base: u64, frames: usize) -> Run {
    let frame = SampleEntry {
        duration: 1024,
        size: 3,
        composition: 0,
        key: true,
    };
    Run {
        base_decode_time: base,
        samples: vec![frame; frames],
        data: vec![Bytes::from_static(b"aac"); frames],
    }
}

/// One picture of `duration` ticks and `bytes` bytes at `start`, in the middle of a segment.
pub(crate) fn fragment(start: u64, duration: u32, bytes: usize) -> Fragment {
    let fill = (start / 9_000 % 251) as u8;
    Fragment {
        start,
        duration,
        independent: false,
        starts_segment: false,
        ends_segment: false,
        part: None,
        discontinuity: false,
        video: Some(Run {
            base_decode_time: start,
            samples: vec![SampleEntry {
                duration,
                size: bytes as u32,
                composition: 0,
                key: false,
            }],
            data: vec![Bytes::from(vec![fill; bytes])],
        }),
        audio: None,
    }
}

/// The same with a keyframe that starts a segment.
pub(crate) fn keyframe(start: u64, duration: u32, bytes: usize) -> Fragment {
    let mut fragment = fragment(start, duration, bytes);
    fragment.independent = true;
    fragment.starts_segment = true;
    fragment.video.as_mut().unwrap().samples[0].key = true;
    fragment
}

/// Fragments of 100 ms with a keyframe each 2 s.
pub(crate) fn stream(from: u64, count: u64, bytes: usize) -> impl Iterator<Item = Fragment> {
    (from..from + count).map(move |n| {
        let start = n * u64::from(FRAGMENT);
        match n % 20 {
            0 => keyframe(start, FRAGMENT, bytes),
            _ => fragment(start, FRAGMENT, bytes),
        }
    })
}

pub(crate) fn playlist(rendition: &Rendition) -> String {
    let text = rendition.media_playlist(ListForm::Whole).unwrap();
    String::from_utf8(text.to_vec()).unwrap()
}

pub(crate) fn segment(rendition: &Rendition, name: &str) -> Arc<SegmentFile> {
    match rendition.resource(name) {
        Some(Resource::Segment(file)) => file,
        other => panic!("{name} is {other:?}"),
    }
}

pub(crate) fn read(file: &SegmentFile, offset: u64, len: u64) -> Vec<u8> {
    let mut bytes = vec![0; len as usize];
    assert_eq!(file.read_at(offset, &mut bytes).unwrap() as u64, len);
    bytes
}

/// A segment as a playlist's text gives it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Listed {
    pub(crate) uri: String,
    pub(crate) duration: String,
    pub(crate) date: String,
    pub(crate) map: String,
    pub(crate) discontinuity: bool,
    pub(crate) discontinuity_sequence: u64,
}

/// A media playlist's text read back.
#[derive(Clone, Debug)]
pub(crate) struct Parsed {
    pub(crate) target_duration: u64,
    pub(crate) media_sequence: u64,
    pub(crate) discontinuity_sequence: u64,
    pub(crate) independent_segments: bool,
    pub(crate) ended: bool,
    pub(crate) segments: Vec<Listed>,
}

pub(crate) fn parse(text: &str) -> Parsed {
    let number = |tag: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(tag));
        line.map(|value| value.parse::<u64>().unwrap())
    };
    let mut parsed = Parsed {
        target_duration: number("#EXT-X-TARGETDURATION:").unwrap(),
        media_sequence: number("#EXT-X-MEDIA-SEQUENCE:").unwrap(),
        discontinuity_sequence: number("#EXT-X-DISCONTINUITY-SEQUENCE:").unwrap_or(0),
        independent_segments: text.contains("#EXT-X-INDEPENDENT-SEGMENTS\n"),
        ended: text.ends_with("#EXT-X-ENDLIST\n"),
        segments: Vec::new(),
    };
    let mut next = Listed {
        uri: String::new(),
        duration: String::new(),
        date: String::new(),
        map: String::new(),
        discontinuity: false,
        discontinuity_sequence: parsed.discontinuity_sequence,
    };
    for line in text.lines() {
        if line == "#EXT-X-DISCONTINUITY" {
            next.discontinuity = true;
            next.discontinuity_sequence += 1;
        } else if let Some(uri) = line.strip_prefix("#EXT-X-MAP:URI=") {
            next.map = uri.trim_matches('"').to_owned();
        } else if let Some(date) = line.strip_prefix("#EXT-X-PROGRAM-DATE-TIME:") {
            next.date = date.to_owned();
        } else if let Some(duration) = line.strip_prefix("#EXTINF:") {
            next.duration = duration.trim_end_matches(',').to_owned();
        } else if !line.starts_with('#') {
            next.uri = line.to_owned();
            parsed.segments.push(next.clone());
            next.discontinuity = false;
        }
    }
    parsed
}
