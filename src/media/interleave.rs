//! How far one track comes behind the other in a publisher's stream.

/// The largest lag shown of late, ms of media: rises at once, falls by 1 ms a sample.
///
/// It is measured in media time, in the order in which samples came: network stalls, which hold up both tracks, don't count as lag.
#[derive(Clone, Copy, Debug)]
pub struct Interleave {
    shown: Option<i64>,
    cap: i64,
    unknown: i64,
}

impl Interleave {
    /// Nothing shown yet: `unknown` ms is assumed. What is shown never passes `cap` ms.
    pub fn new(cap: i64, unknown: i64) -> Interleave {
        Interleave {
            shown: None,
            cap,
            unknown,
        }
    }

    /// A sample came whose media time ends `lag` ms before the other track's newest.
    pub fn observe(&mut self, lag: i64) {
        let lag = lag.clamp(0, self.cap);
        self.shown = Some(self.shown.map_or(lag, |shown| lag.max(shown - 1)));
    }

    /// The lag to expect, ms.
    pub fn shown(&self) -> i64 {
        self.shown.unwrap_or(self.unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lag_is_learned_at_once_capped_and_slowly_forgotten() {
        let mut lag = Interleave::new(500, 500);
        assert_eq!(lag.shown(), 500);
        lag.observe(-20);
        assert_eq!(lag.shown(), 0);
        lag.observe(300);
        assert_eq!(lag.shown(), 300);
        lag.observe(10);
        assert_eq!(lag.shown(), 299);
        lag.observe(9_000);
        assert_eq!(lag.shown(), 500);
    }
}
