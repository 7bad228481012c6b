//! Who watches, pausing keys, quiet hours, a backup put back, and what open pages are told of mutes and roles.

#![allow(clippy::unwrap_used)]

mod ui_support;

use hearth::people::{HouseSettings, KeyState, QuietHours, Refusal, Role};
use hearth::serve::events::Audience;
use hearth::serve::station::{TurnedAway, Watchers, WrongKey};
use hearth::time::Mono;
use std::net::IpAddr;
use std::sync::atomic::Ordering::Relaxed;
use ui_support::{Browser, PASSWORD, Stage, live};

fn house() -> Stage {
    let stage = Stage::owned();
    stage.add("Ben", Role::Member);
    stage.add("Cleo", Role::Member);
    stage
}

fn id(stage: &Stage, name: &str) -> hearth::people::AccountId {
    stage.people.account_named(name).unwrap().id
}

fn json(answer: &ui_support::Answer) -> serde_json::Value {
    serde_json::from_str(&answer.body).unwrap()
}

/// A page's form, with the token of that page.
fn send(
    browser: &mut Browser,
    page: &str,
    path: &str,
    fields: &[(&str, &str)],
) -> ui_support::Answer {
    let token = browser.get(page).form_token();
    let fields = [fields, &[("token", token.as_str())]].concat();
    browser.post(path, &fields)
}

#[test]
fn who_watches_is_told_by_name_to_the_owner_and_to_whose_channel_it_is() {
    let stage = house();
    *stage.station.channels.lock().unwrap() = vec![live("ben")];
    *stage.station.watchers.lock().unwrap() = Watchers {
        members: vec![id(&stage, "cleo"), id(&stage, "anna")],
        others: 2,
    };
    let said = "Cleo, Anna and 2 others watching";
    for name in ["anna", "ben"] {
        let answer = stage.browser_of(name).get("/api/v1/channels/ben/watchers");
        let body = json(&answer);
        assert_eq!(body["people"][0]["name"], "cleo");
        assert_eq!((&body["others"], &body["text"]), (&2.into(), &said.into()));
    }
    let admin = stage.browser_of("anna").get("/admin").body;
    assert!(admin.contains(said) && admin.contains("data-watchers=\"ben\""));
    assert!(stage.browser_of("ben").get("/studio").body.contains(said));
    assert!(
        stage
            .browser_of("ben")
            .get("/studio/now")
            .body
            .contains(said)
    );
    assert!(!stage.browser_of("cleo").get("/@ben").body.contains(said));
    let mut chinese = stage.browser_of("ben");
    "zh-CN".clone_into(&mut chinese.language);
    assert!(
        chinese
            .get("/studio/now")
            .body
            .contains("Cleo、Anna和另外 2 人在看")
    );

    let text = |others, members: Vec<_>| {
        *stage.station.watchers.lock().unwrap() = Watchers { members, others };
        let answer = stage.browser_of("ben").get("/api/v1/channels/ben/watchers");
        json(&answer)["text"].as_str().unwrap().to_owned()
    };
    assert_eq!(text(0, vec![]), "Nobody watching");
    assert_eq!(text(1, vec![]), "1 viewer who is not logged in");
    assert_eq!(
        text(1, vec![id(&stage, "cleo")]),
        "Cleo and 1 other watching"
    );
}

#[test]
fn a_key_is_paused_and_resumed_by_page_and_program() {
    let stage = house();
    let ben = id(&stage, "ben");
    let key = stage.people.keys(ben)[0].id;
    let number = key.0.to_string();
    let mut browser = stage.browser_of("ben");
    let fields = [("key", number.as_str()), ("paused", "1")];
    let paused = send(&mut browser, "/studio", "/studio/keys/pause", &fields);
    assert_eq!(paused.header("Location"), "/studio?done=paused");
    assert_eq!(stage.station.revoked.lock().unwrap()[0].0, key);
    let page = browser.get("/studio").body;
    assert!(page.contains("Paused: encoders with this key are turned away."));
    let listed = json(&browser.get("/api/v1/studio/keys"));
    assert_eq!(
        (&listed["keys"][0]["state"], &listed["keys"][0]["paused"]),
        (&"paused".into(), &true.into())
    );
    let path = format!("/api/v1/studio/keys/{number}");
    assert_eq!(browser.api("PUT", &path, r#"{"paused":false}"#).status, 200);
    assert_eq!(stage.people.keys(ben)[0].state, KeyState::Works);
    assert_eq!(stage.people.keys(ben)[0].label, "", "its name stays");
    let both = r#"{"paused":true,"label":"phone"}"#;
    assert_eq!(browser.api("PUT", &path, both).status, 200);
    let now = &stage.people.keys(ben)[0];
    assert_eq!((now.is_paused, now.label.as_str()), (true, "phone"));
    // Nobody else's.
    let mut cleo = stage.browser_of("cleo");
    assert_eq!(cleo.api("PUT", &path, r#"{"paused":false}"#).status, 404);
    assert!(stage.people.keys(ben)[0].is_paused);
}

#[test]
fn the_studio_says_that_an_encoder_was_turned_away_and_why() {
    let stage = house();
    let away = |why| {
        *stage.station.turned_away.lock().unwrap() = Some(TurnedAway {
            account: id(&stage, "ben"),
            address: [192, 168, 1, 40].into(),
            at: Mono(0),
            why,
        });
        stage.browser_of("ben").get("/studio/now").body
    };
    let said = "just now from 192.168.1.40: you have paused its key.";
    assert!(away(Refusal::KeyPaused).contains(said));
    assert!(away(Refusal::Paused).contains("the owner has paused your keys."));
    let quiet = away(Refusal::Quiet { until: 420 });
    assert!(quiet.contains("192.168.1.40: quiet hours until 07:00."));
    assert!(
        !stage
            .browser_of("cleo")
            .get("/studio/now")
            .body
            .contains("turned away")
    );
}

#[test]
fn a_program_is_told_of_encoders_that_were_turned_away_as_the_studio_is() {
    let stage = house();
    let mut ben = stage.browser_of("ben");
    let notices =
        |browser: &mut Browser| json(&browser.get("/api/v1/studio/notices"))["notices"].clone();
    assert_eq!(notices(&mut ben), serde_json::json!([]));
    let from = |last: u8| IpAddr::from([192, 168, 1, last]);
    let wrong = |last, begins: &str, at| WrongKey {
        address: from(last),
        at,
        begins: begins.parse().unwrap(),
    };
    *stage.station.turned_away.lock().unwrap() = Some(TurnedAway {
        account: id(&stage, "ben"),
        address: from(40),
        at: Mono(0),
        why: Refusal::Paused,
    });
    *stage.station.refused.lock().unwrap() = Some((from(32), Mono(30_000)));
    *stage.station.wrong_keys.lock().unwrap() =
        vec![wrong(31, "abcd", Mono(60_000)), wrong(33, "", Mono(0))];
    *stage.station.now.lock().unwrap() = Mono(90_000);
    let told = notices(&mut ben);
    let of = |field: &str| {
        let all = told.as_array().unwrap().iter();
        all.map(|it| it[field].clone()).collect::<Vec<_>>()
    };
    assert_eq!(
        of("kind"),
        ["turned_away", "already_live", "wrong_key", "wrong_key"]
    );
    let addresses = [40, 32, 31, 33].map(|last| from(last).to_string());
    assert_eq!(of("from"), addresses);
    assert_eq!(of("ago_s"), [90, 60, 30, 90]);
    assert!(
        told[0]["text"]
            .as_str()
            .unwrap()
            .contains("paused your keys")
    );
    assert!(told[2]["text"].as_str().unwrap().contains("“abcd”"));
    // What is old is news no more.
    stage.station.now.lock().unwrap().0 += hearth::limits::ui::NOTICE_MS;
    assert_eq!(notices(&mut ben), serde_json::json!([]));
}

#[test]
fn quiet_hours_are_told_to_viewers_and_need_a_clock() {
    let stage = house();
    let quiet = HouseSettings {
        quiet: Some(QuietHours { from: 60, to: 420 }),
        ..HouseSettings::default()
    };
    stage.people.set_house(id(&stage, "anna"), quiet).unwrap();
    let mut anna = stage.browser_of("anna");
    let unknown = "does not know the time";
    assert!(anna.get("/admin").body.contains(unknown));
    let house = json(&anna.get("/api/v1/house"));
    assert_eq!(
        (&house["clock_known"], &house["quiet_now"]),
        (&false.into(), &false.into())
    );
    assert!(!anna.get("/@ben").body.contains("Quiet hours"));

    let now = *stage.station.now.lock().unwrap();
    stage.people.clock_is_known(now, 61 * 60_000).unwrap();
    assert!(!anna.get("/admin").body.contains(unknown));
    let house = json(&anna.get("/api/v1/house"));
    assert_eq!(
        (&house["clock_known"], &house["quiet_now"]),
        (&true.into(), &true.into())
    );
    let page = stage.browser().get("/@ben").body;
    assert!(page.contains("Quiet hours until 07:00."));
    let off_air = json(&stage.browser().get("/api/v1/channels/ben"))["off_air"].clone();
    assert!(
        off_air
            .as_str()
            .unwrap()
            .starts_with("Quiet hours until 07:00. ")
    );
}

#[test]
fn pages_of_somebody_who_is_muted_or_gets_another_role_are_told_and_nobody_elses() {
    let stage = house();
    let ben = id(&stage, "ben");
    let told = || {
        let events = std::mem::take(&mut *stage.station.published.lock().unwrap());
        let one = |e: hearth::serve::events::Event| {
            assert_eq!(e.audience, Audience::Account(ben), "{}", e.kind);
            (e.kind, e.data)
        };
        // That a guest's channel is gone is for everybody.
        let own = events.into_iter().filter(|e| e.kind != "channel");
        own.map(one).collect::<Vec<_>>()
    };
    let mut anna = stage.browser_of("anna");
    let person = format!("/api/v1/people/{}", ben.0);
    anna.api("PUT", "/api/v1/channels/cleo/mutes/ben", "");
    let data = r#"{"channel":"cleo","muted":true}"#.to_owned();
    assert_eq!(told(), [("muted", data)]);
    let mut own = stage.browser_of("ben");
    let comments = json(&own.get("/api/v1/channels/cleo/comments"));
    assert_ne!(comments["why_not"], "");
    let elsewhere = json(&own.get("/api/v1/channels/anna/comments"));
    assert_eq!(elsewhere["why_not"], "");
    let page = own.get("/@cleo").body;
    assert!(
        page.contains("id=\"say-form\" hidden"),
        "the field waits for its return"
    );

    anna.api("PUT", &person, r#"{"muted":true}"#);
    let data = r#"{"channel":"","muted":true}"#.to_owned();
    assert_eq!(told(), [("muted", data)]);
    anna.api("PUT", &person, r#"{"role":"guest"}"#);
    assert_eq!(told(), [("role", r#"{"role":"guest"}"#.to_owned())]);
    assert!(
        !stage
            .browser_of("ben")
            .get("/")
            .body
            .contains("href=\"/studio\"")
    );
}

#[test]
fn a_backup_is_put_back_only_by_who_tells_the_owners_password_again() {
    let stage = house();
    let mut anna = stage.browser_of("anna");
    let wrong = send(
        &mut anna,
        "/admin",
        "/admin/restore",
        &[("password", "guessed it")],
    );
    assert_eq!(wrong.status, 422);
    assert!(wrong.body.contains("id=\"restore-password-h\""));
    assert!(!wrong.body.contains("/upload/"));
    let right = send(
        &mut anna,
        "/admin",
        "/admin/restore",
        &[("password", PASSWORD)],
    );
    assert_eq!(right.status, 200);
    assert!(right.body.contains("enctype=\"multipart/form-data\""));
    let url = right.body.split("action=\"/upload/").nth(1).unwrap();
    let ticket = url.split('"').next().unwrap();

    let now = *stage.station.now.lock().unwrap();
    let upload = stage.uploads.take(ticket, now).unwrap();
    let received = (upload.read)(&mut &b"not a backup"[..]);
    assert_eq!((received.status, stage.anew.load(Relaxed)), (422, 0));
    assert!(received.body.contains("\"damaged\""));
    let page = anna.get(received.page).body;
    assert!(page.contains("This is no whole backup. Nothing was changed."));

    let offered = anna.api(
        "POST",
        "/api/v1/house/restore",
        &format!(r#"{{"password":"{PASSWORD}"}}"#),
    );
    assert_eq!(offered.status, 201);
    let url = json(&offered)["url"].as_str().unwrap().to_owned();
    let ticket = url.strip_prefix("/upload/").unwrap();
    let backup = anna.api("POST", "/api/v1/house/backup", "");
    let backup = json(&backup)["url"].as_str().unwrap().to_owned();
    let download = stage
        .downloads
        .take(backup.strip_prefix("/download/").unwrap(), now);
    // The store of this stage is in memory: there is nothing on the card to be saved.
    assert!((download.unwrap().write)(&mut Vec::new()).is_err());
    let upload = stage.uploads.take(ticket, now).unwrap();
    assert_eq!((upload.read)(&mut std::io::empty()).status, 422);
    assert!(
        anna.get("/admin?restore=accepted")
            .body
            .contains("The box starts anew")
    );
}

#[test]
fn the_owner_sees_names_numbers_and_how_memory_is_shared_out() {
    let stage = house();
    let mut anna = stage.browser_of("anna");
    let page = anna.get("/admin").body;
    for shown in [
        "hearth.local",
        "192.168.1.23",
        "How it is shared out",
        "Live pictures, to rewind",
    ] {
        assert!(page.contains(shown), "{shown}");
    }
    let health = json(&anna.get("/api/v1/house/health"));
    assert_eq!(
        health["names"],
        serde_json::json!(["hearth.local", "192.168.1.23"])
    );
    let rows = health["memory"]["budget"].as_array().unwrap();
    let sum: u64 = rows.iter().map(|row| row["bytes"].as_u64().unwrap()).sum();
    assert_eq!(sum, health["memory"]["most_bytes"].as_u64().unwrap());
    assert!(
        stage
            .browser_of("ben")
            .get("/settings")
            .body
            .contains("href=\"/settings/channel\"")
    );
    stage
        .people
        .set_role(id(&stage, "anna"), id(&stage, "ben"), Role::Guest)
        .unwrap();
    assert!(
        !stage
            .browser_of("ben")
            .get("/settings")
            .body
            .contains("/settings/channel")
    );
}
