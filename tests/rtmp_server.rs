//! The RTMP server as encoders meet it: who gets in, who must leave, what they read, how long it takes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod rtmp_support;

use hearth::serve::station::Phase;
use hearth::wire::rtmp::client::PublisherState;
use rtmp_support::*;
use std::io::Write;
use std::net::IpAddr;
use std::time::{Duration, Instant};

const BAD_NAME: &str = "NetStream.Publish.BadName";
const TAKEN_OVER: &str = "Another encoder took over with this key";
const SECOND: Duration = Duration::from_secs(1);

fn fragments(house: &House, name: &str) -> u64 {
    let on_air = house.station.on_air(name);
    on_air.map_or(0, |on_air| on_air.rendition.stats().fragments)
}

fn publisher(house: &House, name: &str) -> Option<IpAddr> {
    house.station.view(name)?.publisher
}

fn address(last: u8) -> IpAddr {
    IpAddr::from([127, 0, 0, last])
}

#[test]
fn a_wrong_or_missing_key_is_told_in_plain_words_within_a_second() {
    let house = House::new();
    for (key, says) in [
        (
            "",
            "The stream key is missing. Copy it from http://hearth.local/studio",
        ),
        (
            "abcdefghijkmnpqrstuvwxyz23",
            "Wrong stream key. Copy it again from http://hearth.local/studio",
        ),
        (
            "anna",
            "Wrong stream key. Copy it again from http://hearth.local/studio",
        ),
    ] {
        let start = Instant::now();
        let mut encoder = Encoder::publish(house.at, 1, key);
        assert_eq!(encoder.wait_for_refusal(), (BAD_NAME.into(), says.into()));
        assert!(start.elapsed() < SECOND, "{:?}", start.elapsed());
    }
    assert_eq!(house.station.wrong_key().unwrap().0, address(1));
    assert!(house.station.channels().is_empty());
}

#[test]
fn the_publish_dialogue_is_short() {
    let house = House::new();
    let (_, key) = house.person("anna");
    let mut times: Vec<Duration> = (0..20)
        .map(|_| {
            let start = Instant::now();
            let mut encoder = house.live(1, &key);
            let took = start.elapsed();
            encoder.say_goodbye();
            wait_until("the end", || publisher(&house, "anna").is_none());
            took
        })
        .collect();
    times.sort();
    println!(
        "publish dialogue on loopback: median {:?}, longest {:?}",
        times[10], times[19]
    );
    assert!(times[10] < Duration::from_millis(100), "{times:?}");
}

#[test]
fn the_same_key_takes_over_at_once_and_the_loser_stays_out_while_the_winner_lives() {
    let house = House::new();
    let (_, key) = house.person("anna");
    let (_, other_key) = house.person("bob");
    let mut bob = house.live(9, &other_key);
    bob.send(1_000);
    let mut first = house.live(2, &key);
    first.send(1_000);
    wait_until("anna's picture", || fragments(&house, "anna") > 2);

    let start = Instant::now();
    let mut second = house.live(3, &key);
    assert_eq!(
        first.wait_for_refusal(),
        (BAD_NAME.into(), TAKEN_OVER.into())
    );
    assert!(start.elapsed() < SECOND, "{:?}", start.elapsed());
    assert_eq!(publisher(&house, "anna"), Some(address(3)));

    let before = fragments(&house, "anna");
    second.send(1_000);
    wait_until("the winner's picture", || {
        fragments(&house, "anna") > before + 2
    });
    let mut again = Encoder::publish(house.at, 2, &key);
    assert_eq!(
        again.wait_for_refusal(),
        (BAD_NAME.into(), TAKEN_OVER.into())
    );
    assert_eq!(publisher(&house, "anna"), Some(address(3)));

    let before = fragments(&house, "bob");
    bob.send(1_000);
    wait_until("bob's picture", || fragments(&house, "bob") > before + 2);
    assert_eq!(bob.state(), &PublisherState::Publishing);
}

#[test]
fn a_silent_winner_gives_way_even_to_the_loser() {
    let house = House::new();
    let (_, key) = house.person("anna");
    let _first = house.live(2, &key);
    let mut winner = house.live(3, &key);
    house.pass(2_500);
    let _back = house.live(2, &key);
    assert_eq!(
        winner.wait_for_refusal(),
        (BAD_NAME.into(), TAKEN_OVER.into())
    );
    assert_eq!(publisher(&house, "anna"), Some(address(2)));
}

#[test]
fn the_loser_may_return_once_the_winner_has_left() {
    let house = House::new();
    let (_, key) = house.person("anna");
    let _first = house.live(2, &key);
    let mut winner = house.live(3, &key);
    winner.send(500);
    winner.say_goodbye();
    wait_until("the winner's end", || publisher(&house, "anna").is_none());
    let _back = house.live(2, &key);
}

#[test]
fn another_key_of_the_same_person_waits_until_the_studio_page_lets_it_in() {
    let house = House::new();
    let (account, key) = house.person("anna");
    let (_, phone) = house.people.add_key(account, "phone").unwrap();
    let mut desk = house.live(2, &key);
    let mut refused = Encoder::publish(house.at, 3, phone.plain());
    let (code, text) = refused.wait_for_refusal();
    assert_eq!(code, BAD_NAME);
    assert!(
        text.starts_with("You are already live from 127.0.0.2"),
        "{text}"
    );
    assert_eq!(house.station.refused_switch(account).unwrap().0, address(3));
    desk.send(500);
    assert_eq!(desk.state(), &PublisherState::Publishing);

    house.station.allow_switch(account);
    let _phone = house.live(3, phone.plain());
    assert_eq!(
        desk.wait_for_refusal(),
        (BAD_NAME.into(), TAKEN_OVER.into())
    );
}

#[test]
fn two_that_come_at_the_same_moment_leave_one_that_is_seen() {
    let house = House::new();
    for round in 0..10 {
        let name = format!("anna{round}");
        let (_, key) = house.person(&name);
        let at = house.at;
        let racers: Vec<_> = [2, 3]
            .map(|from| {
                let key = key.clone();
                std::thread::spawn(move || Encoder::publish(at, from, &key))
            })
            .into_iter()
            .map(|racer| racer.join().unwrap())
            .collect();
        wait_until("somebody on air", || house.station.on_air(&name).is_some());
        let winner = publisher(&house, &name).unwrap();
        for mut encoder in racers {
            if encoder.stream.local_addr().unwrap().ip() == winner {
                encoder.send(2_000);
                wait_until("the winner's picture", || fragments(&house, &name) > 5);
                encoder.say_goodbye();
            }
        }
        wait_until("the end", || publisher(&house, &name).is_none());
        house.pass(11_000);
        house.station.tick();
    }
}

#[test]
fn a_codec_that_we_do_not_take_is_named_to_the_encoder() {
    let house = House::new();
    let (_, key) = house.person("anna");
    let mut encoder = house.live(1, &key);
    // Enhanced RTMP: a sequence start of HEVC.
    encoder.send_video(b"\x90hvc1\x01\x01\x60\x00");
    let (code, text) = encoder.wait_for_refusal();
    assert_eq!(code, "NetStream.Publish.Rejected");
    assert!(
        text.starts_with("Hearth takes H.264 and AAC; this encoder sends "),
        "{text}"
    );
}

#[test]
fn one_more_person_than_there_are_rings_is_told_so() {
    let house = House::new();
    let _live: Vec<_> = ["anna", "bob", "cleo"]
        .map(|name| house.live(1, &house.person(name).1))
        .into();
    let (_, key) = house.person("dora");
    let mut refused = Encoder::publish(house.at, 2, &key);
    let (code, text) = refused.wait_for_refusal();
    assert_eq!(code, BAD_NAME);
    assert!(text.starts_with("The box is full"), "{text}");
}

#[test]
fn strangers_that_fill_every_place_do_not_keep_a_publisher_out() {
    let house = House::with_places(6);
    let (_, key) = house.person("anna");
    let mut live = house.live(2, &key);
    let mut strangers: Vec<_> = (0..40).map(|at| dial(house.at, 10 + at % 4)).collect();
    let (_, other) = house.person("bob");
    let mut newcomer = house.live(3, &other);
    assert!(is_closed_within(&mut strangers[0], SECOND));
    for encoder in [&mut live, &mut newcomer] {
        encoder.send(1_000);
    }
    wait_until("both pictures", || {
        fragments(&house, "anna") > 5 && fragments(&house, "bob") > 5
    });
}

#[test]
fn a_key_that_is_revoked_ends_its_publisher_with_the_reason() {
    let house = House::new();
    let (account, key) = house.person("anna");
    let mut live = house.live(2, &key);
    let id = house.people.keys(account)[0].id;
    house.station.revoke(id, "This key was replaced");
    assert_eq!(
        live.wait_for_refusal(),
        (BAD_NAME.into(), "This key was replaced".into())
    );
}

#[test]
fn who_only_trickles_bytes_is_closed_after_ten_seconds() {
    let house = House::new();
    let mut stream = dial(house.at, 1);
    let start = Instant::now();
    stream.write_all(&[3]).unwrap();
    while stream.write_all(&[0]).is_ok() {
        assert!(start.elapsed() < Duration::from_secs(14));
        std::thread::sleep(Duration::from_millis(200));
    }
    assert!(start.elapsed() >= Duration::from_secs(9));
}

#[test]
fn a_publisher_that_falls_silent_is_closed_and_may_return() {
    let house = House::new();
    let (_, key) = house.person("anna");
    let mut silent = house.live(2, &key);
    silent.send(2_500);
    wait_until("anna's picture", || fragments(&house, "anna") > 5);
    let start = Instant::now();
    assert!(is_closed_within(&mut silent.stream, PATIENCE));
    let took = start.elapsed();
    assert!((14..18).contains(&took.as_secs()), "{took:?}");
    let view = house.station.view("anna").unwrap();
    let Phase::Grace { until } = view.phase else {
        panic!("{view:?}")
    };
    let left = until.since(house.station.clock().now());
    assert!((55_000..=60_000).contains(&left), "{left}");
}
