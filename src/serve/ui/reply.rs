//! A reply before it goes to the edge: always whole, with the headers that every page has.

use super::request::{LANGUAGE_COOKIE, SESSION_COOKIE};
use super::screen::{SCREEN_COOKIE, Screen};
use super::words::Language;
use crate::limits::ui::{LANGUAGE_SECONDS, PACKED_BYTES_MIN, REPLY_BYTES_MAX, SESSION_SECONDS};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::{self, Cursor, Write as _};

/// Nothing but our own files; no inline script or style; no frame around us; forms go nowhere else.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
    img-src 'self' data:; media-src 'self' blob:; worker-src 'self'; manifest-src 'self'; form-action 'self'; \
    frame-ancestors 'none'; base-uri 'none'";

/// Fast: a page shrinks to a fourth at any level.
const LEVEL: u32 = 3;

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

    /// A file to be saved under this name.
    pub(super) fn file(content_type: &str, name: &str, body: Vec<u8>) -> Reply {
        Reply {
            body,
            ..Reply::new(200, content_type, String::new())
        }
        .with(
            "Content-Disposition",
            format!("attachment; filename=\"{name}\""),
        )
    }

    /// A picture whose address names its content: browsers keep it for ever.
    pub(super) fn picture(media_type: &str, body: Vec<u8>) -> Reply {
        Reply {
            body,
            ..Reply::new(200, media_type, String::new())
        }
        .with("Cache-Control", "private, max-age=31536000, immutable")
        .with("Vary", "Accept-Encoding")
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
        self.with(
            "Set-Cookie",
            format!("{SESSION_COOKIE}={token}; Path=/; Max-Age={SESSION_SECONDS}; HttpOnly; SameSite=Lax"),
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

    /// Remembers the form of the pages as long as the language.
    pub(super) fn with_screen(self, screen: Screen) -> Reply {
        match screen.kept_as() {
            Some(kept) => self.with(
                "Set-Cookie",
                format!("{SCREEN_COOKIE}={kept}; Path=/; Max-Age={LANGUAGE_SECONDS}; SameSite=Lax"),
            ),
            None => self,
        }
    }

    pub(super) fn is_too_large(&self) -> bool {
        self.body.len() > REPLY_BYTES_MAX
    }

    /// Compressed, if it is text and that is worth it.
    pub(super) fn packed(mut self) -> Reply {
        let mut kinds = self.headers.iter().filter(|(n, _)| *n == "Content-Type");
        let is_text = kinds
            .any(|(_, kind)| kind.starts_with("text/html") || kind.starts_with("application/json"));
        if !is_text || self.body.len() < PACKED_BYTES_MIN {
            return self;
        }
        match gzip(&self.body) {
            Ok(packed) => {
                self.body = packed;
                self.with("Content-Encoding", "gzip")
            }
            Err(_) => self,
        }
    }

    pub(super) fn into_response(self) -> tiny_http::Response<Cursor<Vec<u8>>> {
        let fixed = [
            ("Content-Security-Policy", CONTENT_SECURITY_POLICY),
            ("X-Content-Type-Options", "nosniff"),
            ("Referrer-Policy", "same-origin"),
            ("Cross-Origin-Resource-Policy", "same-origin"),
            ("Cross-Origin-Opener-Policy", "same-origin"),
            ("Cache-Control", "no-store"),
            (
                "Vary",
                "Accept-Encoding, Accept-Language, Cookie, User-Agent",
            ),
        ];
        let length = self.body.len();
        let own = self.headers.iter().map(|(n, v)| (*n, v.as_str()));
        let is_own = |name: &str| self.headers.iter().any(|(own, _)| *own == name);
        let fixed = fixed.into_iter().filter(|(name, _)| !is_own(name));
        let headers = fixed.chain(own);
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

fn gzip(plain: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(LEVEL));
    encoder.write_all(plain)?;
    encoder.finish()
}
