//! What the household decides, as encoders meet it: who may go live, when, how much, and who is sent away.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod rtmp_support;

use hearth::limits::station::GRACE_AFTER_GOODBYE_MS;
use hearth::people::{AccountId, HouseSettings, KeyState, NewAccount, QuietHours, Refusal, Role};
use hearth::serve::station::Phase;
use hearth::serve::{quiet, replaced};
use rtmp_support::*;

const BAD_NAME: &str = "NetStream.Publish.BadName";

fn owner(house: &House) -> AccountId {
    let new = NewAccount {
        display_name: "Olga",
        name: Some("olga"),
        password: "a short sentence",
        role: Role::Owner,
    };
    house.people.add_account(new).unwrap().account
}

fn refused(house: &House, key: &str) -> String {
    let (code, text) = Encoder::publish(house.at, 1, key).wait_for_refusal();
    assert_eq!(code, BAD_NAME);
    text
}

#[test]
fn who_may_not_go_live_reads_why() {
    let house = House::new();
    let (olga, (anna, key)) = (owner(&house), house.person("anna"));
    house.people.pause_keys(olga, anna).unwrap();
    assert!(refused(&house, &key).starts_with("The owner has paused your stream key."));
    house.people.resume_keys(olga, anna).unwrap();
    house.people.set_role(olga, anna, Role::Guest).unwrap();
    assert!(refused(&house, &key).starts_with("This account can watch but not go live."));
    house.people.set_role(olga, anna, Role::Member).unwrap();
    assert_eq!(
        house.station.wrong_keys(),
        [],
        "none of them is a wrong key"
    );

    let now = house.station.clock().now();
    house.people.clock_is_known(now, 0).unwrap();
    let minute = house.people.local_minute(now).unwrap();
    let quiet = QuietHours {
        from: (minute + 1439) % 1440,
        to: (minute + 30) % 1440,
    };
    let rules = HouseSettings {
        quiet: Some(quiet),
        ..HouseSettings::default()
    };
    house.people.set_house(olga, rules).unwrap();
    assert!(refused(&house, &key).starts_with("Quiet hours. You can go live again at "));
    house
        .people
        .set_house(olga, HouseSettings::default())
        .unwrap();
    house.live(1, &key);
}

#[test]
fn a_session_is_written_down_with_its_key_and_its_end() {
    let house = House::new();
    let (anna, key) = house.person("anna");
    let mut encoder = house.live(7, &key);
    let used = || house.people.keys(anna)[0].last_use;
    wait_until("the use is written down", || used().is_some());
    assert_eq!(used().unwrap().from.to_string(), "127.0.0.7");
    assert_eq!(house.people.keys(anna)[0].state, KeyState::Works);
    encoder.say_goodbye();
    wait_until("it left", || {
        house
            .station
            .view("anna")
            .is_some_and(|view| view.publisher.is_none())
    });
    assert_eq!(house.station.take_over(), [], "it may come back");
    house.pass(11_000);
    house.station.tick();
    let over = house.station.take_over();
    assert_eq!(over.len(), 1);
    assert_eq!(over[0].account, anna);
    assert!(
        house.station.clock().now().since(over[0].at) >= 10_000,
        "when it left, not when nobody came back"
    );
    assert_eq!(house.station.take_over(), []);
}

#[test]
fn a_stream_that_is_ended_by_hand_is_over_at_once_and_may_begin_anew() {
    let house = House::new();
    let (_, key) = house.person("anna");
    assert!(!house.station.end_stream("anna", "off air"));
    let mut encoder = house.live(1, &key);
    assert!(
        house
            .station
            .end_stream("anna", "The owner of this box has ended the stream.")
    );
    let (code, text) = encoder.wait_for_refusal();
    assert_eq!(code, BAD_NAME);
    assert_eq!(text, "The owner of this box has ended the stream.");
    wait_until("nobody is waited for", || {
        house.station.tick();
        house.station.view("anna").is_none()
    });
    house.live(1, &key);
}

#[test]
fn in_grace_it_ends_as_well() {
    let house = House::new();
    let (_, key) = house.person("anna");
    house.live(1, &key).say_goodbye();
    wait_until("grace", || {
        house
            .station
            .view("anna")
            .is_some_and(|view| view.publisher.is_none())
    });
    assert!(house.station.end_stream("anna", ""));
    house.station.tick();
    assert!(house.station.view("anna").is_none());
}

#[test]
fn a_paused_key_ends_its_stream_at_once_and_its_encoder_reads_why() {
    let house = House::new();
    let (anna, key) = house.person("anna");
    let id = house.people.keys(anna)[0].id;
    let mut encoder = house.live(1, &key);
    house.people.pause_key(anna, id, true).unwrap();
    house.station.revoke(id, "You have paused this stream key");
    let (_, text) = encoder.wait_for_refusal();
    assert_eq!(text, "You have paused this stream key");
    wait_until("nobody is waited for", || {
        house.station.tick();
        house.station.view("anna").is_none()
    });
    assert!(refused(&house, &key).starts_with("You have paused this stream key."));
    let noted = house.station.turned_away(anna).unwrap();
    assert_eq!(
        (noted.why, noted.address.to_string().as_str()),
        (Refusal::KeyPaused, "127.0.0.1")
    );
    assert_eq!(house.station.wrong_keys(), []);
    house.people.pause_key(anna, id, false).unwrap();
    house.live(1, &key);
}

#[test]
fn in_grace_a_key_that_is_revoked_ends_its_session_and_no_other() {
    let house = House::new();
    let ((anna, key), (_, bobs)) = (house.person("anna"), house.person("bob"));
    let _bob = house.live(2, &bobs);
    house.live(1, &key).say_goodbye();
    wait_until("grace", || {
        let view = house.station.view("anna");
        view.is_some_and(|view| view.publisher.is_none())
    });
    house.station.revoke(house.people.keys(anna)[0].id, "");
    house.station.tick();
    assert!(house.station.view("anna").is_none());
    assert!(house.station.view("bob").unwrap().publisher.is_some());
}

#[test]
fn the_stream_of_a_replaced_key_ends_with_its_time_and_that_of_the_new_one_goes_on() {
    let house = House::new();
    let ((anna, old), (bob, bobs)) = (house.person("anna"), house.person("bob"));
    let now = house.station.clock().now();
    let of = |account| house.people.keys(account)[0].id;
    house.people.replace_key(anna, of(anna), 2, now).unwrap();
    let (_, new) = house.people.replace_key(bob, of(bob), 2, now).unwrap();
    house.pass(110_000);
    let mut anna = house.live(1, &old);
    let _bob = house.live(2, new.plain());
    assert!(
        refused(&house, &bobs).starts_with("You are already live"),
        "as always"
    );
    replaced::keep(&house.station, &house.people);
    assert!(house.station.view("anna").unwrap().publisher.is_some());
    // Two minutes are over, and nobody was silent for too long.
    house.pass(12_000);
    replaced::keep(&house.station, &house.people);
    let (_, text) = anna.wait_for_refusal();
    assert!(text.starts_with("This stream key was replaced."), "{text}");
    assert!(house.station.view("bob").unwrap().publisher.is_some());
}

#[test]
fn nobody_waits_for_the_return_of_a_picture_that_never_was() {
    let house = House::new();
    let ((_, empty), (_, shown)) = (house.person("anna"), house.person("bob"));
    let mut bob = house.live(2, &shown);
    bob.send(3_000);
    let until = |name: &str| match house.station.view(name).unwrap().phase {
        Phase::Grace { until } => until.since(house.station.clock().now()),
        Phase::Live | Phase::Ended => 0,
    };
    drop((house.live(1, &empty), bob));
    wait_until("both have left", || until("anna") > 0 && until("bob") > 0);
    assert!(until("anna") <= GRACE_AFTER_GOODBYE_MS);
    assert!(until("bob") > GRACE_AFTER_GOODBYE_MS);
}

#[test]
fn the_beginning_of_quiet_hours_ends_what_is_on_air_and_no_earlier() {
    let house = House::new();
    let (olga, (_, key)) = (owner(&house), house.person("anna"));
    let mut encoder = house.live(1, &key);
    let rules = HouseSettings {
        quiet: Some(QuietHours { from: 60, to: 120 }),
        ..HouseSettings::default()
    };
    house.people.set_house(olga, rules).unwrap();
    // Nobody knows the time: no hour is quiet.
    quiet::keep(&house.station, &house.people);
    assert!(house.station.view("anna").unwrap().publisher.is_some());
    // One minute before.
    let now = house.station.clock().now();
    house.people.clock_is_known(now, 59 * 60_000).unwrap();
    quiet::keep(&house.station, &house.people);
    assert!(house.station.view("anna").unwrap().publisher.is_some());
    house
        .people
        .clock_is_known(house.station.clock().now(), 60 * 60_000)
        .unwrap();
    quiet::keep(&house.station, &house.people);
    let (code, text) = encoder.wait_for_refusal();
    assert_eq!(
        (code.as_str(), text.as_str()),
        (BAD_NAME, "Quiet hours. You can go live again at 02:00")
    );
    wait_until("it is over at once", || {
        house.station.tick();
        house.station.view("anna").is_none()
    });
    assert!(refused(&house, &key).starts_with("Quiet hours."));
}
