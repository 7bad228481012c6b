//! Following a channel, and who does.

use super::problems::of_people;
use super::told;
use crate::people::{Account, Followed};
use crate::serve::ui::frame::Face;
use crate::serve::ui::json::Json;
use crate::serve::ui::pages::message;
use crate::serve::ui::problem::Problem;
use crate::serve::ui::reply::Reply;
use crate::serve::ui::routes::Visit;

/// Nobody is held by a channel that they may not see any more: for leaving it the NAME is enough. Whether it is somebody's is not told.
fn set(visit: &Visit<'_>, follows: bool) -> Result<Followed, Problem> {
    let (me, people) = (visit.me()?.id, &visit.house.people);
    let done = match (follows, visit.channel()) {
        (true, channel) => people.follow(me, channel?.account.id),
        (false, Ok(channel)) => people.unfollow(me, channel.account.id),
        (false, Err(_)) => {
            let hidden = people.account_named(visit.name());
            let left = hidden.map_or(Ok(()), |hidden| people.unfollow(me, hidden.id).map(drop));
            left.map(|()| Followed {
                follows: false,
                followers: 0,
            })
        }
    };
    done.map_err(|error| of_people(visit, &error))
}

/// POST /@NAME/follow with `follow`: 1 or 0.
pub(super) fn form(visit: &Visit<'_>) -> Reply {
    match set(visit, visit.field("follow") == "1") {
        Ok(_) if visit.channel().is_err() => Reply::to("/"),
        Ok(_) => Reply::to(&format!("/@{}", visit.name())),
        Err(problem) => message::problem(visit, &problem),
    }
}

/// PUT /api/v1/channels/NAME/follow: follows it. Answers `follows` (flag), `followers` (how many), `told`: a sentence on who will be told
/// next time.
pub(super) fn put(visit: &Visit<'_>) -> Result<Reply, Problem> {
    let followed = set(visit, true)?;
    Ok(answer(visit, followed))
}

/// DELETE /api/v1/channels/NAME/follow: follows it no more. Answers the same, of what is hidden with nobody and an empty sentence.
pub(super) fn delete(visit: &Visit<'_>) -> Result<Reply, Problem> {
    let followed = set(visit, false)?;
    Ok(answer(visit, followed))
}

fn answer(visit: &Visit<'_>, followed: Followed) -> Reply {
    let told = visit
        .channel()
        .map(|channel| told::off_air(visit, &channel));
    let body = Json::object(|json| {
        json.flag("follows", followed.follows);
        json.number("followers", i64::try_from(followed.followers).unwrap_or(0));
        json.text(
            "followers_text",
            &told::followers(visit, followed.followers),
        );
        json.text("told", told.as_deref().unwrap_or_default());
    });
    Reply::json(200, body)
}

/// Who follows a channel; for whom it is and for owners.
pub(super) fn of(visit: &Visit<'_>, channel: &Account) -> Result<Vec<Account>, Problem> {
    let me = visit.me()?;
    match me.id == channel.id || me.role.runs_the_house() {
        true => Ok(visit.house.people.followers(channel.id)),
        false => Err(Problem::forbidden(visit.words())),
    }
}

/// GET /api/v1/channels/NAME/followers: `people`, each with `name`, `display_name`, `letter`, `hue`. For whose channel it is, and owners.
pub(super) fn followers(visit: &Visit<'_>) -> Result<Reply, Problem> {
    let people = of(visit, &visit.channel()?.account)?;
    Ok(people_reply(&people))
}

/// People as the API lists them.
pub(super) fn people_reply(people: &[Account]) -> Reply {
    let body = Json::object(|json| {
        json.list("people", people, write_person);
    });
    Reply::json(200, body)
}

/// One of them.
pub(super) fn write_person(json: &mut Json, person: &Account) {
    let face = Face::of(person);
    json.text("name", &person.name);
    json.text("display_name", &person.display_name);
    json.text("letter", &face.letter);
    json.number("hue", face.hue);
}
