//! Media seats: how many connections may have a segment's worth of socket buffer, in all and from one address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A connection that was closed for its seat gives it back within a turn of the runtime.
const HANDOVER: Duration = Duration::from_millis(250);

/// All seats.
#[derive(Debug)]
pub(super) struct Seats {
    all: Arc<Semaphore>,
    per_address: usize,
    /// Of addresses that have a seat or wait for one; others are forgotten when the next comes.
    by_address: Mutex<HashMap<IpAddr, Weak<Semaphore>>>,
}

/// One seat, until it is dropped: with its connection.
#[derive(Debug)]
pub(super) struct Seat {
    _own: OwnedSemaphorePermit,
    _of_all: OwnedSemaphorePermit,
}

/// Whose seat must be given up for another to be free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    /// The address has as many as it may have: one of its own.
    Own,
    /// All are taken: anybody's.
    Any,
}

impl Seats {
    /// So many seats, and of these so many for one address.
    pub(super) fn new(seats: usize, per_address: usize) -> Seats {
        Seats {
            all: Arc::new(Semaphore::new(seats)),
            per_address,
            by_address: Mutex::default(),
        }
    }

    /// Seats that nobody has.
    pub(super) fn free(&self) -> usize {
        self.all.available_permits()
    }

    /// A free seat for `address`, or one that `evict` could free.
    pub(super) async fn take(
        &self,
        address: IpAddr,
        evict: impl Fn(Whose) -> bool,
    ) -> Option<Seat> {
        let own = acquire(self.of(address), || evict(Whose::Own)).await?;
        let of_all = acquire(Arc::clone(&self.all), || evict(Whose::Any)).await?;
        Some(Seat {
            _own: own,
            _of_all: of_all,
        })
    }

    fn of(&self, address: IpAddr) -> Arc<Semaphore> {
        let mut by_address = self
            .by_address
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = by_address.get(&address).and_then(Weak::upgrade) {
            return own;
        }
        by_address.retain(|_, own| own.strong_count() > 0);
        let own = Arc::new(Semaphore::new(self.per_address));
        by_address.insert(address, Arc::downgrade(&own));
        own
    }
}

async fn acquire(
    places: Arc<Semaphore>,
    evict: impl FnOnce() -> bool,
) -> Option<OwnedSemaphorePermit> {
    if let Ok(permit) = Arc::clone(&places).try_acquire_owned() {
        return Some(permit);
    }
    if !evict() {
        return None;
    }
    let handed_over = tokio::time::timeout(HANDOVER, places.acquire_owned());
    handed_over.await.ok()?.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> IpAddr {
        IpAddr::from([192, 168, 1, last])
    }

    #[tokio::test]
    async fn seats_are_bounded_in_all_and_by_address_and_come_back() {
        let seats = Seats::new(3, 2);
        let nobody = |_| false;
        let first = seats.take(address(1), nobody).await.unwrap();
        let _second = seats.take(address(1), nobody).await.unwrap();
        assert!(seats.take(address(1), nobody).await.is_none());
        assert_eq!(seats.free(), 1, "what it could not have is left to others");
        let _third = seats.take(address(2), nobody).await.unwrap();
        assert!(seats.take(address(3), nobody).await.is_none());
        drop(first);
        assert!(seats.take(address(1), nobody).await.is_some());
        assert_eq!(seats.free(), 1);
    }

    #[tokio::test]
    async fn an_address_at_its_bound_is_asked_for_a_seat_of_its_own() {
        let seats = Seats::new(2, 1);
        let first = Mutex::new(Some(seats.take(address(1), |_| false).await.unwrap()));
        let give_up = |whose| whose == Whose::Own && first.lock().unwrap().take().is_some();
        let second = seats.take(address(1), give_up).await;
        assert!(second.is_some() && first.lock().unwrap().is_none());
    }

    #[tokio::test]
    async fn addresses_that_have_left_are_forgotten() {
        let seats = Seats::new(2, 1);
        for last in 0..100 {
            drop(seats.take(address(last), |_| false).await);
        }
        assert_eq!(seats.by_address.lock().unwrap().len(), 1);
    }
}
