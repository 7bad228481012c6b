//! The store as the floors above use it.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, unreachable_pub)]

use hearth::store::storage::Memory;
use hearth::store::{Batch, Durability, OpenError, Options, Store, StoreError, Table, TableInfo};
use std::sync::Arc;
use std::time::Duration;

macro_rules! table {
    ($name:ident, $id:expr, $text:expr, $durability:ident, $key:ty, $row:ty) => {
        struct $name;
        impl Table for $name {
            const ID: u8 = $id;
            const NAME: &'static str = $text;
            const VERSION: u8 = 1;
            const DURABILITY: Durability = Durability::$durability;
            type Key = $key;
            type Row = $row;
            fn migrate(_: u8, bytes: &[u8]) -> Option<$row> {
                postcard::from_bytes(bytes).ok()
            }
        }
    };
}

table!(Accounts, 1, "accounts", Durable, u32, String);
table!(Comments, 2, "comments", Batched, (u32, u64), String);

fn small() -> Options {
    Options {
        segment_bytes: 32 * 1024,
        first_segments: 8,
        max_segments: 12,
        gather: Duration::ZERO,
        ..Options::default()
    }
}

fn open(memory: &Memory) -> Store {
    Store::open_on(Arc::new(memory.clone()), "memory", &[], small()).unwrap()
}

#[test]
fn rows_come_back_after_reopening() {
    let memory = Memory::new();
    let store = open(&memory);
    store.put::<Accounts>(&1, &"anna".to_owned()).unwrap();
    store.put::<Accounts>(&2, &"ben".to_owned()).unwrap();
    store.put::<Comments>(&(1, 1), &"hello".to_owned()).unwrap();
    store.remove::<Accounts>(&2).unwrap();
    store.close().unwrap();
    let store = open(&memory);
    assert_eq!(store.get::<Accounts>(&1).unwrap().as_deref(), Some("anna"));
    assert_eq!(store.get::<Accounts>(&2).unwrap(), None);
    assert_eq!(store.scan::<Accounts>().unwrap(), [(1, "anna".to_owned())]);
    assert_eq!(
        store.scan::<Comments>().unwrap(),
        [((1, 1), "hello".to_owned())]
    );
    assert_eq!(store.report().damage_count, 0);
}

#[test]
fn batched_rows_are_seen_at_once_but_cost_no_commit_of_their_own() {
    let memory = Memory::new();
    let store = open(&memory);
    for n in 0..10 {
        store.put::<Comments>(&(1, n), &"hi".to_owned()).unwrap();
    }
    assert_eq!(store.stats().commits, 0);
    assert_eq!(store.scan::<Comments>().unwrap().len(), 10);
    store.put::<Accounts>(&1, &"anna".to_owned()).unwrap();
    assert_eq!(store.stats().commits, 1);
    assert_eq!(store.stats().records, 11);
    assert_eq!(store.scan::<Comments>().unwrap().len(), 10);
}

#[test]
fn batched_rows_are_written_when_their_wait_is_over() {
    let options = Options {
        batched_wait: Duration::from_millis(20),
        ..small()
    };
    let memory = Memory::new();
    let store = Store::open_on(Arc::new(memory.clone()), "memory", &[], options).unwrap();
    store.put::<Comments>(&(1, 1), &"hi".to_owned()).unwrap();
    while store.stats().records == 0 {
        std::thread::yield_now();
    }
    assert_eq!(open(&memory).scan::<Comments>().unwrap().len(), 1);
}

#[test]
fn of_racing_claims_exactly_one_wins() {
    let store = Store::in_memory();
    let winners: usize = std::thread::scope(|scope| {
        let claims: Vec<_> = (0..8)
            .map(|n: u32| {
                let store = &store;
                scope.spawn(move || {
                    let mut batch = Batch::new();
                    batch.put::<Accounts>(&0, &format!("claim {n}"));
                    batch.put::<Accounts>(&(n + 1), &"claimer".to_owned());
                    store.commit_if_absent::<Accounts>(&0, batch).unwrap()
                })
            })
            .collect();
        claims
            .into_iter()
            .map(|c| usize::from(c.join().unwrap()))
            .sum()
    });
    assert_eq!(winners, 1);
    assert_eq!(store.scan::<Accounts>().unwrap().len(), 2);
}

#[test]
fn a_batch_is_refused_whole_unless_the_required_row_is_there() {
    let store = Store::in_memory();
    store.put::<Accounts>(&1, &"old".to_owned()).unwrap();
    let mut batch = Batch::new();
    batch.require::<Accounts>(&1, &"other".to_owned());
    batch
        .put::<Accounts>(&1, &"new".to_owned())
        .put::<Accounts>(&2, &"more".to_owned());
    assert_eq!(store.commit(batch), Err(StoreError::Conflict));
    assert_eq!(store.scan::<Accounts>().unwrap(), [(1, "old".to_owned())]);
    let mut batch = Batch::new();
    batch
        .require::<Accounts>(&1, &"old".to_owned())
        .put::<Accounts>(&1, &"new".to_owned());
    store.commit(batch).unwrap();
    assert_eq!(store.get::<Accounts>(&1).unwrap().as_deref(), Some("new"));
}

#[test]
fn the_log_turns_round_many_times_without_losing_space_or_rows() {
    let memory = Memory::new();
    let store = open(&memory);
    for n in 0..50u32 {
        store
            .put::<Accounts>(&n, &"never touched again".to_owned())
            .unwrap();
    }
    for round in 0..3000u32 {
        store
            .put::<Accounts>(&(100 + round % 7), &format!("{round:080}"))
            .unwrap();
        if round % 5 == 0 {
            store.remove::<Accounts>(&(100 + round % 7)).unwrap();
        }
    }
    let stats = store.stats();
    assert_eq!(stats.records, store.scan::<Accounts>().unwrap().len());
    assert!((50..57).contains(&stats.records), "{stats}");
    assert_eq!(stats.log_bytes, 8 * 32 * 1024, "the log grew without need");
    let before = store.scan::<Accounts>().unwrap();
    store.close().unwrap();
    let mut before = before;
    let mut after = open(&memory).scan::<Accounts>().unwrap();
    before.sort();
    after.sort();
    assert_eq!(before, after);
}

#[test]
fn starting_often_uses_up_nothing() {
    let memory = Memory::new();
    open(&memory)
        .put::<Accounts>(&1, &"anna".to_owned())
        .unwrap();
    for _ in 0..150 {
        assert_eq!(open(&memory).scan::<Accounts>().unwrap().len(), 1);
    }
    for n in 0..150u32 {
        open(&memory)
            .put::<Accounts>(&(n % 5), &format!("{n}"))
            .unwrap();
    }
    let store = open(&memory);
    assert!(store.report().is_sound());
    assert_eq!(store.stats().records, 5);
    assert_eq!(store.get::<Accounts>(&4).unwrap().as_deref(), Some("149"));
}

#[test]
fn a_full_store_says_so_and_still_takes_changes_and_removals() {
    let memory = Memory::new();
    let store = open(&memory);
    let row = "x".repeat(500);
    let mut count = 0;
    let error = loop {
        match store.put::<Accounts>(&count, &row) {
            Ok(()) => count += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(error, StoreError::Full("data"));
    assert!(count > 250, "{count}");
    for n in 0..2000 {
        let changed = format!("{n:0500}");
        store.put::<Accounts>(&(n % count), &changed).unwrap();
    }
    for n in 0..count / 2 {
        store.remove::<Accounts>(&n).unwrap();
    }
    store.put::<Accounts>(&1_000_000, &row).unwrap();
    store.close().unwrap();
    assert_eq!(
        open(&memory).scan::<Accounts>().unwrap().len() as u32,
        count - count / 2 + 1
    );
}

#[test]
fn more_rows_than_the_index_may_hold_are_refused() {
    let options = Options {
        max_records: 3,
        ..small()
    };
    let store = Store::open_on(Arc::new(Memory::new()), "memory", &[], options).unwrap();
    for n in 0..3 {
        store.put::<Accounts>(&n, &String::new()).unwrap();
    }
    let refused = store.put::<Accounts>(&3, &String::new());
    assert_eq!(refused, Err(StoreError::Full("rows")));
    store
        .put::<Accounts>(&2, &"still possible".to_owned())
        .unwrap();
}

#[test]
fn rows_and_batches_beyond_their_bounds_are_refused() {
    let store = Store::in_memory();
    let big = store.put::<Accounts>(&1, &"x".repeat(40_000));
    assert!(
        matches!(big, Err(StoreError::TooBig { what: "a row", .. })),
        "{big:?}"
    );
    let mut batch = Batch::new();
    for n in 0..4 {
        batch.put::<Accounts>(&n, &"x".repeat(30_000));
    }
    let big = store.commit(batch);
    assert!(
        matches!(
            big,
            Err(StoreError::TooBig {
                what: "a batch",
                ..
            })
        ),
        "{big:?}"
    );
    assert_eq!(store.scan::<Accounts>().unwrap(), []);
}

#[test]
fn a_second_daemon_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let first = Store::open(dir.path()).unwrap();
    assert!(matches!(Store::open(dir.path()), Err(OpenError::Locked(_))));
    drop(first);
    Store::open(dir.path()).unwrap();
}

#[test]
fn a_newer_daemons_rows_are_refused_and_left_as_they_are() {
    let memory = Memory::new();
    let store = open(&memory);
    store.put::<Accounts>(&1, &"anna".to_owned()).unwrap();
    store.close().unwrap();
    let before = memory.files();
    let mut older = TableInfo::of::<Accounts>();
    older.version = 0;
    for tables in [[older], [TableInfo::of::<Comments>()]] {
        let error = Store::open_on(Arc::new(memory.clone()), "DIR", &tables, small());
        assert!(matches!(error, Err(OpenError::Newer { .. })), "{error:?}");
    }
    assert_eq!(memory.files(), before);
}

/// Rows of up to an eighth of a file (a sixteenth is possible on a card), at the brim: what can't be filled to the end wastes the most.
#[test]
fn large_rows_at_the_brim_neither_jam_the_log_nor_get_lost() {
    let memory = Memory::new();
    let store = open(&memory);
    let mut rows = std::collections::BTreeMap::new();
    let mut number = 1u32;
    let mut refused = 0;
    for _ in 0..4000 {
        number = number.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let key = number >> 8 & 127;
        let bytes = (number >> 13) as usize
            % [100, 4_000][usize::from(number >> 29 == 0 || number >> 31 == 1)];
        let row = format!("{number:0bytes$}");
        if number >> 28 == 15 {
            store.remove::<Accounts>(&key).unwrap();
            rows.remove(&key);
            continue;
        }
        match store.put::<Accounts>(&key, &row) {
            Ok(()) => drop(rows.insert(key, row)),
            Err(StoreError::Full("data")) => refused += 1,
            Err(error) => panic!("{error}"),
        }
    }
    assert!((10..2000).contains(&refused), "{refused}");
    store.close().unwrap();
    let store = open(&memory);
    assert!(store.report().is_sound(), "{}", store.report());
    let found: std::collections::BTreeMap<_, _> =
        store.scan::<Accounts>().unwrap().into_iter().collect();
    assert_eq!(found, rows);
}
