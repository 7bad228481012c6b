//! What readers see: the index, the files, and the batched rows that are not in them yet.

use crate::store::error::StoreError;
use crate::store::frame::Record;
use crate::store::index::{Digest, Index, Place};
use crate::store::storage::LogFile;
use std::collections::HashMap;
use std::sync::Arc;

/// A batched write that waits for its commit.
#[derive(Clone, Debug)]
pub(crate) struct Waiting {
    pub(crate) ticket: u64,
    pub(crate) table: u8,
    pub(crate) version: u8,
    pub(crate) key: Vec<u8>,
    pub(crate) value: Option<Vec<u8>>,
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct View {
    pub(crate) index: Index,
    pub(crate) waiting: HashMap<Digest, Waiting>,
    pub(crate) files: Vec<Option<Arc<dyn LogFile>>>,
    /// Bytes of records that the log can hold, however live.
    pub(crate) capacity: usize,
    pub(crate) counters: Counters,
}

/// What the log has seen so far.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counters {
    pub(crate) written: u64,
    pub(crate) asked: u64,
    pub(crate) commits: u64,
    pub(crate) free_files: usize,
    pub(crate) lost: usize,
}

/// A record read from the files.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    bytes: Vec<u8>,
}

impl Stored {
    /// None if the bytes are damaged.
    pub(crate) fn record(&self) -> Option<Record<'_>> {
        Record::parse(&self.bytes).map(|(record, _, _)| record)
    }
}

impl View {
    /// Reads what lies at `place`.
    pub(crate) fn read(&self, place: Place) -> Result<Stored, StoreError> {
        let mut bytes = vec![0; place.length()];
        let Some(Some(file)) = self.files.get(place.segment()) else {
            return Err(StoreError::Read("a log file is missing".to_owned()));
        };
        file.read_at(&mut bytes, place.offset() as u64)
            .map_err(|e| StoreError::Read(e.to_string()))?;
        Ok(Stored { bytes })
    }

    /// The row that the files hold under a key, with its version, as of the last commit.
    pub(crate) fn committed(
        &self,
        digest: &Digest,
        table: u8,
        key: &[u8],
    ) -> Result<Option<(u8, Vec<u8>)>, Unreadable> {
        let Some(place) = self.index.get(digest) else {
            return Ok(None);
        };
        let stored = self.read(place).map_err(Unreadable::Failed)?;
        match stored.record() {
            Some(record) if record.table == table && record.key == key => {
                Ok(record.value.map(|value| (record.version, value.to_owned())))
            }
            _ => Err(Unreadable::Damaged),
        }
    }
}

/// Why a row could not be read.
#[derive(Debug)]
pub(crate) enum Unreadable {
    Failed(StoreError),
    Damaged,
}

impl Unreadable {
    pub(crate) fn of(self, table: &'static str) -> StoreError {
        match self {
            Unreadable::Failed(error) => error,
            Unreadable::Damaged => StoreError::Damaged { table },
        }
    }
}
