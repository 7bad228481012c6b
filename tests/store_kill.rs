//! A process that writes is killed at any moment, again and again, on real files; nothing that it was told is safe may be missing. (A kill is no power cut: it
//! shows that the process itself keeps nothing back. `store_crash` cuts the power.) 20 times; 200 with `HEARTH_LONG=1`.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, unreachable_pub)]

use hearth::store::{Batch, Durability, Snapshot, Store, Table};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Tells the copy of this test that writes where to write.
const WRITE_IN: &str = "HEARTH_TEST_KILL_DIR";
const WRITERS: u32 = 4;

struct Counters;

impl Table for Counters {
    const ID: u8 = 1;
    const NAME: &'static str = "counters";
    const VERSION: u8 = 1;
    const DURABILITY: Durability = Durability::Durable;
    type Key = (u32, u8);
    type Row = (u64, Vec<u8>);
    fn migrate(_: u8, bytes: &[u8]) -> Option<(u64, Vec<u8>)> {
        postcard::from_bytes(bytes).ok()
    }
}

/// What the process that is killed does: each thread counts up, in two rows that must always agree, and says each number when it is safe.
fn write(dir: &Path) {
    let store = Store::open(dir).unwrap();
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let store = &store;
            scope.spawn(move || count_up(store, writer));
        }
    });
}

fn count_up(store: &Store, writer: u32) {
    let row = store.get::<Counters>(&(writer, 0)).unwrap();
    let start = row.map_or(0, |(count, _)| count);
    for count in start + 1.. {
        let row = (count, vec![0; (count % 300) as usize]);
        let mut batch = Batch::new();
        batch.put::<Counters>(&(writer, 0), &row);
        batch.put::<Counters>(&(writer, 1), &row);
        store.commit(batch).unwrap();
        let mut out = std::io::stdout().lock();
        writeln!(out, "safe {writer} {count}").unwrap();
    }
}

fn start_writer(dir: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .arg("--nocapture")
        .env(WRITE_IN, dir)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Kills the writer after it has said `lines` numbers; all that it said, also what was still in the pipe.
fn killed_after(lines: usize, dir: &Path) -> BTreeMap<u32, u64> {
    let mut child = start_writer(dir);
    let mut safe = BTreeMap::new();
    let mut seen = 0;
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        let Some((writer, count)) = line.strip_prefix("safe ").and_then(|l| l.split_once(' '))
        else {
            continue;
        };
        safe.insert(writer.parse().unwrap(), count.parse().unwrap());
        seen += 1;
        if seen == lines {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    safe
}

#[test]
fn nothing_acknowledged_is_lost_when_the_process_is_killed() {
    if let Some(dir) = std::env::var_os(WRITE_IN) {
        return write(Path::new(&dir));
    }
    let dir = tempfile::tempdir().unwrap();
    let long = std::env::var_os("HEARTH_LONG").is_some();
    for round in 0..if long { 200 } else { 20 } {
        let safe = killed_after(1 + round * 7 % 83, dir.path());
        let snapshot = Snapshot::open(dir.path()).unwrap();
        assert!(
            snapshot.report().is_sound(),
            "round {round}: {}",
            snapshot.report()
        );
        let store = Store::open(dir.path()).unwrap();
        let rows: BTreeMap<_, _> = store.scan::<Counters>().unwrap().into_iter().collect();
        for (writer, count) in safe {
            let found = rows.get(&(writer, 0)).map_or(0, |row| row.0);
            assert!(
                found >= count,
                "round {round}: writer {writer} has {found}, was told {count}"
            );
            assert_eq!(
                rows.get(&(writer, 0)),
                rows.get(&(writer, 1)),
                "half a batch"
            );
        }
    }
}
