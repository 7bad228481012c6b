//! Bounds of the encoder doctor, and where it draws its lines.

/// Seconds that a session's history reaches back; the oldest second leaves. 24 bytes each.
pub const HISTORY_POINTS: usize = 120;

/// A point of the history covers this long at least, ms.
pub const POINT_MS: u64 = 1_000;

/// Seconds over which the present is measured.
pub const SHORT: usize = 10;

/// Seconds over which habits are measured.
pub const LONG: usize = 60;

/// Before a publisher has been there for this long, seconds, nothing is said of what takes time to see.
pub const EARLY_S: u32 = 5;

/// A keyframe interval that is worth a word, ms: past the advised 2 s and its jitter.
pub const KEYFRAME_ADVICE_MS: u32 = 2_600;

/// A keyframe interval that viewers feel, ms.
pub const KEYFRAME_CHANGE_MS: u32 = 4_500;

/// Missing pictures in a thousand that are worth a word: one in 200 is a visible hitch every few seconds.
pub const MISSING_ADVICE: u32 = 5;

/// Missing pictures in a thousand that nobody wants to watch.
pub const MISSING_CHANGE: u32 = 50;

/// Pictures in a thousand that stand for another time than the others before the rate counts as variable.
pub const IRREGULAR_ADVICE: u32 = 200;

/// Measured pictures in a hundred of those announced, below which the encoder does not keep its word.
pub const RATE_PERCENT: u32 = 90;

/// Highest H.264 level (times ten) that a television of the last ten years can be trusted with.
pub const LEVEL_TV: u8 = 42;

/// Longer side of the largest picture that such a television shows, pixels.
pub const LONG_SIDE_TV: u32 = 1_920;

/// Shorter side likewise, pixels: 1080 in whole macroblocks.
pub const SHORT_SIDE_TV: u32 = 1_088;

/// Delay by B-frames that is worth a word, ms: four pictures at 30 a second.
pub const REORDER_ADVICE_MS: u32 = 134;

/// Distance of sound and picture in the stream that is worth a word, ms.
pub const APART_ADVICE_MS: u32 = 250;

/// Distance from which silence is put in for what comes too late, ms.
pub const APART_CHANGE_MS: u32 = 500;

/// Silence put in within [`LONG`], ms, that is heard.
pub const SILENCE_CHANGE_MS: u32 = 400;

/// The least five seconds' bitrate in a hundred of the mean, below which the bitrate swings.
pub const SWING_LOW_PERCENT: u32 = 50;

/// The highest likewise, above.
pub const SWING_HIGH_PERCENT: u32 = 170;

/// Seconds over which the bitrate is smoothed before its swings are judged.
pub const SWING_SECONDS: usize = 5;

/// By how much samples may be late against others of the same minute, ms, before it is worth a word: instant viewers have this much
/// in hand.
pub const LATE_ADVICE_MS: u32 = 700;

/// Likewise, before steady viewers see a pause.
pub const LATE_CHANGE_MS: u32 = 2_500;

/// A clock that goes wrong by this many millionths is worth a word: 1.8 s an hour. Clocks of computers are off by 100.
pub const DRIFT_ADVICE_PPM: u32 = 500;

/// Slower than this is no clock but an encoder or a network that does not keep up.
pub const DRIFT_CHANGE_PPM: u32 = 10_000;

/// Least seconds over which a clock is judged: over fewer the network's jitter counts for more.
pub const DRIFT_SECONDS: usize = 45;

/// A window that is worth a word, seconds.
pub const WINDOW_ADVICE_S: u32 = 30;

/// A window with no room to be behind, seconds: six segments and a little.
pub const WINDOW_CHANGE_S: u32 = 15;

/// Broken connections in a session before they are more than bad luck.
pub const RECONNECTS_CHANGE: u32 = 3;
