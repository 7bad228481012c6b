//! `/metrics` of the real program.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod daemon_support;

use daemon_support::{Daemon, Home, PASSWORD, request, said};

fn value(page: &str, name: &str) -> u64 {
    let line = page.lines().find_map(|line| line.strip_prefix(name));
    let value = line.unwrap_or_else(|| panic!("no {name} in:\n{page}"));
    value.trim().parse().unwrap()
}

fn figures(daemon: &Daemon) -> String {
    let answer = daemon.get("/metrics");
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.header("content-type"),
        "text/plain; version=0.0.4; charset=utf-8"
    );
    assert_eq!(answer.header("cache-control"), "no-store");
    answer.body
}

#[test]
fn each_account_costs_whole_blocks_of_flash_and_the_page_says_so() {
    let home = Home::new();
    let daemon = home.start();
    let before = figures(&daemon);
    for n in 1..=3 {
        let name = format!("person{n}");
        let words = ["user", "add", &name, "--password-stdin"];
        said(&home.command(&words, PASSWORD));
    }
    let after = figures(&daemon);
    let rise = |name: &str| value(&after, name) - value(&before, name);
    let commits = rise("hearth_store_commits_total ");
    assert_eq!(commits, 3, "one flush for each account");
    assert_eq!(rise("hearth_store_written_bytes_total "), 4096 * commits);
    assert!(rise("hearth_store_rows ") >= 6, "an account and its key");
    assert!(rise("hearth_store_asked_bytes_total ") > 0);
    assert_eq!(value(&after, "hearth_store_damages "), 0);
    assert_eq!(value(&after, "hearth_store_broken "), 0);
    assert!(value(&after, "hearth_http_connections ") >= 1);
    assert!(value(&after, "hearth_resident_memory_bytes ") > 1 << 20);
    assert_eq!(value(&after, "hearth_channels "), 0);
}

#[test]
fn a_channel_has_its_lines_while_somebody_publishes() {
    let home = Home::new();
    let daemon = home.start();
    let key = daemon.add("anna").unwrap();
    daemon.while_publishing(&key, || {
        let page = figures(&daemon);
        assert_eq!(value(&page, "hearth_channels "), 1);
        assert_eq!(value(&page, "hearth_channel_live{channel=\"anna\"} "), 1);
        let frames = "hearth_ingest_video_frames_total{channel=\"anna\"} ";
        assert_eq!(value(&page, frames), 0, "nothing was sent yet");
        assert!(!page.contains(&key[..4]), "no key is told");
    });
}

#[test]
fn a_channel_that_not_everybody_may_see_is_not_told_of() {
    let home = Home::new();
    let daemon = home.start();
    let (shy, open) = (daemon.add("shy").unwrap(), daemon.add("open").unwrap());
    let body = format!("name=shy&password={}", PASSWORD.replace(' ', "+"));
    let session = request(daemon.http, "POST", "/api/v1/session", "", &body).unwrap();
    let session: serde_json::Value = serde_json::from_str(&session.body).unwrap();
    let bearer = format!(
        "Authorization: Bearer {}\r\n",
        session["session"].as_str().unwrap()
    );
    let closed = request(
        daemon.http,
        "PUT",
        "/api/v1/channels/shy",
        &bearer,
        "visibility=members",
    );
    assert_eq!(closed.unwrap().status, 200);
    daemon.while_publishing(&shy, || {
        daemon.while_publishing(&open, || {
            let page = figures(&daemon);
            assert_eq!(value(&page, "hearth_channels "), 1);
            assert_eq!(value(&page, "hearth_channel_live{channel=\"open\"} "), 1);
            assert!(!page.contains("shy"), "{page}");
        });
    });
}
