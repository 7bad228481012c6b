//! Time as the floors above take it: an argument, never something they look up.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Monotonic milliseconds since the daemon started. Never jumps, knows no calendar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mono(pub u64);

impl Mono {
    /// Milliseconds from `earlier` to `self`; 0 if `earlier` is later.
    pub fn since(self, earlier: Mono) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The moment `ms` milliseconds after `self`.
    #[must_use]
    pub fn plus(self, ms: u64) -> Mono {
        Mono(self.0.saturating_add(ms))
    }
}

/// The one clock of a running daemon: handed out by the main floor, read by *serve*.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    start: Instant,
    /// How far it runs ahead, ms.
    ahead: Option<&'static AtomicU64>,
}

impl Clock {
    /// A clock whose `Mono(0)` is now.
    pub fn start() -> Clock {
        Clock {
            start: Instant::now(),
            ahead: None,
        }
    }

    /// A clock that runs ahead of the real one by as many ms as `ahead` says, so that rules with minutes in them can be
    /// tried in milliseconds.
    pub fn shifted(ahead: &'static AtomicU64) -> Clock {
        Clock {
            ahead: Some(ahead),
            ..Clock::start()
        }
    }

    fn ahead(&self) -> u64 {
        self.ahead.map_or(0, |ahead| ahead.load(Ordering::Relaxed))
    }

    /// Now, in monotonic milliseconds.
    pub fn now(&self) -> Mono {
        Mono(u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)).plus(self.ahead())
    }

    /// The instant at which `when` falls, for timers.
    pub fn instant(&self, when: Mono) -> Instant {
        self.start + Duration::from_millis(when.0.saturating_sub(self.ahead()))
    }

    /// Wall-clock milliseconds since 1970: a guess until the box has synchronised.
    pub fn unix_ms(&self) -> i64 {
        match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
            Err(before) => i64::try_from(before.duration().as_millis()).map_or(i64::MIN, |ms| -ms),
        }
    }
}
