//! `/@NAME`: the picture; with `?tv=1` for old TVs, without any script but arrow keys.

use super::page;
use super::player::Player;
use crate::serve::station::Phase;
use crate::serve::ui::frame::{Face, Frame, duration};
use crate::serve::ui::icons;
use crate::serve::ui::reply::Reply;
use crate::serve::ui::routes::Visit;
use crate::serve::ui::words::fill;
use askama::Template;

#[derive(Template)]
#[template(path = "watch.html")]
struct Watch {
    f: Frame,
    p: Player,
    display_name: String,
    face: Face,
    /// "Live 42 min"; empty while off air.
    since: String,
    viewers: u32,
}

#[derive(Template)]
#[template(path = "old-tv-watch.html")]
struct OldTvWatch {
    f: Frame,
    name: String,
    display_name: String,
    is_off_air: String,
    is_live: bool,
}

/// GET /@NAME
pub(in crate::serve::ui) fn show(visit: &Visit<'_>) -> Reply {
    let account = visit.house.people.account_named(visit.name);
    let Some(account) = account.filter(|a| a.role.may_publish()) else {
        return super::message::not_found(visit);
    };
    let w = visit.words();
    let view = visit.house.channels.view(visit.name);
    let p = Player::new(w, &account, view.as_ref());
    let f = visit.frame("watch");
    if visit.request.query.has("tv") {
        let tv = OldTvWatch {
            f,
            is_live: p.state != "off",
            is_off_air: p.is_off_air,
            name: account.name,
            display_name: account.display_name,
        };
        return page(200, &tv);
    }
    let live = view.filter(|view| view.phase == Phase::Live);
    let since = live.as_ref().map(|view| {
        let time = duration(w, visit.now.since(view.since));
        fill(w.live_for, &[("time", &time)])
    });
    let watch = Watch {
        f,
        p,
        face: Face::of(&account),
        display_name: account.display_name,
        since: since.unwrap_or_default(),
        viewers: live.map_or(0, |view| view.viewers),
    };
    page(200, &watch)
}
