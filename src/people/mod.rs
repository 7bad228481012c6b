//! Floor 4, *people*: accounts, keys, sessions: rules over the store. Knows no HTTP.
//!
//! Everybody is held in memory ([`directory`]); a change is written to the store first, then shown there. So lookups (a publisher's
//! key, a page's session) never wait for flash, and what was acknowledged is what a restart finds.

mod accounts;
mod directory;
mod key_text;
mod keys;
mod log_in;
pub mod names;
mod password;
mod powered;
mod secret;
mod session;
pub mod setup;
mod tables;
pub mod throttle;

pub use accounts::{Account, Added, NewAccount, PeopleError};
pub use key_text::KeyText;
pub use keys::KeyView;
pub use log_in::{LogInError, Session};
pub use names::NameError;
pub use password::{PasswordError, check_password};
pub use tables::TABLES;

use crate::limits::people::SEQUENCE_BLOCK_MAX;
use crate::store::{Store, StoreError};
use crate::time::Mono;
use directory::Directory;
use log_in::Tries;
use password::Hasher;
use powered::PoweredTime;
use secret::DeviceSecret;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};
use tables::{Accounts, Keys, Next, Sequences};

/// An account's number, for life.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub struct AccountId(pub u32);

/// A stream key's number, for life.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub struct KeyId(pub u32);

/// What a person may do. Stored by position: new ones go to the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Role {
    /// Runs the house.
    Owner,
    /// Watches, comments, goes live.
    Member,
    /// Only watches.
    Guest,
    /// Watches and follows; neither comments nor goes live.
    Child,
}

impl Role {
    /// May this person go live?
    pub fn may_publish(self) -> bool {
        matches!(self, Role::Owner | Role::Member)
    }
}

/// Whose key it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyHolder {
    /// The person.
    pub account: AccountId,
    /// Their NAME, also the channel's.
    pub name: String,
    /// Any text ≤ 64 characters.
    pub display_name: String,
    /// Which of their keys.
    pub key: KeyId,
}

/// See the module.
#[derive(Debug)]
pub struct People {
    store: Arc<Store>,
    secret: DeviceSecret,
    hasher: Hasher,
    powered: PoweredTime,
    directory: RwLock<Directory>,
    /// Held while a change is checked, written and shown, so that two can't both find a name free.
    changing: Mutex<()>,
    reserving: Mutex<()>,
    tries: Mutex<Tries>,
}

impl People {
    /// Over an open store; `secret_dir` holds the device secret (made on first use, 0600), outside the store.
    pub fn open(store: Arc<Store>, secret_dir: &Path) -> Result<People, StoreError> {
        let unreadable = |e: std::io::Error| {
            let dir = secret_dir.display();
            StoreError::Io(format!("the device secret in {dir}: {e}"))
        };
        let secret = DeviceSecret::open(secret_dir).map_err(unreadable)?;
        let hasher = Hasher::new().map_err(|e| StoreError::Io(e.to_string()))?;
        let directory = load(&store)?;
        Ok(People {
            powered: PoweredTime::open(&store)?,
            store,
            secret,
            hasher,
            directory: RwLock::new(directory),
            changing: Mutex::new(()),
            reserving: Mutex::new(()),
            tries: Mutex::new(Tries::new()),
        })
    }

    /// The next media sequence number of a channel, with this many reserved durably after it (one store write; blocks).
    pub fn reserve_sequence(&self, account: AccountId, count: u64) -> Result<u64, StoreError> {
        self.reserve_sequence_from(account, 0, count)
    }

    /// The same, with no number below `least`: those that were used while the store could not write.
    pub fn reserve_sequence_from(
        &self,
        account: AccountId,
        least: u64,
        count: u64,
    ) -> Result<u64, StoreError> {
        let full = StoreError::Full("media sequence numbers");
        if count > SEQUENCE_BLOCK_MAX {
            return Err(full);
        }
        let _turn = self
            .reserving
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let first = self.next_sequence(account)?.max(least);
        let after = first.checked_add(count).ok_or(full)?;
        self.store.put::<Sequences>(&account, &after)?;
        Ok(first)
    }

    /// The first media sequence number of a channel that the store knows nothing of. Reads only.
    pub fn next_sequence(&self, account: AccountId) -> Result<u64, StoreError> {
        Ok(self.store.get::<Sequences>(&account)?.unwrap_or(0))
    }

    /// Writes powered-on time if it is due (at most once an hour, batched). Call it now and then.
    pub fn keep_time(&self, now: Mono) -> Result<(), StoreError> {
        self.powered.keep(&self.store, now)
    }

    /// An orderly stop: powered-on time goes on exactly here next time.
    pub fn stop(&self, now: Mono) -> Result<(), StoreError> {
        self.powered.stop(&self.store, now)
    }

    fn directory(&self) -> RwLockReadGuard<'_, Directory> {
        self.directory
            .read()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn show(&self, change: impl FnOnce(&mut Directory)) {
        let mut directory = self.directory.write();
        change(
            directory
                .as_mut()
                .map_or_else(|e| &mut **e.get_mut(), |d| &mut **d),
        );
    }

    fn change(&self) -> MutexGuard<'_, ()> {
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn load(store: &Store) -> Result<Directory, StoreError> {
    let mut directory = Directory::default();
    directory.next = store.get::<Next>(&())?.unwrap_or_default();
    for (id, row) in store.scan::<Accounts>()? {
        directory.put_account(id, row);
    }
    for (id, row) in store.scan::<Keys>()? {
        directory.put_key(id, row);
    }
    Ok(directory)
}
