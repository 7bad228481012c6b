//! Pages and API as a browser behind the edge meets them.

#![allow(clippy::unwrap_used)]

mod ui_support;

use hearth::people::Role;
use hearth::serve::station::Phase;
use hearth::serve::ui::{Access, Method, Route, routes};
use hearth::time::Mono;
use serde_json::Value;
use ui_support::{CODE, PASSWORD, Stage, live};

#[test]
fn the_first_visitor_with_the_code_owns_the_box() {
    let stage = Stage::unowned();
    let mut browser = stage.browser();
    assert_eq!(browser.get("/").header("Location"), "/setup");
    assert!(browser.get("/setup").body.contains("Your box is ready"));

    let wrong = browser.post(
        "/setup",
        &[("code", "nope"), ("name", "Anna"), ("password", PASSWORD)],
    );
    assert_eq!(wrong.status, 403);
    assert!(wrong.body.contains("This is not the code"));
    assert!(wrong.body.contains("value=\"Anna\"") && !wrong.body.contains(PASSWORD));

    let code = CODE.to_uppercase();
    let short = browser.post(
        "/setup",
        &[("code", &code), ("name", "Anna"), ("password", "short")],
    );
    assert_eq!(short.status, 422);
    assert!(short.body.contains("10 characters or more, please."));

    let done = browser.post(
        "/setup",
        &[("code", &code), ("name", "Anna"), ("password", PASSWORD)],
    );
    assert_eq!((done.status, done.header("Location")), (303, "/setup?done"));
    let cookie = done.header("Set-Cookie");
    assert!(
        cookie.contains("HttpOnly; SameSite=Lax") && !cookie.contains("Secure"),
        "{cookie}"
    );
    assert!(browser.get("/setup?done").body.contains("It is burning"));
    assert_eq!(
        stage.people.account_named("anna").unwrap().role,
        Role::Owner
    );

    let late = stage.browser().post(
        "/setup",
        &[("code", CODE), ("name", "Ben"), ("password", PASSWORD)],
    );
    assert_eq!(late.status, 409);
    assert!(late.body.contains("This box has an owner"));
    assert_eq!(stage.browser().get("/").status, 200);
}

#[test]
fn a_name_without_letters_is_asked_for_a_short_address() {
    let stage = Stage::unowned();
    let mut browser = stage.browser();
    let fields = [("code", CODE), ("name", "小雨"), ("password", PASSWORD)];
    let asked = browser.post("/setup", &fields);
    assert!(asked.body.contains("name=\"address\"") && asked.body.contains("value=\"小雨\""));
    let fields = [&fields[..], &[("address", "rain")]].concat();
    assert_eq!(browser.post("/setup", &fields).status, 303);
    assert_eq!(
        stage.people.account_named("rain").unwrap().display_name,
        "小雨"
    );
}

#[test]
fn the_setup_code_can_not_be_guessed_by_trying_fast() {
    let stage = Stage::unowned();
    let mut browser = stage.browser();
    let attempt = |code| [("code", code), ("name", "Eve"), ("password", PASSWORD)];
    for _ in 0..5 {
        assert_eq!(browser.post("/setup", &attempt("guess")).status, 403);
    }
    let slow = browser.post("/setup", &attempt(CODE));
    assert_eq!(slow.status, 429);
    assert!(slow.body.contains("Go on in 60 s"));
    *stage.station.now.lock().unwrap() = Mono(60_001);
    assert_eq!(browser.post("/setup", &attempt(CODE)).status, 303);
}

#[test]
fn people_log_in_and_out() {
    let stage = Stage::owned();
    let mut browser = stage.browser();
    assert_eq!(
        browser.get("/studio").header("Location"),
        "/login?next=/studio"
    );
    let wrong = browser.post("/login", &[("name", "Anna"), ("password", "wrong words")]);
    assert_eq!(wrong.status, 401);
    assert!(wrong.body.contains("Name and password do not match."));
    let fields = [
        ("name", "Anna"),
        ("password", PASSWORD),
        ("next", "/studio"),
    ];
    assert_eq!(
        browser.post("/login", &fields).header("Location"),
        "/studio"
    );
    let studio = browser.get("/studio");
    assert_eq!(studio.status, 200);
    let token = studio.form_token();
    assert_eq!(
        browser
            .post("/logout", &[("token", &token)])
            .header("Location"),
        "/"
    );
    assert_eq!(browser.get("/studio").status, 303);
}

#[test]
fn guessing_a_password_is_slowed_down_for_the_guesser_only() {
    let stage = Stage::owned();
    let (mut guesser, mut owner) = (stage.browser(), stage.browser());
    owner.peer = "192.168.1.3".to_owned();
    let login = |password| [("name", "anna"), ("password", password)];
    for _ in 0..5 {
        guesser.post("/login", &login("guess guess"));
    }
    let slow = guesser.post("/login", &login(PASSWORD));
    assert_eq!(slow.status, 429);
    assert!(slow.body.contains("Too many tries. Go on in 30 s."));
    assert_eq!(owner.post("/login", &login(PASSWORD)).status, 303);
}

#[test]
fn every_route_asks_who_comes() {
    let stage = Stage::owned();
    let pages = routes().filter(|route| !route.pattern.starts_with("/api/"));
    for route in pages {
        let path = route.pattern.replace("{name}", "anna");
        let mut browser = stage.browser();
        let (answer, refusal) = match route.method {
            Method::Get => (browser.get(&path), 303),
            _ => (browser.post(&path, &[]), 403),
        };
        let is_closed = route.access != Access::Anyone;
        assert_eq!(
            answer.status == refusal,
            is_closed,
            "{route:?}: {}",
            answer.status
        );
        assert_ne!(answer.status, 500, "{route:?}");
    }
}

#[test]
fn forms_from_elsewhere_are_refused_on_every_route() {
    let stage = Stage::owned();
    let is_form =
        |route: &&Route| route.method == Method::Post && !route.pattern.starts_with("/api/");
    for route in routes().filter(is_form) {
        let path = route.pattern.replace("{name}", "anna");
        let mut browser = stage.browser_of("anna");
        let token = browser.get("/settings").form_token();
        for origin in [
            Some("http://evil.example".to_owned()),
            Some("null".to_owned()),
            None,
        ] {
            browser.origin = origin;
            let answer = browser.post(&path, &[("token", &token)]);
            assert_eq!(answer.status, 403, "{route:?} {:?}", browser.origin);
        }
    }
}

#[test]
fn a_form_without_this_sessions_token_does_nothing() {
    let stage = Stage::owned();
    let mut browser = stage.browser_of("anna");
    let other = stage.browser_of("anna").get("/settings").form_token();
    for token in ["", "x", &other] {
        let answer = browser.post("/settings/name", &[("token", token), ("name", "Eve")]);
        assert_eq!(answer.status, 403);
    }
    assert_eq!(
        stage.people.account_named("anna").unwrap().display_name,
        "Anna"
    );
}

#[test]
fn a_session_that_is_renewed_breaks_neither_the_page_that_renews_it_nor_those_of_before() {
    let stage = Stage::owned();
    let mut browser = stage.browser_of("anna");
    let first = browser.cookies.clone();
    let before = browser.get("/settings").form_token();
    *stage.station.now.lock().unwrap() = Mono(16 * 24 * 60 * 60_000);
    let page = browser.get("/settings");
    let cookie = page.header("Set-Cookie").to_owned();
    assert!(cookie.starts_with("hearth_session="), "{cookie}");
    assert!(cookie.contains("; Max-Age=34560000;"), "{cookie}");
    assert_ne!(browser.cookies, first);
    for (token, name) in [(page.form_token(), "Änna"), (before, "Anne")] {
        let done = browser.post("/settings/name", &[("token", &token), ("name", name)]);
        assert_eq!(done.header("Location"), "/settings?done=name");
        let shown = stage.people.account_named("anna").unwrap().display_name;
        assert_eq!(shown, name);
    }
    *stage.station.now.lock().unwrap() = Mono(40 * 24 * 60 * 60_000);
    assert_eq!(browser.get("/settings").status, 200, "it goes on");
    browser.cookies = first;
    assert_eq!(browser.get("/settings").status, 303);
}

#[test]
fn every_page_forbids_what_it_does_not_need() {
    let stage = Stage::owned();
    let mut browser = stage.browser_of("anna");
    for path in [
        "/",
        "/@anna",
        "/studio",
        "/settings",
        "/admin",
        "/register",
        "/login",
        "/nothing",
        "/?tv=1",
        "/@anna?tv=1",
        "/?tv=old",
    ] {
        let page = browser.get(path);
        let policy = page.header("Content-Security-Policy");
        assert!(
            policy.starts_with("default-src 'none'; script-src 'self';"),
            "{path}"
        );
        assert!(!policy.contains("unsafe"), "{path}");
        assert_eq!(page.header("Cache-Control"), "no-store", "{path}");
        assert_eq!(page.header("Referrer-Policy"), "same-origin", "{path}");
        for inline in [" style=", "<style", " onclick=", "<script>", "javascript:"] {
            assert!(!page.body.contains(inline), "{path} has {inline}");
        }
        for outside in ["https://", "//cdn", "url(http"] {
            assert!(!page.body.contains(outside), "{path} has {outside}");
        }
        let links = page.body.split("/assets/").skip(1);
        for link in links {
            let link = format!("/assets/{}", link.split('"').next().unwrap());
            assert!(
                hearth::serve::assets::find(&link).is_some(),
                "{path}: {link}"
            );
        }
    }
}

#[test]
fn what_people_call_themselves_can_not_become_markup() {
    let stage = Stage::owned();
    let anna = stage.people.account_named("anna").unwrap();
    let name = "<img src=x onerror=alert(1)>\"'&";
    stage.people.set_display_name(anna.id, name).unwrap();
    stage.station.channels.lock().unwrap().push(live("anna"));
    let mut browser = stage.browser_of("anna");
    for path in [
        "/",
        "/@anna",
        "/settings",
        "/admin",
        "/studio",
        "/?tv=1",
        "/@anna?tv=1",
        "/?tv=old",
        "/@anna?tv=old",
    ] {
        assert!(!browser.get(path).body.contains("<img"), "{path}");
    }
    let api: Value = serde_json::from_str(&browser.get("/api/v1/channels/anna").body).unwrap();
    assert_eq!(api["display_name"], name);
}

#[test]
fn home_and_api_show_who_is_live() {
    let stage = Stage::owned();
    stage.add("Ben", Role::Member);
    stage.add("Gus", Role::Guest);
    let mut browser = stage.browser();
    assert!(
        browser
            .get("/")
            .body
            .contains("<section class=\"state\" id=\"quiet\">")
    );
    let mut ben = live("ben");
    ben.since = Mono(0);
    stage.station.channels.lock().unwrap().push(ben);
    *stage.station.now.lock().unwrap() = Mono(42 * 60_000);

    let home = browser.get("/").body;
    let (on_air, off_air) = home.split_once("id=\"off\"").unwrap();
    assert!(on_air.contains("/@ben") && on_air.contains("Live 42 min"));
    assert!(off_air.contains("/@anna") && !home.contains("/@gus"));

    let all: Value = serde_json::from_str(&browser.get("/api/v1/channels").body).unwrap();
    let channels = all["channels"].as_array().unwrap();
    assert_eq!(channels.len(), 2);
    assert_eq!(channels[0]["name"], "ben");
    assert_eq!(channels[0]["phase"], "live");
    assert_eq!(channels[0]["playable"], true);
    assert_eq!(channels[0]["viewers"], 7);
    assert_eq!(channels[0]["live_for_s"], 42 * 60);
    assert_eq!(channels[1]["phase"], "off");
    assert_eq!(browser.get("/api/v1/channels/gus").status, 404);
    assert_eq!(browser.get("/api/v1/channels/nobody").status, 404);
    let time: Value = serde_json::from_str(&browser.get("/api/v1/time").body).unwrap();
    assert_eq!(time["unix_ms"], 1_790_000_000_000_i64);
}

#[test]
fn the_watch_page_says_where_the_channel_stands() {
    let stage = Stage::owned();
    let mut browser = stage.browser();
    let mut state = |phase: Option<Phase>| {
        let views = phase.map(|phase| {
            let mut view = live("anna");
            view.phase = phase;
            view
        });
        *stage.station.channels.lock().unwrap() = views.into_iter().collect();
        let body = browser.get("/@anna").body;
        let state = body.split("data-state=\"").nth(1).unwrap();
        (state.split('"').next().unwrap().to_owned(), body)
    };
    assert_eq!(state(Some(Phase::Live)).0, "starting");
    assert_eq!(
        state(Some(Phase::Grace { until: Mono(9) })).0,
        "reconnecting"
    );
    assert_eq!(state(Some(Phase::Ended)).0, "off");
    let (off, body) = state(None);
    assert_eq!(off, "off");
    assert!(body.contains("Anna is off air"));
    assert_eq!(browser.get("/@nobody").status, 404);
    assert_eq!(browser.get("/@../etc").status, 404);
}

#[test]
fn the_studio_says_what_to_type_and_what_is_wrong() {
    let stage = Stage::owned();
    let anna = stage.people.account_named("anna").unwrap().id;
    let key = stage.people.keys(anna)[0].text.clone().unwrap();
    let mut browser = stage.browser_of("anna");
    let studio = browser.get("/studio").body;
    assert!(studio.contains("rtmp://hearth.local/live"));
    assert!(studio.contains(&key.grouped()));
    assert!(studio.contains(&format!("rtmp://hearth.local/live/{}", key.plain())));
    assert!(!studio.contains("A wrong key arrived") && !studio.contains("A keyframe comes"));

    let mut view = live("anna");
    view.health.keyframe_interval_ms = Some(8_300);
    view.health.video_frames = 500;
    stage.station.channels.lock().unwrap().push(view);
    *stage.station.wrong_key.lock().unwrap() = Some(("192.168.1.31".parse().unwrap(), Mono(0)));
    *stage.station.refused.lock().unwrap() = Some(("192.168.1.32".parse().unwrap(), Mono(0)));
    let studio = browser.get("/studio").body;
    assert!(studio.contains("A keyframe comes only every 8.3 s"));
    assert!(studio.contains("One thing to change"));
    let health: Value = serde_json::from_str(&browser.get("/api/v1/studio/health").body).unwrap();
    let first = &health["findings"][0];
    assert_eq!(
        (&first["code"], &first["severity"]),
        (&"keyframes".into(), &"change".into())
    );
    assert_eq!(first["values"]["ms"], 8_300);
    let part = browser.get("/studio/now");
    assert!(part.body.contains("just now from 192.168.1.31"));
    assert!(part.body.contains("from 192.168.1.32"));
    let token = part.form_token();
    browser.post("/studio/switch", &[("token", &token)]);
    assert_eq!(*stage.station.switched.lock().unwrap(), [anna]);
}

#[test]
fn a_replaced_key_ends_what_is_sent_with_it() {
    let stage = Stage::owned();
    let anna = stage.people.account_named("anna").unwrap().id;
    let old = stage.people.keys(anna)[0].clone();
    let mut browser = stage.browser_of("anna");
    let token = browser.get("/studio").form_token();
    let number = old.id.0.to_string();
    let fields = [("token", token.as_str()), ("key", number.as_str())];
    assert_eq!(
        browser.post("/studio/replace", &fields).header("Location"),
        "/studio?done=replaced"
    );
    assert_eq!(stage.people.holder_of_key(old.text.unwrap().plain()), None);
    let revoked = stage.station.revoked.lock().unwrap().clone();
    assert_eq!(revoked.len(), 1);
    assert_eq!(revoked[0].0, old.id);
    let again = browser.post("/studio/replace", &fields);
    assert_eq!(again.status, 404);
}

#[test]
fn members_do_not_reach_the_keys_of_others_and_guests_have_no_studio() {
    let stage = Stage::owned();
    stage.add("Ben", Role::Member);
    stage.add("Gus", Role::Guest);
    let anna = stage.people.account_named("anna").unwrap().id;
    let annas = stage.people.keys(anna)[0].clone();
    let number = annas.id.0.to_string();
    for (name, status) in [("ben", 404), ("gus", 403)] {
        let mut browser = stage.browser_of(name);
        let token = browser.get("/settings").form_token();
        let taken = browser.post("/studio/replace", &[("token", &token), ("key", &number)]);
        assert_eq!(taken.status, status, "{name}");
    }
    assert_eq!(stage.people.keys(anna)[0], annas);
    assert!(stage.station.revoked.lock().unwrap().is_empty());
    assert_eq!(stage.browser_of("gus").get("/studio").status, 403);
}

#[test]
fn people_change_their_name_and_password() {
    let stage = Stage::owned();
    let (mut here, mut elsewhere) = (stage.browser_of("anna"), stage.browser_of("anna"));
    let token = here.get("/settings").form_token();
    let named = here.post("/settings/name", &[("token", &token), ("name", "Änna")]);
    assert_eq!(named.header("Location"), "/settings?done=name");
    assert!(
        here.get("/settings?done=name")
            .body
            .contains("value=\"Änna\"")
    );

    let change = |old, new| [("token", token.as_str()), ("password", old), ("new", new)];
    let wrong = here.post(
        "/settings/password",
        &change("not it at all", "another sentence"),
    );
    assert!(wrong.body.contains("This is not your password."));
    let short = here.post("/settings/password", &change(PASSWORD, "short"));
    assert!(short.body.contains("10 characters or more, please."));
    let done = here.post("/settings/password", &change(PASSWORD, "another sentence"));
    assert_eq!(done.header("Location"), "/settings?done=password");
    assert_eq!(here.get("/settings").status, 200);
    assert_eq!(elsewhere.get("/settings").status, 303);
}

#[test]
fn pages_speak_the_browsers_language_or_the_chosen_one() {
    let stage = Stage::owned();
    let mut browser = stage.browser();
    browser.language = "zh-CN,zh;q=0.9,en;q=0.8".to_owned();
    let home = browser.get("/").body;
    assert!(home.contains("lang=\"zh-CN\"") && home.contains("现在很安静"));
    assert!(browser.get("/?lang=en").body.contains("It is quiet here"));
    assert!(browser.get("/").body.contains("It is quiet here"));
}

#[test]
fn bad_requests_get_an_answer_and_the_next_is_served() {
    let stage = Stage::owned();
    let mut browser = stage.browser_of("anna");
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    for (answer, status) in [
        (browser.ask("DELETE", "/", &[], ""), 405),
        (browser.ask("POST", "/", &form, ""), 405),
        (browser.ask("POST", "/login", &form, "name=%zz"), 400),
        (
            browser.ask("POST", "/login", &form, &"a".repeat(70_000)),
            413,
        ),
        (
            browser.ask(
                "POST",
                "/login",
                &[("Content-Type", "text/plain")],
                "name=a",
            ),
            415,
        ),
        (
            browser.ask("POST", "/login", &form, &"a=1&".repeat(40)),
            400,
        ),
        (browser.ask("GET", "/?lang=%ff", &[], ""), 400),
        (browser.ask("GET", "/api/v1/nothing", &[], ""), 404),
        (browser.ask("HEAD", "/", &[], ""), 200),
    ] {
        assert_eq!(answer.status, status);
    }
    assert_eq!(browser.get("/").status, 200);
}

#[test]
fn a_handler_that_panics_costs_one_request_only() {
    let stage = Stage::owned();
    let mut browser = stage.browser();
    for _ in 0..8 {
        *stage.station.broken.lock().unwrap() = true;
        let broken = browser.get("/");
        assert_eq!(broken.status, 500);
        assert!(broken.body.contains("What is live goes on."));
    }
    assert_eq!(browser.get("/").status, 200);
}

#[test]
fn the_fullest_home_page_fits_a_reply() {
    let stage = Stage::owned();
    let anna = stage.people.account_named("anna").unwrap().id;
    stage
        .people
        .set_display_name(anna, &"宽".repeat(64))
        .unwrap();
    stage.station.channels.lock().unwrap().push(live("anna"));
    let page = stage.browser().get("/").body;
    let tile = page.split("<a class=\"tile\"").nth(1).unwrap();
    let tile = tile.split("</a>").next().unwrap().len();
    // The longest NAME stands twice in a tile.
    let longest_tile = tile + 2 * 32 + 32;
    let worst = page.len() + hearth::limits::ui::LISTED_PEOPLE_MAX * longest_tile;
    assert!(worst < hearth::limits::ui::REPLY_BYTES_MAX, "{worst}");
}

#[test]
fn four_log_ins_at_once_are_all_answered() {
    let stage = Stage::owned();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let fields = [("name", "anna"), ("password", PASSWORD)];
                assert_eq!(stage.browser().post("/login", &fields).status, 303);
            });
        }
    });
}

#[test]
fn the_doctor_speaks_of_ones_own_stream_and_to_the_owner_of_any() {
    let stage = Stage::owned();
    stage.add("Ben", Role::Member);
    let mut view = live("ben");
    view.health.keyframe_interval_ms = Some(8_300);
    view.health.video_frames = 500;
    stage.station.channels.lock().unwrap().push(view);
    let of = |name: &str, path: &str, language: &str| {
        let mut browser = stage.browser_of(name);
        browser.language = language.to_owned();
        let answer = browser.get(path);
        let health: Value = serde_json::from_str(&answer.body).unwrap();
        (answer.status, health)
    };
    let (status, own) = of("ben", "/api/v1/studio/health", "zh-CN");
    assert_eq!((status, &own["live"]), (200, &true.into()));
    assert_eq!(own["findings"][0]["text"], "每 8.3 秒才有一个关键帧");
    let (status, seen) = of("anna", "/api/v1/channels/ben/health", "en");
    assert_eq!(
        (status, &seen["verdict"]),
        (200, &"One thing to change".into())
    );
    assert_eq!(of("ben", "/api/v1/channels/anna/health", "en").0, 403);
    let (status, off_air) = of("anna", "/api/v1/studio/health", "en");
    assert_eq!((status, &off_air["live"]), (200, &false.into()));
    let stranger = stage.browser().get("/api/v1/studio/health");
    assert_eq!(stranger.status, 401);
}

#[test]
fn the_studio_sets_encoders_up_without_typing() {
    let stage = Stage::owned();
    let anna = stage.people.account_named("anna").unwrap().id;
    let key = stage.people.keys(anna).remove(0);
    let plain = key.text.unwrap().plain().to_owned();
    let mut browser = stage.browser_of("anna");
    let studio = browser.get("/studio").body;
    assert!(studio.contains("larix://set/v1?conn[][url]=rtmp%3A%2F%2F"));
    assert!(
        studio.contains("<svg class=\"qr\"")
            && studio.contains(" ffmpeg") | studio.contains(">ffmpeg ")
    );
    let profile = browser.ask(
        "HEAD",
        &format!("/studio/obs-profile.zip?key={}", key.id.0),
        &[],
        "",
    );
    assert_eq!(
        (profile.status, profile.header("Content-Type")),
        (200, "application/zip")
    );
    assert!(
        profile
            .header("Content-Disposition")
            .contains("hearth-obs.zip")
    );
    assert_eq!(browser.get("/studio/obs-profile.zip?key=999").status, 404);
    // What stands open in the page is masked: a screen may be what is being streamed.
    let read = studio
        .split("data-secret=\"")
        .map(|part| part.split_once('"').map_or(part, |(_, rest)| rest));
    let open: String = read.collect();
    let outside_links = open
        .split("href=\"")
        .map(|part| part.split_once('"').map_or(part, |(_, rest)| rest));
    assert!(!outside_links.collect::<String>().contains(&plain));
}

#[test]
fn wrong_keys_are_listed_when_there_are_several() {
    let stage = Stage::owned();
    let wrong = |last: u8, begins: &str| hearth::serve::station::WrongKey {
        address: std::net::IpAddr::from([192, 168, 1, last]),
        at: Mono(0),
        begins: begins.parse().unwrap(),
    };
    *stage.station.wrong_keys.lock().unwrap() = vec![wrong(31, "abcd"), wrong(32, "")];
    *stage.station.wrong_key.lock().unwrap() = Some((wrong(31, "").address, Mono(0)));
    let part = stage.browser_of("anna").get("/studio/now").body;
    assert!(
        part.contains("just now from 192.168.1.31, beginning with “abcd”"),
        "{part}"
    );
    assert!(
        part.contains("<li>just now from 192.168.1.32</li>"),
        "{part}"
    );
}

#[test]
fn a_page_is_sent_small_to_who_reads_gzip() {
    let stage = Stage::owned();
    let mut browser = stage.browser();
    let plain = browser.get("/login");
    assert_eq!(plain.header("Content-Encoding"), "");
    let packed = browser.ask("GET", "/login", &[("Accept-Encoding", "br, gzip")], "");
    assert_eq!(
        (packed.status, packed.header("Content-Encoding")),
        (200, "gzip")
    );
    // Bytes that are no text come as one character each.
    let bytes: Vec<u8> = packed
        .body
        .chars()
        .map(|c| u8::try_from(u32::from(c)).unwrap())
        .collect();
    assert!(bytes.len() < plain.body.len() / 2, "{} bytes", bytes.len());
    let mut page = String::new();
    std::io::Read::read_to_string(
        &mut flate2::read::GzDecoder::new(bytes.as_slice()),
        &mut page,
    )
    .unwrap();
    assert_eq!(page, plain.body);
    let small = browser.ask("GET", "/api/v1/time", &[("Accept-Encoding", "gzip")], "");
    assert_eq!(small.header("Content-Encoding"), "");
}
