//! Why a deed on a channel was refused, in words.

use crate::people::{CommentError, LogInError, NameError, PeopleError, PictureError, Role};
use crate::serve::ui::pages::doors;
use crate::serve::ui::problem::Problem;
use crate::serve::ui::routes::Visit;
use crate::serve::ui::words::fill;

pub(super) fn of_people(visit: &Visit<'_>, error: &PeopleError) -> Problem {
    let (w, s) = (visit.words(), visit.say());
    match error {
        PeopleError::Unknown(_) => Problem::not_found(w),
        PeopleError::NotAllowed => Problem::forbidden(w),
        PeopleError::Text { what: "title", .. } => invalid(s.bad_title).at("title"),
        PeopleError::Text {
            what: "description",
            ..
        } => invalid(s.bad_description).at("description"),
        PeopleError::Text { what: "tags", .. } => invalid(s.bad_tags).at("tags"),
        PeopleError::Text { .. } => invalid(s.bad_phrase).at("phrase"),
        _ => Problem::new(
            doors::status_of(error),
            "refused",
            doors::sentence(w, error),
        ),
    }
}

pub(super) fn of_picture(visit: &Visit<'_>, error: &PictureError) -> Problem {
    let s = visit.say();
    let problem = match error {
        PictureError::People(error) => of_people(visit, error),
        PictureError::TooLarge(_) | PictureError::TooWide { .. } => {
            Problem::new(413, "too_large", s.picture_large)
        }
        _ => invalid(s.picture_failed),
    };
    problem.at("picture")
}

pub(super) fn of_log_in(visit: &Visit<'_>, error: &LogInError, wrong: &str) -> Problem {
    let w = visit.words();
    match error {
        LogInError::Wrong => Problem::new(422, "wrong", wrong),
        LogInError::Slow(s) => {
            let text = fill(w.slow, &[("s", &s.to_string())]);
            Problem::new(429, "slow", text).after(*s)
        }
        LogInError::Busy => Problem::new(503, "busy", w.busy).after(1),
        _ => Problem::new(500, "failed", w.failed),
    }
}

pub(super) fn of_comment(visit: &Visit<'_>, error: &CommentError) -> Problem {
    let (w, s) = (visit.words(), visit.say());
    match error {
        CommentError::Unknown => Problem::not_found(w),
        CommentError::Role => {
            let role = visit.account().map(|me| me.role);
            Problem::new(403, "role", why_not(visit, role))
        }
        CommentError::Muted => Problem::new(403, "muted", s.comment_muted),
        CommentError::Slow { wait_ms } => {
            let seconds = u32::try_from(wait_ms.div_ceil(1000)).unwrap_or(u32::MAX);
            let text = fill(s.comment_wait, &[("s", &seconds.to_string())]);
            Problem::new(429, "slow", text).at("text").after(seconds)
        }
        CommentError::Text(NameError::Length) => invalid(s.comment_long).at("text"),
        CommentError::Text(_) => invalid(s.comment_empty).at("text"),
        _ => Problem::new(500, "failed", w.card_failed),
    }
}

/// Why somebody of this role has no field for comments; empty if they may have one.
pub(super) fn why_not(visit: &Visit<'_>, role: Option<Role>) -> &'static str {
    match role {
        None => visit.say().comment_log_in,
        Some(Role::Guest) => visit.say().comment_guest,
        Some(Role::Child) => visit.say().comment_child,
        Some(Role::Owner | Role::Member) => "",
    }
}

fn invalid(text: &str) -> Problem {
    Problem::new(422, "invalid", text)
}
