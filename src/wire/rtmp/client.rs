//! A publishing client, sans-IO: what the demo uses, and what tests use to say exactly what an encoder says.
use super::ProtocolError;
use super::amf0::{self, Value};
use super::chunk_reader::{ChunkReader, control_value};
use super::chunk_writer::ChunkWriter;
use super::command::{self, Command, Status};
use super::handshake::ClientHandshake;
use super::message::{
    Message, MessageKind, read_u32, read_user_control, user_control, user_control_body,
};
use crate::limits::rtmp as limits;
use bytes::BytesMut;
use sha2::{Digest, Sha256};

/// Chunk streams, as ffmpeg uses them.
const CONTROL: u8 = 2;
const COMMANDS: u8 = 3;
const AUDIO_AND_DATA: u8 = 4;
const VIDEO: u8 = 6;
const STREAM_COMMANDS: u8 = 8;

/// Transaction ids.
const CONNECT: f64 = 1.0;
const RELEASE_STREAM: f64 = 2.0;
const FC_PUBLISH: f64 = 3.0;
const CREATE_STREAM: f64 = 4.0;
const PUBLISH: f64 = 5.0;
const FC_UNPUBLISH: f64 = 6.0;
const DELETE_STREAM: f64 = 7.0;

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
pub struct Publisher {
    tc_url: String,
    app: String,
    key: String,
    handshake: Option<ClientHandshake>,
    reader: ChunkReader,
    writer: ChunkWriter,
    output: BytesMut,
    state: PublisherState,
    stream: Option<u32>,
    received: u32,
    acknowledged: u32,
    ack_window: u32,
}

impl Publisher {
    /// Publishes `key` to `app` of `host` (host only appears in tcUrl).
    pub fn new(host: &str, app: &str, key: &str) -> Publisher {
        let mut output = BytesMut::new();
        let seed = Sha256::new()
            .chain_update(host)
            .chain_update(app)
            .finalize();
        let handshake = ClientHandshake::start(&seed.into(), &mut output);
        let mut reader = ChunkReader::new();
        reader.take_media(false);
        Publisher {
            tc_url: format!("rtmp://{host}/{app}"),
            app: app.to_owned(),
            key: key.to_owned(),
            handshake: Some(handshake),
            reader,
            writer: ChunkWriter::new(),
            output,
            state: PublisherState::Connecting,
            stream: None,
            received: 0,
            acknowledged: 0,
            ack_window: limits::ACK_WINDOW,
        }
    }

    /// Takes what the socket gave.
    pub fn feed(&mut self, input: &[u8]) -> Result<(), ProtocolError> {
        self.received = self.received.wrapping_add(input.len() as u32);
        let mut input = input;
        if let Some(handshake) = &mut self.handshake {
            if !handshake.read(&mut input, &mut self.output)? {
                return Ok(());
            }
            self.handshake = None;
            self.connect();
        }
        while let Some(message) = self.reader.read(&mut input)? {
            self.message(&message)?;
        }
        if self.received.wrapping_sub(self.acknowledged) >= self.ack_window {
            self.acknowledged = self.received;
            let total = self.received.to_be_bytes();
            self.writer.write(
                &mut self.output,
                CONTROL,
                MessageKind::Acknowledgement,
                0,
                0,
                &total,
            );
        }
        Ok(())
    }

    /// Bytes to send.
    pub fn output(&mut self) -> &mut BytesMut {
        &mut self.output
    }

    /// Where the dialogue stands.
    pub fn state(&self) -> &PublisherState {
        &self.state
    }

    /// `@setDataFrame onMetaData` with these AMF0-encoded bytes (an FLV script tag's body). Like audio and video it is
    /// lost before the server has given a stream.
    pub fn write_metadata(&mut self, script_tag_body: &[u8]) {
        let mut body = BytesMut::with_capacity(script_tag_body.len() + 16);
        amf0::encode(&mut body, &["@setDataFrame".into()]);
        body.extend_from_slice(script_tag_body);
        self.write_media(AUDIO_AND_DATA, MessageKind::DataAmf0, 0, &body);
    }

    /// An FLV audio tag body at `timestamp` ms.
    pub fn write_audio(&mut self, timestamp: u32, body: &[u8]) {
        self.write_media(AUDIO_AND_DATA, MessageKind::Audio, timestamp, body);
    }

    /// An FLV video tag body at `timestamp` ms.
    pub fn write_video(&mut self, timestamp: u32, body: &[u8]) {
        self.write_media(VIDEO, MessageKind::Video, timestamp, body);
    }

    /// FCUnpublish + deleteStream.
    pub fn finish(&mut self) {
        let Some(stream) = self.stream.take() else {
            return;
        };
        let key = Value::from(self.key.as_str());
        self.command("FCUnpublish", FC_UNPUBLISH, &[Value::Null, key]);
        self.command(
            "deleteStream",
            DELETE_STREAM,
            &[Value::Null, f64::from(stream).into()],
        );
    }

    fn write_media(&mut self, chunk_stream: u8, kind: MessageKind, timestamp: u32, body: &[u8]) {
        if let Some(stream) = self.stream {
            self.writer.write(
                &mut self.output,
                chunk_stream,
                kind,
                stream,
                timestamp,
                body,
            );
        }
    }

    fn connect(&mut self) {
        self.writer
            .set_chunk_size(&mut self.output, limits::CLIENT_CHUNK_SIZE);
        let object = Value::object([
            ("app", self.app.as_str().into()),
            ("type", "nonprivate".into()),
            ("flashVer", "FMLE/3.0 (compatible; Hearth)".into()),
            ("tcUrl", self.tc_url.as_str().into()),
        ]);
        self.command("connect", CONNECT, &[object]);
    }

    fn message(&mut self, message: &Message) -> Result<(), ProtocolError> {
        match message.kind {
            MessageKind::WindowAcknowledgement => {
                self.ack_window =
                    control_value(message)?.clamp(limits::MIN_ACK_WINDOW, limits::ACK_WINDOW);
            }
            MessageKind::UserControl => {
                if let Some((user_control::PING_REQUEST, time)) =
                    read_user_control(&message.payload)
                {
                    let body =
                        user_control_body(user_control::PING_RESPONSE, read_u32(time).unwrap_or(0));
                    self.writer.write(
                        &mut self.output,
                        CONTROL,
                        MessageKind::UserControl,
                        0,
                        0,
                        &body,
                    );
                }
            }
            MessageKind::CommandAmf0 | MessageKind::CommandAmf3 => {
                self.answer(&Command::parse(message)?)
            }
            _ => {}
        }
        Ok(())
    }

    fn answer(&mut self, command: &Command) {
        match command.name.as_str() {
            "_result" if command.transaction == CONNECT => self.ask_for_stream(),
            "_result" if command.transaction == CREATE_STREAM => self.publish(command),
            // The others' refusals mean nothing.
            "_error" if [CONNECT, CREATE_STREAM, PUBLISH].contains(&command.transaction) => {
                self.refused(command.status());
            }
            "onStatus" => match command.status() {
                Some(status) if status.level == "error" => self.refused(Some(status)),
                Some(status) if status.code == "NetStream.Publish.Start" => {
                    self.state = PublisherState::Publishing
                }
                _ => {}
            },
            _ => {}
        }
    }

    fn ask_for_stream(&mut self) {
        let key = Value::from(self.key.as_str());
        self.command("releaseStream", RELEASE_STREAM, &[Value::Null, key.clone()]);
        self.command("FCPublish", FC_PUBLISH, &[Value::Null, key]);
        self.command("createStream", CREATE_STREAM, &[Value::Null]);
    }

    fn publish(&mut self, created: &Command) {
        let stream = created
            .arguments
            .get(1)
            .and_then(Value::as_number)
            .unwrap_or(1.0) as u32;
        self.stream = Some(stream);
        let body = command::encode(
            "publish",
            PUBLISH,
            &[Value::Null, self.key.as_str().into(), "live".into()],
        );
        self.writer.write(
            &mut self.output,
            STREAM_COMMANDS,
            MessageKind::CommandAmf0,
            stream,
            0,
            &body,
        );
    }

    fn refused(&mut self, status: Option<Status<'_>>) {
        let status = status.unwrap_or(Status {
            level: "error",
            code: "NetConnection.Call.Failed",
            description: "",
        });
        let bounded = |text: &str| text.chars().take(limits::MAX_STATUS_TEXT).collect();
        self.state = PublisherState::Refused {
            code: bounded(status.code),
            description: bounded(status.description),
        };
    }

    fn command(&mut self, name: &str, transaction: f64, arguments: &[Value]) {
        let body = command::encode(name, transaction, arguments);
        self.writer.write(
            &mut self.output,
            COMMANDS,
            MessageKind::CommandAmf0,
            0,
            0,
            &body,
        );
    }
}
