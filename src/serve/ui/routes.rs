//! Every route in one table: who may ask for it, and what answers.

use super::channels::Channels;
use super::frame::Frame;
use super::reply::Reply;
use super::request::{Method, Refusal, Request};
use super::words::Words;
use super::{UiSettings, api, pages};
use crate::limits::people::{
    SETUP_WAIT, THROTTLED_ADDRESSES_MAX, TRIES_OF_SETUP_CODE, TRIES_WINDOW,
};
use crate::people::throttle::{Pace, Throttle};
use crate::people::{People, Session};
use crate::time::Mono;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use subtle::ConstantTimeEq as _;

/// Who may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Everybody on the home network.
    Anyone,
    /// Who has logged in.
    LoggedIn,
}

type Handler = fn(&Visit<'_>) -> Reply;

/// One row of the table. In a pattern `{name}` stands for one NAME.
pub struct Route {
    /// GET or POST.
    pub method: Method,
    /// Path.
    pub pattern: &'static str,
    /// Who may ask.
    pub access: Access,
    answer: Handler,
}

impl std::fmt::Debug for Route {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} {} ({:?})", self.method, self.pattern, self.access)
    }
}

const fn get(pattern: &'static str, access: Access, answer: Handler) -> Route {
    Route {
        method: Method::Get,
        pattern,
        access,
        answer,
    }
}

const fn post(pattern: &'static str, access: Access, answer: Handler) -> Route {
    Route {
        method: Method::Post,
        ..get(pattern, access, answer)
    }
}

/// All of them.
pub static ROUTES: &[Route] = &[
    get("/", Access::Anyone, pages::home::show),
    get("/@{name}", Access::Anyone, pages::watch::show),
    get("/login", Access::Anyone, pages::doors::show_login),
    post("/login", Access::Anyone, pages::doors::log_in),
    post("/logout", Access::LoggedIn, pages::doors::log_out),
    get("/setup", Access::Anyone, pages::doors::show_setup),
    post("/setup", Access::Anyone, pages::doors::claim),
    get("/studio", Access::LoggedIn, pages::studio::show),
    get("/studio/now", Access::LoggedIn, pages::studio::show_now),
    post(
        "/studio/replace",
        Access::LoggedIn,
        pages::studio::replace_key,
    ),
    post(
        "/studio/switch",
        Access::LoggedIn,
        pages::studio::allow_switch,
    ),
    get("/settings", Access::LoggedIn, pages::settings::show),
    post(
        "/settings/name",
        Access::LoggedIn,
        pages::settings::set_name,
    ),
    post(
        "/settings/password",
        Access::LoggedIn,
        pages::settings::set_password,
    ),
    get("/api/v1/channels", Access::Anyone, api::channels),
    get("/api/v1/channels/{name}", Access::Anyone, api::channel),
    get("/api/v1/time", Access::Anyone, api::time),
];

/// What all answers come from.
pub(super) struct House {
    pub(super) people: Arc<People>,
    pub(super) channels: Arc<dyn Channels>,
    pub(super) settings: UiSettings,
    pub(super) setup_tries: Mutex<Throttle<IpAddr>>,
}

impl House {
    pub(super) fn new(
        people: Arc<People>,
        channels: Arc<dyn Channels>,
        settings: UiSettings,
    ) -> House {
        let pace = Pace {
            tries: TRIES_OF_SETUP_CODE,
            window: TRIES_WINDOW,
            wait: SETUP_WAIT,
            keys_max: THROTTLED_ADDRESSES_MAX,
        };
        House {
            people,
            channels,
            settings,
            setup_tries: Mutex::new(Throttle::new(pace)),
        }
    }

    /// Answers a request that could be read, or says why it could not.
    pub(super) fn answer(&self, request: &Result<Request, Refusal>) -> Reply {
        match request {
            Ok(request) => self.route(request),
            Err(refusal) => pages::message::refused(*refusal),
        }
    }

    fn route(&self, request: &Request) -> Reply {
        let now = self.channels.now();
        let token = request.session.as_deref();
        let session = token.and_then(|token| self.people.session(token, now));
        let of_path = ROUTES
            .iter()
            .filter_map(|route| Some((route, matched(route.pattern, &request.path)?)));
        let mut of_path = of_path.peekable();
        let is_known = of_path.peek().is_some();
        let found = of_path.find(|(route, _)| route.method == request.method);
        let visit = Visit {
            house: self,
            request,
            session,
            name: found.map_or("", |(_, name)| name),
            now,
        };
        let reply = match found {
            Some((route, _)) => visit.admitted(route),
            None if is_known => pages::message::refused(Refusal::Method),
            None => pages::message::not_found(&visit),
        };
        visit.with_cookies(reply)
    }
}

/// The NAME in a path that fits the pattern; empty where the pattern has none.
fn matched<'a>(pattern: &str, path: &'a str) -> Option<&'a str> {
    match pattern.split_once("{name}") {
        None => (pattern == path).then_some(""),
        Some((before, _)) => {
            let name = path.strip_prefix(before)?;
            crate::people::names::check_name(name)
                .is_ok()
                .then_some(name)
        }
    }
}

/// One request on its way to one answer.
pub(super) struct Visit<'a> {
    pub(super) house: &'a House,
    pub(super) request: &'a Request,
    pub(super) session: Option<Session>,
    /// The NAME in the path.
    pub(super) name: &'a str,
    pub(super) now: Mono,
}

impl Visit<'_> {
    pub(super) fn frame(&self, tab: &'static str) -> Frame {
        Frame::new(self.request.language, self.session.as_ref(), tab)
    }

    pub(super) fn words(&self) -> &'static Words {
        self.request.language.words()
    }

    /// One form field.
    pub(super) fn field(&self, name: &str) -> &str {
        self.request.form.get(name)
    }

    /// Does the box wait for its owner?
    pub(super) fn setup_code(&self) -> Option<&str> {
        let code = self.house.settings.setup_code.as_deref()?;
        (!self.house.people.has_owner()).then_some(code)
    }

    fn admitted(&self, route: &Route) -> Reply {
        if route.access == Access::LoggedIn && self.session.is_none() {
            return match route.method {
                Method::Get => Reply::to(&format!("/login?next={}", self.request.path)),
                Method::Post => pages::message::stale(self),
            };
        }
        if route.method == Method::Post && !self.is_meant() {
            return pages::message::stale(self);
        }
        (route.answer)(self)
    }

    /// Was this form sent by one of our own pages, in this session?
    fn is_meant(&self) -> bool {
        let token_fits = self.session.as_ref().is_none_or(|session| {
            let is_public = matches!(self.request.path.as_str(), "/login" | "/setup");
            let token = self.field("token").as_bytes();
            is_public || bool::from(session.form_token.as_bytes().ct_eq(token))
        });
        self.request.is_same_origin && token_fits
    }

    fn with_cookies(&self, reply: Reply) -> Reply {
        let reply = match self.request.language_chosen {
            true => reply.with_language(self.request.language),
            false => reply,
        };
        match &self.session {
            Some(session) if session.is_aging && self.request.method == Method::Get => {
                let fresh = self
                    .house
                    .people
                    .start_session(session.account.id, self.now);
                fresh.map_or(reply.clone(), |token| reply.with_session(&token))
            }
            _ => reply,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_take_names_and_nothing_else() {
        assert_eq!(matched("/@{name}", "/@anna"), Some("anna"));
        assert_eq!(matched("/", "/"), Some(""));
        for path in ["/@", "/@Anna", "/@an/na", "/@anna/", "/@..", "/anna"] {
            assert_eq!(matched("/@{name}", path), None, "{path}");
        }
    }

    #[test]
    fn no_two_routes_claim_the_same_request() {
        for (at, route) in ROUTES.iter().enumerate() {
            let path = route.pattern.replace("{name}", "anna");
            let first = ROUTES
                .iter()
                .position(|r| r.method == route.method && matched(r.pattern, &path).is_some());
            assert_eq!(first, Some(at), "{route:?}");
        }
    }
}
