//! Small files of the data folder: written whole or not at all, and only when they change.

use nix::unistd::{Uid, geteuid};
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{
    DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, chown, lchown,
};
use std::path::{Path, PathBuf};

/// The folder of what only root reads.
pub(in crate::daemon) const FOR_ROOT: &str = "wifi";

/// The text of a file of at most `most` bytes.
pub(in crate::daemon) fn read(path: &Path, most: u64) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(most).read_to_string(&mut text)?;
    Ok(text)
}

/// Replaces the file, readable by its owner alone; nothing is written if it says this already.
pub(in crate::daemon) fn write(path: &Path, text: &str) -> io::Result<()> {
    if read(path, u64::MAX).is_ok_and(|old| old == text) {
        return Ok(());
    }
    let new = path.with_extension("new");
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&new)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    sync_folder(path)
}

/// Removes the file, if it is there.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Makes the names in the file's folder durable.
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

/// The folder [`FOR_ROOT`], which nobody but root enters, whatever stood there before.
pub(super) fn folder_for_root(data: &Path) -> io::Result<PathBuf> {
    let folder = data.join(FOR_ROOT);
    match fs::symlink_metadata(&folder) {
        Ok(found) if found.is_dir() => {
            // The data folder is the daemon's: it may have made this one.
            if Uid::from_raw(found.uid()) != geteuid() {
                lchown(&folder, Some(geteuid().as_raw()), None)?;
            }
            if found.mode() & 0o7777 != 0o700 {
                fs::set_permissions(&folder, Permissions::from_mode(0o700))?;
            }
            return Ok(folder);
        }
        Ok(_) => remove(&folder)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    DirBuilder::new().mode(0o700).create(&folder)?;
    sync_folder(&folder)?;
    Ok(folder)
}

/// What root made in the data folder belongs to whom the folder belongs to: the daemon.
pub(super) fn give_to_owner(data: &Path) -> io::Result<()> {
    let owner = fs::metadata(data)?;
    let store = data.join("store");
    for folder in [data, &store] {
        let Ok(entries) = fs::read_dir(folder) else {
            continue;
        };
        for entry in entries {
            let entry = entry?;
            let file = entry.metadata()?;
            // Links are left alone: they may lead anywhere. So is what the daemon shall not read.
            if !file.is_symlink()
                && entry.file_name() != FOR_ROOT
                && (file.uid(), file.gid()) != (owner.uid(), owner.gid())
            {
                chown(entry.path(), Some(owner.uid()), Some(owner.gid()))?;
            }
        }
    }
    Ok(())
}
