//! A household's evening, played faster, on a card whose file system's clock is as much faster: what must be safe at once, and what may wait up to 50 s for company.

use crate::engines::{Engine, Row};
use crate::{Numbers, Outcome, row};
use std::time::Duration;

/// How much faster.
pub(crate) const FASTER: u32 = 600;

const SECONDS: u64 = 2 * 3600;
const LOG_INS: u64 = 10;
const COMMENTS: u64 = 200;
const FOLLOWS: u64 = 20;
/// As the daemon waits: limits/store.rs, BATCHED_WAIT.
const BATCHED_WAIT: u64 = 50;

/// All of it. Every engine gets the same commits, those that this store would make.
pub(crate) fn spend(engine: &mut dyn Engine) -> Outcome<()> {
    let mut numbers = Numbers(11);
    let mut changes: Vec<(u64, bool)> = vec![(0, true)];
    for (count, durable) in [(LOG_INS, true), (FOLLOWS, true), (COMMENTS, false)] {
        changes.extend((0..count).map(|_| (numbers.below(SECONDS), durable)));
    }
    changes.sort_unstable();
    let mut waiting: Vec<Row> = Vec::new();
    let mut since = 0;
    let mut now = 0;
    for (n, (second, durable)) in (10_000..).zip(changes) {
        std::thread::sleep(Duration::from_secs(second - now) / FASTER);
        now = second;
        if !waiting.is_empty() && second - since >= BATCHED_WAIT {
            engine.put_together(&std::mem::take(&mut waiting))?;
        }
        if waiting.is_empty() {
            since = second;
        }
        waiting.push(row(n, second));
        if durable {
            engine.put_together(&std::mem::take(&mut waiting))?;
        }
    }
    engine.put_together(&waiting)
}
