//! What `/sys` and the kernel say of radio and cables.

use crate::limits::network::BOARD_ENTRIES_MAX;
use crate::limits::wifi::ACCESS_POINT;
use nix::ifaddrs::getifaddrs;
use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

/// Network interfaces.
pub(super) const NET: &str = "/sys/class/net";

/// What the access point's name begins with.
const BRAND: &str = "Hearth";

/// The first radio by name; others are left alone.
pub(super) fn radio(net: &str) -> Option<String> {
    interfaces(net).into_iter().find(|name| is_radio(net, name))
}

/// Whether a cable, or what counts as one, leads somewhere.
pub(super) fn has_cable(net: &str) -> bool {
    let file = |name: &str, file: &str| Path::new(net).join(name).join(file);
    interfaces(net).iter().any(|name| {
        // Bridges and tunnels have no device.
        file(name, "device").exists()
            && !is_radio(net, name)
            && fs::read_to_string(file(name, "carrier")).is_ok_and(|text| text.trim() == "1")
    })
}

fn is_radio(net: &str, name: &str) -> bool {
    Path::new(net).join(name).join("phy80211").exists()
}

fn interfaces(net: &str) -> Vec<String> {
    let entries = fs::read_dir(net).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let mut names: Vec<String> = names.take(BOARD_ENTRIES_MAX).collect();
    names.sort();
    names
}

/// `Hearth-1A2B`: by the radio's own address, so that two boxes in a house differ.
pub(super) fn access_point_name(net: &str, interface: &str) -> String {
    let path: PathBuf = [net, interface, "address"].iter().collect();
    let address = fs::read_to_string(path).unwrap_or_default();
    let digits: Vec<char> = address.chars().filter(char::is_ascii_hexdigit).collect();
    match digits.get(8..12) {
        Some(last) => {
            let last: String = last.iter().collect();
            format!("{BRAND}-{}", last.to_ascii_uppercase())
        }
        None => BRAND.to_owned(),
    }
}

/// The interface's address in a network that it has joined.
pub(super) fn address(interface: &str) -> Option<Ipv4Addr> {
    let mut interfaces = getifaddrs().into_iter().flatten();
    interfaces.find_map(|found| {
        let address = found.address?.as_sockaddr_in()?.ip();
        let is_given = address != ACCESS_POINT && !address.is_link_local();
        (found.interface_name == interface && is_given).then_some(address)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn radio_and_cable_are_told_apart_and_from_what_is_neither() {
        let folder = tempfile::tempdir().unwrap();
        let net = folder.path().to_str().unwrap();
        let put = |path: &str, text: &str| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        assert_eq!((radio(net), has_cable(net)), (None, false));
        put("lo/carrier", "1\n");
        put("br0/carrier", "1\n");
        put("wlan0/device/x", "");
        put("wlan0/phy80211/x", "");
        put("wlan0/carrier", "1\n");
        put("wlan0/address", "dc:a6:32:01:1a:2b\n");
        put("eth0/device/x", "");
        put("eth0/carrier", "0\n");
        assert_eq!(radio(net).as_deref(), Some("wlan0"));
        assert!(!has_cable(net));
        put("eth0/carrier", "1\n");
        assert!(has_cable(net));
        assert_eq!(access_point_name(net, "wlan0"), "Hearth-1A2B");
        assert_eq!(access_point_name(net, "eth0"), "Hearth");
    }
}
