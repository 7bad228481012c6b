//! `/setup`, `/login`, `/logout`: the ways in and out.

use super::{addresses, page, page_with, said_of};
use crate::people::{LogInError, NameError, PasswordError, PeopleError, Role};
use crate::serve::ui::accounts::door;
use crate::serve::ui::addresses::Addresses;
use crate::serve::ui::frame::Frame;
use crate::serve::ui::icons;
use crate::serve::ui::problem::Problem;
use crate::serve::ui::qr::Qr;
use crate::serve::ui::reply::Reply;
use crate::serve::ui::routes::Visit;
use crate::serve::ui::screen::Screen;
use crate::serve::ui::words::{Words, accounts, fill, first_run};
use crate::store::StoreError;
use askama::Template;

#[derive(Template)]
#[template(path = "login.html")]
pub(super) struct LogIn {
    f: Frame,
    a: &'static accounts::Words,
    /// Somebody who has no account may make one.
    may_join: bool,
    pub(super) name: String,
    pub(super) next: String,
    pub(super) problem: String,
    pub(super) is_slow: bool,
}

#[derive(Template)]
#[template(path = "setup.html")]
struct Setup {
    f: Frame,
    a: &'static accounts::Words,
    /// Who may join: `invited`, `open` or `closed`.
    joining: String,
    r: &'static first_run::Words,
    /// How the box may be owned now.
    how: String,
    asks_code: bool,
    problems: Vec<String>,
    code: String,
    name: String,
    address: String,
    asks_address: bool,
    problem: String,
    code_error: String,
    name_error: String,
    address_error: String,
    password_error: String,
}

#[derive(Template)]
#[template(path = "setup-done.html")]
struct SetupDone {
    f: Frame,
    a: &'static accounts::Words,
    addresses: Addresses,
    /// Of the address that needs no name to be found.
    qr: Option<Qr>,
    qr_label: String,
}

#[derive(Template)]
#[template(path = "setup-taken.html")]
struct SetupTaken {
    f: Frame,
}

/// GET /login
pub(in crate::serve::ui) fn show_login(visit: &Visit<'_>) -> Reply {
    let next = visit.request.query.get("next");
    match visit.account() {
        Some(me) if next.is_empty() && visit.request.screen == Screen::Tv => {
            return super::tv::account(visit, me);
        }
        Some(_) => return Reply::to(safe_next(next)),
        None => {}
    }
    let form = LogIn {
        f: visit.frame(""),
        a: accounts::Words::of(visit.request.language),
        may_join: visit.house.people.may_join(visit.is_home()),
        name: String::new(),
        next: next.to_owned(),
        problem: String::new(),
        is_slow: false,
    };
    ask_log_in(visit, 200, &form)
}

fn ask_log_in(visit: &Visit<'_>, status: u16, form: &LogIn) -> Reply {
    match visit.request.screen {
        Screen::Tv => super::tv::log_in(visit, status, form),
        Screen::Usual | Screen::OldTv => page(status, form),
    }
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
        a: accounts::Words::of(visit.request.language),
        may_join: visit.house.people.may_join(visit.is_home()),
        name: name.to_owned(),
        next: visit.field("next").to_owned(),
        problem,
        is_slow: matches!(status, 429 | 503),
    };
    let reply = ask_log_in(visit, status, &form);
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
        return page(200, &form(visit, None));
    }
    let is_owner = visit
        .session
        .as_ref()
        .is_some_and(|s| s.account.role == Role::Owner);
    if is_owner && visit.request.query.has("done") {
        return page(200, &done(visit, f));
    }
    page(200, &SetupTaken { f })
}

fn done(visit: &Visit<'_>, f: Frame) -> SetupDone {
    let (a, addresses) = (
        accounts::Words::of(visit.request.language),
        addresses(visit),
    );
    let surest = addresses.surest_page();
    SetupDone {
        qr: Qr::of(surest),
        qr_label: fill(a.qr_of, &[("address", surest)]),
        addresses,
        f,
        a,
    }
}

/// POST /setup
pub(in crate::serve::ui) fn claim(visit: &Visit<'_>) -> Reply {
    match door::claim_box(visit) {
        Ok(added) => match visit.house.people.start_session(added.account, visit.now) {
            Some(token) => Reply::to("/setup?done").with_session(&token),
            None => Reply::to("/login"),
        },
        Err(problem) if problem.status == 409 => {
            let f = visit.frame("");
            page(409, &SetupTaken { f })
        }
        Err(problem) => page_with(&problem, &form(visit, Some(&problem))),
    }
}

/// The form; again with each sentence beside the field that it is about.
fn form(visit: &Visit<'_>, problem: Option<&Problem>) -> Setup {
    let typed = |field| visit.field(field).to_owned();
    let said = |field| said_of(problem, field).to_owned();
    let r = first_run::Words::of(visit.request.language);
    let minutes = visit.setup_open_ms().div_ceil(60_000);
    let address_error = said("address");
    Setup {
        f: visit.frame(""),
        a: accounts::Words::of(visit.request.language),
        joining: typed("joining"),
        r,
        how: match minutes {
            0 => r.closed.to_owned(),
            minutes => fill(r.open, &[("m", &minutes.to_string())]),
        },
        asks_code: minutes == 0,
        problems: visit.house.settings.problems.clone(),
        code: typed("code"),
        name: typed("name"),
        address: typed("address"),
        asks_address: !address_error.is_empty() || visit.request.form.has("address"),
        problem: said(""),
        code_error: said("code"),
        name_error: said("name"),
        address_error,
        password_error: said("password"),
    }
}

/// What a person is told about a refused change.
pub(in crate::serve::ui) fn sentence(w: &'static Words, error: &PeopleError) -> &'static str {
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

pub(in crate::serve::ui) fn status_of(error: &PeopleError) -> u16 {
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
    let is_own = ["/studio", "/settings", "/admin", "/wifi"].contains(&next)
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
        for own in ["/studio", "/settings", "/admin", "/wifi", "/@anna"] {
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
