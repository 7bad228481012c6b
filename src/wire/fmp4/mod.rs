//! Fragmented MP4 (ISO/IEC 14496-12, CMAF-like): init segments, movie fragments, and reading our own back.

mod boxes;
mod fragment;
mod init;
mod parse;

pub use fragment::fragment_head;
pub use init::init_segment;
pub use parse::parse_fragment;

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
    /// A box says a size that does not even hold its header.
    #[error("a box in {within} says {size} bytes")]
    Size {
        /// The box around it.
        within: &'static str,
        /// What it says.
        size: u32,
    },
    /// A version or flags that this module does not write.
    #[error("{within} has version and flags {found:08x}, expected {expected:08x}")]
    Form {
        /// The box.
        within: &'static str,
        /// Version in the top eight bits, flags below.
        expected: u32,
        /// What came.
        found: u32,
    },
    /// A box that must be there is not (or comes too late).
    #[error("fragment without {0}")]
    Missing(&'static str),
    /// A box that may be there once came again.
    #[error("fragment with a second {0} of a track")]
    Twice(&'static str),
    /// A track that is neither [`VIDEO_TRACK`] nor [`AUDIO_TRACK`].
    #[error("fragment with unknown track {0}")]
    Track(u32),
}
