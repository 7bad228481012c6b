//! A fragment: about 100 ms of both tracks, the unit in which media enters the ring.
use crate::wire::{
    aac::AacConfig,
    avc::AvcConfig,
    fmp4::{SampleEntry, TrackRun, fragment_head},
};
use bytes::Bytes;

/// The tracks of a stretch of stream between two discontinuities. At least one is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tracks {
    /// H.264.
    pub video: Option<AvcConfig>,
    /// AAC.
    pub audio: Option<AacConfig>,
}

/// One track's samples within a fragment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// Decode time of the first sample: 90 kHz ticks for video, core sample rate for audio. 0 is the session's origin for both.
    pub base_decode_time: u64,
    /// In decode order; never empty.
    pub samples: Vec<SampleEntry>,
    /// The samples' bytes, one or more pieces a sample, in the same order.
    pub data: Vec<Bytes>,
}

/// How a fragment lies in a part. A part also ends with its segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InPart {
    /// Last fragment of its part.
    pub ends: bool,
    /// PART-TARGET by which it was cut, 90 kHz ticks; up to the end of the session's second part or first segment it may grow.
    pub target: u32,
}

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fragment {
    /// Decode time of the lead track's first sample (video, else audio), 90 kHz ticks since the session's origin.
    pub start: u64,
    /// Duration of the lead track's samples, 90 kHz ticks.
    pub duration: u32,
    /// Starts with an IDR picture, or has no video.
    pub independent: bool,
    /// First fragment of a segment.
    pub starts_segment: bool,
    /// Known to be the last of its segment (a segment may also be ended by the next fragment's `starts_segment`).
    pub ends_segment: bool,
    /// A discontinuity stands before it (then it starts a segment too).
    pub discontinuity: bool,
    /// Its place in a part; None: its segment has no parts.
    pub part: Option<InPart>,
    /// Video, if the stream has it.
    pub video: Option<Run>,
    /// Audio, if the stream has it.
    pub audio: Option<Run>,
}

impl Tracks {
    /// RFC 6381 names of the codecs, video first, such as `avc1.64001F,mp4a.40.2`.
    pub fn codecs(&self) -> String {
        let video = self.video.as_ref().map(AvcConfig::codec_string);
        let audio = self.audio.as_ref().map(AacConfig::codec_string);
        let codecs: Vec<String> = video.into_iter().chain(audio).collect();
        codecs.join(",")
    }
}

impl Run {
    fn track_run(&self) -> TrackRun<'_> {
        TrackRun {
            base_decode_time: self.base_decode_time,
            samples: &self.samples,
        }
    }

    /// Sum of the samples' durations, track ticks.
    pub fn duration(&self) -> u64 {
        self.samples
            .iter()
            .map(|sample| u64::from(sample.duration))
            .sum()
    }
}

impl Fragment {
    /// `moof` and `mdat` header under this `mfhd` sequence number.
    pub fn head(&self, sequence: u32) -> Bytes {
        let video = self.video.as_ref().map(Run::track_run);
        let audio = self.audio.as_ref().map(Run::track_run);
        fragment_head(sequence, video.as_ref(), audio.as_ref())
    }

    /// The samples' bytes in file order.
    pub fn data(&self) -> impl Iterator<Item = &Bytes> {
        self.video
            .iter()
            .chain(self.audio.iter())
            .flat_map(|run| run.data.iter())
    }
}
