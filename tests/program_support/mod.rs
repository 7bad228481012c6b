//! The real program in folders of its own, on free ports.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::HashMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;

/// See the module. Stopped when dropped.
pub(crate) struct Daemon {
    child: Child,
    pub(crate) http: SocketAddr,
    pub(crate) rtmp: SocketAddr,
    log: Arc<Mutex<String>>,
    pub(crate) dir: TempDir,
}

/// An answer, whole.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

fn hearth() -> Command {
    Command::new(env!("CARGO_BIN_EXE_hearth"))
}

impl Daemon {
    pub(crate) fn start(memory: &str) -> Daemon {
        let dir = tempfile::tempdir().unwrap();
        let mut child = hearth()
            .args(["serve", "--http", "127.0.0.1:0", "--rtmp", "127.0.0.1:0"])
            .args(["--memory", memory, "--data"])
            .arg(dir.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut address = |label: &str| {
            let line = lines
                .find(|line| line.as_ref().unwrap().contains(label))
                .unwrap()
                .unwrap();
            let after = line.split("://").nth(1).unwrap();
            after.split('/').next().unwrap().parse().unwrap()
        };
        let (http, rtmp) = (address("Watch"), address("Stream to"));
        std::thread::spawn(move || lines.for_each(drop));
        let log = Arc::new(Mutex::new(String::new()));
        let (stderr, kept) = (child.stderr.take().unwrap(), Arc::clone(&log));
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                let mut kept = kept.lock().unwrap();
                kept.push_str(&line);
                kept.push('\n');
            }
        });
        Daemon {
            child,
            http,
            rtmp,
            log,
            dir,
        }
    }

    /// Makes an account; its stream key.
    pub(crate) fn add_user(&self, name: &str) -> String {
        let mut child = hearth()
            .args(["user", "add", name, "--password-stdin", "--data"])
            .arg(self.dir.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(b"a short sentence\n")
            .unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// One request on a connection of its own; `fields` end with CRLF each.
    pub(crate) fn request(&self, line: &str, fields: &str) -> Reply {
        self.try_request(line, fields).unwrap()
    }

    /// None if the daemon closed without an answer: it was full.
    pub(crate) fn try_request(&self, line: &str, fields: &str) -> Option<Reply> {
        let mut stream = TcpStream::connect(self.http).ok()?;
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        let head = format!(
            "{line} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{fields}\r\n",
            self.http
        );
        stream.write_all(head.as_bytes()).ok()?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).ok()?;
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        Some(Reply {
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            head,
            body: bytes[end + 4..].to_vec(),
        })
    }

    pub(crate) fn get(&self, path: &str) -> Reply {
        self.request(&format!("GET {path}"), "")
    }

    /// Names of the segments that a channel's playlist lists.
    pub(crate) fn segments(&self, name: &str) -> Vec<String> {
        let line = format!("GET /live/{name}/media.m3u8");
        let Some(reply) = self.try_request(&line, "") else {
            return Vec::new();
        };
        let text = String::from_utf8(reply.body).unwrap();
        let mut is_gap = false;
        let is_there = |line: &&str| {
            let is_name = !line.starts_with('#');
            let is_there = is_name && !is_gap;
            is_gap = *line == "#EXT-X-GAP" || (is_gap && !is_name);
            is_there
        };
        let names = text.lines().filter(is_there).map(str::to_owned);
        names.filter(|_| reply.status == 200).collect()
    }

    /// Memory of its own, bytes.
    pub(crate) fn resident(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        let kib = |label| {
            let line = status.lines().find_map(|line| line.strip_prefix(label));
            let text = line.unwrap().trim().trim_end_matches(" kB");
            text.parse::<u64>().unwrap()
        };
        (kib("RssAnon:") + kib("RssShmem:")) << 10
    }

    /// Bytes of the nameless files that it has open: its rings.
    pub(crate) fn ring_bytes(&self) -> u64 {
        let mut files = HashMap::new();
        for entry in fs::read_dir(format!("/proc/{}/fd", self.pid())).unwrap() {
            let path = entry.unwrap().path();
            let is_ring = |target: &Path| target.to_string_lossy().ends_with("(deleted)");
            if fs::read_link(&path).is_ok_and(|target| is_ring(&target))
                && let Ok(facts) = fs::metadata(&path)
            {
                files.insert(facts.ino(), facts.blocks() * 512);
            }
        }
        files.values().sum()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let pid = i32::try_from(self.child.id()).unwrap();
        let _ = nix::sys::signal::kill(
            nix::unistd::Pid::from_raw(pid),
            nix::sys::signal::Signal::SIGTERM,
        );
        let _ = self.child.wait();
    }
}
