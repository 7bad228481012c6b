//! `/events` over real sockets: order, coming back, who hears what, bounds; and media of channels that are not open to all.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod edge_support;

use bytes::Bytes;
use edge_support::*;
use hearth::limits::events::{EVENT_BYTES, KEPT};
use hearth::people::{Account, AccountId, Role};
use hearth::serve::edge::{Deadlines, EdgeLimits, EdgeSettings, MediaResource, Visibility};
use hearth::serve::events::{Audience, Event, EventBus};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// An event as it came.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Heard {
    id: String,
    kind: String,
    data: String,
}

/// A page that listens.
struct Page {
    client: Client,
    hello: Heard,
}

impl Page {
    fn open(edge: &Edge, path: &str, fields: &str) -> Page {
        Page::over(edge.client(), path, fields)
    }

    fn over(mut client: Client, path: &str, fields: &str) -> Page {
        client.send(&format!(
            "GET {path} HTTP/1.1\r\nHost: hearth.local\r\n{fields}\r\n"
        ));
        let head = client.reply_head().unwrap();
        assert_eq!(head.status, 200, "{}", head.head);
        assert_eq!(head.field("content-type"), Some("text/event-stream"));
        assert_eq!(head.field("cache-control"), Some("no-store"));
        let hello = Heard::default();
        let mut page = Page { client, hello };
        page.hello = page.next();
        assert_eq!(page.hello.kind, "hello");
        page
    }

    /// Whom the box takes it for.
    fn visitor(&self) -> String {
        let hello: serde_json::Value = serde_json::from_str(&self.hello.data).unwrap();
        hello["visitor"].as_str().unwrap().to_owned()
    }

    fn next(&mut self) -> Heard {
        let mut heard = Heard::default();
        loop {
            let line = self.client.line().unwrap();
            match line.split_once(": ") {
                Some(("id", id)) => heard.id = id.into(),
                Some(("event", kind)) => heard.kind = kind.into(),
                Some(("data", data)) => heard.data = data.into(),
                Some(("retry", _)) => {}
                _ if line.is_empty() => return heard,
                _ => panic!("{line:?}"),
            }
        }
    }

    /// The data of the next events up to `last`.
    fn up_to(&mut self, last: &str) -> Vec<String> {
        let mut all = Vec::new();
        while all.last().is_none_or(|data| data != last) {
            all.push(self.next().data);
        }
        all
    }
}

fn edge_with(settings: EdgeSettings) -> (Edge, Arc<EventBus>) {
    let edge = Edge::with(settings);
    let bus = Arc::new(EventBus::new(1));
    *edge.live.bus.lock().unwrap() = Some(Arc::clone(&bus));
    (edge, bus)
}

fn edge() -> (Edge, Arc<EventBus>) {
    edge_with(EdgeSettings::default())
}

fn tell(bus: &EventBus, data: &str, audience: Audience) {
    bus.publish(Event {
        kind: "test",
        data: data.into(),
        audience,
    });
}

fn account(number: u32, name: &str, role: Role) -> Account {
    Account {
        id: AccountId(number),
        name: name.into(),
        display_name: name.into(),
        role,
        picture: None,
        muted: false,
        keys_paused: false,
    }
}

#[test]
fn events_come_in_order_with_rising_ids() {
    let (edge, bus) = edge();
    let mut pages: Vec<Page> = (0..5).map(|_| Page::open(&edge, "/events", "")).collect();
    for number in 1..=20 {
        tell(&bus, &number.to_string(), Audience::Everyone);
    }
    for page in &mut pages {
        for number in 1..=20 {
            let heard = page.next();
            assert_eq!(heard.id, format!("00000001-{number}"));
            assert_eq!(
                (heard.kind.as_str(), heard.data),
                ("test", number.to_string())
            );
        }
    }
}

#[test]
fn a_page_that_comes_back_is_told_what_it_missed() {
    let (edge, bus) = edge();
    let mut page = Page::open(&edge, "/events", "");
    tell(&bus, "1", Audience::Everyone);
    let last = page.next().id;
    drop(page);
    tell(&bus, "2", Audience::Everyone);
    tell(&bus, "3", Audience::Everyone);
    let mut again = Page::open(&edge, "/events", &format!("Last-Event-ID: {last}\r\n"));
    assert_eq!(again.up_to("3"), ["2", "3"]);
    let mut again = Page::open(&edge, &format!("/events?after={last}"), "");
    assert_eq!(again.up_to("3"), ["2", "3"]);
    let mut anew = Page::open(&edge, "/events", "");
    tell(&bus, "4", Audience::Everyone);
    assert_eq!(anew.up_to("4"), ["4"], "a page without an id knows all");
}

#[test]
fn what_is_forgotten_or_of_another_life_is_said_to_be() {
    let (edge, bus) = edge();
    for _ in 0..KEPT + 2 {
        tell(&bus, "old", Audience::Everyone);
    }
    for id in ["00000001-1", "00000002-1", "junk", "00000001-99999"] {
        let mut page = Page::open(&edge, &format!("/events?after={id}"), "");
        let reset = page.next();
        assert_eq!(reset.kind, "reset", "{id}");
        tell(&bus, "new", Audience::Everyone);
        assert_eq!(page.next().data, "new");
    }
    let next_life = Arc::new(EventBus::new(9));
    *edge.live.bus.lock().unwrap() = Some(Arc::clone(&next_life));
    let mut page = Page::open(&edge, "/events", "Last-Event-ID: 00000001-500\r\n");
    let reset = page.next();
    assert_eq!(
        (reset.kind.as_str(), reset.id.as_str()),
        ("reset", "00000009-0")
    );
}

#[test]
fn everybody_hears_what_is_theirs() {
    let (edge, bus) = edge();
    let sessions = [
        ("a", account(1, "ann", Role::Member)),
        ("b", account(2, "ben", Role::Guest)),
    ];
    edge.live
        .sessions
        .lock()
        .unwrap()
        .extend(sessions.map(|(token, who)| (token.to_owned(), who)));
    let secret = ("shy".to_owned(), Visibility::PassPhrase);
    let family = ("kin".to_owned(), Visibility::Members);
    edge.live.closed.lock().unwrap().extend([secret, family]);
    let mut pages = [
        ("/events", ""),
        ("/events?channel=ann", ""),
        ("/events", "Cookie: x=y; hearth_session=a\r\n"),
        ("/events?channel=shy", "Cookie: hearth_session=b\r\n"),
        ("/events?channel=shy&pass=pass-shy", ""),
        ("/events?channel=shy&pass=pass-ann", ""),
        ("/events?channel=kin", ""),
        ("/events?channel=kin", "Cookie: hearth_session=a\r\n"),
        ("/events?channel=kin", "Cookie: hearth_session=b\r\n"),
    ]
    .map(|(path, fields)| Page::open(&edge, path, fields));
    tell(&bus, "logged in", Audience::LoggedIn);
    tell(&bus, "for ann", Audience::Account(AccountId(1)));
    tell(&bus, "watching ann", Audience::Watching("ann".into()));
    tell(&bus, "watching shy", Audience::Watching("shy".into()));
    tell(&bus, "watching kin", Audience::Watching("kin".into()));
    tell(&bus, "members", Audience::Members);
    tell(&bus, "of shy", Audience::Holders("shy".into()));
    tell(&bus, "of ann", Audience::Holders("ann".into()));
    tell(&bus, "all", Audience::Everyone);
    let heard: Vec<Vec<String>> = pages.iter_mut().map(|page| page.up_to("all")).collect();
    assert_eq!(heard[0], ["all"]);
    assert_eq!(heard[1], ["watching ann", "all"]);
    assert_eq!(
        heard[2],
        ["logged in", "for ann", "members", "of ann", "all"]
    );
    assert_eq!(heard[3], ["logged in", "all"]);
    assert_eq!(heard[4], ["watching shy", "of shy", "all"]);
    assert_eq!(heard[5], ["all"]);
    assert_eq!(heard[6], ["all"]);
    assert_eq!(
        heard[7],
        [
            "logged in",
            "for ann",
            "watching kin",
            "members",
            "of ann",
            "all"
        ]
    );
    assert_eq!(heard[8], ["logged in", "all"]);
}

#[test]
fn who_told_a_pass_phrase_hears_of_that_channel_on_every_page_and_of_no_other() {
    let (edge, bus) = edge();
    let closed = ["shy", "coy"].map(|name| (name.to_owned(), Visibility::PassPhrase));
    edge.live.closed.lock().unwrap().extend(closed);
    let kept = "Cookie: a=b; hearth_pass_shy=pass-shy; hearth_pass_coy=pass-shy\r\n";
    let mut home = Page::open(&edge, "/events", kept);
    let mut watch = Page::open(&edge, "/events?channel=shy", kept);
    tell(&bus, "of shy", Audience::Holders("shy".into()));
    tell(&bus, "of coy", Audience::Holders("coy".into()));
    tell(&bus, "watching shy", Audience::Watching("shy".into()));
    tell(&bus, "all", Audience::Everyone);
    assert_eq!(home.up_to("all"), ["of shy", "all"]);
    assert_eq!(watch.up_to("all"), ["of shy", "watching shy", "all"]);
}

#[test]
fn a_session_that_ends_is_told_so_and_hears_no_more_nor_of_a_channel_that_closes() {
    let (edge, bus) = edge();
    let ann = ("a".to_owned(), account(1, "ann", Role::Member));
    edge.live.sessions.lock().unwrap().extend([ann]);
    let mut page = Page::open(&edge, "/events?channel=ben", "Cookie: hearth_session=a\r\n");
    let both = |mark: &str| {
        tell(&bus, "private", Audience::Account(AccountId(1)));
        tell(&bus, "comment", Audience::Watching("ben".into()));
        tell(&bus, mark, Audience::Everyone);
    };
    both("first");
    assert_eq!(page.up_to("first"), ["private", "comment", "first"]);
    edge.live.sessions.lock().unwrap().clear();
    both("second");
    let once = ["{}", "comment", "second"];
    assert_eq!(page.up_to("second"), once, "it is told to begin anew, once");
    let closed = ("ben".to_owned(), Visibility::Members);
    edge.live.closed.lock().unwrap().extend([closed]);
    both("third");
    assert_eq!(page.up_to("third"), ["third"]);
}

#[test]
fn a_page_that_was_away_while_its_session_ended_is_told_whose_it_is_now() {
    let (edge, _bus) = edge();
    let ann = ("a".to_owned(), account(1, "ann", Role::Member));
    edge.live.sessions.lock().unwrap().extend([ann]);
    let cookie = "Cookie: hearth_session=a\r\n";
    assert_eq!(Page::open(&edge, "/events", cookie).visitor(), "ann");
    edge.live.sessions.lock().unwrap().clear();
    assert_eq!(Page::open(&edge, "/events", cookie).visitor(), "");
    assert_eq!(Page::open(&edge, "/events", "").visitor(), "");
}

#[test]
fn pages_are_bounded_and_the_refused_are_told_when_to_ask_again() {
    let (edge, _bus) = edge_with(EdgeSettings {
        limits: EdgeLimits {
            listeners: 3,
            listeners_per_address: 2,
            ..EdgeLimits::default()
        },
        ..EdgeSettings::default()
    });
    let first = Page::open(&edge, "/events", "");
    let _second = Page::open(&edge, "/events", "");
    let refused = edge.get("/events");
    assert_eq!(refused.status, 503);
    assert_eq!(refused.field("retry-after"), Some("5"));
    let _third = Page::over(Client::from([127, 0, 0, 2], edge.at), "/events", "");
    let full = Client::from([127, 0, 0, 3], edge.at).get("/events");
    assert_eq!(full.status, 503);
    assert_eq!(edge.get("/healthz").status, 200, "everything else goes on");
    let figures = edge.get("/metrics");
    let figures = figures.text().lines().next().unwrap();
    assert!(figures.contains("listeners: 3"), "{figures}");
    assert!(figures.contains("listeners_refused: 2"), "{figures}");
    drop(first);
    until("a place that was given back", || {
        let mut client = edge.client();
        client.send("GET /events HTTP/1.1\r\nHost: hearth\r\n\r\n");
        client.reply_head().unwrap().status == 200
    });
}

#[test]
fn a_page_that_stops_reading_is_closed_and_others_hear_on() {
    let (edge, bus) = edge_with(EdgeSettings {
        deadlines: Deadlines {
            write: Duration::from_millis(300),
            ..Deadlines::default()
        },
        ..EdgeSettings::default()
    });
    let stalled = Page::open(&edge, "/events", "");
    let long = "x".repeat(EVENT_BYTES);
    let start = Instant::now();
    until("the stalled page is closed", || {
        for _ in 0..64 {
            tell(&bus, &long, Audience::Everyone);
        }
        let figures = edge.get("/metrics");
        figures.text().contains("listeners: 0")
    });
    assert!(start.elapsed() >= Duration::from_millis(300));
    let mut page = Page::open(&edge, "/events", "");
    tell(&bus, "on", Audience::Everyone);
    assert_eq!(page.next().data, "on");
    let mut stalled = stalled;
    let (_, end) = stalled.client.rest();
    assert!(end.is_err(), "a reset, not a polite end");
}

#[test]
fn silence_is_broken_by_a_beat_from_which_one_can_go_on() {
    let (edge, bus) = edge_with(EdgeSettings {
        deadlines: Deadlines {
            beat: Duration::from_millis(50),
            ..Deadlines::default()
        },
        ..EdgeSettings::default()
    });
    tell(&bus, "before", Audience::Everyone);
    let mut page = Page::open(&edge, "/events", "");
    tell(&bus, "not for you", Audience::LoggedIn);
    let beats = [page.next(), page.next()];
    assert_eq!(beats.clone().map(|beat| beat.kind), ["beat", "beat"]);
    assert_eq!(
        beats[1].id, "00000001-2",
        "what was passed over counts as told"
    );
}

#[test]
fn it_can_be_read_by_our_own_pages_alone() {
    let (edge, _bus) = edge();
    let elsewhere = "Sec-Fetch-Site: cross-site\r\nOrigin: http://evil.example\r\n";
    assert_eq!(edge.get_with("/events", elsewhere).status, 403);
    let mut client = edge.client();
    client.send("POST /events HTTP/1.1\r\nHost: hearth\r\nContent-Length: 0\r\n\r\n");
    assert_eq!(client.reply().status, 405);
    client.send("HEAD /events HTTP/1.1\r\nHost: hearth\r\n\r\n");
    assert_eq!(client.reply_head().unwrap().status, 200);
    assert!(client.is_over());
}

#[test]
fn pages_that_listen_do_not_hold_up_a_shutdown() {
    let (mut edge, _bus) = edge();
    let mut page = Page::open(&edge, "/events", "");
    let start = Instant::now();
    edge.stop();
    assert!(start.elapsed() < Duration::from_millis(1_500));
    assert!(page.client.is_over());
}

#[test]
fn a_channel_of_members_is_seen_with_a_pass_alone() {
    let (edge, _bus) = edge();
    let channel = edge.live.add("ann");
    channel.set_media("#EXTM3U\n");
    let init = MediaResource::Init(Bytes::from_static(b"init"));
    channel.files.lock().unwrap().insert("i.mp4".into(), init);
    channel.put("s.m4s", &Segment::on_tmpfs(b"segment"));
    edge.live
        .closed
        .lock()
        .unwrap()
        .extend(["ann", "off"].map(|name| (name.to_owned(), Visibility::Members)));
    let files = [
        "index.m3u8",
        "media.m3u8",
        "ts.m3u8",
        "i.mp4",
        "s.m4s",
        "stream.mp4",
        "poster.mp4",
        "nothing",
    ];
    let refusal = edge.get("/live/off/index.m3u8");
    assert_eq!(refusal.status, 403);
    for file in files {
        for path in [format!("ann/{file}"), format!("ann/~pass-off/{file}")] {
            let refused = edge.get(&format!("/live/{path}"));
            assert_eq!(
                (refused.head, refused.body),
                (refusal.head.clone(), refusal.body.clone()),
                "{path} tells no more than a channel that is off air"
            );
        }
    }
    assert!(channel.viewers.lock().unwrap().is_empty());
    for (file, cache) in [
        ("index.m3u8", "private, no-cache"),
        ("media.m3u8", "private, no-cache"),
        ("i.mp4", "private, max-age=31536000, immutable"),
        ("s.m4s", "private, max-age=31536000, immutable"),
    ] {
        let seen = edge.get(&format!("/live/ann/~pass-ann/{file}"));
        assert_eq!(seen.status, 200, "{file}");
        assert_eq!(seen.field("cache-control"), Some(cache), "{file}");
    }
    assert_eq!(edge.get("/live/ann/~pass-ann/nothing").status, 404);
    assert!(!edge.get("/channels.m3u").text().contains("ann"));
    edge.live.closed.lock().unwrap().clear();
    let opened = edge.get("/live/ann/~old/index.m3u8");
    assert_eq!(opened.status, 200, "its viewers need not ask anew");
    assert!(edge.get("/channels.m3u").text().contains("ann"));
    let open = edge.get("/live/ann/index.m3u8");
    assert_eq!(open.field("cache-control"), Some("no-cache"));
}
