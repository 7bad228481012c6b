//! Who is in the house: peers on attached networks and in private ranges.

use crate::limits::http::{NETWORKS, NETWORKS_AGE};
use nix::ifaddrs::getifaddrs;
use nix::sys::socket::SockaddrStorage;
use std::net::IpAddr;
use std::sync::Mutex;
use std::time::Instant;

/// Who is answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reach {
    /// The house: attached networks, private, link-local and ULA ranges, the box itself.
    #[default]
    Home,
    /// Everybody who gets through.
    Anywhere,
}

/// An attached network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Network {
    address: u128,
    mask: u128,
    is_v4: bool,
}

/// Decides whether a peer is in reach. The list of attached networks is read when a peer from no
/// private range comes, at most every [`NETWORKS_AGE`].
#[derive(Debug)]
pub struct Networks {
    reach: Reach,
    attached: Mutex<Option<(Instant, heapless::Vec<Network, NETWORKS>)>>,
}

impl Networks {
    /// Nothing is looked up yet.
    pub fn new(reach: Reach) -> Networks {
        Networks {
            reach,
            attached: Mutex::new(None),
        }
    }

    /// Whether `peer` is answered.
    pub fn reaches(&self, peer: IpAddr) -> bool {
        let peer = peer.to_canonical();
        self.reach == Reach::Anywhere || is_private(peer) || self.is_attached(peer)
    }

    /// Whether `peer` is in a network that the box is in itself: nobody who comes through a router.
    pub fn attaches(&self, peer: IpAddr) -> bool {
        self.is_attached(peer.to_canonical())
    }

    fn is_attached(&self, peer: IpAddr) -> bool {
        let mut attached = self
            .attached
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        let fresh = matches!(&*attached, Some((read, _)) if read.elapsed() < NETWORKS_AGE);
        if !fresh {
            *attached = Some((Instant::now(), read_attached()));
        }
        attached
            .as_ref()
            .is_some_and(|(_, networks)| networks.iter().any(|network| network.contains(peer)))
    }
}

/// Loopback, RFC 1918, link-local, ULA.
fn is_private(peer: IpAddr) -> bool {
    match peer {
        IpAddr::V4(v4) => v4.is_loopback() || v4.is_private() || v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unicast_link_local() || v6.is_unique_local(),
    }
}

impl Network {
    /// None for a mask of zero bits: a network that holds everybody is no house.
    fn new(address: IpAddr, mask: IpAddr) -> Option<Network> {
        let (address, is_v4) = bits(address);
        let (mask, mask_is_v4) = bits(mask);
        (mask != 0 && is_v4 == mask_is_v4).then_some(Network {
            address,
            mask,
            is_v4,
        })
    }

    fn contains(&self, peer: IpAddr) -> bool {
        let (peer, is_v4) = bits(peer);
        is_v4 == self.is_v4 && peer & self.mask == self.address & self.mask
    }
}

fn bits(address: IpAddr) -> (u128, bool) {
    match address {
        IpAddr::V4(v4) => (u128::from(v4.to_bits()), true),
        IpAddr::V6(v6) => (v6.to_bits(), false),
    }
}

fn read_attached() -> heapless::Vec<Network, NETWORKS> {
    let interfaces = match getifaddrs() {
        Ok(interfaces) => interfaces,
        Err(error) => {
            log::warn!("attached networks can't be read: {error}");
            return heapless::Vec::new();
        }
    };
    interfaces
        .filter_map(|interface| {
            Network::new(
                ip(interface.address.as_ref()?)?,
                ip(interface.netmask.as_ref()?)?,
            )
        })
        .take(NETWORKS)
        .collect()
}

fn ip(address: &SockaddrStorage) -> Option<IpAddr> {
    match (address.as_sockaddr_in(), address.as_sockaddr_in6()) {
        (Some(v4), _) => Some(IpAddr::V4(v4.ip())),
        (_, Some(v6)) => Some(IpAddr::V6(v6.ip())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn private(text: &str) -> bool {
        is_private(text.parse::<IpAddr>().unwrap().to_canonical())
    }

    #[test]
    fn private_ranges_are_the_house_and_the_rest_is_not() {
        for inside in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.0.1",
            "169.254.3.4",
            "::1",
            "fe80::1",
            "fd12::1",
            "fc00::1",
            "::ffff:192.168.1.1",
        ] {
            assert!(private(inside), "{inside}");
        }
        for outside in [
            "8.8.8.8",
            "172.32.0.1",
            "100.64.0.1",
            "192.169.0.1",
            "2001:db8::1",
            "::ffff:8.8.8.8",
            "0.0.0.0",
            "::",
            "ff02::1",
        ] {
            assert!(!private(outside), "{outside}");
        }
    }

    #[test]
    fn an_attached_network_holds_its_own_peers_only() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let v4 = Network::new(ip("203.0.113.5"), ip("255.255.255.0")).unwrap();
        assert!(v4.contains(ip("203.0.113.77")));
        assert!(!v4.contains(ip("203.0.114.77")) && !v4.contains(ip("::cb00:714d")));
        let v6 = Network::new(ip("2001:db8:0:1::5"), ip("ffff:ffff:ffff:ffff::")).unwrap();
        assert!(v6.contains(ip("2001:db8:0:1:aaaa::1")) && !v6.contains(ip("2001:db8:0:2::1")));
        assert!(Network::new(ip("203.0.113.5"), ip("0.0.0.0")).is_none());
    }

    #[test]
    fn anywhere_is_everybody_and_home_is_not() {
        let stranger = "198.51.100.7".parse().unwrap();
        assert!(Networks::new(Reach::Anywhere).reaches(stranger));
        assert!(!Networks::new(Reach::Home).reaches(stranger));
        assert!(Networks::new(Reach::Home).reaches("::ffff:10.0.0.1".parse().unwrap()));
    }
}
