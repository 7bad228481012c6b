//! What was measured and repaired in one publisher's stream: shown to the streamer.

/// What a stream's pictures are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VideoFacts {
    /// Pixels; 0 if the parameter sets can't be read.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// `profile_idc`.
    pub profile: u8,
    /// `level_idc`: the level times ten.
    pub level: u8,
}

/// What its sound is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AudioFacts {
    /// Audio object type as signalled: 2 LC, 5 SBR, 29 PS.
    pub object_type: u8,
    /// As heard, Hz.
    pub sample_rate: u32,
    /// As heard.
    pub channels: u16,
}

/// Counters since the publisher came, and latest measurements. All counts are of samples unless they say otherwise.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Health {
    /// Measured distance of the last two keyframes, ms.
    pub keyframe_interval_ms: Option<u32>,
    /// Nominal duration of a picture, 90 kHz ticks; 0 until known.
    pub picture_ticks: u32,
    /// How far audio comes behind video in the stream, ms.
    pub audio_lag_ms: u32,

    /// Pictures received.
    pub video_frames: u64,
    /// Audio frames received.
    pub audio_frames: u64,
    /// Tags, records and access units that could not be read.
    pub malformed: u64,

    /// Time stamps equal to or slightly before the one before them, moved 1 ms after it.
    pub stamps_bumped: u64,
    /// Jumps of a track's time stamps that were undone (both tracks of one restart count twice).
    pub stamp_jumps: u64,
    /// Composition times out of reason, replaced by 0.
    pub compositions_reset: u64,

    /// Pictures that stood much longer than the nominal duration because what should have followed did not come.
    pub pictures_stretched: u64,
    /// By how much in total, ms.
    pub stretched_ms: u64,
    /// Times that video was missing for so long that a discontinuity was made.
    pub video_holes: u64,
    /// Pictures dropped: before their configuration, or with no keyframe to build on.
    pub pictures_dropped: u64,

    /// Silent frames put in for audio that did not come.
    pub silent_frames: u64,
    /// Audio frames dropped: too late, overlapping, or while there was no video.
    pub audio_dropped: u64,

    /// Bytes of access units received.
    pub video_bytes: u64,
    /// Bytes of audio frames received.
    pub audio_bytes: u64,
    /// The newest configuration.
    pub video: Option<VideoFacts>,
    /// Likewise.
    pub audio: Option<AudioFacts>,
    /// The encoder's metadata announced a picture, or only sound.
    pub says_video: Option<bool>,
    /// It announced sound, or only a picture.
    pub says_audio: Option<bool>,
    /// Pictures a second that parameter sets or metadata announced, tenths.
    pub says_rate_tenths: Option<u32>,
    /// Pictures that should have come between two others, by the nominal duration.
    pub pictures_missing: u64,
    /// Pictures at another distance than the nominal one, but not so far that one is missing.
    pub pictures_irregular: u64,
    /// How far presentation is behind decoding at most, ms: the delay by B-frames.
    pub composition_ms: u32,
    /// From the newest keyframe to the newest picture, ms.
    pub since_keyframe_ms: u32,
    /// Arrival minus time stamp of the newest sample, ms. Only its changes mean something.
    pub lag_ms: i64,
    /// Newest picture's time stamp minus that of the newest sound when it came, ms: how far sound comes behind.
    pub sound_behind_ms: i64,

    /// Changes of codec configuration or track set in mid-stream.
    pub track_changes: u64,
    /// Times that a bound on pending media was met.
    pub overflows: u64,
}
