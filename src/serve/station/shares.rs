//! How the rings' bytes are shared between live channels.
//!
//! The first channel gets half of what is free, the next half of the rest, and so on, the last one all that is left, but
//! never so much that a channel which may still come would get less than half of an equal share. So a lone stream has a
//! long window, and the last one that is admitted still has one.

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
    smallest: u64,
    places: usize,
}

impl Share {
    /// A fifth goes to TS: six of its segments are a third of a minute's window, and not every stream is asked for as TS.
    fn of(bytes: u64) -> Share {
        let ts_bytes = bytes / 5;
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
    /// `bytes` for `places` channels at once.
    pub fn new(bytes: u64, places: usize) -> Shares {
        Shares {
            free: bytes,
            granted: 0,
            smallest: bytes / (2 * places.max(1) as u64),
            places,
        }
    }

    /// A share for one more channel; None when every place is taken.
    pub fn take(&mut self) -> Option<Share> {
        let others = self.places.checked_sub(1)? as u64;
        let most = self.free.saturating_sub(others * self.smallest);
        let bytes = if others == 0 {
            self.free
        } else {
            (self.free / 2).max(self.smallest).min(most)
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

    /// Bytes spoken for.
    pub fn granted(&self) -> u64 {
        self.granted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    #[test]
    fn every_place_gets_at_least_half_of_an_equal_share_and_the_sum_is_kept() {
        for (total, places) in [
            (40 * MIB, 3),
            (150 * MIB, 8),
            (7 * MIB + 3, 5),
            (10 * MIB, 1),
        ] {
            let mut shares = Shares::new(total, places);
            let given: Vec<_> = std::iter::from_fn(|| shares.take()).collect();
            assert_eq!(given.len(), places);
            assert!(given.iter().map(|share| share.bytes()).sum::<u64>() <= total);
            assert!(
                given
                    .iter()
                    .all(|share| share.bytes() >= total / (2 * places as u64))
            );
        }
    }

    #[test]
    fn a_lone_channel_gets_half_and_gives_it_back() {
        let mut shares = Shares::new(64 * MIB, 4);
        let share = shares.take().unwrap();
        assert_eq!(share.bytes(), 32 * MIB);
        shares.give_back(share);
        assert_eq!(shares.granted(), 0);
        assert_eq!(shares.take().unwrap().bytes(), 32 * MIB);
    }

    #[test]
    fn no_place_no_share() {
        let mut shares = Shares::new(64 * MIB, 1);
        assert!(shares.take().is_some());
        assert!(shares.take().is_none());
    }
}
