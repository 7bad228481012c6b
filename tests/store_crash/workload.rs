//! A household's changes, thousands of them, on a store whose every request to its storage is recorded; and what the store must hold after each.

use crate::medium::Dice;
use crate::recorder::Recorder;
use hearth::store::{Batch, Durability, Options, Snapshot, Store, StoreError, Table};
use std::collections::BTreeMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

macro_rules! table {
    ($name:ident, $id:expr, $durability:ident) => {
        pub struct $name;
        impl Table for $name {
            const ID: u8 = $id;
            const NAME: &'static str = stringify!($name);
            const VERSION: u8 = 1;
            const DURABILITY: Durability = Durability::$durability;
            type Key = u16;
            type Row = Vec<u8>;
            fn migrate(_: u8, bytes: &[u8]) -> Option<Vec<u8>> {
                postcard::from_bytes(bytes).ok()
            }
        }
    };
}

table!(Accounts, 1, Durable);
table!(Comments, 2, Batched);

/// Sizes at which the log turns round every hundred commits or so.
pub fn small() -> Options {
    Options {
        segment_bytes: 24 * 1024,
        first_segments: 8,
        max_segments: 10,
        gather: Duration::ZERO,
        batched_wait: Duration::from_secs(3600),
        ..Options::default()
    }
}

/// Stands for all rows of a store: the sum of the hashes of each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    rows: usize,
    hashes: u64,
}

impl Sum {
    fn add(&mut self, table: u8, key: &[u8], row: &[u8]) {
        self.rows += 1;
        self.hashes = self.hashes.wrapping_add(row_hash(table, key, row));
    }

    pub fn of(snapshot: &Snapshot) -> Result<Sum, StoreError> {
        let mut sum = Sum::default();
        snapshot.rows::<StoreError>(|row| {
            sum.add(row.table, row.key, row.row);
            Ok(())
        })?;
        Ok(sum)
    }
}

fn row_hash(table: u8, key: &[u8], row: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    (table, key, row).hash(&mut hasher);
    hasher.finish()
}

/// A change that had to be safe when the call returned.
#[derive(Clone, Copy, Debug)]
pub struct Acknowledged {
    /// What the store holds with it, and with all before it.
    pub sum: Sum,
    /// How much had been recorded when it was asked for.
    pub asked_at: usize,
    /// How much had been recorded when it was acknowledged.
    pub at: usize,
}

/// What a store must hold, beside the store.
pub struct Model {
    pub recorder: Recorder,
    rows: BTreeMap<(u8, u16), Vec<u8>>,
    sum: Sum,
    pub acknowledged: Vec<Acknowledged>,
    pub operations: usize,
}

impl Model {
    pub fn new(recorder: Recorder, sum: Sum) -> Model {
        let nothing_yet = Acknowledged {
            sum,
            asked_at: 0,
            at: 0,
        };
        Model {
            recorder,
            rows: BTreeMap::new(),
            sum,
            acknowledged: vec![nothing_yet],
            operations: 0,
        }
    }

    pub fn open(&self) -> Store {
        Store::open_on(Arc::new(self.recorder.clone()), "crash", &[], small()).unwrap()
    }

    fn set(&mut self, table: u8, key: u16, row: Option<Vec<u8>>) {
        let code = |row: &Vec<u8>| {
            let key = postcard::to_allocvec(&key).unwrap();
            row_hash(table, &key, &postcard::to_allocvec(row).unwrap())
        };
        if let Some(old) = self.rows.remove(&(table, key)) {
            self.sum.rows -= 1;
            self.sum.hashes = self.sum.hashes.wrapping_sub(code(&old));
        }
        if let Some(row) = row {
            self.sum.rows += 1;
            self.sum.hashes = self.sum.hashes.wrapping_add(code(&row));
            self.rows.insert((table, key), row);
        }
    }

    /// Does one change, or several in a batch, and notes what was promised.
    fn commit(&mut self, store: &Store, changes: Vec<(u8, u16, Option<Vec<u8>>)>) {
        let mut batch = Batch::new();
        let asked_at = self.recorder.position();
        let durable = changes.iter().any(|(table, ..)| *table == Accounts::ID);
        for (table, key, row) in changes {
            match (table, &row) {
                (Accounts::ID, Some(row)) => batch.put::<Accounts>(&key, row),
                (Accounts::ID, None) => batch.remove::<Accounts>(&key),
                (_, Some(row)) => batch.put::<Comments>(&key, row),
                (_, None) => batch.remove::<Comments>(&key),
            };
            self.set(table, key, row);
            self.operations += 1;
        }
        store.commit(batch).unwrap();
        if durable {
            self.note(asked_at);
        }
    }

    fn note(&mut self, asked_at: usize) {
        self.acknowledged.push(Acknowledged {
            sum: self.sum,
            asked_at,
            at: self.recorder.position(),
        });
    }

    /// A change as people make them: mostly small and alone, sometimes many or large together.
    pub fn change(&mut self, store: &Store, dice: &mut Dice, keys: u64) {
        let count = match dice.roll(20) {
            0 => 1 + dice.roll(12),
            1..3 => 2,
            _ => 1,
        };
        let changes = (0..count).map(|_| {
            let table = [Accounts::ID, Comments::ID][usize::from(dice.roll(4) == 0)];
            let key = dice.roll(keys) as u16;
            let bytes = match dice.roll(40) {
                0 => dice.roll(3000),
                1..5 => dice.roll(400),
                _ => dice.roll(60),
            };
            let row = vec![dice.roll(256) as u8; bytes as usize];
            (table, key, (dice.roll(5) > 0).then_some(row))
        });
        let changes = changes.collect();
        self.commit(store, changes);
    }

    /// Some changes of rows that the year never touches.
    pub fn fresh_changes(&mut self, store: &Store, dice: &mut Dice) {
        for key in 60_000..60_002 {
            let row = vec![dice.roll(256) as u8; dice.roll(600) as usize];
            self.commit(store, vec![(Accounts::ID, key, Some(row))]);
        }
    }

    /// A household's year: many rounds of the log, growth, closing and opening, a compaction asked for.
    pub fn year(&mut self, dice: &mut Dice, operations: usize) {
        let mut store = self.open();
        while self.operations < operations {
            match dice.roll(400) {
                0 => {
                    let asked_at = self.recorder.position();
                    store.close().unwrap();
                    self.note(asked_at);
                    store = self.open();
                }
                1 => {
                    let asked_at = self.recorder.position();
                    store.compact().unwrap();
                    self.note(asked_at);
                }
                2..6 => {
                    let asked_at = self.recorder.position();
                    store.flush().unwrap();
                    self.note(asked_at);
                }
                _ => self.change(&store, dice, 60 + self.operations as u64 / 8),
            }
        }
        let asked_at = self.recorder.position();
        store.close().unwrap();
        self.note(asked_at);
    }
}
