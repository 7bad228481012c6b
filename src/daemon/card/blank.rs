//! Takes passwords off the card once they are kept elsewhere. The power may fail at any point, and FAT orders nothing: a
//! new file that is renamed over the old one can leave neither. So the bytes are overwritten in place, in a file whose
//! length and name stay, and what it shall say is first made durable in the data folder: a start that finds the card half
//! overwritten does it again.

use super::keep;
use std::fs::{self, OpenOptions};
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// In the data folder: what the card's file shall say, while it is being overwritten.
const WANTED: &str = "card-blanked";

/// Largest such file, bytes; no settings file is larger.
const WANTED_MOST: u64 = 64 << 10;

/// What a blanked setting says; blanks fill up what it was longer.
const EMPTY: &str = "\"\"";

/// Whether the power cut an overwriting short, so that [`finish`] has something to write.
pub(super) fn is_unfinished(path: &Path, data: &Path) -> bool {
    let wanted = keep::read(&data.join(WANTED), WANTED_MOST);
    let found = fs::read(path);
    match (wanted, found) {
        (Ok(wanted), Ok(found)) => is_torn(&found, wanted.as_bytes()),
        _ => false,
    }
}

/// Writes what [`is_unfinished`] found missing.
pub(super) fn finish(path: &Path, data: &Path) -> io::Result<()> {
    let wanted = keep::read(&data.join(WANTED), WANTED_MOST)?;
    let whole = 0..wanted.len();
    overwrite(path, &wanted, std::slice::from_ref(&whole))
}

/// Nothing is left to finish: what differs now was written by a person.
pub(super) fn forget(data: &Path) -> io::Result<()> {
    let wanted = data.join(WANTED);
    if !wanted.exists() {
        return Ok(());
    }
    keep::remove(&wanted)?;
    keep::sync_folder(&wanted)
}

/// Empties the settings whose values stand at `spans`; everything else stays where it is.
pub(super) fn blank(path: &Path, data: &Path, spans: &[Range<usize>]) -> io::Result<()> {
    let wanted = without(&fs::read_to_string(path)?, spans)
        .ok_or_else(|| io::Error::other("it changed while it was being read"))?;
    keep::write(&data.join(WANTED), &wanted)?;
    overwrite(path, &wanted, spans)?;
    forget(data)
}

/// Whether `found` is `wanted` but for places that shall be blank.
fn is_torn(found: &[u8], wanted: &[u8]) -> bool {
    let is_rest = |(found, wanted): (&u8, &u8)| found == wanted || matches!(wanted, b' ' | b'"');
    found != wanted && found.len() == wanted.len() && found.iter().zip(wanted).all(is_rest)
}

/// Only sectors with something to blank are written.
fn overwrite(path: &Path, wanted: &str, spans: &[Range<usize>]) -> io::Result<()> {
    let file = OpenOptions::new().write(true).open(path)?;
    for span in spans {
        let bytes = wanted.as_bytes().get(span.clone()).unwrap_or_default();
        file.write_all_at(bytes, u64::try_from(span.start).unwrap_or(u64::MAX))?;
    }
    file.sync_all()
}

/// The text with [`EMPTY`] at the spans, as long as before.
fn without(text: &str, spans: &[Range<usize>]) -> Option<String> {
    let mut blanked = text.to_owned();
    for span in spans {
        let room = text.get(span.clone())?.len();
        let blanks = room.checked_sub(EMPTY.len())?;
        blanked.replace_range(span.clone(), &format!("{EMPTY}{:blanks$}", ""));
    }
    Some(blanked)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    const OLD: &str = "# ours\nwifi.password = \"sécret\" # the usual\nowner.password = 'me' \n";
    const NEW: &str = "# ours\nwifi.password = \"\"        # the usual\nowner.password = \"\"   \n";

    fn spans() -> Vec<Range<usize>> {
        let of = |value: &str| OLD.find(value).map(|at| at..at + value.len());
        // In any order.
        ["'me'", "\"sécret\""].into_iter().filter_map(of).collect()
    }

    fn card(text: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hearth.toml");
        fs::write(&path, text).unwrap();
        (folder, path)
    }

    #[test]
    fn passwords_go_and_everything_else_stays_where_it_is() {
        let (folder, path) = card(OLD);
        // Another name for the same bytes: none of them may stay behind under it.
        let bytes = folder.path().join("bytes");
        fs::hard_link(&path, &bytes).unwrap();
        blank(&path, folder.path(), &spans()).unwrap();
        assert_eq!(fs::read_to_string(&bytes).unwrap(), NEW);
        assert!(!folder.path().join(WANTED).exists());
        assert!(!is_unfinished(&path, folder.path()));
        toml::from_str::<toml::Table>(NEW).unwrap();
    }

    /// Sectors become durable in any order, so any part may be old where another is new.
    #[test]
    fn whatever_a_power_cut_leaves_becomes_the_whole_new_file() {
        for sector in 1..OLD.len() {
            for new_first in [false, true] {
                let mixed: Vec<u8> = (0..OLD.len())
                    .map(|at| match (at / sector % 2 == 0) == new_first {
                        true => NEW.as_bytes()[at],
                        false => OLD.as_bytes()[at],
                    })
                    .collect();
                let (folder, path) = card("");
                fs::write(&path, &mixed).unwrap();
                fs::write(folder.path().join(WANTED), NEW).unwrap();
                assert_eq!(is_unfinished(&path, folder.path()), mixed != NEW.as_bytes());
                finish(&path, folder.path()).unwrap();
                forget(folder.path()).unwrap();
                assert_eq!(fs::read_to_string(&path).unwrap(), NEW);
            }
        }
    }

    #[test]
    fn what_a_person_wrote_since_is_not_overwritten() {
        for edited in [
            format!("{OLD}#"),
            OLD.replace("ours", "mine"),
            String::new(),
        ] {
            let (folder, path) = card(&edited);
            fs::write(folder.path().join(WANTED), NEW).unwrap();
            assert!(!is_unfinished(&path, folder.path()), "{edited}");
        }
        let (folder, path) = card(OLD);
        assert!(!is_unfinished(&path, folder.path()));
    }
}
