//! The server's side of one RTMP connection.
use bytes::{Bytes, BytesMut};

/// Why a connection must be closed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProtocolError {}

/// What an encoder asks for with `publish`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PublishRequest {
    /// Message stream to answer on.
    pub stream: u32,
    /// Path segments before the key, e.g. `live`.
    pub app: String,
    /// The key as it came: last non-empty path segment, or `?key=`, or the password. Empty if none was given.
    pub key: String,
    /// `encoder`/`flashVer` text, at most 64 characters, if any.
    pub agent: String,
}

/// What the peer did.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// Answer with `accept_publish` or `refuse`.
    Publish(PublishRequest),
    /// A player asks for a stream: NAME (and query).
    Play {
        /// Message stream to answer on.
        stream: u32,
        /// Channel name asked for.
        name: String,
    },
    /// `onMetaData`.
    Metadata(Metadata),
    /// An audio message of the publishing stream: time stamp in ms (32-bit, as it came), FLV audio tag body.
    Audio {
        /// 32-bit ms.
        timestamp: u32,
        /// FLV tag body.
        payload: Bytes,
    },
    /// A video message, likewise.
    Video {
        /// 32-bit ms.
        timestamp: u32,
        /// FLV tag body.
        payload: Bytes,
    },
    /// FCUnpublish, deleteStream or closeStream of the publishing stream.
    Unpublish,
    /// A ping was answered.
    Pong,
}

/// What `onMetaData` says: for display and as a hint which tracks will come; never for decoding.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Metadata {
    /// Some(true) if a video codec is announced, Some(false) if metadata names audio only.
    pub video: Option<bool>,
    /// Likewise for audio.
    pub audio: Option<bool>,
    /// Pixels.
    pub width: Option<u32>,
    /// Pixels.
    pub height: Option<u32>,
    /// Frames per second.
    pub frame_rate: Option<f64>,
    /// Encoder's own name, at most 64 characters.
    pub encoder: Option<String>,
}

/// State machine.
#[derive(Debug)]
pub struct Connection {}

#[allow(clippy::todo)]
impl Connection {
    /// `random` fills the handshake packet.
    pub fn new(random: &[u8; 32]) -> Connection {
        let _ = random;
        todo!()
    }
    /// Takes what the socket gave (at most 64 KiB a call); events queue up, answers are written to [`Connection::output`].
    pub fn feed(&mut self, input: &[u8]) -> Result<(), ProtocolError> {
        let _ = input;
        todo!()
    }
    /// The next event, oldest first.
    pub fn poll_event(&mut self) -> Option<Event> {
        todo!()
    }
    /// Bytes to send; the caller drains what it sent.
    pub fn output(&mut self) -> &mut BytesMut {
        todo!()
    }
    /// StreamBegin and `NetStream.Publish.Start`.
    pub fn accept_publish(&mut self, stream: u32) {
        let _ = stream;
        todo!()
    }
    /// onStatus, level error, with a code such as `NetStream.Publish.BadName` and a plain text; also for play.
    pub fn refuse(&mut self, stream: u32, code: &str, description: &str) {
        let _ = (stream, code, description);
        todo!()
    }
    /// PingRequest carrying `timestamp` ms.
    pub fn ping(&mut self, timestamp: u32) {
        let _ = timestamp;
        todo!()
    }
    /// True once the handshake is done.
    pub fn is_established(&self) -> bool {
        todo!()
    }
}
