//! Floor 3, *store*: what must survive a power cut, in a log that flash likes. Knows no media.
use serde::{Serialize, de::DeserializeOwned};
use std::path::Path;

/// How soon a write must be safe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// Acknowledged only when on flash.
    Durable,
    /// At most 60 s may be lost at a power cut.
    Batched,
}

/// A typed table: rows of one kind under keys of one kind.
pub trait Table {
    /// Tells its records from other tables'; never reused.
    const ID: u8;
    /// For tools and errors.
    const NAME: &'static str;
    /// Version of the row's layout that this daemon writes.
    const VERSION: u8;
    /// How its writes are acknowledged.
    const DURABILITY: Durability;
    /// Key; postcard of it orders nothing.
    type Key: Serialize + DeserializeOwned + Clone + Eq;
    /// Row of the current version.
    type Row: Serialize + DeserializeOwned + Clone;
    /// Reads a row of `version` (≤ VERSION); None if the bytes are no such row.
    fn migrate(version: u8, bytes: &[u8]) -> Option<Self::Row>;
}

/// What a write or read can meet; the texts are shown to people.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The card refused.
    #[error("the card could not be written: {0}")]
    Io(String),
    /// A stated bound was met.
    #[error("no room for more {0}")]
    Full(&'static str),
}

/// Why a store did not open; the texts are shown to people.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Another daemon has it.
    #[error("another hearth uses {0}")]
    Locked(String),
    /// Reading or making its files failed.
    #[error("cannot open the store in {path}: {reason}")]
    Io {
        /// Directory.
        path: String,
        /// What the system said.
        reason: String,
    },
}

/// Writes that become durable together or not at all.
#[derive(Debug, Default)]
pub struct Batch {}

/// See the module. Shared by reference between threads.
#[derive(Debug)]
pub struct Store {}

#[allow(clippy::todo)]
impl Batch {
    /// An empty batch.
    pub fn new() -> Batch {
        Batch {}
    }
    /// Adds a row.
    pub fn put<T: Table>(&mut self, key: &T::Key, row: &T::Row) -> &mut Batch {
        let _ = (key, row);
        todo!()
    }
    /// Removes a row.
    pub fn remove<T: Table>(&mut self, key: &T::Key) -> &mut Batch {
        let _ = key;
        todo!()
    }
}

#[allow(clippy::todo)]
impl Store {
    /// Opens (or makes) the store in `dir` and locks it.
    pub fn open(dir: &Path) -> Result<Store, OpenError> {
        let _ = dir;
        todo!()
    }
    /// A store in memory with the same behaviour, for tests of the floors above.
    pub fn in_memory() -> Store {
        todo!()
    }
    /// A row.
    pub fn get<T: Table>(&self, key: &T::Key) -> Result<Option<T::Row>, StoreError> {
        let _ = key;
        todo!()
    }
    /// Writes a row; returns when the table's durability is met (blocks the thread).
    pub fn put<T: Table>(&self, key: &T::Key, row: &T::Row) -> Result<(), StoreError> {
        let _ = (key, row);
        todo!()
    }
    /// Removes a row.
    pub fn remove<T: Table>(&self, key: &T::Key) -> Result<(), StoreError> {
        let _ = key;
        todo!()
    }
    /// All of a batch, atomically, with the strictest durability in it.
    pub fn commit(&self, batch: Batch) -> Result<(), StoreError> {
        let _ = batch;
        todo!()
    }
    /// All rows of a table, in no order that counts.
    pub fn scan<T: Table>(&self) -> Result<Vec<(T::Key, T::Row)>, StoreError> {
        todo!()
    }
    /// Flushes what is batched; no writes after it.
    pub fn close(&self) -> Result<(), StoreError> {
        todo!()
    }
}
