//! NAL units: their types, and the two ways in which they are strung together.
use super::AvcError;
use crate::limits::rtmp::MAX_NAL_UNITS;
use std::ops::Range;

/// nal_unit_type (ISO/IEC 14496-10 table 7-1) of what is treated here.
pub(super) const IDR: u8 = 5;
pub(super) const SPS: u8 = 7;
pub(super) const PPS: u8 = 8;
pub(super) const ACCESS_UNIT_DELIMITER: u8 = 9;
pub(super) const END_OF_SEQUENCE: u8 = 10;
pub(super) const END_OF_STREAM: u8 = 11;
pub(super) const FILLER: u8 = 12;

/// The type in a NAL unit's first byte; 0 for an empty one.
pub(super) fn nal_type(nal: &[u8]) -> u8 {
    nal.first().map_or(0, |header| header & 0x1F)
}

/// NAL units of an MP4 access unit (4-byte prefixes), without their prefixes. Stops at the first violation.
pub fn nal_units(data: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = data;
    std::iter::from_fn(move || {
        let (prefix, tail) = rest.split_at_checked(4)?;
        let length = u32::from_be_bytes(prefix.try_into().ok()?) as usize;
        let (nal, tail) = tail.split_at_checked(length)?;
        rest = tail;
        Some(nal)
    })
}

/// Where the NAL units of a message lie, their prefixes of `size` bytes not included.
pub(super) fn split_prefixed(data: &[u8], size: usize) -> Result<Vec<Range<usize>>, AvcError> {
    let mut units = Vec::new();
    let mut at = 0;
    while at < data.len() {
        let start = at + size;
        let prefix = data
            .get(at..start)
            .ok_or(AvcError::Short("a NAL unit's length"))?;
        let length = prefix
            .iter()
            .fold(0, |length: usize, byte| length << 8 | usize::from(*byte));
        let left = data.len() - start;
        if length == 0 || length > left {
            return Err(AvcError::NalLength { length, left });
        }
        at = start + length;
        push(&mut units, start..at)?;
    }
    Ok(units)
}

/// Where the NAL units of an Annex B byte stream lie, start codes and trailing zeros not included.
pub(super) fn split_annex_b(data: &[u8]) -> Result<Vec<Range<usize>>, AvcError> {
    let mut units = Vec::new();
    let mut start = None;
    let codes = data
        .windows(3)
        .enumerate()
        .filter(|(_, window)| *window == [0, 0, 1])
        .map(|(at, _)| at);
    for code in codes.chain([data.len()]) {
        if let Some(start) = start {
            let unit = data.get(start..code).unwrap_or(&[]);
            let zeros = unit.iter().rev().take_while(|byte| **byte == 0).count();
            if unit.len() > zeros {
                push(&mut units, start..code - zeros)?;
            }
        }
        start = Some(code + 3);
    }
    Ok(units)
}

fn push(units: &mut Vec<Range<usize>>, unit: Range<usize>) -> Result<(), AvcError> {
    if units.len() >= MAX_NAL_UNITS {
        return Err(AvcError::TooManyNalUnits);
    }
    units.push(unit);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn start_codes_of_three_and_four_bytes_end_a_unit() {
        let data = [
            0, 0, 0, 1, 9, 0xF0, 0, 0, 1, 0x65, 0xAA, 0, 0, 0, 0, 1, 0x41, 0,
        ];
        assert_eq!(split_annex_b(&data).unwrap(), [4..6, 9..11, 16..17]);
    }

    #[test]
    fn more_units_than_slices_are_refused() {
        let data = [0, 0, 0, 1, 0x41].repeat(MAX_NAL_UNITS + 1);
        assert_eq!(split_prefixed(&data, 4), Err(AvcError::TooManyNalUnits));
        assert_eq!(split_annex_b(&data), Err(AvcError::TooManyNalUnits));
    }
}
