//! One persistent connection to the UI: a request out, a whole reply in.

use crate::limits::http::{HEAD_BYTES, UI_REPLY_BYTES};
use crate::wire::http::{Reply, ReplyError, reason};
use std::io;
use std::path::Path;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Fields of a reply that concern the inner connection, or that the edge writes itself. The UI's
/// `Date` is dropped too: the box's clock may be wrong by years.
const DROPPED: [&str; 9] = [
    "connection",
    "keep-alive",
    "transfer-encoding",
    "content-length",
    "trailer",
    "upgrade",
    "server",
    "date",
    "x-content-type-options",
];

/// A connection that is opened when it is needed and kept.
#[derive(Debug, Default)]
pub(super) struct Line(Option<UnixStream>);

/// A whole reply, and the room that it takes.
#[derive(Debug)]
pub(super) struct UiReply {
    /// Status line and fields, without those that depend on the client's connection.
    pub(super) head: Vec<u8>,
    /// Body.
    pub(super) body: Vec<u8>,
    _room: Option<OwnedSemaphorePermit>,
}

/// Why there is no reply.
#[derive(Debug, thiserror::Error)]
pub(super) enum UiError {
    /// The UI is gone or went away.
    #[error("the UI does not answer: {0}")]
    Io(#[from] io::Error),
    /// What came is no reply.
    #[error("the UI's reply can't be read: {0}")]
    Reply(#[from] ReplyError),
    /// Longer than the edge takes, or without a length.
    #[error("expected a reply of a stated length up to {UI_REPLY_BYTES} bytes, got {0:?}")]
    Length(Option<u64>),
    /// Too many replies wait for slow clients.
    #[error("no room for a reply of {0} bytes")]
    NoRoom(usize),
}

impl Line {
    /// Asks, on a connection that is open or opened now. After an error, or if it is dropped on
    /// the way, the line is closed.
    pub(super) async fn ask(
        &mut self,
        socket: &Path,
        request: &[u8],
        head_only: bool,
        room: &Arc<Semaphore>,
    ) -> Result<UiReply, UiError> {
        let mut stream = match self.0.take().filter(is_open) {
            Some(stream) => stream,
            None => UnixStream::connect(socket).await?,
        };
        stream.write_all(request).await?;
        let (reply, keep) = read_reply(&mut stream, head_only, room).await?;
        if keep {
            self.0 = Some(stream);
        }
        Ok(reply)
    }
}

/// Between requests a line that can be read has been closed, or says what nobody asked for.
fn is_open(stream: &UnixStream) -> bool {
    let read = stream.try_read(&mut [0]);
    matches!(read, Err(error) if error.kind() == io::ErrorKind::WouldBlock)
}

async fn read_reply(
    stream: &mut UnixStream,
    head_only: bool,
    room: &Arc<Semaphore>,
) -> Result<(UiReply, bool), UiError> {
    let mut body = Vec::with_capacity(HEAD_BYTES / 2);
    let head = loop {
        read_some(stream, &mut body, HEAD_BYTES).await?;
        if let Some(head) = take_head(&mut body, head_only)? {
            break head;
        }
    };
    let room = reserve(room, head.body_len)?;
    let whole = body.len() <= head.body_len;
    body.reserve_exact(head.body_len.saturating_sub(body.len()));
    while body.len() < head.body_len {
        let missing = head.body_len - body.len();
        read_some(stream, &mut body, missing).await?;
    }
    body.truncate(head.body_len);
    let reply = UiReply {
        head: head.outer,
        body,
        _room: room,
    };
    Ok((reply, head.keep_alive && whole))
}

/// A reply's head, understood.
struct ReplyHead {
    outer: Vec<u8>,
    body_len: usize,
    keep_alive: bool,
}

/// Takes the head off the start of `bytes`, if it is whole.
fn take_head(bytes: &mut Vec<u8>, head_only: bool) -> Result<Option<ReplyHead>, UiError> {
    let Some((reply, used)) = Reply::read(bytes)? else {
        return Ok(None);
    };
    let head = ReplyHead {
        outer: outer_head(&reply, head_only),
        body_len: body_length(&reply, head_only)?,
        keep_alive: reply.keep_alive,
    };
    drop(reply);
    bytes.drain(..used);
    Ok(Some(head))
}

async fn read_some(stream: &mut UnixStream, into: &mut Vec<u8>, most: usize) -> io::Result<()> {
    match stream.take(most as u64).read_buf(into).await? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(()),
    }
}

fn body_length(reply: &Reply<'_>, head_only: bool) -> Result<usize, UiError> {
    if head_only || matches!(reply.status, 100..=199 | 204 | 304) {
        return Ok(0);
    }
    let length = reply
        .content_length
        .and_then(|length| usize::try_from(length).ok());
    length
        .filter(|length| *length <= UI_REPLY_BYTES)
        .ok_or(UiError::Length(reply.content_length))
}

fn reserve(room: &Arc<Semaphore>, len: usize) -> Result<Option<OwnedSemaphorePermit>, UiError> {
    let permits = u32::try_from(len).map_err(|_| UiError::NoRoom(len))?;
    let permit = Arc::clone(room).try_acquire_many_owned(permits);
    permit.map(Some).map_err(|_| UiError::NoRoom(len))
}

fn outer_head(reply: &Reply<'_>, head_only: bool) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {} {}\r\n", reply.status, reason(reply.status)).into_bytes();
    for (name, value) in reply.fields() {
        if DROPPED
            .iter()
            .any(|dropped| name.eq_ignore_ascii_case(dropped))
        {
            continue;
        }
        head.extend_from_slice(name.as_bytes());
        head.extend_from_slice(b": ");
        head.extend_from_slice(value);
        head.extend_from_slice(b"\r\n");
    }
    let bodiless = matches!(reply.status, 100..=199 | 204 | 304);
    if let Some(length) = reply.content_length.filter(|_| head_only || !bodiless) {
        head.extend_from_slice(format!("Content-Length: {length}\r\n").as_bytes());
    }
    head.extend_from_slice(b"X-Content-Type-Options: nosniff\r\n");
    head
}
