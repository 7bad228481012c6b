//! Typed tables, and the batches of writes to them.

use crate::limits::store::{MAX_KEY_BYTES, MAX_ROW_BYTES};
use crate::store::error::StoreError;
use serde::{Serialize, de::DeserializeOwned};

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

/// What opening and the tools need to know of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableInfo {
    /// [`Table::ID`].
    pub id: u8,
    /// [`Table::NAME`].
    pub name: &'static str,
    /// [`Table::VERSION`].
    pub version: u8,
}

impl TableInfo {
    /// Of a table.
    pub const fn of<T: Table>() -> TableInfo {
        TableInfo {
            id: T::ID,
            name: T::NAME,
            version: T::VERSION,
        }
    }
}

/// One write of a batch.
#[derive(Clone, Debug)]
pub(crate) struct Op {
    pub(crate) table: u8,
    pub(crate) version: u8,
    pub(crate) key: Vec<u8>,
    /// None removes the row.
    pub(crate) value: Option<Vec<u8>>,
}

/// What must hold of a row for a batch to be written.
#[derive(Clone, Debug)]
pub(crate) struct Requirement {
    pub(crate) table: u8,
    pub(crate) key: Vec<u8>,
    /// None: there is no row.
    pub(crate) row: Option<Vec<u8>>,
    /// Whether bytes of this version are that row.
    pub(crate) same: fn(u8, &[u8], &[u8]) -> bool,
}

/// Writes that become durable together or not at all.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    pub(crate) ops: Vec<Op>,
    pub(crate) requirements: Vec<Requirement>,
    pub(crate) durable: bool,
    pub(crate) error: Option<StoreError>,
}

impl Batch {
    /// An empty batch.
    pub fn new() -> Batch {
        Batch::default()
    }

    /// Whether nothing was added.
    pub fn is_empty(&self) -> bool {
        self.ops.is_empty()
    }

    /// Adds a row. What is wrong with it (too big) is told by the commit.
    pub fn put<T: Table>(&mut self, key: &T::Key, row: &T::Row) -> &mut Batch {
        self.add::<T>(key, Some(row))
    }

    /// Removes a row.
    pub fn remove<T: Table>(&mut self, key: &T::Key) -> &mut Batch {
        self.add::<T>(key, None)
    }

    /// Writes nothing of the batch, and fails with `Conflict`, if there is a row under `key` when its turn comes. Of any number of such batches exactly one wins.
    pub fn require_absent<T: Table>(&mut self, key: &T::Key) -> &mut Batch {
        self.require_row::<T>(key, None)
    }

    /// Writes nothing of the batch, and fails with `Conflict`, unless the row under `key` is `row` when its turn comes.
    pub fn require<T: Table>(&mut self, key: &T::Key, row: &T::Row) -> &mut Batch {
        self.require_row::<T>(key, Some(row))
    }

    fn add<T: Table>(&mut self, key: &T::Key, row: Option<&T::Row>) -> &mut Batch {
        self.durable |= T::DURABILITY == Durability::Durable;
        let op = encode_key::<T>(key).and_then(|key| {
            Ok(Op {
                table: T::ID,
                version: T::VERSION,
                key,
                value: row.map(|row| encode_row::<T>(row)).transpose()?,
            })
        });
        match op {
            Ok(op) => self.ops.push(op),
            Err(error) => self.error = Some(error),
        }
        self
    }

    fn require_row<T: Table>(&mut self, key: &T::Key, row: Option<&T::Row>) -> &mut Batch {
        self.durable = true;
        let requirement = encode_key::<T>(key).and_then(|key| {
            Ok(Requirement {
                table: T::ID,
                key,
                row: row.map(|row| encode_row::<T>(row)).transpose()?,
                same: same_row::<T>,
            })
        });
        match requirement {
            Ok(requirement) => self.requirements.push(requirement),
            Err(error) => self.error = Some(error),
        }
        self
    }
}

pub(crate) fn encode_key<T: Table>(key: &T::Key) -> Result<Vec<u8>, StoreError> {
    encode(key, "a key", MAX_KEY_BYTES)
}

fn encode_row<T: Table>(row: &T::Row) -> Result<Vec<u8>, StoreError> {
    encode(row, "a row", MAX_ROW_BYTES)
}

fn encode<V: Serialize>(
    value: &V,
    what: &'static str,
    limit: usize,
) -> Result<Vec<u8>, StoreError> {
    let bytes = postcard::to_allocvec(value).map_err(|e| StoreError::Io(e.to_string()))?;
    let got = bytes.len();
    if got > limit {
        return Err(StoreError::TooBig { what, got, limit });
    }
    Ok(bytes)
}

/// The row in `bytes`; `Damaged` if they are none or of a version that this daemon does not know.
pub(crate) fn decode_row<T: Table>(version: u8, bytes: &[u8]) -> Result<T::Row, StoreError> {
    let row = if version > T::VERSION {
        None
    } else {
        T::migrate(version, bytes)
    };
    row.ok_or(StoreError::Damaged { table: T::NAME })
}

fn same_row<T: Table>(version: u8, bytes: &[u8], wanted: &[u8]) -> bool {
    decode_row::<T>(version, bytes)
        .and_then(|row| encode_row::<T>(&row))
        .is_ok_and(|found| found == wanted)
}
