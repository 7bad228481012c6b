//! A request as the edge handed it over: checked, whole, and with the two headers that only the edge sets.

use super::form::Form;
use super::words::Language;
use crate::limits::ui::FORM_BYTES_MAX;
use std::io::Read as _;
use std::net::{IpAddr, Ipv4Addr};

/// The Host that the edge has checked, with the port as the browser gave it.
pub const HOST_HEADER: &str = "X-Hearth-Host";
/// The address of the browser.
pub const PEER_HEADER: &str = "X-Hearth-Peer";
/// Name of the session's cookie: cookies know no ports, so it must differ from what other programs on this host use.
pub(super) const SESSION_COOKIE: &str = "hearth_session";
/// Name of the cookie that keeps a chosen language.
pub(super) const LANGUAGE_COOKIE: &str = "hearth_lang";

/// What may be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Also HEAD: tiny_http leaves the body away.
    Get,
    /// A form.
    Post,
}

/// Why a request is answered with an error before any page sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    Method,
    Malformed,
    TooLarge,
    NotAForm,
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
    pub(super) session: Option<String>,
    pub(super) is_same_origin: bool,
}

impl Request {
    pub(super) fn read(request: &mut tiny_http::Request) -> Result<Request, Refusal> {
        let method = match request.method() {
            tiny_http::Method::Get | tiny_http::Method::Head => Method::Get,
            tiny_http::Method::Post => Method::Post,
            _ => return Err(Refusal::Method),
        };
        let form = match method {
            Method::Get => Form::default(),
            Method::Post => read_form(request)?,
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
        Ok(Request {
            method,
            path: path.to_owned(),
            form,
            host: host.to_owned(),
            peer: peer.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
            language: chosen.or_else(kept).unwrap_or_else(accepted),
            language_chosen: chosen.is_some(),
            session: cookie(cookies, SESSION_COOKIE).map(str::to_owned),
            is_same_origin: is_same_origin(&head, host),
            query,
        })
    }
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

fn read_form(request: &mut tiny_http::Request) -> Result<Form, Refusal> {
    let kind = Head(request.headers())
        .get("Content-Type")
        .unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    let is_empty = request.body_length() == Some(0);
    if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") && !is_empty {
        return Err(Refusal::NotAForm);
    }
    let mut body = Vec::new();
    let bound = u64::try_from(FORM_BYTES_MAX).unwrap_or(u64::MAX);
    let read = request.as_reader().take(bound + 1).read_to_end(&mut body);
    match read {
        Ok(bytes) if bytes > FORM_BYTES_MAX => Err(Refusal::TooLarge),
        Ok(_) => Form::parse(&body).ok_or(Refusal::Malformed),
        Err(_) => Err(Refusal::Malformed),
    }
}

fn cookie<'a>(cookies: &'a str, name: &str) -> Option<&'a str> {
    let mut pairs = cookies.split(';').filter_map(|c| c.trim().split_once('='));
    pairs.find(|(n, _)| *n == name).map(|(_, value)| value)
}

/// Does the request come from a page of this host? `Origin` decides; without one `Sec-Fetch-Site`, then `Referer`.
fn is_same_origin(head: &Head<'_>, host: &str) -> bool {
    let is_host = |origin: &str| {
        let rest = origin
            .strip_prefix("http://")
            .or_else(|| origin.strip_prefix("https://"));
        rest.is_some_and(|h| !host.is_empty() && h.eq_ignore_ascii_case(host))
    };
    if let Some(origin) = head.get("Origin") {
        return is_host(origin);
    }
    if let Some(site) = head.get("Sec-Fetch-Site") {
        return site == "same-origin";
    }
    let Some(referer) = head.get("Referer") else {
        return false;
    };
    let authority_end = referer.match_indices('/').nth(2).map(|(at, _)| at);
    is_host(
        referer
            .get(..authority_end.unwrap_or(referer.len()))
            .unwrap_or_default(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(headers: &[(&str, &str)]) -> bool {
        let headers: Vec<_> = headers
            .iter()
            .map(|(n, v)| tiny_http::Header::from_bytes(n.as_bytes(), v.as_bytes()).unwrap())
            .collect();
        is_same_origin(&Head(&headers), "hearth.local:8080")
    }

    #[test]
    fn only_our_own_pages_are_the_same_origin() {
        assert!(same(&[("Origin", "http://hearth.local:8080")]));
        assert!(same(&[("Origin", "http://Hearth.local:8080")]));
        assert!(same(&[("Sec-Fetch-Site", "same-origin")]));
        assert!(same(&[("Referer", "http://hearth.local:8080/login?x=/")]));
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
            &[],
        ] {
            assert!(!same(foreign), "{foreign:?}");
        }
    }

    #[test]
    fn cookies_are_found_by_their_whole_name() {
        let cookies = "a=1; xhearth_session=no; hearth_session=yes; hearth_session=late";
        assert_eq!(cookie(cookies, SESSION_COOKIE), Some("yes"));
        assert_eq!(cookie("", SESSION_COOKIE), None);
    }
}
