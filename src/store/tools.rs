//! Looking at a store: figures, and a reading copy beside a running daemon.

use crate::limits::store::BLOCK_BYTES;
use crate::store::error::OpenError;
use crate::store::index::Digester;
use crate::store::recovery::{Recovered, Report, recover};
use crate::store::storage::{Directory, Storage};
use crate::store::view::{Counters, View};
use std::fmt;
use std::path::Path;

/// Figures of a store.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Stats {
    /// Rows.
    pub records: usize,
    /// Bytes that they take in the log.
    pub live_bytes: usize,
    /// Bytes of the log's files.
    pub log_bytes: usize,
    /// Files of the log that hold nothing.
    pub free_files: usize,
    /// Bytes written to flash since the store was made.
    pub written_bytes: u64,
    /// Bytes of keys and rows that were to be written since then.
    pub asked_bytes: u64,
    /// Commits since then.
    pub commits: u64,
    /// Damages found when opening, and records given up since.
    pub damages: usize,
}

impl Stats {
    pub(crate) fn of(view: &View, damages: usize) -> Stats {
        let files = view.files.iter().flatten();
        let lengths = files.map(|file| file.len().unwrap_or(0) as usize);
        Stats {
            records: view.index.len(),
            live_bytes: view.index.live_bytes(),
            log_bytes: lengths.sum(),
            free_files: view.counters.free_files,
            written_bytes: view.counters.written,
            asked_bytes: view.counters.asked,
            commits: view.counters.commits,
            damages: damages + view.counters.lost,
        }
    }

    /// Bytes written for each byte asked for.
    pub fn amplification(&self) -> f64 {
        self.written_bytes as f64 / (self.asked_bytes.max(1)) as f64
    }
}

impl fmt::Display for Stats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kib = |bytes: usize| bytes.div_ceil(1024);
        writeln!(f, "rows                    {}", self.records)?;
        writeln!(f, "bytes of rows           {} KiB", kib(self.live_bytes))?;
        writeln!(
            f,
            "log                     {} KiB, {} files free",
            kib(self.log_bytes),
            self.free_files
        )?;
        writeln!(f, "commits                 {}", self.commits)?;
        writeln!(
            f,
            "written to flash        {} KiB",
            self.written_bytes.div_ceil(1024)
        )?;
        writeln!(f, "for each byte asked for {:.1}", self.amplification())?;
        write!(f, "damages                 {}", self.damages)
    }
}

/// The store as it was at one moment, for reading only and without a lock: works beside a running daemon.
#[derive(Debug)]
pub struct Snapshot {
    view: View,
    report: Report,
}

impl Snapshot {
    /// Of the store in `dir`, which is not changed.
    pub fn open(dir: &Path) -> Result<Snapshot, OpenError> {
        Snapshot::open_on(&Directory::read_only(dir), &dir.display().to_string())
    }

    /// Of a storage. `path` is for errors.
    pub fn open_on(storage: &dyn Storage, path: &str) -> Result<Snapshot, OpenError> {
        let recovered = recover(storage, &Digester::default(), path)?;
        Ok(Snapshot::of(recovered))
    }

    fn of(recovered: Recovered) -> Snapshot {
        let present = recovered.files.iter().flatten().count();
        let view = View {
            index: recovered.index,
            files: recovered.files,
            counters: Counters {
                written: recovered.last.written,
                asked: recovered.last.asked,
                commits: recovered.last.seq,
                free_files: present.saturating_sub(recovered.used.len()),
                lost: 0,
            },
            ..View::default()
        };
        let report = recovered.report;
        Snapshot { view, report }
    }

    /// What is amiss.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// Its figures.
    pub fn stats(&self) -> Stats {
        Stats::of(&self.view, self.report.damage_count)
    }

    /// Blocks of the log.
    pub fn blocks(&self) -> usize {
        self.stats().log_bytes / BLOCK_BYTES
    }
}
