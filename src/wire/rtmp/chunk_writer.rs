//! Messages to chunks (RTMP 1.0 §5.3).
use super::chunk_reader::EXTENDED;
use super::message::MessageKind;
use crate::limits::rtmp as limits;
use bytes::{BufMut, BytesMut};

/// Writes one direction of a connection, with the shortest header that every reader understands alike.
#[derive(Debug)]
pub struct ChunkWriter {
    chunk_size: usize,
    full_headers: bool,
    last: Vec<(u8, Last)>,
}

/// What was last written on a chunk stream.
#[derive(Clone, Copy, Debug)]
struct Last {
    timestamp: u32,
    /// None after a full header: readers disagree on the delta that a type 3 chunk would mean then.
    delta: Option<u32>,
    length: usize,
    kind: MessageKind,
    stream: u32,
}

impl Default for ChunkWriter {
    fn default() -> ChunkWriter {
        ChunkWriter {
            chunk_size: 128,
            full_headers: false,
            last: Vec::new(),
        }
    }
}

impl ChunkWriter {
    /// A writer with the default chunk size of 128 bytes.
    pub fn new() -> ChunkWriter {
        ChunkWriter::default()
    }

    /// A writer that begins every message with a full header: a server's few answers, for the simplest of readers.
    pub fn with_full_headers() -> ChunkWriter {
        ChunkWriter {
            full_headers: true,
            ..ChunkWriter::default()
        }
    }

    /// Announces a chunk size (1 to 0xFFFFFF) and uses it from then on.
    pub fn set_chunk_size(&mut self, out: &mut BytesMut, size: u32) {
        let size = size.clamp(1, limits::MAX_CHUNK_SIZE);
        self.write(out, 2, MessageKind::SetChunkSize, 0, 0, &size.to_be_bytes());
        self.chunk_size = size as usize;
    }

    /// Writes a message on `chunk_stream` (2 to 63) at `timestamp` ms; at most 0xFFFFFF bytes of `payload`.
    pub fn write(
        &mut self,
        out: &mut BytesMut,
        chunk_stream: u8,
        kind: MessageKind,
        stream: u32,
        timestamp: u32,
        payload: &[u8],
    ) {
        let payload = payload.get(..0xFF_FFFF).unwrap_or(payload);
        let id = chunk_stream & 0x3F;
        let length = payload.len();
        let previous = self.last.iter().position(|(known, _)| *known == id);
        let last = previous
            .and_then(|index| self.last.get(index))
            .map(|(_, last)| *last);
        let last = last.filter(|_| !self.full_headers);
        let (format, time) = choose_format(last, kind, stream, timestamp, length);
        let delta = (format != 0).then_some(time);
        match previous.and_then(|index| self.last.get_mut(index)) {
            Some((_, last)) => {
                *last = Last {
                    timestamp,
                    delta,
                    length,
                    kind,
                    stream,
                }
            }
            None => self.last.push((
                id,
                Last {
                    timestamp,
                    delta,
                    length,
                    kind,
                    stream,
                },
            )),
        }
        out.reserve(length + length / self.chunk_size * 5 + 16);
        out.put_u8(format << 6 | id);
        if format < 3 {
            out.put_uint(u64::from(time.min(EXTENDED)), 3);
        }
        if format < 2 {
            out.put_uint(length as u64, 3);
            out.put_u8(kind.id());
        }
        if format == 0 {
            out.put_u32_le(stream);
        }
        self.write_body(out, id, (time >= EXTENDED).then_some(time), payload);
    }

    fn write_body(&self, out: &mut BytesMut, id: u8, extended: Option<u32>, payload: &[u8]) {
        let put_extended =
            |out: &mut BytesMut| extended.into_iter().for_each(|time| out.put_u32(time));
        put_extended(out);
        for (index, chunk) in payload.chunks(self.chunk_size).enumerate() {
            if index > 0 {
                out.put_u8(0xC0 | id);
                put_extended(out);
            }
            out.put_slice(chunk);
        }
    }
}

/// The chunk type, and the time or delta that its header carries.
fn choose_format(
    last: Option<Last>,
    kind: MessageKind,
    stream: u32,
    timestamp: u32,
    length: usize,
) -> (u8, u32) {
    let Some(last) = last.filter(|last| last.stream == stream) else {
        return (0, timestamp);
    };
    let delta = timestamp.wrapping_sub(last.timestamp);
    if delta > u32::MAX / 2 {
        return (0, timestamp);
    }
    if last.length != length || last.kind != kind {
        return (1, delta);
    }
    (if last.delta == Some(delta) { 3 } else { 2 }, delta)
}

#[cfg(test)]
mod tests {
    use super::super::chunk_reader::ChunkReader;
    use super::super::message::Message;
    use super::*;
    use proptest::prelude::*;

    fn any_message() -> impl Strategy<Value = (u8, MessageKind, u32, Vec<u8>)> {
        let kind = prop_oneof![Just(MessageKind::Audio), Just(MessageKind::Video)];
        let time = prop_oneof![0u32..100, Just(40), 0xFF_FFF0u32..0x100_000F, any::<u32>()];
        let body = prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..700),
            Just(vec![7; 100]),
            // Looks like a repeated extended time stamp.
            Just(vec![1; 300]),
        ];
        (2u8..6, kind, time, body)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]
        #[test]
        fn what_is_written_is_read_back_in_any_pieces(
            messages in proptest::collection::vec(any_message(), 1..12),
            chunk_size in prop_oneof![1u32..10, Just(128), Just(4096)],
            piece in 1usize..300,
        ) {
            let (mut writer, mut wire) = (ChunkWriter::new(), BytesMut::new());
            writer.set_chunk_size(&mut wire, chunk_size);
            for (id, kind, time, body) in &messages {
                writer.write(&mut wire, *id, *kind, 1, *time, body);
            }
            let mut reader = ChunkReader::new();
            let mut read = Vec::new();
            for mut piece in wire.chunks(piece) {
                while let Some(message) = reader.read(&mut piece).unwrap() {
                    read.push(message);
                }
            }
            prop_assert!(reader.is_between_messages());
            prop_assert_eq!(reader.unfinished_bytes(), 0);
            let expected: Vec<_> = messages.into_iter().map(|(id, kind, timestamp, body)| Message {
                chunk_stream: id.into(), kind, stream: 1, timestamp, payload: body.into(),
            }).collect();
            prop_assert_eq!(&read[1..], &expected[..]);
        }
    }

    #[test]
    fn repeated_messages_shrink_to_type_3_only_after_a_delta() {
        let (mut writer, mut wire) = (ChunkWriter::new(), BytesMut::new());
        let mut formats = Vec::new();
        for time in [10, 20, 30, 40, 5] {
            let start = wire.len();
            writer.write(&mut wire, 4, MessageKind::Audio, 1, time, &[0xAF; 8]);
            formats.push(wire[start] >> 6);
        }
        assert_eq!(formats, [0, 2, 3, 3, 0]);
    }
}
