//! What callers have queued for the writer, and how long it may wait for it.

use crate::limits::store::MAX_WAITING_BYTES;
use crate::store::error::StoreError;
use crate::store::index::Digest;
use crate::store::table::{Op, Requirement};
use std::collections::VecDeque;
use std::sync::mpsc::SyncSender;
use std::time::{Duration, Instant};

/// What a caller queued.
#[derive(Debug, Default)]
pub(crate) struct Request {
    pub(crate) ticket: u64,
    pub(crate) ops: Vec<(Digest, Op)>,
    pub(crate) requirements: Vec<(Digest, Requirement)>,
    pub(crate) bytes: usize,
    /// Whether all rows are to be written again.
    pub(crate) compact: bool,
    /// Where the caller waits; None for batched writes.
    pub(crate) reply: Option<SyncSender<Result<(), StoreError>>>,
}

impl Request {
    /// Tells the caller, if one waits.
    pub(crate) fn answer(&self, result: Result<(), StoreError>) {
        if let Some(reply) = &self.reply {
            let _ = reply.try_send(result);
        }
    }
}

/// Requests in the order in which they came.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    pub(crate) requests: VecDeque<Request>,
    pub(crate) bytes: usize,
    /// How many of them put a row.
    pub(crate) puts: usize,
    /// How many callers wait.
    pub(crate) awaited: usize,
    /// Since when the oldest batched write waits.
    pub(crate) since: Option<Instant>,
    pub(crate) next_ticket: u64,
    pub(crate) closing: bool,
    /// Why nothing can be written any more.
    pub(crate) failed: Option<StoreError>,
}

impl Queue {
    /// Adds a request and gives it its ticket.
    pub(crate) fn push(&mut self, mut request: Request) -> u64 {
        self.next_ticket += 1;
        request.ticket = self.next_ticket;
        self.bytes += request.bytes;
        self.puts += puts(&request);
        self.awaited += usize::from(request.reply.is_some());
        if request.reply.is_none() {
            self.since.get_or_insert_with(Instant::now);
        }
        self.requests.push_back(request);
        self.next_ticket
    }

    /// Takes the oldest.
    pub(crate) fn pop(&mut self) -> Option<Request> {
        let request = self.requests.pop_front()?;
        self.bytes -= request.bytes;
        self.puts -= puts(&request);
        self.awaited -= usize::from(request.reply.is_some());
        Some(request)
    }

    /// How long the writer may still sleep; None: until it is woken.
    pub(crate) fn patience(&self, batched_wait: Duration) -> Option<Duration> {
        if self.closing || self.awaited > 0 || self.bytes >= MAX_WAITING_BYTES {
            return Some(Duration::ZERO);
        }
        let waited = self.since?.elapsed();
        Some(batched_wait.saturating_sub(waited))
    }
}

fn puts(request: &Request) -> usize {
    let puts = request.ops.iter().filter(|(_, op)| op.value.is_some());
    puts.count()
}
