//! Who may do what, as one table.

use crate::house::*;
use hearth::people::{
    AccountId, ChannelChange, CommentError, HouseSettings, NewComment, NewInvitation, PeopleError,
    PictureError, PictureOf, Role,
};

type Deed = fn(&Family, AccountId) -> Result<(), PeopleError>;

fn invite(f: &Family, by: AccountId) -> Result<(), PeopleError> {
    let new = NewInvitation {
        label: "",
        role: Role::Guest,
        uses: 1,
        minutes: 9,
    };
    f.house.people.invite(by, new, NOW).map(drop)
}

fn picture(f: &Family, by: AccountId) -> Result<(), PeopleError> {
    match f
        .house
        .people
        .remove_picture(by, PictureOf::Channel(f.anna))
    {
        Err(PictureError::People(error)) => Err(error),
        Err(other) => panic!("{other}"),
        Ok(()) => Ok(()),
    }
}

/// Each deed, done to Anna's things where it is done to somebody's; then whether Olga (owner), Anna herself, Ben (member), Gus
/// (guest) and Kim (child) may.
const TABLE: &[(&str, Deed, [bool; 5])] = &[
    ("invite", invite, [true, false, false, false, false]),
    (
        "list invitations",
        |f, by| f.house.people.invitations(by, NOW).map(drop),
        [true, false, false, false, false],
    ),
    (
        "set the house",
        |f, by| f.house.people.set_house(by, HouseSettings::default()),
        [true, false, false, false, false],
    ),
    (
        "list people",
        |f, by| f.house.people.people_for(by).map(drop),
        [true, false, false, false, false],
    ),
    (
        "reset a password",
        |f, by| f.house.people.reset_link(by, f.anna, NOW).map(drop),
        [true, false, false, false, false],
    ),
    (
        "give a role",
        |f, by| f.house.people.set_role(by, f.anna, Role::Member).map(drop),
        [true, false, false, false, false],
    ),
    (
        "bound a bit rate",
        |f, by| f.house.people.set_bitrate_max(by, f.anna, None),
        [true, false, false, false, false],
    ),
    (
        "mute everywhere",
        |f, by| f.house.people.set_muted(by, f.anna, false),
        [true, false, false, false, false],
    ),
    (
        "pause keys",
        |f, by| f.house.people.pause_keys(by, f.anna).map(drop),
        [true, false, false, false, false],
    ),
    (
        "resume keys",
        |f, by| f.house.people.resume_keys(by, f.anna),
        [true, false, false, false, false],
    ),
    (
        "sign out everywhere",
        |f, by| f.house.people.sign_out_everywhere(by, f.anna),
        [true, true, false, false, false],
    ),
    (
        "change a channel",
        |f, by| {
            f.house
                .people
                .set_channel(by, f.anna, ChannelChange::default())
                .map(drop)
        },
        [true, true, false, false, false],
    ),
    (
        "close a channel",
        |f, by| f.house.people.set_open(by, f.anna, true).map(drop),
        [true, true, false, false, false],
    ),
    (
        "set a phrase",
        |f, by| {
            f.house
                .people
                .set_phrase(by, f.anna, "open sesame")
                .map(drop)
        },
        [true, true, false, false, false],
    ),
    (
        "change a picture",
        picture,
        [true, true, false, false, false],
    ),
    (
        "mute on a channel",
        |f, by| f.house.people.mute(by, f.anna, f.kim),
        [true, true, false, false, false],
    ),
    (
        "list muted",
        |f, by| f.house.people.muted(by, f.anna).map(drop),
        [true, true, false, false, false],
    ),
    (
        "delete an account",
        |f, by| f.house.people.delete_account(by, f.anna, NOW).map(drop),
        [true, false, false, false, false],
    ),
];

#[test]
fn who_may_do_what() {
    for (deed, act, may) in TABLE {
        // Those who may come last, so that what they do changes nothing for the others.
        let f = Family::new();
        let all = [f.olga, f.anna, f.ben, f.gus, f.kim];
        for (by, may) in all.into_iter().zip(may).rev() {
            let name = f.house.account(by).name;
            match (act(&f, by), may) {
                (Ok(()), true) | (Err(PeopleError::NotAllowed), false) => {}
                (other, _) => panic!("{name}, {deed}: {other:?}"),
            }
        }
        let stranger = act(&f, AccountId(999));
        assert!(
            matches!(stranger, Err(PeopleError::NotAllowed)),
            "{deed}: {stranger:?}"
        );
    }
}

#[test]
fn who_may_follow_comment_and_go_live() {
    let f = Family::new();
    let people = &f.house.people;
    for (who, live, comments) in [
        (f.olga, true, true),
        (f.ben, true, true),
        (f.gus, false, false),
        (f.kim, false, false),
    ] {
        people.follow(who, f.anna).unwrap();
        assert_eq!(people.publish_allowed(who, NOW).is_ok(), live);
        let said = people.comment(
            NewComment {
                author: who,
                channel: f.anna,
                text: "hello",
                position: None,
                has_pass: false,
            },
            NOW,
        );
        match (said, comments) {
            (Ok(_), true) | (Err(CommentError::Role), false) => {}
            (other, _) => panic!("{who:?}: {other:?}"),
        }
    }
}

#[test]
fn a_house_keeps_an_owner() {
    let f = Family::new();
    let people = &f.house.people;
    let down = people.set_role(f.olga, f.olga, Role::Member);
    assert!(matches!(down, Err(PeopleError::LastOwner)));
    let gone = people.delete_own_account(f.olga, PASSWORD, HERE, NOW);
    assert!(matches!(gone, Err(PeopleError::LastOwner)));
    people.set_role(f.olga, f.anna, Role::Owner).unwrap();
    people.set_role(f.olga, f.olga, Role::Member).unwrap();
    assert!(matches!(
        people.people_for(f.olga),
        Err(PeopleError::NotAllowed)
    ));
    assert!(people.people_for(f.anna).is_ok());
}

#[test]
fn a_member_who_becomes_a_child_loses_the_air_at_once_and_gets_it_back() {
    let f = Family::new();
    let people = &f.house.people;
    let key = people.keys(f.anna)[0].id;
    let changed = people.set_role(f.olga, f.anna, Role::Child).unwrap();
    assert_eq!(
        (changed.account.role, changed.stopped),
        (Role::Child, vec![key])
    );
    assert!(people.holder_of_key(f.annas_key.plain()).is_none());
    let refused = people.admit_key(f.annas_key.plain(), NOW).unwrap_err();
    assert!(refused.to_string().contains("watch but not go live"));
    people.set_role(f.olga, f.anna, Role::Member).unwrap();
    assert!(
        f.house
            .restarted(NOW)
            .people
            .holder_of_key(f.annas_key.plain())
            .is_some()
    );
}

#[test]
fn owners_are_not_muted() {
    let f = Family::new();
    let people = &f.house.people;
    let everywhere = people.set_muted(f.olga, f.olga, true);
    assert!(matches!(everywhere, Err(PeopleError::NotAllowed)));
    for who in [f.olga, f.anna] {
        let here = people.mute(f.anna, f.anna, who);
        assert!(matches!(here, Err(PeopleError::NotAllowed)));
    }
}
