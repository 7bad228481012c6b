//! Reading rows and tables.

use crate::store::Store;
use crate::store::error::StoreError;
use crate::store::index::Digest;
use crate::store::table::{Table, decode_row, encode_key};
use crate::store::view::Waiting;
use std::collections::HashSet;
use std::ops::ControlFlow;

/// Rows of a table with their keys.
pub type Rows<T> = Vec<(<T as Table>::Key, <T as Table>::Row)>;

impl Store {
    /// A row. Sees batched writes at once, durable ones when they are acknowledged.
    pub fn get<T: Table>(&self, key: &T::Key) -> Result<Option<T::Row>, StoreError> {
        let key = encode_key::<T>(key)?;
        let digest = self.shared.digester.digest(T::ID, &key);
        let view = self.shared.view();
        let found = match view.waiting.get(&digest) {
            Some(waiting) => waiting.value.clone().map(|value| (waiting.version, value)),
            None => {
                let committed = view.committed(&digest, T::ID, &key);
                committed.map_err(|e| e.of(T::NAME))?
            }
        };
        drop(view);
        let row = found.map(|(version, bytes)| decode_row::<T>(version, &bytes));
        row.transpose()
    }

    /// All rows of a table, in no order that counts. For large tables see [`Store::for_each`].
    pub fn scan<T: Table>(&self) -> Result<Rows<T>, StoreError> {
        let mut rows = Vec::new();
        self.for_each::<T>(|key, row| {
            rows.push((key, row));
            ControlFlow::Continue(())
        })?;
        Ok(rows)
    }

    /// Calls `each` with the rows of a table, one at a time, in no order that counts, until it breaks. Rows written meanwhile may or may not be among them; damaged
    /// ones are left out and logged.
    pub fn for_each<T: Table>(
        &self,
        mut each: impl FnMut(T::Key, T::Row) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        let view = self.shared.view();
        let waiting: Vec<(Digest, Waiting)> = view
            .waiting
            .iter()
            .filter(|(_, waiting)| waiting.table == T::ID)
            .map(|(digest, waiting)| (*digest, waiting.clone()))
            .collect();
        let places = view.index.sorted(|place| place.table() == T::ID);
        drop(view);
        let mut seen: HashSet<Digest> = HashSet::new();
        for (digest, row) in &waiting {
            seen.insert(*digest);
            if let Some(value) = &row.value
                && let Some((key, row)) = decode::<T>(row.version, &row.key, value)
                && each(key, row).is_break()
            {
                return Ok(());
            }
        }
        for (digest, _) in places {
            if seen.contains(&digest) {
                continue;
            }
            let view = self.shared.view();
            let Some(place) = view.index.get(&digest) else {
                continue;
            };
            let stored = view.read(place)?;
            drop(view);
            let row = stored.record().and_then(|record| {
                decode::<T>(record.version, record.key, record.value.unwrap_or_default())
            });
            let Some((key, row)) = row else {
                log::warn!("store: a record of {} is damaged", T::NAME);
                continue;
            };
            if each(key, row).is_break() {
                break;
            }
        }
        Ok(())
    }
}

fn decode<T: Table>(version: u8, key: &[u8], row: &[u8]) -> Option<(T::Key, T::Row)> {
    let key = postcard::from_bytes(key).ok()?;
    Some((key, decode_row::<T>(version, row).ok()?))
}
