//! The control socket: how `hearth user add` speaks to a running daemon.
//!
//! A Unix socket in the data folder, mode 0600; the peer must be the daemon's own user or root. One request a
//! connection: a line with verb, name and role, a line with the password; the answer is one line, `ok KEY` or
//! `error TEXT`. The line `state` is answered by `ok` and the box's state as JSON.

use super::StartError;
use super::state::{Source, State};
use crate::people::{self, People, Role};
use nix::unistd::Uid;
use std::fs;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream as StdUnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::time::timeout;

/// Longest request or answer, bytes: a name, a password and some words.
const MESSAGE_MOST: u64 = 4096;

/// Longest state, bytes: 20 problems of a line each, a few names and addresses.
const STATE_MOST: u64 = 32 << 10;

/// The request for the state.
const ASK_STATE: &str = "state\n";

/// How long a request may take, s: a password hash on a small board, behind others.
const PATIENCE_S: u64 = 20;

/// Where the socket of a data folder is.
fn socket(data: &Path) -> PathBuf {
    data.join("control.sock")
}

/// A request to make an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NewAccount {
    pub(super) name: String,
    pub(super) password: String,
    pub(super) owner: bool,
}

/// Opens the socket; an old one that nobody answers is replaced.
pub(super) fn listen(data: &Path) -> Result<UnixListener, StartError> {
    let path = socket(data);
    let cannot = |error: std::io::Error| {
        StartError::Cannot(format!(
            "cannot open the control socket {}: {error}",
            path.display()
        ))
    };
    match fs::remove_file(&path) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(cannot(error)),
    }
    let listener = UnixListener::bind(&path).map_err(cannot)?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).map_err(cannot)?;
    Ok(listener)
}

/// Answers one request after the other until the runtime ends.
pub(super) async fn serve(listener: UnixListener, source: Arc<Source>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                if let Err(error) =
                    timeout(Duration::from_secs(PATIENCE_S), answer(stream, &source)).await
                {
                    log::warn!("control socket: {error}");
                }
            }
            Err(error) => {
                log::warn!("control socket: {error}");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

async fn answer(mut stream: UnixStream, source: &Arc<Source>) {
    let reply = match stream.peer_cred() {
        Ok(peer) if peer.uid() == Uid::current().as_raw() || peer.uid() == 0 => {
            let mut text = String::new();
            match (&mut stream)
                .take(MESSAGE_MOST)
                .read_to_string(&mut text)
                .await
            {
                Ok(_) => obey(&text, source).await,
                Err(error) => format!("error {error}"),
            }
        }
        _ => "error only the user that runs Hearth may do this".into(),
    };
    if let Err(error) = stream.write_all(format!("{reply}\n").as_bytes()).await {
        log::debug!("control socket: {error}");
    }
}

async fn obey(text: &str, source: &Arc<Source>) -> String {
    if text == ASK_STATE {
        return match serde_json::to_string(&source.state()) {
            Ok(state) => format!("ok {state}"),
            Err(error) => format!("error {error}"),
        };
    }
    let Some(account) = NewAccount::read(text) else {
        return "error this request is not known".into();
    };
    let people = Arc::clone(&source.people);
    match tokio::task::spawn_blocking(move || account.make(&people)).await {
        Ok(Ok(key)) => format!("ok {key}"),
        Ok(Err(reason)) => format!("error {reason}"),
        Err(error) => format!("error {error}"),
    }
}

/// The state of the daemon that runs on `data`; None if none answers.
pub(super) fn state(data: &Path) -> Option<State> {
    let stream = StdUnixStream::connect(socket(data)).ok()?;
    let answer = converse(stream, ASK_STATE, STATE_MOST).ok()?;
    serde_json::from_str(&answer).ok()
}

/// Asks the daemon that runs on `data`; None if none does.
pub(super) fn ask(data: &Path, account: &NewAccount) -> Option<Result<String, StartError>> {
    let stream = StdUnixStream::connect(socket(data)).ok()?;
    Some(converse(stream, &account.write(), MESSAGE_MOST))
}

fn converse(mut stream: StdUnixStream, request: &str, most: u64) -> Result<String, StartError> {
    let cannot = |error: std::io::Error| {
        StartError::Cannot(format!("the running daemon did not answer: {error}"))
    };
    stream
        .set_read_timeout(Some(Duration::from_secs(PATIENCE_S)))
        .map_err(cannot)?;
    stream.write_all(request.as_bytes()).map_err(cannot)?;
    stream.shutdown(std::net::Shutdown::Write).map_err(cannot)?;
    let mut line = String::new();
    BufReader::new(stream)
        .take(most)
        .read_line(&mut line)
        .map_err(cannot)?;
    match line.trim_end().split_once(' ') {
        Some(("ok", key)) => Ok(key.to_owned()),
        Some(("error", reason)) => Err(StartError::Cannot(reason.to_owned())),
        _ => Err(StartError::Cannot(
            "the running daemon closed without an answer".into(),
        )),
    }
}

impl NewAccount {
    fn write(&self) -> String {
        let role = if self.owner { "owner" } else { "member" };
        format!("user-add {} {role}\n{}\n", self.name, self.password)
    }

    fn read(text: &str) -> Option<NewAccount> {
        let (head, password) = text.strip_suffix('\n')?.split_once('\n')?;
        let mut words = head.split(' ');
        let (verb, name, role) = (words.next()?, words.next()?, words.next()?);
        let known =
            verb == "user-add" && words.next().is_none() && matches!(role, "owner" | "member");
        known.then(|| NewAccount {
            name: name.to_owned(),
            password: password.to_owned(),
            owner: role == "owner",
        })
    }

    /// Makes the account; the stream key as text.
    pub(super) fn make(&self, people: &People) -> Result<String, String> {
        let role = if self.owner {
            Role::Owner
        } else {
            Role::Member
        };
        let new = people::NewAccount {
            display_name: &self.name,
            name: Some(&self.name),
            password: &self.password,
            role,
        };
        let added = people.add_account(new).map_err(|error| error.to_string())?;
        added
            .key
            .map(|key| key.grouped())
            .ok_or_else(|| "this account has no stream key".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_survives_the_wire_with_any_password() {
        for password in ["correct horse", "", "with\ttab and ü 好", " leading "] {
            let account = NewAccount {
                name: "anna".into(),
                password: password.into(),
                owner: true,
            };
            assert_eq!(NewAccount::read(&account.write()), Some(account));
        }
    }

    #[test]
    fn other_requests_are_not_obeyed() {
        for text in [
            "",
            "user-add anna\n\n",
            "user-del anna owner\npw\n",
            "user-add anna king\npw\n",
            "user-add a owner x\npw\n",
        ] {
            assert_eq!(NewAccount::read(text), None, "{text:?}");
        }
    }
}
