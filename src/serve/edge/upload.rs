//! `/upload/TICKET`: a large file that a page waits for, streamed to a thread of its own, because that waits for the card. It is never
//! further behind than a few pieces, and nothing of the file is in memory beside them.
//!
//! Programs send the bytes as they are and are answered in JSON; a browser's form wraps them (`multipart/form-data`, RFC 7578, one
//! part) and is sent on to a page.

use super::answer::{Answer, NEVER};
use super::connection::{Connection, Next};
use super::route::Manner;
use super::sender::SendEnd;
use crate::limits::http::{
    DOWNLOAD_LEAST_RATE, DOWNLOAD_PATIENCE, DOWNLOAD_PIECE_BYTES, DOWNLOAD_PIECES,
    UPLOAD_BYTES_MAX, UPLOAD_REFUSED_PATIENCE, UPLOAD_SILENCE, UPLOAD_WRAPPING_BYTES,
};
use crate::serve::uploads::{Received, Upload};
use crate::wire::http::{Request, accepts_html};
use bytes::{Buf as _, Bytes};
use std::io::{self, ErrorKind, Read};
use std::sync::Arc;
use std::time::Instant;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

/// Where uploads go.
pub(super) const PREFIX: &str = "/upload/";

const JSON: &str = "application/json";
const GONE: &str = "This upload was sent already, or waited too long. Ask for it again.\n";
const BUSY: &str = "Somebody downloads or uploads just now. Try again in a moment.\n";
const EMPTY: &str = "Send the file with its Content-Length.\n";
const LARGE: &str = "This file is larger than the box takes.\n";

/// What the request says of itself.
pub(super) struct Asked {
    ticket: Box<str>,
    length: u64,
    is_form: bool,
    wants_page: bool,
    expects_continue: bool,
}

impl Asked {
    /// With the ticket that its path has.
    pub(super) fn new(request: &Request<'_>, ticket: &str) -> Asked {
        let kind = request.text("content-type").unwrap_or_default();
        Asked {
            ticket: ticket.into(),
            length: request.content_length,
            is_form: kind.starts_with("multipart/form-data"),
            wants_page: accepts_html(request.values("accept")),
            expects_continue: request.expects_continue,
        }
    }
}

/// Takes the file and answers with what became of it.
pub(super) async fn receive(
    connection: &mut Connection,
    asked: &Asked,
    manner: Manner,
) -> Result<Next, SendEnd> {
    let shared = Arc::clone(&connection.shared);
    let Ok(turn) = shared.transfers.try_acquire() else {
        return refuse(connection, asked, manner, Answer::not_yet(5, BUSY)).await;
    };
    match admit(connection, asked) {
        Ok(upload) => {
            let received = take(connection, asked, upload).await?;
            drop(turn);
            connection.send(answer(asked, received), manner).await
        }
        Err(refusal) => {
            drop(turn);
            refuse(connection, asked, manner, *refusal).await
        }
    }
}

/// Answers, and reads what is sent all the same, within bounds: browsers that are cut off while they send show no answer.
async fn refuse(
    connection: &mut Connection,
    asked: &Asked,
    manner: Manner,
    refusal: Answer,
) -> Result<Next, SendEnd> {
    connection.send(refusal, manner).await?;
    let shared = Arc::clone(&connection.shared);
    if let Ok(_turn) = shared.refused_uploads.try_acquire() {
        connection.stream.shutdown().await?;
        let rest = hand_over(connection, asked.length.min(UPLOAD_BYTES_MAX), None);
        let _ = timeout(UPLOAD_REFUSED_PATIENCE, rest).await;
    }
    Ok(Next::Close)
}

fn admit(connection: &Connection, asked: &Asked) -> Result<Upload, Box<Answer>> {
    let shared = &connection.shared;
    if asked.length == 0 {
        return Err(Box::new(Answer::text(411, EMPTY)));
    }
    if asked.length > UPLOAD_BYTES_MAX {
        return Err(Box::new(Answer::text(413, LARGE)));
    }
    let upload = shared
        .settings
        .uploads
        .take(&asked.ticket, shared.live.now());
    upload.ok_or_else(|| Box::new(Answer::not_found(GONE)))
}

fn answer(asked: &Asked, received: Received) -> Answer {
    if asked.wants_page {
        let page = received.page;
        return Answer::text(303, "").with(|head| head.location = Some(page));
    }
    let status = received.status;
    Answer::bytes(JSON, NEVER, received.body.into()).with(|head| head.status = status)
}

async fn take(
    connection: &mut Connection,
    asked: &Asked,
    upload: Upload,
) -> Result<Received, SendEnd> {
    if asked.expects_continue && connection.carry.is_empty() {
        let go_on = b"HTTP/1.1 100 Continue\r\n\r\n";
        connection.sender().write_all(go_on).await?;
    }
    let (to, pieces) = mpsc::channel(DOWNLOAD_PIECES);
    let (tell, told) = oneshot::channel();
    let mut file = Incoming {
        pieces,
        piece: Bytes::new(),
        left: asked.length,
    };
    let is_form = asked.is_form;
    let reading = move || {
        if is_form && let Err(error) = file.unwrap() {
            log::info!("an upload could not be read: {error}");
        }
        // Nobody listens any more if the sender has left.
        let _ = tell.send((upload.read)(&mut file));
    };
    let thread = std::thread::Builder::new().name("upload".into());
    thread.spawn(reading)?;
    hand_over(connection, asked.length, Some(to)).await?;
    told.await
        .map_err(|_| SendEnd::Io(ErrorKind::UnexpectedEof.into()))
}

/// Piece after piece as they come, to nobody if nobody wants them. Ends early if the reading thread wants no more.
async fn hand_over(
    connection: &mut Connection,
    length: u64,
    to: Option<mpsc::Sender<Bytes>>,
) -> Result<(), SendEnd> {
    let (began, mut left) = (Instant::now(), length);
    let mut buffer = vec![0; DOWNLOAD_PIECE_BYTES];
    while left > 0 {
        let most = usize::try_from(left).map_or(buffer.len(), |left| left.min(buffer.len()));
        let room = buffer.get_mut(..most).unwrap_or_default();
        let count = match connection.carry.is_empty() {
            true => {
                let read = timeout(UPLOAD_SILENCE, connection.stream.read(room)).await;
                read.map_err(|_| io::Error::from(ErrorKind::TimedOut))??
            }
            false => take_carried(&mut connection.carry, room),
        };
        if count == 0 {
            return Err(SendEnd::Io(ErrorKind::UnexpectedEof.into()));
        }
        left = left.saturating_sub(count as u64);
        if let Some(to) = &to {
            let piece = Bytes::copy_from_slice(buffer.get(..count).unwrap_or_default());
            if to.send(piece).await.is_err() {
                return Ok(());
            }
        }
        let due = began.elapsed().saturating_sub(DOWNLOAD_PATIENCE).as_secs();
        if length - left < due.saturating_mul(DOWNLOAD_LEAST_RATE) {
            return Err(SendEnd::Io(ErrorKind::TimedOut.into()));
        }
    }
    Ok(())
}

fn take_carried(carry: &mut Vec<u8>, room: &mut [u8]) -> usize {
    let count = carry.len().min(room.len());
    for (to, from) in room.iter_mut().zip(carry.drain(..count)) {
        *to = from;
    }
    if carry.is_empty() {
        *carry = Vec::new();
    }
    count
}

/// The file as its thread reads it.
struct Incoming {
    pieces: mpsc::Receiver<Bytes>,
    piece: Bytes,
    /// Bytes that are still to come.
    left: u64,
}

impl Incoming {
    /// Takes off what a browser's form puts before the file. What it puts behind it is left: a backup tells its own end.
    fn unwrap(&mut self) -> io::Result<()> {
        let (mut end, mut byte) = ([0u8; 4], [0u8; 1]);
        for _ in 0..UPLOAD_WRAPPING_BYTES {
            self.read_exact(&mut byte)?;
            end.rotate_left(1);
            let ([.., last], [first]) = (&mut end, byte);
            *last = first;
            if &end == b"\r\n\r\n" {
                return Ok(());
            }
        }
        Err(ErrorKind::InvalidData.into())
    }
}

impl Read for Incoming {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        if self.piece.is_empty() && self.left > 0 {
            let next = self.pieces.blocking_recv();
            self.piece = next.ok_or(io::Error::from(ErrorKind::UnexpectedEof))?;
            self.left = self.left.saturating_sub(self.piece.len() as u64);
        }
        let count = to.len().min(self.piece.len());
        if let Some(to) = to.get_mut(..count) {
            self.piece.copy_to_slice(to);
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn incoming(pieces: &[&'static [u8]], left: u64) -> Incoming {
        let (to, received) = mpsc::channel(pieces.len().max(1));
        for piece in pieces {
            to.try_send(Bytes::from_static(piece)).unwrap();
        }
        Incoming {
            pieces: received,
            piece: Bytes::new(),
            left,
        }
    }

    #[test]
    fn a_form_is_unwrapped_wherever_its_pieces_are_cut() {
        let mut file = incoming(&[b"--x\r\nA: b\r", b"\n\r\nGZ", b"IP"], 17);
        file.unwrap().unwrap();
        let mut rest = Vec::new();
        file.read_to_end(&mut rest).unwrap();
        assert_eq!(rest, b"GZIP");
        assert!(incoming(&[b"no end of a head"], 16).unwrap().is_err());
    }

    #[test]
    fn a_file_that_breaks_off_is_not_taken_for_a_whole_one() {
        let mut file = incoming(&[b"half"], 8);
        let error = file.read_to_end(&mut Vec::new()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
    }
}
