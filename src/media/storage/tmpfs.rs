//! Segment files as they run: nameless files (`O_TMPFILE`) in a tmpfs directory, so that its `size=` is a hard bound
//! and nothing is left behind by a daemon that dies.
use super::{SegmentBlob, SegmentStorage};
use nix::errno::Errno;
use nix::fcntl::{OFlag, open, openat};
use nix::libc::off_t;
use nix::sys::stat::Mode;
use nix::sys::statfs::{TMPFS_MAGIC, fstatfs};
use nix::sys::uio::{pread, pwritev};
use nix::unistd::ftruncate;
use std::io::{self, IoSlice};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

/// Most pieces that the kernel takes in one `pwritev`.
const IOV_MAX: usize = 1024;

/// Why a directory can't hold a ring. The text is one sentence for the person who started the daemon.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StorageError {
    /// Nothing is there.
    #[error("the ring directory {0} does not exist")]
    Missing(PathBuf),
    /// A file, or something else, is there.
    #[error("the ring directory {0} is not a directory")]
    NotADirectory(PathBuf),
    /// Media would be written to a disk or card.
    #[error("the ring directory {0} is not on a tmpfs, and live media must not wear out a disk")]
    NotTmpfs(PathBuf),
    /// Not even a first block can be written.
    #[error("the ring directory {0} is full")]
    Full(PathBuf),
    /// Anything else, permissions for instance.
    #[error("the ring directory {0} can't be used: {1}")]
    Unusable(PathBuf, io::Error),
}

impl StorageError {
    fn new(directory: &Path, errno: Errno) -> StorageError {
        match errno {
            Errno::ENOENT => StorageError::Missing(directory.into()),
            Errno::ENOTDIR => StorageError::NotADirectory(directory.into()),
            Errno::ENOSPC | Errno::EDQUOT => StorageError::Full(directory.into()),
            other => StorageError::Unusable(directory.into(), other.into()),
        }
    }
}

/// See the module.
#[derive(Debug)]
pub struct TmpfsStorage {
    directory: OwnedFd,
    block_size: u64,
}

impl TmpfsStorage {
    /// Rings in `directory`, which must be on a tmpfs with room; proven by writing a first block.
    pub fn new(directory: &Path) -> Result<TmpfsStorage, StorageError> {
        TmpfsStorage::checked(directory, true)
    }

    /// The same wherever `directory` is, for machines whose owner said so.
    pub fn on_any_filesystem(directory: &Path) -> Result<TmpfsStorage, StorageError> {
        TmpfsStorage::checked(directory, false)
    }

    fn checked(path: &Path, must_be_tmpfs: bool) -> Result<TmpfsStorage, StorageError> {
        let unusable = |errno| StorageError::new(path, errno);
        let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        let directory = open(path, flags, Mode::empty()).map_err(unusable)?;
        let facts = fstatfs(&directory).map_err(unusable)?;
        if must_be_tmpfs && facts.filesystem_type() != TMPFS_MAGIC {
            return Err(StorageError::NotTmpfs(path.into()));
        }
        #[allow(clippy::unnecessary_cast, clippy::cast_sign_loss)]
        // the field's type depends on the target
        let block_size = (facts.block_size() as u64).max(1);
        let storage = TmpfsStorage {
            directory,
            block_size,
        };
        storage.probe().map_err(unusable)?;
        Ok(storage)
    }

    /// Bytes that the file system still has room for.
    pub fn available(&self) -> io::Result<u64> {
        let facts = fstatfs(&self.directory)?;
        Ok(facts.blocks_available().saturating_mul(self.block_size))
    }

    fn probe(&self) -> Result<(), Errno> {
        let file = self.open()?;
        pwritev(&file, &[IoSlice::new(b"hearth")], 0).map(drop)
    }

    fn open(&self) -> Result<OwnedFd, Errno> {
        // O_EXCL: never to be linked to a name.
        let flags = OFlag::O_TMPFILE | OFlag::O_RDWR | OFlag::O_EXCL | OFlag::O_CLOEXEC;
        openat(&self.directory, ".", flags, Mode::S_IRUSR | Mode::S_IWUSR)
    }
}

impl SegmentStorage for TmpfsStorage {
    fn create(&self) -> io::Result<Box<dyn SegmentBlob>> {
        Ok(Box::new(TmpfsBlob { file: self.open()? }))
    }

    fn block_size(&self) -> u64 {
        self.block_size
    }
}

#[derive(Debug)]
struct TmpfsBlob {
    file: OwnedFd,
}

impl TmpfsBlob {
    fn write_all(&self, mut offset: u64, parts: &[IoSlice<'_>]) -> io::Result<()> {
        for batch in parts.chunks(IOV_MAX) {
            let expected: usize = batch.iter().map(|part| part.len()).sum();
            let written = retry(|| Ok(pwritev(&self.file, batch, position(offset)?)?))?;
            if written < expected {
                self.write_rest(offset, batch, written)?;
            }
            offset = offset.saturating_add(expected as u64);
        }
        Ok(())
    }

    /// After a short `pwritev`: what is behind its first `skip` bytes, piece by piece.
    fn write_rest(&self, offset: u64, batch: &[IoSlice<'_>], mut skip: usize) -> io::Result<()> {
        let mut at = offset.saturating_add(skip as u64);
        for part in batch {
            let (_, mut rest) = part.split_at_checked(skip).unwrap_or((part, &[]));
            skip = skip.saturating_sub(part.len());
            while !rest.is_empty() {
                let piece = [IoSlice::new(rest)];
                let written = retry(|| Ok(pwritev(&self.file, &piece, position(at)?)?))?;
                if written == 0 {
                    return Err(io::ErrorKind::WriteZero.into());
                }
                at = at.saturating_add(written as u64);
                rest = rest.get(written..).unwrap_or_default();
            }
        }
        Ok(())
    }
}

impl SegmentBlob for TmpfsBlob {
    fn append_at(&self, offset: u64, parts: &[IoSlice<'_>]) -> io::Result<()> {
        self.write_all(offset, parts).inspect_err(|_| {
            // Give back the pages of a write that stopped half way; none of these bytes was ever readable.
            if let Ok(length) = position(offset) {
                let _ = ftruncate(&self.file, length);
            }
        })
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            let at = position(offset.saturating_add(filled as u64))?;
            match retry(|| Ok(pread(&self.file, rest, at)?))? {
                0 => break,
                read => filled += read,
            }
        }
        Ok(filled)
    }

    fn fd(&self) -> Option<BorrowedFd<'_>> {
        Some(self.file.as_fd())
    }
}

fn position(offset: u64) -> io::Result<off_t> {
    off_t::try_from(offset).map_err(|_| io::ErrorKind::FileTooLarge.into())
}

fn retry(mut call: impl FnMut() -> io::Result<usize>) -> io::Result<usize> {
    loop {
        match call() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn ring_directory() -> tempfile::TempDir {
        tempfile::tempdir_in("/dev/shm").unwrap()
    }

    #[test]
    fn more_pieces_than_one_call_takes_arrive_in_order() {
        let directory = ring_directory();
        let blob = TmpfsStorage::new(directory.path())
            .unwrap()
            .create()
            .unwrap();
        let pieces: Vec<[u8; 3]> = (0..3000u32).map(|n| [n as u8, (n >> 8) as u8, 7]).collect();
        let parts: Vec<IoSlice> = pieces.iter().map(|piece| IoSlice::new(piece)).collect();
        blob.append_at(0, &parts).unwrap();
        blob.append_at(9000, &[IoSlice::new(b"end")]).unwrap();
        let mut read = vec![0; 9100];
        assert_eq!(blob.read_at(0, &mut read).unwrap(), 9003);
        assert_eq!(&read[..9000], pieces.concat());
        assert_eq!(&read[9000..9003], b"end");
    }

    #[test]
    fn a_short_write_is_continued_from_where_it_stopped() {
        let directory = ring_directory();
        let storage = TmpfsStorage::new(directory.path()).unwrap();
        for stopped_after in 0..=9 {
            let blob = TmpfsBlob {
                file: storage.open().unwrap(),
            };
            let parts = [b"abc".as_slice(), b"", b"defg", b"hi"].map(IoSlice::new);
            blob.append_at(0, &[IoSlice::new(&b"abcdefghi"[..stopped_after])])
                .unwrap();
            blob.write_rest(0, &parts, stopped_after).unwrap();
            let mut read = [0; 10];
            assert_eq!(blob.read_at(0, &mut read).unwrap(), 9);
            assert_eq!(&read[..9], b"abcdefghi");
        }
    }

    #[test]
    fn a_missing_directory_is_said_to_be_missing() {
        let error = TmpfsStorage::new(Path::new("/dev/shm/hearth-not-there")).unwrap_err();
        assert!(matches!(error, StorageError::Missing(_)));
        assert_eq!(
            error.to_string(),
            "the ring directory /dev/shm/hearth-not-there does not exist"
        );
    }

    #[test]
    fn a_file_in_its_place_is_refused() {
        let file = tempfile::NamedTempFile::new_in("/dev/shm").unwrap();
        let error = TmpfsStorage::new(file.path()).unwrap_err();
        assert!(matches!(error, StorageError::NotADirectory(_)));
    }

    #[test]
    fn a_directory_that_is_not_on_a_tmpfs_is_refused_unless_told_otherwise() {
        let here = Path::new("/proc/self");
        let error = TmpfsStorage::new(here).unwrap_err();
        assert!(matches!(error, StorageError::NotTmpfs(_)));
        let directory = ring_directory();
        assert!(TmpfsStorage::on_any_filesystem(directory.path()).is_ok());
    }

    #[test]
    fn a_full_tmpfs_is_said_to_be_full() {
        let error = StorageError::new(Path::new("/run/hearth"), Errno::ENOSPC);
        assert_eq!(error.to_string(), "the ring directory /run/hearth is full");
    }

    #[test]
    fn a_fresh_tmpfs_has_room_and_counts_in_pages() {
        let directory = ring_directory();
        let storage = TmpfsStorage::new(directory.path()).unwrap();
        assert!(storage.available().unwrap() > 0);
        assert!(storage.block_size() >= 4096);
    }

    #[test]
    fn nothing_is_left_in_the_directory() {
        let directory = ring_directory();
        let storage = TmpfsStorage::new(directory.path()).unwrap();
        let blob = storage.create().unwrap();
        blob.append_at(0, &[IoSlice::new(b"media")]).unwrap();
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
    }
}
