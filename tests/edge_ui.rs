//! Everything else goes to the UI: rebuilt, bounded, fair, and without ever waiting for a client.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod edge_support;

use edge_support::*;
use hearth::serve::edge::{Deadlines, EdgeLimits, EdgeSettings};
use std::io::Write;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

/// A door that handlers wait at.
#[derive(Clone, Default)]
struct Door(Arc<(Mutex<bool>, Condvar)>);

impl Door {
    fn pass(&self) {
        let (open, changed) = &*self.0;
        let open = open.lock().unwrap();
        drop(
            changed
                .wait_timeout_while(open, PATIENCE, |open| !*open)
                .unwrap(),
        );
    }

    fn open(&self) {
        *self.0.0.lock().unwrap() = true;
        self.0.1.notify_all();
    }
}

/// An edge before a UI.
fn house(
    settings: EdgeSettings,
    handler: impl Fn(&UiAsked) -> Vec<u8> + Send + Sync + 'static,
) -> (Edge, FakeUi) {
    let folder = tempfile::tempdir().unwrap();
    let ui = FakeUi::start(&folder.path().join("ui"), handler);
    (Edge::beside(settings, folder), ui)
}

fn plain() -> (Edge, FakeUi) {
    house(EdgeSettings::default(), |asked| {
        ui_reply(
            "200 OK",
            "Content-Type: text/html; charset=utf-8\r\n",
            asked.head.lines().next().unwrap(),
        )
    })
}

/// A UI whose pages wait at the door, but not its opening requests.
fn gated(settings: EdgeSettings) -> (Edge, FakeUi, Door) {
    let door = Door::default();
    let inside = door.clone();
    let (edge, ui) = house(settings, move |asked| {
        if !asked.head.contains("/healthz-ui") {
            inside.pass();
        }
        ui_reply("200 OK", "", "done")
    });
    (edge, ui, door)
}

fn ask(edge: &Edge, from: u8, head: &str) -> Client {
    let mut client = Client::from([127, 0, 0, from], edge.at);
    client.send(head);
    client
}

const PAGE: &str = "GET /studio HTTP/1.1\r\nHost: hearth\r\nAccept: text/html\r\n\r\n";
const FORM: &str =
    "POST /login HTTP/1.1\r\nHost: hearth\r\nAccept: text/html\r\nContent-Length: 4\r\n\r\na=bc";

#[test]
fn the_ui_gets_a_request_that_the_edge_has_written() {
    let (edge, ui) = plain();
    let mut client = edge.client();
    client.send(
        "POST /login?next=%2F@ann HTTP/1.1\r\nHOST: Hearth.Local:8080\r\nCookie: s=1\r\nX-Hearth-Peer: 6.6.6.6\r\n\
         Origin: http://hearth.local:8080\r\nConnection: keep-alive, X-Hop\r\nX-Hop: 1\r\nTE: trailers\r\n\
         Upgrade: websocket\r\nContent-Length: 5\r\n\r\nuser=",
    );
    let reply = client.reply();
    assert_eq!(
        (reply.status, reply.text()),
        (200, "POST /login?next=%2F@ann HTTP/1.1")
    );
    let asked = &ui.requests()[0];
    assert_eq!(
        asked.head,
        "POST /login?next=%2F@ann HTTP/1.1\r\nHost: hearth.local:8080\r\nX-Hearth-Peer: 127.0.0.1\r\n\
         X-Hearth-Host: hearth.local:8080\r\nCookie: s=1\r\nOrigin: http://hearth.local:8080\r\nContent-Length: 5\r\n\r\n"
    );
    assert_eq!(asked.body, b"user=");
    assert_eq!(
        client.get("/settings").status,
        200,
        "the connection is kept"
    );
}

#[test]
fn a_reply_keeps_what_it_says_and_loses_what_is_the_connections() {
    let (edge, _ui) = house(EdgeSettings::default(), |_| {
        ui_reply(
            "303 See Other",
            "Location: /studio\r\nSet-Cookie: a=1; HttpOnly\r\nSet-Cookie: b=2\r\nConnection: keep-alive\r\n",
            "go",
        )
    });
    let reply = edge.get("/");
    assert_eq!(
        reply.head,
        "HTTP/1.1 303 See Other\r\nLocation: /studio\r\nSet-Cookie: a=1; HttpOnly\r\nSet-Cookie: b=2\r\n\
         Content-Length: 2\r\nX-Content-Type-Options: nosniff\r\n\r\n"
    );
    assert_eq!(reply.text(), "go");
}

#[test]
fn head_and_replies_without_a_body_leave_the_line_usable() {
    let (edge, ui) = house(EdgeSettings::default(), |asked| {
        match asked.head.split(' ').next() {
            Some("HEAD") => b"HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n".to_vec(),
            Some("DELETE") => b"HTTP/1.1 204 No Content\r\n\r\n".to_vec(),
            _ => ui_reply("200 OK", "", "page"),
        }
    });
    let mut client = edge.client();
    for _ in 0..6 {
        client.send("HEAD / HTTP/1.1\r\nHost: hearth\r\n\r\n");
        assert_eq!(
            client.reply_head().unwrap().field("content-length"),
            Some("1234")
        );
        client.send("DELETE /x HTTP/1.1\r\nHost: hearth\r\n\r\n");
        assert_eq!(client.reply().status, 204);
        assert_eq!(client.get("/").text(), "page");
    }
    assert_eq!(ui.accepted.load(SeqCst), 4, "no line was opened again");
}

#[test]
fn four_lines_are_opened_at_the_start_and_never_a_fifth() {
    let (edge, ui, door) = gated(EdgeSettings::default());
    until("four lines", || ui.open.load(SeqCst) == 4);
    assert!(
        ui.asked
            .lock()
            .unwrap()
            .iter()
            .all(|asked| asked.head.starts_with("GET /healthz-ui "))
    );
    let mut clients: Vec<_> = (0..12).map(|n| ask(&edge, 2 + n / 4, PAGE)).collect();
    until("four requests", || ui.requests().len() == 4);
    door.open();
    for client in &mut clients {
        assert_eq!(client.reply().text(), "done");
    }
    assert_eq!(
        (ui.accepted.load(SeqCst), ui.most_open.load(SeqCst)),
        (4, 4)
    );
}

#[test]
fn the_queue_is_bounded_by_address_and_in_time() {
    let (edge, ui, door) = gated(EdgeSettings {
        deadlines: Deadlines {
            ui_queue: Duration::from_millis(300),
            ..Deadlines::default()
        },
        ..EdgeSettings::default()
    });
    let mut own: Vec<_> = (0..8).map(|_| ask(&edge, 2, PAGE)).collect();
    until("four requests", || ui.requests().len() == 4);
    // Those that got no line are refused after their wait, the ninth of the address at once.
    let ninth = ask(&edge, 2, PAGE).reply();
    assert_eq!((ninth.status, ninth.field("retry-after")), (503, Some("2")));
    let start = Instant::now();
    assert_eq!(ask(&edge, 3, PAGE).reply().status, 503);
    assert!(
        start.elapsed() >= Duration::from_millis(290),
        "another address waits for its turn"
    );
    door.open();
    let statuses: Vec<_> = own.iter_mut().map(|client| client.reply().status).collect();
    assert_eq!(
        statuses.iter().filter(|status| **status == 200).count(),
        4,
        "{statuses:?}"
    );
}

#[test]
fn a_line_goes_to_the_address_that_waits_with_none() {
    let (edge, ui, door) = gated(EdgeSettings::default());
    let mut greedy: Vec<_> = (0..8).map(|_| ask(&edge, 2, PAGE)).collect();
    until("four requests", || ui.requests().len() == 4);
    let mut modest = ask(&edge, 3, PAGE);
    door.open();
    assert_eq!(modest.reply().status, 200);
    for client in &mut greedy {
        assert_eq!(client.reply().status, 200);
    }
}

#[test]
fn at_most_two_lines_carry_what_hashes_or_writes_and_the_rest_waits() {
    let (edge, ui, door) = gated(EdgeSettings::default());
    let mut heavy = [2, 3, 4].map(|last| ask(&edge, last, FORM));
    until("two heavy requests", || ui.requests().len() == 2);
    let mut pages = [ask(&edge, 2, PAGE), ask(&edge, 4, PAGE)];
    until("two pages beside them", || ui.requests().len() == 4);
    door.open();
    for client in heavy.iter_mut().chain(&mut pages) {
        assert_eq!(client.reply().status, 200);
    }
}

#[test]
fn a_form_that_waited_too_long_is_told_to_come_again_and_not_sent_by_itself() {
    let mut settings = EdgeSettings::default();
    settings.deadlines.ui_queue = Duration::from_millis(200);
    let (edge, ui, door) = gated(settings);
    let mut heavy = [ask(&edge, 2, FORM), ask(&edge, 3, FORM)];
    until("two heavy requests", || ui.requests().len() == 2);
    let third = ask(&edge, 4, FORM).reply();
    assert_eq!((third.status, third.field("retry-after")), (503, Some("2")));
    assert!(third.text().contains("Go back and try again in a moment."));
    assert!(!third.text().contains("http-equiv"));
    door.open();
    for client in &mut heavy {
        assert_eq!(client.reply().status, 200);
    }
}

#[test]
fn a_body_is_whole_before_a_line_is_taken() {
    let (edge, ui) = house(
        EdgeSettings {
            deadlines: Deadlines {
                body: Duration::from_millis(300),
                ..Deadlines::default()
            },
            ..EdgeSettings::default()
        },
        |asked| ui_reply("200 OK", "", &asked.body.len().to_string()),
    );
    let mut slow = edge.client();
    slow.send("POST /a HTTP/1.1\r\nHost: hearth\r\nContent-Length: 6\r\n\r\nhal");
    let mut whole = edge.client();
    whole.send(&format!(
        "POST /b HTTP/1.1\r\nHost: hearth\r\nContent-Length: 65536\r\n\r\n{}",
        "x".repeat(65_536)
    ));
    assert_eq!(whole.reply().text(), "65536");
    assert_eq!(slow.reply().status, 408);
    assert!(slow.is_over());
    assert_eq!(ui.requests().len(), 1, "half a body never reaches the UI");
}

#[test]
fn continue_is_said_by_the_edge_and_not_by_the_ui() {
    let (edge, ui) = plain();
    let mut client = edge.client();
    client.send(
        "POST /a HTTP/1.1\r\nHost: hearth\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n",
    );
    assert_eq!(client.reply_head().unwrap().status, 100);
    client.send("abc");
    assert_eq!(client.reply().status, 200);
    let asked = &ui.requests()[0];
    assert!(!asked.head.to_lowercase().contains("expect"));
    assert_eq!(asked.body, b"abc");
}

#[test]
fn a_reply_past_the_bound_or_without_a_length_is_502() {
    let (edge, _ui) = house(EdgeSettings::default(), |asked| {
        match asked.head.split(' ').nth(1) {
            Some("/big") => ui_reply("200 OK", "", &"x".repeat(128 * 1024 + 1)),
            Some("/most") => ui_reply("200 OK", "", &"x".repeat(128 * 1024)),
            Some("/chunked") => {
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n".to_vec()
            }
            Some("/endless") => b"HTTP/1.1 200 OK\r\n\r\nbody".to_vec(),
            Some("/garbage") => b"what?\r\n\r\n".to_vec(),
            _ => ui_reply("200 OK", "", "fine"),
        }
    });
    for path in ["/big", "/chunked", "/endless", "/garbage"] {
        assert_eq!(edge.get(path).status, 502, "{path}");
    }
    assert_eq!(edge.get("/most").body.len(), 128 * 1024);
    for _ in 0..8 {
        assert_eq!(edge.get("/").text(), "fine");
    }
}

#[test]
fn a_ui_that_is_gone_gives_a_page_that_asks_again_and_comes_back() {
    let (edge, ui) = plain();
    let path = edge.ui_socket.clone();
    assert_eq!(edge.get("/").status, 200);
    drop(ui);
    let page = edge.get_with("/", "Accept: text/html\r\n");
    assert_eq!((page.status, page.field("retry-after")), (503, Some("2")));
    assert!(page.text().contains("This page tries again by itself."));
    assert!(page.text().contains("http-equiv=\"refresh\""));
    let plain_text = edge.get("/api/v1/time");
    assert_eq!(
        plain_text.field("content-type"),
        Some("text/plain; charset=utf-8")
    );
    assert_eq!(edge.get("/healthz").status, 200, "the edge itself goes on");
    let _again = FakeUi::start(&path, |_| ui_reply("200 OK", "", "back"));
    for _ in 0..8 {
        assert_eq!(edge.get("/").text(), "back");
    }
}

#[test]
fn a_ui_that_is_too_slow_gives_503_and_its_line_is_replaced() {
    let (edge, ui, door) = gated(EdgeSettings {
        deadlines: Deadlines {
            ui_reply: Duration::from_millis(200),
            ..Deadlines::default()
        },
        ..EdgeSettings::default()
    });
    assert_eq!(edge.get("/slow").status, 503);
    door.open();
    for _ in 0..8 {
        assert_eq!(edge.get("/").text(), "done");
    }
    assert!(
        ui.accepted.load(SeqCst) == 5,
        "{}",
        ui.accepted.load(SeqCst)
    );
}

#[test]
fn clients_that_do_not_read_hold_no_line_and_only_so_much_memory() {
    let (edge, _ui) = house(
        EdgeSettings {
            limits: EdgeLimits {
                ui_reply_bytes: 3 * 128 * 1024,
                send_buffer: 4096,
                ..EdgeLimits::default()
            },
            ..EdgeSettings::default()
        },
        |asked| match asked.head.split(' ').nth(1) {
            Some("/big") => ui_reply("200 OK", "", &"x".repeat(128 * 1024)),
            _ => ui_reply("200 OK", "", "small"),
        },
    );
    let mut stalled: Vec<_> = (0..3)
        .map(|n| {
            let mut client = small_window(edge.at);
            client
                .write_all(b"GET /big HTTP/1.1\r\nHost: hearth\r\n\r\n")
                .unwrap();
            (n, client)
        })
        .collect();
    until("a house without room, even for a few bytes", || {
        edge.get("/").status == 503
    });
    assert_eq!(edge.get("/healthz").status, 200);
    drop(stalled.drain(..));
    until("room", || edge.get("/").text() == "small");
}

/// A connection that takes next to nothing.
fn small_window(at: std::net::SocketAddr) -> std::net::TcpStream {
    use nix::sys::socket::{
        AddressFamily, SockFlag, SockType, SockaddrIn, connect, setsockopt, socket, sockopt,
    };
    use std::os::fd::AsRawFd;
    let socket = socket(
        AddressFamily::Inet,
        SockType::Stream,
        SockFlag::empty(),
        None,
    )
    .unwrap();
    setsockopt(&socket, sockopt::RcvBuf, &2048).unwrap();
    let std::net::SocketAddr::V4(v4) = at else {
        unreachable!()
    };
    connect(socket.as_raw_fd(), &SockaddrIn::from(v4)).unwrap();
    socket.into()
}
