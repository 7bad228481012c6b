//! How the rings' bytes are shared between live channels.
//!
//! Each channel gets half of what is free, the last one all that is left, but never so much that one which may still come
//! would get less than the least share. So a lone stream has a long window, and the last one that is admitted fits too.

use crate::limits::rings;

/// What one session may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// Bytes for the fMP4 ring.
    pub ring_bytes: u64,
    /// Bytes for the TS ring.
    pub ts_bytes: u64,
}

/// See the module.
#[derive(Debug)]
pub struct Shares {
    free: u64,
    granted: u64,
    least: u64,
    places: usize,
}

impl Share {
    fn of(bytes: u64) -> Share {
        let ts_bytes = rings::ts_bytes(bytes);
        Share {
            ring_bytes: bytes - ts_bytes,
            ts_bytes,
        }
    }

    fn bytes(self) -> u64 {
        self.ring_bytes + self.ts_bytes
    }
}

impl Shares {
    /// `bytes` for `places` channels at once, each of which gets `least` of them if so many are there.
    pub fn new(bytes: u64, places: usize, least: u64) -> Shares {
        Shares {
            free: bytes,
            granted: 0,
            least: least.min(bytes / places.max(1) as u64),
            places,
        }
    }

    /// A share for one more channel; None when every place is taken.
    pub fn take(&mut self) -> Option<Share> {
        let others = self.places.checked_sub(1)? as u64;
        let most = self.free.saturating_sub(others * self.least);
        let bytes = if others == 0 {
            self.free
        } else {
            (self.free / 2).max(self.least).min(most)
        };
        self.places -= 1;
        self.free -= bytes;
        self.granted += bytes;
        Some(Share::of(bytes))
    }

    /// A session is over.
    pub fn give_back(&mut self, share: Share) {
        self.places += 1;
        self.free += share.bytes();
        self.granted -= share.bytes().min(self.granted);
    }

    /// Shares that are left.
    pub fn places(&self) -> usize {
        self.places
    }

    /// Bytes spoken for.
    pub fn granted(&self) -> u64 {
        self.granted
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::budget::Budget;
    use rings::{ADVISED_KBPS, ENOUGH_CHANNELS, ORDINARY_KBPS, fitting_kbps};

    const MIB: u64 = 1 << 20;

    fn of(budget: &Budget) -> Shares {
        Shares::new(budget.ring_bytes, budget.live_channels, budget.least_share)
    }

    /// Four segments of 2 s of a stream that just fits the fMP4 ring, with the packets' headers; or as much as TS gets.
    fn has_room_for_ts(share: Share) -> bool {
        let segment = u64::from(fitting_kbps(share.ring_bytes)) * 1000 / 8 * 2;
        share.ts_bytes >= 4 * segment * 106 / 100 || share.ts_bytes == rings::TS_MOST
    }

    #[test]
    fn every_admitted_channel_fits_an_ordinary_stream_and_its_ts() {
        for memory in [64, 80, 96, 110, 128, 192, 256, 512, 1024] {
            let budget = Budget::of(memory * MIB);
            let mut shares = of(&budget);
            let given: Vec<_> = std::iter::from_fn(|| shares.take()).collect();
            assert_eq!(given.len(), budget.live_channels);
            let sum: u64 = given.iter().map(|share| share.bytes()).sum();
            assert!(sum <= budget.ring_bytes);
            let fits = |share: &Share| fitting_kbps(share.ring_bytes);
            let least = given.iter().map(fits).min().unwrap();
            println!(
                "{memory} MiB: {} channels, {} of {} bytes for a lone one; at least {} bytes of fMP4, {least} kbit/s, {} of TS",
                given.len(),
                given[0].bytes(),
                budget.ring_bytes,
                given.iter().map(|share| share.ring_bytes).min().unwrap(),
                given.iter().map(|share| share.ts_bytes).min().unwrap(),
            );
            assert!(least >= ORDINARY_KBPS, "{least} kbit/s of {memory} MiB");
            assert_eq!(least, budget.fitting_kbps());
            assert!(given.iter().all(|share| has_room_for_ts(*share)));
            assert!(given[0].bytes() >= budget.ring_bytes * 2 / 5);
            if memory >= 256 {
                assert!(least >= ADVISED_KBPS && given.len() >= ENOUGH_CHANNELS);
            }
        }
    }

    #[test]
    fn whoever_comes_after_others_have_left_fits_as_well() {
        let budget = Budget::of(256 * MIB);
        let mut shares = of(&budget);
        let mut live: Vec<_> = std::iter::from_fn(|| shares.take()).collect();
        for left in [0, 2, 1, 0, 3, 0, 1] {
            shares.give_back(live.remove(left));
            shares.give_back(live.remove(0));
            live.extend(std::iter::from_fn(|| shares.take()));
            assert_eq!(live.len(), budget.live_channels);
            let fits = |share: &Share| fitting_kbps(share.ring_bytes) >= ADVISED_KBPS;
            assert!(live.iter().all(fits), "{live:?}");
        }
    }

    #[test]
    fn a_least_share_that_is_not_there_is_an_equal_one() {
        let mut shares = Shares::new(9 * MIB, 3, 5 * MIB);
        let given: Vec<_> = std::iter::from_fn(|| shares.take()).collect();
        assert!(given.iter().all(|share| share.bytes() == 3 * MIB));
    }

    #[test]
    fn a_lone_channel_gets_half_and_gives_it_back() {
        let mut shares = Shares::new(64 * MIB, 4, 8 * MIB);
        let share = shares.take().unwrap();
        assert_eq!(share.bytes(), 32 * MIB);
        shares.give_back(share);
        assert_eq!(shares.granted(), 0);
        assert_eq!(shares.take().unwrap().bytes(), 32 * MIB);
    }

    #[test]
    fn no_place_no_share() {
        let mut shares = Shares::new(64 * MIB, 1, 0);
        assert!(shares.take().is_some());
        assert!(shares.take().is_none());
    }
}
