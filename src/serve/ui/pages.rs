//! Pages: each makes its plain values here and its HTML from a template.

pub(super) mod doors;
pub(super) mod home;
pub(super) mod message;
pub(super) mod player;
pub(super) mod settings;
pub(super) mod studio;
pub(super) mod watch;

use super::reply::Reply;
use super::routes::Visit;
use askama::Template;

fn page(status: u16, template: &impl Template) -> Reply {
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
