//! A UI over a made-up station and a store in memory, and a browser that speaks to it as the edge does.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::expect_used)]

use hearth::limits::budget::Budget;
use hearth::media::ingest::Health;
use hearth::people::{AccountId, HouseSettings, Joining, KeyId, NewAccount, People, Role};
use hearth::serve::downloads::Downloads;
use hearth::serve::events::Event;
use hearth::serve::station::{ChannelView, Phase, TurnedAway, Watchers, WrongKey};
use hearth::serve::ui::{Channels, HOST_HEADER, Machine, PEER_HEADER, Ui, UiSettings};
use hearth::serve::uploads::Uploads;
use hearth::store::Store;
use hearth::time::Mono;
use std::io::{Read as _, Write as _};
use std::net::IpAddr;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use tempfile::TempDir;

pub const PASSWORD: &str = "a short sentence";
pub const CODE: &str = "k7d2-m9xp";
pub const HOST: &str = "hearth.local:8080";

/// A station whose every answer is set by hand.
#[derive(Default)]
pub struct FakeStation {
    pub channels: Mutex<Vec<ChannelView>>,
    pub revoked: Mutex<Vec<(KeyId, String)>>,
    pub switched: Mutex<Vec<AccountId>>,
    pub refused: Mutex<Option<(IpAddr, Mono)>>,
    pub wrong_key: Mutex<Option<(IpAddr, Mono)>>,
    pub wrong_keys: Mutex<Vec<WrongKey>>,
    pub now: Mutex<Mono>,
    pub ended: Mutex<Vec<(String, String)>>,
    /// Who watches every channel.
    pub watchers: Mutex<Watchers>,
    pub turned_away: Mutex<Option<TurnedAway>>,
    /// What pages were told.
    pub published: Mutex<Vec<Event>>,
    /// The next question about channels fails as a bug would.
    pub broken: Mutex<bool>,
}

impl Channels for FakeStation {
    fn channels(&self) -> Vec<ChannelView> {
        assert!(
            !std::mem::take(&mut *self.broken.lock().unwrap()),
            "as told"
        );
        self.channels.lock().unwrap().clone()
    }

    fn view(&self, name: &str) -> Option<ChannelView> {
        self.channels().into_iter().find(|c| c.name == name)
    }

    fn revoke(&self, key: KeyId, text: &str) {
        self.revoked.lock().unwrap().push((key, text.to_owned()));
    }

    fn allow_switch(&self, account: AccountId) {
        self.switched.lock().unwrap().push(account);
    }

    fn refused_switch(&self, _: AccountId) -> Option<(IpAddr, Mono)> {
        *self.refused.lock().unwrap()
    }

    fn publish(&self, event: Event) {
        self.published.lock().unwrap().push(event);
    }

    fn watchers(&self, _: &str) -> Watchers {
        self.watchers.lock().unwrap().clone()
    }

    fn turned_away(&self, account: AccountId) -> Option<TurnedAway> {
        let last = *self.turned_away.lock().unwrap();
        last.filter(|last| last.account == account)
    }

    fn wrong_key(&self) -> Option<(IpAddr, Mono)> {
        *self.wrong_key.lock().unwrap()
    }

    fn wrong_keys(&self) -> Vec<WrongKey> {
        self.wrong_keys.lock().unwrap().clone()
    }

    fn end_stream(&self, name: &str, text: &str) -> bool {
        let mut channels = self.channels.lock().unwrap();
        let was = channels.len();
        channels.retain(|channel| channel.name != name);
        let text = (name.to_owned(), text.to_owned());
        self.ended.lock().unwrap().push(text);
        channels.len() < was
    }

    fn bytes_of(&self, _: &str) -> u64 {
        58 << 20
    }

    fn now(&self) -> Mono {
        *self.now.lock().unwrap()
    }

    fn unix_ms(&self) -> i64 {
        1_790_000_000_000
    }
}

pub fn live(name: &str) -> ChannelView {
    ChannelView {
        name: name.to_owned(),
        phase: Phase::Live,
        since: Mono(0),
        viewers: 7,
        playable: true,
        early_ms: 0,
        newest_at: None,
        starting: false,
        health: Health::default(),
        publisher: Some("192.168.1.40".parse().unwrap()),
        key: Some(KeyId(1)),
    }
}

pub struct Stage {
    pub people: Arc<People>,
    pub station: Arc<FakeStation>,
    pub ui: Ui,
    pub downloads: Arc<Downloads>,
    pub uploads: Arc<Uploads>,
    /// How often the daemon was to start anew.
    pub anew: Arc<AtomicUsize>,
    pub dir: TempDir,
}

impl Stage {
    /// A box that waits for its owner.
    pub fn unowned() -> Stage {
        Stage::over(Store::in_memory())
    }

    /// The owner decides who may join.
    pub fn joining(&self, by: AccountId, joining: Joining) {
        let house = HouseSettings {
            joining,
            ..self.people.house()
        };
        self.people.set_house(by, house).unwrap();
    }

    /// The same over a store of the test's own.
    pub fn over(store: Store) -> Stage {
        Stage::open_until(store, Mono(0), &[])
    }

    /// A box that asks for no code until `open_until`, with a card that has problems.
    pub fn open_until(store: Store, open_until: Mono, problems: &[&str]) -> Stage {
        let dir = tempfile::tempdir().unwrap();
        let store = Arc::new(store);
        let people = People::open(Arc::clone(&store), dir.path()).unwrap();
        let downloads = Arc::new(Downloads::default());
        let (uploads, anew) = (Arc::new(Uploads::default()), Arc::new(AtomicUsize::new(0)));
        let machine = Machine {
            budget: Budget::of(256 << 20),
            store,
            data: dir.path().to_owned(),
            name: hearth::serve::NetworkName::new("hearth"),
            is_announced: true,
            addresses: || vec![[192, 168, 1, 23].into()],
            resident: || Some(31 << 20),
            recent_log: Arc::new(|| vec!["INFO <b>anna</b> is live".to_owned()]),
            went_back: false,
            updates: Some(dir.path().join("updates")),
            restored: None,
            start_anew: Arc::new({
                let anew = Arc::clone(&anew);
                move || {
                    anew.fetch_add(1, Relaxed);
                }
            }),
        };
        let (people, station) = (Arc::new(people), Arc::new(FakeStation::default()));
        let settings = UiSettings {
            rtmp_port: 1935,
            http_port: 8080,
            setup_code: Some(CODE.to_owned()),
            is_home_only: false,
            machine: Some(Arc::new(machine)),
            downloads: Arc::clone(&downloads),
            uploads: Arc::clone(&uploads),
            setup_open_until: open_until,
            problems: problems.iter().map(|p| (*p).to_owned()).collect(),
            wifi: Some(dir.path().join("wifi.sock")),
        };
        let channels = Arc::clone(&station) as Arc<dyn Channels>;
        let ui = Ui::start_over(dir.path(), Arc::clone(&people), channels, settings).unwrap();
        Stage {
            people,
            station,
            ui,
            downloads,
            uploads,
            anew,
            dir,
        }
    }

    /// A box of Anna's.
    pub fn owned() -> Stage {
        let stage = Stage::unowned();
        stage.add("Anna", Role::Owner);
        stage
    }

    pub fn add(&self, display_name: &str, role: Role) -> AccountId {
        let added = self.people.add_account(NewAccount {
            display_name,
            name: None,
            password: PASSWORD,
            role,
        });
        added.unwrap().account
    }

    pub fn browser(&self) -> Browser {
        Browser {
            connection: UnixStream::connect(self.ui.socket()).unwrap(),
            cookies: Vec::new(),
            peer: "192.168.1.2".to_owned(),
            language: "en".to_owned(),
            origin: Some(format!("http://{HOST}")),
        }
    }

    /// A browser in which this person has logged in.
    pub fn browser_of(&self, name: &str) -> Browser {
        let mut browser = self.browser();
        let account = self.people.account_named(name).unwrap();
        let token = self.people.start_session(account.id, self.station.now());
        let token = token.unwrap();
        browser.cookies.push(("hearth_session".to_owned(), token));
        browser
    }
}

/// One keep-alive connection, cookies kept.
pub struct Browser {
    connection: UnixStream,
    pub cookies: Vec<(String, String)>,
    pub peer: String,
    pub language: String,
    pub origin: Option<String>,
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        let header = self
            .headers
            .iter()
            .find(|(n, _)| n.eq_ignore_ascii_case(name));
        header.map_or("", |(_, value)| value)
    }

    /// The token of the page's first form.
    pub fn form_token(&self) -> String {
        let after = self
            .body
            .split("name=\"token\" value=\"")
            .nth(1)
            .expect("a form with a token");
        after.split('"').next().unwrap().to_owned()
    }
}

impl Browser {
    pub fn get(&mut self, path: &str) -> Answer {
        self.ask("GET", path, &[], "")
    }

    pub fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let form: Vec<String> = fields
            .iter()
            .map(|(n, v)| format!("{n}={}", percent(v)))
            .collect();
        let kind = ("Content-Type", "application/x-www-form-urlencoded");
        self.ask("POST", path, &[kind], &form.join("&"))
    }

    /// A row of the API, as a page's script asks it.
    pub fn api(&mut self, method: &str, path: &str, json: &str) -> Answer {
        let token = match self.get("/api/v1/me") {
            me if me.status == 200 => {
                let me: serde_json::Value = serde_json::from_str(&me.body).unwrap();
                me["form_token"].as_str().unwrap().to_owned()
            }
            _ => String::new(),
        };
        let headers = [
            ("Content-Type", "application/json"),
            ("X-Hearth-Token", token.as_str()),
        ];
        self.ask(method, path, &headers, json)
    }

    pub fn ask(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        self.send(method, path, headers, body.as_bytes())
    }

    pub fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        let mut head =
            format!("{method} {path} HTTP/1.1\r\nHost: hearth\r\n{HOST_HEADER}: {HOST}\r\n");
        head += &format!(
            "{PEER_HEADER}: {}\r\nAccept-Language: {}\r\n",
            self.peer, self.language
        );
        if let Some(origin) = self.origin.as_ref().filter(|_| method != "GET") {
            head += &format!("Origin: {origin}\r\n");
        }
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .map(|(n, v)| format!("{n}={v}"))
            .collect();
        if !cookies.is_empty() {
            head += &format!("Cookie: {}\r\n", cookies.join("; "));
        }
        head += &format!("Content-Length: {}\r\n\r\n", body.len());
        let whole = [head.as_bytes(), body].concat();
        self.connection.write_all(&whole).unwrap();
        let answer = self.read(method == "HEAD");
        self.keep_cookies(&answer);
        answer
    }

    fn read(&mut self, is_head: bool) -> Answer {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            self.connection.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        let head = String::from_utf8(head).unwrap();
        let mut lines = head.trim_end().lines();
        let status = lines
            .next()
            .unwrap()
            .split(' ')
            .nth(1)
            .unwrap()
            .parse()
            .unwrap();
        let headers: Vec<(String, String)> = lines
            .map(|l| l.split_once(": ").unwrap())
            .map(|(n, v)| (n.to_owned(), v.to_owned()))
            .collect();
        let mut answer = Answer {
            status,
            headers,
            body: String::new(),
        };
        assert_eq!(
            answer.header("Transfer-Encoding"),
            "",
            "replies have a length"
        );
        let length: usize = answer.header("Content-Length").parse().unwrap();
        let mut body = vec![0; if is_head { 0 } else { length }];
        self.connection.read_exact(&mut body).unwrap();
        answer.body = String::from_utf8(body).unwrap_or_else(|not_text| {
            let bytes = not_text.into_bytes().into_iter();
            bytes.map(char::from).collect()
        });
        answer
    }

    fn keep_cookies(&mut self, answer: &Answer) {
        let set = answer
            .headers
            .iter()
            .filter(|(n, _)| n.eq_ignore_ascii_case("Set-Cookie"));
        for (_, cookie) in set {
            let (name, rest) = cookie.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            self.cookies.retain(|(n, _)| n != name);
            if !value.is_empty() {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
    }
}

fn percent(text: &str) -> String {
    let plain = |b: &u8| b.is_ascii_alphanumeric();
    let one = |b: u8| {
        if plain(&b) {
            char::from(b).to_string()
        } else {
            format!("%{b:02X}")
        }
    };
    text.bytes().map(one).collect()
}
