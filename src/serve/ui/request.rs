//! A request as the edge handed it over: checked, whole, and with the two headers that only the edge sets.

use super::form::Form;
use super::problem::Problem;
use super::screen::{SCREEN_COOKIE, Screen};
use super::words::Language;
use crate::limits::ui::FORM_BYTES_MAX;
use std::io::Read as _;
use std::net::{IpAddr, Ipv4Addr};

/// The Host that the edge has checked, with the port as the browser gave it.
pub const HOST_HEADER: &str = "X-Hearth-Host";
/// The address of the browser.
pub const PEER_HEADER: &str = "X-Hearth-Peer";
/// Carries the form token where there is no form.
pub(super) const FORM_TOKEN_HEADER: &str = "X-Hearth-Token";
/// Name of the session's cookie: cookies know no ports, so it must differ from what other programs on this host use.
pub(in crate::serve) const SESSION_COOKIE: &str = "hearth_session";
/// Begins the name of the cookie that keeps a pass; the channel's NAME follows.
pub(in crate::serve) const PASS_COOKIE: &str = "hearth_pass_";
/// Name of the cookie that keeps a chosen language.
pub(super) const LANGUAGE_COOKIE: &str = "hearth_lang";

/// What may be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Also HEAD: tiny_http leaves the body away.
    Get,
    /// A form, or JSON.
    Post,
    /// JSON, or a picture: API only.
    Put,
    /// API only.
    Delete,
}

impl Method {
    /// As it stands in a request.
    pub fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Delete => "DELETE",
        }
    }
}

/// Why a request is answered with an error before any page sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    Method,
    Malformed,
    TooLarge,
    NotAForm,
}

impl Refusal {
    pub(super) fn status(self) -> u16 {
        match self {
            Refusal::Method => 405,
            Refusal::Malformed => 400,
            Refusal::TooLarge => 413,
            Refusal::NotAForm => 415,
        }
    }

    /// As the API says it; of such a request not even the language is known.
    pub(super) fn problem(self) -> Problem {
        let (code, text) = match self {
            Refusal::Method => ("method", "This address does not take that method."),
            Refusal::Malformed => ("malformed", "The request can't be read."),
            Refusal::TooLarge => ("too_large", "The request is too large."),
            Refusal::NotAForm => ("media_type", "Send application/json."),
        };
        Problem::new(self.status(), code, text)
    }
}

/// See the module.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) query: Form,
    pub(super) form: Form,
    pub(super) host: String,
    pub(super) peer: IpAddr,
    pub(super) language: Language,
    /// The language was chosen by this request and should be remembered.
    pub(super) language_chosen: bool,
    /// The form of the pages that this browser gets.
    pub(super) screen: Screen,
    /// It was chosen by this request and should be remembered.
    pub(super) screen_chosen: bool,
    /// Bytes of an upload; empty for forms.
    pub(super) upload: Vec<u8>,
    pub(super) session: Option<String>,
    cookies: String,
    /// The session came as `Authorization: Bearer`, which no browser sends by itself.
    pub(super) is_bearer: bool,
    /// The form token as a header: programs may send it so.
    pub(super) form_token: Option<String>,
    pub(super) origin: Origin,
}

/// Where the page is from that sent a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// One of ours.
    Own,
    /// Not said: old browsers and programs.
    Unsaid,
    /// Somebody else's.
    Foreign,
}

impl Request {
    pub(super) fn read(request: &mut tiny_http::Request) -> Result<Request, Refusal> {
        let method = match request.method() {
            tiny_http::Method::Get | tiny_http::Method::Head => Method::Get,
            tiny_http::Method::Post => Method::Post,
            tiny_http::Method::Put => Method::Put,
            tiny_http::Method::Delete => Method::Delete,
            _ => return Err(Refusal::Method),
        };
        let (form, upload) = match method {
            Method::Get => Default::default(),
            Method::Post | Method::Put | Method::Delete => read_body(request)?,
        };
        let (path, query) = request.url().split_once('?').unwrap_or((request.url(), ""));
        let query = Form::parse(query.as_bytes()).ok_or(Refusal::Malformed)?;
        let head = Head(request.headers());
        let host = head
            .get(HOST_HEADER)
            .or_else(|| head.get("Host"))
            .unwrap_or_default();
        let peer = head.get(PEER_HEADER).and_then(|p| p.parse().ok());
        let cookies = head.get("Cookie").unwrap_or_default();
        let chosen = Language::named(query.get("lang"));
        let kept = || Language::named(cookie(cookies, LANGUAGE_COOKIE)?);
        let accepted = || Language::accepted(head.get("Accept-Language").unwrap_or_default());
        let screen_chosen = Screen::named(query.get("tv"));
        let screen_kept = || Screen::named(cookie(cookies, SCREEN_COOKIE)?);
        let agent = head.get("User-Agent").unwrap_or_default();
        let screen = screen_chosen.or_else(screen_kept);
        let bearer = head.get("Authorization");
        let bearer = bearer.and_then(|value| value.strip_prefix("Bearer "));
        let session = bearer.or_else(|| cookie(cookies, SESSION_COOKIE));
        Ok(Request {
            method,
            path: path.to_owned(),
            cookies: cookies.to_owned(),
            form,
            upload,
            host: host.to_owned(),
            peer: peer.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
            language: chosen.or_else(kept).unwrap_or_else(accepted),
            language_chosen: chosen.is_some(),
            screen: screen.unwrap_or_else(|| Screen::of_browser(agent)),
            screen_chosen: screen_chosen.is_some(),
            session: session.map(str::to_owned),
            is_bearer: bearer.is_some(),
            form_token: head.get(FORM_TOKEN_HEADER).map(str::to_owned),
            origin: origin(&head, host),
            query,
        })
    }
}

impl Request {
    /// The value of a cookie.
    pub(super) fn cookie(&self, name: &str) -> Option<&str> {
        cookie(&self.cookies, name)
    }

    /// Is it for the API, whose answers are JSON throughout?
    pub(super) fn is_api(&self) -> bool {
        is_api(&self.path)
    }
}

/// Is this an address of the API?
pub(super) fn is_api(path: &str) -> bool {
    path.starts_with("/api/")
}

struct Head<'a>(&'a [tiny_http::Header]);

impl<'a> Head<'a> {
    fn get(&self, name: &str) -> Option<&'a str> {
        let header = self
            .0
            .iter()
            .find(|h| h.field.as_str().as_str().eq_ignore_ascii_case(name));
        header.map(|h| h.value.as_str())
    }
}

/// A form (or JSON read as one), or the bytes of a picture.
fn read_body(request: &mut tiny_http::Request) -> Result<(Form, Vec<u8>), Refusal> {
    let kind = Head(request.headers())
        .get("Content-Type")
        .unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    let kind = kind.to_ascii_lowercase();
    let is_empty = request.body_length() == Some(0);
    let mut body = Vec::new();
    let bound = u64::try_from(FORM_BYTES_MAX).unwrap_or(u64::MAX);
    let read = request.as_reader().take(bound + 1).read_to_end(&mut body);
    match read {
        Ok(bytes) if bytes > FORM_BYTES_MAX => return Err(Refusal::TooLarge),
        Ok(_) => {}
        Err(_) => return Err(Refusal::Malformed),
    }
    let form = match kind.as_str() {
        _ if is_empty => Some(Form::default()),
        "application/x-www-form-urlencoded" => Form::parse(&body),
        "application/json" => Form::of_json(&body),
        _ if kind.starts_with("image/") => return Ok((Form::default(), body)),
        _ => return Err(Refusal::NotAForm),
    };
    Ok((form.ok_or(Refusal::Malformed)?, Vec::new()))
}

fn cookie<'a>(cookies: &'a str, name: &str) -> Option<&'a str> {
    let mut pairs = cookies.split(';').filter_map(|c| c.trim().split_once('='));
    pairs.find(|(n, _)| *n == name).map(|(_, value)| value)
}

/// By what the browser says of the page: Origin, else Sec-Fetch-Site, else Referer.
fn origin(head: &Head<'_>, host: &str) -> Origin {
    let is_host = |origin: &str| {
        let rest = origin
            .strip_prefix("http://")
            .or_else(|| origin.strip_prefix("https://"));
        rest.is_some_and(|h| !host.is_empty() && h.eq_ignore_ascii_case(host))
    };
    let is_own = if let Some(origin) = head.get("Origin") {
        is_host(origin)
    } else if let Some(site) = head.get("Sec-Fetch-Site") {
        site == "same-origin"
    } else if let Some(referer) = head.get("Referer") {
        let authority_end = referer.match_indices('/').nth(2).map(|(at, _)| at);
        is_host(
            referer
                .get(..authority_end.unwrap_or(referer.len()))
                .unwrap_or_default(),
        )
    } else {
        return Origin::Unsaid;
    };
    if is_own { Origin::Own } else { Origin::Foreign }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(headers: &[(&str, &str)]) -> Origin {
        let headers: Vec<_> = headers
            .iter()
            .map(|(n, v)| tiny_http::Header::from_bytes(n.as_bytes(), v.as_bytes()).unwrap())
            .collect();
        origin(&Head(&headers), "hearth.local:8080")
    }

    #[test]
    fn only_our_own_pages_are_the_same_origin() {
        for own in [
            ("Origin", "http://hearth.local:8080"),
            ("Origin", "http://Hearth.local:8080"),
            ("Sec-Fetch-Site", "same-origin"),
            ("Referer", "http://hearth.local:8080/login?x=/"),
        ] {
            assert_eq!(of(&[own]), Origin::Own, "{own:?}");
        }
        assert_eq!(of(&[]), Origin::Unsaid);
        for foreign in [
            &[("Origin", "http://hearth.local")][..],
            &[("Origin", "http://hearth.local:8080.evil.example")],
            &[("Origin", "null"), ("Sec-Fetch-Site", "same-origin")],
            &[
                ("Origin", "http://evil.example"),
                ("Referer", "http://hearth.local:8080/"),
            ],
            &[("Sec-Fetch-Site", "same-site")],
            &[("Sec-Fetch-Site", "none")],
            &[("Referer", "http://evil.example/http://hearth.local:8080/")],
            &[("Referer", "http://hearth.local:8080@evil.example/")],
        ] {
            assert_eq!(of(foreign), Origin::Foreign, "{foreign:?}");
        }
    }

    #[test]
    fn cookies_are_found_by_their_whole_name() {
        let cookies = "a=1; xhearth_session=no; hearth_session=yes; hearth_session=late";
        assert_eq!(cookie(cookies, SESSION_COOKIE), Some("yes"));
        assert_eq!(cookie("", SESSION_COOKIE), None);
    }
}
