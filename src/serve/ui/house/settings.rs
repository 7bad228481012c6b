//! What holds for the whole house: who may join, quiet hours, how much may be sent.

use super::people::{bits, megabits};
use crate::people::{HouseSettings, Joining, QuietHours};
use crate::serve::ui::accounts::own::done;
use crate::serve::ui::accounts::refusals;
use crate::serve::ui::json::Json;
use crate::serve::ui::problem::Problem;
use crate::serve::ui::reply::Reply;
use crate::serve::ui::routes::Visit;
use crate::serve::ui::words::house;

/// Who may join, in forms and the API.
pub(in crate::serve::ui) fn joining_word(joining: Joining) -> &'static str {
    match joining {
        Joining::Invited => "invited",
        Joining::Open => "open",
        Joining::Closed => "closed",
    }
}

/// The same read.
pub(in crate::serve::ui) fn joining_of(word: &str) -> Option<Joining> {
    [Joining::Invited, Joining::Open, Joining::Closed]
        .into_iter()
        .find(|joining| joining_word(*joining) == word)
}

/// Sets the house from `joining`, `quiet_from` and `quiet_to` (`HH:MM`, both empty for none), `utc_offset_minutes`, and the
/// bitrate, which `rate` reads. What is not given stays.
fn set(visit: &Visit<'_>, rate: Option<Option<u32>>) -> Result<(), Problem> {
    let (people, form) = (&visit.house.people, &visit.request.form);
    let before = people.house();
    let malformed = |field| Problem::new(422, "range", visit.words().malformed).at(field);
    let joining = match visit.field("joining") {
        "" => before.joining,
        word => joining_of(word).ok_or_else(|| malformed("joining"))?,
    };
    let utc_offset_minutes = match visit.field("utc_offset_minutes") {
        "" => before.utc_offset_minutes,
        typed => typed.parse().map_err(|_| malformed("utc_offset_minutes"))?,
    };
    let quiet = match form.has("quiet_from") || form.has("quiet_to") {
        true => quiet(visit)?,
        false => before.quiet,
    };
    let house = HouseSettings {
        joining,
        quiet,
        utc_offset_minutes,
        bitrate_max: rate.unwrap_or(before.bitrate_max),
    };
    let set = people.set_house(visit.me()?.id, house);
    set.map_err(|error| refusals::of(visit, &error))
}

/// The same with `most_mbps` as a person types it.
pub(in crate::serve::ui) fn set_by_form(visit: &Visit<'_>) -> Result<(), Problem> {
    let rate = megabits(visit, "most_mbps")?;
    set(visit, Some(rate))
}

fn quiet(visit: &Visit<'_>) -> Result<Option<QuietHours>, Problem> {
    let (from, to) = (visit.field("quiet_from"), visit.field("quiet_to"));
    if from.is_empty() && to.is_empty() {
        return Ok(None);
    }
    let h = house::Words::of(visit.request.language);
    let hours = minute(from).zip(minute(to)).filter(|(from, to)| from != to);
    let hours = hours.map(|(from, to)| QuietHours { from, to });
    let bad = || Problem::new(422, "quiet", h.bad_quiet).at("quiet_from");
    hours.map(Some).ok_or_else(bad)
}

/// `22:30`, also with seconds, as minutes since midnight.
fn minute(typed: &str) -> Option<u16> {
    let mut parts = typed.split(':');
    let (hours, minutes): (u16, u16) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    (hours < 24 && minutes < 60).then_some(hours * 60 + minutes)
}

/// Minutes since midnight as `22:30`.
pub(in crate::serve::ui) fn clock(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

/// GET /api/v1/house
pub(in crate::serve::ui) fn show(visit: &Visit<'_>) -> Result<Reply, Problem> {
    let house = visit.house.people.house();
    let body = Json::object(|json| {
        json.text("joining", joining_word(house.joining));
        let of = |end: fn(QuietHours) -> u16| {
            house
                .quiet
                .map_or_else(String::new, |quiet| clock(end(quiet)))
        };
        json.text("quiet_from", &of(|quiet| quiet.from));
        json.text("quiet_to", &of(|quiet| quiet.to));
        json.number("utc_offset_minutes", house.utc_offset_minutes);
        let people = &visit.house.people;
        json.flag("clock_known", people.local_minute(visit.now).is_some());
        json.flag("quiet_now", people.quiet_until(visit.now).is_some());
        json.number("bitrate_max", house.bitrate_max.unwrap_or(0));
    });
    Ok(Reply::json(200, body))
}

/// PUT /api/v1/house: `bitrate_max` in bits/s, 0 for none.
pub(in crate::serve::ui) fn api_set(visit: &Visit<'_>) -> Result<Reply, Problem> {
    let rate = match visit.request.form.has("bitrate_max") {
        true => Some(bits(visit, "bitrate_max")?),
        false => None,
    };
    set(visit, rate).map(|()| done())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_day_are_read_as_they_are_written() {
        for at in [0, 61, 22 * 60 + 30, 1439] {
            assert_eq!(minute(&clock(at)), Some(at));
        }
        assert_eq!(minute("07:05:00"), Some(425));
        for bad in ["", "7", "24:00", "07:60", "-1:00", "a:b"] {
            assert_eq!(minute(bad), None, "{bad}");
        }
    }
}
