//! Captured encoders and hand-built edge cases, through the chunk reader and through a whole connection.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use bytes::Bytes;
use hearth::wire::rtmp::chunk_reader::ChunkReader;
use hearth::wire::rtmp::connection::Metadata;
use hearth::wire::rtmp::message::Message;
use hearth::wire::rtmp::{Connection, Event, ProtocolError};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::PathBuf;

const HANDSHAKE: usize = 1 + 2 * 1536;

fn fixtures(folder: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(folder)
}

fn captures() -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    for folder in ["rtmp", "rtmp-synthetic"] {
        for entry in fs::read_dir(fixtures(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path
                .extension()
                .is_some_and(|extension| extension == "rtmp")
            {
                let name = format!("{folder}/{}", path.file_stem().unwrap().to_str().unwrap());
                all.push((name, fs::read(path).unwrap()));
            }
        }
    }
    assert!(all.len() >= 23, "fixtures are missing");
    all
}

fn capture(name: &str) -> Vec<u8> {
    fs::read(fixtures("rtmp").join(format!("{name}.rtmp"))).unwrap()
}

/// One row of a capture's list of messages.
type Row = (u32, u8, u32, u32, usize, String);

fn row(message: &Message) -> Row {
    let hash = data_encoding::HEXLOWER.encode(&Sha256::digest(&message.payload)[..8]);
    let Message {
        chunk_stream,
        kind,
        stream,
        timestamp,
        payload,
    } = message;
    (
        *chunk_stream,
        kind.id(),
        *stream,
        *timestamp,
        payload.len(),
        hash,
    )
}

fn expected(name: &str) -> Vec<Row> {
    serde_json::from_slice(&fs::read(fixtures(&format!("{name}.json"))).unwrap()).unwrap()
}

fn read_in_pieces<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Vec<Row> {
    let mut reader = ChunkReader::new();
    let mut rows = Vec::new();
    for mut piece in pieces {
        while let Some(message) = reader.read(&mut piece).unwrap() {
            rows.push(row(&message));
        }
    }
    rows
}

/// splitmix64: the same pieces in every run.
fn next(seed: &mut u64) -> usize {
    *seed = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mixed = (*seed ^ (*seed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    (mixed >> 33) as usize
}

fn random_pieces<'a>(mut bytes: &'a [u8], seed: &mut u64) -> impl Iterator<Item = &'a [u8]> {
    std::iter::from_fn(move || {
        let limit = if next(seed).is_multiple_of(4) {
            5000
        } else {
            40
        };
        let (piece, rest) = bytes.split_at((1 + next(seed) % limit).min(bytes.len()));
        bytes = rest;
        (!piece.is_empty()).then_some(piece)
    })
}

#[test]
fn every_capture_gives_the_same_messages_whole_byte_by_byte_and_in_random_pieces() {
    let mut seed = 1;
    for (name, bytes) in captures()
        .into_iter()
        .filter(|(name, _)| !name.contains("hostile"))
    {
        let expected = expected(&name);
        let chunks = &bytes[HANDSHAKE..];
        assert_eq!(
            read_in_pieces(std::iter::once(chunks)),
            expected,
            "{name} whole"
        );
        assert_eq!(
            read_in_pieces(chunks.chunks(1)),
            expected,
            "{name} byte by byte"
        );
        for _ in 0..4 {
            assert_eq!(
                read_in_pieces(random_pieces(chunks, &mut seed)),
                expected,
                "{name} in random pieces"
            );
        }
    }
}

/// Feeds a whole connection, answers at once as a server does, and returns what it said.
fn run(bytes: &[u8], piece: usize) -> Result<(Connection, Vec<Event>), ProtocolError> {
    let mut connection = Connection::new(&[1; 32]);
    let mut events = Vec::new();
    for piece in bytes.chunks(piece) {
        connection.feed(piece)?;
        while let Some(event) = connection.poll_event() {
            match &event {
                Event::Publish(request) => connection.accept_publish(request.stream),
                Event::Play { stream, .. } => {
                    connection.refuse(*stream, "NetStream.Play.StreamNotFound", "Not live")
                }
                _ => {}
            }
            events.push(event);
        }
        connection.output().clear();
    }
    Ok((connection, events))
}

fn key_of(events: &[Event]) -> (&str, &str) {
    let requests: Vec<_> = events
        .iter()
        .filter_map(|event| match event {
            Event::Publish(request) => Some((request.app.as_str(), request.key.as_str())),
            _ => None,
        })
        .collect();
    assert_eq!(requests.len(), 1);
    requests[0]
}

fn metadata_of(events: &[Event]) -> Vec<&Metadata> {
    events
        .iter()
        .filter_map(|event| {
            if let Event::Metadata(metadata) = event {
                Some(metadata)
            } else {
                None
            }
        })
        .collect()
}

/// Time stamps and bodies.
type Media<'a> = Vec<(u32, &'a Bytes)>;

/// Audio and video.
fn media_of(events: &[Event]) -> (Media<'_>, Media<'_>) {
    let mut media = (Vec::new(), Vec::new());
    for event in events {
        match event {
            Event::Audio { timestamp, payload } => media.0.push((*timestamp, payload)),
            Event::Video { timestamp, payload } => media.1.push((*timestamp, payload)),
            _ => {}
        }
    }
    media
}

#[test]
fn every_encoder_publishes_its_key_and_none_of_its_media_is_lost() {
    let encoders = [
        ("obs29-h264-aac", true),
        ("ffmpeg5-h264-aac-bframes", true),
        ("ffmpeg5-extended-timestamp", true),
        ("ffmpeg5-audio-only", false),
        ("ffmpeg9-hevc-aac", true),
        ("ffmpeg9-av1-opus", true),
        ("ffmpeg9-multitrack", true),
        ("gst-rtmp2sink-h264-aac", true),
        ("librtmp-gst-rtmpsink-h264-aac", true),
    ];
    for (name, has_video) in encoders {
        for piece in [1, 1000, 65_536] {
            let (connection, events) = run(&capture(name), piece).unwrap();
            assert_eq!(key_of(&events), ("live", "k-abc123"), "{name}");
            assert_eq!(
                events
                    .iter()
                    .filter(|event| **event == Event::Unpublish)
                    .count(),
                1,
                "{name}"
            );
            assert_eq!(connection.end_of_input(), Ok(()), "{name}");
            assert_eq!(connection.dropped_messages(), 0, "{name}");
            let metadata = metadata_of(&events);
            assert!(!metadata.is_empty(), "{name}");
            assert_eq!(metadata[0].video, Some(has_video), "{name}");
            assert_eq!(metadata[0].audio, Some(true), "{name}");
            let rows = expected(&format!("rtmp/{name}"));
            let of_kind = |kind| {
                rows.iter()
                    .filter(|row| row.1 == kind && row.4 > 0)
                    .map(|row| row.3)
                    .collect::<Vec<_>>()
            };
            let (audio, video) = media_of(&events);
            assert_eq!(
                audio.iter().map(|(time, _)| *time).collect::<Vec<_>>(),
                of_kind(8),
                "{name} audio"
            );
            assert_eq!(
                video.iter().map(|(time, _)| *time).collect::<Vec<_>>(),
                of_kind(9),
                "{name} video"
            );
        }
    }
}

#[test]
fn obs_says_what_it_is() {
    let (_, events) = run(&capture("obs29-h264-aac"), 65_536).unwrap();
    let metadata = metadata_of(&events)[0];
    assert_eq!(
        (metadata.width, metadata.height, metadata.frame_rate),
        (Some(320), Some(180), Some(30.0))
    );
    assert!(
        metadata
            .encoder
            .as_ref()
            .unwrap()
            .starts_with("obs-output module")
    );
    let Some(Event::Publish(request)) = events.first() else {
        panic!("no publish first")
    };
    assert_eq!(request.agent, "FMLE/3.0 (compatible; FMSc/1.0)");
}

#[test]
fn players_ask_by_name() {
    for name in ["play-ffmpeg9", "play-rtmpdump"] {
        let (_, events) = run(&capture(name), 65_536).unwrap();
        assert_eq!(
            events,
            [Event::Play {
                stream: 1,
                name: "k-abc123".into()
            }],
            "{name}"
        );
    }
}

#[test]
fn amf3_commands_and_aggregates_are_understood() {
    let bytes = fs::read(fixtures("rtmp-synthetic/amf3-aggregate.rtmp")).unwrap();
    let (_, events) = run(&bytes, 65_536).unwrap();
    assert_eq!(key_of(&events), ("live", "k-abc123"));
    let (audio, video) = media_of(&events);
    assert_eq!(
        audio
            .iter()
            .map(|(time, body)| (*time, body.len()))
            .collect::<Vec<_>>(),
        [(5000, 20), (5023, 20)]
    );
    assert_eq!(
        video
            .iter()
            .map(|(time, body)| (*time, body.len()))
            .collect::<Vec<_>>(),
        [(5005, 40)]
    );
    assert_eq!(metadata_of(&events)[0].width, Some(640));
}

#[test]
fn hostile_streams_end_in_an_error_that_names_the_fault() {
    let expect = [
        (
            "huge-message",
            "message of type 20 announces 16777215 bytes",
        ),
        ("chunksize-0", "chunk size 0"),
        ("amf-depth", "nested deeper"),
        ("amf-strict-array", "array announces 4294967295 elements"),
        ("fmt2-unseen-csid", "chunk type 2 on chunk stream 33"),
        ("http-request", "looks like HTTP"),
    ];
    for (name, text) in expect {
        let bytes = fs::read(fixtures(&format!("rtmp-synthetic/hostile-{name}.rtmp"))).unwrap();
        for piece in [1, 65_536] {
            let error = run(&bytes, piece).expect_err(name).to_string();
            assert!(error.contains(text), "{name}: {error}");
        }
    }
}

#[test]
fn an_early_end_is_told_from_a_clean_one() {
    let bytes = capture("obs29-h264-aac");
    let end = |length: usize| run(&bytes[..length], 65_536).unwrap().0.end_of_input();
    assert!(matches!(
        end(2000),
        Err(ProtocolError::HandshakeCut { got: 2000, .. })
    ));
    assert_eq!(end(bytes.len() - 3), Err(ProtocolError::MessageCut));
    assert_eq!(end(bytes.len()), Ok(()));
}
