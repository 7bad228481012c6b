//! The one way in which media touches files: the trait, and what implements it.
//!
//! [`TmpfsStorage`] is what a daemon runs on; [`MemoryStorage`] and [`FaultyStorage`] are for tests.
use std::fmt::Debug;
use std::io::{self, IoSlice};
use std::os::fd::BorrowedFd;

mod faulty;
mod memory;
mod tmpfs;

pub use faulty::{Fault, FaultyStorage, Operation};
pub use memory::MemoryStorage;
pub use tmpfs::{StorageError, TmpfsStorage};

/// Makes segment files.
pub trait SegmentStorage: Debug + Send + Sync {
    /// A new, empty, unnamed file.
    fn create(&self) -> io::Result<Box<dyn SegmentBlob>>;
    /// Bytes by which a file's memory grows: a file counts in whole blocks.
    fn block_size(&self) -> u64 {
        1
    }
}

/// One segment's bytes: appended to by one writer, never rewritten, freed when dropped.
pub trait SegmentBlob: Debug + Send + Sync {
    /// Writes all of `parts` at `offset`, which is the file's length. What a failed call left behind it is overwritten by the next.
    fn append_at(&self, offset: u64, parts: &[IoSlice<'_>]) -> io::Result<()>;
    /// Fills `buffer` from `offset`; fewer bytes only at the end.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize>;
    /// For `sendfile`; None where the bytes are not in a file.
    fn fd(&self) -> Option<BorrowedFd<'_>>;
}
