//! Writing and walking MP4 boxes: u32 size, four characters, payload.
use super::Fmp4Error;
use bytes::{BufMut, BytesMut};

/// Appends one box; the payload is what `body` appends, the size is filled in afterwards.
pub(super) fn write_box(out: &mut BytesMut, kind: [u8; 4], body: impl FnOnce(&mut BytesMut)) {
    let start = out.len();
    out.put_u32(0);
    out.put_slice(&kind);
    body(out);
    let size = to_u32(out.len() - start);
    if let Some(field) = out.get_mut(start..start + 4) {
        field.copy_from_slice(&size.to_be_bytes());
    }
}

/// Appends one FullBox: a box whose payload begins with a version and 24 flag bits.
pub(super) fn write_full_box(
    out: &mut BytesMut,
    kind: [u8; 4],
    version: u8,
    flags: u32,
    body: impl FnOnce(&mut BytesMut),
) {
    write_box(out, kind, |out| {
        out.put_u32(u32::from(version) << 24 | flags & 0x00ff_ffff);
        body(out);
    });
}

/// A length as MP4 counts it. Nothing here comes near 4 GiB: fragments are bounded long before.
pub(super) fn to_u32(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// Takes the first box off `rest`: its kind and payload. `within` names the place for errors.
pub(super) fn next_box<'a>(
    rest: &mut &'a [u8],
    within: &'static str,
) -> Result<([u8; 4], &'a [u8]), Fmp4Error> {
    let size = take_u32(&mut { *rest }, within)? as usize;
    let (whole, tail) = rest
        .split_at_checked(size)
        .ok_or(Fmp4Error::Short(within))?;
    let (header, payload) = whole.split_at_checked(8).ok_or(Fmp4Error::Size {
        within,
        size: to_u32(size),
    })?;
    *rest = tail;
    let mut kind = [0; 4];
    kind.copy_from_slice(header.get(4..8).ok_or(Fmp4Error::Short(within))?);
    Ok((kind, payload))
}

/// Takes a big-endian u32 off `rest`.
pub(super) fn take_u32(rest: &mut &[u8], within: &'static str) -> Result<u32, Fmp4Error> {
    let (field, tail) = rest
        .split_first_chunk::<4>()
        .ok_or(Fmp4Error::Short(within))?;
    *rest = tail;
    Ok(u32::from_be_bytes(*field))
}

/// Takes a big-endian u64 off `rest`.
pub(super) fn take_u64(rest: &mut &[u8], within: &'static str) -> Result<u64, Fmp4Error> {
    let (field, tail) = rest
        .split_first_chunk::<8>()
        .ok_or(Fmp4Error::Short(within))?;
    *rest = tail;
    Ok(u64::from_be_bytes(*field))
}

/// Takes a FullBox's version and flags off `rest`: the version in the top eight bits.
pub(super) fn expect_version_flags(
    rest: &mut &[u8],
    within: &'static str,
    expected: u32,
) -> Result<(), Fmp4Error> {
    let found = take_u32(rest, within)?;
    if found == expected {
        return Ok(());
    }
    Err(Fmp4Error::Form {
        within,
        expected,
        found,
    })
}
