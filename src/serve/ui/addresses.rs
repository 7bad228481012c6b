//! The addresses that pages tell people to type: by the name by which this browser came, and by number.

use nix::ifaddrs::getifaddrs;
use std::net::{IpAddr, Ipv4Addr};

const RTMP_PORT: u16 = 1935;
const HTTP_PORT: u16 = 80;

/// See the module. The numeric ones are empty where the browser came by number already, or the box has no address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Addresses {
    pub(super) page: String,
    pub(super) page_by_number: String,
    pub(super) rtmp: String,
    pub(super) rtmp_by_number: String,
}

impl Addresses {
    /// For a browser at `peer` that came by `host` (name or number, with its port).
    pub(super) fn new(host: &str, peer: IpAddr, http_port: u16, rtmp_port: u16) -> Addresses {
        let number = own_address(peer).map(|ip| ip.to_string());
        Addresses::from(host, number, http_port, rtmp_port)
    }

    fn from(host: &str, number: Option<String>, http_port: u16, rtmp_port: u16) -> Addresses {
        let came_by = without_port(host);
        let is_number = came_by.starts_with('[') || came_by.parse::<Ipv4Addr>().is_ok();
        let is_number = is_number && !matches!(came_by, "127.0.0.1" | "[::1]");
        let number = number.filter(|_| !is_number).unwrap_or_default();
        let page = |host: &str| address("http://", host, http_port, HTTP_PORT, "");
        let rtmp = |host: &str| address("rtmp://", host, rtmp_port, RTMP_PORT, "/live");
        Addresses {
            page: page(came_by),
            page_by_number: page(&number),
            rtmp: rtmp(came_by),
            rtmp_by_number: rtmp(&number),
        }
    }

    /// What a person types on a TV: without the scheme.
    pub(super) fn shown(&self) -> &str {
        let page = self.surest_page();
        page.strip_prefix("http://").unwrap_or(page)
    }

    /// The pages' address that needs no name to be found.
    pub(super) fn surest_page(&self) -> &str {
        match self.page_by_number.is_empty() {
            true => &self.page,
            false => &self.page_by_number,
        }
    }

    /// The server's address that needs no name to be found.
    pub(super) fn surest(&self) -> &str {
        match self.rtmp_by_number.is_empty() {
            true => &self.rtmp,
            false => &self.rtmp_by_number,
        }
    }

    /// Server and key in one, for encoders with one field.
    pub(super) fn rtmp_joined(&self, key: &str) -> String {
        format!("{}/{}", self.rtmp, key.replace('-', ""))
    }
}

fn address(scheme: &str, host: &str, port: u16, usual: u16, path: &str) -> String {
    match (host, port == usual) {
        ("", _) => String::new(),
        (host, true) => format!("{scheme}{host}{path}"),
        (host, false) => format!("{scheme}{host}:{port}{path}"),
    }
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    }
}

/// This box's IPv4 address on the network of `peer`; else its first that is not loopback.
fn own_address(peer: IpAddr) -> Option<Ipv4Addr> {
    let peer = match peer.to_canonical() {
        IpAddr::V4(peer) => Some(u32::from(peer)),
        IpAddr::V6(_) => None,
    };
    let mut first = None;
    for interface in getifaddrs().ok()? {
        let v4 = |storage: Option<nix::sys::socket::SockaddrStorage>| {
            storage.and_then(|s| s.as_sockaddr_in().map(|s| s.ip()))
        };
        let Some(own) = v4(interface.address).filter(|ip| !ip.is_loopback()) else {
            continue;
        };
        let mask = v4(interface.netmask).map_or(u32::MAX, u32::from);
        if peer.is_some_and(|peer| peer & mask == u32::from(own) & mask) {
            return Some(own);
        }
        first = first.or(Some(own));
    }
    first
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_ports_are_left_out_and_others_given() {
        let number = || Some("192.168.1.23".to_owned());
        let box_ = Addresses::from("hearth.local", number(), 80, 1935);
        assert_eq!(box_.page, "http://hearth.local");
        assert_eq!(box_.rtmp, "rtmp://hearth.local/live");
        assert_eq!(box_.rtmp_by_number, "rtmp://192.168.1.23/live");
        assert_eq!(box_.shown(), "192.168.1.23");
        assert_eq!(box_.rtmp_joined("ab-cd"), "rtmp://hearth.local/live/abcd");

        let here = Addresses::from("localhost:8080", number(), 8080, 1936);
        assert_eq!(here.page, "http://localhost:8080");
        assert_eq!(here.page_by_number, "http://192.168.1.23:8080");
        assert_eq!(here.rtmp, "rtmp://localhost:1936/live");
    }

    #[test]
    fn who_came_by_number_is_told_the_number_once() {
        for host in ["192.168.1.23:8080", "[fe80::1]:8080", "[fd00::1]"] {
            let it = Addresses::from(host, Some("192.168.1.23".into()), 8080, 1935);
            assert_eq!(it.rtmp_by_number, "", "{host}");
            assert_eq!(it.rtmp, format!("rtmp://{}/live", without_port(host)));
        }
    }
}
