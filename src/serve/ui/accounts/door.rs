//! Ways in: joining, logging in, a new password by a link.

use super::refusals;
use crate::people::{AccountId, Added, Door, HouseSettings, NewAccount, Role, setup};
use crate::serve::ui::house::settings::joining_of;
use crate::serve::ui::json::Json;
use crate::serve::ui::problem::Problem;
use crate::serve::ui::reply::Reply;
use crate::serve::ui::routes::Visit;
use crate::serve::ui::words::first_run;
use std::sync::PoisonError;

/// Makes an account from what was typed: `name`, `address`, `password`, `invite`.
pub(in crate::serve::ui) fn make_account(visit: &Visit<'_>) -> Result<Added, Problem> {
    let new = NewAccount {
        display_name: visit.field("name"),
        name: Some(visit.field("address")),
        password: visit.field("password"),
        role: Role::Member,
    };
    let door = Door {
        from: visit.request.peer,
        is_home: visit.is_home(),
    };
    let invite = Some(visit.field("invite")).filter(|invite| !invite.is_empty());
    let people = &visit.house.people;
    let added = people.register(new, invite, door, visit.now);
    let added = added.map_err(|error| refusals::of_joining(visit, &error))?;
    log::info!("{} has joined", added.name);
    Ok(added)
}

/// Makes the owner of a box that has none from what was typed: `name`, `address`, `password`, `joining` (who may join: `invited`, `open`
/// or `closed`), `utc_offset_minutes` of the browser's clock, and `code` where the box asks for it.
pub(in crate::serve::ui) fn claim_box(visit: &Visit<'_>) -> Result<Added, Problem> {
    let owned = || Problem::new(409, "owner_exists", visit.words().owned);
    check_code(visit, visit.setup_code().ok_or_else(owned)?)?;
    let house = house_to_be(visit)?;
    let new = NewAccount {
        display_name: visit.field("name"),
        name: Some(visit.field("address")),
        password: visit.field("password"),
        role: Role::Owner,
    };
    let people = &visit.house.people;
    let added = people.claim_owner(new);
    let added = added.map_err(|error| refusals::of(visit, &error))?;
    log::info!("{} owns this box now", added.name);
    if let Err(error) = people.set_house(added.account, house) {
        log::warn!("who may join stays as it was: {error}");
    }
    Ok(added)
}

/// The house as its owner-to-be wants it: whoever says nothing of it invites who may join. The rest stays as it is.
fn house_to_be(visit: &Visit<'_>) -> Result<HouseSettings, Problem> {
    let malformed = || Problem::new(422, "range", visit.words().malformed);
    let mut house = visit.house.people.house();
    house.joining = joining_of(visit.field("joining")).unwrap_or_default();
    let offset = visit.field("utc_offset_minutes");
    if !offset.is_empty() {
        house.utc_offset_minutes = offset.parse().map_err(|_| malformed())?;
    }
    house.check().map_err(|_| malformed())?;
    Ok(house)
}

/// The box shows a code to whoever stands before it; for a while after its first start it asks nobody near for it.
fn check_code(visit: &Visit<'_>, code: &str) -> Result<(), Problem> {
    if visit.setup_open_ms() > 0 {
        return Ok(());
    }
    let tries = &visit.house.setup_tries;
    let mut tries = tries.lock().unwrap_or_else(PoisonError::into_inner);
    let peer = visit.request.peer.to_canonical();
    if let Some(seconds) = tries.wait(&peer, visit.now) {
        return Err(refusals::slow(visit, seconds));
    }
    if setup::code_matches(code, visit.field("code")) {
        return Ok(());
    }
    let said = match visit.request.form.has("code") {
        true => {
            tries.failed(&peer, visit.now);
            visit.words().wrong_code
        }
        false => first_run::Words::of(visit.request.language).code_needed,
    };
    Err(Problem::new(403, "code", said).at("code"))
}

/// Gives a new password by a link.
pub(in crate::serve::ui) fn reset_password(
    visit: &Visit<'_>,
    secret: &str,
) -> Result<AccountId, Problem> {
    let people = &visit.house.people;
    let password = visit.field("password");
    people
        .reset_password(secret, password, visit.request.peer, visit.now)
        .map_err(|error| refusals::of(visit, &error))
}

/// POST /api/v1/session
pub(in crate::serve::ui) fn log_in(visit: &Visit<'_>) -> Result<Reply, Problem> {
    let (name, password) = (visit.field("name"), visit.field("password"));
    let people = &visit.house.people;
    let id = people.log_in(name, password, visit.request.peer, visit.now);
    let id = id.map_err(|error| refusals::of_log_in(visit, &error, visit.words().wrong_log_in))?;
    begin(visit, id, 200)
}

/// DELETE /api/v1/session
pub(in crate::serve::ui) fn log_out(_: &Visit<'_>) -> Result<Reply, Problem> {
    Ok(Reply::json(200, "{}".into()).without_session())
}

/// POST /api/v1/accounts
pub(in crate::serve::ui) fn join(visit: &Visit<'_>) -> Result<Reply, Problem> {
    begin(visit, make_account(visit)?.account, 201)
}

/// POST /api/v1/setup
pub(in crate::serve::ui) fn claim(visit: &Visit<'_>) -> Result<Reply, Problem> {
    begin(visit, claim_box(visit)?.account, 201)
}

/// POST /api/v1/reset
pub(in crate::serve::ui) fn reset(visit: &Visit<'_>) -> Result<Reply, Problem> {
    begin(visit, reset_password(visit, visit.field("secret"))?, 200)
}

/// A session, for browsers as a cookie and for programs as a bearer token.
fn begin(visit: &Visit<'_>, id: AccountId, status: u16) -> Result<Reply, Problem> {
    let people = &visit.house.people;
    let failed = || Problem::new(500, "failed", visit.words().failed);
    let token = people.start_session(id, visit.now).ok_or_else(failed)?;
    let account = people.account(id).ok_or_else(failed)?;
    let session = people.session(&token, visit.now).ok_or_else(failed)?;
    let body = Json::object(|json| {
        super::own::write_account(json, &account);
        json.text("session", &token);
        json.text("form_token", &session.form_token);
    });
    Ok(Reply::json(status, body).with_session(&token))
}
