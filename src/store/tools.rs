//! What `hearth store check | compact | export | import | stats` do, as texts for people. Checking, exporting and figures work beside a running daemon.

use crate::store::error::OpenError;
use crate::store::export::TransferError;
use crate::store::snapshot::Snapshot;
use crate::store::table::TableInfo;
use crate::store::{Store, StoreError};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// Snapshots that an export takes at most while a busy daemon uses files again under its hands.
const EXPORT_TRIES: usize = 10;

/// Why a tool did not do its work. The texts are shown to people.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ToolError {
    /// The store did not open.
    #[error("{0}")]
    Open(#[from] OpenError),
    /// It could not be written.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// Exporting or importing failed.
    #[error("{0}")]
    Transfer(#[from] TransferError),
    /// A file could not be made or read.
    #[error("{path}: {reason}")]
    File {
        /// Which one.
        path: String,
        /// What the system said.
        reason: String,
    },
    /// There is damage; the text is the whole report.
    #[error("{0}")]
    Damaged(String),
}

/// What the store in `dir` holds; `Damaged` if something that was acknowledged is missing.
pub fn check(dir: &Path, tables: &[TableInfo]) -> Result<String, ToolError> {
    let snapshot = Snapshot::open(dir)?;
    let text = snapshot.check(tables);
    match snapshot.report().is_sound() {
        true => Ok(text),
        false => Err(ToolError::Damaged(text)),
    }
}

/// Figures of the store in `dir`.
pub fn stats(dir: &Path) -> Result<String, ToolError> {
    Ok(Snapshot::open(dir)?.stats().to_string())
}

/// Writes all rows densely. Not beside a daemon.
pub fn compact(dir: &Path, tables: &[TableInfo]) -> Result<String, ToolError> {
    let store = Store::open_with(dir, tables)?;
    let before = store.stats().free_files;
    store.compact()?;
    let after = store.stats().free_files;
    store.close()?;
    Ok(format!("{after} files are free; {before} were"))
}

/// Writes all rows of the store in `dir` to `file`, which is whole and on the medium when this returns, or is as it was before.
pub fn export(dir: &Path, file: &Path) -> Result<String, ToolError> {
    let mut tries = 1;
    let count = loop {
        let snapshot = Snapshot::open(dir)?;
        match export_once(&snapshot, file) {
            Err(ToolError::Transfer(TransferError::Store(_))) if tries < EXPORT_TRIES => tries += 1,
            other => break other?,
        }
    };
    Ok(format!("{count} rows in {}", file.display()))
}

fn export_once(snapshot: &Snapshot, file: &Path) -> Result<u64, ToolError> {
    let mut passing = file.as_os_str().to_owned();
    passing.push(".new");
    let passing = PathBuf::from(passing);
    let failed = |error: io::Error| file_error(file, &error);
    let out = File::create(&passing).map_err(failed)?;
    let count = snapshot.export(&out).inspect_err(|_| {
        let _ = std::fs::remove_file(&passing);
    })?;
    out.sync_all().map_err(failed)?;
    std::fs::rename(&passing, file).map_err(failed)?;
    let parent = file.parent().filter(|p| !p.as_os_str().is_empty());
    let parent = File::open(parent.unwrap_or(Path::new(".")));
    parent.and_then(|dir| dir.sync_all()).map_err(failed)?;
    Ok(count)
}

/// Takes the rows of an export into the store in `dir`, which is made if it is missing and must be empty. Not beside a daemon.
pub fn import(dir: &Path, file: &Path, tables: &[TableInfo]) -> Result<String, ToolError> {
    let from = File::open(file).map_err(|error| file_error(file, &error))?;
    let store = Store::open_with(dir, tables)?;
    let count = store.import(from, tables)?;
    store.close()?;
    Ok(format!("{count} rows from {}", file.display()))
}

fn file_error(file: &Path, error: &io::Error) -> ToolError {
    ToolError::File {
        path: file.display().to_string(),
        reason: error.to_string(),
    }
}
