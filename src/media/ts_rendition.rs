//! The TS rendition: made from the ring while somebody asks, into a small ring of its own.
//!
//! A segment's bytes depend on the ring's fragments alone (see [`super::ts_cut`] and [`crate::wire::mpegts`]), so what was freed
//! and is asked for again comes out the same. The list lies behind one lock that is never held while media is read or written.
//!
//! Where a new segment needs room, readers of the oldest held file are cut, or if there is none the oldest segment leaves the list,
//! and so on. What is cut counts as free there, so the list shrinks below three segments (RFC 8216 §6.2.2) only where three and the
//! new one can't fit. Until readers have let go the segment is not made; it is tried again with the next refresh.
use super::held::Held;
use super::rendition::Rendition;
use super::segment_file::{LiveBytes, SegmentFile};
use super::storage::SegmentStorage;
use crate::time::Mono;
use crate::wire::m3u8::{MediaPlaylist, Segment};
use bytes::Bytes;
use remux::remux;
use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use survey::{Plan, survey};

mod remux;
mod survey;

pub use remux::{MAX_FRAGMENT, RemuxError};

/// Segments listed at most. Players start three behind the newest; the other three are for those that are late. At the bound
/// the oldest leaves.
pub const MAX_LISTED: usize = 6;
/// How long making goes on after the last one asked, ms. Players ask every few seconds.
pub const WANTED_MS: u64 = 30_000;
/// Files that have left the list while somebody reads them, and whose readers were not told to let go. At the bound the oldest's are.
pub const MAX_HELD: usize = 16;
/// One segment is made at a time in the whole process: what making holds is in the budget once.
static MAKING: Mutex<()> = Mutex::new(());
/// Plain HLS with durations in fractions.
const VERSION: u8 = 3;

/// See the module.
#[derive(Debug)]
pub struct TsRendition {
    source: Arc<Rendition>,
    storage: Arc<dyn SegmentStorage>,
    ring_bytes: u64,
    first_sequence: u64,
    anchor_unix_ms: i64,
    live: Arc<LiveBytes>,
    /// Whose turn it is to make.
    turn: Mutex<()>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    asked: Option<Mono>,
    list: VecDeque<Made>,
    held: Held,
    /// The fragment to look on from: the last one of the newest segment that was made or given up.
    from: u64,
    /// Number of the next TS segment to make.
    next: u64,
    ended: bool,
    rendered: Option<Bytes>,
    last_error: Option<RemuxError>,
}

/// A listed segment.
#[derive(Debug)]
struct Made {
    plan: Plan,
    file: Arc<SegmentFile>,
}

impl TsRendition {
    /// Nothing is made until asked for. `first_sequence` and `anchor_unix_ms` are those of the rendition's start;
    /// listed and held segments together take at most `ring_bytes`.
    pub fn new(
        source: Arc<Rendition>,
        storage: Arc<dyn SegmentStorage>,
        ring_bytes: u64,
        first_sequence: u64,
        anchor_unix_ms: i64,
    ) -> TsRendition {
        TsRendition {
            source,
            storage,
            ring_bytes,
            first_sequence,
            anchor_unix_ms,
            live: Arc::default(),
            turn: Mutex::default(),
            state: Mutex::new(State::new(Held::new(MAX_HELD))),
        }
    }

    /// Somebody asked: making goes on for [`WANTED_MS`] from `now`.
    pub fn ask(&self, now: Mono) {
        let mut state = self.state();
        state.asked = state.asked.max(Some(now));
    }

    /// Somebody asked within the last [`WANTED_MS`].
    pub fn is_wanted(&self, now: Mono) -> bool {
        let asked = self.state().asked;
        asked.is_some_and(|asked| now.since(asked) < WANTED_MS)
    }

    /// Makes what the ring holds and is not made yet ([`MAX_LISTED`] segments at most). When no longer wanted, frees everything, or
    /// only leaves it as it is once the session has ended.
    /// Blocking: milliseconds per segment. One caller at a time makes, others wait for it.
    pub fn refresh(&self, now: Mono) {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let ended = self.source_has_ended();
        if !self.is_wanted(now) {
            let mut state = self.state();
            match ended {
                // As with other media: who is behind finds what was listed until the session itself is given up.
                true => state.end(),
                false => state.free(),
            }
            return;
        }
        let (from, next) = {
            let state = self.state();
            (state.from, state.next)
        };
        for plan in survey(&self.source, from, MAX_LISTED, ended) {
            if plan.number < next {
                continue;
            }
            let making = MAKING.lock().unwrap_or_else(PoisonError::into_inner);
            let made = self.make(&plan);
            drop(making);
            let is_full = matches!(made, Err(RemuxError::Storage(_)));
            self.state().settle(plan, made);
            if is_full {
                return;
            }
        }
        if ended {
            self.state().end();
        }
    }

    /// The session is over: all segments are given up, and readers that still have one are cut.
    pub fn free(&self) {
        let mut state = self.state();
        state.free();
        while state.held.cut_oldest() {}
    }

    /// `ts.m3u8`; None until a first TS segment is complete.
    pub fn playlist(&self) -> Option<Bytes> {
        let mut state = self.state();
        if state.rendered.is_none() {
            let text = self.render(&state)?;
            state.rendered = Some(text.into());
        }
        state.rendered.clone()
    }

    /// A listed TS segment's file.
    pub fn segment(&self, name: &str) -> Option<Arc<SegmentFile>> {
        let state = self.state();
        let mut listed = state.list.iter();
        let made = listed.find(|made| self.name(&made.plan) == name)?;
        Some(Arc::clone(&made.file))
    }

    /// Bytes of all its files that still live, listed or merely read.
    pub fn bytes(&self) -> u64 {
        self.live.get()
    }

    /// Why the last segment that could not be made could not be, as a sentence.
    pub fn last_error(&self) -> Option<String> {
        self.state().last_error.as_ref().map(ToString::to_string)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn source_has_ended(&self) -> bool {
        self.source.is_ended()
    }

    fn name(&self, plan: &Plan) -> String {
        let number = self.first_sequence.saturating_add(plan.number);
        format!("t{:08x}-{number}.ts", self.source.tag())
    }

    fn render(&self, state: &State) -> Option<String> {
        let first = &state.list.front()?.plan;
        let segments = state.list.iter().map(|made| Segment {
            uri: self.name(&made.plan),
            duration: made.plan.end.saturating_sub(made.plan.start),
            discontinuity: made.plan.discontinuity,
            program_date_time: self
                .anchor_unix_ms
                .saturating_add(i64::try_from(made.plan.start / 90).unwrap_or(i64::MAX)),
            ..Segment::default()
        });
        let playlist = MediaPlaylist {
            version: VERSION,
            target_duration: self.source.fix_ts_target(),
            media_sequence: self.first_sequence.saturating_add(first.number),
            discontinuity_sequence: first.discontinuities_before,
            // Where no keyframe came in time, a segment begins without one.
            independent_segments: false,
            ended: state.ended,
            segments: segments.collect(),
            ..MediaPlaylist::default()
        };
        Some(playlist.render())
    }

    fn make(&self, plan: &Plan) -> Result<Arc<SegmentFile>, RemuxError> {
        if plan.bytes > self.ring_bytes {
            return Err(RemuxError::TooLarge(plan.bytes));
        }
        let sequence = self.first_sequence.saturating_add(plan.number);
        let file = SegmentFile::create_counted(&*self.storage, sequence, &self.live)
            .map_err(RemuxError::Storage)?;
        // About what it will take: readers are told before anything is made in vain.
        let room = self.make_room(&file, plan.bytes);
        let made = room.map_err(RemuxError::Storage).and_then(|()| {
            remux(&self.source, plan, |piece| {
                self.make_room(&file, piece.len() as u64)?;
                file.append(&[IoSlice::new(piece)]).map(drop)
            })
        });
        file.close();
        match made {
            // With its packets' headers it is larger than the ring, which holds nothing else any more.
            Err(RemuxError::Storage(error)) if error.kind() == io::ErrorKind::FileTooLarge => {
                Err(RemuxError::TooLarge(plan.bytes))
            }
            made => made.map(|_| file),
        }
    }

    /// Gives up the oldest until `file` can grow by `bytes`, or could if readers had let go of what they were told to
    /// (`StorageFull`). `FileTooLarge`: it could not even then.
    fn make_room(&self, file: &SegmentFile, bytes: u64) -> io::Result<()> {
        let block = self.storage.block_size().max(1);
        let grown = file.len().saturating_add(bytes);
        let growth = grown.next_multiple_of(block).saturating_sub(file.memory());
        let mut state = self.state();
        while self.live.staying().saturating_add(growth) > self.ring_bytes {
            if !state.held.cut_oldest() && !state.unlist_oldest() {
                break;
            }
        }
        let fits = |bytes: u64| bytes.saturating_add(growth) <= self.ring_bytes;
        match (fits(self.live.get()), fits(self.live.staying())) {
            (true, _) => Ok(()),
            (false, true) => Err(io::ErrorKind::StorageFull.into()),
            (false, false) => Err(io::ErrorKind::FileTooLarge.into()),
        }
    }
}

impl State {
    fn new(held: Held) -> State {
        State {
            asked: None,
            list: VecDeque::with_capacity(MAX_LISTED),
            held,
            from: 0,
            next: 0,
            ended: false,
            rendered: None,
            last_error: None,
        }
    }

    /// Takes what came of a plan into the list. What could not be stored is tried again, anything else is not.
    fn settle(&mut self, plan: Plan, made: Result<Arc<SegmentFile>, RemuxError>) {
        let file = match made {
            Ok(file) => Some(file),
            Err(error) => {
                let is_full = matches!(error, RemuxError::Storage(_));
                self.last_error = Some(error);
                if is_full {
                    return;
                }
                None
            }
        };
        self.from = plan.last();
        self.next = plan.number.saturating_add(1);
        if let Some(file) = file {
            self.list(Made { plan, file });
        }
    }

    fn list(&mut self, made: Made) {
        // Sequence numbers in a list rise by one: after a gap it begins anew.
        let follows = |last: &Made| last.plan.number.checked_add(1) == Some(made.plan.number);
        if !self.list.back().is_none_or(follows) {
            while self.unlist_oldest() {}
        }
        while self.list.len() >= MAX_LISTED {
            self.unlist_oldest();
        }
        self.list.push_back(made);
        self.rendered = None;
    }

    fn end(&mut self) {
        if !std::mem::replace(&mut self.ended, true) {
            self.rendered = None;
        }
    }

    /// Everything leaves; who reads a file keeps it.
    fn free(&mut self) {
        while self.unlist_oldest() {}
        let held = std::mem::replace(&mut self.held, Held::new(0));
        *self = State::new(held);
    }

    fn unlist_oldest(&mut self) -> bool {
        let Some(made) = self.list.pop_front() else {
            return false;
        };
        self.rendered = None;
        self.held.hold(made.file);
        true
    }
}
