//! What people do with channels, by pages and by API, and who may: one test a rule.

#![allow(clippy::unwrap_used, clippy::panic)]

mod ui_support;

use hearth::people::Role;
use hearth::serve::events::{Audience, Event};
use hearth::time::Mono;
use serde_json::{Value, json};
use ui_support::{Answer, Browser, PASSWORD, Stage, live};

/// Anna owns the house; Ben and Mei are members, Gus is a guest, Kim a child.
fn household() -> Stage {
    let stage = Stage::owned();
    for (name, role) in [
        ("Ben", Role::Member),
        ("Mei", Role::Member),
        ("Gus", Role::Guest),
        ("Kim", Role::Child),
    ] {
        stage.add(name, role);
    }
    stage
}

/// Asks the API as this person's page would.
fn ask(browser: &mut Browser, method: &str, path: &str, body: Value) -> (u16, Value) {
    let token = match browser.cookies.iter().any(|(n, _)| n == "hearth_session") {
        true => browser.get("/settings").form_token(),
        false => String::new(),
    };
    let headers = [
        ("Content-Type", "application/json"),
        ("X-Hearth-Token", &token),
    ];
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    let answer = browser.ask(method, path, &headers, &body);
    (answer.status, parsed(&answer))
}

fn parsed(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap_or_else(|_| panic!("{answer:?}"))
}

fn names(list: &Value) -> Vec<&str> {
    let all = list.as_array().unwrap().iter();
    all.map(|it| it["name"].as_str().unwrap()).collect()
}

fn told(stage: &Stage) -> Vec<Event> {
    std::mem::take(&mut *stage.station.published.lock().unwrap())
}

fn data(event: &Event) -> Value {
    serde_json::from_str(&event.data).unwrap()
}

#[test]
fn following_is_one_press_each_way_and_comes_first_on_the_home_page() {
    let stage = household();
    let mut ben = stage.browser_of("ben");
    let page = ben.get("/@mei");
    assert!(page.body.contains("Follow Mei to be told next time."));
    let token = page.form_token();
    let press = [("follow", "1"), ("token", token.as_str())];
    assert_eq!(ben.post("/@mei/follow", &press).header("Location"), "/@mei");
    let page = ben.get("/@mei").body;
    assert!(page.contains("You will be told next time.") && page.contains("1 follower"));
    assert!(page.contains("data-followed=\"mei\""));

    let (_, followed) = ask(
        &mut stage.browser_of("kim"),
        "PUT",
        "/api/v1/channels/mei/follow",
        Value::Null,
    );
    assert_eq!(followed["told"], "You and Ben will be told next time.");
    ask(
        &mut stage.browser_of("gus"),
        "PUT",
        "/api/v1/channels/mei/follow",
        Value::Null,
    );
    let (_, again) = ask(&mut ben, "PUT", "/api/v1/channels/mei/follow", Value::Null);
    assert_eq!(
        again["told"],
        "You, Gus and 1 other will be told next time."
    );
    assert_eq!(again["followers"], 3);

    stage
        .station
        .channels
        .lock()
        .unwrap()
        .extend([live("anna"), live("mei")]);
    let home = ben.get("/").body;
    assert!(home.find("href=\"/@mei\"").unwrap() < home.find("href=\"/@anna\"").unwrap());
    assert!(home.contains("tile tile-first\" href=\"/@mei\""));
    assert!(
        !stage
            .browser()
            .get("/")
            .body
            .contains("tile tile-first\" href")
    );

    let (status, gone) = ask(
        &mut ben,
        "DELETE",
        "/api/v1/channels/mei/follow",
        Value::Null,
    );
    assert_eq!((status, &gone["follows"]), (200, &json!(false)));
    assert_eq!(
        ask(&mut ben, "PUT", "/api/v1/channels/ben/follow", Value::Null).0,
        404
    );
    assert_eq!(
        ask(
            &mut stage.browser(),
            "PUT",
            "/api/v1/channels/mei/follow",
            Value::Null
        )
        .0,
        401
    );
}

#[test]
fn followers_are_for_whose_channel_it_is_and_the_owner() {
    let stage = household();
    let mei = stage.people.account_named("mei").unwrap().id;
    let ben = stage.people.account_named("ben").unwrap().id;
    stage.people.follow(ben, mei).unwrap();
    let path = "/api/v1/channels/mei/followers";
    for (name, status) in [("mei", 200), ("anna", 200), ("ben", 403), ("gus", 403)] {
        assert_eq!(stage.browser_of(name).get(path).status, status, "{name}");
    }
    let list = parsed(&stage.browser_of("mei").get(path));
    assert_eq!(names(&list["people"]), ["ben"]);
    let page = stage.browser_of("mei").get("/settings/channel").body;
    assert!(page.contains("Who follows you") && page.contains("Ben"));
}

#[test]
fn a_comment_reaches_those_who_watch_with_its_place_in_the_stream() {
    let stage = household();
    stage.station.channels.lock().unwrap().push(live("mei"));
    *stage.station.now.lock().unwrap() = Mono(760_000);
    let said = json!({"text": "好漂亮的碗 <b>&", "behind_ms": 10_000});
    let (status, comment) = ask(
        &mut stage.browser_of("ben"),
        "POST",
        "/api/v1/channels/mei/comments",
        said,
    );
    assert_eq!(status, 201);
    assert_eq!(comment["stream_ms"], 750_000);
    assert_eq!(
        (&comment["when"], &comment["lang"]),
        (&json!("12:30"), &json!("zh-CN"))
    );
    let events = told(&stage);
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].kind, "comment");
    assert_eq!(events[0].audience, Audience::Watching("mei".into()));
    assert_eq!(data(&events[0])["text"], "好漂亮的碗 <b>&");
    let page = stage.browser().get("/@mei").body;
    assert!(page.contains("好漂亮的碗 &#60;b&#62;&#38;") && page.contains("lang=\"zh-CN\""));
    assert!(page.contains("12:30") && !page.contains("<b>&"));
    // Off air, and in another stream, the place says nothing any more.
    stage.station.channels.lock().unwrap().clear();
    assert!(!stage.browser().get("/@mei").body.contains("12:30"));
}

#[test]
fn the_longest_comment_fits_an_event_and_many_of_them_a_page() {
    let stage = household();
    let ben = stage.people.account_named("ben").unwrap().id;
    stage.people.set_display_name(ben, &"<".repeat(64)).unwrap();
    let mut browser = stage.browser_of("ben");
    for round in 0..60 {
        *stage.station.now.lock().unwrap() = Mono(round * 2_000);
        let said = json!({"text": "<".repeat(500)});
        assert_eq!(
            ask(&mut browser, "POST", "/api/v1/channels/mei/comments", said).0,
            201
        );
    }
    for event in told(&stage) {
        assert!(event.data.len() <= hearth::limits::events::EVENT_BYTES);
    }
    let page = browser.get("/@mei");
    assert_eq!(page.status, 200);
    assert!(page.body.contains("Show earlier"));
    let mut before = String::new();
    let mut seen = 0;
    loop {
        let answer = browser.get(&format!("/api/v1/channels/mei/comments?limit=100{before}"));
        assert_eq!(answer.status, 200);
        let answer = parsed(&answer);
        seen += answer["comments"].as_array().unwrap().len();
        match answer["before"].as_u64() {
            Some(number) => before = format!("&before={number}"),
            None => break,
        }
    }
    assert_eq!(seen, 60);
}

#[test]
fn who_is_too_fast_is_told_when_to_go_on_and_keeps_the_words() {
    let stage = household();
    let mut ben = stage.browser_of("ben");
    let token = ben.get("/settings").form_token();
    let say = |text| [("text", text), ("token", token.as_str())];
    for _ in 0..3 {
        assert_eq!(ben.post("/@mei/comments", &say("hello")).status, 303);
    }
    let slow = ben.post("/@mei/comments", &say("kept \"words\""));
    assert_eq!(slow.status, 429);
    assert!(slow.body.contains("One moment, then send again (2 s)."));
    assert!(slow.body.contains("value=\"kept &#34;words&#34;\""));
    let (status, problem) = ask(
        &mut ben,
        "POST",
        "/api/v1/channels/mei/comments",
        json!({"text": "x"}),
    );
    assert_eq!((status, &problem["retry_after_s"]), (429, &json!(2)));
    let (status, problem) = ask(
        &mut ben,
        "POST",
        "/api/v1/channels/mei/comments",
        json!({"text": " \u{200b}"}),
    );
    assert_eq!((status, &problem["field"]), (422, &json!("text")));
}

#[test]
fn guests_and_children_have_no_field_but_the_reason() {
    let stage = household();
    for (name, words) in [
        ("gus", "Guests watch. Ask the owner if you want to comment."),
        ("kim", "Comments are for the grown-ups here."),
    ] {
        let mut browser = stage.browser_of(name);
        let page = browser.get("/@mei").body;
        assert!(
            page.contains(words) && !page.contains("id=\"say\""),
            "{name}"
        );
        let (status, problem) = ask(
            &mut browser,
            "POST",
            "/api/v1/channels/mei/comments",
            json!({"text": "x"}),
        );
        assert_eq!((status, &problem["error"]), (403, &json!(words)));
    }
    let page = stage.browser().get("/@mei").body;
    assert!(page.contains("Log in to comment.") && !page.contains("id=\"say\""));
}

#[test]
fn comments_are_removed_by_their_author_the_host_and_the_owner_alone() {
    let stage = household();
    for (by, status) in [
        ("ben", 200),
        ("mei", 200),
        ("anna", 200),
        ("gus", 403),
        ("kim", 403),
    ] {
        let now = stage.station.now.lock().unwrap().plus(60_000);
        *stage.station.now.lock().unwrap() = now;
        let said = json!({"text": "spoiler"});
        let (_, comment) = ask(
            &mut stage.browser_of("ben"),
            "POST",
            "/api/v1/channels/mei/comments",
            said,
        );
        told(&stage);
        let path = format!("/api/v1/channels/mei/comments/{}", comment["id"]);
        let mut browser = stage.browser_of(by);
        assert_eq!(
            ask(&mut browser, "DELETE", &path, Value::Null).0,
            status,
            "{by}"
        );
        let events = told(&stage);
        assert_eq!(events.len(), usize::from(status == 200));
        for gone in &events {
            assert_eq!(
                (gone.kind, &data(gone)["id"]),
                ("comment-gone", &comment["id"])
            );
        }
    }
    let page = stage.browser_of("ben").get("/@mei").body;
    assert!(page.contains("Removed by Mei") && page.contains("spoiler"));
}

#[test]
fn the_host_and_the_owner_mute_people_and_nobody_mutes_them() {
    let stage = household();
    let muting = |by: &str, who: &str, method: &str| {
        let path = format!("/api/v1/channels/mei/mutes/{who}");
        ask(&mut stage.browser_of(by), method, &path, Value::Null).0
    };
    for (by, who, status) in [
        ("ben", "kim", 403),
        ("mei", "anna", 403),
        ("anna", "mei", 403),
        ("mei", "nobody", 404),
        ("mei", "ben", 200),
        ("anna", "gus", 200),
    ] {
        assert_eq!(muting(by, who, "PUT"), status, "{by} {who}");
    }
    let mut ben = stage.browser_of("ben");
    let (status, problem) = ask(
        &mut ben,
        "POST",
        "/api/v1/channels/mei/comments",
        json!({"text": "x"}),
    );
    assert_eq!((status, &problem["code"]), (403, &json!("muted")));
    assert!(
        ben.get("/@mei")
            .body
            .contains("Comments are switched off for you here.")
    );
    let list = parsed(&stage.browser_of("mei").get("/api/v1/channels/mei/mutes"));
    assert_eq!(names(&list["people"]), ["ben", "gus"]);
    assert_eq!(ben.get("/api/v1/channels/mei/mutes").status, 403);

    let mut mei = stage.browser_of("mei");
    let page = mei.get("/settings/channel");
    assert!(page.body.contains("Let Ben comment"));
    let token = page.form_token();
    let give_back = [("unmute", "ben"), ("token", token.as_str())];
    assert_eq!(mei.post("/@mei/moderate", &give_back).status, 303);
    assert_eq!(
        ask(
            &mut ben,
            "POST",
            "/api/v1/channels/mei/comments",
            json!({"text": "x"})
        )
        .0,
        201
    );
}

#[test]
fn a_channels_words_are_set_by_its_owner_and_shown_everywhere() {
    let stage = household();
    let mut mei = stage.browser_of("mei");
    let token = mei.get("/settings/channel").form_token();
    let words = [
        ("title", "番茄炒蛋"),
        ("tags", "Cooking， kitchen、"),
        ("description", "Tomatoes\n\nand <eggs>"),
        ("visibility", "household"),
        ("token", token.as_str()),
    ];
    let done = mei.post("/settings/channel", &words);
    assert_eq!(
        (done.status, done.header("Location")),
        (303, "/settings/channel?done")
    );
    let events = told(&stage);
    assert_eq!((events.len(), events[0].kind), (1, "channel"));
    assert_eq!(data(&events[0])["title"], "番茄炒蛋");
    let page = stage.browser().get("/@mei").body;
    assert!(page.contains("and &#60;eggs&#62;") && page.contains("href=\"/tags/cooking\""));
    let api = parsed(&stage.browser().get("/api/v1/channels/mei"));
    assert_eq!(api["tags"], json!(["cooking", "kitchen"]));

    let (status, _) = ask(
        &mut stage.browser_of("ben"),
        "PUT",
        "/api/v1/channels/mei",
        json!({"title": "mine"}),
    );
    assert_eq!(status, 403);
    let (status, now) = ask(
        &mut stage.browser_of("anna"),
        "PUT",
        "/api/v1/channels/mei",
        json!({"title": "Eggs"}),
    );
    assert_eq!(
        (status, &now["title"], &now["tags"]),
        (200, &json!("Eggs"), &json!(["cooking", "kitchen"]))
    );
    let (status, problem) = ask(
        &mut mei,
        "PUT",
        "/api/v1/channels/mei",
        json!({"title": "x".repeat(121)}),
    );
    assert_eq!((status, &problem["field"]), (422, &json!("title")));
    assert_eq!(stage.browser_of("gus").get("/settings/channel").status, 403);
}

#[test]
fn tags_and_search_find_what_one_may_see() {
    let stage = household();
    let mut mei = stage.browser_of("mei");
    let words = json!({"title": "Eggs and 番茄", "tags": ["cooking"]});
    ask(&mut mei, "PUT", "/api/v1/channels/mei", words.clone());
    ask(
        &mut stage.browser_of("ben"),
        "PUT",
        "/api/v1/channels/ben",
        json!({"tags": ["cooking"], "visibility": "members"}),
    );
    let mut stranger = stage.browser();
    let found = |browser: &mut Browser, path: &str| {
        let list = parsed(&browser.get(path));
        let mut found: Vec<String> = names(&list["channels"])
            .iter()
            .map(|n| (*n).to_owned())
            .collect();
        found.sort();
        found
    };
    assert_eq!(found(&mut stranger, "/api/v1/tags/cooking"), ["mei"]);
    assert_eq!(found(&mut mei, "/api/v1/tags/cooking"), ["ben", "mei"]);
    assert_eq!(
        parsed(&stranger.get("/api/v1/tags"))["tags"],
        json!([{"tag": "cooking", "channels": 1}])
    );
    assert_eq!(found(&mut stranger, "/api/v1/search?q=%E7%95%AA"), ["mei"]);
    assert!(found(&mut stranger, "/api/v1/search?q=ben").is_empty());
    assert_eq!(
        found(&mut stage.browser_of("kim"), "/api/v1/search?q=ben"),
        ["ben"]
    );
    assert!(found(&mut stage.browser_of("gus"), "/api/v1/search?q=ben").is_empty());
    let page = stranger.get("/search?q=EGGS").body;
    assert!(page.contains("1 found") && page.contains("href=\"/@mei\""));
    assert!(
        stranger
            .get("/search?q=%3Cb%3E")
            .body
            .contains("Nobody and nothing found.")
    );
    let page = stranger.get("/tags/cooking").body;
    assert!(
        page.contains("href=\"/@mei\"")
            && !page.contains("@ben")
            && !page.contains("href=\"/@anna\"")
    );
}

/// Everything of a channel that somebody could ask pages and API for.
const ROWS: [&str; 8] = [
    "/@mei",
    "/@mei?tv=1",
    "/api/v1/channels/mei",
    "/api/v1/channels/mei/comments",
    "/api/v1/channels/mei/followers",
    "/api/v1/channels/mei/mutes",
    "/api/v1/channels/mei/health",
    "/pictures/channels/mei/00112233445566778899aabbccddeeff",
];

#[test]
fn what_is_for_members_is_not_there_for_strangers_and_guests() {
    let stage = household();
    let mut mei = stage.browser_of("mei");
    ask(
        &mut mei,
        "POST",
        "/api/v1/channels/mei/comments",
        json!({"text": "our secret"}),
    );
    told(&stage);
    ask(
        &mut mei,
        "PUT",
        "/api/v1/channels/mei",
        json!({"title": "Family only", "visibility": "members"}),
    );
    let kinds: Vec<(&str, Audience)> = told(&stage)
        .into_iter()
        .map(|e| (e.kind, e.audience))
        .collect();
    assert_eq!(
        kinds,
        [
            ("channel", Audience::Everyone),
            ("channel", Audience::Members),
            ("access", Audience::Showing("mei".into())),
        ]
    );
    stage.station.channels.lock().unwrap().push(live("mei"));
    for mut browser in [stage.browser(), stage.browser_of("gus")] {
        for row in ROWS {
            let nobody = browser.get(&row.replace("mei", "nobody"));
            let answer = browser.get(row);
            assert!(
                !answer.body.contains("Family") && !answer.body.contains("secret"),
                "{row}"
            );
            assert_eq!(answer.status, nobody.status, "{row}");
            assert_eq!(answer.body, nobody.body.replace("nobody", "mei"), "{row}");
        }
        for list in ["/", "/api/v1/channels", "/?tv=1", "/api/v1/search?q=mei"] {
            assert!(!browser.get(list).body.contains("mei"), "{list}");
        }
        let (status, _) = ask(
            &mut browser,
            "POST",
            "/api/v1/channels/mei/comments",
            json!({"text": "x"}),
        );
        assert!(status == 404 || status == 401);
        let (status, _) = ask(
            &mut browser,
            "POST",
            "/api/v1/channels/mei/pass",
            json!({"phrase": "x"}),
        );
        assert_eq!(status, 404);
    }
    let mut kim = stage.browser_of("kim");
    let channel = parsed(&kim.get("/api/v1/channels/mei"));
    let base = channel["base"].as_str().unwrap();
    let pass = base
        .strip_prefix("/live/mei/~")
        .unwrap()
        .trim_end_matches('/');
    assert!(stage.people.may_watch("mei", pass, Mono(0)));
    assert!(
        kim.get("/@mei")
            .body
            .contains(&format!("data-base=\"{base}"))
    );
    // Who is no member any more has no pass any more.
    let (anna, id) = (
        stage.people.account_named("anna").unwrap().id,
        stage.people.account_named("kim").unwrap().id,
    );
    stage.people.set_role(anna, id, Role::Guest).unwrap();
    assert!(!stage.people.may_watch("mei", pass, Mono(0)));
}

#[test]
fn a_pass_phrase_lets_in_and_a_new_one_shuts_out() {
    let stage = household();
    let mut mei = stage.browser_of("mei");
    let lock = |mei: &mut Browser, phrase: &str| {
        let (status, _) = ask(
            mei,
            "PUT",
            "/api/v1/channels/mei",
            json!({"title": "Gifts", "visibility": "phrase", "phrase": phrase}),
        );
        assert_eq!(status, 200);
    };
    let (status, problem) = ask(
        &mut mei,
        "PUT",
        "/api/v1/channels/mei",
        json!({"visibility": "phrase"}),
    );
    assert_eq!((status, &problem["field"]), (422, &json!("phrase")));
    lock(&mut mei, "Open Sesame");
    stage.station.channels.lock().unwrap().push(live("mei"));

    let mut stranger = stage.browser();
    for row in ROWS {
        let answer = stranger.get(row);
        assert!(
            !answer.body.contains("Gifts") && !answer.body.contains("viewers"),
            "{row}"
        );
    }
    assert_eq!(stranger.get("/api/v1/channels/mei").status, 404);
    assert!(
        stranger
            .get("/@mei")
            .body
            .contains("This channel asks for a pass-phrase")
    );
    let wrong = stranger.post("/@mei/pass", &[("phrase", "guess")]);
    assert_eq!(wrong.status, 422);
    assert!(wrong.body.contains("This is not the pass-phrase."));
    let right = stranger.post("/@mei/pass", &[("phrase", "open sesame")]);
    assert_eq!((right.status, right.header("Location")), (303, "/@mei"));
    assert!(
        right
            .header("Set-Cookie")
            .contains("HttpOnly; SameSite=Lax")
    );
    let channel = parsed(&stranger.get("/api/v1/channels/mei"));
    assert_eq!(channel["title"], "Gifts");
    let pass = channel["base"]
        .as_str()
        .unwrap()
        .replace("/live/mei/~", "")
        .replace('/', "");
    assert!(stage.people.may_watch("mei", &pass, Mono(0)));
    let by_query = stage
        .browser()
        .get(&format!("/api/v1/channels/mei?pass={pass}"));
    assert_eq!(by_query.status, 200);
    // Members need it too; the owner of the house does not.
    assert_eq!(
        stage.browser_of("ben").get("/api/v1/channels/mei").status,
        404
    );
    assert_eq!(
        stage.browser_of("anna").get("/api/v1/channels/mei").status,
        200
    );

    told(&stage);
    lock(&mut mei, "quite another");
    assert_eq!(told(&stage).last().unwrap().kind, "access");
    assert_eq!(stranger.get("/api/v1/channels/mei").status, 404);
    assert!(!stage.people.may_watch("mei", &pass, Mono(0)));

    let mut guesser = stage.browser();
    guesser.peer = "192.168.1.66".to_owned();
    for _ in 0..5 {
        assert_eq!(
            guesser.post("/@mei/pass", &[("phrase", "guess")]).status,
            422
        );
    }
    let slow = guesser.post("/@mei/pass", &[("phrase", "quite another")]);
    assert_eq!(slow.status, 429);
    assert!(slow.body.contains("Too many tries."));
}

#[test]
fn a_channel_form_that_is_refused_changes_nothing() {
    let stage = household();
    let mut mei = stage.browser_of("mei");
    let token = mei.get("/settings/channel").form_token();
    let before = [
        ("title", "Before"),
        ("tags", "old"),
        ("visibility", "household"),
        ("token", token.as_str()),
    ];
    assert_eq!(mei.post("/settings/channel", &before).status, 303);
    told(&stage);
    for (visibility, phrase) in [("phrase", "abc"), ("phrase", ""), ("nobody", "")] {
        let after = [
            ("title", "After"),
            ("tags", "new"),
            ("visibility", visibility),
            ("phrase", phrase),
            ("token", token.as_str()),
        ];
        let refused = mei.post("/settings/channel", &after);
        assert_eq!(refused.status, 422, "{visibility} {phrase}");
        assert!(refused.body.contains("value=\"After\""), "what was typed");
        let channel = parsed(&mei.get("/api/v1/channels/mei"));
        assert_eq!(channel["title"], "Before", "{visibility} {phrase}");
        assert_eq!(channel["tags"], json!(["old"]));
    }
    let bad_title = json!({"title": "x".repeat(500), "visibility": "phrase", "phrase": "sesame"});
    let (status, _) = ask(&mut mei, "PUT", "/api/v1/channels/mei", bad_title);
    assert_eq!(status, 422);
    let stranger = stage.browser().get("/api/v1/channels/mei");
    assert_eq!(stranger.status, 200, "it was not closed either");
    assert!(told(&stage).is_empty());
}

#[test]
fn a_channel_that_goes_away_is_taken_off_the_pages_of_who_saw_it() {
    let stage = household();
    let gone = json!({"name": "mei", "phase": "off", "hidden": true});
    let id = |name: &str| stage.people.account_named(name).unwrap().id.0;
    let mut anna = stage.browser_of("anna");
    let news = |stage: &Stage| -> Vec<(Value, Audience)> {
        let all = told(stage).into_iter();
        let of_channels = all.filter(|event| event.kind == "channel");
        of_channels
            .map(|event| (data(&event), event.audience))
            .collect()
    };
    let role = |browser: &mut Browser, role: &str| {
        let path = format!("/api/v1/people/{}", id("mei"));
        assert_eq!(ask(browser, "PUT", &path, json!({"role": role})).0, 200);
    };
    told(&stage);
    role(&mut anna, "guest");
    assert_eq!(news(&stage), [(gone.clone(), Audience::Everyone)]);
    role(&mut anna, "child");
    assert!(news(&stage).is_empty(), "there was none to take away");
    role(&mut anna, "member");
    let mut mei = stage.browser_of("mei");
    let members = json!({"visibility": "members"});
    ask(&mut mei, "PUT", "/api/v1/channels/mei", members);
    told(&stage);
    let path = format!("/api/v1/people/{}", id("mei"));
    assert_eq!(ask(&mut anna, "DELETE", &path, Value::Null).0, 200);
    assert_eq!(news(&stage), [(gone, Audience::Members)]);

    let mut ben = stage.browser_of("ben");
    let phrase = json!({"visibility": "phrase", "phrase": "open sesame"});
    ask(&mut ben, "PUT", "/api/v1/channels/ben", phrase.clone());
    told(&stage);
    // Passes for the old one count no more: who holds one is told with everybody.
    ask(&mut ben, "PUT", "/api/v1/channels/ben", phrase);
    let gone = json!({"name": "ben", "phase": "off", "hidden": true});
    assert_eq!(news(&stage)[0], (gone.clone(), Audience::Everyone));
    let token = ben.get("/settings").form_token();
    let leave = [("password", PASSWORD), ("token", token.as_str())];
    ben.post("/settings/delete", &leave);
    assert!(stage.people.account_named("ben").is_none());
    assert_eq!(news(&stage), [(gone, Audience::Everyone)]);
}

#[test]
fn a_channel_that_closes_lets_its_followers_go_and_does_not_say_that_it_is_there() {
    let stage = household();
    let ids = ["mei", "gus"].map(|name| stage.people.account_named(name).unwrap().id);
    let mut gus = stage.browser_of("gus");
    let row = "/api/v1/channels/mei/follow";
    assert_eq!(ask(&mut gus, "PUT", row, Value::Null).0, 200);
    let close = |visibility| {
        let mut mei = stage.browser_of("mei");
        let closed = json!({"visibility": visibility, "phrase": "open sesame"});
        assert_eq!(ask(&mut mei, "PUT", "/api/v1/channels/mei", closed).0, 200);
    };
    close("members");
    assert!(stage.people.follows(ids[1], ids[0]));
    assert_eq!(ask(&mut gus, "PUT", row, Value::Null).0, 404);
    let left = ask(&mut gus, "DELETE", row, Value::Null);
    assert!(!stage.people.follows(ids[1], ids[0]));
    let nobody = "/api/v1/channels/nobody/follow";
    assert_eq!(left, ask(&mut gus, "DELETE", nobody, Value::Null));
    assert_eq!((left.0, &left.1["follows"]), (200, &json!(false)));

    close("household");
    ask(&mut gus, "PUT", row, Value::Null);
    close("phrase");
    let token = gus.get("/settings").form_token();
    let press = [("follow", "0"), ("token", token.as_str())];
    for name in ["mei", "nobody"] {
        let done = gus.post(&format!("/@{name}/follow"), &press);
        assert_eq!((done.status, done.header("Location")), (303, "/"), "{name}");
    }
    assert!(!stage.people.follows(ids[1], ids[0]));
}

#[test]
fn a_channels_picture_is_kept_by_its_hash_and_for_its_viewers() {
    let stage = household();
    let mut mei = stage.browser_of("mei");
    let token = mei.get("/settings").form_token();
    let headers = [
        ("Content-Type", "image/png"),
        ("X-Hearth-Token", token.as_str()),
    ];
    let refused = mei.ask(
        "PUT",
        "/api/v1/channels/mei/picture",
        &headers,
        "no picture",
    );
    assert_eq!(
        (refused.status, &parsed(&refused)["field"]),
        (422, &json!("picture"))
    );
    let png = "\u{0}\u{0}\u{0}\u{d}IHDR\u{0}\u{0}\u{0}\u{8}\u{0}\u{0}\u{0}\u{8}\u{8}\u{2}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}";
    let id = stage.people.account_named("mei").unwrap().id;
    let bytes = [&b"\x89PNG\r\n\x1a\n"[..], png.as_bytes()].concat();
    let of = hearth::people::PictureOf::Channel(id);
    stage.people.set_picture(id, of, &bytes).unwrap();
    let address = parsed(&mei.get("/api/v1/channels/mei"))["channel_picture"].clone();
    let address = address.as_str().unwrap();
    assert!(address.starts_with("/pictures/channels/mei/"));
    let (status, gone) = ask(
        &mut mei,
        "DELETE",
        "/api/v1/channels/mei/picture",
        Value::Null,
    );
    assert_eq!((status, &gone["picture"]), (200, &json!("")));
    assert_eq!(mei.get(address).status, 404);
}
