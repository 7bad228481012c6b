//! The small trait through which the store touches files: real ones here, in memory for tests of the floors above; tests bring recording and faulty ones.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// An open file of fixed length.
pub trait LogFile: Send + Sync + Debug {
    /// Bytes in it.
    fn len(&self) -> io::Result<u64>;
    /// Whether there are none.
    fn is_empty(&self) -> io::Result<bool> {
        Ok(self.len()? == 0)
    }
    /// Fills `buffer` from `offset`; an error if the file ends before.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()>;
    /// Writes all of `bytes` at `offset`.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;
    /// Returns when everything written, and the length, is on the medium (`fdatasync`). An error is final: what was written before may be lost.
    fn sync(&self) -> io::Result<()>;
}

/// A directory with the store's files.
pub trait Storage: Send + Sync + Debug {
    /// Names of the files in it, in no order that counts.
    fn list(&self) -> io::Result<Vec<String>>;
    /// Opens a file, for writing too unless the storage was opened for reading only.
    fn open(&self, name: &str) -> io::Result<Arc<dyn LogFile>>;
    /// Makes an empty file, or empties the one of this name.
    fn create(&self, name: &str) -> io::Result<Arc<dyn LogFile>>;
    /// Gives a file another name, replacing what had it.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;
    /// Returns when names made and given are on the medium.
    fn sync_names(&self) -> io::Result<()>;
}

/// Real files in a directory.
#[derive(Debug)]
pub struct Directory {
    path: PathBuf,
    writable: bool,
}

impl Directory {
    /// The directory at `path`, made if it is missing.
    pub fn make(path: &Path) -> io::Result<Directory> {
        let missing = !path.exists();
        fs::create_dir_all(path)?;
        if missing && let Some(parent) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
            fs::File::open(parent)?.sync_all()?;
        }
        Ok(Directory {
            path: path.to_owned(),
            writable: true,
        })
    }

    /// The directory at `path`, never written to.
    pub fn read_only(path: &Path) -> Directory {
        Directory {
            path: path.to_owned(),
            writable: false,
        }
    }
}

impl Storage for Directory {
    fn list(&self) -> io::Result<Vec<String>> {
        fs::read_dir(&self.path)?
            .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
            .collect()
    }
    fn open(&self, name: &str) -> io::Result<Arc<dyn LogFile>> {
        let file = fs::OpenOptions::new()
            .read(true)
            .write(self.writable)
            .open(self.path.join(name))?;
        Ok(Arc::new(RealFile(file)))
    }
    fn create(&self, name: &str) -> io::Result<Arc<dyn LogFile>> {
        let file = fs::OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .open(self.path.join(name))?;
        Ok(Arc::new(RealFile(file)))
    }
    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.path.join(from), self.path.join(to))
    }
    fn sync_names(&self) -> io::Result<()> {
        fs::File::open(&self.path)?.sync_all()
    }
}

#[derive(Debug)]
struct RealFile(fs::File);

impl LogFile for RealFile {
    fn len(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.0.read_exact_at(buffer, offset)
    }
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.0.write_all_at(bytes, offset)
    }
    fn sync(&self) -> io::Result<()> {
        self.0.sync_data()
    }
}

/// Files in memory. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    files: Arc<Mutex<BTreeMap<String, Arc<MemoryFile>>>>,
}

/// One file of [`Memory`].
#[derive(Debug, Default)]
pub struct MemoryFile {
    bytes: Mutex<Vec<u8>>,
}

impl Memory {
    /// An empty directory.
    pub fn new() -> Memory {
        Memory::default()
    }

    /// A directory with these files.
    pub fn with_files(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Memory {
        let files = files.into_iter().map(|(name, bytes)| {
            let bytes = Mutex::new(bytes);
            (name, Arc::new(MemoryFile { bytes }))
        });
        Memory {
            files: Arc::new(Mutex::new(files.collect())),
        }
    }

    /// What the files hold now.
    pub fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let files = lock(&self.files);
        files
            .iter()
            .map(|(name, file)| (name.clone(), lock(&file.bytes).clone()))
            .collect()
    }
}

impl Storage for Memory {
    fn list(&self) -> io::Result<Vec<String>> {
        Ok(lock(&self.files).keys().cloned().collect())
    }
    fn open(&self, name: &str) -> io::Result<Arc<dyn LogFile>> {
        let file = lock(&self.files).get(name).cloned();
        Ok(file.ok_or(ErrorKind::NotFound)?)
    }
    fn create(&self, name: &str) -> io::Result<Arc<dyn LogFile>> {
        let file = Arc::new(MemoryFile::default());
        lock(&self.files).insert(name.to_owned(), file.clone());
        Ok(file)
    }
    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut files = lock(&self.files);
        let file = files.remove(from).ok_or(ErrorKind::NotFound)?;
        files.insert(to.to_owned(), file);
        Ok(())
    }
    fn sync_names(&self) -> io::Result<()> {
        Ok(())
    }
}

impl LogFile for MemoryFile {
    fn len(&self) -> io::Result<u64> {
        Ok(lock(&self.bytes).len() as u64)
    }
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let bytes = lock(&self.bytes);
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        let from = start
            .checked_add(buffer.len())
            .and_then(|end| bytes.get(start..end))
            .ok_or(ErrorKind::UnexpectedEof)?;
        buffer.copy_from_slice(from);
        Ok(())
    }
    fn write_at(&self, from: &[u8], offset: u64) -> io::Result<()> {
        let mut bytes = lock(&self.bytes);
        let start = usize::try_from(offset).map_err(|_| ErrorKind::InvalidInput)?;
        let end = start
            .checked_add(from.len())
            .ok_or(ErrorKind::InvalidInput)?;
        if bytes.len() < end {
            bytes.resize(end, 0);
        }
        if let Some(to) = bytes.get_mut(start..end) {
            to.copy_from_slice(from);
        }
        Ok(())
    }
    fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
