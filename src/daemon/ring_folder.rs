//! Where live media and the private sockets are: a folder on a tmpfs.

use super::StartError;
use nix::sys::signal::kill;
use nix::unistd::{Pid, Uid};
use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// Where a private folder is made.
const SHARED_MEMORY: &str = "/dev/shm";

/// The folder; a private one is removed when dropped.
#[derive(Debug)]
pub(super) struct RingFolder {
    path: PathBuf,
    private: bool,
}

impl RingFolder {
    /// The folder that was asked for (it must be there), or a private one in `/dev/shm`.
    pub(super) fn prepare(asked: Option<&Path>) -> Result<RingFolder, StartError> {
        if let Some(path) = asked {
            return Ok(RingFolder {
                path: path.to_owned(),
                private: false,
            });
        }
        let prefix = format!("hearth-{}-", Uid::current());
        sweep(&prefix);
        let path = Path::new(SHARED_MEMORY).join(format!("{prefix}{}", std::process::id()));
        DirBuilder::new()
            .mode(0o700)
            .create(&path)
            .map_err(|error| {
                StartError::Cannot(format!(
                    "cannot make a folder for live media at {}: {error}; name one with --ring",
                    path.display()
                ))
            })?;
        Ok(RingFolder {
            path,
            private: true,
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for RingFolder {
    fn drop(&mut self) {
        if self.private
            && let Err(error) = fs::remove_dir_all(&self.path)
        {
            log::warn!("{} could not be removed: {error}", self.path.display());
        }
    }
}

/// Removes private folders whose daemon is gone: it was killed before it could.
fn sweep(prefix: &str) {
    let Ok(entries) = fs::read_dir(SHARED_MEMORY) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let Some(pid) = name
            .to_str()
            .and_then(|name| name.strip_prefix(prefix)?.parse().ok())
        else {
            continue;
        };
        if kill(Pid::from_raw(pid), None) == Err(nix::errno::Errno::ESRCH) {
            // Somebody else may sweep at the same time; either of us is enough.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}
