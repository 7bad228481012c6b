//! `hearth slot`: which of the card's two systems runs, and that it is good.
//!
//! The boot script takes one try off a slot each time it starts it. The tries come back only once the daemon has answered an
//! encoder and a browser and its store works; without that the third start in a row is the slot's last.

mod copies;
mod table;
mod update;

pub(super) use table::{Booted, Slot};

use super::{StartError, control};
use crate::wire::update_answer::Answer;
use copies::Copies;
use std::fs;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// The partition with what the boot script knows.
pub(super) const ENV: &str = "/dev/disk/by-partlabel/hearth-env";

/// Where partitions have names.
const PARTITIONS: &str = "/dev/disk/by-partlabel";

/// The key of who built this system.
const KEY: &str = "/usr/share/hearth/update.pub";

/// After an update was taken: the page tells so before the box goes down.
const FAREWELL: Duration = Duration::from_secs(3);

/// What the kernel was told at its start.
const COMMAND_LINE: &str = "/proc/cmdline";

/// How long a slot on trial may take to become well: the daemon's own start may take two minutes.
pub(super) const PATIENCE: Duration = Duration::from_secs(300);

/// How often the daemon is asked.
const EVERY: Duration = Duration::from_secs(2);

/// `hearth slot …`.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) verb: Verb,
    pub(super) env: PathBuf,
    /// The daemon's data folder.
    pub(super) data: PathBuf,
    pub(super) patience: Duration,
}

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    /// Say how it is.
    Show,
    /// Wait until the daemon is well, then give the running slot its tries back.
    Good,
    /// Take an update from standard input into the other slot.
    Write,
}

/// Does what is asked.
pub(super) fn run(request: &Request) -> Result<(), StartError> {
    let running = booted().slot.ok_or_else(|| {
        StartError::Cannot("this system was not started from one of a card's two slots".into())
    });
    match request.verb {
        Verb::Show => show(request, running?),
        Verb::Good => good(request, running),
        Verb::Write => write(request, running?),
    }
}

/// How this system was started.
pub(super) fn booted() -> Booted {
    Booted::of(&fs::read_to_string(COMMAND_LINE).unwrap_or_default())
}

fn cannot(request: &Request) -> impl Fn(std::io::Error) -> StartError {
    move |error| StartError::Cannot(format!("{}: {error}", request.env.display()))
}

fn show(request: &Request, running: Slot) -> Result<(), StartError> {
    let slots = Copies::at(&request.env).read().map_err(cannot(request))?;
    println!("slot {}", running.letter());
    for (name, value) in slots.variables() {
        println!("{name} {value}");
    }
    Ok(())
}

/// A slot on trial that does not become well is an error, after which the box is started again. Anything else is told and no
/// error, since a start would not mend it: what is not well is waited for, and a card that forgets lets the box run on.
fn good(request: &Request, running: Result<Slot, StartError>) -> Result<(), StartError> {
    let copies = Copies::at(&request.env);
    let known = running.and_then(|slot| Ok((slot, copies.read().map_err(cannot(request))?)));
    let (running, slots) = match known {
        Ok(known) => known,
        Err(error) => {
            eprintln!("hearth slot: {error}");
            return Ok(());
        }
    };
    let on_trial = slots.is_on_trial(running);
    let began = Instant::now();
    while !control::state(&request.data).is_some_and(|state| state.well) {
        if on_trial && began.elapsed() > request.patience {
            return Err(StartError::Cannot(format!(
                "slot {} is new and did not become well within {} s",
                running.letter(),
                request.patience.as_secs()
            )));
        }
        std::thread::sleep(EVERY);
    }
    let letter = running.letter();
    match copies.change(|slots| slots.found_well(running)) {
        Ok(_) => println!("slot {letter} is good"),
        Err(error) => eprintln!("hearth slot: slot {letter} can't be called good: {error}"),
    }
    Ok(())
}

/// The answer goes to standard output. What is refused is an error, so that whoever starts this knows without reading it.
fn write(request: &Request, running: Slot) -> Result<(), StartError> {
    let target = update::Target {
        key: KEY.into(),
        partitions: PARTITIONS.into(),
        env: request.env.clone(),
        running,
    };
    let taken = update::install(&mut io::stdin().lock(), &target);
    let answer = taken.clone().map_or_else(Answer::Refused, Answer::Taken);
    let mut out = io::stdout().lock();
    let told = out.write_all(answer.line().as_bytes());
    if let Err(error) = told.and_then(|()| out.flush()) {
        eprintln!("hearth slot: nobody waits for the answer: {error}");
    }
    match taken {
        Ok(version) => {
            eprintln!("version {version} is written and started next");
            std::thread::sleep(FAREWELL);
            Ok(())
        }
        Err(refusal) => {
            let why = refusal.word();
            Err(StartError::Cannot(format!("an update was refused: {why}")))
        }
    }
}
