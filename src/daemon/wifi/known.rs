//! Networks that are remembered: the card's, and those that were joined. Both files are for root alone.

use crate::daemon::card::keep;
use crate::limits::wifi::{KNOWN_BYTES, KNOWN_MAX};
use crate::serve::wifi::Network;
use crate::wire::wifi::{Name, Passphrase, is_country};
use std::io;
use std::path::Path;

/// In the folder of what is kept.
pub(super) const FILE: &str = "networks.json";

/// Beside it: the card's network as it was taken in last.
const SEEN: &str = "card-seen.json";

/// What `hearth card` leaves for whoever has the radio.
pub(super) const OF_CARD: &str = "wpa_supplicant.conf";

/// What a start begins with.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Known {
    /// As they were joined or written on the card, the last one first.
    pub(super) networks: Vec<Network>,
    /// Where the card says that the box stands: for networks that say nothing, and for the access point.
    pub(super) country: Option<String>,
}

/// Takes in what the card says, once: first, since it was written down last. After that it is one of the known networks, behind those
/// that are joined later, and gone once it is forgotten. What can't be read is left out.
pub(super) fn read(card: &Path, kept: &Path) -> Known {
    let text = keep::read(card, KNOWN_BYTES).unwrap_or_default();
    let country = country(&text);
    let known = networks(kept);
    let Some(of_card) = of_supplicant(&text) else {
        let networks = known.unwrap_or_default();
        return Known { networks, country };
    };
    let seen = kept.with_file_name(SEEN);
    if let Some(networks) = known.clone().filter(|_| is_seen(&seen, &of_card)) {
        return Known { networks, country };
    }
    // One of the same name with another passphrase is tried too: either may be the newer one.
    let others = known.unwrap_or_default().into_iter();
    let others = others.filter(|network| *network != of_card);
    let mut networks: Vec<Network> = std::iter::once(of_card.clone()).chain(others).collect();
    networks.truncate(KNOWN_MAX);
    // In this order: cut between the two, it is taken in again.
    let text = serde_json::to_string(&of_card).map_err(io::Error::from);
    let taken = keep(kept, &networks).and_then(|()| keep::write(&seen, &text?));
    if let Err(error) = taken {
        log::warn!("the card's network is known until the next start only: {error}");
    }
    Known { networks, country }
}

/// The kept ones; None if there is no file that can be read.
fn networks(kept: &Path) -> Option<Vec<Network>> {
    let text = keep::read(kept, KNOWN_BYTES).ok()?;
    let read: Result<Vec<Network>, _> = serde_json::from_str(&text);
    let networks = read.inspect_err(|error| log::warn!("known networks can't be read: {error}"));
    let mut networks = networks.ok()?;
    networks.retain(Network::is_sound);
    networks.truncate(KNOWN_MAX);
    Some(networks)
}

fn is_seen(seen: &Path, of_card: &Network) -> bool {
    let text = keep::read(seen, KNOWN_BYTES).unwrap_or_default();
    serde_json::from_str(&text).is_ok_and(|seen: Network| seen == *of_card)
}

/// Replaces the kept file; nothing is written if it says this already.
pub(super) fn keep(path: &Path, networks: &[Network]) -> io::Result<()> {
    keep::write(path, &serde_json::to_string(networks)?)
}

/// What a file that `hearth card` has written says of `key`.
fn value<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let mut lines = text.lines().map(str::trim);
    lines.find_map(|line| line.strip_prefix(key)?.strip_prefix('='))
}

/// The country, which may stand in it alone.
fn country(text: &str) -> Option<String> {
    let country = value(text, "country").filter(|country| is_country(country));
    country.map(str::to_owned)
}

/// The one network in it: its name in hexadecimal, its passphrase in quotes.
fn of_supplicant(text: &str) -> Option<Network> {
    let passphrase = match value(text, "psk") {
        Some(quoted) => {
            let inner = quoted.strip_prefix('"')?.strip_suffix('"')?;
            Some(Passphrase::new(inner).ok()?)
        }
        None => None,
    };
    Some(Network {
        name: Name::from_hex(value(text, "ssid")?).ok()?,
        passphrase,
        country: country(text),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn network(name: &str, passphrase: Option<&str>) -> Network {
        Network {
            name: Name::new(name.as_bytes()).unwrap(),
            passphrase: passphrase.map(|text| Passphrase::new(text).unwrap()),
            country: Some("DE".into()),
        }
    }

    #[test]
    fn the_cards_network_comes_first_and_the_kept_ones_follow() {
        let folder = tempfile::tempdir().unwrap();
        let (card, kept) = (folder.path().join("card"), folder.path().join(FILE));
        assert_eq!(read(&card, &kept), Known::default());
        let networks = [
            network("Home", Some("say \"friend\"")),
            network("Café", None),
        ];
        keep(&kept, &networks).unwrap();
        assert_eq!(read(&card, &kept).networks, networks);
        let text = "country=DE\nnetwork={\n\tssid=486f6d65\n\tscan_ssid=1\n\tpsk=\"say \"friend\"\"\n\tkey_mgmt=WPA-PSK\n}\n";
        std::fs::write(&card, text).unwrap();
        assert_eq!(read(&card, &kept).networks, networks);
        let open = "country=DE\nnetwork={\n\tssid=436166c3a9\n\tkey_mgmt=NONE\n}\n";
        std::fs::write(&card, open).unwrap();
        assert_eq!(
            read(&card, &kept).networks,
            [networks[1].clone(), networks[0].clone()]
        );
        std::fs::write(&kept, "[{\"name\":\"\"}]").unwrap();
        assert_eq!(read(&card, &kept).networks, [networks[1].clone()]);
    }

    #[test]
    fn the_cards_network_is_one_of_the_known_until_the_card_says_another() {
        let folder = tempfile::tempdir().unwrap();
        let (card, kept) = (folder.path().join("card"), folder.path().join(FILE));
        let on_card = |name: &str| {
            let name = data_encoding::HEXLOWER.encode(name.as_bytes());
            let text = format!("country=DE\nnetwork={{\n\tssid={name}\n\tkey_mgmt=NONE\n}}\n");
            std::fs::write(&card, text).unwrap();
        };
        let names = || -> Vec<String> {
            let known = read(&card, &kept).networks;
            known.iter().map(|network| network.name.text()).collect()
        };
        on_card("Card");
        assert_eq!(names(), ["Card"], "known at once, joined or not");
        keep(&kept, &[network("Home", None), network("Card", None)]).unwrap();
        assert_eq!(
            names(),
            ["Home", "Card"],
            "what was joined later comes first"
        );
        keep(&kept, &[network("Home", None)]).unwrap();
        assert_eq!(names(), ["Home"], "what was forgotten stays so");
        on_card("Other");
        assert_eq!(names(), ["Other", "Home"]);
        on_card("Card");
        assert_eq!(names(), ["Card", "Other", "Home"], "written down anew");
        std::fs::write(&kept, "{").unwrap();
        assert_eq!(
            names(),
            ["Card"],
            "a damaged file costs the card's no place"
        );
    }

    #[test]
    fn a_country_that_stands_on_the_card_alone_is_known() {
        let folder = tempfile::tempdir().unwrap();
        let (card, kept) = (folder.path().join("card"), folder.path().join(FILE));
        let networks = vec![Network {
            country: None,
            ..network("Home", None)
        }];
        keep(&kept, &networks).unwrap();
        std::fs::write(&card, "country=DE\n").unwrap();
        let country = Some("DE".into());
        assert_eq!(read(&card, &kept), Known { networks, country });
        std::fs::write(&card, "country=Germany\n").unwrap();
        assert_eq!(read(&card, &kept).country, None);
    }

    #[test]
    fn the_kept_file_is_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let kept = folder.path().join(FILE);
        keep(&kept, &[network("Home", Some("12345678"))]).unwrap();
        let mode = std::fs::metadata(&kept).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    proptest! {
        #[test]
        fn any_file_on_the_card_is_read_or_left(text in ".{0,200}") {
            let _ = of_supplicant(&text);
        }
    }
}
