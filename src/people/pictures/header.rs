//! Kind and size of a picture from its header: JPEG (ITU-T T.81, B.2.2), PNG (ISO/IEC 15948, 11.2.2), WebP (RFC 9649, 2.5 to 2.7).

use super::PictureKind;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR";

/// Kind, width and height; None if this is none of the three, or cut short.
pub(super) fn read(bytes: &[u8]) -> Option<(PictureKind, u32, u32)> {
    if let Some(rest) = bytes.strip_prefix(PNG) {
        let (width, height) = (be32(rest, 0)?, be32(rest, 4)?);
        return Some((PictureKind::Png, width, height));
    }
    if let Some(rest) = bytes.strip_prefix(b"\xff\xd8") {
        let (width, height) = jpeg(rest)?;
        return Some((PictureKind::Jpeg, width, height));
    }
    let rest = bytes
        .strip_prefix(b"RIFF")?
        .get(4..)?
        .strip_prefix(b"WEBP")?;
    let (width, height) = webp(rest)?;
    Some((PictureKind::Webp, width, height))
}

/// Walks the marker segments to the frame header.
fn jpeg(mut rest: &[u8]) -> Option<(u32, u32)> {
    loop {
        rest = rest.strip_prefix(b"\xff")?;
        let (marker, after) = rest.split_first()?;
        match marker {
            // Fill bytes.
            0xff => continue,
            // SOF0 to SOF15, without DHT, JPG and DAC, which share their range.
            0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => {
                return Some((be16(after, 5)?, be16(after, 3)?));
            }
            // What has a length may come before the frame; anything else may not.
            0xc4 | 0xcc | 0xda..=0xfe if *marker != 0xda => {
                let length = usize::try_from(be16(after, 0)?).ok()?;
                rest = after.get(length.max(2)..)?;
            }
            _ => return None,
        }
    }
}

fn webp(rest: &[u8]) -> Option<(u32, u32)> {
    let data = rest.get(8..)?;
    match rest.get(..4)? {
        b"VP8X" => Some((le24(data, 4)? + 1, le24(data, 7)? + 1)),
        b"VP8L" if data.first() == Some(&0x2f) => {
            let bits = le24(data, 1)? | u32::from(*data.get(4)?) << 24;
            Some(((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1))
        }
        b"VP8 " if data.get(3..6) == Some(b"\x9d\x01\x2a") => {
            Some((le16(data, 6)? & 0x3fff, le16(data, 8)? & 0x3fff))
        }
        _ => None,
    }
}

fn at<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk::<N>().copied()
}

fn be32(bytes: &[u8], from: usize) -> Option<u32> {
    at(bytes, from).map(u32::from_be_bytes)
}

fn be16(bytes: &[u8], from: usize) -> Option<u32> {
    at(bytes, from).map(u16::from_be_bytes).map(u32::from)
}

fn le16(bytes: &[u8], from: usize) -> Option<u32> {
    at(bytes, from).map(u16::from_le_bytes).map(u32::from)
}

fn le24(bytes: &[u8], from: usize) -> Option<u32> {
    let [a, b, c] = at(bytes, from)?;
    Some(u32::from_le_bytes([a, b, c, 0]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn png(width: u32, height: u32) -> Vec<u8> {
        [
            PNG,
            &width.to_be_bytes(),
            &height.to_be_bytes(),
            &[8, 6, 0, 0, 0],
        ]
        .concat()
    }

    /// SOI, APP0, DQT, fill bytes, and a frame header of 200 × 100 with this marker.
    fn jpeg(sof: u8) -> Vec<u8> {
        let start = b"\xff\xd8\xff\xe0\0\x04ab\xff\xdb\0\x03q\xff\xff\xff";
        [&start[..], &[sof], b"\0\x0b\x08\0\x64\0\xc8\x01\x01\x11\0"].concat()
    }

    fn webp(kind: &[u8], data: &[u8]) -> Vec<u8> {
        [b"RIFF\0\0\0\0WEBP", kind, b"\x0a\0\0\0", data].concat()
    }

    #[test]
    fn the_three_kinds_tell_their_size() {
        assert_eq!(read(&png(640, 480)), Some((PictureKind::Png, 640, 480)));
        for sof in [0xc0, 0xc1, 0xc2] {
            assert_eq!(read(&jpeg(sof)), Some((PictureKind::Jpeg, 200, 100)));
        }
        for (kind, data) in [
            (&b"VP8X"[..], &b"\0\0\0\0\xc7\0\0\x63\0\0"[..]),
            (b"VP8L", &[0x2f, 0xc7, 0xc0, 0x18, 0x00]),
            (b"VP8 ", b"\0\0\0\x9d\x01\x2a\xc8\0\x64\0"),
        ] {
            let found = read(&webp(kind, data));
            assert_eq!(found, Some((PictureKind::Webp, 200, 100)), "{kind:?}");
        }
    }

    #[test]
    fn other_files_are_no_pictures_whatever_they_are_called() {
        for bytes in [
            &b""[..],
            b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>",
            b"GIF89a\x01\0\x01\0",
            b"\xff\xd8\xff\xd9",
            b"\xff\xd8\xff\xda\0\x02\xff\xc0\0\x0b\x08\0\x64\0\xc8",
            b"RIFF\0\0\0\0WAVEfmt ",
        ] {
            assert_eq!(read(bytes), None);
        }
        for whole in [png(2, 2), jpeg(0xc0)] {
            assert_eq!(read(&whole[..15]), None);
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(
            start in prop_oneof![
                Just(PNG.to_vec()), Just(b"\xff\xd8\xff".to_vec()), Just(webp(b"VP8X", b"")), Just(Vec::new())
            ],
            rest in proptest::collection::vec(any::<u8>(), 0..64),
        ) {
            let _ = read(&[start, rest].concat());
        }
    }
}
