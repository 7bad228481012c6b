//! FLV tag bodies as RTMP carries them, and FLV files.
use bytes::Bytes;

/// An FLV/RTMP video message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VideoTag {
    /// avcC record.
    AvcConfig(Bytes),
    /// One access unit: NAL units with length prefixes as the record says.
    AvcFrame {
        /// The tag's key flag (the NAL types decide).
        key: bool,
        /// Composition time offset, ms, signed.
        composition_ms: i32,
        /// NAL units.
        data: Bytes,
    },
    /// End of sequence, info frames, empty messages: nothing to do.
    Nothing,
    /// A codec that Hearth does not take; its name in plain words.
    Unsupported(&'static str),
}

/// An FLV/RTMP audio message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AudioTag {
    /// AudioSpecificConfig.
    AacConfig(Bytes),
    /// One raw AAC frame.
    AacFrame(Bytes),
    /// Silence markers and the like.
    Nothing,
    /// A codec that Hearth does not take; its name in plain words.
    Unsupported(&'static str),
}

/// Why a tag was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FlvError {
    /// The body ends before its header does.
    #[error("FLV tag of {0} bytes is too short")]
    Short(usize),
}

/// Parses a video message's body.
#[allow(clippy::todo)]
pub fn parse_video(body: Bytes) -> Result<VideoTag, FlvError> {
    let _ = body;
    todo!()
}

/// Parses an audio message's body.
#[allow(clippy::todo)]
pub fn parse_audio(body: Bytes) -> Result<AudioTag, FlvError> {
    let _ = body;
    todo!()
}
