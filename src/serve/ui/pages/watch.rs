//! `/@NAME`: the picture, and what is said about it; in the form that the screen asks for.

use super::home::{Chip, chip};
use super::player::Player;
use super::{addresses, page};
use crate::people::{Account, ChannelProfile};
use crate::serve::station::{ChannelView, Phase};
use crate::serve::ui::channel::comments::{Talk, talk};
use crate::serve::ui::channel::sight::Sight;
use crate::serve::ui::channel::told;
use crate::serve::ui::frame::{Face, Frame, duration, lang_of};
use crate::serve::ui::icons;
use crate::serve::ui::problem::Problem;
use crate::serve::ui::reply::Reply;
use crate::serve::ui::routes::Visit;
use crate::serve::ui::screen::Screen;
use crate::serve::ui::words::channels::Words;
use crate::serve::ui::words::fill;
use askama::Template;

#[derive(Template)]
#[template(path = "watch.html")]
struct Watch {
    f: Frame,
    s: &'static Words,
    p: Player,
    display_name: String,
    face: Face,
    /// Empty if it has none.
    title: String,
    lang: &'static str,
    description: String,
    description_lang: &'static str,
    tags: Vec<Chip>,
    /// "Live 42 min"; empty while off air.
    since: String,
    viewers: u32,
    /// "4 followers".
    followers: String,
    /// None: this visitor can't follow it, since it is their own, or since nobody has logged in.
    follows: Option<bool>,
    is_own: bool,
    /// For events of a channel that is not open to everybody; else empty.
    pass: String,
    /// Where its media are for a player on another device, with a slash at the end.
    elsewhere: String,
    /// How long that address counts; empty if it does not end.
    pass_lasts: String,
    /// It has been live before.
    lived: bool,
    talk: Talk,
}

#[derive(Template)]
#[template(path = "locked.html")]
struct Locked {
    f: Frame,
    s: &'static Words,
    name: String,
    display_name: String,
    face: Face,
    problem: String,
}

#[derive(Template)]
#[template(path = "old-tv-watch.html")]
struct OldTvWatch {
    f: Frame,
    base: String,
    display_name: String,
    is_off_air: String,
    is_live: bool,
}

/// GET /@NAME
pub(in crate::serve::ui) fn show(visit: &Visit<'_>) -> Reply {
    shown(visit, None)
}

/// The page with what was typed and not taken.
pub(in crate::serve::ui) fn again(visit: &Visit<'_>, problem: &Problem) -> Reply {
    shown(visit, Some(problem))
}

/// The question for the pass-phrase once more.
pub(in crate::serve::ui) fn locked(visit: &Visit<'_>, problem: &Problem) -> Reply {
    let account = visit.house.people.account_named(visit.name());
    match account {
        Some(account) => ask_phrase(visit, &account, problem.status, problem.text.clone()),
        None => super::message::not_found(visit),
    }
}

fn shown(visit: &Visit<'_>, problem: Option<&Problem>) -> Reply {
    let Some(channel) = visit.house.people.channel_named(visit.name()) else {
        return super::message::not_found(visit);
    };
    match visit.sight(&channel.account) {
        Sight::Open => {}
        Sight::Locked => return ask_phrase(visit, &channel.account, 200, String::new()),
        Sight::Hidden => return super::message::not_found(visit),
    }
    let view = visit.house.channels.view(visit.name());
    match visit.request.screen {
        Screen::Usual => {}
        Screen::Tv => return super::tv::watch(visit, channel, view),
        Screen::OldTv => return old_tv(visit, channel, view.as_ref()),
    }
    let mut watch = watch(visit, channel, view);
    if let Some(problem) = problem {
        watch.talk.typed = visit.field("text").to_owned();
        watch.talk.problem = problem.text.clone();
    }
    page(problem.map_or(200, |problem| problem.status), &watch)
}

fn ask_phrase(visit: &Visit<'_>, account: &Account, status: u16, problem: String) -> Reply {
    if visit.request.screen == Screen::Tv {
        return super::tv::locked(visit, account, status, &problem);
    }
    let locked = Locked {
        f: visit.frame("watch"),
        s: visit.say(),
        name: account.name.clone(),
        display_name: account.display_name.clone(),
        face: Face::of(account),
        problem,
    };
    page(status, &locked)
}

fn old_tv(visit: &Visit<'_>, channel: ChannelProfile, view: Option<&ChannelView>) -> Reply {
    let p = Player::new(visit, &channel, view);
    let tv = OldTvWatch {
        f: visit.frame("watch"),
        is_live: p.state != "off",
        is_off_air: p.is_off_air,
        base: p.base,
        display_name: channel.account.display_name,
    };
    page(200, &tv)
}

fn watch(visit: &Visit<'_>, channel: ChannelProfile, view: Option<ChannelView>) -> Watch {
    let (w, people) = (visit.words(), &visit.house.people);
    let p = Player::new(visit, &channel, view.as_ref());
    let live = view.filter(|view| view.phase == Phase::Live);
    let since = live.as_ref().map(|view| {
        let time = duration(w, visit.now.since(view.since));
        fill(w.live_for, &[("time", &time)])
    });
    let description = people.description(channel.account.id);
    let description = description.unwrap_or_default();
    let me = visit.account();
    let is_own = me.is_some_and(|me| me.id == channel.account.id);
    let follows = me.map(|me| people.follows(me.id, channel.account.id));
    let pass = visit.media_pass(&channel).unwrap_or_default();
    Watch {
        f: visit.frame("watch"),
        s: visit.say(),
        elsewhere: format!("{}{}", addresses(visit).surest_page(), p.base),
        pass_lasts: pass_lasts(visit, &channel, &pass),
        pass,
        p,
        face: Face::of(&channel.account),
        talk: talk(visit, &channel),
        lived: channel.last_live.is_some(),
        display_name: channel.account.display_name,
        lang: lang_of(&channel.title),
        title: channel.title,
        description_lang: lang_of(&description),
        description,
        tags: channel.tags.into_iter().map(chip).collect(),
        since: since.unwrap_or_default(),
        viewers: live.map_or(0, |view| view.viewers),
        followers: told::followers(visit, channel.followers),
        follows: follows.filter(|_| !is_own),
        is_own,
    }
}

fn pass_lasts(visit: &Visit<'_>, channel: &ChannelProfile, pass: &str) -> String {
    let (people, name) = (&visit.house.people, &channel.account.name);
    let left = people.pass_minutes_left(name, pass, visit.now);
    left.map_or_else(String::new, |minutes| {
        let time = duration(visit.words(), u64::from(minutes) * 60_000);
        fill(visit.say().pass_lasts, &[("time", &time)])
    })
}
