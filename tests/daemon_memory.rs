//! Everything that outsiders can make the daemon hold, at once, stays within `--memory`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod program_support;
mod rtmp_support;

use program_support::Daemon;
use rtmp_support::{Encoder, dial_with, wait_until};
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

const MEMORY: u64 = 64 << 20;

/// Memory of all TCP sockets of this machine, ours at the other end included, bytes.
fn tcp_memory() -> u64 {
    let text = fs::read_to_string("/proc/net/sockstat").unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("TCP:"));
    let mut words = line.unwrap().split_whitespace();
    words.find(|word| *word == "mem");
    words.next().unwrap().parse::<u64>().unwrap() * 4096
}

/// SEI messages of `len` bytes, which no decoder needs.
fn padding(len: u32) -> Vec<u8> {
    let mut unit = len.to_be_bytes().to_vec();
    unit.push(6);
    unit.resize(len as usize + 4, 0x55);
    unit
}

/// A viewer that takes a little of a segment and then nothing more.
fn stalled_reader(daemon: &Daemon, from: u8, path: &str) -> Option<TcpStream> {
    let mut stream = dial_with(daemon.http, from, Some(4096));
    let head = format!("GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", daemon.http);
    stream.write_all(head.as_bytes()).ok()?;
    let mut buffer = [0; 512];
    let read = stream.read(&mut buffer).ok()?;
    buffer[..read]
        .starts_with(b"HTTP/1.1 200")
        .then_some(stream)
}

/// A message of 16 MiB is announced to be a video, of which `sent` bytes come.
fn trickled_message(daemon: &Daemon, from: u8, sent: usize) -> TcpStream {
    let mut stream = dial_with(daemon.rtmp, from, Some(4096));
    let mut bytes = vec![0; 1 + 2 * 1536];
    bytes[0] = 3;
    bytes.extend([2, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF]);
    bytes.extend([6, 0, 0, 0, 0xFF, 0xFF, 0xFF, 9, 1, 0, 0, 0]);
    bytes.resize(bytes.len() + sent, 0x17);
    // It may be closed at any time.
    let _ = stream.write_all(&bytes);
    stream
}

/// A form of 64 KiB, all but its last byte.
fn slow_form(daemon: &Daemon, from: u8) -> TcpStream {
    let mut stream = dial_with(daemon.http, from, Some(4096));
    let head = format!(
        "POST /login HTTP/1.1\r\nHost: {}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 65536\r\n\r\n",
        daemon.http
    );
    let bytes = [head.as_bytes(), &[b'a'; 65_535]].concat();
    stream
        .set_write_timeout(Some(Duration::from_millis(50)))
        .unwrap();
    // What has no room in the sockets stays unsent: it is as slow as that.
    let _ = stream.write_all(&bytes);
    stream
}

#[test]
fn everything_at_once_stays_within_the_budget() {
    let mut daemon = Daemon::start("64M");
    let keys = [daemon.add_user("anna")];
    let before = tcp_memory();
    let idle = daemon.resident();
    let mut live: Vec<_> = keys
        .iter()
        .map(|key| Encoder::publish(daemon.rtmp, 2, key))
        .collect();
    let filler = padding(8_000);
    let (mut readers, mut others) = (Vec::new(), Vec::new());
    let mut most = (0, 0, 0, 0);
    for second in 0..24_u8 {
        for encoder in &mut live {
            encoder.send_padded(1_000, &filler);
        }
        for segment in daemon.segments("anna") {
            let path = format!("/live/anna/{segment}");
            readers.extend(stalled_reader(&daemon, 10 + second, &path));
        }
        daemon.try_request("GET /live/anna/ts.m3u8", "");
        others.extend((0..4).map(|at| trickled_message(&daemon, 50 + at, 200_000)));
        others.extend((0..8).map(|at| slow_form(&daemon, 60 + at)));
        others.extend((0..8).map(|at| {
            let mut half = dial_with(daemon.http, 80 + at, Some(4096));
            let _ = half.write_all(b"GET / HTTP/1.1\r\nHost: ");
            half
        }));
        let (own, rings) = (daemon.resident(), daemon.ring_bytes());
        let sockets = tcp_memory().saturating_sub(before);
        most = most.max((own + rings + sockets, own, rings, sockets));
        std::thread::sleep(Duration::from_millis(100));
    }
    let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    println!(
        "at most {:.1} MiB: {:.1} MiB of its own ({:.1} when idle), {:.1} MiB rings, {:.1} MiB in sockets of both ends; {} readers were let in",
        mib(most.0),
        mib(most.1),
        mib(idle),
        mib(most.2),
        mib(most.3),
        readers.len()
    );
    assert!(readers.len() >= 8, "hardly a reader was let in");
    assert!(most.0 <= MEMORY, "{most:?}");
    drop((readers, others));
    wait_until("an answer", || {
        let reply = daemon.try_request("GET /healthz", "");
        reply.is_some_and(|reply| reply.status == 200)
    });
    assert!(daemon.is_running() && !daemon.log().contains("panicked"));
}
