//! What the owner sets for the whole house.

use super::tables::House;
use super::{AccountId, Joining, People, PeopleError};
use crate::limits::people::BITRATE_LEAST;
use serde::{Deserialize, Serialize};

const DAY_MINUTES: u16 = 24 * 60;
/// Farthest that a time zone lies from UTC, minutes.
const OFFSET_MOST: i16 = 14 * 60;

/// Hours in which nobody goes live, in minutes since midnight of the house's own time. They may span midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuietHours {
    /// First quiet minute, 0 to 1439.
    pub from: u16,
    /// First minute that is not quiet any more, 0 to 1439; never the same as `from`.
    pub to: u16,
}

impl QuietHours {
    /// Is this minute since midnight quiet?
    pub fn holds(self, minute: u16) -> bool {
        match self.from <= self.to {
            true => (self.from..self.to).contains(&minute),
            false => minute >= self.from || minute < self.to,
        }
    }
}

/// See the module. Stored as it is: new fields need a new version of the row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HouseSettings {
    /// Who may make an account.
    pub joining: Joining,
    /// When nobody goes live; counts only while the clock is known.
    pub quiet: Option<QuietHours>,
    /// How far the house's time is ahead of UTC, minutes, summer time included: the owner's browser knows.
    pub utc_offset_minutes: i16,
    /// Most that one encoder should send, bits/s, for those who have no bound of their own.
    pub bitrate_max: Option<u32>,
}

impl People {
    /// The house as it is set now.
    pub fn house(&self) -> HouseSettings {
        self.directory().house
    }

    /// Sets it; for owners. Writes durably (blocks).
    pub fn set_house(&self, by: AccountId, house: HouseSettings) -> Result<(), PeopleError> {
        self.must_run_the_house(by)?;
        house.check()?;
        let _turn = self.change();
        self.store.put::<House>(&(), &house)?;
        self.show(|directory| directory.house = house);
        Ok(())
    }
}

impl HouseSettings {
    /// Whether each value is within its bounds: quiet hours within a day, the time zone one that there is, the bit rate one
    /// that a picture fits into.
    pub fn check(&self) -> Result<(), PeopleError> {
        let range = |what, least, most| PeopleError::Range { what, least, most };
        let fits = |q: QuietHours| q.from < DAY_MINUTES && q.to < DAY_MINUTES && q.from != q.to;
        if !self.quiet.is_none_or(fits) {
            return Err(range("quiet hours", 0, u32::from(DAY_MINUTES) - 1));
        }
        if !(-OFFSET_MOST..=OFFSET_MOST).contains(&self.utc_offset_minutes) {
            return Err(range(
                "minutes ahead of UTC",
                0,
                OFFSET_MOST.unsigned_abs().into(),
            ));
        }
        check_bitrate(self.bitrate_max)
    }
}

pub(super) fn check_bitrate(bitrate: Option<u32>) -> Result<(), PeopleError> {
    match bitrate.is_none_or(|bitrate| bitrate >= BITRATE_LEAST) {
        true => Ok(()),
        false => Err(PeopleError::Range {
            what: "the bit rate",
            least: BITRATE_LEAST,
            most: u32::MAX,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quiet_hours_may_span_midnight() {
        let night = QuietHours {
            from: 22 * 60,
            to: 7 * 60,
        };
        let nap = QuietHours {
            from: 13 * 60,
            to: 14 * 60,
        };
        let quiet = |q: QuietHours| [0, 419, 420, 780, 839, 840, 1319, 1320].map(|m| q.holds(m));
        assert_eq!(
            quiet(night),
            [true, true, false, false, false, false, false, true]
        );
        assert_eq!(
            quiet(nap),
            [false, false, false, true, true, false, false, false]
        );
    }
}
