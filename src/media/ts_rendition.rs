//! The TS rendition: made from the ring while somebody asks, into a small ring of its own. (owner: helper B)
use super::rendition::Rendition;
use super::segment_file::SegmentFile;
use super::storage::SegmentStorage;
use crate::time::Mono;
use bytes::Bytes;
use std::sync::Arc;

/// See the module.
#[derive(Debug)]
pub struct TsRendition {}

#[allow(clippy::todo)]
impl TsRendition {
    /// Nothing is made until asked for. `first_sequence` and PDT come from the rendition's start.
    pub fn new(
        source: Arc<Rendition>,
        storage: Arc<dyn SegmentStorage>,
        ring_bytes: u64,
        first_sequence: u64,
        anchor_unix_ms: i64,
    ) -> TsRendition {
        let _ = (source, storage, ring_bytes, first_sequence, anchor_unix_ms);
        todo!()
    }
    /// Somebody asked: making goes on for 30 s from `now`.
    pub fn ask(&self, now: Mono) {
        let _ = now;
        todo!()
    }
    /// Somebody asked within the last 30 s.
    pub fn is_wanted(&self, now: Mono) -> bool {
        let _ = now;
        todo!()
    }
    /// Makes what the ring holds and is not made yet (6 segments at most); frees everything when no longer wanted. Blocking: milliseconds per segment.
    pub fn refresh(&self, now: Mono) {
        let _ = now;
        todo!()
    }
    /// `ts.m3u8`; None until a first TS segment is complete.
    pub fn playlist(&self) -> Option<Bytes> {
        todo!()
    }
    /// A TS segment's file.
    pub fn segment(&self, name: &str) -> Option<Arc<SegmentFile>> {
        let _ = name;
        todo!()
    }
    /// Bytes in its ring.
    pub fn bytes(&self) -> u64 {
        todo!()
    }
}
