//! The log being written: which file is next, where in it, and what a frame costs.

use crate::limits::store::{BLOCK_BYTES, GROW_PERCENT, MAX_FRAME_BYTES};
use crate::store::Options;
use crate::store::frame::{FORMAT, HEADER_BYTES, Header, Identity, Records, padded};
use crate::store::index::{Digester, Place};
use crate::store::recovery::{Recovered, Used, file_name};
use crate::store::storage::{LogFile, Storage};
use std::collections::VecDeque;
use std::io;
use std::sync::Arc;

/// Free files that only carried-over rows may take: enough to empty the oldest file however full it is.
pub(crate) const RESERVE: usize = 2;

/// See the module.
#[derive(Debug)]
pub(crate) struct Log {
    storage: Arc<dyn Storage>,
    salt: u64,
    segment_bytes: usize,
    files: Vec<Arc<dyn LogFile>>,
    /// Oldest first; the last is being written.
    used: VecDeque<Used>,
    free: VecDeque<usize>,
    tail: usize,
    next_seq: u64,
    /// New with every start; see [`Log::tag`].
    nonce: u32,
    written: u64,
    asked: u64,
}

/// A frame being made: room for its header, then records.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) bytes: Vec<u8>,
    pub(crate) records: u32,
    /// Bytes of keys and rows of callers.
    pub(crate) asked: u64,
    /// Oldest files that hold nothing of worth once this frame is safe.
    pub(crate) emptied: usize,
}

impl Draft {
    pub(crate) fn new() -> Draft {
        Draft {
            bytes: vec![0; HEADER_BYTES],
            records: 0,
            asked: 0,
            emptied: 0,
        }
    }
}

/// Where a frame went.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Written {
    pub(crate) segment: usize,
    pub(crate) offset: usize,
}

impl Log {
    /// Makes the files that are missing and goes on behind the last frame, with a copy of it.
    ///
    /// The copy is for a run that ended with a failed sync: the kernel may then show a frame that is not on the medium and never will be. Nothing may rest on that
    /// frame alone, least of all the rows that it carried over from a file which is to be written next.
    pub(crate) fn open(
        storage: Arc<dyn Storage>,
        recovered: &mut Recovered,
        digester: &Digester,
        random: u64,
        options: &Options,
    ) -> io::Result<Log> {
        let mut log = Log::with_files(storage, recovered, random, options)?;
        if let Some(file) = log.active_file() {
            file.sync()?;
            log.repeat_last(recovered, digester)?;
        }
        Ok(log)
    }

    fn repeat_last(&mut self, recovered: &mut Recovered, digester: &Digester) -> io::Result<()> {
        let mut draft = Draft::new();
        let mut places = Vec::new();
        for (_, record, length) in Records::new(&recovered.last_payload, recovered.last.tag) {
            places.push((draft.bytes.len(), record, length));
            record.encode(self.tag(), &mut draft.bytes);
            draft.records += 1;
        }
        // Starting again and again must not eat the room that emptying old files needs.
        let room = self.free_files() > RESERVE;
        if places.is_empty() || !room {
            return Ok(());
        }
        if draft.bytes.len() > self.remainder() {
            self.rotate();
        }
        let written = self.append(&mut draft)?;
        for (at, record, length) in places {
            let digest = digester.digest(record.table, record.key);
            let place = Place::new(written.segment, written.offset + at, length, &record);
            let removal = record.value.is_none();
            recovered.index.apply(digest, place, removal);
        }
        Ok(())
    }

    /// Makes the files that are missing.
    fn with_files(
        storage: Arc<dyn Storage>,
        recovered: &Recovered,
        random: u64,
        options: &Options,
    ) -> io::Result<Log> {
        let mut log = Log {
            storage,
            salt: recovered.salt.unwrap_or(random),
            segment_bytes: match recovered.salt {
                Some(_) => recovered.segment_bytes,
                None => options.segment_bytes,
            },
            files: Vec::new(),
            used: recovered.used.iter().copied().collect(),
            free: VecDeque::new(),
            tail: recovered.tail,
            next_seq: recovered.last.seq.saturating_add(1),
            nonce: (random >> 32) as u32,
            written: recovered.last.written,
            asked: recovered.last.asked,
        };
        let count = recovered.files.len().max(options.first_segments);
        let mut made = false;
        for number in 0..count {
            let file = match recovered.files.get(number) {
                Some(Some(file)) => file.clone(),
                _ => {
                    made = true;
                    log.make_file(number)?
                }
            };
            log.files.push(file);
            if !log.used.iter().any(|used| used.segment == number) {
                log.free.push_back(number);
            }
        }
        if made {
            log.storage.sync_names()?;
        }
        Ok(log)
    }

    /// Makes a file under a passing name, so that one under its own name is always whole.
    fn make_file(&mut self, number: usize) -> io::Result<Arc<dyn LogFile>> {
        let name = file_name(number);
        let passing = format!("{name}.new");
        let file = self.storage.create(&passing)?;
        let identity = Identity {
            format: FORMAT,
            segment_bytes: self.segment_bytes as u32,
            salt: self.salt,
            number: number as u32,
        };
        let mut first = identity.encode();
        first.resize(BLOCK_BYTES, 0);
        file.write_at(&first, 0)?;
        let zeros = [0; 16 * BLOCK_BYTES];
        let mut at = BLOCK_BYTES;
        while at < self.segment_bytes {
            let count = zeros.len().min(self.segment_bytes - at);
            file.write_at(zeros.get(..count).unwrap_or_default(), at as u64)?;
            at += count;
        }
        file.sync()?;
        self.storage.rename(&passing, &name)?;
        self.written = self.written.saturating_add(self.segment_bytes as u64);
        Ok(file)
    }

    /// Adds a file if the log is too full of `live` bytes and may have more. Some: the new file.
    pub(crate) fn grow(
        &mut self,
        live: usize,
        most: usize,
    ) -> io::Result<Option<Arc<dyn LogFile>>> {
        let limit = capacity(self.files.len(), self.segment_bytes) / 100 * GROW_PERCENT;
        if live <= limit || self.files.len() >= most {
            return Ok(None);
        }
        let number = self.files.len();
        let file = self.make_file(number)?;
        self.storage.sync_names()?;
        self.files.push(file.clone());
        self.free.push_back(number);
        Ok(Some(file))
    }

    pub(crate) fn files(&self) -> &[Arc<dyn LogFile>] {
        &self.files
    }
    pub(crate) fn segment_bytes(&self) -> usize {
        self.segment_bytes
    }
    pub(crate) fn used(&self) -> &VecDeque<Used> {
        &self.used
    }
    pub(crate) fn free_files(&self) -> usize {
        self.free.len()
    }
    pub(crate) fn next_seq(&self) -> u64 {
        self.next_seq
    }
    /// What the records of the next frame carry.
    pub(crate) fn tag(&self) -> u32 {
        self.nonce ^ self.next_seq as u32
    }
    pub(crate) fn written(&self) -> u64 {
        self.written
    }
    pub(crate) fn asked(&self) -> u64 {
        self.asked
    }
    /// Bytes of a frame at most, header included.
    pub(crate) fn frame_limit(&self) -> usize {
        frame_limit(self.segment_bytes)
    }

    /// Bytes left in the file being written.
    pub(crate) fn remainder(&self) -> usize {
        match self.used.back() {
            Some(_) => self.segment_bytes.saturating_sub(self.tail),
            None => 0,
        }
    }

    /// Goes on in a free file. False if there is none.
    pub(crate) fn rotate(&mut self) -> bool {
        let Some(segment) = self.free.pop_front() else {
            return false;
        };
        let first = self.next_seq;
        self.used.push_back(Used { segment, first });
        self.tail = BLOCK_BYTES;
        true
    }

    /// Writes a frame, which fits in the remainder, and returns when it is on the medium.
    pub(crate) fn append(&mut self, draft: &mut Draft) -> io::Result<Written> {
        let frame_bytes = padded(draft.bytes.len());
        self.asked = self.asked.saturating_add(draft.asked);
        self.written = self.written.saturating_add(frame_bytes as u64);
        let oldest = self.used.get(draft.emptied);
        let header = Header {
            seq: self.next_seq,
            first: oldest.map_or(self.next_seq, |used| used.first),
            written: self.written,
            asked: self.asked,
            payload: draft.bytes.len().saturating_sub(HEADER_BYTES) as u32,
            records: draft.records,
            tag: self.tag(),
        };
        if let Some(to) = draft.bytes.get_mut(..HEADER_BYTES) {
            to.copy_from_slice(&header.encode(self.salt));
        }
        draft.bytes.resize(frame_bytes, 0);
        let segment = self.used.back().map_or(0, |used| used.segment);
        let offset = self.tail;
        let file = self.active_file().ok_or(io::ErrorKind::StorageFull)?;
        file.write_at(&draft.bytes, offset as u64)?;
        file.sync()?;
        self.tail += frame_bytes;
        self.next_seq = self.next_seq.saturating_add(1);
        for _ in 0..draft.emptied {
            let emptied = self.used.pop_front().map(|used| used.segment);
            self.free.extend(emptied);
        }
        Ok(Written { segment, offset })
    }

    fn active_file(&self) -> Option<&Arc<dyn LogFile>> {
        self.files.get(self.used.back()?.segment)
    }
}

/// Bytes of a frame at most, header included, in files of this size.
pub(crate) fn frame_limit(segment_bytes: usize) -> usize {
    MAX_FRAME_BYTES.min(segment_bytes.saturating_sub(BLOCK_BYTES))
}

/// Bytes of records that `files` files of this size can hold at all: one is being written and [`RESERVE`] stay free.
pub(crate) fn capacity(files: usize, segment_bytes: usize) -> usize {
    files.saturating_sub(RESERVE + 1) * segment_bytes.saturating_sub(BLOCK_BYTES)
}
