//! Checking, exporting, importing, compacting, damage, failing cards, older and newer stores.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, unreachable_pub)]

mod store_card;

use hearth::store::storage::{Memory, Storage};
use hearth::store::tools::{self, ToolError};
use hearth::store::{
    Batch, Durability, OpenError, Options, Report, Snapshot, Store, StoreError, Table, TableInfo,
    TransferError,
};
use std::io::{self, Cursor};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::Duration;
use store_card::Card;

struct Accounts;

impl Table for Accounts {
    const ID: u8 = 1;
    const NAME: &'static str = "accounts";
    const VERSION: u8 = 1;
    const DURABILITY: Durability = Durability::Durable;
    type Key = u32;
    type Row = String;
    fn migrate(_: u8, bytes: &[u8]) -> Option<String> {
        postcard::from_bytes(bytes).ok()
    }
}

const TABLES: &[TableInfo] = &[TableInfo::of::<Accounts>()];

fn small() -> Options {
    Options {
        segment_bytes: 32 * 1024,
        first_segments: 8,
        max_segments: 12,
        gather: Duration::ZERO,
        ..Options::default()
    }
}

fn open(storage: impl Storage + 'static) -> Result<Store, OpenError> {
    Store::open_on(Arc::new(storage), "DIR", TABLES, small())
}

fn with_rows(count: u32) -> Memory {
    let memory = Memory::new();
    let store = open(memory.clone()).unwrap();
    for n in 0..count {
        store.put::<Accounts>(&n, &format!("person {n}")).unwrap();
    }
    store.close().unwrap();
    memory
}

fn sorted(store: &Store) -> Vec<(u32, String)> {
    let mut rows = store.scan::<Accounts>().unwrap();
    rows.sort();
    rows
}

#[test]
fn an_export_comes_back_whole_through_import() {
    let memory = with_rows(300);
    let mut file = Vec::new();
    let snapshot = Snapshot::open_on(&memory, "DIR").unwrap();
    assert_eq!(snapshot.export(&mut file).unwrap(), 300);
    let store = open(Memory::new()).unwrap();
    assert_eq!(store.import(Cursor::new(&file), TABLES).unwrap(), 300);
    assert_eq!(sorted(&store), sorted(&open(memory).unwrap()));
    let again = store.import(Cursor::new(&file), TABLES);
    assert!(matches!(again, Err(TransferError::NotEmpty)));
}

#[test]
fn a_damaged_or_cut_export_leaves_the_store_empty() {
    let mut file = Vec::new();
    let snapshot = Snapshot::open_on(&with_rows(50), "DIR").unwrap();
    snapshot.export(&mut file).unwrap();
    for cut in [0, 5, 12, file.len() / 2, file.len() - 20] {
        let store = open(Memory::new()).unwrap();
        let refused = store.import(Cursor::new(&file[..cut]), TABLES);
        assert!(
            matches!(refused, Err(TransferError::NoExport(_))),
            "{cut}: {refused:?}"
        );
        assert_eq!(store.stats().records, 0);
    }
    let store = open(Memory::new()).unwrap();
    let newer = store.import(
        Cursor::new(&file),
        &[TableInfo {
            id: 9,
            name: "x",
            version: 1,
        }],
    );
    assert!(matches!(newer, Err(TransferError::Newer(_))), "{newer:?}");
}

#[test]
fn compaction_frees_all_files_but_those_that_the_rows_need() {
    let memory = with_rows(120);
    let store = open(memory.clone()).unwrap();
    let before = sorted(&store);
    assert!(store.stats().free_files < 6);
    for _ in 0..20 {
        store.compact().unwrap();
        assert!(store.stats().free_files >= 6, "{}", store.stats());
    }
    assert_eq!(sorted(&store), before);
    store.close().unwrap();
    assert_eq!(sorted(&open(memory).unwrap()), before);
}

#[test]
fn compacting_an_empty_store_uses_up_nothing() {
    let store = open(Memory::new()).unwrap();
    for _ in 0..20 {
        store.compact().unwrap();
    }
    store.put::<Accounts>(&1, &"anna".to_owned()).unwrap();
    assert!(store.stats().free_files >= 6);
}

/// The files with one byte changed at which `report` is told.
fn damaged(memory: &Memory, name: &str, at: usize) -> (Memory, Report) {
    let mut files = memory.files();
    files.get_mut(name).unwrap()[at] ^= 0x55;
    let memory = Memory::with_files(files);
    let report = Snapshot::open_on(&memory, "DIR").unwrap().report().clone();
    (memory, report)
}

#[test]
fn a_damaged_record_is_reported_and_costs_no_other() {
    let memory = Memory::new();
    let store = open(memory.clone()).unwrap();
    let mut batch = Batch::new();
    for n in 0..20 {
        batch.put::<Accounts>(&n, &format!("person {n}"));
    }
    store.commit(batch).unwrap();
    store.put::<Accounts>(&20, &"person 20".to_owned()).unwrap();
    store.close().unwrap();
    let files = memory.files();
    let log = &files["log-000"];
    let at = log
        .windows(9)
        .position(|bytes| bytes == b"person 11")
        .unwrap();
    let (memory, report) = damaged(&memory, "log-000", at + 3);
    assert_eq!(report.damage_count, 1);
    assert!(report.damages[0].contains("1 of 20 records"), "{report}");
    let store = open(memory).unwrap();
    let rows = sorted(&store);
    assert_eq!(rows.len(), 20);
    assert!(rows.iter().all(|(key, _)| *key != 11));
    store.put::<Accounts>(&11, &"back".to_owned()).unwrap();
}

#[test]
fn a_damaged_commit_header_is_reported_as_a_missing_commit() {
    let memory = with_rows(5);
    let (memory, report) = damaged(&memory, "log-000", 3 * 4096 + 10);
    assert!(
        report.damages[0].contains("commits 3 to 3 are missing"),
        "{report}"
    );
    assert_eq!(sorted(&open(memory).unwrap()).len(), 4);
}

#[test]
fn a_damaged_first_block_of_a_file_costs_no_row() {
    let memory = with_rows(20);
    let (memory, report) = damaged(&memory, "log-001", 3);
    assert_eq!(report.damage_count, 1, "{report}");
    assert_eq!(sorted(&open(memory).unwrap()).len(), 20);
}

#[test]
fn a_write_that_was_cut_is_told_from_damage() {
    let memory = with_rows(5);
    let (memory, report) = damaged(&memory, "log-000", 5 * 4096 + 70);
    assert!(report.is_sound());
    assert!(report.torn.is_some());
    let text = Snapshot::open_on(&memory, "DIR").unwrap().check(TABLES);
    assert!(
        text.contains("4 rows of accounts") && text.contains("cut off"),
        "{text}"
    );
}

#[test]
fn files_that_are_no_store_are_refused_and_left_as_they_are() {
    let files = [("log-000".to_owned(), vec![7; 32 * 1024])];
    let memory = Memory::with_files(files);
    let before = memory.files();
    let error = open(memory.clone());
    assert!(matches!(error, Err(OpenError::Damaged { .. })), "{error:?}");
    assert_eq!(memory.files(), before);
}

#[test]
fn a_store_of_a_newer_format_is_refused_and_left_as_it_is() {
    let memory = with_rows(5);
    let mut files = memory.files();
    for bytes in files.values_mut() {
        bytes[8] = 2;
    }
    let memory = Memory::with_files(files.clone());
    let error = open(memory.clone()).unwrap_err();
    assert!(
        error.to_string().contains("newer hearth (format 2"),
        "{error}"
    );
    assert_eq!(memory.files(), files);
}

#[test]
fn a_failed_sync_is_final_for_writing_and_reading_goes_on() {
    let card = Card::default();
    let store = open(card.clone()).unwrap();
    store.put::<Accounts>(&1, &"anna".to_owned()).unwrap();
    assert!(!store.is_broken());
    card.syncs_fail.store(true, SeqCst);
    let failed = store.put::<Accounts>(&1, &"changed".to_owned());
    assert_eq!(failed, Err(StoreError::Io("input/output error".to_owned())));
    card.syncs_fail.store(false, SeqCst);
    assert!(matches!(
        store.put::<Accounts>(&2, &"ben".to_owned()),
        Err(StoreError::Io(_))
    ));
    assert_eq!(store.get::<Accounts>(&1).unwrap().as_deref(), Some("anna"));
    assert_eq!(store.scan::<Accounts>().unwrap().len(), 1);
    assert!(store.is_broken());
    assert!(store.close().is_err());
}

#[test]
fn nothing_rests_on_a_frame_whose_sync_had_failed_before_a_restart() {
    let card = Card::default();
    let store = open(card.clone()).unwrap();
    store.put::<Accounts>(&1, &"anna".to_owned()).unwrap();
    let on_the_medium = card.memory.files()["log-000"].clone();
    card.syncs_fail.store(true, SeqCst);
    store
        .put::<Accounts>(&1, &"changed".to_owned())
        .unwrap_err();
    drop(store);
    card.syncs_fail.store(false, SeqCst);
    let store = open(card.clone()).unwrap();
    let seen = store.get::<Accounts>(&1).unwrap();
    store.put::<Accounts>(&2, &"ben".to_owned()).unwrap();
    drop(store);
    // The frame of the failed sync was only ever in the kernel's memory.
    let mut files = card.memory.files();
    let frame = 2 * 4096..3 * 4096;
    let log = files.get_mut("log-000").unwrap();
    log[frame.clone()].copy_from_slice(&on_the_medium[frame]);
    let store = open(Memory::with_files(files)).unwrap();
    assert_eq!(store.get::<Accounts>(&1).unwrap(), seen);
    assert_eq!(store.get::<Accounts>(&2).unwrap().as_deref(), Some("ben"));
}

#[test]
fn a_card_without_room_to_grow_makes_the_store_full_not_broken() {
    let card = Card::default();
    let store = open(card.clone()).unwrap();
    card.full.store(true, SeqCst);
    let mut count = 0;
    let error = loop {
        match store.put::<Accounts>(&count, &"x".repeat(300)) {
            Ok(()) => count += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(error, StoreError::Full("data"));
    assert!(count > 200, "{count}");
    store
        .put::<Accounts>(&0, &"still changes".to_owned())
        .unwrap();
    store.remove::<Accounts>(&1).unwrap();
    assert_eq!(store.stats().log_bytes, 8 * 32 * 1024);
}

#[test]
fn the_tools_move_a_store_through_one_file() {
    let dir = tempfile::tempdir().unwrap();
    let (old, new, file) = (
        dir.path().join("old"),
        dir.path().join("new"),
        dir.path().join("backup"),
    );
    let store = Store::open(&old).unwrap();
    store.put::<Accounts>(&1, &"anna".to_owned()).unwrap();
    assert_eq!(
        tools::check(&old, TABLES).unwrap().lines().nth(1),
        Some("1 rows of accounts")
    );
    tools::export(&old, &file).unwrap();
    assert!(
        tools::stats(&old)
            .unwrap()
            .starts_with("rows                     1\n")
    );
    assert!(matches!(
        tools::compact(&old, TABLES),
        Err(ToolError::Open(OpenError::Locked(_)))
    ));
    drop(store);
    tools::compact(&old, TABLES).unwrap();
    tools::import(&new, &file, TABLES).unwrap();
    let store = Store::open(&new).unwrap();
    assert_eq!(sorted(&store), [(1, "anna".to_owned())]);
    let missing = tools::import(&new, &dir.path().join("missing"), TABLES);
    assert!(
        missing
            .unwrap_err()
            .to_string()
            .contains("missing: No such file")
    );
}

#[test]
fn a_snapshot_keeps_what_was_while_writing_goes_on() {
    let store = open(Memory::new()).unwrap();
    store.put::<Accounts>(&1, &"before".to_owned()).unwrap();
    let snapshot = store.snapshot().unwrap();
    store.put::<Accounts>(&1, &"after".to_owned()).unwrap();
    store.put::<Accounts>(&2, &"more".to_owned()).unwrap();
    let mut file = Vec::new();
    snapshot.export(&mut file).unwrap();
    let copy = open(Memory::new()).unwrap();
    copy.import(Cursor::new(file), TABLES).unwrap();
    assert_eq!(sorted(&copy), [(1, "before".to_owned())]);
}

#[test]
fn looking_beside_a_writing_daemon_finds_it_sound() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    store.put::<Accounts>(&0, &"first".to_owned()).unwrap();
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for n in (1..).take_while(|_| !stop.load(SeqCst)) {
                store.put::<Accounts>(&(n % 50), &format!("{n}")).unwrap();
            }
        });
        for _ in 0..5 {
            let snapshot = Snapshot::open(dir.path()).unwrap();
            assert!(snapshot.report().is_sound(), "{}", snapshot.report());
            assert!(snapshot.export(io::sink()).unwrap() > 0);
        }
        stop.store(true, SeqCst);
    });
}

mod older {
    //! The account row of the first version, and of the second, which has an e-mail address.
    use super::*;

    #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    pub struct First {
        pub name: String,
        pub born: u16,
    }

    #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    pub struct Second {
        pub name: String,
        pub born: u16,
        pub email: Option<String>,
    }

    pub struct People;

    impl Table for People {
        const ID: u8 = 7;
        const NAME: &'static str = "people";
        const VERSION: u8 = 2;
        const DURABILITY: Durability = Durability::Durable;
        type Key = u32;
        type Row = Second;
        fn migrate(version: u8, bytes: &[u8]) -> Option<Second> {
            if version >= 2 {
                return postcard::from_bytes(bytes).ok();
            }
            let First { name, born } = postcard::from_bytes(bytes).ok()?;
            Some(Second {
                name,
                born,
                email: None,
            })
        }
    }
}

/// An older daemon's store; the file is kept without the zeros at its end.
fn fixture() -> Memory {
    let mut bytes = include_bytes!("fixtures/store/people-v1-log-000").to_vec();
    bytes.resize(32 * 1024, 0);
    Memory::with_files([("log-000".to_owned(), bytes)])
}

#[test]
fn an_older_daemons_store_opens_and_its_rows_are_carried_into_the_new_version() {
    use older::{People, Second};
    let memory = fixture();
    let tables = [TableInfo::of::<People>()];
    let store = Store::open_on(Arc::new(memory.clone()), "DIR", &tables, small()).unwrap();
    assert!(store.report().is_sound(), "{}", store.report());
    let mut rows = store.scan::<People>().unwrap();
    rows.sort_by_key(|(key, _)| *key);
    assert_eq!(rows.len(), 9);
    let anna = Second {
        name: "anna 0".to_owned(),
        born: 1980,
        email: None,
    };
    assert_eq!(rows[0], (0, anna.clone()));
    let changed = Second {
        email: Some("anna@example.net".to_owned()),
        ..anna
    };
    store.put::<People>(&0, &changed).unwrap();
    store.compact().unwrap();
    store.close().unwrap();
    let store = Store::open_on(Arc::new(memory.clone()), "DIR", &tables, small()).unwrap();
    assert_eq!(store.get::<People>(&0).unwrap(), Some(changed));
    assert_eq!(store.get::<People>(&8).unwrap().unwrap().born, 1988);
    drop(store);
    let first = [TableInfo {
        version: 1,
        ..tables[0]
    }];
    let before = memory.files();
    let error = Store::open_on(Arc::new(memory.clone()), "DIR", &first, small()).unwrap_err();
    let text =
        "the store in DIR was written by a newer hearth (people of version 2, this one knows 1)";
    assert!(error.to_string().starts_with(text), "{error}");
    assert_eq!(memory.files(), before);
}
