//! The Wi-Fi to join: checked, kept in the data folder, handed to wpa_supplicant at every start.

use super::file::Wifi;
use super::keep;
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;

/// In the data folder's [`keep::FOR_ROOT`].
const KEPT: &str = "card.json";

/// Where it was kept in the data folder when the daemon could read it there.
const KEPT_BEFORE: &str = "wifi.json";

/// In the folder for the network's daemons.
const HANDED_ON: &str = "wpa_supplicant.conf";

/// Largest kept file, bytes.
const KEPT_MOST: u64 = 4096;

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    /// Empty: only the country is known, which an access point of the box's own needs too.
    name: String,
    password: String,
    country: String,
}

/// Why a network can't be joined so: which of name, password and country, and what was expected.
pub(super) fn refusal(name: &str, password: &str, country: &str) -> Option<(usize, &'static str)> {
    let is_printable = |b: u8| (b' '..=b'~').contains(&b);
    let asks_to_join = !name.is_empty() || !password.is_empty();
    if asks_to_join && !(1..=32).contains(&name.len()) {
        return Some((0, "wifi.name is the name of your network, at most 32 bytes"));
    }
    if name.contains(char::is_control) {
        return Some((0, "wifi.name has a character that no network's name has"));
    }
    let is_passphrase = (8..=63).contains(&password.len()) && password.bytes().all(is_printable);
    if !password.is_empty() && !is_passphrase {
        let expected = "wifi.password is 8 to 63 letters, digits and signs of a US keyboard; empty for an open network";
        return Some((1, expected));
    }
    if country.len() != 2 || !country.bytes().all(|b| b.is_ascii_uppercase()) {
        let expected = "wifi.country is where the box stands, in two capital letters such as \"DE\" or \"CN\": channels differ";
        return Some((2, expected));
    }
    None
}

/// Keeps what the card says. What is empty there stands for what is kept: the password for the one of the same network,
/// the name for both.
pub(super) fn keep(data: &Path, wifi: Option<&Wifi>) -> io::Result<()> {
    let before = kept_in(data);
    let kept = match wifi {
        Some(wifi) => Some(Kept::of(wifi, before)),
        None => before,
    };
    let folder = keep::folder_for_root(data)?;
    if let Some(kept) = kept {
        keep::write(&folder.join(KEPT), &serde_json::to_string(&kept)?)?;
    }
    keep::remove(&data.join(KEPT_BEFORE))
}

fn kept_in(data: &Path) -> Option<Kept> {
    let files = [data.join(keep::FOR_ROOT).join(KEPT), data.join(KEPT_BEFORE)];
    files.iter().find_map(|file| {
        let text = keep::read(file, KEPT_MOST).ok()?;
        serde_json::from_str(&text).ok()
    })
}

/// Writes the configuration for wpa_supplicant into `run`: the kept network, else the card's; none if no network is known.
pub(super) fn hand_on(data: &Path, run: &Path, card: Option<&Wifi>) -> io::Result<()> {
    let path = run.join(HANDED_ON);
    match kept_in(data).or_else(|| card.map(|wifi| Kept::of(wifi, None))) {
        Some(kept) => {
            fs::create_dir_all(run)?;
            keep::write(&path, &kept.for_supplicant())
        }
        None => keep::remove(&path),
    }
}

impl Kept {
    fn of(wifi: &Wifi, before: Option<Kept>) -> Kept {
        let same = |before: &Kept| wifi.name.is_empty() || wifi.name == before.name;
        let (name, password) = match before.filter(same) {
            Some(before) if wifi.password.is_empty() => (before.name, before.password),
            _ => (wifi.name.clone(), wifi.password.clone()),
        };
        Kept {
            name,
            password,
            country: wifi.country.clone(),
        }
    }

    /// The name in hexadecimal, as it may be any bytes; the passphrase in quotes, which end at the last one.
    fn for_supplicant(&self) -> String {
        let mut text = format!("country={}\n", self.country);
        if self.name.is_empty() {
            return text;
        }
        text.push_str("network={\n\tssid=");
        for byte in self.name.bytes() {
            // Writing to a string does not fail.
            let _ = write!(text, "{byte:02x}");
        }
        text.push_str("\n\tscan_ssid=1\n");
        match self.password.as_str() {
            "" => text.push_str("\tkey_mgmt=NONE\n"),
            password => {
                let _ = write!(
                    text,
                    "\tpsk=\"{password}\"\n\tkey_mgmt=WPA-PSK WPA-PSK-SHA256 SAE\n\tieee80211w=1\n"
                );
            }
        }
        text.push_str("}\n");
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_network_takes_is_refused_with_the_setting_it_is_about() {
        let which = |name: &str, password: &str, country: &str| {
            refusal(name, password, country).map(|refusal| refusal.0)
        };
        assert_eq!(which("Home", "12345678", "DE"), None);
        assert_eq!(which("家", "", "CN"), None);
        assert_eq!(which("", "12345678", "DE"), Some(0));
        assert_eq!(which("", "", "DE"), None);
        assert_eq!(which(&"x".repeat(33), "", "DE"), Some(0));
        assert_eq!(which("a\nb", "", "DE"), Some(0));
        for password in [
            "short",
            "ümlauts are not",
            "with\nline break",
            &"x".repeat(64),
        ] {
            assert_eq!(which("Home", password, "DE"), Some(1), "{password}");
        }
        for country in ["", "de", "DEU", "D1"] {
            assert_eq!(which("Home", "", country), Some(2), "{country}");
        }
    }

    #[test]
    fn a_country_alone_is_handed_on_and_an_unusable_data_folder_stops_no_network() {
        let (data, run) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let wifi = |name: &str, country: &str| Wifi {
            name: name.into(),
            password: String::new(),
            country: country.into(),
            secret: None,
        };
        let text = || fs::read_to_string(run.path().join(HANDED_ON)).unwrap();
        hand_on(data.path(), run.path(), Some(&wifi("Café", "FR"))).unwrap();
        assert!(text().contains("ssid=436166c3a9"));
        keep(data.path(), Some(&wifi("", "DE"))).unwrap();
        hand_on(data.path(), run.path(), None).unwrap();
        assert_eq!(text(), "country=DE\n");
        keep(data.path(), Some(&wifi("Home", "DE"))).unwrap();
        keep(data.path(), Some(&wifi("", "CN"))).unwrap();
        hand_on(data.path(), run.path(), None).unwrap();
        assert!(text().starts_with("country=CN\nnetwork={\n\tssid=486f6d65\n"));
    }

    #[test]
    fn a_blanked_password_stands_for_the_kept_one_of_the_same_network() {
        let (data, run) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let wifi = |name: &str, password: &str| Wifi {
            name: name.into(),
            password: password.into(),
            country: "DE".into(),
            secret: None,
        };
        hand_on(data.path(), run.path(), None).unwrap();
        assert!(!run.path().join(HANDED_ON).exists());
        for (name, password, expected) in [
            ("Home", "say \"friend\"", "\tpsk=\"say \"friend\"\"\n"),
            ("Home", "", "\tpsk=\"say \"friend\"\"\n"),
            ("Café", "", "\tkey_mgmt=NONE\n"),
        ] {
            keep(data.path(), Some(&wifi(name, password))).unwrap();
            keep(data.path(), None).unwrap();
            hand_on(data.path(), run.path(), None).unwrap();
            let text = fs::read_to_string(run.path().join(HANDED_ON)).unwrap();
            assert!(text.contains(expected), "{text}");
        }
        let text = fs::read_to_string(run.path().join(HANDED_ON)).unwrap();
        assert!(
            text.starts_with("country=DE\nnetwork={\n\tssid=436166c3a9\n"),
            "{text}"
        );
    }
}
