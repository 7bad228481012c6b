//! Names of a session's files: `i{tag}-{number}.mp4`, `s{tag}-{sequence}.m4s` and `p{tag}-{number}.m4s`, never used twice, so they
//! may be immutable. Parts are numbered over the session: the next one's name is known whatever segment it will be in.
use std::num::NonZeroU32;

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Name {
    /// Init segment by its number.
    Init(u32),
    /// Segment by its media sequence number.
    Segment(u64),
    /// Part by its number.
    Part(NonZeroU32),
}

pub(super) fn init_name(tag: u32, number: u32) -> String {
    format!("i{tag:08x}-{number}.mp4")
}

pub(super) fn segment_name(tag: u32, sequence: u64) -> String {
    format!("s{tag:08x}-{sequence}.m4s")
}

pub(super) fn part_name(tag: u32, number: NonZeroU32) -> String {
    format!("p{tag:08x}-{number}.m4s")
}

/// Reads a name of the session `tag`; takes nothing but what the functions above write.
pub(super) fn parse(tag: u32, name: &str) -> Option<Name> {
    let (kind, rest) = name.split_at_checked(1)?;
    let (hex, rest) = rest.split_at_checked(8)?;
    if !is_tag(hex, tag) {
        return None;
    }
    let number = rest.strip_prefix('-')?;
    match kind {
        "i" => decimal(number.strip_suffix(".mp4")?)?
            .try_into()
            .ok()
            .map(Name::Init),
        "s" => decimal(number.strip_suffix(".m4s")?).map(Name::Segment),
        "p" => u32::try_from(decimal(number.strip_suffix(".m4s")?)?)
            .ok()
            .and_then(NonZeroU32::new)
            .map(Name::Part),
        _ => None,
    }
}

fn is_tag(hex: &str, tag: u32) -> bool {
    let is_lower_hex = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
    hex.bytes().all(is_lower_hex) && u32::from_str_radix(hex, 16) == Ok(tag)
}

fn decimal(digits: &str) -> Option<u64> {
    let has_leading_zero = digits.len() > 1 && digits.starts_with('0');
    let is_decimal = digits.bytes().all(|b| b.is_ascii_digit());
    (is_decimal && !has_leading_zero)
        .then(|| digits.parse().ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for number in [0, 9, 10, u64::MAX] {
            let name = segment_name(0x0badcafe, number);
            assert_eq!(parse(0x0badcafe, &name), Some(Name::Segment(number)));
        }
        for number in [1, 10, u32::MAX].map(|n| NonZeroU32::new(n).unwrap()) {
            let name = part_name(0x0badcafe, number);
            assert_eq!(parse(0x0badcafe, &name), Some(Name::Part(number)));
        }
        let name = init_name(7, u32::MAX);
        assert_eq!(name, "i00000007-4294967295.mp4");
        assert_eq!(parse(7, &name), Some(Name::Init(u32::MAX)));
    }

    #[test]
    fn another_spelling_of_a_name_is_no_name() {
        for name in [
            "",
            "s",
            "s0badcafe",
            "s0badcafe-",
            "s0badcafe-.m4s",
            "s0badcafe-1",
            "s0badcafe-1.mp4",
            "i0badcafe-1.m4s",
            "s0badcaff-1.m4s",
            "s0BADCAFE-1.m4s",
            "s+badcafe-1.m4s",
            "sbadcafe-1.m4s",
            "s0badcafe-01.m4s",
            "s0badcafe-+1.m4s",
            "s0badcafe--1.m4s",
            "s0badcafe-1.m4s ",
            "s0badcafe-1.m4s/",
            "s0badcafe-18446744073709551616.m4s",
            "i0badcafe-4294967296.mp4",
            "p0badcafe-0.m4s",
            "p0badcafe-01.m4s",
            "p0badcafe-4294967296.m4s",
            "x0badcafe-1.m4s",
            "sébadcaf-1.m4s",
            "é0badcafe-1.m4s",
        ] {
            assert_eq!(parse(0x0badcafe, name), None, "{name}");
        }
    }
}
