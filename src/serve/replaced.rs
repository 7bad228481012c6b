//! Replaced stream keys: when the time is over in which both work, what is sent with the old one ends.

use crate::people::People;
use crate::serve::station::Station;

/// For the encoder of a key that was replaced.
pub(super) const TEXT: &str =
    "This stream key was replaced. Copy the new one from the Go live page.";

/// Ends what is sent with a key whose time is over. Call a few times a second.
pub fn keep(station: &Station, people: &People) {
    let now = station.clock().now();
    let keys = station.channels().into_iter().filter_map(|view| view.key);
    for key in keys.filter(|key| people.is_key_over(*key, now)) {
        station.revoke(key, TEXT);
    }
}
