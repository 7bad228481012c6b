//! The boot partition: read-only, but for the moment in which something on it changes.

use nix::mount::{MsFlags, mount};
use nix::sys::statvfs::{FsFlags, statvfs};
use std::io;
use std::path::Path;

/// How a partition stays mounted, whether it can be written or not.
const KEPT: [(FsFlags, MsFlags); 3] = [
    (FsFlags::ST_NOSUID, MsFlags::MS_NOSUID),
    (FsFlags::ST_NODEV, MsFlags::MS_NODEV),
    (FsFlags::ST_NOEXEC, MsFlags::MS_NOEXEC),
];

/// Makes a change on the partition at `boot`, which is as writable afterwards as it was before.
pub(super) fn changing<T>(boot: &Path, change: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    let now = statvfs(boot)?.flags();
    if !now.contains(FsFlags::ST_RDONLY) {
        return change();
    }
    let kept = KEPT.iter().filter(|(is, _)| now.contains(*is));
    let flags = kept.fold(MsFlags::MS_REMOUNT, |flags, (_, keep)| flags | *keep);
    let remount = |flags| mount(None::<&str>, boot, None::<&str>, flags, None::<&str>);
    remount(flags)?;
    let outcome = change();
    // Also after a change that failed; what it wrote is on the card then.
    remount(flags | MsFlags::MS_RDONLY)?;
    outcome
}
