//! Muting people on a channel, and its form that also removes comments.

use super::follow::people_reply;
use super::problems::of_people;
use super::{comments, told};
use crate::people::Account;
use crate::serve::ui::json::Json;
use crate::serve::ui::pages::message;
use crate::serve::ui::problem::Problem;
use crate::serve::ui::reply::Reply;
use crate::serve::ui::routes::Visit;

fn set(visit: &Visit<'_>, person: &str, muted: bool) -> Result<Account, Problem> {
    let (me, people) = (visit.me()?.id, &visit.house.people);
    let channel = visit.channel()?.account;
    let who = people.account_named(person);
    let who = who.ok_or_else(|| Problem::not_found(visit.words()))?;
    let done = match muted {
        true => people.mute(me, channel.id, who.id),
        false => people.unmute(me, channel.id, who.id),
    };
    done.map_err(|error| of_people(visit, &error))?;
    told::muted(visit, who.id, &channel.name, muted);
    Ok(who)
}

/// POST /@NAME/moderate with `remove` (a comment's number), `mute` or `unmute` (NAME).
pub(super) fn form(visit: &Visit<'_>) -> Reply {
    let (mute, unmute) = (visit.field("mute"), visit.field("unmute"));
    let done = match (mute, unmute) {
        ("", "") => comments::remove(visit, visit.field("remove").parse().unwrap_or(0)),
        ("", person) => set(visit, person, false).map(|_| ()),
        (person, _) => set(visit, person, true).map(|_| ()),
    };
    match done {
        Ok(()) if !unmute.is_empty() => Reply::to("/settings/channel#muted"),
        Ok(()) => Reply::to(&format!("/@{}", visit.name())),
        Err(problem) => message::problem(visit, &problem),
    }
}

/// Who is muted on a channel; for whose it is and owners.
pub(super) fn muted(visit: &Visit<'_>, channel: &Account) -> Result<Vec<Account>, Problem> {
    let muted = visit.house.people.muted(visit.me()?.id, channel.id);
    muted.map_err(|error| of_people(visit, &error))
}

/// GET /api/v1/channels/NAME/mutes: `people`, as followers are listed. For whose channel it is, and owners.
pub(super) fn list(visit: &Visit<'_>) -> Result<Reply, Problem> {
    let muted = muted(visit, &visit.channel()?.account)?;
    Ok(people_reply(&muted))
}

/// PUT /api/v1/channels/NAME/mutes/PERSON: takes comments on this channel from them. Not from its owner, nor from owners of the house.
pub(super) fn put(visit: &Visit<'_>) -> Result<Reply, Problem> {
    set(visit, visit.places.get("person"), true)?;
    Ok(answer(true))
}

/// DELETE /api/v1/channels/NAME/mutes/PERSON: gives them back.
pub(super) fn delete(visit: &Visit<'_>) -> Result<Reply, Problem> {
    set(visit, visit.places.get("person"), false)?;
    Ok(answer(false))
}

fn answer(muted: bool) -> Reply {
    Reply::json(200, Json::object(|json| json.flag("muted", muted)))
}
