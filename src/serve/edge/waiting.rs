//! Requests that are held until there is something to answer them with: bounded, and counted.

use super::Channel;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};

/// All places for held requests.
#[derive(Debug)]
pub(super) struct Waiting {
    places: Semaphore,
    most: usize,
    held: AtomicU64,
    in_vain: AtomicU64,
    misdirected: AtomicU64,
}

/// One place, until it is dropped: with the request, or with the peer.
#[derive(Debug)]
pub(super) struct WaitingPlace<'w>(#[allow(dead_code)] SemaphorePermit<'w>);

/// What became of held requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HeldFigures {
    /// Requests that are held now.
    pub now: usize,
    /// At most.
    pub most: usize,
    /// Since the start, those that are answered included.
    pub total: u64,
    /// Since the start, answered with 503: nothing came in time, or there was no place.
    pub in_vain: u64,
    /// Playlist requests since the start, answered with 400: for what is too far ahead, or nonsense.
    pub misdirected: u64,
}

impl Waiting {
    /// So many places.
    pub(super) fn new(places: usize) -> Waiting {
        Waiting {
            places: Semaphore::new(places),
            most: places,
            held: AtomicU64::new(0),
            in_vain: AtomicU64::new(0),
            misdirected: AtomicU64::new(0),
        }
    }

    /// A place, if there is one.
    pub(super) fn place(&self) -> Option<WaitingPlace<'_>> {
        match self.places.try_acquire() {
            Ok(permit) => {
                self.held.fetch_add(1, Relaxed);
                Some(WaitingPlace(permit))
            }
            Err(_) => {
                self.count_in_vain();
                None
            }
        }
    }

    /// A request was held in vain.
    pub(super) fn count_in_vain(&self) {
        self.in_vain.fetch_add(1, Relaxed);
    }

    /// A request could not be held.
    pub(super) fn count_misdirected(&self) {
        self.misdirected.fetch_add(1, Relaxed);
    }

    /// The counts.
    pub(super) fn figures(&self) -> HeldFigures {
        HeldFigures {
            now: self.most.saturating_sub(self.places.available_permits()),
            most: self.most,
            total: self.held.load(Relaxed),
            in_vain: self.in_vain.load(Relaxed),
            misdirected: self.misdirected.load(Relaxed),
        }
    }
}

/// What `look` finds in `channel`, as soon as it finds something; None after `patience`.
pub(super) async fn until<T>(
    channel: &dyn Channel,
    patience: Duration,
    mut look: impl FnMut() -> Option<T>,
) -> Option<T> {
    let found = async {
        loop {
            let mut changed = pin!(channel.changed().notified());
            // Registered before the look, or a change between look and wait would be missed.
            changed.as_mut().enable();
            if let Some(found) = look() {
                return found;
            }
            changed.await;
        }
    };
    tokio::time::timeout(patience, found).await.ok()
}
