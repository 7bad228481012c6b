//! A person's own things, and what owners see and set of people.

use super::settings::check_bitrate;
use super::tables::LastHeres;
use super::{Account, AccountId, KeyId, Moment, People, PeopleError, Role};
use crate::limits::people::LAST_HERE_SAVE_MINUTES;
use crate::store::Batch;
use crate::time::Mono;
use std::net::IpAddr;

/// A person as the owner's page lists them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Who.
    pub account: Account,
    /// Since when; None for accounts that are older than this record.
    pub joined: Option<Moment>,
    /// Who invited them, while that person is here.
    pub invited_by: Option<Account>,
    /// When they were last here, to half a day.
    pub last_here: Option<Moment>,
    /// When they last went live.
    pub last_live: Option<Moment>,
    /// Stream keys that they have.
    pub keys: usize,
    /// Bits/s that count for them instead of the house's.
    pub bitrate_max: Option<u32>,
}

/// What a change of role brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleChanged {
    /// As they are now.
    pub account: Account,
    /// Keys that stopped working: a stream by one of them is to be ended.
    pub stopped: Vec<KeyId>,
}

impl People {
    /// Everybody, by number; for owners.
    pub fn people_for(&self, by: AccountId) -> Result<Vec<Person>, PeopleError> {
        self.must_run_the_house(by)?;
        let directory = self.directory();
        let person = |id: &AccountId| {
            let row = directory.accounts.get(id)?;
            let last_live = directory.last_lives.get(id);
            Some(Person {
                account: directory.view(*id)?,
                joined: row.joined.map(|stamp| directory.moment(stamp)),
                invited_by: row.invited_by.and_then(|by| directory.view(by)),
                last_here: directory.last_heres.get(id).map(|at| directory.moment(*at)),
                last_live: last_live.map(|row| directory.moment(row.began)),
                keys: directory.keys_of(*id).count(),
                bitrate_max: row.bitrate_max,
            })
        };
        Ok(directory.accounts.keys().filter_map(person).collect())
    }

    /// Gives a person a new password, who tells the old one, and ends all their sessions. Throttled like a log-in. Hashes
    /// and writes durably (blocks).
    pub fn change_password(
        &self,
        id: AccountId,
        old: &str,
        new: &str,
        from: IpAddr,
        now: Mono,
    ) -> Result<(), PeopleError> {
        super::check_password(new)?;
        self.confirm_password(id, old, from, now)?;
        self.set_password(id, new)
    }

    /// Signs all devices of `whose` out; for themself and owners. Writes durably (blocks).
    pub fn sign_out_everywhere(&self, by: AccountId, whose: AccountId) -> Result<(), PeopleError> {
        self.must_be_or_run(by, whose)?;
        self.end_sessions(whose)
    }

    /// Gives somebody another role; for owners. Their sessions go on with it. Writes durably (blocks), unless it is the one that
    /// they have.
    pub fn set_role(
        &self,
        by: AccountId,
        whose: AccountId,
        role: Role,
    ) -> Result<RoleChanged, PeopleError> {
        let _turn = self.change();
        self.must_run_the_house(by)?;
        let mut row = self.account_row(whose)?;
        let steps_down = row.role == Role::Owner && role != Role::Owner;
        if steps_down && self.directory().owners() < 2 {
            return Err(PeopleError::LastOwner);
        }
        if row.role != role {
            row.role = role;
            self.put_account_row(whose, row)?;
        }
        let stopped = match role.may_publish() {
            true => Vec::new(),
            false => self.directory().keys_of(whose).map(|(id, _)| id).collect(),
        };
        let account = self.account(whose).ok_or(PeopleError::Unknown("account"))?;
        Ok(RoleChanged { account, stopped })
    }

    /// Sets how many bits/s somebody's encoder should send at most, instead of the house's bound; None: the house's. For
    /// owners. Writes durably (blocks).
    pub fn set_bitrate_max(
        &self,
        by: AccountId,
        whose: AccountId,
        bitrate: Option<u32>,
    ) -> Result<(), PeopleError> {
        self.must_run_the_house(by)?;
        check_bitrate(bitrate)?;
        self.update_account(whose, |row| row.bitrate_max = bitrate)
    }

    /// Most that somebody's encoder should send, bits/s.
    pub fn bitrate_max_of(&self, id: AccountId) -> Option<u32> {
        let directory = self.directory();
        let own = directory.accounts.get(&id).and_then(|row| row.bitrate_max);
        own.or(directory.house.bitrate_max)
    }

    /// Notes that somebody is here. Written batched, at most twice a day for each.
    pub fn is_here(&self, id: AccountId, now: Mono) -> Result<(), PeopleError> {
        let due = |directory: &super::directory::Directory| {
            let last = directory.last_heres.get(&id);
            let minute = |stamp: super::tables::Stamp| directory.moment(stamp).powered_ms / 60_000;
            let since = |last| minute(self.stamp(now)).saturating_sub(minute(last));
            directory.accounts.contains_key(&id)
                && last.is_none_or(|last| since(*last) >= u64::from(LAST_HERE_SAVE_MINUTES))
        };
        if !due(&self.directory()) {
            return Ok(());
        }
        let _turn = self.change();
        if !due(&self.directory()) {
            return Ok(());
        }
        let stamp = self.stamp(now);
        let mut batch = Batch::new();
        batch.put::<LastHeres>(&id, &stamp);
        self.store.commit(batch)?;
        self.show(|directory| {
            directory.last_heres.insert(id, stamp);
        });
        Ok(())
    }

    /// Takes comments from somebody on all channels, or gives them back; for owners, not about owners. Writes durably (blocks).
    pub fn set_muted(
        &self,
        by: AccountId,
        whose: AccountId,
        muted: bool,
    ) -> Result<(), PeopleError> {
        self.must_run_the_house(by)?;
        if muted && self.role_of(whose) == Some(Role::Owner) {
            return Err(PeopleError::NotAllowed);
        }
        self.update_account(whose, |row| row.muted = muted)
    }

    /// Stops all keys of somebody until they are resumed; for owners. Returns them: a stream by one is to be ended. Writes
    /// durably (blocks).
    pub fn pause_keys(&self, by: AccountId, whose: AccountId) -> Result<Vec<KeyId>, PeopleError> {
        self.must_run_the_house(by)?;
        self.update_account(whose, |row| row.keys_paused = true)?;
        Ok(self.directory().keys_of(whose).map(|(id, _)| id).collect())
    }

    /// Lets somebody's keys work again; for owners. Writes durably (blocks).
    pub fn resume_keys(&self, by: AccountId, whose: AccountId) -> Result<(), PeopleError> {
        self.must_run_the_house(by)?;
        self.update_account(whose, |row| row.keys_paused = false)
    }

    /// Whether somebody is in the house.
    pub(super) fn must_exist(&self, id: AccountId) -> Result<(), PeopleError> {
        match self.directory().accounts.contains_key(&id) {
            true => Ok(()),
            false => Err(PeopleError::Unknown("account")),
        }
    }
}
