use crate::house::*;
use hearth::limits::people::FOUND_MAX;
use hearth::people::{AccountId, ChannelChange, NewAccount, People, Role, Where};

fn street() -> (House, [AccountId; 4]) {
    let (house, olga) = House::owned();
    let people = &house.people;
    let anna = house.add("Zoë Anna", Role::Member).account;
    let mei = NewAccount {
        name: Some("mei"),
        ..person("Mei 美玲", Role::Member)
    };
    let mei = people.add_account(mei).unwrap().account;
    let ben = house.add("Ben", Role::Member).account;
    for (id, title, tags) in [
        (
            anna,
            "Bowls for the weekend market",
            &["pottery", "market"][..],
        ),
        (mei, "妈妈的厨房：番茄炒蛋和一锅好汤", &["cooking", "厨房"]),
        (ben, "Trying the market again", &["Games", "pottery"]),
    ] {
        let change = ChannelChange {
            title: Some(title),
            tags: Some(tags),
            description: None,
            ..ChannelChange::default()
        };
        people.set_channel(id, id, change).unwrap();
    }
    (house, [olga, anna, mei, ben])
}

fn found(people: &People, query: &str, viewer: Option<AccountId>) -> Vec<(String, Where)> {
    let viewer = viewer.and_then(|id| people.account(id));
    let found = people.search(query, viewer.as_ref()).into_iter();
    found
        .map(|found| (found.channel.account.name, found.place))
        .collect()
}

#[test]
fn it_finds_what_is_meant_as_one_types() {
    let (house, _) = street();
    let first = |query| found(&house.people, query, None).into_iter().next();
    let anna = |place| Some(("zoe-anna".to_owned(), place));
    let mei = |place| Some(("mei".to_owned(), place));
    for typed in ["z", "zo", "ZOE", "zoë", "ｚｏｅ", "ann", "e-a"] {
        assert_eq!(first(typed), anna(Where::Name), "{typed}");
    }
    for typed in ["bow", "weekend", "eeken", "bowls market"] {
        assert!(
            matches!(first(typed), Some((name, _)) if name == "zoe-anna"),
            "{typed}"
        );
    }
    assert_eq!(first("美"), mei(Where::Name));
    assert_eq!(first("番茄"), mei(Where::Title));
    assert_eq!(first("厨房"), mei(Where::Tag));
    for nothing in ["", "  ", "xyz", "bowls 番茄", &"a".repeat(1000)] {
        assert_eq!(first(nothing), None, "{nothing}");
    }
}

#[test]
fn names_come_before_tags_and_tags_before_titles() {
    let (house, [olga, ..]) = street();
    let market = house.add("Market", Role::Member).account;
    let order: Vec<_> = found(&house.people, "market", Some(olga));
    let names: Vec<&str> = order.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["market", "zoe-anna", "ben"]);
    assert!(house.people.channel(market).is_some());
}

#[test]
fn what_one_may_not_see_is_not_found_by_name_title_or_tag() {
    let (house, [_, anna, mei, ben]) = street();
    let people = &house.people;
    people.set_open(anna, anna, true).unwrap();
    people.set_phrase(mei, mei, "open sesame").unwrap();
    for query in ["zoe", "bowls", "mei", "番茄", "cooking"] {
        assert!(found(people, query, None).is_empty(), "{query}");
    }
    let tags: Vec<String> = people
        .popular_tags(None)
        .into_iter()
        .map(|t| t.tag)
        .collect();
    assert_eq!(tags, ["games", "pottery"]);
    assert_eq!(people.channels_tagged("pottery", None).len(), 1);
    assert_eq!(found(people, "zoe", Some(ben)).len(), 1);
    assert_eq!(found(people, "番茄", Some(mei)).len(), 1);
    let ben = people.account(ben);
    assert_eq!(people.channels_tagged("#POTTERY ", ben.as_ref()).len(), 2);
    let popular = people.popular_tags(ben.as_ref());
    assert_eq!(
        (popular[0].tag.as_str(), popular[0].channels),
        ("pottery", 2)
    );
}

#[test]
fn a_search_gives_so_many_and_no_more() {
    let (house, _) = House::owned();
    for n in 0..FOUND_MAX + 5 {
        house.add(&format!("person {n}"), Role::Member);
    }
    assert_eq!(found(&house.people, "person", None).len(), FOUND_MAX);
    assert_eq!(house.people.search("person", None)[0].place, Where::Name);
}
