//! Settings: every one has a default, `hearth.toml` may set it, the command line has the last word.

use super::{StartError, card, memory};
use crate::limits::http::NAMES_MAX;
use crate::serve::is_host_name;
use crate::wire::http::Authority;
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
    #[serde(deserialize_with = "host_field")]
    pub host: String,
    /// Names and numbers that others have for the box: in the router, behind a forwarded port.
    #[serde(deserialize_with = "names_field")]
    pub names: Vec<String>,
    /// Whether the box tells its name to the network.
    pub mdns: bool,
    /// How a box without an owner gets one.
    pub setup: Setup,
    /// Whom it answers.
    pub reach: Reach,
    /// Pages elsewhere that may embed streams.
    pub embed_origins: Vec<String>,
    /// What is wrong with the card's own file, a sentence each.
    #[serde(skip)]
    pub problems: Vec<String>,
}

/// Files that settings come from.
#[derive(Clone, Debug, Default)]
pub(super) struct Files {
    /// Each overrides those before it, and each must be right.
    pub(super) given: Vec<PathBuf>,
    /// Written by a person on another computer: it has the last word where it is right, and never stops the box.
    pub(super) card: Option<PathBuf>,
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

/// How a box without an owner gets one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Setup {
    /// By the code that it shows.
    #[default]
    Code,
    /// For a while after power-on by whoever comes first, then by the code.
    Open,
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
            host: "hearth".into(),
            names: Vec::new(),
            mdns: true,
            setup: Setup::Code,
            reach: Reach::Home,
            embed_origins: Vec::new(),
            problems: Vec::new(),
        }
    }
}

impl Config {
    /// Reads the files.
    ///
    /// # Errors
    /// One sentence with file, line and what was expected.
    pub(super) fn read(files: &Files) -> Result<Config, StartError> {
        let mut settings = toml::Table::new();
        for path in &files.given {
            settings.extend(read_file(path).map_err(StartError::Usage)?);
        }
        let problems = files.card.as_deref().map(|path| {
            let card = card::file::read(path);
            settings.extend(card.settings);
            card.problems
        });
        let config: Config = settings
            .try_into()
            .map_err(|error: toml::de::Error| StartError::Usage(error.to_string()))?;
        let mut config = Config {
            problems: problems.unwrap_or_default(),
            ..config
        };
        if files.card.is_some() {
            config.add_problems(card::problems(&config.data));
        }
        Ok(config)
    }

    fn add_problems(&mut self, more: Vec<String>) {
        for problem in more {
            if !self.problems.contains(&problem) {
                self.problems.push(problem);
            }
        }
    }

    /// Whether a box can live with the settings of the table `settings`, each on its own.
    ///
    /// # Errors
    /// What was expected.
    pub(super) fn check(settings: toml::Table) -> Result<(), String> {
        let config: Config = settings
            .try_into()
            .map_err(|error: toml::de::Error| error.message().to_owned())?;
        memory::check_for(config.memory, memory::of_this_machine())
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
                "no-mdns" => self.mdns = false,
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

/// The settings of one file, each checked; else one sentence with file, line and what was expected.
fn read_file(path: &Path) -> Result<toml::Table, String> {
    let cannot = |reason: String| format!("{}: {reason}", path.display());
    let text = text_of(path).map_err(cannot)?;
    let sentence = |error: toml::de::Error| cannot(error.to_string().trim().replace('\n', " "));
    let config: Config = toml::from_str(&text).map_err(sentence)?;
    memory::allowed(config.memory).map_err(|error| cannot(error.to_string()))?;
    toml::from_str(&text).map_err(sentence)
}

/// The text of a settings file of reasonable size; else why not.
pub(super) fn text_of(path: &Path) -> Result<String, String> {
    let size = std::fs::metadata(path)
        .map_err(|error| error.to_string())?
        .len();
    if size > FILE_MOST {
        return Err(format!("larger than {FILE_MOST} bytes"));
    }
    std::fs::read_to_string(path).map_err(|error| error.to_string())
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

fn host_field<'de, D: serde::Deserializer<'de>>(field: D) -> Result<String, D::Error> {
    let name = String::deserialize(field)?;
    match is_host_name(&name) {
        true => Ok(name),
        false => Err(serde::de::Error::custom(format!(
            "{name:?} is not a name of small letters, digits and dashes, such as \"hearth\""
        ))),
    }
}

fn names_field<'de, D: serde::Deserializer<'de>>(field: D) -> Result<Vec<String>, D::Error> {
    let names = Vec::<String>::deserialize(field)?;
    let is_name = |name: &str| Authority::parse(name).is_ok_and(|it| it.port.is_none());
    if names.len() > NAMES_MAX {
        let reason = format!("there may be {NAMES_MAX} names and not {}", names.len());
        return Err(serde::de::Error::custom(reason));
    }
    match names.iter().find(|name| !is_name(name)) {
        None => Ok(names),
        Some(name) => Err(serde::de::Error::custom(format!(
            "{name:?} is not a name or number alone, such as \"tv.example.org\" or \"203.0.113.9\""
        ))),
    }
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

    #[test]
    fn names_are_without_scheme_port_and_path() {
        let read = |names: &str| toml::from_str::<Config>(&format!("names = [{names}]"));
        let names = "\"tv.example.org\", \"den\", \"203.0.113.9\", \"[2001:db8::1]\"";
        assert_eq!(read(names).unwrap().names.len(), 4);
        for bad in [
            "http://tv.example.org",
            "tv.example.org:8080",
            "a b",
            "tv/",
            "",
        ] {
            let told = read(&format!("{bad:?}")).unwrap_err().to_string();
            assert!(told.contains(&format!("{bad:?} is not a name")), "{told}");
        }
        assert!(read(&"\"a\",".repeat(NAMES_MAX)).is_ok());
        assert!(read(&"\"a\",".repeat(NAMES_MAX + 1)).is_err());
    }

    fn files(texts: &[&str], card: Option<&str>) -> (tempfile::TempDir, Files) {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: String, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let given = texts.iter().enumerate();
        let given = given.map(|(n, text)| write(format!("{n}.toml"), text));
        let files = Files {
            given: given.collect(),
            card: card.map(|text| write("card.toml".into(), text)),
        };
        (folder, files)
    }

    #[test]
    fn later_files_override_earlier_ones_key_by_key() {
        let (_folder, files) = files(
            &["data = \"/a\"\nhost = \"x\"", "data = \"/b\""],
            Some("host = \"y\""),
        );
        let config = Config::read(&files).unwrap();
        assert_eq!(
            (config.data, config.host, config.problems),
            (PathBuf::from("/b"), "y".into(), vec![])
        );
    }

    #[test]
    fn a_mistake_in_the_cards_file_is_told_and_spoils_nothing_else() {
        for mistake in [
            "hst = \"y\"",
            "memory = \"1M\"",
            "memory = \"900000G\"",
            "rtmp = ",
            "http = [\"x\"]",
            "setup = \"maybe\"",
            // Each of these would end the daemon, or leave it where the firewall lets nobody in.
            "http = [\"192.168.1.50:80\"]",
            "http = [\"[::]:8080\"]",
            "http = []",
            "rtmp = [\"[::]:80\"]",
            "data = \"/nowhere\"",
            "ring = \"/data\"",
        ] {
            let card = format!("reach = \"anywhere\"\n{mistake}\nhost = \"y\"\n");
            let (_folder, files) = files(&["host = \"x\""], Some(&card));
            let config = Config::read(&files).unwrap();
            let as_without = Config {
                host: "y".into(),
                reach: Reach::Anywhere,
                problems: config.problems.clone(),
                ..Config::default()
            };
            assert_eq!(config, as_without, "{mistake}");
            let [problem] = config.problems.as_slice() else {
                panic!("{mistake}: {:?}", config.problems)
            };
            assert!(problem.starts_with("hearth.toml, line 2: "), "{problem}");
        }
        let (_folder, files) = files(&["hst = \"y\""], None);
        assert!(Config::read(&files).is_err());
    }

    #[test]
    fn a_card_without_a_file_is_fine() {
        let card = Some(PathBuf::from("/nowhere/hearth.toml"));
        let files = Files {
            card,
            ..Files::default()
        };
        assert_eq!(Config::read(&files).unwrap(), Config::default());
    }
}
