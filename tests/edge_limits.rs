//! Deadlines and bounds: what one peer does never becomes another one's trouble.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod edge_support;

use edge_support::*;
use hearth::limits::http::SEAT_IDLE;
use hearth::serve::edge::{Deadlines, EdgeLimits, EdgeSettings};
use std::io::Read;
use std::time::{Duration, Instant};

const HEALTH: &str = "GET /healthz HTTP/1.1\r\nHost: hearth\r\n\r\n";

fn limited(connections: usize, per_address: usize) -> Edge {
    Edge::with(EdgeSettings {
        limits: EdgeLimits {
            connections,
            per_address,
            ..EdgeLimits::default()
        },
        ..EdgeSettings::default()
    })
}

fn hurried(deadlines: Deadlines) -> Edge {
    Edge::with(EdgeSettings {
        deadlines,
        ..EdgeSettings::default()
    })
}

/// Makes connections busy: each waits for the first playlist of one channel.
fn keep_busy(edge: &Edge, clients: &mut [Client]) {
    let channel = edge.live.add("ann");
    for client in clients.iter_mut() {
        client.send("GET /live/ann/media.m3u8 HTTP/1.1\r\nHost: hearth\r\n\r\n");
    }
    until("all requests", || {
        channel.viewers.lock().unwrap().len() == clients.len()
    });
}

#[test]
fn a_head_that_trickles_is_ended_by_its_own_deadline() {
    let edge = hurried(Deadlines {
        head: Duration::from_millis(400),
        ..Deadlines::default()
    });
    let mut client = edge.client();
    let start = Instant::now();
    let mut trickle = client.stream.try_clone().unwrap();
    let sender = std::thread::spawn(move || {
        use std::io::Write;
        while trickle
            .write_all(b"GET / HTTP/1.1\r\nX: y\r\n".get(..1).unwrap())
            .is_ok()
        {
            std::thread::sleep(Duration::from_millis(20));
            if start.elapsed() > Duration::from_secs(10) {
                break;
            }
        }
    });
    assert_eq!(client.reply_head().unwrap().status, 408);
    assert!(
        start.elapsed() >= Duration::from_millis(350),
        "{:?}",
        start.elapsed()
    );
    assert!(
        start.elapsed() < Duration::from_secs(5),
        "each byte must not start the time anew"
    );
    drop(client);
    sender.join().unwrap();
}

#[test]
fn an_idle_connection_is_closed_without_words() {
    let edge = hurried(Deadlines {
        idle: Duration::from_millis(200),
        ..Deadlines::default()
    });
    let mut fresh = edge.client();
    let mut used = edge.client();
    assert_eq!(used.get("/healthz").status, 200);
    assert!(fresh.is_over());
    assert!(used.is_over());
}

#[test]
fn a_reader_that_stalls_is_reset_and_a_slow_one_is_not() {
    let edge = hurried(Deadlines {
        write: Duration::from_millis(300),
        ..Deadlines::default()
    });
    edge.live
        .add("ann")
        .put("seg.m4s", &Segment::on_tmpfs(&pattern(16 << 20)));
    let ask = "GET /live/ann/seg.m4s HTTP/1.1\r\nHost: hearth\r\n\r\n";
    let mut stalled = edge.client();
    stalled.send(ask);
    let mut slow = edge.client();
    slow.send(ask);
    slow.reply_head().unwrap();
    let mut read = 0;
    let mut buffer = vec![0; 1 << 20];
    while read < 16 << 20 {
        std::thread::sleep(Duration::from_millis(60));
        let mut got = 0;
        while got < buffer.len() && read + got < 16 << 20 {
            got += slow.read(&mut buffer[got..]).unwrap();
        }
        read += got;
    }
    let (rest, end) = stalled.rest();
    assert!(
        end.is_err() && rest.len() < 16 << 20,
        "{} bytes came",
        rest.len()
    );
}

#[test]
fn a_full_table_closes_the_longest_idle_connection_for_a_new_one() {
    let edge = limited(3, 64);
    let mut clients: Vec<_> = (0..3)
        .map(|_| {
            let mut client = edge.client();
            assert_eq!(client.get("/healthz").status, 200);
            std::thread::sleep(Duration::from_millis(5));
            client
        })
        .collect();
    assert_eq!(clients[0].get("/healthz").status, 200);
    std::thread::sleep(Duration::from_millis(5));
    assert_eq!(edge.get("/healthz").status, 200, "the fourth");
    assert!(clients[1].is_over(), "the second was idle for longest");
    for kept in [0, 2] {
        assert_eq!(clients[kept].get("/healthz").status, 200, "{kept}");
    }
}

#[test]
fn a_full_table_of_busy_connections_says_so_and_goes_on_accepting() {
    let edge = limited(3, 64);
    let mut busy: Vec<_> = (0..3).map(|_| edge.client()).collect();
    keep_busy(&edge, &mut busy);
    for _ in 0..5 {
        let mut client = edge.client();
        client.send(HEALTH);
        let reply = client.reply();
        assert_eq!((reply.status, reply.field("retry-after")), (503, Some("2")));
        assert!(reply.text().contains("The box is busy."));
        assert!(client.is_over());
    }
    edge.live.channels.lock().unwrap()["ann"].set_media("#EXTM3U\n");
    assert_eq!(busy[0].reply().status, 200);
    assert_eq!(edge.get("/healthz").status, 200);
}

#[test]
fn one_address_can_not_take_the_places_of_others() {
    let edge = limited(8, 3);
    let mut greedy: Vec<_> = (0..3).map(|_| edge.client()).collect();
    keep_busy(&edge, &mut greedy);
    let mut fourth = edge.client();
    fourth.send(HEALTH);
    assert_eq!(fourth.reply().status, 503);
    let mut other = Client::from([127, 0, 0, 2], edge.at);
    assert_eq!(other.get("/healthz").status, 200);
    drop(greedy);
    until("places of those who left", || {
        edge.get("/healthz").status == 200
    });
    assert_eq!(
        other.get("/healthz").status,
        200,
        "another address's connection is not closed for it"
    );
}

#[test]
fn one_address_can_not_take_the_seats_of_others() {
    let edge = Edge::with(EdgeSettings {
        limits: EdgeLimits {
            media_seats: 4,
            media_seats_per_address: 3,
            ..EdgeLimits::default()
        },
        ..EdgeSettings::default()
    });
    let channel = edge.live.add("ann");
    channel.put("big.m4s", &Segment::on_tmpfs(&pattern(16 << 20)));
    channel.put("seg.m4s", &Segment::on_tmpfs(&pattern(1000)));
    let mut slow: Vec<_> = (0..3).map(|_| edge.client()).collect();
    for client in &mut slow {
        client.send("GET /live/ann/big.m4s HTTP/1.1\r\nHost: hearth\r\n\r\n");
        assert_eq!(client.reply_head().unwrap().status, 200);
    }
    let refused = edge.get("/live/ann/seg.m4s");
    assert_eq!(
        (refused.status, refused.field("retry-after")),
        (503, Some("2"))
    );
    let mut other = Client::from([127, 0, 0, 2], edge.at);
    assert_eq!(other.get("/live/ann/seg.m4s").status, 200);
    let mut third = Client::from([127, 0, 0, 3], edge.at);
    let full = third.get("/live/ann/seg.m4s");
    assert_eq!(full.status, 503, "all are taken");
    assert_eq!(full.text(), refused.text());
    drop(slow);
    until("a seat of those who left", || {
        edge.get("/live/ann/seg.m4s").status == 200
    });
}

#[test]
fn a_newcomer_to_full_seats_takes_an_idle_one_of_its_own_address_first() {
    let edge = Edge::with(EdgeSettings {
        limits: EdgeLimits {
            media_seats: 3,
            media_seats_per_address: 2,
            ..EdgeLimits::default()
        },
        ..EdgeSettings::default()
    });
    let segment = "/live/ann/seg.m4s";
    edge.live
        .add("ann")
        .put("seg.m4s", &Segment::on_tmpfs(&pattern(1000)));
    let mut others: Vec<_> = (0..2)
        .map(|_| Client::from([127, 0, 0, 2], edge.at))
        .collect();
    let mut own = edge.client();
    for client in others.iter_mut().chain([&mut own]) {
        assert_eq!(client.get(segment).status, 200);
    }
    std::thread::sleep(SEAT_IDLE + Duration::from_millis(200));
    assert_eq!(edge.get(segment).status, 200);
    assert!(own.is_over());
    for other in &mut others {
        assert_eq!(other.get(segment).status, 200, "idle for longer");
    }
}

#[test]
fn the_address_with_most_connections_gives_one_up_first() {
    let edge = limited(4, 4);
    let mut lone = Client::from([127, 0, 0, 2], edge.at);
    assert_eq!(lone.get("/healthz").status, 200);
    std::thread::sleep(Duration::from_millis(5));
    let mut many: Vec<_> = (0..3).map(|_| edge.client()).collect();
    for client in &mut many {
        assert_eq!(client.get("/healthz").status, 200);
        std::thread::sleep(Duration::from_millis(5));
    }
    let mut newcomer = Client::from([127, 0, 0, 3], edge.at);
    assert_eq!(newcomer.get("/healthz").status, 200);
    assert!(many[0].is_over());
    assert_eq!(
        lone.get("/healthz").status,
        200,
        "it was idle for longer, but it is the only one"
    );
}

#[test]
fn fast_readers_of_big_files_do_not_starve_playlists() {
    let edge = Edge::with(EdgeSettings {
        limits: EdgeLimits {
            media_send_buffer: 4 << 20,
            ..EdgeLimits::default()
        },
        ..EdgeSettings::default()
    });
    let channel = edge.live.add("ann");
    channel.set_media("#EXTM3U\n");
    channel.put("big.m4s", &Segment::sparse(4 << 30));
    let readers: Vec<_> = (0..2).map(|_| FastReader::start(&edge)).collect();
    let mut prober = edge.client();
    let mut took: Vec<_> = (0..200)
        .map(|_| {
            let start = Instant::now();
            assert_eq!(prober.get("/live/ann/media.m3u8").status, 200);
            start.elapsed()
        })
        .collect();
    took.sort();
    let (median, p99) = (took[100], took[197]);
    let read: u64 = readers.into_iter().map(FastReader::stop).sum();
    println!("playlist beside fast readers ({read} bytes): p50 {median:?}, p99 {p99:?}");
    assert!(p99 < Duration::from_millis(250), "{p99:?}");
    assert!(read > 1 << 20, "the readers must have been at work");
}

/// Takes a segment as fast as it comes, without even copying it.
struct FastReader {
    stream: std::net::TcpStream,
    drain: std::thread::JoinHandle<u64>,
}

impl FastReader {
    fn start(edge: &Edge) -> FastReader {
        use nix::sys::socket::{MsgFlags, recv};
        use std::os::fd::AsRawFd;
        let mut client = edge.client();
        client.send("GET /live/ann/big.m4s HTTP/1.1\r\nHost: hearth\r\n\r\n");
        client.reply_head().unwrap();
        let stream = client.stream.try_clone().unwrap();
        let drain = std::thread::spawn(move || {
            let mut buffer = vec![0; 4 << 20];
            let mut total = 0;
            while let Ok(got @ 1..) =
                recv(client.stream.as_raw_fd(), &mut buffer, MsgFlags::MSG_TRUNC)
            {
                total += got as u64;
            }
            total
        });
        FastReader { stream, drain }
    }

    fn stop(self) -> u64 {
        self.stream.shutdown(std::net::Shutdown::Both).unwrap();
        self.drain.join().unwrap()
    }
}

#[test]
fn shutdown_lets_answers_under_way_end_and_closes_the_rest() {
    let mut edge = Edge::start();
    edge.live
        .add("ann")
        .put("seg.m4s", &Segment::on_tmpfs(&pattern(4 << 20)));
    let mut idle = edge.client();
    assert_eq!(idle.get("/healthz").status, 200);
    let mut active = edge.client();
    active.send("GET /live/ann/seg.m4s HTTP/1.1\r\nHost: hearth\r\n\r\n");
    active.reply_head().unwrap();
    let at = edge.at;
    let reading = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(100));
        active.rest().0.len()
    });
    edge.stop();
    assert!(idle.is_over());
    assert_eq!(reading.join().unwrap(), 4 << 20);
    assert!(std::net::TcpStream::connect(at).is_err());
}
