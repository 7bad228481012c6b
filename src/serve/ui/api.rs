//! `/api/v1`: what pages ask for again and again.

use super::channel::settings::{picture_address, word};
use super::channel::told;
use super::doctor::Report;
use super::frame::{Face, lang_of};
use super::json::Json;
use super::problem::Problem;
use super::reply::Reply;
use super::routes::Visit;
use crate::limits::ui::LISTED_PEOPLE_MAX;
use crate::people::{ChannelProfile, Role};
use crate::serve::station::{ChannelView, Phase};
use crate::time::Mono;

/// A channel and where it stands; no view while off air.
pub(super) struct Channel {
    pub(super) profile: ChannelProfile,
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

/// Every channel that this visitor may see: on air first, then those that they follow, those with most viewers, by name.
pub(super) fn line_up(visit: &Visit<'_>) -> Vec<Channel> {
    let mut views = visit.house.channels.channels();
    let followed = visit.followed();
    let profiles = visit.house.people.channels().into_iter();
    let mut channels: Vec<Channel> = profiles
        .filter(|profile| visit.may_watch(profile))
        .map(|profile| {
            let name = &profile.account.name;
            let at = views.iter().position(|view| view.name == *name);
            let view = at.map(|at| views.swap_remove(at));
            Channel { profile, view }
        })
        .collect();
    channels.sort_by_cached_key(|channel| {
        let account = &channel.profile.account;
        let viewers = channel.view.as_ref().map_or(0, |view| view.viewers);
        (
            !channel.is_on_air(),
            !followed.contains(&account.name),
            u32::MAX - viewers,
            account.display_name.to_lowercase(),
        )
    });
    channels.truncate(LISTED_PEOPLE_MAX);
    channels
}

/// What programs read to know the API (OpenAPI 3.0.3).
const DESCRIPTION: &str = include_str!("../../../web/api/openapi.json");

/// GET /api/v1/openapi.json
pub(super) fn description(_: &Visit<'_>) -> Result<Reply, Problem> {
    Ok(Reply::json(200, DESCRIPTION.to_owned()))
}

/// GET /api/v1/channels: `channels` that this visitor may see, on air first, then those that they follow; each as [`write()`] and
/// [`write_for`] write it.
pub(super) fn channels(visit: &Visit<'_>) -> Result<Reply, Problem> {
    let all = line_up(visit);
    Ok(Reply::json(
        200,
        Json::object(|json| {
            json.list("channels", &all, |json, channel| {
                write_for(json, visit, channel);
            });
        }),
    ))
}

/// GET /api/v1/channels/NAME: the channel, with `description` and `off_air` (the sentence that stands over its picture while it is off air).
pub(super) fn channel(visit: &Visit<'_>) -> Result<Reply, Problem> {
    let profile = visit.channel()?;
    let description = visit.house.people.description(profile.account.id);
    let off_air = told::off_air(visit, &profile);
    let view = visit.house.channels.view(visit.name());
    let channel = Channel { profile, view };
    let body = Json::object(|json| {
        write_for(json, visit, &channel);
        json.text("description", &description.unwrap_or_default());
        json.text("off_air", &off_air);
    });
    Ok(Reply::json(200, body))
}

/// What everybody who may see a channel is told of it.
pub(in crate::serve) fn channel_json(
    profile: &ChannelProfile,
    view: Option<ChannelView>,
    now: Mono,
) -> String {
    let channel = Channel {
        profile: profile.clone(),
        view,
    };
    Json::object(|json| write(json, &channel, now))
}

/// GET /api/v1/studio/health: the encoder doctor on one's own stream.
pub(super) fn health(visit: &Visit<'_>) -> Result<Reply, Problem> {
    let account = visit.me()?;
    Ok(checkup(visit, &account.name))
}

/// GET /api/v1/channels/NAME/health: the same for the owner of the house, of any stream.
pub(super) fn channel_health(visit: &Visit<'_>) -> Result<Reply, Problem> {
    let account = visit.me()?;
    let may = account.role == Role::Owner || account.name == visit.name();
    match may {
        true => Ok(checkup(visit, visit.name())),
        false => Err(Problem::forbidden(visit.words())),
    }
}

fn checkup(visit: &Visit<'_>, name: &str) -> Reply {
    let checkup = visit.house.channels.checkup(name).unwrap_or_default();
    let report = Report::new(&checkup, visit.request.language);
    Reply::json(200, Json::object(|json| report.write(json)))
}

/// GET /api/v1/time
pub(super) fn time(visit: &Visit<'_>) -> Result<Reply, Problem> {
    let now = visit.house.channels.unix_ms();
    Ok(Reply::json(
        200,
        Json::object(|json| json.number("unix_ms", now)),
    ))
}

/// `name`, `display_name`, `letter` and `hue` (where there is no picture of the person), `title`, `lang` (of the title, if known), `tags`,
/// `visibility` (`household`, `members`, `phrase`), `channel_picture` (its own, an address or empty), `followers` (how many), `phase`
/// (`live`, `grace`: its encoder is away for a moment, `off`); on air also `playable`, `starting`, `viewers`, `live_for_s`.
fn write(json: &mut Json, channel: &Channel, now: Mono) {
    let profile = &channel.profile;
    let face = Face::of(&profile.account);
    json.text("name", &profile.account.name);
    json.text("display_name", &profile.account.display_name);
    json.text("letter", &face.letter);
    json.number("hue", face.hue);
    json.text("picture", &face.picture);
    json.text("title", &profile.title);
    json.text("lang", lang_of(&profile.title));
    json.texts("tags", profile.tags.iter().map(String::as_str));
    json.text("visibility", word(profile.visibility));
    json.text("channel_picture", &picture_address(profile));
    json.number("followers", i64::try_from(profile.followers).unwrap_or(0));
    json.text("phase", channel.phase());
    if let Some(view) = channel.view.as_ref().filter(|_| channel.is_on_air()) {
        json.flag("playable", view.playable);
        if let Some(newest) = view.newest_at {
            json.number("silent_ms", ms(now.since(newest)));
            json.number("early_ms", view.early_ms);
        }
        json.flag("starting", view.starting);
        json.number("viewers", view.viewers);
        json.number("live_for_s", ms(now.since(view.since)) / 1000);
    }
}

fn ms(duration: u64) -> i64 {
    i64::try_from(duration).unwrap_or(i64::MAX)
}

/// The same with what is this visitor's: `follows` (flag), `base` (where its media are for them, with a slash at the end), `last_live` (in
/// words), `last_live_ms` (since 1970; left out if it never was, or while the date is unknown).
pub(super) fn write_for(json: &mut Json, visit: &Visit<'_>, channel: &Channel) {
    write(json, channel, visit.now);
    let profile = &channel.profile;
    let me = visit.account().map(|me| me.id);
    let follows = me.is_some_and(|me| visit.house.people.follows(me, profile.account.id));
    json.flag("follows", follows);
    json.text("base", &visit.media_base(profile));
    json.text("last_live", &told::last_live(visit, profile));
    if let Some(ms) = profile.last_live.and_then(|moment| moment.unix_ms) {
        json.number("last_live_ms", ms);
    }
}
