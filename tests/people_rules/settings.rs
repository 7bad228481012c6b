use crate::house::*;
use hearth::people::{HouseSettings, Joining, PeopleError, QuietHours, Refusal};

/// 22 November 2026, 20:00 UTC.
const EVENING: i64 = 1_795_377_600_000;

#[test]
fn the_house_stays_as_it_was_set() {
    let (house, olga) = House::owned();
    let settings = HouseSettings {
        joining: Joining::Open,
        quiet: Some(QuietHours {
            from: 21 * 60,
            to: 7 * 60,
        }),
        utc_offset_minutes: 60,
        bitrate_max: Some(6_000_000),
    };
    house.people.set_house(olga, settings).unwrap();
    let house = house.restarted(NOW);
    assert_eq!(house.people.house(), settings);
    assert_eq!(house.people.bitrate_max_of(olga), Some(6_000_000));
    house
        .people
        .set_bitrate_max(olga, olga, Some(9_000_000))
        .unwrap();
    assert_eq!(
        house.restarted(NOW).people.bitrate_max_of(olga),
        Some(9_000_000)
    );
}

#[test]
fn what_makes_no_sense_is_refused() {
    let (house, olga) = House::owned();
    let plain = HouseSettings::default();
    let quiet = |from, to| HouseSettings {
        quiet: Some(QuietHours { from, to }),
        ..plain
    };
    for odd in [
        quiet(60, 60),
        quiet(0, 1440),
        quiet(1440, 0),
        HouseSettings {
            utc_offset_minutes: 15 * 60,
            ..plain
        },
        HouseSettings {
            bitrate_max: Some(1000),
            ..plain
        },
    ] {
        let refused = house.people.set_house(olga, odd);
        assert!(matches!(refused, Err(PeopleError::Range { .. })), "{odd:?}");
    }
    assert_eq!(house.people.house(), plain);
}

#[test]
fn quiet_hours_count_once_the_clock_is_known_and_in_the_houses_own_time() {
    let f = Family::new();
    let people = &f.house.people;
    let quiet = HouseSettings {
        quiet: Some(QuietHours {
            from: 21 * 60,
            to: 7 * 60,
        }),
        utc_offset_minutes: 60,
        ..HouseSettings::default()
    };
    people.set_house(f.olga, quiet).unwrap();
    assert!(
        people.publish_allowed(f.anna, NOW).is_ok(),
        "nobody knows the time"
    );
    people.clock_is_known(minutes(10), EVENING).unwrap();
    assert_eq!(people.local_minute(minutes(10)), Some(21 * 60));
    assert_eq!(people.local_minute(minutes(9)), Some(21 * 60 - 1));
    assert!(people.publish_allowed(f.anna, minutes(9)).is_ok());
    let refused = people
        .admit_key(f.annas_key.plain(), minutes(10))
        .unwrap_err();
    assert_eq!(refused, Refusal::Quiet { until: 7 * 60 });
    assert_eq!(
        refused.to_string(),
        "Quiet hours. You can go live again at 07:00"
    );
    assert!(
        people
            .publish_allowed(f.anna, minutes(10 + 10 * 60))
            .is_ok()
    );
}

#[test]
fn a_clock_at_1970_ends_no_session() {
    let f = Family::new();
    let token = f.house.people.start_session(f.anna, NOW).unwrap();
    f.house.people.clock_is_known(NOW, 0).unwrap();
    assert!(f.house.people.session(&token, minutes(1)).is_some());
    f.house.people.clock_is_known(minutes(2), EVENING).unwrap();
    assert!(f.house.people.session(&token, minutes(2)).is_some());
    let house = f.house.restarted(minutes(3));
    house.people.clock_is_known(NOW, 0).unwrap();
    assert!(house.people.session(&token, NOW).is_some());
}

#[test]
fn when_somebody_was_last_here_is_written_twice_a_day_at_most() {
    let f = Family::new();
    let people = &f.house.people;
    let last_here = |house: &House| {
        let all = house.people.people_for(f.olga).unwrap();
        let anna = all.into_iter().find(|p| p.account.id == f.anna);
        anna.unwrap().last_here.map(|at| at.powered_ms / 60_000)
    };
    assert_eq!(last_here(&f.house), None);
    for (minute, written) in [(5, 5), (700, 5), (725, 725), (726, 725)] {
        people.is_here(f.anna, minutes(minute)).unwrap();
        assert_eq!(last_here(&f.house), Some(written));
    }
    let house = f.house.restarted(minutes(726));
    assert_eq!(last_here(&house), Some(725));
}
