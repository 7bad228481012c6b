//! A house with an owner, two members, a guest and a child, over a store in memory.

use hearth::people::{
    Account, AccountId, Added, HouseSettings, Joining, KeyText, NewAccount, People, Role,
};
use hearth::store::Store;
use hearth::time::Mono;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use tempfile::TempDir;

pub(crate) const NOW: Mono = Mono(0);
pub(crate) const PASSWORD: &str = "a short sentence";
pub(crate) const HERE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 168, 1, 2));
pub(crate) const THERE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 168, 1, 3));

pub(crate) const fn minutes(n: u64) -> Mono {
    Mono(n * 60_000)
}

pub(crate) const fn days(n: u64) -> Mono {
    minutes(n * 24 * 60)
}

pub(crate) struct House {
    pub(crate) store: Arc<Store>,
    pub(crate) people: People,
    pub(crate) dir: TempDir,
}

impl House {
    /// Nobody lives here yet.
    pub(crate) fn empty() -> House {
        House::over(Store::in_memory())
    }

    pub(crate) fn over(store: Store) -> House {
        let (store, dir) = (Arc::new(store), tempfile::tempdir().unwrap());
        let people = People::open(Arc::clone(&store), dir.path()).unwrap();
        House { store, people, dir }
    }

    /// The owner decides who may join.
    pub(crate) fn joining(&self, by: AccountId, joining: Joining) {
        let house = HouseSettings {
            joining,
            ..self.people.house()
        };
        self.people.set_house(by, house).unwrap();
    }

    /// Only an owner lives here.
    pub(crate) fn owned() -> (House, AccountId) {
        let house = House::empty();
        let owner = house.add("Olga", Role::Owner).account;
        (house, owner)
    }

    /// The daemon stops in good order and starts again: its time begins at 0.
    pub(crate) fn restarted(self, now: Mono) -> House {
        self.people.stop(now).unwrap();
        self.cut()
    }

    /// The daemon is killed and starts again; what is written stays.
    pub(crate) fn cut(self) -> House {
        let House { store, people, dir } = self;
        drop(people);
        let people = People::open(Arc::clone(&store), dir.path()).unwrap();
        House { store, people, dir }
    }

    pub(crate) fn add(&self, display_name: &str, role: Role) -> Added {
        self.people.add_account(person(display_name, role)).unwrap()
    }

    pub(crate) fn account(&self, id: AccountId) -> Account {
        self.people.account(id).unwrap()
    }
}

pub(crate) fn person(display_name: &str, role: Role) -> NewAccount<'_> {
    NewAccount {
        display_name,
        name: None,
        password: PASSWORD,
        role,
    }
}

/// Everybody that the rules tell apart.
pub(crate) struct Family {
    pub(crate) house: House,
    pub(crate) olga: AccountId,
    pub(crate) anna: AccountId,
    pub(crate) ben: AccountId,
    pub(crate) gus: AccountId,
    pub(crate) kim: AccountId,
    pub(crate) annas_key: KeyText,
}

impl Family {
    pub(crate) fn new() -> Family {
        Family::on(House::empty())
    }

    pub(crate) fn on(house: House) -> Family {
        let olga = house.add("Olga", Role::Owner).account;
        let anna = house.add("Anna", Role::Member);
        let ben = house.add("Ben", Role::Member).account;
        let gus = house.add("Gus", Role::Guest).account;
        let kim = house.add("Kim", Role::Child).account;
        let (anna, annas_key) = (anna.account, anna.key.unwrap());
        Family {
            house,
            olga,
            anna,
            ben,
            gus,
            kim,
            annas_key,
        }
    }
}
