//! The real program takes a backup back: sent to it by its owner, over a power cut, and by starting itself anew.
#![allow(clippy::unwrap_used, missing_docs)]

mod daemon_support;

use daemon_support::{Home, PASSWORD, request, said};
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// No answer takes this long unless it never comes.
const PATIENCE: Duration = Duration::from_secs(60);

/// Anna's program, logged in.
struct Program {
    at: SocketAddr,
    session: String,
}

impl Program {
    fn log_in(at: SocketAddr) -> Program {
        let body = format!("name=anna&password={}", PASSWORD.replace(' ', "+"));
        let answer = request(at, "POST", "/api/v1/session", "", &body).unwrap();
        let answer: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
        let session = answer["session"].as_str().unwrap().to_owned();
        Program { at, session }
    }

    fn ask(&self, method: &str, path: &str, body: &str) -> Option<(u16, serde_json::Value)> {
        let bearer = format!("Authorization: Bearer {}\r\n", self.session);
        let answer = request(self.at, method, path, &bearer, body)?;
        let json = serde_json::from_str(&answer.body).unwrap_or_default();
        Some((answer.status, json))
    }

    fn offer(&self) -> String {
        let password = format!("password={}", PASSWORD.replace(' ', "+"));
        let (status, answer) = self
            .ask("POST", "/api/v1/house/restore", &password)
            .unwrap();
        assert_eq!(status, 201);
        answer["url"].as_str().unwrap().to_owned()
    }

    fn people(&self) -> usize {
        let (_, people) = self.ask("GET", "/api/v1/people", "").unwrap();
        people["people"].as_array().unwrap().len()
    }
}

/// Sends a file; the whole answer.
fn send(at: SocketAddr, url: &str, kind: &str, accept: &str, file: &[u8]) -> String {
    let mut stream = TcpStream::connect(at).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let length = file.len();
    write!(
        stream,
        "POST {url} HTTP/1.1\r\nHost: {at}\r\nContent-Type: {kind}\r\nAccept: {accept}\r\nContent-Length: {length}\r\n\r\n"
    )
    .unwrap();
    // It may refuse before all has been sent.
    let _ = stream.write_all(file);
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    answer
}

const BYTES: &str = "application/octet-stream";

/// Anna's house, and a backup of it; then Ben moves in.
fn with_backup() -> (Home, Vec<u8>) {
    let home = Home::new();
    said(&home.command(
        &["user", "add", "anna", "--owner", "--password-stdin"],
        PASSWORD,
    ));
    let file = home.file("backup.gz");
    said(&home.command(&["store", "export", &file.to_string_lossy()], ""));
    said(&home.command(&["user", "add", "ben", "--password-stdin"], PASSWORD));
    (home, fs::read(file).unwrap())
}

#[test]
fn what_is_no_backup_is_refused_and_a_ticket_counts_once() {
    let (home, backup) = with_backup();
    let daemon = home.start();
    let anna = Program::log_in(daemon.http);
    for bad in [&b"not a backup"[..], &backup[..backup.len() / 2]] {
        let url = anna.offer();
        let answer = send(daemon.http, &url, BYTES, "*/*", bad);
        assert!(answer.starts_with("HTTP/1.1 422 "), "{answer}");
        assert!(answer.contains("\"code\":\"damaged\""), "{answer}");
        let again = send(daemon.http, &url, BYTES, "*/*", &backup);
        assert!(again.starts_with("HTTP/1.1 404 "), "{again}");
    }
    // What nobody waits for is read to its end all the same: a browser that is cut off shows no answer.
    let mut stream = TcpStream::connect(daemon.http).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let (at, file) = (daemon.http, vec![7; 8 << 20]);
    let length = file.len();
    write!(
        stream,
        "PUT /upload/nobody HTTP/1.1\r\nHost: {at}\r\nContent-Length: {length}\r\n\r\n"
    )
    .unwrap();
    stream.write_all(&file).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 404 "), "{answer}");
    // Larger than any backup: refused before a byte of it is read.
    let url = anna.offer();
    let mut stream = TcpStream::connect(daemon.http).unwrap();
    let at = daemon.http;
    write!(
        stream,
        "PUT {url} HTTP/1.1\r\nHost: {at}\r\nContent-Length: 999999999\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    // One that breaks off leaves nothing.
    let mut stream = TcpStream::connect(daemon.http).unwrap();
    write!(
        stream,
        "PUT {url} HTTP/1.1\r\nHost: {at}\r\nContent-Length: 5000\r\n\r\nhalf"
    )
    .unwrap();
    drop(stream);
    let begun = Instant::now();
    while home.data().join("restore.new").exists() {
        assert!(begun.elapsed() < PATIENCE);
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(!home.data().join("restore").exists());
    assert_eq!(anna.people(), 2);
}

#[test]
fn an_account_made_between_two_steps_of_a_restore_starts_no_empty_house() {
    let (home, _) = with_backup();
    let (store, old) = (home.data().join("store"), home.data().join("store.old"));
    fs::rename(&store, &old).unwrap();
    said(&home.command(&["user", "add", "cleo", "--password-stdin"], PASSWORD));
    let daemon = home.start();
    assert_eq!(Program::log_in(daemon.http).people(), 3);
}

#[test]
fn a_power_cut_behind_an_accepted_backup_loses_neither_it_nor_what_is_there() {
    let (home, backup) = with_backup();
    let daemon = home.start();
    let anna = Program::log_in(daemon.http);
    let session = anna.session.clone();
    let form = [
        &b"--part\r\nContent-Disposition: form-data; name=\"file\"; filename=\"b.gz\"\r\n\r\n"[..],
        &backup,
        b"\r\n--part--\r\n",
    ]
    .concat();
    let kind = "multipart/form-data; boundary=part";
    let answer = send(daemon.http, &anna.offer(), kind, "text/html", &form);
    assert!(answer.starts_with("HTTP/1.1 303 "), "{answer}");
    assert!(
        answer.contains("Location: /admin?restore=accepted\r\n"),
        "{answer}"
    );
    drop(daemon); // kills it
    assert!(home.data().join("restore").exists());

    let daemon = home.start();
    let before = Program {
        at: daemon.http,
        session,
    };
    let (status, _) = before.ask("GET", "/api/v1/me", "").unwrap();
    assert_eq!(status, 401, "a session of before the restore");
    let anna = Program::log_in(daemon.http);
    assert_eq!(anna.people(), 1);
    assert!(!home.data().join("restore").exists());
    daemon.stop();
}

/// A program on a port that it keeps when it starts anew.
struct Kept {
    child: Child,
    http: SocketAddr,
}

impl Drop for Kept {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn without_a_supervisor_it_starts_itself_anew_with_the_backup() {
    let (home, backup) = with_backup();
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let http = free.local_addr().unwrap();
    drop(free);
    let child = Command::new(env!("CARGO_BIN_EXE_hearth"))
        .args(["serve", "--rtmp", "127.0.0.1:0", "--http"])
        .arg(http.to_string())
        .arg("--data")
        .arg(home.data())
        .env_remove("NOTIFY_SOCKET")
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let kept = Kept { child, http };
    let begun = Instant::now();
    while TcpStream::connect(kept.http).is_err() {
        assert!(begun.elapsed() < PATIENCE);
        std::thread::sleep(Duration::from_millis(20));
    }
    let anna = Program::log_in(kept.http);
    let answer = send(kept.http, &anna.offer(), BYTES, "*/*", &backup);
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!(answer.contains("\"people\":1"), "{answer}");
    // Its session counts until the new beginning, and no longer.
    let begun = Instant::now();
    loop {
        assert!(begun.elapsed() < PATIENCE);
        match anna.ask("GET", "/api/v1/me", "") {
            Some((401, _)) => break,
            _ => std::thread::sleep(Duration::from_millis(50)),
        }
    }
    assert_eq!(Program::log_in(kept.http).people(), 1);
}
