use crate::house::*;
use hearth::limits::people::FOLLOWED_MAX;
use hearth::people::{Followed, PeopleError, Role};

#[test]
fn follows_are_counted_once_and_survive_a_restart() {
    let f = Family::new();
    let people = &f.house.people;
    let one = Followed {
        follows: true,
        followers: 1,
    };
    assert_eq!(people.follow(f.kim, f.anna).unwrap(), one);
    assert_eq!(people.follow(f.kim, f.anna).unwrap(), one);
    assert_eq!(people.follow(f.gus, f.anna).unwrap().followers, 2);
    people.follow(f.kim, f.ben).unwrap();
    let house = f.house.restarted(NOW);
    let people = &house.people;
    assert_eq!(people.followed_by(f.kim), [f.anna, f.ben]);
    let names: Vec<_> = people
        .followers(f.anna)
        .into_iter()
        .map(|a| a.name)
        .collect();
    assert_eq!(names, ["gus", "kim"]);
    assert_eq!(people.channel(f.anna).unwrap().followers, 2);
    assert!(people.follows(f.kim, f.anna) && !people.follows(f.anna, f.kim));
    let left = people.unfollow(f.kim, f.anna).unwrap();
    assert_eq!(
        left,
        Followed {
            follows: false,
            followers: 1
        }
    );
    assert_eq!(people.unfollow(f.kim, f.anna).unwrap(), left);
}

#[test]
fn nobody_follows_themself_or_somebody_without_a_channel() {
    let f = Family::new();
    for (who, channel) in [
        (f.anna, f.anna),
        (f.anna, f.kim),
        (f.anna, hearth::people::AccountId(99)),
    ] {
        let refused = f.house.people.follow(who, channel);
        assert!(matches!(refused, Err(PeopleError::Unknown("channel"))));
    }
    let stranger = f.house.people.follow(hearth::people::AccountId(99), f.anna);
    assert!(matches!(stranger, Err(PeopleError::Unknown("account"))));
}

#[test]
fn one_follows_so_many_and_no_more() {
    let (house, olga) = House::owned();
    let ids: Vec<_> = (0..=FOLLOWED_MAX)
        .map(|n| house.add(&format!("person {n}"), Role::Member).account)
        .collect();
    for id in &ids[..FOLLOWED_MAX] {
        house.people.follow(olga, *id).unwrap();
    }
    let more = house.people.follow(olga, ids[FOLLOWED_MAX]);
    assert!(matches!(more, Err(PeopleError::Full("channels to follow"))));
}
