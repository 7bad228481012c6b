//! What the edge knows of itself, and the page of metrics that is made of it.

use super::{HeldFigures, Shared};
use crate::limits::http::METRICS_PAGES;
use bytes::Bytes;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What the edge knows of itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EdgeFigures {
    /// Connections now.
    pub connections: usize,
    /// Connections at most.
    pub connections_most: usize,
    /// Connections with a media seat now.
    pub seats: usize,
    /// Media seats.
    pub seats_most: usize,
    /// Pages that listen to `/events` now.
    pub listeners: usize,
    /// Such pages at most.
    pub listeners_most: usize,
    /// Such pages refused since the start.
    pub listeners_refused: u64,
    /// Events published since the start.
    pub events: u64,
    /// Requests that wait for media.
    pub held: HeldFigures,
    /// Connections refused since the start, for want of room.
    pub refused: u64,
    /// Connections refused since the start, from outside of the house.
    pub outsiders: u64,
}

/// Writes the page of metrics from what the edge knows and what the writer knows. Called on the edge's own thread: it must
/// not wait.
pub type WriteMetrics = Arc<dyn Fn(&EdgeFigures) -> String + Send + Sync>;

/// Counts, and lends out pages.
pub(super) struct Metrics {
    write: WriteMetrics,
    pages: Arc<Semaphore>,
    refused: AtomicU64,
    outsiders: AtomicU64,
}

/// A page until it is sent.
struct Page {
    text: String,
    _permit: OwnedSemaphorePermit,
}

impl AsRef<[u8]> for Page {
    fn as_ref(&self) -> &[u8] {
        self.text.as_bytes()
    }
}

impl Metrics {
    pub(super) fn new(write: WriteMetrics) -> Metrics {
        Metrics {
            write,
            pages: Arc::new(Semaphore::new(METRICS_PAGES)),
            refused: AtomicU64::new(0),
            outsiders: AtomicU64::new(0),
        }
    }

    pub(super) fn count_refused(&self) {
        self.refused.fetch_add(1, Relaxed);
    }

    pub(super) fn count_outsider(&self) {
        self.outsiders.fetch_add(1, Relaxed);
    }

    /// The page; None while [`METRICS_PAGES`] are on their way.
    pub(super) fn page(&self, shared: &Shared) -> Option<Bytes> {
        let permit = Arc::clone(&self.pages).try_acquire_owned().ok()?;
        let limits = &shared.settings.limits;
        let text = (self.write)(&EdgeFigures {
            connections: shared.table.len(),
            connections_most: limits.connections,
            seats: limits.media_seats.saturating_sub(shared.seats.free()),
            seats_most: limits.media_seats,
            listeners: shared.listeners.len(),
            listeners_most: limits.listeners,
            listeners_refused: shared.listeners.refused(),
            events: shared.live.events().map_or(0, |bus| bus.published()),
            held: shared.playlists.waiting().figures(),
            refused: self.refused.load(Relaxed),
            outsiders: self.outsiders.load(Relaxed),
        });
        Some(Bytes::from_owner(Page {
            text,
            _permit: permit,
        }))
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}
