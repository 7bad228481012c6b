//! Muting somebody on a channel.

use super::tables::Mutes;
use super::{Account, AccountId, People, PeopleError, Role};
use crate::limits::people::MUTED_MAX;

impl People {
    /// Takes comments on a channel from somebody; for its owner and owners of the house, not about either. Writes durably
    /// (blocks).
    pub fn mute(
        &self,
        by: AccountId,
        channel: AccountId,
        who: AccountId,
    ) -> Result<(), PeopleError> {
        self.set_mute(by, channel, who, true)
    }

    /// Gives them back. Writes durably (blocks).
    pub fn unmute(
        &self,
        by: AccountId,
        channel: AccountId,
        who: AccountId,
    ) -> Result<(), PeopleError> {
        self.set_mute(by, channel, who, false)
    }

    fn set_mute(
        &self,
        by: AccountId,
        channel: AccountId,
        who: AccountId,
        muted: bool,
    ) -> Result<(), PeopleError> {
        let _turn = self.change();
        self.must_be_or_run(by, channel)?;
        let role = self.role_of(who).ok_or(PeopleError::Unknown("account"))?;
        if muted && (who == channel || role == Role::Owner) {
            return Err(PeopleError::NotAllowed);
        }
        let mutes = self.directory().mutes.get(&channel).cloned();
        let mut mutes = mutes.unwrap_or_default();
        match (mutes.binary_search(&who), muted) {
            (Ok(_), true) | (Err(_), false) => return Ok(()),
            (Err(_), true) if mutes.len() >= MUTED_MAX => {
                return Err(PeopleError::Full("muted people"));
            }
            (Err(at), true) => mutes.insert(at, who),
            (Ok(at), false) => {
                mutes.remove(at);
            }
        }
        mutes.shrink_to_fit();
        self.store.put::<Mutes>(&channel, &mutes)?;
        self.show(|directory| {
            directory.mutes.insert(channel, mutes);
        });
        Ok(())
    }

    /// Who is muted on a channel; for its owner and owners of the house.
    pub fn muted(&self, by: AccountId, channel: AccountId) -> Result<Vec<Account>, PeopleError> {
        self.must_be_or_run(by, channel)?;
        let directory = self.directory();
        let muted = directory.mutes.get(&channel).into_iter().flatten();
        Ok(muted.filter_map(|id| directory.view(*id)).collect())
    }

    /// Whether somebody may not comment on a channel, there or anywhere.
    pub fn is_muted(&self, channel: AccountId, who: AccountId) -> bool {
        let directory = self.directory();
        let everywhere = directory.accounts.get(&who).is_some_and(|row| row.muted);
        let here = directory.mutes.get(&channel);
        everywhere || here.is_some_and(|muted| muted.binary_search(&who).is_ok())
    }
}
