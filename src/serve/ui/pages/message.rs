//! Pages with one sentence: not found, not for you, something went wrong.

use super::page;
use crate::serve::ui::frame::Frame;
use crate::serve::ui::icons;
use crate::serve::ui::problem::Problem;
use crate::serve::ui::reply::Reply;
use crate::serve::ui::request::Refusal;
use crate::serve::ui::routes::{Access, Visit};
use crate::serve::ui::screen::Screen;
use crate::serve::ui::words::Language;
use askama::Template;

#[derive(Template)]
#[template(path = "message.html")]
struct Message {
    f: Frame,
    title: &'static str,
    more: String,
    /// Where a log-in leads.
    next: String,
}

pub(in crate::serve::ui) fn not_found(visit: &Visit<'_>) -> Reply {
    let w = visit.words();
    if visit.request.is_api() {
        return Problem::not_found(w).reply();
    }
    // What is for the family looks like nothing to everybody else: a way in is offered on every such page.
    let more = match visit.account() {
        Some(_) => w.not_found_more.to_owned(),
        None => {
            let gap = visit.frame("").between_sentences();
            format!("{}{gap}{}", w.not_found_more, visit.say().members_log_in)
        }
    };
    message(visit, 404, w.not_found, &more)
}

pub(in crate::serve::ui) fn stale(visit: &Visit<'_>) -> Reply {
    let w = visit.words();
    message(visit, 403, w.stale, w.stale_more)
}

/// Why a form was not taken, on a page of its own.
pub(in crate::serve::ui) fn problem(visit: &Visit<'_>, problem: &Problem) -> Reply {
    match problem.status {
        404 => not_found(visit),
        status => message(visit, status, visit.words().malformed, &problem.text),
    }
}

/// For somebody whose role a page is not for.
pub(in crate::serve::ui) fn forbidden(visit: &Visit<'_>, access: Access) -> Reply {
    let w = visit.words();
    match access {
        Access::Publisher => message(visit, 403, w.may_not_publish, w.may_not_publish_more),
        _ => message(visit, 403, w.owner_only, w.owner_only_more),
    }
}

fn message(visit: &Visit<'_>, status: u16, title: &'static str, more: &str) -> Reply {
    if visit.request.screen == Screen::Tv {
        return super::tv::message(visit, status, title, more);
    }
    let message = Message {
        f: visit.frame(""),
        title,
        more: more.to_owned(),
        next: visit.request.path.clone(),
    };
    page(status, &message)
}

/// For requests of which not even the language could be read.
pub(in crate::serve::ui) fn refused(refusal: Refusal) -> Reply {
    let f = Frame::new(Language::English, None, "");
    let message = Message {
        title: f.w.malformed,
        more: f.w.malformed_more.to_owned(),
        next: String::new(),
        f,
    };
    page(refusal.status(), &message)
}

/// The handler itself failed, so nothing of the request is used.
pub(in crate::serve::ui) fn failed() -> Reply {
    let f = Frame::new(Language::English, None, "");
    let title = f.w.failed;
    let message = Message {
        title,
        more: f.w.failed_more.to_owned(),
        next: String::new(),
        f,
    };
    let html = message.render();
    Reply::html(500, html.unwrap_or_else(|_| title.to_owned()))
}
