//! Finding channels: by a search as one types, and by their tags.

use crate::people::ChannelProfile;
use crate::serve::ui::api::{Channel, write_for};
use crate::serve::ui::frame::Frame;
use crate::serve::ui::icons;
use crate::serve::ui::json::Json;
use crate::serve::ui::pages::home::{Person, person};
use crate::serve::ui::problem::Problem;
use crate::serve::ui::reply::Reply;
use crate::serve::ui::routes::Visit;
use crate::serve::ui::words::channels::Words;
use crate::serve::ui::words::fill;
use askama::Template;

#[derive(Template)]
#[template(path = "search.html")]
struct Search {
    f: Frame,
    s: &'static Words,
    query: String,
    people: Vec<Person>,
    /// "3 found"; empty before anything was asked.
    count: String,
}

fn searched(visit: &Visit<'_>) -> Vec<Channel> {
    let query = visit.request.query.get("q");
    let found = visit.house.people.search(query, visit.account());
    channels(visit, found.into_iter().map(|found| found.channel))
}

fn channels(visit: &Visit<'_>, profiles: impl IntoIterator<Item = ChannelProfile>) -> Vec<Channel> {
    let profiles = profiles.into_iter();
    let with_view = profiles.map(|profile| Channel {
        view: visit.house.channels.view(&profile.account.name),
        profile,
    });
    with_view.collect()
}

/// GET /search?q=
pub(super) fn page(visit: &Visit<'_>) -> Reply {
    let query = visit.request.query.get("q");
    let people = searched(visit);
    let people: Vec<Person> = people.iter().map(|it| person(visit, it)).collect();
    let count = match (query.trim(), people.len()) {
        ("", _) => String::new(),
        (_, 0) => visit.say().nothing_found.to_owned(),
        (_, 1) => visit.say().one_found.to_owned(),
        (_, n) => fill(visit.say().found, &[("n", &n.to_string())]),
    };
    let search = Search {
        f: visit.frame("search"),
        s: visit.say(),
        query: query.to_owned(),
        people,
        count,
    };
    crate::serve::ui::pages::page(200, &search)
}

/// GET /api/v1/search?q=: `channels`, best first, at most 20, as `/api/v1/channels` lists them.
pub(super) fn search(visit: &Visit<'_>) -> Result<Reply, Problem> {
    Ok(list(visit, &searched(visit)))
}

/// GET /api/v1/tags: `tags`, each with `tag` and `channels` (how many carry it that this visitor may see), the most popular first.
pub(super) fn tags(visit: &Visit<'_>) -> Result<Reply, Problem> {
    let tags = visit.house.people.popular_tags(visit.account());
    let body = Json::object(|json| {
        json.list("tags", &tags, |json, tag| {
            json.text("tag", &tag.tag);
            json.number("channels", i64::try_from(tag.channels).unwrap_or(0));
        });
    });
    Ok(Reply::json(200, body))
}

/// GET /api/v1/tags/TAG: `channels` that carry it.
pub(super) fn tagged(visit: &Visit<'_>) -> Result<Reply, Problem> {
    let tag = visit.places.get("tag");
    let tagged = visit.house.people.channels_tagged(tag, visit.account());
    Ok(list(visit, &channels(visit, tagged)))
}

fn list(visit: &Visit<'_>, channels: &[Channel]) -> Reply {
    let most = channels.iter().take(crate::limits::ui::LISTED_PEOPLE_MAX);
    let body = Json::object(|json| {
        json.list("channels", most, |json, channel| {
            write_for(json, visit, channel)
        });
    });
    Reply::json(200, body)
}
