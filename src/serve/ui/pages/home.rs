//! `/`: who is live, and who is not; in the form that the screen asks for. `/tags/TAG`: the same with one tag.

use super::{addresses, page};
use crate::people::texts;
use crate::serve::ui::addresses::Addresses;
use crate::serve::ui::api::{Channel, line_up};
use crate::serve::ui::channel::settings::picture_address;
use crate::serve::ui::channel::told;
use crate::serve::ui::encoders::percent;
use crate::serve::ui::frame::{Face, Frame, duration, lang_of};
use crate::serve::ui::icons;
use crate::serve::ui::reply::Reply;
use crate::serve::ui::routes::Visit;
use crate::serve::ui::screen::Screen;
use crate::serve::ui::words::channels::Words;
use crate::serve::ui::words::fill;
use askama::Template;

#[derive(Clone, Debug, Default)]
pub(super) struct Tile {
    pub(super) name: String,
    pub(super) display_name: String,
    /// Empty if it has none.
    pub(super) title: String,
    pub(super) lang: &'static str,
    pub(super) face: Face,
    /// The channel's own, while there is none of the stream; empty if it has none.
    pub(super) picture: String,
    /// Where its media are for this visitor.
    pub(super) base: String,
    pub(super) follows: bool,
    /// It is the large one.
    pub(super) is_first: bool,
    pub(super) phase: &'static str,
    pub(super) viewers: u32,
    pub(super) since: String,
}

/// Somebody in a row of people.
#[derive(Clone, Debug, Default)]
pub(in crate::serve::ui) struct Person {
    pub(in crate::serve::ui) name: String,
    pub(in crate::serve::ui) display_name: String,
    pub(in crate::serve::ui) face: Face,
    pub(in crate::serve::ui) follows: bool,
    /// Second line: when they were last live.
    pub(in crate::serve::ui) more: String,
    pub(in crate::serve::ui) is_live: bool,
}

/// A tag to choose.
#[derive(Clone, Debug)]
pub(super) struct Chip {
    pub(super) tag: String,
    pub(super) address: String,
}

#[derive(Template)]
#[template(path = "home.html")]
struct Home {
    f: Frame,
    s: &'static Words,
    /// People are here (the demo's, or added by command) but no owner yet.
    unclaimed: bool,
    /// The one that is chosen; empty: all.
    tag: String,
    chips: Vec<Chip>,
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
    with_tag(visit, "")
}

/// GET /tags/TAG
pub(in crate::serve::ui) fn show_tag(visit: &Visit<'_>) -> Reply {
    match texts::tag(visit.places.get("tag")) {
        Ok(Some(tag)) => with_tag(visit, &tag),
        _ => super::message::not_found(visit),
    }
}

fn with_tag(visit: &Visit<'_>, tag: &str) -> Reply {
    let unclaimed = visit.setup_code().is_some();
    if unclaimed && visit.house.people.accounts().is_empty() {
        return Reply::to("/setup");
    }
    let carries = |it: &Channel| tag.is_empty() || it.profile.tags.iter().any(|own| own == tag);
    let all = line_up(visit).into_iter().filter(carries);
    let (on_air, off_air): (Vec<_>, Vec<_>) = all.partition(Channel::is_on_air);
    let mut tiles: Vec<Tile> = on_air.iter().map(|it| tile(visit, it)).collect();
    if let Some(first) = tiles.first_mut() {
        first.is_first = first.follows;
    }
    let people = off_air.iter().map(|it| person(visit, it)).collect();
    let f = visit.frame("home");
    let addresses = addresses(visit);
    match visit.request.screen {
        Screen::Usual => {}
        Screen::Tv => return super::tv::home(visit, tag, tiles, people),
        Screen::OldTv => {
            let old = OldTv {
                f,
                tiles,
                people,
                addresses,
            };
            return page(200, &old);
        }
    }
    page(
        200,
        &Home {
            f,
            s: visit.say(),
            unclaimed,
            chips: chips(visit, tag),
            tag: tag.to_owned(),
            tiles,
            people,
            addresses,
            blank_tile: Tile {
                follows: true,
                ..Tile::default()
            },
            blank_person: Person {
                follows: true,
                ..Person::default()
            },
        },
    )
}

/// Those that most channels carry, and the chosen one.
pub(super) fn chips(visit: &Visit<'_>, chosen: &str) -> Vec<Chip> {
    let popular = visit.house.people.popular_tags(visit.account());
    let mut tags: Vec<String> = popular.into_iter().map(|tag| tag.tag).collect();
    if !chosen.is_empty() && !tags.iter().any(|tag| tag == chosen) {
        tags.insert(0, chosen.to_owned());
    }
    tags.into_iter().map(chip).collect()
}

pub(super) fn chip(tag: String) -> Chip {
    let address = format!("/tags/{}", percent(&tag));
    Chip { tag, address }
}

fn follows(visit: &Visit<'_>, channel: &Channel) -> bool {
    let people = &visit.house.people;
    let me = visit.account();
    me.is_some_and(|me| people.follows(me.id, channel.profile.account.id))
}

fn tile(visit: &Visit<'_>, channel: &Channel) -> Tile {
    let w = visit.words();
    let (profile, view) = (&channel.profile, channel.view.as_ref());
    let live_for = view.map_or(0, |view| visit.now.since(view.since));
    let since = match channel.phase() {
        "grace" => w.back_shortly.to_owned(),
        _ => fill(w.live_for, &[("time", &duration(w, live_for))]),
    };
    Tile {
        face: Face::of(&profile.account),
        phase: match view.is_some_and(|view| view.starting) {
            true => "starting",
            false => channel.phase(),
        },
        viewers: view.map_or(0, |view| view.viewers),
        since,
        name: profile.account.name.clone(),
        display_name: profile.account.display_name.clone(),
        title: profile.title.clone(),
        lang: lang_of(&profile.title),
        picture: picture_address(profile),
        base: visit.media_base(profile),
        follows: follows(visit, channel),
        is_first: false,
    }
}

pub(in crate::serve::ui) fn person(visit: &Visit<'_>, channel: &Channel) -> Person {
    let profile = &channel.profile;
    let is_live = channel.is_on_air();
    Person {
        face: Face::of(&profile.account),
        name: profile.account.name.clone(),
        display_name: profile.account.display_name.clone(),
        follows: follows(visit, channel),
        more: match is_live && !profile.title.is_empty() {
            true => profile.title.clone(),
            false if is_live => visit.words().live_now.to_owned(),
            false => told::last_live(visit, profile),
        },
        is_live,
    }
}
