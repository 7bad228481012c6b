//! Viewers who take nothing any more, over real sockets: on a ring that has no byte to spare they cost themselves the picture and
//! nobody else.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod edge_support;
mod media_ring_support;

use edge_support::{Client, Edge, FakeChannel, Segment, until};
use hearth::limits::http::CUT_NOTICED;
use hearth::media::rendition::Rendition;
use hearth::media::storage::{SegmentStorage, TmpfsStorage};
use hearth::time::Mono;
use media_ring_support::{parse, playlist, start, stream, tracks};
use nix::sys::socket::{setsockopt, sockopt};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::thread;
use std::time::{Duration, Instant};

const RING: u64 = 16 << 20;
/// Seven segments of 20 such fragments fill the ring to 85 %: just below what a publisher is told to stay below.
const BYTES: usize = RING as usize / 100 * 85 / 140;
/// What is written without a pause: with this the ring is nearly full.
const AT_ONCE: u64 = 150;
/// What follows as a publisher sends it: three segments more have to leave the ring for it.
const IN_TIME: u64 = 56;
/// Time for a viewer's sockets to fill up.
const FILLED: Duration = Duration::from_millis(300);

struct House {
    edge: Edge,
    channel: Arc<FakeChannel>,
    rendition: Arc<Rendition>,
}

impl House {
    fn new() -> House {
        let edge = Edge::start();
        let channel = edge.live.add("ann");
        let storage: Arc<dyn SegmentStorage> =
            Arc::new(TmpfsStorage::new(Path::new("/dev/shm")).unwrap());
        let rendition = Arc::new(Rendition::new(start(storage, RING)));
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
            let appended = self.rendition.append(&fragment, Mono::default());
            appended.unwrap_or_else(|error| panic!("at {}: {error}", fragment.start));
            self.channel.change();
        }
    }

    fn ask(&self, file: &str) -> Client {
        let mut client = self.edge.client();
        client.send(&format!(
            "GET /live/ann/{file} HTTP/1.1\r\nHost: hearth.local\r\n\r\n"
        ));
        client
    }

    /// Somebody whose phone falls asleep behind the head of the answer.
    fn asleep(&self, file: &str) -> Client {
        let mut client = self.edge.client();
        setsockopt(&client.stream, sockopt::RcvBuf, &4096).unwrap();
        client.send(&format!(
            "GET /live/ann/{file} HTTP/1.1\r\nHost: hearth.local\r\n\r\n"
        ));
        assert_eq!(client.reply_head().unwrap().status, 200);
        // In the middle of a fragment before the ring moves on: at its end the instant stream just stops.
        thread::sleep(FILLED);
        client
    }
}

/// The connection was reset since this was last asked, which shows without reading from it.
fn was_reset(client: &Client) -> bool {
    client.stream.take_error().unwrap().is_some()
}

/// What a viewer who follows is sent, init segment and head apart.
fn media_bytes(rendition: &Rendition, from: u64) -> u64 {
    let fragments = rendition.fragments(from, usize::MAX);
    assert_eq!(fragments[0].number, from);
    fragments.iter().map(|fragment| fragment.len).sum()
}

#[test]
fn stalled_viewers_on_a_full_ring_cost_no_fragment_and_no_other_viewer() {
    let house = House::new();
    house.append(0, 20);
    let first = house.asleep("stream.mp4");
    house.append(20, 40);
    let stalled = [
        first,
        house.asleep("s0badcafe-101.m4s"),
        house.asleep("stream.mp4"),
    ];
    house.append(60, AT_ONCE - 60);
    let mut follower = house.ask("stream.mp4");
    assert_eq!(follower.reply_head().unwrap().status, 200);
    let newest = house.rendition.newest_entry().unwrap();
    let (from, init) = (newest.number, newest.init.bytes.len() as u64);
    drop(newest);
    let follower = thread::spawn(move || follower.rest());

    let begun = Instant::now();
    for number in 0..IN_TIME {
        let due = begun + Duration::from_millis(100) * u32::try_from(number).unwrap();
        thread::sleep(due.saturating_duration_since(Instant::now()));
        house.append(AT_ONCE + number, 1);
        let stats = house.rendition.stats();
        assert!(stats.listed_bytes + stats.held_bytes <= RING);
    }

    for client in &stalled {
        until("the reset of one who was cut", || was_reset(client));
    }
    let stats = house.rendition.stats();
    assert_eq!((stats.dropped, stats.gaps), (0, 0));
    assert_eq!(stats.fragments, AT_ONCE + IN_TIME);
    assert_eq!(stats.cuts, 3);
    let list = playlist(&house.rendition);
    assert!(!list.contains("EXT-X-DISCONTINUITY\n"), "{list}");
    assert!(parse(&list).segments.len() >= 6, "{list}");
    house.rendition.end();
    house.channel.change();
    let (sent, ended) = follower.join().unwrap();
    assert!(ended.is_ok(), "{ended:?}");
    assert_eq!(
        sent.len() as u64,
        init + media_bytes(&house.rendition, from)
    );
}

#[test]
fn a_reader_who_takes_nothing_lets_go_soon_after_the_cut() {
    let edge = Edge::start();
    let channel = edge.live.add("ann");
    let whole = vec![7; 4 << 20];
    let files = [
        ("a.m4s", Segment::on_tmpfs(&whole)),
        ("b.m4s", Segment::in_memory(&whole)),
    ];
    for (name, file) in &files {
        channel.put(name, file);
    }
    let held = |file: &Arc<Segment>| Arc::strong_count(file);
    for (name, file) in &files {
        let before = held(file);
        let mut client = edge.client();
        setsockopt(&client.stream, sockopt::RcvBuf, &4096).unwrap();
        client.send(&format!(
            "GET /live/ann/{name} HTTP/1.1\r\nHost: hearth\r\n\r\n"
        ));
        assert_eq!(client.reply_head().unwrap().status, 200);
        thread::sleep(FILLED);
        assert_eq!(held(file), before + 1, "{name} is read");
        let cut = Instant::now();
        file.cut.store(true, SeqCst);
        until("it is let go", || held(file) == before);
        assert!(cut.elapsed() < 3 * CUT_NOTICED, "{:?}", cut.elapsed());
        until("the reset", || was_reset(&client));
    }
}
