//! Places for pages that listen to `/events`: so many in all, so many for one address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// All places.
#[derive(Debug)]
pub(super) struct Listeners {
    most: usize,
    per_address: usize,
    taken: Mutex<Taken>,
    refused: AtomicU64,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// One place, until it is dropped.
pub(super) struct Seat<'l> {
    listeners: &'l Listeners,
    address: IpAddr,
}

impl Listeners {
    pub(super) fn new(most: usize, per_address: usize) -> Listeners {
        Listeners {
            most,
            per_address,
            taken: Mutex::default(),
            refused: AtomicU64::new(0),
        }
    }

    /// A place for a page from `address`; None, which is counted, if there is none.
    pub(super) fn take(&self, address: IpAddr) -> Option<Seat<'_>> {
        let mut taken = self.taken();
        let own = taken.by_address.get(&address).copied().unwrap_or(0);
        if taken.all >= self.most || own >= self.per_address {
            self.refused.fetch_add(1, Relaxed);
            return None;
        }
        taken.all += 1;
        taken.by_address.insert(address, own + 1);
        Some(Seat {
            listeners: self,
            address,
        })
    }

    /// Places taken.
    pub(super) fn len(&self) -> usize {
        self.taken().all
    }

    /// Pages turned away since the start.
    pub(super) fn refused(&self) -> u64 {
        self.refused.load(Relaxed)
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        let mut taken = self.listeners.taken();
        taken.all = taken.all.saturating_sub(1);
        if let Some(own) = taken.by_address.get_mut(&self.address) {
            *own = own.saturating_sub(1);
            if *own == 0 {
                taken.by_address.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_bounded_in_all_and_by_address_and_come_back() {
        let listeners = Listeners::new(3, 2);
        let address = |last| IpAddr::from([192, 168, 1, last]);
        let first = listeners.take(address(1)).unwrap();
        let _second = listeners.take(address(1)).unwrap();
        assert!(listeners.take(address(1)).is_none());
        let _third = listeners.take(address(2)).unwrap();
        assert!(listeners.take(address(3)).is_none());
        assert_eq!((listeners.len(), listeners.refused()), (3, 2));
        drop(first);
        assert!(listeners.take(address(1)).is_some());
        assert_eq!(listeners.len(), 2);
    }
}
