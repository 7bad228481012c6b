//! The prepared card: `hearth card` reads `hearth.toml` on the boot partition before the daemon starts.
//!
//! It is run by root, once a start, and never fails a start: what is wrong in the file is told in plain words and kept
//! for the console and the pages. What is secret in the file moves to the data folder, and the card forgets it.

mod blank;
mod boot;
pub(super) mod file;
mod house;
pub(super) mod keep;
mod setup_note;
mod wifi;

use super::StartError;
use nix::unistd::{AccessFlags, access};
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// The settings file on the boot partition, and under what name problems in it are told.
pub(super) const FILE: &str = "hearth.toml";

/// Problems of the last start, a line each.
const PROBLEMS: &str = "card-problems";

/// Where the network's daemons find what they need, unless told otherwise.
pub(super) const RUN: &str = "/run/hearth-card";

/// Where the kernel takes the machine's name, which DHCP tells the router.
const HOST_NAME: &str = "/proc/sys/kernel/hostname";

/// Largest file of problems that is read, bytes.
const PROBLEMS_MOST: u64 = 16 << 10;

/// `hearth card`.
#[derive(Debug)]
pub(super) struct Request {
    /// The boot partition; made writable where it has to be.
    pub(super) boot: PathBuf,
    /// Accounts and keys.
    pub(super) data: PathBuf,
    /// A folder on a tmpfs where the network's daemons find what they need.
    pub(super) run: PathBuf,
    /// Whether the machine gets the name that stands there.
    pub(super) sets_name: bool,
}

/// Reads the card and does what it asks for. Problems are printed, kept and no error.
pub(super) fn run(request: &Request) -> Result<(), StartError> {
    let path = request.boot.join(FILE);
    if request.sets_name
        && let Err(error) = fs::write(HOST_NAME, file::read(&path).host())
    {
        eprintln!("hearth card: {}", cannot("the machine's name", error));
    }
    if can_be_used(&request.data) {
        take_over(request, &path);
    } else {
        // The daemon says so on its page; the network is needed to see it.
        let card = file::read(&path);
        if let Err(error) = wifi::hand_on(&request.data, &request.run, card.wifi.as_ref()) {
            eprintln!("hearth card: {}", cannot("Wi-Fi", error));
        }
    }
    Ok(())
}

/// Of a card that can't be read there is a folder, on the read-only root.
fn can_be_used(data: &Path) -> bool {
    fs::create_dir_all(data).is_ok() && access(data, AccessFlags::W_OK).is_ok()
}

fn cannot(what: &str, error: std::io::Error) -> String {
    format!("{what}: {error}")
}

fn take_over(request: &Request, path: &Path) {
    let Request {
        boot, data, run, ..
    } = request;
    if let Err(error) = end_unfinished(boot, path, data) {
        eprintln!("hearth card: {}", cannot("an unfinished change", error));
    }
    let mut card = file::read(path);
    let secrets = keep_what_it_says(&mut card, data);
    let note = setup_note::wanted(data, &card.host());
    let mut told = Vec::new();
    let mut tell = |what: &str, outcome: std::io::Result<()>| {
        told.extend(outcome.err().map(|error| cannot(what, error)));
    };
    let blanked = match secrets.as_slice() {
        [] => Ok(()),
        spans => boot::changing(boot, || blank::blank(path, data, spans)),
    };
    tell("Passwords could not be taken off the card", blanked);
    let handed_on = wifi::hand_on(data, run, card.wifi.as_ref());
    tell("Wi-Fi could not be set up", handed_on);
    let noted = match setup_note::is_on(boot, note.as_deref()) {
        true => Ok(()),
        false => boot::changing(boot, || setup_note::write(boot, note.as_deref())),
    };
    tell("The set-up code could not be put on the card", noted);
    card.problems.extend(told);
    for (what, outcome) in [
        ("problems", keep_problems(data, &card.problems)),
        ("files of the data folder", keep::give_to_owner(data)),
    ] {
        if let Err(error) = outcome {
            eprintln!("hearth card: {}", cannot(what, error));
        }
    }
    for problem in &card.problems {
        println!("{problem}");
    }
}

/// The card may have been taken out while its passwords were being blanked.
fn end_unfinished(boot: &Path, path: &Path, data: &Path) -> std::io::Result<()> {
    if blank::is_unfinished(path, data) {
        boot::changing(boot, || blank::finish(path, data))?;
    }
    blank::forget(data)
}

/// Moves what the card says to the data folder; where the secrets stand that are kept there now.
fn keep_what_it_says(card: &mut file::Card, data: &Path) -> Vec<Range<usize>> {
    if let Err(error) = setup_note::begin(data) {
        card.problems
            .push(cannot("No set-up code could be made", error));
    }
    let mut kept = Vec::new();
    match wifi::keep(data, card.wifi.as_ref()) {
        Ok(()) => kept.extend(card.wifi.as_ref().and_then(|wifi| wifi.secret.clone())),
        Err(error) => card.problems.push(cannot("Wi-Fi could not be kept", error)),
    }
    match house::prepare(data, card) {
        Ok(()) => kept.extend(card.owner.as_ref().and_then(|owner| owner.secret.clone())),
        Err(problem) => card.problems.push(problem),
    }
    kept
}

/// What the last `hearth card` found wrong, a sentence each.
pub(super) fn problems(data: &Path) -> Vec<String> {
    let text = keep::read(&data.join(PROBLEMS), PROBLEMS_MOST).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

fn keep_problems(data: &Path, problems: &[String]) -> std::io::Result<()> {
    let path = data.join(PROBLEMS);
    match problems {
        [] => keep::remove(&path),
        _ => keep::write(&path, &format!("{}\n", problems.join("\n"))),
    }
}

/// The code that the card shows; None once the box has its owner, and where no card was prepared.
pub(super) fn setup_code(data: &Path) -> Option<String> {
    setup_note::code(data)
}

/// The box has its owner: the code is of no use any more.
pub(super) fn forget_setup_code(data: &Path) {
    if let Err(error) = setup_note::forget(data) {
        log::warn!("the used set-up code could not be removed: {error}");
    }
}

#[cfg(test)]
mod tests;
