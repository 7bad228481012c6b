//! From a request to what is to be done. Decided at once, while the request lies in the read
//! buffer: nothing here waits.

use super::Shared;
use super::access::{self, LivePath};
use super::answer::{self, Answer, FOR_EVER, NEVER, TEXT};
use super::ear::{Ear, cookie};
use super::events;
use super::guard::Origin;
use super::instant::{self, Follow};
use super::live::{Channel, Live};
use super::playlists::{self, Asked, Kind};
use super::resources::{self, AskedFile, Found, not_there};
use super::transfer;
use super::ui_request::UiRequest;
use super::upload;
use crate::limits::people::{PASS_TOKEN_MAX, SESSION_TOKEN_MAX};
use crate::limits::wifi::{ACCESS_POINT, ACCESS_POINT_PAGE};
use crate::people::AccountId;
use crate::serve::ui::SESSION_COOKIE;
use crate::wire::hls_query::HlsQuery;
use crate::wire::http::{Host, Method, Request, ResponseHead, accepts_gzip, accepts_html};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

const READS: &str = "GET, HEAD, OPTIONS";
const SENDS: &str = "POST, PUT, OPTIONS";
const DAY: &str = "public, max-age=86400";
pub(super) const MP4: &str = "video/mp4";

/// Prometheus' text format.
const METRICS: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Paths that other people's pages must not even ask for.
const GUARDED: [&str; 5] = ["/live/", "/events", "/api/", "/metrics", upload::PREFIX];

/// Longest name of a segment.
const FILE_BYTES: usize = 64;

/// The two ends of a connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ends {
    /// The peer, canonical.
    pub(super) peer: IpAddr,
    /// Our address on this connection, canonical.
    pub(super) local: SocketAddr,
}

/// A request turned into what is to be done, and how to answer it.
pub(super) struct Exchange {
    pub(super) plan: Plan,
    pub(super) manner: Manner,
}

/// What is to be done.
pub(super) enum Plan {
    /// Send this.
    Answer(Answer),
    /// Wait for a playlist.
    Playlist {
        /// The session.
        channel: Arc<dyn Channel>,
        /// Which playlist.
        asked: Asked,
    },
    /// Wait for a part.
    Part {
        /// The session.
        channel: Arc<dyn Channel>,
        /// Which part.
        asked: AskedFile,
    },
    /// Send fragments as they come.
    Follow(Follow),
    /// Send the file that this ticket is for.
    Download(Box<str>),
    /// Take the file that this ticket is for.
    Upload(Box<upload::Asked>),
    /// Tell events as they come.
    Listen(Box<Ear>),
    /// Ask the UI.
    Ui(Box<UiRequest>),
}

/// How to answer: what depends on the request and not on the resource.
#[derive(Debug, Default)]
pub(super) struct Manner {
    /// HEAD: no body.
    pub(super) head_only: bool,
    /// The connection ends with this.
    pub(super) close: bool,
    /// HTTP/1.0.
    pub(super) is_http10: bool,
    allow_origin: Option<Box<str>>,
    resource_policy: Option<&'static str>,
    /// What is sent is for its asker alone, and no cache on the way may keep it for others.
    is_private: bool,
    origin_matters: bool,
}

impl Manner {
    /// For a request that could not be read.
    pub(super) fn closing() -> Manner {
        Manner {
            close: true,
            ..Manner::default()
        }
    }

    /// Fills in what `head` can't know.
    pub(super) fn complete(&mut self, head: &mut ResponseHead) {
        head.close = self.close;
        head.is_http10 = self.is_http10;
        head.allow_origin = self.allow_origin.take();
        head.resource_policy = self.resource_policy;
        if self.is_private {
            head.cache_control = head.cache_control.map(answer::private);
        }
        if self.origin_matters {
            head.vary = Some(match head.vary {
                Some(_) => "Accept-Encoding, Origin",
                None => "Origin",
            });
        }
    }
}

/// Decides.
pub(super) fn route(shared: &Shared, ends: &Ends, request: &Request<'_>) -> Exchange {
    let origin = shared.guard.origin(request, ends.local.ip());
    let mut manner = Manner {
        head_only: request.method == Method::Head,
        close: !request.keep_alive || shared.table.is_closing(),
        is_http10: request.is_http10,
        resource_policy: Some(match origin {
            Origin::Embedder(_) => "cross-origin",
            _ => "same-origin",
        }),
        origin_matters: shared.guard.has_embedders(),
        is_private: access::has_token(&request.target.path),
        allow_origin: None,
    };
    let plan = match refuse(shared, ends, request, &origin) {
        Some(refusal) => Plan::Answer(refusal),
        None => {
            manner.allow_origin = origin.allowed();
            plan(shared, ends, request, manner.allow_origin.is_some())
        }
    };
    // A body that nobody reads would be taken for the next request.
    manner.close |= request.content_length > 0 && !matches!(plan, Plan::Ui(_));
    Exchange { plan, manner }
}

fn refuse(shared: &Shared, ends: &Ends, request: &Request<'_>, origin: &Origin) -> Option<Answer> {
    let addressed = request.host.as_ref().map(|authority| &authority.host);
    if addressed.is_some_and(|host: &Host<'_>| !shared.guard.is_own(host, ends.local.ip())) {
        // On the access point every name leads here.
        if ends.local.ip() == ACCESS_POINT && request.method.is_read() {
            let elsewhere = Answer::text(302, "This box has a page for you.\n");
            return Some(elsewhere.with(|head| head.location = Some(ACCESS_POINT_PAGE)));
        }
        let page = Answer::bytes(TEXT, NEVER, shared.guard.directions());
        return Some(page.with(|head| head.status = 421));
    }
    let stranger = matches!(origin, Origin::Unsaid | Origin::Foreign);
    let crossing = request
        .values("sec-fetch-site")
        .any(|site| site.eq_ignore_ascii_case(b"cross-site"));
    let guarded = GUARDED
        .iter()
        .any(|path| request.target.path.starts_with(path));
    (stranger && crossing && guarded)
        .then(|| Answer::text(403, "Other pages may not use this box.\n"))
}

fn plan(shared: &Shared, ends: &Ends, request: &Request<'_>, allowed: bool) -> Plan {
    match request.method {
        Method::Options => return Plan::Answer(options(request, allowed)),
        Method::Other => return Plan::Answer(Answer::text(501, "Unknown method.\n")),
        _ => {}
    }
    match own(shared, ends, request) {
        Some(
            Plan::Answer(_)
            | Plan::Playlist { .. }
            | Plan::Part { .. }
            | Plan::Follow(_)
            | Plan::Download(_)
            | Plan::Listen(_),
        ) if !request.method.is_read() => {
            let refusal = Answer::text(405, "This can only be read.\n");
            Plan::Answer(refusal.with(|head| head.allow = Some(READS)))
        }
        Some(Plan::Upload(_)) if !matches!(request.method, Method::Post | Method::Put) => {
            let refusal = Answer::text(405, "This can only be sent to.\n");
            Plan::Answer(refusal.with(|head| head.allow = Some(SENDS)))
        }
        Some(plan) => plan,
        None if request.target.raw == "*" => Plan::Answer(Answer::text(400, "Ask for a path.\n")),
        None => Plan::Ui(Box::new(UiRequest::new(
            request,
            ends,
            accepts_html(request.values("accept")),
        ))),
    }
}

/// What the edge answers itself.
fn own(shared: &Shared, ends: &Ends, request: &Request<'_>) -> Option<Plan> {
    let path = request.target.path.as_ref();
    if let Some(rest) = path.strip_prefix("/live/") {
        return Some(live(shared, ends, request, rest));
    }
    if path == events::PATH {
        return Some(Plan::Listen(Box::new(Ear::of(request))));
    }
    if let Some(ticket) = path.strip_prefix(transfer::PREFIX) {
        return Some(Plan::Download(ticket.into()));
    }
    if let Some(ticket) = path.strip_prefix(upload::PREFIX) {
        return Some(Plan::Upload(Box::new(upload::Asked::new(request, ticket))));
    }
    let answer = match path {
        "/healthz" => Answer::text(200, "ok"),
        "/metrics" => metrics(shared),
        "/channels.m3u" => playlists::channel_list(&*shared.live, &addressed(request, ends)),
        "/favicon.ico" => asset(shared, request, path, DAY)?,
        _ if path.starts_with("/assets/") => asset(shared, request, path, FOR_EVER)
            .unwrap_or_else(|| Answer::not_found("There is no such file.\n")),
        _ => return None,
    };
    Some(Plan::Answer(answer))
}

/// `NAME/FILE` or `NAME/~TOKEN/FILE`.
fn live(shared: &Shared, ends: &Ends, request: &Request<'_>, rest: &str) -> Plan {
    let Some(LivePath { name, token, file }) =
        LivePath::split(rest).filter(|path| is_name(path.name) && is_file(path.file))
    else {
        return Plan::Answer(not_there());
    };
    // Before anything is looked up: a refusal is the same whether the channel is live, or there at all.
    if !access::admits(&*shared.live, name, token) {
        return Plan::Answer(Answer::text(403, access::REFUSAL));
    }
    if file == resources::POSTER {
        // Who looks at a tile is no viewer.
        let poster = shared.live.poster(name);
        let poster = poster.map(|bytes| resources::poster(request, bytes));
        return Plan::Answer(poster.unwrap_or_else(not_there));
    }
    let channel = shared.live.channel(name);
    let viewer = viewer(request, ends);
    if let Some(channel) = &channel {
        let now = shared.live.now();
        if channel.viewer_came(viewer, now) {
            channel.viewer_is(viewer, who(&*shared.live, request, name, token), now);
        }
    }
    if file == instant::FILE {
        return match channel.filter(|channel| !channel.has_ended()) {
            Some(channel) => Plan::Follow(Follow {
                channel,
                name: name.into(),
                token: token.map(Box::from),
                viewer,
            }),
            None => Plan::Answer(Answer::not_found(playlists::OFF_AIR)),
        };
    }
    let Some(kind) = Kind::of(file) else {
        return media(channel, AskedFile::new(file, request));
    };
    let asked = Asked {
        name: heapless::String::try_from(name).unwrap_or_default(),
        kind,
        query: HlsQuery::parse(request.target.query),
        gzip: accepts_gzip(request.values("accept-encoding")),
    };
    match (
        shared
            .playlists
            .answer_now(&*shared.live, channel.as_ref(), &asked),
        channel,
    ) {
        (None, Some(channel)) => Plan::Playlist { channel, asked },
        (answer, _) => Plan::Answer(answer.unwrap_or_else(not_there)),
    }
}

/// A segment, a part or an init segment.
fn media(channel: Option<Arc<dyn Channel>>, asked: AskedFile) -> Plan {
    let Some(channel) = channel else {
        return Plan::Answer(not_there());
    };
    match asked.find(&*channel) {
        Some(Found::Answer(answer)) => Plan::Answer(answer),
        Some(Found::Awaited) => Plan::Part { channel, asked },
        None => Plan::Answer(not_there()),
    }
}

fn asset(
    shared: &Shared,
    request: &Request<'_>,
    path: &str,
    cache: &'static str,
) -> Option<Answer> {
    let asset = (shared.assets)(path)?;
    let gzip = asset
        .gzip
        .filter(|_| accepts_gzip(request.values("accept-encoding")));
    let body = bytes::Bytes::from_static(gzip.unwrap_or(asset.body));
    Some(Answer::bytes(asset.content_type, cache, body).with(|head| {
        head.gzip = gzip.is_some();
        head.vary = asset.gzip.map(|_| "Accept-Encoding");
    }))
}

/// The figures as they are at this moment, if not too many such pages are on their way.
fn metrics(shared: &Shared) -> Answer {
    let page = shared.metrics.page(shared);
    page.map_or_else(
        || Answer::busy(false, true),
        |page| Answer::bytes(METRICS, NEVER, page),
    )
}

/// A preflight of an allowed origin gets its answer, any other none; without an origin it is a
/// question about methods.
fn options(request: &Request<'_>, allowed: bool) -> Answer {
    if !allowed && request.value("origin").is_some() {
        return Answer::text(403, "Other pages may not use this box.\n");
    }
    Answer::empty(204).with(|head| {
        head.preflight = allowed;
        head.allow = Some(READS);
    })
}

/// The address that the box was asked by, ready for a URL.
pub(super) fn addressed(request: &Request<'_>, ends: &Ends) -> String {
    match &request.host {
        Some(authority) => authority.to_string(),
        None => ends.local.to_string(),
    }
}

/// Tells viewers apart well enough to count them: by address, player and session.
fn viewer(request: &Request<'_>, ends: &Ends) -> u64 {
    let session = cookie(request, SESSION_COOKIE);
    let mut hasher = DefaultHasher::new();
    (ends.peer, request.value("user-agent"), session).hash(&mut hasher);
    hasher.finish()
}

/// Whose viewer asks: by the browser's session, else by the pass in the path if it is somebody's own.
fn who(
    live: &dyn Live,
    request: &Request<'_>,
    name: &str,
    token: Option<&str>,
) -> Option<AccountId> {
    let session = cookie(request, SESSION_COOKIE).filter(|it| it.len() <= SESSION_TOKEN_MAX);
    let account = session.and_then(|session| live.account(session));
    account.map(|account| account.id).or_else(|| {
        let token = token.filter(|it| it.len() <= PASS_TOKEN_MAX);
        token.and_then(|token| live.pass_holder(name, token))
    })
}

/// `[a-z0-9][a-z0-9_-]{1,31}`.
pub(super) fn is_name(text: &str) -> bool {
    let letter = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    (2..=32).contains(&text.len())
        && text.bytes().all(|b| letter(b) || matches!(b, b'_' | b'-'))
        && text.bytes().next().is_some_and(letter)
}

fn is_file(text: &str) -> bool {
    (1..=FILE_BYTES).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_contracts_and_nothing_else() {
        for name in ["ann", "a1", "0-_", &"a".repeat(32)] {
            assert!(is_name(name), "{name}");
        }
        for name in [
            "",
            "a",
            "Ann",
            "-ann",
            "_ann",
            "~token",
            "a.b",
            "\u{e9}t\u{e9}",
            &"a".repeat(33),
        ] {
            assert!(!is_name(name), "{name}");
        }
    }
}
