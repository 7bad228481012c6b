//! A card in memory that can be told to fail.
#![allow(dead_code, missing_docs, unreachable_pub)]

use hearth::store::storage::{LogFile, Memory, Storage};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct Card {
    pub memory: Memory,
    /// Every flush fails.
    pub syncs_fail: Arc<AtomicBool>,
    /// There is no room for new files.
    pub full: Arc<AtomicBool>,
}

#[derive(Debug)]
struct CardFile(Arc<dyn LogFile>, Card);

impl Storage for Card {
    fn list(&self) -> io::Result<Vec<String>> {
        self.memory.list()
    }
    fn open(&self, name: &str) -> io::Result<Arc<dyn LogFile>> {
        Ok(Arc::new(CardFile(self.memory.open(name)?, self.clone())))
    }
    fn create(&self, name: &str) -> io::Result<Arc<dyn LogFile>> {
        if self.full.load(SeqCst) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(Arc::new(CardFile(self.memory.create(name)?, self.clone())))
    }
    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.memory.rename(from, to)
    }
    fn sync_names(&self) -> io::Result<()> {
        self.memory.sync_names()
    }
}

impl LogFile for CardFile {
    fn len(&self) -> io::Result<u64> {
        self.0.len()
    }
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.0.read_at(buffer, offset)
    }
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.0.write_at(bytes, offset)
    }
    fn sync(&self) -> io::Result<()> {
        match self.1.syncs_fail.load(SeqCst) {
            true => Err(io::Error::other("input/output error")),
            false => Ok(()),
        }
    }
}
