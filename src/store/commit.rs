//! The writer: one thread that turns what callers queue into commits. What arrives while it waits for the card shares the next commit.

use crate::limits::store::GATHER_MAX;
use crate::store::Options;
use crate::store::compaction::{Carried, Carrier, Load, budget};
use crate::store::error::StoreError;
use crate::store::frame::{HEADER_BYTES, Record, record_bytes};
use crate::store::index::{Digest, Place};
use crate::store::log::{Draft, Log, RESERVE, Written, capacity};
use crate::store::queue::{Queue, Request};
use crate::store::shared::Shared;
use crate::store::table::{Op, Requirement};
use crate::store::view::View;
use std::collections::HashMap;
use std::sync::{Arc, MutexGuard};
use std::time::{Duration, Instant};

/// What the writing thread owns.
#[derive(Debug)]
pub(crate) struct Writer {
    pub(crate) shared: Arc<Shared>,
    pub(crate) log: Log,
    pub(crate) carrier: Carrier,
    pub(crate) can_grow: bool,
}

impl Writer {
    /// Commits until the store is closed.
    pub(crate) fn run(mut self) {
        let _last = Farewell(self.shared.clone());
        while let Some(group) = self.next_group() {
            match self.commit(&group) {
                Ok(()) => self.grow(),
                Err(error) => {
                    log::error!("store: {} writes were refused: {error}", group.len());
                    if matches!(error, StoreError::Full(_)) {
                        self.shared.view_mut().settle(&group);
                    }
                    for request in &group {
                        request.answer(Err(error.clone()));
                    }
                }
            }
        }
    }

    fn options(&self) -> &Options {
        &self.shared.options
    }

    /// Waits until something is due and takes as much as a frame holds. None: closed, and nothing is left.
    fn next_group(&self) -> Option<Vec<Request>> {
        let mut queue = self.shared.queue();
        loop {
            self.shared.turn();
            match queue.patience(self.options().batched_wait) {
                Some(Duration::ZERO) => break,
                Some(left) => queue = self.shared.wait(queue, left),
                None => queue = self.shared.wait_long(queue),
            }
        }
        queue = self.gather(queue);
        let limit = self.log.frame_limit() - HEADER_BYTES;
        let mut group = Vec::new();
        let mut bytes = 0;
        while let Some(next) = queue.requests.front() {
            bytes += next.bytes;
            if bytes > limit && !group.is_empty() {
                break;
            }
            group.extend(queue.pop());
        }
        let left = queue.requests.iter().any(|r| r.reply.is_none());
        queue.since = queue.since.filter(|_| left);
        (!group.is_empty() || !queue.closing).then_some(group)
    }

    /// Gives others that are just arriving the time to share the commit.
    fn gather<'a>(&'a self, mut queue: MutexGuard<'a, Queue>) -> MutexGuard<'a, Queue> {
        let wait = self.options().gather;
        let start = Instant::now();
        while !wait.is_zero() && !queue.closing && start.elapsed() < GATHER_MAX {
            let before = queue.requests.len();
            queue = self.shared.wait(queue, wait);
            if queue.requests.len() == before || queue.bytes >= self.log.frame_limit() {
                break;
            }
        }
        queue
    }

    /// Writes a group and answers it. An error is the answer for all that were not answered yet.
    fn commit(&mut self, group: &[Request]) -> Result<(), StoreError> {
        let shared = self.shared.clone();
        let accepted = self.accept(group);
        let own = accepted.iter().map(|staged| staged.bytes()).sum::<usize>();
        if accepted.is_empty() {
            shared.view_mut().settle(group);
        } else {
            self.make_room(HEADER_BYTES + own)?;
            let mut draft = Draft::new();
            let limit = budget(&self.log, HEADER_BYTES + own).saturating_sub(own);
            let load = self
                .carrier
                .carry(&self.log, &shared.view(), &mut draft, limit);
            let starts: Vec<usize> = accepted
                .iter()
                .map(|staged| staged.encode(self.log.tag(), &mut draft))
                .collect();
            let written = self.append(&mut draft)?;
            let mut view = shared.view_mut();
            view.relocate(&load, written);
            let staged: Vec<_> = accepted.iter().copied().zip(starts).collect();
            view.apply(&staged, written);
            view.settle(group);
            self.count(&mut view);
        }
        if group.iter().any(|request| request.compact) {
            self.compact()?;
        }
        for request in group {
            request.answer(Ok(()));
        }
        Ok(())
    }

    /// Empties every file that is in use now.
    fn compact(&mut self) -> Result<(), StoreError> {
        let end = self.log.next_seq();
        if self.log.used().back().is_some_and(|used| used.first < end) {
            self.log.rotate();
        }
        self.carrier.all_before(end);
        while self.carrier.is_behind(&self.log) && self.carry_alone()? {}
        Ok(())
    }

    /// The writes of the requests whose requirements hold; the others are answered.
    fn accept<'a>(&self, group: &'a [Request]) -> Vec<Staged<'a>> {
        let view = self.shared.view();
        let mut accepted: Vec<Staged<'a>> = Vec::new();
        let mut latest: HashMap<Digest, usize, _> = HashMap::new();
        for request in group {
            let holds = request
                .requirements
                .iter()
                .try_for_each(|(digest, wanted)| {
                    let staged = latest.get(digest).and_then(|at: &usize| accepted.get(*at));
                    check(&view, staged, digest, wanted)
                });
            if let Err(error) = holds {
                request.answer(Err(error));
                continue;
            }
            for (digest, op) in &request.ops {
                let known = latest.contains_key(digest) || view.index.get(digest).is_some();
                if op.value.is_some() || known {
                    latest.insert(*digest, accepted.len());
                    accepted.push(Staged {
                        digest: *digest,
                        op,
                    });
                }
            }
        }
        accepted
    }

    /// Sees to it that a frame of `bytes` fits behind the last one; empties old files if there are too few free ones.
    fn make_room(&mut self, bytes: usize) -> Result<(), StoreError> {
        let mut left = 2 * self.log.used().len() + 2;
        while self.log.remainder() < bytes {
            if self.log.free_files() > RESERVE || self.log.used().is_empty() {
                self.log.rotate();
            } else if left == 0 || !self.carry_alone()? {
                return Err(StoreError::Full("data"));
            } else {
                left -= 1;
            }
        }
        Ok(())
    }

    /// A commit of nothing but carried-over rows. False if that was of no use.
    fn carry_alone(&mut self) -> Result<bool, StoreError> {
        let shared = self.shared.clone();
        let least = 2 * crate::limits::store::BLOCK_BYTES;
        if self.log.remainder() < least && !self.log.rotate() {
            return Ok(false);
        }
        let limit = self.log.remainder().min(self.log.frame_limit());
        let mut draft = Draft::new();
        let load = self
            .carrier
            .carry(&self.log, &shared.view(), &mut draft, limit);
        if load.rows.is_empty() && draft.emptied == 0 {
            shared.view_mut().give_up(&load.lost);
            return Ok(self.log.rotate());
        }
        let written = self.append(&mut draft)?;
        let mut view = shared.view_mut();
        view.relocate(&load, written);
        self.count(&mut view);
        Ok(true)
    }

    /// Writes a frame; a failure is the end of all writing.
    fn append(&mut self, draft: &mut Draft) -> Result<Written, StoreError> {
        self.log.append(draft).map_err(|error| {
            log::error!("store: a commit failed, nothing more is written: {error}");
            let error = StoreError::Io(error.to_string());
            self.shared.fail(error.clone());
            error
        })
    }

    fn count(&self, view: &mut View) {
        view.counters.written = self.log.written();
        view.counters.asked = self.log.asked();
        view.counters.commits = self.log.next_seq() - 1;
        view.counters.free_files = self.log.free_files();
    }

    /// Adds a file when the log has become too full.
    fn grow(&mut self) {
        if !self.can_grow {
            return;
        }
        let live = self.shared.view().index.live_bytes();
        match self.log.grow(live, self.options().max_segments) {
            Ok(None) => {}
            Ok(Some(file)) => {
                let mut view = self.shared.view_mut();
                view.files.push(Some(file));
                self.count(&mut view);
            }
            Err(error) => {
                log::warn!("store: the log can't grow: {error}");
                self.can_grow = false;
                let files = self.log.files().len();
                let bytes = capacity(files, self.log.segment_bytes());
                self.shared.view_mut().capacity = bytes;
            }
        }
    }
}

/// Whether a requirement holds, given what the frame being made says of the row already.
fn check(
    view: &View,
    staged: Option<&Staged>,
    digest: &Digest,
    wanted: &Requirement,
) -> Result<(), StoreError> {
    let found = match staged {
        Some(staged) => staged.op.value.clone().map(|v| (staged.op.version, v)),
        None => view
            .committed(digest, wanted.table, &wanted.key)
            .map_err(|e| e.of("a required row"))?,
    };
    let holds = match (&found, &wanted.row) {
        (None, None) => true,
        (Some((version, bytes)), Some(row)) => (wanted.same)(*version, bytes, row),
        _ => false,
    };
    holds.then_some(()).ok_or(StoreError::Conflict)
}

/// A write that goes into the frame being made.
#[derive(Clone, Copy, Debug)]
struct Staged<'a> {
    digest: Digest,
    op: &'a Op,
}

impl Staged<'_> {
    fn bytes(&self) -> usize {
        let value = self.op.value.as_ref().map_or(0, Vec::len);
        record_bytes(self.op.key.len(), value)
    }

    fn record(&self) -> Record<'_> {
        Record {
            table: self.op.table,
            version: self.op.version,
            key: &self.op.key,
            value: self.op.value.as_deref(),
        }
    }

    /// Appends the record to a frame; returns where it starts.
    fn encode(&self, tag: u32, draft: &mut Draft) -> usize {
        let at = draft.bytes.len();
        self.record().encode(tag, &mut draft.bytes);
        draft.records += 1;
        draft.asked += (self.bytes() - record_bytes(0, 0)) as u64;
        at
    }
}

impl View {
    fn relocate(&mut self, load: &Load, written: Written) {
        for Carried { digest, from, at } in &load.rows {
            let place = from.moved(written.segment, written.offset + at);
            self.index.apply(*digest, place, false);
        }
        self.give_up(&load.lost);
    }

    /// Where they lay may be written anew: nothing may point there any more.
    fn give_up(&mut self, lost: &[Digest]) {
        for digest in lost {
            log::error!("store: a damaged record was given up");
            self.index.forget(digest);
            self.counters.lost += 1;
        }
    }

    fn apply(&mut self, staged: &[(Staged, usize)], written: Written) {
        for (staged, at) in staged {
            let record = staged.record();
            let place = Place::new(
                written.segment,
                written.offset + at,
                staged.bytes(),
                &record,
            );
            self.index
                .apply(staged.digest, place, record.value.is_none());
        }
    }

    /// Forgets the batched writes that `group` has brought into the files.
    fn settle(&mut self, group: &[Request]) {
        for request in group {
            for (digest, _) in &request.ops {
                if let Some(waiting) = self.waiting.get(digest)
                    && waiting.ticket <= request.ticket
                {
                    self.waiting.remove(digest);
                }
            }
        }
    }
}

/// Tells everybody who waits, or comes later, that there is no writer any more.
struct Farewell(Arc<Shared>);

impl Drop for Farewell {
    fn drop(&mut self) {
        let error = if std::thread::panicking() {
            StoreError::Io("the writer stopped".to_owned())
        } else {
            StoreError::Closed
        };
        self.0.fail(error);
    }
}
