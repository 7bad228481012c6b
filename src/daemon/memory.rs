//! How much memory there is, and how much of it Hearth may use.

use super::StartError;
use crate::limits::budget::{DEFAULT_MOST, LEAST};

/// What was asked for, or a quarter of the RAM, at most 256 MiB.
pub(super) fn allowed(asked: Option<u64>) -> Result<u64, StartError> {
    match asked {
        Some(bytes) if bytes < LEAST => Err(StartError::Usage(format!(
            "{} MiB is too little for live media; give at least {}M with --memory",
            bytes >> 20,
            LEAST >> 20
        ))),
        Some(bytes) => Ok(bytes),
        None => Ok((of_this_machine() / 4).clamp(LEAST, DEFAULT_MOST)),
    }
}

/// RAM, bytes; 0 if the system does not say.
pub(super) fn of_this_machine() -> u64 {
    let Ok(text) = std::fs::read_to_string("/proc/meminfo") else {
        return 0;
    };
    field(&text, "MemTotal:").unwrap_or(0)
}

/// RAM that this process has, bytes.
pub(super) fn of_this_process() -> Option<u64> {
    field(
        &std::fs::read_to_string("/proc/self/status").ok()?,
        "VmRSS:",
    )
}

/// A line `NAME 12 kB`, in bytes.
fn field(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}
