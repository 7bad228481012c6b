//! The page about Wi-Fi, over a made-up process that has the radio.

#![allow(clippy::unwrap_used)]

mod ui_support;

use hearth::limits::wifi::REQUEST_BYTES;
use hearth::people::Role;
use hearth::serve::wifi::{Ask, Mode, Network, State, Trouble, Why};
use hearth::wire::wifi::{Lock, Name, Passphrase, Seen};
use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixListener;
use std::sync::{Arc, Mutex};
use ui_support::{Browser, Stage};

/// A process that answers with a state set by hand, and notes what it was asked for.
#[derive(Clone, Default)]
struct Radio {
    state: Arc<Mutex<State>>,
    asked: Arc<Mutex<Vec<Ask>>>,
}

impl Radio {
    fn of(stage: &Stage, state: State) -> Radio {
        let radio = Radio::default();
        *radio.state.lock().unwrap() = state;
        let listener = UnixListener::bind(stage.dir.path().join("wifi.sock")).unwrap();
        let own = radio.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut request = Vec::new();
                (&mut stream)
                    .take(REQUEST_BYTES)
                    .read_to_end(&mut request)
                    .unwrap();
                let ask: Ask = serde_json::from_slice(&request).unwrap();
                if ask != (Ask::State {}) {
                    own.asked.lock().unwrap().push(ask);
                }
                let answer = serde_json::to_vec(&*own.state.lock().unwrap()).unwrap();
                stream.write_all(&answer).unwrap();
            }
        });
        radio
    }

    fn asked(&self) -> Vec<Ask> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }
}

fn name(text: &str) -> Name {
    Name::new(text.as_bytes()).unwrap()
}

fn on_access_point() -> State {
    let seen = |text: &str, dbm, lock| Seen {
        name: name(text),
        dbm,
        lock,
    };
    State {
        mode: Mode::AccessPoint,
        access_point: "Hearth-1A2B".to_owned(),
        seen: vec![
            seen("Home <b>&", -48, Lock::Passphrase),
            seen("Café", -70, Lock::Open),
            seen("Office", -80, Lock::Other),
        ],
        ..State::default()
    }
}

/// A phone on the box's own access point.
fn guest(stage: &Stage) -> Browser {
    let mut browser = stage.browser();
    browser.peer = "10.73.0.23".to_owned();
    browser
}

fn joins(stage: &mut Browser, fields: &[(&str, &str)]) -> (u16, String) {
    let answer = stage.post("/wifi", &[&[("deed", "join")], fields].concat());
    (answer.status, answer.body)
}

#[test]
fn whoever_is_on_the_access_point_of_an_unowned_box_sees_networks_and_joins_one() {
    let stage = Stage::unowned();
    let radio = Radio::of(&stage, on_access_point());
    let mut browser = guest(&stage);
    let page = browser.get("/wifi");
    assert_eq!(page.status, 200);
    for part in [
        "own network, Hearth-1A2B",
        "Home &#60;b&#62;&#38;",
        "strong · with a passphrase",
        "good · open",
        "has no passphrase",
    ] {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
    let home = name("Home <b>&");
    let (status, _) = joins(
        &mut browser,
        &[
            ("network", &home.hex()),
            ("passphrase", "correct horse"),
            ("country", "de"),
        ],
    );
    assert_eq!(status, 303);
    let network = Network {
        name: home,
        passphrase: Some(Passphrase::new("correct horse").unwrap()),
        country: Some("DE".to_owned()),
    };
    assert_eq!(radio.asked(), [Ask::Join(network)]);
}

#[test]
fn the_page_says_what_happens_and_what_went_wrong() {
    let stage = Stage::unowned();
    let radio = Radio::of(&stage, on_access_point());
    let mut browser = guest(&stage);
    let mut told = |state: State| {
        *radio.state.lock().unwrap() = state;
        browser.get("/wifi").body
    };
    for (why, words) in [
        (Why::Passphrase, "the passphrase is wrong"),
        (Why::NotFound, "is not in reach"),
        (Why::Refused, "did not let the box in"),
        (Why::NoAddress, "gave it no address"),
        (Why::Lost, "went away"),
    ] {
        let trouble = Some(Trouble {
            name: name("Home"),
            why,
        });
        let page = told(State {
            trouble,
            ..on_access_point()
        });
        assert!(page.contains(words), "{words}: {page}");
        assert!(!page.contains("/js/wifi"));
    }
    let page = told(State {
        soon: Some(Mode::Joining),
        network: Some(name("Home")),
        ..on_access_point()
    });
    // It asks quietly: a page that loads itself anew would be an error page as soon as the way to the box is gone.
    assert!(page.contains("/js/wifi"), "{page}");
    assert!(!page.contains("http-equiv=\"refresh\""), "{page}");
    assert!(page.contains("leaves Hearth-1A2B and tries Home"), "{page}");
    assert!(page.contains("http://hearth.local/"), "{page}");
}

#[test]
fn what_no_network_takes_is_told_beside_its_field_and_asked_of_nobody() {
    let stage = Stage::unowned();
    let radio = Radio::of(&stage, on_access_point());
    let mut browser = guest(&stage);
    let home = name("Home <b>&").hex();
    for (fields, words) in [
        (&[][..], "Choose a network."),
        (&[("network", "zz")], "Choose a network."),
        (&[("network", "another")], "A name has 1 to 32 bytes."),
        (&[("network", &home), ("passphrase", "short")], "8 to 63"),
        (&[("network", &home)], "8 to 63"),
        (
            &[
                ("network", &home),
                ("passphrase", "correct horse"),
                ("country", "D1"),
            ],
            "Two letters, such as DE, or nothing.",
        ),
    ] {
        let (status, page) = joins(&mut browser, fields);
        assert_eq!(status, 422, "{fields:?}");
        assert!(page.contains(words), "{fields:?}: {page}");
        assert!(!page.contains("correct horse"), "it is never sent back");
    }
    assert_eq!(radio.asked(), []);
    assert_eq!(browser.post("/wifi", &[("deed", "burn")]).status, 404);
}

#[test]
fn open_and_hidden_networks_are_joined_without_a_passphrase() {
    let stage = Stage::unowned();
    let radio = Radio::of(&stage, on_access_point());
    let mut browser = guest(&stage);
    let open = |text: &str| {
        Ask::Join(Network {
            name: name(text),
            passphrase: None,
            country: None,
        })
    };
    let cafe = name("Café").hex();
    joins(
        &mut browser,
        &[("network", &cafe), ("passphrase", "not needed")],
    );
    joins(&mut browser, &[("network", "another"), ("name", "家")]);
    assert_eq!(radio.asked(), [open("Café"), open("家")]);
}

#[test]
fn an_owned_box_lets_only_its_owner_change_it() {
    let stage = Stage::owned();
    stage.add("Ben", Role::Member);
    let state = State {
        known: vec![name("Home")],
        ..on_access_point()
    };
    let radio = Radio::of(&stage, state);
    let mut browser = guest(&stage);
    assert_eq!(browser.get("/wifi").status, 303, "the way to the log-in");
    assert_eq!(browser.post("/wifi", &[("deed", "look")]).status, 403);
    let mut ben = stage.browser_of("ben");
    ben.peer = "10.73.0.23".to_owned();
    assert_eq!(ben.get("/wifi").status, 403);
    assert_eq!(radio.asked(), []);

    let mut anna = stage.browser_of("anna");
    let page = anna.get("/wifi");
    assert!(page.body.contains("Forget Home"), "{}", page.body);
    let token = page.form_token();
    let home = name("Home").hex();
    let fields = [
        ("token", token.as_str()),
        ("deed", "forget"),
        ("network", &home),
    ];
    assert_eq!(anna.post("/wifi", &fields).status, 303);
    assert_eq!(
        anna.post("/wifi", &[("deed", "look")]).status,
        403,
        "no token"
    );
    assert_eq!(radio.asked(), [Ask::Forget { name: name("Home") }]);
}

#[test]
fn an_unowned_box_in_the_houses_network_is_changed_by_nobody() {
    let stage = Stage::unowned();
    let radio = Radio::of(&stage, on_access_point());
    assert_eq!(stage.browser().get("/wifi").status, 303);
    assert_eq!(
        stage.browser().post("/wifi", &[("deed", "look")]).status,
        403
    );
    // Nor from an address that only looks like the access point's.
    radio.state.lock().unwrap().mode = Mode::Joined;
    assert_eq!(guest(&stage).get("/wifi").status, 403);
    assert_eq!(guest(&stage).post("/wifi", &[("deed", "look")]).status, 403);
    assert_eq!(radio.asked(), []);
}

#[test]
fn without_a_radio_the_page_says_so_in_both_languages() {
    let stage = Stage::owned();
    let mut anna = stage.browser_of("anna");
    assert!(anna.get("/wifi").body.contains("no Wi-Fi that works"));
    anna.language = "zh-CN".to_owned();
    assert!(anna.get("/wifi").body.contains("没有可用的无线网络"));
}

fn parsed(answer: &ui_support::Answer) -> serde_json::Value {
    serde_json::from_str(&answer.body).unwrap()
}

#[test]
fn a_program_sees_and_changes_the_network_by_the_same_rules_as_the_page() {
    let stage = Stage::unowned();
    let radio = Radio::of(&stage, on_access_point());
    assert_eq!(
        stage.browser().get("/api/v1/wifi").status,
        401,
        "not on its access point"
    );
    let mut browser = guest(&stage);
    let state = parsed(&browser.get("/api/v1/wifi"));
    assert_eq!(
        (&state["mode"], &state["soon"]),
        (&"access-point".into(), &"".into())
    );
    assert!(state["said"].as_str().unwrap().contains("Hearth-1A2B"));
    let home = &state["seen"][0];
    assert_eq!(
        (&home["name"], &home["dbm"], &home["lock"]),
        (&"Home <b>&".into(), &(-48).into(), &"passphrase".into())
    );

    let join = |passphrase: &str| {
        let id = home["id"].as_str().unwrap();
        format!("{{\"deed\": \"join\", \"network\": \"{id}\", \"passphrase\": \"{passphrase}\"}}")
    };
    let refused = browser.api("POST", "/api/v1/wifi", &join("short"));
    assert_eq!(
        (refused.status, &parsed(&refused)["field"]),
        (422, &"passphrase".into())
    );
    radio.state.lock().unwrap().soon = Some(Mode::Joining);
    let joins = browser.api("POST", "/api/v1/wifi", &join("correct horse"));
    assert_eq!(
        (joins.status, &parsed(&joins)["soon"]),
        (200, &"joining".into())
    );
    let network = Network {
        name: name("Home <b>&"),
        passphrase: Some(Passphrase::new("correct horse").unwrap()),
        country: None,
    };
    assert_eq!(radio.asked(), [Ask::Join(network)]);

    // Once the box has an owner it is theirs alone.
    stage.add("Anna", Role::Owner);
    radio.state.lock().unwrap().known = vec![name("Home")];
    assert_eq!(browser.get("/api/v1/wifi").status, 401);
    assert_eq!(
        browser
            .api("POST", "/api/v1/wifi", r#"{"deed": "look"}"#)
            .status,
        401
    );
    let mut anna = stage.browser_of("anna");
    let known = parsed(&anna.get("/api/v1/wifi"))["known"][0].clone();
    assert_eq!(known["name"], "Home");
    let forget = format!("{{\"deed\": \"forget\", \"network\": {}}}", known["id"]);
    assert_eq!(anna.api("POST", "/api/v1/wifi", &forget).status, 200);
    assert_eq!(radio.asked(), [Ask::Forget { name: name("Home") }]);
}
