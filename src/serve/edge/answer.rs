//! What the edge can answer with, and the words of its refusals.

use super::MediaFile;
use super::ui_proxy::Relayed;
use crate::wire::http::{ContentRange, ResponseHead, Span};
use bytes::Bytes;
use std::sync::Arc;

/// Names never come back with other bytes.
pub(super) const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// For what may change at any moment.
pub(super) const ASK_AGAIN: &str = "no-cache";
/// For refusals.
pub(super) const NEVER: &str = "no-store";

/// The same for one asker alone: nothing between box and player may keep it for others.
pub(super) fn private(cache: &'static str) -> &'static str {
    match cache {
        FOR_EVER => "private, max-age=31536000, immutable",
        ASK_AGAIN => "private, no-cache",
        other => other,
    }
}

/// Words.
pub(super) const TEXT: &str = "text/plain; charset=utf-8";
const HTML: &str = "text/html; charset=utf-8";

/// Seconds after which a busy box is asked again.
const BUSY_RETRY: u32 = 2;

/// A page for a person while the box is busy; it asks again by itself.
const BUSY_PAGE: &str = "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
    <meta name=\"viewport\" content=\"width=device-width\"><meta http-equiv=\"refresh\" content=\"2\">\
    <title>Hearth</title></head><body><h1>The box is busy.</h1>\
    <p>This page tries again by itself.</p></body></html>\n";

/// The same where asking again by itself would not repeat what was sent. It does not say whether
/// that was done: the UI may have been interrupted at any point.
const BUSY_FORM_PAGE: &str = "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
    <meta name=\"viewport\" content=\"width=device-width\">\
    <title>Hearth</title></head><body><h1>The box is busy.</h1>\
    <p>Go back and try again in a moment.</p></body></html>\n";

/// An answer, whole.
#[expect(
    clippy::large_enum_variant,
    reason = "one a request, on the stack: a box would cost an allocation each"
)]
pub(super) enum Answer {
    /// The edge's own.
    Own {
        /// Head; what depends on the connection is filled in when it is sent.
        head: ResponseHead,
        /// Body.
        body: Body,
    },
    /// The UI's.
    Relayed(Box<Relayed>),
}

/// A body of the edge's own.
pub(super) enum Body {
    /// In memory.
    Bytes(Bytes),
    /// Part of a segment.
    File {
        /// Segment.
        file: Arc<dyn MediaFile>,
        /// Offset of the first byte.
        first: u64,
        /// Bytes.
        len: u64,
    },
}

impl Answer {
    /// A 200 with `body`.
    pub(super) fn bytes(content_type: &'static str, cache: &'static str, body: Bytes) -> Answer {
        Answer::Own {
            head: ResponseHead {
                status: 200,
                content_type: Some(content_type),
                content_length: u64::try_from(body.len()).ok(),
                cache_control: Some(cache),
                ..ResponseHead::default()
            },
            body: Body::Bytes(body),
        }
    }

    /// A short text, not to be cached.
    pub(super) fn text(status: u16, text: &'static str) -> Answer {
        Answer::bytes(TEXT, NEVER, Bytes::from_static(text.as_bytes())).with(|head| {
            head.status = status;
        })
    }

    /// No body at all.
    pub(super) fn empty(status: u16) -> Answer {
        Answer::Own {
            head: ResponseHead {
                status,
                ..ResponseHead::default()
            },
            body: Body::Bytes(Bytes::new()),
        }
    }

    /// No such thing.
    pub(super) fn not_found(text: &'static str) -> Answer {
        Answer::text(404, text)
    }

    /// 503 for a player: ask again in `seconds`.
    pub(super) fn not_yet(seconds: u32, text: &'static str) -> Answer {
        Answer::text(503, text).with(|head| head.retry_after = Some(seconds))
    }

    /// 503 for a person (`html`) or a program; `again` if the request can simply be repeated.
    pub(super) fn busy(html: bool, again: bool) -> Answer {
        let (kind, page) = match (html, again) {
            (true, true) => (HTML, BUSY_PAGE),
            (true, false) => (HTML, BUSY_FORM_PAGE),
            (false, _) => (TEXT, "The box is busy. Try again in a moment.\n"),
        };
        Answer::bytes(kind, NEVER, Bytes::from_static(page.as_bytes())).with(|head| {
            head.status = 503;
            head.retry_after = Some(BUSY_RETRY);
        })
    }

    /// What `range` asks of `len` bytes, taken from `body`, which makes the body of a part.
    pub(super) fn ranged(
        content_type: &'static str,
        cache: &'static str,
        range: Span,
        of: u64,
        body: impl FnOnce(u64, u64) -> Body,
    ) -> Answer {
        let (status, first, len, content_range) = match range {
            Span::Whole => (200, 0, of, None),
            Span::Part { first, len } => {
                (206, first, len, Some(ContentRange::Part { first, len, of }))
            }
            Span::Beyond => {
                let beyond = Answer::text(416, "The range is past the end.\n");
                return beyond.with(|head| head.content_range = Some(ContentRange::None { of }));
            }
        };
        Answer::Own {
            head: ResponseHead {
                status,
                content_type: Some(content_type),
                content_length: Some(len),
                content_range,
                accept_ranges: true,
                cache_control: Some(cache),
                ..ResponseHead::default()
            },
            body: body(first, len),
        }
    }

    /// The same with another head; what the UI says is left as it is.
    pub(super) fn with(mut self, change: impl FnOnce(&mut ResponseHead)) -> Answer {
        if let Answer::Own { head, .. } = &mut self {
            change(head);
        }
        self
    }
}
