//! Fragmented MP4 (ISO/IEC 14496-12, CMAF-like): init segments, movie fragments, and reading our own back.
use crate::wire::{aac::AacConfig, avc::AvcConfig};
use bytes::Bytes;

/// Track id of the video.
pub const VIDEO_TRACK: u32 = 1;
/// Track id of the audio.
pub const AUDIO_TRACK: u32 = 2;
/// Ticks a second of video tracks (and of every "90k" figure above).
pub const VIDEO_TIMESCALE: u32 = 90_000;

/// One sample in a fragment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SampleEntry {
    /// Track timescale ticks.
    pub duration: u32,
    /// Bytes.
    pub size: u32,
    /// PTS − DTS, track timescale ticks.
    pub composition: i32,
    /// Sync sample.
    pub key: bool,
}

/// The samples of one track in a fragment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrackRun<'a> {
    /// `tfdt`, track timescale ticks.
    pub base_decode_time: u64,
    /// In decode order; never empty.
    pub samples: &'a [SampleEntry],
}

/// `ftyp` + `moov`: video in 90 kHz, audio in its core sample rate. At least one of the two.
#[allow(clippy::todo)]
pub fn init_segment(video: Option<&AvcConfig>, audio: Option<&AacConfig>) -> Bytes {
    let _ = (video, audio);
    todo!()
}

/// `moof` and the header of `mdat`; the samples' bytes follow it, video first.
#[allow(clippy::todo)]
pub fn fragment_head(
    sequence: u32,
    video: Option<&TrackRun<'_>>,
    audio: Option<&TrackRun<'_>>,
) -> Bytes {
    let _ = (sequence, video, audio);
    todo!()
}

/// A fragment read back: what [`fragment_head`] wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParsedRun {
    /// `tfdt`.
    pub base_decode_time: u64,
    /// In decode order.
    pub samples: Vec<SampleEntry>,
    /// Offset of the first sample's byte from the start of the `moof`.
    pub data_offset: usize,
}

/// Both tracks of a fragment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ParsedFragment {
    /// Video, if any.
    pub video: Option<ParsedRun>,
    /// Audio, if any.
    pub audio: Option<ParsedRun>,
}

/// Why a fragment could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fmp4Error {
    /// Ends early.
    #[error("fragment ends early in {0}")]
    Short(&'static str),
}

/// Reads one `moof` (+ `mdat`) as this module writes it.
#[allow(clippy::todo)]
pub fn parse_fragment(bytes: &[u8]) -> Result<ParsedFragment, Fmp4Error> {
    let _ = bytes;
    todo!()
}
