//! The power is cut at every moment of a store's life, in every way that a medium may answer it.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, unreachable_pub)]

mod groups;
mod medium;
mod recorder;
mod workload;

use hearth::store::Snapshot;
use hearth::store::storage::Memory;
use medium::{Dice, Medium, Survival, torn};
use recorder::{Event, Files, Recorder};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use workload::{Acknowledged, Model, Sum};

/// `HEARTH_SEED` takes its place, for more runs than one.
const SEED: u64 = 20_260_801;

fn seed() -> u64 {
    let given = std::env::var("HEARTH_SEED");
    given.map_or(SEED, |seed| seed.parse().unwrap())
}

/// What the store holds on these files.
fn reopened(files: &Files) -> Result<Sum, String> {
    let snapshot =
        Snapshot::open_on(&Memory::with_files(files.clone()), "cut").map_err(|e| e.to_string())?;
    if !snapshot.report().is_sound() {
        return Err(format!("{}", snapshot.report()));
    }
    Sum::of(&snapshot).map_err(|e| e.to_string())
}

/// Whether the store on `files`, cut after `position` events, holds exactly what was acknowledged by then, or that and the one change that was under way.
fn check(files: &Files, promises: &[Acknowledged], position: usize) -> Result<Sum, String> {
    let found = reopened(files)?;
    let next = promises.partition_point(|promise| promise.at <= position);
    let last = &promises[next - 1];
    let under_way = promises.get(next).filter(|p| p.asked_at < position);
    if found == last.sum || under_way.is_some_and(|promise| promise.sum == found) {
        return Ok(found);
    }
    Err(format!("found {found:?}, want {last:?} or {under_way:?}"))
}

/// Cuts the power during `trace`, at the positions that leave `part` when divided by `parts`, and has `look` at each state. Ends at the first failure.
fn cut(
    start: &Files,
    trace: &[Event],
    part: usize,
    parts: usize,
    look: &mut impl FnMut(usize, &Files) -> Result<(), String>,
) -> Result<usize, String> {
    let mut medium = Medium::on(start);
    let mut states = 0;
    for position in 0..=trace.len() {
        if position > 0 {
            medium.apply(&trace[position - 1]);
        }
        if position % parts != part {
            continue;
        }
        let seed = seed() ^ (position as u64) << 20;
        let mut dice = Dice(seed);
        let mut ways = vec![Survival::All];
        if medium.is_unsafe() {
            ways.push(Survival::None);
            ways.extend((0..2).map(|_| Survival::Any(dice.roll(u64::MAX))));
        }
        if let Some(bytes) = medium.unsynced() {
            ways.extend(torn(bytes, &mut dice));
        }
        for way in ways {
            let files = medium.after_cut(way);
            look(position, &files)
                .map_err(|e| format!("seed {}, event {position}, {way:?}: {e}", crate::seed()))?;
            states += 1;
        }
    }
    Ok(states)
}

/// One run of the store that is cut.
struct Life {
    start: Files,
    trace: Vec<Event>,
    promises: Vec<Acknowledged>,
}

impl Life {
    /// Cuts it at the positions that leave `part` when divided by `parts`, and has `look` at each state. Ends at the first failure.
    fn cut(
        &self,
        part: usize,
        parts: usize,
        look: &mut impl FnMut(usize, &Files, Sum) -> Result<(), String>,
    ) -> Result<usize, String> {
        cut(
            &self.start,
            &self.trace,
            part,
            parts,
            &mut |position, files| {
                let sum = check(files, &self.promises, position)?;
                look(position, files, sum)
            },
        )
    }
}

/// The same power cut, and another one while the store recovers and goes on; every state of that too.
fn cut_again(files: &Files, sum: Sum, seed: u64) -> Result<usize, String> {
    let mut dice = Dice(seed);
    let mut model = Model::new(Recorder::on(files), sum);
    let store = model.open();

    model.fresh_changes(&store, &mut dice);
    drop(store);
    let life = Life {
        start: files.clone(),
        trace: model.recorder.trace(),
        promises: model.acknowledged,
    };
    life.cut(0, 1, &mut |_, _, _| Ok(()))
}

fn year(recorder: Recorder, operations: usize) -> Life {
    let mut model = Model::new(recorder, Sum::default());
    model.year(&mut Dice(seed()), operations);
    Life {
        start: Files::new(),
        trace: model.recorder.trace(),
        promises: model.acknowledged,
    }
}

#[test]
fn after_any_power_cut_exactly_what_was_acknowledged_is_there() {
    let life = year(Recorder::default(), 2200);
    let parts = std::thread::available_parallelism().map_or(2, |n| n.get().max(2));
    let again = AtomicUsize::new(0);
    let states: usize = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..parts)
            .map(|part| {
                let (life, again) = (&life, &again);
                scope.spawn(move || {
                    let mut count = 0u64;
                    life.cut(part, parts, &mut |position, files, sum| {
                        count += 1;
                        if count.is_multiple_of(120) {
                            let states = cut_again(files, sum, seed() + position as u64)?;
                            again.fetch_add(states, Relaxed);
                        }
                        Ok(())
                    })
                })
            })
            .collect();
        let states = workers.into_iter().map(|worker| worker.join().unwrap());
        states.map(|states| states.unwrap()).sum()
    });
    let again = again.into_inner();
    println!(
        "seed {}: {} events, {states} states after one cut, {again} after two",
        seed(),
        life.trace.len()
    );
    assert!(states > 20_000, "{states}");
    assert!(again > 5_000, "{again}");
}

#[test]
fn one_forgotten_sync_is_noticed() {
    let whole = year(Recorder::default(), 150);
    let syncs = whole.trace.iter();
    let syncs = syncs.filter(|e| matches!(e, Event::Sync { .. } | Event::SyncNames));
    let syncs = syncs.count();
    let at_first_start = 9;
    for skipped in (0..at_first_start).chain((at_first_start + 1..syncs).step_by(11)) {
        let life = year(Recorder::skipping(skipped), 150);
        let cut = life.cut(0, 1, &mut |_, _, _| Ok(()));
        assert!(cut.is_err(), "nobody missed sync {skipped}");
    }
}
