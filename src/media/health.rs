//! What was measured and repaired in one publisher's stream: shown to the streamer.

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

    /// Changes of codec configuration or track set in mid-stream.
    pub track_changes: u64,
    /// Times that a bound on pending media was met.
    pub overflows: u64,
}
