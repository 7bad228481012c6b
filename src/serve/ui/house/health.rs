//! How the box does: facts, memory by who uses it, what the log said.

use crate::limits::budget::Budget;
use crate::limits::ui::{LOG_LINES_SHOWN, MEMORY_PARTS};
use crate::serve::board::Board;
use crate::serve::ui::json::Json;
use crate::serve::ui::machine::Machine;
use crate::serve::ui::problem::Problem;
use crate::serve::ui::reply::Reply;
use crate::serve::ui::routes::Visit;
use crate::serve::ui::words::house;

const MIB: u64 = 1 << 20;
/// From here on boards slow down, °C; and a little before.
const HOT: i32 = 75;
/// From here on a card should be replaced soon, % of its life.
const WORN: u8 = 90;

/// Memory in use now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::serve::ui) struct Memory {
    /// Who, and how many bytes: the largest first, the rest as the last.
    pub(in crate::serve::ui) parts: Vec<(String, u64)>,
    pub(in crate::serve::ui) used: u64,
    /// All that may be used, bytes.
    pub(in crate::serve::ui) most: u64,
    /// Channels that may still go live.
    pub(in crate::serve::ui) channels_left: usize,
    /// Viewers that still find a seat.
    pub(in crate::serve::ui) viewers_left: usize,
}

/// Looks who uses memory.
pub(in crate::serve::ui) fn memory(visit: &Visit<'_>, machine: &Machine) -> Memory {
    let h = house::Words::of(visit.request.language);
    let (channels, people) = (&visit.house.channels, &visit.house.people);
    let views = channels.channels();
    let mut parts: Vec<(String, u64)> = views
        .iter()
        .map(|view| {
            let account = people.account_named(&view.name);
            let name = account.map_or_else(|| view.name.clone(), |account| account.display_name);
            (name, channels.bytes_of(&view.name))
        })
        .collect();
    let itself = (machine.resident)().unwrap_or(0);
    parts.push((h.hearth_itself.to_owned(), itself));
    parts.sort_by_key(|(_, bytes)| u64::MAX - bytes);
    let used = parts.iter().map(|(_, bytes)| bytes).sum();
    if parts.len() > MEMORY_PARTS {
        let rest = parts.split_off(MEMORY_PARTS - 1);
        let rest = rest.iter().map(|(_, bytes)| bytes).sum();
        parts.push((h.everything_else.to_owned(), rest));
    }
    let viewers: usize = views.iter().map(|view| view.viewers as usize).sum();
    Memory {
        parts,
        used,
        most: machine.budget.memory,
        channels_left: machine.budget.live_channels.saturating_sub(views.len()),
        viewers_left: machine.budget.media_seats.saturating_sub(viewers),
    }
}

/// Who may use how much of the memory at most, bytes; all of it together.
pub(in crate::serve::ui) fn budget(visit: &Visit<'_>, budget: &Budget) -> Vec<(&'static str, u64)> {
    let h = house::Words::of(visit.request.language);
    let rows = budget.rows().into_iter();
    rows.map(|row| (user_of_memory(h, row.what), row.bytes))
        .collect()
}

/// A row of the budget as people call it.
fn user_of_memory(h: &'static house::Words, what: &'static str) -> &'static str {
    match what {
        "program" => h.hearth_itself,
        "store" => h.m_store,
        "people" => h.m_people,
        "downloads" => h.m_downloads,
        "passwords" => h.m_passwords,
        "pages" => h.m_pages,
        "encoders" => h.m_encoders,
        "live media on its way in" => h.m_incoming,
        "sessions" => h.m_sessions,
        "log" => h.m_log,
        "making TS" => h.m_ts,
        "compressed playlists" => h.m_playlists,
        "events" => h.m_events,
        "posters" => h.m_posters,
        "connections" => h.m_connections,
        "viewers" => h.m_viewers,
        "rings" => h.m_rings,
        other => other,
    }
}

/// One of the facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::serve::ui) struct Fact {
    /// `temperature`, `power`, `speed`, `card`, `clock`, `network` or `running`.
    pub(in crate::serve::ui) code: &'static str,
    pub(in crate::serve::ui) name: &'static str,
    pub(in crate::serve::ui) value: String,
    pub(in crate::serve::ui) more: String,
    /// `ok`, `warn` or `bad`.
    pub(in crate::serve::ui) level: &'static str,
}

/// The facts; what is not told is among them and says so.
pub(in crate::serve::ui) fn facts(
    visit: &Visit<'_>,
    machine: &Machine,
    address: &str,
) -> Vec<Fact> {
    let (h, board) = (house::Words::of(visit.request.language), machine.board());
    let name = machine.names().into_iter().next().unwrap_or_default();
    vec![
        heat(h, &board),
        supply(h, &board),
        speed(h, &board),
        card(h, machine, &board),
        clock(h, &board),
        fact("network", h.network, name, address, "ok"),
        running(visit, h),
    ]
}

fn fact(
    code: &'static str,
    name: &'static str,
    value: String,
    more: &str,
    level: &'static str,
) -> Fact {
    Fact {
        code,
        name,
        value,
        more: more.to_owned(),
        level,
    }
}

/// What the board, or its kernel, keeps to itself.
fn not_told(h: &'static house::Words, code: &'static str, name: &'static str) -> Fact {
    let value = h.not_told.to_owned();
    fact(code, name, value, h.not_told_more, "unknown")
}

fn heat(h: &'static house::Words, board: &Board) -> Fact {
    let Some(thousandths) = board.temperature_millidegrees else {
        return not_told(h, "temperature", h.temperature);
    };
    let degrees = thousandths.saturating_add(500).div_euclid(1_000);
    let level = if degrees >= HOT { "warn" } else { "ok" };
    let value = format!("{degrees} °C");
    fact("temperature", h.temperature, value, h.slows_down, level)
}

fn supply(h: &'static house::Words, board: &Board) -> Fact {
    let (value, more, level) = match board.under_voltage {
        None => return not_told(h, "power", h.power),
        Some(warning) if warning.now => (h.weak, h.weak_supply, "warn"),
        Some(warning) if warning.since_boot => (h.weak, h.dipped, "warn"),
        Some(_) => (h.good, "", "ok"),
    };
    fact("power", h.power, value.to_owned(), more, level)
}

fn speed(h: &'static house::Words, board: &Board) -> Fact {
    let (value, more, level) = match board.throttled {
        None => return not_told(h, "speed", h.speed),
        Some(warning) if warning.now => (h.slowed, h.slowed_more, "warn"),
        Some(warning) if warning.since_boot => (h.full_speed, h.was_slowed, "warn"),
        Some(_) => (h.full_speed, "", "ok"),
    };
    fact("speed", h.speed, value.to_owned(), more, level)
}

fn clock(h: &'static house::Words, board: &Board) -> Fact {
    let (value, more, level) = match board.clock_synchronised {
        None => return not_told(h, "clock", h.clock),
        Some(true) => (h.clock_set, h.clock_set_more, "ok"),
        Some(false) => (h.clock_not_set, h.clock_not_set_more, "warn"),
    };
    fact("clock", h.clock, value.to_owned(), more, level)
}

fn card(h: &'static house::Words, machine: &Machine, board: &Board) -> Fact {
    let written = size(machine.store_stats().written_bytes);
    let mut more = crate::serve::ui::words::fill(h.written, &[("n", &written)]);
    let worn = board.card_life_used_percent;
    if let Some(percent) = worn {
        let worn = crate::serve::ui::words::fill(h.worn, &[("n", &percent.to_string())]);
        more = format!("{more} · {worn}");
    }
    if machine.store.is_broken() {
        return fact("card", h.card, h.card_broken.to_owned(), &more, "bad");
    }
    let room = machine.room();
    let level = match room {
        Some(room) if room.free < room.of / 20 => "warn",
        _ if worn.is_some_and(|percent| percent >= WORN) => "warn",
        _ => "ok",
    };
    let value = room.map_or_else(
        || h.not_told.to_owned(),
        |room| crate::serve::ui::words::fill(h.free, &[("n", &size(room.free))]),
    );
    fact("card", h.card, value, &more, level)
}

fn running(visit: &Visit<'_>, h: &'static house::Words) -> Fact {
    use crate::serve::ui::words::fill;
    let days = visit.now.0 / (24 * 60 * 60 * 1000);
    let value = match days {
        0 | 1 => crate::serve::ui::frame::duration(visit.words(), visit.now.0),
        days => fill(h.days, &[("n", &days.to_string())]),
    };
    let version = fill(h.version, &[("v", env!("CARGO_PKG_VERSION"))]);
    fact("running", h.running, value, &version, "ok")
}

/// "41 MiB", "1.5 GiB".
pub(in crate::serve::ui) fn size(bytes: u64) -> String {
    let tenths = |unit: u64| (bytes.saturating_mul(10) + unit / 2) / unit;
    match bytes {
        ..MIB => format!("{} KiB", bytes.div_ceil(1024)),
        MIB..0x4000_0000 => format!("{} MiB", (bytes + MIB / 2) / MIB),
        _ => {
            let tenths = tenths(1024 * MIB);
            format!("{}.{} GiB", tenths / 10, tenths % 10)
        }
    }
}

fn machine<'a>(visit: &'a Visit<'_>) -> Result<&'a Machine, Problem> {
    let machine = visit.house.settings.machine.as_deref();
    machine.ok_or_else(|| Problem::not_found(visit.words()))
}

/// The last lines of the log, oldest first.
pub(in crate::serve::ui) fn log_lines(machine: &Machine) -> Vec<String> {
    let mut lines = (machine.recent_log)();
    let old = lines.len().saturating_sub(LOG_LINES_SHOWN);
    lines.drain(..old);
    lines
}

fn whole(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn bytes(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// GET /api/v1/house/health
pub(in crate::serve::ui) fn show(visit: &Visit<'_>) -> Result<Reply, Problem> {
    let machine = machine(visit)?;
    let (memory, stats) = (memory(visit, machine), machine.store_stats());
    let body = Json::object(|json| {
        json.list(
            "facts",
            facts(visit, machine, &visit.request.host),
            |json, fact| {
                json.text("code", fact.code);
                json.text("level", fact.level);
                json.text("value", &fact.value);
                json.text("more", &fact.more);
            },
        );
        json.inner("memory", |json| {
            json.number("most_bytes", bytes(memory.most));
            json.number("used_bytes", bytes(memory.used));
            json.list("parts", &memory.parts, |json, (name, of)| {
                json.text("name", name);
                json.number("bytes", bytes(*of));
            });
            json.number("channels_left", whole(memory.channels_left));
            json.number("viewers_left", whole(memory.viewers_left));
            json.list(
                "budget",
                budget(visit, &machine.budget),
                |json, (name, of)| {
                    json.text("name", name);
                    json.number("bytes", bytes(of));
                },
            );
        });
        json.texts("names", machine.names().iter().map(String::as_str));
        json.inner("card", |json| {
            json.number("written_bytes", bytes(stats.written_bytes));
            json.number("commits", bytes(stats.commits));
            json.number("rows", whole(stats.records));
            if let Some(room) = machine.room() {
                json.number("free_bytes", bytes(room.free));
                json.number("of_bytes", bytes(room.of));
            }
            json.flag("broken", machine.store.is_broken());
            if let Some(percent) = machine.board().card_life_used_percent {
                json.number("life_used_percent", percent);
            }
        });
    });
    Ok(Reply::json(200, body))
}

/// GET /api/v1/house/log
pub(in crate::serve::ui) fn log(visit: &Visit<'_>) -> Result<Reply, Problem> {
    let lines = log_lines(machine(visit)?);
    let body = Json::object(|json| {
        json.list("lines", &lines, |json, line| json.text("text", line));
    });
    Ok(Reply::json(200, body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_as_people_say_them() {
        assert_eq!(size(1), "1 KiB");
        assert_eq!(size(41 * MIB + 1), "41 MiB");
        assert_eq!(size(1536 * MIB), "1.5 GiB");
    }

    #[test]
    fn every_row_of_the_budget_has_a_name_in_both_languages() {
        use crate::serve::ui::words::Language;
        for row in Budget::of(256 << 20).rows() {
            let h = house::Words::of(Language::Chinese);
            assert!(!user_of_memory(h, row.what).is_ascii(), "{}", row.what);
        }
    }

    #[test]
    fn heat_and_weak_power_are_told_and_silence_is_not_alarming() {
        use crate::serve::ui::words::Language;
        let h = house::Words::of(Language::English);
        let of = |degrees| Board {
            temperature_millidegrees: Some(degrees),
            ..Board::default()
        };
        assert_eq!(heat(h, &of(53_600)).value, "54 °C");
        assert_eq!(heat(h, &of(53_600)).level, "ok");
        assert_eq!(heat(h, &of(80_000)).level, "warn");
        let silent = Board::default();
        for fact in [heat, supply, speed, clock].map(|of| of(h, &silent)) {
            assert_eq!((fact.value.as_str(), fact.level), ("Not told", "unknown"));
            assert_eq!(fact.more, "this board, or its kernel, does not say");
        }
    }

    #[test]
    fn power_and_speed_tell_the_present_from_what_was_since_the_start() {
        use crate::serve::board::Warning;
        use crate::serve::ui::words::Language;
        let h = house::Words::of(Language::English);
        let told = |now, since_boot| {
            let warning = Some(Warning { now, since_boot });
            let board = Board {
                under_voltage: warning,
                throttled: warning,
                ..Board::default()
            };
            [supply(h, &board), speed(h, &board)].map(|fact| (fact.value, fact.more, fact.level))
        };
        let row = |value: &str, more: &str, level| (value.to_owned(), more.to_owned(), level);
        assert_eq!(
            told(false, false),
            [row("Good", "", "ok"), row("Full", "", "ok")]
        );
        assert_eq!(
            told(false, true),
            [
                row("Weak", h.dipped, "warn"),
                row("Full", h.was_slowed, "warn")
            ]
        );
        assert_eq!(
            told(true, true),
            [
                row("Weak", h.weak_supply, "warn"),
                row("Slowed down", h.slowed_more, "warn")
            ]
        );
    }

    #[test]
    fn a_clock_that_nobody_set_is_told() {
        use crate::serve::ui::words::Language;
        let h = house::Words::of(Language::Chinese);
        let level = |is| {
            let board = Board {
                clock_synchronised: Some(is),
                ..Board::default()
            };
            clock(h, &board).level
        };
        assert_eq!((level(true), level(false)), ("ok", "warn"));
    }
}
