//! Writing to a connection: small answers by one `writev`, segments by `sendfile(2)`.

use super::MediaFile;
use super::deadline::{Deadline, Expired};
use crate::limits::http::{COPY_BYTES, CUT_NOTICED, SENDFILE_BYTES, TURN_BYTES};
use nix::sys::sendfile::sendfile64;
use std::io::{self, ErrorKind, IoSlice};
use std::os::fd::BorrowedFd;
use std::time::Duration;
use tokio::io::Interest;
use tokio::net::TcpStream;
use tokio::task::yield_now;
use tokio::time::Instant;

/// Why an answer did not get through. None of these may end politely: the peer would take a short
/// body for a whole one, and the kernel would go on sending to somebody who never reads.
#[derive(Debug, thiserror::Error)]
pub(super) enum SendEnd {
    /// The peer is gone.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// No step within the deadline.
    #[error("the peer takes nothing any more")]
    Stalled,
    /// The segment's pages are needed.
    #[error("the segment was given up")]
    Cut,
    /// The segment ended before its length.
    #[error("a segment is shorter than it says")]
    Short,
}

impl From<Expired> for SendEnd {
    fn from(_: Expired) -> SendEnd {
        SendEnd::Stalled
    }
}

/// The way out of one connection.
pub(super) struct Sender<'c> {
    /// Where to.
    pub(super) stream: &'c TcpStream,
    /// The connection's timer.
    pub(super) deadline: &'c mut Deadline,
    /// Between two steps.
    pub(super) wait: Duration,
    /// The segment that is held meanwhile: once it is cut there is no more waiting.
    pub(super) held: Option<&'c dyn MediaFile>,
}

impl<'c> Sender<'c> {
    /// The same for somebody who holds `file`.
    pub(super) fn holding(self, file: &'c dyn MediaFile) -> Sender<'c> {
        Sender {
            held: Some(file),
            ..self
        }
    }

    /// Sends head and body, in one call if the socket has room.
    pub(super) async fn send(&mut self, head: &[u8], body: &[u8]) -> Result<(), SendEnd> {
        let (head, body) = self.begin(head, body)?;
        if !head.is_empty() {
            self.write_all(&head).await?;
        }
        self.write_all(body).await
    }

    /// The first step of [`Sender::send`]; returns what is left. The head, which may lie on the
    /// stack of the caller, is copied only if the socket was full.
    pub(super) fn begin<'b>(
        &self,
        head: &[u8],
        body: &'b [u8],
    ) -> Result<(Vec<u8>, &'b [u8]), SendEnd> {
        let slices = [IoSlice::new(head), IoSlice::new(body)];
        let sent = match self.stream.try_write_vectored(&slices) {
            Ok(sent) => sent,
            Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
            Err(error) => return Err(error.into()),
        };
        let head_left = head.get(sent..).unwrap_or(&[]).to_vec();
        let body_left = body.get(sent.saturating_sub(head.len())..).unwrap_or(&[]);
        Ok((head_left, body_left))
    }

    /// Sends all of `bytes`.
    pub(super) async fn write_all(&mut self, mut bytes: &[u8]) -> Result<(), SendEnd> {
        let mut turn = Turn::default();
        while !bytes.is_empty() {
            match self.stream.try_write(bytes) {
                Ok(0) => return Err(SendEnd::Io(ErrorKind::WriteZero.into())),
                Ok(sent) => {
                    bytes = bytes.get(sent..).unwrap_or(&[]);
                    turn.took(sent).await;
                }
                Err(error) => self.ready_after(error).await?,
            }
        }
        Ok(())
    }

    /// Sends `len` bytes of `file` from `first`.
    pub(super) async fn send_file(
        &mut self,
        file: &'c dyn MediaFile,
        first: u64,
        len: u64,
    ) -> Result<(), SendEnd> {
        self.held = Some(file);
        if first.saturating_add(len) > file.len() {
            return Err(SendEnd::Short);
        }
        match file.fd() {
            Some(fd) => self.send_pages(file, fd, first, len).await,
            None => Box::pin(self.send_copies(file, first, len)).await,
        }
    }

    async fn send_pages(
        &mut self,
        file: &dyn MediaFile,
        fd: BorrowedFd<'_>,
        mut at: u64,
        mut left: u64,
    ) -> Result<(), SendEnd> {
        let mut turn = Turn::default();
        while left > 0 {
            if file.is_cut() {
                return Err(SendEnd::Cut);
            }
            let (sent, full) = self.sendfile(fd, at, left.min(SENDFILE_BYTES))?;
            at += sent;
            left -= sent;
            if full && left > 0 {
                self.writable().await?;
                turn = Turn::default();
            } else {
                turn.took(usize::try_from(sent).unwrap_or(usize::MAX)).await;
            }
        }
        Ok(())
    }

    /// One call. A count below `most` means that the socket is full, because the file is longer:
    /// saying so to the runtime spares the call that would find it out.
    fn sendfile(&self, fd: BorrowedFd<'_>, at: u64, most: u64) -> Result<(u64, bool), SendEnd> {
        let mut offset = i64::try_from(at).map_err(|_| SendEnd::Short)?;
        let count = usize::try_from(most).unwrap_or(usize::MAX);
        let mut sent = 0;
        let called = self.stream.try_io(Interest::WRITABLE, || {
            sent = sendfile64(self.stream, fd, Some(&mut offset), count)?;
            match sent {
                0 => Err(ErrorKind::UnexpectedEof.into()),
                sent if sent < count => Err(ErrorKind::WouldBlock.into()),
                _ => Ok(()),
            }
        });
        let sent = u64::try_from(sent).unwrap_or(0);
        match called {
            Ok(()) => Ok((sent, false)),
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok((sent, true)),
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok((0, false)),
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Err(SendEnd::Short),
            Err(error) => Err(error.into()),
        }
    }

    async fn send_copies(
        &mut self,
        file: &dyn MediaFile,
        mut at: u64,
        mut left: u64,
    ) -> Result<(), SendEnd> {
        let mut buffer = vec![0; COPY_BYTES];
        let mut turn = Turn::default();
        while left > 0 {
            if file.is_cut() {
                return Err(SendEnd::Cut);
            }
            let most = usize::try_from(left).unwrap_or(COPY_BYTES).min(COPY_BYTES);
            let got = file.read_at(at, buffer.get_mut(..most).unwrap_or_default())?;
            if got == 0 {
                return Err(SendEnd::Short);
            }
            self.write_all(buffer.get(..got).unwrap_or(&[])).await?;
            turn.took(got).await;
            at += got as u64;
            left = left.saturating_sub(got as u64);
        }
        Ok(())
    }

    async fn ready_after(&mut self, error: io::Error) -> Result<(), SendEnd> {
        match error.kind() {
            ErrorKind::WouldBlock => self.writable().await,
            ErrorKind::Interrupted => Ok(()),
            _ => Err(error.into()),
        }
    }

    async fn writable(&mut self) -> Result<(), SendEnd> {
        let (stream, end) = (self.stream, Instant::now() + self.wait);
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let look = match self.held {
                Some(file) if file.is_cut() => return Err(SendEnd::Cut),
                Some(_) => left.min(CUT_NOTICED),
                None => left,
            };
            let ready = self
                .deadline
                .within(look, |cx| stream.poll_write_ready(cx))
                .await;
            match ready {
                Ok(ready) => return Ok(ready?),
                Err(expired) if look == left => return Err(expired.into()),
                Err(_) => {}
            }
        }
    }
}

/// Bytes that this connection has sent since others last had their turn.
#[derive(Default)]
struct Turn(u64);

impl Turn {
    async fn took(&mut self, bytes: usize) {
        self.0 += bytes as u64;
        if self.0 >= TURN_BYTES {
            self.0 = 0;
            yield_now().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::pin;
    use std::task::{Context, Waker};

    #[test]
    fn a_connection_lets_others_run_after_its_turn_and_not_before() {
        let mut cx = Context::from_waker(Waker::noop());
        let mut turn = Turn::default();
        let most = usize::try_from(TURN_BYTES).unwrap();
        assert!(pin!(turn.took(most - 1)).as_mut().poll(&mut cx).is_ready());
        let mut over = Box::pin(turn.took(1));
        assert!(over.as_mut().poll(&mut cx).is_pending());
        assert!(over.as_mut().poll(&mut cx).is_ready());
        drop(over);
        assert!(pin!(turn.took(1)).as_mut().poll(&mut cx).is_ready());
    }
}
