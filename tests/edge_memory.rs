//! What a connection costs that is idle, and one whose request is held. Alone in its process: it reads the process's memory.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod edge_support;

use edge_support::*;
use hearth::serve::edge::{EdgeLimits, EdgeSettings};
use std::io::{Read, Write};
use std::net::TcpStream;

#[test]
fn idle_and_held_connections_cost_little_memory() {
    const MANY: usize = 1_500;
    let edge = Edge::with(EdgeSettings {
        limits: EdgeLimits {
            connections: MANY + 100,
            per_address: MANY + 100,
            waiters: MANY,
            ..EdgeLimits::default()
        },
        ..EdgeSettings::default()
    });
    let warm: Vec<_> = (0..50).map(|_| edge.client()).collect();
    assert_eq!(edge.get("/healthz").status, 200);
    drop(warm);
    let before = resident();
    let streams: Vec<_> = (0..MANY)
        .map(|_| {
            let mut stream = TcpStream::connect(edge.at).unwrap();
            stream
                .write_all(b"GET /healthz HTTP/1.1\r\nHost: hearth\r\n\r\n")
                .unwrap();
            stream
        })
        .collect();
    for mut stream in &streams {
        assert!(stream.read(&mut [0; 512]).unwrap() > 0);
    }
    let each = resident().saturating_sub(before) / MANY;
    println!("an idle connection costs {each} bytes of resident memory");
    assert!(each <= 3 * 1024, "{each}");
    let channel = edge.live.add("ann");
    channel.set_parts(10, 2);
    for mut stream in &streams {
        stream
            .write_all(b"GET /live/ann/media.m3u8?_HLS_msn=10&_HLS_part=2 HTTP/1.1\r\nHost: hearth\r\n\r\n")
            .unwrap();
    }
    until("all requests", || {
        channel.viewers.lock().unwrap().len() == MANY
    });
    let each = resident().saturating_sub(before) / MANY;
    println!("a held request's connection costs {each} bytes of resident memory");
    assert!(each <= 6 * 1024, "{each}");
    channel.set_parts(10, 3);
    for mut stream in &streams {
        let mut head = [0; 512];
        let read = stream.read(&mut head).unwrap();
        assert!(head[..read].starts_with(b"HTTP/1.1 200 "));
    }
}

fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("RssAnon:"))
        .unwrap();
    line.trim()
        .trim_end_matches(" kB")
        .parse::<usize>()
        .unwrap()
        * 1024
}
