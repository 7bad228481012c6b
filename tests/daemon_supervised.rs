//! The real program under a supervisor: it says when it is ready and that it makes progress, and with data that can't be
//! used it shows a page that says so instead of ending.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

fn on_tmpfs() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").unwrap()
}

/// What stands on the screen.
fn screen(data: &Path, ring: &Path) -> String {
    let console = Command::new(env!("CARGO_BIN_EXE_hearth"))
        .args(["console", "--once", "--data"])
        .arg(data)
        .arg("--ring")
        .arg(ring)
        .output()
        .unwrap();
    String::from_utf8(console.stdout).unwrap()
}

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

struct Supervised {
    child: Child,
    socket: UnixDatagram,
    port: u16,
}

impl Supervised {
    fn start(folder: &Path, data: &Path, ring: &Path) -> Supervised {
        let name = folder.join("notify");
        let socket = UnixDatagram::bind(&name).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let child = Command::new(env!("CARGO_BIN_EXE_hearth"))
            .args(["serve", "--rtmp", "127.0.0.1:0", "--http"])
            .arg(format!("127.0.0.1:{port}"))
            .arg("--ring")
            .arg(ring)
            .arg("--data")
            .arg(data)
            .env("NOTIFY_SOCKET", &name)
            .env("WATCHDOG_USEC", "30000000")
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Supervised {
            child,
            socket,
            port,
        }
    }

    fn hear(&self) -> String {
        let mut buffer = [0; 4096];
        let count = self.socket.recv(&mut buffer).unwrap();
        String::from_utf8_lossy(&buffer[..count]).into_owned()
    }

    fn hear_until(&self, wanted: &str) -> String {
        loop {
            let heard = self.hear();
            if heard.contains(wanted) {
                return heard;
            }
        }
    }

    fn get(&self) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        write!(
            stream,
            "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

impl Drop for Supervised {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn readiness_progress_and_a_wanted_end_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let ring = on_tmpfs();
    let daemon = Supervised::start(folder.path(), &folder.path().join("data"), ring.path());
    assert!(daemon.hear().starts_with("READY=1\n"));
    assert!(!daemon.get().starts_with("HTTP/1.1 503"));
    // The first sign counts the start as proof; the fourth, 15 s later, only what the duties have proved since.
    for _ in 0..5 {
        assert_eq!(daemon.hear(), "WATCHDOG=1");
    }
    let process = nix::unistd::Pid::from_raw(i32::try_from(daemon.child.id()).unwrap());
    nix::sys::signal::kill(process, nix::sys::signal::Signal::SIGTERM).unwrap();
    daemon.hear_until("STOPPING=1");
}

#[test]
fn data_that_cant_be_used_are_told_on_a_page_until_they_can() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    fs::write(&data, "not a folder").unwrap();
    let ring = on_tmpfs();
    let daemon = Supervised::start(folder.path(), &data, ring.path());
    let ready = daemon.hear();
    assert!(
        ready.starts_with("READY=1\nSTATUS=The data can't be used"),
        "{ready}"
    );
    let page = daemon.get();
    assert!(page.starts_with("HTTP/1.1 503 "), "{page}");
    assert!(page.contains("can't read its card") && page.contains(&*data.to_string_lossy()));
    daemon.hear_until("WATCHDOG=1");
    let told = screen(&data, ring.path());
    let address = format!("http://127.0.0.1:{}/", daemon.port);
    assert!(
        told.contains("! Hearth can't read its card") && told.contains(&address),
        "{told}"
    );
    fs::remove_file(&data).unwrap();
    daemon.hear_until("STATUS=On");
    assert!(!daemon.get().starts_with("HTTP/1.1 503"));
    assert!(screen(&data, ring.path()).contains("Nobody owns this box yet"));
    assert!(!ring.path().join("state.json").exists());
}

#[test]
fn without_a_supervisor_it_ends_with_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    fs::write(&data, "not a folder").unwrap();
    let ended = Command::new(env!("CARGO_BIN_EXE_hearth"))
        .args([
            "serve",
            "--http",
            "127.0.0.1:0",
            "--rtmp",
            "127.0.0.1:0",
            "--data",
        ])
        .arg(&data)
        .env_remove("NOTIFY_SOCKET")
        .output()
        .unwrap();
    assert!(!ended.status.success());
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(said.contains(&*data.to_string_lossy()), "{said}");
}

/// Units that are processes of ours.
const UNITS: [&str; 6] = [
    "hearth",
    "hearth-card",
    "hearth-console",
    "hearth-slot",
    "hearth-update@",
    "hearth-wifi",
];

/// Says on the terminal, past what the test harness keeps, that a test could not be made here.
fn skip(reason: &str) {
    let line = format!("SKIP {reason}\n");
    std::io::stderr().write_all(line.as_bytes()).unwrap();
}

/// How exposed systemd thinks a unit is, in tenths of 10; 2.0 is the bound.
#[test]
fn the_units_are_as_hardened_as_promised() {
    for unit in UNITS {
        let verdict = Command::new("systemd-analyze")
            .args(["security", "--offline=true", "--threshold=20", "--no-pager"])
            .arg(format!(
                "{}/systemd/{unit}.service",
                env!("CARGO_MANIFEST_DIR")
            ))
            .output();
        match verdict {
            Ok(verdict) => assert!(
                verdict.status.success(),
                "{unit}: {}",
                String::from_utf8_lossy(&verdict.stdout)
            ),
            Err(error) => skip(&format!(
                "{unit} is not judged: no systemd-analyze ({error})"
            )),
        }
    }
}

/// What systemd finds odd about the units: nothing.
#[test]
fn the_units_say_nothing_that_systemd_does_not_understand() {
    let root = tempfile::tempdir().unwrap();
    let units = root.path().join("usr/lib/systemd/system");
    fs::create_dir_all(&units).unwrap();
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("systemd");
    let (mut names, mut copied) = (Vec::new(), 0);
    for (folder, ending) in [
        (Path::new("/usr/lib/systemd/system"), "target"),
        (&*ours, "service"),
    ] {
        for file in fs::read_dir(folder).into_iter().flatten().flatten() {
            if file.path().extension().is_some_and(|own| own == ending) {
                fs::copy(file.path(), units.join(file.file_name())).unwrap();
                copied += 1;
                names.extend(
                    file.file_name()
                        .into_string()
                        .ok()
                        .filter(|_| ending == "service"),
                );
            }
        }
    }
    // Made from fstab on the box.
    fs::write(
        units.join("data.mount"),
        "[Mount]\nWhat=/dev/x\nWhere=/data\n",
    )
    .unwrap();
    let judged = Command::new("systemd-analyze")
        .args(["verify", "--man=no", "--root"])
        .arg(root.path())
        .args(&names)
        .output();
    let Ok(judged) = judged.map(|judged| String::from_utf8(judged.stderr).unwrap()) else {
        skip("the units are not verified: no systemd-analyze");
        return;
    };
    assert!(names.len() > UNITS.len() && copied > names.len());
    // The programs are not in this root.
    let odd = judged
        .lines()
        .filter(|line| !line.contains("is not executable"));
    assert_eq!(odd.collect::<Vec<_>>(), Vec::<&str>::new());
}
