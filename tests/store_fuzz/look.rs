//! Any bytes as a store's files, or as an export: whatever they are, opening says what is wrong with them or works, and never panics.

use crc::{CRC_32_ISCSI, Crc};
use hearth::store::storage::Memory;
use hearth::store::{Durability, Options, Snapshot, Store, Table};
use std::io::Cursor;
use std::sync::Arc;
use std::time::Duration;

const CRC: Crc<u32> = Crc::<u32>::new(&CRC_32_ISCSI);
const BLOCK: usize = 4096;
const FILE_BYTES: usize = 32 * 1024;
const REAL: &[u8] = include_bytes!("../fixtures/store/people-v1-log-000");

struct Rows;

impl Table for Rows {
    const ID: u8 = 7;
    const NAME: &'static str = "rows";
    const VERSION: u8 = 200;
    const DURABILITY: Durability = Durability::Durable;
    type Key = u32;
    type Row = Vec<u8>;
    fn migrate(_: u8, bytes: &[u8]) -> Option<Vec<u8>> {
        Some(bytes.to_vec())
    }
}

/// The first byte says how the rest is meant.
pub fn look(data: &[u8]) {
    let Some((how, rest)) = data.split_first() else {
        return;
    };
    match how % 4 {
        0 => open(files(rest)),
        1 => open(files(&edited(rest))),
        2 => open(files(&sealed(edited(rest)))),
        _ => import(rest),
    }
}

/// A real store's file with bytes changed: each three bytes of `edits` are a position and what is to be there.
fn edited(edits: &[u8]) -> Vec<u8> {
    let mut bytes = REAL.to_vec();
    for edit in edits.chunks_exact(3) {
        let at = usize::from(u16::from_le_bytes([edit[0], edit[1]]));
        if let Some(byte) = bytes.get_mut(at) {
            *byte = edit[2];
        }
    }
    bytes
}

/// The same with checksums that are right, as far as the edits have left frames and records to be found.
fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let salt: [u8; 8] = bytes[16..24].try_into().unwrap();
    for block in bytes
        .chunks_mut(BLOCK)
        .skip(1)
        .filter(|block| block.len() > 64)
    {
        let mut digest = CRC.digest();
        digest.update(&salt);
        digest.update(&block[8..64]);
        let crc = digest.finalize();
        block[4..8].copy_from_slice(&crc.to_le_bytes());
        let mut at = 64;
        while let Some(&[low, high, key]) = block.get(at + 8..at + 11) {
            let length = 14 + usize::from(u16::from_le_bytes([low, high])) + usize::from(key);
            let Some(record) = block.get_mut(at..at + length) else {
                break;
            };
            let crc = CRC.checksum(&record[4..]);
            record[..4].copy_from_slice(&crc.to_le_bytes());
            at += length;
        }
    }
    bytes
}

/// Up to four log files of these bytes.
fn files(bytes: &[u8]) -> Memory {
    let files = bytes.chunks(FILE_BYTES).take(4).enumerate();
    Memory::with_files(files.map(|(n, bytes)| {
        let mut bytes = bytes.to_vec();
        bytes.resize(FILE_BYTES, 0);
        (format!("log-{n:03}"), bytes)
    }))
}

fn options() -> Options {
    Options {
        segment_bytes: FILE_BYTES,
        first_segments: 8,
        max_segments: 8,
        gather: Duration::ZERO,
        ..Options::default()
    }
}

fn open(memory: Memory) {
    let Ok(snapshot) = Snapshot::open_on(&memory, "fuzz") else {
        assert!(Store::open_on(Arc::new(memory), "fuzz", &[], options()).is_err());
        return;
    };
    let _ = (snapshot.check(&[]), snapshot.stats().to_string());
    let _ = snapshot.export(std::io::sink());
    let open = || Store::open_on(Arc::new(memory.clone()), "fuzz", &[], options()).unwrap();
    let store = open();
    let _ = store.scan::<Rows>();
    let row = vec![1; 50];
    let written = store.put::<Rows>(&1_000_000, &row);
    drop(store);
    if written.is_ok() {
        let again = open().get::<Rows>(&1_000_000).unwrap();
        assert_eq!(
            again,
            Some(postcard::to_allocvec(&row).unwrap()),
            "an acknowledged row is lost"
        );
    }
}

fn import(bytes: &[u8]) {
    let store = Store::open_on(Arc::new(Memory::new()), "fuzz", &[], options()).unwrap();
    if store.import(Cursor::new(bytes), &[]).is_err() {
        let _ = store.stats();
    }
}
