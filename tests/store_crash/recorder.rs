//! A storage in memory that writes down what is asked of it.

use hearth::store::storage::{LogFile, Storage};
use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::sync::{Arc, Mutex};

/// One thing that a storage was asked to do. Files are known by number, for names change.
#[derive(Clone, Debug)]
pub enum Event {
    Create {
        file: usize,
        name: String,
    },
    Rename {
        from: String,
        to: String,
    },
    SyncNames,
    Write {
        file: usize,
        offset: usize,
        bytes: Vec<u8>,
    },
    Sync {
        file: usize,
    },
}

#[derive(Debug, Default)]
struct Disk {
    names: BTreeMap<String, usize>,
    files: Vec<Vec<u8>>,
    trace: Vec<Event>,
    syncs: usize,
    skipped_sync: Option<usize>,
}

/// See the module. Clones share the disk.
#[derive(Clone, Debug, Default)]
pub struct Recorder(Arc<Mutex<Disk>>);

/// The files of a disk, by name.
pub type Files = BTreeMap<String, Vec<u8>>;

impl Recorder {
    /// On these files, all of them safe on the medium. The file numbers are those of the names' order.
    pub fn on(files: &Files) -> Recorder {
        let recorder = Recorder::default();
        let mut disk = recorder.0.lock().unwrap();
        for (name, bytes) in files {
            let number = disk.files.len();
            disk.names.insert(name.clone(), number);
            disk.files.push(bytes.clone());
        }
        drop(disk);
        recorder
    }

    /// One that forgets the sync of this number, of files and names counted together, but says that it was done.
    pub fn skipping(sync: usize) -> Recorder {
        let recorder = Recorder::default();
        recorder.0.lock().unwrap().skipped_sync = Some(sync);
        recorder
    }

    /// How much was asked so far.
    pub fn position(&self) -> usize {
        self.0.lock().unwrap().trace.len()
    }

    /// All that was asked.
    pub fn trace(&self) -> Vec<Event> {
        self.0.lock().unwrap().trace.clone()
    }
}

impl Disk {
    fn sync(&mut self, event: Event) {
        let number = self.syncs;
        self.syncs += 1;
        if self.skipped_sync != Some(number) {
            self.trace.push(event);
        }
    }
}

impl Storage for Recorder {
    fn list(&self) -> io::Result<Vec<String>> {
        Ok(self.0.lock().unwrap().names.keys().cloned().collect())
    }
    fn open(&self, name: &str) -> io::Result<Arc<dyn LogFile>> {
        let file = self.0.lock().unwrap().names.get(name).copied();
        let number = file.ok_or(ErrorKind::NotFound)?;
        let disk = self.clone();
        Ok(Arc::new(RecordedFile { disk, number }))
    }
    fn create(&self, name: &str) -> io::Result<Arc<dyn LogFile>> {
        let mut disk = self.0.lock().unwrap();
        let number = disk.files.len();
        disk.files.push(Vec::new());
        disk.names.insert(name.to_owned(), number);
        let name = name.to_owned();
        disk.trace.push(Event::Create { file: number, name });
        let disk = self.clone();
        Ok(Arc::new(RecordedFile { disk, number }))
    }
    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut disk = self.0.lock().unwrap();
        let number = disk.names.remove(from).ok_or(ErrorKind::NotFound)?;
        disk.names.insert(to.to_owned(), number);
        let (from, to) = (from.to_owned(), to.to_owned());
        disk.trace.push(Event::Rename { from, to });
        Ok(())
    }
    fn sync_names(&self) -> io::Result<()> {
        self.0.lock().unwrap().sync(Event::SyncNames);
        Ok(())
    }
}

#[derive(Debug)]
struct RecordedFile {
    disk: Recorder,
    number: usize,
}

impl LogFile for RecordedFile {
    fn len(&self) -> io::Result<u64> {
        Ok(self.disk.0.lock().unwrap().files[self.number].len() as u64)
    }
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let disk = self.disk.0.lock().unwrap();
        let from = disk.files[self.number].get(offset as usize..);
        let from = from.and_then(|rest| rest.get(..buffer.len()));
        buffer.copy_from_slice(from.ok_or(ErrorKind::UnexpectedEof)?);
        Ok(())
    }
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let mut disk = self.disk.0.lock().unwrap();
        write(&mut disk.files[self.number], offset as usize, bytes);
        disk.trace.push(Event::Write {
            file: self.number,
            offset: offset as usize,
            bytes: bytes.to_vec(),
        });
        Ok(())
    }
    fn sync(&self) -> io::Result<()> {
        let file = self.number;
        self.disk.0.lock().unwrap().sync(Event::Sync { file });
        Ok(())
    }
}

/// Puts `bytes` at `offset`, lengthening the file if need be.
pub fn write(file: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    if file.len() < offset + bytes.len() {
        file.resize(offset + bytes.len(), 0);
    }
    file[offset..offset + bytes.len()].copy_from_slice(bytes);
}
