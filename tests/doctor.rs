//! The encoder doctor over the real RTMP server and station: each faulty encoder is named for what is wrong with it.
#![allow(clippy::unwrap_used, clippy::panic)]

mod rtmp_support;

use hearth::media::doctor::{Severity, findings};
use hearth::serve::station::Checkup;
use hearth::wire::flv::FlvTagKind;
use rtmp_support::{Encoder, House, wait_until};
use std::time::Instant;

/// Longer than the second that a point of the history takes, by more than a busy machine shifts it, ms.
const STEP: u32 = 1_250;

/// An encoder that loses what `lost` names, for `seconds`; what the doctor has then.
fn looked_at(
    house: &House,
    encoder: &mut Encoder,
    seconds: u32,
    mut lost: impl FnMut(u32, FlvTagKind, bool) -> bool,
) -> Checkup {
    // Bytes are taken at the moment at which they are sent, in this test's time: each step waits until some of it is measured,
    // and what that took is not passed again.
    let real = Instant::now();
    let (mut passed, mut sent) = (0, 0);
    for step in 1..=seconds * 1_000 / STEP {
        let gone = passed + u64::try_from(real.elapsed().as_millis()).unwrap();
        let ahead = u64::from(step * STEP).saturating_sub(gone);
        house.pass(ahead);
        passed += ahead;
        let before = sent;
        sent += encoder.send_torn(STEP, &mut lost);
        wait_until("what was sent is measured", || {
            let measures = house.station.checkup("anna").unwrap().measures;
            measures.pictures + measures.sounds > before
        });
    }
    house.station.checkup("anna").unwrap()
}

fn codes(checkup: &Checkup, severity: Severity) -> Vec<&'static str> {
    let found = findings(&checkup.measures).into_iter();
    found
        .filter(|finding| finding.severity == severity)
        .map(|finding| finding.what.code())
        .collect()
}

fn changes_of(lost: impl FnMut(u32, FlvTagKind, bool) -> bool) -> Vec<&'static str> {
    let house = House::new();
    let (_, key) = house.person("anna");
    let mut encoder = house.live(2, &key);
    let checkup = looked_at(&house, &mut encoder, 25, lost);
    codes(&checkup, Severity::Change)
}

#[test]
fn a_good_encoder_is_told_that_all_is_well() {
    let house = House::new();
    let (_, key) = house.person("anna");
    let mut encoder = house.live(2, &key);
    let checkup = looked_at(&house, &mut encoder, 25, |_, _, _| false);
    assert_eq!(codes(&checkup, Severity::Change), [""; 0], "{checkup:#?}");
    let fine = codes(&checkup, Severity::Fine);
    for code in ["keyframes", "codec", "picture", "sound", "no_reconnects"] {
        assert!(fine.contains(&code), "{code} in {fine:?}");
    }
    assert!(checkup.points.len() >= 12);
    assert!(checkup.measures.rate_tenths > 200, "{:?}", checkup.measures);
}

#[test]
fn announced_sound_that_never_comes_is_named() {
    let mute = |_, kind, _| kind == FlvTagKind::Audio;
    assert_eq!(changes_of(mute), ["sound_announced"]);
}

#[test]
fn sound_that_stops_is_named() {
    let stops = |at, kind, _| kind == FlvTagKind::Audio && at > 12_000;
    assert!(changes_of(stops).contains(&"sound_stopped"));
}

#[test]
fn lost_pictures_are_counted() {
    let mut count = 0;
    let torn = move |_, kind, key: bool| {
        count += u32::from(kind == FlvTagKind::Video);
        kind == FlvTagKind::Video && !key && count % 8 == 0
    };
    assert_eq!(changes_of(torn), ["pictures_missing"]);
}

#[test]
fn keyframes_that_never_come_again_are_named_before_the_next_one() {
    let rare = |at, kind, key| kind == FlvTagKind::Video && key && at > 0;
    assert!(changes_of(rare).contains(&"keyframes"));
}

#[test]
fn a_lost_connection_and_a_takeover_are_told_apart() {
    let house = House::new();
    let (_, key) = house.person("anna");
    let mut first = house.live(2, &key);
    first.send(2_000);
    drop(first);
    wait_until("the grace", || {
        let checkup = house.station.checkup("anna");
        checkup.is_some_and(|checkup| !checkup.is_live)
    });
    let mut again = house.live(2, &key);
    again.send(1_000);
    let _other = house.live(3, &key);
    let measures = house.station.checkup("anna").unwrap().measures;
    assert_eq!((measures.reconnects, measures.takeovers), (1, 1));
}

#[test]
fn who_stops_and_starts_again_has_lost_no_connection() {
    let house = House::new();
    let (_, key) = house.person("anna");
    for _ in 0..3 {
        let mut encoder = house.live(2, &key);
        encoder.send(1_000);
        encoder.say_goodbye();
        wait_until("the grace", || {
            let checkup = house.station.checkup("anna");
            checkup.is_some_and(|checkup| !checkup.is_live)
        });
    }
    let _again = house.live(2, &key);
    let measures = house.station.checkup("anna").unwrap().measures;
    assert_eq!((measures.reconnects, measures.takeovers), (0, 0));
}

#[test]
fn the_house_can_set_a_bound_to_the_bitrate() {
    let house = House::new();
    let (_, key) = house.person("anna");
    house.station.set_most_kbps(Some(50));
    let mut encoder = house.live(2, &key);
    let checkup = looked_at(&house, &mut encoder, 12, |_, _, _| false);
    assert!(codes(&checkup, Severity::Change).contains(&"bitrate_over_house"));
}

#[test]
fn a_wrong_key_is_remembered_by_its_beginning() {
    let house = House::new();
    let _ = Encoder::publish(house.at, 7, "wxyzwxyzwxyz");
    let wrong = house.station.wrong_keys();
    assert_eq!(wrong.len(), 1);
    assert_eq!(
        (wrong[0].address.to_string().as_str(), &*wrong[0].begins),
        ("127.0.0.7", "wxyz")
    );
}
