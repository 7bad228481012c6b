//! The dialogue of the server's side: with the publishing client, and with clients that do odd or hostile things.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use bytes::{Bytes, BytesMut};
use hearth::limits::rtmp as limits;
use hearth::wire::rtmp::amf0::{self, Value};
use hearth::wire::rtmp::chunk_reader::ChunkReader;
use hearth::wire::rtmp::chunk_writer::ChunkWriter;
use hearth::wire::rtmp::client::{Publisher, PublisherState};
use hearth::wire::rtmp::command::{self, Command};
use hearth::wire::rtmp::message::{Message, MessageKind};
use hearth::wire::rtmp::{Connection, Event, ProtocolError};

/// Carries bytes to and fro until both are silent; gives what the server noticed.
fn exchange(client: &mut Publisher, server: &mut Connection) -> Vec<Event> {
    let mut events = Vec::new();
    loop {
        let to_server = client.output().split();
        let to_client = server.output().split();
        if to_server.is_empty() && to_client.is_empty() {
            return events;
        }
        for piece in to_server.chunks(limits::MAX_FEED) {
            server.feed(piece).unwrap();
            events.extend(std::iter::from_fn(|| server.poll_event()));
        }
        client.feed(&to_client).unwrap();
    }
}

fn publishing_pair() -> (Publisher, Connection) {
    let mut client = Publisher::new("hearth.local", "live", "secret-key");
    let mut server = Connection::new(&[9; 32]);
    let events = exchange(&mut client, &mut server);
    let [Event::Publish(request)] = &events[..] else {
        panic!("{events:?}")
    };
    assert_eq!(
        (request.app.as_str(), request.key.as_str(), request.stream),
        ("live", "secret-key", 1)
    );
    server.accept_publish(1);
    assert_eq!(exchange(&mut client, &mut server), []);
    assert_eq!(*client.state(), PublisherState::Publishing);
    (client, server)
}

#[test]
fn our_client_publishes_to_our_server() {
    let (mut client, mut server) = publishing_pair();
    let mut script = BytesMut::new();
    amf0::encode(
        &mut script,
        &[
            "onMetaData".into(),
            Value::object([("width", 640.0.into())]),
        ],
    );
    client.write_metadata(&script);
    let key_frame = vec![0x17; 300_000];
    client.write_video(5, &key_frame);
    client.write_audio(0x0100_0000, &[0xAF, 1, 2]);
    let events = exchange(&mut client, &mut server);
    assert!(matches!(&events[0], Event::Metadata(metadata) if metadata.width == Some(640)));
    let audio = Event::Audio {
        timestamp: 0x0100_0000,
        payload: Bytes::from_static(&[0xAF, 1, 2]),
    };
    assert_eq!(
        events[1..],
        [
            Event::Video {
                timestamp: 5,
                payload: key_frame.into()
            },
            audio
        ]
    );
    client.finish();
    assert_eq!(exchange(&mut client, &mut server), [Event::Unpublish]);
    assert_eq!((server.dropped_messages(), server.held_bytes()), (0, 0));
}

#[test]
fn a_refusal_reaches_the_encoder_with_its_text_before_and_after_it_was_live() {
    let refused = |client: &Publisher, description: &str| {
        let code = "NetStream.Publish.BadName".to_owned();
        assert_eq!(
            *client.state(),
            PublisherState::Refused {
                code,
                description: description.into()
            }
        );
    };
    let mut client = Publisher::new("hearth.local", "live", "wrong");
    let mut server = Connection::new(&[9; 32]);
    exchange(&mut client, &mut server);
    server.refuse(1, "NetStream.Publish.BadName", "No such key");
    exchange(&mut client, &mut server);
    refused(&client, "No such key");

    let (mut client, mut server) = publishing_pair();
    server.refuse(
        1,
        "NetStream.Publish.BadName",
        "Another encoder took over with this key",
    );
    client.write_video(0, &[0x17; 100]);
    assert_eq!(exchange(&mut client, &mut server), []);
    refused(&client, "Another encoder took over with this key");
}

#[test]
fn our_client_understands_the_server_that_obs_was_content_with() {
    let answers = include_bytes!("fixtures/rtmp/obs29-h264-aac.server-to-client.bin");
    let mut client = Publisher::new("hearth.local", "live", "key");
    for piece in answers.chunks(100) {
        assert_eq!(*client.state(), PublisherState::Connecting);
        client.feed(piece).unwrap();
    }
    assert_eq!(*client.state(), PublisherState::Publishing);
}

#[test]
fn pings_go_both_ways() {
    let (mut client, mut server) = publishing_pair();
    server.ping(7);
    assert_eq!(exchange(&mut client, &mut server), [Event::Pong]);
}

/// A client that says what a test wants, behind a finished handshake.
struct Script {
    writer: ChunkWriter,
    server: Connection,
}

impl Script {
    fn start() -> Script {
        let mut server = Connection::new(&[9; 32]);
        server.feed(&[&[3][..], &[0; 3072]].concat()).unwrap();
        server.output().clear();
        Script {
            writer: ChunkWriter::new(),
            server,
        }
    }

    fn connected() -> Script {
        let mut script = Script::start();
        script
            .say("connect", 1.0, &[Value::object([("app", "live".into())])])
            .unwrap();
        script.server.output().clear();
        script
    }

    fn asked() -> Script {
        let mut script = Script::connected();
        script.publish(1, "key").unwrap();
        assert!(matches!(
            script.server.poll_event(),
            Some(Event::Publish(_))
        ));
        script
    }

    fn message(
        &mut self,
        kind: MessageKind,
        stream: u32,
        body: &[u8],
    ) -> Result<(), ProtocolError> {
        let mut wire = BytesMut::new();
        self.writer.write(&mut wire, 3, kind, stream, 0, body);
        wire.chunks(limits::MAX_FEED)
            .try_for_each(|piece| self.server.feed(piece))
    }

    fn say(
        &mut self,
        name: &str,
        transaction: f64,
        arguments: &[Value],
    ) -> Result<(), ProtocolError> {
        self.message(
            MessageKind::CommandAmf0,
            0,
            &command::encode(name, transaction, arguments),
        )
    }

    fn publish(&mut self, stream: u32, key: &str) -> Result<(), ProtocolError> {
        let body = command::encode("publish", 0.0, &[Value::Null, key.into()]);
        self.message(MessageKind::CommandAmf0, stream, &body)
    }

    fn audio(&mut self, body: &[u8]) {
        self.message(MessageKind::Audio, 1, body).unwrap();
    }

    fn events(&mut self) -> Vec<Event> {
        std::iter::from_fn(|| self.server.poll_event()).collect()
    }

    fn answers(&mut self) -> Vec<Message> {
        let bytes = self.server.output().split();
        let mut reader = ChunkReader::new();
        let mut input = &bytes[..];
        std::iter::from_fn(|| reader.read(&mut input).unwrap()).collect()
    }

    fn last_code(&mut self) -> String {
        let answers = self.answers();
        let command = Command::parse(answers.last().unwrap()).unwrap();
        command.status().unwrap().code.to_owned()
    }
}

fn audio_event(body: &'static [u8]) -> Event {
    Event::Audio {
        timestamp: 0,
        payload: Bytes::from_static(body),
    }
}

#[test]
fn connect_is_answered_in_the_order_that_all_encoders_know() {
    let mut script = Script::start();
    script
        .say("connect", 1.0, &[Value::object([("app", "live".into())])])
        .unwrap();
    let answers = script.answers();
    let kinds: Vec<_> = answers.iter().map(|answer| answer.kind).collect();
    let expected = [
        MessageKind::WindowAcknowledgement,
        MessageKind::PeerBandwidth,
        MessageKind::SetChunkSize,
        MessageKind::CommandAmf0,
    ];
    assert_eq!(kinds, expected);
    let result = Command::parse(&answers[3]).unwrap();
    assert_eq!((result.name.as_str(), result.transaction), ("_result", 1.0));
    assert_eq!(
        result.status().unwrap().code,
        "NetConnection.Connect.Success"
    );
    assert_eq!(
        result.arguments[1].get("objectEncoding"),
        Some(&Value::Number(0.0))
    );
}

#[test]
fn the_calls_around_publish_are_answered_with_their_transaction() {
    let mut script = Script::connected();
    let calls = [
        ("releaseStream", Value::Undefined),
        ("FCPublish", Value::Undefined),
        ("createStream", 1.0.into()),
        ("createStream", 3.0.into()),
        ("_checkbw", Value::Undefined),
        ("getStreamLength", 0.0.into()),
    ];
    for (index, (name, result)) in calls.into_iter().enumerate() {
        script
            .say(name, index as f64, &[Value::Null, "key".into()])
            .unwrap();
        let answer = Command::parse(&script.answers()[0]).unwrap();
        assert_eq!(
            (answer.name.as_str(), answer.transaction),
            ("_result", index as f64),
            "{name}"
        );
        assert_eq!(answer.arguments, [Value::Null, result], "{name}");
    }
    script
        .say("FCSubscribe", 9.0, &[Value::Null, "key".into()])
        .unwrap();
    assert_eq!(script.answers(), []);
}

#[test]
fn publish_before_connect_ends_the_connection() {
    assert_eq!(
        Script::start().publish(1, "key"),
        Err(ProtocolError::NotConnected("publish"))
    );
    let play = Script::start().say("play", 0.0, &[Value::Null, "name".into()]);
    assert_eq!(play, Err(ProtocolError::NotConnected("play")));
}

#[test]
fn media_before_publish_are_counted_and_not_kept() {
    let mut script = Script::connected();
    script
        .message(MessageKind::Video, 1, &[7; 200_000])
        .unwrap();
    script.audio(&[1]);
    assert_eq!(
        (script.events(), script.server.dropped_messages()),
        (vec![], 2)
    );
    assert_eq!(script.server.held_bytes(), 0);
}

#[test]
fn an_impatient_encoder_loses_nothing_while_its_key_is_looked_up() {
    let mut script = Script::asked();
    script.audio(b"config");
    assert_eq!(script.events(), []);
    script.server.accept_publish(1);
    assert_eq!(script.events(), [audio_event(b"config")]);
    assert_eq!(script.last_code(), "NetStream.Publish.Start");
}

#[test]
fn what_a_refused_encoder_sent_is_forgotten() {
    let mut script = Script::asked();
    script.audio(b"config");
    script.server.refuse(1, "NetStream.Publish.BadName", "No");
    script.audio(b"more");
    assert_eq!((script.events(), script.server.held_bytes()), (vec![], 0));
    assert_eq!(script.server.dropped_messages(), 2);
}

#[test]
fn an_unanswered_encoder_holds_little_memory() {
    let mut script = Script::asked();
    for _ in 0..100 {
        script.audio(&[0xAF; 60_000]);
    }
    assert!(script.server.held_bytes() <= limits::MAX_HELD_BYTES);
    assert!(script.server.dropped_messages() > 80);
}

#[test]
fn a_second_publish_is_refused_and_a_repeated_one_confirmed() {
    let mut script = Script::asked();
    script.publish(1, "key").unwrap();
    assert_eq!(script.answers(), []);
    script.publish(3, "other").unwrap();
    assert_eq!(script.last_code(), "NetStream.Publish.BadName");
    script.server.accept_publish(1);
    script.answers();
    script.publish(1, "key").unwrap();
    assert_eq!(script.last_code(), "NetStream.Publish.Start");
    assert_eq!(script.events(), []);
    script.audio(b"goes on");
    assert_eq!(script.events(), [audio_event(b"goes on")]);
}

#[test]
fn an_answer_is_never_taken_for_that_of_a_later_key() {
    let mut script = Script::asked();
    script
        .say("deleteStream", 0.0, &[Value::Null, 1.0.into()])
        .unwrap();
    script.answers();
    script.publish(1, "somebody-elses-key").unwrap();
    assert_eq!(script.last_code(), "NetStream.Publish.BadName");
    script.server.accept_publish(1);
    assert_eq!(script.events(), [Event::Unpublish]);
    script.audio(b"late");
    assert_eq!(script.events(), []);
    script.publish(1, "third").unwrap();
    assert!(matches!(&script.events()[..], [Event::Publish(request)] if request.key == "third"));
}

#[test]
fn every_way_to_leave_ends_the_broadcast_once() {
    let arguments = [
        ("FCUnpublish", "key".into()),
        ("deleteStream", 1.0.into()),
        ("deleteStream", "key".into()),
    ];
    for (name, argument) in arguments {
        let mut script = Script::asked();
        script.server.accept_publish(1);
        script.say(name, 0.0, &[Value::Null, argument]).unwrap();
        script.say("closeStream", 0.0, &[Value::Null]).unwrap();
        assert_eq!(script.events(), [Event::Unpublish], "{name}");
    }
    let mut script = Script::asked();
    script.server.accept_publish(1);
    script
        .say("deleteStream", 0.0, &[Value::Null, 3.0.into()])
        .unwrap();
    assert_eq!(script.events(), [], "another stream's end");
}

#[test]
fn received_bytes_are_acknowledged_without_being_asked() {
    let mut script = Script::asked();
    script.server.accept_publish(1);
    script.answers();
    for _ in 0..50 {
        script.audio(&[0xAF; 60_000]);
        script.events();
    }
    let answers = script.answers();
    assert_eq!(answers.len(), 1);
    assert_eq!(answers[0].kind, MessageKind::Acknowledgement);
    let acknowledged = u32::from_be_bytes(answers[0].payload[..].try_into().unwrap());
    assert!((limits::ACK_WINDOW..limits::ACK_WINDOW + 70_000).contains(&acknowledged));
}

#[test]
fn a_smaller_window_is_acknowledged_more_often() {
    let mut script = Script::asked();
    script.server.accept_publish(1);
    script
        .message(
            MessageKind::WindowAcknowledgement,
            0,
            &10_000u32.to_be_bytes(),
        )
        .unwrap();
    script.answers();
    for _ in 0..5 {
        script.audio(&[0xAF; 6000]);
    }
    assert_eq!(script.answers().len(), 2);
}

#[test]
fn a_ping_is_answered_with_its_own_time() {
    let mut script = Script::connected();
    script
        .message(MessageKind::UserControl, 0, &[0, 6, 1, 2, 3, 4])
        .unwrap();
    assert_eq!(script.answers()[0].payload[..], [0, 7, 1, 2, 3, 4]);
}

#[test]
fn librtmp_may_answer_a_ping_on_a_control_stream_that_it_never_opened() {
    let mut script = Script::connected();
    script
        .server
        .feed(&[0x42, 0, 0, 0, 0, 0, 6, 4, 0, 7, 0, 0, 0, 9])
        .unwrap();
    assert_eq!(script.events(), [Event::Pong]);
}

#[test]
fn chunk_streams_are_counted() {
    let mut script = Script::connected();
    let open = |id: u8| [id, 0, 0, 0, 0, 0, 1, 18, 1, 0, 0, 0, 5];
    // Script itself uses chunk stream 3.
    let feed = |script: &mut Script, id: u8| script.server.feed(&open(id));
    (4..=63).for_each(|id| feed(&mut script, id).unwrap());
    feed(&mut script, 2).unwrap();
    let long_form = |id: u8| [&[0, id][..], &open(0)[1..]].concat();
    (0..2).for_each(|id| script.server.feed(&long_form(id)).unwrap());
    assert_eq!(
        script.server.feed(&long_form(2)),
        Err(ProtocolError::TooManyChunkStreams)
    );
}

/// A video chunk of type 0 that announces `length` bytes and brings `body`.
fn video_chunk(id: u8, length: u32, body: &[u8]) -> Vec<u8> {
    let [_, l2, l1, l0] = length.to_be_bytes();
    [&[id, 0, 0, 0, l2, l1, l0, 9, 1, 0, 0, 0][..], body].concat()
}

#[test]
fn announced_lengths_cost_nothing_until_their_bytes_arrive() {
    let mut script = Script::asked();
    for id in 4..=63 {
        script
            .server
            .feed(&video_chunk(id, 3_000_000, &[0x17; 128]))
            .unwrap();
    }
    assert!(script.server.held_bytes() <= 60 * limits::FIRST_RESERVE);
}

#[test]
fn unfinished_messages_have_one_bound_together() {
    let mut script = Script::asked();
    let chunk = 60_000u32;
    script
        .message(MessageKind::SetChunkSize, 0, &chunk.to_be_bytes())
        .unwrap();
    let body = vec![0x17; chunk as usize];
    let overflow = (0..)
        .map(|round| (round, 4 + round % 60))
        .take(200)
        .try_for_each(|(round, id): (u32, u32)| {
            let id = id as u8;
            let bytes = if round < 60 {
                video_chunk(id, 3_000_000, &body)
            } else {
                [&[0xC0 | id], &body[..]].concat()
            };
            script.server.feed(&bytes)?;
            assert!(script.server.held_bytes() <= limits::MAX_PARTIAL_BYTES);
            Ok(())
        });
    assert_eq!(
        overflow,
        Err(ProtocolError::TooMuchUnfinished {
            limit: hearth::limits::rtmp::MAX_PARTIAL_BYTES
        })
    );
}

#[test]
fn a_flood_of_tiny_messages_is_bounded() {
    let mut script = Script::asked();
    script.server.accept_publish(1);
    let mut flood = vec![4, 0, 0, 0, 0, 0, 1, 8, 1, 0, 0, 0, 0xAF];
    flood.extend([0xC4, 0xAF].repeat(20_000));
    assert_eq!(
        script.server.feed(&flood),
        Err(ProtocolError::TooManyEvents)
    );
}

#[test]
fn a_peer_that_asks_and_does_not_read_is_closed() {
    let mut script = Script::connected();
    let flood = (0..5000)
        .try_for_each(|_| script.message(MessageKind::UserControl, 0, &[0, 6, 0, 0, 0, 0]));
    assert_eq!(flood, Err(ProtocolError::OutputFull));
    assert!(script.server.output().len() < limits::MAX_OUTPUT_BYTES + 100);
}

#[test]
fn data_that_cannot_be_read_do_not_end_a_broadcast() {
    let mut script = Script::asked();
    script.server.accept_publish(1);
    script
        .message(MessageKind::DataAmf0, 1, &[0x11, 9, 9])
        .unwrap();
    let nested = [&b"\x02\0\x0aonMetaData"[..], &b"\x03\0\x01a".repeat(4000)].concat();
    script.message(MessageKind::DataAmf0, 1, &nested).unwrap();
    assert_eq!(script.events(), []);
}

#[test]
fn a_new_header_in_the_middle_of_a_message_begins_it_anew() {
    let mut script = Script::asked();
    script.server.accept_publish(1);
    script.server.feed(&video_chunk(6, 300, &[1; 128])).unwrap();
    script.server.feed(&video_chunk(6, 2, &[2; 2])).unwrap();
    let payload = Bytes::from_static(&[2, 2]);
    assert_eq!(
        script.events(),
        [Event::Video {
            timestamp: 0,
            payload
        }]
    );
    assert_eq!(script.server.held_bytes(), 0);
}
