//! When something was, as people at home say it.

use crate::people::Moment;
use crate::serve::ui::routes::Visit;
use crate::serve::ui::words::channels::Words;
use crate::serve::ui::words::{self, fill};

const MINUTE_MS: i64 = 60_000;
const DAY_MINUTES: i64 = 24 * 60;

/// "today, 18:44", "on Sunday", "on 12 October"; "2 h ago" as long as nobody knows the date.
pub(in crate::serve::ui) fn said(visit: &Visit<'_>, moment: Moment) -> String {
    let now = visit.house.people.moment(visit.now);
    let offset = visit.house.people.house().utc_offset_minutes;
    match (moment.unix_ms, now.unix_ms) {
        (Some(then), Some(now)) => dated(visit.say(), local(then, offset), local(now, offset)),
        _ => {
            let passed = now.powered_ms.saturating_sub(moment.powered_ms);
            undated(visit.words(), visit.say(), passed)
        }
    }
}

/// "18:44" if it was today, else as [`said`].
pub(super) fn briefly(visit: &Visit<'_>, moment: Moment) -> String {
    let now = visit.house.people.moment(visit.now);
    let offset = visit.house.people.house().utc_offset_minutes;
    if let (Some(then), Some(now)) = (moment.unix_ms, now.unix_ms) {
        let (then, now) = (local(then, offset), local(now, offset));
        if then.div_euclid(DAY_MINUTES) == now.div_euclid(DAY_MINUTES) {
            return clock(then);
        }
    }
    said(visit, moment)
}

/// Minutes since 1970 as clocks in the house show them.
fn local(unix_ms: i64, offset_minutes: i16) -> i64 {
    unix_ms
        .div_euclid(MINUTE_MS)
        .saturating_add(offset_minutes.into())
}

fn clock(minute: i64) -> String {
    let minute = minute.rem_euclid(DAY_MINUTES);
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

fn dated(s: &Words, then: i64, now: i64) -> String {
    let (day, today) = (then.div_euclid(DAY_MINUTES), now.div_euclid(DAY_MINUTES));
    let time = clock(then);
    match today.saturating_sub(day) {
        ..=0 => fill(s.today, &[("time", &time)]),
        1 => fill(s.yesterday, &[("time", &time)]),
        2..=6 => {
            let sentence = match week(day) == week(today) {
                true => s.on_weekday,
                false => s.on_weekday_of_last_week,
            };
            let weekday = nth(s.weekdays, (day + 4).rem_euclid(7));
            fill(sentence, &[("weekday", weekday)])
        }
        _ => {
            let (month, day) = month_and_day(day);
            let (month, day) = (nth(s.months, month - 1), day.to_string());
            fill(s.on_date, &[("month", month), ("day", &day)])
        }
    }
}

/// The week that a day since 1970 is in: weeks begin on Mondays.
fn week(day: i64) -> i64 {
    (day + 3).div_euclid(7)
}

fn undated(w: &words::Words, s: &Words, passed_ms: u64) -> String {
    let minutes = passed_ms / 60_000;
    match (minutes / 60, minutes / (24 * 60)) {
        (0, _) => crate::serve::ui::frame::ago(w, passed_ms),
        (hours, 0 | 1) => fill(s.hours_ago, &[("h", &hours.to_string())]),
        (_, days) => fill(s.days_ago, &[("d", &days.to_string())]),
    }
}

/// One of several words with blanks between.
fn nth(words: &'static str, at: i64) -> &'static str {
    let at = usize::try_from(at).unwrap_or(0);
    words.split(' ').nth(at).unwrap_or_default()
}

/// Month (1 to 12) and day of a day since 1970, in the Gregorian calendar: years counted from March, so that leap days come last.
fn month_and_day(day: i64) -> (i64, i64) {
    let day = day + 719_468;
    let of_era = day.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    (if month < 10 { month + 3 } else { month - 9 }, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::ui::words::Language;

    /// Thursday 12 November 2026, 20:00.
    const NOW: i64 = 20_769 * DAY_MINUTES + 20 * 60;

    #[test]
    fn days_are_named_as_people_name_them() {
        let s = Words::of(Language::English);
        let said = |back: i64| dated(s, NOW - back, NOW);
        assert_eq!(said(76), "today, 18:44");
        assert_eq!(said(DAY_MINUTES - 100), "yesterday, 21:40");
        assert_eq!(said(4 * DAY_MINUTES), "on Sunday");
        assert_eq!(said(31 * DAY_MINUTES), "on 12 October");
        assert_eq!(dated(s, NOW + 5, NOW), "today, 20:05");
        let zh = Words::of(Language::Chinese);
        assert_eq!(dated(zh, NOW - 76, NOW), "今天 18:44 ");
        assert_eq!(dated(zh, NOW - 2 * DAY_MINUTES, NOW), "这星期二");
        assert_eq!(dated(zh, NOW - 3 * DAY_MINUTES, NOW), "这星期一");
        assert_eq!(dated(zh, NOW - 4 * DAY_MINUTES, NOW), "上星期日");
        // On Friday, Tuesday is of the same week; on Sunday, Monday is too; on Monday, Tuesday is of the last.
        let on = |later: i64, back: i64| {
            let now = NOW + later * DAY_MINUTES;
            dated(zh, now - back * DAY_MINUTES, now)
        };
        assert_eq!(on(1, 3), "这星期二");
        assert_eq!(on(3, 6), "这星期一");
        assert_eq!(on(4, 6), "上星期二");
        assert_eq!(dated(zh, NOW - 31 * DAY_MINUTES, NOW), "10月12日");
    }

    #[test]
    fn leap_days_and_the_ends_of_years_are_right() {
        for (day, date) in [
            (0, (1, 1)),
            (364, (12, 31)),
            (789, (2, 29)),
            (790, (3, 1)),
            (11_016, (2, 29)),
            (20_769, (11, 12)),
            (47_541, (3, 1)),
        ] {
            assert_eq!(month_and_day(day), date, "{day}");
        }
    }

    #[test]
    fn without_a_date_hours_are_counted() {
        let (w, s) = (Language::English.words(), Words::of(Language::English));
        assert_eq!(undated(w, s, 59_000), "just now");
        assert_eq!(undated(w, s, 2 * 3_600_000), "2 h ago");
        assert_eq!(undated(w, s, 47 * 3_600_000), "47 h ago");
        assert_eq!(undated(w, s, 48 * 3_600_000), "2 days ago");
    }
}
