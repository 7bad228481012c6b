//! Low latency over real sockets: blocking reload row by row, parts that are asked for early, and what holding costs.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod edge_support;

use bytes::Bytes;
use edge_support::*;
use hearth::serve::edge::{EdgeLimits, EdgeSettings, MediaResource};
use std::io::{BufRead, BufReader};
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::time::{Duration, Instant};

const PART: usize = 60_000;

/// Segment 10 is open with parts 0 and 1 of 0.4 s; 9 had five.
fn on_air() -> (Edge, Arc<FakeChannel>) {
    on_air_with(EdgeLimits::default())
}

fn on_air_with(limits: EdgeLimits) -> (Edge, Arc<FakeChannel>) {
    let edge = Edge::with(EdgeSettings {
        limits,
        ..EdgeSettings::default()
    });
    let channel = edge.live.add("ann");
    channel.set_parts(10, 2);
    (edge, channel)
}

fn seen(channel: &FakeChannel, requests: usize) {
    until("the request", || {
        channel.viewers.lock().unwrap().len() >= requests
    });
}

/// A request that is on its way into the edge, or held there.
fn ask(edge: &Edge, channel: &FakeChannel, path: &str) -> Client {
    let before = channel.viewers.lock().unwrap().len();
    let mut client = edge.client();
    client.send(&format!(
        "GET /live/ann/{path} HTTP/1.1\r\nHost: hearth\r\n\r\n"
    ));
    seen(channel, before + 1);
    client
}

/// One of the figures that the edge gives for held requests.
fn held(edge: &Edge, figure: &str) -> usize {
    let mut client = edge.client();
    client.send("GET /metrics HTTP/1.1\r\nHost: hearth\r\n\r\n");
    let mut line = String::new();
    let mut reader = BufReader::new(client.stream);
    while !line.starts_with("EdgeFigures") {
        line.clear();
        assert_ne!(reader.read_line(&mut line).unwrap(), 0, "no figures");
    }
    let (_, figures) = line.split_once("HeldFigures { ").unwrap();
    let (_, value) = figures.split_once(&format!("{figure}: ")).unwrap();
    let digits = value.split(|letter: char| !letter.is_ascii_digit());
    digits.into_iter().next().unwrap().parse().unwrap()
}

#[test]
fn what_is_there_or_can_not_come_is_answered_at_once() {
    let (edge, _) = on_air();
    for (query, status, body) in [
        ("", 200, "whole"),
        ("?_HLS_msn=9", 200, "whole"),
        ("?_HLS_msn=0", 200, "whole"),
        ("?_HLS_msn=10&_HLS_part=1", 200, "whole"),
        ("?_HLS_msn=9&_HLS_part=4", 200, "whole"),
        ("?_HLS_msn=9&_HLS_part=5", 200, "whole"),
        ("?_HLS_msn=3&_HLS_part=99", 200, "whole"),
        ("?_HLS_skip=YES", 200, "delta"),
        ("?_HLS_skip=v2&_HLS_msn=9", 200, "delta"),
        ("?_HLS_other=1&x=y", 200, "whole"),
        ("?plain=1", 200, "plain"),
        ("?plain=1&_HLS_msn=99&_HLS_skip=YES", 200, "plain"),
        ("?_HLS_msn=x", 400, ""),
        ("?_HLS_msn=-1", 400, ""),
        ("?_HLS_msn=1&_HLS_msn=1", 400, ""),
        ("?_HLS_part=1", 400, ""),
        ("?_HLS_msn=13", 400, ""),
        ("?_HLS_msn=13&_HLS_part=0", 400, ""),
        // ceil(3 / 0.4) = 8 parts behind part 1.
        ("?_HLS_msn=10&_HLS_part=10", 400, ""),
        ("?_HLS_msn=11&_HLS_part=8", 400, ""),
    ] {
        let start = Instant::now();
        let reply = edge.get(&format!("/live/ann/media.m3u8{query}"));
        assert!(start.elapsed() < Duration::from_secs(2), "{query} was held");
        assert_eq!(reply.status, status, "{query}");
        let (cache, text) = match status {
            200 => ("no-cache", format!("#EXTM3U\n#{body} 10.2\n")),
            _ => (
                "no-store",
                "This playlist can't be waited for in that way.\n".to_owned(),
            ),
        };
        assert_eq!(reply.field("cache-control"), Some(cache), "{query}");
        assert_eq!(reply.text(), text, "{query}");
    }
    assert_eq!(held(&edge, "total"), 0);
    assert_eq!(held(&edge, "misdirected"), 8);
}

#[test]
fn a_list_is_held_until_what_was_asked_for_is_in_it_or_anything_later() {
    // What is asked for, what the list grows to without an answer, and the first list that is one.
    for (query, not_yet, answer) in [
        ("_HLS_msn=10&_HLS_part=2", (10, 2), (10, 3)),
        ("_HLS_msn=10&_HLS_part=4", (10, 4), (10, 5)),
        // A segment ends with five parts: the tenth is the first of the next.
        ("_HLS_msn=10&_HLS_part=9", (11, 0), (11, 1)),
        ("_HLS_msn=11&_HLS_part=0", (11, 0), (11, 1)),
        ("_HLS_msn=10&_HLS_part=3", (10, 3), (11, 0)),
        ("_HLS_msn=10", (10, 5), (11, 0)),
        ("_HLS_msn=11", (11, 5), (12, 0)),
        ("_HLS_msn=12", (12, 5), (13, 0)),
        ("_HLS_msn=12&_HLS_part=1", (12, 1), (12, 2)),
    ] {
        for (skip, form) in [("", "whole"), ("&_HLS_skip=YES", "delta")] {
            let (edge, channel) = on_air();
            let mut client = ask(&edge, &channel, &format!("media.m3u8?{query}{skip}"));
            channel.change();
            channel.set_parts(not_yet.0, not_yet.1);
            assert_eq!(edge.get("/healthz").status, 200);
            assert_eq!(held(&edge, "now"), 1, "{query} is held");
            channel.set_parts(answer.0, answer.1);
            let reply = client.reply();
            let text = format!("#EXTM3U\n#{form} {}.{}\n", answer.0, answer.1);
            assert_eq!(
                (reply.status, reply.text()),
                (200, text.as_str()),
                "{query}"
            );
            assert_eq!(reply.field("cache-control"), Some("no-cache"));
            assert_eq!(held(&edge, "now"), 0, "{query}");
        }
    }
}

#[test]
fn a_list_without_parts_is_never_held() {
    let (edge, channel) = on_air();
    channel.alter_reach(|reach| reach.part_target = None);
    for query in [
        "_HLS_msn=99",
        "_HLS_msn=10&_HLS_part=7",
        "_HLS_part=1",
        "_HLS_msn=x",
    ] {
        let reply = edge.get(&format!("/live/ann/media.m3u8?{query}"));
        assert_eq!(
            (reply.status, reply.text()),
            (200, "#EXTM3U\n#whole 10.2\n")
        );
    }
    assert_eq!(held(&edge, "total"), 0);
}

#[test]
fn other_lists_know_no_directives_and_a_plain_one_leads_to_plain_ones() {
    let (edge, channel) = on_air();
    *channel.ts_to_make.lock().unwrap() = Some(Bytes::from_static(b"#EXTM3U\nts\n"));
    let directives = "?_HLS_msn=99&_HLS_part=x";
    let ts = edge.get(&format!("/live/ann/ts.m3u8{directives}"));
    assert_eq!((ts.status, ts.text()), (200, "#EXTM3U\nts\n"));
    let index = edge.get(&format!("/live/ann/index.m3u8{directives}"));
    assert_eq!((index.status, index.text()), (200, "#EXTM3U\nmedia.m3u8\n"));
    let plain = edge.get("/live/ann/index.m3u8?plain=1");
    assert_eq!(plain.text(), "#EXTM3U\nmedia.m3u8?plain=1\n");
    let packed = edge.get_with("/live/ann/index.m3u8?plain=1", "Accept-Encoding: gzip\r\n");
    assert_eq!(packed.status, 200);
}

#[test]
fn a_first_list_is_waited_for_by_those_who_ask_for_later_ones_too() {
    let edge = Edge::start();
    let channel = edge.live.add("ann");
    let mut clients = [
        "media.m3u8",
        "media.m3u8?_HLS_msn=10&_HLS_part=1",
        "media.m3u8?plain=1",
    ]
    .map(|path| ask(&edge, &channel, path));
    channel.set_parts(10, 1);
    assert_eq!(clients[0].reply().text(), "#EXTM3U\n#whole 10.1\n");
    assert_eq!(clients[2].reply().text(), "#EXTM3U\n#plain 10.1\n");
    channel.set_parts(10, 2);
    assert_eq!(clients[1].reply().text(), "#EXTM3U\n#whole 10.2\n");
}

#[test]
fn nothing_new_for_three_target_durations_is_503_and_never_the_old_list() {
    let (edge, channel) = on_air();
    channel.set_resource("p10.2.m4s", Some(MediaResource::Awaited));
    let start = Instant::now();
    let mut clients = [
        "media.m3u8?_HLS_msn=10&_HLS_part=2",
        "media.m3u8?_HLS_msn=10&_HLS_skip=YES",
        "p10.2.m4s",
    ]
    .map(|path| ask(&edge, &channel, path));
    let waking = std::thread::spawn(move || {
        while start.elapsed() < Duration::from_secs(3) {
            // Other changes wake those who wait, and must not start their time anew.
            channel.change();
            std::thread::sleep(Duration::from_millis(50));
        }
    });
    for client in &mut clients {
        let reply = client.reply();
        let took = start.elapsed();
        assert_eq!((reply.status, reply.field("retry-after")), (503, Some("1")));
        assert_eq!(reply.field("cache-control"), Some("no-store"));
        assert!(took >= Duration::from_millis(2_900), "{took:?}");
        assert!(took < Duration::from_secs(8), "{took:?}");
        assert_eq!(client.get("/healthz").status, 200, "the connection lives");
    }
    waking.join().unwrap();
    assert_eq!((held(&edge, "now"), held(&edge, "in_vain")), (0, 3));
}

#[test]
fn the_end_is_an_answer_for_all_who_are_held() {
    let (edge, channel) = on_air();
    channel.set_resource("p10.2.m4s", Some(MediaResource::Awaited));
    let mut clients = [
        "media.m3u8?_HLS_msn=10&_HLS_part=2",
        "media.m3u8?_HLS_msn=12&_HLS_skip=YES",
    ]
    .map(|path| ask(&edge, &channel, path));
    let mut part = ask(&edge, &channel, "p10.2.m4s");
    channel.alter_reach(|reach| reach.ended = true);
    channel.set_resource("p10.2.m4s", None);
    channel.set_media("#EXTM3U\n#EXT-X-ENDLIST\n");
    for client in &mut clients {
        let reply = client.reply();
        assert_eq!(
            (reply.status, reply.text()),
            (200, "#EXTM3U\n#EXT-X-ENDLIST\n")
        );
    }
    assert_eq!(part.reply().status, 404);
    for query in ["?_HLS_msn=99", "?_HLS_msn=10&_HLS_part=2&_HLS_skip=YES"] {
        let reply = edge.get(&format!("/live/ann/media.m3u8{query}"));
        assert_eq!(
            (reply.status, reply.text()),
            (200, "#EXTM3U\n#EXT-X-ENDLIST\n")
        );
    }
    channel.ended.store(true, SeqCst);
    let reply = edge.get("/live/ann/media.m3u8?_HLS_msn=99");
    assert_eq!(
        (reply.status, reply.text()),
        (200, "#EXTM3U\n#EXT-X-ENDLIST\n")
    );
}

#[test]
fn a_part_that_is_asked_for_early_is_sent_as_soon_as_it_is_there() {
    let (edge, channel) = on_air();
    channel.set_resource("p10.2.m4s", Some(MediaResource::Awaited));
    let mut whole = ask(&edge, &channel, "p10.2.m4s");
    let mut range = edge.client();
    range.send("GET /live/ann/p10.2.m4s HTTP/1.1\r\nHost: hearth\r\nRange: bytes=100-199\r\n\r\n");
    let mut head = edge.client();
    head.send("HEAD /live/ann/p10.2.m4s HTTP/1.1\r\nHost: hearth\r\n\r\n");
    seen(&channel, 3);
    channel.change();
    assert_eq!(edge.get("/healthz").status, 200);
    assert_eq!(held(&edge, "now"), 3);
    for on_tmpfs in [true, false] {
        let bytes = pattern(5_000 + 2 * PART);
        let segment = match on_tmpfs {
            true => Segment::on_tmpfs(&bytes),
            false => Segment::in_memory(&bytes),
        };
        segment.closed.store(false, SeqCst);
        let part = MediaResource::Part {
            file: segment.clone(),
            offset: 5_000,
            len: PART as u64,
        };
        channel.set_resource("p10.2.m4s", Some(part));
        let expected = &bytes[5_000..5_000 + PART];
        if on_tmpfs {
            let reply = whole.reply();
            assert!(reply.status == 200 && reply.body == expected);
            assert_eq!(reply.field("content-type"), Some("video/mp4"));
            let cache = "public, max-age=31536000, immutable";
            assert_eq!(reply.field("cache-control"), Some(cache));
            assert_eq!(reply.field("accept-ranges"), Some("bytes"));
            let reply = range.reply();
            assert!(reply.status == 206 && reply.body == expected[100..200]);
            let said = format!("bytes 100-199/{PART}");
            assert_eq!(reply.field("content-range"), Some(said.as_str()));
            let reply = head.reply_head().unwrap();
            let length = PART.to_string();
            assert_eq!(
                (reply.status, reply.field("content-length")),
                (200, Some(length.as_str()))
            );
        }
        // And for those who come later.
        let reply = whole.get("/live/ann/p10.2.m4s");
        assert!(reply.status == 200 && reply.body == expected);
        let reply = edge.get_with("/live/ann/p10.2.m4s", "Range: bytes=-7\r\n");
        assert!(reply.status == 206 && reply.body == expected[PART - 7..]);
        let beyond = edge.get_with("/live/ann/p10.2.m4s", &format!("Range: bytes={PART}-\r\n"));
        assert_eq!(
            beyond.status, 416,
            "the next part's bytes are not this one's"
        );
        segment.cut.store(true, SeqCst);
        assert_eq!(edge.get("/live/ann/p10.2.m4s").status, 404, "given up");
    }
}

#[test]
fn a_part_that_will_never_be_is_404_for_those_who_wait_and_those_who_come() {
    let (edge, channel) = on_air();
    channel.set_resource("p10.2.m4s", Some(MediaResource::Awaited));
    let mut early = ask(&edge, &channel, "p10.2.m4s");
    // The segment ended early: the next part is another.
    channel.set_resource("p10.2.m4s", None);
    let reply = early.reply();
    assert_eq!(
        (reply.status, reply.field("cache-control")),
        (404, Some("no-store"))
    );
    assert_eq!(edge.get("/live/ann/p10.2.m4s").status, 404);
    assert_eq!(edge.get("/live/bob/p10.2.m4s").status, 404);
    let mut client = edge.client();
    channel.set_resource("p11.0.m4s", Some(MediaResource::Awaited));
    client.send("POST /live/ann/p11.0.m4s HTTP/1.1\r\nHost: hearth\r\nContent-Length: 0\r\n\r\n");
    assert_eq!(client.reply().status, 405, "nothing waits for a POST");
}

#[test]
fn who_hangs_up_frees_the_place_at_once() {
    let (edge, channel) = on_air_with(EdgeLimits {
        waiters: 2,
        ..EdgeLimits::default()
    });
    channel.set_resource("p10.2.m4s", Some(MediaResource::Awaited));
    let list = "media.m3u8?_HLS_msn=10&_HLS_part=2";
    let first = [
        ask(&edge, &channel, list),
        ask(&edge, &channel, "p10.2.m4s"),
    ];
    until("two held requests", || held(&edge, "now") == 2);
    for path in [list, "p10.2.m4s"] {
        let full = edge.get(&format!("/live/ann/{path}"));
        assert_eq!((full.status, full.field("retry-after")), (503, Some("1")));
        assert_eq!(full.field("cache-control"), Some("no-store"));
    }
    assert_eq!(
        edge.get("/live/ann/media.m3u8").status,
        200,
        "no place is needed"
    );
    let left = Instant::now();
    drop(first);
    until("free places", || held(&edge, "now") == 0);
    assert!(
        left.elapsed() < Duration::from_secs(2),
        "{:?}",
        left.elapsed()
    );
    let mut next = ask(&edge, &channel, list);
    channel.set_parts(10, 3);
    assert_eq!(next.reply().status, 200);
}

#[test]
fn who_hangs_up_after_a_second_request_frees_the_place_too() {
    let (edge, channel) = on_air();
    channel.set_resource("p10.2.m4s", Some(MediaResource::Awaited));
    let mut client = ask(&edge, &channel, "p10.2.m4s");
    client.send("GET /live/ann/media.m3u8 HTTP/1.1\r\nHost: hearth\r\n\r\n");
    until("a held request", || held(&edge, "now") == 1);
    let left = Instant::now();
    drop(client);
    until("a free place", || held(&edge, "now") == 0);
    assert!(
        left.elapsed() < Duration::from_secs(3),
        "{:?}",
        left.elapsed()
    );
}

#[test]
fn all_who_wait_get_the_same_list_packed_or_not() {
    const MANY: usize = 200;
    let (edge, channel) = on_air_with(EdgeLimits {
        per_address: MANY + 20,
        waiters: MANY,
        ..EdgeLimits::default()
    });
    let mut clients: Vec<Client> = (0..MANY).map(|_| edge.client()).collect();
    for (number, client) in clients.iter_mut().enumerate() {
        let fields = match number % 2 {
            0 => "",
            _ => "Accept-Encoding: gzip\r\n",
        };
        client.send(&format!(
            "GET /live/ann/media.m3u8?_HLS_msn=10&_HLS_part=2 HTTP/1.1\r\nHost: hearth\r\n{fields}\r\n"
        ));
    }
    seen(&channel, MANY);
    let list = format!(
        "#EXTM3U\n{}",
        "#EXTINF:2.00000,\ns0badcafe-1.m4s\n".repeat(60)
    );
    channel.alter_reach(|reach| reach.parts = 3);
    let start = Instant::now();
    channel.set_media(&list);
    let replies: Vec<Reply> = clients.iter_mut().map(Client::reply).collect();
    println!("{MANY} held lists answered within {:?}", start.elapsed());
    for pair in replies.chunks(2) {
        assert!(pair.iter().all(|reply| reply.status == 200));
        assert_eq!(pair[0].text(), list);
        assert_eq!(pair[1].field("content-encoding"), Some("gzip"));
        assert_eq!(pair[1].body, replies[1].body);
    }
    assert_eq!(held(&edge, "total"), MANY);
}

#[test]
fn a_listed_part_is_soon_known_and_soon_there() {
    const PARTS: u32 = 60;
    let (edge, channel) = on_air();
    let segment = Segment::on_tmpfs(&pattern(PART));
    let (mut list, mut part) = (edge.client(), edge.client());
    let mut took = Vec::new();
    for number in 2..2 + PARTS {
        let name = format!("p10.{number}.m4s");
        channel.set_resource(&name, Some(MediaResource::Awaited));
        let before = channel.viewers.lock().unwrap().len();
        list.send(&format!(
            "GET /live/ann/media.m3u8?_HLS_msn=10&_HLS_part={number} HTTP/1.1\r\nHost: hearth\r\n\r\n"
        ));
        part.send(&format!(
            "GET /live/ann/{name} HTTP/1.1\r\nHost: hearth\r\n\r\n"
        ));
        seen(&channel, before + 2);
        let file = segment.clone();
        let resource = MediaResource::Part {
            file,
            offset: 0,
            len: PART as u64,
        };
        let start = Instant::now();
        channel.files.lock().unwrap().insert(name, resource);
        channel.set_parts(10, number + 1);
        let reply = list.reply();
        let listed = start.elapsed();
        assert_eq!(reply.text(), format!("#EXTM3U\n#whole 10.{}\n", number + 1));
        assert_eq!(part.reply().body.len(), PART);
        took.push((listed, start.elapsed()));
    }
    took.sort();
    let (listed, sent) = took[took.len() / 2];
    println!(
        "part appended to list received: {listed:?}; to its {PART} bytes received: {sent:?} (medians of {PARTS})"
    );
}
