//! Response heads that the edge writes for itself, RFC 9112 section 4.
//!
//! No `Date`: the box has no clock chip, and a server without a trusted clock must not send one
//! (RFC 9110 section 6.6.1).

use crate::limits::http::ANSWER_HEAD_BYTES;
use std::fmt::{self, Write};

/// `Content-Range` of a 206 or a 416.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContentRange {
    /// These bytes of so many.
    Part {
        /// Offset of the first byte.
        first: u64,
        /// Bytes; above zero.
        len: u64,
        /// Bytes of the whole.
        of: u64,
    },
    /// None of so many: the range was past the end.
    None {
        /// Bytes of the whole.
        of: u64,
    },
}

/// What a head says. Everything that is `None` or false is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResponseHead {
    /// Status code.
    pub status: u16,
    /// MIME type.
    pub content_type: Option<&'static str>,
    /// Bytes of the representation; left out where no body may follow (204) or where the body ends with the connection.
    pub content_length: Option<u64>,
    /// The part that is sent.
    pub content_range: Option<ContentRange>,
    /// The resource can be asked for by ranges.
    pub accept_ranges: bool,
    /// The body is gzipped.
    pub gzip: bool,
    /// To be saved under this name: letters, figures, dots and dashes.
    pub attachment: Option<&'static str>,
    /// The body comes in chunks, so that its end is told from a break.
    pub chunked: bool,
    /// `Location`: where to go instead, an address without controls.
    pub location: Option<&'static str>,
    /// `Cache-Control`.
    pub cache_control: Option<&'static str>,
    /// `Vary`.
    pub vary: Option<&'static str>,
    /// Seconds after which to ask again.
    pub retry_after: Option<u32>,
    /// `Allow`.
    pub allow: Option<&'static str>,
    /// The origin that may read this: one that was checked, ASCII without controls.
    pub allow_origin: Option<Box<str>>,
    /// Answers a preflight: what the origin may ask with.
    pub preflight: bool,
    /// `Cross-Origin-Resource-Policy`.
    pub resource_policy: Option<&'static str>,
    /// Closing after this; else kept, which HTTP/1.0 has to be told.
    pub close: bool,
    /// The request was HTTP/1.0.
    pub is_http10: bool,
}

impl ResponseHead {
    /// Writes the head with its empty line. Fails if it doesn't fit.
    pub fn render(&self) -> Result<heapless::String<ANSWER_HEAD_BYTES>, fmt::Error> {
        self.render_with("", None)
    }

    /// The same with a `codecs` parameter of the content type, RFC 6381: letters, figures, dots and commas; none if it is empty.
    /// `media_epoch` is Unix ms of media time 0, for pages that tell how far behind life they are.
    pub fn render_with(
        &self,
        codecs: &str,
        media_epoch: Option<i64>,
    ) -> Result<heapless::String<ANSWER_HEAD_BYTES>, fmt::Error> {
        let mut out = heapless::String::new();
        write!(out, "HTTP/1.1 {} {}\r\n", self.status, reason(self.status))?;
        match self.content_type {
            Some(kind) if !codecs.is_empty() => {
                write!(out, "Content-Type: {kind}; codecs=\"{codecs}\"\r\n")?;
            }
            kind => field(&mut out, "Content-Type", kind)?,
        }
        self.write_representation(&mut out)?;
        self.write_caching(&mut out)?;
        self.write_origins(&mut out)?;
        field(&mut out, "Media-Epoch", media_epoch)?;
        out.write_str("X-Content-Type-Options: nosniff\r\n")?;
        match (self.close, self.is_http10) {
            (true, _) => out.write_str("Connection: close\r\n")?,
            (false, true) => out.write_str("Connection: keep-alive\r\n")?,
            (false, false) => {}
        }
        out.write_str("\r\n")?;
        Ok(out)
    }

    fn write_representation(&self, out: &mut impl Write) -> fmt::Result {
        field(out, "Location", self.location)?;
        field(out, "Content-Length", self.content_length)?;
        match self.content_range {
            Some(ContentRange::Part { first, len, of }) => {
                let last = first.saturating_add(len).saturating_sub(1);
                write!(out, "Content-Range: bytes {first}-{last}/{of}\r\n")?;
            }
            Some(ContentRange::None { of }) => write!(out, "Content-Range: bytes */{of}\r\n")?,
            None => {}
        }
        field(out, "Accept-Ranges", self.accept_ranges.then_some("bytes"))?;
        field(out, "Content-Encoding", self.gzip.then_some("gzip"))?;
        if let Some(name) = self.attachment {
            write!(
                out,
                "Content-Disposition: attachment; filename=\"{name}\"\r\n"
            )?;
        }
        field(out, "Transfer-Encoding", self.chunked.then_some("chunked"))
    }

    fn write_caching(&self, out: &mut impl Write) -> fmt::Result {
        field(out, "Cache-Control", self.cache_control)?;
        field(out, "Vary", self.vary)?;
        field(out, "Retry-After", self.retry_after)?;
        field(out, "Allow", self.allow)
    }

    fn write_origins(&self, out: &mut impl Write) -> fmt::Result {
        field(out, "Cross-Origin-Resource-Policy", self.resource_policy)?;
        let Some(origin) = &self.allow_origin else {
            return Ok(());
        };
        field(out, "Access-Control-Allow-Origin", Some(origin))?;
        if self.preflight {
            out.write_str("Access-Control-Allow-Methods: GET, HEAD\r\n")?;
            out.write_str("Access-Control-Allow-Headers: Range\r\n")?;
            out.write_str("Access-Control-Max-Age: 600\r\n")
        } else {
            out.write_str("Access-Control-Expose-Headers: Content-Length, Content-Range\r\n")
        }
    }
}

fn field(out: &mut impl Write, name: &str, value: Option<impl fmt::Display>) -> fmt::Result {
    match value {
        Some(value) => write!(out, "{name}: {value}\r\n"),
        None => Ok(()),
    }
}

/// The reason phrase of a status.
pub fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        204 => "No Content",
        206 => "Partial Content",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        304 => "Not Modified",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        409 => "Conflict",
        410 => "Gone",
        411 => "Length Required",
        413 => "Content Too Large",
        415 => "Unsupported Media Type",
        416 => "Range Not Satisfiable",
        417 => "Expectation Failed",
        421 => "Misdirected Request",
        422 => "Unprocessable Content",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        505 => "HTTP Version Not Supported",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_segment_says_which() {
        let head = ResponseHead {
            status: 206,
            content_type: Some("video/mp4"),
            content_length: Some(10),
            content_range: Some(ContentRange::Part {
                first: 5,
                len: 10,
                of: 100,
            }),
            accept_ranges: true,
            ..ResponseHead::default()
        };
        assert_eq!(
            head.render().unwrap(),
            "HTTP/1.1 206 Partial Content\r\nContent-Type: video/mp4\r\nContent-Length: 10\r\n\
             Content-Range: bytes 5-14/100\r\nAccept-Ranges: bytes\r\n\
             X-Content-Type-Options: nosniff\r\n\r\n"
        );
    }

    #[test]
    fn the_longest_head_fits_its_buffer() {
        let head = ResponseHead {
            status: 431,
            content_type: Some("application/vnd.apple.mpegurl; charset=utf-8"),
            content_length: Some(u64::MAX),
            content_range: Some(ContentRange::Part {
                first: 0,
                len: u64::MAX,
                of: u64::MAX,
            }),
            accept_ranges: true,
            gzip: true,
            attachment: Some("hearth-my-data.json"),
            chunked: true,
            cache_control: Some("public, max-age=31536000, immutable"),
            vary: Some("Accept-Encoding, Origin"),
            location: Some(crate::limits::wifi::ACCESS_POINT_PAGE),
            retry_after: Some(u32::MAX),
            allow: Some("GET, HEAD, OPTIONS"),
            allow_origin: Some("o".repeat(crate::limits::http::ORIGIN_BYTES).into()),
            preflight: true,
            resource_policy: Some("cross-origin"),
            close: true,
            is_http10: true,
        };
        assert!(
            head.render_with("avc1.64001f,mp4a.40.2", Some(i64::MIN))
                .is_ok()
        );
    }

    #[test]
    fn http_10_is_told_that_the_connection_is_kept() {
        let mut head = ResponseHead {
            status: 200,
            is_http10: true,
            ..ResponseHead::default()
        };
        assert!(
            head.render()
                .unwrap()
                .contains("Connection: keep-alive\r\n")
        );
        head.close = true;
        assert!(head.render().unwrap().contains("Connection: close\r\n"));
    }
}
