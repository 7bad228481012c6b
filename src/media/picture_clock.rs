//! How long a picture lasts when its successor is not known yet.

use super::sample::TICKS_PER_MS;
use crate::limits::media::FRAGMENT_TICKS;

/// Distances that the median is taken over.
const WINDOW: usize = 15;

/// Distances needed before what was measured counts.
const ENOUGH: usize = 5;

/// The nominal duration is never outside 240 to 1 pictures a second.
const TICKS: std::ops::RangeInclusive<u64> = 375..=90_000;

/// Assumed until anything is known: 30 pictures a second.
const DEFAULT_TICKS: u64 = 3_000;

/// The nominal duration of a picture: the rate that the parameter sets state if what comes agrees with it, else a running median of decode time distances.
#[derive(Clone, Debug)]
pub struct PictureClock {
    stated: Option<u64>,
    distances: [u64; WINDOW],
    seen: usize,
    nominal: u64,
}

impl PictureClock {
    /// `frame_rate` is what the stream states, pictures a second.
    pub fn new(frame_rate: Option<f64>) -> PictureClock {
        let stated = frame_rate
            .filter(|rate| (1.0..=240.0).contains(rate))
            .map(|rate| (90_000.0 / rate).round() as u64);
        PictureClock {
            stated,
            distances: [0; WINDOW],
            seen: 0,
            nominal: stated.unwrap_or(DEFAULT_TICKS),
        }
    }

    /// A picture came `ticks` after the one before it (decode time, as stamped).
    pub fn observe(&mut self, ticks: u64) {
        if ticks == 0 {
            return;
        }
        if let Some(slot) = self.distances.get_mut(self.seen % WINDOW) {
            *slot = ticks;
        }
        self.seen += 1;
        if self.seen >= ENOUGH {
            let median = self.median().clamp(*TICKS.start(), *TICKS.end());
            self.nominal = self
                .stated
                .filter(|stated| agrees(*stated, median))
                .unwrap_or(median);
        }
    }

    /// Nominal duration of a picture, ticks.
    pub fn nominal(&self) -> u64 {
        self.nominal
    }

    /// The longest of the last pictures, ticks, but for those behind which one was dropped (as far as that can be told yet).
    pub fn longest(&self) -> u64 {
        let known = self.distances.get(..self.seen.min(WINDOW));
        let known = known.unwrap_or_default().iter().copied();
        let is_measured = self.is_measured();
        let whole = known.filter(|ticks| !is_measured || ticks * 4 <= self.nominal * 7);
        whole.max().unwrap_or(0).max(self.nominal)
    }

    /// Enough pictures came to tell a missing one from a wrong idea of the rate.
    pub fn is_measured(&self) -> bool {
        self.seen >= ENOUGH
    }

    /// What a fragment aims at, ticks: about 100 ms, a whole number of pictures.
    pub fn fragment(&self) -> u64 {
        // A ms more, so that a rate measured in whole ms is rounded like the one it stands for.
        let pictures = (FRAGMENT_TICKS + self.nominal / 2 + TICKS_PER_MS) / self.nominal;
        pictures.max(1) * self.nominal
    }

    fn median(&self) -> u64 {
        let mut sorted = self.distances;
        let known = sorted.get_mut(..self.seen.min(WINDOW)).unwrap_or_default();
        known.sort_unstable();
        known.get(known.len() / 2).copied().unwrap_or(DEFAULT_TICKS)
    }
}

/// Within 10 %, or within the 1 ms that rounded stamps can't tell. 25 and 30 pictures a second differ by 17 %.
fn agrees(stated: u64, median: u64) -> bool {
    let off = stated.abs_diff(median);
    off * 10 <= stated || off <= 90
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stated_rate_survives_rounding_and_jitter_but_not_a_lie() {
        let mut clock = PictureClock::new(Some(30.0));
        for ms in [33, 33, 34, 33, 40, 26, 33, 34, 66, 33] {
            clock.observe(ms * 90);
        }
        assert_eq!(clock.nominal(), 3_000);
        for _ in 0..WINDOW {
            clock.observe(67 * 90);
        }
        assert_eq!(clock.nominal(), 67 * 90);
    }

    #[test]
    fn without_a_rate_the_median_is_used_and_single_gaps_are_ignored() {
        let mut clock = PictureClock::new(Some(0.0));
        assert_eq!(clock.nominal(), 3_000);
        for ms in [40, 40, 200, 40, 40, 40] {
            clock.observe(ms * 90);
        }
        assert_eq!(clock.nominal(), 3_600);
    }

    #[test]
    fn jitter_makes_pictures_longer_and_a_dropped_one_does_not() {
        let mut clock = PictureClock::new(Some(30.0));
        assert_eq!(clock.longest(), 3_000);
        for ms in [33, 40, 26, 67, 33, 33, 200] {
            clock.observe(ms * 90);
        }
        assert_eq!(clock.longest(), 40 * 90);
    }

    #[test]
    fn fragments_are_whole_pictures_of_about_100_ms() {
        for (rate, pictures) in [
            (30.0, 3),
            (25.0, 3),
            (50.0, 5),
            (60.0, 6),
            (15.0, 2),
            (5.0, 1),
        ] {
            let clock = PictureClock::new(Some(rate));
            assert_eq!(clock.fragment(), pictures * clock.nominal(), "{rate}");
        }
    }
}
