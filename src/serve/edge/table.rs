//! The connections, in all and by address, and which of them may be closed for another.

use super::EdgeLimits;
use super::Shared;
use super::seats::Whose;
use crate::limits::http::SEAT_IDLE;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};
use tokio::sync::Notify;
use tokio::task::AbortHandle;

/// Room for a fixed number of connections, reserved once.
#[derive(Debug)]
pub(super) struct Table {
    start: Instant,
    per_address: usize,
    marks: Box<[Mark]>,
    inner: Mutex<Inner>,
    closing: AtomicBool,
    left: Notify,
    closed: Notify,
}

/// What a connection says about itself without a lock.
#[derive(Debug, Default)]
struct Mark {
    /// Milliseconds since the table's start plus one; 0 while a request is under way.
    idle_since: AtomicU64,
    has_seat: AtomicBool,
}

#[derive(Debug)]
struct Inner {
    entries: Vec<Option<Entry>>,
    free: Vec<usize>,
    by_address: HashMap<IpAddr, usize>,
    generation: u64,
}

#[derive(Debug)]
struct Entry {
    address: IpAddr,
    generation: u64,
    task: Option<AbortHandle>,
}

/// A connection's place, until it is dropped.
pub(super) struct Place {
    shared: Arc<Shared>,
    index: usize,
    generation: u64,
}

impl Table {
    /// An empty table.
    pub(super) fn new(limits: &EdgeLimits) -> Table {
        let size = limits.connections;
        Table {
            start: Instant::now(),
            per_address: limits.per_address,
            marks: (0..size).map(|_| Mark::default()).collect(),
            inner: Mutex::new(Inner {
                entries: (0..size).map(|_| None).collect(),
                free: (0..size).rev().collect(),
                by_address: HashMap::with_capacity(size),
                generation: 0,
            }),
            closing: AtomicBool::new(false),
            left: Notify::new(),
            closed: Notify::new(),
        }
    }

    /// Connections now.
    pub(super) fn len(&self) -> usize {
        self.marks.len().saturating_sub(self.lock().free.len())
    }

    /// The edge shuts down: no further request is read.
    pub(super) fn is_closing(&self) -> bool {
        self.closing.load(Relaxed)
    }

    /// Returns when the edge shuts down: an answer without end ends then.
    pub(super) async fn closes(&self) {
        let closed = self.closed.notified();
        tokio::pin!(closed);
        closed.as_mut().enable();
        if !self.is_closing() {
            closed.await;
        }
    }

    /// Closes the connection that can best be spared for a new one from `address`: one that waits
    /// for its next request, of the address that has most of them, idle for longest. False if
    /// there is none.
    pub(super) fn evict_for(&self, address: IpAddr) -> bool {
        let inner = self.lock();
        let own_only = inner.held_by(address) >= self.per_address;
        let candidates = self
            .idle(&inner)
            .filter(|(entry, ..)| !own_only || entry.address == address);
        abort(candidates.max_by_key(|(entry, idle, _)| (inner.held_by(entry.address), *idle)))
    }

    /// Closes the connection that has kept a media seat unused for longest, if that is longer
    /// than [`SEAT_IDLE`]; one from `address`, if there is any, goes before others'.
    pub(super) fn evict_seat(&self, address: IpAddr, whose: Whose) -> bool {
        let inner = self.lock();
        let candidates = self.idle(&inner).filter(|(entry, idle, mark)| {
            let is_asked = whose == Whose::Any || entry.address == address;
            is_asked && *idle > SEAT_IDLE && mark.has_seat.load(Relaxed)
        });
        abort(candidates.max_by_key(|(entry, idle, _)| (entry.address == address, *idle)))
    }

    /// Closes idle connections at once and the rest after `farewell`; returns when all are gone.
    pub(super) async fn close(&self, farewell: Duration) {
        self.closing.store(true, Relaxed);
        self.closed.notify_waiters();
        for (entry, ..) in self.idle(&self.lock()) {
            entry.abort();
        }
        if tokio::time::timeout(farewell, self.emptied())
            .await
            .is_err()
        {
            for entry in self.lock().entries.iter().flatten() {
                entry.abort();
            }
            self.emptied().await;
        }
    }

    async fn emptied(&self) {
        while self.lock().free.len() < self.marks.len() {
            self.left.notified().await;
        }
    }

    fn idle<'t>(
        &'t self,
        inner: &'t Inner,
    ) -> impl Iterator<Item = (&'t Entry, Duration, &'t Mark)> {
        let now = self.now();
        inner
            .entries
            .iter()
            .zip(&self.marks)
            .filter_map(move |(entry, mark)| {
                let since = mark.idle_since.load(Relaxed);
                let idle = Duration::from_millis(now.saturating_sub(since));
                (since > 0).then_some((entry.as_ref()?, idle, mark))
            })
    }

    fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX - 1) + 1
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Inner {
    fn held_by(&self, address: IpAddr) -> usize {
        self.by_address.get(&address).copied().unwrap_or(0)
    }

    fn entry(&mut self, index: usize, generation: u64) -> Option<&mut Option<Entry>> {
        self.entries
            .get_mut(index)
            .filter(|entry| entry.as_ref().is_some_and(|e| e.generation == generation))
    }
}

impl Entry {
    fn abort(&self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

fn abort(candidate: Option<(&Entry, Duration, &Mark)>) -> bool {
    candidate.is_some_and(|(entry, _, mark)| {
        mark.idle_since.store(0, Relaxed);
        entry.abort();
        true
    })
}

impl Place {
    /// A place for a connection from `address`, unless the table or the address is full.
    pub(super) fn claim(shared: &Arc<Shared>, address: IpAddr) -> Option<Place> {
        let table = &shared.table;
        let mut inner = table.lock();
        if inner.held_by(address) >= table.per_address {
            return None;
        }
        let index = inner.free.pop()?;
        inner.generation += 1;
        let generation = inner.generation;
        *inner.by_address.entry(address).or_insert(0) += 1;
        if let Some(entry) = inner.entries.get_mut(index) {
            *entry = Some(Entry {
                address,
                generation,
                task: None,
            });
        }
        Some(Place {
            shared: Arc::clone(shared),
            index,
            generation,
        })
    }

    /// Where to tell the table which task holds the place.
    pub(super) fn ticket(&self) -> (usize, u64) {
        (self.index, self.generation)
    }

    /// Between requests: may be closed for another connection.
    pub(super) fn set_idle(&self) {
        self.mark(|mark| mark.idle_since.store(self.shared.table.now(), Relaxed));
    }

    /// A request has begun.
    pub(super) fn set_busy(&self) {
        self.mark(|mark| mark.idle_since.store(0, Relaxed));
    }

    /// It holds a media seat from now on.
    pub(super) fn set_seated(&self) {
        self.mark(|mark| mark.has_seat.store(true, Relaxed));
    }

    fn mark(&self, set: impl FnOnce(&Mark)) {
        if let Some(mark) = self.shared.table.marks.get(self.index) {
            set(mark);
        }
    }
}

impl Table {
    /// The task of the connection with this ticket.
    pub(super) fn attach(&self, (index, generation): (usize, u64), task: AbortHandle) {
        if let Some(Some(entry)) = self.lock().entry(index, generation) {
            entry.task = Some(task);
        }
    }

    fn release(&self, index: usize, generation: u64) {
        let mut inner = self.lock();
        let Some(entry) = inner.entry(index, generation).and_then(Option::take) else {
            return;
        };
        if let Some(held) = inner.by_address.get_mut(&entry.address) {
            *held = held.saturating_sub(1);
            if *held == 0 {
                inner.by_address.remove(&entry.address);
            }
        }
        inner.free.push(index);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.mark(|mark| {
            mark.idle_since.store(0, Relaxed);
            mark.has_seat.store(false, Relaxed);
        });
        self.shared.table.release(self.index, self.generation);
        self.shared.table.left.notify_one();
    }
}
