//! The set-up code of a box that nobody owns yet, as a text file on the card: for boxes without a screen.

use super::keep;
use crate::people::setup;
use std::fs;
use std::io;
use std::path::Path;

/// The code, in the data folder; there only while nobody owns the box.
const CODE: &str = "setup-code";

/// For people, on the boot partition.
pub(super) const NOTE: &str = "hearth-setup.txt";

/// Largest code that is read, bytes.
const CODE_MOST: u64 = 64;

/// Makes the code of a box that has no accounts yet.
pub(super) fn begin(data: &Path) -> io::Result<()> {
    if data.join("store").exists() || code(data).is_some() {
        return Ok(());
    }
    let code = setup::code().map_err(io::Error::other)?;
    keep::write(&data.join(CODE), &code)
}

pub(super) fn code(data: &Path) -> Option<String> {
    let code = keep::read(&data.join(CODE), CODE_MOST).ok()?;
    let is_code = code.len() >= 8 && code.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    is_code.then_some(code)
}

pub(super) fn forget(data: &Path) -> io::Result<()> {
    keep::remove(&data.join(CODE))
}

/// What the note says; None once the box has its owner.
pub(super) fn wanted(data: &Path, host: &str) -> Option<String> {
    let code = code(data)?;
    Some(format!(
        "Nobody owns this Hearth box yet.\r\n\
        Put the card into the box, switch it on, and open on a phone or computer at home:\r\n\r\n\
        \x20   http://{host}.local/setup\r\n\r\n\
        Set-up code: {code}\r\n\r\n\
        这台 Hearth 还没有主人。\r\n\
        把存储卡插回设备并通电，然后用家里的手机或电脑打开上面的网址，输入设置码：{code}\r\n"
    ))
}

/// Whether the card has this note, or none if there shall be none.
pub(super) fn is_on(boot: &Path, note: Option<&str>) -> bool {
    let path = boot.join(NOTE);
    match note {
        Some(note) => fs::read_to_string(path).is_ok_and(|old| old == note),
        None => !path.exists(),
    }
}

/// Puts the note on the card, or takes it away.
pub(super) fn write(boot: &Path, note: Option<&str>) -> io::Result<()> {
    let path = boot.join(NOTE);
    match note {
        Some(note) => {
            fs::write(&path, note)?;
            fs::File::open(&path)?.sync_all()
        }
        None => keep::remove(&path),
    }
}
