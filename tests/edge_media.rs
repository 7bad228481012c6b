//! Media over real sockets: playlists, segments, ranges, waiting, and the end of a reader.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod edge_support;

use bytes::Bytes;
use edge_support::*;
use hearth::serve::edge::{Deadlines, EdgeLimits, EdgeSettings, MediaResource};
use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::time::{Duration, Instant};

const PLAYLIST: &str = "#EXTM3U\n#EXT-X-VERSION:7\n#EXTINF:2.00000,\nseg1.m4s\n#EXTINF:2.00000,\nseg2.m4s\n#EXTINF:2.00000,\nseg3.m4s\n#EXTINF:2.00000,\nseg4.m4s\n";
const SEGMENT: usize = 1_150_003;

fn on_air() -> (Edge, Arc<FakeChannel>) {
    let edge = Edge::start();
    let channel = edge.live.add("ann");
    channel.set_media(PLAYLIST);
    channel.put("seg1.m4s", &Segment::on_tmpfs(&pattern(SEGMENT)));
    channel.put("seg1.ts", &Segment::in_memory(&pattern(SEGMENT)));
    let init = MediaResource::Init(Bytes::from_static(b"0123456789"));
    channel
        .files
        .lock()
        .unwrap()
        .insert("init.mp4".to_owned(), init);
    (edge, channel)
}

#[test]
fn every_kind_of_media_has_its_type_and_its_cache_rule() {
    let (edge, channel) = on_air();
    *channel.ts_to_make.lock().unwrap() = Some(Bytes::from_static(b"#EXTM3U\nts\n"));
    let list = "application/vnd.apple.mpegurl";
    let for_ever = "public, max-age=31536000, immutable";
    for (path, kind, cache) in [
        ("index.m3u8", list, "no-cache"),
        ("media.m3u8", list, "no-cache"),
        ("ts.m3u8", list, "no-cache"),
        ("init.mp4", "video/mp4", for_ever),
        ("seg1.m4s", "video/mp4", for_ever),
        ("seg1.ts", "video/mp2t", for_ever),
    ] {
        let reply = edge.get(&format!("/live/ann/{path}"));
        assert_eq!(reply.status, 200, "{path}");
        assert_eq!(reply.field("content-type"), Some(kind), "{path}");
        assert_eq!(reply.field("cache-control"), Some(cache), "{path}");
        assert_eq!(
            reply.field("x-content-type-options"),
            Some("nosniff"),
            "{path}"
        );
        assert_eq!(
            reply.field("cross-origin-resource-policy"),
            Some("same-origin"),
            "{path}"
        );
        assert_eq!(reply.field("access-control-allow-origin"), None, "{path}");
        assert_eq!(reply.field("date"), None, "{path}");
    }
    assert_eq!(edge.get("/live/ann/media.m3u8").text(), PLAYLIST);
    assert_eq!(
        channel.viewers.lock().unwrap().len(),
        7,
        "each request is a viewer's"
    );
}

#[test]
fn a_segment_arrives_byte_for_byte_from_a_file_and_from_memory() {
    let (edge, _) = on_air();
    let mut client = edge.client();
    for name in ["seg1.m4s", "seg1.ts", "seg1.m4s"] {
        assert!(
            client.get(&format!("/live/ann/{name}")).body == pattern(SEGMENT),
            "{name}"
        );
    }
}

#[test]
fn ranges_are_answered_as_the_table_says() {
    let (edge, _) = on_air();
    let whole = pattern(SEGMENT);
    for name in ["seg1.m4s", "seg1.ts"] {
        for (range, first, len) in [
            ("0-0", 0, 1),
            ("1000000-1000999", 1_000_000, 1000),
            ("-5", SEGMENT - 5, 5),
            ("1150000-", 1_150_000, 3),
        ] {
            let reply = edge.get_with(
                &format!("/live/ann/{name}"),
                &format!("Range: bytes={range}\r\n"),
            );
            assert_eq!(reply.status, 206, "{range}");
            let said = format!("bytes {first}-{}/{SEGMENT}", first + len - 1);
            assert_eq!(reply.field("content-range"), Some(said.as_str()));
            assert!(reply.body == whole[first..first + len], "{name} {range}");
        }
    }
    for range in ["bytes=0-1,3-4", "bytes=x", "lines=0-1", "bytes=5-1"] {
        let reply = edge.get_with("/live/ann/seg1.m4s", &format!("Range: {range}\r\n"));
        assert_eq!((reply.status, reply.body.len()), (200, SEGMENT), "{range}");
        assert_eq!(reply.field("accept-ranges"), Some("bytes"));
    }
    for fields in [
        "Range: bytes=0-1\r\nRange: bytes=5-6\r\n",
        "Range: bytes=0-1\r\nIf-Range: \"x\"\r\n",
    ] {
        assert_eq!(
            edge.get_with("/live/ann/seg1.m4s", fields).status,
            200,
            "{fields}"
        );
    }
    let beyond = edge.get_with("/live/ann/seg1.m4s", "Range: bytes=1150003-\r\n");
    assert_eq!(beyond.status, 416);
    assert_eq!(beyond.field("content-range"), Some("bytes */1150003"));
    assert_eq!(beyond.field("cache-control"), Some("no-store"));
    let init = edge.get_with("/live/ann/init.mp4", "Range: bytes=2-4\r\n");
    assert_eq!((init.status, init.text()), (206, "234"));
}

#[test]
fn playlists_are_gzipped_for_those_who_ask_and_only_then() {
    let (edge, channel) = on_air();
    let plain = edge.get("/live/ann/media.m3u8");
    assert_eq!(
        (plain.field("content-encoding"), plain.field("vary")),
        (None, Some("Accept-Encoding"))
    );
    for accepted in ["gzip", "br, gzip;q=0.5"] {
        let reply = edge.get_with(
            "/live/ann/media.m3u8",
            &format!("Accept-Encoding: {accepted}\r\n"),
        );
        assert_eq!(reply.field("content-encoding"), Some("gzip"));
        assert_eq!(reply.field("vary"), Some("Accept-Encoding"));
        assert!(reply.body.len() < PLAYLIST.len());
        let mut text = String::new();
        flate2::read::GzDecoder::new(&reply.body[..])
            .read_to_string(&mut text)
            .unwrap();
        assert_eq!(text, PLAYLIST);
    }
    let refused = edge.get_with("/live/ann/media.m3u8", "Accept-Encoding: gzip;q=0\r\n");
    assert_eq!(refused.text(), PLAYLIST);
    channel.set_media(&PLAYLIST.replace("seg", "new"));
    let next = edge.get_with("/live/ann/media.m3u8", "Accept-Encoding: gzip\r\n");
    let mut text = String::new();
    flate2::read::GzDecoder::new(&next.body[..])
        .read_to_string(&mut text)
        .unwrap();
    assert!(text.contains("new1.m4s"));
    let segment = edge.get_with("/live/ann/seg1.m4s", "Accept-Encoding: gzip\r\n");
    assert_eq!(segment.field("content-encoding"), None);
}

#[test]
fn head_says_what_get_says_without_a_body() {
    let (edge, _) = on_air();
    let mut client = edge.client();
    for path in [
        "/live/ann/media.m3u8",
        "/live/ann/seg1.m4s",
        "/healthz",
        "/assets/0a1b/base.css",
        "/live/ann/none",
        "/channels.m3u",
    ] {
        let get = client.get(path);
        client.send(&format!(
            "HEAD {path} HTTP/1.1\r\nHost: hearth\r\nRange: bytes=0-1\r\n\r\n"
        ));
        let head = client.reply_head().unwrap();
        if path != "/channels.m3u" {
            assert_eq!(head.head, get.head, "{path}");
        }
        assert_eq!(
            client.get("/healthz").text(),
            "ok",
            "no body may follow the HEAD of {path}"
        );
    }
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let (edge, _) = on_air();
    let mut client = edge.client();
    let one = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: hearth.local\r\n\r\n");
    let round = [
        one("/live/ann/seg1.m4s"),
        one("/healthz"),
        one("/live/ann/media.m3u8"),
        one("/nothing"),
    ]
    .concat();
    let text = round.repeat(8);
    let (start, end) = text.split_at(text.len() - 5);
    client.send(start);
    for last in [false, false, false, false, false, false, false, true] {
        assert!(client.reply().body == pattern(SEGMENT));
        assert_eq!(client.reply().text(), "ok");
        assert_eq!(client.reply().text(), PLAYLIST);
        if last {
            client.send(end);
        }
        assert_eq!(client.reply().status, 503, "there is no UI here");
    }
}

#[test]
fn a_head_may_come_in_any_pieces() {
    let (edge, _) = on_air();
    let mut client = edge.client();
    for byte in "GET /healthz HTTP/1.1\r\nHost: hearth\r\nX: y\r\n\r\n".chars() {
        client.send(&byte.to_string());
    }
    assert_eq!(client.reply().text(), "ok");
}

#[test]
fn connections_close_when_one_side_says_so() {
    let (edge, _) = on_air();
    let mut client = edge.client();
    client.send("GET /healthz HTTP/1.1\r\nHost: hearth\r\nConnection: close\r\n\r\n");
    assert_eq!(client.reply().field("connection"), Some("close"));
    assert!(client.is_over());

    let mut old = edge.client();
    old.send("GET /healthz HTTP/1.0\r\n\r\n");
    assert_eq!(old.reply().field("connection"), Some("close"));
    assert!(old.is_over());

    let mut kept = edge.client();
    for _ in 0..2 {
        kept.send("GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
        assert_eq!(kept.reply().field("connection"), Some("keep-alive"));
    }
}

#[test]
fn what_is_not_there_is_not_there() {
    let (edge, channel) = on_air();
    let open = Segment::on_tmpfs(b"still growing");
    open.closed.store(false, SeqCst);
    channel.put("seg2.m4s", &open);
    for path in [
        "/live/bob/media.m3u8",
        "/live/bob/seg1.m4s",
        "/live/ann/none.m4s",
        "/live/ann/seg2.m4s",
        "/live/ann/",
        "/live/ann",
        "/live/",
        "/live/ann/~token/none.m4s",
        "/live/ann/~token/",
        "/live/ann/~token",
        "/live/~token/media.m3u8",
        "/live/ANN/media.m3u8",
        "/live/ann/a%2Fb",
        "/assets/none.css",
        "/assets/",
    ] {
        let reply = edge.get(path);
        assert_eq!(reply.status, 404, "{path}");
        assert_eq!(reply.field("cache-control"), Some("no-store"), "{path}");
        assert!(reply.body.len() < 100);
    }
    let mut client = edge.client();
    client
        .send("POST /live/ann/media.m3u8 HTTP/1.1\r\nHost: hearth\r\nContent-Length: 3\r\n\r\nabc");
    let reply = client.reply();
    assert_eq!(
        (reply.status, reply.field("allow")),
        (405, Some("GET, HEAD, OPTIONS"))
    );
    assert!(client.is_over(), "an unread body must not become a request");
}

#[test]
fn assets_are_immutable_and_packed_where_asked() {
    let (edge, _) = on_air();
    let plain = edge.get("/assets/0a1b/base.css");
    assert_eq!(
        (plain.text(), plain.field("vary")),
        ("body{}", Some("Accept-Encoding"))
    );
    assert_eq!(
        plain.field("cache-control"),
        Some("public, max-age=31536000, immutable")
    );
    let packed = edge.get_with("/assets/0a1b/base.css", "Accept-Encoding: gzip\r\n");
    assert_eq!(
        (packed.text(), packed.field("content-encoding")),
        ("packed", Some("gzip"))
    );
    let small = edge.get_with("/assets/0a1b/plain.css", "Accept-Encoding: gzip\r\n");
    assert_eq!((small.text(), small.field("vary")), ("p{}", None));
    assert_eq!(edge.get("/favicon.ico").text(), "icon");
    assert_eq!(edge.get("/assets/0a1b/big.css").body.len(), BIG_ASSET.len());
}

#[test]
fn the_channel_list_names_the_address_that_was_asked() {
    let (edge, _) = on_air();
    edge.live.add("bob");
    let list = edge.get("/channels.m3u");
    assert_eq!(
        list.text(),
        "#EXTM3U\n#EXTINF:-1,ann\nhttp://hearth.local/live/ann/ts.m3u8\n#EXTINF:-1,bob\nhttp://hearth.local/live/bob/ts.m3u8\n"
    );
    let mut client = edge.client();
    client.send("GET /channels.m3u HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n");
    assert!(
        client
            .reply()
            .text()
            .contains("http://127.0.0.1:8080/live/ann/ts.m3u8")
    );
}

#[test]
fn a_playlist_is_held_until_the_first_segment_is_there() {
    let edge = Edge::start();
    let channel = edge.live.add("ann");
    let mut waiting: Vec<_> = ["index.m3u8", "media.m3u8"].map(|_| edge.client()).into();
    waiting[0].send("GET /live/ann/index.m3u8 HTTP/1.1\r\nHost: hearth\r\n\r\n");
    waiting[1].send("GET /live/ann/media.m3u8 HTTP/1.1\r\nHost: hearth\r\n\r\nGET /healthz HTTP/1.1\r\nHost: hearth\r\n\r\n");
    until("both requests", || {
        channel.viewers.lock().unwrap().len() == 2
    });
    channel.change();
    channel.set_media(PLAYLIST);
    assert_eq!(waiting[0].reply().status, 200);
    assert_eq!(waiting[1].reply().text(), PLAYLIST);
    assert_eq!(waiting[1].reply().text(), "ok");
}

#[test]
fn waiting_for_a_playlist_ends_with_503_and_is_bounded() {
    let edge = Edge::with(EdgeSettings {
        limits: EdgeLimits {
            waiters: 2,
            ..EdgeLimits::default()
        },
        deadlines: Deadlines {
            first_playlist: Duration::from_millis(400),
            ..Deadlines::default()
        },
        ..EdgeSettings::default()
    });
    let channel = edge.live.add("ann");
    let ask = "GET /live/ann/media.m3u8 HTTP/1.1\r\nHost: hearth\r\n\r\n";
    let start = Instant::now();
    let mut held = [edge.client(), edge.client()];
    held.iter_mut().for_each(|client| client.send(ask));
    until("two waiters", || channel.viewers.lock().unwrap().len() == 2);
    let third = edge.get("/live/ann/media.m3u8");
    assert_eq!((third.status, third.field("retry-after")), (503, Some("1")));
    assert!(
        start.elapsed() < Duration::from_millis(400),
        "the third is not held"
    );
    for client in &mut held {
        let reply = client.reply();
        assert_eq!((reply.status, reply.field("retry-after")), (503, Some("1")));
        assert_eq!(reply.field("cache-control"), Some("no-store"));
    }
    assert!(start.elapsed() >= Duration::from_millis(400));
}

#[test]
fn a_waiter_that_leaves_gives_its_place_back() {
    let edge = Edge::with(EdgeSettings {
        limits: EdgeLimits {
            waiters: 1,
            ..EdgeLimits::default()
        },
        ..EdgeSettings::default()
    });
    let channel = edge.live.add("ann");
    let ask = "GET /live/ann/media.m3u8 HTTP/1.1\r\nHost: hearth\r\n\r\n";
    let mut first = edge.client();
    first.send(ask);
    until("a waiter", || channel.viewers.lock().unwrap().len() == 1);
    drop(first);
    // Held means that the place was free again; until then there is 503 at once.
    let start = Instant::now();
    loop {
        let mut next = edge.client();
        next.stream
            .set_read_timeout(Some(Duration::from_millis(100)))
            .unwrap();
        next.send(ask);
        if next.reply_head().is_err() {
            break;
        }
        assert!(
            start.elapsed() < Duration::from_secs(4),
            "the place was never given back"
        );
    }
}

#[test]
fn an_ended_session_leaves_its_last_playlist() {
    let (edge, channel) = on_air();
    channel.ended.store(true, SeqCst);
    let last = format!("{PLAYLIST}#EXT-X-ENDLIST\n");
    edge.live
        .ended
        .lock()
        .unwrap()
        .insert("ann".to_owned(), last.clone().into());
    edge.live
        .ended
        .lock()
        .unwrap()
        .insert("gone".to_owned(), last.clone().into());
    assert_eq!(edge.get("/live/ann/media.m3u8").text(), last);
    assert_eq!(edge.get("/live/gone/media.m3u8").text(), last);
    assert_eq!(edge.get("/live/gone/index.m3u8").status, 404);
    assert_eq!(edge.get("/live/ann/ts.m3u8").status, 404);
}

#[test]
fn ts_is_made_when_asked_by_one_maker_and_not_again_for_the_same_version() {
    let (edge, channel) = on_air();
    *channel.ts_to_make.lock().unwrap() = Some(Bytes::from_static(b"#EXTM3U\nts1\n"));
    let mut clients: Vec<_> = (0..6).map(|_| edge.client()).collect();
    for client in &mut clients {
        client.send("GET /live/ann/ts.m3u8 HTTP/1.1\r\nHost: hearth\r\n\r\n");
    }
    for client in &mut clients {
        assert_eq!(client.reply().text(), "#EXTM3U\nts1\n");
    }
    assert_eq!(channel.ts_at_once.load(SeqCst), 1);
    assert_eq!(channel.ts_made.load(SeqCst), 1);
    *channel.ts_to_make.lock().unwrap() = Some(Bytes::from_static(b"#EXTM3U\nts2\n"));
    channel.change();
    assert_eq!(edge.get("/live/ann/ts.m3u8").text(), "#EXTM3U\nts2\n");
    assert_eq!(channel.ts_made.load(SeqCst), 2);
}

#[test]
fn ts_that_has_no_segment_yet_is_waited_for() {
    let (edge, channel) = on_air();
    let mut client = edge.client();
    client.send("GET /live/ann/ts.m3u8 HTTP/1.1\r\nHost: hearth\r\n\r\n");
    until("a first try", || channel.ts_made.load(SeqCst) == 1);
    *channel.ts_to_make.lock().unwrap() = Some(Bytes::from_static(b"#EXTM3U\nts\n"));
    channel.change();
    assert_eq!(client.reply().text(), "#EXTM3U\nts\n");
}

#[test]
fn a_reader_of_a_segment_that_is_given_up_is_reset() {
    let (edge, channel) = on_air();
    let big = Segment::sparse(64 << 20);
    channel.put("big.m4s", &big);
    let mut client = edge.client();
    client.send("GET /live/ann/big.m4s HTTP/1.1\r\nHost: hearth\r\n\r\n");
    assert_eq!(client.reply_head().unwrap().status, 200);
    big.cut.store(true, SeqCst);
    let (rest, end) = client.rest();
    assert!(
        end.is_err(),
        "a polite end would make a short body look whole"
    );
    assert!(rest.len() < 64 << 20);
    assert_eq!(
        edge.get("/live/ann/big.m4s").status,
        404,
        "and is not there for others"
    );
}

#[test]
fn media_seats_are_bounded_and_given_back() {
    let edge = Edge::with(EdgeSettings {
        limits: EdgeLimits {
            media_seats: 2,
            ..EdgeLimits::default()
        },
        ..EdgeSettings::default()
    });
    let channel = edge.live.add("ann");
    channel.set_media(PLAYLIST);
    channel.put("seg1.m4s", &Segment::on_tmpfs(&pattern(1000)));
    let mut seated = [edge.client(), edge.client()];
    for client in &mut seated {
        assert_eq!(client.get("/live/ann/seg1.m4s").status, 200);
        assert_eq!(
            client.get("/live/ann/seg1.m4s").status,
            200,
            "a seat is kept"
        );
    }
    let mut third = edge.client();
    let full = third.get("/live/ann/seg1.m4s");
    assert_eq!((full.status, full.field("retry-after")), (503, Some("2")));
    assert_eq!(full.field("cache-control"), Some("no-store"));
    assert_eq!(
        third.get("/live/ann/media.m3u8").status,
        200,
        "playlists need no seat"
    );
    third.send("HEAD /live/ann/seg1.m4s HTTP/1.1\r\nHost: hearth\r\n\r\n");
    assert_eq!(third.reply_head().unwrap().status, 200, "nor does HEAD");
    drop(seated);
    until("a free seat", || {
        third.get("/live/ann/seg1.m4s").status == 200
    });
}
