use crate::deletion::PNG;
use crate::house::*;
use hearth::limits::people::PICTURES_BYTES_MAX;
use hearth::people::{PeopleError, PictureError, PictureHash, PictureKind, PictureOf, Role};

/// A picture of this many bytes.
fn large(bytes: usize, fill: u8) -> Vec<u8> {
    let mut picture = PNG.to_vec();
    picture.resize(bytes, fill);
    picture
}

#[test]
fn a_picture_is_given_back_byte_for_byte_under_its_hash_alone() {
    let f = Family::new();
    let of = PictureOf::Person(f.anna);
    let picture = large(48 << 10, 7);
    let info = f.house.people.set_picture(f.anna, of, &picture).unwrap();
    assert_eq!(
        (info.kind, info.width, info.height),
        (PictureKind::Png, 2, 2)
    );
    assert_eq!(f.house.account(f.anna).picture, Some(info.hash));
    let house = f.house.restarted(NOW);
    let people = &house.people;
    assert_eq!(
        people.picture(of, info.hash).unwrap(),
        Some((info, picture))
    );
    assert_eq!(
        people
            .picture(PictureOf::Channel(f.anna), info.hash)
            .unwrap(),
        None
    );
    assert_eq!(PictureHash::parse(&info.hash.to_string()), Some(info.hash));

    let small = people.set_picture(f.olga, of, PNG).unwrap();
    assert_ne!(small.hash, info.hash);
    assert_eq!(people.picture(of, info.hash).unwrap(), None);
    assert_eq!(people.picture(of, small.hash).unwrap().unwrap().1, PNG);
    people.remove_picture(f.anna, of).unwrap();
    people.remove_picture(f.anna, of).unwrap();
    assert_eq!(house.restarted(NOW).people.picture_info(of), None);
}

#[test]
fn what_is_no_small_picture_is_refused() {
    let f = Family::new();
    let set = |bytes: &[u8]| {
        f.house
            .people
            .set_picture(f.anna, PictureOf::Person(f.anna), bytes)
    };
    let mut wide = PNG.to_vec();
    wide[18] = 5;
    assert!(matches!(
        set(&wide),
        Err(PictureError::TooWide {
            width: 1282,
            height: 2
        })
    ));
    assert!(matches!(
        set(&large((48 << 10) + 1, 0)),
        Err(PictureError::TooLarge(_))
    ));
    assert!(matches!(set(b"<svg/>"), Err(PictureError::NoPicture)));
    let other = f
        .house
        .people
        .set_picture(f.ben, PictureOf::Person(f.anna), PNG);
    assert!(matches!(
        other,
        Err(PictureError::People(PeopleError::NotAllowed))
    ));
}

#[test]
fn all_pictures_together_have_a_bound_and_one_can_be_replaced_at_it() {
    let (house, olga) = House::owned();
    let picture = large(48 << 10, 1);
    let fit = PICTURES_BYTES_MAX / picture.len();
    let ids: Vec<_> = (0..=fit / 2)
        .map(|n| house.add(&format!("person {n}"), Role::Member).account)
        .collect();
    let mut all = ids
        .iter()
        .flat_map(|id| [PictureOf::Person(*id), PictureOf::Channel(*id)]);
    for _ in 0..fit {
        house
            .people
            .set_picture(olga, all.next().unwrap(), &picture)
            .unwrap();
    }
    let full = house
        .people
        .set_picture(olga, all.next().unwrap(), &picture);
    assert!(matches!(
        full,
        Err(PictureError::People(PeopleError::Full("pictures")))
    ));
    house
        .people
        .set_picture(olga, PictureOf::Person(ids[0]), &large(48 << 10, 2))
        .unwrap();
}
