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

/// What of `ram` may be asked for on a card; the rest is for the system and for what its caches hold.
const SHARE_MOST: u64 = 2;

/// Whether a box with `ram` bytes (0: not known) still works when `asked` is Hearth's.
///
/// # Errors
/// What was expected.
pub(super) fn check_for(asked: Option<u64>, ram: u64) -> Result<(), String> {
    let Some(asked) = asked else { return Ok(()) };
    if asked < LEAST {
        return Err(format!(
            "{} MiB is too little for live media; give at least {}M",
            asked >> 20,
            LEAST >> 20
        ));
    }
    let most = (ram / SHARE_MOST).max(LEAST);
    if ram > 0 && asked > most {
        return Err(format!(
            "{} MiB is too much for this board; give at most {}M",
            asked >> 20,
            most >> 20
        ));
    }
    Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_leaves_half_of_the_board_to_the_system() {
        const MIB: u64 = 1 << 20;
        let board = 478 * MIB;
        assert_eq!(check_for(None, board), Ok(()));
        assert_eq!(check_for(Some(LEAST), board), Ok(()));
        assert_eq!(check_for(Some(239 * MIB), board), Ok(()));
        let refused = check_for(Some(240 * MIB), board).unwrap_err();
        assert!(refused.ends_with("give at most 239M"), "{refused}");
        assert!(check_for(Some(LEAST - 1), board).is_err());
        // The least is never too much, and of an unknown board nothing is.
        assert_eq!(check_for(Some(LEAST), 100 * MIB), Ok(()));
        assert_eq!(check_for(Some(1 << 40), 0), Ok(()));
    }
}
