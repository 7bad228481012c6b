//! Bounds of timeline, packager, rings.

// ring

/// Media that a playlist lists at most, 90 kHz ticks (60 s): the oldest segment is unlisted when those after it last as long.
pub const RING_LISTED_TICKS: u64 = 60 * 90_000;

/// Media that a ring keeps at most, 90 kHz ticks (120 s). RFC 8216 §6.2.2 wants a removed segment to stay for its own duration
/// and the longest playlist that it was in: twice the listed window. Older segments leave the ring.
pub const RING_KEPT_TICKS: u64 = 2 * RING_LISTED_TICKS;

/// Complete segments that a ring never goes below, and the least that a playlist shrinks to: players start three back and need
/// as many again. Where so many don't fit, the publisher is told the bitrate that would.
pub const RING_MIN_SEGMENTS: usize = 6;

/// Segments in a ring's index: [`RING_KEPT_TICKS`] of segments that end at a keyframe after 1.5 s, and a fifth more for those cut
/// short by a reconnect. At the bound the oldest leaves.
pub const RING_MAX_SEGMENTS: usize = 96;

/// Fragments in a ring's index, 40 bytes each, reserved once: [`RING_KEPT_TICKS`] of 100 ms fragments and a quarter more.
/// At the bound the oldest segment leaves.
pub const RING_MAX_FRAGMENTS: usize = 1536;

/// Fragments in one segment, twice what 2.5 s of 100 ms fragments make. At the bound the next fragment opens a segment.
pub const SEGMENT_MAX_FRAGMENTS: u32 = 64;

/// First duration that a segment may not have, 90 kHz ticks (2.5 s): it would round above [`TARGET_DURATION_S`]. A fragment
/// that would reach it opens a segment; one that lasts so long by itself is refused.
pub const SEGMENT_END_TICKS: u64 = 225_000;

/// EXT-X-TARGETDURATION of every fMP4 playlist, seconds. Must not change in the life of a playlist (RFC 8216 §6.2.1).
pub const TARGET_DURATION_S: u32 = 2;

/// Files that have left a ring while somebody reads them, and whose readers were not told to let go. At the bound the oldest's are.
pub const RING_MAX_HELD: usize = 64;

/// Init segments that the kept segments of a ring may refer to: an encoder that changes its parameter sets with every segment
/// can't fill memory with them. At the bound the oldest segments leave. More than [`RING_MIN_SEGMENTS`] and the open one need.
pub const RING_MAX_INITS: usize = 16;
