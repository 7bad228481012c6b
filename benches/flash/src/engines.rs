//! The stores that are compared, each with its own way to make a write survive a power cut.

use crate::Outcome;
use hearth::store::{Batch, Durability, Store, Table};
use redb::ReadableDatabase as _;
use std::path::Path;
use std::sync::Barrier;

/// A row as all of them take it.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) key: [u8; 16],
    pub(crate) value: Vec<u8>,
}

/// A store.
pub(crate) trait Engine {
    /// Returns when all rows are safe; they are one transaction.
    fn put_together(&mut self, rows: &[Row]) -> Outcome<()>;
    /// The same for rows that arrive at one time from as many callers.
    fn put_arriving(&mut self, rows: &[Row]) -> Outcome<()> {
        self.put_together(rows)
    }
}

struct Rows;

impl Table for Rows {
    const ID: u8 = 1;
    const NAME: &'static str = "rows";
    const VERSION: u8 = 1;
    const DURABILITY: Durability = Durability::Durable;
    type Key = [u8; 16];
    type Row = Vec<u8>;
    fn migrate(_: u8, _: &[u8]) -> Option<Vec<u8>> {
        None
    }
}

pub(crate) fn hearth(dir: &Path) -> Outcome<Box<dyn Engine>> {
    Ok(Box::new(Store::open(&dir.join("store"))?))
}

impl Engine for Store {
    fn put_together(&mut self, rows: &[Row]) -> Outcome<()> {
        let mut batch = Batch::new();
        for row in rows {
            batch.put::<Rows>(&row.key, &row.value);
        }
        Ok(self.commit(batch)?)
    }

    fn put_arriving(&mut self, rows: &[Row]) -> Outcome<()> {
        let store = &*self;
        let all_there = Barrier::new(rows.len());
        let put = |row: &Row| {
            all_there.wait();
            store.put::<Rows>(&row.key, &row.value)
        };
        let put = &put;
        std::thread::scope(|scope| {
            let callers: Vec<_> = rows
                .iter()
                .map(|row| scope.spawn(move || put(row)))
                .collect();
            for caller in callers {
                caller.join().map_err(|_| "a caller panicked")??;
            }
            Ok(())
        })
    }
}

struct Sqlite(rusqlite::Connection);

pub(crate) fn sqlite(dir: &Path) -> Outcome<Box<dyn Engine>> {
    let connection = rusqlite::Connection::open(dir.join("sqlite.db"))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.execute(
        "CREATE TABLE rows (key BLOB PRIMARY KEY, value BLOB) WITHOUT ROWID",
        (),
    )?;
    Ok(Box::new(Sqlite(connection)))
}

impl Engine for Sqlite {
    fn put_together(&mut self, rows: &[Row]) -> Outcome<()> {
        let transaction = self.0.transaction()?;
        for row in rows {
            let mut put =
                transaction.prepare_cached("INSERT OR REPLACE INTO rows VALUES (?1, ?2)")?;
            put.execute((&row.key[..], &row.value))?;
        }
        Ok(transaction.commit()?)
    }
}

struct Redb(redb::Database);

const REDB_ROWS: redb::TableDefinition<&[u8], &[u8]> = redb::TableDefinition::new("rows");

pub(crate) fn redb(dir: &Path) -> Outcome<Box<dyn Engine>> {
    let database = redb::Database::create(dir.join("redb.db"))?;
    database.begin_read()?;
    Ok(Box::new(Redb(database)))
}

impl Engine for Redb {
    fn put_together(&mut self, rows: &[Row]) -> Outcome<()> {
        let transaction = self.0.begin_write()?;
        {
            let mut table = transaction.open_table(REDB_ROWS)?;
            for row in rows {
                table.insert(&row.key[..], row.value.as_slice())?;
            }
        }
        Ok(transaction.commit()?)
    }
}

struct Fjall {
    database: fjall::Database,
    rows: fjall::Keyspace,
}

pub(crate) fn fjall(dir: &Path) -> Outcome<Box<dyn Engine>> {
    let database = fjall::Database::builder(dir.join("fjall")).open()?;
    let rows = database.keyspace("rows", fjall::KeyspaceCreateOptions::default)?;
    Ok(Box::new(Fjall { database, rows }))
}

impl Engine for Fjall {
    fn put_together(&mut self, rows: &[Row]) -> Outcome<()> {
        for row in rows {
            self.rows.insert(row.key, row.value.as_slice())?;
        }
        Ok(self.database.persist(fjall::PersistMode::SyncData)?)
    }
}
