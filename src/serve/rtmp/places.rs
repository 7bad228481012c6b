//! Who is connected: places in total and for each address. A stranger gives way to a newcomer, so that connections that
//! say nothing can't keep an encoder with a key out; who is live never does.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

/// All places, shared by the listeners.
#[derive(Clone, Debug, Default)]
pub struct Places(Arc<Mutex<Table>>);

/// How many there are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) total: usize,
    pub(super) per_address: usize,
}

/// One connection's place; free when dropped.
#[derive(Debug)]
pub(super) struct Place {
    places: Places,
    number: u64,
}

#[derive(Debug, Default)]
struct Table {
    /// Oldest first.
    taken: Vec<Taken>,
    last_number: u64,
}

#[derive(Debug)]
struct Taken {
    number: u64,
    address: IpAddr,
    is_live: bool,
    /// Dropping it tells the connection to leave.
    _leave: oneshot::Sender<()>,
}

impl Places {
    /// A place, if need be that of the oldest stranger of the address that has most of them; None if all others are
    /// live. The receiver resolves when the place is wanted back.
    pub(super) fn take(
        &self,
        address: IpAddr,
        bounds: Bounds,
    ) -> Option<(Place, oneshot::Receiver<()>)> {
        let mut table = self.table();
        if table.of(address).count() >= bounds.per_address {
            table.give_way(address)?;
        } else if table.taken.len() >= bounds.total {
            let crowd = table.address_of_most_strangers()?;
            table.give_way(crowd)?;
        }
        table.last_number += 1;
        let number = table.last_number;
        let (leave, told) = oneshot::channel();
        table.taken.push(Taken {
            number,
            address,
            is_live: false,
            _leave: leave,
        });
        let places = self.clone();
        Some((Place { places, number }, told))
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    fn of(&self, address: IpAddr) -> impl Iterator<Item = &Taken> {
        self.taken
            .iter()
            .filter(move |taken| taken.address == address)
    }

    fn address_of_most_strangers(&self) -> Option<IpAddr> {
        let strangers = |address| self.of(address).filter(|taken| !taken.is_live).count();
        let candidates = self.taken.iter().filter(|taken| !taken.is_live);
        // The last of equals wins, and the oldest shall: so from the youngest on.
        candidates
            .rev()
            .map(|taken| taken.address)
            .max_by_key(|address| strangers(*address))
    }

    fn give_way(&mut self, address: IpAddr) -> Option<()> {
        let oldest = self
            .taken
            .iter()
            .position(|taken| taken.address == address && !taken.is_live)?;
        self.taken.remove(oldest);
        Some(())
    }
}

impl Place {
    /// Whether this connection publishes: then it keeps its place.
    pub(super) fn set_live(&self, is_live: bool) {
        let mut table = self.places.table();
        let mut taken = table.taken.iter_mut();
        if let Some(own) = taken.find(|taken| taken.number == self.number) {
            own.is_live = is_live;
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut table = self.places.table();
        table.taken.retain(|taken| taken.number != self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds {
        total: 4,
        per_address: 3,
    };

    fn ip(last: u8) -> IpAddr {
        IpAddr::from([10, 0, 0, last])
    }

    fn told(leave: &mut oneshot::Receiver<()>) -> bool {
        !matches!(leave.try_recv(), Err(oneshot::error::TryRecvError::Empty))
    }

    #[test]
    fn the_oldest_stranger_of_the_largest_crowd_gives_way_to_a_newcomer() {
        let places = Places::default();
        let mut alone = places.take(ip(1), BOUNDS).unwrap();
        let mut crowd: Vec<_> = (0..3)
            .map(|_| places.take(ip(2), BOUNDS).unwrap())
            .collect();
        assert!(places.take(ip(3), BOUNDS).is_some());
        assert!(!told(&mut alone.1));
        let left: Vec<_> = crowd.iter_mut().map(|(_, leave)| told(leave)).collect();
        assert_eq!(left, [true, false, false]);
    }

    #[test]
    fn who_is_live_never_gives_way() {
        let places = Places::default();
        let live: Vec<_> = (0..4)
            .map(|last| places.take(ip(last), BOUNDS).unwrap())
            .collect();
        live.iter().for_each(|(place, _)| place.set_live(true));
        assert!(places.take(ip(9), BOUNDS).is_none());
        live[2].0.set_live(false);
        assert!(places.take(ip(9), BOUNDS).is_some());
    }

    #[test]
    fn an_address_at_its_bound_gives_up_its_own_oldest() {
        let places = Places::default();
        let mut other = places.take(ip(1), BOUNDS).unwrap();
        let mut own: Vec<_> = (0..3)
            .map(|_| places.take(ip(2), BOUNDS).unwrap())
            .collect();
        assert!(places.take(ip(2), BOUNDS).is_some());
        assert!(told(&mut own[0].1) && !told(&mut other.1));
    }

    #[test]
    fn a_place_is_free_once_dropped() {
        let places = Places::default();
        for _ in 0..20 {
            let (place, _leave) = places.take(ip(1), BOUNDS).unwrap();
            place.set_live(true);
        }
        assert!(places.table().taken.is_empty());
    }
}
