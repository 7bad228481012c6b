//! A rendition: one ring, its init segments and the playlists over it.
//!
//! One writer appends; any number of readers ask for playlists, names and fragments. The index stands behind one lock that is
//! never held while media is written or read.
use super::fragment::{Fragment, Tracks};
use super::part_rule::PartRule;
use super::ring::{InitSegment, Ring};
use super::segment_file::SegmentFile;
use super::storage::SegmentStorage;
use crate::time::Mono;
use bytes::Bytes;
use names::Name;
use playlist::Session;
use state::{State, fragment_ref};
use std::fmt;
use std::io::IoSlice;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

mod names;
mod parts;
mod playlist;
mod state;

pub use super::ring::AppendError;

/// How a session's rendition starts.
pub struct RenditionStart {
    /// 8 hex digits in every name of this session.
    pub tag: u32,
    /// Media sequence number of the first segment.
    pub first_sequence: u64,
    /// Discontinuity sequence of the first segment.
    pub first_discontinuity_sequence: u64,
    /// A discontinuity stands before the first segment (an earlier session had the same URL).
    pub discontinuity_first: bool,
    /// Unix ms of tick 0: the one anchor for PROGRAM-DATE-TIME.
    pub anchor_unix_ms: i64,
    /// What listed and held segments may take, bytes.
    pub ring_bytes: u64,
    /// EXT-X-INDEPENDENT-SEGMENTS may be promised (this key kept it before); dropped as soon as it stops being true.
    pub independent_segments: bool,
    /// Called after each append, pause and end, outside any lock.
    pub wake: Box<dyn Fn() + Send + Sync>,
    /// Where segments live.
    pub storage: Arc<dyn SegmentStorage>,
}

/// A fragment of the ring, for those who read the ring fragment by fragment.
#[derive(Clone, Debug)]
pub struct FragmentRef {
    /// Rises by one a fragment for the life of the rendition.
    pub number: u64,
    /// Where its bytes are.
    pub file: Arc<SegmentFile>,
    /// First byte.
    pub offset: u64,
    /// Bytes.
    pub len: u64,
    /// 90 kHz ticks.
    pub start: u64,
    /// 90 kHz ticks.
    pub duration: u32,
    /// Starts with an IDR (or no video).
    pub independent: bool,
    /// A discontinuity stands before it.
    pub discontinuity: bool,
    /// The TS segment it belongs to (see [`super::ts_cut`]): 0 is the one with the session's first sequence number.
    pub ts_segment: u64,
    /// Its tracks.
    pub tracks: Arc<Tracks>,
    /// What decodes it.
    pub init: Arc<InitSegment>,
}

/// What a name under `/live/NAME/` stands for.
#[derive(Clone, Debug)]
pub enum Resource {
    /// Whole in memory.
    Init(Bytes),
    /// A segment file (complete if closed; the listed ones are).
    Segment(Arc<SegmentFile>),
    /// A part: a range of its segment's file, which may still grow behind it.
    Part {
        /// The segment that it lies in.
        file: Arc<SegmentFile>,
        /// First byte.
        offset: u64,
        /// Bytes.
        len: u64,
    },
    /// The part that the playlist hints at: it is not complete yet.
    Awaited,
}

/// A form of `media.m3u8`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListForm {
    /// Everything, with the tags of LL-HLS if the session has parts.
    Whole,
    /// The same with EXT-X-SKIP instead of what the asker knows; where nothing can be skipped, [`ListForm::Whole`].
    Delta,
    /// Whole segments only.
    Plain,
}

/// How far `media.m3u8` reaches, for those who wait for more of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    /// Media sequence number of the open segment (of the next one made, if none is open).
    pub open: u64,
    /// Listed parts of it.
    pub parts: u32,
    /// Parts of the segment before it; 0 if there is none, or it has none.
    pub previous_parts: u32,
    /// PART-TARGET, 90 kHz ticks; None: the session has no parts (or it is not known yet).
    pub part_target: Option<u32>,
    /// EXT-X-TARGETDURATION, seconds.
    pub target_duration_s: u32,
    /// CAN-SKIP-UNTIL is promised.
    pub can_skip: bool,
    /// EXT-X-ENDLIST is there.
    pub ended: bool,
}

/// Facts for pages and metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RenditionStats {
    /// Bytes of listed segments and the open one.
    pub listed_bytes: u64,
    /// Bytes of segments that left the list: kept for late requests, or still read.
    pub held_bytes: u64,
    /// Listed segments.
    pub segments: u32,
    /// Readers cut for the budget.
    pub cuts: u64,
    /// Fragments appended.
    pub fragments: u64,
    /// Fragments dropped: for want of room, and after that up to the next keyframe.
    pub dropped: u64,
    /// Gaps that these left.
    pub gaps: u64,
}

/// See the module. Shared by one writer and any number of readers.
pub struct Rendition {
    session: Session,
    first_sequence: u64,
    wake: Box<dyn Fn() + Send + Sync>,
    /// `mfhd` sequence number of the next fragment; its lock is the writer's turn.
    writer: Mutex<u32>,
    state: Mutex<State>,
    version: AtomicU64,
}

impl fmt::Debug for Rendition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rendition")
            .field("session", &self.session)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

impl Rendition {
    /// An empty rendition; allocates nothing but its index.
    pub fn new(start: RenditionStart) -> Rendition {
        let ring = Ring::new(start.storage, start.ring_bytes, start.first_sequence);
        let state = State::new(ring, start.discontinuity_first, start.independent_segments);
        Rendition {
            session: Session {
                tag: start.tag,
                first_discontinuity_sequence: start.first_discontinuity_sequence,
                anchor_unix_ms: start.anchor_unix_ms,
            },
            first_sequence: start.first_sequence,
            wake: start.wake,
            writer: Mutex::new(1),
            state: Mutex::new(state),
            version: AtomicU64::new(0),
        }
    }

    /// The tracks from the next fragment on. If they differ from those before, that fragment gets a new init segment and a
    /// discontinuity.
    pub fn set_tracks(&self, tracks: Tracks) {
        self.state().set_tracks(tracks);
    }

    /// Appends, lists, wakes. The first fragment after a pause or after other tracks gets a discontinuity, whether it asks for
    /// one or not; one that would make its segment too long opens the next.
    ///
    /// # Errors
    /// The fragment is lost then. After all but `Misplaced` the stream goes on with a discontinuity at the next keyframe, and
    /// fragments before that are refused with `AwaitingKeyframe`.
    pub fn append(&self, fragment: &Fragment, now: Mono) -> Result<(), AppendError> {
        let mut sequence = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let result = self.write(fragment, *sequence, now);
        if result.is_ok() {
            *sequence = sequence.wrapping_add(1);
        }
        drop(sequence);
        self.changed();
        result
    }

    fn write(&self, fragment: &Fragment, sequence: u32, now: Mono) -> Result<(), AppendError> {
        let head = fragment.head(sequence);
        let pieces = std::iter::once(&head).chain(fragment.data());
        let parts: Vec<IoSlice<'_>> = pieces.map(|piece| IoSlice::new(piece)).collect();
        let bytes = parts.iter().map(|part| part.len() as u64).sum();
        let place = self.state().place(fragment, bytes)?;
        match place.file.append(&parts) {
            Ok(offset) => {
                self.state().commit(place, fragment, offset, bytes, now);
                Ok(())
            }
            Err(error) => {
                drop(place);
                Err(self.state().refused(error, bytes))
            }
        }
    }

    /// The publisher is gone for now: the open segment is closed and listed, the next fragment will get a discontinuity.
    pub fn pause(&self) {
        self.state().pause();
        self.changed();
    }

    /// The session is over: ENDLIST.
    pub fn end(&self) {
        self.state().end();
        self.changed();
    }

    /// After the end: the ring's segments are given up, and readers that still have one are cut.
    pub fn free(&self) {
        self.state().ring.free();
        self.changed();
    }

    /// Rises with each append and each change of any playlist.
    pub fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    /// `media.m3u8`, rendered once per change; None until two parts or a segment are complete, of the plain form until a
    /// segment is.
    pub fn media_playlist(&self, form: ListForm) -> Option<Bytes> {
        self.state().media_playlist(&self.session, form)
    }

    /// What the session has decided about parts: for the next publisher's ingest.
    pub fn part_rule(&self) -> PartRule {
        self.state().part_rule()
    }

    /// How far [`ListForm::Whole`] reaches.
    pub fn reach(&self) -> Reach {
        self.state().reach()
    }

    /// `index.m3u8`; None likewise.
    pub fn multivariant_playlist(&self) -> Option<Bytes> {
        self.state().multivariant_playlist()
    }

    /// An init segment, complete segment or part by its name in this session.
    pub fn resource(&self, name: &str) -> Option<Resource> {
        match names::parse(self.session.tag, name)? {
            Name::Init(number) => self.state().init(number).map(Resource::Init),
            Name::Segment(sequence) => self.state().segment(sequence).map(Resource::Segment),
            Name::Part(number) => self.state().part(number),
        }
    }

    /// Fragments with `number >= from` that the ring holds, the open segment's included, oldest first, at most `max`.
    pub fn fragments(&self, from: u64, max: usize) -> Vec<FragmentRef> {
        let state = self.state();
        state
            .ring
            .fragments(from)
            .take(max)
            .map(fragment_ref)
            .collect()
    }

    /// The newest fragment that decoding can begin with: for posters, and for viewers who want to be live at once.
    pub fn newest_independent(&self) -> Option<FragmentRef> {
        self.state().ring.newest_independent().map(fragment_ref)
    }

    /// The oldest fragment numbered `from` or above.
    pub fn fragment_from(&self, from: u64) -> Option<FragmentRef> {
        self.state().ring.fragments(from).next().map(fragment_ref)
    }

    /// The newest fragment from which decoding goes on to the end without a discontinuity: where a live viewer begins.
    pub fn newest_entry(&self) -> Option<FragmentRef> {
        self.state().ring.newest_entry().map(fragment_ref)
    }

    /// No fragment will follow.
    pub fn is_ended(&self) -> bool {
        self.state().is_ended
    }

    /// Fixes the TS target duration (seconds) if it is not yet; returns the one in force.
    pub fn fix_ts_target(&self) -> u32 {
        self.state().cutter.fix_target()
    }

    /// Unix ms of tick 0, as PROGRAM-DATE-TIME has it.
    pub fn epoch_unix_ms(&self) -> i64 {
        self.session.anchor_unix_ms
    }

    /// The session's tag.
    pub fn tag(&self) -> u32 {
        self.session.tag
    }

    /// Media sequence number one past the highest used (segments or TS segments), and the discontinuity sequence to go on with.
    pub fn next_numbers(&self) -> (u64, u64) {
        let state = self.state();
        let after_ts = self.first_sequence.saturating_add(state.ts_segments);
        let first = self.session.first_discontinuity_sequence;
        (
            state.ring.next_sequence().max(after_ts),
            first.saturating_add(state.discontinuities),
        )
    }

    /// Every segment so far began with an IDR.
    pub fn is_independent(&self) -> bool {
        self.state().is_independent
    }

    /// How far back the playlist reaches, ms.
    pub fn window_ms(&self) -> u64 {
        self.state().listed_ticks() / 90
    }

    /// Where the media so far ends, in whichever track is longer: 90 kHz ticks since the session's origin. 0 if there is none.
    pub fn end_ticks(&self) -> u64 {
        self.state().end_ticks
    }

    /// When the newest fragment came.
    pub fn newest_at(&self) -> Option<Mono> {
        self.state().newest_at
    }

    /// Facts.
    pub fn stats(&self) -> RenditionStats {
        self.state().stats()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn changed(&self) {
        self.version.fetch_add(1, Ordering::AcqRel);
        (self.wake)();
    }
}
