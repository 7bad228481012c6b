//! The one way in which media touches files.
use std::fmt::Debug;
use std::io::{self, IoSlice};
use std::os::fd::BorrowedFd;

/// Makes segment files.
pub trait SegmentStorage: Debug + Send + Sync {
    /// A new, empty, unnamed file.
    fn create(&self) -> io::Result<Box<dyn SegmentBlob>>;
}

/// One segment's bytes: appended to by one writer, never rewritten, freed when dropped.
pub trait SegmentBlob: Debug + Send + Sync {
    /// Writes all of `parts` at `offset`, which is the file's length.
    fn append_at(&self, offset: u64, parts: &[IoSlice<'_>]) -> io::Result<()>;
    /// Fills `buffer` from `offset`; fewer bytes only at the end.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize>;
    /// For `sendfile`; None where the bytes are not in a file.
    fn fd(&self) -> Option<BorrowedFd<'_>>;
}
