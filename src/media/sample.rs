//! What the packager takes: samples on the timeline, their bytes fit for MP4.

use bytes::Bytes;

/// One access unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Decode time on the timeline, ms. Rises from picture to picture.
    pub dts: i64,
    /// Presentation minus decode time, ms.
    pub composition: i32,
    /// Decoding can start here.
    pub key: bool,
    /// NAL units with 4-byte prefixes; not empty.
    pub data: Bytes,
}

/// One raw AAC frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sound {
    /// Time on the timeline, ms.
    pub time: i64,
    /// The frame; not empty.
    pub data: Bytes,
}

/// 90 kHz ticks a millisecond.
pub const TICKS_PER_MS: u64 = 90;

/// Where the timeline's milliseconds lie on the session's 90 kHz ticks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// Timeline, ms.
    pub ms: i64,
    /// Session, ticks.
    pub tick: u64,
}

impl Origin {
    /// The tick of a moment of the timeline; never before the origin.
    pub fn tick(&self, ms: i64) -> u64 {
        let passed = u64::try_from(ms.saturating_sub(self.ms)).unwrap_or(0);
        self.tick
            .saturating_add(passed.saturating_mul(TICKS_PER_MS))
    }

    /// Ticks from the origin to a moment, negative before it.
    pub fn offset(&self, ms: i64) -> i64 {
        ms.saturating_sub(self.ms)
            .saturating_mul(TICKS_PER_MS.cast_signed())
    }
}
