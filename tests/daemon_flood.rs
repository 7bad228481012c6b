//! Log-ins by the dozen from one address: they are refused soon, pages go on, and who lives here gets in from another address.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod program_support;
mod rtmp_support;

use program_support::Daemon;
use rtmp_support::dial;
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

const PASSWORD: &str = "a short sentence";
const LOG_IN: Duration = Duration::from_secs(3);

/// Status of a request on a connection of its own from 127.0.0.`from`.
fn ask(at: SocketAddr, from: u8, line: &str, body: &str) -> u16 {
    let mut stream = dial(at, from);
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    let kind = "Content-Type: application/json\r\nAccept: application/json";
    let head = format!(
        "{line} HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\n{kind}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = Vec::new();
    // A refusal may come before the body is read, and then the connection ends hard.
    let _ = stream.read_to_end(&mut answer);
    let text = String::from_utf8_lossy(&answer);
    text.split(' ').nth(1).unwrap_or("0").parse().unwrap()
}

fn log_in(at: SocketAddr, from: u8, name: &str, password: &str) -> u16 {
    let body = format!(r#"{{"name":"{name}","password":"{password}"}}"#);
    ask(at, from, "POST /api/v1/session", &body)
}

/// Floods as `name` from 127.0.0.`from` in four threads while Anna logs in elsewhere and others look at pages; how often each
/// status came.
fn flooded(at: SocketAddr, from: u8, name: &str, password: &str) -> BTreeMap<u16, u32> {
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let one = || {
            let mut counts: BTreeMap<u16, u32> = BTreeMap::new();
            while !is_over.load(SeqCst) {
                *counts.entry(log_in(at, from, name, password)).or_default() += 1;
            }
            counts
        };
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(one)).collect();
        thread::sleep(Duration::from_millis(300));
        for _ in 0..3 {
            let began = Instant::now();
            let status = log_in(at, 2, "anna", PASSWORD);
            let page = ask(at, 3, "GET /login", "");
            let took = began.elapsed();
            // Before anything that ends the test: the threads wait for it.
            is_over.store(status != 200 || page != 200, SeqCst);
            assert_eq!((status, page), (200, 200));
            assert!(took < LOG_IN, "{took:?}");
        }
        is_over.store(true, SeqCst);
        let mut all: BTreeMap<u16, u32> = BTreeMap::new();
        for thread in threads {
            for (status, count) in thread.join().unwrap() {
                *all.entry(status).or_default() += count;
            }
        }
        all
    })
}

#[test]
fn log_ins_by_the_dozen_from_one_address_keep_nobody_else_out() {
    let daemon = Daemon::start("128M");
    for name in ["anna", "ben"] {
        daemon.add_user(name);
    }
    let guessed = flooded(daemon.http, 4, "anna", "not the password");
    let (wrong, slow) = (guessed.get(&422), guessed.get(&429));
    // Those that were being checked when the fifth failed.
    assert!(wrong.is_some_and(|n| (5..10).contains(n)), "{guessed:?}");
    assert!(slow.is_some_and(|n| *n > 10), "{guessed:?}");
    let known = flooded(daemon.http, 5, "ben", PASSWORD);
    assert!(known.get(&200).is_some_and(|n| *n > 3), "{known:?}");
    assert!(!known.contains_key(&429), "{known:?}");
    let words = [200, 422, 429, 503];
    assert!(
        guessed
            .keys()
            .chain(known.keys())
            .all(|it| words.contains(it))
    );
}
