//! A reply before it goes to the edge: always whole, with the headers that every page has.

use super::request::{LANGUAGE_COOKIE, SESSION_COOKIE};
use super::words::Language;
use crate::limits::people::SESSION_MINUTES;
use crate::limits::ui::{LANGUAGE_SECONDS, REPLY_BYTES_MAX};
use std::io::Cursor;

/// Nothing but our own files; no inline script or style; no frame around us; forms go nowhere else.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
    img-src 'self' data:; media-src 'self' blob:; worker-src 'self'; manifest-src 'self'; form-action 'self'; \
    frame-ancestors 'none'; base-uri 'none'";

/// See the module.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

impl Reply {
    pub(super) fn html(status: u16, html: String) -> Reply {
        Reply::new(status, "text/html; charset=utf-8", html)
    }

    pub(super) fn json(status: u16, json: String) -> Reply {
        Reply::new(status, "application/json", json)
    }

    fn new(status: u16, content_type: &str, body: String) -> Reply {
        Reply {
            status,
            headers: vec![("Content-Type", content_type.to_owned())],
            body: body.into_bytes(),
        }
    }

    /// "See other": the answer to a form that was taken.
    pub(super) fn to(path: &str) -> Reply {
        let mut reply = Reply::new(303, "text/plain", String::new());
        reply.headers.push(("Location", path.to_owned()));
        reply
    }

    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Reply {
        self.headers.push((name, value.into()));
        self
    }

    /// Gives the browser its session. No `Secure`: browsers drop such cookies over plain HTTP.
    pub(super) fn with_session(self, token: &str) -> Reply {
        let seconds = u64::from(SESSION_MINUTES) * 60;
        self.with(
            "Set-Cookie",
            format!("{SESSION_COOKIE}={token}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax"),
        )
    }

    pub(super) fn without_session(self) -> Reply {
        self.with(
            "Set-Cookie",
            format!("{SESSION_COOKIE}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"),
        )
    }

    pub(super) fn with_language(self, language: Language) -> Reply {
        let tag = language.tag();
        self.with(
            "Set-Cookie",
            format!("{LANGUAGE_COOKIE}={tag}; Path=/; Max-Age={LANGUAGE_SECONDS}; SameSite=Lax"),
        )
    }

    pub(super) fn is_too_large(&self) -> bool {
        self.body.len() > REPLY_BYTES_MAX
    }

    pub(super) fn into_response(self) -> tiny_http::Response<Cursor<Vec<u8>>> {
        let fixed = [
            ("Content-Security-Policy", CONTENT_SECURITY_POLICY),
            ("X-Content-Type-Options", "nosniff"),
            ("Referrer-Policy", "same-origin"),
            ("Cross-Origin-Resource-Policy", "same-origin"),
            ("Cross-Origin-Opener-Policy", "same-origin"),
            ("Cache-Control", "no-store"),
            ("Vary", "Accept-Language, Cookie"),
        ];
        let length = self.body.len();
        let own = self.headers.iter().map(|(n, v)| (*n, v.as_str()));
        let headers = fixed.into_iter().chain(own);
        let headers = headers.filter_map(|(n, v)| tiny_http::Header::from_bytes(n, v).ok());
        // Over its threshold tiny_http would send chunks, also of what has a known length.
        tiny_http::Response::new(
            tiny_http::StatusCode(self.status),
            headers.collect(),
            Cursor::new(self.body),
            Some(length),
            None,
        )
        .with_chunked_threshold(usize::MAX)
    }
}
