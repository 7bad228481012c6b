//! Password reset links: the owner gives one to somebody who forgot.

use super::key_text::random_text;
use super::secret::Purpose;
use super::tables::{ResetRow, Resets};
use super::{Account, AccountId, People, PeopleError};
use crate::limits::people::{LINK_SECRET_CHARACTERS, RESET_MINUTES};
use crate::time::Mono;
use std::net::IpAddr;

/// A fresh link; its secret is never shown again.
#[derive(Clone, Debug)]
pub struct ResetLink {
    /// What the link carries.
    pub secret: String,
    /// How long it counts, minutes of powered-on time.
    pub minutes_left: u32,
}

impl People {
    /// Makes a link by which `whose` can give themselves a new password, once; an earlier one counts no more. For owners.
    /// Writes durably (blocks).
    pub fn reset_link(
        &self,
        by: AccountId,
        whose: AccountId,
        now: Mono,
    ) -> Result<ResetLink, PeopleError> {
        self.must_run_the_house(by)?;
        let _turn = self.change();
        self.account_row(whose)?;
        let secret = random_text(LINK_SECRET_CHARACTERS).map_err(|_| PeopleError::Random)?;
        let row = ResetRow {
            lookup: self.link_mac(Purpose::Reset, &secret),
            expires: self.powered.minute(now).saturating_add(RESET_MINUTES),
        };
        self.store.put::<Resets>(&whose, &row)?;
        self.show(|directory| {
            directory.resets.insert(whose, row);
        });
        Ok(ResetLink {
            secret,
            minutes_left: RESET_MINUTES,
        })
    }

    /// Whose password a link gives anew; None if it does not count.
    pub fn reset_of(&self, secret: &str, now: Mono) -> Option<Account> {
        let minute = self.powered.minute(now);
        let lookup = self.link_lookup(Purpose::Reset, secret)?;
        let directory = self.directory();
        let counts = |row: &ResetRow| row.lookup == lookup && row.expires > minute;
        let mut resets = directory.resets.iter();
        let (id, _) = resets.find(|(_, row)| counts(row))?;
        directory.view(*id)
    }

    /// Uses a link: gives the new password, ends all sessions of the person, and the link. Throttled by address. Hashes and
    /// writes durably (blocks).
    pub fn reset_password(
        &self,
        secret: &str,
        password: &str,
        from: IpAddr,
        now: Mono,
    ) -> Result<AccountId, PeopleError> {
        let address = from.to_canonical();
        if let Some(seconds) = self.tries().joins.wait(&address, now) {
            return Err(super::LogInError::Slow(seconds).into());
        }
        let Some(account) = self.reset_of(secret, now) else {
            self.tries().joins.failed(&address, now);
            return Err(PeopleError::Link);
        };
        let password = self.hasher.hash(password)?;
        let _turn = self.change();
        // Somebody may have used it while the password was hashed.
        let account = self
            .reset_of(secret, now)
            .filter(|again| again.id == account.id);
        let id = account.ok_or(PeopleError::Link)?.id;
        self.end_ways_in(id, |row| row.password = password)?;
        Ok(id)
    }
}
