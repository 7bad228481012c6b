//! Floor 3, *store*: what must survive a power cut, in a log that flash likes. Knows no media.
//!
//! A few files of fixed size, made once, are written from front to back and used again for ever; nothing that was acknowledged is written over before it has been
//! carried elsewhere. What callers write within a moment becomes one *frame* of whole blocks and costs one `fdatasync`; with rows that may be lost for a minute the
//! store waits for a frame that is written anyway. Rows stay in the files; memory holds where they lie.
//!
//! `frame` has the layout, `recovery` what opening makes of it, `queue` what waits for the writing thread in `commit`, `compaction` how old files become free.

mod commit;
mod compaction;
mod error;
mod export;
mod frame;
mod index;
mod log;
mod queue;
mod reading;
mod recovery;
mod shared;
mod snapshot;
mod stats;
pub mod storage;
mod table;
pub mod tools;
mod view;

pub use error::{OpenError, StoreError};
pub use export::{LOCAL_TABLE, TransferError, look_into};
pub use reading::Rows;
pub use recovery::Report;
pub use snapshot::{RawRow, Snapshot};
pub use stats::Stats;
pub use table::{Batch, Durability, Table, TableInfo};

use crate::limits::store::{
    BATCHED_WAIT, CHANGED_ROWS_PERCENT, FIRST_SEGMENTS, GATHER, MAX_BATCH_PERCENT, MAX_RECORDS,
    MAX_ROW_BYTES, MAX_SEGMENTS, MAX_WAITING_BYTES, NEW_ROWS_PERCENT, SEGMENT_BYTES,
};
use commit::Writer;
use compaction::Carrier;
use frame::record_bytes;
use index::{Digest, Digester};
use log::{Log, capacity, frame_limit};
use queue::{Queue, Request};
use shared::Shared;
use std::path::Path;
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use storage::{Directory, Memory, Storage};
use table::Op;
use view::{Counters, View, Waiting};

/// Sizes and waits; the defaults are for a card, tests take smaller ones.
#[derive(Clone, Debug)]
pub struct Options {
    /// Bytes of a new store's files: whole blocks, at most 1 MiB.
    pub segment_bytes: usize,
    /// Files made at first.
    pub first_segments: usize,
    /// Files at most.
    pub max_segments: usize,
    /// Rows at most.
    pub max_records: usize,
    /// How long a commit waits for company.
    pub gather: Duration,
    /// How long a batched row waits for a commit.
    pub batched_wait: Duration,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            segment_bytes: SEGMENT_BYTES,
            first_segments: FIRST_SEGMENTS,
            max_segments: MAX_SEGMENTS,
            max_records: MAX_RECORDS,
            gather: GATHER,
            batched_wait: BATCHED_WAIT,
        }
    }
}

/// Typed tables over the log. Shared by reference between threads; every call blocks its thread for as long as it needs the card.
#[derive(Debug)]
pub struct Store {
    shared: Arc<Shared>,
    writer: Mutex<Option<JoinHandle<()>>>,
    report: Report,
    _lock: Option<std::fs::File>,
}

impl Store {
    /// Opens (or makes) the store in `dir` and locks it. Takes any tables; the daemon uses [`Store::open_with`].
    pub fn open(dir: &Path) -> Result<Store, OpenError> {
        Store::open_with(dir, &[])
    }

    /// As [`Store::open`], and refuses, without changing a byte, what a newer daemon wrote: rows of a table that is not in `tables`, or of a later version.
    pub fn open_with(dir: &Path, tables: &[TableInfo]) -> Result<Store, OpenError> {
        Store::open_bounded(dir, tables, MAX_RECORDS)
    }

    /// The same for a daemon that has memory for so many rows.
    pub fn open_bounded(
        dir: &Path,
        tables: &[TableInfo],
        max_records: usize,
    ) -> Result<Store, OpenError> {
        let path = dir.display().to_string();
        let failed = |error: std::io::Error| OpenError::Io {
            path: path.clone(),
            reason: error.to_string(),
        };
        let directory = Directory::make(dir).map_err(failed)?;
        let lock = lock_file(dir, &path)?;
        let options = Options {
            max_records,
            ..Options::default()
        };
        let mut store = Store::open_on(Arc::new(directory), &path, tables, options)?;
        store._lock = Some(lock);
        Ok(store)
    }

    /// A store in memory with the same behaviour, for tests of the floors above.
    pub fn in_memory() -> Store {
        let options = Options {
            segment_bytes: 4 * MAX_ROW_BYTES,
            first_segments: 8,
            gather: Duration::ZERO,
            ..Options::default()
        };
        match Store::open_on(Arc::new(Memory::new()), "memory", &[], options) {
            Ok(store) => store,
            Err(error) => unreachable!("memory has no faults: {error}"),
        }
    }

    /// Opens (or makes) the store in a storage, without a lock. `path` is for errors.
    pub fn open_on(
        storage: Arc<dyn Storage>,
        path: &str,
        tables: &[TableInfo],
        options: Options,
    ) -> Result<Store, OpenError> {
        let failed = |reason: String| OpenError::Io {
            path: path.to_owned(),
            reason,
        };
        let digester = Digester::default();
        let mut recovered = recovery::recover(&*storage, &digester, path)?;
        recovered.check_versions(path, tables)?;
        if recovered.report.torn.is_some() || !recovered.report.is_sound() {
            ::log::warn!("store: {}", recovered.report);
        }
        let random = getrandom::u64().map_err(|e| failed(e.to_string()))?;
        let log = Log::open(storage, &mut recovered, &digester, random, &options)
            .map_err(|e| failed(e.to_string()))?;
        let view = View {
            index: recovered.index,
            capacity: capacity(
                options.max_segments.max(log.files().len()),
                log.segment_bytes(),
            ),
            files: log.files().iter().cloned().map(Some).collect(),
            counters: Counters {
                written: log.written(),
                asked: log.asked(),
                commits: log.next_seq() - 1,
                free_files: log.free_files(),
                lost: 0,
            },
            ..View::default()
        };
        let frame_limit = frame_limit(log.segment_bytes());
        let shared = Arc::new(Shared::new(view, digester, frame_limit, options));
        let writer = Writer {
            shared: shared.clone(),
            log,
            carrier: Carrier::default(),
            can_grow: true,
        };
        let thread = std::thread::Builder::new().name("store".to_owned());
        let thread = thread.spawn(|| writer.run());
        let thread = thread.map_err(|e| failed(e.to_string()))?;
        Ok(Store {
            shared,
            writer: Mutex::new(Some(thread)),
            report: recovered.report,
            _lock: None,
        })
    }

    /// What opening found amiss.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// Writes a row; returns when the table's durability is met (blocks the thread).
    pub fn put<T: Table>(&self, key: &T::Key, row: &T::Row) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        batch.put::<T>(key, row);
        self.commit(batch)
    }

    /// Removes a row.
    pub fn remove<T: Table>(&self, key: &T::Key) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        batch.remove::<T>(key);
        self.commit(batch)
    }

    /// All of a batch, atomically, with the strictest durability in it.
    pub fn commit(&self, batch: Batch) -> Result<(), StoreError> {
        if let Some(error) = batch.error {
            return Err(error);
        }
        if batch.ops.is_empty() && batch.requirements.is_empty() {
            return Ok(());
        }
        let digester = &self.shared.digester;
        let ops: Vec<(Digest, Op)> = batch
            .ops
            .into_iter()
            .map(|op| (digester.digest(op.table, &op.key), op))
            .collect();
        let requirements = batch.requirements.into_iter();
        let requirements = requirements.map(|r| (digester.digest(r.table, &r.key), r));
        let bytes = ops.iter().map(|(_, op)| op_bytes(op)).sum();
        let request = Request {
            ops,
            requirements: requirements.collect(),
            bytes,
            ..Request::default()
        };
        self.submit(request, batch.durable)
    }

    /// Commits `batch` if there is no row under `key`; false, and nothing is written, if there is. Of callers that race for a key exactly one wins.
    pub fn commit_if_absent<T: Table>(
        &self,
        key: &T::Key,
        mut batch: Batch,
    ) -> Result<bool, StoreError> {
        batch.require_absent::<T>(key);
        match self.commit(batch) {
            Err(StoreError::Conflict) => Ok(false),
            other => other.map(|()| true),
        }
    }

    /// Returns when everything written so far, batched rows too, is on flash.
    pub fn flush(&self) -> Result<(), StoreError> {
        self.submit(Request::default(), true)
    }

    /// Writes all rows again, densely, so that every file but those that they need is free. Callers who write meanwhile wait.
    pub fn compact(&self) -> Result<(), StoreError> {
        let request = Request {
            compact: true,
            ..Request::default()
        };
        self.submit(request, true)
    }

    fn submit(&self, mut request: Request, durable: bool) -> Result<(), StoreError> {
        let limit = self.shared.frame_limit / 100 * MAX_BATCH_PERCENT;
        if request.bytes > limit {
            return Err(StoreError::TooBig {
                what: "a batch",
                got: request.bytes,
                limit,
            });
        }
        let mut queue = self.shared.queue();
        if let Some(error) = &queue.failed {
            return Err(error.clone());
        }
        if queue.closing {
            return Err(StoreError::Closed);
        }
        self.check_room(&queue, &request)?;
        if !durable && queue.bytes + request.bytes <= MAX_WAITING_BYTES {
            let ops = request.ops.clone();
            let ticket = queue.push(request);
            self.show(ops, ticket);
            self.shared.wake();
            return Ok(());
        }
        let (reply, answer) = sync_channel(1);
        request.reply = Some(reply);
        queue.push(request);
        drop(queue);
        self.shared.wake();
        answer.recv().unwrap_or(Err(StoreError::Closed))
    }

    /// Lets readers see batched writes.
    fn show(&self, ops: Vec<(Digest, Op)>, ticket: u64) {
        let mut view = self.shared.view_mut();
        for (digest, op) in ops {
            let waiting = Waiting {
                ticket,
                table: op.table,
                version: op.version,
                key: op.key,
                value: op.value,
            };
            view.waiting.insert(digest, waiting);
        }
    }

    /// `Full` if the rows of `request` would pass a bound.
    fn check_room(&self, queue: &Queue, request: &Request) -> Result<(), StoreError> {
        let puts = request.ops.iter().filter(|(_, op)| op.value.is_some());
        let bytes: usize = puts.clone().map(|(_, op)| op_bytes(op)).sum();
        if bytes == 0 {
            return Ok(());
        }
        let view = self.shared.view();
        let new = puts.filter(|(digest, _)| view.index.get(digest).is_none());
        let new = new.count();
        if new > 0 && view.index.len() + queue.puts + new > self.shared.options.max_records {
            return Err(StoreError::Full("rows"));
        }
        let percent = match new {
            0 => CHANGED_ROWS_PERCENT,
            _ => NEW_ROWS_PERCENT,
        };
        if view.index.live_bytes() + queue.bytes + bytes > view.capacity / 100 * percent {
            return Err(StoreError::Full("data"));
        }
        Ok(())
    }

    /// All rows as they are now, batched ones too, to be read at leisure, as for a backup while people go on writing. Costs a copy of the index.
    pub fn snapshot(&self) -> Result<Snapshot, StoreError> {
        self.flush()?;
        let view = self.shared.view();
        let digester = self.shared.digester.clone();
        Ok(Snapshot::of_store(&view, digester, self.report.clone()))
    }

    /// Figures.
    pub fn stats(&self) -> Stats {
        let view = self.shared.view();
        Stats::of(&view, self.report.damage_count)
    }

    /// The same without waiting for anybody; None while rows are being changed.
    pub fn stats_now(&self) -> Option<Stats> {
        let view = self.shared.try_view()?;
        Some(Stats::of(&view, self.report.damage_count))
    }

    /// Whether the card has refused a write, so that nothing is written until the next start.
    pub fn is_broken(&self) -> bool {
        self.shared.is_broken()
    }

    /// Has the writing thread take a turn, if it can: nothing is written for it.
    pub fn nudge(&self) {
        self.shared.wake();
    }

    /// Turns that the writing thread has taken; grows after [`Store::nudge`] unless the thread hangs or has ended.
    pub fn turns(&self) -> u64 {
        self.shared.turns()
    }

    /// Flushes what is batched; no writes after it.
    pub fn close(&self) -> Result<(), StoreError> {
        let flushed = match self.flush() {
            Err(StoreError::Closed) => Ok(()),
            other => other,
        };
        self.shared.queue().closing = true;
        self.shared.wake();
        let writer = self.writer.lock();
        let writer = writer.unwrap_or_else(PoisonError::into_inner).take();
        if let Some(writer) = writer {
            let _ = writer.join();
        }
        flushed
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        let _ = self.close();
    }
}

fn op_bytes(op: &Op) -> usize {
    record_bytes(op.key.len(), op.value.as_ref().map_or(0, Vec::len))
}

/// Takes the lock of a store's directory.
fn lock_file(dir: &Path, path: &str) -> Result<std::fs::File, OpenError> {
    let failed = |error: std::io::Error| OpenError::Io {
        path: path.to_owned(),
        reason: error.to_string(),
    };
    let file = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(dir.join("lock"))
        .map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(OpenError::Locked(path.to_owned())),
        Err(std::fs::TryLockError::Error(error)) => Err(failed(error)),
    }
}
