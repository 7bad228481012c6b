//! A rendition: one ring, its init segments and the playlists over it.
use super::fragment::{Fragment, Tracks};
use super::segment_file::SegmentFile;
use super::storage::SegmentStorage;
use crate::time::Mono;
use bytes::Bytes;
use std::sync::Arc;

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
    /// Called after each append, outside any lock.
    pub wake: Box<dyn Fn() + Send + Sync>,
    /// Where segments live.
    pub storage: Arc<dyn SegmentStorage>,
}

/// What an append can meet.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AppendError {
    /// The tmpfs or the budget has no room even after the oldest was given up: this fragment is dropped, a gap is marked.
    #[error("no room for a fragment of {0} bytes")]
    NoRoom(u64),
    /// Fewer than six segments fit the ring: the bitrate that would fit, kbit/s.
    #[error("this stream is too large for the box; {0} kbit/s would fit")]
    BitrateTooHigh(u32),
}

/// A listed fragment, for those who read the ring fragment by fragment.
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
    /// The TS segment it belongs to (see [`super::ts_cut`]), counted from the session's first sequence number.
    pub ts_segment: u64,
    /// Its tracks.
    pub tracks: Arc<Tracks>,
}

/// What a name under `/live/NAME/` stands for.
#[derive(Clone, Debug)]
pub enum Resource {
    /// Whole in memory.
    Init(Bytes),
    /// A segment file (complete if closed; the listed ones are).
    Segment(Arc<SegmentFile>),
}

/// Facts for pages and metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RenditionStats {
    /// Bytes of listed segments.
    pub listed_bytes: u64,
    /// Bytes of segments that left the list but are still read.
    pub held_bytes: u64,
    /// Listed segments.
    pub segments: u32,
    /// Readers cut for the budget.
    pub cuts: u64,
    /// Fragments appended.
    pub fragments: u64,
    /// Fragments dropped for want of room.
    pub dropped: u64,
}

/// See the module. Shared by one writer and any number of readers.
#[derive(Debug)]
pub struct Rendition {}

#[allow(clippy::todo)]
impl Rendition {
    /// An empty rendition; allocates nothing but its index.
    pub fn new(start: RenditionStart) -> Rendition {
        let _ = start;
        todo!()
    }
    /// The tracks from the next fragment on: a new init segment.
    pub fn set_tracks(&self, tracks: Tracks) {
        let _ = tracks;
        todo!()
    }
    /// Appends, lists, wakes.
    pub fn append(&self, fragment: &Fragment, now: Mono) -> Result<(), AppendError> {
        let _ = (fragment, now);
        todo!()
    }
    /// The publisher is gone for now: the open segment is closed and listed.
    pub fn pause(&self) {
        todo!()
    }
    /// The session is over: ENDLIST; then the segments are freed by dropping the rendition.
    pub fn end(&self) {
        todo!()
    }
    /// Rises with each change of any playlist.
    pub fn version(&self) -> u64 {
        todo!()
    }
    /// `media.m3u8`; None until a first segment is complete.
    pub fn media_playlist(&self) -> Option<Bytes> {
        todo!()
    }
    /// `index.m3u8`; None likewise.
    pub fn multivariant_playlist(&self) -> Option<Bytes> {
        todo!()
    }
    /// An init or segment name of this session.
    pub fn resource(&self, name: &str) -> Option<Resource> {
        let _ = name;
        todo!()
    }
    /// Listed fragments with `number >= from`, oldest first, at most `max`.
    pub fn fragments(&self, from: u64, max: usize) -> Vec<FragmentRef> {
        let _ = (from, max);
        todo!()
    }
    /// Fixes the TS target duration (seconds) if it is not yet; returns the one in force.
    pub fn fix_ts_target(&self) -> u32 {
        todo!()
    }
    /// The session's tag.
    pub fn tag(&self) -> u32 {
        todo!()
    }
    /// Media sequence number one past the highest used (segments or TS segments), and the discontinuity sequence to go on with.
    pub fn next_numbers(&self) -> (u64, u64) {
        todo!()
    }
    /// Every segment so far began with an IDR.
    pub fn is_independent(&self) -> bool {
        todo!()
    }
    /// Facts.
    pub fn stats(&self) -> RenditionStats {
        todo!()
    }
}
