//! Why an RTMP connection ends.
use super::amf0::AmfError;
use crate::limits::rtmp as limits;

/// Why a connection must be closed: what the peer did, or which bound it met.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProtocolError {
    /// The first byte is not RTMP's version 3.
    #[error("expected RTMP version 3, got {0:#04x}{hint}", hint = version_hint(*.0))]
    Version(u8),
    /// The peer left during the handshake.
    #[error("handshake ended after {got} of {expected} bytes")]
    HandshakeCut {
        /// Bytes that came.
        got: usize,
        /// Bytes of the whole handshake.
        expected: usize,
    },
    /// The peer left in the middle of a message.
    #[error("connection ended in the middle of a message")]
    MessageCut,
    /// A chunk without a full header on a chunk stream that never had one (RTMP 1.0 §5.3.1.2).
    #[error("chunk type {format} on chunk stream {chunk_stream}, which has had no full header yet")]
    UnknownChunkStream {
        /// The chunk's type, 1–3.
        format: u8,
        /// Its chunk stream id.
        chunk_stream: u32,
    },
    /// More chunk streams than anybody needs.
    #[error("more than {limit} chunk streams", limit = limits::MAX_CHUNK_STREAMS)]
    TooManyChunkStreams,
    /// SetChunkSize with a size below 1.
    #[error("chunk size {0} is outside 1 to 16777215")]
    ChunkSize(u32),
    /// A message announces more bytes than its kind may have.
    #[error("message of type {kind} announces {length} bytes, at most {limit} are taken")]
    MessageTooLong {
        /// Message type id.
        kind: u8,
        /// Announced bytes.
        length: usize,
        /// The bound.
        limit: usize,
    },
    /// Unfinished messages hold too much memory together.
    #[error("unfinished messages pass {limit} bytes")]
    TooMuchUnfinished {
        /// The bound.
        limit: usize,
    },
    /// A protocol control message without its fields.
    #[error("control message of type {kind} has {length} bytes, expected at least {expected}")]
    ControlTooShort {
        /// Message type id.
        kind: u8,
        /// Bytes that came.
        length: usize,
        /// Bytes of its fields.
        expected: usize,
    },
    /// A command that can't be read.
    #[error("command can't be read: {0}")]
    Command(#[from] AmfError),
    /// A command that needs a `connect` before it.
    #[error("{0} came before connect")]
    NotConnected(&'static str),
    /// More messages in a row than were polled.
    #[error("more than {limit} messages wait", limit = limits::MAX_EVENTS)]
    TooManyEvents,
    /// The peer asks and does not read.
    #[error("more than {limit} bytes of answers wait unread", limit = limits::MAX_OUTPUT_BYTES)]
    OutputFull,
}

/// Says whom the first byte belongs to.
fn version_hint(version: u8) -> &'static str {
    match version {
        6 => " (encrypted RTMPE is not spoken here)",
        0x16 => " (this looks like TLS: use rtmp://, not rtmps://)",
        b'G' | b'P' | b'H' | b'O' | b'D' | b'C' => " (this looks like HTTP on the RTMP port)",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::ProtocolError;

    #[test]
    fn a_wrong_version_names_the_protocol_it_looks_like() {
        assert!(ProtocolError::Version(b'G').to_string().contains("HTTP"));
        assert!(ProtocolError::Version(6).to_string().contains("RTMPE"));
        assert!(ProtocolError::Version(0x16).to_string().contains("TLS"));
        assert_eq!(
            ProtocolError::Version(9).to_string(),
            "expected RTMP version 3, got 0x09"
        );
    }
}
