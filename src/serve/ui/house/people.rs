//! What the owner does with people.

use crate::limits::ui::PEOPLE_A_REPLY;
use crate::people::{AccountId, KeyId, PeopleError, Person, ResetLink};
use crate::serve::ui::accounts::own::{after_deletion, done, role_of, write_account};
use crate::serve::ui::accounts::refusals;
use crate::serve::ui::channel::told as channel_told;
use crate::serve::ui::json::Json;
use crate::serve::ui::problem::Problem;
use crate::serve::ui::reply::Reply;
use crate::serve::ui::routes::Visit;
use crate::serve::ui::words::house;

/// For the encoder whose key was paused.
const PAUSED: &str = "The owner has paused your stream key. Ask the owner to resume it";
/// For the encoder of somebody who may go live no more.
const WATCHES: &str = "This account can watch but not go live. Ask the owner";

/// Gives somebody the role called `role`, and ends what they send if they may not any more.
pub(in crate::serve::ui) fn set_role(
    visit: &Visit<'_>,
    whose: AccountId,
    role: &str,
) -> Result<(), Problem> {
    let by = visit.me()?.id;
    let role = role_of(role)
        .ok_or_else(|| Problem::new(422, "role", visit.words().malformed).at("role"))?;
    let people = &visit.house.people;
    let (before, had) = (people.account(whose), people.channel(whose));
    let changed = people.set_role(by, whose, role);
    let changed = changed.map_err(|error| refusals::of(visit, &error))?;
    if before.is_some_and(|before| before.role == changed.account.role) {
        return Ok(());
    }
    stop(visit, &changed.stopped, WATCHES);
    if let Some(had) = had.filter(|_| people.channel(whose).is_none()) {
        channel_told::gone(visit, &had.account.name, had.visibility);
    }
    channel_told::role_changed(visit, &changed.account);
    Ok(())
}

/// Stops somebody's keys until they are resumed.
pub(in crate::serve::ui) fn pause(visit: &Visit<'_>, whose: AccountId) -> Result<(), Problem> {
    let paused = visit.house.people.pause_keys(visit.me()?.id, whose);
    let keys = paused.map_err(|error| refusals::of(visit, &error))?;
    stop(visit, &keys, PAUSED);
    Ok(())
}

fn stop(visit: &Visit<'_>, keys: &[KeyId], text: &str) {
    for key in keys {
        visit.house.channels.revoke(*key, text);
    }
}

/// Lets them work again.
pub(in crate::serve::ui) fn resume(visit: &Visit<'_>, whose: AccountId) -> Result<(), Problem> {
    told(visit, visit.house.people.resume_keys(visit.me()?.id, whose))
}

/// Takes comments from somebody, or gives them back.
pub(in crate::serve::ui) fn mute(
    visit: &Visit<'_>,
    whose: AccountId,
    muted: bool,
) -> Result<(), Problem> {
    let set = visit.house.people.set_muted(visit.me()?.id, whose, muted);
    told(visit, set)?;
    channel_told::muted(visit, whose, "", muted);
    Ok(())
}

/// Bounds what somebody may send, bits/s; None: as for the house.
pub(in crate::serve::ui) fn bound(
    visit: &Visit<'_>,
    whose: AccountId,
    bits: Option<u32>,
) -> Result<(), Problem> {
    told(
        visit,
        visit
            .house
            .people
            .set_bitrate_max(visit.me()?.id, whose, bits),
    )
}

/// Signs all devices of somebody out.
pub(in crate::serve::ui) fn sign_out(visit: &Visit<'_>, whose: AccountId) -> Result<(), Problem> {
    told(
        visit,
        visit
            .house
            .people
            .sign_out_everywhere(visit.me()?.id, whose),
    )?;
    channel_told::signed_out(visit, whose);
    Ok(())
}

/// A link by which somebody gives themself a new password.
pub(in crate::serve::ui) fn reset(
    visit: &Visit<'_>,
    whose: AccountId,
) -> Result<ResetLink, Problem> {
    let link = visit
        .house
        .people
        .reset_link(visit.me()?.id, whose, visit.now);
    link.map_err(|error| refusals::of(visit, &error))
}

/// Deletes somebody's account, and ends what they send.
pub(in crate::serve::ui) fn delete(visit: &Visit<'_>, whose: AccountId) -> Result<(), Problem> {
    let people = &visit.house.people;
    let had = people.channel(whose);
    let deleted = people.delete_account(visit.me()?.id, whose, visit.now);
    let deleted = deleted.map_err(|error| refusals::of(visit, &error))?;
    after_deletion(visit, &deleted, had);
    Ok(())
}

fn told(visit: &Visit<'_>, outcome: Result<(), PeopleError>) -> Result<(), Problem> {
    outcome.map_err(|error| refusals::of(visit, &error))
}

/// A page of people, and whether more follow.
pub(in crate::serve::ui) fn page_of(
    visit: &Visit<'_>,
    page: usize,
    size: usize,
) -> Result<(Vec<Person>, bool), Problem> {
    let all = visit.house.people.people_for(visit.me()?.id);
    let all = all.map_err(|error| refusals::of(visit, &error))?;
    let first = page.saturating_mul(size);
    let more = all.len() > first.saturating_add(size);
    Ok((all.into_iter().skip(first).take(size).collect(), more))
}

/// GET /api/v1/people?page=N
pub(in crate::serve::ui) fn list(visit: &Visit<'_>) -> Result<Reply, Problem> {
    let page = visit.request.query.get("page").parse().unwrap_or(0);
    let (people, more) = page_of(visit, page, PEOPLE_A_REPLY)?;
    let body = Json::object(|json| {
        json.list("people", &people, write);
        json.flag("more", more);
    });
    Ok(Reply::json(200, body))
}

fn write(json: &mut Json, person: &Person) {
    write_account(json, &person.account);
    json.number("keys", i64::try_from(person.keys).unwrap_or(i64::MAX));
    json.number("bitrate_max", person.bitrate_max.unwrap_or(0));
    if let Some(by) = &person.invited_by {
        json.text("invited_by", &by.name);
    }
    let moments = [
        ("joined_unix_ms", person.joined),
        ("last_here_unix_ms", person.last_here),
        ("last_live_unix_ms", person.last_live),
    ];
    for (key, at) in moments {
        if let Some(unix_ms) = at.and_then(|at| at.unix_ms) {
            json.number(key, unix_ms);
        }
    }
}

/// Whom the path is about.
fn whose(visit: &Visit<'_>) -> Result<AccountId, Problem> {
    let number = u32::try_from(visit.id()).map(AccountId);
    number.map_err(|_| Problem::not_found(visit.words()))
}

/// PUT /api/v1/people/ID: `role`, `keys_paused`, `muted`, `bitrate_max` (0: as for the house); what is not given stays.
pub(in crate::serve::ui) fn change(visit: &Visit<'_>) -> Result<Reply, Problem> {
    let (whose, form) = (whose(visit)?, &visit.request.form);
    let account = visit.house.people.account(whose);
    account.ok_or_else(|| Problem::not_found(visit.words()))?;
    if form.has("role") {
        set_role(visit, whose, visit.field("role"))?;
    }
    match visit.field("keys_paused") {
        "1" => pause(visit, whose)?,
        "0" => resume(visit, whose)?,
        _ => {}
    }
    if form.has("muted") {
        mute(visit, whose, visit.field("muted") == "1")?;
    }
    if form.has("bitrate_max") {
        bound(visit, whose, bits(visit, "bitrate_max")?)?;
    }
    Ok(done())
}

/// A field with bits/s; None for 0.
pub(in crate::serve::ui) fn bits(
    visit: &Visit<'_>,
    field: &'static str,
) -> Result<Option<u32>, Problem> {
    match visit.field(field) {
        "" | "0" => Ok(None),
        typed => typed.parse().map(Some).map_err(|_| bad_rate(visit, field)),
    }
}

/// A field with Mbit/s as a person types it; None if it is empty.
pub(in crate::serve::ui) fn megabits(
    visit: &Visit<'_>,
    field: &'static str,
) -> Result<Option<u32>, Problem> {
    let typed = visit.field(field).trim().replace(',', ".");
    if typed.is_empty() {
        return Ok(None);
    }
    let rate: f64 = typed.parse().map_err(|_| bad_rate(visit, field))?;
    match (0.2..=100.0).contains(&rate) {
        true => Ok(Some((rate * 1_000.0).round() as u32 * 1_000)),
        false => Err(bad_rate(visit, field)),
    }
}

fn bad_rate(visit: &Visit<'_>, field: &'static str) -> Problem {
    let h = house::Words::of(visit.request.language);
    Problem::new(422, "range", h.bad_mbps).at(field)
}

/// POST /api/v1/people/ID/reset
pub(in crate::serve::ui) fn api_reset(visit: &Visit<'_>) -> Result<Reply, Problem> {
    let link = reset(visit, whose(visit)?)?;
    let body = Json::object(|json| {
        json.text("path", &format!("/reset/{}", link.secret));
        json.number("minutes_left", link.minutes_left);
    });
    Ok(Reply::json(201, body))
}

/// POST /api/v1/people/ID/sign-out
pub(in crate::serve::ui) fn api_sign_out(visit: &Visit<'_>) -> Result<Reply, Problem> {
    sign_out(visit, whose(visit)?).map(|()| done())
}

/// DELETE /api/v1/people/ID
pub(in crate::serve::ui) fn api_delete(visit: &Visit<'_>) -> Result<Reply, Problem> {
    delete(visit, whose(visit)?).map(|()| done())
}
