//! May this encoder go live now? Said in words that the encoder shows.

use super::tables::{KeyUseRow, KeyUses, LastLiveRow, LastLives};
use super::{AccountId, KeyHolder, Moment, People, PeopleError};
use crate::store::Batch;
use crate::time::Mono;
use std::net::IpAddr;

/// Why an encoder is turned away. The texts are shown by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// No such key, or one that was replaced or revoked.
    #[error("Wrong stream key")]
    Key,
    /// Guests and children watch.
    #[error("This account can watch but not go live. Ask the owner")]
    Role,
    /// The owner stopped the person's keys.
    #[error("The owner has paused your stream key. Ask the owner to resume it")]
    Paused,
    /// The person stopped this key.
    #[error("You have paused this stream key. Resume it on the Go live page")]
    KeyPaused,
    /// Quiet hours.
    #[error("Quiet hours. You can go live again at {:02}:{:02}", until / 60, until % 60)]
    Quiet {
        /// When they end, minutes since midnight.
        until: u16,
    },
}

impl People {
    /// May this person go live now?
    pub fn publish_allowed(&self, account: AccountId, now: Mono) -> Result<(), Refusal> {
        let quiet_until = self.quiet_until(now);
        let directory = self.directory();
        let row = directory.accounts.get(&account).ok_or(Refusal::Key)?;
        if !row.role.may_publish() {
            return Err(Refusal::Role);
        }
        if row.keys_paused {
            return Err(Refusal::Paused);
        }
        quiet_until.map_or(Ok(()), |until| Err(Refusal::Quiet { until }))
    }

    /// When the quiet hours end, minutes since midnight; None outside of them, and while the clock is unknown.
    pub fn quiet_until(&self, now: Mono) -> Option<u16> {
        let minute = self.local_minute(now)?;
        let quiet = self.house().quiet?;
        quiet.holds(minute).then_some(quiet.to)
    }

    /// Who goes live with this key text, if they may: all of [`People::holder_of_key`] and [`People::publish_allowed`], with
    /// the reason where they may not. Fast: no hashing of passwords, no disk.
    pub fn admit_key(&self, text: &str, now: Mono) -> Result<KeyHolder, Refusal> {
        self.powered.note(now);
        let holder = self.key_in_time(text).ok_or(Refusal::Key)?;
        self.publish_allowed(holder.account, now)?;
        let directory = self.directory();
        let key = directory.keys.get(&holder.key).ok_or(Refusal::Key)?;
        match key.paused {
            true => Err(Refusal::KeyPaused),
            false => Ok(holder),
        }
    }

    /// Notes that a session began: when and from where the key was used, and that the channel is live. One batched write a
    /// session; never call it while live.
    pub fn went_live(
        &self,
        holder: &KeyHolder,
        from: IpAddr,
        now: Mono,
    ) -> Result<(), PeopleError> {
        self.powered.note(now);
        let (at, channel) = (self.stamp(now), holder.account);
        let used = KeyUseRow {
            account: channel,
            at,
            from: from.to_canonical(),
        };
        let live = LastLiveRow {
            began: at,
            ended: None,
        };
        let _turn = self.change();
        if !self.directory().keys.contains_key(&holder.key) {
            return Err(PeopleError::Unknown("key"));
        }
        let mut batch = Batch::new();
        batch.put::<KeyUses>(&holder.key, &used);
        batch.put::<LastLives>(&channel, &live);
        self.store.commit(batch)?;
        self.show(|directory| {
            directory.key_uses.insert(holder.key, used);
            directory.last_lives.insert(channel, live);
        });
        Ok(())
    }

    /// Notes that a session ended. One batched write.
    pub fn went_off_air(&self, channel: AccountId, now: Mono) -> Result<(), PeopleError> {
        self.powered.note(now);
        let _turn = self.change();
        let row = self.directory().last_lives.get(&channel).copied();
        let Some(row) = row else { return Ok(()) };
        let row = LastLiveRow {
            ended: Some(self.stamp(now)),
            ..row
        };
        let mut batch = Batch::new();
        batch.put::<LastLives>(&channel, &row);
        self.store.commit(batch)?;
        self.show(|directory| {
            directory.last_lives.insert(channel, row);
        });
        Ok(())
    }

    /// When a channel was last live: its end, or its beginning if nobody knows the end. None: never.
    pub fn last_live(&self, channel: AccountId) -> Option<Moment> {
        let directory = self.directory();
        let row = directory.last_lives.get(&channel)?;
        Some(directory.moment(row.ended.unwrap_or(row.began)))
    }
}
