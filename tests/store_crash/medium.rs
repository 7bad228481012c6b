//! What a medium may hold after the power was cut: everything that was synced, and of the rest whatever it likes, in pieces of 512 bytes.

use crate::recorder::{Event, Files, write};
use std::collections::BTreeMap;

const SECTOR: usize = 512;

/// A small generator of numbers; the seed is printed with every failure.
#[derive(Clone, Debug)]
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides
    }
}

/// Which of the writes that were not synced reached the medium.
#[derive(Clone, Copy, Debug)]
pub enum Survival {
    All,
    None,
    /// The last write reached it up to this byte; those before it wholly.
    TornAt(usize),
    /// The last write reached it from this byte on; those before it wholly.
    FromOn(usize),
    /// Any sectors of any of them, and any number of names.
    Any(u64),
}

/// A medium after the first `n` events.
#[derive(Clone, Debug)]
pub struct Medium {
    synced: Vec<Vec<u8>>,
    names: BTreeMap<String, usize>,
    writes: Vec<(usize, usize, Vec<u8>)>,
    renames: Vec<Event>,
}

impl Medium {
    /// With these files, numbered as by `Recorder::on`.
    pub fn on(files: &Files) -> Medium {
        Medium {
            synced: files.values().cloned().collect(),
            names: files.keys().cloned().zip(0..).collect(),
            writes: Vec::new(),
            renames: Vec::new(),
        }
    }

    pub fn apply(&mut self, event: &Event) {
        match event {
            Event::Create { .. } => {
                self.synced.push(Vec::new());
                self.renames.push(event.clone());
            }
            Event::Rename { .. } => self.renames.push(event.clone()),
            Event::SyncNames => {
                for event in std::mem::take(&mut self.renames) {
                    rename(&mut self.names, &event);
                }
            }
            Event::Write {
                file,
                offset,
                bytes,
            } => {
                self.writes.push((*file, *offset, bytes.clone()));
            }
            Event::Sync { file } => {
                let synced = &mut self.synced[*file];
                for (_, offset, bytes) in self.writes.iter().filter(|w| w.0 == *file) {
                    write(synced, *offset, bytes);
                }
                self.writes.retain(|w| w.0 != *file);
            }
        }
    }

    /// Bytes of the last write that was not synced; None if all were.
    pub fn unsynced(&self) -> Option<usize> {
        self.writes.last().map(|(_, _, bytes)| bytes.len())
    }

    /// Whether names or bytes were not synced.
    pub fn is_unsafe(&self) -> bool {
        !self.writes.is_empty() || !self.renames.is_empty()
    }

    /// What is found when the power is back.
    pub fn after_cut(&self, survival: Survival) -> Files {
        let mut dice = Dice(match survival {
            Survival::Any(seed) => seed,
            _ => 0,
        });
        let kept_names = match survival {
            Survival::None => 0,
            Survival::Any(_) => dice.roll(self.renames.len() as u64 + 1) as usize,
            _ => self.renames.len(),
        };
        let mut names = self.names.clone();
        for event in &self.renames[..kept_names] {
            rename(&mut names, event);
        }
        let mut files = self.synced.clone();
        for (n, (file, offset, bytes)) in self.writes.iter().enumerate() {
            let last = n + 1 == self.writes.len();
            let file = &mut files[*file];
            match survival {
                Survival::None => {}
                Survival::TornAt(at) if last => write(file, *offset, &bytes[..at]),
                Survival::FromOn(at) if last => write(file, offset + at, &bytes[at..]),
                Survival::Any(_) => {
                    let sectors = bytes.chunks(SECTOR).enumerate();
                    for (sector, bytes) in sectors.filter(|_| dice.roll(2) == 0) {
                        write(file, offset + sector * SECTOR, bytes);
                    }
                }
                _ => write(file, *offset, bytes),
            }
        }
        let named = names.into_iter();
        named
            .map(|(name, file)| (name, files[file].clone()))
            .collect()
    }
}

fn rename(names: &mut BTreeMap<String, usize>, event: &Event) {
    match event {
        Event::Create { file, name } => {
            names.insert(name.clone(), *file);
        }
        Event::Rename { from, to } => {
            if let Some(file) = names.remove(from) {
                names.insert(to.clone(), file);
            }
        }
        _ => {}
    }
}

/// The ways in which a write of `bytes` may survive a cut, beside wholly and not at all.
pub fn torn(bytes: usize, dice: &mut Dice) -> Vec<Survival> {
    let sectors = bytes / SECTOR;
    let mut ways: Vec<Survival> = if sectors <= 8 {
        let tears = (1..sectors).map(|sector| Survival::TornAt(sector * SECTOR));
        tears.collect()
    } else {
        let tear = |_| Survival::TornAt(dice.roll(sectors as u64) as usize * SECTOR);
        (0..8).map(tear).collect()
    };
    let mut sector = || dice.roll(sectors as u64) as usize * SECTOR;
    ways.extend([Survival::FromOn(SECTOR), Survival::FromOn(sector())]);
    ways.push(Survival::TornAt(dice.roll(bytes as u64) as usize));
    ways.extend((0..3).map(|_| Survival::Any(dice.roll(u64::MAX))));
    ways
}
