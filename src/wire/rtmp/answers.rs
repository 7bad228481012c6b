//! What the server says: each answer a whole message, written into one buffer so that a batch leaves in one piece.
use super::amf0::Value;
use super::chunk_writer::ChunkWriter;
use super::command::{self, Status};
use super::error::ProtocolError;
use super::message::{MessageKind, user_control, user_control_body};
use crate::limits::rtmp as limits;
use bytes::BytesMut;

/// Chunk streams that answers use.
const CONTROL: u8 = 2;
const COMMANDS: u8 = 3;
const STATUS: u8 = 5;

/// The direction from server to client.
#[derive(Debug)]
pub(super) struct Answers {
    pub(super) output: BytesMut,
    writer: ChunkWriter,
}

impl Answers {
    pub(super) fn new() -> Answers {
        Answers {
            output: BytesMut::new(),
            writer: ChunkWriter::with_full_headers(),
        }
    }

    /// An error once the peer leaves too much unread.
    pub(super) fn check(&self) -> Result<(), ProtocolError> {
        if self.output.len() > limits::MAX_OUTPUT_BYTES {
            return Err(ProtocolError::OutputFull);
        }
        Ok(())
    }

    /// What goes before the result of the first `connect`, in the order that nginx has taught all encoders.
    pub(super) fn windows_and_chunk_size(&mut self) {
        const DYNAMIC: u8 = 2;
        let window = limits::ACK_WINDOW.to_be_bytes();
        self.control(MessageKind::WindowAcknowledgement, &window);
        self.control(
            MessageKind::PeerBandwidth,
            &[&window[..], &[DYNAMIC]].concat(),
        );
        self.writer
            .set_chunk_size(&mut self.output, limits::SERVER_CHUNK_SIZE);
    }

    pub(super) fn connect_result(&mut self, transaction: f64) {
        self.command(COMMANDS, 0, &command::connect_result(transaction));
    }

    /// `_result` with null and one value.
    pub(super) fn result(&mut self, transaction: f64, result: Value) {
        let body = command::encode("_result", transaction, &[Value::Null, result]);
        self.command(COMMANDS, 0, &body);
    }

    pub(super) fn publish_start(&mut self, stream: u32) {
        self.user_control(user_control::STREAM_BEGIN, stream);
        self.status(stream, "status", "NetStream.Publish.Start", "You are live");
    }

    /// `onStatus` on a message stream.
    pub(super) fn status(&mut self, stream: u32, level: &str, code: &str, description: &str) {
        let body = command::on_status(Status {
            level,
            code,
            description,
        });
        self.command(STATUS, stream, &body);
    }

    pub(super) fn user_control(&mut self, event: u16, value: u32) {
        self.control(MessageKind::UserControl, &user_control_body(event, value));
    }

    pub(super) fn acknowledgement(&mut self, received: u32) {
        self.control(MessageKind::Acknowledgement, &received.to_be_bytes());
    }

    fn command(&mut self, chunk_stream: u8, stream: u32, body: &[u8]) {
        self.writer.write(
            &mut self.output,
            chunk_stream,
            MessageKind::CommandAmf0,
            stream,
            0,
            body,
        );
    }

    fn control(&mut self, kind: MessageKind, body: &[u8]) {
        self.writer
            .write(&mut self.output, CONTROL, kind, 0, 0, body);
    }
}
