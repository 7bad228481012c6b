//! Floor 4, *people*: accounts, keys, sessions: rules over the store. Knows no HTTP. (owner: helper G)
use crate::store::{Store, StoreError};
use std::path::Path;
use std::sync::Arc;

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
pub struct People {}

#[allow(clippy::todo)]
impl People {
    /// Over an open store; `secret_dir` holds the device secret (made on first use, 0600), outside the store.
    pub fn open(store: Arc<Store>, secret_dir: &Path) -> Result<People, StoreError> {
        let _ = (store, secret_dir);
        todo!()
    }
    /// Who owns this key text; dashes and case ignored; constant-time; None for any other text. Fast: no hashing of passwords, no disk.
    pub fn holder_of_key(&self, text: &str) -> Option<KeyHolder> {
        let _ = text;
        todo!()
    }
    /// The next media sequence number of a channel, with this many reserved durably after it (one store write; blocks).
    pub fn reserve_sequence(&self, account: AccountId, count: u64) -> Result<u64, StoreError> {
        let _ = (account, count);
        todo!()
    }
}
