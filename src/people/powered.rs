//! Powered-on time: minutes that this box has run in its life, since it has no clock that can be trusted.
//!
//! Written at most once an hour, batched. After a power cut it goes on from the last written minute plus that hour, so it never
//! runs backwards and is at most an hour ahead for each cut; after an orderly stop it goes on exactly.

use super::tables::{Powered, PoweredRow};
use crate::limits::people::POWERED_SAVE_MINUTES;
use crate::store::{Store, StoreError};
use crate::time::Mono;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// See the module.
#[derive(Debug)]
pub(super) struct PoweredTime {
    /// Powered-on minute at `Mono(0)`.
    base: u32,
    /// Last minute that was written.
    written: AtomicU32,
    /// Latest `Mono` that anybody told, ms.
    latest: AtomicU64,
}

impl PoweredTime {
    /// Goes on from what the store holds.
    pub(super) fn open(store: &Store) -> Result<PoweredTime, StoreError> {
        let last = store.get::<Powered>(&())?;
        let base = match last {
            None => 0,
            Some(row) if row.stopped => row.minutes,
            Some(row) => row.minutes.saturating_add(POWERED_SAVE_MINUTES),
        };
        let time = PoweredTime {
            base,
            written: AtomicU32::new(base),
            latest: AtomicU64::new(0),
        };
        time.write(store, base, false)?;
        Ok(time)
    }

    /// The powered-on minute at which this start of the box began: no two starts have the same.
    pub(super) fn boot(&self) -> u32 {
        self.base
    }

    /// Remembers `now` for those who have no time of their own.
    pub(super) fn note(&self, now: Mono) {
        self.latest.fetch_max(now.0, Ordering::Relaxed);
    }

    /// The latest time that anybody told.
    pub(super) fn latest(&self) -> Mono {
        Mono(self.latest.load(Ordering::Relaxed))
    }

    /// The powered-on minute at `now`.
    pub(super) fn minute(&self, now: Mono) -> u32 {
        self.note(now);
        let running = u32::try_from(now.0 / 60_000).unwrap_or(u32::MAX);
        self.base.saturating_add(running)
    }

    /// Writes it if an hour has passed since it was last written.
    pub(super) fn keep(&self, store: &Store, now: Mono) -> Result<(), StoreError> {
        let minute = self.minute(now);
        let due = |written: u32| {
            (minute.saturating_sub(written) >= POWERED_SAVE_MINUTES).then_some(minute)
        };
        let (set, fetch) = (Ordering::SeqCst, Ordering::SeqCst);
        match self.written.fetch_update(set, fetch, due) {
            Ok(_) => self.write(store, minute, false),
            Err(_) => Ok(()),
        }
    }

    /// An orderly stop.
    pub(super) fn stop(&self, store: &Store, now: Mono) -> Result<(), StoreError> {
        // One more than the minute that runs, so that a session never gets a minute twice.
        self.write(store, self.minute(now).saturating_add(1), true)
    }

    fn write(&self, store: &Store, minutes: u32, stopped: bool) -> Result<(), StoreError> {
        store.put::<Powered>(&(), &PoweredRow { minutes, stopped })
    }
}
