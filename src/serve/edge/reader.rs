//! Reading from a connection: heads, bodies, and what nobody wants any more.
//!
//! All connections of a thread read into one buffer, and heads are parsed where they lie. Only an
//! incomplete head or a pipelined rest is copied into the connection's `carry`, which is empty and
//! unallocated otherwise: an idle connection costs no buffer.

use super::deadline::Deadline;
use crate::limits::http::{HANG_UP_LOOK, HEAD_BYTES, LINGER, LINGER_BYTES, READ_BYTES};
use crate::wire::http::{HeadError, Request};
use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWriteExt, Interest, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::sleep;

thread_local! {
    static BUFFER: RefCell<Box<[u8]>> = RefCell::new(vec![0; READ_BYTES].into());
}

/// Why no request came.
#[derive(Debug)]
pub(super) enum ReadEnd {
    /// The peer has gone, or nothing came for long enough between requests.
    Quiet,
    /// A head or a body took too long.
    TooSlow,
    /// A head that is refused.
    Refused(HeadError),
}

impl From<io::Error> for ReadEnd {
    fn from(_: io::Error) -> ReadEnd {
        ReadEnd::Quiet
    }
}

/// Takes a head that lies in `carry` whole; the rest stays.
pub(super) fn take_carried<T>(
    carry: &mut Vec<u8>,
    take: impl FnOnce(&Request<'_>) -> T,
) -> Result<Option<T>, HeadError> {
    if carry.is_empty() {
        return Ok(None);
    }
    let Some((value, used)) = Request::read(carry)?.map(|(head, used)| (take(&head), used)) else {
        return Ok(None);
    };
    carry.drain(..used);
    if carry.is_empty() {
        *carry = Vec::new();
    }
    Ok(Some(value))
}

/// Reads until a head is whole.
pub(super) fn poll_head<T>(
    stream: &mut TcpStream,
    carry: &mut Vec<u8>,
    cx: &mut Context<'_>,
    take: &mut impl FnMut(&Request<'_>) -> T,
) -> Poll<Result<Option<T>, ReadEnd>> {
    BUFFER.with_borrow_mut(|buffer| {
        let room = READ_BYTES.min(HEAD_BYTES.saturating_sub(carry.len()).max(1));
        let room = if carry.is_empty() { READ_BYTES } else { room };
        let mut read = ReadBuf::new(buffer.get_mut(..room).unwrap_or_default());
        ready!(Pin::new(stream).poll_read(cx, &mut read))?;
        let fresh = read.filled();
        if fresh.is_empty() {
            return Poll::Ready(Err(ReadEnd::Quiet));
        }
        Poll::Ready(accept_fresh(fresh, carry, take).map_err(ReadEnd::Refused))
    })
}

fn accept_fresh<T>(
    fresh: &[u8],
    carry: &mut Vec<u8>,
    take: &mut impl FnMut(&Request<'_>) -> T,
) -> Result<Option<T>, HeadError> {
    if !carry.is_empty() {
        carry.extend_from_slice(fresh);
        // A head ends with a line: without one in what came, parsing it all again is in vain.
        let worth_it = fresh.contains(&b'\n') || carry.len() >= HEAD_BYTES;
        return if worth_it {
            take_carried(carry, take)
        } else {
            Ok(None)
        };
    }
    match Request::read(fresh)? {
        Some((request, used)) => {
            let value = take(&request);
            carry.extend_from_slice(fresh.get(used..).unwrap_or(&[]));
            Ok(Some(value))
        }
        None => {
            carry.extend_from_slice(fresh);
            Ok(None)
        }
    }
}

/// Reads a body of `len` bytes, the start of which may lie in `carry`, within `wait` in all.
pub(super) async fn read_body(
    stream: &mut TcpStream,
    carry: &mut Vec<u8>,
    deadline: &mut Deadline,
    len: usize,
    wait: Duration,
) -> Result<Vec<u8>, ReadEnd> {
    let mut body = Vec::with_capacity(len);
    let carried = carry.len().min(len);
    body.extend(carry.drain(..carried));
    if carry.is_empty() {
        *carry = Vec::new();
    }
    deadline
        .within(wait, |cx| poll_body(stream, &mut body, len, cx))
        .await
        .map_err(|_| ReadEnd::TooSlow)??;
    Ok(body)
}

fn poll_body(
    stream: &mut TcpStream,
    body: &mut Vec<u8>,
    len: usize,
    cx: &mut Context<'_>,
) -> Poll<Result<(), ReadEnd>> {
    BUFFER.with_borrow_mut(|buffer| {
        while body.len() < len {
            let room = READ_BYTES.min(len - body.len());
            let mut read = ReadBuf::new(buffer.get_mut(..room).unwrap_or_default());
            ready!(Pin::new(&mut *stream).poll_read(cx, &mut read))?;
            if read.filled().is_empty() {
                return Poll::Ready(Err(ReadEnd::Quiet));
            }
            body.extend_from_slice(read.filled());
        }
        Poll::Ready(Ok(()))
    })
}

/// Returns when the peer has closed. What it sends meanwhile stays unread.
pub(super) async fn hung_up(stream: &TcpStream) {
    let mut byte = [0];
    let peeked = poll_fn(|cx| stream.poll_peek(cx, &mut ReadBuf::new(&mut byte))).await;
    if !matches!(peeked, Ok(1..)) {
        return;
    }
    // Behind unread bytes a closing wakes nobody.
    while !is_closed(stream).await {
        sleep(HANG_UP_LOOK).await;
    }
}

async fn is_closed(stream: &TcpStream) -> bool {
    let ready = stream.ready(Interest::READABLE).await;
    ready.map_or(true, |ready| ready.is_read_closed())
}

/// Closes after an answer that the peer may not expect: what it still sends is read and dropped
/// for a moment, because closing with unread bytes resets the connection and loses the answer.
pub(super) async fn part(stream: &mut TcpStream) {
    if stream.shutdown().await.is_err() {
        return;
    }
    let drained = poll_fn(|cx| {
        BUFFER.with_borrow_mut(|buffer| {
            let mut dropped = 0;
            while dropped < LINGER_BYTES {
                let mut read = ReadBuf::new(buffer);
                match ready!(Pin::new(&mut *stream).poll_read(cx, &mut read)) {
                    Ok(()) if !read.filled().is_empty() => dropped += read.filled().len(),
                    _ => break,
                }
            }
            Poll::Ready(())
        })
    });
    // A peer that goes on sending is reset: nothing more can be done for it.
    let _ = tokio::time::timeout(LINGER, drained).await;
}
