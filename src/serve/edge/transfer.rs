//! `/download/TICKET`: a large file that a page has offered, streamed while it is written.
//!
//! A thread of its own writes it, because that may wait for the card; it is never further ahead than [`DOWNLOAD_PIECES`]. A
//! file that breaks off ends without its last chunk, so that nobody takes half of it for the whole.

use super::answer::{Answer, NEVER};
use super::connection::{Connection, Next};
use super::route::Manner;
use super::sender::SendEnd;
use crate::limits::http::{
    DOWNLOAD_BYTES_MAX, DOWNLOAD_LEAST_RATE, DOWNLOAD_PATIENCE, DOWNLOAD_PIECE_BYTES,
    DOWNLOAD_PIECES,
};
use crate::serve::downloads::WriteFile;
use crate::wire::http::ResponseHead;
use bytes::Bytes;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::mpsc;

/// Where downloads are.
pub(super) const PREFIX: &str = "/download/";

const GONE: &str = "This download was fetched already, or waited too long. Ask for it again.\n";
const BUSY: &str = "Somebody downloads just now. Try again in a moment.\n";

/// What the writing thread hands over.
enum Piece {
    Bytes(Bytes),
    End,
}

/// Collects what is written into pieces.
struct Pieces {
    to: mpsc::Sender<Piece>,
    buffer: Vec<u8>,
    taken: u64,
}

/// Answers with the file.
pub(super) async fn send(
    connection: &mut Connection,
    ticket: &str,
    manner: Manner,
) -> Result<Next, SendEnd> {
    let shared = Arc::clone(&connection.shared);
    // HEAD would use the ticket up.
    if manner.head_only || manner.is_http10 {
        return connection.send(Answer::text(405, GONE), manner).await;
    }
    let Ok(turn) = shared.transfers.try_acquire() else {
        return connection.send(Answer::not_yet(5, BUSY), manner).await;
    };
    let now = shared.live.now();
    let Some(download) = shared.settings.downloads.take(ticket, now) else {
        // However slowly this is read, nobody waits for it.
        drop(turn);
        return connection.send(Answer::not_found(GONE), manner).await;
    };
    let mut head = ResponseHead {
        status: 200,
        content_type: Some(download.content_type),
        cache_control: Some(NEVER),
        attachment: Some(download.file_name),
        chunked: true,
        ..ResponseHead::default()
    };
    let mut manner = manner;
    manner.close = true;
    manner.complete(&mut head);
    let head = head
        .render()
        .map_err(|_| io::Error::from(io::ErrorKind::InvalidData))?;
    connection.sender().write_all(head.as_bytes()).await?;
    let pieces = begin(download.write)?;
    push(connection, pieces).await?;
    Ok(Next::Close)
}

fn begin(write: WriteFile) -> io::Result<mpsc::Receiver<Piece>> {
    let (to, pieces) = mpsc::channel(DOWNLOAD_PIECES);
    let mut out = Pieces {
        to,
        buffer: Vec::with_capacity(DOWNLOAD_PIECE_BYTES),
        taken: 0,
    };
    let writing = move || {
        let written = write(&mut out).and_then(|()| out.finish());
        if let Err(error) = written {
            log::info!("a download broke off: {error}");
        }
    };
    let thread = std::thread::Builder::new().name("download".into());
    thread.spawn(writing)?;
    Ok(pieces)
}

async fn push(
    connection: &mut Connection,
    mut pieces: mpsc::Receiver<Piece>,
) -> Result<(), SendEnd> {
    let (began, mut sent) = (Instant::now(), 0u64);
    while let Some(piece) = pieces.recv().await {
        let Piece::Bytes(bytes) = piece else {
            return connection.sender().write_all(b"0\r\n\r\n").await;
        };
        let size = format!("{:x}\r\n", bytes.len());
        connection.sender().write_all(size.as_bytes()).await?;
        connection.sender().write_all(&bytes).await?;
        connection.sender().write_all(b"\r\n").await?;
        sent += bytes.len() as u64;
        let due = began.elapsed().saturating_sub(DOWNLOAD_PATIENCE).as_secs();
        if sent < due.saturating_mul(DOWNLOAD_LEAST_RATE) {
            return Err(SendEnd::Io(io::ErrorKind::TimedOut.into()));
        }
    }
    Err(SendEnd::Io(io::ErrorKind::UnexpectedEof.into()))
}

impl Pieces {
    fn hand_over(&mut self) -> io::Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let empty = Vec::with_capacity(DOWNLOAD_PIECE_BYTES);
        let piece = Bytes::from(std::mem::replace(&mut self.buffer, empty));
        self.give(Piece::Bytes(piece))
    }

    fn give(&self, piece: Piece) -> io::Result<()> {
        let given = self.to.blocking_send(piece);
        given.map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))
    }

    fn finish(mut self) -> io::Result<()> {
        self.hand_over()?;
        self.give(Piece::End)
    }
}

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = DOWNLOAD_PIECE_BYTES.saturating_sub(self.buffer.len());
        let (now, _) = bytes.split_at(room.min(bytes.len()));
        self.taken += now.len() as u64;
        if self.taken > DOWNLOAD_BYTES_MAX {
            return Err(io::Error::other("it is larger than a download may be"));
        }
        self.buffer.extend_from_slice(now);
        if self.buffer.len() >= DOWNLOAD_PIECE_BYTES {
            self.hand_over()?;
        }
        Ok(now.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.hand_over()
    }
}
