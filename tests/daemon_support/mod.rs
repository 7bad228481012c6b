//! The real program: started on free ports, asked as browsers, encoders and people ask it, killed when dropped.
#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]

use hearth::people::{People, TABLES};
use hearth::store::Store;
use hearth::wire::rtmp::Publisher;
use hearth::wire::rtmp::client::PublisherState;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;

pub const PASSWORD: &str = "a short sentence";

/// No answer takes this long unless it never comes.
const PATIENCE: Duration = Duration::from_secs(30);

/// A data folder and a place for live media.
pub struct Home {
    folder: TempDir,
    ring: TempDir,
}

impl Home {
    pub fn new() -> Home {
        Home {
            folder: tempfile::tempdir().unwrap(),
            ring: tempfile::tempdir_in("/dev/shm").unwrap(),
        }
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn serve(&self) -> Command {
        let mut command = hearth();
        command
            .args(["serve", "--http", "127.0.0.1:0", "--rtmp", "127.0.0.1:0"])
            .arg("--ring")
            .arg(self.ring.path())
            .arg("--data")
            .arg(self.data());
        command
    }

    /// A daemon that is ready.
    pub fn start(&self) -> Daemon {
        let mut child = self.serve().stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut port_after = |what: &str| {
            let line = lines.find(|line| line.as_ref().unwrap().contains(what));
            let line = line.expect("the daemon tells its addresses").unwrap();
            let port = line.split(what).nth(1).unwrap().split('/').next().unwrap();
            let port = port.rsplit(':').next().unwrap().parse().unwrap();
            SocketAddr::from(([127, 0, 0, 1], port))
        };
        let (http, rtmp) = (port_after("here: http://"), port_after("rtmp://"));
        Daemon {
            child,
            http,
            rtmp,
            data: self.data(),
        }
    }

    /// A daemon that is not expected to start; it is killed if it does.
    pub fn try_to_serve(&self) -> Output {
        run(&mut self.serve(), "")
    }

    /// `hearth store …`, or any other command with a data folder.
    pub fn command(&self, words: &[&str], input: &str) -> Output {
        run(hearth().args(words).arg("--data").arg(self.data()), input)
    }

    /// The people of a store that no daemon uses.
    pub fn people(&self) -> People {
        let store = Store::open_with(&self.data().join("store"), TABLES).unwrap();
        People::open(Arc::new(store), &self.data()).unwrap()
    }
}

fn hearth() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hearth"));
    command.env("RUST_LOG", "off").stdin(Stdio::null());
    command
}

/// Runs to the end; a program that never ends is killed.
fn run(command: &mut Command, input: &str) -> Output {
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // A program that does not read its input may be gone already.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    let begun = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if begun.elapsed() > PATIENCE {
            child.kill().unwrap();
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    child.wait_with_output().unwrap()
}

/// What a command printed, for one that worked.
pub fn said(output: &Output) -> String {
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// The one sentence of a command that was refused.
pub fn refusal(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(text.lines().count(), 1, "one sentence: {text}");
    text
}

/// A running daemon.
pub struct Daemon {
    child: Child,
    pub http: SocketAddr,
    pub rtmp: SocketAddr,
    data: PathBuf,
}

impl Daemon {
    /// The process, for a thread that kills it.
    pub fn pid(&self) -> nix::unistd::Pid {
        nix::unistd::Pid::from_raw(self.child.id().try_into().unwrap())
    }

    /// Waits for an end that somebody else brought.
    pub fn wait(mut self) {
        self.child.wait().unwrap();
    }

    /// An orderly stop.
    pub fn stop(mut self) {
        nix::sys::signal::kill(self.pid(), nix::sys::signal::Signal::SIGTERM).unwrap();
        assert!(self.child.wait().unwrap().success());
    }

    /// Makes an account through the control socket, as `hearth user add` does; its key.
    pub fn add(&self, name: &str) -> Option<String> {
        add_through(&self.data, name)
    }

    pub fn get(&self, path: &str) -> Answer {
        request(self.http, "GET", path, "", "").unwrap()
    }

    /// Whether an encoder with this key may publish.
    pub fn lets_publish(&self, key: &str) -> bool {
        self.connect(key).1 == PublisherState::Publishing
    }

    /// An encoder with this key is connected until `meanwhile` is done.
    pub fn while_publishing(&self, key: &str, meanwhile: impl FnOnce()) {
        let (stream, state) = self.connect(key);
        assert_eq!(state, PublisherState::Publishing);
        meanwhile();
        drop(stream);
    }

    fn connect(&self, key: &str) -> (TcpStream, PublisherState) {
        let mut stream = TcpStream::connect(self.rtmp).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut publisher = Publisher::new("127.0.0.1", "live", key);
        let mut buffer = [0; 4096];
        while *publisher.state() == PublisherState::Connecting {
            stream.write_all(publisher.output()).unwrap();
            publisher.output().clear();
            let read = stream.read(&mut buffer).unwrap();
            assert_ne!(read, 0, "the daemon closed without words");
            publisher.feed(&buffer[..read]).unwrap();
        }
        (stream, publisher.state().clone())
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// See [`Daemon::add`]; None if the daemon was killed over it.
pub fn add_through(data: &Path, name: &str) -> Option<String> {
    let mut stream = UnixStream::connect(data.join("control.sock")).ok()?;
    write!(stream, "user-add {name} member\n{PASSWORD}\n").ok()?;
    stream.shutdown(std::net::Shutdown::Write).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let line = answer.strip_suffix('\n')?;
    match line.split_once(' ').unwrap() {
        ("ok", key) => Some(key.to_owned()),
        _ => panic!("{name}: {line}"),
    }
}

/// An answer over HTTP.
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        let fields = self.head.lines().filter_map(|line| line.split_once(": "));
        let mut named = fields.filter(|(field, _)| field.eq_ignore_ascii_case(name));
        named.next().map_or("", |(_, value)| value)
    }
}

/// One request on a connection of its own; None if the daemon was killed over it. `fields` each with their line end.
pub fn request(
    at: SocketAddr,
    method: &str,
    path: &str,
    fields: &str,
    body: &str,
) -> Option<Answer> {
    let mut stream = TcpStream::connect(at).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {at}\r\nOrigin: http://{at}\r\nConnection: close\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n{fields}\r\n{body}"
    )
    .ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    Some(Answer {
        status: head.split(' ').nth(1)?.parse().unwrap(),
        head: head.to_owned(),
        body: body.to_owned(),
    })
}
