//! RTMP messages: their types, protocol control bodies, and aggregates (RTMP 1.0 §5.4, §6, §7.1).
use bytes::Bytes;

/// Message type ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum MessageKind {
    SetChunkSize,
    Abort,
    Acknowledgement,
    UserControl,
    WindowAcknowledgement,
    PeerBandwidth,
    Audio,
    Video,
    DataAmf3,
    CommandAmf3,
    DataAmf0,
    CommandAmf0,
    Aggregate,
    /// Shared objects and whatever else: never needed.
    Other(u8),
}

const KINDS: [(u8, MessageKind); 13] = [
    (1, MessageKind::SetChunkSize),
    (2, MessageKind::Abort),
    (3, MessageKind::Acknowledgement),
    (4, MessageKind::UserControl),
    (5, MessageKind::WindowAcknowledgement),
    (6, MessageKind::PeerBandwidth),
    (8, MessageKind::Audio),
    (9, MessageKind::Video),
    (15, MessageKind::DataAmf3),
    (17, MessageKind::CommandAmf3),
    (18, MessageKind::DataAmf0),
    (20, MessageKind::CommandAmf0),
    (22, MessageKind::Aggregate),
];

impl From<u8> for MessageKind {
    fn from(id: u8) -> MessageKind {
        KINDS
            .iter()
            .find(|(known, _)| *known == id)
            .map_or(MessageKind::Other(id), |(_, kind)| *kind)
    }
}

impl MessageKind {
    /// The id on the wire.
    pub fn id(self) -> u8 {
        match self {
            MessageKind::Other(id) => id,
            kind => KINDS
                .iter()
                .find(|(_, known)| *known == kind)
                .map_or(0, |(id, _)| *id),
        }
    }
    /// Audio, video, or both in an aggregate.
    pub fn is_media(self) -> bool {
        matches!(
            self,
            MessageKind::Audio | MessageKind::Video | MessageKind::Aggregate
        )
    }
}

/// A whole message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The chunk stream that carried it.
    pub chunk_stream: u32,
    /// What it is.
    pub kind: MessageKind,
    /// Message stream id; 0 is the connection itself.
    pub stream: u32,
    /// 32-bit ms, as it came.
    pub timestamp: u32,
    /// Its body.
    pub payload: Bytes,
}

/// User control events (RTMP 1.0 §7.1.7) that are written or understood here.
pub mod user_control {
    /// A message stream is open; body: its id.
    pub const STREAM_BEGIN: u16 = 0;
    /// Body: a time stamp to be sent back.
    pub const PING_REQUEST: u16 = 6;
    /// Body: the request's time stamp.
    pub const PING_RESPONSE: u16 = 7;
}

/// The first four bytes as a number; None if there are fewer.
pub fn read_u32(payload: &[u8]) -> Option<u32> {
    payload
        .first_chunk()
        .map(|bytes| u32::from_be_bytes(*bytes))
}

/// A user control message's event and the rest of its body.
pub fn read_user_control(payload: &[u8]) -> Option<(u16, &[u8])> {
    let (event, body) = payload.split_first_chunk()?;
    Some((u16::from_be_bytes(*event), body))
}

/// A user control body: event and one number.
pub fn user_control_body(event: u16, value: u32) -> [u8; 6] {
    let [a, b] = event.to_be_bytes();
    let [c, d, e, f] = value.to_be_bytes();
    [a, b, c, d, e, f]
}

/// The messages inside an aggregate (type 22): FLV tags back to back. Their times are the aggregate's plus each tag's
/// distance from the first tag. Ends at the first tag that does not fit.
pub fn split_aggregate(aggregate: &Message) -> impl Iterator<Item = Message> {
    const HEADER: usize = 11;
    const BACK_POINTER: usize = 4;
    let (chunk_stream, stream, base) = (
        aggregate.chunk_stream,
        aggregate.stream,
        aggregate.timestamp,
    );
    let mut rest = aggregate.payload.clone();
    let mut first = None;
    std::iter::from_fn(move || {
        let &[kind, l2, l1, l0, t2, t1, t0, t3, _, _, _] = rest.first_chunk::<HEADER>()?;
        let length = u32::from_be_bytes([0, l2, l1, l0]) as usize;
        let time = u32::from_be_bytes([t3, t2, t1, t0]);
        let end = HEADER
            .checked_add(length)
            .filter(|end| *end <= rest.len())?;
        // A copy: one small tag must not keep the whole aggregate in memory.
        let payload = Bytes::copy_from_slice(rest.get(HEADER..end)?);
        rest = rest.slice(rest.len().min(end + BACK_POINTER)..);
        let offset = time.wrapping_sub(*first.get_or_insert(time));
        Some(Message {
            chunk_stream,
            kind: kind.into(),
            stream,
            timestamp: base.wrapping_add(offset),
            payload,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn message_kinds_keep_their_ids() {
        for id in 0..=255 {
            assert_eq!(MessageKind::from(id).id(), id);
        }
    }

    fn tag(kind: u8, time: u32, body: &[u8]) -> Vec<u8> {
        let mut tag = vec![kind];
        tag.extend(&(body.len() as u32).to_be_bytes()[1..]);
        tag.extend(&time.to_be_bytes()[1..]);
        tag.extend([time.to_be_bytes()[0], 0, 0, 0]);
        tag.extend(body);
        tag.extend((11 + body.len() as u32).to_be_bytes());
        tag
    }

    fn aggregate(payload: Vec<u8>) -> Message {
        Message {
            chunk_stream: 4,
            kind: MessageKind::Aggregate,
            stream: 1,
            timestamp: 5000,
            payload: payload.into(),
        }
    }

    #[test]
    fn tags_of_an_aggregate_are_timed_from_the_first() {
        let payload = [
            tag(8, 0x0100_0000, &[0xAF, 1]),
            tag(9, 0x0100_0017, &[0x27]),
        ]
        .concat();
        let parts: Vec<_> = split_aggregate(&aggregate(payload))
            .map(|m| (m.kind, m.timestamp, m.payload))
            .collect();
        let expected = [
            (MessageKind::Audio, 5000, Bytes::from_static(&[0xAF, 1])),
            (MessageKind::Video, 5023, Bytes::from_static(&[0x27])),
        ];
        assert_eq!(parts, expected);
    }

    #[test]
    fn a_cut_aggregate_ends_at_the_tag_that_does_not_fit() {
        let mut payload = [tag(8, 0, &[1, 2, 3]), tag(9, 5, &[4; 20])].concat();
        payload.truncate(payload.len() - 10);
        assert_eq!(split_aggregate(&aggregate(payload)).count(), 1);
    }
}
