//! Request targets, RFC 9112 section 3.2, and the decoding of their paths.

use super::authority::Authority;
use std::borrow::Cow;

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target<'b> {
    /// Path and query as they came: ASCII, begins with `/` (or is `*`).
    pub raw: &'b str,
    /// The path decoded, without any segment `.` or `..`, backslash or control character.
    pub path: Cow<'b, str>,
    /// The query as it came, without `?`; empty if there is none.
    pub query: &'b str,
    /// Of an absolute target (`http://host/…`): it stands in for `Host`.
    pub authority: Option<Authority<'b>>,
}

/// Why a target is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TargetError {
    /// Neither a path nor an absolute URL of ours.
    #[error("expected a target that begins with '/' or 'http://'")]
    Form,
    /// `%` without two hex digits, or bytes that are no UTF-8.
    #[error("expected a path in percent-encoded UTF-8")]
    Encoding,
    /// `..`, a backslash or a control character: no path of ours has one.
    #[error("expected a path without '..', backslashes and control characters")]
    Climbing,
}

impl<'b> Target<'b> {
    /// Reads a request line's target.
    pub fn parse(text: &'b str) -> Result<Target<'b>, TargetError> {
        let (authority, raw) = match text.strip_prefix("http://") {
            Some(rest) => split_absolute(rest)?,
            None => (None, text),
        };
        if !raw.is_ascii() || !(raw.starts_with('/') || raw == "*") {
            return Err(TargetError::Form);
        }
        let before_fragment = raw.split('#').next().unwrap_or("");
        let (path, query) = before_fragment
            .split_once('?')
            .unwrap_or((before_fragment, ""));
        let path = decode(path)?;
        check(&path)?;
        Ok(Target {
            raw: before_fragment,
            path,
            query,
            authority,
        })
    }
}

fn split_absolute(rest: &str) -> Result<(Option<Authority<'_>>, &str), TargetError> {
    let slash = rest.find('/').ok_or(TargetError::Form)?;
    let (authority, raw) = rest.split_at_checked(slash).ok_or(TargetError::Form)?;
    let authority = Authority::parse(authority).map_err(|_| TargetError::Form)?;
    Ok((Some(authority), raw))
}

fn decode(path: &str) -> Result<Cow<'_, str>, TargetError> {
    if !path.contains('%') {
        return Ok(Cow::Borrowed(path));
    }
    let mut decoded = Vec::with_capacity(path.len());
    let mut rest = path.bytes();
    while let Some(byte) = rest.next() {
        decoded.push(match byte {
            b'%' => hex(rest.next())? << 4 | hex(rest.next())?,
            plain => plain,
        });
    }
    String::from_utf8(decoded)
        .map(Cow::Owned)
        .map_err(|_| TargetError::Encoding)
}

fn hex(digit: Option<u8>) -> Result<u8, TargetError> {
    digit
        .and_then(|d| char::from(d).to_digit(16))
        .and_then(|value| u8::try_from(value).ok())
        .ok_or(TargetError::Encoding)
}

fn check(path: &str) -> Result<(), TargetError> {
    let climbs = path.split('/').any(|segment| matches!(segment, "." | ".."));
    if climbs || path.contains(|c: char| c == '\\' || c.is_control()) {
        return Err(TargetError::Climbing);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> Result<String, TargetError> {
        Target::parse(text).map(|t| t.path.into_owned())
    }

    #[test]
    fn paths_are_decoded_and_queries_are_not() {
        let target = Target::parse("/live/b%6Fb/media.m3u8?_HLS_msn=%31&x#frag").unwrap();
        assert_eq!(target.path, "/live/bob/media.m3u8");
        assert_eq!(target.query, "_HLS_msn=%31&x");
        assert_eq!(target.raw, "/live/b%6Fb/media.m3u8?_HLS_msn=%31&x");
        assert_eq!(path("/tags/caf%C3%A9").unwrap(), "/tags/caf\u{e9}");
        assert_eq!(path("/").unwrap(), "/");
        assert_eq!(path("*").unwrap(), "*");
    }

    #[test]
    fn an_absolute_target_carries_its_host() {
        let target = Target::parse("http://Hearth.local:8080/a?b").unwrap();
        assert_eq!(target.authority.unwrap().to_string(), "hearth.local:8080");
        assert_eq!((target.raw, target.path.as_ref()), ("/a?b", "/a"));
    }

    #[test]
    fn nothing_climbs_out_of_its_folder() {
        for text in [
            "/..",
            "/../etc/passwd",
            "/a/%2e%2e/b",
            "/a/.%2E/b",
            "/a/..%2fb",
            "/./a",
            "/a/.",
            "/a%5cb",
            "/a\\b",
            "/a%00",
            "/a%0d%0ab",
            "/a%7f",
        ] {
            assert_eq!(path(text), Err(TargetError::Climbing), "{text}");
        }
        assert_eq!(path("/a..b/...").unwrap(), "/a..b/...");
    }

    #[test]
    fn what_is_no_target_is_refused() {
        for text in [
            "",
            "a",
            "http://hearth",
            "https://hearth/",
            "hearth:80",
            "/caf\u{e9}",
            "http:// /",
        ] {
            assert_eq!(path(text), Err(TargetError::Form), "{text}");
        }
        for text in ["/%", "/%4", "/%4g", "/%+1", "/%ff"] {
            assert_eq!(path(text), Err(TargetError::Encoding), "{text}");
        }
    }
}
