//! Quiet hours: at their beginning what is on air ends; who comes during them is turned away at the door.

use crate::people::{People, Refusal};
use crate::serve::station::Station;

/// Ends what is on air if the hours are quiet now; its encoder is told why. While nobody knows the time, no hour is quiet. Call a
/// few times a second.
pub fn keep(station: &Station, people: &People) {
    let Some(until) = people.quiet_until(station.clock().now()) else {
        return;
    };
    let text = Refusal::Quiet { until }.to_string();
    for view in station.channels() {
        station.end_stream(&view.name, &text);
    }
}
