//! `/register` and `/join/SECRET`: how somebody gets an account.

use super::{page, page_with, said_of};
use crate::people::Joining;
use crate::serve::ui::accounts::door;
use crate::serve::ui::frame::Frame;
use crate::serve::ui::icons;
use crate::serve::ui::problem::Problem;
use crate::serve::ui::reply::Reply;
use crate::serve::ui::routes::Visit;
use crate::serve::ui::words::{accounts, fill};
use askama::Template;

#[derive(Template)]
#[template(path = "join.html")]
struct Join {
    f: Frame,
    a: &'static accounts::Words,
    invite: String,
    /// "Anna invited you."
    lead: String,
    name: String,
    address: String,
    asks_address: bool,
    problem: Option<Problem>,
}

impl Join {
    fn said_of(&self, field: &str) -> &str {
        said_of(self.problem.as_ref(), field)
    }
}

#[derive(Template)]
#[template(path = "door-message.html")]
pub(super) struct DoorMessage {
    pub(super) f: Frame,
    pub(super) title: String,
    pub(super) more: &'static str,
}

/// GET /register, GET /join/SECRET
pub(in crate::serve::ui) fn show(visit: &Visit<'_>) -> Reply {
    let asked = visit.places.get("secret");
    let invite = match asked {
        "" => visit.request.query.get("invite"),
        secret => secret,
    };
    match invited_by(visit, invite) {
        Ok(lead) => page(200, &form(visit, invite, lead, None)),
        Err(refusal) => refusal,
    }
}

/// POST /register
pub(in crate::serve::ui) fn join(visit: &Visit<'_>) -> Reply {
    let invite = visit.field("invite");
    let problem = match door::make_account(visit) {
        Ok(added) => {
            let token = visit.house.people.start_session(added.account, visit.now);
            return token.map_or_else(
                || Reply::to("/login"),
                |token| Reply::to("/").with_session(&token),
            );
        }
        Err(problem) => problem,
    };
    if matches!(problem.code, "closed" | "not_invited" | "invitation") {
        return refusal(visit, problem.code);
    }
    let lead = match invited_by(visit, invite) {
        Ok(lead) => lead,
        // Whoever has to wait is told so, whatever became of the invitation.
        Err(_) if problem.retry_after.is_some() => return wait(visit, &problem),
        Err(refusal) => return refusal,
    };
    let again = form(visit, invite, lead, Some(problem.clone()));
    page_with(&problem, &again)
}

/// Who may come in here, in a sentence; or the page that says why nobody may.
fn invited_by(visit: &Visit<'_>, invite: &str) -> Result<String, Reply> {
    let people = &visit.house.people;
    let a = accounts::Words::of(visit.request.language);
    match people.house().joining {
        Joining::Closed => Err(refusal(visit, "closed")),
        _ if !invite.is_empty() => match people.invitation(invite, visit.now) {
            Some((_, by)) => Ok(fill(a.invited_by, &[("name", &by.display_name)])),
            None => Err(refusal(visit, "invitation")),
        },
        _ if people.may_join(visit.is_home()) => Ok(a.join_open.to_owned()),
        _ => Err(refusal(visit, "not_invited")),
    }
}

fn refusal(visit: &Visit<'_>, code: &str) -> Reply {
    let a = accounts::Words::of(visit.request.language);
    let (status, title, more) = match code {
        "closed" => (409, a.join_closed, a.join_closed_more),
        "invitation" => (410, a.join_spent, a.join_spent_more),
        _ => (409, a.join_invited, a.join_invited_more),
    };
    let (f, title) = (visit.frame(""), title.to_owned());
    page(status, &DoorMessage { f, title, more })
}

/// Too many tries.
pub(super) fn wait(visit: &Visit<'_>, problem: &Problem) -> Reply {
    let message = DoorMessage {
        f: visit.frame(""),
        title: problem.text.clone(),
        more: "",
    };
    page_with(problem, &message)
}

fn form(visit: &Visit<'_>, invite: &str, lead: String, problem: Option<Problem>) -> Join {
    let typed = |field| visit.field(field).to_owned();
    let about_address = problem.as_ref().is_some_and(|p| p.field == "address");
    let mut f = visit.frame("");
    // A refused form stands at an address that knows of no invitation.
    if !invite.is_empty() {
        f.here = format!("/join/{invite}");
    }
    Join {
        f,
        a: accounts::Words::of(visit.request.language),
        invite: invite.to_owned(),
        lead,
        name: typed("name"),
        address: typed("address"),
        asks_address: about_address || visit.request.form.has("address"),
        problem,
    }
}
