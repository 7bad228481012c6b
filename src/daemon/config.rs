//! Settings: every one has a default, `hearth.toml` may set it, the command line has the last word.

use super::StartError;
use serde::Deserialize;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};

/// Accounts and keys, unless told otherwise.
pub(super) const DEFAULT_DATA: &str = "var";

/// Largest configuration file that is read, bytes.
const FILE_MOST: u64 = 64 << 10;

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where the pages are.
    pub http: Vec<SocketAddr>,
    /// Where encoders go.
    pub rtmp: Vec<SocketAddr>,
    /// Accounts and keys.
    pub data: PathBuf,
    /// A folder on a tmpfs for live media; None: a private one in `/dev/shm`.
    pub ring: Option<PathBuf>,
    /// All that Hearth may use, bytes; None: a quarter of the RAM, at most 256 MiB.
    #[serde(deserialize_with = "size_field")]
    pub memory: Option<u64>,
    /// Name of the box in the network, without `.local`.
    pub name: String,
    /// Whom it answers.
    pub reach: Reach,
    /// Pages elsewhere that may embed streams.
    pub embed_origins: Vec<String>,
}

/// Whom the box answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reach {
    /// Peers on attached networks or in private ranges.
    #[default]
    Home,
    /// Everybody.
    Anywhere,
}

impl Default for Config {
    fn default() -> Config {
        let any = IpAddr::from(Ipv6Addr::UNSPECIFIED);
        Config {
            http: vec![SocketAddr::new(any, 8080)],
            rtmp: vec![SocketAddr::new(any, 1935)],
            data: PathBuf::from(DEFAULT_DATA),
            ring: None,
            memory: None,
            name: "hearth".into(),
            reach: Reach::Home,
            embed_origins: Vec::new(),
        }
    }
}

impl Config {
    /// Reads `hearth.toml`.
    ///
    /// # Errors
    /// One sentence with file, line and what was expected.
    pub fn read(path: &Path) -> Result<Config, StartError> {
        let cannot = |reason: String| StartError::Usage(format!("{}: {reason}", path.display()));
        let size = std::fs::metadata(path)
            .map_err(|error| cannot(error.to_string()))?
            .len();
        if size > FILE_MOST {
            return Err(cannot(format!("larger than {FILE_MOST} bytes")));
        }
        let text = std::fs::read_to_string(path).map_err(|error| cannot(error.to_string()))?;
        toml::from_str(&text).map_err(|error| cannot(error.to_string().trim().replace('\n', " ")))
    }

    /// What the command line says, as (option, value).
    pub(super) fn override_with(&mut self, given: &[(String, String)]) -> Result<(), StartError> {
        for (index, (option, value)) in given.iter().enumerate() {
            let first = !given
                .iter()
                .take(index)
                .any(|(earlier, _)| earlier == option);
            match option.as_str() {
                "http" => add(&mut self.http, address(option, value)?, first),
                "rtmp" => add(&mut self.rtmp, address(option, value)?, first),
                "embed-origin" => add(&mut self.embed_origins, value.clone(), first),
                "data" => self.data = PathBuf::from(value),
                "ring" => self.ring = Some(PathBuf::from(value)),
                _ => {
                    self.memory =
                        Some(size(value).ok_or_else(|| bad(option, value, "a size such as 110M"))?)
                }
            }
        }
        Ok(())
    }
}

fn add<T>(list: &mut Vec<T>, item: T, first: bool) {
    if first {
        list.clear();
    }
    list.push(item);
}

fn bad(option: &str, value: &str, expected: &str) -> StartError {
    StartError::Usage(format!("--{option} {value:?} is not {expected}"))
}

fn address(option: &str, value: &str) -> Result<SocketAddr, StartError> {
    value.parse().map_err(|_| {
        bad(
            option,
            value,
            "an address such as 192.168.1.5:8080 or [::]:8080",
        )
    })
}

/// `64M`, `110 MiB`, `1G` or plain bytes; K, M and G count in 1024.
fn size(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(digits)?;
    let shift = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 0,
        "k" | "kb" | "kib" => 10,
        "m" | "mb" | "mib" => 20,
        "g" | "gb" | "gib" => 30,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(1 << shift)
}

fn size_field<'de, D: serde::Deserializer<'de>>(field: D) -> Result<Option<u64>, D::Error> {
    let text = String::deserialize(field)?;
    size(&text)
        .map(Some)
        .ok_or_else(|| serde::de::Error::custom(format!("{text:?} is not a size such as \"110M\"")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_people_write_them() {
        for (text, bytes) in [
            ("64M", 64 << 20),
            ("110 MiB", 110 << 20),
            ("1g", 1 << 30),
            ("4096", 4096),
        ] {
            assert_eq!(size(text), Some(bytes), "{text}");
        }
        for text in ["", "M", "-1", "12X", "99999999999999G"] {
            assert_eq!(size(text), None, "{text}");
        }
    }

    #[test]
    fn a_file_sets_what_it_names_and_refuses_what_nobody_knows() {
        let config: Config =
            toml::from_str("memory = \"64M\"\nhttp = [\"[::]:80\"]\nreach = \"anywhere\"").unwrap();
        assert_eq!(
            (config.memory, config.http[0].port(), config.reach),
            (Some(64 << 20), 80, Reach::Anywhere)
        );
        assert_eq!(config.rtmp, Config::default().rtmp);
        assert!(toml::from_str::<Config>("memroy = \"64M\"").is_err());
    }
}
