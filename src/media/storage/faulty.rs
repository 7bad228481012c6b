//! A storage that fails on command, for tests of what is left behind.
use super::{SegmentBlob, SegmentStorage};
use nix::errno::Errno;
use std::io::{self, IoSlice};
use std::os::fd::BorrowedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What can fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// [`SegmentStorage::create`].
    Create,
    /// [`SegmentBlob::append_at`], which then leaves its first piece behind.
    Append,
}

/// Which calls fail, and how.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// The calls counted.
    pub operation: Operation,
    /// The first that fails, from 0, over all files.
    pub from: u64,
    /// How many fail in a row.
    pub count: u64,
    /// With what, `ENOSPC` or `EIO` for instance.
    pub error: Errno,
}

/// See the module.
#[derive(Debug)]
pub struct FaultyStorage<S> {
    inner: S,
    state: Arc<State>,
}

#[derive(Debug)]
struct State {
    fault: Fault,
    creates: AtomicU64,
    appends: AtomicU64,
}

impl State {
    fn check(&self, operation: Operation) -> io::Result<()> {
        let calls = match operation {
            Operation::Create => &self.creates,
            Operation::Append => &self.appends,
        };
        let call = calls.fetch_add(1, Ordering::Relaxed);
        let fault = &self.fault;
        let is_due = call >= fault.from && call - fault.from < fault.count;
        if operation == fault.operation && is_due {
            return Err(fault.error.into());
        }
        Ok(())
    }
}

impl<S: SegmentStorage> FaultyStorage<S> {
    /// `inner` with one `fault`.
    pub fn new(inner: S, fault: Fault) -> FaultyStorage<S> {
        let state = State {
            fault,
            creates: AtomicU64::new(0),
            appends: AtomicU64::new(0),
        };
        FaultyStorage {
            inner,
            state: Arc::new(state),
        }
    }
}

impl<S: SegmentStorage> SegmentStorage for FaultyStorage<S> {
    fn create(&self) -> io::Result<Box<dyn SegmentBlob>> {
        self.state.check(Operation::Create)?;
        let state = Arc::clone(&self.state);
        let inner = self.inner.create()?;
        Ok(Box::new(FaultyBlob { inner, state }))
    }

    fn block_size(&self) -> u64 {
        self.inner.block_size()
    }
}

#[derive(Debug)]
struct FaultyBlob {
    inner: Box<dyn SegmentBlob>,
    state: Arc<State>,
}

impl SegmentBlob for FaultyBlob {
    fn append_at(&self, offset: u64, parts: &[IoSlice<'_>]) -> io::Result<()> {
        if let Err(error) = self.state.check(Operation::Append) {
            self.inner
                .append_at(offset, parts.get(..1).unwrap_or_default())?;
            return Err(error);
        }
        self.inner.append_at(offset, parts)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.inner.read_at(offset, buffer)
    }

    fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.inner.fd()
    }
}
