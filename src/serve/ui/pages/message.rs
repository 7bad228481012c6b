//! Pages with one sentence: not found, not for you, something went wrong.

use super::page;
use crate::serve::ui::api;
use crate::serve::ui::frame::Frame;
use crate::serve::ui::icons;
use crate::serve::ui::reply::Reply;
use crate::serve::ui::request::Refusal;
use crate::serve::ui::routes::Visit;
use crate::serve::ui::words::Language;
use askama::Template;

#[derive(Template)]
#[template(path = "message.html")]
struct Message {
    f: Frame,
    title: &'static str,
    more: &'static str,
}

pub(in crate::serve::ui) fn not_found(visit: &Visit<'_>) -> Reply {
    if visit.request.path.starts_with("/api/") {
        return api::problem(404, "no such address");
    }
    let w = visit.words();
    message(visit, 404, w.not_found, w.not_found_more)
}

pub(in crate::serve::ui) fn stale(visit: &Visit<'_>) -> Reply {
    let w = visit.words();
    message(visit, 403, w.stale, w.stale_more)
}

pub(in crate::serve::ui) fn forbidden(visit: &Visit<'_>) -> Reply {
    let w = visit.words();
    message(visit, 403, w.may_not_publish, w.may_not_publish_more)
}

fn message(visit: &Visit<'_>, status: u16, title: &'static str, more: &'static str) -> Reply {
    let f = visit.frame("");
    page(status, &Message { f, title, more })
}

/// For requests of which not even the language could be read.
pub(in crate::serve::ui) fn refused(refusal: Refusal) -> Reply {
    let status = match refusal {
        Refusal::Method => 405,
        Refusal::Malformed => 400,
        Refusal::TooLarge => 413,
        Refusal::NotAForm => 415,
    };
    let f = Frame::new(Language::English, None, "");
    let (title, more) = (f.w.malformed, f.w.malformed_more);
    page(status, &Message { f, title, more })
}

/// The handler itself failed, so nothing of the request is used.
pub(in crate::serve::ui) fn failed() -> Reply {
    let f = Frame::new(Language::English, None, "");
    let (title, more) = (f.w.failed, f.w.failed_more);
    let html = Message { f, title, more }.render();
    Reply::html(500, html.unwrap_or_else(|_| title.to_owned()))
}
