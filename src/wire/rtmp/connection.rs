//! The server's side of one RTMP connection.
//!
//! Bytes go into [`Connection::feed`]; events come out of [`Connection::poll_event`] and answers out of
//! [`Connection::output`]. One `publish` at a time; media reach the caller only after it was accepted.
use super::amf0::{self, Value};
use super::answers::Answers;
use super::chunk_reader::{ChunkReader, control_value};
use super::command::{self, Command};
use super::event_queue::EventQueue;
use super::handshake::ServerHandshake;
use super::message::{
    Message, MessageKind, read_u32, read_user_control, split_aggregate, user_control,
};
use super::metadata::short_text;
use super::url::Address;
use crate::limits::rtmp as limits;
use bytes::{Bytes, BytesMut};

pub use super::error::ProtocolError;
pub use super::metadata::Metadata;

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

/// Where this connection's one `publish` stands.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Publishing {
    No,
    /// The caller has not answered yet.
    Asked {
        stream: u32,
        key: String,
    },
    /// The peer ended it before the answer, which is still awaited: it must not be taken for that of a later request.
    Withdrawn {
        stream: u32,
    },
    Accepted {
        stream: u32,
        key: String,
    },
}

/// What `connect` said.
#[derive(Clone, Debug, Default)]
struct Connected {
    app: String,
    tc_url: String,
    agent: String,
}

/// State machine.
#[derive(Debug)]
pub struct Connection {
    handshake: Option<ServerHandshake>,
    reader: ChunkReader,
    answers: Answers,
    events: EventQueue,
    connected: Option<Connected>,
    publishing: Publishing,
    next_stream: u32,
    received: u32,
    acknowledged: u32,
    ack_window: u32,
}

impl Connection {
    /// `random` fills the handshake packet.
    pub fn new(random: &[u8; 32]) -> Connection {
        let mut reader = ChunkReader::new();
        reader.take_media(false);
        Connection {
            handshake: Some(ServerHandshake::new(random)),
            reader,
            answers: Answers::new(),
            events: EventQueue::default(),
            connected: None,
            publishing: Publishing::No,
            next_stream: 1,
            received: 0,
            acknowledged: 0,
            ack_window: limits::ACK_WINDOW,
        }
    }

    /// Takes what the socket gave (at most 64 KiB a call); events queue up, answers are written to [`Connection::output`].
    pub fn feed(&mut self, input: &[u8]) -> Result<(), ProtocolError> {
        self.received = self.received.wrapping_add(input.len() as u32);
        let mut input = input;
        if let Some(handshake) = &mut self.handshake {
            if !handshake.read(&mut input, &mut self.answers.output)? {
                return Ok(());
            }
            self.handshake = None;
        }
        while let Some(message) = self.reader.read(&mut input)? {
            self.message(message)?;
            self.answers.check()?;
        }
        self.acknowledge();
        self.answers.check()
    }

    /// The next event, oldest first. Media wait here until their `publish` is accepted.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop()
    }

    /// Bytes to send; the caller drains what it sent.
    pub fn output(&mut self) -> &mut BytesMut {
        &mut self.answers.output
    }

    /// StreamBegin and `NetStream.Publish.Start`; what the encoder sent meanwhile follows as events.
    pub fn accept_publish(&mut self, stream: u32) {
        match std::mem::replace(&mut self.publishing, Publishing::No) {
            Publishing::Asked { stream: asked, key } if asked == stream => {
                self.publishing = Publishing::Accepted { stream, key };
            }
            Publishing::Withdrawn { stream: asked } if asked == stream => {}
            other => {
                self.publishing = other;
                return;
            }
        }
        self.answers.publish_start(stream);
        self.events.release();
    }

    /// onStatus, level error, with a code such as `NetStream.Publish.BadName` and a plain text; also for play. Ends the
    /// publishing of that stream; the caller closes after sending.
    pub fn refuse(&mut self, stream: u32, code: &str, description: &str) {
        let ended = match &self.publishing {
            Publishing::No => false,
            Publishing::Asked { stream: ours, .. }
            | Publishing::Withdrawn { stream: ours }
            | Publishing::Accepted { stream: ours, .. } => *ours == stream,
        };
        if ended {
            self.publishing = Publishing::No;
            self.reader.take_media(false);
            self.events.drop_media();
        }
        self.answers.status(stream, "error", code, description);
    }

    /// PingRequest carrying `timestamp` ms.
    pub fn ping(&mut self, timestamp: u32) {
        self.answers
            .user_control(user_control::PING_REQUEST, timestamp);
    }

    /// Says whether the peer's closing came at a place where a connection may end: an error if it cut the handshake
    /// or a message.
    pub fn end_of_input(&self) -> Result<(), ProtocolError> {
        match &self.handshake {
            Some(handshake) => Err(handshake.cut()),
            None if self.reader.is_between_messages() => Ok(()),
            None => Err(ProtocolError::MessageCut),
        }
    }

    /// Media messages that were dropped: they came before an accepted `publish`, or faster than they were polled.
    pub fn dropped_messages(&self) -> u64 {
        self.reader.skipped().saturating_add(self.events.dropped())
    }

    /// Bytes held in unfinished messages and waiting events.
    pub fn held_bytes(&self) -> usize {
        self.reader.unfinished_bytes() + self.events.media_bytes()
    }

    fn message(&mut self, message: Message) -> Result<(), ProtocolError> {
        match message.kind {
            MessageKind::UserControl => self.user_control(&message),
            MessageKind::WindowAcknowledgement => {
                let window = control_value(&message)?;
                self.ack_window = window.clamp(limits::MIN_ACK_WINDOW, limits::ACK_WINDOW);
                Ok(())
            }
            MessageKind::CommandAmf0 | MessageKind::CommandAmf3 => self.command(&message),
            MessageKind::DataAmf0 | MessageKind::DataAmf3 => self.data(&message),
            MessageKind::Audio | MessageKind::Video => self.media(message),
            MessageKind::Aggregate => {
                split_aggregate(&message).try_for_each(|part| match part.kind {
                    MessageKind::Audio | MessageKind::Video => self.media(part),
                    MessageKind::DataAmf0 => self.data(&part),
                    _ => Ok(()),
                })
            }
            _ => Ok(()),
        }
    }

    fn user_control(&mut self, message: &Message) -> Result<(), ProtocolError> {
        match read_user_control(&message.payload) {
            Some((user_control::PING_REQUEST, body)) => {
                self.answers
                    .user_control(user_control::PING_RESPONSE, read_u32(body).unwrap_or(0));
                Ok(())
            }
            Some((user_control::PING_RESPONSE, _)) => self.events.push(Event::Pong),
            _ => Ok(()),
        }
    }

    fn media(&mut self, message: Message) -> Result<(), ProtocolError> {
        let Message {
            timestamp,
            stream,
            payload,
            ..
        } = message;
        match message.kind {
            // Silence markers and the like say nothing that a caller needs.
            _ if payload.is_empty() => Ok(()),
            MessageKind::Audio => self.stream_event(stream, Event::Audio { timestamp, payload }),
            _ => self.stream_event(stream, Event::Video { timestamp, payload }),
        }
    }

    /// Data that can't be read are passed over: they are never worth a broadcast.
    fn data(&mut self, message: &Message) -> Result<(), ProtocolError> {
        let values = amf0::decode(command::amf0_body(message), true).unwrap_or_default();
        match Metadata::from_values(&values) {
            Some(metadata) => self.stream_event(message.stream, Event::Metadata(metadata)),
            None => Ok(()),
        }
    }

    fn stream_event(&mut self, stream: u32, event: Event) -> Result<(), ProtocolError> {
        // Encoders that publish on stream 0, or send media there, mean their only stream.
        let is_for = |ours: u32| ours == 0 || stream == 0 || ours == stream;
        match &self.publishing {
            Publishing::Asked { stream, .. } if is_for(*stream) => self.events.hold(event),
            Publishing::Accepted { stream, .. } if is_for(*stream) => self.events.push_media(event),
            _ => {
                self.events.count_dropped();
                Ok(())
            }
        }
    }

    fn command(&mut self, message: &Message) -> Result<(), ProtocolError> {
        let command = Command::parse(message)?;
        match command.name.as_str() {
            "connect" => self.connect(&command),
            "createStream" => self.create_stream(command.transaction),
            "releaseStream" | "FCPublish" | "_checkbw" => {
                self.answers.result(command.transaction, Value::Undefined)
            }
            "getStreamLength" => self.answers.result(command.transaction, 0.0.into()),
            "publish" => return self.publish(message.stream, &command),
            "play" => return self.play(message.stream, &command),
            "FCUnpublish" => {
                self.answers.result(command.transaction, Value::Undefined);
                return self.unpublish(None);
            }
            "closeStream" => return self.unpublish(Some(message.stream)),
            "deleteStream" => {
                // GStreamer names the key instead of the stream.
                let stream = command.arguments.get(1).and_then(Value::as_number);
                return self.unpublish(stream.map(|stream| stream as u32));
            }
            _ => {}
        }
        Ok(())
    }

    fn connect(&mut self, command: &Command) {
        let text = |name| {
            command
                .property(name)
                .unwrap_or("")
                .chars()
                .take(4 * limits::MAX_NAME)
                .collect::<String>()
        };
        let tc_url = ["tcUrl", "tcurl"]
            .map(text)
            .into_iter()
            .find(|url| !url.is_empty())
            .unwrap_or_default();
        let agent = command
            .property("flashVer")
            .and_then(short_text)
            .unwrap_or_default();
        let is_first = self
            .connected
            .replace(Connected {
                app: text("app"),
                tc_url,
                agent,
            })
            .is_none();
        if is_first {
            self.answers.windows_and_chunk_size();
        }
        self.answers.connect_result(command.transaction);
    }

    fn create_stream(&mut self, transaction: f64) {
        self.answers
            .result(transaction, f64::from(self.next_stream).into());
        // FFmpeg's own server leaves out 2, the control stream's number.
        self.next_stream = match self.next_stream {
            1 => 3,
            id => id.wrapping_add(1).max(3),
        };
    }

    fn publish(&mut self, stream: u32, command: &Command) -> Result<(), ProtocolError> {
        let connected = self
            .connected
            .as_ref()
            .ok_or(ProtocolError::NotConnected("publish"))?;
        let Address { app, key, .. } = Address::parse(
            &connected.app,
            &connected.tc_url,
            command.text(0).unwrap_or(""),
        );
        match &self.publishing {
            Publishing::No => {}
            Publishing::Asked {
                stream: asked,
                key: same,
            } if *asked == stream && *same == key => return Ok(()),
            Publishing::Accepted {
                stream: ours,
                key: same,
            } if *ours == stream && *same == key => {
                self.answers.publish_start(stream);
                return Ok(());
            }
            _ => {
                let description = "This connection is already publishing";
                self.answers
                    .status(stream, "error", "NetStream.Publish.BadName", description);
                return Ok(());
            }
        }
        let agent = connected.agent.clone();
        self.publishing = Publishing::Asked {
            stream,
            key: key.clone(),
        };
        self.reader.take_media(true);
        self.events.push(Event::Publish(PublishRequest {
            stream,
            app,
            key,
            agent,
        }))
    }

    fn play(&mut self, stream: u32, command: &Command) -> Result<(), ProtocolError> {
        let connected = self
            .connected
            .as_ref()
            .ok_or(ProtocolError::NotConnected("play"))?;
        let address = Address::parse(
            &connected.app,
            &connected.tc_url,
            command.text(0).unwrap_or(""),
        );
        let name = match address.query.as_str() {
            "" => address.key,
            query => format!("{}?{query}", address.key),
        };
        self.events.push(Event::Play { stream, name })
    }

    /// `stream` is the one that ends; None or 0 is whichever there is.
    fn unpublish(&mut self, stream: Option<u32>) -> Result<(), ProtocolError> {
        let ours = match &self.publishing {
            Publishing::Asked { stream, .. } | Publishing::Accepted { stream, .. } => *stream,
            _ => return Ok(()),
        };
        if stream.is_some_and(|stream| stream != 0 && stream != ours) {
            return Ok(());
        }
        let description = "Publishing has ended";
        self.answers
            .status(ours, "status", "NetStream.Unpublish.Success", description);
        self.reader.take_media(false);
        if let Publishing::Asked { .. } = self.publishing {
            self.publishing = Publishing::Withdrawn { stream: ours };
            return self.events.hold(Event::Unpublish);
        }
        self.publishing = Publishing::No;
        self.events.push(Event::Unpublish)
    }

    fn acknowledge(&mut self) {
        if self.received.wrapping_sub(self.acknowledged) >= self.ack_window {
            self.acknowledged = self.received;
            self.answers.acknowledgement(self.received);
        }
    }
}
