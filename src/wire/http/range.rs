//! `Range`, RFC 9110 section 14: one range is honoured, everything else gets the whole.

/// What of a resource to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// All of it: no range, several, or one that is no range.
    Whole,
    /// `len` bytes from `first`; `len` is above zero.
    Part {
        /// Offset of the first byte.
        first: u64,
        /// Bytes.
        len: u64,
    },
    /// A range that begins past the end: 416.
    Beyond,
}

impl Span {
    /// What the field value `range` means for a resource of `len` bytes.
    pub fn resolve(range: Option<&[u8]>, len: u64) -> Span {
        range
            .and_then(|value| single(value, len))
            .unwrap_or(Span::Whole)
    }
}

fn single(value: &[u8], len: u64) -> Option<Span> {
    let text = str::from_utf8(value).ok()?;
    let (unit, set) = text.split_once('=')?;
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return None;
    }
    let (first, last) = set.trim().split_once('-')?;
    match (first.trim(), last.trim()) {
        ("", suffix) => Some(last_bytes(number(suffix)?, len)),
        (first, "") => Some(from_to(number(first)?, u64::MAX, len)),
        (first, last) => {
            let (first, last) = (number(first)?, number(last)?);
            (first <= last).then(|| from_to(first, last, len))
        }
    }
}

fn last_bytes(suffix: u64, len: u64) -> Span {
    match suffix.min(len) {
        0 => Span::Beyond,
        part => Span::Part {
            first: len - part,
            len: part,
        },
    }
}

fn from_to(first: u64, last: u64, len: u64) -> Span {
    if first >= len {
        return Span::Beyond;
    }
    Span::Part {
        first,
        len: last.min(len - 1) - first + 1,
    }
}

/// Decimal digits only; what does not fit is as good as infinite.
fn number(text: &str) -> Option<u64> {
    (!text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()))
        .then(|| text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Span {
        Span::resolve(Some(text.as_bytes()), 1000)
    }

    fn part(first: u64, len: u64) -> Span {
        Span::Part { first, len }
    }

    #[test]
    fn one_range_is_cut_to_the_resource() {
        assert_eq!(of("bytes=0-0"), part(0, 1));
        assert_eq!(of("bytes=0-"), part(0, 1000));
        assert_eq!(of("Bytes=10-19"), part(10, 10));
        assert_eq!(of("bytes=990-5000"), part(990, 10));
        assert_eq!(of("bytes=990-99999999999999999999999"), part(990, 10));
        assert_eq!(of("bytes=-1"), part(999, 1));
        assert_eq!(of("bytes=-5000"), part(0, 1000));
        assert_eq!(of("bytes = 5 - 6 "), part(5, 2));
    }

    #[test]
    fn past_the_end_is_not_satisfiable() {
        for text in [
            "bytes=1000-",
            "bytes=1000-2000",
            "bytes=-0",
            "bytes=99999999999999999999999-",
        ] {
            assert_eq!(of(text), Span::Beyond, "{text}");
        }
        assert_eq!(Span::resolve(Some(b"bytes=0-"), 0), Span::Beyond);
        assert_eq!(Span::resolve(Some(b"bytes=-1"), 0), Span::Beyond);
    }

    #[test]
    fn what_is_no_single_range_gets_the_whole() {
        for text in [
            "",
            "bytes",
            "bytes=",
            "bytes=-",
            "bytes=5",
            "bytes=0-1,5-6",
            "bytes=9-5",
            "items=0-1",
            "bytes=a-b",
            "bytes=+1-2",
            "bytes=1--2",
            "bytes=0x1-2",
        ] {
            assert_eq!(of(text), Span::Whole, "{text}");
        }
        assert_eq!(Span::resolve(None, 1000), Span::Whole);
        assert_eq!(Span::resolve(Some(&[0xff]), 1000), Span::Whole);
    }
}
