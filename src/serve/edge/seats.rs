//! Media seats: how many connections may have a segment's worth of socket buffer.

use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A connection that was closed for its seat gives it back within a turn of the runtime.
const HANDOVER: Duration = Duration::from_millis(250);

/// All seats.
#[derive(Debug)]
pub(super) struct Seats(Arc<Semaphore>);

/// One seat, until it is dropped: with its connection.
#[derive(Debug)]
pub(super) struct Seat(#[allow(dead_code)] OwnedSemaphorePermit);

impl Seats {
    /// So many seats.
    pub(super) fn new(seats: usize) -> Seats {
        Seats(Arc::new(Semaphore::new(seats)))
    }

    /// Seats that nobody has.
    pub(super) fn free(&self) -> usize {
        self.0.available_permits()
    }

    /// A free seat, or one that `evict` could free.
    pub(super) async fn take(&self, evict: impl FnOnce() -> bool) -> Option<Seat> {
        if let Ok(permit) = Arc::clone(&self.0).try_acquire_owned() {
            return Some(Seat(permit));
        }
        if !evict() {
            return None;
        }
        let handed_over = tokio::time::timeout(HANDOVER, Arc::clone(&self.0).acquire_owned());
        handed_over.await.ok()?.ok().map(Seat)
    }
}
