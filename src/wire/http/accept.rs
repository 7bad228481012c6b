//! Content negotiation, RFC 9110 section 12.5: only what the edge decides by.

/// Whether `gzip` is asked for by the values of all `Accept-Encoding` fields. Without one: no.
pub fn accepts_gzip<'v>(values: impl Iterator<Item = &'v [u8]>) -> bool {
    let mut gzip = None;
    let mut any = None;
    for (coding, accepted) in values.flat_map(weighted) {
        if coding.eq_ignore_ascii_case("gzip") || coding.eq_ignore_ascii_case("x-gzip") {
            gzip = Some(accepted);
        } else if coding == "*" {
            any = Some(accepted);
        }
    }
    gzip.or(any).unwrap_or(false)
}

/// Whether the values of all `Accept` fields name HTML: a person reads the answer.
pub fn accepts_html<'v>(values: impl Iterator<Item = &'v [u8]>) -> bool {
    values
        .flat_map(weighted)
        .any(|(kind, accepted)| accepted && kind.eq_ignore_ascii_case("text/html"))
}

/// The members of one field value, each with whether its weight is above zero.
fn weighted(value: &[u8]) -> impl Iterator<Item = (&str, bool)> {
    str::from_utf8(value)
        .unwrap_or("")
        .split(',')
        .map(|member| {
            let mut parts = member.split(';').map(str::trim);
            let name = parts.next().unwrap_or("");
            (name, parts.all(|parameter| !is_zero_weight(parameter)))
        })
        .filter(|(name, _)| !name.is_empty())
}

/// `q=0`, `q=0.000`; a weight that is no number refuses too.
fn is_zero_weight(parameter: &str) -> bool {
    let Some((name, weight)) = parameter.split_once('=') else {
        return false;
    };
    name.trim().eq_ignore_ascii_case("q")
        && weight
            .trim()
            .parse::<f32>()
            .map_or(true, |weight| weight.is_nan() || weight <= 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gzip(value: &str) -> bool {
        accepts_gzip([value.as_bytes()].into_iter())
    }

    #[test]
    fn gzip_only_where_it_is_asked_for() {
        assert!(!accepts_gzip(std::iter::empty()));
        assert!(!gzip(""));
        assert!(!gzip("identity"));
        assert!(!gzip("deflate, br"));
        assert!(gzip("gzip"));
        assert!(gzip("GZip, deflate"));
        assert!(gzip("deflate , x-gzip;q=0.5"));
        assert!(gzip("*"));
        assert!(gzip("*;q=0, gzip;q=0.001"));
        assert!(accepts_gzip([&b"br"[..], b"gzip"].into_iter()));
    }

    #[test]
    fn a_weight_of_zero_refuses() {
        assert!(!gzip("gzip;q=0"));
        assert!(!gzip("gzip; Q=0.000"));
        assert!(!gzip("gzip;q=0, *"));
        assert!(!gzip("*;q=0"));
        assert!(!gzip("gzip;q=nonsense"));
    }

    #[test]
    fn browsers_accept_html_and_players_do_not() {
        let browser = b"text/html,application/xhtml+xml,*/*;q=0.8";
        assert!(accepts_html([&browser[..]].into_iter()));
        assert!(!accepts_html([&b"*/*"[..]].into_iter()));
        assert!(!accepts_html([&b"text/html;q=0"[..]].into_iter()));
    }
}
