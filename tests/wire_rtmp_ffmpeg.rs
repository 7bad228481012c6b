//! A real ffmpeg against the server's side, and our client against a real ffmpeg.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use hearth::wire::flv::{FlvFile, FlvTagKind};
use hearth::wire::rtmp::client::{Publisher, PublisherState};
use hearth::wire::rtmp::{Connection, Event};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(20);

fn clip() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/media/h264-aac.flv")
}

/// Serves one connection until the peer closes, or until `answer` says false and all is sent.
fn serve(listener: &TcpListener, mut answer: impl FnMut(&mut Connection, Event) -> bool) {
    let (mut socket, _) = listener.accept().unwrap();
    socket.set_read_timeout(Some(TIMEOUT)).unwrap();
    let mut connection = Connection::new(&[5; 32]);
    let mut buffer = [0; 65_536];
    loop {
        let count = socket.read(&mut buffer).unwrap();
        connection.feed(&buffer[..count]).unwrap();
        let mut goes_on = count > 0;
        while let Some(event) = connection.poll_event() {
            goes_on &= answer(&mut connection, event);
        }
        socket.write_all(&connection.output().split()).unwrap();
        if !goes_on {
            return;
        }
    }
}

fn ffmpeg(arguments: &[&str]) -> Command {
    let mut command = Command::new("ffmpeg");
    command
        .args(["-nostdin", "-v", "error"])
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    command
}

/// Lets ffmpeg publish the clip to us; gives its output and what we saw.
fn publish_to(
    key: &str,
    mut answer: impl FnMut(&mut Connection, &Event) -> bool,
) -> (Output, Vec<Event>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("rtmp://{}/live/{key}", listener.local_addr().unwrap());
    let clip = clip();
    let child = ffmpeg(&[
        "-i",
        clip.to_str().unwrap(),
        "-c",
        "copy",
        "-f",
        "flv",
        &url,
    ])
    .spawn()
    .expect("ffmpeg is needed to run these tests");
    let mut events = Vec::new();
    serve(&listener, |connection, event| {
        let goes_on = answer(connection, &event);
        events.push(event);
        goes_on
    });
    (child.wait_with_output().unwrap(), events)
}

#[test]
fn ffmpeg_publishes_with_its_digest_handshake_and_every_frame_arrives() {
    let (output, events) = publish_to("k-abc123", |connection, event| {
        if let Event::Publish(request) = event {
            assert_eq!(request.key, "k-abc123");
            connection.accept_publish(request.stream);
        }
        true
    });
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert!(output.status.success());
    let count = |audio: bool| {
        let is_kind = |event: &&Event| match event {
            Event::Audio { .. } => audio,
            Event::Video { .. } => !audio,
            _ => false,
        };
        events.iter().filter(is_kind).count()
    };
    let file = std::fs::read(clip()).unwrap();
    let in_file = |kind| {
        FlvFile::tags(&file)
            .unwrap()
            .filter(|tag| tag.kind == kind && tag.body.len() > 5)
            .count()
    };
    // The file ends its video with an end-of-sequence tag of 5 bytes, and so does ffmpeg.
    assert_eq!(count(false), in_file(FlvTagKind::Video) + 1);
    assert_eq!(count(true), in_file(FlvTagKind::Audio));
    assert_eq!(events.last(), Some(&Event::Unpublish));
}

#[test]
fn ffmpeg_shows_why_it_was_refused() {
    let (output, _) = publish_to("wrong", |connection, event| {
        if let Event::Publish(request) = event {
            connection.refuse(
                request.stream,
                "NetStream.Publish.BadName",
                "This key is not known here",
            );
            return false;
        }
        true
    });
    assert!(!output.status.success());
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(text.contains("This key is not known here"), "{text}");
}

#[test]
fn ffmpeg_as_a_player_accepts_our_proof_and_hears_that_nobody_is_live() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("rtmp://{}/live/anna", listener.local_addr().unwrap());
    let child = ffmpeg(&["-i", &url, "-f", "null", "-"])
        .spawn()
        .expect("ffmpeg is needed to run these tests");
    let mut asked = String::new();
    serve(&listener, |connection, event| match event {
        Event::Play { stream, name } => {
            connection.refuse(stream, "NetStream.Play.StreamNotFound", "Anna is not live");
            asked = name;
            false
        }
        _ => true,
    });
    let output = child.wait_with_output().unwrap();
    assert_eq!(asked, "anna");
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(text.contains("Anna is not live"), "{text}");
}

/// A port that nobody has: ffmpeg's own server can't choose one itself.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

/// ffmpeg needs a moment until it listens.
fn connect(port: u16) -> TcpStream {
    let deadline = std::time::Instant::now() + TIMEOUT;
    loop {
        match TcpStream::connect(("127.0.0.1", port)) {
            Ok(socket) => return socket,
            Err(error) if std::time::Instant::now() > deadline => panic!("{error}"),
            Err(_) => std::thread::yield_now(),
        }
    }
}

#[test]
fn our_client_publishes_to_ffmpegs_server() {
    let port = free_port();
    let url = format!("rtmp://127.0.0.1:{port}/live/key");
    let child = ffmpeg(&[
        "-listen", "1", "-i", &url, "-c", "copy", "-f", "framecrc", "pipe:1",
    ])
    .stdout(Stdio::piped())
    .spawn()
    .expect("ffmpeg is needed to run these tests");
    let mut socket = connect(port);
    socket.set_read_timeout(Some(TIMEOUT)).unwrap();
    let mut publisher = Publisher::new(&format!("127.0.0.1:{port}"), "live", "key");
    let mut buffer = [0; 4096];
    while *publisher.state() == PublisherState::Connecting {
        socket.write_all(&publisher.output().split()).unwrap();
        let count = socket.read(&mut buffer).unwrap();
        assert!(count > 0, "ffmpeg closed");
        publisher.feed(&buffer[..count]).unwrap();
    }
    assert_eq!(*publisher.state(), PublisherState::Publishing);
    let file = std::fs::read(clip()).unwrap();
    for tag in FlvFile::tags(&file).unwrap() {
        match tag.kind {
            FlvTagKind::Script => publisher.write_metadata(tag.body),
            FlvTagKind::Audio => publisher.write_audio(tag.timestamp, tag.body),
            FlvTagKind::Video => publisher.write_video(tag.timestamp, tag.body),
            FlvTagKind::Other(_) => {}
        }
    }
    publisher.finish();
    socket.write_all(&publisher.output().split()).unwrap();
    socket.shutdown(std::net::Shutdown::Write).unwrap();
    let output = child.wait_with_output().unwrap();
    let frames = String::from_utf8(output.stdout).unwrap();
    let of_stream = |prefix: &str| {
        frames
            .lines()
            .filter(|line| line.starts_with(prefix))
            .count()
    };
    assert_eq!(
        of_stream("0,") + of_stream("1,"),
        frames_of(&file),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

fn frames_of(file: &[u8]) -> usize {
    let is_frame = |tag: &hearth::wire::flv::FlvTag<'_>| match tag.kind {
        FlvTagKind::Audio | FlvTagKind::Video => tag.body.get(1) == Some(&1),
        _ => false,
    };
    FlvFile::tags(file).unwrap().filter(is_frame).count()
}
