//! The query of a media playlist's URL: delivery directives of draft-pantos-hls-rfc8216bis §6.2.5, and `plain`.

/// What a player asks of a playlist beside its name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HlsQuery {
    /// `_HLS_msn`: a media sequence number that the playlist must have reached.
    pub msn: Option<u64>,
    /// `_HLS_part`: a part of that segment, counted from 0. Never without `msn`.
    pub part: Option<u64>,
    /// `_HLS_skip=YES` or `v2`: older segments may be left out.
    pub skip: bool,
    /// `plain=1`: whole segments alone, without anything of low latency. The directives mean nothing then.
    pub plain: bool,
}

/// Why directives are refused: each of these is a 400.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HlsQueryError {
    /// `_HLS_msn` or `_HLS_part` is no decimal number of 64 bits.
    #[error("expected decimal numbers in _HLS_msn and _HLS_part")]
    Number,
    /// A directive came twice.
    #[error("expected each directive once")]
    Repeated,
    /// `_HLS_part` came alone.
    #[error("expected _HLS_msn beside _HLS_part")]
    PartAlone,
}

impl HlsQuery {
    /// Reads a query as it stands in a URL, without `?`. What it does not know is ignored.
    ///
    /// # Errors
    /// Only where the directives count: a plain list has none.
    pub fn parse(query: &str) -> Result<HlsQuery, HlsQueryError> {
        let pairs = || {
            query
                .split('&')
                .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        };
        if pairs().any(|pair| pair == ("plain", "1")) {
            return Ok(HlsQuery {
                plain: true,
                ..HlsQuery::default()
            });
        }
        let skip = once(pairs(), "_HLS_skip")?;
        let read = HlsQuery {
            msn: once(pairs(), "_HLS_msn")?.map(decimal).transpose()?,
            part: once(pairs(), "_HLS_part")?.map(decimal).transpose()?,
            skip: matches!(skip, Some("YES" | "v2")),
            plain: false,
        };
        match (read.msn, read.part) {
            (None, Some(_)) => Err(HlsQueryError::PartAlone),
            _ => Ok(read),
        }
    }
}

fn once<'q>(
    mut pairs: impl Iterator<Item = (&'q str, &'q str)>,
    name: &str,
) -> Result<Option<&'q str>, HlsQueryError> {
    let value = pairs.find(|(key, _)| *key == name).map(|(_, value)| value);
    match pairs.any(|(key, _)| key == name) {
        true => Err(HlsQueryError::Repeated),
        false => Ok(value),
    }
}

fn decimal(text: &str) -> Result<u64, HlsQueryError> {
    let is_decimal = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_decimal
        .then(|| text.parse().ok())
        .flatten()
        .ok_or(HlsQueryError::Number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn directives_are_read_in_any_order_among_others() {
        let all = HlsQuery::parse("_HLS_skip=v2&x=1&_HLS_part=0&_HLS_push=1&&_HLS_msn=007&plain=0");
        let expected = HlsQuery {
            msn: Some(7),
            part: Some(0),
            skip: true,
            plain: false,
        };
        assert_eq!(all, Ok(expected));
        for nothing in [
            "",
            "a",
            "plain",
            "plain=yes",
            "_HLS_skip=NO",
            "_hls_msn=1",
            "_HLS_report=x",
        ] {
            assert_eq!(
                HlsQuery::parse(nothing),
                Ok(HlsQuery::default()),
                "{nothing}"
            );
        }
    }

    #[test]
    fn what_no_player_may_send_is_refused() {
        use HlsQueryError::{Number, PartAlone, Repeated};
        for (query, error) in [
            ("_HLS_msn=", Number),
            ("_HLS_msn", Number),
            ("_HLS_msn=-1", Number),
            ("_HLS_msn=+1", Number),
            ("_HLS_msn=1.0", Number),
            ("_HLS_msn=0x1", Number),
            ("_HLS_msn=%31", Number),
            ("_HLS_msn=18446744073709551616", Number),
            ("_HLS_msn=1&_HLS_part=", Number),
            ("_HLS_msn=1&_HLS_part=x", Number),
            ("_HLS_msn=1&_HLS_msn=1", Repeated),
            ("_HLS_msn=1&_HLS_part=1&_HLS_part=2", Repeated),
            ("_HLS_skip=YES&_HLS_skip=YES", Repeated),
            ("_HLS_part=1", PartAlone),
        ] {
            assert_eq!(HlsQuery::parse(query), Err(error), "{query}");
        }
    }

    #[test]
    fn a_plain_list_has_no_directives() {
        for query in [
            "plain=1",
            "_HLS_msn=x&plain=1",
            "plain=1&_HLS_part=3&_HLS_skip=YES",
        ] {
            let read = HlsQuery::parse(query).unwrap();
            assert_eq!(
                (read.plain, read.msn, read.part, read.skip),
                (true, None, None, false)
            );
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(msn in any::<u64>(), part in any::<Option<u64>>(), skip in any::<bool>()) {
            let mut text = format!("_HLS_msn={msn}");
            if let Some(part) = part {
                text += &format!("&_HLS_part={part}");
            }
            if skip {
                text += "&_HLS_skip=YES";
            }
            let expected = HlsQuery { msn: Some(msn), part, skip, plain: false };
            prop_assert_eq!(HlsQuery::parse(&text), Ok(expected));
        }

        #[test]
        fn no_text_gives_a_part_without_its_segment(text in "(_HLS_msn|_HLS_part|_HLS_skip|plain|=|&|[0-9]{1,21}|-|YES|.){0,12}") {
            if let Ok(read) = HlsQuery::parse(&text) {
                prop_assert!(read.part.is_none() || read.msn.is_some());
                prop_assert!(!read.plain || !read.skip && read.msn.is_none());
            }
        }
    }
}
