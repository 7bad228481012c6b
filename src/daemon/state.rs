//! How the box is, for whoever stands in front of it: said over the control socket, shown by console and light. Without
//! data there is no control socket; then it is left in the ring's folder.

use super::addresses;
use crate::people::People;
use crate::serve::NetworkName;
use crate::serve::board::Board;
use crate::serve::station::{Phase, Station};
use crate::store::Store;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Names of people who are live that are told; more are counted by nobody here.
const LIVE_MOST: usize = 8;

/// In the ring's folder.
const LEFT: &str = "state.json";

/// Heat at which every board slows down, thousandths of a degree.
const HOT: i32 = 80_000;

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct State {
    /// The address by name; empty if the network is told none.
    pub(super) name: String,
    /// The addresses by number, the surest first.
    pub(super) numbers: Vec<String>,
    /// Set while nobody owns the box.
    pub(super) setup: Option<SetupState>,
    /// Who is live.
    pub(super) live: Vec<String>,
    /// What needs a person, a sentence each.
    pub(super) problems: Vec<String>,
    /// Encoders get in, pages are answered and the card takes what is written: each was tried a moment ago.
    #[serde(default)]
    pub(super) well: bool,
}

/// How the box gets its owner.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SetupState {
    pub(super) code: String,
    /// For how long it needs no code, s; 0: it needs it.
    pub(super) open_s: u64,
}

impl State {
    /// Of a box that listens at `http`, with nothing known of people.
    pub(super) fn without_data(host: &str, http: SocketAddr, problems: Vec<String>) -> State {
        State {
            name: url(&format!("{host}.local"), http.port()),
            numbers: numbers(http),
            problems,
            ..State::default()
        }
    }

    /// Leaves it in the ring's folder.
    pub(super) fn leave(&self, ring: &Path) -> io::Result<()> {
        let new = ring.join("state.new");
        fs::write(&new, serde_json::to_string(self)?)?;
        fs::rename(new, ring.join(LEFT))
    }

    /// What was left in the ring's folder.
    pub(super) fn left(ring: &Path) -> Option<State> {
        serde_json::from_str(&fs::read_to_string(ring.join(LEFT)).ok()?).ok()
    }

    /// It is not so any more.
    pub(super) fn take_away(ring: &Path) {
        // Most often it was not there.
        let _ = fs::remove_file(ring.join(LEFT));
    }
}

fn url(host: &str, port: u16) -> String {
    match port {
        80 => format!("http://{host}/"),
        port => format!("http://{host}:{port}/"),
    }
}

/// Addresses by number of what listens at `http`.
fn numbers(http: SocketAddr) -> Vec<String> {
    let listened = match http.ip() {
        ip if ip.is_unspecified() => addresses::all_of_this_box(),
        ip => vec![ip],
    };
    let text = |ip: IpAddr| match ip {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => format!("[{v6}]"),
    };
    let urls = listened.into_iter().map(|ip| url(&text(ip), http.port()));
    urls.collect()
}

/// What states are made from.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) people: Arc<People>,
    pub(super) station: Arc<Station>,
    pub(super) store: Arc<Store>,
    /// The folder that it is in.
    pub(super) data: PathBuf,
    /// None: the network is told no name.
    pub(super) name: Option<NetworkName>,
    pub(super) http: SocketAddr,
    pub(super) setup_code: String,
    /// When a box without an owner begins to ask for the code, ms on the station's clock.
    pub(super) open_until: u64,
    pub(super) problems: Vec<String>,
    /// What the watchdog found.
    pub(super) well: Arc<AtomicBool>,
}

impl Source {
    /// How it is now.
    pub(super) fn state(&self) -> State {
        let name = self
            .name
            .as_ref()
            .map(|name| url(&format!("{}.local", name.get()), self.http.port()));
        State {
            name: name.unwrap_or_default(),
            numbers: numbers(self.http),
            setup: (!self.people.has_owner()).then(|| self.setup()),
            live: self.live(),
            problems: self.all_problems(),
            well: self.well.load(Ordering::Relaxed) && !self.store.is_broken(),
        }
    }

    fn setup(&self) -> SetupState {
        let now = self.station.clock().now();
        SetupState {
            code: self.setup_code.clone(),
            open_s: self.open_until.saturating_sub(now.0).div_ceil(1000),
        }
    }

    fn live(&self) -> Vec<String> {
        let channels = self.station.channels().into_iter();
        let names = channels.filter(|channel| channel.phase == Phase::Live);
        let names = names.map(|channel| {
            let account = self.people.account_named(&channel.name);
            account.map_or(channel.name, |account| account.display_name)
        });
        names.take(LIVE_MOST).collect()
    }

    fn all_problems(&self) -> Vec<String> {
        let mut problems = of_board(&Board::read(Path::new("/"), &self.data));
        if self.store.is_broken() {
            problems.insert(
                0,
                "The card can't be written: nothing is saved. Put in a new card.".into(),
            );
        }
        problems.extend(self.problems.iter().cloned());
        problems
    }
}

/// What a person can do something about now.
fn of_board(board: &Board) -> Vec<String> {
    let mut problems = Vec::new();
    if board.under_voltage.is_some_and(|warning| warning.now) {
        problems.push("The power supply or its cable is too weak.".into());
    }
    if board
        .temperature_millidegrees
        .is_some_and(|heat| heat >= HOT)
    {
        problems.push("The board is too hot: it needs air or a heat sink.".into());
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::board::Warning;

    #[test]
    fn a_box_without_data_leaves_its_state_for_the_screen() {
        let ring = tempfile::tempdir().unwrap();
        assert_eq!(State::left(ring.path()), None);
        let http = "192.168.1.5:80".parse().unwrap();
        let state = State::without_data("hearth", http, vec!["broken".into()]);
        assert_eq!(state.name, "http://hearth.local/");
        assert_eq!(state.numbers, ["http://192.168.1.5/"]);
        state.leave(ring.path()).unwrap();
        assert_eq!(State::left(ring.path()), Some(state));
        State::take_away(ring.path());
        assert_eq!(State::left(ring.path()), None);
    }

    #[test]
    fn a_weak_supply_and_heat_are_problems_while_they_last() {
        let mut board = Board {
            under_voltage: Some(Warning {
                now: true,
                since_boot: true,
            }),
            temperature_millidegrees: Some(81_000),
            ..Board::default()
        };
        assert_eq!(of_board(&board).len(), 2);
        board.under_voltage = Some(Warning {
            now: false,
            since_boot: true,
        });
        board.temperature_millidegrees = Some(60_000);
        assert!(of_board(&board).is_empty());
    }
}
