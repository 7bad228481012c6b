//! Who may ask, by which name, from whose page; and what no request may look like.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod edge_support;

use edge_support::*;
use hearth::serve::edge::{EdgeSettings, Reach};

fn on_air(settings: EdgeSettings) -> Edge {
    let edge = Edge::with(settings);
    edge.live.add("ann").set_media("#EXTM3U\n");
    edge
}

fn ask(edge: &Edge, head: &str) -> Reply {
    let mut client = edge.client();
    client.send(head);
    client.reply()
}

#[test]
fn only_the_boxs_own_names_and_addresses_are_answered() {
    let edge = on_air(EdgeSettings {
        names: vec!["tv".to_owned(), "tv.example.org".to_owned()],
        ..EdgeSettings::default()
    });
    let ask = |host: &str| {
        ask(
            &edge,
            &format!("GET /healthz HTTP/1.1\r\nHost: {host}\r\n\r\n"),
        )
    };
    for own in [
        "tv",
        "tv.local",
        "TV.LAN.",
        "tv.fritz.box:8080",
        "localhost:80",
        "127.0.0.1",
        "[::1]:80",
        "tv.example.org",
    ] {
        assert_eq!(ask(own).status, 200, "{own}");
    }
    for other in [
        "evil.example",
        "hearth.local",
        "192.168.1.1",
        "[fe80::1%25eth0]",
        "tv.evil.example",
        "10.0.0.1:80",
    ] {
        let reply = ask(other);
        assert_eq!(reply.status, 421, "{other}");
        assert!(
            reply.text().contains("http://tv.local/"),
            "{}",
            reply.text()
        );
    }
    for broken in ["a b", "", "tv:port", "[::1"] {
        assert_eq!(ask(broken).status, 400, "{broken}");
    }
}

#[test]
fn host_is_a_must_on_http_11_and_only_once() {
    let edge = on_air(EdgeSettings::default());
    assert_eq!(ask(&edge, "GET /healthz HTTP/1.1\r\n\r\n").status, 400);
    assert_eq!(
        ask(
            &edge,
            "GET /healthz HTTP/1.1\r\nHost: hearth\r\nHost: hearth\r\n\r\n"
        )
        .status,
        400
    );
    assert_eq!(ask(&edge, "GET /healthz HTTP/1.0\r\n\r\n").status, 200);
    assert_eq!(
        ask(&edge, "GET /healthz HTTP/1.0\r\nHost: evil.example\r\n\r\n").status,
        421
    );
    assert_eq!(
        ask(
            &edge,
            "GET http://evil.example/healthz HTTP/1.1\r\nHost: hearth\r\n\r\n"
        )
        .status,
        421
    );
}

#[test]
fn other_peoples_pages_may_not_use_the_box() {
    let edge = on_air(EdgeSettings::default());
    let cross = "Sec-Fetch-Site: cross-site\r\n";
    for path in [
        "/live/ann/media.m3u8",
        "/live/nobody/media.m3u8",
        "/events",
        "/api/v1/time",
        "/%6cive/ann/media.m3u8",
    ] {
        assert_eq!(edge.get_with(path, cross).status, 403, "{path}");
        let foreign = format!("{cross}Origin: http://evil.example\r\n");
        assert_eq!(edge.get_with(path, &foreign).status, 403, "{path}");
    }
    assert_eq!(
        edge.get_with("/assets/0a1b/base.css", cross).status,
        200,
        "a link to a page loads its assets"
    );
    for same in ["same-origin", "same-site", "none"] {
        assert_eq!(
            edge.get_with(
                "/live/ann/media.m3u8",
                &format!("Sec-Fetch-Site: {same}\r\n")
            )
            .status,
            200
        );
    }
}

#[test]
fn origins_are_echoed_for_our_pages_and_embedders_only() {
    let edge = on_air(EdgeSettings {
        embed_origins: vec!["https://club.example".to_owned()],
        ..EdgeSettings::default()
    });
    let ours = format!("http://hearth.local:{}", edge.at.port());
    let table = [
        (
            "https://club.example",
            Some("https://club.example"),
            "cross-origin",
        ),
        (ours.as_str(), Some(ours.as_str()), "same-origin"),
        (
            "http://hearth.local",
            Some("http://hearth.local"),
            "same-origin",
        ),
        ("http://hearth.local:9", None, "same-origin"),
        ("http://club.example", None, "same-origin"),
        ("http://evil.example", None, "same-origin"),
        ("null", None, "same-origin"),
    ];
    for (origin, echoed, policy) in table {
        let reply = edge.get_with("/live/ann/media.m3u8", &format!("Origin: {origin}\r\n"));
        assert_eq!(reply.status, 200, "{origin}");
        assert_eq!(
            reply.field("access-control-allow-origin"),
            echoed,
            "{origin}"
        );
        assert_eq!(
            reply.field("cross-origin-resource-policy"),
            Some(policy),
            "{origin}"
        );
        assert_eq!(
            reply.field("vary"),
            Some("Accept-Encoding, Origin"),
            "{origin}"
        );
    }
    let embedded = "Sec-Fetch-Site: cross-site\r\nOrigin: https://club.example\r\n";
    assert_eq!(edge.get_with("/live/ann/media.m3u8", embedded).status, 200);
}

#[test]
fn preflights_are_answered_for_allowed_origins() {
    let edge = on_air(EdgeSettings {
        embed_origins: vec!["https://club.example".to_owned()],
        ..EdgeSettings::default()
    });
    let preflight = |origin: &str| {
        ask(
            &edge,
            &format!(
                "OPTIONS /live/ann/media.m3u8 HTTP/1.1\r\nHost: hearth\r\nSec-Fetch-Site: cross-site\r\nOrigin: {origin}\r\nAccess-Control-Request-Method: GET\r\n\r\n"
            ),
        )
    };
    let allowed = preflight("https://club.example");
    assert_eq!(allowed.status, 204);
    assert_eq!(
        allowed.field("access-control-allow-origin"),
        Some("https://club.example")
    );
    assert_eq!(allowed.field("access-control-allow-headers"), Some("Range"));
    let refused = preflight("http://evil.example");
    assert_eq!(
        (refused.status, refused.field("access-control-allow-origin")),
        (403, None)
    );
    assert_eq!(
        ask(&edge, "OPTIONS * HTTP/1.1\r\nHost: hearth\r\n\r\n").status,
        204
    );
}

#[test]
fn heads_that_are_refused_end_the_connection_with_a_reason() {
    let edge = on_air(EdgeSettings {
        reach: Reach::Anywhere,
        ..EdgeSettings::default()
    });
    let post =
        |fields: &str| format!("POST /login HTTP/1.1\r\nHost: hearth\r\n{fields}\r\n0123456789");
    let table = [
        (post("Transfer-Encoding: chunked\r\n"), 411),
        (post("Content-Length: 3\r\nContent-Length: 3\r\n"), 400),
        (post("Content-Length: abc\r\n"), 400),
        (post("Content-Length: 65537\r\n"), 413),
        (post("Content-Length: 9223372036854775807\r\n"), 413),
        (post("Content-Length: 1\r\nExpect: a miracle\r\n"), 417),
        (
            format!(
                "GET / HTTP/1.1\r\nHost: hearth\r\nX: {}\r\n\r\n",
                "x".repeat(9000)
            ),
            431,
        ),
        (
            format!(
                "GET / HTTP/1.1\r\nHost: hearth\r\n{}\r\n",
                "X: y\r\n".repeat(60)
            ),
            431,
        ),
        (
            "GET /live/../etc/passwd HTTP/1.1\r\nHost: hearth\r\n\r\n".to_owned(),
            400,
        ),
        (
            "GET /live/ann/%2e%2e HTTP/1.1\r\nHost: hearth\r\n\r\n".to_owned(),
            400,
        ),
        (
            "GET /a%00b HTTP/1.1\r\nHost: hearth\r\n\r\n".to_owned(),
            400,
        ),
        ("GET / HTTP/3.0\r\nHost: hearth\r\n\r\n".to_owned(), 505),
        ("\x16\x03\x01\x02\x00\x01\x00\r\n\r\n".to_owned(), 400),
        (
            "BREW /pot HTTP/1.1\r\nHost: hearth\r\nContent-Length: 1\r\n\r\nx".to_owned(),
            501,
        ),
    ];
    for (text, status) in table {
        let mut client = edge.client();
        client.send(&text);
        let reply = client.reply();
        assert_eq!(reply.status, status, "{text}");
        assert_eq!(reply.field("connection"), Some("close"), "{text}");
        assert!(client.is_over(), "{text}");
    }
    assert_eq!(edge.get("/healthz").status, 200);
}
