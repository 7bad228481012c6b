//! Handing an update on to who may write it to the card: the daemon itself may not.
//!
//! Nothing of it is kept here: bytes go from the browser's connection to the socket as fast as the card takes them.

use crate::limits::http::{UPDATE_PIECE_BYTES, UPDATE_WAIT};
use crate::wire::update_answer::{ANSWER_BYTES, Answer};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::Path;

/// Where updates are taken (`systemd/hearth-update.socket`); not there: this box has no slots.
pub const SOCKET: &str = "/run/hearth-update.sock";

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HandOverError {
    /// The file did not come to its end.
    #[error("the update broke off: {0}")]
    BrokenOff(io::Error),
    /// Nobody takes updates, or somebody else's just now.
    #[error("nobody took the update: {0}")]
    NotTaken(io::Error),
}

/// Hands `file` on to `socket`; the answer of who wrote it.
///
/// # Errors
/// See [`HandOverError`]. The system that runs is as it was.
pub fn hand_over(socket: &Path, file: &mut dyn Read) -> Result<Answer, HandOverError> {
    let mut stream = connect(socket).map_err(HandOverError::NotTaken)?;
    let mut piece = vec![0; UPDATE_PIECE_BYTES];
    loop {
        let read = file.read(&mut piece).map_err(HandOverError::BrokenOff)?;
        let bytes = piece.get(..read).unwrap_or_default();
        // Who refuses an update says so and hangs up before its end.
        if bytes.is_empty() || stream.write_all(bytes).is_err() {
            break;
        }
    }
    answer(&stream).map_err(HandOverError::NotTaken)
}

fn connect(socket: &Path) -> io::Result<UnixStream> {
    let stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(UPDATE_WAIT))?;
    stream.set_write_timeout(Some(UPDATE_WAIT))?;
    Ok(stream)
}

fn answer(stream: &UnixStream) -> io::Result<Answer> {
    // Fails where the other side has hung up, which its answer explains.
    let _ = stream.shutdown(Shutdown::Write);
    let mut line = String::new();
    BufReader::new(stream)
        .take(ANSWER_BYTES as u64)
        .read_line(&mut line)?;
    Answer::read(&line).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::update_answer::Refusal;
    use std::os::unix::net::UnixListener;

    /// A file of which `bytes` come, and then the connection is gone.
    struct Cut(u64);

    impl Read for Cut {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let now = usize::try_from(self.0).unwrap().min(buffer.len());
            self.0 -= now as u64;
            match now {
                0 => Err(io::ErrorKind::ConnectionReset.into()),
                _ => Ok(now),
            }
        }
    }

    /// Hands `file` over to somebody who reads `reads` bytes and says `says`; what they read.
    fn with(
        file: &mut dyn Read,
        reads: u64,
        says: &'static str,
    ) -> (Result<Answer, HandOverError>, usize) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let listener = UnixListener::bind(&path).unwrap();
        let other = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut read = Vec::new();
            (&mut stream).take(reads).read_to_end(&mut read).unwrap();
            stream.write_all(says.as_bytes()).unwrap();
            read.len()
        });
        let answer = hand_over(&path, file);
        (answer, other.join().unwrap())
    }

    #[test]
    fn a_whole_file_is_handed_on_and_the_answer_comes_back() {
        let file = vec![7; 3 << 20];
        let (answer, read) = with(&mut file.as_slice(), u64::MAX, "ok 1.2.0\n");
        assert_eq!(answer.unwrap(), Answer::Taken("1.2.0".into()));
        assert_eq!(read, file.len());
    }

    #[test]
    fn a_refusal_before_the_end_is_heard() {
        let file = vec![7; 3 << 20];
        let (answer, _) = with(&mut file.as_slice(), 4096, "refused unsigned\n");
        assert_eq!(answer.unwrap(), Answer::Refused(Refusal::Unsigned));
    }

    #[test]
    fn without_an_answer_or_a_whole_file_nothing_is_said_to_be_taken() {
        let (answer, _) = with(&mut &[7; 100][..], 0, "");
        assert!(matches!(answer, Err(HandOverError::NotTaken(_))));
        let (answer, read) = with(&mut Cut(5000), u64::MAX, "");
        assert!(matches!(answer, Err(HandOverError::BrokenOff(_))));
        assert_eq!(read, 5000);
        let nobody = hand_over(Path::new("/nonexistent"), &mut &[7][..]);
        assert!(matches!(nobody, Err(HandOverError::NotTaken(_))));
    }
}
