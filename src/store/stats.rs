//! Figures of a store, for people and for the metrics.

use crate::store::view::View;
use std::fmt;

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
    /// Commits since then, each with one flush.
    pub commits: u64,
    /// Damages found when opening, and rows given up since.
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
        let log = kib(self.log_bytes);
        writeln!(f, "rows                     {}", self.records)?;
        writeln!(f, "rows take                {} KiB", kib(self.live_bytes))?;
        writeln!(
            f,
            "the log's files take     {log} KiB; {} are free",
            self.free_files
        )?;
        writeln!(f, "commits                  {}", self.commits)?;
        let written = self.written_bytes.div_ceil(1024);
        writeln!(f, "written since install    {written} KiB")?;
        writeln!(f, "for each byte asked for  {:.1}", self.amplification())?;
        write!(f, "damages                  {}", self.damages)
    }
}
