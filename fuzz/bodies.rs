//! What the fuzz targets do: no input may make a parser panic, hold more than its bounds, or contradict itself.
use bytes::{Bytes, BytesMut};
use hearth::limits::rtmp as limits;
use hearth::limits::wifi::SEEN_MAX;
use hearth::wire::aac::AacConfig;
use hearth::wire::avc::{AvcConfig, nal_units};
use hearth::wire::dns;
use hearth::wire::flv::{FlvFile, parse_audio, parse_video};
use hearth::wire::hls_query::HlsQuery;
use hearth::wire::rtmp::amf0::{self as amf, Value};
use hearth::wire::rtmp::chunk_reader::ChunkReader;
use hearth::wire::rtmp::message::Message;
use hearth::wire::rtmp::{Connection, Event, ProtocolError};
use hearth::wire::wifi::{Name, supplicant};

/// A whole connection; its first byte says in which pieces the rest comes.
pub(crate) fn rtmp_connection(data: &[u8]) {
    let Some((piece, data)) = data.split_first() else {
        return;
    };
    let piece = 1 + usize::from(*piece) * 37;
    let mut connection = Connection::new(&[1; 32]);
    for bytes in data.chunks(piece) {
        if connection.feed(bytes).is_err() {
            break;
        }
        let held = connection.held_bytes();
        assert!(
            held <= limits::MAX_PARTIAL_BYTES + limits::MAX_QUEUED_BYTES,
            "{held} bytes are held"
        );
        while let Some(event) = connection.poll_event() {
            match event {
                Event::Publish(request) => connection.accept_publish(request.stream),
                Event::Play { stream, .. } => {
                    connection.refuse(stream, "NetStream.Play.StreamNotFound", "")
                }
                Event::Audio { payload, .. } => drop(parse_audio(payload)),
                Event::Video { payload, .. } => drop(parse_video(payload)),
                _ => {}
            }
        }
        assert!(connection.output().len() <= 2 * limits::MAX_OUTPUT_BYTES);
        connection.output().clear();
    }
    let _ = connection.end_of_input();
    chunks_do_not_depend_on_pieces(data, piece);
}

fn chunks_do_not_depend_on_pieces(data: &[u8], piece: usize) {
    let read = |piece: usize| {
        let mut reader = ChunkReader::new();
        let mut messages: Vec<Message> = Vec::new();
        let result = data.chunks(piece).try_for_each(|mut bytes| {
            while let Some(message) = reader.read(&mut bytes)? {
                messages.push(message);
            }
            Ok::<_, ProtocolError>(())
        });
        (messages, result)
    };
    assert_eq!(read(piece), read(data.len().max(1)));
}

/// What is read can be written, and read again as the same.
pub(crate) fn amf0(data: &[u8]) {
    for lenient in [false, true] {
        if let Ok(values) = amf::decode(data, lenient) {
            let written = write(&values);
            let again = amf::decode(&written, false).expect("what was written can be read");
            assert_eq!(write(&again), written);
        }
    }
}

fn write(values: &[Value]) -> BytesMut {
    let mut out = BytesMut::new();
    amf::encode(&mut out, values);
    out
}

/// Tag bodies, and files of them.
pub(crate) fn flv_tag(data: &[u8]) {
    let _ = parse_video(Bytes::copy_from_slice(data));
    let _ = parse_audio(Bytes::copy_from_slice(data));
    if let Ok(tags) = FlvFile::tags(data) {
        let bytes: usize = tags.map(|tag| tag.body.len()).sum();
        assert!(bytes <= data.len());
    }
}

/// A record (its length in the first byte), and an access unit behind it.
pub(crate) fn avc(data: &[u8]) {
    let Some((length, data)) = data.split_first() else {
        return;
    };
    let (record, unit) = data.split_at(usize::from(*length).min(data.len()));
    let Ok(config) = AvcConfig::parse(record) else {
        return;
    };
    let _ = (config.info(), config.codec_string());
    let written = AvcConfig::parse(&config.to_record()).expect("what was written can be read");
    assert_eq!(written.length_size, 4);
    if let Ok(unit) = config.access_unit(&Bytes::copy_from_slice(unit)) {
        let units: Vec<_> = nal_units(&unit.data).collect();
        assert_eq!(
            units.iter().map(|nal| nal.len() + 4).sum::<usize>(),
            unit.data.len()
        );
        assert!(units.iter().all(|nal| !matches!(nal[0] & 0x1F, 7..=12)));
        assert_eq!(unit.idr, units.iter().any(|nal| nal[0] & 0x1F == 5));
        if let Some(new) = unit.new_config {
            AvcConfig::parse(&new.to_record()).expect("a new configuration can be written");
        }
    }
}

/// A record and all that is made of it.
pub(crate) fn aac(data: &[u8]) {
    let Ok(config) = AacConfig::parse(data) else {
        return;
    };
    assert!(config.sample_rate > 0 && config.output_rate > 0 && config.frame_samples > 0);
    assert!(config.codec_string().starts_with("mp4a.40."));
    let _ = (config.channels(), config.adts_header(data.len()));
    assert_eq!(
        config.silent_frame().is_some(),
        (1..=7).contains(&config.channel_config)
    );
}

/// A query: what is read keeps its promises, and means the same when it is written anew.
pub(crate) fn hls_query(data: &[u8]) {
    let Some(read) = str::from_utf8(data)
        .ok()
        .and_then(|text| HlsQuery::parse(text).ok())
    else {
        return;
    };
    assert!(read.part.is_none() || read.msn.is_some());
    let number = |name: &str, value: Option<u64>| value.map(|value| format!("{name}={value}"));
    let pairs = [
        number("_HLS_msn", read.msn),
        number("_HLS_part", read.part),
        read.skip.then(|| "_HLS_skip=YES".to_owned()),
        read.plain.then(|| "plain=1".to_owned()),
    ];
    let written: Vec<String> = pairs.into_iter().flatten().collect();
    assert_eq!(HlsQuery::parse(&written.join("&")), Ok(read));
}

/// wpa_supplicant's words: lists stay short and ordered, names survive their hexadecimal form.
pub(crate) fn wifi(data: &[u8]) {
    let _ = supplicant::event(data);
    let Ok(text) = str::from_utf8(data) else {
        return;
    };
    let seen = supplicant::scan_results(text);
    assert!(seen.len() <= SEEN_MAX && seen.is_sorted_by(|a, b| a.dbm >= b.dbm));
    for network in seen {
        let read = Name::from_hex(&network.name.hex());
        assert_eq!(read, Ok(network.name));
    }
}

/// A question from a guest: its answer is hardly longer, and belongs to it.
pub(crate) fn dns(data: &[u8]) {
    let Some(answer) = dns::answer(data, [10, 73, 0, 1].into()) else {
        return;
    };
    assert!(answer.len() <= data.len() + 16);
    assert_eq!(answer.get(..2), data.get(..2));
    assert!(dns::answer(&answer, [10, 73, 0, 1].into()).is_none());
}
