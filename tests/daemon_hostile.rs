//! The running daemon under bad input: a reason in the log, the connection closed, nothing else touched.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod program_support;
mod rtmp_support;

use hearth::wire::rtmp::client::PublisherState;
use program_support::Daemon;
use rtmp_support::{Encoder, dial, is_closed_within, wait_until};
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::net::Shutdown;
use std::path::Path;
use std::time::{Duration, SystemTime};

const MIB: u64 = 1 << 20;

/// C0, C1, C2.
fn handshake() -> Vec<u8> {
    let mut bytes = vec![0; 1 + 2 * 1536];
    bytes[0] = 3;
    bytes
}

/// A type 0 chunk header.
fn header(length: u32, kind: u8) -> Vec<u8> {
    let [_, l2, l1, l0] = length.to_be_bytes();
    vec![3, 0, 0, 0, l2, l1, l0, kind, 1, 0, 0, 0]
}

fn after_handshake(pieces: &[&[u8]]) -> Vec<u8> {
    [handshake(), pieces.concat()].concat()
}

/// What comes in, and a word of the reason that is logged.
fn bad_input() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let fixture = |name: &str| {
        fs::read(format!(
            "{}/tests/fixtures/rtmp-synthetic/{name}.rtmp",
            env!("CARGO_MANIFEST_DIR")
        ))
        .unwrap()
    };
    let mut publish = b"\x02\x00\x07publish\x00\x3f\xf0\0\0\0\0\0\0\x05\x02\x00\x01k".to_vec();
    publish.splice(0..0, header(publish.len() as u32, 20));
    let garbage: Vec<u8> = (0..20_000_u32)
        .map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect();
    let mut wrong_version = handshake();
    wrong_version[0] = 9;
    vec![
        ("half a handshake", handshake()[..700].to_vec(), "handshake"),
        ("a wrong version byte", wrong_version, "version"),
        ("chunk size 0", fixture("hostile-chunksize-0"), "chunk size"),
        (
            "16 MiB announced",
            after_handshake(&[&header(0xFF_FFFF, 20), &[2; 100]]),
            "16777215",
        ),
        ("a huge message", fixture("hostile-huge-message"), ""),
        ("nested AMF", fixture("hostile-amf-depth"), "nest"),
        (
            "an AMF array without end",
            fixture("hostile-amf-strict-array"),
            "",
        ),
        (
            "publish before connect",
            after_handshake(&[&publish]),
            "connect",
        ),
        (
            "an unknown chunk stream",
            fixture("hostile-fmt2-unseen-csid"),
            "",
        ),
        ("HTTP", fixture("hostile-http-request"), "version"),
        ("garbage", after_handshake(&[&garbage]), ""),
        ("garbage at once", garbage.clone(), ""),
    ]
}

#[test]
fn bad_input_is_closed_with_a_reason_and_touches_nothing_else() {
    let mut daemon = Daemon::start("64M");
    let key = daemon.add_user("anna");
    let mut good = Encoder::publish(daemon.rtmp, 2, &key);
    good.send(3_000);
    wait_until("a playlist", || !daemon.segments("anna").is_empty());
    let before = daemon.resident();
    for round in 0..5 {
        for (at, (what, bytes, reason)) in bad_input().into_iter().enumerate() {
            let from = 20 + at as u8;
            let mut stream = dial(daemon.rtmp, from);
            // The peer may have closed before it has read everything.
            let _ = stream.write_all(&bytes);
            let _ = stream.shutdown(Shutdown::Write);
            assert!(
                is_closed_within(&mut stream, Duration::from_secs(2)),
                "{what}"
            );
            let line = format!("RTMP 127.0.0.{from}: ");
            wait_until(what, || daemon.log().matches(&line).count() > round);
            let log = daemon.log();
            let logged = log.lines().rfind(|logged| logged.contains(&line)).unwrap();
            assert!(logged.contains(reason), "{what}: {logged}");
            assert!(
                !logged.contains("closed by the encoder"),
                "{what}: {logged}"
            );
            if round == 0 {
                println!("{what}: {}", logged.split(&line).nth(1).unwrap());
            }
        }
        good.send(1_000);
    }
    let grown = daemon.resident().saturating_sub(before);
    println!("grown by {} KiB", grown >> 10);
    assert!(grown < 3 * MIB, "{grown}");
    let newest = daemon.segments("anna").pop().unwrap();
    good.send(4_000);
    wait_until("newer segments", || {
        daemon.segments("anna").pop().unwrap() != newest
    });
    assert_eq!(good.state(), &PublisherState::Publishing);
    assert!(
        daemon.is_running() && !daemon.log().contains("panicked"),
        "{}",
        daemon.log()
    );
}

#[test]
fn hostile_names_lead_nowhere_and_live_files_obey_the_rules_of_http() {
    let daemon = Daemon::start("64M");
    let key = daemon.add_user("anna");
    let mut good = Encoder::publish(daemon.rtmp, 2, &key);
    good.send(7_000);
    wait_until("a segment", || !daemon.segments("anna").is_empty());
    let segment = daemon.segments("anna").remove(0);
    let long = "a".repeat(6_000);
    let foreign = format!("s00000000{}", &segment[9..]);
    for path in [
        "/live/../etc/passwd",
        "/live/anna/../../var/store/log-000",
        "/live/%2e%2e/%2e%2e/etc/passwd",
        "/live/anna/%2e%2e%2fhearth.toml",
        "/live/anna/..%5c..%5cx",
        "/live/anna/%00.m3u8",
        "/live/anna/media.m3u8%00",
        "/live//media.m3u8",
        "/live/anna//media.m3u8",
        "/live/ANNA/media.m3u8",
        "/live/anna/media.m3u8/x",
        "/live/nobody/media.m3u8",
        &format!("/live/{long}/media.m3u8"),
        &format!("/live/anna/{long}"),
        &format!("/live/anna/{foreign}"),
        "/live/anna/s",
        "/live/anna/s99999999999999999999-1.m4s",
        "/live/",
        "/live",
    ] {
        let reply = daemon.get(path);
        assert!((400..500).contains(&reply.status), "{path}: {}", reply.head);
    }
    let path = format!("/live/anna/{segment}");
    let whole = daemon.get(&path);
    assert_eq!(whole.status, 200);
    let head = daemon.request(&format!("HEAD {path}"), "");
    assert_eq!((head.status, head.body.len()), (200, 0));
    let length = format!("content-length: {}", whole.body.len());
    assert!(head.head.to_lowercase().contains(&length), "{}", head.head);
    let part = daemon.request(&format!("GET {path}"), "Range: bytes=10-29\r\n");
    assert_eq!((part.status, &part.body[..]), (206, &whole.body[10..30]));
    let beyond = daemon.request(&format!("GET {path}"), "Range: bytes=99999999-\r\n");
    assert_eq!(beyond.status, 416);
    let list = daemon.request("HEAD /live/anna/media.m3u8", "");
    assert_eq!((list.status, list.body.len()), (200, 0));
    let post = daemon.request(&format!("POST {path}"), "Content-Length: 0\r\n");
    assert_eq!(post.status, 405);
    assert!(!daemon.log().contains("panicked"));
}

/// Length and time of change of every file below.
fn files(dir: &Path) -> BTreeMap<String, (u64, SystemTime)> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(dir).unwrap().map(Result::unwrap) {
        let facts = entry.metadata().unwrap();
        if facts.is_dir() {
            found.extend(files(&entry.path()));
        } else {
            let name = entry.path().to_string_lossy().into_owned();
            found.insert(name, (facts.len(), facts.modified().unwrap()));
        }
    }
    found
}

#[test]
fn going_live_costs_one_write_and_being_live_none() {
    let daemon = Daemon::start("64M");
    let key = daemon.add_user("anna");
    let idle = files(daemon.dir.path());
    let mut good = Encoder::publish(daemon.rtmp, 2, &key);
    good.send(500);
    wait_until("going live", || daemon.log().contains("anna is live"));
    let live = files(daemon.dir.path());
    let changed = live
        .iter()
        .filter(|(name, facts)| idle.get(*name) != Some(facts));
    assert_eq!(
        changed.count(),
        1,
        "going live reserves its numbers in one file"
    );
    for _ in 0..20 {
        good.send(1_000);
        daemon.segments("anna");
        std::thread::sleep(Duration::from_secs(1));
    }
    assert_eq!(
        files(daemon.dir.path()),
        live,
        "media or state was written to the card"
    );
}
