//! The ring: a bounded queue of segment files and the index over them.
//!
//! Three kinds of segments count against one budget: *listed* ones stand in the playlist (the open one is next), *kept* ones no
//! longer do but are found by name, and *held* ones have left the ring while a reader still has their file.
//! A reader lets go a while after it was told to, so room is made before it is needed: a sixteenth of the budget is kept free by
//! cutting the readers of the oldest held file, or if there is none by taking out the oldest segment, and so on. What is cut counts
//! as free there, so that one reader who dawdles does not drive out what others read. Where a fragment would pass the budget all
//! the same, because a cut file takes room until its last reader has let go, segments leave until it fits. The newest six never do.
//!
//! A segment is listed while those after it last under 60 s and the list's bytes stay under half of what is not kept free, the
//! newest six in any case; the other half keeps what has left the list for about as long as it was in it (RFC 8216 §6.2.2).
//!
//! No lock and no clock: the rendition brings the one, media time is the other.
use super::held::Held;
use super::segment_file::{LiveBytes, SegmentFile};
use super::storage::SegmentStorage;
use crate::limits::media::{
    GAPS_FIRST, LISTED_LEAST_TICKS, RING_KEPT_TICKS, RING_LISTED_TICKS, RING_MAX_FRAGMENTS,
    RING_MAX_HELD, RING_MAX_INITS, RING_MAX_SEGMENTS, RING_MIN_SEGMENTS, SEGMENT_END_TICKS,
    SEGMENT_MAX_FRAGMENTS, TARGET_DURATION_S, ring_in_use,
};
use std::collections::VecDeque;
use std::io;
use std::num::NonZeroU32;
use std::sync::Arc;

mod index;
#[cfg(test)]
mod tests;

pub use index::{FragmentEntry, InitSegment, Opening, Segment};

/// What an append can meet.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AppendError {
    /// The tmpfs or the budget has no room even after the oldest was given up: this fragment is dropped, a gap is marked.
    #[error("no room for a fragment of {0} bytes")]
    NoRoom(u64),
    /// Fewer than six segments fit the ring: the bitrate that would fit, kbit/s. The fragment is dropped, a gap is marked.
    #[error("this stream is too large for the box; {0} kbit/s would fit")]
    BitrateTooHigh(u32),
    /// After a gap: dropped, because decoding can't begin here.
    #[error("after a gap the stream goes on at the next keyframe")]
    AwaitingKeyframe,
    /// The storage failed: this fragment is dropped, a gap is marked.
    #[error("the ring can't be written: {0}")]
    Storage(#[source] io::Error),
    /// The caller's mistake: where the fragment came.
    #[error("a fragment came {0}")]
    Misplaced(&'static str),
}

/// See the module.
#[derive(Debug)]
pub struct Ring {
    storage: Arc<dyn SegmentStorage>,
    budget: u64,
    live: Arc<LiveBytes>,
    /// Kept ones, listed ones, the open one.
    segments: VecDeque<Segment>,
    /// How many at the front are kept but not listed.
    unlisted: usize,
    /// Listed EXT-X-GAP entries before the first segment.
    gaps: u64,
    /// The last of `segments` is open.
    is_open: bool,
    held: Held,
    fragments: VecDeque<FragmentEntry>,
    first_fragment: u64,
    next_sequence: u64,
    left_discontinuities: u64,
}

impl Ring {
    /// An empty ring for `budget` bytes, its first segment to be numbered `first_sequence`. Reserves its index, makes no file.
    pub fn new(storage: Arc<dyn SegmentStorage>, budget: u64, first_sequence: u64) -> Ring {
        Ring {
            storage,
            budget,
            live: Arc::default(),
            segments: VecDeque::with_capacity(RING_MAX_SEGMENTS),
            unlisted: 0,
            gaps: 0,
            is_open: false,
            held: Held::new(RING_MAX_HELD),
            fragments: VecDeque::with_capacity(RING_MAX_FRAGMENTS),
            first_fragment: 0,
            next_sequence: first_sequence,
            left_discontinuities: 0,
        }
    }

    /// Before the first fragment: [`GAPS_FIRST`] entries stand before its segment.
    pub fn put_gaps(&mut self) {
        if self.segments.is_empty() && self.next_fragment() == 0 && self.gaps == 0 {
            self.gaps = GAPS_FIRST;
            self.next_sequence = self.next_sequence.saturating_add(GAPS_FIRST);
        }
    }

    /// Makes room for a fragment of `bytes` and gives the file that it goes into: the open segment's, else a new one's, which
    /// [`Ring::open`] takes once the fragment is in it.
    ///
    /// # Errors
    /// `BitrateTooHigh` (nothing has left the ring for it), `NoRoom`, `Storage`.
    pub fn reserve(&mut self, bytes: u64) -> Result<Arc<SegmentFile>, AppendError> {
        let open = self.open_segment().map(|segment| Arc::clone(&segment.file));
        let len = open.as_ref().map_or(0, |file| file.len());
        let growth = self.blocks(len.saturating_add(bytes)) - self.blocks(len);
        self.make_room(growth, bytes)?;
        match open {
            Some(file) => Ok(file),
            None => SegmentFile::create_counted(&*self.storage, self.next_sequence, &self.live)
                .map_err(|error| self.refused(error, bytes)),
        }
    }

    /// What a failed write of a fragment of `bytes` means. A full storage also gives up the oldest, so that a later one fits.
    pub fn refused(&mut self, error: io::Error, bytes: u64) -> AppendError {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                self.held.cut_oldest();
                self.evict();
                AppendError::NoRoom(bytes)
            }
            _ => AppendError::Storage(error),
        }
    }

    /// The open segment can take a fragment of `duration` ticks without becoming too long.
    pub fn continues(&self, duration: u32) -> bool {
        self.open_segment().is_some_and(|segment| {
            segment.duration.saturating_add(u64::from(duration)) < SEGMENT_END_TICKS
                && segment.fragments < SEGMENT_MAX_FRAGMENTS
        })
    }

    /// Opens the segment whose first fragment is in `file`, behind a closed one.
    pub fn open(&mut self, file: Arc<SegmentFile>, opening: Opening) {
        self.close();
        while self.segments.len() >= RING_MAX_SEGMENTS && self.evict() {}
        while self.inits_with(&opening.init) > RING_MAX_INITS && self.evict() {}
        self.next_sequence = file.sequence().saturating_add(1);
        self.is_open = true;
        self.segments.push_back(Segment {
            file,
            opening,
            duration: 0,
            first_fragment: self.next_fragment(),
            fragments: 0,
        });
    }

    /// Lists a fragment of the open segment.
    pub fn record(&mut self, entry: FragmentEntry) {
        while self.fragments.len() >= RING_MAX_FRAGMENTS && self.evict() {}
        let Some(segment) = self.segments.back_mut().filter(|_| self.is_open) else {
            return;
        };
        segment.duration = segment.duration.saturating_add(u64::from(entry.duration));
        segment.fragments = segment.fragments.saturating_add(1);
        self.fragments.push_back(entry);
    }

    /// Closes the open segment, if there is one, and lists it; gives its index entry.
    pub fn close(&mut self) -> Option<&Segment> {
        if !std::mem::take(&mut self.is_open) {
            return None;
        }
        if let Some(segment) = self.segments.back() {
            segment.file.close();
        }
        self.unlist_gaps();
        self.unlist_old();
        self.evict_old();
        self.segments.back()
    }

    /// The segment that grows.
    pub fn open_segment(&self) -> Option<&Segment> {
        self.segments.back().filter(|_| self.is_open)
    }

    /// All segments that are found by name, the open one last.
    pub fn segments(&self) -> impl DoubleEndedIterator<Item = &Segment> + Clone {
        self.segments.iter()
    }

    /// Complete segments in the playlist, oldest first.
    pub fn listed(&self) -> impl DoubleEndedIterator<Item = &Segment> + Clone {
        self.segments
            .range(self.unlisted.min(self.closed())..self.closed())
    }

    /// Entries before the first listed segment that stand for none: they have the sequence numbers before its own.
    pub fn gaps(&self) -> u64 {
        self.gaps
    }

    /// The fragments of a segment of this ring.
    pub fn fragments_of(&self, segment: &Segment) -> impl Iterator<Item = &FragmentEntry> {
        let first = segment.first_fragment;
        let numbers = first..first.saturating_add(u64::from(segment.fragments));
        numbers.filter_map(|number| self.fragment(number))
    }

    /// Where the bytes of a part are, if it is kept: its segment's file, its first byte, its length.
    pub fn part(&self, number: NonZeroU32) -> Option<(&Segment, u64, u64)> {
        let of_part = |entry: &&FragmentEntry| entry.part == Some(number);
        let back = self.fragments.iter().rev().position(|e| of_part(&e))?;
        let newest = self.next_fragment().checked_sub(back as u64 + 1)?;
        let (_, segment, last) = self.fragments(newest).next()?;
        let first = self.fragments_of(segment).find(of_part)?;
        let end = last.offset.saturating_add(u64::from(last.len));
        Some((segment, first.offset, end.saturating_sub(first.offset)))
    }

    /// Sequence number of the first listed segment, or of the next one made.
    pub fn media_sequence(&self) -> u64 {
        self.segments
            .get(self.unlisted)
            .map_or(self.next_sequence, |segment| segment.file.sequence())
    }

    /// Sequence number of the next segment made.
    pub fn next_sequence(&self) -> u64 {
        self.next_sequence
    }

    /// Segments with a discontinuity before them that have left the list.
    pub fn left_discontinuities(&self) -> u64 {
        self.left_discontinuities
    }

    /// Number of the next fragment.
    pub fn next_fragment(&self) -> u64 {
        self.first_fragment
            .saturating_add(self.fragments.len() as u64)
    }

    /// Fragments numbered `from` and above with their segments, oldest first; from the oldest if `from` has left.
    pub fn fragments(&self, from: u64) -> impl Iterator<Item = (u64, &Segment, &FragmentEntry)> {
        let from = from.max(self.first_fragment);
        let first = self
            .segments
            .partition_point(|segment| segment.first_fragment <= from)
            .saturating_sub(1);
        self.segments
            .range(first..)
            .flat_map(|segment| {
                let first = segment.first_fragment;
                (first..first.saturating_add(u64::from(segment.fragments)))
                    .map(move |number| (number, segment))
            })
            .filter(move |(number, _)| *number >= from)
            .filter_map(|(number, segment)| Some((number, segment, self.fragment(number)?)))
    }

    /// The newest fragment that decoding can begin with.
    pub fn newest_independent(&self) -> Option<(u64, &Segment, &FragmentEntry)> {
        let back = self
            .fragments
            .iter()
            .rev()
            .position(|entry| entry.independent)?;
        let number = self.next_fragment().checked_sub(back as u64 + 1)?;
        self.fragments(number).next()
    }

    /// The newest fragment that decoding can begin with, unless a discontinuity stands behind it.
    pub fn newest_entry(&self) -> Option<(u64, &Segment, &FragmentEntry)> {
        let seam = |entry: &FragmentEntry| entry.independent || entry.discontinuity;
        let back = self.fragments.iter().rev().position(seam)?;
        let number = self.next_fragment().checked_sub(back as u64 + 1)?;
        let entry = self.fragments(number).next()?;
        entry.2.independent.then_some(entry)
    }

    /// Bytes that listed segments and the open one take.
    pub fn listed_bytes(&self) -> u64 {
        sum_memory(self.segments.range(self.unlisted..))
    }

    /// Bytes that every file takes that still lives. Never above the budget.
    pub fn live_bytes(&self) -> u64 {
        self.live.get()
    }

    /// Readers told to let go.
    pub fn cuts(&self) -> u64 {
        self.held.cuts()
    }

    /// Everything leaves, and who still reads is told to let go.
    pub fn free(&mut self) {
        self.close();
        self.fragments.clear();
        self.first_fragment = self.segments.back().map_or(self.first_fragment, |last| {
            last.first_fragment
                .saturating_add(u64::from(last.fragments))
        });
        self.unlisted = 0;
        while let Some(segment) = self.segments.pop_front() {
            self.held.hold(segment.file);
        }
        while self.held.cut_oldest() {}
    }

    fn fragment(&self, number: u64) -> Option<&FragmentEntry> {
        let place = number.checked_sub(self.first_fragment)?;
        self.fragments.get(usize::try_from(place).ok()?)
    }

    fn closed(&self) -> usize {
        self.segments.len() - usize::from(self.is_open)
    }

    fn blocks(&self, len: u64) -> u64 {
        len.checked_next_multiple_of(self.storage.block_size().max(1))
            .unwrap_or(u64::MAX)
    }

    /// Distinct init segments once `init` is there too. Equal ones stand side by side.
    fn inits_with(&self, init: &InitSegment) -> usize {
        let mut numbers = self.segments.iter().map(|s| s.opening.init.number);
        let Some(mut last) = numbers.next() else {
            return 1;
        };
        let mut count = 1;
        for number in numbers.chain([init.number]) {
            count += usize::from(number != last);
            last = number;
        }
        count
    }

    fn make_room(&mut self, growth: u64, bytes: u64) -> Result<(), AppendError> {
        let floor = self.closed().saturating_sub(RING_MIN_SEGMENTS);
        let least = sum_memory(self.segments.range(floor..)).saturating_add(growth);
        if least > self.budget {
            return Err(AppendError::BitrateTooHigh(self.fitting_bitrate()));
        }
        while self.live.staying().saturating_add(growth) > ring_in_use(self.budget) {
            if !self.held.cut_oldest() && !self.evict() {
                break;
            }
        }
        while self.live.get().saturating_add(growth) > self.budget {
            let has_cut = self.held.cut_oldest();
            let has_left = self.evict();
            if !has_cut && !has_left {
                return Err(AppendError::NoRoom(bytes));
            }
        }
        Ok(())
    }

    /// kbit/s at which six segments and the open one fit with a tenth to spare.
    fn fitting_bitrate(&self) -> u32 {
        crate::limits::rings::fitting_kbps(self.budget)
    }

    /// The oldest segment leaves the ring, unless only the least is left.
    fn evict(&mut self) -> bool {
        if self.closed() <= RING_MIN_SEGMENTS {
            return false;
        }
        if self.unlisted == 0 {
            self.unlist_oldest();
        }
        let Some(segment) = self.segments.pop_front() else {
            return false;
        };
        self.unlisted = self.unlisted.saturating_sub(1);
        let gone = self.fragments.len().min(segment.fragments as usize);
        self.fragments.drain(..gone);
        self.first_fragment = self.first_fragment.saturating_add(gone as u64);
        self.held.hold(segment.file);
        true
    }

    fn unlist_oldest(&mut self) {
        self.gaps = 0;
        if let Some(segment) = self.segments.get(self.unlisted) {
            self.left_discontinuities += u64::from(segment.opening.discontinuity);
            self.unlisted += 1;
        }
    }

    /// The gaps leave as segments come, as long as there is enough without them.
    fn unlist_gaps(&mut self) {
        let segments = self.listed().count() as u64;
        let ticks = sum_ticks(self.listed());
        let gap = u64::from(TARGET_DURATION_S) * 90_000;
        while self.gaps > 0
            && self.gaps + segments > GAPS_FIRST
            && (self.gaps - 1) * gap + ticks >= 2 * LISTED_LEAST_TICKS
        {
            self.gaps -= 1;
        }
    }

    fn unlist_old(&mut self) {
        while self.listed().count() > RING_MIN_SEGMENTS {
            let rest = sum_ticks(self.listed().skip(1));
            if rest < LISTED_LEAST_TICKS {
                break;
            }
            let is_long = rest >= RING_LISTED_TICKS;
            let is_large = sum_memory(self.listed()) > ring_in_use(self.budget) / 2;
            if !is_long && !is_large {
                break;
            }
            self.unlist_oldest();
        }
    }

    fn evict_old(&mut self) {
        while sum_ticks(self.segments.iter().skip(1)) >= RING_KEPT_TICKS && self.evict() {}
    }
}

fn sum_memory<'a>(segments: impl Iterator<Item = &'a Segment>) -> u64 {
    segments.map(|segment| segment.file.memory()).sum()
}

fn sum_ticks<'a>(segments: impl Iterator<Item = &'a Segment>) -> u64 {
    segments.map(|segment| segment.duration).sum()
}
