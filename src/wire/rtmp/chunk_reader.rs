//! Chunks to messages (RTMP 1.0 §5.3).
//!
//! A media byte is copied once, from the caller's slice into its message. Memory grows with the bytes that arrive,
//! never with the length that was announced, and all unfinished messages together have a bound.
use super::error::ProtocolError;
use super::message::{Message, MessageKind, read_u32};
use crate::limits::rtmp as limits;
use bytes::Bytes;
use heapless::Deque;

/// A 24-bit time stamp of this value says that 32 bits follow.
pub(super) const EXTENDED: u32 = 0xFF_FFFF;
/// Basic header (3), message header (11), extended time stamp (4).
const MAX_HEADER: usize = 18;
/// The chunk stream of protocol control messages.
const CONTROL_STREAM: u32 = 2;

/// Reads one direction of a connection, from the byte after the handshake on.
#[derive(Debug)]
pub struct ChunkReader {
    chunk_size: usize,
    streams: Vec<ChunkStream>,
    state: State,
    header: heapless::Vec<u8, MAX_HEADER>,
    replay: Deque<u8, 4>,
    unfinished: usize,
    takes_media: bool,
    skipped: u64,
}

/// What the next byte is.
#[derive(Clone, Copy, Debug)]
enum State {
    /// Part of a chunk header.
    Header,
    /// Perhaps the repeated extended time stamp of a type 3 chunk, of which so many bytes agreed.
    Repetition {
        index: usize,
        extended: u32,
        agreed: usize,
    },
    /// One of so many remaining bytes of a chunk.
    Body { index: usize, left: usize },
}

/// What a chunk stream remembers between chunks.
#[derive(Debug, Default)]
struct ChunkStream {
    id: u32,
    timestamp: u32,
    delta: u32,
    extended: Option<u32>,
    length: usize,
    kind: u8,
    stream: u32,
    /// Bytes of the unfinished message, if one is under way.
    received: Option<usize>,
    keep: bool,
    body: Vec<u8>,
}

impl Default for ChunkReader {
    fn default() -> ChunkReader {
        ChunkReader {
            chunk_size: 128,
            streams: Vec::new(),
            state: State::Header,
            header: heapless::Vec::new(),
            replay: Deque::new(),
            unfinished: 0,
            takes_media: true,
            skipped: 0,
        }
    }
}

impl ChunkReader {
    /// A reader with the default chunk size of 128 bytes that takes media.
    pub fn new() -> ChunkReader {
        ChunkReader::default()
    }

    /// With `false`, media messages that begin from now on are read over: counted, not kept, not returned.
    pub fn take_media(&mut self, takes: bool) {
        self.takes_media = takes;
    }

    /// Messages that were read over: media while they were not wanted, and types that nobody needs.
    pub fn skipped(&self) -> u64 {
        self.skipped
    }

    /// Memory held for unfinished messages, bytes.
    pub fn unfinished_bytes(&self) -> usize {
        self.unfinished
    }

    /// True between two messages.
    pub fn is_between_messages(&self) -> bool {
        matches!(self.state, State::Header)
            && self.header.is_empty()
            && self.replay.is_empty()
            && self.streams.iter().all(|stream| stream.received.is_none())
    }

    /// Reads up to the end of the next message and leaves the rest in `input`; None when all of it was used.
    /// SetChunkSize and Abort have taken effect when they are returned.
    pub fn read(&mut self, input: &mut &[u8]) -> Result<Option<Message>, ProtocolError> {
        loop {
            let done = match self.state {
                State::Header => match self.next_byte(input) {
                    Some(byte) => self.header_byte(byte)?,
                    None => return Ok(None),
                },
                State::Repetition {
                    index,
                    extended,
                    agreed,
                } => match self.next_byte(input) {
                    Some(byte) => self.repetition_byte(index, extended, agreed, byte)?,
                    None => return Ok(None),
                },
                State::Body { index, left } => {
                    if left > 0 && self.replay.is_empty() && input.is_empty() {
                        return Ok(None);
                    }
                    self.body(index, left, input)?
                }
            };
            if let Some(message) = done {
                return Ok(Some(message));
            }
        }
    }

    /// Bytes that were peeked at and did not agree come first.
    fn next_byte(&mut self, input: &mut &[u8]) -> Option<u8> {
        self.replay.pop_front().or_else(|| {
            let (byte, rest) = input.split_first()?;
            *input = rest;
            Some(*byte)
        })
    }

    fn header_byte(&mut self, byte: u8) -> Result<Option<Message>, ProtocolError> {
        // A header asks for at most MAX_HEADER bytes, so there is room.
        let _ = self.header.push(byte);
        let Some(header) = Header::parse(&self.header) else {
            return Ok(None);
        };
        self.header.clear();
        self.begin_chunk(&header)
    }

    fn begin_chunk(&mut self, header: &Header) -> Result<Option<Message>, ProtocolError> {
        let index = self.stream_index(header)?;
        if header.format < 3 {
            self.drop_partial(index);
        }
        let chunk_size = self.chunk_size;
        let takes_media = self.takes_media;
        let Some(stream) = self.streams.get_mut(index) else {
            return Ok(None);
        };
        stream.apply(header);
        if stream.received.is_none() {
            stream.begin_message(header.format, takes_media)?;
        }
        let left = stream.left_in_chunk(chunk_size);
        match stream.extended.filter(|_| header.format == 3) {
            Some(extended) => {
                self.state = State::Repetition {
                    index,
                    extended,
                    agreed: 0,
                }
            }
            None => self.state = State::Body { index, left },
        }
        Ok(None)
    }

    fn stream_index(&mut self, header: &Header) -> Result<usize, ProtocolError> {
        if let Some(index) = self
            .streams
            .iter()
            .position(|stream| stream.id == header.chunk_stream)
        {
            return Ok(index);
        }
        // librtmp answers a ping with a type 1 chunk on the control stream, used or not.
        let librtmp_control = header.format == 1 && header.chunk_stream == CONTROL_STREAM;
        if header.format != 0 && !librtmp_control {
            return Err(ProtocolError::UnknownChunkStream {
                format: header.format,
                chunk_stream: header.chunk_stream,
            });
        }
        if self.streams.len() >= limits::MAX_CHUNK_STREAMS {
            return Err(ProtocolError::TooManyChunkStreams);
        }
        self.streams.push(ChunkStream {
            id: header.chunk_stream,
            ..ChunkStream::default()
        });
        Ok(self.streams.len() - 1)
    }

    /// Type 3 chunks repeat the extended time stamp with most encoders and do not with some: the four bytes are taken
    /// only if they are the same.
    fn repetition_byte(
        &mut self,
        index: usize,
        extended: u32,
        agreed: usize,
        byte: u8,
    ) -> Result<Option<Message>, ProtocolError> {
        let expected = extended.to_be_bytes();
        let agrees = expected.get(agreed) == Some(&byte);
        if agrees && agreed + 1 < expected.len() {
            self.state = State::Repetition {
                index,
                extended,
                agreed: agreed + 1,
            };
            return Ok(None);
        }
        if !agrees {
            let _ = self.replay.push_front(byte);
            for byte in expected.iter().take(agreed).rev() {
                let _ = self.replay.push_front(*byte);
            }
        }
        let left = self
            .streams
            .get(index)
            .map_or(0, |stream| stream.left_in_chunk(self.chunk_size));
        self.state = State::Body { index, left };
        Ok(None)
    }

    fn body(
        &mut self,
        index: usize,
        left: usize,
        input: &mut &[u8],
    ) -> Result<Option<Message>, ProtocolError> {
        let mut left = left;
        while left > 0
            && let Some(byte) = self.replay.pop_front()
        {
            self.append(index, &[byte])?;
            left -= 1;
        }
        let (now, later) = input.split_at_checked(left).unwrap_or((*input, &[]));
        *input = later;
        self.append(index, now)?;
        left -= now.len();
        if left > 0 {
            self.state = State::Body { index, left };
            return Ok(None);
        }
        self.state = State::Header;
        self.end_chunk(index)
    }

    fn append(&mut self, index: usize, bytes: &[u8]) -> Result<(), ProtocolError> {
        let Some(stream) = self.streams.get_mut(index) else {
            return Ok(());
        };
        if stream.keep {
            let before = stream.body.capacity();
            let after = stream.capacity_for(bytes.len());
            let limit = match self.takes_media {
                true => limits::MAX_PARTIAL_BYTES,
                false => limits::MAX_STRANGER_BYTES,
            };
            if self.unfinished - before + after > limit {
                return Err(ProtocolError::TooMuchUnfinished { limit });
            }
            stream.body.reserve_exact(after - stream.body.len());
            stream.body.extend_from_slice(bytes);
            self.unfinished = self.unfinished - before + stream.body.capacity();
        }
        stream.received = stream.received.map(|received| received + bytes.len());
        Ok(())
    }

    fn end_chunk(&mut self, index: usize) -> Result<Option<Message>, ProtocolError> {
        let Some(stream) = self.streams.get_mut(index) else {
            return Ok(None);
        };
        if stream
            .received
            .is_some_and(|received| received < stream.length)
        {
            return Ok(None);
        }
        stream.received = None;
        if !stream.keep {
            self.skipped += 1;
            return Ok(None);
        }
        let body = std::mem::take(&mut stream.body);
        self.unfinished -= body.capacity();
        let message = Message {
            chunk_stream: stream.id,
            kind: stream.kind.into(),
            stream: stream.stream,
            timestamp: stream.timestamp,
            payload: Bytes::from(body),
        };
        self.obey(&message)?;
        Ok(Some(message))
    }

    /// SetChunkSize (§5.4.1) and Abort (§5.4.2) concern the reader itself.
    fn obey(&mut self, message: &Message) -> Result<(), ProtocolError> {
        match message.kind {
            MessageKind::SetChunkSize => {
                let size = control_value(message)? & 0x7FFF_FFFF;
                if size == 0 {
                    return Err(ProtocolError::ChunkSize(size));
                }
                self.chunk_size = size.min(limits::MAX_CHUNK_SIZE) as usize;
            }
            MessageKind::Abort => {
                let id = control_value(message)?;
                if let Some(index) = self.streams.iter().position(|stream| stream.id == id) {
                    self.drop_partial(index);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn drop_partial(&mut self, index: usize) {
        if let Some(stream) = self.streams.get_mut(index) {
            stream.received = None;
            self.unfinished -= std::mem::take(&mut stream.body).capacity();
        }
    }
}

/// The number in a control message's body.
pub(super) fn control_value(message: &Message) -> Result<u32, ProtocolError> {
    read_u32(&message.payload).ok_or(ProtocolError::ControlTooShort {
        kind: message.kind.id(),
        length: message.payload.len(),
        expected: 4,
    })
}

impl ChunkStream {
    fn apply(&mut self, header: &Header) {
        if let Some((length, kind)) = header.length_and_kind {
            self.length = length;
            self.kind = kind;
        }
        if let Some(stream) = header.stream {
            self.stream = stream;
        }
        if header.format < 3 {
            self.delta = header.time;
            self.extended = header.is_extended.then_some(header.time);
        }
    }

    /// A type 3 chunk that begins a message repeats the last delta, which after a type 0 chunk is that chunk's own
    /// time stamp (§5.3.1.2.4).
    fn begin_message(&mut self, format: u8, takes_media: bool) -> Result<(), ProtocolError> {
        self.timestamp = match format {
            0 => self.delta,
            _ => self.timestamp.wrapping_add(self.delta),
        };
        let kind = MessageKind::from(self.kind);
        self.keep = match kind {
            MessageKind::Other(_) => false,
            kind => takes_media || !kind.is_media(),
        };
        let limit = max_length(kind);
        if self.keep && self.length > limit {
            return Err(ProtocolError::MessageTooLong {
                kind: self.kind,
                length: self.length,
                limit,
            });
        }
        self.received = Some(0);
        Ok(())
    }

    fn left_in_chunk(&self, chunk_size: usize) -> usize {
        self.length
            .saturating_sub(self.received.unwrap_or(0))
            .min(chunk_size)
    }

    /// Room for `more` bytes: all of a short message at once, a long one by doubling up to its length.
    fn capacity_for(&self, more: usize) -> usize {
        let needed = self.body.len() + more;
        let held = self.body.capacity();
        if needed <= held {
            return held;
        }
        needed
            .max(held * 2)
            .max(limits::FIRST_RESERVE)
            .min(self.length.max(needed))
    }
}

fn max_length(kind: MessageKind) -> usize {
    match kind {
        MessageKind::Video | MessageKind::Aggregate => limits::MAX_VIDEO_MESSAGE,
        MessageKind::Audio => limits::MAX_AUDIO_MESSAGE,
        MessageKind::CommandAmf0 | MessageKind::CommandAmf3 => limits::MAX_COMMAND_MESSAGE,
        MessageKind::DataAmf0 | MessageKind::DataAmf3 => limits::MAX_COMMAND_MESSAGE,
        _ => limits::MAX_CONTROL_MESSAGE,
    }
}

/// A chunk's basic and message header; the extended time stamp of types 0 to 2 included.
#[derive(Debug, PartialEq, Eq)]
struct Header {
    format: u8,
    chunk_stream: u32,
    /// Absolute for type 0, a delta for 1 and 2, 0 for 3.
    time: u32,
    is_extended: bool,
    length_and_kind: Option<(usize, u8)>,
    stream: Option<u32>,
}

impl Header {
    /// None while bytes are missing.
    fn parse(bytes: &[u8]) -> Option<Header> {
        let (&first, rest) = bytes.split_first()?;
        let (chunk_stream, rest) = match first & 0x3F {
            0 => rest
                .split_first()
                .map(|(low, rest)| (64 + u32::from(*low), rest))?,
            1 => rest
                .split_first_chunk()
                .map(|(id, rest)| (64 + u32::from(u16::from_le_bytes(*id)), rest))?,
            id => (u32::from(id), rest),
        };
        let format = first >> 6;
        let mut header = Header {
            format,
            chunk_stream,
            time: 0,
            is_extended: false,
            length_and_kind: None,
            stream: None,
        };
        if format == 3 {
            return Some(header);
        }
        let (&[t2, t1, t0], mut rest) = rest.split_first_chunk()?;
        header.time = u32::from_be_bytes([0, t2, t1, t0]);
        if format < 2 {
            let (&[l2, l1, l0, kind], after) = rest.split_first_chunk()?;
            header.length_and_kind = Some((u32::from_be_bytes([0, l2, l1, l0]) as usize, kind));
            rest = after;
        }
        if format == 0 {
            let (stream, after) = rest.split_first_chunk()?;
            header.stream = Some(u32::from_le_bytes(*stream));
            rest = after;
        }
        if header.time == EXTENDED {
            header.time = u32::from_be_bytes(*rest.first_chunk()?);
            header.is_extended = true;
        }
        Some(header)
    }
}
