//! The command line: `hearth serve|demo|doctor|user|store|card|console|slot|wifi`.

use super::config::{Config, Files};
use super::{StartError, card, console, slot, wifi};
use lexopt::prelude::*;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

const HELP: &str = "\
Hearth, the household's live-TV station.

  hearth serve                 run the station
  hearth demo                  the same, with a test picture on air
  hearth doctor                show the memory budget and what is amiss
  hearth doctor --limits       the budget's bounds as lines for a shell
  hearth user add NAME --password-stdin [--owner]
                               make an account; prints its stream key
  hearth store check|stats|compact
  hearth store export FILE
  hearth store import FILE     look after the data
  hearth card --boot DIR [--set-name]
                               take over hearth.toml from a boot partition
  hearth console [--once]      show name, addresses and state of the running station
  hearth wifi                  look after the box's radio
  hearth slot                  show which of a card's two systems runs
  hearth slot good             call it good once it is
  hearth slot write            write an update from standard input into the other one

Options of serve and demo (each may also stand in FILE):
  --config FILE                read settings from FILE; may be repeated, the last one wins
  --card-config FILE           the card's settings: a mistake in FILE is told and stops nothing
  --http ADDR                  where the pages are (default [::]:8080); may be repeated
  --rtmp ADDR                  where encoders go (default [::]:1935); may be repeated
  --data DIR                   accounts and keys (default ./var)
  --no-mdns                    do not tell the network a name
  --ring DIR                   a folder on a tmpfs for live media (default a private one in /dev/shm)
  --memory SIZE                all that Hearth may use, e.g. 110M (default a quarter of the RAM, at most 256M)
  --embed-origin ORIGIN        a page that may embed streams, e.g. http://wiki.lan; may be repeated";

/// What to do.
#[derive(Debug)]
pub(super) enum Command {
    Serve(Config),
    Demo(Config),
    Doctor(Config),
    Limits(Config),
    AddUser(AddUser),
    Store(StoreTool),
    Card(card::Request),
    Console(console::Request),
    Wifi(wifi::Request),
    Slot(slot::Request),
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
        "serve" => settings(parser, &mut false).map(Command::Serve),
        "demo" => settings(parser, &mut false).map(Command::Demo),
        "doctor" => doctor(parser),
        "user" => add_user(parser).map_err(usage),
        "store" => store(parser).map_err(usage),
        "card" => card_request(parser).map_err(usage),
        "console" => console_request(parser).map_err(usage),
        "wifi" => wifi_request(parser).map_err(usage),
        "slot" => slot_request(parser).map_err(usage),
        "help" => Ok(Command::Help(HELP)),
        other => Err(StartError::Usage(format!(
            "there is no command {other:?}; see hearth --help"
        ))),
    }
}

fn doctor(parser: lexopt::Parser) -> Result<Command, StartError> {
    let mut limits = false;
    let config = settings(parser, &mut limits)?;
    Ok(match limits {
        true => Command::Limits(config),
        false => Command::Doctor(config),
    })
}

/// The files first (if any), then what the command line overrides. `limits`: whether that was asked for.
fn settings(mut parser: lexopt::Parser, limits: &mut bool) -> Result<Config, StartError> {
    let mut files = Files::default();
    let mut given = Vec::new();
    let mut read = || -> Result<(), lexopt::Error> {
        while let Some(argument) = parser.next()? {
            match argument {
                Long("config") => files.given.push(PathBuf::from(parser.value()?)),
                Long("card-config") => files.card = Some(PathBuf::from(parser.value()?)),
                Long("limits") => *limits = true,
                Long("no-mdns") => given.push(("no-mdns".to_owned(), String::new())),
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
    let mut config = Config::read(&files)?;
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

fn card_request(mut parser: lexopt::Parser) -> Result<Command, lexopt::Error> {
    let mut boot = None;
    let mut data = PathBuf::from(super::config::DEFAULT_DATA);
    let mut run = PathBuf::from(card::RUN);
    let mut sets_name = false;
    while let Some(argument) = parser.next()? {
        match argument {
            Long("boot") => boot = Some(PathBuf::from(parser.value()?)),
            Long("data") => data = PathBuf::from(parser.value()?),
            Long("run") => run = PathBuf::from(parser.value()?),
            Long("set-name") => sets_name = true,
            other => return Err(other.unexpected()),
        }
    }
    let boot =
        boot.ok_or("expected: hearth card --boot DIR [--set-name] [--data DIR] [--run DIR]")?;
    Ok(Command::Card(card::Request {
        boot,
        data,
        run,
        sets_name,
    }))
}

fn console_request(mut parser: lexopt::Parser) -> Result<Command, lexopt::Error> {
    let (mut data, mut ring, mut once) = (PathBuf::from(super::config::DEFAULT_DATA), None, false);
    while let Some(argument) = parser.next()? {
        match argument {
            Long("data") => data = PathBuf::from(parser.value()?),
            Long("ring") => ring = Some(PathBuf::from(parser.value()?)),
            Long("once") => once = true,
            other => return Err(other.unexpected()),
        }
    }
    Ok(Command::Console(console::Request { data, ring, once }))
}

fn wifi_request(mut parser: lexopt::Parser) -> Result<Command, lexopt::Error> {
    let mut request = wifi::Request::default();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("keep") => request.keep = PathBuf::from(parser.value()?),
            Long("run") => request.run = PathBuf::from(parser.value()?),
            other => return Err(other.unexpected()),
        }
    }
    Ok(Command::Wifi(request))
}

fn slot_request(mut parser: lexopt::Parser) -> Result<Command, lexopt::Error> {
    let mut request = slot::Request {
        verb: slot::Verb::Show,
        env: PathBuf::from(slot::ENV),
        data: PathBuf::from(super::config::DEFAULT_DATA),
        patience: slot::PATIENCE,
    };
    while let Some(argument) = parser.next()? {
        match argument {
            Value(word) if word == "good" => request.verb = slot::Verb::Good,
            Value(word) if word == "write" => request.verb = slot::Verb::Write,
            Long("env") => request.env = PathBuf::from(parser.value()?),
            Long("data") => request.data = PathBuf::from(parser.value()?),
            Long("patience") => request.patience = Duration::from_secs(parser.value()?.parse()?),
            other => return Err(other.unexpected()),
        }
    }
    Ok(Command::Slot(request))
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
