//! A publishing client, sans-IO: what the demo uses, and what tests use to say exactly what an encoder says.
use bytes::BytesMut;

/// Where the dialogue stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PublisherState {
    /// Still talking.
    Connecting,
    /// `NetStream.Publish.Start` came: media may be written.
    Publishing,
    /// The server refused or ended: onStatus code and description.
    Refused {
        /// e.g. `NetStream.Publish.BadName`
        code: String,
        /// Plain text.
        description: String,
    },
}

/// State machine.
#[derive(Debug)]
pub struct Publisher {}

#[allow(clippy::todo)]
impl Publisher {
    /// Publishes `key` to `app` of `host` (host only appears in tcUrl).
    pub fn new(host: &str, app: &str, key: &str) -> Publisher {
        let _ = (host, app, key);
        todo!()
    }
    /// Takes what the socket gave.
    pub fn feed(&mut self, input: &[u8]) -> Result<(), super::ProtocolError> {
        let _ = input;
        todo!()
    }
    /// Bytes to send.
    pub fn output(&mut self) -> &mut BytesMut {
        todo!()
    }
    /// Where the dialogue stands.
    pub fn state(&self) -> &PublisherState {
        todo!()
    }
    /// `@setDataFrame onMetaData` with these AMF0-encoded bytes (an FLV script tag's body).
    pub fn write_metadata(&mut self, script_tag_body: &[u8]) {
        let _ = script_tag_body;
        todo!()
    }
    /// An FLV audio tag body at `timestamp` ms.
    pub fn write_audio(&mut self, timestamp: u32, body: &[u8]) {
        let _ = (timestamp, body);
        todo!()
    }
    /// An FLV video tag body at `timestamp` ms.
    pub fn write_video(&mut self, timestamp: u32, body: &[u8]) {
        let _ = (timestamp, body);
        todo!()
    }
    /// FCUnpublish + deleteStream.
    pub fn finish(&mut self) {
        todo!()
    }
}
