//! Putting a backup in the place of everything that is kept.
//!
//! A backup is received beside the store, checked from its beginning to its end, and then *accepted* by one rename. It is applied at
//! the next start, before anything is opened: its rows are written into a new store, which then takes the place of the old one. Each
//! step can be done again, so that a power cut between any two leaves either the old store or the restored one:
//!
//! | in the data folder | is |
//! | --- | --- |
//! | `restore.new` | a backup that is being received or checked |
//! | `restore` | one that was accepted |
//! | `store.new` | its rows, being written |
//! | `store.old` | the store of before, from the moment that it makes room |

use super::Role;
use super::tables::{Accounts, Next, Powered, Sequences, TABLES};
use crate::limits::people::{BACKUP_BYTES_MAX, CARRIED_AT_ONCE};
use crate::store::{Batch, OpenError, Store, StoreError, Table, TransferError, look_into};
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// Why a backup was not taken. Everything is as it was before.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RestoreError {
    /// It is no whole backup, or could not be received whole.
    #[error("{0}")]
    Backup(#[from] TransferError),
    /// It is larger than a backup can be, or than this box has room for.
    #[error("the backup is larger than this box can hold")]
    TooLarge,
    /// Nobody in it runs the house, so that the box would be anybody's.
    #[error("nobody in this backup runs the house")]
    NoOwner,
    /// Another one is being received, or waits for the next start.
    #[error("another backup is being restored")]
    UnderWay,
    /// The card refused.
    #[error("the card: {0}")]
    Card(#[from] io::Error),
    /// A store did not open.
    #[error("{0}")]
    Open(#[from] OpenError),
    /// A store could not be written.
    #[error("{0}")]
    Store(#[from] StoreError),
}

/// The places in a data folder.
struct Places {
    data: PathBuf,
    incoming: PathBuf,
    accepted: PathBuf,
    store: PathBuf,
    fresh: PathBuf,
    old: PathBuf,
}

impl Places {
    fn of(data: &Path) -> Places {
        Places {
            data: data.to_owned(),
            incoming: data.join("restore.new"),
            accepted: data.join("restore"),
            store: data.join("store"),
            fresh: data.join("store.new"),
            old: data.join("store.old"),
        }
    }

    /// What was renamed and removed is so on the medium.
    fn sync(&self) -> io::Result<()> {
        File::open(&self.data)?.sync_all()
    }
}

/// Receives a backup into the data folder, checks all of it, and accepts it: how many people it holds. The next start applies it.
/// `rows`: how many this box has memory for. Nothing of one that fails is left.
pub fn receive(data: &Path, from: &mut dyn Read, rows: usize) -> Result<usize, RestoreError> {
    let places = Places::of(data);
    if places.accepted.exists() {
        return Err(RestoreError::UnderWay);
    }
    let new = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&places.incoming);
    let mut file = new.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => RestoreError::UnderWay,
        _ => RestoreError::Card(error),
    })?;
    let people = take(&places, &mut file, from, rows);
    if people.is_err() {
        // The next start removes what can't be removed now.
        let _ = fs::remove_file(&places.incoming);
    }
    people
}

fn take(
    places: &Places,
    file: &mut File,
    from: &mut dyn Read,
    rows: usize,
) -> Result<usize, RestoreError> {
    let copied = io::copy(&mut from.take(BACKUP_BYTES_MAX + 1), file)?;
    if copied > BACKUP_BYTES_MAX {
        return Err(RestoreError::TooLarge);
    }
    file.sync_all()?;
    let people = check(File::open(&places.incoming)?, rows)?;
    // What stands there from an earlier one would be taken for the middle of this one.
    remove_all(&places.old)?;
    fs::rename(&places.incoming, &places.accepted)?;
    places.sync()?;
    Ok(people)
}

/// Reads a backup from its beginning to its end; how many people it holds.
fn check(from: impl Read, rows: usize) -> Result<usize, RestoreError> {
    let (mut people, mut owners) = (0, 0);
    let count = look_into(from, TABLES, |row| {
        if row.table != Accounts::ID {
            return;
        }
        people += 1;
        let account = Accounts::migrate(row.version, row.row);
        owners += usize::from(account.is_some_and(|account| account.role == Role::Owner));
    })?;
    match owners {
        _ if count > rows as u64 => Err(RestoreError::TooLarge),
        0 => Err(RestoreError::NoOwner),
        _ => Ok(people),
    }
}

/// At a start, before the store is opened: applies the backup that was accepted, if there is one; how many people it holds. Cleans up
/// after a power cut. `rows`: how many this box has memory for.
pub fn apply(data: &Path, rows: usize) -> Result<Option<usize>, RestoreError> {
    let places = Places::of(data);
    if !places.data.exists() {
        return Ok(None);
    }
    remove(&places.incoming)?;
    if !places.accepted.exists() {
        tidy(&places)?;
        return Ok(None);
    }
    let people = put_in_place(&places, rows);
    if let Err(RestoreError::Open(OpenError::Locked(_))) = &people {
        // Another daemon's: the backup is for it to apply.
        return people.map(Some);
    }
    // Whether it was applied or can't be: once.
    remove(&places.accepted)?;
    places.sync()?;
    tidy(&places)?;
    people.map(Some)
}

/// Whether a cut between two steps has left no store where one was: [`apply`] gives it back, and whoever opens one before that would
/// make an empty one.
pub fn is_between(data: &Path) -> bool {
    let places = Places::of(data);
    !places.store.exists() && (places.old.exists() || places.fresh.exists())
}

fn put_in_place(places: &Places, rows: usize) -> Result<usize, RestoreError> {
    let people = check(File::open(&places.accepted)?, rows)?;
    if !places.old.exists() {
        fill(places, rows)?;
        if places.store.exists() {
            fs::rename(&places.store, &places.old)?;
            places.sync()?;
        }
    }
    if places.fresh.exists() {
        // Both stores have made room and have not: one between them was made by somebody who found none.
        remove_all(&places.store)?;
        fs::rename(&places.fresh, &places.store)?;
        places.sync()?;
    }
    Ok(people)
}

/// Writes the backup's rows into a store of their own.
fn fill(places: &Places, rows: usize) -> Result<(), RestoreError> {
    remove_all(&places.fresh)?;
    let old = match places.store.exists() {
        true => Some(Store::open_bounded(&places.store, TABLES, rows)),
        false => None,
    };
    let old = match old {
        Some(Err(error @ OpenError::Locked(_))) => return Err(error.into()),
        Some(Err(error)) => {
            log::warn!("of the store of before nothing is carried over: {error}");
            None
        }
        Some(Ok(old)) => Some(old),
        None => None,
    };
    let fresh = Store::open_bounded(&places.fresh, TABLES, rows)?;
    fresh.import(File::open(&places.accepted)?, TABLES)?;
    if let Some(old) = old {
        carry_over(&old, &fresh)?;
        old.close()?;
    }
    fresh.close()?;
    places.sync()?;
    Ok(())
}

/// What must never run backwards goes on from the store of before: media sequence numbers, numbers of accounts and keys, powered-on
/// time.
fn carry_over(old: &Store, fresh: &Store) -> Result<(), StoreError> {
    let used = old.scan::<Sequences>()?;
    for some in used.chunks(CARRIED_AT_ONCE) {
        let mut batch = Batch::new();
        for (account, next) in some {
            let saved = fresh.get::<Sequences>(account)?.unwrap_or(0);
            batch.put::<Sequences>(account, &saved.max(*next));
        }
        fresh.commit(batch)?;
    }
    if let Some(mut next) = old.get::<Next>(&())? {
        let saved = fresh.get::<Next>(&())?.unwrap_or_default();
        next.account = next.account.max(saved.account);
        next.key = next.key.max(saved.key);
        fresh.put::<Next>(&(), &next)?;
    }
    let (before, saved) = (old.get::<Powered>(&())?, fresh.get::<Powered>(&())?);
    let minutes = |row: &super::tables::PoweredRow| row.minutes;
    match before {
        Some(row) if saved.is_none_or(|saved| minutes(&saved) < minutes(&row)) => {
            fresh.put::<Powered>(&(), &row)
        }
        _ => Ok(()),
    }
}

/// What a cut between two steps left, once no backup waits.
fn tidy(places: &Places) -> Result<(), RestoreError> {
    if places.old.exists() && !places.store.exists() {
        fs::rename(&places.old, &places.store)?;
        places.sync()?;
    }
    remove_all(&places.fresh)?;
    remove_all(&places.old)?;
    Ok(())
}

fn remove(file: &Path) -> io::Result<()> {
    unless_missing(fs::remove_file(file))
}

fn remove_all(folder: &Path) -> io::Result<()> {
    unless_missing(fs::remove_dir_all(folder))
}

fn unless_missing(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
