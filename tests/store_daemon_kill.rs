//! The real program under load is killed at any moment, again and again; every account and key that it acknowledged must be
//! there afterwards. 20 times; 200 with `HEARTH_LONG=1`. `HEARTH_SEED=N` repeats a run's moments.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod daemon_support;

use daemon_support::{Daemon, Home, PASSWORD, add_through, request, said};
use hearth::people::{KeyText, People};
use hearth::time::Mono;
use nix::sys::signal::{Signal, kill};
use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

/// Threads that add accounts.
const ADDING: usize = 3;

/// Rounds with one data folder: a household has room for 256 people, and passwords are slow to hash.
const ROUNDS_A_HOUSE: usize = 10;

/// Accounts that a thread adds in a round at most.
const ACCOUNTS_MOST: usize = 6;

/// The same numbers for the same seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// What the daemon said is so.
#[derive(Default)]
struct Told {
    /// Name and key of each account.
    accounts: Vec<(String, String)>,
    /// Keys that were replaced.
    dead: Vec<String>,
    /// The owner's key; None while it is being replaced.
    owners: Option<String>,
}

struct House {
    home: Home,
    told: Mutex<Told>,
    cookie: String,
}

impl House {
    fn new() -> House {
        let home = Home::new();
        let words = ["user", "add", "olga", "--owner", "--password-stdin"];
        let key = said(&home.command(&words, PASSWORD)).trim().to_owned();
        let daemon = home.start();
        let form = format!("name=olga&password={}", PASSWORD.replace(' ', "+"));
        let answer = request(daemon.http, "POST", "/login", "", &form).unwrap();
        let cookie = answer.header("set-cookie").split(';').next().unwrap();
        assert!(cookie.starts_with("hearth_session="), "{}", answer.head);
        let cookie = format!("Cookie: {cookie}\r\n");
        daemon.stop();
        let told = Told {
            owners: Some(key),
            ..Told::default()
        };
        House {
            home,
            told: Mutex::new(told),
            cookie,
        }
    }

    /// Starts the daemon, puts it under load, and kills it some time after it has acknowledged some accounts.
    fn round(&self, round: usize, dice: &mut Dice) {
        let daemon = self.home.start();
        self.still_there(&daemon, dice);
        let acknowledged = AtomicUsize::new(0);
        let after = usize::try_from(dice.below(5)).unwrap();
        let pause = Duration::from_micros(dice.below(60_000));
        std::thread::scope(|scope| {
            for thread in 0..ADDING {
                let acknowledged = &acknowledged;
                scope.spawn(move || self.add_accounts(round, thread, acknowledged));
            }
            scope.spawn(|| while self.replace_key(daemon.http).is_some() {});
            while acknowledged.load(SeqCst) < after {
                std::thread::yield_now();
            }
            std::thread::sleep(pause);
            kill(daemon.pid(), Signal::SIGKILL).unwrap();
        });
        daemon.wait();
    }

    fn add_accounts(&self, round: usize, thread: usize, acknowledged: &AtomicUsize) {
        for number in 0..ACCOUNTS_MOST {
            let name = format!("p{round}-{thread}-{number}");
            let Some(key) = add_through(&self.home.data(), &name) else {
                return;
            };
            self.told.lock().unwrap().accounts.push((name, key));
            acknowledged.fetch_add(1, SeqCst);
        }
    }

    /// The owner has a new key made and reads it; None when the daemon is gone.
    fn replace_key(&self, at: SocketAddr) -> Option<()> {
        let page = request(at, "GET", "/studio?key=shown", &self.cookie, "")?;
        assert_eq!(page.status, 200, "the session outlives every kill");
        let field = |name: &str| {
            let after = page.body.split(&format!("name=\"{name}\" value=\"")).nth(1);
            after.unwrap().split('"').next().unwrap().to_owned()
        };
        let form = format!("token={}&key={}", field("token"), field("key"));
        let old = key_on(&page.body);
        // Between the request and its answer either key may be the one that counts.
        self.told.lock().unwrap().owners = None;
        let answer = request(at, "POST", "/studio/replace", &self.cookie, &form)?;
        assert_eq!(answer.status, 303, "{}", answer.body);
        self.told.lock().unwrap().dead.push(old);
        let page = request(at, "GET", "/studio?key=shown", &self.cookie, "")?;
        self.told.lock().unwrap().owners = Some(key_on(&page.body));
        Some(())
    }

    /// Asks the daemon that was started again, as an encoder.
    fn still_there(&self, daemon: &Daemon, dice: &mut Dice) {
        let told = self.told.lock().unwrap();
        if let Some((name, key)) = told.accounts.last() {
            assert!(daemon.lets_publish(key), "{name}'s key is gone");
        }
        if let Some(key) = &told.owners {
            assert!(daemon.lets_publish(key), "the owner's key is gone");
        }
        if !told.dead.is_empty() {
            let any = usize::try_from(dice.below(told.dead.len() as u64)).unwrap();
            assert!(!daemon.lets_publish(&told.dead[any]), "a dead key lives");
        }
    }

    /// Looks at everything in the files.
    fn check(&self, round: usize) {
        let said = said(&self.home.command(&["store", "check"], ""));
        assert!(said.ends_with("no damage\n"), "round {round}: {said}");
        let people = self.home.people();
        let told = self.told.lock().unwrap();
        for (name, key) in &told.accounts {
            let holder = people.holder_of_key(key);
            let holder = holder.unwrap_or_else(|| panic!("round {round}: {name} is gone"));
            assert_eq!(&holder.name, name, "round {round}");
        }
        for key in &told.dead {
            assert_eq!(people.holder_of_key(key), None, "round {round}");
        }
        if let Some(key) = &told.owners {
            assert_eq!(people.holder_of_key(key).unwrap().name, "olga");
        }
        self.nobody_is_half_there(&people, round);
    }

    /// Who has an account has a key, whether it was acknowledged or not.
    fn nobody_is_half_there(&self, people: &People, round: usize) {
        for account in people.accounts() {
            let keys = people.keys(account.id);
            assert_eq!(keys.len(), 1, "round {round}: {}", account.name);
        }
        let olga = people.account_named("olga").unwrap().id;
        let peer = "127.0.0.1".parse().unwrap();
        let known = people.confirm_password(olga, PASSWORD, peer, Mono(0));
        assert!(known.is_ok(), "round {round}: {known:?}");
    }
}

/// The stream key that a page shows.
fn key_on(page: &str) -> String {
    let words = page.split(['"', '<', '>', ' ', '\n']);
    let mut keys = words.filter(|word| word.contains('-') && KeyText::parse(word).is_some());
    keys.next().unwrap().to_owned()
}

#[test]
fn nothing_acknowledged_is_lost_when_the_daemon_is_killed() {
    let long = std::env::var_os("HEARTH_LONG").is_some();
    let rounds = if long { 200 } else { 20 };
    let seed = std::env::var("HEARTH_SEED").ok();
    let seed = seed.map_or_else(|| getrandom::u64().unwrap(), |seed| seed.parse().unwrap());
    println!("HEARTH_SEED={seed}");
    let mut dice = Dice(seed);
    let (mut accounts, mut replaced) = (0, 0);
    for first in (0..rounds).step_by(ROUNDS_A_HOUSE) {
        let house = House::new();
        for round in first..rounds.min(first + ROUNDS_A_HOUSE) {
            house.round(round, &mut dice);
            house.check(round);
        }
        let told = house.told.lock().unwrap();
        accounts += told.accounts.len();
        replaced += told.dead.len();
    }
    println!("{rounds} kills, {accounts} accounts, {replaced} keys replaced");
    assert!(accounts > rounds / 2 && replaced > 0, "there was no load");
}
