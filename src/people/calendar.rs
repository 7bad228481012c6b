//! Moments: counted in powered-on time, dated when the clock is known, also afterwards.
//!
//! The box has no clock of its own. What is written carries the start of the box in which it happened and the ms since; once
//! the wall clock is known, the date of that start is kept, and everything that was written in it has a date from then on.

use super::tables::{Anchors, Stamp};
use super::{People, PeopleError};
use crate::limits::people::{ANCHOR_MOVED_MS, ANCHORS_MAX};
use crate::store::Batch;
use crate::time::Mono;
use serde::Serialize;

const MINUTE_MS: u64 = 60_000;
const DAY_MINUTES: i64 = 24 * 60;

/// When something happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Moment {
    /// Powered-on time of this box, ms: rises always, over restarts too, and stands still while the box is off.
    pub powered_ms: u64,
    /// Wall clock, ms since 1970; None as long as nobody knows the date.
    pub unix_ms: Option<i64>,
}

impl People {
    /// Tells the wall clock, once it is known to be right; again whenever it was put right. Everything of this start of the
    /// box gets its date. Written batched, and only if it moved by more than 10 s.
    pub fn clock_is_known(&self, now: Mono, unix_ms: i64) -> Result<(), PeopleError> {
        self.powered.note(now);
        let (boot, began) = (self.powered.boot(), unix_ms.saturating_sub_unsigned(now.0));
        let _turn = self.change();
        let directory = self.directory();
        let moved = |known: &i64| known.abs_diff(began) > ANCHOR_MOVED_MS;
        if !directory.anchors.get(&boot).is_none_or(moved) {
            return Ok(());
        }
        let oldest = directory.anchors.keys().next().copied();
        let full = directory.anchors.len() >= ANCHORS_MAX;
        let leaves = oldest.filter(|oldest| full && *oldest != boot);
        drop(directory);
        let mut batch = Batch::new();
        batch.put::<Anchors>(&boot, &began);
        if let Some(leaves) = leaves {
            batch.remove::<Anchors>(&leaves);
        }
        self.store.commit(batch)?;
        self.show(|directory| {
            directory.anchors.insert(boot, began);
            if let Some(leaves) = leaves {
                directory.anchors.remove(&leaves);
            }
        });
        Ok(())
    }

    /// Now, as a moment.
    pub fn moment(&self, now: Mono) -> Moment {
        self.powered.note(now);
        self.dated(self.stamp(now))
    }

    /// Minutes since midnight in the house, 0 to 1439; None while the clock is unknown.
    pub fn local_minute(&self, now: Mono) -> Option<u16> {
        let directory = self.directory();
        let began = *directory.anchors.get(&self.powered.boot())?;
        let minutes = began.saturating_add_unsigned(now.0).div_euclid(60_000);
        let local = minutes.saturating_add(i64::from(directory.house.utc_offset_minutes));
        u16::try_from(local.rem_euclid(DAY_MINUTES)).ok()
    }

    pub(super) fn stamp(&self, now: Mono) -> Stamp {
        Stamp {
            boot: self.powered.boot(),
            ms: now.0,
        }
    }

    /// The latest moment that anybody told: for what has no time of its own.
    pub(super) fn latest_stamp(&self) -> Stamp {
        self.stamp(self.powered.latest())
    }

    pub(super) fn dated(&self, stamp: Stamp) -> Moment {
        self.directory().moment(stamp)
    }
}

impl super::directory::Directory {
    pub(super) fn moment(&self, stamp: Stamp) -> Moment {
        let began = self.anchors.get(&stamp.boot);
        Moment {
            powered_ms: u64::from(stamp.boot)
                .saturating_mul(MINUTE_MS)
                .saturating_add(stamp.ms),
            unix_ms: began.map(|began| began.saturating_add_unsigned(stamp.ms)),
        }
    }
}
