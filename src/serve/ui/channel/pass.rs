//! Telling a channel's pass-phrase.

use super::problems::of_log_in;
use super::sight::{Sight, keep_pass};
use crate::people::ChannelProfile;
use crate::serve::ui::json::Json;
use crate::serve::ui::pages::{message, watch};
use crate::serve::ui::problem::Problem;
use crate::serve::ui::reply::Reply;
use crate::serve::ui::routes::Visit;

/// A pass for the channel in the path, for the `phrase` that was told.
fn tell(visit: &Visit<'_>) -> Result<(ChannelProfile, String), Problem> {
    let people = &visit.house.people;
    let not_found = || Problem::not_found(visit.words());
    let channel = people.channel_named(visit.name()).ok_or_else(not_found)?;
    if visit.sight(&channel.account) == Sight::Hidden {
        return Err(not_found());
    }
    let (phrase, peer) = (visit.field("phrase"), visit.request.peer);
    let checked = people.check_phrase(channel.account.id, phrase, peer, visit.now);
    checked.map_err(|error| of_log_in(visit, &error, visit.say().wrong_phrase).at("phrase"))?;
    let pass = people.phrase_pass(&channel.account, visit.now);
    let pass = pass.ok_or_else(not_found)?;
    Ok((channel, pass))
}

/// POST /@NAME/pass
pub(super) fn form(visit: &Visit<'_>) -> Reply {
    match tell(visit) {
        Ok((channel, pass)) => {
            let page = Reply::to(&format!("/@{}", channel.account.name));
            keep_pass(page, &channel.account, &pass)
        }
        Err(problem) if problem.status == 404 => message::not_found(visit),
        Err(problem) => watch::locked(visit, &problem),
    }
}

/// POST /api/v1/channels/NAME/pass with `phrase`. Answers `pass`, the token, and `base`, where the media are with it; browsers also get
/// it as a cookie. Programs send it along as `?pass=`.
pub(super) fn create(visit: &Visit<'_>) -> Result<Reply, Problem> {
    let (channel, pass) = tell(visit)?;
    let name = &channel.account.name;
    let body = Json::object(|json| {
        json.text("pass", &pass);
        json.text("base", &format!("/live/{name}/~{pass}/"));
    });
    Ok(keep_pass(Reply::json(200, body), &channel.account, &pass))
}
