//! `/settings`: a person's own account.

use super::{page, page_with, said_of};
use crate::people::{Account, PictureOf};
use crate::serve::ui::accounts::own;
use crate::serve::ui::frame::{Face, Frame};
use crate::serve::ui::icons;
use crate::serve::ui::problem::Problem;
use crate::serve::ui::reply::Reply;
use crate::serve::ui::routes::Visit;
use crate::serve::ui::words::accounts;
use askama::Template;

#[derive(Template)]
#[template(path = "settings.html")]
struct Settings {
    f: Frame,
    a: &'static accounts::Words,
    name: String,
    display_name: String,
    face: Face,
    done: &'static str,
    /// Which form the problem is of.
    form: &'static str,
    problem: Option<Problem>,
}

impl Settings {
    /// What a form says of its field.
    fn said_of(&self, form: &str, field: &str) -> &str {
        let problem = self.problem.as_ref().filter(|_| self.form == form);
        said_of(problem, field)
    }

    /// What no field is to blame for.
    fn said(&self) -> &str {
        said_of(self.problem.as_ref(), "")
    }
}

/// GET /settings
pub(in crate::serve::ui) fn show(visit: &Visit<'_>) -> Reply {
    let (w, a) = (visit.words(), accounts::Words::of(visit.request.language));
    let done = match visit.request.query.get("done") {
        "name" => w.saved,
        "password" => w.password_changed,
        "picture" => a.picture_saved,
        "no-picture" => a.picture_removed,
        _ => "",
    };
    settings(visit, done, "", None)
}

/// POST /settings/name
pub(in crate::serve::ui) fn set_name(visit: &Visit<'_>) -> Reply {
    match own::rename(visit) {
        Ok(()) => Reply::to("/settings?done=name"),
        Err(problem) => settings(visit, "", "name", Some(problem)),
    }
}

/// POST /settings/password
pub(in crate::serve::ui) fn set_password(visit: &Visit<'_>) -> Reply {
    match own::change_password(visit) {
        Ok(Some(token)) => Reply::to("/settings?done=password").with_session(&token),
        Ok(None) => Reply::to("/login"),
        Err(problem) => settings(visit, "", "password", Some(problem)),
    }
}

/// POST /settings/picture/remove
pub(in crate::serve::ui) fn remove_picture(visit: &Visit<'_>) -> Reply {
    let me = visit.account().map(|account| account.id);
    let removed = me.map(|id| own::take_picture(visit, PictureOf::Person(id)));
    match removed {
        Some(Err(problem)) => settings(visit, "", "picture", Some(problem)),
        _ => Reply::to("/settings?done=no-picture"),
    }
}

/// POST /settings/data
pub(in crate::serve::ui) fn download(visit: &Visit<'_>) -> Reply {
    match own::offer(visit) {
        Ok(url) => Reply::to(&url),
        Err(problem) => settings(visit, "", "data", Some(problem)),
    }
}

/// POST /settings/sign-out
pub(in crate::serve::ui) fn sign_out(visit: &Visit<'_>) -> Reply {
    match own::sign_out_all(visit) {
        Ok(()) => Reply::to("/login").without_session(),
        Err(problem) => settings(visit, "", "sign-out", Some(problem)),
    }
}

/// POST /settings/delete
pub(in crate::serve::ui) fn delete(visit: &Visit<'_>) -> Reply {
    match own::leave(visit) {
        Ok(()) => Reply::to("/").without_session(),
        Err(problem) => settings(visit, "", "delete", Some(problem)),
    }
}

fn settings(
    visit: &Visit<'_>,
    done: &'static str,
    form: &'static str,
    problem: Option<Problem>,
) -> Reply {
    let Some(account) = visit.account().cloned() else {
        return super::message::stale(visit);
    };
    let Account {
        name, display_name, ..
    } = account.clone();
    let mut f = visit.frame("settings");
    "/settings".clone_into(&mut f.here);
    let settings = Settings {
        f,
        a: accounts::Words::of(visit.request.language),
        face: Face::of(&account),
        display_name: match form {
            "name" => visit.field("name").to_owned(),
            _ => display_name,
        },
        name,
        done,
        form,
        problem: problem.clone(),
    };
    match problem {
        Some(problem) => page_with(&problem, &settings),
        None => page(200, &settings),
    }
}
