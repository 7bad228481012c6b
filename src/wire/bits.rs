//! Bits, most significant first, as parameter sets and AAC frames are written in them.

/// Reads bits from bytes. Every method gives None at the end.
#[derive(Clone, Debug)]
pub struct BitReader<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> BitReader<'a> {
    /// From the first bit of `bytes`.
    pub fn new(bytes: &'a [u8]) -> BitReader<'a> {
        BitReader { bytes, position: 0 }
    }

    /// Bits left.
    pub fn remaining(&self) -> usize {
        self.bytes.len() * 8 - self.position
    }

    /// The next `count` (at most 32) bits as a number.
    pub fn bits(&mut self, count: u32) -> Option<u32> {
        (0..count).try_fold(0, |value: u32, _| Some(value << 1 | self.bit()?))
    }

    /// The next bit as a truth value.
    pub fn flag(&mut self) -> Option<bool> {
        self.bit().map(|bit| bit == 1)
    }

    /// Passes over `count` bits.
    pub fn skip(&mut self, count: usize) -> Option<()> {
        self.position = self
            .position
            .checked_add(count)
            .filter(|position| *position <= self.bytes.len() * 8)?;
        Some(())
    }

    /// Passes over the rest of a byte that has been begun.
    pub fn align(&mut self) {
        self.position = self.position.next_multiple_of(8);
    }

    /// Unsigned Exp-Golomb, ue(v) of ISO/IEC 14496-10 §9.1; None also for codes of more than 32 bits.
    pub fn ue(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while !self.flag()? {
            zeros += 1;
        }
        if zeros > 31 {
            return None;
        }
        Some((1 << zeros) - 1 + self.bits(zeros)?)
    }

    /// Signed Exp-Golomb, se(v).
    pub fn se(&mut self) -> Option<i64> {
        let code = i64::from(self.ue()?);
        Some(if code % 2 == 1 {
            code / 2 + 1
        } else {
            -(code / 2)
        })
    }

    fn bit(&mut self) -> Option<u32> {
        let byte = self.bytes.get(self.position / 8)?;
        let bit = byte >> (7 - self.position % 8) & 1;
        self.position += 1;
        Some(bit.into())
    }
}

/// Writes bits.
#[derive(Clone, Debug, Default)]
pub struct BitWriter {
    bytes: Vec<u8>,
    used: usize,
}

impl BitWriter {
    /// An empty writer.
    pub fn new() -> BitWriter {
        BitWriter::default()
    }

    /// The lowest `count` (at most 32) bits of `value`.
    pub fn put(&mut self, value: u32, count: u32) {
        for index in (0..count.min(32)).rev() {
            self.bit((value >> index & 1) as u8);
        }
    }

    /// What was written, filled up with zeros to a whole byte.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    fn bit(&mut self, bit: u8) {
        if self.used.is_multiple_of(8) {
            self.bytes.push(0);
        }
        if let Some(last) = self.bytes.last_mut() {
            *last |= bit << (7 - self.used % 8);
        }
        self.used += 1;
    }
}

/// A NAL unit's payload without emulation prevention bytes (ISO/IEC 14496-10 §7.4.1): 00 00 03 becomes 00 00.
pub fn unescape(nal: &[u8]) -> Vec<u8> {
    let mut payload = Vec::with_capacity(nal.len());
    let mut zeros = 0;
    for &byte in nal {
        if zeros >= 2 && byte == 3 {
            zeros = 0;
            continue;
        }
        zeros = if byte == 0 { zeros + 1 } else { 0 };
        payload.push(byte);
    }
    payload
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn written_bits_are_read_back(fields in proptest::collection::vec((any::<u32>(), 1u32..=32), 0..40)) {
            let mut writer = BitWriter::new();
            fields.iter().for_each(|(value, count)| writer.put(*value, *count));
            let bytes = writer.into_bytes();
            let mut reader = BitReader::new(&bytes);
            for (value, count) in fields {
                prop_assert_eq!(reader.bits(count), Some(value & (u32::MAX >> (32 - count))));
            }
            prop_assert!(reader.remaining() < 8);
        }
    }

    #[test]
    fn exp_golomb_codes_are_those_of_the_specification() {
        // 1 010 011 00100 00101
        let mut reader = BitReader::new(&[0b1010_0110, 0b0100_0010, 0b1000_0000]);
        let codes: Vec<_> = (0..5).map(|_| reader.ue().unwrap()).collect();
        assert_eq!(codes, [0, 1, 2, 3, 4]);
        let mut reader = BitReader::new(&[0b1010_0110, 0b0100_0010, 0b1000_0000]);
        let codes: Vec<_> = (0..5).map(|_| reader.se().unwrap()).collect();
        assert_eq!(codes, [0, 1, -1, 2, -2]);
    }

    #[test]
    fn endless_zeros_are_no_code() {
        assert_eq!(BitReader::new(&[0; 40]).ue(), None);
        assert_eq!(
            BitReader::new(&[0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]).ue(),
            None
        );
        assert_eq!(
            BitReader::new(&[0, 0, 0, 1, 0xFF, 0xFF, 0xFF, 0xFF]).ue(),
            Some(0xFFFF_FFFE)
        );
    }

    #[test]
    fn emulation_prevention_is_removed_once_each() {
        assert_eq!(
            unescape(&[0, 0, 3, 0, 0, 3, 3, 0, 3]),
            [0, 0, 0, 0, 3, 0, 3]
        );
    }
}
