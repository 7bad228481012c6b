//! The head of an update file: 4 KiB of text that say what follows, and a signature over them (Ed25519, RFC 8032).
//!
//! ```text
//! hearth update 1
//! version 0.2.0
//! board arm64
//! kernel BYTES SHA-256
//! root BYTES SHA-256
//! signature HEX
//! ```
//!
//! The signature covers every byte before its line. Line ends fill the head up; the kernel slot's bytes follow, then the root
//! slot's.

use data_encoding::HEXLOWER;

/// Bytes of the head.
pub const HEAD_BYTES: usize = 4096;

/// Bytes of a SHA-256.
pub const DIGEST_BYTES: usize = 32;

/// Bytes of a signature.
pub const SIGNATURE_BYTES: usize = 64;

/// Longest version, bytes.
const VERSION_MOST: usize = 32;

/// The only boards there are.
const BOARD: &str = "arm64";

/// Why a head can't be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HeadError {
    /// Another kind of file.
    #[error("expected a Hearth update, got something else")]
    NotAnUpdate,
    /// For other boards.
    #[error("expected an update for {BOARD}, got one for {0:?}")]
    OtherBoard(String),
    /// A line that is not as it must be.
    #[error("expected a line \"{0}\"")]
    Line(&'static str),
}

/// What is written to one partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its length.
    pub bytes: u64,
    /// Its SHA-256.
    pub digest: [u8; DIGEST_BYTES],
}

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head<'a> {
    /// Letters, digits, `.`, `-` and `+`.
    pub version: String,
    /// For the kernel's partition.
    pub kernel: Part,
    /// For the root's partition.
    pub root: Part,
    /// What the signature covers.
    pub signed: &'a [u8],
    /// By who built the box's software, or so it says.
    pub signature: [u8; SIGNATURE_BYTES],
}

impl Head<'_> {
    /// Reads a head; whether its signature holds is the caller's to find out, before anything else.
    ///
    /// # Errors
    /// What is no head of this kind.
    pub fn read(block: &[u8; HEAD_BYTES]) -> Result<Head<'_>, HeadError> {
        let text = block
            .starts_with(b"hearth update 1\n")
            .then(|| std::str::from_utf8(block).ok())
            .flatten()
            .ok_or(HeadError::NotAnUpdate)?;
        let mut lines = text.lines().skip(1);
        let mut line = |form: &'static str| {
            let name = form.split(' ').next().unwrap_or_default();
            let value = lines
                .next()
                .and_then(|line| line.strip_prefix(name)?.strip_prefix(' '));
            value.ok_or(HeadError::Line(form))
        };
        let version = line("version VERSION")?;
        let board = line("board BOARD")?;
        let kernel = part(line(KERNEL)?).ok_or(HeadError::Line(KERNEL))?;
        let root = part(line(ROOT)?).ok_or(HeadError::Line(ROOT))?;
        let signature = bytes(line(SIGNATURE)?).ok_or(HeadError::Line(SIGNATURE))?;
        if !is_version(version) {
            return Err(HeadError::Line("version VERSION"));
        }
        if board != BOARD {
            return Err(HeadError::OtherBoard(board.to_owned()));
        }
        // The five lines were there, so the last one begins somewhere.
        let signed = text.find("\nsignature ").map_or(0, |at| at + 1);
        Ok(Head {
            version: version.to_owned(),
            kernel,
            root,
            signed: block.get(..signed).unwrap_or_default(),
            signature,
        })
    }
}

const KERNEL: &str = "kernel BYTES SHA-256";
const ROOT: &str = "root BYTES SHA-256";
const SIGNATURE: &str = "signature HEX";

fn is_version(text: &str) -> bool {
    let letter = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'+');
    (1..=VERSION_MOST).contains(&text.len()) && text.bytes().all(letter)
}

fn part(text: &str) -> Option<Part> {
    let (length, digest) = text.split_once(' ')?;
    let length = length.parse().ok().filter(|bytes| *bytes > 0)?;
    Some(Part {
        bytes: length,
        digest: bytes(digest)?,
    })
}

fn bytes<const N: usize>(hex: &str) -> Option<[u8; N]> {
    HEXLOWER.decode(hex.as_bytes()).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn block(text: &str) -> [u8; HEAD_BYTES] {
        let mut block = [b'\n'; HEAD_BYTES];
        block[..text.len()].copy_from_slice(text.as_bytes());
        block
    }

    fn lines(version: &str, kernel: u64, root: u64) -> String {
        let (a, b) = ("ab".repeat(32), "cd".repeat(32));
        format!(
            "hearth update 1\nversion {version}\nboard arm64\nkernel {kernel} {a}\nroot {root} {b}\n"
        )
    }

    fn signed(lines: &str) -> String {
        format!("{lines}signature {}\n", "0f".repeat(64))
    }

    #[test]
    fn a_head_says_what_follows_and_what_is_signed() {
        let lines = lines("1.2.0-rc.1+x", 5, u64::MAX);
        let block = block(&signed(&lines));
        let head = Head::read(&block).unwrap();
        assert_eq!(head.version, "1.2.0-rc.1+x");
        assert_eq!((head.kernel.bytes, head.root.bytes), (5, u64::MAX));
        assert_eq!(
            (head.kernel.digest, head.root.digest),
            ([0xab; 32], [0xcd; 32])
        );
        assert_eq!(head.signed, lines.as_bytes());
        assert_eq!(head.signature, [0x0f; 64]);
    }

    #[test]
    fn what_is_not_as_it_must_be_is_told_apart() {
        let read = |text: &str| Head::read(&block(text)).map(drop).unwrap_err();
        assert_eq!(read("PK\x03\x04"), HeadError::NotAnUpdate);
        assert_eq!(read("hearth update 10\n"), HeadError::NotAnUpdate);
        assert_eq!(read(&lines("1", 1, 1)), HeadError::Line(SIGNATURE));
        assert_eq!(read(&signed(&lines("1", 0, 1))), HeadError::Line(KERNEL));
        assert_eq!(
            read(&signed(&lines("1 2", 1, 1))),
            HeadError::Line("version VERSION")
        );
        let other = signed(&lines("1", 1, 1)).replace("arm64", "riscv");
        assert_eq!(read(&other), HeadError::OtherBoard("riscv".into()));
        let cut = signed(&lines("1", 1, 1)).replace("cdcd", "cd");
        assert_eq!(read(&cut), HeadError::Line(ROOT));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(mut text in proptest::collection::vec(any::<u8>(), 0..300), keep in 0_usize..400) {
            let whole = signed(&lines("1", 1, 1)).into_bytes();
            let mut bytes = whole[..keep.min(whole.len())].to_vec();
            bytes.append(&mut text);
            let mut block = [b'\n'; HEAD_BYTES];
            block[..bytes.len()].copy_from_slice(&bytes);
            if let Ok(head) = Head::read(&block) {
                prop_assert!(block.starts_with(head.signed) && head.signed.ends_with(b"\n"));
            }
        }
    }
}
