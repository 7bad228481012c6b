//! A segment file that readers share.
use super::storage::SegmentBlob;
use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicBool, AtomicU64};

/// See the module. Bytes below [`SegmentFile::len`] never change.
#[derive(Debug)]
#[allow(dead_code)]
pub struct SegmentFile {
    blob: Box<dyn SegmentBlob>,
    len: AtomicU64,
    closed: AtomicBool,
    cut: AtomicBool,
}

#[allow(clippy::todo)]
impl SegmentFile {
    /// Bytes written so far.
    pub fn len(&self) -> u64 {
        todo!()
    }
    /// Nothing written yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// No more bytes will come.
    pub fn is_closed(&self) -> bool {
        todo!()
    }
    /// Readers must stop: the budget needs the pages.
    pub fn is_cut(&self) -> bool {
        todo!()
    }
    /// For `sendfile`.
    pub fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.blob.fd()
    }
    /// For readers without `sendfile`.
    pub fn read_at(&self, offset: u64, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.blob.read_at(offset, buffer)
    }
}
