use crate::house::*;
use hearth::limits::people::RETIRED_NAME_MINUTES;
use hearth::people::{ChannelChange, LogInError, NewComment, PeopleError, PictureOf, Role};

/// A PNG header; the rest does not matter here.
pub(crate) const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x02\0\0\0\x02\x08\x06\0\0\0";

/// Anna uses everything.
fn lived_in() -> Family {
    let f = Family::new();
    let people = &f.house.people;
    let say = |author, channel, text| NewComment {
        author,
        channel,
        text,
        position: None,
        has_pass: false,
    };
    let holder = people.holder_of_key(f.annas_key.plain()).unwrap();
    let change = ChannelChange {
        title: Some("Bowls"),
        description: Some("Throwing and trimming"),
        tags: Some(&["pottery"]),
        ..ChannelChange::default()
    };
    people.set_channel(f.anna, f.anna, change).unwrap();
    for of in [PictureOf::Person(f.anna), PictureOf::Channel(f.anna)] {
        people.set_picture(f.anna, of, PNG).unwrap();
    }
    people.went_live(&holder, HERE, NOW).unwrap();
    people.follow(f.anna, f.ben).unwrap();
    people.follow(f.ben, f.anna).unwrap();
    people.follow(f.ben, f.olga).unwrap();
    people.mute(f.ben, f.ben, f.kim).unwrap();
    people.mute(f.ben, f.ben, f.anna).unwrap();
    people.unmute(f.ben, f.ben, f.anna).unwrap();
    people.mute(f.anna, f.anna, f.ben).unwrap();
    people.mute(f.olga, f.olga, f.anna).unwrap();
    people.unmute(f.olga, f.olga, f.anna).unwrap();
    people
        .comment(say(f.anna, f.ben, "annas words at bens"), NOW)
        .unwrap();
    people
        .comment(say(f.ben, f.ben, "bens words"), NOW)
        .unwrap();
    people.mute(f.olga, f.olga, f.anna).unwrap();
    people
        .comment(say(f.olga, f.anna, "olgas words at annas"), NOW)
        .unwrap();
    people.is_here(f.anna, NOW).unwrap();
    people.reset_link(f.olga, f.anna, NOW).unwrap();
    f
}

#[test]
fn nothing_of_a_deleted_person_is_left_on_the_card() {
    let f = lived_in();
    let people = &f.house.people;
    let session = people.start_session(f.anna, NOW).unwrap();
    let deleted = people.delete_account(f.olga, f.anna, NOW).unwrap();
    assert_eq!(
        (deleted.account, deleted.name.as_str(), deleted.keys.len()),
        (f.anna, "anna", 1)
    );

    let check = |house: &House| {
        let people = &house.people;
        assert!(people.session(&session, NOW).is_none() && people.account(f.anna).is_none());
        assert!(people.holder_of_key(f.annas_key.plain()).is_none());
        assert!(people.channel_named("anna").is_none() && people.keys(f.anna).is_empty());
        assert!(people.picture_info(PictureOf::Channel(f.anna)).is_none());
        assert_eq!(people.followed_by(f.ben), [f.olga]);
        assert_eq!(people.followers(f.ben).len(), 0);
        let said = people.comments(f.ben, None, 50).unwrap();
        assert_eq!((said.len(), said[0].text.as_str()), (1, "bens words"));
        assert!(people.comments(f.anna, None, 50).unwrap().is_empty());
        assert!(people.search("bowls", None).is_empty() && people.popular_tags(None).is_empty());
    };
    check(&f.house);
    let house = f.house.restarted(NOW);
    check(&house);
    let mut export = Vec::new();
    house
        .store
        .snapshot()
        .unwrap()
        .rows::<hearth::store::StoreError>(|row| {
            export.extend_from_slice(row.row);
            Ok(())
        })
        .unwrap();
    for words in [
        "annas words",
        "olgas words",
        "Throwing",
        "Bowls",
        "pottery",
        "Anna",
    ] {
        let found = export
            .windows(words.len())
            .any(|bytes| bytes == words.as_bytes());
        assert!(!found, "{words}");
    }
}

#[test]
fn one_deletes_oneself_with_the_password() {
    let f = lived_in();
    let people = &f.house.people;
    let guess = people.delete_own_account(f.anna, "guess", HERE, NOW);
    assert!(matches!(guess, Err(PeopleError::LogIn(LogInError::Wrong))));
    people
        .delete_own_account(f.anna, PASSWORD, HERE, NOW)
        .unwrap();
    assert!(people.account(f.anna).is_none());
    let again = people.delete_account(f.olga, f.anna, NOW);
    assert!(matches!(again, Err(PeopleError::Unknown("account"))));
}

#[test]
fn the_name_of_a_deleted_account_leads_to_nobody_for_ninety_days() {
    let f = lived_in();
    let people = &f.house.people;
    people.delete_account(f.olga, f.anna, NOW).unwrap();
    let taken = people.add_account(person("Anna", Role::Member));
    assert!(matches!(taken, Err(PeopleError::Taken)));
    let house = f
        .house
        .restarted(minutes(u64::from(RETIRED_NAME_MINUTES) - 9));
    let taken = house.people.add_account(person("Anna", Role::Member));
    assert!(matches!(taken, Err(PeopleError::Taken)));
    house.people.keep_time(minutes(10)).unwrap();
    let anna = house.add("Anna", Role::Member);
    assert_ne!(anna.account, f.anna, "a number is for life");
}

#[test]
fn all_that_is_kept_about_somebody_is_theirs_to_take() {
    let f = lived_in();
    let people = &f.house.people;
    let export = serde_json::to_value(people.export_of(f.anna).unwrap()).unwrap();
    assert_eq!(export["account"]["name"], "anna");
    assert_eq!(export["account"]["role"], "member");
    assert_eq!(export["account"]["picture"]["width"], 2);
    assert!(
        export["account"]["picture"]["base64"]
            .as_str()
            .unwrap()
            .starts_with("iVBORw0KGgo")
    );
    assert_eq!(export["channel"]["description"], "Throwing and trimming");
    assert_eq!(export["channel"]["tags"][0], "pottery");
    assert_eq!(export["channel"]["muted"][0], "ben");
    assert_eq!(export["keys"][0]["key"], f.annas_key.grouped());
    assert_eq!(export["keys"][0]["last_use"]["from"], "192.168.1.2");
    assert_eq!(export["follows"][0], "ben");
    assert_eq!(export["comments"].as_array().unwrap().len(), 1);
    assert_eq!(export["comments"][0]["text"], "annas words at bens");
    assert_eq!(export["comments"][0]["channel"], "ben");
    let text = export.to_string();
    assert!(!text.contains("argon2") && !text.contains("bens words"));
    assert!(people.export_of(hearth::people::AccountId(99)).is_err());
}
