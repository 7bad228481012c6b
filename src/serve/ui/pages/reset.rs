//! `/reset/SECRET`: a new password for somebody who forgot theirs.

use super::join::{DoorMessage, wait};
use super::{page, page_with, said_of};
use crate::serve::ui::accounts::door;
use crate::serve::ui::frame::Frame;
use crate::serve::ui::icons;
use crate::serve::ui::problem::Problem;
use crate::serve::ui::reply::Reply;
use crate::serve::ui::routes::Visit;
use crate::serve::ui::words::{accounts, fill};
use askama::Template;

#[derive(Template)]
#[template(path = "reset.html")]
struct Reset {
    f: Frame,
    a: &'static accounts::Words,
    secret: String,
    title: String,
    /// For password managers.
    name: String,
    problem: Option<Problem>,
}

impl Reset {
    fn said_of(&self, field: &str) -> &str {
        said_of(self.problem.as_ref(), field)
    }
}

/// GET /reset/SECRET
pub(in crate::serve::ui) fn show(visit: &Visit<'_>) -> Reply {
    form(visit, None)
}

/// POST /reset/SECRET
pub(in crate::serve::ui) fn save(visit: &Visit<'_>) -> Reply {
    match door::reset_password(visit, visit.places.get("secret")) {
        Ok(id) => match visit.house.people.start_session(id, visit.now) {
            Some(token) => Reply::to("/").with_session(&token),
            None => Reply::to("/login"),
        },
        Err(problem) => form(visit, Some(problem)),
    }
}

fn form(visit: &Visit<'_>, problem: Option<Problem>) -> Reply {
    let a = accounts::Words::of(visit.request.language);
    let (f, secret) = (visit.frame(""), visit.places.get("secret"));
    let whose = visit.house.people.reset_of(secret, visit.now);
    let Some(account) = whose else {
        if let Some(slow) = problem.filter(|problem| problem.code == "slow") {
            return wait(visit, &slow);
        }
        let (title, more) = (a.link_spent.to_owned(), a.link_spent_more);
        return page(410, &DoorMessage { f, title, more });
    };
    let reset = Reset {
        f,
        a,
        secret: secret.to_owned(),
        title: fill(a.new_password_of, &[("name", &account.display_name)]),
        name: account.name,
        problem: problem.clone(),
    };
    match problem {
        Some(problem) => page_with(&problem, &reset),
        None => page(200, &reset),
    }
}
