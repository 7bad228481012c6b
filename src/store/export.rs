//! One small file with all rows: for backups and for moving to another card.
//!
//! Rows of [`LOCAL_TABLE`] stay where they are: what was restored can be told from what it was saved from.
//!
//! Layout, inside gzip: magic `HEARTHEX`, format u32, the records of all rows as in the log (of frame 0), and as the last one, under table 255, their number.

use crate::limits::store::{MAX_SEGMENTS, SEGMENT_BYTES};
use crate::store::error::StoreError;
use crate::store::frame::{RECORD_BYTES, Record};
use crate::store::snapshot::{RawRow, Snapshot};
use crate::store::table::{Op, TableInfo};
use crate::store::{Batch, Store};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use std::io::{self, BufReader, BufWriter, ErrorKind, Read, Seek, SeekFrom, Write};

const MAGIC: &[u8; 8] = b"HEARTHEX";
const FORMAT: u32 = 1;
/// A table whose rows belong to one store alone: no export holds them, no import takes them.
pub const LOCAL_TABLE: u8 = 254;
const END_TABLE: u8 = 255;
const END_KEY: &[u8] = b"rows";
/// Bytes of rows that one commit of an import takes.
const IMPORT_BATCH: usize = 32 * 1024;

/// Why an export or import stopped. The texts are shown to people.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransferError {
    /// The file could not be written or read.
    #[error("the file: {0}")]
    File(#[from] io::Error),
    /// The store could not be read or written.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// The file is no whole export. Nothing was imported.
    #[error("this is no whole export: {0}")]
    NoExport(&'static str),
    /// A newer hearth wrote the file. Nothing was imported.
    #[error("a newer hearth wrote this export ({0})")]
    Newer(String),
    /// The store has rows already. Nothing was imported.
    #[error("the store is not empty: import into a new one")]
    NotEmpty,
}

impl Snapshot {
    /// Writes all rows to `to`; returns how many. On `Read` take a new snapshot and begin again.
    pub fn export(&self, to: impl Write) -> Result<u64, TransferError> {
        let mut out = GzEncoder::new(BufWriter::new(to), Compression::default());
        out.write_all(MAGIC)?;
        out.write_all(&FORMAT.to_le_bytes())?;
        let mut count = 0u64;
        let mut bytes = Vec::new();
        self.rows::<TransferError>(|row| {
            if row.table == LOCAL_TABLE {
                return Ok(());
            }
            bytes.clear();
            let record = Record {
                table: row.table,
                version: row.version,
                key: row.key,
                value: Some(row.row),
            };
            record.encode(0, &mut bytes);
            count += 1;
            Ok(out.write_all(&bytes)?)
        })?;
        bytes.clear();
        let end = Record {
            table: END_TABLE,
            version: 0,
            key: END_KEY,
            value: Some(&count.to_le_bytes()),
        };
        end.encode(0, &mut bytes);
        out.write_all(&bytes)?;
        out.finish()?.flush()?;
        Ok(count)
    }
}

impl Store {
    /// Takes in all rows of an export, durably; returns how many. The store must be empty. The file is read twice, first to see that it is whole and, if `tables`
    /// names any, of no newer daemon.
    pub fn import(
        &self,
        mut from: impl Read + Seek,
        tables: &[TableInfo],
    ) -> Result<u64, TransferError> {
        if self.stats().records > 0 {
            return Err(TransferError::NotEmpty);
        }
        let start = from.stream_position()?;
        let count = read_export(&mut from, |op| known(tables, &op))?;
        from.seek(SeekFrom::Start(start))?;
        let mut batch = Batch::new();
        let mut bytes = 0;
        read_export(&mut from, |op| {
            bytes += op.key.len() + op.value.as_ref().map_or(0, Vec::len);
            batch.ops.push(op);
            if bytes >= IMPORT_BATCH {
                bytes = 0;
                self.import_batch(std::mem::take(&mut batch))?;
            }
            Ok(())
        })?;
        self.import_batch(batch)?;
        Ok(count)
    }

    fn import_batch(&self, mut batch: Batch) -> Result<(), TransferError> {
        batch.durable = true;
        Ok(self.commit(batch)?)
    }
}

/// Reads an export from its beginning to its end without taking it in, and shows `each` row; returns how many there are. Fails as
/// [`Store::import`] does.
pub fn look_into(
    from: impl Read,
    tables: &[TableInfo],
    mut each: impl FnMut(RawRow<'_>),
) -> Result<u64, TransferError> {
    read_export(from, |op| {
        known(tables, &op)?;
        if let Some(row) = &op.value {
            each(RawRow {
                table: op.table,
                version: op.version,
                key: &op.key,
                row,
            });
        }
        Ok(())
    })
}

fn known(tables: &[TableInfo], op: &Op) -> Result<(), TransferError> {
    let table = tables.iter().find(|table| table.id == op.table);
    match table {
        None if tables.is_empty() => Ok(()),
        Some(table) if op.version <= table.version => Ok(()),
        Some(table) => Err(TransferError::Newer(format!(
            "{} of version {}",
            table.name, op.version
        ))),
        None => Err(TransferError::Newer(format!("table {}", op.table))),
    }
}

/// Calls `each` with every row of an export; returns how many there are.
fn read_export(
    from: impl Read,
    mut each: impl FnMut(Op) -> Result<(), TransferError>,
) -> Result<u64, TransferError> {
    let mut from = BufReader::new(GzDecoder::new(from));
    let mut start = [0; 12];
    from.read_exact(&mut start).map_err(cut_short)?;
    let (magic, format) = start.split_at(8);
    if magic != MAGIC {
        return Err(TransferError::NoExport("it begins with something else"));
    }
    if format != FORMAT.to_le_bytes() {
        return Err(TransferError::Newer("its format".to_owned()));
    }
    let (mut count, mut taken) = (0u64, 0usize);
    loop {
        let bytes = read_record(&mut from)?;
        // A small file may unpack to one without end.
        taken = taken.saturating_add(bytes.len());
        if taken > MAX_SEGMENTS * SEGMENT_BYTES {
            return Err(TransferError::NoExport("it holds more than a store can"));
        }
        let (record, _, _) =
            Record::parse(&bytes).ok_or(TransferError::NoExport("a row is damaged"))?;
        if record.table == END_TABLE {
            let whole = record.value == Some(&count.to_le_bytes()) && record.key == END_KEY;
            return whole
                .then_some(count)
                .ok_or(TransferError::NoExport("rows are missing"));
        }
        count += 1;
        if record.table == LOCAL_TABLE {
            continue;
        }
        each(Op {
            table: record.table,
            version: record.version,
            key: record.key.to_owned(),
            value: record.value.map(<[u8]>::to_owned),
        })?;
    }
}

fn read_record(from: &mut impl Read) -> Result<Vec<u8>, TransferError> {
    let mut bytes = vec![0; RECORD_BYTES];
    from.read_exact(&mut bytes).map_err(cut_short)?;
    let rest = Record::rest_bytes(&bytes).unwrap_or_default();
    bytes.resize(RECORD_BYTES + rest, 0);
    if let Some(rest) = bytes.get_mut(RECORD_BYTES..) {
        from.read_exact(rest).map_err(cut_short)?;
    }
    Ok(bytes)
}

/// What an end before the end, or bytes that are no gzip, mean to a person.
fn cut_short(error: io::Error) -> TransferError {
    match error.kind() {
        ErrorKind::UnexpectedEof => TransferError::NoExport("it ends too early"),
        ErrorKind::InvalidInput | ErrorKind::InvalidData => {
            TransferError::NoExport("it can't be unpacked")
        }
        _ => TransferError::File(error),
    }
}
