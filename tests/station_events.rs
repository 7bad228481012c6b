//! What pages are told of what encoders do, and how soon.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod rtmp_support;

use hearth::limits::station::GRACE_AFTER_GOODBYE_MS;
use hearth::people::{NewAccount, Role};
use hearth::serve::edge::{Household, admits};
use hearth::serve::events::{Audience, EventBus, Next, Place, tell};
use rtmp_support::*;
use serde_json::Value;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// A house whose pages are told what happens, and one who reads it.
struct Told {
    house: House,
    bus: Arc<EventBus>,
    place: Place,
    _stop: oneshot::Sender<()>,
}

impl Told {
    fn new() -> Told {
        let house = House::new();
        let household = Arc::new(Household {
            station: Arc::clone(&house.station),
            people: Arc::clone(&house.people),
        });
        let (stop, stopped) = oneshot::channel::<()>();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                tokio::select! {
                    _ = stopped => {}
                    () = tell(household) => {}
                }
            });
        });
        let bus = Arc::clone(house.station.events());
        Told {
            place: bus.now(),
            bus,
            house,
            _stop: stop,
        }
    }

    /// The next event: its type, data and audience.
    fn next(&mut self) -> (String, Value, Audience) {
        let mut found = None;
        wait_until("an event", || {
            if let Next::Told(told) = self.bus.after(self.place) {
                self.place.number = told.number;
                found = Some(told);
            }
            found.is_some()
        });
        let told = found.unwrap();
        let text = str::from_utf8(&told.frame).unwrap();
        let field = |name: &str| {
            let mut lines = text.lines().filter_map(|line| line.split_once(": "));
            lines.find(|(key, _)| *key == name).unwrap().1.to_owned()
        };
        let data = serde_json::from_str(&field("data")).unwrap();
        (field("event"), data, told.audience.clone())
    }

    /// The next event about a channel: phase, starting, playable.
    fn channel(&mut self) -> (String, Option<bool>, Option<bool>) {
        let (kind, data, audience) = self.next();
        assert_eq!((kind.as_str(), audience), ("channel", Audience::Everyone));
        assert_eq!(data["name"], "anna");
        let phase = data["phase"].as_str().unwrap().to_owned();
        (
            phase,
            data["starting"].as_bool(),
            data["playable"].as_bool(),
        )
    }
}

fn standing(phase: &str, starting: bool, playable: bool) -> (String, Option<bool>, Option<bool>) {
    (phase.into(), Some(starting), Some(playable))
}

#[test]
fn a_channel_is_told_from_its_encoder_s_greeting_to_its_end() {
    let mut told = Told::new();
    let (_, key) = told.house.person("anna");
    let start = Instant::now();
    let mut encoder = told.house.live(1, &key);
    assert_eq!(told.channel(), standing("live", true, false));
    assert!(start.elapsed() < Duration::from_secs(1));
    encoder.send(250);
    assert_eq!(told.channel(), standing("live", false, false));
    let first = told.house.station.on_air("anna").unwrap().rendition.stats();
    assert!(
        first.fragments <= 5,
        "told with {} fragments",
        first.fragments
    );
    encoder.send(3_500);
    assert_eq!(told.channel(), standing("live", false, true));
    drop(encoder);
    assert_eq!(told.channel(), standing("grace", false, true));
    let mut again = told.house.live(1, &key);
    assert_eq!(told.channel(), standing("live", true, true));
    again.send(1_000);
    assert_eq!(told.channel(), standing("live", false, true));
    again.say_goodbye();
    assert_eq!(told.channel(), standing("grace", false, true));
    told.house.pass(GRACE_AFTER_GOODBYE_MS + 1);
    told.house.station.tick();
    assert_eq!(told.channel(), ("off".into(), None, None));
}

#[test]
fn an_encoder_that_never_sends_a_picture_is_told_off_again() {
    let mut told = Told::new();
    let (_, key) = told.house.person("anna");
    let encoder = told.house.live(1, &key);
    assert_eq!(told.channel().0, "live");
    drop(encoder);
    assert_ne!(told.channel().0, "live");
}

#[test]
fn viewers_are_counted_once_a_second_and_only_when_they_change_and_the_streamer_is_none() {
    let mut told = Told::new();
    let (anna, key) = told.house.person("anna");
    let mut encoder = told.house.live(1, &key);
    encoder.send(100);
    assert_eq!(told.channel(), standing("live", true, false));
    let on_air = told.house.station.on_air("anna");
    let on_air = on_air.expect("what a page is told of is there to be asked for");
    let now = told.house.station.clock().now();
    for viewer in 0..4 {
        on_air.viewer_seen(viewer, now);
    }
    on_air.viewer_is(0, Some(anna), now);
    assert_eq!(on_air.watchers(now).others, 3);
    let (kind, data, audience) = loop {
        let next = told.next();
        if next.0 != "channel" {
            break next;
        }
    };
    assert_eq!((kind.as_str(), audience), ("viewers", Audience::Everyone));
    assert_eq!(data, serde_json::json!({"name": "anna", "viewers": 3}));
    let before = told.bus.now();
    std::thread::sleep(Duration::from_millis(2_100));
    assert_eq!(told.bus.now(), before, "no change, no event");
}

#[test]
fn encoders_that_are_turned_away_are_news_for_those_who_are_logged_in() {
    let mut told = Told::new();
    for _ in 0..20 {
        let _ = Encoder::publish(told.house.at, 1, "abcdefghijkmnpqrstuvwxyz23");
    }
    let (kind, data, audience) = told.next();
    assert_eq!((kind.as_str(), audience), ("studio", Audience::LoggedIn));
    assert_eq!(data, serde_json::json!({}));
    let told_so_far = told.bus.published();
    assert!(told_so_far <= 2, "{told_so_far} events for 20 tries");
}

#[test]
fn what_is_left_on_air_of_a_deleted_person_is_open_to_nobody() {
    let house = House::new();
    let household = Household {
        station: Arc::clone(&house.station),
        people: Arc::clone(&house.people),
    };
    let owner = house.people.add_account(NewAccount {
        display_name: "Olga",
        name: None,
        password: "a short sentence",
        role: Role::Owner,
    });
    let (owner, (anna, key)) = (owner.unwrap().account, house.person("anna"));
    house.people.set_open(anna, anna, true).unwrap();
    let mut encoder = house.live(1, &key);
    encoder.send(3_500);
    wait_until("a poster", || house.station.poster("anna").is_some());
    let viewer = house.people.account(anna);
    let now = house.station.clock().now();
    let pass = house
        .people
        .watch_pass(viewer.as_ref(), viewer.as_ref().unwrap(), now);
    assert!(admits(&household, "anna", pass.as_deref()));
    house.people.delete_account(owner, anna, now).unwrap();
    assert!(house.station.poster("anna").is_some());
    assert!(!admits(&household, "anna", None));
    assert!(!admits(&household, "anna", pass.as_deref()));
    assert!(admits(&household, "nobody", None), "who was never there");
}
