//! What to type elsewhere to reach this box.

use nix::ifaddrs::getifaddrs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

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
