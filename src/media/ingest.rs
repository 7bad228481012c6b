//! From a publisher's tags to fragments: FLV tags in, tracks and fragments out.
pub use super::health::Health;
pub use super::packager::Output;
use crate::time::Mono;
use crate::wire::rtmp::connection::Metadata;
use bytes::Bytes;

/// Why this publisher can't go on; the text is for the encoder.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IngestError {
    /// A codec that Hearth does not take.
    #[error("Hearth takes H.264 and AAC; this encoder sends {0}")]
    Unsupported(&'static str),
}

/// How an ingest starts.
#[derive(Clone, Copy, Debug)]
pub struct IngestStart {
    /// 90 kHz ticks of the session's timeline at which the first sample is put.
    pub at: u64,
    /// Keyframe interval that this key showed before, ms.
    pub expected_keyframe_interval_ms: Option<u32>,
}

/// See the module.
#[derive(Debug)]
pub struct Ingest {}

#[allow(clippy::todo)]
impl Ingest {
    /// A fresh publisher.
    pub fn new(start: IngestStart, now: Mono) -> Ingest {
        let _ = (start, now);
        todo!()
    }
    /// `onMetaData` came.
    pub fn metadata(&mut self, metadata: &Metadata) {
        let _ = metadata;
        todo!()
    }
    /// A video message: 32-bit ms as it came, FLV tag body.
    pub fn video(&mut self, timestamp: u32, body: Bytes, now: Mono) -> Result<(), IngestError> {
        let _ = (timestamp, body, now);
        todo!()
    }
    /// An audio message.
    pub fn audio(&mut self, timestamp: u32, body: Bytes, now: Mono) -> Result<(), IngestError> {
        let _ = (timestamp, body, now);
        todo!()
    }
    /// When `tick` must be called at the latest.
    pub fn deadline(&self) -> Option<Mono> {
        todo!()
    }
    /// Time has passed.
    pub fn tick(&mut self, now: Mono) {
        let _ = now;
        todo!()
    }
    /// What was made, oldest first.
    pub fn poll(&mut self) -> Option<Output> {
        todo!()
    }
    /// The publisher left: what is complete comes out.
    pub fn finish(&mut self, now: Mono) {
        let _ = now;
        todo!()
    }
    /// What was measured and repaired.
    pub fn health(&self) -> &Health {
        todo!()
    }
    /// Where the next sample of a continuation should be put: the end of what was made, 90 kHz ticks.
    pub fn end(&self) -> u64 {
        todo!()
    }
}
