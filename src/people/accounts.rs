//! Accounts: making and changing them.

use super::directory::Directory;
use super::invitations::Ticket;
use super::key_text::KeyText;
use super::keys::sealed_row;
use super::password::PasswordError;
use super::tables::{AccountRow, Accounts, Keys, Next, NextRow, Resets, Retired};
use super::{AccountId, KeyId, LogInError, NameError, People, PictureHash, Role, names};
use crate::limits::people::{ACCOUNTS_MAX, KEYS_MAX, RETIRED_NAME_MINUTES};
use crate::store::{Batch, StoreError};

/// A person as pages show them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Number, for life.
    pub id: AccountId,
    /// Permanent handle, also the channel's.
    pub name: String,
    /// What they are called.
    pub display_name: String,
    /// What they may do.
    pub role: Role,
    /// Their picture.
    pub picture: Option<PictureHash>,
    /// An owner has taken comments from them, on all channels.
    pub muted: bool,
    /// None of their keys works for now.
    pub keys_paused: bool,
}

/// Who is to be added.
#[derive(Clone, Copy, Debug)]
pub struct NewAccount<'a> {
    /// What the person is called, as typed.
    pub display_name: &'a str,
    /// NAME as typed; None or empty: made from the display name.
    pub name: Option<&'a str>,
    /// Password as typed.
    pub password: &'a str,
    /// What they may do.
    pub role: Role,
}

/// Who was added.
#[derive(Clone, Debug)]
pub struct Added {
    /// Number, for life.
    pub account: AccountId,
    /// NAME.
    pub name: String,
    /// The first stream key; None for those who may not go live.
    pub key: Option<KeyText>,
}

/// Why a change was refused.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PeopleError {
    /// The display name (or a key's label) is not one.
    #[error("display name: {0}")]
    DisplayName(NameError),
    /// The NAME is not one.
    #[error("name: {0}")]
    Name(NameError),
    /// No NAME can be made from the display name: one is to be asked for.
    #[error("this name gives no address of a-z and 0-9; give one with it")]
    NoAddress,
    /// Somebody has this NAME.
    #[error("this name is taken")]
    Taken,
    /// There is an owner already.
    #[error("this box has an owner already")]
    OwnerExists,
    /// No such account, or no such key of this account.
    #[error("no such {0}")]
    Unknown(&'static str),
    /// Neither theirs nor for their role.
    #[error("this is for others to do")]
    NotAllowed,
    /// A house has an owner.
    #[error("this is the only owner: make somebody else owner first")]
    LastOwner,
    /// A text is not fit.
    #[error("{what}: {why}")]
    Text {
        /// Which one.
        what: &'static str,
        /// What is wrong with it.
        why: NameError,
    },
    /// A number is out of its range.
    #[error("{what} is from {least} to {most}")]
    Range {
        /// Which one.
        what: &'static str,
        /// Least that is possible.
        least: u32,
        /// Most that is possible.
        most: u32,
    },
    /// The person's own password was not given.
    #[error("{0}")]
    LogIn(#[from] LogInError),
    /// The link does not count: never made, used, or run out.
    #[error("this link does not work any more: ask for a new one")]
    Link,
    /// A bound was met.
    #[error("no room for more {0}")]
    Full(&'static str),
    /// The password is not fit, or could not be hashed.
    #[error("{0}")]
    Password(#[from] PasswordError),
    /// The store refused.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// The system gave no random bytes.
    #[error("the system gives no random bytes")]
    Random,
}

impl People {
    /// Is there an owner? Without one the box is waiting for its set-up code.
    pub fn has_owner(&self) -> bool {
        self.directory().has_owner()
    }

    /// Adds a person, with a first stream key if they may go live. Hashes and writes durably (blocks).
    pub fn add_account(&self, new: NewAccount<'_>) -> Result<Added, PeopleError> {
        self.add(new, |_| Ok(None))
    }

    /// Makes the owner's account; of two at the same time exactly one wins. Hashes and writes durably (blocks).
    pub fn claim_owner(&self, new: NewAccount<'_>) -> Result<Added, PeopleError> {
        let new = NewAccount {
            role: Role::Owner,
            ..new
        };
        let unowned = |directory: &Directory| match directory.has_owner() {
            true => Err(PeopleError::OwnerExists),
            false => Ok(None),
        };
        unowned(&self.directory())?;
        self.add(new, unowned)
    }

    /// Adds a person if `ticket`, asked under the lock, lets them in.
    pub(super) fn add<E: From<PeopleError>>(
        &self,
        new: NewAccount<'_>,
        ticket: impl Fn(&Directory) -> Result<Option<Ticket>, E>,
    ) -> Result<Added, E> {
        let (name, display_name) = chosen_names(&new)?;
        self.has_room_for(&name)?;
        let password = self.hasher.hash(new.password).map_err(PeopleError::from)?;
        let _turn = self.change();
        let ticket = ticket(&self.directory())?;
        self.has_room_for(&name)?;
        let row = AccountRow {
            name,
            display_name,
            role: new.role,
            password,
            epoch: 0,
            joined: Some(self.latest_stamp()),
            invited_by: ticket.as_ref().map(Ticket::made_by),
            muted: false,
            keys_paused: false,
            bitrate_max: None,
        };
        Ok(self.put_new_account(row, ticket)?)
    }

    fn put_new_account(
        &self,
        row: AccountRow,
        ticket: Option<Ticket>,
    ) -> Result<Added, PeopleError> {
        let (name, next) = (row.name.clone(), self.directory().next);
        if row.role.may_publish() && self.directory().keys.len() >= KEYS_MAX {
            return Err(PeopleError::Full("keys"));
        }
        let (account, key_id) = (AccountId(next.account), KeyId(next.key));
        let key = match row.role.may_publish() {
            true => Some(sealed_row(&self.secret, account, key_id, "")?),
            false => None,
        };
        let mut batch = Batch::new();
        batch.put::<Accounts>(&account, &row);
        batch.put::<Next>(&(), &after(next, key.is_some())?);
        if let Some((_, key_row)) = &key {
            batch.put::<Keys>(&key_id, key_row);
        }
        if let Some(ticket) = &ticket {
            ticket.stamp(&mut batch);
        }
        if self.directory().retired.contains_key(&name) {
            batch.remove::<Retired>(&name);
        }
        self.store.commit(batch)?;

        let (key, key_row) = key.unzip();
        self.show(|directory| {
            directory.retired.remove(&name);
            directory.put_account(account, row);
            if let Some(key_row) = key_row {
                directory.put_key(key_id, key_row);
            }
            if let Some(ticket) = ticket {
                ticket.show(directory);
            }
        });
        Ok(Added { account, name, key })
    }

    fn has_room_for(&self, name: &str) -> Result<(), PeopleError> {
        let minute = self.powered.minute(self.powered.latest());
        let directory = self.directory();
        let kept_back = |since: u32| minute.saturating_sub(since) < RETIRED_NAME_MINUTES;
        let retired = directory.retired.get(name);
        if directory.named(name).is_some() || retired.is_some_and(|row| kept_back(row.since)) {
            return Err(PeopleError::Taken);
        }
        if directory.accounts.len() >= ACCOUNTS_MAX {
            return Err(PeopleError::Full("people"));
        }
        Ok(())
    }

    /// A person by number.
    pub fn account(&self, id: AccountId) -> Option<Account> {
        let directory = self.directory();
        directory.view(id)
    }

    /// A person by NAME.
    pub fn account_named(&self, name: &str) -> Option<Account> {
        let directory = self.directory();
        let id = directory.named(name)?;
        directory.view(id)
    }

    /// Everybody, by number.
    pub fn accounts(&self) -> Vec<Account> {
        let directory = self.directory();
        let ids = directory.accounts.keys();
        ids.filter_map(|id| directory.view(*id)).collect()
    }

    /// Changes what a person is called. Writes durably (blocks).
    pub fn set_display_name(&self, id: AccountId, typed: &str) -> Result<(), PeopleError> {
        let display_name = names::display_name(typed).map_err(PeopleError::DisplayName)?;
        self.update_account(id, |row| row.display_name = display_name)
    }

    /// Gives a new password; sessions of this person and a link for another one count no more. Hashes and writes durably
    /// (blocks).
    pub fn set_password(&self, id: AccountId, password: &str) -> Result<(), PeopleError> {
        let password = self.hasher.hash(password)?;
        let _turn = self.change();
        self.end_ways_in(id, |row| row.password = password)
    }

    /// Ends all sessions of a person, and a link for a new password. Writes durably (blocks).
    pub fn end_sessions(&self, id: AccountId) -> Result<(), PeopleError> {
        let _turn = self.change();
        self.end_ways_in(id, |_| ())
    }

    /// Changes a row under the lock; what was given out to come in as this person counts no more.
    pub(super) fn end_ways_in(
        &self,
        id: AccountId,
        change: impl FnOnce(&mut AccountRow),
    ) -> Result<(), PeopleError> {
        let mut row = self.account_row(id)?;
        change(&mut row);
        row.epoch = row.epoch.wrapping_add(1);
        let mut batch = Batch::new();
        batch.put::<Accounts>(&id, &row);
        if self.directory().resets.contains_key(&id) {
            batch.remove::<Resets>(&id);
        }
        self.store.commit(batch)?;
        self.show(|directory| {
            directory.put_account(id, row);
            directory.resets.remove(&id);
        });
        Ok(())
    }

    pub(super) fn update_account(
        &self,
        id: AccountId,
        change: impl FnOnce(&mut AccountRow),
    ) -> Result<(), PeopleError> {
        let _turn = self.change();
        let mut row = self.account_row(id)?;
        change(&mut row);
        self.put_account_row(id, row)
    }

    pub(super) fn account_row(&self, id: AccountId) -> Result<AccountRow, PeopleError> {
        let row = self.directory().accounts.get(&id).cloned();
        row.ok_or(PeopleError::Unknown("account"))
    }

    /// Writes and shows a row that was changed under the lock.
    pub(super) fn put_account_row(
        &self,
        id: AccountId,
        row: AccountRow,
    ) -> Result<(), PeopleError> {
        self.store.put::<Accounts>(&id, &row)?;
        self.show(|directory| directory.put_account(id, row));
        Ok(())
    }
}

impl Directory {
    /// A person as pages show them.
    pub(super) fn view(&self, id: AccountId) -> Option<Account> {
        let row = self.accounts.get(&id)?;
        Some(Account {
            id,
            name: row.name.clone(),
            display_name: row.display_name.clone(),
            role: row.role,
            picture: self.picture_hash(super::PictureOf::Person(id)),
            muted: row.muted,
            keys_paused: row.keys_paused,
        })
    }
}

/// NAME and display name in their stored forms.
fn chosen_names(new: &NewAccount<'_>) -> Result<(String, String), PeopleError> {
    let display_name = names::display_name(new.display_name).map_err(PeopleError::DisplayName)?;
    let asked = new.name.map(str::trim).filter(|name| !name.is_empty());
    let name = match asked {
        Some(name) => {
            let name = name.to_ascii_lowercase();
            names::check_name(&name).map_err(PeopleError::Name)?;
            name
        }
        None => names::name_from(&display_name).ok_or(PeopleError::NoAddress)?,
    };
    Ok((name, display_name))
}

fn after(next: NextRow, with_key: bool) -> Result<NextRow, PeopleError> {
    let account = next
        .account
        .checked_add(1)
        .ok_or(PeopleError::Full("people"))?;
    let key = next.key.checked_add(u32::from(with_key));
    let key = key.ok_or(PeopleError::Full("keys"))?;
    Ok(NextRow { account, key })
}
