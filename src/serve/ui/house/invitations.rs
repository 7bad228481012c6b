//! Links that let people in.

use crate::limits::people::{INVITATION_LABEL_MAX, INVITATION_MINUTES_MAX, INVITATION_USES_MAX};
use crate::people::{InvitationLink, NewInvitation, PeopleError, Role};
use crate::serve::ui::accounts::own::{done, role_of, role_word};
use crate::serve::ui::accounts::refusals;
use crate::serve::ui::json::Json;
use crate::serve::ui::problem::Problem;
use crate::serve::ui::reply::Reply;
use crate::serve::ui::routes::Visit;
use crate::serve::ui::words::house;

const DAY_MINUTES: u32 = 24 * 60;

/// Makes an invitation from `label`, `role` (member if nothing is said), `uses` (1) and `days` (1).
pub(in crate::serve::ui) fn invite(visit: &Visit<'_>) -> Result<InvitationLink, Problem> {
    let h = house::Words::of(visit.request.language);
    let role = match visit.field("role") {
        "" => Some(Role::Member),
        word => role_of(word).filter(|role| *role != Role::Owner),
    };
    let malformed = || Problem::new(422, "role", visit.words().malformed).at("role");
    let uses = number(visit.field("uses"), INVITATION_USES_MAX.into());
    let uses = uses.and_then(|uses| u16::try_from(uses).ok());
    let days = number(visit.field("days"), INVITATION_MINUTES_MAX / DAY_MINUTES);
    if visit.field("label").chars().count() > INVITATION_LABEL_MAX {
        return Err(Problem::new(422, "label", h.bad_label).at("label"));
    }
    let new = NewInvitation {
        label: visit.field("label"),
        role: role.ok_or_else(malformed)?,
        uses: uses.ok_or_else(|| Problem::new(422, "uses", h.bad_uses).at("uses"))?,
        minutes: days.ok_or_else(|| Problem::new(422, "days", h.bad_days).at("days"))?
            * DAY_MINUTES,
    };
    let made = visit.house.people.invite(visit.me()?.id, new, visit.now);
    made.map_err(|error| match error {
        PeopleError::Full(_) => Problem::new(507, "full", h.no_room),
        PeopleError::Text { .. } => Problem::new(422, "label", h.bad_label).at("label"),
        error => refusals::of(visit, &error),
    })
}

/// From 1 to `most`; 1 if nothing is said.
fn number(typed: &str, most: u32) -> Option<u32> {
    match typed.trim() {
        "" => Some(1),
        typed => typed.parse().ok().filter(|n| (1..=most).contains(n)),
    }
}

/// Takes an invitation back.
pub(in crate::serve::ui) fn take_back(visit: &Visit<'_>, id: u64) -> Result<(), Problem> {
    let id = u32::try_from(id).map_err(|_| Problem::not_found(visit.words()))?;
    let taken = visit.house.people.revoke_invitation(visit.me()?.id, id);
    taken.map_err(|error| refusals::of(visit, &error))
}

/// GET /api/v1/invitations
pub(in crate::serve::ui) fn list(visit: &Visit<'_>) -> Result<Reply, Problem> {
    let open = visit.house.people.invitations(visit.me()?.id, visit.now);
    let open = open.map_err(|error| refusals::of(visit, &error))?;
    let body = Json::object(|json| {
        json.list("invitations", &open, |json, invitation| {
            json.number("id", invitation.id);
            json.text("label", &invitation.label);
            json.text("role", role_word(invitation.role));
            json.number("uses", invitation.uses);
            json.number("used", invitation.used);
            json.number("minutes_left", invitation.minutes_left);
        });
    });
    Ok(Reply::json(200, body))
}

/// POST /api/v1/invitations
pub(in crate::serve::ui) fn api_invite(visit: &Visit<'_>) -> Result<Reply, Problem> {
    let link = invite(visit)?;
    let body = Json::object(|json| {
        json.number("id", link.id);
        json.text("path", &format!("/join/{}", link.secret));
        json.number("minutes_left", link.minutes_left);
    });
    Ok(Reply::json(201, body))
}

/// DELETE /api/v1/invitations/ID
pub(in crate::serve::ui) fn api_take_back(visit: &Visit<'_>) -> Result<Reply, Problem> {
    take_back(visit, visit.id()).map(|()| done())
}
