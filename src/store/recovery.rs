//! Opening: which frames of the files count, and what they say. Only reads.

use crate::limits::store::{BLOCK_BYTES, MAX_DAMAGES};
use crate::store::error::OpenError;
use crate::store::frame::{FORMAT, HEADER_BYTES, Header, Identity, Records, intact, salvage};
use crate::store::index::{Digester, Index, Place};
use crate::store::storage::{LogFile, Storage};
use crate::store::table::TableInfo;
use std::io;
use std::sync::Arc;

const SEGMENT_RANGE: std::ops::RangeInclusive<usize> = 2 * BLOCK_BYTES..=1 << 20;
const MOST_FILES: usize = 1 << 10;

/// What opening found amiss. Shown by `hearth store check` and in the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// A write that a power cut interrupted; it had not been acknowledged and was cut off.
    pub torn: Option<String>,
    /// Damages, one sentence each; at most [`MAX_DAMAGES`].
    pub damages: Vec<String>,
    /// How many there are, listed or not.
    pub damage_count: usize,
    /// Commits that the log holds.
    pub commits: u64,
}

impl Report {
    fn damage(&mut self, text: String) {
        self.damage_count += 1;
        if self.damages.len() < MAX_DAMAGES {
            self.damages.push(text);
        }
    }
}

/// A log file in use, by number, and its first frame that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Used {
    pub(crate) segment: usize,
    pub(crate) first: u64,
}

/// What the files hold.
#[derive(Debug)]
pub(crate) struct Recovered {
    /// None: there is no store yet.
    pub(crate) salt: Option<u64>,
    pub(crate) segment_bytes: usize,
    /// By number; None where one is missing.
    pub(crate) files: Vec<Option<Arc<dyn LogFile>>>,
    pub(crate) index: Index,
    /// The last frame's header; all zero if there is none.
    pub(crate) last: Header,
    /// The last frame's records; empty if there is none.
    pub(crate) last_payload: Vec<u8>,
    /// Oldest first; the last is the one being written.
    pub(crate) used: Vec<Used>,
    /// Where in the last of `used` the next frame goes.
    pub(crate) tail: usize,
    pub(crate) report: Report,
}

impl Recovered {
    /// Refuses what a newer daemon wrote, if `tables` names any.
    pub(crate) fn check_versions(&self, path: &str, tables: &[TableInfo]) -> Result<(), OpenError> {
        if tables.is_empty() {
            return Ok(());
        }
        let mut known = [None; 256];
        for table in tables {
            if let Some(slot) = known.get_mut(usize::from(table.id)) {
                *slot = Some(table);
            }
        }
        for (_, place) in self.index.iter() {
            let table = known.get(usize::from(place.table())).copied().flatten();
            let what = match table {
                Some(table) if table.version >= place.version() => continue,
                Some(table) => format!(
                    "{} of version {}, this one knows {}",
                    table.name,
                    place.version(),
                    table.version
                ),
                None => format!("table {}, which this one does not know", place.table()),
            };
            let path = path.to_owned();
            return Err(OpenError::Newer { path, what });
        }
        Ok(())
    }
}

/// A frame's place in the files.
#[derive(Clone, Copy, Debug)]
struct Found {
    header: Header,
    segment: usize,
    offset: usize,
    intact: bool,
}

/// Reads all files of `storage`. `path` is for errors.
pub(crate) fn recover(
    storage: &dyn Storage,
    digester: &Digester,
    path: &str,
) -> Result<Recovered, OpenError> {
    let mut report = Report::default();
    let files = open_files(storage).map_err(|e| io_error(path, &e))?;
    let Some(identity) = identify(&files, path, &mut report)? else {
        return empty(files, report, path);
    };
    let mut reader = Reader {
        files: &files,
        segment_bytes: identity.segment_bytes as usize,
        salt: identity.salt,
        buffer: Vec::new(),
        report,
    };
    let found: Vec<Found> = (0..files.len())
        .flat_map(|segment| reader.frames(segment))
        .collect();
    let (last, frames) = choose(found, &mut reader.report);
    let index = reader.apply(&frames, digester);
    let last_payload = reader.last_payload(&frames);
    let (used, tail) = used_files(&frames);
    let mut report = reader.report;
    report.commits = frames.len() as u64;
    Ok(Recovered {
        salt: Some(identity.salt),
        segment_bytes: identity.segment_bytes as usize,
        index,
        last,
        last_payload,
        used,
        tail,
        report,
        files,
    })
}

fn io_error(path: &str, error: &io::Error) -> OpenError {
    OpenError::Io {
        path: path.to_owned(),
        reason: error.to_string(),
    }
}

/// The name of log file `number`.
pub(crate) fn file_name(number: usize) -> String {
    format!("log-{number:03}")
}

fn file_number(name: &str) -> Option<usize> {
    let number = name.strip_prefix("log-")?.parse().ok()?;
    (number < MOST_FILES && name == file_name(number)).then_some(number)
}

fn open_files(storage: &dyn Storage) -> io::Result<Vec<Option<Arc<dyn LogFile>>>> {
    let mut files: Vec<Option<Arc<dyn LogFile>>> = Vec::new();
    let names = storage.list()?;
    for number in names.iter().filter_map(|name| file_number(name)) {
        if files.len() <= number {
            files.resize(number + 1, None);
        }
        if let Some(slot) = files.get_mut(number) {
            *slot = Some(storage.open(&file_name(number))?);
        }
    }
    Ok(files)
}

fn empty(
    files: Vec<Option<Arc<dyn LogFile>>>,
    report: Report,
    path: &str,
) -> Result<Recovered, OpenError> {
    if files.iter().any(Option::is_some) {
        return Err(OpenError::Damaged {
            path: path.to_owned(),
            reason: "no log file has a readable first block".to_owned(),
        });
    }
    Ok(Recovered {
        salt: None,
        segment_bytes: 0,
        files,
        index: Index::default(),
        last: Header::default(),
        last_payload: Vec::new(),
        used: Vec::new(),
        tail: 0,
        report,
    })
}

/// The identity that the files share; None if no file has one.
fn identify(
    files: &[Option<Arc<dyn LogFile>>],
    path: &str,
    report: &mut Report,
) -> Result<Option<Identity>, OpenError> {
    let mut shared: Option<Identity> = None;
    for (number, file) in files.iter().enumerate() {
        let Some(file) = file else { continue };
        let mut block = [0; 64];
        let identity = file
            .read_at(&mut block, 0)
            .ok()
            .and_then(|()| Identity::parse(&block));
        let Some(identity) = identity else {
            report.damage(format!("{}: its first block is damaged", file_name(number)));
            continue;
        };
        if identity.format > FORMAT {
            let path = path.to_owned();
            let what = format!("format {}, this one knows {FORMAT}", identity.format);
            return Err(OpenError::Newer { path, what });
        }
        let bytes = identity.segment_bytes as usize;
        let fits = SEGMENT_RANGE.contains(&bytes) && bytes.is_multiple_of(BLOCK_BYTES);
        match shared {
            None if fits => shared = Some(identity),
            Some(shared) if shared.salt == identity.salt => {}
            _ => report.damage(format!("{}: is of another store", file_name(number))),
        }
    }
    Ok(shared)
}

/// Reads segments, each into the same buffer.
struct Reader<'a> {
    files: &'a [Option<Arc<dyn LogFile>>],
    segment_bytes: usize,
    salt: u64,
    buffer: Vec<u8>,
    report: Report,
}

impl Reader<'_> {
    /// Fills the buffer with a segment; blocks that can't be read come as zeros. False if there is no such file.
    fn load(&mut self, segment: usize) -> bool {
        let Some(Some(file)) = self.files.get(segment) else {
            return false;
        };
        self.buffer.resize(self.segment_bytes, 0);
        if file.read_at(&mut self.buffer, 0).is_ok() {
            return true;
        }
        let mut offset = 0u64;
        for block in self.buffer.chunks_mut(BLOCK_BYTES) {
            if let Err(error) = file.read_at(block, offset) {
                block.fill(0);
                let name = file_name(segment);
                self.report
                    .damage(format!("{name}: block at {offset} can't be read: {error}"));
            }
            offset += block.len() as u64;
        }
        true
    }

    /// Every frame of a segment, stale ones too.
    fn frames(&mut self, segment: usize) -> Vec<Found> {
        let mut found = Vec::new();
        if !self.load(segment) {
            return found;
        }
        let mut offset = BLOCK_BYTES;
        while let Some(block) = self.buffer.get(offset..).filter(|rest| !rest.is_empty()) {
            let mut next = offset + BLOCK_BYTES;
            if let Some(header) = Header::parse(block, self.salt)
                && header.frame_bytes() <= block.len()
            {
                let intact = payload(block, &header).is_some_and(|bytes| intact(&header, bytes));
                found.push(Found {
                    header,
                    segment,
                    offset,
                    intact,
                });
                if intact {
                    next = offset + header.frame_bytes();
                }
            }
            offset = next;
        }
        found
    }

    /// The records of the last of `frames`, which [`Reader::apply`] has just read.
    fn last_payload(&self, frames: &[Found]) -> Vec<u8> {
        let bytes = frames.last().and_then(|frame| {
            let rest = self.buffer.get(frame.offset..)?;
            payload(rest, &frame.header)
        });
        bytes.unwrap_or_default().to_vec()
    }

    /// What `frames`, in their order, say.
    fn apply(&mut self, frames: &[Found], digester: &Digester) -> Index {
        let mut index = Index::default();
        let mut loaded = None;
        for frame in frames {
            if loaded != Some(frame.segment) {
                self.load(frame.segment);
                loaded = Some(frame.segment);
            }
            let rest = self.buffer.get(frame.offset..).unwrap_or_default();
            let payload = payload(rest, &frame.header).unwrap_or_default();
            let records: Vec<_> = if frame.intact {
                Records::new(payload, frame.header.tag).collect()
            } else {
                salvage(payload, frame.header.tag)
            };
            if !frame.intact {
                let text = format!(
                    "commit {} in {} at {}: {} of {} records are damaged",
                    frame.header.seq,
                    file_name(frame.segment),
                    frame.offset,
                    (frame.header.records as usize).saturating_sub(records.len()),
                    frame.header.records
                );
                self.report.damage(text);
            }
            for (at, record, length) in records {
                let digest = digester.digest(record.table, record.key);
                let offset = frame.offset + HEADER_BYTES + at;
                let place = Place::new(frame.segment, offset, length, &record);
                index.apply(digest, place, record.value.is_none());
            }
        }
        index
    }
}

fn payload<'a>(frame: &'a [u8], header: &Header) -> Option<&'a [u8]> {
    frame.get(HEADER_BYTES..)?.get(..header.payload as usize)
}

/// The frames that count, oldest first, and the last one's header. Notes what is missing between them and what is cut off behind them.
fn choose(mut found: Vec<Found>, report: &mut Report) -> (Header, Vec<Found>) {
    let last = found.iter().filter(|frame| frame.intact);
    let last = last.map(|frame| frame.header).max_by_key(|h| h.seq);
    let last = last.unwrap_or_default();
    for frame in found.iter().filter(|frame| frame.header.seq > last.seq) {
        report.torn = Some(format!(
            "commit {} in {} at {} was interrupted; it had not been acknowledged",
            frame.header.seq,
            file_name(frame.segment),
            frame.offset
        ));
    }
    found.retain(|frame| (last.first..=last.seq).contains(&frame.header.seq));
    found.sort_by_key(|frame| (frame.header.seq, !frame.intact));
    found.dedup_by_key(|frame| frame.header.seq);
    let mut expected = last.first;
    for frame in &found {
        if frame.header.seq > expected {
            report.damage(format!(
                "commits {expected} to {} are missing",
                frame.header.seq - 1
            ));
        }
        expected = frame.header.seq.saturating_add(1);
    }
    (last, found)
}

/// The files that `frames` lie in, oldest first, and the end of the last frame, behind which the next one goes.
fn used_files(frames: &[Found]) -> (Vec<Used>, usize) {
    let mut used: Vec<Used> = Vec::new();
    for frame in frames {
        let segment = frame.segment;
        if !used.iter().any(|used| used.segment == segment) {
            let first = frame.header.seq;
            used.push(Used { segment, first });
        }
    }
    let tail = frames.last().map_or(0, |frame| {
        match used.last() {
            Some(last) if last.segment == frame.segment => {
                frame.offset + frame.header.frame_bytes()
            }
            // No store of ours lies so; go on in a free file.
            _ => usize::MAX,
        }
    });
    (used, tail)
}
