//! Floor 4, *people*: the household and its rules, over the store: accounts, keys, sessions, invitations, channels, follows,
//! comments. Knows no HTTP.
//!
//! Everybody is held in memory (`directory`); a change is written to the store first, then shown there. So lookups (a publisher's
//! key, a page's session) never wait for flash, and what was acknowledged is what a restart finds. Nothing calls back: who changes
//! something is told what came of it, and tells those who watch.

mod accounts;
mod admission;
mod calendar;
mod channel;
mod comments;
mod deletion;
mod directory;
mod export;
mod follows;
mod invitations;
mod key_text;
mod keys;
mod lineage;
mod log_in;
mod moderation;
pub mod names;
mod pass;
mod password;
mod pictures;
mod powered;
mod profile;
mod reset;
pub mod restore;
mod rights;
mod search;
mod secret;
mod session;
mod settings;
pub mod setup;
mod tables;
mod tags;
pub mod texts;
pub mod throttle;

pub use accounts::{Account, Added, NewAccount, PeopleError};
pub use admission::Refusal;
pub use calendar::Moment;
pub use channel::{Access, ChannelChange, ChannelProfile, Viewers, Visibility};
pub use comments::{Comment, CommentError, NewComment, Position, Removed};
pub use deletion::Deleted;
pub use export::Export;
pub use follows::Followed;
pub use invitations::{Door, Invitation, InvitationLink, JoinError, Joining, NewInvitation};
pub use key_text::KeyText;
pub use keys::{KeyState, KeyUse, KeyView};
pub use log_in::{LogInError, Session};
pub use names::NameError;
pub use password::{PasswordError, check_password};
pub use pictures::{PictureError, PictureHash, PictureInfo, PictureKind, PictureOf};
pub use profile::{Person, RoleChanged};
pub use reset::ResetLink;
pub use restore::RestoreError;
pub use search::{Found, Where};
pub use settings::{HouseSettings, QuietHours};
pub use tables::TABLES;
pub use tags::PopularTag;

use crate::limits::people::SEQUENCE_BLOCK_MAX;
use crate::store::{Store, StoreError};
use crate::time::Mono;
use comments::Commenting;
use directory::Directory;
use log_in::Tries;
use password::Hasher;
use powered::PoweredTime;
use secret::DeviceSecret;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};
use tables::Sequences;

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

    /// May this person comment?
    pub fn may_comment(self) -> bool {
        matches!(self, Role::Owner | Role::Member)
    }

    /// May this person change the house, and other people's roles, keys and comments?
    pub fn runs_the_house(self) -> bool {
        self == Role::Owner
    }

    /// Is this one of the family, who sees what is for members? A guest is not.
    pub fn is_of_the_house(self) -> bool {
        self != Role::Guest
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
    /// Held while a comment is placed.
    commenting: Mutex<Commenting>,
    tries: Mutex<Tries>,
    lineage: [u8; 16],
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
        let directory = Directory::load(&store)?;
        let people = People {
            powered: PoweredTime::open(&store)?,
            lineage: lineage::of(&store),
            store,
            secret,
            hasher,
            directory: RwLock::new(directory),
            changing: Mutex::new(()),
            reserving: Mutex::new(()),
            commenting: Mutex::default(),
            tries: Mutex::new(Tries::new()),
        };
        people.finish_deletions()?;
        Ok(people)
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
        self.powered.note(now);
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
