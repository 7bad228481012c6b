//! Bounds of Wi-Fi: networks, waits, and what the root process and the daemon say to each other.

use std::net::Ipv4Addr;

/// The box's address on its own access point: a private network that hardly any router gives out.
pub const ACCESS_POINT: Ipv4Addr = Ipv4Addr::new(10, 73, 0, 1);
/// Where whoever is on it finds the page that lists networks. Whatever a phone asks for to see whether there is a way out
/// leads here: that is how it knows that there is a page to be shown.
pub const ACCESS_POINT_PAGE: &str = "http://10.73.0.1/wifi";
/// Bits of that network, as `rootfs/etc/systemd/network/30-access-point.network` has it.
pub const ACCESS_POINT_BITS: u32 = 24;
/// Channel of the access point, MHz: channel 6, which every country allows and the boards' radios share with old phones.
pub const ACCESS_POINT_MHZ: u32 = 2437;

/// Longest name of a network, bytes (IEEE 802.11, 9.4.2.2).
pub const NAME_MAX: usize = 32;
/// Shortest passphrase, characters (IEEE 802.11, J.4.1).
pub const PASSPHRASE_MIN: usize = 8;
/// Longest passphrase, characters.
pub const PASSPHRASE_MAX: usize = 63;
/// Networks that are listed, the strongest first; more are left out.
pub const SEEN_MAX: usize = 32;
/// Networks that are remembered; the one that was joined longest ago leaves for a new one.
pub const KNOWN_MAX: usize = 8;
/// Networks that are tried one after another before the access point opens: the best ones.
pub const TRIED_MAX: usize = 4;

/// Longest request to the Wi-Fi process, bytes. A longer one is not read.
pub const REQUEST_BYTES: u64 = 1024;
/// Longest answer of it, bytes: [`SEEN_MAX`] networks of 32 bytes each, in hexadecimal.
pub const ANSWER_BYTES: u64 = 16 * 1024;
/// How long either side waits for the other, ms.
pub const TALK_MS: u64 = 2000;
/// Longest file of known networks, bytes.
pub const KNOWN_BYTES: u64 = 8 * 1024;
/// Longest datagram of wpa_supplicant, bytes; its own bound is the same.
pub const SUPPLICANT_BYTES: usize = 4096;
/// How long wpa_supplicant may take for a reply, ms.
pub const SUPPLICANT_MS: u64 = 5000;
/// Longest question about a name that is answered on the access point, bytes (RFC 1035, 4.2.1).
pub const DNS_BYTES: usize = 512;
/// Seconds that a phone may keep an answer about a name: in the house's own network it means something else.
pub const DNS_TTL_S: u32 = 5;

/// How often cable, radio and addresses are looked at, ms.
pub const LOOK_AT_BOARD_MS: u64 = 1500;
/// How long a cable is waited for before the access point opens: links take seconds to come up.
pub const CABLE_WAIT_MS: u64 = 10_000;
/// How long a look around may take. Without results it counts as an empty one.
pub const SCAN_MS: u64 = 12_000;
/// How long joining a network may take until the radio is let in.
pub const JOIN_MS: u64 = 25_000;
/// How often a network may be missed or refuse before it is given up: each time takes some 5 s.
pub const MISSES: u32 = 2;
/// From there until an address is there.
pub const ADDRESS_MS: u64 = 25_000;
/// How long a lost network is waited for before it counts as gone: routers start again in a minute or two, but a box that
/// can't be reached at all is worse than one on its access point.
pub const LOST_MS: u64 = 40_000;
/// How often the networks that are known are tried again, with the access point closed meanwhile.
pub const TRY_AGAIN_MS: u64 = 180_000;
/// For how long somebody on the access point keeps it from being closed for that.
pub const GUEST_MS: u64 = 900_000;
/// From an order to its doing: the answer to it must reach the phone before the access point goes.
pub const SOON_MS: u64 = 2500;
