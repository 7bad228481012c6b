//! The instant stream over real sockets: fragments of a real rendition as they are appended.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod edge_support;
mod media_ring_support;

use edge_support::{Client, Edge, FakeChannel, Segment, until};
use hearth::limits::http::INSTANT_SEND_BUFFER;
use hearth::media::rendition::Rendition;
use hearth::media::storage::{SegmentStorage, TmpfsStorage};
use hearth::serve::edge::{Deadlines, EdgeLimits, EdgeSettings, Visibility};
use hearth::time::Mono;
use media_ring_support::{FRAGMENT, keyframe, start, stream, tracks};
use std::io::Read;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

const BYTES: usize = 3000;

struct House {
    edge: Edge,
    channel: Arc<FakeChannel>,
    rendition: Arc<Rendition>,
}

impl House {
    fn new() -> House {
        House::with(EdgeSettings::default())
    }

    fn with(settings: EdgeSettings) -> House {
        let edge = Edge::with(settings);
        let channel = edge.live.add("ann");
        let storage: Arc<dyn SegmentStorage> =
            Arc::new(TmpfsStorage::new(Path::new("/dev/shm")).unwrap());
        let rendition = Arc::new(Rendition::new(start(storage, 16 << 20)));
        rendition.set_tracks(tracks(0));
        *channel.rendition.lock().unwrap() = Some(Arc::clone(&rendition));
        House {
            edge,
            channel,
            rendition,
        }
    }

    fn append(&self, from: u64, count: u64) {
        for fragment in stream(from, count, BYTES) {
            self.rendition.append(&fragment, Mono::default()).unwrap();
            self.channel.change();
        }
    }

    fn ask(&self, method: &str) -> Client {
        self.ask_in(method, "ann")
    }

    fn ask_in(&self, method: &str, folder: &str) -> Client {
        let mut client = self.edge.client();
        client.send(&format!(
            "{method} /live/{folder}/stream.mp4 HTTP/1.1\r\nHost: hearth.local\r\n\r\n"
        ));
        client
    }

    /// What fragments `numbers` are in a file.
    fn bytes(&self, from: u64, count: usize) -> Vec<u8> {
        let fragments = self.rendition.fragments(from, count);
        assert_eq!(fragments.len(), count);
        let mut all = Vec::new();
        for fragment in fragments {
            let mut bytes = vec![0; usize::try_from(fragment.len).unwrap()];
            let read = fragment.file.read_at(fragment.offset, &mut bytes).unwrap();
            assert_eq!(read, bytes.len());
            all.extend(bytes);
        }
        all
    }

    fn init(&self) -> Vec<u8> {
        let newest = self.rendition.newest_entry().unwrap();
        newest.init.bytes.to_vec()
    }
}

fn expect(client: &mut Client, bytes: &[u8]) {
    let mut got = vec![0; bytes.len()];
    client.read_exact(&mut got).unwrap();
    assert!(got == bytes, "other bytes than the ring's");
}

#[test]
fn it_begins_at_the_newest_keyframe_and_brings_each_fragment_when_it_is_written() {
    let house = House::new();
    house.append(0, 27);
    let mut client = house.ask("GET");
    let head = client.reply_head().unwrap();
    assert_eq!(head.status, 200);
    assert_eq!(
        head.field("content-type"),
        Some("video/mp4; codecs=\"avc1.42C01F\"")
    );
    assert_eq!(head.field("cache-control"), Some("no-store"));
    assert_eq!(head.field("connection"), Some("close"));
    assert_eq!(head.field("content-length"), None);
    assert_eq!(head.field("transfer-encoding"), None);
    expect(&mut client, &house.init());
    expect(&mut client, &house.bytes(20, 7));
    for number in 27..60 {
        house.append(number, 1);
        expect(&mut client, &house.bytes(number, 1));
    }
}

#[test]
fn it_ends_behind_the_last_fragment_before_a_seam_and_the_next_begins_behind_it() {
    let house = House::new();
    house.append(0, 5);
    let mut client = house.ask("GET");
    client.reply_head().unwrap();
    let before = [house.init(), house.bytes(0, 5)].concat();
    expect(&mut client, &before);
    house.rendition.pause();
    house.channel.change();
    house.rendition.set_tracks(tracks(1));
    house.append(20, 3);
    let (rest, ended) = client.rest();
    assert!(ended.is_ok() && rest.is_empty(), "{} bytes", rest.len());
    let mut again = house.ask("GET");
    again.reply_head().unwrap();
    expect(&mut again, &[house.init(), house.bytes(5, 3)].concat());
    house.rendition.end();
    house.channel.change();
    let (rest, ended) = again.rest();
    assert!(ended.is_ok() && rest.is_empty(), "{} bytes", rest.len());
}

#[test]
fn who_asks_before_the_first_fragment_gets_it_the_moment_it_is_there() {
    let house = House::new();
    let mut client = house.ask("GET");
    until("the viewer is seen", || {
        !house.channel.viewers.lock().unwrap().is_empty()
    });
    house.append(0, 1);
    assert_eq!(client.reply_head().unwrap().status, 200);
    expect(&mut client, &[house.init(), house.bytes(0, 1)].concat());
}

#[test]
fn a_channel_that_does_not_start_is_not_waited_for_without_end() {
    let deadlines = Deadlines {
        first_playlist: Duration::from_millis(30),
        ..Deadlines::default()
    };
    let house = House::with(EdgeSettings {
        deadlines,
        ..EdgeSettings::default()
    });
    let reply = house.ask("GET").reply();
    assert_eq!((reply.status, reply.field("retry-after")), (503, Some("1")));
    *house.channel.rendition.lock().unwrap() = None;
    assert_eq!(house.ask("GET").reply().status, 404);
    assert_eq!(house.edge.get("/live/bob/stream.mp4").status, 404);
}

#[test]
fn the_head_alone_has_no_body_and_takes_no_seat() {
    let limits = EdgeLimits {
        media_seats: 1,
        ..EdgeLimits::default()
    };
    let house = House::with(EdgeSettings {
        limits,
        ..EdgeSettings::default()
    });
    house.append(0, 3);
    let mut head = house.ask("HEAD");
    assert_eq!(head.reply_head().unwrap().status, 200);
    assert!(head.rest().0.is_empty());
    let mut first = house.ask("GET");
    assert_eq!(first.reply_head().unwrap().status, 200);
    assert_eq!(house.ask("GET").reply().status, 503, "there is one seat");
    drop(first);
    house.append(3, 1);
    until("the seat is free", || {
        house.ask("GET").reply_head().unwrap().status == 200
    });
}

#[test]
fn a_viewer_far_behind_is_ended_between_fragments_and_holds_nothing() {
    let house = House::new();
    // Large ones: the kernel's buffers take a few of them.
    let large = |n: u64| keyframe(n * u64::from(FRAGMENT), FRAGMENT, 1 << 20);
    house.rendition.append(&large(0), Mono::default()).unwrap();
    let mut client = house.ask("GET");
    assert_eq!(client.reply_head().unwrap().status, 200);
    for n in 1..12 {
        house.rendition.append(&large(n), Mono::default()).unwrap();
        house.channel.change();
    }
    for fragment in stream(100, 3, BYTES) {
        house.rendition.append(&fragment, Mono::default()).unwrap();
    }
    house.channel.change();
    let (body, ended) = client.rest();
    assert!(ended.is_ok(), "{ended:?}");
    let init = house.init().len();
    let sent = body.len() - init;
    let whole = house.bytes(0, 12);
    assert!(sent < whole.len(), "it was sent everything");
    assert_eq!(body.get(init..).unwrap(), whole.get(..sent).unwrap());
    let ends: Vec<usize> = (1..=12).map(|n| house.bytes(0, n).len()).collect();
    assert!(ends.contains(&sent), "cut within a fragment");
}

/// What the kernel may hold for the peer at `client`, bytes, doubled as it counts.
fn send_buffer(client: &Client) -> usize {
    let port = client.stream.local_addr().unwrap().port();
    let filter = format!("dport = :{port}");
    let told = Command::new("ss").args(["-tmnH", &filter]).output();
    let told = String::from_utf8(told.expect("ss of iproute2").stdout).unwrap();
    let (_, rest) = told.split_once(",tb").expect(&told);
    rest.split(',').next().unwrap().parse().unwrap()
}

#[test]
fn little_is_queued_for_it_also_where_a_segment_was_fetched_before() {
    let house = House::new();
    house.append(0, 5);
    let segment = Segment::sparse(1 << 20);
    house.channel.put("seg1.m4s", &segment);
    let mut client = house.edge.client();
    assert_eq!(client.get("/live/ann/seg1.m4s").status, 200);
    let before = send_buffer(&client);
    client.send("GET /live/ann/stream.mp4 HTTP/1.1\r\nHost: hearth.local\r\n\r\n");
    assert_eq!(client.reply_head().unwrap().status, 200);
    let limits = EdgeLimits::default();
    assert_eq!(before, 2 * limits.media_send_buffer);
    assert_eq!(send_buffer(&client), 2 * INSTANT_SEND_BUFFER);
}

#[test]
fn other_methods_and_other_peoples_pages_get_nothing() {
    let house = House::new();
    house.append(0, 1);
    assert_eq!(house.ask("POST").reply().status, 405);
    let crossing = "Sec-Fetch-Site: cross-site\r\n";
    let reply = house.edge.get_with("/live/ann/stream.mp4", crossing);
    assert_eq!(reply.status, 403);
}

#[test]
fn a_channel_that_closes_to_a_viewer_ends_what_they_already_watch_and_nobody_elses() {
    let house = House::new();
    house.append(0, 3);
    let mut shut_out = house.ask("GET");
    assert_eq!(shut_out.reply_head().unwrap().status, 200);
    let mut holder = house.ask_in("GET", "ann/~pass-ann");
    assert_eq!(holder.reply_head().unwrap().status, 200);
    let closed = ("ann".to_owned(), Visibility::Members);
    house.edge.live.closed.lock().unwrap().extend([closed]);
    let start = Instant::now();
    let end = std::thread::spawn(move || (shut_out.rest(), start.elapsed()));
    let mut number = 3;
    while start.elapsed() < Duration::from_secs(4) && !end.is_finished() {
        house.append(number, 1);
        number += 1;
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(end.is_finished(), "it is still being sent");
    let ((sent, ended), after) = end.join().unwrap();
    assert!(ended.is_ok(), "{ended:?}");
    assert!(after < Duration::from_secs(3), "{after:?}");
    assert!(sent.len() > house.init().len());
    house.append(number, 1);
    expect(&mut holder, &house.init());
    expect(
        &mut holder,
        &house.bytes(0, usize::try_from(number).unwrap() + 1),
    );
}
