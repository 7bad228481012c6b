//! The command line: `hearth serve|demo|doctor|user|store`.

use super::StartError;
use super::config::Config;
use lexopt::prelude::*;
use std::ffi::OsString;
use std::path::PathBuf;

const HELP: &str = "\
Hearth, the household's live-TV station.

  hearth serve                 run the station
  hearth demo                  the same, with a test picture on air
  hearth doctor                show the memory budget and what is amiss
  hearth user add NAME --password-stdin [--owner]
                               make an account; prints its stream key
  hearth store check|stats|compact
  hearth store export FILE
  hearth store import FILE     look after the data

Options of serve and demo (each may also stand in hearth.toml):
  --config FILE                read settings from FILE
  --http ADDR                  where the pages are (default [::]:8080); may be repeated
  --rtmp ADDR                  where encoders go (default [::]:1935); may be repeated
  --data DIR                   accounts and keys (default ./var)
  --ring DIR                   a folder on a tmpfs for live media (default a private one in /dev/shm)
  --memory SIZE                all that Hearth may use, e.g. 110M (default a quarter of the RAM, at most 256M)
  --embed-origin ORIGIN        a page that may embed streams, e.g. http://wiki.lan; may be repeated";

/// What to do.
#[derive(Debug)]
pub(super) enum Command {
    Serve(Config),
    Demo(Config),
    Doctor(Config),
    AddUser(AddUser),
    Store(StoreTool),
    Help(&'static str),
}

/// `hearth user add`.
#[derive(Debug)]
pub(super) struct AddUser {
    pub(super) name: String,
    pub(super) owner: bool,
    pub(super) data: PathBuf,
}

/// `hearth store …`.
#[derive(Debug)]
pub(super) struct StoreTool {
    pub(super) verb: StoreVerb,
    pub(super) data: PathBuf,
}

/// What to do with the store.
#[derive(Debug)]
pub(super) enum StoreVerb {
    Check,
    Stats,
    Compact,
    Export(PathBuf),
    Import(PathBuf),
}

/// Reads the arguments after the program's name.
pub(super) fn parse(arguments: impl Iterator<Item = OsString>) -> Result<Command, StartError> {
    let mut parser = lexopt::Parser::from_args(arguments);
    let usage = |error: lexopt::Error| StartError::Usage(format!("{error}; see hearth --help"));
    let command = match parser.next().map_err(usage)? {
        None | Some(Short('h') | Long("help")) => return Ok(Command::Help(HELP)),
        Some(Short('V') | Long("version")) => {
            return Ok(Command::Help(concat!("hearth ", env!("CARGO_PKG_VERSION"))));
        }
        Some(Value(word)) => word.to_string_lossy().into_owned(),
        Some(other) => return Err(usage(other.unexpected())),
    };
    match command.as_str() {
        "serve" => settings(parser).map(Command::Serve),
        "demo" => settings(parser).map(Command::Demo),
        "doctor" => settings(parser).map(Command::Doctor),
        "user" => add_user(parser).map_err(usage),
        "store" => store(parser).map_err(usage),
        "help" => Ok(Command::Help(HELP)),
        other => Err(StartError::Usage(format!(
            "there is no command {other:?}; see hearth --help"
        ))),
    }
}

/// The file first (if any), then what the command line overrides.
fn settings(mut parser: lexopt::Parser) -> Result<Config, StartError> {
    let mut file = None;
    let mut given = Vec::new();
    let mut read = || -> Result<(), lexopt::Error> {
        while let Some(argument) = parser.next()? {
            match argument {
                Long("config") => file = Some(PathBuf::from(parser.value()?)),
                Long(name @ ("http" | "rtmp" | "data" | "ring" | "memory" | "embed-origin")) => {
                    let name = name.to_owned();
                    given.push((name, parser.value()?.string()?));
                }
                other => return Err(other.unexpected()),
            }
        }
        Ok(())
    };
    read().map_err(|error| StartError::Usage(format!("{error}; see hearth --help")))?;
    let mut config = file.map_or_else(|| Ok(Config::default()), |path| Config::read(&path))?;
    config.override_with(&given)?;
    Ok(config)
}

fn add_user(mut parser: lexopt::Parser) -> Result<Command, lexopt::Error> {
    let (mut words, mut owner, mut from_stdin, mut data) = (
        Vec::new(),
        false,
        false,
        PathBuf::from(super::config::DEFAULT_DATA),
    );
    while let Some(argument) = parser.next()? {
        match argument {
            Long("owner") => owner = true,
            Long("password-stdin") => from_stdin = true,
            Long("data") => data = PathBuf::from(parser.value()?),
            Value(word) => words.push(word.string()?),
            other => return Err(other.unexpected()),
        }
    }
    match <[String; 2]>::try_from(words) {
        Ok([verb, name]) if verb == "add" && from_stdin => {
            Ok(Command::AddUser(AddUser { name, owner, data }))
        }
        _ => Err("expected: hearth user add NAME --password-stdin [--owner] [--data DIR]".into()),
    }
}

fn store(mut parser: lexopt::Parser) -> Result<Command, lexopt::Error> {
    let (mut words, mut data) = (Vec::new(), PathBuf::from(super::config::DEFAULT_DATA));
    while let Some(argument) = parser.next()? {
        match argument {
            Long("data") => data = PathBuf::from(parser.value()?),
            Value(word) => words.push(word.string()?),
            other => return Err(other.unexpected()),
        }
    }
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let verb =
        match words.as_slice() {
            ["check"] => StoreVerb::Check,
            ["stats"] => StoreVerb::Stats,
            ["compact"] => StoreVerb::Compact,
            ["export", file] => StoreVerb::Export(PathBuf::from(file)),
            ["import", file] => StoreVerb::Import(PathBuf::from(file)),
            _ => return Err(
                "expected: hearth store check|stats|compact|export FILE|import FILE [--data DIR]"
                    .into(),
            ),
        };
    Ok(Command::Store(StoreTool { verb, data }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(line: &str) -> Result<Command, StartError> {
        parse(line.split_whitespace().map(OsString::from))
    }

    #[test]
    fn options_override_and_addresses_repeat() {
        let Ok(Command::Serve(config)) =
            of("serve --http 127.0.0.1:1 --http [::1]:2 --memory 64M --data /d")
        else {
            panic!()
        };
        assert_eq!(config.http.len(), 2);
        assert_eq!(config.memory, Some(64 << 20));
        assert_eq!(config.data, PathBuf::from("/d"));
    }

    #[test]
    fn what_is_not_there_is_said_in_a_sentence() {
        for line in [
            "fly",
            "serve --fast",
            "serve --http nowhere",
            "serve --memory lots",
            "user add anna",
            "store burn",
        ] {
            assert!(matches!(of(line), Err(StartError::Usage(_))), "{line}");
        }
    }

    #[test]
    fn user_add_takes_name_and_role() {
        let Ok(Command::AddUser(add)) = of("user add anna --password-stdin --owner --data x")
        else {
            panic!()
        };
        assert_eq!((add.name.as_str(), add.owner), ("anna", true));
    }
}
