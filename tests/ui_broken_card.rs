//! A card that fails under the pages: a plain sentence, nothing shown that was not saved, and what is live goes on.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod store_card;
mod ui_support;

use hearth::people::{Role, TABLES};
use hearth::store::{Options, Store};
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;
use store_card::Card;
use ui_support::{CODE, PASSWORD, Stage, live};

const SENTENCE: &str = "The card could not be written.";

fn stage_on(card: &Card) -> Stage {
    let options = Options {
        segment_bytes: 128 * 1024,
        first_segments: 8,
        gather: Duration::ZERO,
        ..Options::default()
    };
    Stage::over(Store::open_on(Arc::new(card.clone()), "card", TABLES, options).unwrap())
}

#[test]
fn every_form_that_saves_says_so_and_the_pages_go_on() {
    let card = Card::default();
    let stage = stage_on(&card);
    let anna = stage.add("Anna", Role::Owner);
    let mut browser = stage.browser_of("anna");
    let token = browser.get("/settings").form_token();
    let key = stage.people.keys(anna)[0].clone();
    let number = key.id.0.to_string();
    stage.station.channels.lock().unwrap().push(live("anna"));
    card.syncs_fail.store(true, SeqCst);

    let name = [("token", &*token), ("name", "Changed")];
    let password = [
        ("token", &*token),
        ("password", PASSWORD),
        ("new", "another sentence"),
    ];
    let replace = [("token", &*token), ("key", &*number)];
    for (path, fields) in [
        ("/settings/name", &name[..]),
        ("/settings/password", &password[..]),
        ("/studio/replace", &replace[..]),
    ] {
        let answer = browser.post(path, fields);
        assert_eq!(answer.status, 500, "{path}");
        assert!(answer.body.contains(SENTENCE), "{path}: {}", answer.body);
    }

    let account = stage.people.account(anna).unwrap();
    assert_eq!(account.display_name, "Anna");
    assert_eq!(stage.people.keys(anna), std::slice::from_ref(&key));
    let holder = stage.people.holder_of_key(key.text.unwrap().plain());
    assert!(holder.is_some(), "the key still publishes");
    assert!(stage.station.revoked.lock().unwrap().is_empty());
    assert_eq!(browser.get("/@anna").status, 200);
    let mut other = stage.browser();
    let log_in = [("name", "Anna"), ("password", PASSWORD)];
    assert_eq!(other.post("/login", &log_in).status, 303);
}

#[test]
fn a_box_that_cannot_save_its_owner_says_so() {
    let card = Card::default();
    let stage = stage_on(&card);
    card.syncs_fail.store(true, SeqCst);
    let fields = [("code", CODE), ("name", "Anna"), ("password", PASSWORD)];
    let answer = stage.browser().post("/setup", &fields);
    assert_eq!(answer.status, 500);
    assert!(answer.body.contains(SENTENCE), "{}", answer.body);
    assert!(!stage.people.has_owner());
}
