//! The network that the box is in, as the page and the API see and change it. Before the box has an owner both are for whoever is on
//! its own access point: there is no other way to it then.

use super::json::Json;
use super::pages;
use super::problem::Problem;
use super::reply::Reply;
use super::request::Method::{Get, Post};
use super::routes::Access::OwnerOrFirst;
use super::routes::{Route, Visit, api, get, post};
use super::words::{fill, wifi as words};
use crate::people::Role;
use crate::serve::wifi::{self, Ask, Mode, Network, State, Trouble, Why};
use crate::wire::wifi::{Lock, Name, Passphrase, is_country};

pub(super) static ROUTES: &[Route] = &[
    get("/wifi", OwnerOrFirst, pages::wifi::show),
    post("/wifi", OwnerOrFirst, pages::wifi::change),
    api(Get, "/api/v1/wifi", OwnerOrFirst, show),
    api(Post, "/api/v1/wifi", OwnerOrFirst, act),
];

/// The choice of a network that is not listed.
pub(super) const ANOTHER: &str = "another";

/// How things stand, for those who may see it.
pub(super) fn state(visit: &Visit<'_>) -> Result<State, Problem> {
    let state = ask(visit, &Ask::State {});
    let is_owner = visit.account().is_some_and(|me| me.role == Role::Owner);
    match is_owner || state.mode == Mode::AccessPoint {
        true => Ok(state),
        false => Err(Problem::forbidden(visit.words())),
    }
}

/// Does a `deed` where things stand so: `look`, `join` (`network`, `name`, `passphrase`, `country`) or `forget` (`network`). How they stand then.
pub(super) fn carry_out(visit: &Visit<'_>, state: &State) -> Result<State, Problem> {
    let unknown = || Problem::not_found(visit.words());
    let asked = match visit.field("deed") {
        "look" => Ask::Look {},
        "join" => Ask::Join(network(visit, state)?),
        "forget" => Ask::Forget {
            name: name_in(visit.field("network")).ok_or_else(unknown)?,
        },
        _ => return Err(unknown()),
    };
    Ok(ask(visit, &asked))
}

/// Without an answer there is no radio that could be used.
fn ask(visit: &Visit<'_>, ask: &Ask) -> State {
    let Some(socket) = &visit.house.settings.wifi else {
        return State::default();
    };
    wifi::ask(socket, ask).unwrap_or_else(|error| {
        log::debug!("Wi-Fi does not answer: {error}");
        State::default()
    })
}

/// The network that the form asks for.
fn network(visit: &Visit<'_>, state: &State) -> Result<Network, Problem> {
    let w = words::Words::of(visit.request.language);
    let wrong = |field, text: &'static str| Problem::new(422, "wifi", text).at(field);
    let name = match visit.field("network") {
        "" => Err(wrong("network", w.choose)),
        ANOTHER => {
            let typed = visit.field("name").trim();
            Name::new(typed.as_bytes()).map_err(|_| wrong("name", w.bad_name))
        }
        listed => name_in(listed).ok_or_else(|| wrong("network", w.choose)),
    }?;
    let typed = visit.field("passphrase");
    let passphrase = match state.lock_of(&name) {
        Some(Lock::Open) => None,
        None if typed.is_empty() => None,
        _ => Some(Passphrase::new(typed).map_err(|_| wrong("passphrase", w.bad_passphrase))?),
    };
    let country = visit.field("country").trim().to_ascii_uppercase();
    let country = Some(country).filter(|text| !text.is_empty());
    if !country.as_deref().is_none_or(is_country) {
        return Err(wrong("country", w.bad_country));
    }
    Ok(Network {
        name,
        passphrase,
        country,
    })
}

fn name_in(hex: &str) -> Option<Name> {
    Name::from_hex(hex).ok()
}

/// How things stand, in a sentence.
pub(super) fn stands(visit: &Visit<'_>, state: &State) -> String {
    let is_guest = wifi::is_on_access_point(visit.request.peer);
    let w = words::Words::of(visit.request.language);
    let name = state.network.as_ref().map(Name::text).unwrap_or_default();
    let machine = visit.house.settings.machine.as_ref();
    let host = machine.map_or_else(|| "hearth".into(), |machine| machine.name.get());
    let page = format!("http://{host}.local/");
    let address = state.address.map(|address| address.to_string());
    let values = [
        ("name", name.as_str()),
        ("ap", &state.access_point),
        ("page", &page),
        ("address", address.as_deref().unwrap_or_default()),
    ];
    let sentence = match (state.soon, state.mode) {
        (Some(Mode::Joining), _) if is_guest => w.joining_from,
        (Some(Mode::Joining), _) | (None, Mode::Joining) => w.joining,
        (Some(_), _) if is_guest => w.looking_from,
        (Some(_), _) | (None, Mode::Looking) => w.looking,
        (None, Mode::Joined) if address.is_some() => w.joined_at,
        (None, Mode::Joined) => w.joined,
        (None, Mode::AccessPoint) => w.on_its_own,
        (None, Mode::Resting) => w.cable,
        (None, Mode::NoRadio) => w.no_radio,
    };
    fill(sentence, &values)
}

/// What went wrong, in a sentence.
pub(super) fn said(w: &words::Words, trouble: &Trouble) -> String {
    let sentence = match trouble.why {
        Why::Passphrase => w.wrong_passphrase,
        Why::NotFound => w.not_found,
        Why::Refused => w.refused,
        Why::NoAddress => w.no_address,
        Why::Lost => w.lost,
    };
    fill(sentence, &[("name", &trouble.name.text())])
}

/// GET /api/v1/wifi: `mode` (`no-radio`, `resting`, `looking`, `joining`, `joined`, `access-point`), `soon` (what it does in a moment, one of
/// these), `network` (the name of that which it is in or tries), `address` (there), `access_point` (the name of its own), `cable` (flag),
/// `country`; `said` and `trouble` (how things stand and what went wrong last, in words); `seen` (in reach, the loudest first: `id`, `name`,
/// `dbm`, `lock` (`open`, `passphrase`, `other`)) and `known` (remembered: `id`, `name`). What is not there is empty.
pub(super) fn show(visit: &Visit<'_>) -> Result<Reply, Problem> {
    Ok(shown(visit, &state(visit)?))
}

/// POST /api/v1/wifi with `deed`: `look`, `join` (`network`: an `id` or `another`; `name` of another; `passphrase`; `country`) or `forget`
/// (`network`: an `id`). Answers at once with how things stand, as GET does: `soon` says what follows.
pub(super) fn act(visit: &Visit<'_>) -> Result<Reply, Problem> {
    let state = carry_out(visit, &state(visit)?)?;
    Ok(shown(visit, &state))
}

fn shown(visit: &Visit<'_>, state: &State) -> Reply {
    let w = words::Words::of(visit.request.language);
    let trouble = state.trouble.as_ref().map(|trouble| said(w, trouble));
    let address = state.address.map(|address| address.to_string());
    let network = state.network.as_ref().map(Name::text);
    let body = Json::object(|json| {
        json.text("mode", mode(state.mode));
        json.text("soon", state.soon.map_or("", mode));
        json.text("network", &network.unwrap_or_default());
        json.text("address", &address.unwrap_or_default());
        json.text("access_point", &state.access_point);
        json.flag("cable", state.cable);
        json.text("country", &state.country);
        json.text("said", &stands(visit, state));
        json.text("trouble", &trouble.unwrap_or_default());
        json.list("seen", &state.seen, |json, seen| {
            json.text("id", &seen.name.hex());
            json.text("name", &seen.name.text());
            json.number("dbm", seen.dbm);
            json.text("lock", lock(seen.lock));
        });
        json.list("known", &state.known, |json, name| {
            json.text("id", &name.hex());
            json.text("name", &name.text());
        });
    });
    Reply::json(200, body)
}

fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::NoRadio => "no-radio",
        Mode::Resting => "resting",
        Mode::Looking => "looking",
        Mode::Joining => "joining",
        Mode::Joined => "joined",
        Mode::AccessPoint => "access-point",
    }
}

fn lock(lock: Lock) -> &'static str {
    match lock {
        Lock::Open => "open",
        Lock::Passphrase => "passphrase",
        Lock::Other => "other",
    }
}
