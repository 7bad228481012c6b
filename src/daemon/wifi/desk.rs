//! Where the daemon asks: a Unix socket for root and the daemon's group.

use crate::limits::wifi::{REQUEST_BYTES, TALK_MS};
use crate::serve::wifi::{Ask, State};
use std::fs::{self, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{sleep, timeout};

/// Requests that wait to be answered; a further one is not read until then.
const WAITING: usize = 4;

/// Pause after an accept that failed.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// A request, and where its answer goes.
pub(super) struct Asked {
    pub(super) ask: Ask,
    pub(super) answer: oneshot::Sender<State>,
}

/// See the module.
pub(super) struct Desk {
    asked: mpsc::Receiver<Asked>,
}

impl Desk {
    /// Listens in `folder`, in place of who did before.
    pub(super) fn open(folder: &Path) -> io::Result<Desk> {
        let path = folder.join("ask.sock");
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(&path)?;
        fs::set_permissions(&path, Permissions::from_mode(0o660))?;
        let (to_radio, asked) = mpsc::channel(WAITING);
        tokio::spawn(accept(listener, to_radio));
        Ok(Desk { asked })
    }

    /// The next request.
    pub(super) async fn next(&mut self) -> Asked {
        match self.asked.recv().await {
            Some(asked) => asked,
            None => std::future::pending().await,
        }
    }
}

/// One after the other: there is one daemon, and its pages ask briefly.
async fn accept(listener: UnixListener, to_radio: mpsc::Sender<Asked>) {
    let patience = Duration::from_millis(TALK_MS);
    loop {
        match listener.accept().await {
            Ok((stream, _)) => match timeout(patience, serve(stream, &to_radio)).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => log::debug!("a request: {error}"),
                Err(_) => log::debug!("a request took too long"),
            },
            Err(error) => {
                log::warn!("requests: {error}");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn serve(mut stream: UnixStream, to_radio: &mpsc::Sender<Asked>) -> io::Result<()> {
    let mut request = Vec::new();
    (&mut stream)
        .take(REQUEST_BYTES)
        .read_to_end(&mut request)
        .await?;
    let ask: Ask = serde_json::from_slice(&request)?;
    if let Ask::Join(network) = &ask
        && !network.is_sound()
    {
        return Err(ErrorKind::InvalidInput.into());
    }
    let (answer, answered) = oneshot::channel();
    let gone = |_| io::Error::from(ErrorKind::BrokenPipe);
    let sent = to_radio.send(Asked { ask, answer }).await;
    sent.map_err(|_| io::Error::from(ErrorKind::BrokenPipe))?;
    let state = answered.await.map_err(gone)?;
    stream.write_all(&serde_json::to_vec(&state)?).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::wifi::{self, Mode};

    #[test]
    fn the_daemon_asks_and_is_answered_and_nonsense_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let mut desk = Desk::open(folder.path()).unwrap();
            let socket = folder.path().join("ask.sock");
            let asking = tokio::task::spawn_blocking(move || {
                let mut nonsense = std::os::unix::net::UnixStream::connect(&socket).unwrap();
                std::io::Write::write_all(&mut nonsense, b"{\"ask\":\"burn\"}").unwrap();
                drop(nonsense);
                wifi::ask(&socket, &Ask::Look {}).unwrap()
            });
            let asked = desk.next().await;
            assert_eq!(asked.ask, Ask::Look {});
            let state = State {
                mode: Mode::Resting,
                ..State::default()
            };
            asked.answer.send(state.clone()).unwrap();
            assert_eq!(asking.await.unwrap(), state);
        });
    }
}
