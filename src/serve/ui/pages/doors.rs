//! `/setup`, `/login`, `/logout`: the ways in and out.

use super::{addresses, page};
use crate::people::{
    Added, LogInError, NameError, NewAccount, PasswordError, PeopleError, Role, setup,
};
use crate::serve::ui::addresses::Addresses;
use crate::serve::ui::frame::Frame;
use crate::serve::ui::icons;
use crate::serve::ui::reply::Reply;
use crate::serve::ui::routes::Visit;
use crate::serve::ui::words::{Words, fill};
use crate::store::StoreError;
use askama::Template;
use std::sync::PoisonError;

#[derive(Template)]
#[template(path = "login.html")]
struct LogIn {
    f: Frame,
    name: String,
    next: String,
    problem: String,
    is_slow: bool,
}

#[derive(Template)]
#[template(path = "setup.html")]
struct Setup {
    f: Frame,
    code: String,
    name: String,
    address: String,
    asks_address: bool,
    problem: String,
    code_error: &'static str,
    name_error: &'static str,
    address_error: &'static str,
    password_error: &'static str,
}

#[derive(Template)]
#[template(path = "setup-done.html")]
struct SetupDone {
    f: Frame,
    addresses: Addresses,
}

#[derive(Template)]
#[template(path = "setup-taken.html")]
struct SetupTaken {
    f: Frame,
}

/// GET /login
pub(in crate::serve::ui) fn show_login(visit: &Visit<'_>) -> Reply {
    let next = visit.request.query.get("next");
    if visit.session.is_some() {
        return Reply::to(safe_next(next));
    }
    let form = LogIn {
        f: visit.frame(""),
        name: String::new(),
        next: next.to_owned(),
        problem: String::new(),
        is_slow: false,
    };
    page(200, &form)
}

/// POST /login
pub(in crate::serve::ui) fn log_in(visit: &Visit<'_>) -> Reply {
    let (name, password) = (visit.field("name"), visit.field("password"));
    let people = &visit.house.people;
    let account = people.log_in(name, password, visit.request.peer, visit.now);
    let w = visit.words();
    let (status, problem) = match account {
        Ok(id) => match people.start_session(id, visit.now) {
            Some(token) => return Reply::to(safe_next(visit.field("next"))).with_session(&token),
            None => (500, w.failed.to_owned()),
        },
        Err(LogInError::Wrong) => (401, w.wrong_log_in.to_owned()),
        Err(LogInError::Slow(s)) => (429, fill(w.slow, &[("s", &s.to_string())])),
        Err(LogInError::Busy) => (503, w.busy.to_owned()),
        Err(LogInError::System(_)) => (500, w.failed.to_owned()),
    };
    let form = LogIn {
        f: visit.frame(""),
        name: name.to_owned(),
        next: visit.field("next").to_owned(),
        problem,
        is_slow: matches!(status, 429 | 503),
    };
    let reply = page(status, &form);
    match status {
        429 | 503 => reply.with("Retry-After", "30"),
        _ => reply,
    }
}

/// POST /logout
pub(in crate::serve::ui) fn log_out(_: &Visit<'_>) -> Reply {
    Reply::to("/").without_session()
}

/// GET /setup
pub(in crate::serve::ui) fn show_setup(visit: &Visit<'_>) -> Reply {
    let f = visit.frame("");
    if visit.setup_code().is_some() {
        return page(200, &form(visit, "", false));
    }
    let is_owner = visit
        .session
        .as_ref()
        .is_some_and(|s| s.account.role == Role::Owner);
    if is_owner && visit.request.query.has("done") {
        let addresses = addresses(visit);
        return page(200, &SetupDone { f, addresses });
    }
    page(200, &SetupTaken { f })
}

/// POST /setup
pub(in crate::serve::ui) fn claim(visit: &Visit<'_>) -> Reply {
    let Some(code) = visit.setup_code() else {
        let f = visit.frame("");
        return page(409, &SetupTaken { f });
    };
    if let Some(refused) = code_refused(visit, code) {
        return refused;
    }
    let address = visit.field("address");
    let new = NewAccount {
        display_name: visit.field("name"),
        name: Some(address),
        password: visit.field("password"),
        role: Role::Owner,
    };
    match visit.house.people.claim_owner(new) {
        Ok(added) => enter(visit, &added),
        Err(PeopleError::OwnerExists) => {
            let f = visit.frame("");
            page(409, &SetupTaken { f })
        }
        Err(error) => page(status_of(&error), &form_with(visit, &error)),
    }
}

fn code_refused(visit: &Visit<'_>, code: &str) -> Option<Reply> {
    let tries = &visit.house.setup_tries;
    let mut tries = tries.lock().unwrap_or_else(PoisonError::into_inner);
    let (peer, w) = (visit.request.peer.to_canonical(), visit.words());
    if let Some(seconds) = tries.wait(&peer, visit.now) {
        let problem = fill(w.slow, &[("s", &seconds.to_string())]);
        return Some(page(429, &form(visit, &problem, false)).with("Retry-After", "60"));
    }
    if setup::code_matches(code, visit.field("code")) {
        return None;
    }
    tries.failed(&peer, visit.now);
    let wrong = Setup {
        code_error: w.wrong_code,
        ..form(visit, "", false)
    };
    Some(page(403, &wrong))
}

fn enter(visit: &Visit<'_>, added: &Added) -> Reply {
    log::info!("{} owns this box now", added.name);
    match visit.house.people.start_session(added.account, visit.now) {
        Some(token) => Reply::to("/setup?done").with_session(&token),
        None => Reply::to("/login"),
    }
}

fn form(visit: &Visit<'_>, problem: &str, asks_address: bool) -> Setup {
    let typed = |field| visit.field(field).to_owned();
    Setup {
        f: visit.frame(""),
        code: typed("code"),
        name: typed("name"),
        address: typed("address"),
        asks_address: asks_address || visit.request.form.has("address"),
        problem: problem.to_owned(),
        code_error: "",
        name_error: "",
        address_error: "",
        password_error: "",
    }
}

/// The form again, with the sentence beside the field that it is about.
fn form_with(visit: &Visit<'_>, error: &PeopleError) -> Setup {
    let w = visit.words();
    let sentence = sentence(w, error);
    let asks_address = matches!(
        error,
        PeopleError::NoAddress | PeopleError::Name(_) | PeopleError::Taken
    );
    let empty = form(visit, "", asks_address);
    match error {
        PeopleError::DisplayName(_) => Setup {
            name_error: sentence,
            ..empty
        },
        PeopleError::NoAddress | PeopleError::Name(_) | PeopleError::Taken => Setup {
            address_error: sentence,
            ..empty
        },
        PeopleError::Password(PasswordError::Short | PasswordError::Long) => Setup {
            password_error: sentence,
            ..empty
        },
        _ => form(visit, sentence, false),
    }
}

/// What a person is told about a refused change.
pub(super) fn sentence(w: &'static Words, error: &PeopleError) -> &'static str {
    match error {
        PeopleError::DisplayName(_) => w.bad_display_name,
        PeopleError::Name(NameError::Reserved) => w.reserved_address,
        PeopleError::Name(_) => w.bad_address,
        PeopleError::NoAddress => w.address_needed,
        PeopleError::Taken => w.taken,
        PeopleError::Password(PasswordError::Short) => w.short_password,
        PeopleError::Password(PasswordError::Long) => w.long_password,
        PeopleError::Password(PasswordError::Busy) => w.busy,
        PeopleError::Full(_) | PeopleError::Store(StoreError::Full(_)) => w.no_room,
        PeopleError::Store(StoreError::Io(_)) => w.card_failed,
        _ => w.not_saved,
    }
}

pub(super) fn status_of(error: &PeopleError) -> u16 {
    match error {
        PeopleError::Password(PasswordError::Busy) => 503,
        PeopleError::Full(_) | PeopleError::Store(StoreError::Full(_)) => 507,
        PeopleError::Password(PasswordError::System(_))
        | PeopleError::Store(_)
        | PeopleError::Random => 500,
        _ => 422,
    }
}

/// Where a log-in leads: one of our own pages, never another host.
fn safe_next(next: &str) -> &str {
    let is_own = ["/studio", "/settings"].contains(&next)
        || next
            .strip_prefix("/@")
            .is_some_and(|n| crate::people::names::check_name(n).is_ok());
    if is_own { next } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_in_leads_to_our_own_pages_only() {
        for own in ["/studio", "/settings", "/@anna"] {
            assert_eq!(safe_next(own), own);
        }
        for other in [
            "",
            "//evil.example",
            "/\\evil.example",
            "http://evil.example",
            "/@a/../x",
        ] {
            assert_eq!(safe_next(other), "/");
        }
    }
}
