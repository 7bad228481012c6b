//! What the daemon and the Wi-Fi process say to each other, over a Unix socket: one request a connection, a line of JSON
//! each way. The daemon has no rights over the radio; it can only ask for what stands here.

use crate::limits::wifi::{ACCESS_POINT, ACCESS_POINT_BITS, ANSWER_BYTES, REQUEST_BYTES, TALK_MS};
use crate::wire::wifi::{Lock, Name, Passphrase, Seen, is_country};
use serde::{Deserialize, Serialize};
use std::io::{self, Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, Shutdown};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

/// Where the Wi-Fi process of the box listens.
pub const SOCKET: &str = "/run/hearth-wifi/ask.sock";

/// What may be asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Ask {
    /// How things stand.
    State {},
    /// To look around.
    Look {},
    /// To join a network, and to remember it once that has worked.
    Join(Network),
    /// To forget a network.
    Forget {
        /// Which.
        name: Name,
    },
}

/// A network with what opens it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Network {
    /// Its name.
    pub name: Name,
    /// None: it is open.
    pub passphrase: Option<Passphrase>,
    /// Where the box stands, in two capital letters; None: not said.
    pub country: Option<String>,
}

impl Network {
    /// Whether it may be asked for: the types see to name and passphrase.
    pub fn is_sound(&self) -> bool {
        self.country.as_deref().is_none_or(is_country)
    }
}

/// What the radio does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// There is none.
    #[default]
    NoRadio,
    /// Nothing: there is a cable, and no network to join.
    Resting,
    /// It listens for networks.
    Looking,
    /// It tries a network.
    Joining,
    /// It is in one.
    Joined,
    /// It is an access point.
    AccessPoint,
}

/// Why a network was not joined, or is not joined any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// The passphrase is wrong.
    Passphrase,
    /// It is not in reach.
    NotFound,
    /// It refused.
    Refused,
    /// It gives no address.
    NoAddress,
    /// It went away.
    Lost,
}

/// What went wrong last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// With which network.
    pub name: Name,
    /// What.
    pub why: Why,
}

/// How things stand.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// What the radio does.
    pub mode: Mode,
    /// What it has been asked to do in a moment.
    pub soon: Option<Mode>,
    /// The network that it is in, or tries.
    pub network: Option<Name>,
    /// Its address there.
    pub address: Option<Ipv4Addr>,
    /// The name of its own access point.
    pub access_point: String,
    /// There is a cable.
    pub cable: bool,
    /// What went wrong last; None after all went well.
    pub trouble: Option<Trouble>,
    /// Networks in reach, the loudest first.
    pub seen: Vec<Seen>,
    /// Networks that are remembered, the one joined last first.
    pub known: Vec<Name>,
    /// Where the box stands; empty if it was not told.
    pub country: String,
}

impl State {
    /// How the network of this name is locked, if it is in reach.
    pub fn lock_of(&self, name: &Name) -> Option<Lock> {
        let seen = self.seen.iter().find(|seen| seen.name == *name);
        seen.map(|seen| seen.lock)
    }
}

/// Whether `peer` is on the box's own access point.
pub fn is_on_access_point(peer: IpAddr) -> bool {
    let network = |address: Ipv4Addr| address.to_bits() >> (32 - ACCESS_POINT_BITS);
    matches!(peer.to_canonical(), IpAddr::V4(v4) if network(v4) == network(ACCESS_POINT))
}

/// Asks the Wi-Fi process that listens at `socket`; it answers with how things stand then.
///
/// # Errors
/// Nobody listens, there is no answer within [`TALK_MS`], or it can't be read.
pub fn ask(socket: &Path, ask: &Ask) -> io::Result<State> {
    let mut stream = UnixStream::connect(socket)?;
    let patience = Some(Duration::from_millis(TALK_MS));
    stream.set_read_timeout(patience)?;
    stream.set_write_timeout(patience)?;
    let request = serde_json::to_vec(ask)?;
    if u64::try_from(request.len()).is_ok_and(|bytes| bytes > REQUEST_BYTES) {
        return Err(io::Error::other("the request is too long"));
    }
    stream.write_all(&request)?;
    stream.shutdown(Shutdown::Write)?;
    let mut answer = Vec::new();
    stream.take(ANSWER_BYTES).read_to_end(&mut answer)?;
    Ok(serde_json::from_slice(&answer)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::wifi::{KNOWN_MAX, NAME_MAX, SEEN_MAX};

    #[test]
    fn the_longest_request_and_the_longest_answer_fit_their_bounds() {
        let name = Name::new(&[0xff; NAME_MAX]).unwrap();
        let network = Network {
            name: name.clone(),
            passphrase: Some(Passphrase::new(&"\\".repeat(63)).unwrap()),
            country: Some("DE".into()),
        };
        let request = serde_json::to_vec(&Ask::Join(network)).unwrap();
        assert!(u64::try_from(request.len()).unwrap() < REQUEST_BYTES);
        let seen = Seen {
            name: name.clone(),
            dbm: -100,
            lock: Lock::Passphrase,
        };
        let state = State {
            mode: Mode::AccessPoint,
            soon: Some(Mode::Joining),
            network: Some(name.clone()),
            trouble: Some(Trouble {
                name: name.clone(),
                why: Why::Passphrase,
            }),
            seen: vec![seen; SEEN_MAX],
            known: vec![name; KNOWN_MAX],
            ..State::default()
        };
        let answer = serde_json::to_vec(&state).unwrap();
        assert!(u64::try_from(answer.len()).unwrap() < ANSWER_BYTES);
        assert_eq!(serde_json::from_slice::<State>(&answer).unwrap(), state);
    }

    #[test]
    fn only_sound_requests_can_be_read() {
        for bad in [
            r#"{"ask":"join","name":"","passphrase":null,"country":null}"#,
            r#"{"ask":"join","name":"4869","passphrase":"short","country":null}"#,
            r#"{"ask":"join","name":"4869","passphrase":"a\nb\nc\nd\ne","country":null}"#,
            r#"{"ask":"join","name":"4869","passphrase":null,"country":null,"run":"x"}"#,
            r#"{"ask":"burn"}"#,
            "",
        ] {
            assert!(serde_json::from_str::<Ask>(bad).is_err(), "{bad}");
        }
        let network = |country: &str| Network {
            name: Name::new(b"Hi").unwrap(),
            passphrase: None,
            country: Some(country.into()),
        };
        assert!(network("DE").is_sound());
        assert!(!network("de").is_sound() && !network("D\n").is_sound());
    }

    #[test]
    fn who_is_on_the_access_point_is_known_by_the_address() {
        for (peer, expected) in [
            ("10.73.0.17", true),
            ("::ffff:10.73.0.17", true),
            ("10.73.1.17", false),
            ("fe80::1", false),
        ] {
            assert_eq!(is_on_access_point(peer.parse().unwrap()), expected);
        }
    }
}
