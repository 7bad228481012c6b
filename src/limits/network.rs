//! Bounds of how the box is found in its network, and of what it looks at on its board.

use std::time::Duration;

/// How often multicast DNS looks at addresses: a cable that was plugged in is announced within this.
pub const MDNS_ADDRESSES_EVERY: Duration = Duration::from_secs(3);
/// How often the box asks for its own name; without an answer the responder is made anew.
pub const MDNS_CHECK_EVERY: Duration = Duration::from_secs(180);
/// The first such question comes this long after the start: probing and announcing take about 3 s.
pub const MDNS_CHECK_FIRST: Duration = Duration::from_secs(8);
/// How long answers to such a question are waited for.
pub const MDNS_ANSWER_WAIT: Duration = Duration::from_millis(1200);
/// Answers to one such question that are looked at; more are left unread.
pub const MDNS_ANSWERS: usize = 64;
/// Addresses that are asked from, one each network; more networks are not checked.
pub const MDNS_NETWORKS: usize = 16;
/// How long the goodbye at the end may take.
pub const MDNS_GOODBYE_WAIT: Duration = Duration::from_millis(800);
/// Characters of a label in a name (RFC 1035, 2.3.4), with room for `-99` after a conflict.
pub const HOST_NAME_MAX: usize = 60;
/// Highest number after a conflict: `hearth-99`. With more boxes the last ones share a name.
pub const HOST_NUMBER_MAX: u32 = 99;

/// Longest file under `/sys` or `/proc` that is read of the board, bytes.
pub const BOARD_FILE_MAX: u64 = 4096;
/// Entries of a folder under `/sys` that are looked at.
pub const BOARD_ENTRIES_MAX: usize = 32;

/// For how long after power-on a box without an owner lets the first browser become it without a code.
pub const SETUP_OPEN: Duration = Duration::from_secs(15 * 60);
