//! The encoder doctor: from what was measured in a stream to what its streamer should change. Numbers only; words are elsewhere.

mod history;
mod rules;

pub use history::{History, Point};

use super::health::{AudioFacts, VideoFacts};

/// What is known of a publisher's stream now. Rates are of the last ten seconds unless they say otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Measures {
    /// Since this publisher came, seconds.
    pub live_s: u32,
    /// What the pictures are, once known.
    pub video: Option<VideoFacts>,
    /// What the sound is.
    pub audio: Option<AudioFacts>,
    /// Sound was announced, or its absence.
    pub says_audio: Option<bool>,
    /// Pictures were announced, or their absence.
    pub says_video: Option<bool>,
    /// Pictures received since this publisher came.
    pub pictures: u64,
    /// Audio frames received likewise.
    pub sounds: u64,
    /// Pictures a second, tenths.
    pub rate_tenths: u32,
    /// Announced likewise.
    pub says_rate_tenths: Option<u32>,
    /// Seconds in a row, up to now, without a picture.
    pub without_picture_s: u32,
    /// Likewise without sound.
    pub without_sound_s: u32,
    /// Distance of keyframes, ms: the last one measured, or the present one if that is longer already.
    pub keyframe_ms: Option<u32>,
    /// Missing pictures in the last minute, in a thousand.
    pub missing_permille: u32,
    /// Missing pictures in the last minute.
    pub missing: u32,
    /// Pictures at an odd distance in the last minute, in a thousand.
    pub irregular_permille: u32,
    /// Delay by B-frames, ms.
    pub reorder_ms: u32,
    /// kbit/s.
    pub kbps: u32,
    /// kbit/s over the last minute.
    pub kbps_minute: u32,
    /// Least and highest kbit/s of five seconds in the last minute; None while that is too short to say.
    pub kbps_swing: Option<(u32, u32)>,
    /// How far sound comes behind the pictures, ms; negative: before them.
    pub sound_behind_ms: i32,
    /// Silence put in within the last minute, ms.
    pub silence_ms: u32,
    /// By how much samples came later than others of the last minute, ms.
    pub late_ms: u32,
    /// How much too slow the encoder's clock goes, millionths; None while it is too early to say.
    pub slow_ppm: Option<i32>,
    /// Jumps of time stamps since this publisher came.
    pub stamp_jumps: u64,
    /// Connections lost and found again in this session.
    pub reconnects: u32,
    /// Takeovers by another encoder in this session.
    pub takeovers: u32,
    /// What the station gives this session.
    pub room: Option<Room>,
    /// Highest bitrate that the house allows, kbit/s.
    pub most_kbps: Option<u32>,
}

/// How far back viewers can be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Room {
    /// At the last minute's bitrate, seconds.
    pub seconds: u32,
    /// Bitrate at which it is 30 s, kbit/s.
    pub good_kbps: u32,
}

/// How much a finding matters; the gravest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Viewers suffer.
    Change,
    /// Some viewers do, or all a little.
    Advice,
    /// As it should be.
    Fine,
}

impl Severity {
    /// As the API says it.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Change => "change",
            Severity::Advice => "advice",
            Severity::Fine => "fine",
        }
    }
}

/// One thing that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// What it is.
    pub what: What,
}

macro_rules! what {
    ($($(#[$doc:meta])* $name:ident $code:literal { $($field:ident: $kind:ty),* })*) => {
        /// What can be found, with its numbers.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        #[allow(missing_docs)]
        pub enum What {
            $($(#[$doc])* $name { $($field: $kind),* },)*
        }

        impl What {
            /// Its name in the API; never changes its meaning.
            pub fn code(&self) -> &'static str {
                match self { $(What::$name { .. } => $code,)* }
            }

            /// Its numbers, by name.
            pub fn values(&self) -> Vec<(&'static str, i64)> {
                match *self {
                    $(What::$name { $($field),* } => vec![$((stringify!($field), i64::from($field))),*],)*
                }
            }
        }
    };
}

what! {
    /// Distance of keyframes.
    Keyframes "keyframes" { ms: u32 }
    /// The encoder announced sound and sends none.
    SoundAnnounced "sound_announced" {}
    /// There is no sound, and none was announced.
    NoSound "no_sound" {}
    /// Sound came and stopped.
    SoundStopped "sound_stopped" { seconds: u32 }
    /// Silence was put in where sound was missing.
    SoundHoles "sound_holes" { ms: u32 }
    /// Sound comes behind the picture.
    SoundLate "sound_late" { ms: u32 }
    /// Sound comes before the picture.
    SoundEarly "sound_early" { ms: u32 }
    /// Sound of a kind that some screens don't play.
    SoundHighEfficiency "sound_high_efficiency" {}
    /// Likewise, its sampling rate.
    SoundRate "sound_rate" { hz: u32 }
    /// Likewise, its channels.
    SoundChannels "sound_channels" { channels: u16 }
    /// Sound as it should be.
    Sound "sound" { hz: u32, channels: u16 }
    /// There is no picture.
    NoPicture "no_picture" {}
    /// Pictures came and stopped.
    PictureStopped "picture_stopped" { seconds: u32 }
    /// Pictures are missing.
    PicturesMissing "pictures_missing" { missing: u32, permille: u32 }
    /// Fewer pictures a second than announced.
    RateBelow "rate_below" { tenths: u32, announced_tenths: u32 }
    /// Pictures stand for different times.
    RateVaries "rate_varies" { permille: u32 }
    /// Size and rate as they should be.
    Picture "picture" { width: u32, height: u32, tenths: u32 }
    /// More than 8 bits or more colour than 4:2:0.
    Profile "profile" { profile: u8 }
    /// A level above what televisions decode.
    Level "level" { level: u8 }
    /// Larger than Full HD.
    SizeLarge "size_large" { width: u32, height: u32 }
    /// An odd number of pixels.
    SizeOdd "size_odd" { width: u32, height: u32 }
    /// A codec that plays everywhere.
    Codec "codec" { profile: u8, level: u8 }
    /// B-frames that delay the picture.
    BFrames "b_frames" { ms: u32 }
    /// Bitrate as it should be.
    Bitrate "bitrate" { kbps: u32, kbps_minute: u32 }
    /// A bitrate that goes up and down.
    BitrateSwings "bitrate_swings" { low_kbps: u32, high_kbps: u32 }
    /// More than the house allows.
    BitrateOverHouse "bitrate_over_house" { kbps: u32, most_kbps: u32 }
    /// A bitrate that leaves a short window.
    WindowShort "window_short" { seconds: u32, good_kbps: u32 }
    /// Pictures come in fits and starts.
    ArrivesLate "arrives_late" { ms: u32 }
    /// The stream takes longer than the time it shows.
    FallsBehind "falls_behind" { ms_a_minute: u32 }
    /// A clock that is not quite right.
    ClockDrift "clock_drift" { ppm: i32 }
    /// One that is.
    ClockSteady "clock_steady" {}
    /// Time stamps jumped and were put right.
    StampsJump "stamps_jump" { jumps: u32 }
    /// The connection broke.
    Reconnects "reconnects" { times: u32 }
    /// It did not.
    NoReconnects "no_reconnects" {}
    /// Another encoder with the same key took over.
    TakenOver "taken_over" { times: u32 }
}

/// What was found, the gravest first; what is fine comes last.
pub fn findings(measures: &Measures) -> Vec<Finding> {
    let mut found: Vec<Finding> = rules::ALL
        .iter()
        .flat_map(|rule| rule(measures))
        .flatten()
        .collect();
    found.sort_by_key(|finding| finding.severity);
    found
}
