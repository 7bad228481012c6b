//! DNS messages, as much of them as the tests ask and hear.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

pub(crate) const A: u16 = 1;
pub(crate) const PTR: u16 = 12;
const TXT: u16 = 16;
pub(crate) const AAAA: u16 = 28;
const SRV: u16 = 33;

/// A message.
#[derive(Debug)]
pub(crate) struct Packet {
    pub(crate) id: u16,
    pub(crate) is_answer: bool,
    pub(crate) records: Vec<Record>,
}

/// One line of an answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) name: String,
    pub(crate) says: Says,
}

/// What it says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Says {
    Address(IpAddr),
    Pointer(String),
    Service { host: String, port: u16 },
    Text(Vec<String>),
    Other,
}

/// One question of class IN.
pub(crate) fn question(id: u16, name: &str, kind: u16) -> Vec<u8> {
    let mut packet = id.to_be_bytes().to_vec();
    packet.extend([0, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    for label in name.split('.').chain([""]) {
        packet.push(label.len().try_into().unwrap());
        packet.extend(label.bytes());
    }
    packet.extend(kind.to_be_bytes());
    packet.extend([0, 1]);
    packet
}

impl Packet {
    /// Panics at what is no message.
    pub(crate) fn read(bytes: &[u8]) -> Packet {
        let count = |at| usize::from(short(bytes, at));
        let mut at = 12;
        for _ in 0..count(4) {
            at = name(bytes, at).1 + 4;
        }
        let mut records = Vec::new();
        for _ in 0..count(6) + count(8) + count(10) {
            let (name, head) = name(bytes, at);
            let data = head + 10;
            at = data + count(head + 8);
            let says = says(bytes, short(bytes, head), data..at);
            records.push(Record { name, says });
        }
        Packet {
            id: short(bytes, 0),
            is_answer: bytes[2] & 0x80 != 0,
            records,
        }
    }

    /// The addresses of `name`.
    pub(crate) fn addresses(&self, name: &str) -> Vec<IpAddr> {
        let of_name = self.records.iter().filter(|record| record.name == name);
        let addresses = of_name.filter_map(|record| match record.says {
            Says::Address(address) => Some(address),
            _ => None,
        });
        addresses.collect()
    }
}

fn short(bytes: &[u8], at: usize) -> u16 {
    u16::from_be_bytes([bytes[at], bytes[at + 1]])
}

/// The name at `at`, and where it ends there.
fn name(bytes: &[u8], mut at: usize) -> (String, usize) {
    let (mut labels, mut end) = (Vec::new(), None);
    loop {
        let length = usize::from(bytes[at]);
        match length {
            0 => return (labels.join("."), end.unwrap_or(at + 1)),
            0xc0.. => {
                end = end.or(Some(at + 2));
                let to = usize::from(short(bytes, at) & 0x3fff);
                assert!(to < at, "a name that leads forwards");
                at = to;
            }
            _ => {
                let label = &bytes[at + 1..at + 1 + length];
                labels.push(String::from_utf8(label.to_vec()).unwrap());
                at += 1 + length;
            }
        }
    }
}

fn says(bytes: &[u8], kind: u16, data: std::ops::Range<usize>) -> Says {
    let own = &bytes[data.clone()];
    match kind {
        A => Says::Address(Ipv4Addr::from(<[u8; 4]>::try_from(own).unwrap()).into()),
        AAAA => Says::Address(Ipv6Addr::from(<[u8; 16]>::try_from(own).unwrap()).into()),
        PTR => Says::Pointer(name(bytes, data.start).0),
        SRV => Says::Service {
            port: short(own, 4),
            host: name(bytes, data.start + 6).0,
        },
        TXT => {
            let (mut texts, mut rest) = (Vec::new(), own);
            while let Some((length, more)) = rest.split_first() {
                let (text, after) = more.split_at(usize::from(*length));
                texts.push(String::from_utf8_lossy(text).into_owned());
                rest = after;
            }
            Says::Text(texts)
        }
        _ => Says::Other,
    }
}
