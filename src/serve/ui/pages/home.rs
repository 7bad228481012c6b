//! `/`: who is live, and who is not; with `?tv=1` for old TVs.

use super::{addresses, page};
use crate::serve::ui::addresses::Addresses;
use crate::serve::ui::api::{Channel, line_up};
use crate::serve::ui::frame::{Face, Frame, duration};
use crate::serve::ui::icons;
use crate::serve::ui::reply::Reply;
use crate::serve::ui::routes::Visit;
use crate::serve::ui::words::fill;
use askama::Template;

#[derive(Clone, Debug, Default)]
struct Tile {
    name: String,
    display_name: String,
    face: Face,
    phase: &'static str,
    viewers: u32,
    since: String,
}

#[derive(Clone, Debug, Default)]
struct Person {
    name: String,
    display_name: String,
    face: Face,
}

#[derive(Template)]
#[template(path = "home.html")]
struct Home {
    f: Frame,
    /// People are here (the demo's, or added by command) but no owner yet.
    unclaimed: bool,
    tiles: Vec<Tile>,
    people: Vec<Person>,
    addresses: Addresses,
    /// What the script makes new tiles and people from.
    blank_tile: Tile,
    blank_person: Person,
}

#[derive(Template)]
#[template(path = "old-tv.html")]
struct OldTv {
    f: Frame,
    tiles: Vec<Tile>,
    people: Vec<Person>,
    addresses: Addresses,
}

/// GET /
pub(in crate::serve::ui) fn show(visit: &Visit<'_>) -> Reply {
    let unclaimed = visit.setup_code().is_some();
    if unclaimed && visit.house.people.accounts().is_empty() {
        return Reply::to("/setup");
    }
    let (on_air, off_air): (Vec<_>, Vec<_>) =
        line_up(visit).into_iter().partition(Channel::is_on_air);
    let tiles = on_air.into_iter().map(|c| tile(visit, c)).collect();
    let people = off_air.into_iter().map(person).collect();
    let f = visit.frame("home");
    let addresses = addresses(visit);
    if visit.request.query.has("tv") {
        return page(
            200,
            &OldTv {
                f,
                tiles,
                people,
                addresses,
            },
        );
    }
    page(
        200,
        &Home {
            f,
            unclaimed,
            tiles,
            people,
            addresses,
            blank_tile: Tile::default(),
            blank_person: Person::default(),
        },
    )
}

fn tile(visit: &Visit<'_>, channel: Channel) -> Tile {
    let w = visit.words();
    let view = channel.view.as_ref();
    let live_for = view.map_or(0, |view| visit.now.since(view.since));
    let since = match channel.phase() {
        "grace" => w.back_shortly.to_owned(),
        _ => fill(w.live_for, &[("time", &duration(w, live_for))]),
    };
    Tile {
        face: Face::of(&channel.account),
        phase: channel.phase(),
        viewers: view.map_or(0, |view| view.viewers),
        since,
        name: channel.account.name,
        display_name: channel.account.display_name,
    }
}

fn person(channel: Channel) -> Person {
    Person {
        face: Face::of(&channel.account),
        name: channel.account.name,
        display_name: channel.account.display_name,
    }
}
