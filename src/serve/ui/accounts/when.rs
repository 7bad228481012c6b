//! Moments as people say them.

use crate::people::Moment;
use crate::serve::ui::routes::Visit;
use crate::serve::ui::words::{accounts, fill};

const MINUTE_MS: u64 = 60_000;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// "today, 18:44", "3 days ago"; how long ago in running time where nobody knows the date.
pub(in crate::serve::ui) fn said(visit: &Visit<'_>, at: Moment) -> String {
    let now = visit.house.people.moment(visit.now);
    let offset = visit.house.people.house().utc_offset_minutes;
    say(accounts::Words::of(visit.request.language), at, now, offset)
}

fn say(a: &accounts::Words, at: Moment, now: Moment, offset_minutes: i16) -> String {
    let ago = now.powered_ms.saturating_sub(at.powered_ms) / MINUTE_MS;
    let number = |n: u64| n.to_string();
    let (Some(then), Some(today)) = (at.unix_ms, now.unix_ms) else {
        return match ago {
            0 => a.when_now.to_owned(),
            1..60 => fill(a.when_minutes, &[("n", &number(ago))]),
            _ => fill(a.when_hours, &[("n", &number(ago / 60))]),
        };
    };
    let local = |ms: i64| ms.saturating_add(i64::from(offset_minutes) * 60_000);
    let days = local(today).div_euclid(DAY_MS) - local(then).div_euclid(DAY_MS);
    let minute = local(then).rem_euclid(DAY_MS) / 60_000;
    let time = format!("{:02}:{:02}", minute / 60, minute % 60);
    match days {
        ..=0 if ago == 0 => a.when_now.to_owned(),
        ..=0 => fill(a.when_today, &[("time", &time)]),
        1 => fill(a.when_yesterday, &[("time", &time)]),
        days => fill(a.when_days, &[("n", &days.to_string())]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::ui::words::Language;

    fn moment(minutes: u64, unix_ms: Option<i64>) -> Moment {
        Moment {
            powered_ms: minutes * MINUTE_MS,
            unix_ms,
        }
    }

    #[test]
    fn days_are_those_of_the_house_and_running_time_stands_in() {
        let a = accounts::Words::of(Language::English);
        let at_23_30 = 23 * 3_600_000 + 30 * 60_000;
        let dated = |days: i64, ms: i64| moment(100, Some(days * DAY_MS + ms));
        let now = |days: i64| moment(5_000, Some(days * DAY_MS + at_23_30));
        assert_eq!(say(a, dated(9, 0), now(9), 0), "today, 00:00");
        assert_eq!(say(a, dated(8, 5 * 60_000), now(9), 0), "yesterday, 00:05");
        assert_eq!(say(a, dated(8, at_23_30), now(8), 60), "today, 00:30");
        assert_eq!(say(a, dated(6, at_23_30), now(9), 0), "3 days ago");
        let undated = say(a, moment(10, None), moment(200, None), 0);
        assert_eq!(undated, "3 h ago, running time");
        assert_eq!(say(a, moment(9, None), moment(9, None), 0), "just now");
    }
}
