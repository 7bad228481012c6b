//! A backup put back does not bring back what was ended since.

use crate::house::*;
use hearth::people::{NewInvitation, People, PeopleError, RestoreError, Role, TABLES, restore};
use hearth::store::{OpenError, Store};
use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;

/// The same box after its owner has put a backup of `saved` back.
fn restored(house: &House, saved: &[u8]) -> People {
    let store = Arc::new(Store::in_memory());
    store.import(Cursor::new(saved), TABLES).unwrap();
    People::open(store, house.dir.path()).unwrap()
}

fn saved(house: &House) -> Vec<u8> {
    let mut file = Vec::new();
    house.store.snapshot().unwrap().export(&mut file).unwrap();
    file
}

#[test]
fn an_ended_session_stays_ended_and_so_does_a_used_link() {
    let f = Family::new();
    let people = &f.house.people;
    let stolen = people.start_session(f.anna, NOW).unwrap();
    let reset = people.reset_link(f.olga, f.anna, NOW).unwrap();
    let new = NewInvitation {
        label: "",
        role: Role::Member,
        uses: 1,
        minutes: 60,
    };
    let invitation = people.invite(f.olga, new, NOW).unwrap();
    let backup = saved(&f.house);
    people.revoke_invitation(f.olga, invitation.id).unwrap();
    people
        .reset_password(&reset.secret, "another sentence", HERE, NOW)
        .unwrap();

    let people = restored(&f.house, &backup);
    assert!(people.session(&stolen, NOW).is_none());
    assert!(people.invitation(&invitation.secret, NOW).is_none());
    let again = people.reset_password(&reset.secret, "yet another one", HERE, NOW);
    assert!(matches!(again, Err(PeopleError::Link)));

    // The household itself is back, with its keys, and can log in.
    people.log_in("anna", PASSWORD, HERE, NOW).unwrap();
    assert!(people.holder_of_key(f.annas_key.plain()).is_some());
}

#[test]
fn two_restores_of_one_backup_do_not_take_each_others_sessions() {
    let f = Family::new();
    let backup = saved(&f.house);
    let (first, second) = (restored(&f.house, &backup), restored(&f.house, &backup));
    let token = first.start_session(f.anna, NOW).unwrap();
    assert!(first.session(&token, NOW).is_some());
    assert!(second.session(&token, NOW).is_none());
    assert!(f.house.people.session(&token, NOW).is_none());
}

/// A data folder whose store holds Anna and Ben, with a backup of before there was Ben, and with numbers used since.
struct Folder {
    folder: tempfile::TempDir,
    backup: Vec<u8>,
}

const ROWS: usize = 10_000;

impl Folder {
    fn new() -> Folder {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open_with(&folder.path().join("store"), TABLES).unwrap();
        let house = House {
            store: Arc::new(store),
            people: People::open(Arc::new(Store::in_memory()), folder.path()).unwrap(),
            dir: folder,
        };
        let people = People::open(Arc::clone(&house.store), house.dir.path()).unwrap();
        let house = House { people, ..house };
        let anna = house.add("Anna", Role::Owner).account;
        house.people.reserve_sequence(anna, 10).unwrap();
        let backup = saved(&house);
        house.add("Ben", Role::Member);
        house.people.reserve_sequence(anna, 1000).unwrap();
        house.store.close().unwrap();
        Folder {
            folder: house.dir,
            backup,
        }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn receive(&self, mut file: &[u8]) -> Result<usize, RestoreError> {
        restore::receive(self.path(), &mut file, ROWS)
    }

    /// Who lives here, once the daemon has started; nothing but the store is left in the folder.
    fn started(&self) -> Vec<String> {
        restore::apply(self.path(), ROWS).unwrap();
        for left in ["restore", "restore.new", "store.new", "store.old"] {
            assert!(!self.path().join(left).exists(), "{left}");
        }
        let store = Store::open_with(&self.path().join("store"), TABLES).unwrap();
        let people = People::open(Arc::new(store), self.path()).unwrap();
        let anna = people.account_named("anna").unwrap().id;
        assert!(
            people.next_sequence(anna).unwrap() >= 1010,
            "it never goes back"
        );
        let channels = people.channels().into_iter();
        channels.map(|channel| channel.account.name).collect()
    }
}

#[test]
fn a_backup_takes_the_place_of_everything_at_the_next_start_and_not_before() {
    let house = Folder::new();
    assert_eq!(house.receive(&house.backup).unwrap(), 1);
    assert!(matches!(
        house.receive(&house.backup),
        Err(RestoreError::UnderWay)
    ));
    let store = Store::open_with(&house.path().join("store"), TABLES).unwrap();
    let people = People::open(Arc::new(store), house.path()).unwrap();
    assert!(people.account_named("ben").is_some());
    let token = people.start_session(people.account_named("anna").unwrap().id, NOW);
    let token = token.unwrap();
    drop(people);
    assert_eq!(house.started(), ["anna"]);
    assert_eq!(house.started(), ["anna"], "once");
    let store = Store::open_with(&house.path().join("store"), TABLES).unwrap();
    let people = People::open(Arc::new(store), house.path()).unwrap();
    assert!(
        people.session(&token, NOW).is_none(),
        "a session of before the restore"
    );
    people.log_in("anna", PASSWORD, HERE, NOW).unwrap();
    assert_eq!(
        people.keys(people.account_named("anna").unwrap().id).len(),
        1
    );
}

#[test]
fn what_is_no_whole_backup_of_this_house_changes_nothing() {
    let house = Folder::new();
    let whole = &house.backup;
    let mut flipped = whole.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 0x40;
    for bad in [
        &[][..],
        b"not a backup",
        &whole[..whole.len() / 2],
        &flipped,
    ] {
        assert!(matches!(house.receive(bad), Err(RestoreError::Backup(_))));
    }
    let nobodys = saved(&House::empty());
    assert!(matches!(
        house.receive(&nobodys),
        Err(RestoreError::NoOwner)
    ));
    let small = restore::receive(house.path(), &mut whole.as_slice(), 2);
    assert!(matches!(small, Err(RestoreError::TooLarge)));
    assert_eq!(house.started(), ["anna", "ben"]);
}

#[test]
fn a_power_cut_between_any_two_steps_leaves_one_store_or_the_other() {
    let rename = |house: &Folder, from: &str, to: &str| {
        std::fs::rename(house.path().join(from), house.path().join(to)).unwrap();
    };
    // While it was received: nothing has happened.
    let house = Folder::new();
    std::fs::write(house.path().join("restore.new"), &house.backup).unwrap();
    assert_eq!(house.started(), ["anna", "ben"]);

    // While the rows were written into their own store.
    let house = Folder::new();
    house.receive(&house.backup).unwrap();
    std::fs::create_dir(house.path().join("store.new")).unwrap();
    std::fs::write(house.path().join("store.new/half"), "a row").unwrap();
    assert_eq!(house.started(), ["anna"]);

    // The same with a store beside that is ready: as an apply leaves it.
    let ready = || {
        let house = Folder::new();
        house.receive(&house.backup).unwrap();
        std::fs::copy(house.path().join("restore"), house.path().join("kept")).unwrap();
        let before = house.path().join("before");
        copy(&house.path().join("store"), &before);
        assert_eq!(house.started(), ["anna"]);
        rename(&house, "store", "store.new");
        rename(&house, "kept", "restore");
        rename(&house, "before", "store");
        house
    };
    // Once the old store had made room.
    let house = ready();
    rename(&house, "store", "store.old");
    assert_eq!(house.started(), ["anna"]);
    // The same, and somebody who opens a store before the backup is applied finds none and makes one.
    let house = ready();
    rename(&house, "store", "store.old");
    assert!(restore::is_between(house.path()));
    let empty = Store::open(&house.path().join("store")).unwrap();
    empty.close().unwrap();
    assert_eq!(house.started(), ["anna"]);
    assert!(!restore::is_between(house.path()));
    // Once the new one had taken its place.
    let house = ready();
    rename(&house, "store", "store.old");
    rename(&house, "store.new", "store");
    assert_eq!(house.started(), ["anna"]);
    // Once the backup was gone.
    let house = ready();
    rename(&house, "store", "store.old");
    rename(&house, "store.new", "store");
    std::fs::remove_file(house.path().join("restore")).unwrap();
    assert_eq!(house.started(), ["anna"]);
}

#[test]
fn a_backup_that_was_accepted_and_can_not_be_applied_is_given_up() {
    let house = Folder::new();
    std::fs::write(house.path().join("restore"), "damaged since").unwrap();
    assert!(restore::apply(house.path(), ROWS).is_err());
    assert_eq!(house.started(), ["anna", "ben"]);
}

#[test]
fn a_daemon_that_runs_keeps_its_store() {
    let house = Folder::new();
    house.receive(&house.backup).unwrap();
    let store = Store::open_with(&house.path().join("store"), TABLES).unwrap();
    assert!(matches!(
        restore::apply(house.path(), ROWS),
        Err(RestoreError::Open(OpenError::Locked(_)))
    ));
    assert!(house.path().join("restore").exists());
    drop(store);
    assert_eq!(house.started(), ["anna"]);
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}
