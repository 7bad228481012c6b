//! Request heads, RFC 9112 sections 2 to 6.

use super::authority::Authority;
use super::target::{Target, TargetError};
use crate::limits::http::{HEAD_BYTES, HEAD_FIELDS};
use httparse::Header;

/// What is to be done with the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Method {
    Get,
    Head,
    Post,
    Put,
    Delete,
    Options,
    /// Any other: nothing here has a use for it.
    Other,
}

impl Method {
    fn parse(text: &str) -> Method {
        match text {
            "GET" => Method::Get,
            "HEAD" => Method::Head,
            "POST" => Method::Post,
            "PUT" => Method::Put,
            "DELETE" => Method::Delete,
            "OPTIONS" => Method::Options,
            _ => Method::Other,
        }
    }

    /// As the request line has it; empty for [`Method::Other`].
    pub fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Head => "HEAD",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Delete => "DELETE",
            Method::Options => "OPTIONS",
            Method::Other => "",
        }
    }

    /// Asks for a representation and changes nothing: GET and HEAD.
    pub fn is_read(self) -> bool {
        matches!(self, Method::Get | Method::Head)
    }
}

/// Why a head is refused. The connection can't be used any further.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HeadError {
    /// No HTTP request line and fields.
    #[error("expected an HTTP/1.1 request head: {0}")]
    Malformed(httparse::Error),
    /// Past [`HEAD_BYTES`] or [`HEAD_FIELDS`].
    #[error("expected a head of at most {HEAD_BYTES} bytes and {HEAD_FIELDS} fields")]
    TooLarge,
    /// A version other than 1.0 and 1.1.
    #[error("expected HTTP/1.0 or HTTP/1.1")]
    Version,
    /// The target is refused.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// A transfer coding: bodies come with their length here.
    #[error("expected a body with Content-Length, not a transfer coding")]
    TransferEncoding,
    /// Twice, or no decimal number.
    #[error("expected one Content-Length of decimal digits")]
    ContentLength,
    /// Missing on HTTP/1.1, twice, or no authority.
    #[error("expected one Host field with a host and, if need be, a port")]
    Host,
    /// An expectation other than `100-continue`.
    #[error("expected no expectation but 100-continue")]
    Expectation,
}

impl HeadError {
    /// The status to answer with.
    pub fn status(self) -> u16 {
        match self {
            HeadError::Malformed(_)
            | HeadError::Target(_)
            | HeadError::ContentLength
            | HeadError::Host => 400,
            HeadError::TransferEncoding => 411,
            HeadError::Expectation => 417,
            HeadError::TooLarge => 431,
            HeadError::Version => 505,
        }
    }
}

/// A whole request head, borrowed from the bytes it was read from.
#[derive(Clone, Debug)]
pub struct Request<'b> {
    /// Method.
    pub method: Method,
    /// Target.
    pub target: Target<'b>,
    /// Who is addressed: an absolute target's authority, else `Host`; None on HTTP/1.0 without it.
    pub host: Option<Authority<'b>>,
    /// Bytes of the body that follows.
    pub content_length: u64,
    /// The connection may carry another request after this.
    pub keep_alive: bool,
    /// HTTP/1.0: a kept connection has to be announced.
    pub is_http10: bool,
    /// The body comes when it is asked for.
    pub expects_continue: bool,
    fields: heapless::Vec<Header<'b>, HEAD_FIELDS>,
}

impl<'b> Request<'b> {
    /// Reads the head at the start of `bytes`: the request and the head's length, or None if it is
    /// not all there yet.
    pub fn read(bytes: &'b [u8]) -> Result<Option<(Request<'b>, usize)>, HeadError> {
        let window = bytes.get(..HEAD_BYTES).unwrap_or(bytes);
        let mut room = [httparse::EMPTY_HEADER; HEAD_FIELDS];
        let mut head = httparse::Request::new(&mut room);
        match head.parse(window) {
            Ok(httparse::Status::Complete(used)) => Request::of(&head).map(|r| Some((r, used))),
            Ok(httparse::Status::Partial) if window.len() < HEAD_BYTES => Ok(None),
            Ok(httparse::Status::Partial) | Err(httparse::Error::TooManyHeaders) => {
                Err(HeadError::TooLarge)
            }
            Err(httparse::Error::Version) => Err(HeadError::Version),
            Err(error) => Err(HeadError::Malformed(error)),
        }
    }

    fn of(head: &httparse::Request<'_, 'b>) -> Result<Request<'b>, HeadError> {
        let fields = heapless::Vec::from_slice(head.headers).map_err(|_| HeadError::TooLarge)?;
        let mut request = Request {
            method: Method::parse(head.method.unwrap_or("")),
            target: Target::parse(head.path.unwrap_or(""))?,
            host: None,
            content_length: 0,
            keep_alive: false,
            is_http10: head.version == Some(0),
            expects_continue: false,
            fields,
        };
        request.content_length = request.body_length()?;
        request.expects_continue = request.expectation()?;
        request.host = request.addressed()?;
        request.keep_alive = request.wants_keep_alive();
        Ok(request)
    }

    /// The values of all fields called `name`, in order.
    pub fn values(&self, name: &str) -> impl Iterator<Item = &'b [u8]> {
        self.fields
            .iter()
            .filter(move |field| field.name.eq_ignore_ascii_case(name))
            .map(|field| field.value)
    }

    /// The first field called `name`.
    pub fn value(&self, name: &str) -> Option<&'b [u8]> {
        self.values(name).next()
    }

    /// The first field called `name`, if it is ASCII.
    pub fn text(&self, name: &str) -> Option<&'b str> {
        self.value(name)
            .and_then(|value| str::from_utf8(value).ok())
            .filter(|value| value.is_ascii())
            .map(str::trim)
    }

    /// All fields in order.
    pub fn fields(&self) -> impl Iterator<Item = (&'b str, &'b [u8])> {
        self.fields.iter().map(|field| (field.name, field.value))
    }

    /// Whether `Connection` lists `option`.
    pub fn connection_lists(&self, option: &str) -> bool {
        self.values("connection")
            .filter_map(|value| str::from_utf8(value).ok())
            .flat_map(|value| value.split(','))
            .any(|listed| listed.trim().eq_ignore_ascii_case(option))
    }

    /// Two readings of a body's end are how requests are smuggled past an edge: one reading only.
    fn body_length(&self) -> Result<u64, HeadError> {
        if self.value("transfer-encoding").is_some() {
            return Err(HeadError::TransferEncoding);
        }
        let mut lengths = self.values("content-length");
        match (lengths.next(), lengths.next()) {
            (None, _) => Ok(0),
            (Some(length), None) => decimal(length).ok_or(HeadError::ContentLength),
            (Some(_), Some(_)) => Err(HeadError::ContentLength),
        }
    }

    fn expectation(&self) -> Result<bool, HeadError> {
        match self.value("expect") {
            None => Ok(false),
            Some(value) if value.eq_ignore_ascii_case(b"100-continue") => Ok(!self.is_http10),
            Some(_) => Err(HeadError::Expectation),
        }
    }

    fn addressed(&self) -> Result<Option<Authority<'b>>, HeadError> {
        let mut hosts = self.values("host");
        let host = match (hosts.next(), hosts.next()) {
            (Some(host), None) => {
                let text = str::from_utf8(host).map_err(|_| HeadError::Host)?;
                Some(Authority::parse(text.trim()).map_err(|_| HeadError::Host)?)
            }
            (None, _) if self.is_http10 => None,
            _ => return Err(HeadError::Host),
        };
        Ok(self.target.authority.or(host))
    }

    fn wants_keep_alive(&self) -> bool {
        !self.connection_lists("close") && (!self.is_http10 || self.connection_lists("keep-alive"))
    }
}

fn decimal(value: &[u8]) -> Option<u64> {
    let text = str::from_utf8(value).ok()?;
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests;
