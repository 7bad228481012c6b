//! A one-shot question for a name, as phones ask it (RFC 6762, 5.1 and 6.7), over every network that the box is in.

use crate::limits::network::{MDNS_ANSWER_WAIT, MDNS_ANSWERS, MDNS_NETWORKS};
use nix::ifaddrs::getifaddrs;
use nix::net::if_::InterfaceFlags;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

const GROUP: (Ipv4Addr, u16) = (Ipv4Addr::new(224, 0, 0, 251), super::PORT);

/// Largest datagram that is read, bytes: of an answer the head is enough.
const DATAGRAM: usize = 512;

/// Who answered to a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answers {
    /// This box, and nobody else.
    Own,
    /// Nobody.
    Silence,
    /// There is no network to ask in.
    NoNetwork,
    /// Another box; the one with the lower address gives way.
    Another {
        /// That is this one.
        gives_way: bool,
    },
}

/// An IPv4 network of this box.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Attached {
    interface: String,
    address: Ipv4Addr,
    mask: u32,
    network: u32,
}

/// Asks for `name`.local; takes [`MDNS_ANSWER_WAIT`] a network that is silent.
pub(super) fn ask(name: &str) -> Answers {
    let attached = attached();
    let own: Vec<Ipv4Addr> = attached.iter().map(|a| a.address).collect();
    let doubled = doubles(&attached);
    let asked = attached
        .iter()
        .filter(|a| !doubled.contains(&a.interface))
        .take(MDNS_NETWORKS);
    let answers = asked.filter_map(|a| ask_from(a.address, name, &own).ok());
    answers.fold(Answers::NoNetwork, worse)
}

/// The finding that more must be done about.
fn worse(a: Answers, b: Answers) -> Answers {
    let rank = |answers: Answers| match answers {
        Answers::NoNetwork => 0,
        Answers::Own => 1,
        Answers::Another { gives_way: false } => 2,
        Answers::Silence => 3,
        Answers::Another { gives_way: true } => 4,
    };
    if rank(b) > rank(a) { b } else { a }
}

fn ask_from(from: Ipv4Addr, name: &str, own: &[Ipv4Addr]) -> std::io::Result<Answers> {
    // Bound to an address, Linux sends multicast by the interface that has it.
    let socket = UdpSocket::bind((from, 0))?;
    let id = socket.local_addr()?.port();
    socket.send_to(&question(id, name), GROUP)?;
    let until = Instant::now() + MDNS_ANSWER_WAIT;
    let mut answers = Answers::Silence;
    for _ in 0..MDNS_ANSWERS {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            break;
        }
        socket.set_read_timeout(Some(left.max(Duration::from_millis(1))))?;
        let mut datagram = [0; DATAGRAM];
        let Ok((read, sender)) = socket.recv_from(&mut datagram) else {
            break;
        };
        if !is_answer(datagram.get(..read).unwrap_or_default(), id) {
            continue;
        }
        answers = match sender_of(sender) {
            Some(sender) if own.contains(&sender) => match answers {
                Answers::Silence => Answers::Own,
                other => other,
            },
            Some(sender) => Answers::Another {
                gives_way: from < sender,
            },
            None => answers,
        };
    }
    Ok(answers)
}

pub(super) fn sender_of(address: SocketAddr) -> Option<Ipv4Addr> {
    match address.ip() {
        IpAddr::V4(v4) => Some(v4),
        IpAddr::V6(_) => None,
    }
}

/// One question for `name`.local, type A, class IN.
fn question(id: u16, name: &str) -> Vec<u8> {
    let mut packet = Vec::with_capacity(32 + name.len());
    packet.extend(id.to_be_bytes());
    packet.extend([0, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    for label in [name, "local"] {
        packet.push(u8::try_from(label.len()).unwrap_or(0));
        packet.extend(label.bytes());
    }
    packet.extend([0, 0, 1, 0, 1]);
    packet
}

/// An answer with a record in it, to the question `id`.
fn is_answer(datagram: &[u8], id: u16) -> bool {
    match datagram {
        [id_high, id_low, flags, _, _, _, many, few, ..] => {
            u16::from_be_bytes([*id_high, *id_low]) == id
                && flags & 0x80 != 0
                && (*many, *few) != (0, 0)
        }
        _ => false,
    }
}

/// Interfaces into a network that another one, named here before it, is in already.
pub(super) fn doubled_interfaces() -> Vec<String> {
    doubles(&attached())
}

fn doubles(attached: &[Attached]) -> Vec<String> {
    let mut doubles = Vec::new();
    for (at, one) in attached.iter().enumerate() {
        let is_second = attached
            .iter()
            .take(at)
            .any(|other| other.network == one.network && other.interface != one.interface);
        if is_second && !doubles.contains(&one.interface) {
            doubles.push(one.interface.clone());
        }
    }
    doubles
}

/// This box's addresses on the network that `peer` is in; link-local ones last.
pub(super) fn addresses_near(peer: Ipv4Addr) -> Vec<IpAddr> {
    let attached = attached();
    let Some(near) = attached
        .iter()
        .find(|a| a.network == peer.to_bits() & a.mask)
    else {
        return Vec::new();
    };
    let mut addresses: Vec<IpAddr> = vec![near.address.into()];
    let interfaces = getifaddrs().into_iter().flatten();
    let mut v6: Vec<_> = interfaces
        .filter(|i| i.interface_name == near.interface)
        .filter_map(|i| Some(i.address?.as_sockaddr_in6()?.ip()))
        .collect();
    v6.sort_by_key(|v6| v6.is_unicast_link_local());
    addresses.extend(v6.into_iter().map(IpAddr::from));
    addresses
}

/// Networks that names are announced in: there is a wire or a radio at work, and more than one peer behind it.
fn is_announced_in(flags: InterfaceFlags) -> bool {
    let all = InterfaceFlags::IFF_UP | InterfaceFlags::IFF_RUNNING | InterfaceFlags::IFF_MULTICAST;
    let none = InterfaceFlags::IFF_LOOPBACK | InterfaceFlags::IFF_POINTOPOINT;
    flags.contains(all) && !flags.intersects(none)
}

/// IPv4 networks in which the responder announces, by name of their interface: `eth0` before `wlan0`.
fn attached() -> Vec<Attached> {
    let interfaces = getifaddrs().into_iter().flatten();
    let mut attached: Vec<Attached> = interfaces
        .filter(|i| is_announced_in(i.flags))
        .filter_map(|i| {
            let address = i.address?.as_sockaddr_in()?.ip();
            let mask = i.netmask?.as_sockaddr_in()?.ip();
            Some(Attached {
                interface: i.interface_name,
                address,
                mask: mask.to_bits(),
                network: address.to_bits() & mask.to_bits(),
            })
        })
        .collect();
    attached.sort_by(|a, b| a.interface.cmp(&b.interface));
    attached
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_question_is_what_a_resolver_sends() {
        let expected = b"\x12\x34\0\0\0\x01\0\0\0\0\0\0\x06hearth\x05local\0\0\x01\0\x01";
        assert_eq!(question(0x1234, "hearth"), expected);
    }

    #[test]
    fn only_an_answer_with_a_record_to_this_question_counts() {
        let answer = b"\x12\x34\x84\0\0\x01\0\x01\0\0\0\0rest";
        assert!(is_answer(answer, 0x1234));
        assert!(!is_answer(answer, 0x1235));
        assert!(!is_answer(b"\x12\x34\x84\0\0\x01\0\0\0\0\0\0", 0x1234));
        assert!(!is_answer(b"\x12\x34\0\0\0\x01\0\x01\0\0\0\0", 0x1234));
        assert!(!is_answer(b"\x12\x34\x84", 0x1234));
    }

    #[test]
    fn a_network_without_a_carrier_or_with_one_peer_alone_is_not_asked() {
        let up = InterfaceFlags::IFF_UP | InterfaceFlags::IFF_MULTICAST;
        assert!(is_announced_in(up | InterfaceFlags::IFF_RUNNING));
        assert!(!is_announced_in(up), "a bridge that nobody is on");
        for other in [
            InterfaceFlags::IFF_POINTOPOINT,
            InterfaceFlags::IFF_LOOPBACK,
        ] {
            assert!(!is_announced_in(up | InterfaceFlags::IFF_RUNNING | other));
        }
    }

    #[test]
    fn of_two_ways_into_a_network_the_second_is_left_out() {
        let on = |interface: &str, network| Attached {
            interface: interface.into(),
            address: Ipv4Addr::from_bits(network + 7),
            mask: 0xffff_ff00,
            network,
        };
        let (home, other) = (0x0a00_0000, 0x0b00_0000);
        assert_eq!(doubles(&[on("eth0", home), on("wlan0", home)]), ["wlan0"]);
        assert!(doubles(&[on("eth0", home), on("wlan0", other)]).is_empty());
        assert!(doubles(&[on("eth0", home), on("eth0", home)]).is_empty());
    }

    #[test]
    fn silence_anywhere_is_heard_and_a_conflict_comes_first() {
        let all = [
            Answers::NoNetwork,
            Answers::Own,
            Answers::Another { gives_way: false },
            Answers::Silence,
            Answers::Another { gives_way: true },
        ];
        for pair in all.windows(2) {
            assert_eq!(worse(pair[0], pair[1]), pair[1]);
            assert_eq!(worse(pair[1], pair[0]), pair[1]);
        }
    }
}
