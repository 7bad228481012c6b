//! `/wifi`: the network that the box is in. Before the box has an owner it is for whoever is on its own access point:
//! there is no other way to it then.

use super::{message, page, page_with, said_of};
use crate::serve::ui::frame::Frame;
use crate::serve::ui::icons;
use crate::serve::ui::problem::Problem;
use crate::serve::ui::reply::Reply;
use crate::serve::ui::routes::{Access, Visit};
use crate::serve::ui::wifi::{ANOTHER, carry_out, said, stands, state};
use crate::serve::ui::words::{fill, wifi as words};
use crate::serve::wifi::{self, Mode, State};
use crate::wire::wifi::{Lock, Name};
use askama::Template;

/// From so many dBm on a network is strong.
const STRONG_DBM: i32 = -60;
/// From so many on it is good enough for a stream.
const GOOD_DBM: i32 = -72;

struct Choice {
    value: String,
    name: String,
    icon: &'static str,
    more: String,
    may_join: bool,
    is_chosen: bool,
}

struct Remembered {
    value: String,
    name: String,
    label: String,
}

#[derive(Template)]
#[template(path = "wifi.html")]
struct Wifi {
    f: Frame,
    w: &'static words::Words,
    lead: String,
    /// How things stand: a sentence, and whether it is good.
    stands: String,
    is_well: bool,
    /// It changes by itself: the page is fetched again.
    is_changing: bool,
    has_radio: bool,
    trouble: String,
    open_air: String,
    choices: Vec<Choice>,
    remembered: Vec<Remembered>,
    is_another: bool,
    name: String,
    country: String,
    problem: Option<Problem>,
}

impl Wifi {
    fn said_of(&self, field: &str) -> &str {
        said_of(self.problem.as_ref(), field)
    }
}

/// GET /wifi
pub(in crate::serve::ui) fn show(visit: &Visit<'_>) -> Reply {
    match state(visit) {
        Ok(state) => page(200, &wifi(visit, &state, None)),
        Err(_) => message::forbidden(visit, Access::Owner),
    }
}

/// POST /wifi: a `deed`.
pub(in crate::serve::ui) fn change(visit: &Visit<'_>) -> Reply {
    let Ok(state) = state(visit) else {
        return message::forbidden(visit, Access::Owner);
    };
    match carry_out(visit, &state) {
        Ok(_) => Reply::to("/wifi"),
        Err(problem) if problem.field.is_empty() => message::problem(visit, &problem),
        Err(problem) => page_with(&problem, &wifi(visit, &state, Some(problem.clone()))),
    }
}

fn wifi(visit: &Visit<'_>, state: &State, problem: Option<Problem>) -> Wifi {
    let w = words::Words::of(visit.request.language);
    let is_guest = wifi::is_on_access_point(visit.request.peer);
    let ap = [("ap", state.access_point.as_str())];
    let chosen = visit.field("network");
    let typed = |field: &str| visit.field(field).to_owned();
    let remembered = |name: &Name| Remembered {
        value: name.hex(),
        label: fill(w.forget_of, &[("name", &name.text())]),
        name: name.text(),
    };
    Wifi {
        f: visit.frame(""),
        w,
        lead: match is_guest {
            true => fill(w.lead_guest, &ap),
            false => w.lead.to_owned(),
        },
        stands: stands(visit, state),
        is_well: matches!(state.mode, Mode::Joined | Mode::Resting),
        is_changing: state.soon.is_some() || matches!(state.mode, Mode::Looking | Mode::Joining),
        has_radio: state.mode != Mode::NoRadio,
        trouble: state
            .trouble
            .as_ref()
            .map_or_else(String::new, |trouble| said(w, trouble)),
        open_air: match is_guest {
            true => fill(w.open_air, &ap),
            false => String::new(),
        },
        choices: choices(w, state, chosen),
        remembered: state.known.iter().map(remembered).collect(),
        is_another: chosen == ANOTHER,
        name: typed("name"),
        country: match problem {
            Some(_) => typed("country"),
            None => state.country.clone(),
        },
        problem,
    }
}

fn choices(w: &words::Words, state: &State, chosen: &str) -> Vec<Choice> {
    let choice = |seen: &crate::wire::wifi::Seen| {
        let (strength, icon) = match seen.dbm {
            STRONG_DBM.. => (w.strong, icons::WIFI),
            GOOD_DBM.. => (w.good, icons::WIFI_GOOD),
            _ => (w.weak, icons::WIFI_WEAK),
        };
        let lock = match seen.lock {
            Lock::Open => w.open,
            Lock::Passphrase => w.locked,
            Lock::Other => w.other_lock,
        };
        let known = state.known.contains(&seen.name).then_some(w.known);
        let more: Vec<&str> = [strength, lock].into_iter().chain(known).collect();
        let value = seen.name.hex();
        Choice {
            name: seen.name.text(),
            icon,
            more: more.join(" · "),
            may_join: seen.lock != Lock::Other,
            is_chosen: value == chosen,
            value,
        }
    };
    state.seen.iter().map(choice).collect()
}
