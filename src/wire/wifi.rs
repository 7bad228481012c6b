//! Wi-Fi networks: their names, how they are locked, what opens them; and wpa_supplicant's words about them.

pub mod supplicant;

use crate::limits::wifi::{NAME_MAX, PASSPHRASE_MAX, PASSPHRASE_MIN};
use data_encoding::HEXLOWER_PERMISSIVE;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The name of a network (SSID): 1 to [`NAME_MAX`] bytes, mostly UTF-8. Written in hexadecimal.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Name(Vec<u8>);

/// What opens a network: a passphrase of WPA2 or WPA3 personal. Never shown.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Passphrase(String);

/// Why something is no name or no passphrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WifiError {
    /// Names have 1 to 32 bytes.
    #[error("a network's name has 1 to {NAME_MAX} bytes, not {0}")]
    NameLength(usize),
    /// A name is written in hexadecimal.
    #[error("a network's name is written in hexadecimal")]
    NameDigits,
    /// Passphrases have 8 to 63 characters.
    #[error("a passphrase has {PASSPHRASE_MIN} to {PASSPHRASE_MAX} characters, not {0}")]
    PassphraseLength(usize),
    /// Passphrases are printable ASCII.
    #[error("a passphrase is made of the letters, digits and signs of a US keyboard")]
    PassphraseLetters,
}

/// How a network is locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lock {
    /// Not at all.
    Open,
    /// By a passphrase.
    Passphrase,
    /// By what a page can't ask for: certificates of a company, WEP.
    Other,
}

/// A network that the radio hears.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Its name.
    pub name: Name,
    /// How loud it is, dBm: −30 beside the router, −85 hardly at all.
    pub dbm: i32,
    /// How it is locked.
    pub lock: Lock,
}

impl Name {
    /// # Errors
    /// [`WifiError::NameLength`].
    pub fn new(bytes: &[u8]) -> Result<Name, WifiError> {
        match bytes.len() {
            1..=NAME_MAX => Ok(Name(bytes.to_vec())),
            other => Err(WifiError::NameLength(other)),
        }
    }

    /// From hexadecimal digits.
    ///
    /// # Errors
    /// As [`Name::new`], or [`WifiError::NameDigits`].
    pub fn from_hex(text: &str) -> Result<Name, WifiError> {
        if text.len() > 2 * NAME_MAX {
            return Err(WifiError::NameLength(text.len() / 2));
        }
        let bytes = HEXLOWER_PERMISSIVE.decode(text.as_bytes());
        Name::new(&bytes.map_err(|_| WifiError::NameDigits)?)
    }

    /// In hexadecimal digits, as wpa_supplicant takes it too.
    pub fn hex(&self) -> String {
        HEXLOWER_PERMISSIVE.encode(&self.0)
    }

    /// For people: what is no text becomes a mark, and so do controls.
    pub fn text(&self) -> String {
        let text = String::from_utf8_lossy(&self.0);
        let shown = |c: char| if c.is_control() { '\u{fffd}' } else { c };
        text.chars().map(shown).collect()
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.text())
    }
}

impl TryFrom<String> for Name {
    type Error = WifiError;
    fn try_from(text: String) -> Result<Name, WifiError> {
        Name::from_hex(&text)
    }
}

impl From<Name> for String {
    fn from(name: Name) -> String {
        name.hex()
    }
}

impl Passphrase {
    /// # Errors
    /// [`WifiError::PassphraseLength`], [`WifiError::PassphraseLetters`].
    pub fn new(text: &str) -> Result<Passphrase, WifiError> {
        if !text.bytes().all(|b| (b' '..=b'~').contains(&b)) {
            return Err(WifiError::PassphraseLetters);
        }
        match text.len() {
            PASSPHRASE_MIN..=PASSPHRASE_MAX => Ok(Passphrase(text.to_owned())),
            other => Err(WifiError::PassphraseLength(other)),
        }
    }

    /// For wpa_supplicant alone.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase(…)")
    }
}

impl TryFrom<String> for Passphrase {
    type Error = WifiError;
    fn try_from(text: String) -> Result<Passphrase, WifiError> {
        Passphrase::new(&text)
    }
}

impl From<Passphrase> for String {
    fn from(passphrase: Passphrase) -> String {
        passphrase.0
    }
}

/// Whether this is a country in two capital letters (ISO 3166-1).
pub fn is_country(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_and_passphrases_keep_to_their_lengths() {
        assert_eq!(Name::new(b""), Err(WifiError::NameLength(0)));
        assert_eq!(Name::new(&[0; 33]), Err(WifiError::NameLength(33)));
        assert_eq!(Name::from_hex("4"), Err(WifiError::NameDigits));
        assert_eq!(Name::from_hex("zz"), Err(WifiError::NameDigits));
        for (text, expected) in [
            ("1234567", Err(WifiError::PassphraseLength(7))),
            ("häuschen 1", Err(WifiError::PassphraseLetters)),
            ("with\nbreak", Err(WifiError::PassphraseLetters)),
            ("say \"friend\"", Ok(())),
        ] {
            assert_eq!(Passphrase::new(text).map(|_| ()), expected, "{text}");
        }
        assert!(Passphrase::new(&"x".repeat(63)).is_ok());
        assert!(Passphrase::new(&"x".repeat(64)).is_err());
    }

    #[test]
    fn a_passphrase_is_in_no_log() {
        let passphrase = Passphrase::new("open sesame").unwrap();
        assert!(!format!("{passphrase:?}").contains("sesame"));
    }

    proptest! {
        #[test]
        fn any_name_survives_hexadecimal_and_json(bytes in prop::collection::vec(any::<u8>(), 1..=32)) {
            let name = Name::new(&bytes).unwrap();
            let read = Name::from_hex(&name.hex());
            prop_assert_eq!(read.as_ref(), Ok(&name));
            let json = serde_json::to_string(&name).unwrap();
            prop_assert_eq!(serde_json::from_str::<Name>(&json).unwrap(), name.clone());
            prop_assert!(!name.text().contains(char::is_control));
        }
    }
}
