//! Answers to one-shot questions for the own name (RFC 6762, 6.7): by unicast, with the question's id.
//!
//! `mdns-sd` 0.20 answers them too, but with the id 0, which resolvers (dig, Android) throw away.

use super::question::{addresses_near, sender_of};
use crate::serve::NetworkName;
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrIn, bind, setsockopt, socket, sockopt,
};
use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

/// Largest question that is read, bytes.
const QUESTION: usize = 512;

/// How often the end is looked for.
const LOOK: Duration = Duration::from_millis(200);

/// For how long an answer may be kept, s (RFC 6762, 6.7: at most 10).
const KEPT_S: u32 = 10;

const A: u16 = 1;
const AAAA: u16 = 28;
const ANY: u16 = 255;

/// The answering thread. Dropped, it ends.
#[derive(Debug)]
pub(super) struct OneShot {
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl OneShot {
    /// Answers for `name` from now on.
    pub(super) fn start(name: NetworkName) -> io::Result<OneShot> {
        let socket = group_socket()?;
        socket.set_read_timeout(Some(LOOK))?;
        let ended = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&ended);
        let thread = Builder::new().name("mdns-one-shot".into()).spawn(move || {
            while !seen.load(Ordering::Relaxed) {
                serve_one(&socket, &name);
            }
        })?;
        Ok(OneShot {
            ended,
            thread: Some(thread),
        })
    }
}

impl Drop for OneShot {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has said so already.
            let _ = thread.join();
        }
    }
}

/// Bound to the group, it gets what is sent there and takes no unicast from `mdns-sd`, which has joined the group.
fn group_socket() -> io::Result<UdpSocket> {
    let socket = socket(
        AddressFamily::Inet,
        SockType::Datagram,
        SockFlag::SOCK_CLOEXEC,
        None,
    )?;
    setsockopt(&socket, sockopt::ReuseAddr, &true)?;
    setsockopt(&socket, sockopt::ReusePort, &true)?;
    bind(
        socket.as_raw_fd(),
        &SockaddrIn::new(224, 0, 0, 251, super::PORT),
    )?;
    Ok(UdpSocket::from(socket))
}

fn serve_one(socket: &UdpSocket, name: &NetworkName) {
    let mut datagram = [0; QUESTION];
    let Ok((read, sender)) = socket.recv_from(&mut datagram) else {
        return;
    };
    if let Some(answer) = answer_to(
        datagram.get(..read).unwrap_or_default(),
        sender,
        &name.get(),
    ) {
        // Who asked may be gone; they ask again.
        let _ = socket.send_to(&answer, sender);
    }
}

fn answer_to(datagram: &[u8], sender: SocketAddr, name: &str) -> Option<Vec<u8>> {
    let near = sender_of(sender).filter(|_| sender.port() != super::PORT)?;
    let (question, kind) = question_for(datagram, name)?;
    let addresses = addresses_near(near)
        .into_iter()
        .filter(|address| match address {
            IpAddr::V4(_) => matches!(kind, A | ANY),
            IpAddr::V6(_) => matches!(kind, AAAA | ANY),
        });
    reply(datagram.get(..2)?, question, addresses)
}

/// The first question, if it is for `name`.local, and the type that it asks for.
fn question_for<'a>(datagram: &'a [u8], name: &str) -> Option<(&'a [u8], u16)> {
    let (head, rest) = datagram.split_at_checked(12)?;
    let is_question = head.get(2)? & 0x80 == 0 && head.get(4..6)? != [0, 0];
    let length = 1 + name.len() + 1 + "local".len() + 1;
    let (asked, kind) = rest.get(..length + 4)?.split_at_checked(length)?;
    let mut own = Vec::with_capacity(length);
    for label in [name, "local", ""] {
        own.push(u8::try_from(label.len()).ok()?);
        own.extend(label.bytes());
    }
    let kind = u16::from_be_bytes([*kind.first()?, *kind.get(1)?]);
    (is_question && asked.eq_ignore_ascii_case(&own)).then_some((rest.get(..length + 4)?, kind))
}

/// None without an address.
fn reply(id: &[u8], question: &[u8], addresses: impl Iterator<Item = IpAddr>) -> Option<Vec<u8>> {
    let (mut records, mut count) = (Vec::new(), 0u8);
    for address in addresses.take(8) {
        let (kind, bytes) = match address {
            IpAddr::V4(v4) => (A, v4.octets().to_vec()),
            IpAddr::V6(v6) => (AAAA, v6.octets().to_vec()),
        };
        // The name is the question's, at byte 12.
        records.extend([0xc0, 12]);
        records.extend(kind.to_be_bytes());
        records.extend(1u16.to_be_bytes());
        records.extend(KEPT_S.to_be_bytes());
        records.extend([0, u8::try_from(bytes.len()).ok()?]);
        records.extend(bytes);
        count += 1;
    }
    let head = [0x84, 0, 0, 1, 0, count, 0, 0, 0, 0];
    (count > 0).then(|| [id, &head, question, &records].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(name: &str, kind: u16) -> Vec<u8> {
        let mut packet = b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0".to_vec();
        for label in name.split('.').chain([""]) {
            packet.push(label.len() as u8);
            packet.extend(label.bytes());
        }
        packet.extend(kind.to_be_bytes());
        packet.extend([0, 1]);
        packet
    }

    #[test]
    fn only_questions_for_the_own_name_are_ours() {
        for (name, is_ours) in [
            ("hearth.local", true),
            ("HEARTH.Local", true),
            ("hearth-2.local", false),
            ("xearth.local", false),
            ("hearth.local.evil", false),
            ("hearth", false),
        ] {
            let packet = question(name, A);
            assert_eq!(question_for(&packet, "hearth").is_some(), is_ours, "{name}");
        }
        let packet = question("hearth.local", A);
        for end in 0..packet.len() {
            assert!(question_for(&packet[..end], "hearth").is_none(), "{end}");
        }
        let mut answer = packet;
        answer[2] |= 0x80;
        assert!(question_for(&answer, "hearth").is_none());
    }

    #[test]
    fn the_answer_has_the_questions_id_and_may_be_kept_for_10_s() {
        let packet = question("hearth.local", A);
        let (asked, kind) = question_for(&packet, "hearth").unwrap();
        assert_eq!(kind, A);
        let address = "192.168.1.23".parse().unwrap();
        let answer = reply(&packet[..2], asked, [address].into_iter()).unwrap();
        assert_eq!(answer[..12], *b"\x12\x34\x84\0\0\x01\0\x01\0\0\0\0");
        assert_eq!(answer[12..12 + asked.len()], *asked);
        let record = b"\xc0\x0c\0\x01\0\x01\0\0\0\x0a\0\x04\xc0\xa8\x01\x17";
        assert_eq!(answer[12 + asked.len()..], *record);
        assert_eq!(reply(&packet[..2], asked, [].into_iter()), None);
    }
}
