//! What the people floor refuses, as a problem with its status, its word for programs and its field.

use crate::people::{JoinError, LogInError, PasswordError, PeopleError, PictureError};
use crate::serve::ui::pages::doors::{sentence, status_of};
use crate::serve::ui::problem::Problem;
use crate::serve::ui::routes::Visit;
use crate::serve::ui::words::{accounts, fill};

/// Seconds after which a box that was busy may be asked again.
const BUSY_S: u32 = 2;

/// A refused change. Passwords are the field `password` where the caller does not say otherwise.
pub(in crate::serve::ui) fn of(visit: &Visit<'_>, error: &PeopleError) -> Problem {
    let (w, a) = (visit.words(), accounts::Words::of(visit.request.language));
    let said = |code, field| Problem::new(status_of(error), code, sentence(w, error)).at(field);
    match error {
        PeopleError::LogIn(error) => of_log_in(visit, error, w.wrong_password),
        PeopleError::DisplayName(_) => said("display_name", "name"),
        PeopleError::NoAddress => said("address_needed", "address"),
        PeopleError::Name(_) => said("address", "address"),
        PeopleError::Taken => said("taken", "address"),
        PeopleError::Password(PasswordError::Busy) => said("busy", "").after(BUSY_S),
        PeopleError::Password(PasswordError::Short | PasswordError::Long) => {
            said("password", "password")
        }
        PeopleError::Link => Problem::new(410, "link", a.link_spent),
        PeopleError::LastOwner => Problem::new(409, "last_owner", a.only_owner),
        PeopleError::NotAllowed => Problem::forbidden(w),
        PeopleError::Unknown(_) => Problem::not_found(w),
        PeopleError::OwnerExists => Problem::new(409, "owner_exists", w.owned),
        PeopleError::Full("keys") => Problem::new(507, "full", a.too_many_keys).at("label"),
        PeopleError::Full(_) => said("full", ""),
        PeopleError::Text { what, .. } => Problem::new(422, "text", w.bad_display_name).at(what),
        PeopleError::Range { .. } => Problem::new(422, "range", w.malformed),
        _ => said("not_saved", ""),
    }
}

/// A wrong password, or too many tries. `wrong` says the first.
pub(in crate::serve::ui) fn of_log_in(
    visit: &Visit<'_>,
    error: &LogInError,
    wrong: &str,
) -> Problem {
    let w = visit.words();
    match error {
        LogInError::Wrong => Problem::new(422, "wrong_password", wrong).at("password"),
        LogInError::Slow(seconds) => slow(visit, *seconds),
        LogInError::Busy => Problem::new(503, "busy", w.busy).after(BUSY_S),
        LogInError::System(_) => Problem::new(500, "failed", w.failed),
    }
}

/// A refused joining.
pub(in crate::serve::ui) fn of_joining(visit: &Visit<'_>, error: &JoinError) -> Problem {
    let a = accounts::Words::of(visit.request.language);
    match error {
        JoinError::Closed => Problem::new(409, "closed", a.join_closed),
        JoinError::NotInvited => Problem::new(409, "not_invited", a.join_invited),
        JoinError::Spent => Problem::new(410, "invitation", a.join_spent),
        JoinError::Slow(seconds) => slow(visit, *seconds),
        JoinError::Account(error) => of(visit, error),
    }
}

/// A refused picture.
pub(in crate::serve::ui) fn of_picture(visit: &Visit<'_>, error: &PictureError) -> Problem {
    let a = accounts::Words::of(visit.request.language);
    match error {
        PictureError::TooLarge(_) => {
            Problem::new(413, "too_large", a.picture_too_large).at("picture")
        }
        PictureError::TooWide { .. } => {
            Problem::new(422, "too_wide", a.picture_too_large).at("picture")
        }
        PictureError::NoPicture => Problem::new(415, "no_picture", a.no_picture).at("picture"),
        PictureError::People(error) => of(visit, error),
    }
}

/// Too many tries.
pub(super) fn slow(visit: &Visit<'_>, seconds: u32) -> Problem {
    let text = fill(visit.words().slow, &[("s", &seconds.to_string())]);
    Problem::new(429, "slow", text).after(seconds)
}
