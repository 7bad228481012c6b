use crate::house::*;
use hearth::limits::people::{COMMENT_MAX, COMMENTS_BYTES_MAX, COMMENTS_KEPT};
use hearth::people::{
    AccountId, Comment, CommentError, NewComment, People, PeopleError, Position, Removed, Role,
    TABLES,
};
use hearth::store::storage::Memory;
use hearth::store::{Options, Store};
use hearth::time::Mono;
use std::sync::Arc;
use std::time::Duration;

fn said(author: AccountId, channel: AccountId, text: &str) -> NewComment<'_> {
    NewComment {
        author,
        channel,
        text,
        position: None,
        has_pass: false,
    }
}

/// A store with files as large as on a card.
fn card() -> Store {
    let options = Options {
        gather: Duration::ZERO,
        ..Options::default()
    };
    Store::open_on(Arc::new(Memory::new()), "card", TABLES, options).unwrap()
}

fn texts(comments: &[Comment]) -> Vec<&str> {
    comments
        .iter()
        .map(|comment| comment.text.as_str())
        .collect()
}

/// Says `count` comments, as fast as one may; returns the time after them.
fn talk(people: &People, author: AccountId, channel: AccountId, count: u64, from: Mono) -> Mono {
    for n in 0..count {
        let at = from.plus(n * 2000);
        people
            .comment(said(author, channel, &format!("comment {n}")), at)
            .unwrap();
    }
    from.plus(count * 2000)
}

#[test]
fn a_comment_is_shown_with_its_place_in_the_stream_and_gets_its_date_later() {
    let f = Family::new();
    let position = Position {
        session: 0xdead_beef,
        ms: 760_000,
    };
    let new = NewComment {
        position: Some(position),
        ..said(f.ben, f.anna, " Which\nclay? ")
    };
    let comment = f.house.people.comment(new, minutes(13)).unwrap();
    assert_eq!(comment.text, "Which clay?");
    assert_eq!(
        (comment.author_name.as_str(), comment.position),
        ("ben", Some(position))
    );
    assert_eq!(
        (comment.at.powered_ms, comment.at.unix_ms),
        (13 * 60_000, None)
    );
    assert_eq!(
        f.house.people.comments(f.anna, None, 50).unwrap(),
        std::slice::from_ref(&comment)
    );

    f.house
        .people
        .clock_is_known(minutes(20), 1_000_000_000)
        .unwrap();
    let house = f.house.restarted(minutes(20));
    let later = house.people.comments(f.anna, None, 50).unwrap().remove(0);
    assert_eq!(later.at.unix_ms, Some(1_000_000_000 - 7 * 60_000));
    assert_eq!(later.id, comment.id);
    // A start of the box that never learns the date does not borrow that of another.
    let dateless = house
        .people
        .comment(said(f.ben, f.anna, "and now"), NOW)
        .unwrap();
    assert_eq!(dateless.at.unix_ms, None);
    assert!(dateless.at.powered_ms > later.at.powered_ms && dateless.id > later.id);
}

#[test]
fn the_last_five_hundred_are_kept_and_numbers_go_on() {
    let f = Family::new();
    let people = &f.house.people;
    let first = people.comment(said(f.anna, f.anna, "first"), NOW).unwrap();
    let kept = u64::from(COMMENTS_KEPT);
    let after = talk(people, f.ben, f.anna, kept, NOW);
    let newest = people.comments(f.anna, None, 50).unwrap();
    assert_eq!(texts(&newest)[49], format!("comment {}", kept - 1));
    let (mut all, mut before) = (0, None);
    loop {
        let page = people.comments(f.anna, before, 50).unwrap();
        let Some(oldest) = page.first() else { break };
        assert!(page.windows(2).all(|two| two[0].id < two[1].id));
        before = Some(oldest.id);
        all += page.len();
    }
    assert_eq!(all, usize::from(COMMENTS_KEPT));
    assert_eq!(before, Some(first.id + 1), "the oldest left");

    let house = f.house.restarted(after);
    let more = house
        .people
        .comment(said(f.ben, f.anna, "more"), NOW)
        .unwrap();
    assert!(more.id > first.id + kept);
    assert_eq!(
        house.people.comments_after(f.anna, more.id - 1).unwrap(),
        [more]
    );
}

#[test]
fn numbers_are_not_given_twice_after_a_power_cut() {
    let f = Family::new();
    let mut house = f.house;
    let mut last = 0;
    for _ in 0..5 {
        let comment = house
            .people
            .comment(said(f.ben, f.anna, "hello"), NOW)
            .unwrap();
        assert!(comment.id > last);
        last = comment.id;
        house = house.cut();
    }
}

#[test]
fn chatting_costs_no_commit_of_its_own() {
    let f = Family::new();
    let people = &f.house.people;
    people
        .comment(said(f.ben, f.anna, "the first of this start"), NOW)
        .unwrap();
    let before = f.house.store.stats().commits;
    talk(people, f.anna, f.anna, 100, minutes(1));
    assert_eq!(f.house.store.stats().commits, before);
    f.house.store.flush().unwrap();
    assert_eq!(f.house.store.stats().commits, before + 1);
}

#[test]
fn who_sends_too_fast_is_told_how_long_to_wait() {
    let f = Family::new();
    let people = &f.house.people;
    let send = |who, ms| people.comment(said(who, f.anna, "hello"), Mono(ms));
    for ms in 0..3 {
        send(f.ben, ms).unwrap();
    }
    match send(f.ben, 500) {
        Err(CommentError::Slow { wait_ms: 1500 }) => {}
        other => panic!("{other:?}"),
    }
    send(f.anna, 500).unwrap();
    send(f.ben, 2000).unwrap();
}

#[test]
fn what_can_not_be_said_is_refused() {
    let f = Family::new();
    let people = &f.house.people;
    let long = "碗".repeat(COMMENT_MAX + 1);
    for text in ["", " \n ", "\u{202E}", &long] {
        let refused = people.comment(said(f.ben, f.anna, text), NOW);
        assert!(matches!(refused, Err(CommentError::Text(_))), "{text}");
    }
    for channel in [f.kim, AccountId(99)] {
        let refused = people.comment(said(f.ben, channel, "hello"), NOW);
        assert!(matches!(refused, Err(CommentError::Unknown)));
    }
    // Refused ones do not use up what one may say.
    for _ in 0..3 {
        people.comment(said(f.ben, f.anna, "hello"), NOW).unwrap();
    }
}

#[test]
fn nobody_comments_where_they_may_not_look() {
    let f = Family::new();
    let people = &f.house.people;
    people.set_phrase(f.anna, f.anna, "open sesame").unwrap();
    let outside = people.comment(said(f.ben, f.anna, "hello"), NOW);
    assert!(matches!(outside, Err(CommentError::Unknown)));
    let inside = NewComment {
        has_pass: true,
        ..said(f.ben, f.anna, "hello")
    };
    people.comment(inside, NOW).unwrap();
    people.comment(said(f.anna, f.anna, "hello"), NOW).unwrap();
}

#[test]
fn a_comment_is_removed_by_its_author_the_host_or_an_owner_and_nobody_else() {
    let f = Family::new();
    let people = &f.house.people;
    let ada = f.house.add("Ada", Role::Member).account;
    for (by, may) in [
        (f.ben, true),
        (f.anna, true),
        (f.olga, true),
        (ada, false),
        (f.kim, false),
        (AccountId(99), false),
    ] {
        let at = minutes(u64::from(by.0));
        let comment = people.comment(said(f.ben, f.anna, "hello"), at).unwrap();
        let removed = people.remove_comment(by, f.anna, comment.id, at);
        match (removed, may) {
            (Ok(removed), true) => {
                let removed_by = f.house.account(by).display_name;
                assert_eq!(
                    removed,
                    Removed {
                        channel: f.anna,
                        id: comment.id,
                        removed_by
                    }
                );
                let twice = people.remove_comment(by, f.anna, comment.id, at);
                assert!(matches!(twice, Err(PeopleError::Unknown("comment"))));
            }
            (Err(PeopleError::NotAllowed), false) => {}
            (other, _) => panic!("{by:?}: {other:?}"),
        }
    }
    let house = f.house.restarted(minutes(99));
    let left = house.people.comments(f.anna, None, 50).unwrap();
    assert_eq!(texts(&left), ["", "", "", "hello", "hello", "hello"]);
    assert_eq!(left[1].removed_by.as_deref(), Some("Anna"));
}

#[test]
fn muted_people_are_silent_on_one_channel_or_on_all() {
    let f = Family::new();
    let people = &f.house.people;
    let silent = |people: &People, channel| {
        let said = people.comment(
            said(f.ben, channel, "hello"),
            minutes(u64::from(channel.0) * 60),
        );
        matches!(said, Err(CommentError::Muted))
    };
    people.mute(f.anna, f.anna, f.ben).unwrap();
    assert!(silent(people, f.anna) && !silent(people, f.olga));
    let house = f.house.restarted(NOW);
    let people = &house.people;
    assert_eq!(people.muted(f.anna, f.anna).unwrap()[0].id, f.ben);
    assert!(silent(people, f.anna));
    people.unmute(f.olga, f.anna, f.ben).unwrap();
    assert!(people.muted(f.anna, f.anna).unwrap().is_empty() && !silent(people, f.anna));
    people.set_muted(f.olga, f.ben, true).unwrap();
    assert!(silent(people, f.anna) && silent(people, f.olga) && house.account(f.ben).muted);
}

#[test]
fn all_that_is_said_has_a_bound_and_the_fattest_channel_gives_way() {
    let f = Family::on(House::over(card()));
    let people = &f.house.people;
    people
        .comment(said(f.ben, f.ben, "small and dear"), NOW)
        .unwrap();
    let text = "碗".repeat(COMMENT_MAX);
    let hosts: Vec<AccountId> = (0..12)
        .map(|n| f.house.add(&format!("host {n}"), Role::Member).account)
        .collect();
    let mut now = minutes(1);
    for host in &hosts {
        for _ in 0..COMMENTS_KEPT {
            now = now.plus(2000);
            people.comment(said(f.anna, *host, &text), now).unwrap();
        }
    }
    let live = f.house.store.stats().live_bytes as u64;
    assert!(live < COMMENTS_BYTES_MAX * 11 / 10, "{live}");
    assert!(
        live > COMMENTS_BYTES_MAX * 9 / 10,
        "{live}: nothing to bound"
    );
    assert_eq!(
        texts(&people.comments(f.ben, None, 9).unwrap()),
        ["small and dear"]
    );
    assert_eq!(people.comments(hosts[11], None, 50).unwrap().len(), 50);
}
