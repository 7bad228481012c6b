use crate::house::*;
use hearth::people::{Access, ChannelChange, LogInError, NameError, PeopleError, Role, Visibility};

fn change<'a>(title: &'a str, tags: &'a [&'a str]) -> ChannelChange<'a> {
    ChannelChange {
        title: Some(title),
        tags: Some(tags),
        ..ChannelChange::default()
    }
}

#[test]
fn a_channel_says_what_its_owner_wrote_after_a_restart_too() {
    let f = Family::new();
    let tags = ["#Pottery", "手作"];
    let all = ChannelChange {
        description: Some("Line one\n\nLine two"),
        ..change(" Bowls ", &tags)
    };
    let now = f.house.people.set_channel(f.anna, f.anna, all).unwrap();
    assert_eq!(
        (now.title.as_str(), now.tags.as_slice()),
        ("Bowls", &["pottery".to_owned(), "手作".to_owned()][..])
    );
    let house = f.house.restarted(NOW);
    assert_eq!(house.people.channel_named("anna"), Some(now));
    assert_eq!(
        house.people.description(f.anna).unwrap(),
        "Line one\n\nLine two"
    );

    let only_title = ChannelChange {
        title: Some("Cups"),
        ..ChannelChange::default()
    };
    let now = house
        .people
        .set_channel(f.olga, f.anna, only_title)
        .unwrap();
    assert_eq!((now.title.as_str(), now.tags.len()), ("Cups", 2));
    let empty = ChannelChange {
        description: Some(" "),
        ..ChannelChange::default()
    };
    house.people.set_channel(f.anna, f.anna, empty).unwrap();
    assert_eq!(house.people.description(f.anna).unwrap(), "");
}

#[test]
fn texts_that_are_too_long_are_refused_by_their_name() {
    let f = Family::new();
    let (title, description) = ("x".repeat(121), "x".repeat(2001));
    let many: Vec<String> = (0..9).map(|n| n.to_string()).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let none = ChannelChange::default();
    for (change, field) in [
        (
            ChannelChange {
                title: Some(&title),
                ..none
            },
            "title",
        ),
        (
            ChannelChange {
                description: Some(&description),
                ..none
            },
            "description",
        ),
        (
            ChannelChange {
                tags: Some(&many),
                ..none
            },
            "tags",
        ),
    ] {
        match f.house.people.set_channel(f.anna, f.anna, change) {
            Err(PeopleError::Text {
                what,
                why: NameError::Length,
            }) => assert_eq!(what, field),
            other => panic!("{field}: {other:?}"),
        }
    }
}

#[test]
fn guests_and_children_have_no_channel() {
    let f = Family::new();
    for id in [f.gus, f.kim] {
        assert!(f.house.people.channel(id).is_none());
        let refused = f.house.people.set_channel(id, id, change("mine", &[]));
        assert!(matches!(refused, Err(PeopleError::NotAllowed)));
    }
    assert_eq!(f.house.people.channels().len(), 3);
}

#[test]
fn who_sees_which_channel() {
    let f = Family::new();
    let people = &f.house.people;
    let viewers = [
        None,
        Some(f.gus),
        Some(f.kim),
        Some(f.ben),
        Some(f.anna),
        Some(f.olga),
    ];
    let seen = |people: &hearth::people::People| {
        viewers.map(|id| {
            let account = id.and_then(|id| people.account(id));
            people.may_see(account.as_ref(), f.anna)
        })
    };
    assert_eq!(seen(people), [Access::Open; 6]);
    people.set_open(f.anna, f.anna, true).unwrap();
    let (no, open, pass) = (Access::MembersOnly, Access::Open, Access::NeedsPass);
    assert_eq!(seen(people), [no, no, open, open, open, open]);
    people.set_phrase(f.anna, f.anna, "open sesame").unwrap();
    let house = f.house.restarted(NOW);
    assert_eq!(seen(&house.people), [pass, pass, pass, pass, open, open]);
    assert_eq!(
        house.people.visibility_of("anna"),
        Some(Visibility::PassPhrase)
    );
    assert_eq!(house.people.visibility_of("nobody"), None);
    assert!(pass.is_open(true) && !pass.is_open(false) && !no.is_open(true));

    // What counts is the role of now, not that of when the page was asked for.
    house.people.set_open(f.anna, f.anna, true).unwrap();
    let ben = house.account(f.ben);
    house.people.set_role(f.olga, f.ben, Role::Guest).unwrap();
    assert_eq!(house.people.may_see(Some(&ben), f.anna), no);
}

#[test]
fn a_pass_phrase_is_typed_any_way_and_a_new_one_ends_the_passes() {
    let f = Family::new();
    let people = &f.house.people;
    let epoch = people.pass_epoch_of("anna").unwrap();
    assert!(matches!(
        people.check_phrase(f.anna, "", HERE, NOW),
        Err(LogInError::Wrong)
    ));
    people.set_phrase(f.anna, f.anna, "Open Sesame").unwrap();
    let first = people.pass_epoch_of("anna").unwrap();
    assert_ne!(first, epoch);
    for typed in ["Open Sesame", " opensesame ", "ＯＰＥＮ sesame"] {
        people.check_phrase(f.anna, typed, HERE, NOW).unwrap();
    }
    for wrong in ["", "open", "opensesam", &"x".repeat(1000)] {
        let refused = people.check_phrase(f.anna, wrong, HERE, NOW);
        assert!(matches!(refused, Err(LogInError::Wrong)), "{wrong}");
    }
    people.set_phrase(f.anna, f.anna, "shut sesame").unwrap();
    assert_ne!(people.pass_epoch_of("anna"), Some(first));
    let house = f.house.restarted(NOW);
    assert!(
        house
            .people
            .check_phrase(f.anna, "open sesame", THERE, NOW)
            .is_err()
    );
    house
        .people
        .check_phrase(f.anna, "shut sesame", THERE, NOW)
        .unwrap();
    let before = house.people.pass_epoch_of("anna");
    house.people.set_open(f.anna, f.anna, false).unwrap();
    assert_ne!(house.people.pass_epoch_of("anna"), before);
    let short = house.people.set_phrase(f.anna, f.anna, "abc");
    assert!(matches!(
        short,
        Err(PeopleError::Text {
            what: "pass-phrase",
            ..
        })
    ));
}

#[test]
fn guessing_pass_phrases_is_slow_for_an_address_and_for_a_channel() {
    let f = Family::new();
    let people = &f.house.people;
    people.set_phrase(f.anna, f.anna, "open sesame").unwrap();
    let from = |n: u8| std::net::IpAddr::from([192, 168, 7, n]);
    for n in 0..5 {
        for _ in 0..5 {
            assert!(matches!(
                people.check_phrase(f.anna, "guess", from(n), NOW),
                Err(LogInError::Wrong)
            ));
        }
        assert!(matches!(
            people.check_phrase(f.anna, "guess", from(n), NOW),
            Err(LogInError::Slow(_))
        ));
    }
    for n in 10..15 {
        assert!(people.check_phrase(f.anna, "guess", from(n), NOW).is_err());
    }
    let all = people.check_phrase(f.anna, "open sesame", from(20), NOW);
    assert!(
        matches!(all, Err(LogInError::Slow(_))),
        "thirty wrong ones in all"
    );
    people
        .check_phrase(f.anna, "open sesame", from(20), minutes(1))
        .unwrap();
}

#[test]
fn signing_out_everywhere_ends_the_passes_of_a_person_and_nobody_elses() {
    let f = Family::new();
    let people = &f.house.people;
    people.set_open(f.anna, f.anna, false).unwrap();
    let pass_of = |id| {
        let (viewer, anna) = (f.house.account(id), f.house.account(f.anna));
        people.watch_pass(Some(&viewer), &anna, NOW).unwrap()
    };
    let (stolen, olgas) = (pass_of(f.ben), pass_of(f.olga));
    assert!(people.may_watch("anna", &stolen, NOW));
    assert_eq!(people.pass_holder("anna", &stolen, NOW), Some(f.ben));
    people.sign_out_everywhere(f.ben, f.ben).unwrap();
    assert!(!people.may_watch("anna", &stolen, NOW));
    assert_eq!(people.pass_holder("anna", &stolen, NOW), None);
    assert!(people.may_watch("anna", &olgas, NOW));
    let next = pass_of(f.ben);
    assert!(people.may_watch("anna", &next, NOW));
    people.set_password(f.ben, "another sentence").unwrap();
    assert!(!people.may_watch("anna", &next, NOW));
    assert!(people.may_watch("anna", &pass_of(f.ben), NOW));
}
