//! A household over a store, as the floors above see it.

#![allow(clippy::unwrap_used)]

use hearth::people::{KeyText, LogInError, NewAccount, People, PeopleError, Role};
use hearth::store::Store;
use hearth::time::Mono;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Barrier};
use tempfile::TempDir;

const NOW: Mono = Mono(0);
const PASSWORD: &str = "a short sentence";
const HERE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 168, 1, 2));
const THERE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 168, 1, 3));

struct House {
    store: Arc<Store>,
    dir: TempDir,
}

impl House {
    fn new() -> House {
        House {
            store: Arc::new(Store::in_memory()),
            dir: tempfile::tempdir().unwrap(),
        }
    }

    fn people(&self) -> People {
        People::open(Arc::clone(&self.store), self.dir.path()).unwrap()
    }
}

fn person(display_name: &str, role: Role) -> NewAccount<'_> {
    NewAccount {
        display_name,
        name: None,
        password: PASSWORD,
        role,
    }
}

#[test]
fn a_key_finds_its_person_after_a_restart_and_can_be_shown_again() {
    let house = House::new();
    let added = house
        .people()
        .add_account(person("Oma Ilse", Role::Member))
        .unwrap();
    let key = added.key.unwrap();

    let people = house.people();
    let holder = people.holder_of_key(&key.grouped().to_uppercase()).unwrap();
    assert_eq!(holder.name, "oma-ilse");
    assert_eq!(holder.display_name, "Oma Ilse");
    assert_eq!(people.keys(added.account)[0].text, Some(key.clone()));
    assert_eq!(people.keys(added.account)[0].id, holder.key);
    let other = KeyText::random().unwrap();
    assert_eq!(people.holder_of_key(other.plain()), None);
    assert_eq!(people.holder_of_key(""), None);
}

#[test]
fn a_replaced_key_stops_working_at_once_and_never_gets_its_number_back() {
    let house = House::new();
    let people = house.people();
    let added = people.add_account(person("Anna", Role::Member)).unwrap();
    let old = people.keys(added.account)[0].clone();
    let old_text = old.text.unwrap();
    let (new, text) = people.rotate_key(added.account, old.id).unwrap();
    assert_ne!(new, old.id);
    assert_eq!(people.holder_of_key(old_text.plain()), None);
    assert_eq!(people.holder_of_key(text.plain()).unwrap().key, new);
    people.revoke_key(added.account, new).unwrap();
    assert_eq!(people.holder_of_key(text.plain()), None);
    let (third, _) = house.people().add_key(added.account, "phone").unwrap();
    assert!(third > new);
}

#[test]
fn nobody_touches_the_keys_of_another() {
    let house = House::new();
    let people = house.people();
    let anna = people.add_account(person("Anna", Role::Member)).unwrap();
    let ben = people.add_account(person("Ben", Role::Member)).unwrap();
    let annas = people.keys(anna.account)[0].id;
    for refused in [
        people.rotate_key(ben.account, annas).map(|_| ()),
        people.revoke_key(ben.account, annas),
    ] {
        assert!(matches!(refused, Err(PeopleError::Unknown("key"))));
    }
}

#[test]
fn keys_and_people_have_their_bounds() {
    let house = House::new();
    let people = house.people();
    let anna = people.add_account(person("Anna", Role::Member)).unwrap();
    for n in 1..8 {
        people.add_key(anna.account, &format!("key {n}")).unwrap();
    }
    let more = people.add_key(anna.account, "one more");
    assert!(matches!(more, Err(PeopleError::Full("keys"))));
    assert!(people.reserve_sequence(anna.account, u64::MAX).is_err());
}

#[test]
fn guests_and_children_do_not_go_live() {
    let house = House::new();
    let people = house.people();
    for (name, role) in [("Gus", Role::Guest), ("Kim", Role::Child)] {
        let added = people.add_account(person(name, role)).unwrap();
        assert!(added.key.is_none());
        let (_, key) = people.add_key(added.account, "smuggled").unwrap();
        assert_eq!(people.holder_of_key(key.plain()), None);
    }
}

#[test]
fn two_people_can_not_have_one_name() {
    let house = House::new();
    let people = house.people();
    people.add_account(person("Anna", Role::Member)).unwrap();
    let second = people.add_account(person("anna", Role::Member));
    assert!(matches!(second, Err(PeopleError::Taken)));
    let nameless = people.add_account(person("小雨", Role::Member));
    assert!(matches!(nameless, Err(PeopleError::NoAddress)));
    let named = people.add_account(NewAccount {
        name: Some(" Xiaoyu "),
        ..person("小雨", Role::Member)
    });
    assert_eq!(named.unwrap().name, "xiaoyu");
}

#[test]
fn of_two_who_claim_the_box_at_once_exactly_one_owns_it() {
    for _ in 0..5 {
        let house = House::new();
        let people = Arc::new(house.people());
        let start = Arc::new(Barrier::new(2));
        let claims = ["Anna", "Ben"].map(|name| {
            let (people, start) = (Arc::clone(&people), Arc::clone(&start));
            std::thread::spawn(move || {
                start.wait();
                people.claim_owner(person(name, Role::Owner)).is_ok()
            })
        });
        let won = claims.map(|claim| claim.join().unwrap());
        assert_eq!(won.iter().filter(|w| **w).count(), 1);
        let owners = people.accounts();
        assert_eq!(owners.len(), 1);
        assert!(house.people().has_owner());
    }
}

#[test]
fn people_log_in_by_what_they_call_themselves() {
    let house = House::new();
    let people = house.people();
    let ilse = people
        .add_account(person("Oma Ilse", Role::Member))
        .unwrap();
    let rain = people.add_account(NewAccount {
        name: Some("rain"),
        ..person("小雨", Role::Member)
    });
    for typed in ["oma-ilse", "Oma Ilse", " OMA ILSE "] {
        let id = people.log_in(typed, PASSWORD, HERE, NOW).unwrap();
        assert_eq!(id, ilse.account, "{typed}");
    }
    let rain = rain.unwrap().account;
    assert_eq!(people.log_in("小雨", PASSWORD, HERE, NOW).unwrap(), rain);
}

#[test]
fn guessing_from_one_address_does_not_lock_the_owner_out_elsewhere() {
    let house = House::new();
    let people = house.people();
    people.add_account(person("Anna", Role::Owner)).unwrap();
    for _ in 0..5 {
        let wrong = people.log_in("anna", "guess", HERE, NOW);
        assert!(matches!(wrong, Err(LogInError::Wrong)));
    }
    let slow = people.log_in("anna", PASSWORD, HERE, NOW);
    assert!(matches!(slow, Err(LogInError::Slow(30))), "{slow:?}");
    people.log_in("anna", PASSWORD, THERE, NOW).unwrap();
    people.log_in("anna", PASSWORD, HERE, Mono(30_001)).unwrap();
}

#[test]
fn bursts_from_one_address_lock_nobody_out_elsewhere_however_long_they_last() {
    let house = House::new();
    let people = house.people();
    people.add_account(person("Anna", Role::Owner)).unwrap();
    for second in 0..200 {
        for _ in 0..5 {
            let guess = people.log_in("anna", "guess", HERE, Mono(second * 1_000));
            if !matches!(guess, Err(LogInError::Wrong)) {
                assert!(matches!(guess, Err(LogInError::Slow(_))), "{guess:?}");
                break;
            }
        }
        if second % 20 == 19 {
            let anna = people.log_in("anna", PASSWORD, THERE, Mono(second * 1_000));
            assert!(anna.is_ok(), "{anna:?} after {second} s");
        }
    }
}

#[test]
fn an_own_log_in_between_guesses_at_another_name_buys_no_more_guesses() {
    let house = House::new();
    let people = house.people();
    people.add_account(person("Anna", Role::Owner)).unwrap();
    people.add_account(person("Eve", Role::Member)).unwrap();
    let mut guesses = 0;
    for second in 0..60 {
        let now = Mono(second * 1_000);
        for _ in 0..4 {
            let guess = people.log_in("anna", "guess", HERE, now);
            guesses += u32::from(matches!(guess, Err(LogInError::Wrong)));
        }
        let _ = people.log_in("eve", PASSWORD, HERE, now);
    }
    assert!(guesses <= 10, "{guesses} guesses in a minute");
    people
        .log_in("anna", PASSWORD, THERE, Mono(60_000))
        .unwrap();
}

#[test]
fn a_family_behind_one_address_logs_in_one_after_the_other() {
    let house = House::new();
    let people = house.people();
    people.add_account(person("Anna", Role::Owner)).unwrap();
    for _ in 0..10 {
        people.log_in("anna", PASSWORD, HERE, NOW).unwrap();
    }
}

#[test]
fn a_session_survives_a_restart_and_ends_with_a_new_password_or_after_thirty_days() {
    let house = House::new();
    let people = house.people();
    let anna = people.add_account(person("Anna", Role::Owner)).unwrap();
    let token = people.start_session(anna.account, NOW).unwrap();
    let session = people.session(&token, NOW).unwrap();
    assert_eq!(session.account.name, "anna");
    people.stop(NOW).unwrap();

    let people = house.people();
    let again = people.session(&token, NOW).unwrap();
    assert_eq!(again.form_token, session.form_token);
    let days = |n: u64| Mono(n * 24 * 60 * 60_000);
    assert_eq!(people.session(&token, days(14)).unwrap().renewed, None);
    let renewed = people.session(&token, days(16)).unwrap().renewed.unwrap();
    let gone_on = people.session(&renewed, days(45)).unwrap();
    assert_eq!(gone_on.form_token, session.form_token);
    assert!(people.session(&token, days(29)).is_some());
    assert!(people.session(&token, days(31)).is_none());

    people
        .set_password(anna.account, "another sentence")
        .unwrap();
    assert!(people.session(&token, NOW).is_none());
    assert!(people.session(&renewed, days(17)).is_none());
    let wrong = people.log_in("anna", PASSWORD, HERE, NOW);
    assert!(matches!(wrong, Err(LogInError::Wrong)));
    people
        .log_in("anna", "another sentence", HERE, NOW)
        .unwrap();
}

#[test]
fn powered_on_time_never_runs_backwards_over_power_cuts() {
    let house = House::new();
    let people = house.people();
    let anna = people.add_account(person("Anna", Role::Owner)).unwrap();
    // 30 days less two hours, written at its last full hour; then a cut.
    let late = Mono((30 * 24 - 2) * 60 * 60_000);
    let token = people.start_session(anna.account, NOW).unwrap();
    people.keep_time(late).unwrap();
    let people = house.people();
    assert!(people.session(&token, NOW).is_some());
    let people_after_second_cut = house.people();
    assert!(people_after_second_cut.session(&token, NOW).is_none());
}

#[test]
fn a_changed_name_is_shown_and_the_handle_stays() {
    let house = House::new();
    let people = house.people();
    let anna = people.add_account(person("Anna", Role::Owner)).unwrap();
    people.set_display_name(anna.account, "  安娜 ").unwrap();
    let account = house.people().account_named("anna").unwrap();
    assert_eq!(account.display_name, "安娜");
    let empty = people.set_display_name(anna.account, " ");
    assert!(matches!(empty, Err(PeopleError::DisplayName(_))));
}

#[test]
fn sequence_numbers_are_never_promised_twice() {
    let house = House::new();
    let people = Arc::new(house.people());
    let anna = people
        .add_account(person("Anna", Role::Owner))
        .unwrap()
        .account;
    let ben = people
        .add_account(person("Ben", Role::Member))
        .unwrap()
        .account;
    assert_eq!(people.reserve_sequence(anna, 1000).unwrap(), 0);
    assert_eq!(people.reserve_sequence(anna, 1000).unwrap(), 1000);
    assert_eq!(people.reserve_sequence(ben, 10).unwrap(), 0);
    assert_eq!(house.people().reserve_sequence(anna, 1).unwrap(), 2000);

    let threads: Vec<_> = (0..4)
        .map(|_| {
            let people = Arc::clone(&people);
            std::thread::spawn(move || people.reserve_sequence(ben, 10).unwrap())
        })
        .collect();
    let mut firsts: Vec<u64> = threads.into_iter().map(|t| t.join().unwrap()).collect();
    firsts.sort_unstable();
    assert_eq!(firsts, [10, 20, 30, 40]);
}

#[test]
fn a_lost_device_secret_costs_keys_and_sessions_but_no_account() {
    let house = House::new();
    let people = house.people();
    let anna = people.add_account(person("Anna", Role::Owner)).unwrap();
    let token = people.start_session(anna.account, NOW).unwrap();
    std::fs::remove_file(house.dir.path().join("secret")).unwrap();

    let people = house.people();
    assert!(people.session(&token, NOW).is_none());
    assert_eq!(people.keys(anna.account)[0].text, None);
    people.log_in("anna", PASSWORD, HERE, NOW).unwrap();
    let id = people.keys(anna.account)[0].id;
    let (_, fresh) = people.rotate_key(anna.account, id).unwrap();
    assert!(people.holder_of_key(fresh.plain()).is_some());
}
