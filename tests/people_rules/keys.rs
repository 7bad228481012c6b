use crate::house::*;
use hearth::people::{KeyState, PeopleError, Refusal};

#[test]
fn a_replaced_key_works_on_for_a_day_and_then_stops_by_itself() {
    let f = Family::new();
    let people = &f.house.people;
    let old = people.keys(f.anna)[0].id;
    let (new, text) = people.replace_key(f.anna, old, 24 * 60, NOW).unwrap();
    assert_eq!(people.holder_of_key(f.annas_key.plain()).unwrap().key, old);
    assert_eq!(people.holder_of_key(text.plain()).unwrap().key, new);
    assert_eq!(people.keys(f.anna)[0].state, KeyState::Ends(24 * 60));
    let twice = people.replace_key(f.anna, old, 24 * 60, NOW);
    assert!(matches!(twice, Err(PeopleError::Unknown("key"))));

    let house = f.house.restarted(minutes(60));
    let people = &house.people;
    let at = |m| {
        people
            .admit_key(f.annas_key.plain(), minutes(m))
            .map(|holder| holder.key)
    };
    assert_eq!(at(22 * 60), Ok(old));
    assert_eq!(at(23 * 60), Err(Refusal::Key));
    assert_eq!(people.admit_key(text.plain(), days(9)).unwrap().key, new);
    let keys = people.keys(f.anna);
    assert_eq!(
        (keys.len(), keys[0].id, keys[0].state),
        (1, new, KeyState::Works)
    );
}

#[test]
fn keys_whose_time_is_over_make_room() {
    let f = Family::new();
    let people = &f.house.people;
    for n in 1..8 {
        people.add_key(f.anna, &format!("key {n}")).unwrap();
    }
    let first = people.keys(f.anna)[0].id;
    let full = people.replace_key(f.anna, first, 60, NOW);
    assert!(matches!(full, Err(PeopleError::Full("keys"))));
    people.replace_key(f.anna, first, 0, NOW).unwrap();
    let last = people.keys(f.anna)[7].id;
    people.revoke_key(f.anna, last).unwrap();
    let ending = people.keys(f.anna)[0].id;
    people.replace_key(f.anna, ending, 60, NOW).unwrap();
    assert!(matches!(
        people.add_key(f.anna, "more"),
        Err(PeopleError::Full("keys"))
    ));
    people.keep_time(minutes(61)).unwrap();
    people.add_key(f.anna, "more").unwrap();
    assert_eq!(people.keys(f.anna).len(), 8);
}

#[test]
fn paused_keys_are_refused_with_a_reason_until_they_are_resumed() {
    let f = Family::new();
    let people = &f.house.people;
    let key = people.keys(f.anna)[0].id;
    assert_eq!(people.pause_keys(f.olga, f.anna).unwrap(), [key]);
    people.add_key(f.anna, "smuggled").unwrap();
    let house = f.house.restarted(NOW);
    let people = &house.people;
    for key in people.keys(f.anna) {
        let text = key.text.unwrap();
        assert_eq!(key.state, KeyState::Paused);
        assert_eq!(people.admit_key(text.plain(), NOW), Err(Refusal::Paused));
        assert_eq!(people.holder_of_key(text.plain()), None);
    }
    assert!(house.account(f.anna).keys_paused);
    people.resume_keys(f.olga, f.anna).unwrap();
    assert!(people.admit_key(f.annas_key.plain(), NOW).is_ok());
}

#[test]
fn a_key_remembers_its_last_use_for_one_write_a_session() {
    let f = Family::new();
    let people = &f.house.people;
    let holder = people.holder_of_key(f.annas_key.plain()).unwrap();
    f.house.store.flush().unwrap();
    let before = f.house.store.stats().commits;
    people.went_live(&holder, HERE, minutes(5)).unwrap();
    assert_eq!(f.house.store.stats().commits, before, "batched");
    people.went_off_air(f.anna, minutes(9)).unwrap();

    let house = f.house.restarted(minutes(9));
    let used = house.people.keys(f.anna)[0].last_use.unwrap();
    assert_eq!(
        (used.from, used.at.powered_ms, used.at.unix_ms),
        (HERE, 5 * 60_000, None)
    );
    let live = house.people.last_live(f.anna).unwrap();
    assert_eq!(live.powered_ms, 9 * 60_000);
    assert!(house.people.last_live(f.ben).is_none());
}

#[test]
fn a_key_is_renamed_by_its_person_only() {
    let f = Family::new();
    let people = &f.house.people;
    let key = people.keys(f.anna)[0].id;
    people.rename_key(f.anna, key, "OBS on the laptop").unwrap();
    assert!(matches!(
        people.rename_key(f.ben, key, "mine"),
        Err(PeopleError::Unknown("key"))
    ));
    let house = f.house.restarted(NOW);
    assert_eq!(house.people.keys(f.anna)[0].label, "OBS on the laptop");
    assert!(house.people.holder_of_key(f.annas_key.plain()).is_some());
}

#[test]
fn a_person_pauses_one_key_and_it_stays_so_until_they_resume_it() {
    let f = Family::new();
    let people = &f.house.people;
    let key = people.keys(f.anna)[0].id;
    let (other, text) = people.add_key(f.anna, "phone").unwrap();
    let not_theirs = people.pause_key(f.ben, key, true);
    assert!(matches!(not_theirs, Err(PeopleError::Unknown("key"))));
    people.pause_key(f.anna, key, true).unwrap();
    // The owner's pause of all keys and its end leave it as it is.
    people.pause_keys(f.olga, f.anna).unwrap();
    people.resume_keys(f.olga, f.anna).unwrap();
    let house = f.house.restarted(NOW);
    let people = &house.people;
    let refused = people.admit_key(f.annas_key.plain(), NOW);
    assert_eq!(refused, Err(Refusal::KeyPaused));
    assert_eq!(people.holder_of_key(f.annas_key.plain()), None);
    let whose = people.key_in_time(f.annas_key.plain()).unwrap();
    assert_eq!((whose.account, whose.key), (f.anna, key));
    let first = &people.keys(f.anna)[0];
    assert_eq!((first.state, first.is_paused), (KeyState::Paused, true));
    assert_eq!(people.admit_key(text.plain(), NOW).unwrap().key, other);
    people.pause_key(f.anna, key, false).unwrap();
    assert!(people.admit_key(f.annas_key.plain(), NOW).is_ok());
}
