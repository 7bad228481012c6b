//! A person's stream keys.

use super::own::done;
use super::refusals;
use crate::limits::people::KEY_OVERLAP_MINUTES;
use crate::people::{KeyId, KeyState, KeyText, KeyView, PeopleError};
use crate::serve::replaced::TEXT as REPLACED;
use crate::serve::ui::json::Json;
use crate::serve::ui::pages;
use crate::serve::ui::problem::Problem;
use crate::serve::ui::reply::Reply;
use crate::serve::ui::request::Method;
use crate::serve::ui::routes::{Access, Route, Visit, api, post};
use crate::serve::ui::words::accounts;
use Access::{LoggedIn, Publisher};
use Method::{Delete, Get, Post, Put};

/// For the encoder whose key was taken away: encoders show English best.
const REMOVED: &str = "This stream key was removed. Copy another one from the Go live page.";
/// The same whose key its person stopped for now.
const PAUSED: &str = "You have paused this stream key. Resume it on the Go live page.";
/// The same whose person ended the stream by hand.
const ENDED: &str = "The stream was ended on the Go live page.";

pub(in crate::serve::ui) static ROUTES: &[Route] = &[
    post("/studio/replace", LoggedIn, pages::keys::replace),
    post("/studio/keys/add", LoggedIn, pages::keys::add),
    post("/studio/keys/rename", LoggedIn, pages::keys::rename),
    post("/studio/keys/remove", LoggedIn, pages::keys::remove),
    post("/studio/keys/pause", LoggedIn, pages::keys::pause),
    post("/studio/end", LoggedIn, pages::keys::end),
    api(Get, "/api/v1/studio/keys", Publisher, list),
    api(Post, "/api/v1/studio/keys", Publisher, api_add),
    api(Put, "/api/v1/studio/keys/{id}", Publisher, api_change),
    api(Delete, "/api/v1/studio/keys/{id}", Publisher, api_remove),
    api(
        Post,
        "/api/v1/studio/keys/{id}/replace",
        Publisher,
        api_replace,
    ),
    api(Post, "/api/v1/studio/switch", Publisher, api_switch),
    api(Post, "/api/v1/studio/end", Publisher, api_end),
];

/// One more key, called `label`.
pub(in crate::serve::ui) fn add(visit: &Visit<'_>) -> Result<(KeyId, KeyText), Problem> {
    let id = visit.me()?.id;
    let added = visit.house.people.add_key(id, visit.field("label"));
    added.map_err(|error| refused(visit, &error))
}

/// Calls a key `label`.
pub(in crate::serve::ui) fn rename(visit: &Visit<'_>, key: u64) -> Result<(), Problem> {
    let (id, key) = (visit.me()?.id, number(visit, key)?);
    let renamed = visit.house.people.rename_key(id, key, visit.field("label"));
    renamed.map_err(|error| refused(visit, &error))
}

/// Puts a new key in the place of one, which works on for some minutes; at 0 it ends, and what is sent with it.
pub(in crate::serve::ui) fn replace(
    visit: &Visit<'_>,
    key: u64,
    overlap_minutes: u32,
) -> Result<(KeyId, KeyText), Problem> {
    let (id, key) = (visit.me()?.id, number(visit, key)?);
    let people = &visit.house.people;
    let replaced = people.replace_key(id, key, overlap_minutes, visit.now);
    let replaced = replaced.map_err(|error| refused(visit, &error))?;
    if overlap_minutes == 0 {
        visit.house.channels.revoke(key, REPLACED);
    }
    Ok(replaced)
}

/// Takes a key away, and ends what is sent with it.
pub(in crate::serve::ui) fn remove(visit: &Visit<'_>, key: u64) -> Result<(), Problem> {
    let (id, key) = (visit.me()?.id, number(visit, key)?);
    let removed = visit.house.people.revoke_key(id, key);
    removed.map_err(|error| refused(visit, &error))?;
    visit.house.channels.revoke(key, REMOVED);
    Ok(())
}

/// Stops a key until it is resumed, and ends what is sent with it; or resumes it.
pub(in crate::serve::ui) fn pause(
    visit: &Visit<'_>,
    key: u64,
    paused: bool,
) -> Result<(), Problem> {
    let (id, key) = (visit.me()?.id, number(visit, key)?);
    let changed = visit.house.people.pause_key(id, key, paused);
    changed.map_err(|error| refused(visit, &error))?;
    if paused {
        visit.house.channels.revoke(key, PAUSED);
    }
    Ok(())
}

/// Ends one's own stream.
pub(in crate::serve::ui) fn end_own(visit: &Visit<'_>) -> Result<(), Problem> {
    let account = visit.me()?;
    match visit.house.channels.end_stream(&account.name, ENDED) {
        true => Ok(()),
        false => Err(Problem::new(409, "off_air", visit.words().off_air)),
    }
}

fn number(visit: &Visit<'_>, key: u64) -> Result<KeyId, Problem> {
    let number = u32::try_from(key).map(KeyId);
    number.map_err(|_| Problem::not_found(visit.words()))
}

fn refused(visit: &Visit<'_>, error: &PeopleError) -> Problem {
    match error {
        PeopleError::DisplayName(_) => {
            let a = accounts::Words::of(visit.request.language);
            Problem::new(422, "label", a.bad_label).at("label")
        }
        error => refusals::of(visit, error),
    }
}

fn list(visit: &Visit<'_>) -> Result<Reply, Problem> {
    let account = visit.me()?;
    let live = visit.house.channels.view(&account.name);
    let in_use = live.and_then(|live| live.key);
    let keys = visit.house.people.keys(account.id);
    let body = Json::object(|json| {
        json.list("keys", &keys, |json, key| {
            write(json, key);
            json.flag("in_use", in_use == Some(key.id));
        });
    });
    Ok(Reply::json(200, body))
}

fn write(json: &mut Json, key: &KeyView) {
    json.number("id", key.id.0);
    json.text("label", &key.label);
    json.text(
        "key",
        &key.text.as_ref().map(KeyText::grouped).unwrap_or_default(),
    );
    let state = match key.state {
        KeyState::Works => "works",
        KeyState::Ends(minutes) => {
            json.number("ends_in_minutes", minutes);
            "ends"
        }
        KeyState::Paused => "paused",
        KeyState::Idle => "idle",
    };
    json.text("state", state);
    json.flag("paused", key.is_paused);
    if let Some(used) = &key.last_use {
        json.text("used_from", &used.from.to_string());
        if let Some(unix_ms) = used.at.unix_ms {
            json.number("used_unix_ms", unix_ms);
        }
    }
}

fn fresh(key: &(KeyId, KeyText)) -> Reply {
    let body = Json::object(|json| {
        json.number("id", key.0.0);
        json.text("key", &key.1.grouped());
    });
    Reply::json(201, body)
}

fn api_add(visit: &Visit<'_>) -> Result<Reply, Problem> {
    add(visit).map(|key| fresh(&key))
}

/// `label`, `paused`: what is not given stays.
fn api_change(visit: &Visit<'_>) -> Result<Reply, Problem> {
    let form = &visit.request.form;
    if form.has("label") || !form.has("paused") {
        rename(visit, visit.id())?;
    }
    if form.has("paused") {
        pause(visit, visit.id(), visit.field("paused") == "1")?;
    }
    Ok(done())
}

/// `overlap_minutes`: how long the old one works on; a day if nothing is said.
fn api_replace(visit: &Visit<'_>) -> Result<Reply, Problem> {
    let overlap = match visit.field("overlap_minutes") {
        "" => Ok(KEY_OVERLAP_MINUTES),
        typed => typed.parse(),
    };
    let overlap = overlap
        .map_err(|_| Problem::new(422, "range", visit.words().malformed).at("overlap_minutes"))?;
    replace(visit, visit.id(), overlap).map(|key| fresh(&key))
}

fn api_remove(visit: &Visit<'_>) -> Result<Reply, Problem> {
    remove(visit, visit.id()).map(|()| done())
}

fn api_switch(visit: &Visit<'_>) -> Result<Reply, Problem> {
    visit.house.channels.allow_switch(visit.me()?.id);
    Ok(done())
}

fn api_end(visit: &Visit<'_>) -> Result<Reply, Problem> {
    end_own(visit).map(|()| done())
}
