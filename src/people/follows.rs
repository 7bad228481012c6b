//! Following: whom somebody is told about. Everybody with an account may, guests and children too.

use super::directory::Directory;
use super::tables::Follows;
use super::{Account, AccountId, People, PeopleError};
use crate::limits::people::{FOLLOWED_MAX, FOLLOWERS_MAX};

/// What a follow or unfollow brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Followed {
    /// Whether the person follows the channel now.
    pub follows: bool,
    /// How many do.
    pub followers: usize,
}

impl People {
    /// Follows a channel; again changes nothing. Writes durably (blocks).
    pub fn follow(&self, who: AccountId, channel: AccountId) -> Result<Followed, PeopleError> {
        self.set_follow(who, channel, true)
    }

    /// Follows it no more, also if it is a channel no more. Writes durably (blocks).
    pub fn unfollow(&self, who: AccountId, channel: AccountId) -> Result<Followed, PeopleError> {
        self.set_follow(who, channel, false)
    }

    fn set_follow(
        &self,
        who: AccountId,
        channel: AccountId,
        follows: bool,
    ) -> Result<Followed, PeopleError> {
        let _turn = self.change();
        self.must_exist(who)?;
        let directory = self.directory();
        if who == channel || follows && directory.channel(channel).is_none() {
            return Err(PeopleError::Unknown("channel"));
        }
        let mut followed = directory.follows.get(&who).cloned().unwrap_or_default();
        let followers = directory.followers(channel).count();
        drop(directory);
        match (followed.binary_search(&channel), follows) {
            (Ok(_), true) | (Err(_), false) => return Ok(Followed { follows, followers }),
            (Err(_), true) if followed.len() >= FOLLOWED_MAX => {
                return Err(PeopleError::Full("channels to follow"));
            }
            (Err(_), true) if followers >= FOLLOWERS_MAX => {
                return Err(PeopleError::Full("followers"));
            }
            (Err(at), true) => followed.insert(at, channel),
            (Ok(at), false) => {
                followed.remove(at);
            }
        }
        followed.shrink_to_fit();
        self.store.put::<Follows>(&who, &followed)?;
        self.show(|directory| {
            directory.follows.insert(who, followed);
        });
        let followers = self.followers(channel).len();
        Ok(Followed { follows, followers })
    }

    /// Whether somebody follows a channel.
    pub fn follows(&self, who: AccountId, channel: AccountId) -> bool {
        self.directory().follows_channel(who, channel)
    }

    /// Whom somebody follows, by number.
    pub fn followed_by(&self, who: AccountId) -> Vec<AccountId> {
        let directory = self.directory();
        directory.follows.get(&who).cloned().unwrap_or_default()
    }

    /// Who follows a channel, by number.
    pub fn followers(&self, channel: AccountId) -> Vec<Account> {
        let directory = self.directory();
        let ids = directory.followers(channel);
        ids.filter_map(|id| directory.view(id)).collect()
    }
}

impl Directory {
    pub(super) fn followers(&self, channel: AccountId) -> impl Iterator<Item = AccountId> {
        let all = self.follows.iter();
        let of = all.filter(move |(_, followed)| followed.binary_search(&channel).is_ok());
        of.map(|(id, _)| *id)
    }

    fn follows_channel(&self, who: AccountId, channel: AccountId) -> bool {
        let followed = self.follows.get(&who);
        followed.is_some_and(|followed| followed.binary_search(&channel).is_ok())
    }
}
