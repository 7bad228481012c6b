//! Who may do what: every route of the UI and of the edge, asked by everybody.

#![allow(clippy::unwrap_used)]

mod daemon_support;
mod ui_support;

use daemon_support::{Home, request};
use hearth::people::{NewAccount, NewComment, PictureOf, Role};
use hearth::serve::ui::{Method, routes};
use std::collections::BTreeSet;
use ui_support::{Answer, Browser, Stage, live};

/// Somebody without a session, a guest, a child, a member, the member whose channel, key and so on it is, the owner of the house.
const PEOPLE: [&str; 6] = ["", "gus", "kim", "ben", "cleo", "anna"];

/// What each of them is answered, in this order. Places: `{name}` is cleo's channel, `{id}` of a key or a comment hers, any other one
/// that of nobody; bodies say next to nothing, so that 422, 404, 409 and 410 come from behind the door.
const TABLE: &str = include_str!("fixtures/access.txt");

#[derive(Debug, PartialEq, Eq)]
struct Row {
    method: String,
    pattern: String,
    statuses: Vec<u16>,
}

fn table(of: &str) -> Vec<Row> {
    let lines = TABLE.lines().skip_while(|line| *line != of).skip(1);
    let lines = lines
        .take_while(|line| !line.starts_with('['))
        .filter(|line| !line.is_empty());
    let row = |line: &str| {
        let mut words = line.split_whitespace().map(str::to_owned);
        Row {
            method: words.next().unwrap(),
            pattern: words.next().unwrap(),
            statuses: words.map(|word| word.parse().unwrap()).collect(),
        }
    };
    lines.map(row).collect()
}

/// A house with one of each, a comment on cleo's channel, and mara, whose channel is for members.
fn house() -> Stage {
    let stage = Stage::owned();
    stage.add("Ben", Role::Member);
    stage.add("Cleo", Role::Member);
    stage.add("Gus", Role::Guest);
    stage.add("Kim", Role::Child);
    let mara = stage.add("Mara", Role::Member);
    stage.people.set_open(mara, mara, true).unwrap();
    for channel in ["cleo", "mara"] {
        let account = |name| stage.people.account_named(name).unwrap().id;
        let new = NewComment {
            author: account("anna"),
            channel: account(channel),
            text: "hello",
            position: None,
            has_pass: true,
        };
        let now = *stage.station.now.lock().unwrap();
        stage.people.comment(new, now).unwrap();
        stage.station.now.lock().unwrap().0 += 60_000;
    }
    stage
}

fn place(stage: &Stage, pattern: &str) -> String {
    let cleo = stage.people.account_named("cleo").unwrap().id;
    let id = match pattern {
        _ if pattern.contains("/keys/") => {
            // An earlier row may have taken it away.
            if stage.people.keys(cleo).is_empty() {
                stage.people.add_key(cleo, "one more").unwrap();
            }
            stage.people.keys(cleo)[0].id.0.to_string()
        }
        _ if pattern.contains("/comments/") => {
            let comments = stage.people.comments(cleo, None, 1).unwrap();
            comments[0].id.to_string()
        }
        _ => "999".to_owned(),
    };
    let path = pattern.replace("{name}", "cleo").replace("{id}", &id);
    let path = path
        .replace("{person}", "kim")
        .replace("{hash}", &"a".repeat(16));
    path.replace("{tag}", "cats").replace("{secret}", "nothing")
}

/// As this person's own page asks it, with the token that it has.
fn ask(browser: &mut Browser, method: &str, pattern: &str, path: &str) -> Answer {
    let me = browser.get("/api/v1/me");
    let me: serde_json::Value = serde_json::from_str(&me.body).unwrap();
    let token = me["form_token"].as_str().unwrap_or_default().to_owned();
    let (kind, body) = match pattern {
        _ if method == "GET" => ("text/plain", String::new()),
        "/api/v1/channels/{name}/comments" => ("application/json", r#"{"text":"hi"}"#.to_owned()),
        _ if pattern.starts_with("/api/") => ("application/json", "{}".to_owned()),
        _ => (
            "application/x-www-form-urlencoded",
            format!("token={token}&text=hi&mute=kim"),
        ),
    };
    let headers = [("Content-Type", kind), ("X-Hearth-Token", token.as_str())];
    browser.ask(method, path, &headers, &body)
}

fn browser_of(stage: &Stage, name: &str) -> Browser {
    match name {
        "" => stage.browser(),
        name => stage.browser_of(name),
    }
}

#[test]
fn every_route_lets_in_whom_the_table_says_and_nobody_else() {
    let stage = house();
    let mut seen = Vec::new();
    for route in routes() {
        let method = route.method.as_str();
        let statuses = PEOPLE.map(|name| {
            // Throttles and the pace of comments are not what this is about.
            stage.station.now.lock().unwrap().0 += 3_600_000;
            *stage.station.channels.lock().unwrap() = vec![live("cleo")];
            let path = place(&stage, route.pattern);
            let mut browser = browser_of(&stage, name);
            ask(&mut browser, method, route.pattern, &path).status
        });
        seen.push(Row {
            method: method.to_owned(),
            pattern: route.pattern.to_owned(),
            statuses: statuses.to_vec(),
        });
    }
    let expected = table("[ui]");
    let differs = |row: &&Row| !expected.contains(row);
    let text = |row: &Row| {
        let statuses: Vec<String> = row.statuses.iter().map(u16::to_string).collect();
        format!("{:6} {:46} {}", row.method, row.pattern, statuses.join(" "))
    };
    let wrong: Vec<String> = seen.iter().filter(differs).map(text).collect();
    assert!(
        wrong.is_empty(),
        "these are not as the table says:\n{}",
        wrong.join("\n")
    );
    let gone: Vec<&Row> = expected.iter().filter(|row| !seen.contains(row)).collect();
    assert!(gone.is_empty(), "rows without a route: {gone:#?}");
}

#[test]
fn what_is_for_members_looks_to_others_as_if_it_were_not_there() {
    let stage = house();
    for route in routes().filter(|route| route.pattern.contains("{name}")) {
        let method = route.method.as_str();
        for name in ["", "gus"] {
            let mut browser = browser_of(&stage, name);
            let [hidden, nobody] = ["mara", "nobody"].map(|channel| {
                stage.station.now.lock().unwrap().0 += 3_600_000;
                let path = place(&stage, &route.pattern.replace("{name}", channel));
                let answer = ask(&mut browser, method, route.pattern, &path);
                (answer.status, answer.body.replace(channel, "CHANNEL"))
            });
            assert_eq!(hidden, nobody, "{route:?} asked by {name:?}");
        }
    }
}

#[test]
fn pictures_are_shown_to_whom_their_channel_is() {
    let stage = house();
    let mara = stage.people.account_named("mara").unwrap().id;
    let mut picture = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x40\0\0\0\x40".to_vec();
    picture.extend([8, 6, 0, 0, 0]);
    picture.extend(b"\0\0\0\0\0\0\0\0IDAT");
    let set = stage
        .people
        .set_picture(mara, PictureOf::Channel(mara), &picture);
    let hash = set.unwrap().hash.to_string();
    let of_channels = routes().filter(|route| {
        route.method == Method::Get
            && route.pattern.contains("{hash}")
            && route.pattern.contains("channel")
    });
    let mut asked = 0;
    for route in of_channels {
        asked += 1;
        let path = route
            .pattern
            .replace("{name}", "mara")
            .replace("{hash}", &hash);
        for (name, status) in [
            ("", 404),
            ("gus", 404),
            ("kim", 200),
            ("ben", 200),
            ("mara", 200),
        ] {
            assert_eq!(
                browser_of(&stage, name).get(&path).status,
                status,
                "{path} asked by {name:?}"
            );
        }
    }
    assert!(asked > 0);
}

#[test]
fn nothing_is_changed_without_the_form_token() {
    let stage = house();
    for route in routes().filter(|route| route.method != Method::Get) {
        let path = place(&stage, route.pattern);
        let is_door = matches!(
            (route.method, route.pattern),
            (
                Method::Post,
                "/login" | "/setup" | "/register" | "/api/v1/session" | "/api/v1/setup"
            )
        );
        let mut browser = stage.browser_of("anna");
        let headers = [("Content-Type", "application/x-www-form-urlencoded")];
        let answer = browser.ask(route.method.as_str(), &path, &headers, "token=guessed");
        assert_eq!(
            answer.status == 403,
            !is_door,
            "{route:?}: {}",
            answer.status
        );
        // And nothing at all by a page elsewhere.
        browser.origin = Some("http://evil.example".to_owned());
        let answer = browser.ask(route.method.as_str(), &path, &headers, "token=guessed");
        assert_eq!(answer.status, 403, "{route:?}");
    }
}

/// The paths that the edge answers itself, as its code names them.
fn paths_of_the_edge() -> BTreeSet<String> {
    let files = [
        include_str!("../src/serve/edge/route.rs"),
        include_str!("../src/serve/edge/events.rs"),
        include_str!("../src/serve/edge/transfer.rs"),
        include_str!("../src/serve/edge/upload.rs"),
    ];
    let code = files.map(|file| file.split("#[cfg(test)]").next().unwrap_or_default());
    let lines = code.iter().flat_map(|code| code.lines());
    let lines = lines.filter(|line| !line.trim_start().starts_with("//"));
    let texts = lines.flat_map(|line| line.split('"').skip(1).step_by(2));
    let paths = texts.filter(|text| text.starts_with('/') && *text != "/api/");
    paths.map(str::to_owned).collect()
}

#[test]
fn the_edge_lets_in_whom_the_table_says_and_nobody_else() {
    let home = Home::new();
    let made = home.command(
        &["user", "add", "anna", "--owner", "--password-stdin"],
        daemon_support::PASSWORD,
    );
    daemon_support::said(&made);
    let mut cookies = vec![String::new()];
    let pass;
    {
        let people = home.people();
        let roles = [
            ("gus", Role::Guest),
            ("kim", Role::Child),
            ("ben", Role::Member),
            ("cleo", Role::Member),
        ];
        for (name, role) in roles {
            let new = NewAccount {
                display_name: name,
                name: Some(name),
                password: daemon_support::PASSWORD,
                role,
            };
            people.add_account(new).unwrap();
        }
        let cleo = people.account_named("cleo").unwrap();
        people.set_open(cleo.id, cleo.id, true).unwrap();
        let now = hearth::time::Mono(1_000);
        for name in PEOPLE.iter().skip(1) {
            let id = people.account_named(name).unwrap().id;
            let token = people.start_session(id, now).unwrap();
            cookies.push(format!("Cookie: hearth_session={token}\r\n"));
        }
        pass = people.watch_pass(Some(&cleo), &cleo, now).unwrap();
    }
    let daemon = home.start();
    let rows = table("[edge]");
    for row in &rows {
        let path = row.pattern.replace("TOKEN", &pass);
        let statuses = cookies.iter().map(|cookie| {
            request(daemon.http, &row.method, &path, cookie, "")
                .unwrap()
                .status
        });
        let statuses: Vec<u16> = statuses.collect();
        assert_eq!(statuses, row.statuses, "{} {}", row.method, row.pattern);
    }
    let has_row = |path: &String| {
        rows.iter()
            .any(|row| row.pattern.starts_with(path.as_str()))
    };
    let without: Vec<String> = paths_of_the_edge()
        .into_iter()
        .filter(|path| !has_row(path))
        .collect();
    assert!(
        without.is_empty(),
        "paths of the edge without a row: {without:?}"
    );
}
