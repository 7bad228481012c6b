//! Callers that share commits: none is told that its rows are safe before they are.

use crate::cut;
use crate::recorder::{Files, Recorder};
use crate::workload::{Accounts, small};
use hearth::store::storage::Memory;
use hearth::store::{Batch, Options, Store};
use std::sync::Arc;
use std::time::Duration;

const WRITERS: u16 = 4;
const COUNTS: u32 = 60;

/// Where in the record a writer asked for its counts, and where it was told that they are safe.
type Promises = Vec<(usize, usize)>;

/// Counts up in two rows that must always agree.
fn count_up(store: &Store, recorder: &Recorder, writer: u16) -> Promises {
    let mut promises = Promises::new();
    for count in 1..=COUNTS {
        let mut row = count.to_le_bytes().to_vec();
        row.resize(4 + usize::from(writer) * 150, 0);
        let mut batch = Batch::new();
        batch.put::<Accounts>(&(2 * writer), &row);
        batch.put::<Accounts>(&(2 * writer + 1), &row);
        let asked_at = recorder.position();
        store.commit(batch).unwrap();
        promises.push((asked_at, recorder.position()));
    }
    promises
}

/// The count that both rows of a writer hold.
fn counted(store: &Store, writer: u16) -> Result<u32, String> {
    let get = |key| {
        let row = store.get::<Accounts>(&key).unwrap();
        row.map_or(0, |row| u32::from_le_bytes(*row.first_chunk().unwrap()))
    };
    let (first, second) = (get(2 * writer), get(2 * writer + 1));
    if first != second {
        return Err(format!(
            "writer {writer}: half a batch, {first} and {second}"
        ));
    }
    Ok(first)
}

fn check(files: &Files, position: usize, promises: &[Promises]) -> Result<(), String> {
    let storage = Arc::new(Memory::with_files(files.clone()));
    let store = Store::open_on(storage, "cut", &[], small()).map_err(|e| e.to_string())?;
    for (writer, promises) in (0..).zip(promises) {
        let safe = promises.partition_point(|(_, safe_at)| *safe_at <= position);
        let asked = promises.partition_point(|(asked_at, _)| *asked_at < position);
        let found = counted(&store, writer)? as usize;
        if !(safe..=asked).contains(&found) {
            return Err(format!(
                "writer {writer}: {found}, promised {safe}, asked {asked}"
            ));
        }
    }
    Ok(())
}

#[test]
fn callers_that_share_a_commit_are_answered_when_it_is_safe() {
    let recorder = Recorder::default();
    let options = Options {
        gather: Duration::from_micros(200),
        ..small()
    };
    let store = Store::open_on(Arc::new(recorder.clone()), "groups", &[], options).unwrap();
    let promises: Vec<Promises> = std::thread::scope(|scope| {
        let (store, recorder) = (&store, &recorder);
        let writers = (0..WRITERS).map(|w| scope.spawn(move || count_up(store, recorder, w)));
        let writers: Vec<_> = writers.collect();
        writers
            .into_iter()
            .map(|writer| writer.join().unwrap())
            .collect()
    });
    let commits = store.stats().commits;
    assert!(
        commits < u64::from(COUNTS * u32::from(WRITERS)) * 2 / 3,
        "{commits} commits"
    );
    drop(store);
    let trace = recorder.trace();
    let states = cut(&Files::new(), &trace, 0, 1, &mut |position, files| {
        check(files, position, &promises)
    });
    assert!(states.unwrap() > 1000);
}
