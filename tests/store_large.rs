//! A household far larger than any: how long its store takes to open, and how much memory.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, unreachable_pub)]

use hearth::store::{Batch, Durability, Store, Table};
use std::time::{Duration, Instant};

macro_rules! table {
    ($name:ident, $id:expr, $key:ty) => {
        struct $name;
        impl Table for $name {
            const ID: u8 = $id;
            const NAME: &'static str = stringify!($name);
            const VERSION: u8 = 1;
            const DURABILITY: Durability = Durability::Batched;
            type Key = $key;
            type Row = Vec<u8>;
            fn migrate(_: u8, bytes: &[u8]) -> Option<Vec<u8>> {
                postcard::from_bytes(bytes).ok()
            }
        }
    };
}

table!(Users, 1, u32);
table!(Follows, 2, (u32, u32));
table!(Comments, 3, (u32, u64));

const USERS: u32 = 10_000;
const FOLLOWS: u32 = 50_000;
const COMMENTS: u32 = 100_000;

fn put<T: Table<Row = Vec<u8>>>(
    store: &Store,
    count: u32,
    bytes: usize,
    key: impl Fn(u32) -> T::Key,
) {
    let mut batch = Batch::new();
    for n in 0..count {
        batch.put::<T>(&key(n), &vec![n as u8; bytes]);
        if n % 100 == 99 {
            store.commit(std::mem::take(&mut batch)).unwrap();
        }
    }
    store.commit(batch).unwrap();
}

/// Resident memory of this process that no file stands behind, in KiB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("RssAnon"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn a_village_opens_within_a_second_and_in_twelve_mebibytes() {
    let dir = tempfile::tempdir().unwrap();
    let writing = std::env::var_os("HEARTH_TEST_LARGE_DIR");
    if let Some(dir) = writing {
        let store = Store::open(dir.as_ref()).unwrap();
        put::<Users>(&store, USERS, 200, |n| n);
        put::<Follows>(&store, FOLLOWS, 8, |n| (n % USERS, n));
        put::<Comments>(&store, COMMENTS, 100, |n| (n % USERS, u64::from(n)));
        return;
    }
    // Written by another process, so that what writing has left in memory does not count.
    let writer = std::process::Command::new(std::env::current_exe().unwrap())
        .env("HEARTH_TEST_LARGE_DIR", dir.path())
        .status();
    assert!(writer.unwrap().success());
    let before = resident();
    let start = Instant::now();
    let store = Store::open(dir.path()).unwrap();
    let took = start.elapsed();
    let used = resident() - before;
    let stats = store.stats();
    println!("opened in {took:?} and {used} KiB\n{stats}");
    assert_eq!(stats.records as u32, USERS + FOLLOWS + COMMENTS);
    assert!(used <= 12 * 1024, "{used} KiB");
    let slack = if cfg!(debug_assertions) { 4 } else { 1 };
    assert!(took < Duration::from_secs(slack), "{took:?}");
    let comment = store.get::<Comments>(&(7, 7)).unwrap();
    assert_eq!(comment, Some(vec![7; 100]));
}
