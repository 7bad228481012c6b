//! A segment file that one writer appends to and readers share by [`Arc`]; the last one dropped frees its bytes.
//!
//! Bytes below [`SegmentFile::len`] never change, so a reader needs no lock and can never see a foreign byte. It asks
//! [`SegmentFile::is_cut`] before each read, and now and then while it waits for something else, and lets go when told to.
use super::storage::{SegmentBlob, SegmentStorage};
use std::io::{self, IoSlice};
use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Memory of all files of a ring that still live, listed or merely held: bytes in whole blocks of their storage.
#[derive(Debug, Default)]
pub struct LiveBytes {
    all: AtomicU64,
    /// Of these, in files that are cut.
    leaving: AtomicU64,
}

impl LiveBytes {
    /// Bytes now.
    pub fn get(&self) -> u64 {
        self.all.load(Ordering::Acquire)
    }

    /// Of these, bytes whose readers were told to let go: they are free soon, and already count as free for who can wait.
    pub fn leaving(&self) -> u64 {
        self.leaving.load(Ordering::Acquire)
    }

    /// Bytes once those that are leaving have left; never more than there are.
    pub fn staying(&self) -> u64 {
        // In this order: a file that is freed in between makes it too little for a moment, never too much.
        let leaving = self.leaving();
        self.get().saturating_sub(leaving)
    }
}

/// What one file has added to [`LiveBytes`]; taken back when dropped.
#[derive(Debug)]
struct Share {
    live: Arc<LiveBytes>,
    block: u64,
    bytes: AtomicU64,
    /// Of these, what was added to [`LiveBytes::leaving`].
    leaving: AtomicU64,
}

impl Share {
    fn set(&self, len: u64) {
        let bytes = len.checked_next_multiple_of(self.block).unwrap_or(u64::MAX);
        let before = self.bytes.swap(bytes, Ordering::Relaxed);
        if bytes >= before {
            self.live.all.fetch_add(bytes - before, Ordering::AcqRel);
        } else {
            self.live.all.fetch_sub(before - bytes, Ordering::AcqRel);
        }
    }

    /// What it has now will be freed soon. To be said once.
    fn leave(&self) {
        let bytes = self.bytes.load(Ordering::Relaxed);
        self.leaving.store(bytes, Ordering::Relaxed);
        self.live.leaving.fetch_add(bytes, Ordering::AcqRel);
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.set(0);
        let leaving = *self.leaving.get_mut();
        self.live.leaving.fetch_sub(leaving, Ordering::AcqRel);
    }
}

/// See the module.
#[derive(Debug)]
pub struct SegmentFile {
    blob: Box<dyn SegmentBlob>,
    // Behind `blob`, so that the bytes count until the file is really gone.
    share: Share,
    sequence: u64,
    writer: Mutex<()>,
    len: AtomicU64,
    closed: AtomicBool,
    cut: AtomicBool,
}

impl SegmentFile {
    /// An empty segment with this media sequence number.
    pub fn create(storage: &dyn SegmentStorage, sequence: u64) -> io::Result<Arc<SegmentFile>> {
        SegmentFile::create_counted(storage, sequence, &Arc::default())
    }

    /// The same, its memory counted in `live`.
    pub fn create_counted(
        storage: &dyn SegmentStorage,
        sequence: u64,
        live: &Arc<LiveBytes>,
    ) -> io::Result<Arc<SegmentFile>> {
        Ok(Arc::new(SegmentFile {
            blob: storage.create()?,
            share: Share {
                live: Arc::clone(live),
                block: storage.block_size().max(1),
                bytes: AtomicU64::new(0),
                leaving: AtomicU64::new(0),
            },
            sequence,
            writer: Mutex::new(()),
            len: AtomicU64::new(0),
            closed: AtomicBool::new(false),
            cut: AtomicBool::new(false),
        }))
    }

    /// Writes all of `parts` behind what is there, or nothing; returns the offset of their first byte.
    ///
    /// # Errors
    /// The storage's own; `InvalidInput` once the segment is closed.
    pub fn append(&self, parts: &[IoSlice<'_>]) -> io::Result<u64> {
        let _writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        if self.is_closed() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "append to a closed segment",
            ));
        }
        let offset = self.len();
        let end = parts
            .iter()
            .fold(offset, |end, part| end.saturating_add(part.len() as u64));
        self.share.set(end);
        if let Err(error) = self.blob.append_at(offset, parts) {
            self.share.set(offset);
            return Err(error);
        }
        self.len.store(end, Ordering::Release);
        Ok(offset)
    }

    /// No more bytes will come.
    pub fn close(&self) {
        let _writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        self.closed.store(true, Ordering::Release);
    }

    /// Tells all readers to let go.
    pub fn cut(&self) {
        if !self.cut.swap(true, Ordering::AcqRel) {
            self.share.leave();
        }
    }

    /// Media sequence number.
    pub fn sequence(&self) -> u64 {
        self.sequence
    }

    /// Bytes written so far.
    pub fn len(&self) -> u64 {
        self.len.load(Ordering::Acquire)
    }

    /// Nothing written yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Memory taken: [`SegmentFile::len`] in whole blocks of the storage.
    pub fn memory(&self) -> u64 {
        self.share.bytes.load(Ordering::Relaxed)
    }

    /// No more bytes will come.
    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// Readers must stop: the budget needs the pages.
    pub fn is_cut(&self) -> bool {
        self.cut.load(Ordering::Acquire)
    }

    /// For `sendfile`. Only bytes below [`SegmentFile::len`] may be sent, and none once the file is cut.
    pub fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.blob.fd()
    }

    /// For readers without `sendfile`: fills `buffer` from `offset`; fewer bytes only at the end of what is written.
    ///
    /// # Errors
    /// The storage's own; `ConnectionAborted` once the file is cut.
    pub fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        if self.is_cut() {
            return Err(io::Error::new(
                io::ErrorKind::ConnectionAborted,
                "the segment was given up for newer ones",
            ));
        }
        let written = self.len().saturating_sub(offset);
        let count = usize::try_from(written)
            .unwrap_or(usize::MAX)
            .min(buffer.len());
        let readable = buffer.get_mut(..count).unwrap_or_default();
        self.blob.read_at(offset, readable)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::media::storage::{Fault, FaultyStorage, MemoryStorage, Operation};
    use nix::errno::Errno;

    #[test]
    fn appended_pieces_are_read_back_and_nothing_beyond_them() {
        let file = SegmentFile::create(&MemoryStorage, 7).unwrap();
        assert!(file.is_empty());
        assert_eq!(
            file.append(&[b"ab".as_slice(), b"c"].map(IoSlice::new))
                .unwrap(),
            0
        );
        assert_eq!(file.append(&[IoSlice::new(b"de")]).unwrap(), 3);
        let mut buffer = [0; 8];
        assert_eq!(file.read_at(1, &mut buffer).unwrap(), 4);
        assert_eq!(&buffer[..4], b"bcde");
        assert_eq!(file.read_at(5, &mut buffer).unwrap(), 0);
        assert_eq!(file.read_at(u64::MAX, &mut buffer).unwrap(), 0);
        assert_eq!((file.sequence(), file.len()), (7, 5));
    }

    #[test]
    fn a_closed_segment_takes_no_more() {
        let file = SegmentFile::create(&MemoryStorage, 0).unwrap();
        file.close();
        assert!(file.append(&[IoSlice::new(b"x")]).is_err());
        assert_eq!(file.len(), 0);
    }

    #[test]
    fn a_cut_segment_is_read_no_more() {
        let file = SegmentFile::create(&MemoryStorage, 0).unwrap();
        file.append(&[IoSlice::new(b"x")]).unwrap();
        file.cut();
        let error = file.read_at(0, &mut [0]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionAborted);
    }

    #[test]
    fn a_write_that_stopped_half_way_is_neither_readable_nor_counted() {
        let fault = Fault {
            operation: Operation::Append,
            from: 1,
            count: 1,
            error: Errno::ENOSPC,
        };
        let live = Arc::default();
        let storage = FaultyStorage::new(MemoryStorage, fault);
        let file = SegmentFile::create_counted(&storage, 0, &live).unwrap();
        file.append(&[IoSlice::new(b"good")]).unwrap();
        let torn = [b"bad ".as_slice(), b"bytes"].map(IoSlice::new);
        assert_eq!(
            file.append(&torn).unwrap_err().kind(),
            io::ErrorKind::StorageFull
        );
        assert_eq!((file.len(), live.get()), (4, 4));
        let mut buffer = [0; 16];
        assert_eq!(file.read_at(0, &mut buffer).unwrap(), 4);
        file.append(&[IoSlice::new(b"!")]).unwrap();
        assert_eq!(file.read_at(0, &mut buffer).unwrap(), 5);
        assert_eq!(&buffer[..5], b"good!");
    }

    #[test]
    fn memory_counts_until_the_last_reader_lets_go() {
        let live: Arc<LiveBytes> = Arc::default();
        let file = SegmentFile::create_counted(&MemoryStorage, 0, &live).unwrap();
        file.append(&[IoSlice::new(&[0; 100])]).unwrap();
        let reader = Arc::clone(&file);
        drop(file);
        assert_eq!(live.get(), 100);
        drop(reader);
        assert_eq!(live.get(), 0);
    }

    #[test]
    fn what_is_cut_is_leaving_until_it_has_left_however_often_it_is_cut() {
        let live: Arc<LiveBytes> = Arc::default();
        let file = SegmentFile::create_counted(&MemoryStorage, 0, &live).unwrap();
        let other = SegmentFile::create_counted(&MemoryStorage, 1, &live).unwrap();
        file.append(&[IoSlice::new(&[0; 100])]).unwrap();
        other.append(&[IoSlice::new(&[0; 7])]).unwrap();
        assert_eq!((live.leaving(), live.staying()), (0, 107));
        file.cut();
        file.cut();
        assert_eq!((live.get(), live.leaving(), live.staying()), (107, 100, 7));
        drop(file);
        assert_eq!((live.get(), live.leaving(), live.staying()), (7, 0, 7));
    }
}
