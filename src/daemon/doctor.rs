//! `hearth doctor`: the memory budget, and what is amiss on this machine.

use super::config::Config;
use super::{StartError, control, memory};
use crate::limits::budget::Budget;
use crate::media::storage::TmpfsStorage;
use std::path::Path;

/// Room in the ring's file system that is asked for beyond the rings, bytes: the page sockets.
const RING_MARGIN: u64 = 1 << 20;

/// Prints both; an error if something would keep Hearth from working.
pub(super) fn print(config: &Config) -> Result<(), StartError> {
    let budget = Budget::of(memory::allowed(config.memory)?);
    println!(
        "Memory: {} MiB of the {} MiB in this machine",
        budget.memory >> 20,
        memory::of_this_machine() >> 20
    );
    for row in budget.rows() {
        println!(
            "  {:>9.2} MiB  {:<24} {}",
            row.bytes as f64 / f64::from(1 << 20),
            row.what,
            row.how
        );
    }
    let ring = config.ring.as_deref().unwrap_or(Path::new("/dev/shm"));
    let in_use = control::state(&config.data).is_some();
    let findings = [
        room_for_rings(ring, budget.ring_bytes, in_use),
        open_files(budget),
    ];
    let amiss: Vec<String> = findings.into_iter().filter_map(Result::err).collect();
    for finding in &amiss {
        println!("Amiss: {finding}");
    }
    match amiss.len() {
        0 => println!("Nothing is amiss."),
        _ => return Err(StartError::Cannot("see above for what to change".into())),
    }
    Ok(())
}

/// Part of the budget that is put on top as the limit of a control group: kernel memory that counts there and nowhere
/// else (inodes, page tables).
const GROUP_MARGIN: u64 = 8;

/// The budget as a shell reads it: bytes of the tmpfs for live media, bytes of the daemon's control group.
pub(super) fn print_limits(config: &Config) -> Result<(), StartError> {
    let budget = Budget::of(memory::allowed(config.memory)?);
    println!("ring_bytes={}", budget.ring_bytes + RING_MARGIN);
    println!(
        "memory_max={}",
        budget.memory + budget.memory / GROUP_MARGIN
    );
    Ok(())
}

/// `in_use`: a daemon's rings are there already, so what counts is how large the file system is, and not what they leave of it.
fn room_for_rings(ring: &Path, needed: u64, in_use: bool) -> Result<(), String> {
    TmpfsStorage::new(ring).map_err(|error| error.to_string())?;
    let stat =
        nix::sys::statvfs::statvfs(ring).map_err(|error| format!("{}: {error}", ring.display()))?;
    // Both are 32 bits wide on a 32-bit board.
    let (blocks, what) = match in_use {
        true => (stat.blocks() as u64, "in all"),
        false => (stat.blocks_available() as u64, "free"),
    };
    let room = blocks * stat.fragment_size() as u64;
    if room < needed + RING_MARGIN {
        return Err(format!(
            "{} has {} MiB {what}, and the rings may need {} MiB",
            ring.display(),
            room >> 20,
            (needed >> 20) + 1
        ));
    }
    Ok(())
}

/// Every connection, and every segment that is listed or still read, is an open file.
fn open_files(budget: Budget) -> Result<(), String> {
    let needed = (budget.connections * 2
        + budget.encoders
        + budget.live_channels * crate::limits::media::RING_MAX_SEGMENTS
        + 64) as nix::libc::rlim_t;
    let (soft, _) = nix::sys::resource::getrlimit(nix::sys::resource::Resource::RLIMIT_NOFILE)
        .map_err(|error| error.to_string())?;
    if soft < needed {
        return Err(format!(
            "this process may open {soft} files and may need {needed} (ulimit -n)"
        ));
    }
    Ok(())
}
