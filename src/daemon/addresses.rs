//! What to type elsewhere to reach this box.

use nix::ifaddrs::getifaddrs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// Addresses that are shown: more would push the rest off a screen.
const ADDRESSES_MOST: usize = 4;

/// The address that others in the house use: the first private IPv4 address, else any, else this machine's own.
pub(super) fn of_this_box() -> IpAddr {
    let addresses: Vec<Ipv4Addr> = getifaddrs()
        .into_iter()
        .flatten()
        .filter_map(|interface| Some(interface.address?.as_sockaddr_in()?.ip()))
        .filter(|address| !address.is_loopback())
        .collect();
    let best = addresses
        .iter()
        .find(|address| address.is_private())
        .or(addresses.first());
    best.map_or(IpAddr::from(Ipv4Addr::LOCALHOST), |address| {
        IpAddr::from(*address)
    })
}

/// Every address by which others may reach this box, IPv4 first, private ones before others; at most
/// [`ADDRESSES_MOST`]. Link-local IPv6 is left out: it needs a zone, which browsers don't take.
pub(super) fn all_of_this_box() -> Vec<IpAddr> {
    let interfaces = getifaddrs().into_iter().flatten();
    let mut all: Vec<IpAddr> = interfaces
        .filter_map(|interface| {
            let address = interface.address?;
            let v4 = address.as_sockaddr_in().map(|v4| IpAddr::from(v4.ip()));
            v4.or_else(|| address.as_sockaddr_in6().map(|v6| IpAddr::from(v6.ip())))
        })
        .filter(|ip| {
            !ip.is_loopback() && !matches!(ip, IpAddr::V6(v6) if v6.is_unicast_link_local())
        })
        .collect();
    all.sort_by_key(|ip| match ip {
        IpAddr::V4(v4) if v4.is_private() => 0,
        IpAddr::V4(_) => 1,
        IpAddr::V6(_) => 2,
    });
    all.truncate(ADDRESSES_MOST);
    all
}

/// Host and port for a URL to a listener: the box's address where it listens everywhere.
pub(super) fn reachable(listener: SocketAddr) -> SocketAddr {
    let ip = if listener.ip().is_unspecified() {
        of_this_box()
    } else {
        listener.ip()
    };
    SocketAddr::new(ip, listener.port())
}

/// `http://192.168.1.5:8080/`; the scheme's own port is left out.
pub(super) fn url(scheme: &str, address: SocketAddr, own_port: u16, path: &str) -> String {
    if address.port() == own_port {
        let host = SocketAddr::new(address.ip(), 0).to_string();
        let host = host.trim_end_matches(":0");
        format!("{scheme}://{host}{path}")
    } else {
        format!("{scheme}://{address}{path}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_leave_out_the_usual_port_only() {
        let at = |text: &str| text.parse().unwrap();
        assert_eq!(
            url("http", at("192.168.1.5:80"), 80, "/"),
            "http://192.168.1.5/"
        );
        assert_eq!(
            url("http", at("192.168.1.5:8080"), 80, "/"),
            "http://192.168.1.5:8080/"
        );
        assert_eq!(
            url("rtmp", at("[::1]:1935"), 1935, "/live"),
            "rtmp://[::1]/live"
        );
    }
}
