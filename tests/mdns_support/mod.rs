//! A cable between two network namespaces, each behind the box's own firewall; daemons at its ends, and what is said on it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub(crate) mod packet;

use nix::sched::{CloneFlags, setns};
use nix::sys::signal::{Signal, kill};
use nix::sys::socket::{
    AddressFamily, SockFlag, SockProtocol, SockType, SockaddrIn, bind, setsockopt, socket, sockopt,
};
use nix::unistd::Pid;
use packet::{Packet, question};
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Where multicast DNS is spoken.
const GROUP: (Ipv4Addr, u16) = (Ipv4Addr::new(224, 0, 0, 251), 5353);

/// The boxes' own rules.
const FIREWALL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/rootfs/etc/nftables.conf");

/// What every namespace of these tests begins with; the process that made it follows.
const PREFIX: &str = "hearth-test-";

/// For how long answers are collected.
const LISTEN: Duration = Duration::from_millis(700);

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Which end of the cable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Left,
    Right,
}

impl End {
    pub(crate) fn other(self) -> End {
        match self {
            End::Left => End::Right,
            End::Right => End::Left,
        }
    }

    pub(crate) fn v4(self) -> Ipv4Addr {
        Ipv4Addr::new(10, 77, 0, self as u8 + 1)
    }

    pub(crate) fn v6(self) -> IpAddr {
        format!("fd77::{}", self as u8 + 1).parse().unwrap()
    }
}

/// See the module. Dropped, both ends are gone.
pub(crate) struct Cable {
    name: String,
}

impl Cable {
    /// None, and a word about it on the terminal, where this machine lets nobody do so.
    pub(crate) fn lay(tag: &str) -> Option<Cable> {
        sweep();
        let cable = Cable {
            name: format!("{PREFIX}{}-{tag}", std::process::id()),
        };
        match cable.make() {
            Ok(()) => {}
            Err(reason) => {
                // Past what the harness keeps.
                let line = format!("SKIP names on the wire: {reason}\n");
                std::io::stderr().write_all(line.as_bytes()).unwrap();
                return None;
            }
        }
        for end in [End::Left, End::Right] {
            cable.plug_in(end);
        }
        Some(cable)
    }

    /// What may be impossible here.
    fn make(&self) -> Result<(), String> {
        let [left, right] = [End::Left, End::Right].map(|end| self.namespace(end));
        run("ip", &["netns", "add", &left])?;
        run("ip", &["netns", "add", &right])?;
        run("ip", &["netns", "exec", &left, "nft", "list", "ruleset"])?;
        let cable = ["link", "add", "eth0", "type", "veth"];
        let peer = ["peer", "name", "eth0", "netns", &right];
        run("ip", &[&["-n", &left], &cable[..], &peer[..]].concat())
    }

    fn plug_in(&self, end: End) {
        let (v4, v6) = (format!("{}/24", end.v4()), format!("{}/64", end.v6()));
        let router = end.other().v4().to_string();
        for words in [
            &["addr", "add", &v4, "dev", "eth0"][..],
            &["addr", "add", &v6, "dev", "eth0", "nodad"],
            &["link", "set", "lo", "up"],
            &["link", "set", "eth0", "up"],
            &["route", "add", "default", "via", &router],
        ] {
            run("ip", &[&["-n", &self.namespace(end)], words].concat()).unwrap();
        }
        self.firewall(end);
    }

    fn namespace(&self, end: End) -> String {
        format!("{}-{}", self.name, end as u8)
    }

    /// Runs a program at an end.
    fn run_at(&self, end: End, words: &[&str]) {
        let namespace = self.namespace(end);
        run("ip", &[&["netns", "exec", &namespace], words].concat()).unwrap();
    }

    /// The box's rules and nothing else.
    pub(crate) fn firewall(&self, end: End) {
        self.run_at(end, &["nft", "-f", FIREWALL]);
    }

    /// From now on this end hears nothing of the other's multicast DNS.
    pub(crate) fn deafen(&self, end: End) {
        let insert = ["nft", "insert", "rule", "inet", "hearth", "input"];
        let from = end.other().v4().to_string();
        for what in [
            &["ip", "saddr", &from, "udp", "dport", "5353", "drop"][..],
            &["meta", "nfproto", "ipv6", "udp", "dport", "5353", "drop"],
        ] {
            self.run_at(end, &[&insert[..], what].concat());
        }
    }

    /// Does something at an end; sockets made there stay there.
    fn at<T: Send>(&self, end: End, act: impl FnOnce() -> T + Send) -> T {
        let namespace = File::open(Path::new("/var/run/netns").join(self.namespace(end))).unwrap();
        std::thread::scope(|scope| {
            let thread = scope.spawn(|| {
                setns(namespace, CloneFlags::CLONE_NEWNET).unwrap();
                act()
            });
            thread.join().unwrap()
        })
    }

    /// A daemon that is ready.
    pub(crate) fn start(&self, end: End, data: &Path) -> Daemon {
        let mut child = Command::new("ip")
            .args(["netns", "exec", &self.namespace(end)])
            .arg(env!("CARGO_BIN_EXE_hearth"))
            .args(["serve", "--http", "[::]:80", "--rtmp", "[::]:1935"])
            .args(["--memory", "64M", "--data"])
            .arg(data)
            .env("RUST_LOG", "off")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let ready = lines.any(|line| line.unwrap().contains("Ctrl-C"));
        assert!(ready, "the daemon ended");
        Daemon(child)
    }

    /// Asks once for `name`, as a phone does, from a port of its own; who answered by unicast with the question's id, and with
    /// which addresses.
    pub(crate) fn ask(&self, end: End, name: &str, kind: u16) -> Vec<(SocketAddr, Vec<IpAddr>)> {
        let own = end.v4();
        let socket = self.at(end, || UdpSocket::bind((own, 0)).unwrap());
        let id = socket.local_addr().unwrap().port();
        socket.send_to(&question(id, name, kind), GROUP).unwrap();
        let heard = hear(&socket).into_iter();
        let own = heard.filter(|(_, packet)| packet.is_answer && packet.id == id);
        own.map(|(from, packet)| (from, packet.addresses(name)))
            .collect()
    }

    /// Asks the group for all that offer a service, as browsers of services do; what the other end says to the group.
    pub(crate) fn browse(&self, end: End, service: &str) -> Vec<Packet> {
        let socket = self.at(end, group_socket);
        socket.join_multicast_v4(&GROUP.0, &end.v4()).unwrap();
        let asked = question(0, service, packet::PTR);
        socket.send_to(&asked, GROUP).unwrap();
        let heard = hear(&socket).into_iter();
        let of_other = heard.filter(|(from, packet)| {
            packet.is_answer && *from == SocketAddr::from((end.other().v4(), GROUP.1))
        });
        of_other.map(|(_, packet)| packet).collect()
    }

    /// A router at this end asks who is in which group; whether the other end says that it is in that of multicast DNS.
    pub(crate) fn is_member_when_asked(&self, end: End) -> bool {
        let raw = |family, protocol| {
            let made = socket(family, SockType::Raw, SockFlag::SOCK_CLOEXEC, protocol).unwrap();
            UdpSocket::from(made)
        };
        let (ears, mouth) = self.at(end, || {
            let ears = raw(AddressFamily::Packet, SockProtocol::EthAll);
            (ears, raw(AddressFamily::Inet, SockProtocol::Raw))
        });
        // IGMP version 2, which no host speaks unasked: who is in any group? Within a second.
        let all_hosts = Ipv4Addr::new(224, 0, 0, 1);
        let head = [0x46, 0xc0, 0, 32, 0, 0, 0, 0, 1, 2, 0, 0];
        let (from, alert) = (end.v4().octets(), [0x94, 4, 0, 0]);
        let query = [0x11, 10, 0xee, 0xf5, 0, 0, 0, 0];
        let asked = [&head[..], &from, &all_hosts.octets(), &alert, &query].concat();
        // This end is in the group too: had it heard the question, either's report would do for both.
        mouth.set_multicast_loop_v4(false).unwrap();
        mouth.send_to(&asked, (all_hosts, 0)).unwrap();
        let report = [&[0x16, 0][..], &[0x09, 0x04], &GROUP.0.octets()].concat();
        let until = Instant::now() + Duration::from_secs(2);
        let mut frame = [0; 2048];
        while Instant::now() < until {
            ears.set_read_timeout(Some(LISTEN)).unwrap();
            let Ok(length) = ears.recv(&mut frame) else {
                continue;
            };
            let is_from_other = frame[26..30] == end.other().v4().octets();
            if is_from_other && frame[..length].windows(8).any(|part| part == report) {
                return true;
            }
        }
        false
    }
}

impl Drop for Cable {
    fn drop(&mut self) {
        for end in [End::Left, End::Right] {
            // Not made where that was not possible.
            let _ = run("ip", &["netns", "del", &self.namespace(end)]);
        }
    }
}

/// A running daemon. Dropped, it is killed.
pub(crate) struct Daemon(Child);

impl Daemon {
    /// An orderly stop.
    pub(crate) fn stop(mut self) {
        let process = Pid::from_raw(self.0.id().try_into().unwrap());
        kill(process, Signal::SIGTERM).unwrap();
        assert!(self.0.wait().unwrap().success());
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Tries until there is something.
pub(crate) fn until<T>(what: &str, mut find: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = find() {
            return found;
        }
        assert!(begun.elapsed() < PATIENCE, "not in time: {what}");
    }
}

/// What comes within [`LISTEN`].
fn hear(socket: &UdpSocket) -> Vec<(SocketAddr, Packet)> {
    let until = Instant::now() + LISTEN;
    let (mut heard, mut datagram) = (Vec::new(), [0; 9000]);
    while let Some(left) = until.checked_duration_since(Instant::now()) {
        let left = left.max(Duration::from_millis(1));
        socket.set_read_timeout(Some(left)).unwrap();
        if let Ok((length, from)) = socket.recv_from(&mut datagram) {
            heard.push((from, Packet::read(&datagram[..length])));
        }
    }
    heard
}

/// Shares the port with the responder of the same end.
fn group_socket() -> UdpSocket {
    let (family, kind) = (AddressFamily::Inet, SockType::Datagram);
    let socket = socket(family, kind, SockFlag::SOCK_CLOEXEC, None).unwrap();
    setsockopt(&socket, sockopt::ReuseAddr, &true).unwrap();
    setsockopt(&socket, sockopt::ReusePort, &true).unwrap();
    bind(
        socket.as_raw_fd(),
        &SockaddrIn::new(224, 0, 0, 251, GROUP.1),
    )
    .unwrap();
    UdpSocket::from(socket)
}

/// Takes away what a killed test has left.
fn sweep() {
    for entry in fs::read_dir("/var/run/netns")
        .into_iter()
        .flatten()
        .flatten()
    {
        let name = entry.file_name().into_string().unwrap_or_default();
        let process = name
            .strip_prefix(PREFIX)
            .and_then(|rest| rest.split('-').next());
        if process.is_some_and(|id| !Path::new("/proc").join(id).exists()) {
            // Another test may do the same at this moment.
            let _ = run("ip", &["netns", "del", &name]);
        }
    }
}

/// Runs a program to its end; what it complained of.
fn run(program: &str, words: &[&str]) -> Result<(), String> {
    let path = format!(
        "{}:/usr/sbin:/sbin",
        std::env::var("PATH").unwrap_or_default()
    );
    let ended = Command::new(program).args(words).env("PATH", path).output();
    let ended = ended.map_err(|error| format!("{program}: {error}"))?;
    match ended.status.success() {
        true => Ok(()),
        false => Err(format!(
            "{program} {}: {}",
            words.join(" "),
            String::from_utf8_lossy(&ended.stderr).trim()
        )),
    }
}
