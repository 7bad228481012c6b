//! ZIP archives without compression (APPNOTE 6.3, method "stored"): for the few small files that people download together.

use bytes::BufMut;
use crc::{CRC_32_ISO_HDLC, Crc};

static CRC: Crc<u32> = Crc::<u32>::new(&CRC_32_ISO_HDLC);

const LOCAL: u32 = 0x0403_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
/// Version 2.0: folders in names.
const VERSION: u16 = 20;
/// Names are UTF-8 (bit 11).
const UTF8: u16 = 1 << 11;
/// 1980-01-01, the format's first day: the box's own date is a guess.
const DATE: u16 = 0x21;

/// The archive of `files`: path with `/` and content each. What would pass 4 GiB or 65,535 files is left out.
pub fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut archive, mut directory, mut count) = (Vec::new(), Vec::new(), 0_u16);
    for (name, content) in files.iter().take(u16::MAX.into()) {
        let (Ok(length), Ok(name_length), Ok(offset)) = (
            u32::try_from(content.len()),
            u16::try_from(name.len()),
            u32::try_from(archive.len()),
        ) else {
            continue;
        };
        let mut fields = Vec::with_capacity(26);
        fields.put_u16_le(VERSION);
        fields.put_u16_le(UTF8);
        fields.put_u16_le(0);
        fields.put_u16_le(0);
        fields.put_u16_le(DATE);
        fields.put_u32_le(CRC.checksum(content));
        fields.put_u32_le(length);
        fields.put_u32_le(length);
        fields.put_u16_le(name_length);
        fields.put_u16_le(0);
        archive.put_u32_le(LOCAL);
        archive.extend(&fields);
        archive.extend(name.bytes());
        archive.extend(*content);
        directory.put_u32_le(CENTRAL);
        directory.put_u16_le(VERSION);
        directory.extend(&fields);
        directory.put_bytes(0, 10);
        directory.put_u32_le(offset);
        directory.extend(name.bytes());
        count += 1;
    }
    let (start, size) = (archive.len(), directory.len());
    archive.append(&mut directory);
    archive.put_u32_le(END);
    archive.put_u32_le(0);
    archive.put_u16_le(count);
    archive.put_u16_le(count);
    archive.put_u32_le(u32::try_from(size).unwrap_or(u32::MAX));
    archive.put_u32_le(u32::try_from(start).unwrap_or(u32::MAX));
    archive.put_u16_le(0);
    archive
}

#[cfg(test)]
mod tests {
    use super::*;

    fn u32_at(bytes: &[u8], at: usize) -> usize {
        u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize
    }

    /// Reads an archive by its directory, as programs do.
    fn unzip(archive: &[u8]) -> Vec<(String, Vec<u8>)> {
        let end = archive.len() - 22;
        assert_eq!(u32_at(archive, end), END as usize);
        let mut at = u32_at(archive, end + 16);
        let mut files = Vec::new();
        while at < end {
            assert_eq!(u32_at(archive, at), CENTRAL as usize);
            let (length, named) = (u32_at(archive, at + 24), u32_at(archive, at + 28) & 0xFFFF);
            let local = u32_at(archive, at + 42);
            assert_eq!(u32_at(archive, local), LOCAL as usize);
            assert_eq!(archive[local + 4..local + 30], archive[at + 6..at + 32]);
            let name = &archive[local + 30..local + 30 + named];
            let content = &archive[local + 30 + named..][..length];
            assert_eq!(u32_at(archive, at + 16), CRC.checksum(content) as usize);
            files.push((String::from_utf8(name.to_vec()).unwrap(), content.to_vec()));
            at += 46 + named;
        }
        files
    }

    #[test]
    fn files_come_back_as_they_were() {
        let files: [(&str, &[u8]); 3] = [("a/b.ini", b"[General]\n"), ("empty", b""), ("ü", b"x")];
        let read = unzip(&zip(&files));
        let expected = files.map(|(name, content)| (name.to_owned(), content.to_vec()));
        assert_eq!(read, expected);
        assert_eq!(unzip(&zip(&[])), []);
    }
}
