//! Accounts and the house on pages and in the API: what each row does, for whom, and where its bounds are.

#![allow(clippy::panic, clippy::unwrap_used)]

mod ui_support;

use hearth::people::{AccountId, Joining, NewInvitation, PictureOf, Role};
use hearth::serve::ui::{Access, Method, routes};
use hearth::time::Mono;
use serde_json::Value;
use ui_support::{Answer, Browser, CODE, PASSWORD, Stage, live};

fn json(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap_or_else(|e| panic!("{e}: {}", answer.body))
}

fn id(stage: &Stage, name: &str) -> AccountId {
    stage.people.account_named(name).unwrap().id
}

/// Anna owns it; Ben is a member, Gus a guest, Kim a child.
fn family() -> Stage {
    let stage = Stage::owned();
    stage.add("Ben", Role::Member);
    stage.add("Gus", Role::Guest);
    stage.add("Kim", Role::Child);
    stage
}

fn post(browser: &mut Browser, page: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
    let token = browser.get(page).form_token();
    browser.post(path, &[&[("token", token.as_str())], fields].concat())
}

fn invitation(stage: &Stage, uses: u16) -> String {
    let new = NewInvitation {
        label: "Oma",
        role: Role::Guest,
        uses,
        minutes: 60,
    };
    let now = *stage.station.now.lock().unwrap();
    stage
        .people
        .invite(id(stage, "anna"), new, now)
        .unwrap()
        .secret
}

/// A PNG's first bytes and its size: all that the box looks at.
fn png(side: u32) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    bytes.extend(side.to_be_bytes());
    bytes.extend(side.to_be_bytes());
    bytes.extend([8, 6, 0, 0, 0]);
    bytes.extend(b"\0\0\0\0\0\0\0\0IDAT");
    bytes
}

#[test]
fn every_row_of_the_api_asks_who_comes() {
    let stage = family();
    for route in routes().filter(|route| route.pattern.starts_with("/api/")) {
        let path = route.pattern.replace("{name}", "anna").replace("{id}", "7");
        let method = route.method.as_str();
        let stranger = stage.browser().api(method, &path, "").status;
        assert_eq!(
            stranger == 401,
            route.access != Access::Anyone,
            "{route:?}: {stranger}"
        );
        let mut guest = stage.browser_of("gus");
        if matches!(route.access, Access::Owner | Access::Publisher) {
            assert_eq!(guest.api(method, &path, "").status, 403, "{route:?}");
        }
        if route.access == Access::Owner {
            let member = stage.browser_of("ben").api(method, &path, "").status;
            assert_eq!(member, 403, "{route:?}");
        }
        // Logging out is a door: it needs no page of this session.
        let is_door = route.pattern == "/api/v1/session";
        if !is_door && route.method != Method::Get && route.access != Access::Anyone {
            let untold = [("Content-Type", "application/json")];
            let answer = guest.ask(method, &path, &untold, "{}");
            assert_eq!(answer.status, 403, "{route:?} without the page's token");
            guest.origin = Some("http://evil.example".to_owned());
            assert_eq!(
                guest.api(method, &path, "{}").status,
                403,
                "{route:?} from elsewhere"
            );
        }
    }
}

#[test]
fn owners_pages_are_for_owners() {
    let stage = family();
    for route in routes().filter(|r| r.pattern.starts_with("/admin")) {
        for name in ["ben", "gus", "kim"] {
            let mut browser = stage.browser_of(name);
            let token = browser.get("/settings").form_token();
            let answer = match route.method {
                Method::Get => browser.get(route.pattern),
                _ => browser.post(route.pattern, &[("token", &token)]),
            };
            assert_eq!(answer.status, 403, "{name} {route:?}");
        }
    }
}

#[test]
fn an_invitation_lets_in_whom_it_is_for_and_says_whose_it_is() {
    let stage = family();
    let secret = invitation(&stage, 1);
    let mut browser = stage.browser();
    let page = browser.get(&format!("/join/{secret}"));
    assert_eq!(page.status, 200);
    assert!(page.body.contains("Anna invited you."));
    assert!(
        browser
            .get(&format!("/register?invite={secret}"))
            .body
            .contains("Anna invited you.")
    );

    let fields = |name| {
        [
            ("invite", secret.as_str()),
            ("name", name),
            ("password", PASSWORD),
        ]
    };
    let taken = browser.post("/register", &fields("Ben"));
    assert_eq!(taken.status, 422);
    assert!(
        taken.body.contains("Somebody has this name") && taken.body.contains("name=\"address\"")
    );
    assert!(taken.body.contains("value=\"Ben\"") && !taken.body.contains(PASSWORD));
    let short = browser.post(
        "/register",
        &[("invite", &secret), ("name", "Oma"), ("password", "x")],
    );
    assert_eq!(short.status, 422);
    assert!(short.body.contains("<p class=\"error\" id=\"password-h\">"));

    let joined = browser.post("/register", &fields("Oma Ilse"));
    assert_eq!((joined.status, joined.header("Location")), (303, "/"));
    assert_eq!(browser.get("/settings").status, 200);
    assert_eq!(
        stage.people.account_named("oma-ilse").unwrap().role,
        Role::Guest
    );

    let late = stage.browser().post("/register", &fields("Late"));
    assert_eq!(late.status, 410);
    assert!(late.body.contains("does not work any more"));
    assert_eq!(stage.browser().get("/join/nonsense").status, 410);
}

#[test]
fn the_house_says_who_may_join() {
    let stage = family();
    let anna = id(&stage, "anna");
    let fields = [("name", "Zoe"), ("password", PASSWORD)];
    let mut browser = stage.browser();
    assert!(
        browser
            .get("/register")
            .body
            .contains("One joins by invitation")
    );
    assert_eq!(browser.post("/register", &fields).status, 409);
    assert!(!browser.get("/login").body.contains("/register"));

    stage.joining(anna, Joining::Closed);
    let secret = invitation(&stage, 1);
    assert!(
        browser
            .get(&format!("/join/{secret}"))
            .body
            .contains("Nobody can join just now")
    );
    assert_eq!(browser.post("/register", &fields).status, 409);

    stage.joining(anna, Joining::Open);
    assert!(browser.get("/login").body.contains("href=\"/register\""));
    browser.peer = "203.0.113.9".to_owned();
    assert_eq!(
        browser.post("/register", &fields).status,
        409,
        "not from outside the house"
    );
    browser.peer = "192.168.1.2".to_owned();
    assert_eq!(browser.post("/register", &fields).status, 303);
    assert_eq!(
        stage.people.account_named("zoe").unwrap().role,
        Role::Member
    );
}

#[test]
fn guessing_invitations_and_links_is_slowed_down() {
    let stage = family();
    let mut browser = stage.browser();
    let guess = [
        ("invite", "aaaaabbbbbcccccddddd"),
        ("name", "Eve"),
        ("password", PASSWORD),
    ];
    for _ in 0..8 {
        assert_eq!(browser.post("/register", &guess).status, 410);
    }
    let slow = browser.post("/register", &guess);
    assert_eq!(slow.status, 429);
    assert_eq!(slow.header("Retry-After"), "300");
    let slow = browser.api(
        "POST",
        "/api/v1/accounts",
        r#"{"name":"Eve","password":"x"}"#,
    );
    assert_eq!(
        (slow.status, json(&slow)["retry_after_s"].as_i64()),
        (429, Some(300))
    );
    let slow = browser.post("/reset/aaaaabbbbbcccccddddd", &[("password", PASSWORD)]);
    assert_eq!((slow.status, slow.header("Retry-After")), (429, "300"));
    *stage.station.now.lock().unwrap() = Mono(300_001);
    assert_eq!(browser.post("/register", &guess).status, 410);
}

#[test]
fn first_run_asks_who_may_join() {
    let stage = Stage::unowned();
    let mut browser = stage.browser();
    assert!(
        browser
            .get("/setup")
            .body
            .contains("name=\"joining\" value=\"open\"")
    );
    let fields = [
        ("code", CODE),
        ("name", "Anna"),
        ("password", PASSWORD),
        ("joining", "open"),
    ];
    let far = [&fields[..], &[("utc_offset_minutes", "900")]].concat();
    assert_eq!(browser.post("/setup", &far).status, 422);
    let here = [&fields[..], &[("utc_offset_minutes", "480")]].concat();
    assert_eq!(browser.post("/setup", &here).status, 303);
    let house = stage.people.house();
    assert_eq!(
        (house.joining, house.utc_offset_minutes),
        (Joining::Open, 480),
        "the clock is that of who set the box up"
    );
    let done = browser.get("/setup?done").body;
    assert!(done.contains("<svg class=\"qr\"") && done.contains("href=\"/admin#invite\""));
}

#[test]
fn a_reset_link_gives_a_new_password_once() {
    let stage = family();
    let mut owner = stage.browser_of("anna");
    let ben = id(&stage, "ben").0.to_string();
    let page = post(
        &mut owner,
        "/admin",
        "/admin/person",
        &[("person", &ben), ("deed", "reset")],
    );
    assert_eq!(page.status, 200);
    let link = page.body.split("/reset/").nth(1).unwrap();
    let path = format!("/reset/{}", link.split('<').next().unwrap());

    let mut before = stage.browser_of("ben");
    let mut browser = stage.browser();
    assert!(browser.get(&path).body.contains("A new password for Ben"));
    let short = browser.post(&path, &[("password", "short")]);
    assert_eq!(short.status, 422);
    assert!(short.body.contains("10 characters or more, please."));
    let saved = browser.post(&path, &[("password", "another sentence")]);
    assert_eq!((saved.status, saved.header("Location")), (303, "/"));
    assert_eq!(browser.get("/settings").status, 200);
    assert_eq!(before.get("/settings").status, 303, "other screens are out");
    assert_eq!(stage.browser().get(&path).status, 410);
    assert_eq!(
        stage
            .browser()
            .post(&path, &[("password", PASSWORD)])
            .status,
        410
    );
}

#[test]
fn programs_log_in_and_out() {
    let stage = family();
    let mut program = stage.browser();
    program.origin = None;
    let wrong = program.api(
        "POST",
        "/api/v1/session",
        r#"{"name":"ben","password":"no no no no"}"#,
    );
    assert_eq!(
        (wrong.status, &json(&wrong)["code"]),
        (422, &"wrong_password".into())
    );
    let body = format!(r#"{{"name":"ben","password":"{PASSWORD}"}}"#);
    let session = json(&program.api("POST", "/api/v1/session", &body));
    assert_eq!(
        (&session["name"], &session["role"]),
        (&"ben".into(), &"member".into())
    );
    let mut other = stage.browser();
    other.origin = None;
    let bearer = format!("Bearer {}", session["session"].as_str().unwrap());
    let headers = [
        ("Authorization", bearer.as_str()),
        ("Content-Type", "application/json"),
    ];
    let renamed = other.ask("PUT", "/api/v1/me", &headers, r#"{"name":"Benjamin"}"#);
    assert_eq!(renamed.status, 200, "{}", renamed.body);
    assert_eq!(
        stage.people.account_named("ben").unwrap().display_name,
        "Benjamin"
    );
    assert_eq!(program.api("DELETE", "/api/v1/session", "").status, 200);
    assert_eq!(program.get("/api/v1/me").status, 401);
}

#[test]
fn ones_own_account_is_changed_with_bounds() {
    let stage = family();
    let mut ben = stage.browser_of("ben");
    let long = "x".repeat(65);
    let refused = post(&mut ben, "/settings", "/settings/name", &[("name", &long)]);
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("A name has 1 to 64 characters."));
    let changed = |browser: &mut Browser, old, new| {
        post(
            browser,
            "/settings",
            "/settings/password",
            &[("password", old), ("new", new)],
        )
    };
    let wrong = changed(&mut ben, "not my password", "a new sentence");
    assert_eq!(wrong.status, 422);
    assert!(
        wrong
            .body
            .contains("<p class=\"error\" id=\"password-h\">This is not your password.")
    );
    let short = changed(&mut ben, PASSWORD, "short");
    assert!(
        short
            .body
            .contains("<p class=\"error\" id=\"new-h\">10 characters")
    );
    assert_eq!(changed(&mut ben, PASSWORD, "a new sentence").status, 303);
    assert_eq!(ben.get("/settings").status, 200, "this screen stays");

    let mut other = stage.browser_of("ben");
    let out = post(&mut ben, "/settings", "/settings/sign-out", &[]);
    assert_eq!(out.header("Location"), "/login");
    assert_eq!(other.get("/settings").status, 303);
    assert_eq!(ben.get("/settings").status, 303);
}

#[test]
fn pictures_are_kept_bounded_and_shown_everywhere() {
    let stage = family();
    let mut ben = stage.browser_of("ben");
    let put = |browser: &mut Browser, path: &str, kind: &str, body: &[u8]| {
        let token = browser.get("/settings").form_token();
        browser.send(
            "PUT",
            path,
            &[("Content-Type", kind), ("X-Hearth-Token", &token)],
            body,
        )
    };
    let large = [png(64), vec![0; 48 << 10]].concat();
    let picture = "/api/v1/me/picture";
    assert_eq!(put(&mut ben, picture, "image/png", &large).status, 413);
    assert_eq!(put(&mut ben, picture, "image/png", &png(1025)).status, 422);
    assert_eq!(
        put(&mut ben, picture, "image/png", b"<svg onload=x>").status,
        415
    );
    assert_eq!(put(&mut ben, picture, "text/html", b"<p>").status, 415);
    let put = put(&mut ben, picture, "image/svg+xml", &png(64));
    assert_eq!(put.status, 200, "{}", put.body);

    let hash = json(&put)["hash"].as_str().unwrap().to_owned();
    let address = format!("/pictures/ben/{hash}");
    let mut stranger = stage.browser();
    let shown = stranger.get(&address);
    assert_eq!(
        (shown.status, shown.header("Content-Type")),
        (200, "image/png")
    );
    assert_eq!(shown.header("X-Content-Type-Options"), "nosniff");
    assert_eq!(
        shown.header("Cache-Control"),
        "private, max-age=31536000, immutable"
    );
    for page in ["/", "/@ben", "/settings"] {
        assert!(
            ben.get(page)
                .body
                .contains(&format!("<img src=\"{address}\"")),
            "{page}"
        );
    }
    assert!(
        stage
            .browser_of("anna")
            .get("/admin")
            .body
            .contains(&address)
    );
    assert_eq!(
        json(&stranger.get("/api/v1/channels/ben"))["picture"],
        address
    );
    for wrong in [
        "/pictures/anna/",
        "/pictures/ben/",
        "/pictures/ben/channel/",
    ] {
        let other = match wrong {
            "/pictures/ben/" => "0".repeat(32),
            _ => hash.clone(),
        };
        assert_eq!(
            stranger.get(&format!("{wrong}{other}")).status,
            404,
            "{wrong}"
        );
    }
    assert_eq!(ben.api("DELETE", picture, "").status, 200);
    assert_eq!(stranger.get(&address).status, 404);
    assert!(
        stage
            .people
            .picture_info(PictureOf::Person(id(&stage, "ben")))
            .is_none()
    );
}

#[test]
fn ones_own_data_come_as_one_file_by_a_ticket() {
    let stage = family();
    let mut ben = stage.browser_of("ben");
    let offered = post(&mut ben, "/settings", "/settings/data", &[]);
    assert_eq!(offered.status, 303);
    let ticket = offered
        .header("Location")
        .strip_prefix("/download/")
        .unwrap();
    let download = stage.downloads.take(ticket, Mono(0)).unwrap();
    let mut file = Vec::new();
    (download.write)(&mut file).unwrap();
    let data: Value = serde_json::from_slice(&file).unwrap();
    assert_eq!(data["account"]["name"], "ben");
    assert!(
        ben.api("POST", "/api/v1/me/data", "")
            .body
            .contains("/download/")
    );
}

#[test]
fn an_account_is_deleted_with_its_password_and_its_stream_ends() {
    let stage = family();
    stage.station.channels.lock().unwrap().push(live("ben"));
    let mut ben = stage.browser_of("ben");
    let wrong = post(
        &mut ben,
        "/settings",
        "/settings/delete",
        &[("password", "not my password")],
    );
    assert_eq!(wrong.status, 422);
    assert!(
        wrong
            .body
            .contains("id=\"delete-password-h\">This is not your password.")
    );
    let gone = post(
        &mut ben,
        "/settings",
        "/settings/delete",
        &[("password", PASSWORD)],
    );
    assert_eq!(gone.header("Location"), "/");
    assert!(stage.people.account_named("ben").is_none());
    assert_eq!(stage.station.ended.lock().unwrap()[0].0, "ben");
    assert_eq!(stage.station.revoked.lock().unwrap().len(), 1);

    let mut anna = stage.browser_of("anna");
    let body = format!(r#"{{"password":"{PASSWORD}"}}"#);
    let last = anna.api("DELETE", "/api/v1/me", &body);
    assert_eq!(
        (last.status, &json(&last)["code"]),
        (409, &"last_owner".into())
    );
}

#[test]
fn keys_are_added_named_replaced_and_taken_away() {
    let stage = family();
    let ben_id = id(&stage, "ben");
    let mut ben = stage.browser_of("ben");
    let key_of = |label: &str| {
        let keys = stage.people.keys(ben_id);
        keys.into_iter().find(|key| key.label == label).unwrap().id
    };
    let added = post(
        &mut ben,
        "/studio",
        "/studio/keys/add",
        &[("label", "phone")],
    );
    assert_eq!(added.header("Location"), "/studio?done=added");
    let long = "x".repeat(33);
    let refused = post(&mut ben, "/studio", "/studio/keys/add", &[("label", &long)]);
    assert_eq!(refused.status, 422);
    assert!(
        refused.body.contains("A name has 1 to 32 characters.") && refused.body.contains(&long)
    );
    let phone = key_of("phone");
    let number = phone.0.to_string();
    post(
        &mut ben,
        "/studio",
        "/studio/keys/rename",
        &[("key", &number), ("label", "OBS")],
    );
    assert_eq!(key_of("OBS"), phone);

    post(
        &mut ben,
        "/studio",
        "/studio/replace",
        &[("key", &number), ("when", "day")],
    );
    assert!(
        stage.station.revoked.lock().unwrap().is_empty(),
        "the old one works on"
    );
    let studio = ben.get("/studio").body;
    assert!(studio.contains("It works on for 24 h 0 min."), "{studio}");
    post(
        &mut ben,
        "/studio",
        "/studio/keys/remove",
        &[("key", &number)],
    );
    assert_eq!(stage.station.revoked.lock().unwrap()[0].0, phone);

    let anna_key = stage.people.keys(id(&stage, "anna"))[0].id.0;
    let path = format!("/api/v1/studio/keys/{anna_key}");
    assert_eq!(ben.api("DELETE", &path, "").status, 404, "somebody else's");
    let list = json(&ben.get("/api/v1/studio/keys"));
    let mut count = list["keys"].as_array().unwrap().len();
    while ben
        .api("POST", "/api/v1/studio/keys", r#"{"label":"x"}"#)
        .status
        == 201
    {
        count += 1;
    }
    assert_eq!(count, 8);
    let full = ben.api("POST", "/api/v1/studio/keys", r#"{"label":"x"}"#);
    assert_eq!((full.status, &json(&full)["field"]), (507, &"label".into()));
    let first = list["keys"][0]["id"].as_i64().unwrap();
    let path = format!("/api/v1/studio/keys/{first}");
    assert_eq!(ben.api("DELETE", &path, "").status, 200);
    let again = ben.api("POST", "/api/v1/studio/keys", r#"{"label":"TV"}"#);
    assert_eq!(again.status, 201);
    let path = format!("/api/v1/studio/keys/{}", json(&again)["id"]);
    assert_eq!(ben.api("PUT", &path, r#"{"label":"den"}"#).status, 200);
    let at_once = ben.api(
        "POST",
        &format!("{path}/replace"),
        r#"{"overlap_minutes":0}"#,
    );
    assert_eq!(at_once.status, 201);
}

#[test]
fn paused_keys_are_said_to_be() {
    let stage = family();
    let (anna, ben) = (id(&stage, "anna"), id(&stage, "ben").0);
    let mut owner = stage.browser_of("anna");
    let path = format!("/api/v1/people/{ben}");
    assert_eq!(
        owner.api("PUT", &path, r#"{"keys_paused":true}"#).status,
        200
    );
    assert_eq!(stage.station.revoked.lock().unwrap().len(), 1);
    assert!(
        stage
            .browser_of("ben")
            .get("/studio")
            .body
            .contains("The owner has paused your keys")
    );
    let list = json(&stage.browser_of("ben").get("/api/v1/studio/keys"));
    assert_eq!(list["keys"][0]["state"], "paused");
    owner.api("PUT", &path, r#"{"keys_paused":false}"#);
    assert!(!stage.people.account(AccountId(ben)).unwrap().keys_paused);
    assert!(stage.people.people_for(anna).is_ok());
}

#[test]
fn the_owner_looks_after_people() {
    let stage = family();
    let (ben, gus) = (id(&stage, "ben"), id(&stage, "gus"));
    let mut owner = stage.browser_of("anna");
    let mut deed = |whose: AccountId, fields: &[(&str, &str)]| {
        let person = whose.0.to_string();
        let fields = [&[("person", person.as_str())], fields].concat();
        post(&mut owner, "/admin", "/admin/person", &fields)
    };
    deed(gus, &[("deed", "role"), ("role", "member")]);
    assert_eq!(stage.people.role_of(gus), Some(Role::Member));
    deed(ben, &[("deed", "role"), ("role", "child")]);
    assert_eq!(stage.people.role_of(ben), Some(Role::Child));
    let told = stage.station.published.lock().unwrap().len();
    deed(ben, &[("deed", "role"), ("role", "child")]);
    assert_eq!(
        stage.station.published.lock().unwrap().len(),
        told,
        "no page begins anew for the role that one has"
    );
    assert_eq!(
        stage.station.revoked.lock().unwrap().len(),
        1,
        "what they send ends"
    );
    assert_eq!(deed(ben, &[("deed", "role"), ("role", "king")]).status, 422);
    let anna = id(&stage, "anna");
    let last = deed(anna, &[("deed", "role"), ("role", "member")]);
    assert_eq!(last.status, 409);
    assert!(last.body.contains("This is the only owner."));

    deed(gus, &[("deed", "bitrate"), ("most_mbps", "6,5")]);
    assert_eq!(stage.people.bitrate_max_of(gus), Some(6_500_000));
    for bad in ["0.1", "101", "fast", "-1", "nan", "inf"] {
        let refused = deed(gus, &[("deed", "bitrate"), ("most_mbps", bad)]);
        assert_eq!(refused.status, 422, "{bad}");
        assert!(refused.body.contains("A number from 0.2 to 100"));
    }
    let refused = deed(gus, &[("deed", "bitrate"), ("most_mbps", "1e9")]);
    assert!(refused.body.contains("value=\"1e9\""), "as it was typed");
    deed(gus, &[("deed", "bitrate"), ("most_mbps", "")]);
    assert_eq!(stage.people.bitrate_max_of(gus), None);
    deed(gus, &[("deed", "mute")]);
    assert!(stage.people.account(gus).unwrap().muted);
    let mut ben_there = stage.browser_of("ben");
    deed(ben, &[("deed", "sign-out")]);
    assert_eq!(ben_there.get("/settings").status, 303);
    deed(ben, &[("deed", "delete")]);
    assert!(stage.people.account(ben).is_none());
    assert_eq!(deed(ben, &[("deed", "delete")]).status, 404);
}

#[test]
fn the_owner_invites_and_takes_invitations_back() {
    let stage = family();
    let mut owner = stage.browser_of("anna");
    let fields = [
        ("label", "Oma"),
        ("role", "guest"),
        ("uses", "2"),
        ("days", "7"),
    ];
    let made = post(&mut owner, "/admin", "/admin/invite", &fields);
    assert_eq!(made.status, 200);
    assert!(
        made.body.contains("hearth.local:8080/join/") && made.body.contains("<svg class=\"qr\"")
    );
    let listed = json(&owner.get("/api/v1/invitations"));
    assert_eq!(listed["invitations"][0]["label"], "Oma");
    for (field, value) in [("uses", "51"), ("uses", "0"), ("days", "31"), ("days", "x")] {
        let refused = post(&mut owner, "/admin", "/admin/invite", &[(field, value)]);
        assert_eq!(refused.status, 422, "{field} {value}");
        assert!(
            refused
                .body
                .contains(&format!("<p class=\"error\" id=\"{field}-h\">"))
        );
    }
    let refused = owner.api("POST", "/api/v1/invitations", r#"{"role":"owner"}"#);
    assert_eq!(refused.status, 422);
    let number = listed["invitations"][0]["id"].to_string();
    post(
        &mut owner,
        "/admin",
        "/admin/uninvite",
        &[("invitation", &number)],
    );
    assert_eq!(
        json(&owner.get("/api/v1/invitations"))["invitations"],
        Value::Array(vec![])
    );
    for _ in 0..32 {
        assert_eq!(owner.api("POST", "/api/v1/invitations", "{}").status, 201);
    }
    assert_eq!(owner.api("POST", "/api/v1/invitations", "{}").status, 507);
}

#[test]
fn house_rules_are_set_whole_or_in_part() {
    let stage = family();
    let mut owner = stage.browser_of("anna");
    let fields = [
        ("joining", "closed"),
        ("quiet_from", "22:00"),
        ("quiet_to", "07:30"),
        ("utc_offset_minutes", "120"),
        ("most_mbps", "8"),
    ];
    assert_eq!(
        post(&mut owner, "/admin", "/admin/rules", &fields).status,
        303
    );
    let house = json(&owner.get("/api/v1/house"));
    assert_eq!(house["joining"], "closed");
    assert_eq!(
        (&house["quiet_from"], &house["quiet_to"]),
        (&"22:00".into(), &"07:30".into())
    );
    assert_eq!(house["bitrate_max"], 8_000_000);
    let one = [
        ("joining", "open"),
        ("quiet_from", "21:15"),
        ("quiet_to", ""),
        ("most_mbps", "7.5"),
    ];
    let refused = post(&mut owner, "/admin", "/admin/rules", &one);
    assert_eq!(refused.status, 422);
    for typed in ["value=\"open\" checked", "value=\"21:15\"", "value=\"7.5\""] {
        assert!(refused.body.contains(typed), "{typed} was typed");
    }
    assert!(
        refused
            .body
            .contains("Give both times, and two different ones.")
    );
    assert_eq!(
        owner
            .api("PUT", "/api/v1/house", r#"{"joining":"open"}"#)
            .status,
        200
    );
    let house = json(&owner.get("/api/v1/house"));
    assert_eq!(
        (&house["joining"], &house["bitrate_max"]),
        (&"open".into(), &8_000_000.into())
    );
    for bad in [
        r#"{"utc_offset_minutes":900}"#,
        r#"{"bitrate_max":1}"#,
        r#"{"joining":"all"}"#,
    ] {
        assert_eq!(owner.api("PUT", "/api/v1/house", bad).status, 422, "{bad}");
    }
}

#[test]
fn streams_are_ended_by_their_person_and_the_owner() {
    let stage = family();
    let on_air = |name| stage.station.channels.lock().unwrap().push(live(name));
    on_air("ben");
    let path = "/api/v1/channels/ben/end";
    assert_eq!(stage.browser_of("gus").api("POST", path, "{}").status, 403);
    let mut ben = stage.browser_of("ben");
    assert_eq!(
        ben.api("POST", path, r#"{"pause":true}"#).status,
        403,
        "their own keys too"
    );
    assert_eq!(ben.api("POST", path, "{}").status, 200);
    assert_eq!(ben.api("POST", path, "{}").status, 409);
    on_air("ben");
    assert_eq!(post(&mut ben, "/studio", "/studio/end", &[]).status, 303);
    on_air("ben");
    let mut owner = stage.browser_of("anna");
    let ended = post(
        &mut owner,
        "/admin",
        "/admin/end",
        &[("name", "ben"), ("pause", "1")],
    );
    assert_eq!(ended.header("Location"), "/admin?done=ended");
    assert!(stage.people.account_named("ben").unwrap().keys_paused);
    assert_eq!(
        owner
            .api("POST", "/api/v1/channels/nobody/end", "{}")
            .status,
        404
    );
}

#[test]
fn the_owners_page_tells_how_the_box_does() {
    let stage = family();
    stage.station.channels.lock().unwrap().push(live("ben"));
    let mut owner = stage.browser_of("anna");
    let page = owner.get("/admin").body;
    assert!(
        page.contains("89 MiB") && page.contains("of 256 MiB in use"),
        "{page}"
    );
    assert!(page.contains("Nobody watching") && page.contains("192.168.1.40"));
    assert!(page.contains("INFO &#60;b&#62;anna"));
    let health = json(&owner.get("/api/v1/house/health"));
    assert_eq!(health["memory"]["parts"][0]["name"], "Ben");
    assert_eq!(health["facts"].as_array().unwrap().len(), 7);
    assert!(health["card"]["written_bytes"].as_i64().unwrap() > 0);
    assert!(owner.get("/api/v1/house/log").body.contains("anna"));
    assert!(
        owner
            .api("POST", "/api/v1/house/backup", "")
            .body
            .contains("/download/")
    );
    owner.language = "zh-CN".to_owned();
    assert!(owner.get("/admin").body.contains("这个盒子"));
}

#[test]
fn deeds_on_the_second_page_of_people_lead_back_to_it() {
    let stage = Stage::owned();
    for n in 0..=hearth::limits::ui::PEOPLE_A_PAGE {
        stage.add(&format!("Person{n:02}"), Role::Member);
    }
    let mut owner = stage.browser_of("anna");
    let page = owner.get("/admin?page=1").body;
    let last = format!("person{:02}", hearth::limits::ui::PEOPLE_A_PAGE);
    assert!(page.contains("action=\"/admin/person?page=1\"") && page.contains(&last));
    let last = id(&stage, &last).0.to_string();
    let mut deed = |deed: &str, value: &str| {
        let fields = [
            ("person", last.as_str()),
            ("deed", deed),
            ("role", value),
            ("most_mbps", value),
        ];
        post(&mut owner, "/admin", "/admin/person?page=1", &fields)
    };
    let refused = deed("bitrate", "fast");
    assert!(refused.body.contains("A number from 0.2 to 100"));
    let done = deed("role", "child");
    assert_eq!(
        (done.status, done.header("Location")),
        (303, "/admin?done=saved&page=1")
    );
}

#[test]
fn the_other_language_is_had_where_the_page_is_and_not_where_its_form_went() {
    let stage = family();
    let secret = invitation(&stage, 1);
    let mut oma = stage.browser();
    let fields = [("name", "Oma"), ("password", "short"), ("invite", &secret)];
    let refused = oma.post("/register", &fields).body;
    let link = format!("/join/{secret}?lang=zh");
    assert!(refused.contains(&format!("href=\"{link}\"")), "{refused}");
    assert_eq!(oma.get(&link).status, 200);
    let mut ben = stage.browser_of("ben");
    let wrong = [("old", "no"), ("password", "another sentence")];
    let refused = post(&mut ben, "/settings", "/settings/password", &wrong);
    assert!(refused.body.contains("href=\"/settings?lang=zh\""));
}

#[test]
fn the_fullest_studio_page_fits_a_reply() {
    let stage = family();
    let anna = id(&stage, "anna");
    stage
        .people
        .set_display_name(anna, &"宽".repeat(64))
        .unwrap();
    while stage.people.add_key(anna, &"键".repeat(32)).is_ok() {}
    stage.station.channels.lock().unwrap().push(live("anna"));
    let page = stage.browser_of("anna").get("/studio");
    assert_eq!(page.status, 200);
    assert!(
        page.body.len() + (8 << 10) < hearth::limits::ui::REPLY_BYTES_MAX,
        "{}",
        page.body.len()
    );
}

#[test]
fn the_fullest_owners_page_fits_a_reply() {
    let stage = Stage::owned();
    let mut owner = stage.browser_of("anna");
    let page = owner.get("/admin").body;
    let start = page
        .find("<li><form method=\"post\" action=\"/admin/person\">")
        .unwrap();
    let row = page[start..].split("</li>").next().unwrap();
    // The longest display name, in three bytes a letter, stands four times in a row, and the NAME twice.
    let longest = row.len() + 4 * 64 * 3 + 2 * 32 + 600;
    let list = hearth::limits::ui::PEOPLE_A_PAGE * longest;
    let invitations = hearth::limits::people::INVITATIONS_MAX * 800;
    let log = hearth::limits::ui::LOG_LINES_SHOWN * hearth::limits::ui::LOG_LINE_BYTES;
    let worst = page.len() + list + invitations + log;
    assert!(
        worst < hearth::limits::ui::REPLY_BYTES_MAX,
        "{worst}, {} a row",
        row.len()
    );
}
