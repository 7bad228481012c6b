//! Slows down guessing: after some failures a key (an address, a name) has to wait.

use crate::time::Mono;
use std::collections::HashMap;
use std::hash::Hash;
use std::time::Duration;

/// How many failures in how long, and the wait that follows.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Failures that are free.
    pub tries: u32,
    /// Time in which they are counted, from the first of them on.
    pub window: Duration,
    /// How long the next try has to wait once they are used up.
    pub wait: Duration,
    /// Keys that are remembered; at the bound the one that has been quiet the longest is forgotten.
    pub keys_max: usize,
}

#[derive(Clone, Copy, Debug)]
struct Failures {
    count: u32,
    first: Mono,
    last: Mono,
    blocked_until: Mono,
}

/// Failures by key, bounded.
#[derive(Debug)]
pub struct Throttle<K> {
    pace: Pace,
    seen: HashMap<K, Failures>,
}

impl<K: Eq + Hash + Clone> Throttle<K> {
    /// Nobody has failed yet.
    pub fn new(pace: Pace) -> Throttle<K> {
        Throttle {
            pace,
            seen: HashMap::new(),
        }
    }

    /// Whole seconds that `key` still has to wait; None if it may try.
    pub fn wait(&self, key: &K, now: Mono) -> Option<u32> {
        let left = self.seen.get(key)?.blocked_until.since(now);
        (left > 0).then(|| u32::try_from(left.div_ceil(1000)).unwrap_or(u32::MAX))
    }

    /// `key` failed.
    pub fn failed(&mut self, key: &K, now: Mono) {
        if !self.seen.contains_key(key) && self.seen.len() >= self.pace.keys_max {
            self.forget_quietest();
        }
        let entry = self.seen.entry(key.clone()).or_insert(Failures {
            count: 0,
            first: now,
            last: now,
            blocked_until: Mono(0),
        });
        if now.since(entry.first) > millis(self.pace.window) {
            entry.count = 0;
        }
        if entry.count == 0 {
            entry.first = now;
        }
        entry.count = entry.count.saturating_add(1);
        entry.last = now;
        if entry.count >= self.pace.tries {
            entry.blocked_until = now.plus(millis(self.pace.wait));
            entry.count = 0;
        }
    }

    fn forget_quietest(&mut self) {
        let quietest = self.seen.iter().min_by_key(|(_, failures)| failures.last);
        if let Some(key) = quietest.map(|(key, _)| key.clone()) {
            self.seen.remove(&key);
        }
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn throttle() -> Throttle<u32> {
        Throttle::new(Pace {
            tries: 3,
            window: Duration::from_secs(60),
            wait: Duration::from_secs(30),
            keys_max: 4,
        })
    }

    #[test]
    fn the_third_failure_makes_the_next_try_wait_and_the_wait_ends() {
        let mut t = throttle();
        for ms in [0, 10, 20] {
            assert_eq!(t.wait(&1, Mono(ms)), None);
            t.failed(&1, Mono(ms));
        }
        assert_eq!(t.wait(&1, Mono(21)), Some(30));
        assert_eq!(t.wait(&1, Mono(29_900)), Some(1));
        assert_eq!(t.wait(&1, Mono(30_020)), None);
        assert_eq!(t.wait(&2, Mono(21)), None);
    }

    #[test]
    fn slow_typists_are_not_made_to_wait() {
        let mut t = throttle();
        for ms in (0..600_000).step_by(40_000) {
            t.failed(&1, Mono(ms));
            assert_eq!(t.wait(&1, Mono(ms + 1)), None);
        }
    }

    #[test]
    fn a_flood_of_addresses_does_not_grow_the_table() {
        let mut t = throttle();
        for key in 0..10_000 {
            t.failed(&key, Mono(u64::from(key)));
        }
        assert_eq!(t.seen.len(), 4);
    }
}
