//! The two copies of what the boot script knows, on their partition.
//!
//! The one with more writes counts and the other one is written: a write that loses its power spoils nothing.

use super::table::Slots;
use crate::wire::boot_env::{decode, encode};
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// Bytes of a copy; `copy_size` in the boot script.
const COPY_BYTES: usize = 16 << 10;

/// Where the copies begin, bytes.
const PLACES: [u64; 2] = [0, 64 << 10];

/// The partition.
#[derive(Debug)]
pub(super) struct Copies {
    path: PathBuf,
}

impl Copies {
    pub(super) fn at(path: &Path) -> Copies {
        Copies {
            path: path.to_owned(),
        }
    }

    /// What counts.
    pub(super) fn read(&self) -> io::Result<Slots> {
        Ok(newest(&File::open(&self.path)?)?.0)
    }

    /// Changes what counts; nothing is written if `change` changes nothing. True: something was written.
    pub(super) fn change(&self, change: impl FnOnce(&mut Slots)) -> io::Result<bool> {
        let file = OpenOptions::new().read(true).write(true).open(&self.path)?;
        let (before, older) = newest(&file)?;
        let mut after = before.clone();
        change(&mut after);
        if after == before {
            return Ok(false);
        }
        after.writes = before.writes.saturating_add(1);
        let copy = encode(&after.variables(), COPY_BYTES).map_err(io::Error::other)?;
        file.write_all_at(&copy, older)?;
        file.sync_all()?;
        Ok(true)
    }
}

/// What counts, and where the copy begins that does not.
fn newest(file: &File) -> io::Result<(Slots, u64)> {
    let [first, second] = PLACES;
    match (copy(file, first), copy(file, second)) {
        (Ok(Some(a)), Ok(Some(b))) if b.writes > a.writes => Ok((b, first)),
        (Ok(Some(a)), _) => Ok((a, second)),
        (_, Ok(Some(b))) => Ok((b, first)),
        (Ok(None), Ok(None)) => Ok((Slots::default(), second)),
        // There may have been more than nothing.
        (Err(error), _) | (_, Err(error)) => Err(error),
    }
}

/// None: no copy, or half of one.
fn copy(file: &File, at: u64) -> io::Result<Option<Slots>> {
    let mut bytes = vec![0; COPY_BYTES];
    file.read_exact_at(&mut bytes, at)?;
    Ok(decode(&bytes).ok().map(|variables| Slots::of(&variables)))
}

#[cfg(test)]
mod tests {
    use super::super::table::Slot;
    use super::*;

    fn partition() -> (tempfile::TempDir, PathBuf, Copies) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("env");
        std::fs::write(&path, vec![0; 1 << 20]).unwrap();
        let copies = Copies::at(&path);
        (folder, path, copies)
    }

    fn spoil(path: &Path, at: u64) {
        let file = OpenOptions::new().write(true).open(path).unwrap();
        file.write_all_at(&[0xa5; 100], at + 10).unwrap();
    }

    #[test]
    fn a_partition_that_holds_nothing_is_as_the_boot_script_takes_it() {
        let (_folder, _, copies) = partition();
        assert_eq!(copies.read().unwrap(), Slots::default());
    }

    #[test]
    fn a_spoilt_write_leaves_what_was_before() {
        let (_folder, path, copies) = partition();
        for turn in 0..5 {
            let slot = [Slot::A, Slot::B][turn % 2];
            let before = copies.read().unwrap();
            assert!(copies.change(|slots| slots.try_other(slot)).unwrap());
            assert!(copies.read().unwrap().is_on_trial(slot.other()));
            // The copy that was written now is the one that did not count before.
            spoil(&path, if turn % 2 == 0 { PLACES[1] } else { PLACES[0] });
            assert_eq!(copies.read().unwrap(), before);
            assert!(copies.change(|slots| slots.try_other(slot)).unwrap());
        }
    }

    #[test]
    fn a_copy_that_can_not_be_read_leaves_the_other() {
        let (_folder, path, copies) = partition();
        assert!(copies.change(|slots| slots.try_other(Slot::A)).unwrap());
        assert!(copies.change(|slots| slots.try_other(Slot::B)).unwrap());
        let newest = copies.read().unwrap();
        let file = OpenOptions::new().write(true).open(&path).unwrap();
        // The second copy ends in the middle: reading it is an error.
        file.set_len(PLACES[1] + 100).unwrap();
        assert_eq!(copies.read().unwrap(), newest);
        file.set_len(100).unwrap();
        assert!(copies.read().is_err());
    }

    #[test]
    fn nothing_is_written_for_what_is_known() {
        let (_folder, path, copies) = partition();
        assert!(copies.change(|slots| slots.try_other(Slot::A)).unwrap());
        let before = std::fs::read(&path).unwrap();
        assert!(!copies.change(|slots| slots.try_other(Slot::A)).unwrap());
        assert_eq!(std::fs::read(&path).unwrap(), before);
    }
}
