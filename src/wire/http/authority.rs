//! `host[:port]` as `Host`, `Origin` and absolute targets carry it, RFC 3986 section 3.2.

use crate::limits::http::HOST_BYTES;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Who is addressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Host<'b> {
    /// A name, in the case it came in, without a trailing dot.
    Name(&'b str),
    /// An IP literal, without brackets and zone; IPv4-mapped ones as IPv4.
    Ip(IpAddr),
}

/// `host[:port]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Authority<'b> {
    /// Host.
    pub host: Host<'b>,
    /// Port, if one was given.
    pub port: Option<u16>,
}

/// The text is no authority.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected host or host:port, with a name, an IPv4 or a bracketed IPv6 address")]
pub struct AuthorityError;

impl<'b> Authority<'b> {
    /// Reads `host`, `host:port`, `[v6]`, `[v6%zone]:port`.
    pub fn parse(text: &'b str) -> Result<Authority<'b>, AuthorityError> {
        let (host, port) = match text.strip_prefix('[') {
            Some(rest) => {
                let (literal, after) = rest.split_once(']').ok_or(AuthorityError)?;
                (v6(literal)?, after)
            }
            None => {
                let end = text.find(':').unwrap_or(text.len());
                let (name, after) = text.split_at_checked(end).ok_or(AuthorityError)?;
                (name_or_v4(name)?, after)
            }
        };
        Ok(Authority {
            host,
            port: port_after(port)?,
        })
    }

    /// Reads `http://authority` as an `Origin` carries it; None for `null`, other schemes, paths.
    pub fn of_origin(origin: &'b str) -> Option<Authority<'b>> {
        Authority::parse(origin.strip_prefix("http://")?).ok()
    }
}

fn v6(literal: &str) -> Result<Host<'static>, AuthorityError> {
    let address = literal.split('%').next().unwrap_or("");
    let address: Ipv6Addr = address.parse().map_err(|_| AuthorityError)?;
    Ok(Host::Ip(IpAddr::V6(address).to_canonical()))
}

fn name_or_v4(text: &str) -> Result<Host<'_>, AuthorityError> {
    if let Ok(address) = text.parse::<Ipv4Addr>() {
        return Ok(Host::Ip(IpAddr::V4(address)));
    }
    let name = text.strip_suffix('.').unwrap_or(text);
    let legal = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    if name.is_empty() || name.len() > HOST_BYTES || !name.bytes().all(legal) {
        return Err(AuthorityError);
    }
    Ok(Host::Name(name))
}

/// RFC 3986 allows an empty port.
fn port_after(text: &str) -> Result<Option<u16>, AuthorityError> {
    if text.is_empty() || text == ":" {
        return Ok(None);
    }
    let digits = text.strip_prefix(':').ok_or(AuthorityError)?;
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(AuthorityError);
    }
    digits.parse().map(Some).map_err(|_| AuthorityError)
}

/// Lower case, ready for a URL.
impl fmt::Display for Authority<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host {
            Host::Name(name) => name
                .chars()
                .try_for_each(|c| write!(f, "{}", c.to_ascii_lowercase()))?,
            Host::Ip(IpAddr::V4(address)) => write!(f, "{address}")?,
            Host::Ip(IpAddr::V6(address)) => write!(f, "[{address}]")?,
        }
        match self.port {
            Some(port) => write!(f, ":{port}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Option<String> {
        Authority::parse(text).ok().map(|a| a.to_string())
    }

    #[test]
    fn names_and_literals_are_told_apart() {
        let table = [
            ("hearth.local", Some("hearth.local")),
            ("HEARTH.Local.", Some("hearth.local")),
            ("hearth:8080", Some("hearth:8080")),
            ("hearth:", Some("hearth")),
            ("192.168.1.5:80", Some("192.168.1.5:80")),
            ("[fe80::1%25eth0]:8080", Some("[fe80::1]:8080")),
            ("[::1]", Some("[::1]")),
            ("[::ffff:10.0.0.1]", Some("10.0.0.1")),
            ("127.1", Some("127.1")),
            ("", None),
            (".", None),
            (":80", None),
            ("::1", None),
            ("[::1", None),
            ("[::1]x", None),
            ("[127.0.0.1]", None),
            ("a b", None),
            ("a/b", None),
            ("user@hearth", None),
            ("hearth:80:80", None),
            ("hearth:+80", None),
            ("hearth:99999", None),
            ("h\u{e9}arth", None),
        ];
        for (text, expected) in table {
            assert_eq!(shown(text).as_deref(), expected, "{text}");
        }
        assert!(shown(&"a".repeat(254)).is_none());
    }

    #[test]
    fn short_forms_of_ipv4_are_names_not_addresses() {
        let parsed = Authority::parse("127.1").unwrap();
        assert_eq!(parsed.host, Host::Name("127.1"));
    }

    #[test]
    fn an_origin_is_a_scheme_and_an_authority_and_nothing_else() {
        assert!(Authority::of_origin("http://hearth.local:8080").is_some());
        for foreign in [
            "null",
            "https://hearth.local",
            "http://hearth.local/",
            "hearth.local",
            "",
        ] {
            assert!(Authority::of_origin(foreign).is_none(), "{foreign}");
        }
    }
}
