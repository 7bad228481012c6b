//! U-Boot's environment as it lies on a card: a CRC-32 and `NAME=VALUE` texts, each ended by a zero byte, an empty one behind
//! the last (U-Boot, doc/README.env and tools/mkenvimage.c, without the flag byte of its own redundant environments).

use crc::{CRC_32_ISO_HDLC, Crc};
use std::collections::BTreeMap;

static CRC: Crc<u32> = Crc::<u32>::new(&CRC_32_ISO_HDLC);

/// Bytes of the checksum in front.
const CHECKSUM: usize = 4;

/// Names and values.
pub type Variables = BTreeMap<String, String>;

/// Why bytes are no environment, or variables do not become one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BootEnvError {
    /// Cut off, worn out, or never written.
    #[error("the checksum does not fit")]
    Checksum,
    /// Something else stands where a variable is expected.
    #[error("expected NAME=VALUE, got {0:?}")]
    NotAVariable(String),
    /// A name or value that could not be read again.
    #[error(
        "the variable {0:?} can't be written: a name is not empty, has no '=', and neither has a zero byte"
    )]
    Unwritable(String),
    /// More than there is room for.
    #[error("{needed} bytes of variables do not fit into {room}")]
    TooLong {
        /// Bytes of all variables.
        needed: usize,
        /// Bytes of a copy.
        room: usize,
    },
}

/// The variables in `copy`, which is exactly as long as the environment.
///
/// # Errors
/// A checksum that does not fit, and text that is no variable.
pub fn decode(copy: &[u8]) -> Result<Variables, BootEnvError> {
    let (checksum, data) = copy
        .split_first_chunk::<CHECKSUM>()
        .ok_or(BootEnvError::Checksum)?;
    if CRC.checksum(data) != u32::from_le_bytes(*checksum) {
        return Err(BootEnvError::Checksum);
    }
    let texts = data.split(|byte| *byte == 0);
    let texts = texts.take_while(|text| !text.is_empty());
    texts.map(variable).collect()
}

fn variable(text: &[u8]) -> Result<(String, String), BootEnvError> {
    let not_one = || BootEnvError::NotAVariable(String::from_utf8_lossy(text).into_owned());
    let text = std::str::from_utf8(text).map_err(|_| not_one())?;
    let (name, value) = text.split_once('=').ok_or_else(not_one)?;
    match name {
        "" => Err(not_one()),
        _ => Ok((name.to_owned(), value.to_owned())),
    }
}

/// A copy of `size` bytes with `variables`.
///
/// # Errors
/// Variables that could not be read again, or that do not fit.
pub fn encode(variables: &Variables, size: usize) -> Result<Vec<u8>, BootEnvError> {
    let mut data = Vec::with_capacity(size);
    for (name, value) in variables {
        let has_zero = name.contains('\0') || value.contains('\0');
        if name.is_empty() || name.contains('=') || has_zero {
            return Err(BootEnvError::Unwritable(name.clone()));
        }
        data.extend_from_slice(format!("{name}={value}\0").as_bytes());
    }
    data.push(0);
    let needed = CHECKSUM + data.len();
    if needed > size {
        return Err(BootEnvError::TooLong { needed, room: size });
    }
    data.resize(size - CHECKSUM, 0);
    let mut copy = CRC.checksum(&data).to_le_bytes().to_vec();
    copy.append(&mut data);
    Ok(copy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn variables(of: &[(&str, &str)]) -> Variables {
        let of = of.iter();
        of.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    /// `printf 'BOOT_A_LEFT=3\nBOOT_ORDER=A B\n' | mkenvimage -s 64 -`: padded with 0xff, as U-Boot's tool does.
    #[test]
    fn what_u_boots_own_tool_writes_is_read() {
        let mut copy = vec![0xff; 64];
        let text = b"BOOT_A_LEFT=3\0BOOT_ORDER=A B\0\0";
        copy[..4].copy_from_slice(&[0x3b, 0xe0, 0xcf, 0x8e]);
        copy[4..4 + text.len()].copy_from_slice(text);
        let expected = variables(&[("BOOT_A_LEFT", "3"), ("BOOT_ORDER", "A B")]);
        assert_eq!(decode(&copy), Ok(expected));
    }

    #[test]
    fn what_is_no_environment_is_told_apart() {
        assert_eq!(decode(&[]), Err(BootEnvError::Checksum));
        assert_eq!(decode(&[0; 3]), Err(BootEnvError::Checksum));
        assert_eq!(decode(&[0xff; 64]), Err(BootEnvError::Checksum));
        let with_crc = |data: &[u8]| [&CRC.checksum(data).to_le_bytes(), data].concat();
        for text in [&b"no\0\0"[..], b"=x\0\0", b"\xff=x\0\0"] {
            let read = decode(&with_crc(text));
            assert!(
                matches!(read, Err(BootEnvError::NotAVariable(_))),
                "{read:?}"
            );
        }
        assert_eq!(decode(&with_crc(b"\0\xff\xff")), Ok(Variables::new()));
    }

    #[test]
    fn what_could_not_be_read_again_is_not_written() {
        for (name, value) in [("", "x"), ("a=b", "x"), ("a\0", "x"), ("a", "x\0b=c")] {
            let written = encode(&variables(&[(name, value)]), 64);
            assert!(
                matches!(written, Err(BootEnvError::Unwritable(_))),
                "{name:?}"
            );
        }
        let long = variables(&[("name", "value")]);
        assert!(encode(&long, 15).is_err());
        assert_eq!(encode(&long, 16).map(|copy| copy.len()), Ok(16));
    }

    proptest! {
        #[test]
        fn variables_survive_a_copy_and_one_wrong_bit_spoils_it(
            of in proptest::collection::btree_map("[^=\0]{1,12}", "[^\0]{0,12}", 0..8),
            bit in 0_usize..1024 * 8,
        ) {
            let mut copy = encode(&of, 1024).unwrap();
            prop_assert_eq!(decode(&copy), Ok(of));
            copy[bit / 8] ^= 1 << (bit % 8);
            prop_assert_eq!(decode(&copy), Err(BootEnvError::Checksum));
        }
    }
}
