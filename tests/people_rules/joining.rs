use crate::house::*;
use hearth::limits::people::{INVITATION_USES_MAX, INVITATIONS_MAX, RESET_MINUTES};
use hearth::people::{
    AccountId, Door, InvitationLink, JoinError, Joining, LogInError, NewInvitation, PeopleError,
    Role,
};
use std::net::IpAddr;

const HOME: Door = Door {
    from: HERE,
    is_home: true,
};

fn link(house: &House, by: AccountId, role: Role, uses: u16) -> InvitationLink {
    let new = NewInvitation {
        label: "for the cousins",
        role,
        uses,
        minutes: 60,
    };
    house.people.invite(by, new, NOW).unwrap()
}

#[test]
fn at_first_one_joins_by_invitation_only() {
    let (house, _) = House::owned();
    assert_eq!(house.people.house().joining, Joining::Invited);
    let refused = house
        .people
        .register(person("Mei", Role::Member), None, HOME, NOW);
    assert!(matches!(refused, Err(JoinError::NotInvited)));
    assert!(!house.people.may_join(true));
}

#[test]
fn an_invitation_gives_its_role_and_no_other_and_counts_its_uses_over_a_restart() {
    let (house, olga) = House::owned();
    let link = link(&house, olga, Role::Child, 2);
    let shown = house.people.invitation(&link.secret, NOW).unwrap();
    assert_eq!(
        (shown.0.role, shown.1.display_name.as_str()),
        (Role::Child, "Olga")
    );

    let greedy = person("Kim", Role::Owner);
    let typed = format!(" {} ", link.secret.to_uppercase());
    let kim = house
        .people
        .register(greedy, Some(&typed), HOME, NOW)
        .unwrap();
    assert_eq!(house.account(kim.account).role, Role::Child);
    assert!(kim.key.is_none());

    let house = house.restarted(NOW);
    let open = house.people.invitations(olga, NOW).unwrap();
    assert_eq!(
        (open[0].uses, open[0].used, open[0].label.as_str()),
        (2, 1, "for the cousins")
    );
    let join = |name| {
        house
            .people
            .register(person(name, Role::Child), Some(&link.secret), HOME, NOW)
    };
    join("Lena").unwrap();
    assert!(matches!(join("Theo"), Err(JoinError::Spent)));
    assert!(house.people.invitations(olga, NOW).unwrap().is_empty());
}

#[test]
fn a_typing_error_does_not_use_an_invitation_up() {
    let (house, olga) = House::owned();
    let link = link(&house, olga, Role::Member, 1);
    let mut new = person("Mei", Role::Member);
    new.password = "short";
    let refused = house.people.register(new, Some(&link.secret), HOME, NOW);
    assert!(matches!(
        refused,
        Err(JoinError::Account(PeopleError::Password(_)))
    ));
    let taken = house
        .people
        .register(person("olga", Role::Member), Some(&link.secret), HOME, NOW);
    assert!(matches!(taken, Err(JoinError::Account(PeopleError::Taken))));
    house
        .people
        .register(person("Mei", Role::Member), Some(&link.secret), HOME, NOW)
        .unwrap();
}

#[test]
fn invitations_run_out_are_taken_back_and_are_bounded() {
    let (house, olga) = House::owned();
    let one = link(&house, olga, Role::Member, 1);
    assert!(house.people.invitation(&one.secret, minutes(59)).is_some());
    assert!(house.people.invitation(&one.secret, minutes(60)).is_none());
    house.people.revoke_invitation(olga, one.id).unwrap();
    assert!(house.people.invitation(&one.secret, NOW).is_none());
    let again = house.people.revoke_invitation(olga, one.id);
    assert!(matches!(again, Err(PeopleError::Unknown("invitation"))));

    for _ in 0..INVITATIONS_MAX {
        link(&house, olga, Role::Member, 1);
    }
    let new = NewInvitation {
        label: "",
        role: Role::Member,
        uses: 1,
        minutes: 60,
    };
    let full = house.people.invite(olga, new, NOW);
    assert!(matches!(full, Err(PeopleError::Full("invitations"))));
    house.people.invite(olga, new, minutes(61)).unwrap();
    assert_eq!(
        house.people.invitations(olga, minutes(61)).unwrap().len(),
        1
    );

    for uses in [0, INVITATION_USES_MAX + 1] {
        let odd = house
            .people
            .invite(olga, NewInvitation { uses, ..new }, NOW);
        assert!(matches!(odd, Err(PeopleError::Range { .. })));
    }
    let owner = NewInvitation {
        role: Role::Owner,
        ..new
    };
    assert!(matches!(
        house.people.invite(olga, owner, NOW),
        Err(PeopleError::NotAllowed)
    ));
}

#[test]
fn an_open_house_is_open_at_home_only_and_a_closed_one_to_nobody() {
    let (house, olga) = House::owned();
    let link = link(&house, olga, Role::Member, 9);
    house.joining(olga, Joining::Open);
    let away = Door {
        from: IpAddr::from([203, 0, 113, 7]),
        is_home: false,
    };
    let refused = house
        .people
        .register(person("Eve", Role::Member), None, away, NOW);
    assert!(matches!(refused, Err(JoinError::NotInvited)));
    let mei = house
        .people
        .register(person("Mei", Role::Owner), None, HOME, NOW)
        .unwrap();
    assert_eq!(house.account(mei.account).role, Role::Member);

    let house = house.restarted(NOW);
    house.joining(olga, Joining::Closed);
    for secret in [None, Some(link.secret.as_str())] {
        let refused = house
            .people
            .register(person("Theo", Role::Member), secret, HOME, NOW);
        assert!(matches!(refused, Err(JoinError::Closed)));
    }
}

#[test]
fn guessing_invitations_is_slow() {
    let (house, olga) = House::owned();
    let link = link(&house, olga, Role::Member, 1);
    let guess = |at| {
        let new = person("Eve", Role::Member);
        house
            .people
            .register(new, Some("aaaaaaaaaaaaaaaaaaaa"), HOME, at)
    };
    for _ in 0..8 {
        assert!(matches!(guess(NOW), Err(JoinError::Spent)));
    }
    assert!(matches!(guess(NOW), Err(JoinError::Slow(300))));
    let other = Door {
        from: THERE,
        is_home: true,
    };
    house
        .people
        .register(person("Mei", Role::Member), Some(&link.secret), other, NOW)
        .unwrap();
}

#[test]
fn one_address_does_not_fill_an_open_house() {
    let (house, olga) = House::owned();
    house.joining(olga, Joining::Open);
    let names: Vec<String> = (0..9).map(|n| format!("person {n}")).collect();
    let join = |name: &String| {
        house
            .people
            .register(person(name, Role::Member), None, HOME, NOW)
    };
    assert!(names[..8].iter().all(|name| join(name).is_ok()));
    assert!(matches!(join(&names[8]), Err(JoinError::Slow(_))));
}

#[test]
fn a_reset_link_ends_with_the_password_that_it_was_for_and_with_the_sessions() {
    let f = Family::new();
    let (people, anna) = (&f.house.people, f.anna);
    let counts = |secret: &str| people.reset_of(secret, NOW).is_some();
    let link = people.reset_link(f.olga, anna, NOW).unwrap().secret;
    people.set_password(anna, "a sentence of her own").unwrap();
    assert!(!counts(&link), "she has remembered or chosen one");
    let link = people.reset_link(f.olga, anna, NOW).unwrap().secret;
    let of_ben = people.reset_link(f.olga, f.ben, NOW).unwrap().secret;
    people.sign_out_everywhere(anna, anna).unwrap();
    assert!(!counts(&link) && counts(&of_ben));
    let house = f.house.restarted(NOW);
    assert!(house.people.reset_of(&link, NOW).is_none());
}

#[test]
fn a_reset_link_works_once_and_ends_all_sessions() {
    let f = Family::new();
    let (people, anna) = (&f.house.people, f.anna);
    let session = people.start_session(anna, NOW).unwrap();
    let first = people.reset_link(f.olga, anna, NOW).unwrap();
    let link = people.reset_link(f.olga, anna, NOW).unwrap();
    assert!(
        people.reset_of(&first.secret, NOW).is_none(),
        "the newer one counts"
    );
    assert_eq!(people.reset_of(&link.secret, NOW).unwrap().id, anna);

    let short = people.reset_password(&link.secret, "short", HERE, NOW);
    assert!(matches!(short, Err(PeopleError::Password(_))));
    let house = f.house.restarted(NOW);
    let people = &house.people;
    people
        .reset_password(&link.secret, "another sentence", HERE, NOW)
        .unwrap();
    assert!(people.session(&session, NOW).is_none());
    people
        .log_in("anna", "another sentence", HERE, NOW)
        .unwrap();
    let again = people.reset_password(&link.secret, "one more sentence", HERE, NOW);
    assert!(matches!(again, Err(PeopleError::Link)));

    let late = people.reset_link(f.olga, anna, NOW).unwrap();
    assert!(
        people
            .reset_of(&late.secret, minutes(u64::from(RESET_MINUTES)))
            .is_none()
    );
}

#[test]
fn an_own_password_needs_the_old_one_and_wrong_ones_are_slowed_down() {
    let f = Family::new();
    let people = &f.house.people;
    let change = |old: &str| people.change_password(f.anna, old, "another sentence", HERE, NOW);
    let session = people.start_session(f.anna, NOW).unwrap();
    for _ in 0..5 {
        assert!(matches!(
            change("guess"),
            Err(PeopleError::LogIn(LogInError::Wrong))
        ));
    }
    assert!(matches!(
        change(PASSWORD),
        Err(PeopleError::LogIn(LogInError::Slow(_)))
    ));
    assert!(people.session(&session, NOW).is_some());
    people
        .change_password(f.anna, PASSWORD, "another sentence", THERE, NOW)
        .unwrap();
    assert!(people.session(&session, NOW).is_none());
}
