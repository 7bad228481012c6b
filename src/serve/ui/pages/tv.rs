//! `/` and `/@NAME` for a remote control and a sofa.

use super::home::{Person, Tile, chips};
use super::player::Player;
use super::{addresses, page};
use crate::people::{Account, ChannelProfile};
use crate::serve::station::{ChannelView, Phase};
use crate::serve::ui::addresses::Addresses;
use crate::serve::ui::channel::comments::{Shown, talk};
use crate::serve::ui::channel::settings::picture_address;
use crate::serve::ui::frame::{Face, Frame, duration, lang_of};
use crate::serve::ui::icons;
use crate::serve::ui::qr::Qr;
use crate::serve::ui::reply::Reply;
use crate::serve::ui::routes::Visit;
use crate::serve::ui::words::channels::Words;
use crate::serve::ui::words::fill;
use askama::Template;

/// Tags in the bar: more would not fit beside the others.
const TAGS: usize = 3;
/// Comments beside the picture.
const COMMENTS: usize = 6;

#[derive(Template)]
#[template(path = "tv-home.html")]
struct Home {
    f: Frame,
    s: &'static Words,
    /// The chosen one; empty: all.
    tag: String,
    chips: Vec<super::home::Chip>,
    tiles: Vec<Tile>,
    people: Vec<Person>,
    addresses: Addresses,
    qr: Qr,
    qr_label: String,
    blank_tile: Tile,
    blank_person: Person,
}

#[derive(Template)]
#[template(path = "tv-watch.html")]
struct Watch {
    f: Frame,
    s: &'static Words,
    p: Player,
    display_name: String,
    face: Face,
    /// Empty if it has none.
    title: String,
    lang: &'static str,
    /// The channel's own picture; empty if it has none.
    picture: String,
    tags: Vec<String>,
    /// "Live 42 min"; empty while off air.
    since: String,
    viewers: u32,
    /// None: this visitor can't follow it.
    follows: Option<bool>,
    /// For events of a channel that is not open to everybody; else empty.
    pass: String,
    comments: Vec<Shown>,
}

#[derive(Template)]
#[template(path = "tv-message.html")]
struct Message<'a> {
    f: Frame,
    title: &'a str,
    more: &'a str,
    /// Where a log-in leads.
    next: &'a str,
}

#[derive(Template)]
#[template(path = "tv-login.html")]
struct LogIn<'a> {
    f: Frame,
    name: &'a str,
    next: &'a str,
    /// Empty before anything was typed.
    problem: &'a str,
    is_slow: bool,
}

#[derive(Template)]
#[template(path = "tv-account.html")]
struct Mine {
    f: Frame,
    display_name: String,
}

#[derive(Template)]
#[template(path = "tv-locked.html")]
struct Locked<'a> {
    f: Frame,
    s: &'static Words,
    name: &'a str,
    display_name: &'a str,
    face: Face,
    /// Empty before anything was typed.
    problem: &'a str,
}

/// One sentence, the way home, and for strangers the way in.
pub(super) fn message(visit: &Visit<'_>, status: u16, title: &str, more: &str) -> Reply {
    let message = Message {
        f: visit.frame(""),
        title,
        more,
        next: &visit.request.path,
    };
    page(status, &message)
}

/// The way in; with what was typed and why it was not taken.
pub(super) fn log_in(visit: &Visit<'_>, status: u16, form: &super::doors::LogIn) -> Reply {
    let form = LogIn {
        f: visit.frame(""),
        name: &form.name,
        next: &form.next,
        problem: &form.problem,
        is_slow: form.is_slow,
    };
    page(status, &form)
}

/// As whom this TV watches, and the way out.
pub(super) fn account(visit: &Visit<'_>, me: &Account) -> Reply {
    let mine = Mine {
        f: visit.frame(""),
        display_name: me.display_name.clone(),
    };
    page(200, &mine)
}

/// The question for a channel's pass-phrase.
pub(super) fn locked(visit: &Visit<'_>, of: &Account, status: u16, problem: &str) -> Reply {
    let locked = Locked {
        f: visit.frame("watch"),
        s: visit.say(),
        name: &of.name,
        display_name: &of.display_name,
        face: Face::of(of),
        problem,
    };
    page(status, &locked)
}

/// Shelves of who is live and who is not.
pub(super) fn home(visit: &Visit<'_>, tag: &str, tiles: Vec<Tile>, people: Vec<Person>) -> Reply {
    let addresses = addresses(visit);
    let address = match addresses.page_by_number.is_empty() {
        true => addresses.page.clone(),
        false => addresses.page_by_number.clone(),
    };
    let qr_label = fill(visit.frame("home").tv().qr_label, &[("address", &address)]);
    let home = Home {
        f: visit.frame("home"),
        s: visit.say(),
        chips: chips(visit, tag).into_iter().take(TAGS).collect(),
        tag: tag.to_owned(),
        tiles,
        people,
        qr: Qr::of(&address).unwrap_or_default(),
        qr_label,
        addresses,
        blank_tile: Tile {
            follows: true,
            ..Tile::default()
        },
        blank_person: Person {
            follows: true,
            ..Person::default()
        },
    };
    page(200, &home)
}

/// The picture on the whole screen; words come up from below on request.
pub(super) fn watch(
    visit: &Visit<'_>,
    channel: ChannelProfile,
    view: Option<ChannelView>,
) -> Reply {
    let w = visit.words();
    let p = Player::new(visit, &channel, view.as_ref());
    let live = view.filter(|view| view.phase == Phase::Live);
    let since = live.as_ref().map(|view| {
        let time = duration(w, visit.now.since(view.since));
        fill(w.live_for, &[("time", &time)])
    });
    let others = visit.account().filter(|me| me.id != channel.account.id);
    let follows = others.map(|me| visit.house.people.follows(me.id, channel.account.id));
    let talk = talk(visit, &channel);
    let older = talk.comments.len().saturating_sub(COMMENTS);
    let watch = Watch {
        f: visit.frame("watch"),
        s: visit.say(),
        p,
        face: Face::of(&channel.account),
        pass: visit.media_pass(&channel).unwrap_or_default(),
        picture: picture_address(&channel),
        comments: talk.comments.into_iter().skip(older).collect(),
        lang: lang_of(&channel.title),
        title: channel.title,
        display_name: channel.account.display_name,
        tags: channel.tags,
        since: since.unwrap_or_default(),
        viewers: live.map_or(0, |view| view.viewers),
        follows,
    };
    page(200, &watch)
}
