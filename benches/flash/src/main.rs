//! Bytes and flushes that reach the card for durable updates of 100 bytes: this store beside SQLite, redb and fjall, each on a fresh ext4 on a loop device.
//! Counted by the block device itself, the file system's own writes and each engine's compactions included. Fails if the store is over its bounds.

mod card;
mod engines;
mod evening;

use card::{Card, Cost};
use engines::{Engine, Row};
use std::error::Error;
use std::path::Path;

type Outcome<T> = Result<T, Box<dyn Error>>;
type Open = fn(&Path) -> Outcome<Box<dyn Engine>>;

const UPDATES: usize = 5_000;
const GROUP: usize = 20;
const KEYS: u64 = 2_000;

/// Seconds between the file system's own commits: what the box mounts its data with, for ext4 writes 12 KiB then if any file was changed at all.
const COMMIT: u32 = 600;

const MOST_BYTES_ALONE: f64 = 4_500.0;
const MOST_FLUSHES_ALONE: f64 = 1.05;
const MOST_BYTES_IN_GROUP: f64 = 300.0;
const MOST_BYTES_EVENING: u64 = 640 * 1024;

/// What one engine needed.
struct Figures {
    alone: Cost,
    groups: Cost,
    evening: Cost,
}

fn main() -> Outcome<()> {
    let engines: [(&str, Open); 4] = [
        ("hearth", engines::hearth),
        ("SQLite WAL FULL", engines::sqlite),
        ("redb", engines::redb),
        ("fjall", engines::fjall),
    ];
    println!(
        "{UPDATES} durable updates of 16 + 100 bytes among {KEYS} keys; an evening: 10 log-ins, 2 hours live, 200 comments, 20 follows"
    );
    println!(
        "{:16} {:>24} {:>26} {:>22}",
        "",
        "alone",
        format!("{GROUP} at a time"),
        "evening"
    );
    println!(
        "{:16} {:>12} {:>11} {:>14} {:>11} {:>11} {:>10}",
        "", "bytes/update", "flushes", "bytes/update", "flushes", "KiB", "flushes"
    );
    let mut ours = None;
    for (name, open) in engines {
        let figures = measure(open)?;
        print(name, &figures);
        ours.get_or_insert(figures);
    }
    ours.ok_or("nothing was measured")?.check()
}

fn print(name: &str, figures: &Figures) {
    let each = |value: u64| value as f64 / UPDATES as f64;
    println!(
        "{name:16} {:>12.0} {:>11.3} {:>14.0} {:>11.3} {:>11.0} {:>10}",
        each(figures.alone.bytes),
        each(figures.alone.flushes),
        each(figures.groups.bytes),
        each(figures.groups.flushes),
        figures.evening.bytes as f64 / 1024.0,
        figures.evening.flushes,
    );
}

fn measure(open: Open) -> Outcome<Figures> {
    let fresh = |commit| -> Outcome<(Box<dyn Engine>, Card)> {
        let card = Card::new(commit)?;
        let mut engine = open(card.path())?;
        for start in (0..KEYS).step_by(100) {
            let rows: Vec<Row> = (start..start + 100).map(|key| row(key, 0)).collect();
            engine.put_together(&rows)?;
        }
        Ok((engine, card))
    };
    let mut numbers = Numbers(7);
    let (mut engine, card) = fresh(COMMIT)?;
    let alone = card.cost(|| {
        (0..UPDATES).try_for_each(|n| engine.put_together(&[row(numbers.below(KEYS), n as u64)]))
    })?;
    drop(engine);
    drop(card);
    let (mut engine, card) = fresh(COMMIT)?;
    let groups = card.cost(|| {
        (0..UPDATES / GROUP).try_for_each(|n| {
            let rows: Vec<Row> = (0..GROUP)
                .map(|_| row(numbers.below(KEYS), n as u64))
                .collect();
            engine.put_arriving(&rows)
        })
    })?;
    drop(engine);
    drop(card);
    let (mut engine, card) = fresh(COMMIT / evening::FASTER)?;
    let evening = card.cost(|| evening::spend(&mut *engine))?;
    drop(engine);
    Ok(Figures {
        alone,
        groups,
        evening,
    })
}

impl Figures {
    fn check(&self) -> Outcome<()> {
        let updates = UPDATES as f64;
        let over = [
            (
                "bytes of a lone update",
                self.alone.bytes as f64 / updates,
                MOST_BYTES_ALONE,
            ),
            (
                "flushes of a lone update",
                self.alone.flushes as f64 / updates,
                MOST_FLUSHES_ALONE,
            ),
            (
                "bytes of an update in a group",
                self.groups.bytes as f64 / updates,
                MOST_BYTES_IN_GROUP,
            ),
            (
                "bytes of an evening",
                self.evening.bytes as f64,
                MOST_BYTES_EVENING as f64,
            ),
        ];
        match over.into_iter().find(|(_, found, most)| found > most) {
            Some((what, found, most)) => Err(format!("{what}: {found:.2}, at most {most}").into()),
            None => Ok(()),
        }
    }
}

/// A row of 16 + 100 bytes; `version` makes it differ from the one before.
fn row(key: u64, version: u64) -> Row {
    let mut row = Row {
        key: [0; 16],
        value: vec![b'x'; 100],
    };
    row.key[..8].copy_from_slice(&key.to_be_bytes());
    row.value[..8].copy_from_slice(&version.to_be_bytes());
    row
}

/// The same numbers in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}
