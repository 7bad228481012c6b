//! What a supervisor (systemd) is told: ready, a sentence about how it goes, a sign of life.
//!
//! One datagram a message to the Unix socket that `NOTIFY_SOCKET` names, as in sd_notify(3).

use std::ffi::OsStr;
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

/// The supervisor that started this process.
#[derive(Debug)]
pub(super) struct Supervisor {
    socket: UnixDatagram,
    to: SocketAddr,
    /// How long it waits for a sign of life; None: it does not.
    pub(super) patience: Option<Duration>,
}

impl Supervisor {
    /// None: nobody supervises, or not by this protocol.
    pub(super) fn of_this_process() -> Option<Supervisor> {
        let name = std::env::var_os("NOTIFY_SOCKET")?;
        let patience = patience(
            std::env::var("WATCHDOG_USEC").ok().as_deref(),
            std::env::var("WATCHDOG_PID").ok().as_deref(),
        );
        match Supervisor::at(&name, patience) {
            Ok(supervisor) => Some(supervisor),
            Err(error) => {
                log::warn!("NOTIFY_SOCKET can't be used: {error}");
                None
            }
        }
    }

    /// The one behind the socket `name`; `@` in front means an abstract name.
    pub(super) fn at(name: &OsStr, patience: Option<Duration>) -> io::Result<Supervisor> {
        let to = match name.as_bytes().strip_prefix(b"@") {
            Some(name) => SocketAddr::from_abstract_name(name),
            None => SocketAddr::from_pathname(name),
        }?;
        let socket = UnixDatagram::unbound()?;
        // A supervisor that does not read must not stop the daemon.
        socket.set_nonblocking(true)?;
        Ok(Supervisor {
            socket,
            to,
            patience,
        })
    }

    /// The daemon answers from now on.
    pub(super) fn ready(&self, status: &str) {
        self.tell(&format!("READY=1\nSTATUS={status}"));
    }

    /// A sign of life.
    pub(super) fn alive(&self) {
        self.tell("WATCHDOG=1");
    }

    /// It goes on purpose.
    pub(super) fn stopping(&self) {
        self.tell("STOPPING=1");
    }

    fn tell(&self, message: &str) {
        if let Err(error) = self.socket.send_to_addr(message.as_bytes(), &self.to) {
            log::warn!("the supervisor could not be told {message:?}: {error}");
        }
    }
}

/// `WATCHDOG_USEC`, if it is meant for this process.
fn patience(microseconds: Option<&str>, process: Option<&str>) -> Option<Duration> {
    let own = std::process::id();
    if process.is_some_and(|process| process.parse() != Ok(own)) {
        return None;
    }
    let microseconds = microseconds?.parse().ok().filter(|most| *most > 0)?;
    Some(Duration::from_micros(microseconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_arrive_at_a_path_and_at_an_abstract_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let abstract_name = format!("@hearth-test-{}", std::process::id());
        let listeners = [
            (path.as_os_str(), UnixDatagram::bind(&path).unwrap()),
            (
                OsStr::new(&abstract_name),
                UnixDatagram::bind_addr(
                    &SocketAddr::from_abstract_name(&abstract_name[1..]).unwrap(),
                )
                .unwrap(),
            ),
        ];
        for (name, listener) in listeners {
            let supervisor = Supervisor::at(name, None).unwrap();
            supervisor.ready("on");
            supervisor.alive();
            let mut buffer = [0; 64];
            let mut next = || {
                let count = listener.recv(&mut buffer).unwrap();
                String::from_utf8_lossy(&buffer[..count]).into_owned()
            };
            assert_eq!(next(), "READY=1\nSTATUS=on");
            assert_eq!(next(), "WATCHDOG=1");
        }
    }

    #[test]
    fn a_supervisor_that_is_gone_stops_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let supervisor = Supervisor::at(folder.path().join("none").as_os_str(), None).unwrap();
        supervisor.alive();
    }

    #[test]
    fn patience_counts_only_if_it_is_meant_for_this_process() {
        let own = std::process::id().to_string();
        let thirty = Some(Duration::from_secs(30));
        assert_eq!(patience(Some("30000000"), Some(&own)), thirty);
        assert_eq!(patience(Some("30000000"), None), thirty);
        assert_eq!(patience(Some("30000000"), Some("1")), None);
        assert_eq!(patience(Some("soon"), None), None);
        assert_eq!(patience(None, None), None);
    }
}
