//! Segments on the heap, for tests of rules.
use super::{SegmentBlob, SegmentStorage};
use std::io::{self, IoSlice};
use std::os::fd::BorrowedFd;
use std::sync::{PoisonError, RwLock};

/// See the module.
#[derive(Clone, Copy, Debug, Default)]
pub struct MemoryStorage;

impl SegmentStorage for MemoryStorage {
    fn create(&self) -> io::Result<Box<dyn SegmentBlob>> {
        Ok(Box::new(MemoryBlob::default()))
    }
}

#[derive(Debug, Default)]
struct MemoryBlob {
    bytes: RwLock<Vec<u8>>,
}

impl SegmentBlob for MemoryBlob {
    fn append_at(&self, offset: u64, parts: &[IoSlice<'_>]) -> io::Result<()> {
        let mut bytes = self.bytes.write().unwrap_or_else(PoisonError::into_inner);
        bytes.resize(usize::try_from(offset).map_err(io::Error::other)?, 0);
        for part in parts {
            bytes.extend_from_slice(part);
        }
        Ok(())
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let bytes = self.bytes.read().unwrap_or_else(PoisonError::into_inner);
        let from = usize::try_from(offset).unwrap_or(usize::MAX);
        let rest = bytes.get(from..).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..count), rest.get(..count)) {
            to.copy_from_slice(from);
        }
        Ok(count)
    }

    fn fd(&self) -> Option<BorrowedFd<'_>> {
        None
    }
}
