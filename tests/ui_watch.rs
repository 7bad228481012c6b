//! What the watch page offers beside its own player.

#![allow(clippy::unwrap_used)]

mod ui_support;

use hearth::limits::people::PASS_MINUTES;
use hearth::people::{PictureOf, Role};
use hearth::time::Mono;
use serde_json::{Value, json};
use ui_support::Stage;

/// What stands in the page's `<code id="...">`.
fn code<'a>(page: &'a str, id: &str) -> &'a str {
    let (_, rest) = page.split_once(&format!("<code id=\"{id}\">")).unwrap();
    rest.split("</code>").next().unwrap()
}

#[test]
fn the_address_for_other_players_needs_no_name_and_carries_the_pass_where_one_is_needed() {
    let stage = Stage::owned();
    stage.add("Ben", Role::Member);
    let mut browser = stage.browser();
    let page = browser.get("/@anna").body;
    let players = code(&page, "players");
    assert!(
        players.starts_with("http://") && players.ends_with(":8080/live/anna/ts.m3u8"),
        "{players}"
    );
    assert_eq!(
        code(&page, "soonest"),
        players.replace("ts.m3u8", "stream.mp4")
    );
    assert!(page.contains("data-copy=\"players\"") && !page.contains("Both hold a pass"));
    browser.language = "zh".to_owned();
    assert!(browser.get("/@anna").body.contains("在别处播放"));

    let mut anna = stage.browser_of("anna");
    let phrase = json!({"visibility": "phrase", "phrase": "open sesame"}).to_string();
    assert_eq!(
        anna.api("PUT", "/api/v1/channels/anna", &phrase).status,
        200
    );
    let told = [("phrase", "open sesame")];
    assert_eq!(browser.post("/@anna/pass", &told).status, 303);
    // The pass in the cookie is the one that is shown, and gets no younger.
    *stage.station.now.lock().unwrap() = Mono(90 * 60_000);
    browser.language = "en".to_owned();
    let page = browser.get("/@anna").body;
    let (_, rest) = code(&page, "players").split_once("/live/anna/~").unwrap();
    let pass = rest.strip_suffix("/ts.m3u8").unwrap();
    let end = |minutes: u32| Mono(u64::from(minutes) * 60_000);
    assert!(stage.people.may_watch("anna", pass, end(PASS_MINUTES - 1)));
    assert!(!stage.people.may_watch("anna", pass, end(PASS_MINUTES)));
    assert!(page.contains("counts for 10 h 30 min more"));
}

/// As much of a PNG as is looked at.
fn png() -> Vec<u8> {
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x40\0\0\0\x40".to_vec();
    png.extend([8, 6, 0, 0, 0]);
    png.extend(b"\0\0\0\0\0\0\0\0IDAT");
    png
}

#[test]
fn a_persons_picture_stands_wherever_they_do() {
    let stage = Stage::owned();
    let ben = stage.add("Ben", Role::Member);
    let of = PictureOf::Person(ben);
    stage.people.set_picture(ben, of, &png()).unwrap();
    let picture = stage.people.account(ben).unwrap().picture.unwrap();
    let picture = format!("/pictures/ben/{picture}");
    let image = format!("aria-hidden=\"true\"><img src=\"{picture}\" alt=\"\"></span>");
    let parsed = |body: &str| serde_json::from_str::<Value>(body).unwrap();

    let mut browser = stage.browser_of("ben");
    let follow = browser.api("PUT", "/api/v1/channels/anna/follow", "");
    assert_eq!(follow.status, 200);
    let comments = "/api/v1/channels/anna/comments";
    let said = browser.api("POST", comments, r#"{"text": "hello"}"#);
    assert_eq!(parsed(&said.body)["picture"], picture.as_str());
    let published = std::mem::take(&mut *stage.station.published.lock().unwrap());
    let event = published.iter().find(|event| event.kind == "comment");
    assert_eq!(parsed(&event.unwrap().data)["picture"], picture.as_str());
    let list = parsed(&browser.get(comments).body);
    assert_eq!(list["comments"][0]["picture"], picture.as_str());

    let mut anna = stage.browser_of("anna");
    let mute = anna.api("PUT", "/api/v1/channels/anna/mutes/ben", "");
    assert_eq!(mute.status, 200);
    let settings = anna.get("/settings/channel").body;
    assert_eq!(settings.matches(&image).count(), 2, "follower and muted");
    assert_eq!(anna.get("/@anna").body.matches(&image).count(), 1);
    assert_eq!(anna.get("/@anna?tv=1").body.matches(&image).count(), 1);
    assert_eq!(
        anna.get("/@ben").body.matches(&image).count(),
        1,
        "TV title"
    );
    let phrase = json!({"visibility": "phrase", "phrase": "open sesame"}).to_string();
    assert_eq!(
        browser.api("PUT", "/api/v1/channels/ben", &phrase).status,
        200
    );
    for path in ["/@ben", "/@ben?tv=1"] {
        let locked = stage.browser().get(path).body;
        assert_eq!(locked.matches(&image).count(), 1, "{path}");
    }
}
