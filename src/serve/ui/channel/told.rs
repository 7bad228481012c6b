//! Sentences about who follows a channel and when it was last live; and telling open pages that a channel changed.

use super::when;
use crate::people::{Account, AccountId, ChannelProfile, Visibility};
use crate::serve::edge;
use crate::serve::events::{Audience, Event};
use crate::serve::ui::accounts::own::role_word;
use crate::serve::ui::api::channel_json;
use crate::serve::ui::house::settings::clock;
use crate::serve::ui::json::Json;
use crate::serve::ui::routes::Visit;
use crate::serve::ui::words::fill;

/// "4 followers".
pub(in crate::serve::ui) fn followers(visit: &Visit<'_>, count: usize) -> String {
    match count {
        1 => visit.say().one_follower.to_owned(),
        n => fill(visit.say().followers, &[("n", &n.to_string())]),
    }
}

/// "Last live today, 18:44"; "Not live yet".
pub(in crate::serve::ui) fn last_live(visit: &Visit<'_>, channel: &ChannelProfile) -> String {
    match channel.last_live {
        Some(moment) => {
            let when = when::said(visit, moment);
            fill(visit.say().last_live, &[("when", &when)])
        }
        None => visit.say().never_live.to_owned(),
    }
}

/// What stands over the picture of a channel that is off air: that the hours are quiet, when it was last live, and who will be
/// told next time.
pub(in crate::serve::ui) fn off_air(visit: &Visit<'_>, channel: &ChannelProfile) -> String {
    let rest = last_and_next(visit, channel);
    match visit.house.people.quiet_until(visit.now) {
        Some(until) => {
            let quiet = fill(visit.say().quiet_until, &[("time", &clock(until))]);
            format!("{quiet} {rest}").trim_end().to_owned()
        }
        None => rest,
    }
}

fn last_and_next(visit: &Visit<'_>, channel: &ChannelProfile) -> String {
    let is_chinese = visit.request.language == crate::serve::ui::words::Language::Chinese;
    let (stop, blank) = if is_chinese { ("。", "") } else { (".", " ") };
    let told = next_time(visit, channel);
    match channel.last_live {
        Some(_) => {
            let last = last_live(visit, channel);
            let gap = if told.is_empty() { "" } else { blank };
            format!("{last}{stop}{gap}{told}")
        }
        None => told,
    }
}

fn next_time(visit: &Visit<'_>, channel: &ChannelProfile) -> String {
    let (s, people) = (visit.say(), &visit.house.people);
    let whose = &channel.account;
    let Some(me) = visit.account() else {
        return fill(s.told_follow, &[("name", &whose.display_name)]);
    };
    if me.id == whose.id {
        return match channel.followers {
            0 => String::new(),
            1 => s.told_one_follows.to_owned(),
            n => fill(s.told_all_follow, &[("n", &n.to_string())]),
        };
    }
    if !people.follows(me.id, whose.id) {
        return fill(s.told_follow, &[("name", &whose.display_name)]);
    }
    let others = people.followers(whose.id);
    let others: Vec<&Account> = others.iter().filter(|who| who.id != me.id).collect();
    let first = others.first().map_or("", |who| &who.display_name);
    let more = others.len().saturating_sub(1).to_string();
    match others.len() {
        0 => s.told_you.to_owned(),
        1 => fill(s.told_two, &[("name", first)]),
        2 => fill(s.told_three, &[("name", first)]),
        _ => fill(s.told_many, &[("name", first), ("n", &more)]),
    }
}

/// Tells open pages that a channel's words or who may watch it have changed. `before`: who might.
pub(super) fn changed(
    visit: &Visit<'_>,
    channel: &ChannelProfile,
    before: Visibility,
    by_phrase: bool,
) {
    let (name, stations) = (&channel.account.name, &visit.house.channels);
    let moved = before != channel.visibility;
    if moved || by_phrase {
        // Those who may still see it hear of it again at once.
        gone(visit, name, before);
    }
    let view = stations.view(name);
    let json = channel_json(channel, view, visit.now);
    let audience = edge::Visibility::from(channel.visibility).audience(name);
    stations.publish(event("channel", json, audience));
    if moved || by_phrase {
        let json = Json::object(|json| json.text("name", name));
        stations.publish(event("access", json, Audience::Showing(name.clone())));
    }
}

/// Tells the pages of who might see a channel that it is there no more. `before`: who might.
pub(in crate::serve::ui) fn gone(visit: &Visit<'_>, name: &str, before: Visibility) {
    let gone = Json::object(|json| {
        json.text("name", name);
        json.text("phase", "off");
        json.flag("hidden", true);
    });
    // The passes ended with it: who held one is told with everybody, whom its door told of it anyway.
    let audience = match before {
        Visibility::Members => Audience::Members,
        Visibility::Household | Visibility::PassPhrase => Audience::Everyone,
    };
    let news = event("channel", gone, audience);
    visit.house.channels.publish(news);
}

/// Tells all pages of somebody what they may do from now on: the pages begin anew.
pub(in crate::serve::ui) fn role_changed(visit: &Visit<'_>, whose: &Account) {
    let data = Json::object(|json| json.text("role", role_word(whose.role)));
    let news = event("role", data, Audience::Account(whose.id));
    visit.house.channels.publish(news);
}

/// Somebody's sessions have ended: a page whose session did is told by the edge when it looks whether it may hear this.
pub(in crate::serve::ui) fn signed_out(visit: &Visit<'_>, whose: AccountId) {
    let news = event("role", "{}".into(), Audience::Account(whose));
    visit.house.channels.publish(news);
}

/// Tells all pages of somebody that comments were taken from them, or given back: on this channel, or on all (an empty NAME).
pub(in crate::serve::ui) fn muted(visit: &Visit<'_>, whose: AccountId, channel: &str, muted: bool) {
    let data = Json::object(|json| {
        json.text("channel", channel);
        json.flag("muted", muted);
    });
    let news = event("muted", data, Audience::Account(whose));
    visit.house.channels.publish(news);
}

pub(super) fn event(kind: &'static str, data: String, audience: Audience) -> Event {
    Event {
        kind,
        data,
        audience,
    }
}
