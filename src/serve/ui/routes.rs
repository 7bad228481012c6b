//! Every route in one table: who may ask for it, and what answers.

use super::channels::Channels;
use super::frame::Frame;
use super::pattern::{Places, matched};
use super::problem::Problem;
use super::reply::Reply;
use super::request::{Method, Origin, Refusal, Request};
use super::words::Words;
use super::{UiSettings, api as answers, notices, pages};
use crate::limits::people::{
    SETUP_WAIT, THROTTLED_ADDRESSES_MAX, TRIES_OF_SETUP_CODE, TRIES_WINDOW,
};
use crate::people::throttle::{Pace, Throttle};
use crate::people::{Account, People, Role, Session};
use crate::serve::edge::{Networks, Reach};
use crate::serve::wifi::is_on_access_point;
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
    /// Who may go live.
    Publisher,
    /// Who runs the house.
    Owner,
    /// The same; as long as nobody does, whoever is on the box's own access point.
    OwnerOrFirst,
}

/// What answers: a page, or the API, whose problems are JSON.
#[derive(Clone, Copy)]
enum Handler {
    Page(fn(&Visit<'_>) -> Reply),
    Api(fn(&Visit<'_>) -> Result<Reply, Problem>),
}

/// One row of the table. For the places in a pattern see `pattern.rs`.
pub struct Route {
    /// What is asked.
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

type Page = fn(&Visit<'_>) -> Reply;
type Api = fn(&Visit<'_>) -> Result<Reply, Problem>;

/// A page.
pub(super) const fn get(pattern: &'static str, access: Access, answer: Page) -> Route {
    Route {
        method: Method::Get,
        pattern,
        access,
        answer: Handler::Page(answer),
    }
}

/// A page's form.
pub(super) const fn post(pattern: &'static str, access: Access, answer: Page) -> Route {
    Route {
        method: Method::Post,
        ..get(pattern, access, answer)
    }
}

/// A row of the API.
pub(super) const fn api(
    method: Method,
    pattern: &'static str,
    access: Access,
    answer: Api,
) -> Route {
    Route {
        method,
        pattern,
        access,
        answer: Handler::Api(answer),
    }
}

/// All of them, group by group.
pub fn routes() -> impl Iterator<Item = &'static Route> {
    GROUPS.iter().copied().flatten()
}

/// Forms that who has logged in on another tab may still send: they ask for more than a session.
const DOORS: [&str; 5] = [
    "/login",
    "/setup",
    "/register",
    "/api/v1/session",
    "/api/v1/setup",
];

static GROUPS: &[&[Route]] = &[
    ROUTES,
    super::accounts::ROUTES,
    super::accounts::keys::ROUTES,
    super::channel::ROUTES,
    super::house::ROUTES,
    super::wifi::ROUTES,
];

static ROUTES: &[Route] = &[
    get("/", Access::Anyone, pages::home::show),
    get("/@{name}", Access::Anyone, pages::watch::show),
    get("/login", Access::Anyone, pages::doors::show_login),
    post("/login", Access::Anyone, pages::doors::log_in),
    post("/logout", Access::LoggedIn, pages::doors::log_out),
    get("/setup", Access::Anyone, pages::doors::show_setup),
    post("/setup", Access::Anyone, pages::doors::claim),
    get("/studio", Access::LoggedIn, pages::studio::show),
    get("/studio/now", Access::LoggedIn, pages::studio::show_now),
    get(
        "/studio/obs-profile.zip",
        Access::LoggedIn,
        pages::studio::obs_profile,
    ),
    post(
        "/studio/switch",
        Access::LoggedIn,
        pages::studio::allow_switch,
    ),
    api(
        Method::Get,
        "/api/v1/channels",
        Access::Anyone,
        answers::channels,
    ),
    api(
        Method::Get,
        "/api/v1/channels/{name}",
        Access::Anyone,
        answers::channel,
    ),
    api(
        Method::Get,
        "/api/v1/channels/{name}/health",
        Access::LoggedIn,
        answers::channel_health,
    ),
    api(
        Method::Get,
        "/api/v1/studio/health",
        Access::Publisher,
        answers::health,
    ),
    api(
        Method::Get,
        "/api/v1/studio/notices",
        Access::Publisher,
        notices::list,
    ),
    api(Method::Get, "/api/v1/time", Access::Anyone, answers::time),
    api(
        Method::Get,
        "/api/v1/openapi.json",
        Access::Anyone,
        answers::description,
    ),
];

/// What all answers come from.
pub(super) struct House {
    pub(super) people: Arc<People>,
    pub(super) channels: Arc<dyn Channels>,
    pub(super) settings: UiSettings,
    pub(super) setup_tries: Mutex<Throttle<IpAddr>>,
    /// Who is near enough to need no code for a while.
    networks: Networks,
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
            networks: Networks::new(Reach::Home),
        }
    }

    /// Answers a request that could be read, or says why it could not.
    pub(super) fn answer(&self, request: &Result<Request, Refusal>, is_api: bool) -> Reply {
        match request {
            Ok(request) => self.route(request),
            Err(refusal) if is_api => refusal.problem().reply(),
            Err(refusal) => pages::message::refused(*refusal),
        }
    }

    fn route(&self, request: &Request) -> Reply {
        let now = self.channels.now();
        let token = request.session.as_deref();
        let session = token.and_then(|token| self.people.session(token, now));
        if let Some(session) = &session
            && let Err(error) = self.people.is_here(session.account.id, now)
        {
            log::debug!("who was here is not written down: {error}");
        }
        let of_path =
            routes().filter_map(|route| Some((route, matched(route.pattern, &request.path)?)));
        let mut of_path: Vec<(&Route, Places)> = of_path.collect();
        let allowed: Vec<&str> = of_path.iter().map(|(r, _)| r.method.as_str()).collect();
        let of_method = of_path.iter().position(|(r, _)| r.method == request.method);
        let (route, places) = of_method.map(|at| of_path.swap_remove(at)).unzip();
        let visit = Visit {
            house: self,
            request,
            session,
            places: places.unwrap_or_default(),
            now,
            told: self.channels.told(),
        };
        let reply = match route {
            Some(route) => visit.admitted(route),
            None if allowed.is_empty() => pages::message::not_found(&visit),
            None => {
                let refusal = self.answer(&Err(Refusal::Method), request.is_api());
                refusal.with("Allow", allowed.join(", "))
            }
        };
        visit.with_cookies(reply)
    }
}

/// One request on its way to one answer.
pub(super) struct Visit<'a> {
    pub(super) house: &'a House,
    pub(super) request: &'a Request,
    pub(super) session: Option<Session>,
    /// The values in the path.
    pub(super) places: Places,
    pub(super) now: Mono,
    /// The id of the last event before this visit.
    pub(super) told: String,
}

impl Visit<'_> {
    pub(super) fn frame(&self, tab: &'static str) -> Frame {
        let mut frame = Frame::new(self.request.language, self.session.as_ref(), tab);
        frame.told.clone_from(&self.told);
        frame.followed = self.followed().join(" ");
        frame
    }

    /// NAMEs that this visitor follows.
    pub(super) fn followed(&self) -> Vec<String> {
        let people = &self.house.people;
        let ids = self.account().map(|me| people.followed_by(me.id));
        let accounts = ids
            .into_iter()
            .flatten()
            .filter_map(|id| people.account(id));
        accounts.map(|account| account.name).collect()
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

    /// For how long this browser may still become the owner without the code, ms; 0: it needs the code.
    pub(super) fn setup_open_ms(&self) -> u64 {
        match self.house.networks.attaches(self.request.peer) {
            true => self.house.settings.setup_open_until.since(self.now),
            false => 0,
        }
    }

    /// The NAME in the path.
    pub(super) fn name(&self) -> &str {
        self.places.get("name")
    }

    /// The number in the path.
    pub(super) fn id(&self) -> u64 {
        self.places.get("id").parse().unwrap_or(0)
    }

    /// Who asks.
    pub(super) fn account(&self) -> Option<&Account> {
        self.session.as_ref().map(|session| &session.account)
    }

    /// Who asks, where a route's row has seen to it that somebody does.
    pub(super) fn me(&self) -> Result<&Account, Problem> {
        self.account()
            .ok_or_else(|| Problem::log_in_first(self.words()))
    }

    /// Is who asks on the home network?
    pub(super) fn is_home(&self) -> bool {
        self.house.settings.is_home_only || is_private(self.request.peer.to_canonical())
    }

    fn admitted(&self, route: &Route) -> Reply {
        match route.answer {
            Handler::Page(page) => self.admitted_to_page(route, page),
            Handler::Api(api) => {
                let answer = self.admitted_to_api(route).and_then(|()| api(self));
                answer.unwrap_or_else(|problem| problem.reply())
            }
        }
    }

    fn admitted_to_page(&self, route: &Route, page: Page) -> Reply {
        let is_read = route.method == Method::Get;
        if self.session.is_none() && !self.has(route.access) {
            return match is_read {
                true => Reply::to(&format!("/login?next={}", self.request.path)),
                false => pages::message::stale(self),
            };
        }
        if !self.has(route.access) {
            return pages::message::forbidden(self, route.access);
        }
        let is_meant = self.request.origin == Origin::Own && self.token_fits();
        if !is_read && !is_meant {
            return pages::message::stale(self);
        }
        page(self)
    }

    fn admitted_to_api(&self, route: &Route) -> Result<(), Problem> {
        let w = self.words();
        if !self.has(route.access) {
            self.me()?;
            return Err(Problem::forbidden(w));
        }
        // A program says no origin; a page elsewhere can't leave it out, and can't know the token.
        let is_meant = self.request.is_bearer || self.token_fits();
        if route.method != Method::Get && (self.request.origin == Origin::Foreign || !is_meant) {
            return Err(Problem::new(403, "token", w.stale));
        }
        Ok(())
    }

    fn has(&self, access: Access) -> bool {
        let role = self.account().map(|account| account.role);
        match access {
            Access::Anyone => true,
            Access::LoggedIn => role.is_some(),
            Access::Publisher => role.is_some_and(Role::may_publish),
            Access::Owner => role == Some(Role::Owner),
            Access::OwnerOrFirst => {
                role == Some(Role::Owner)
                    || self.setup_code().is_some() && is_on_access_point(self.request.peer)
            }
        }
    }

    /// Was this sent by one of our own pages, in this session? Doors are open to whoever has no session, and to who has one.
    fn token_fits(&self) -> bool {
        let sent = self.request.form_token.as_deref();
        let token = sent.unwrap_or_else(|| self.field("token")).as_bytes();
        self.session.as_ref().is_none_or(|session| {
            self.is_at_a_door() || bool::from(session.form_token.as_bytes().ct_eq(token))
        })
    }

    fn is_at_a_door(&self) -> bool {
        self.request.method == Method::Post && DOORS.contains(&self.request.path.as_str())
    }

    fn with_cookies(&self, reply: Reply) -> Reply {
        let reply = match self.request.language_chosen {
            true => reply.with_language(self.request.language),
            false => reply,
        };
        let reply = match self.request.screen_chosen {
            true => reply.with_screen(self.request.screen),
            false => reply,
        };
        let renewed = self.session.as_ref().and_then(|it| it.renewed.as_deref());
        match renewed.filter(|_| self.request.method == Method::Get) {
            Some(token) => reply.with_session(token),
            None => reply,
        }
    }
}

/// Private, link-local and loopback addresses, RFC 1918, 3927, 4193 and 4291.
fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_private() || v4.is_link_local() || v4.is_loopback(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_routes_claim_the_same_request() {
        let all: Vec<&Route> = routes().collect();
        for (at, route) in all.iter().enumerate() {
            let path = route.pattern.replace("{name}", "anna").replace("{id}", "7");
            let is_first =
                |r: &&Route| r.method == route.method && matched(r.pattern, &path).is_some();
            assert_eq!(all.iter().position(is_first), Some(at), "{route:?}");
        }
    }
}
