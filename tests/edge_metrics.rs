//! `/metrics` at the edge: who may ask, how often at once, and what the edge says of itself.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod edge_support;

use edge_support::*;
use hearth::limits::http::METRICS_PAGES;
use hearth::serve::edge::{EdgeLimits, EdgeSettings};

#[test]
fn the_page_can_be_read_and_nothing_else() {
    let edge = Edge::start();
    let page = edge.get("/metrics");
    assert_eq!(page.status, 200);
    let kind = page.field("content-type");
    assert_eq!(kind, Some("text/plain; version=0.0.4; charset=utf-8"));
    let mut client = edge.client();
    client.send("HEAD /metrics HTTP/1.1\r\nHost: hearth\r\n\r\n");
    assert_eq!(client.reply_head().unwrap().status, 200);
    client.send("POST /metrics HTTP/1.1\r\nHost: hearth\r\nContent-Length: 0\r\n\r\n");
    assert_eq!(client.reply().status, 405);
    let elsewhere = "Sec-Fetch-Site: cross-site\r\nOrigin: http://evil.example\r\n";
    assert_eq!(edge.get_with("/metrics", elsewhere).status, 403);
}

#[test]
fn the_edge_counts_its_connections_and_those_it_refused() {
    let edge = Edge::with(EdgeSettings {
        limits: EdgeLimits {
            connections: 2,
            per_address: 1,
            ..EdgeLimits::default()
        },
        ..EdgeSettings::default()
    });
    edge.live.add("ann");
    let mut waiting = edge.client();
    waiting.send("GET /live/ann/media.m3u8 HTTP/1.1\r\nHost: hearth\r\n\r\n");
    until("a busy connection", || {
        let channels = edge.live.channels.lock().unwrap();
        !channels["ann"].viewers.lock().unwrap().is_empty()
    });
    assert_eq!(edge.client().reply().status, 503, "its address is full");
    let page = Client::from([127, 0, 0, 2], edge.at).get("/metrics");
    let text = page.text().lines().next().unwrap().to_owned();
    for figure in ["connections: 2", "connections_most: 2", "refused: 1"] {
        assert!(text.contains(figure), "{figure} in {text}");
    }
    assert!(text.contains("outsiders: 0") && text.contains("seats: 0"));
}

#[test]
fn pages_that_nobody_takes_are_few() {
    let edge = Edge::start();
    let mut slow: Vec<Client> = (0..METRICS_PAGES).map(|_| edge.client()).collect();
    for client in &mut slow {
        client.send("GET /metrics HTTP/1.1\r\nHost: hearth\r\n\r\n");
        assert_eq!(client.reply_head().unwrap().status, 200);
    }
    let busy = edge.get("/metrics");
    assert_eq!(busy.status, 503);
    assert!(busy.field("retry-after").is_some());
    slow.pop();
    until("a page that was given back", || {
        edge.get("/metrics").status == 200
    });
}
