//! What callers and the writer share, and its locks. Who takes both takes the queue's first. A thread that panicked leaves nothing half-done behind, so a lock that it
//! held is taken all the same.

use crate::store::Options;
use crate::store::error::StoreError;
use crate::store::index::Digester;
use crate::store::queue::Queue;
use crate::store::view::View;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{
    Condvar, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
    TryLockError,
};
use std::time::Duration;

/// What callers and the writer share.
#[derive(Debug)]
pub(crate) struct Shared {
    queue: Mutex<Queue>,
    wake: Condvar,
    view: RwLock<View>,
    /// The card refused a write; nothing more is written.
    broken: AtomicBool,
    /// How often the writer has looked at the queue.
    turns: AtomicU64,
    pub(crate) digester: Digester,
    pub(crate) frame_limit: usize,
    pub(crate) options: Options,
}

impl Shared {
    pub(crate) fn new(
        view: View,
        digester: Digester,
        frame_limit: usize,
        options: Options,
    ) -> Shared {
        Shared {
            queue: Mutex::default(),
            wake: Condvar::new(),
            view: RwLock::new(view),
            broken: AtomicBool::new(false),
            turns: AtomicU64::new(0),
            digester,
            frame_limit,
            options,
        }
    }
    pub(crate) fn is_broken(&self) -> bool {
        self.broken.load(Relaxed)
    }
    /// Counts a look of the writer at the queue.
    pub(crate) fn turn(&self) {
        self.turns.fetch_add(1, Relaxed);
    }
    pub(crate) fn turns(&self) -> u64 {
        self.turns.load(Relaxed)
    }
    /// Has the writer look at the queue.
    pub(crate) fn wake(&self) {
        self.wake.notify_one();
    }
    pub(crate) fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
    pub(crate) fn view(&self) -> RwLockReadGuard<'_, View> {
        self.view.read().unwrap_or_else(PoisonError::into_inner)
    }
    /// None if somebody changes it, or waits for that.
    pub(crate) fn try_view(&self) -> Option<RwLockReadGuard<'_, View>> {
        match self.view.try_read() {
            Ok(view) => Some(view),
            Err(TryLockError::Poisoned(view)) => Some(view.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }
    pub(crate) fn view_mut(&self) -> RwLockWriteGuard<'_, View> {
        self.view.write().unwrap_or_else(PoisonError::into_inner)
    }
    pub(crate) fn wait<'a>(
        &self,
        queue: MutexGuard<'a, Queue>,
        most: Duration,
    ) -> MutexGuard<'a, Queue> {
        let woken = self.wake.wait_timeout(queue, most);
        woken.unwrap_or_else(PoisonError::into_inner).0
    }
    pub(crate) fn wait_long<'a>(&self, queue: MutexGuard<'a, Queue>) -> MutexGuard<'a, Queue> {
        let woken = self.wake.wait(queue);
        woken.unwrap_or_else(PoisonError::into_inner)
    }
    /// Every write that waits, and every later one, gets `error`.
    pub(crate) fn fail(&self, error: StoreError) {
        if matches!(error, StoreError::Io(_)) {
            self.broken.store(true, Relaxed);
        }
        let mut queue = self.queue();
        for request in std::mem::take(&mut queue.requests) {
            if let Some(reply) = request.reply {
                let _ = reply.try_send(Err(error.clone()));
            }
        }
        (queue.bytes, queue.puts, queue.awaited) = (0, 0, 0);
        queue.since = None;
        queue.failed.get_or_insert(error);
    }
}
