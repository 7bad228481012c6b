//! A store as it was at one moment, for reading only and without a lock: what the tools use beside a running daemon.

use crate::store::error::{OpenError, StoreError};
use crate::store::frame::Record;
use crate::store::index::Digester;
use crate::store::recovery::{Recovered, Report, recover};
use crate::store::stats::Stats;
use crate::store::storage::{Directory, Storage};
use crate::store::table::TableInfo;
use crate::store::view::{Counters, View};
use std::collections::BTreeMap;
use std::fmt::{self, Write};
use std::path::Path;
use std::time::Duration;

/// Looks at files that a daemon is writing to this often before what is amiss counts as damage.
const TRIES: usize = 20;
const BETWEEN_TRIES: Duration = Duration::from_millis(50);

/// See the module.
#[derive(Debug)]
pub struct Snapshot {
    view: View,
    digester: Digester,
    report: Report,
}

/// A row as it lies in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawRow<'a> {
    /// Its table's number.
    pub table: u8,
    /// Version of its layout.
    pub version: u8,
    /// Encoded key.
    pub key: &'a [u8],
    /// Encoded row.
    pub row: &'a [u8],
}

impl Snapshot {
    /// Of the store in `dir`, which is not changed.
    pub fn open(dir: &Path) -> Result<Snapshot, OpenError> {
        let path = dir.display().to_string();
        let directory = Directory::read_only(dir);
        let mut snapshot = Snapshot::open_on(&directory, &path)?;
        for _ in 1..TRIES {
            if snapshot.report.damage_count == 0 && snapshot.report.torn.is_none() {
                break;
            }
            std::thread::sleep(BETWEEN_TRIES);
            let again = Snapshot::open_on(&directory, &path)?;
            let still = again.view.counters.commits == snapshot.view.counters.commits;
            snapshot = again;
            if still {
                break;
            }
        }
        Ok(snapshot)
    }

    /// Of a storage that nobody writes to. `path` is for errors.
    pub fn open_on(storage: &dyn Storage, path: &str) -> Result<Snapshot, OpenError> {
        let digester = Digester::default();
        let recovered = recover(storage, &digester, path)?;
        Ok(Snapshot::of(recovered, digester))
    }

    fn of(recovered: Recovered, digester: Digester) -> Snapshot {
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
        Snapshot {
            view,
            digester,
            report: recovered.report,
        }
    }

    pub(crate) fn of_store(view: &View, digester: Digester, report: Report) -> Snapshot {
        let view = View {
            index: view.index.clone(),
            files: view.files.clone(),
            counters: view.counters,
            ..View::default()
        };
        Snapshot {
            view,
            digester,
            report,
        }
    }

    /// What is amiss.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// Its figures.
    pub fn stats(&self) -> Stats {
        Stats::of(&self.view, self.report.damage_count)
    }

    /// Calls `each` with every row, in the order in which they lie in the files. `Read` if a daemon has meanwhile used a file again: take a new snapshot.
    pub fn rows<E: From<StoreError>>(
        &self,
        mut each: impl FnMut(RawRow) -> Result<(), E>,
    ) -> Result<(), E> {
        for (digest, place) in self.view.index.sorted(|_| true) {
            let stored = self.view.read(place)?;
            match stored.record() {
                Some(Record {
                    table,
                    version,
                    key,
                    value: Some(row),
                }) if self.digester.digest(table, key) == digest => each(RawRow {
                    table,
                    version,
                    key,
                    row,
                })?,
                _ => {
                    let why = "the store changed meanwhile".to_owned();
                    return Err(StoreError::Read(why).into());
                }
            }
        }
        Ok(())
    }

    /// What `hearth store check` says. The store is sound if [`Report::is_sound`].
    pub fn check(&self, tables: &[TableInfo]) -> String {
        let mut counts: BTreeMap<u8, usize> = BTreeMap::new();
        for (_, place) in self.view.index.iter() {
            *counts.entry(place.table()).or_default() += 1;
        }
        let mut text = format!("{} commits in the log\n", self.report.commits);
        for (id, count) in counts {
            let table = tables.iter().find(|table| table.id == id);
            let name = table.map_or_else(|| format!("table {id}"), |table| table.name.to_owned());
            let _ = writeln!(text, "{count} rows of {name}");
        }
        let _ = write!(text, "{}", self.report);
        text
    }
}

impl Report {
    /// Whether nothing that was acknowledged is missing.
    pub fn is_sound(&self) -> bool {
        self.damage_count == 0
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(torn) = &self.torn {
            writeln!(f, "cut off: {torn}")?;
        }
        for damage in &self.damages {
            writeln!(f, "damaged: {damage}")?;
        }
        match self.damage_count - self.damages.len() {
            0 if self.damage_count == 0 => write!(f, "no damage"),
            0 => write!(f, "everything else is readable"),
            more => write!(f, "and {more} more damages; everything else is readable"),
        }
    }
}
