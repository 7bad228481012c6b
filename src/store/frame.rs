//! The log's bytes. All numbers are little-endian.
//!
//! A log file begins with one *identity* block that is written once; the other blocks belong to *frames*, each of which starts at a block:
//!
//! ```text
//! identity  magic "HEARTHLG" · format u32 · segment bytes u32 · salt u64 · number u32 · crc u32 (of what precedes)
//! frame     magic u32 · crc u32 (of salt and the rest of the header) · seq u64 · first u64 · written u64 · asked u64
//!           · payload bytes u32 · records u32 · tag u32 · 12 reserved · payload · zeros to the end of the block
//! record    crc u32 (of the rest) · tag u32 (the frame's) · value bytes u16 · key bytes u8 · table u8 · version u8
//!           · kind u8 (0 row, 1 removal) · key · value
//! ```
//!
//! A frame counts only if its header and every record of it are intact and carry the same tag: all or nothing. The tag is new with every start of the daemon and
//! every frame, so that no mixture of a frame and one that a power cut had left in its place passes for either of them. `seq` rises by one from frame to frame, over all
//! files; `first` is the oldest frame that still counts, so that the bytes of a file that was emptied are known as stale. The salt keeps rows, which people
//! write, from ever looking like a frame.

use crate::limits::store::BLOCK_BYTES;
use crc::{CRC_32_ISCSI, Crc, Table};

static CRC: Crc<u32, Table<16>> = Crc::<u32, Table<16>>::new(&CRC_32_ISCSI);

/// Layout that this daemon writes.
pub(crate) const FORMAT: u32 = 1;
/// Bytes of a frame's header.
pub(crate) const HEADER_BYTES: usize = 64;
/// Bytes of a record without key and value.
pub(crate) const RECORD_BYTES: usize = 14;

/// Bytes that looking behind damaged records of one frame may checksum.
const SALVAGE_BYTES: usize = 8 << 20;
/// No store ever has as many.
const MOST_FRAMES: u64 = 1 << 62;
const IDENTITY_MAGIC: &[u8; 8] = b"HEARTHLG";
const IDENTITY_BYTES: usize = 32;
const FRAME_MAGIC: u32 = 0x4d52_4648;

/// What the first block of a log file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) format: u32,
    pub(crate) segment_bytes: u32,
    pub(crate) salt: u64,
    pub(crate) number: u32,
}

impl Identity {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(IDENTITY_BYTES);
        out.extend_from_slice(IDENTITY_MAGIC);
        out.extend_from_slice(&self.format.to_le_bytes());
        out.extend_from_slice(&self.segment_bytes.to_le_bytes());
        out.extend_from_slice(&self.salt.to_le_bytes());
        out.extend_from_slice(&self.number.to_le_bytes());
        let crc = CRC.checksum(&out);
        out.extend_from_slice(&crc.to_le_bytes());
        out
    }

    /// None if the bytes are no identity. One of a newer format is returned whatever follows its number.
    pub(crate) fn parse(block: &[u8]) -> Option<Identity> {
        let mut bytes = Bytes(block.get(..IDENTITY_BYTES)?);
        if bytes.take(8)? != IDENTITY_MAGIC {
            return None;
        }
        let identity = Identity {
            format: bytes.u32()?,
            segment_bytes: bytes.u32()?,
            salt: bytes.u64()?,
            number: bytes.u32()?,
        };
        let crc = CRC.checksum(block.get(..IDENTITY_BYTES - 4)?);
        (identity.format > FORMAT || bytes.u32()? == crc).then_some(identity)
    }
}

/// A frame's header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Header {
    /// Number of the frame.
    pub(crate) seq: u64,
    /// Number of the oldest frame that counts.
    pub(crate) first: u64,
    /// Bytes written to the card since the store was made, this frame included.
    pub(crate) written: u64,
    /// Bytes of keys and rows that callers asked to write since then.
    pub(crate) asked: u64,
    /// Bytes of records.
    pub(crate) payload: u32,
    /// Number of records.
    pub(crate) records: u32,
    /// What its records carry.
    pub(crate) tag: u32,
}

impl Header {
    pub(crate) fn encode(&self, salt: u64) -> [u8; HEADER_BYTES] {
        let mut out = [0; HEADER_BYTES];
        let (head, rest) = out.split_at_mut(8);
        let fields = [self.seq, self.first, self.written, self.asked];
        for (to, field) in rest.chunks_exact_mut(8).zip(fields) {
            to.copy_from_slice(&field.to_le_bytes());
        }
        let sizes = u64::from(self.payload) | u64::from(self.records) << 32;
        for (to, field) in rest
            .chunks_exact_mut(8)
            .skip(4)
            .zip([sizes, self.tag.into()])
        {
            to.copy_from_slice(&field.to_le_bytes());
        }
        let crc = header_crc(salt, rest);
        let start = u64::from(FRAME_MAGIC) | u64::from(crc) << 32;
        head.copy_from_slice(&start.to_le_bytes());
        out
    }

    /// None if the bytes are no header of this store.
    pub(crate) fn parse(block: &[u8], salt: u64) -> Option<Header> {
        let mut bytes = Bytes(block.get(..HEADER_BYTES)?);
        if bytes.u32()? != FRAME_MAGIC || bytes.u32()? != header_crc(salt, bytes.0) {
            return None;
        }
        let header = Header {
            seq: bytes.u64()?,
            first: bytes.u64()?,
            written: bytes.u64()?,
            asked: bytes.u64()?,
            payload: bytes.u32()?,
            records: bytes.u32()?,
            tag: bytes.u32()?,
        };
        let possible = (1..=header.seq).contains(&header.first) && header.seq < MOST_FRAMES;
        possible.then_some(header)
    }

    /// Bytes of the frame in the file, padding included.
    pub(crate) fn frame_bytes(&self) -> usize {
        padded(HEADER_BYTES.saturating_add(self.payload as usize))
    }
}

fn header_crc(salt: u64, rest: &[u8]) -> u32 {
    let mut digest = CRC.digest();
    digest.update(&salt.to_le_bytes());
    digest.update(rest);
    digest.finalize()
}

/// `bytes` rounded up to whole blocks.
pub(crate) fn padded(bytes: usize) -> usize {
    bytes.div_ceil(BLOCK_BYTES).saturating_mul(BLOCK_BYTES)
}

/// One record, borrowed from the log's bytes or from a caller's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Record<'a> {
    pub(crate) table: u8,
    pub(crate) version: u8,
    pub(crate) key: &'a [u8],
    /// None: the row is removed.
    pub(crate) value: Option<&'a [u8]>,
}

/// Bytes that a record with such a key and value takes.
pub(crate) fn record_bytes(key: usize, value: usize) -> usize {
    RECORD_BYTES + key + value
}

impl<'a> Record<'a> {
    /// Appends the record as part of a frame with this tag. Key and value are within their limits: the batch saw to it.
    pub(crate) fn encode(&self, tag: u32, out: &mut Vec<u8>) {
        let start = out.len();
        let value = self.value.unwrap_or_default();
        out.extend_from_slice(&[0; 4]);
        out.extend_from_slice(&tag.to_le_bytes());
        out.extend_from_slice(&(value.len() as u16).to_le_bytes());
        let kind = u8::from(self.value.is_none());
        out.extend_from_slice(&[self.key.len() as u8, self.table, self.version, kind]);
        out.extend_from_slice(self.key);
        out.extend_from_slice(value);
        let crc = CRC.checksum(out.get(start + 4..).unwrap_or_default());
        if let Some(to) = out.get_mut(start..start + 4) {
            to.copy_from_slice(&crc.to_le_bytes());
        }
    }

    /// Bytes of key and value that a record starting with these [`RECORD_BYTES`] announces.
    pub(crate) fn rest_bytes(start: &[u8]) -> Option<usize> {
        let mut sizes = Bytes(start.get(8..)?);
        let value = usize::from(sizes.u16()?);
        Some(value + usize::from(*sizes.take(1)?.first()?))
    }

    /// The record at the start of `bytes`, its frame's tag, and its length. None if it is damaged.
    pub(crate) fn parse(bytes: &'a [u8]) -> Option<(Record<'a>, u32, usize)> {
        let mut rest = Bytes(bytes);
        let crc = rest.u32()?;
        let tag = rest.u32()?;
        let value_bytes = usize::from(rest.u16()?);
        let [key_bytes, table, version, kind] = *rest.take(4)?.first_chunk()?;
        let key = rest.take(usize::from(key_bytes))?;
        let value = rest.take(value_bytes)?;
        let length = record_bytes(key.len(), value.len());
        if CRC.checksum(bytes.get(4..length)?) != crc || kind > 1 {
            return None;
        }
        let record = Record {
            table,
            version,
            key,
            value: (kind == 0).then_some(value),
        };
        Some((record, tag, length))
    }
}

/// The records of a frame's payload in order, each with its offset in it; ends at the first damaged one.
pub(crate) struct Records<'a> {
    payload: &'a [u8],
    at: usize,
    tag: u32,
}

impl<'a> Records<'a> {
    pub(crate) fn new(payload: &'a [u8], tag: u32) -> Records<'a> {
        Records {
            payload,
            at: 0,
            tag,
        }
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = (usize, Record<'a>, usize);

    fn next(&mut self) -> Option<Self::Item> {
        let (record, tag, length) = Record::parse(self.payload.get(self.at..)?)?;
        if tag != self.tag {
            return None;
        }
        let at = self.at;
        self.at += length;
        Some((at, record, length))
    }
}

/// Whether every record that `header` announces is there and intact.
pub(crate) fn intact(header: &Header, payload: &[u8]) -> bool {
    let mut records = Records::new(payload, header.tag);
    let count = records.by_ref().count();
    count == header.records as usize && records.at == payload.len()
}

/// What can still be read of a damaged payload: every record that is itself intact, each with its offset and length. Looks behind a damaged record byte by byte,
/// up to a bound of work.
pub(crate) fn salvage(payload: &[u8], tag: u32) -> Vec<(usize, Record<'_>, usize)> {
    let mut found = Vec::new();
    let mut at = 0;
    let mut work = SALVAGE_BYTES;
    while let Some(rest) = payload.get(at..).filter(|rest| rest.len() >= RECORD_BYTES) {
        match Record::parse(rest) {
            Some((record, its, length)) if its == tag => {
                found.push((at, record, length));
                at += length;
            }
            _ => {
                let announced = Record::rest_bytes(rest).filter(|bytes| *bytes < rest.len());
                work = work.saturating_sub(RECORD_BYTES + announced.unwrap_or(0));
                at += 1;
            }
        }
        if work == 0 {
            break;
        }
    }
    found
}

struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }
    fn u16(&mut self) -> Option<u16> {
        Some(u16::from_le_bytes(*self.take(2)?.first_chunk()?))
    }
    fn u32(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(*self.take(4)?.first_chunk()?))
    }
    fn u64(&mut self) -> Option<u64> {
        Some(u64::from_le_bytes(*self.take(8)?.first_chunk()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(tag: u32, rows: &[(&[u8], &[u8])]) -> (Header, Vec<u8>) {
        let mut payload = Vec::new();
        for (key, value) in rows {
            let record = Record {
                table: 3,
                version: 1,
                key,
                value: Some(value),
            };
            record.encode(tag, &mut payload);
        }
        let header = Header {
            seq: 1,
            tag,
            first: 1,
            payload: payload.len() as u32,
            records: rows.len() as u32,
            ..Header::default()
        };
        (header, payload)
    }

    #[test]
    fn a_header_reads_back_only_with_its_salt() {
        let header = Header {
            seq: 7,
            first: 3,
            written: 1 << 40,
            asked: 99,
            payload: 1234,
            records: 5,
            tag: 77,
        };
        let bytes = header.encode(42);
        assert_eq!(Header::parse(&bytes, 42), Some(header));
        assert_eq!(Header::parse(&bytes, 43), None);
    }

    #[test]
    fn every_flipped_bit_of_a_frame_is_noticed() {
        let (header, payload) = frame(9, &[(b"anna", b"one"), (b"ben", b""), (b"", b"three")]);
        assert!(intact(&header, &payload));
        for bit in 0..payload.len() * 8 {
            let mut bad = payload.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert!(!intact(&header, &bad), "bit {bit}");
        }
        let bytes = header.encode(1);
        for bit in 0..bytes.len() * 8 {
            let mut bad = bytes;
            bad[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Header::parse(&bad, 1), None, "bit {bit}");
        }
    }

    #[test]
    fn a_stale_record_of_the_same_shape_does_not_complete_a_torn_frame() {
        let (_, old) = frame(4, &[(b"a", b"1"), (b"b", b"1")]);
        let (header, new) = frame(5, &[(b"a", b"2"), (b"b", b"2")]);
        let half = new.len() / 2;
        let mixed = [&new[..half], &old[half..]].concat();
        assert!(!intact(&header, &mixed));
    }

    #[test]
    fn salvage_loses_the_damaged_record_alone() {
        let (header, mut payload) = frame(6, &[(b"a", b"111"), (b"b", b"222"), (b"c", b"333")]);
        payload[record_bytes(1, 3) + 8] ^= 0xff;
        let keys: Vec<&[u8]> = salvage(&payload, header.tag)
            .iter()
            .map(|(_, record, _)| record.key)
            .collect();
        assert_eq!(keys, [b"a" as &[u8], b"c"]);
    }

    #[test]
    fn an_identity_of_a_newer_format_is_told_from_damage() {
        let mut identity = Identity {
            format: FORMAT,
            segment_bytes: 1,
            salt: 2,
            number: 3,
        };
        let mut bytes = identity.encode();
        assert_eq!(Identity::parse(&bytes), Some(identity));
        bytes[20] ^= 1;
        assert_eq!(Identity::parse(&bytes), None);
        identity.format = FORMAT + 1;
        let mut bytes = identity.encode();
        bytes[31] ^= 1;
        assert_eq!(Identity::parse(&bytes).unwrap().format, FORMAT + 1);
    }
}
