//! Deleting an account and all that is its person's.
//!
//! Account, keys and channel go at once, in one commit, and the NAME is kept back. What is left in other people's rows (comments,
//! follows, mutes) is not shown any more from then on and is cleaned away after it; if the power is cut meanwhile, at the next start.

use super::tables::{
    Accounts, Channels, CommentHeads, CommentRow, Comments, Descriptions, Follows, Invitations,
    KeyUses, Keys, LastHeres, LastLives, Mutes, Resets, Retired, RetiredRow, Sequences,
};
use super::{AccountId, KeyId, People, PeopleError, PictureOf, Role};
use crate::limits::people::{COMMENTS_KEPT, RETIRED_NAMES_MAX};
use crate::store::{Batch, StoreError, Table};
use crate::time::Mono;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Rows that one commit of the cleaning takes: with their largest, well under what a batch may hold.
const ROWS_A_COMMIT: usize = 32;

/// Who is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deleted {
    /// The number, which nobody gets again.
    pub account: AccountId,
    /// NAME, also the channel's; nobody gets it for 90 days of powered-on time.
    pub name: String,
    /// Keys that are gone: a stream by one of them is to be ended.
    pub keys: Vec<KeyId>,
}

impl People {
    /// Deletes one's own account, with the password told again. Throttled like a log-in. Hashes and writes durably (blocks).
    pub fn delete_own_account(
        &self,
        id: AccountId,
        password: &str,
        from: IpAddr,
        now: Mono,
    ) -> Result<Deleted, PeopleError> {
        self.confirm_password(id, password, from, now)?;
        self.delete(id, now)
    }

    /// Deletes somebody's account; for owners. Writes durably (blocks).
    pub fn delete_account(
        &self,
        by: AccountId,
        whose: AccountId,
        now: Mono,
    ) -> Result<Deleted, PeopleError> {
        self.must_run_the_house(by)?;
        self.delete(whose, now)
    }

    /// Did this NAME belong to somebody who was deleted, and to nobody since? Waits for nothing.
    pub fn is_retired(&self, name: &str) -> bool {
        self.directory().retired.contains_key(name)
    }

    fn delete(&self, id: AccountId, now: Mono) -> Result<Deleted, PeopleError> {
        let turn = self.change();
        let row = self.account_row(id)?;
        if row.role == Role::Owner && self.directory().owners() < 2 {
            return Err(PeopleError::LastOwner);
        }
        let keys: Vec<KeyId> = self.directory().keys_of(id).map(|(key, _)| key).collect();
        let mut batch = self.removal_of(id, &keys);
        let retired = RetiredRow {
            account: id,
            since: self.powered.minute(now),
            clean: false,
        };
        batch.put::<Retired>(&row.name, &retired);
        let forgotten = self.retired_too_long(&row.name);
        if let Some(name) = &forgotten {
            batch.remove::<Retired>(name);
        }
        self.store.commit(batch)?;
        self.show(|directory| {
            if let Some(name) = &forgotten {
                directory.retired.remove(name);
            }
            directory.remove_account(id);
            directory.retired.insert(row.name.clone(), retired);
        });
        drop(turn);
        self.clean_after(&row.name, retired)?;
        Ok(Deleted {
            account: id,
            name: row.name,
            keys,
        })
    }

    /// All rows that are this person's own.
    fn removal_of(&self, id: AccountId, keys: &[KeyId]) -> Batch {
        let mut batch = Batch::new();
        for key in keys {
            batch.remove::<Keys>(key);
            batch.remove::<KeyUses>(key);
        }
        batch.remove::<Accounts>(&id);
        batch.remove::<Channels>(&id);
        batch.remove::<Descriptions>(&id);
        batch.remove::<Follows>(&id);
        batch.remove::<Mutes>(&id);
        batch.remove::<Resets>(&id);
        batch.remove::<Sequences>(&id);
        batch.remove::<LastLives>(&id);
        batch.remove::<LastHeres>(&id);
        let directory = self.directory();
        let invitations = directory.invitations.iter();
        for (number, _) in invitations.filter(|(_, row)| row.made_by == id) {
            batch.remove::<Invitations>(number);
        }
        drop(directory);
        self.take_picture(PictureOf::Person(id), &mut batch);
        self.take_picture(PictureOf::Channel(id), &mut batch);
        batch
    }

    /// The NAME that is free again because so many are kept back.
    fn retired_too_long(&self, but: &str) -> Option<String> {
        let directory = self.directory();
        if directory.retired.len() < RETIRED_NAMES_MAX {
            return None;
        }
        let others = directory
            .retired
            .iter()
            .filter(|(name, row)| *name != but && row.clean);
        let oldest = others.min_by_key(|(_, row)| row.since)?;
        Some(oldest.0.clone())
    }

    /// At start: what a power cut left of deletions.
    pub(super) fn finish_deletions(&self) -> Result<(), StoreError> {
        let directory = self.directory();
        let unclean = directory.retired.iter().filter(|(_, row)| !row.clean);
        let unclean: Vec<_> = unclean.map(|(name, row)| (name.clone(), *row)).collect();
        drop(directory);
        for (name, row) in unclean {
            self.clean_after(&name, row)?;
        }
        Ok(())
    }

    fn clean_after(&self, name: &str, row: RetiredRow) -> Result<(), StoreError> {
        let (gone, mut commenting) = (row.account, self.commenting());
        commenting.forget(gone);
        let channels: Vec<AccountId> = self.directory().comments.keys().copied().collect();
        for channel in channels.into_iter().filter(|channel| *channel != gone) {
            self.clean_comments(channel, gone)?;
        }
        self.clean_channel(gone)?;
        drop(commenting);
        let _turn = self.change();
        let directory = self.directory();
        let (follows, mutes) = (directory.follows.clone(), directory.mutes.clone());
        drop(directory);
        self.clean_lists::<Follows>(&follows, gone)?;
        self.clean_lists::<Mutes>(&mutes, gone)?;
        let clean = RetiredRow { clean: true, ..row };
        self.store.put::<Retired>(&name.to_owned(), &clean)?;
        self.show(|directory| {
            directory.forget(gone);
            directory.retired.insert(name.to_owned(), clean);
        });
        Ok(())
    }

    /// Takes `gone` out of everybody's list.
    fn clean_lists<T>(
        &self,
        lists: &BTreeMap<AccountId, Vec<AccountId>>,
        gone: AccountId,
    ) -> Result<(), StoreError>
    where
        T: Table<Key = AccountId, Row = Vec<AccountId>>,
    {
        let with: Vec<_> = lists
            .iter()
            .filter(|(_, list)| list.contains(&gone))
            .collect();
        for some in with.chunks(ROWS_A_COMMIT) {
            let mut batch = Batch::new();
            for (id, list) in some {
                let left = list.iter().copied().filter(|other| *other != gone);
                batch.put::<T>(id, &left.collect());
            }
            self.store.commit(batch)?;
        }
        Ok(())
    }

    /// Takes what `gone` said on another's channel away.
    fn clean_comments(&self, channel: AccountId, gone: AccountId) -> Result<(), StoreError> {
        let nobody = AccountId(0);
        let theirs = |row: &CommentRow| row.author == gone;
        let rows = self.comment_rows(channel).filter(|(_, row)| theirs(row));
        let nobodys = |row| CommentRow {
            author: nobody,
            removed_by: Some(nobody),
            ..row
        };
        let mut rows = rows.map(|(place, row)| (place, nobodys(row)));
        loop {
            let some: Vec<(u16, CommentRow)> = rows.by_ref().take(ROWS_A_COMMIT).collect();
            if some.is_empty() {
                return Ok(());
            }
            self.blank_comments(channel, some)?;
        }
    }

    /// Takes all comments on the channel of `gone` away.
    fn clean_channel(&self, gone: AccountId) -> Result<(), StoreError> {
        if self.store.get::<CommentHeads>(&gone)?.is_none() {
            return Ok(());
        }
        let places: Vec<u16> = (0..COMMENTS_KEPT).collect();
        for some in places.chunks(ROWS_A_COMMIT) {
            let mut batch = Batch::new();
            for place in some {
                if self
                    .store
                    .get::<Comments>(&(gone, *place))
                    .is_ok_and(|row| row.is_none())
                {
                    continue;
                }
                batch.remove::<Comments>(&(gone, *place));
            }
            self.store.commit(batch)?;
        }
        self.store.remove::<CommentHeads>(&gone)
    }
}
