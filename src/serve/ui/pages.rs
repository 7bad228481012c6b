//! Pages: each makes its plain values here and its HTML from a template.

pub(super) mod admin;
pub(super) mod doors;
pub(super) mod home;
pub(super) mod join;
pub(super) mod keys;
pub(super) mod message;
pub(super) mod player;
pub(super) mod reset;
pub(super) mod settings;
pub(super) mod studio;
pub(super) mod tv;
pub(super) mod watch;
pub(super) mod wifi;

use super::problem::Problem;
use super::reply::Reply;
use super::routes::Visit;
use askama::Template;

pub(super) fn page(status: u16, template: &impl Template) -> Reply {
    match template.render() {
        Ok(html) => Reply::html(status, html),
        Err(error) => {
            log::error!("a page could not be written: {error}");
            message::failed()
        }
    }
}

fn addresses(visit: &Visit<'_>) -> super::addresses::Addresses {
    let settings = &visit.house.settings;
    let (http, rtmp) = (settings.http_port, settings.rtmp_port);
    super::addresses::Addresses::new(&visit.request.host, visit.request.peer, http, rtmp)
}

/// A page that shows a problem: its status, and when to try again.
fn page_with(problem: &Problem, template: &impl Template) -> Reply {
    let reply = page(problem.status, template);
    match problem.retry_after {
        Some(seconds) => reply.with("Retry-After", seconds.to_string()),
        None => reply,
    }
}

/// What a page says of one field, or of the whole form under an empty name; empty without such a problem.
fn said_of<'a>(problem: Option<&'a Problem>, field: &str) -> &'a str {
    problem
        .filter(|problem| problem.field == field)
        .map_or("", |problem| &problem.text)
}
