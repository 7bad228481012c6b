//! `/api/v1`: what pages ask for again and again.

use super::frame::Face;
use super::json::Json;
use super::reply::Reply;
use super::routes::Visit;
use crate::limits::ui::LISTED_PEOPLE_MAX;
use crate::people::Account;
use crate::serve::station::{ChannelView, Phase};

/// A channel's person and where it stands; None while off air.
pub(super) struct Channel {
    pub(super) account: Account,
    pub(super) view: Option<ChannelView>,
}

impl Channel {
    /// `live`, `grace` or `off`.
    pub(super) fn phase(&self) -> &'static str {
        match self.view.as_ref().map(|view| view.phase) {
            Some(Phase::Live) => "live",
            Some(Phase::Grace { .. }) => "grace",
            Some(Phase::Ended) | None => "off",
        }
    }

    pub(super) fn is_on_air(&self) -> bool {
        self.phase() != "off"
    }
}

/// Everybody who may go live: on air first, those with most viewers ahead, then off air by name.
pub(super) fn line_up(visit: &Visit<'_>) -> Vec<Channel> {
    let mut views = visit.house.channels.channels();
    let accounts = visit.house.people.accounts().into_iter();
    let mut channels: Vec<Channel> = accounts
        .filter(|account| account.role.may_publish())
        .map(|account| {
            let at = views.iter().position(|view| view.name == account.name);
            let view = at.map(|at| views.swap_remove(at));
            Channel { account, view }
        })
        .collect();
    channels.sort_by_cached_key(|channel| {
        let viewers = channel.view.as_ref().map_or(0, |view| view.viewers);
        let name = channel.account.display_name.to_lowercase();
        (!channel.is_on_air(), u32::MAX - viewers, name)
    });
    channels.truncate(LISTED_PEOPLE_MAX);
    channels
}

/// GET /api/v1/channels
pub(super) fn channels(visit: &Visit<'_>) -> Reply {
    let all = line_up(visit);
    Reply::json(
        200,
        Json::object(|json| {
            json.list("channels", &all, |json, channel| {
                write(json, channel, visit)
            });
        }),
    )
}

/// GET /api/v1/channels/NAME
pub(super) fn channel(visit: &Visit<'_>) -> Reply {
    let account = visit.house.people.account_named(visit.name);
    let Some(account) = account.filter(|a| a.role.may_publish()) else {
        return problem(404, "no such channel");
    };
    let view = visit.house.channels.view(visit.name);
    let channel = Channel { account, view };
    Reply::json(200, Json::object(|json| write(json, &channel, visit)))
}

/// GET /api/v1/time
pub(super) fn time(visit: &Visit<'_>) -> Reply {
    let now = visit.house.channels.unix_ms();
    Reply::json(200, Json::object(|json| json.number("unix_ms", now)))
}

pub(super) fn problem(status: u16, message: &str) -> Reply {
    Reply::json(status, Json::object(|json| json.text("error", message)))
}

fn write(json: &mut Json, channel: &Channel, visit: &Visit<'_>) {
    let face = Face::of(&channel.account);
    json.text("name", &channel.account.name);
    json.text("display_name", &channel.account.display_name);
    json.text("letter", &face.letter);
    json.number("hue", face.hue);
    json.text("phase", channel.phase());
    if let Some(view) = channel.view.as_ref().filter(|_| channel.is_on_air()) {
        let live_for = visit.now.since(view.since) / 1000;
        json.flag("playable", view.playable);
        json.number("viewers", view.viewers);
        json.number("live_for_s", i64::try_from(live_for).unwrap_or(i64::MAX));
    }
}
