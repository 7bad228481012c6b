//! What a ring knows of its segments and fragments.
use crate::media::fragment::Tracks;
use crate::media::segment_file::SegmentFile;
use bytes::Bytes;
use std::num::NonZeroU32;
use std::sync::Arc;

/// `ftyp` + `moov` of the segments that follow it.
#[derive(Debug)]
pub struct InitSegment {
    /// Rises by one with each change of tracks in the session.
    pub number: u32,
    /// The file.
    pub bytes: Bytes,
    /// What it describes.
    pub tracks: Arc<Tracks>,
}

/// What is known of a segment when it opens.
#[derive(Clone, Debug)]
pub struct Opening {
    /// Decode time of its first sample, 90 kHz ticks since the session's origin.
    pub start: u64,
    /// Starts with an IDR (or has no video).
    pub independent: bool,
    /// A discontinuity stands before it.
    pub discontinuity: bool,
    /// What decodes it.
    pub init: Arc<InitSegment>,
}

/// A segment of the ring.
#[derive(Debug)]
pub struct Segment {
    /// Its bytes and media sequence number.
    pub file: Arc<SegmentFile>,
    /// What was known when it opened.
    pub opening: Opening,
    /// 90 kHz ticks so far.
    pub duration: u64,
    /// Number of its first fragment.
    pub first_fragment: u64,
    /// Fragments so far.
    pub fragments: u32,
}

/// A fragment of the ring; its number follows from its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FragmentEntry {
    /// First byte in the segment's file.
    pub offset: u64,
    /// 90 kHz ticks since the session's origin.
    pub start: u64,
    /// The TS segment that it belongs to.
    pub ts_segment: u64,
    /// Bytes.
    pub len: u32,
    /// 90 kHz ticks.
    pub duration: u32,
    /// The part that it belongs to, counted from 1 over the session; None: its segment has no parts.
    pub part: Option<NonZeroU32>,
    /// Starts with an IDR (or has no video).
    pub independent: bool,
    /// A discontinuity stands before it.
    pub discontinuity: bool,
}
