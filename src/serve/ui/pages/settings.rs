//! `/settings`: a person's own account.

use super::doors::{sentence, status_of};
use super::page;
use crate::people::{Account, LogInError, PasswordError, PeopleError, check_password};
use crate::serve::ui::frame::Frame;
use crate::serve::ui::icons;
use crate::serve::ui::reply::Reply;
use crate::serve::ui::routes::Visit;
use crate::serve::ui::words::fill;
use askama::Template;

#[derive(Template)]
#[template(path = "settings.html")]
struct Settings {
    f: Frame,
    name: String,
    display_name: String,
    done: &'static str,
    problem: String,
    name_error: &'static str,
    password_error: &'static str,
    new_error: &'static str,
}

/// GET /settings
pub(in crate::serve::ui) fn show(visit: &Visit<'_>) -> Reply {
    let Some(account) = me(visit) else {
        return super::message::stale(visit);
    };
    let w = visit.words();
    let done = match visit.request.query.get("done") {
        "name" => w.saved,
        "password" => w.password_changed,
        _ => "",
    };
    page(
        200,
        &Settings {
            done,
            ..form(visit, account)
        },
    )
}

/// POST /settings/name
pub(in crate::serve::ui) fn set_name(visit: &Visit<'_>) -> Reply {
    let Some(account) = me(visit) else {
        return super::message::stale(visit);
    };
    let typed = visit.field("name");
    match visit.house.people.set_display_name(account.id, typed) {
        Ok(()) => Reply::to("/settings?done=name"),
        Err(error) => {
            let wrong = Settings {
                name_error: sentence(visit.words(), &error),
                display_name: typed.to_owned(),
                ..form(visit, account)
            };
            page(status_of(&error), &wrong)
        }
    }
}

/// POST /settings/password
pub(in crate::serve::ui) fn set_password(visit: &Visit<'_>) -> Reply {
    let Some(account) = me(visit) else {
        return super::message::stale(visit);
    };
    let (people, id, new) = (&visit.house.people, account.id, visit.field("new"));
    if let Err(error) = check_password(new) {
        return new_refused(visit, account, &error.into());
    }
    let confirmed =
        people.confirm_password(id, visit.field("password"), visit.request.peer, visit.now);
    if let Err(error) = confirmed {
        return not_confirmed(visit, account, &error);
    }
    if let Err(error) = people.set_password(id, new) {
        return new_refused(visit, account, &error);
    }
    match people.start_session(id, visit.now) {
        Some(token) => Reply::to("/settings?done=password").with_session(&token),
        None => Reply::to("/login"),
    }
}

fn me(visit: &Visit<'_>) -> Option<Account> {
    visit
        .session
        .as_ref()
        .map(|session| session.account.clone())
}

fn form(visit: &Visit<'_>, account: Account) -> Settings {
    Settings {
        f: visit.frame("settings"),
        name: account.name,
        display_name: account.display_name,
        done: "",
        problem: String::new(),
        name_error: "",
        password_error: "",
        new_error: "",
    }
}

fn new_refused(visit: &Visit<'_>, account: Account, error: &PeopleError) -> Reply {
    let (sentence, form) = (sentence(visit.words(), error), form(visit, account));
    let again = match error {
        PeopleError::Password(PasswordError::Short | PasswordError::Long) => Settings {
            new_error: sentence,
            ..form
        },
        _ => Settings {
            problem: sentence.to_owned(),
            ..form
        },
    };
    page(status_of(error), &again)
}

fn not_confirmed(visit: &Visit<'_>, account: Account, error: &LogInError) -> Reply {
    let (w, form) = (visit.words(), form(visit, account));
    let (status, password_error, problem) = match error {
        LogInError::Wrong => (422, w.wrong_password, String::new()),
        LogInError::Slow(s) => (429, "", fill(w.slow, &[("s", &s.to_string())])),
        LogInError::Busy => (503, "", w.busy.to_owned()),
        LogInError::System(_) => (500, "", w.failed.to_owned()),
    };
    let again = Settings {
        password_error,
        problem,
        ..form
    };
    page(status, &again)
}
