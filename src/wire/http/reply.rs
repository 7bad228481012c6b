//! Reply heads of the UI behind the edge: only what tiny_http writes, framed by `Content-Length`.

use crate::limits::http::{HEAD_BYTES, REPLY_FIELDS};
use httparse::Header;

/// A whole reply head, borrowed from the bytes it was read from.
#[derive(Clone, Debug)]
pub struct Reply<'b> {
    /// Status code.
    pub status: u16,
    /// Bytes of the representation, if stated.
    pub content_length: Option<u64>,
    /// The connection may carry another request.
    pub keep_alive: bool,
    fields: heapless::Vec<Header<'b>, REPLY_FIELDS>,
}

/// Why a reply can't be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReplyError {
    /// No HTTP status line and fields.
    #[error("expected an HTTP/1.1 reply head: {0}")]
    Malformed(httparse::Error),
    /// Past [`HEAD_BYTES`] or [`REPLY_FIELDS`].
    #[error("expected a reply head of at most {HEAD_BYTES} bytes and {REPLY_FIELDS} fields")]
    TooLarge,
    /// A transfer coding, or a length that is none.
    #[error("expected a reply framed by one Content-Length")]
    Framing,
}

impl<'b> Reply<'b> {
    /// Reads the head at the start of `bytes`: the reply and the head's length, or None if it is
    /// not all there yet.
    pub fn read(bytes: &'b [u8]) -> Result<Option<(Reply<'b>, usize)>, ReplyError> {
        let window = bytes.get(..HEAD_BYTES).unwrap_or(bytes);
        let mut room = [httparse::EMPTY_HEADER; REPLY_FIELDS];
        let mut head = httparse::Response::new(&mut room);
        match head.parse(window) {
            Ok(httparse::Status::Complete(used)) => Reply::of(&head).map(|r| Some((r, used))),
            Ok(httparse::Status::Partial) if window.len() < HEAD_BYTES => Ok(None),
            Ok(httparse::Status::Partial) | Err(httparse::Error::TooManyHeaders) => {
                Err(ReplyError::TooLarge)
            }
            Err(error) => Err(ReplyError::Malformed(error)),
        }
    }

    fn of(head: &httparse::Response<'_, 'b>) -> Result<Reply<'b>, ReplyError> {
        let mut reply = Reply {
            status: head.code.unwrap_or(0),
            content_length: None,
            keep_alive: head.version == Some(1),
            fields: heapless::Vec::from_slice(head.headers).map_err(|_| ReplyError::TooLarge)?,
        };
        for (name, value) in reply.fields.iter().map(|field| (field.name, field.value)) {
            if name.eq_ignore_ascii_case("content-length") {
                let length = str::from_utf8(value)
                    .ok()
                    .and_then(|v| v.trim().parse().ok());
                if length.is_none() || reply.content_length.is_some() {
                    return Err(ReplyError::Framing);
                }
                reply.content_length = length;
            } else if name.eq_ignore_ascii_case("transfer-encoding") {
                return Err(ReplyError::Framing);
            } else if name.eq_ignore_ascii_case("connection") {
                reply.keep_alive &= !value.eq_ignore_ascii_case(b"close");
            }
        }
        Ok(reply)
    }

    /// All fields in order.
    pub fn fields(&self) -> impl Iterator<Item = (&'b str, &'b [u8])> {
        self.fields.iter().map(|field| (field.name, field.value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_of_tiny_http_is_read() {
        let text =
            b"HTTP/1.1 303 See Other\r\nServer: tiny-http (Rust)\r\nContent-Length: 2\r\n\r\nok";
        let (reply, used) = Reply::read(text).unwrap().unwrap();
        assert_eq!((reply.status, reply.content_length), (303, Some(2)));
        assert_eq!(&text[used..], b"ok");
        assert!(reply.keep_alive);
        assert_eq!(reply.fields().count(), 2);
        assert!(Reply::read(&text[..30]).unwrap().is_none());
    }

    #[test]
    fn only_one_length_frames_a_reply() {
        for fields in [
            "Transfer-Encoding: chunked\r\n",
            "Content-Length: 1\r\nContent-Length: 1\r\n",
            "Content-Length: one\r\n",
        ] {
            let text = format!("HTTP/1.1 200 OK\r\n{fields}\r\n");
            assert_eq!(
                Reply::read(text.as_bytes()).unwrap_err(),
                ReplyError::Framing
            );
        }
        assert!(matches!(
            Reply::read(b"RTMP/1.1 200\r\n\r\n"),
            Err(ReplyError::Malformed(_))
        ));
        assert!(Reply::read(b"H").unwrap().is_none());
    }
}
