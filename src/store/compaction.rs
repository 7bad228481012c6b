//! Emptying the oldest file, a little with each commit.
//!
//! Files are emptied in the order in which they were written. What still counts in the oldest is written again as part of the next commits, first of all into
//! the bytes that padding would waste, so that it costs nothing; when all of it is, the commit that completes it says that older frames no longer count, and
//! once that commit is safe the file is free. Because nothing older is left then, removals found in it need not be kept.

use crate::limits::store::{BLOCK_BYTES, CARRIED_BLOCKS};
use crate::store::frame::padded;
use crate::store::index::{Digest, Place};
use crate::store::log::{Draft, Log, RESERVE};
use crate::store::view::View;

/// Rows of the oldest file that are still to be carried over.
#[derive(Debug, Default)]
pub(crate) struct Carrier {
    segment: Option<usize>,
    /// Last one first.
    rows: Vec<(Digest, Place)>,
    /// Files that begin before this frame are emptied even if there is no need.
    wanted: u64,
}

/// A row that was put into the frame being made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Carried {
    pub(crate) digest: Digest,
    /// Where it lay.
    pub(crate) from: Place,
    /// Where it is in the frame's bytes.
    pub(crate) at: usize,
}

/// What a frame takes along.
#[derive(Debug, Default)]
pub(crate) struct Load {
    pub(crate) rows: Vec<Carried>,
    /// Rows that could not be read and are given up.
    pub(crate) lost: Vec<Digest>,
}

/// How much a frame whose own records end at `bytes` may take along: up to this many bytes in all.
pub(crate) fn budget(log: &Log, bytes: usize) -> usize {
    let files = log.files().len();
    let free = log.free_files();
    let own = padded(bytes);
    let all = if free > plenty(log) {
        bytes
    } else if free > (files / 5).max(RESERVE + 1) {
        own
    } else {
        own + own / BLOCK_BYTES * CARRIED_BLOCKS * BLOCK_BYTES
    };
    all.min(log.remainder()).min(log.frame_limit())
}

/// With more free files than this nothing is carried over.
fn plenty(log: &Log) -> usize {
    (log.files().len() / 4).max(RESERVE + 2)
}

impl Carrier {
    /// Has every file that begins before frame `seq` emptied.
    pub(crate) fn all_before(&mut self, seq: u64) {
        self.wanted = seq;
    }

    /// Whether such a file is still in use.
    pub(crate) fn is_behind(&self, log: &Log) -> bool {
        let oldest = log.used().front();
        log.used().len() > 1 && oldest.is_some_and(|used| used.first < self.wanted)
    }

    /// Adds rows of the oldest files to `draft` until it has `limit` bytes or files are no longer short.
    pub(crate) fn carry(
        &mut self,
        log: &Log,
        view: &View,
        draft: &mut Draft,
        limit: usize,
    ) -> Load {
        let mut load = Load::default();
        loop {
            if self.rows.is_empty() && !self.next_file(log, view, draft) {
                return load;
            }
            let Some(&(digest, from)) = self.rows.last() else {
                continue;
            };
            if view.index.get(&digest) != Some(from) {
                self.rows.pop();
                continue;
            }
            if draft.bytes.len() + from.length() > limit {
                return load;
            }
            self.rows.pop();
            let at = draft.bytes.len();
            let stored = view.read(from);
            match stored.as_ref().ok().and_then(|stored| stored.record()) {
                Some(record) => {
                    record.encode(log.tag(), &mut draft.bytes);
                    draft.records += 1;
                    load.rows.push(Carried { digest, from, at });
                }
                None => load.lost.push(digest),
            }
        }
    }

    /// Notes that a file is empty and turns to the next one. False if there is none worth it.
    fn next_file(&mut self, log: &Log, view: &View, draft: &mut Draft) -> bool {
        if self.segment.take().is_some() {
            draft.emptied += 1;
        }
        let plenty = log.free_files() + draft.emptied > plenty(log);
        let Some(oldest) = log.used().get(draft.emptied) else {
            return false;
        };
        if (plenty && oldest.first >= self.wanted) || log.used().len() < draft.emptied + 2 {
            return false;
        }
        self.segment = Some(oldest.segment);
        self.rows = view.index.sorted(|place| place.segment() == oldest.segment);
        self.rows.reverse();
        true
    }
}
