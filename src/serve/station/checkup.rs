//! What the encoder doctor is given of a session: the stream's measures and what only the station knows.

use super::{Session, Station};
use crate::limits::doctor::{EARLY_S, LONG, WINDOW_ADVICE_S};
use crate::limits::media::{RING_MIN_SEGMENTS, TARGET_DURATION_S, ring_in_use};
use crate::media::doctor::{Measures, Point, Room};
use crate::media::ingest::Health;
use crate::time::Mono;

/// What a list shows at least, seconds.
const LEAST_WINDOW_S: u64 = RING_MIN_SEGMENTS as u64 * TARGET_DURATION_S as u64;

/// A session's stream as its streamer may see it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checkup {
    /// A publisher is connected.
    pub is_live: bool,
    /// Now.
    pub measures: Measures,
    /// Second by second, oldest first.
    pub points: Vec<Point>,
}

impl Checkup {
    /// Of a stream whose past is not known.
    pub fn of(health: &Health) -> Checkup {
        let history = crate::media::doctor::History::default();
        Checkup {
            is_live: true,
            measures: history.measures(health, Mono(0)),
            points: Vec::new(),
        }
    }
}

impl Station {
    /// What the doctor should look at; None while the channel is off air.
    pub fn checkup(&self, name: &str) -> Option<Checkup> {
        let now = self.clock().now();
        let state = self.state();
        let mut checkup = state.sessions.get(name)?.checkup(now);
        let own = state.sessions.get(name).and_then(|it| it.allowance.most());
        checkup.measures.most_kbps = own.or(state.most_kbps);
        Some(checkup)
    }

    /// The bitrate that the house allows, kbit/s, for those of whom nothing else is known. Beyond it the doctor says so.
    pub fn set_most_kbps(&self, most: Option<u32>) {
        self.state().most_kbps = most;
    }
}

impl Session {
    fn checkup(&self, now: Mono) -> Checkup {
        let mut measures = self.history.measures(&self.health, now);
        measures.reconnects = self.reconnects;
        measures.takeovers = self.takeovers;
        measures.room = room(self.share.ring_bytes, &measures);
        Checkup {
            is_live: self.publisher.is_some(),
            measures,
            points: self.history.points().copied().collect(),
        }
    }
}

/// A list shows half of what its ring fills, and never less than the ring's least.
fn room(ring_bytes: u64, measures: &Measures) -> Option<Room> {
    if measures.live_s < EARLY_S || measures.kbps_minute == 0 {
        return None;
    }
    let listed_kbit = ring_in_use(ring_bytes) / 2 * 8 / 1_000;
    let seconds = listed_kbit / u64::from(measures.kbps_minute);
    let seconds = seconds.max(LEAST_WINDOW_S).min(LONG as u64);
    Some(Room {
        seconds: u32::try_from(seconds).unwrap_or(u32::MAX),
        good_kbps: u32::try_from(listed_kbit / u64::from(WINDOW_ADVICE_S)).unwrap_or(u32::MAX),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_is_what_half_the_ring_holds() {
        let at = |kbps_minute| Measures {
            live_s: 60,
            kbps_minute,
            ..Measures::default()
        };
        let ring = 16_000_000;
        let room = |kbps| room(ring, &at(kbps));
        assert_eq!(
            room(2_000),
            Some(Room {
                seconds: 30,
                good_kbps: 2_000
            })
        );
        assert_eq!(room(100).unwrap().seconds, 60);
        assert_eq!(
            room(10_000).unwrap().seconds,
            12,
            "six segments stay listed"
        );
        assert_eq!(room(0), None);
    }
}
