//! An endless stream for TS renditions: the fixture's pictures and frames over and over, in fragments of 100 ms.
#![allow(dead_code)]
use crate::wire_fmp4_media::{Media, aac, avc, media};
use bytes::Bytes;
use hearth::media::rendition::{Rendition, RenditionStart};
use hearth::media::storage::{MemoryStorage, SegmentStorage};
use hearth::media::ts_rendition::TsRendition;
use hearth::media::{Fragment, Run, Tracks};
use hearth::time::Mono;
use hearth::wire::aac::AacConfig;
use hearth::wire::avc::AvcConfig;
use hearth::wire::fmp4::SampleEntry;
use std::sync::Arc;

pub(crate) const TAG: u32 = 0x00c0_ffee;
pub(crate) const FIRST_SEQUENCE: u64 = 700;
/// 2026-11-22T09:00:00Z.
pub(crate) const ANCHOR: i64 = 1_795_338_000_000;
/// Pictures a fragment.
const PICTURES: u64 = 3;

/// What fragments are made of. The fixture has a keyframe every 30 pictures.
pub(crate) struct Stream {
    media: Media,
    /// Fragments so far.
    count: u64,
    frame: u64,
    /// Added to all times, 90 kHz ticks.
    shift: u64,
    /// fMP4 segments begin every so many fragments.
    segment_every: u64,
    /// Only each n-th of the fixture's keyframes counts as one.
    pub(crate) keyframe_every: u64,
    has_video: bool,
}

impl Stream {
    pub(crate) fn new() -> Stream {
        Stream {
            media: media(),
            count: 0,
            frame: 0,
            shift: 0,
            segment_every: 20,
            keyframe_every: 1,
            has_video: true,
        }
    }

    /// Pads every picture (with bytes behind its slices) to reach this bit rate; a keyframe every so many seconds.
    pub(crate) fn make_large(&mut self, bits_per_second: usize, keyframe_seconds: u64) {
        self.keyframe_every = keyframe_seconds;
        for (_, entry, data) in &mut self.media.video {
            let size = bits_per_second / 8 / 30;
            let filler = size.saturating_sub(data.len() + 5);
            data.extend_from_slice(&u32::try_from(filler + 1).unwrap().to_be_bytes());
            data.push(12);
            data.resize(data.len() + filler, 0xff);
            entry.size = u32::try_from(data.len()).unwrap();
        }
    }

    /// 90 kHz ticks at which the next fragment begins.
    pub(crate) fn now(&self) -> u64 {
        self.count * PICTURES * 3000 + self.shift
    }

    pub(crate) fn next(&mut self) -> Fragment {
        let first = self.count * PICTURES;
        let mut video = Run {
            base_decode_time: self.now(),
            samples: Vec::new(),
            data: Vec::new(),
        };
        for picture in first..first + PICTURES {
            let (_, entry, data) = &self.media.video[(picture % 120) as usize];
            let key = entry.key && picture / 30 % self.keyframe_every == 0;
            video.samples.push(SampleEntry { key, ..*entry });
            video.data.push(Bytes::copy_from_slice(data));
        }
        let independent = video.samples[0].key || !self.has_video;
        let start = self.now();
        self.count += 1;
        Fragment {
            start,
            duration: 9000,
            independent,
            starts_segment: (self.count - 1).is_multiple_of(self.segment_every),
            ends_segment: false,
            part: None,
            discontinuity: false,
            video: self.has_video.then_some(video),
            audio: Some(self.audio()),
        }
    }

    /// The frames that begin before the fragment's end.
    fn audio(&mut self) -> Run {
        let to_samples = |ticks: u64| ticks * 48_000 / 90_000;
        let end = to_samples(self.count * PICTURES * 3000);
        let mut run = Run {
            base_decode_time: self.frame * 1024 + to_samples(self.shift),
            samples: Vec::new(),
            data: Vec::new(),
        };
        while self.frame * 1024 < end {
            let (_, entry, data) = &self.media.audio[(self.frame % 180) as usize];
            run.samples.push(*entry);
            run.data.push(Bytes::copy_from_slice(data));
            self.frame += 1;
        }
        run
    }
}

/// A rendition that is being fed.
pub(crate) struct Feed {
    pub(crate) stream: Stream,
    pub(crate) rendition: Arc<Rendition>,
}

impl Feed {
    pub(crate) fn new(ring_bytes: u64) -> Feed {
        Feed::starting(|start| start.ring_bytes = ring_bytes)
    }

    pub(crate) fn starting(change: impl FnOnce(&mut RenditionStart)) -> Feed {
        let mut start = RenditionStart {
            tag: TAG,
            first_sequence: FIRST_SEQUENCE,
            first_discontinuity_sequence: 5,
            discontinuity_first: false,
            anchor_unix_ms: ANCHOR,
            ring_bytes: 64 << 20,
            independent_segments: false,
            wake: Box::new(|| {}),
            storage: Arc::new(MemoryStorage),
        };
        change(&mut start);
        let rendition = Arc::new(Rendition::new(start));
        let mut feed = Feed {
            stream: Stream::new(),
            rendition,
        };
        feed.set_tracks(Some(avc()), Some(aac()));
        feed
    }

    /// Tracks from the next fragment on.
    pub(crate) fn set_tracks(&mut self, video: Option<AvcConfig>, audio: Option<AacConfig>) {
        self.stream.has_video = video.is_some();
        self.rendition.set_tracks(Tracks { video, audio });
    }

    /// Appends this many fragments of 100 ms.
    pub(crate) fn run(&mut self, fragments: u64) {
        for _ in 0..fragments {
            let fragment = self.stream.next();
            self.rendition.append(&fragment, Mono(0)).unwrap();
        }
    }

    /// The publisher is away for so many 90 kHz ticks.
    pub(crate) fn interrupt(&mut self, ticks: u64) {
        self.rendition.pause();
        self.stream.shift += ticks;
    }

    pub(crate) fn ts(&self) -> TsRendition {
        self.ts_with(Arc::new(MemoryStorage), 16 << 20)
    }

    pub(crate) fn ts_with(&self, storage: Arc<dyn SegmentStorage>, ring_bytes: u64) -> TsRendition {
        let source = Arc::clone(&self.rendition);
        TsRendition::new(source, storage, ring_bytes, FIRST_SEQUENCE, ANCHOR)
    }
}

/// Asks, makes, and gives the playlist's text.
pub(crate) fn asked(ts: &TsRendition, now: Mono) -> Option<String> {
    ts.ask(now);
    ts.refresh(now);
    let text = ts.playlist()?;
    Some(String::from_utf8(text.to_vec()).unwrap())
}

/// Names in a playlist.
pub(crate) fn names(playlist: &str) -> Vec<String> {
    let uris = playlist.lines().filter(|line| !line.starts_with('#'));
    uris.map(str::to_owned).collect()
}

/// A listed segment's bytes.
pub(crate) fn bytes(ts: &TsRendition, name: &str) -> Vec<u8> {
    let file = ts.segment(name).unwrap();
    assert!(file.is_closed());
    let mut bytes = vec![0; usize::try_from(file.len()).unwrap()];
    assert_eq!(file.read_at(0, &mut bytes).unwrap(), bytes.len());
    bytes
}
