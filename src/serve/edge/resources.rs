//! Segments, parts and init segments: there, yet to come, or neither.

use super::answer::{ASK_AGAIN, Answer, Body, FOR_EVER};
use super::blocking;
use super::live::{Channel, MediaResource};
use super::playlists::nothing_new;
use super::route::MP4;
use super::waiting::{self, Waiting};
use crate::wire::http::{Method, Request, Span};
use bytes::Bytes;

const MP2T: &str = "video/mp2t";

/// A channel's last picture.
pub(super) const POSTER: &str = "poster.mp4";
/// How long one stays right: a tile is drawn anew as often.
const POSTER_AGE: &str = "private, max-age=30";

const NOT_THERE: &str = "There is nothing here.\n";

/// A name that somebody asked for.
pub(super) struct AskedFile {
    name: Box<str>,
    range: Option<Box<[u8]>>,
}

/// What a name stands for at this moment.
#[expect(
    clippy::large_enum_variant,
    reason = "one a request, on the stack: a box would cost an allocation each"
)]
pub(super) enum Found {
    /// Something to send.
    Answer(Answer),
    /// The part that comes next.
    Awaited,
}

impl AskedFile {
    pub(super) fn new(name: &str, request: &Request<'_>) -> AskedFile {
        AskedFile {
            name: name.into(),
            range: range(request).map(Box::from),
        }
    }

    /// None if there is no such thing in `channel`, and will not be for what anybody knows.
    pub(super) fn find(&self, channel: &dyn Channel) -> Option<Found> {
        let answer = match channel.resource(&self.name)? {
            MediaResource::Awaited => return Some(Found::Awaited),
            MediaResource::Init(bytes) => {
                let len = u64::try_from(bytes.len()).ok()?;
                self.answer(len, |first, len| piece(&bytes, first, len))
            }
            MediaResource::Segment(file) => {
                // One that still grows is not listed and so not there.
                let file = Some(file).filter(|file| file.is_closed() && !file.is_cut())?;
                self.answer(file.len(), |first, len| Body::File { file, first, len })
            }
            MediaResource::Part { file, offset, len } => {
                let file = Some(file).filter(|file| !file.is_cut())?;
                self.answer(len, |first, len| {
                    let first = offset.saturating_add(first);
                    Body::File { file, first, len }
                })
            }
        };
        Some(Found::Answer(answer))
    }

    /// The answer once it is known: what was awaited is there, will never be, or does not come.
    pub(super) async fn later(&self, channel: &dyn Channel, waiting: &Waiting) -> Answer {
        let Some(_place) = waiting.place() else {
            return nothing_new();
        };
        let known = waiting::until(channel, blocking::patience(&channel.reach()), || match self
            .find(channel)
        {
            Some(Found::Awaited) => None,
            Some(Found::Answer(answer)) => Some(answer),
            None => Some(not_there()),
        });
        known.await.unwrap_or_else(|| {
            waiting.count_in_vain();
            nothing_new()
        })
    }

    fn answer(&self, len: u64, body: impl FnOnce(u64, u64) -> Body) -> Answer {
        let content_type = match self.name.ends_with(".ts") {
            true => MP2T,
            false => MP4,
        };
        let span = Span::resolve(self.range.as_deref(), len);
        Answer::ranged(content_type, FOR_EVER, span, len, body)
    }
}

/// With `?v=` of the page's choice it may be kept until the page chooses another.
pub(super) fn poster(request: &Request<'_>, bytes: Bytes) -> Answer {
    let is_versioned = request.target.query.starts_with("v=");
    let cache = if is_versioned { POSTER_AGE } else { ASK_AGAIN };
    let len = bytes.len() as u64;
    let span = Span::resolve(range(request), len);
    Answer::ranged(MP4, cache, span, len, |first, len| {
        piece(&bytes, first, len)
    })
}

/// Nobody has it.
pub(super) fn not_there() -> Answer {
    Answer::not_found(NOT_THERE)
}

/// Ranges are for GET; with `If-Range` the whole is right, because nothing here has a validator.
fn range<'b>(request: &Request<'b>) -> Option<&'b [u8]> {
    let mut ranges = request.values("range");
    match (ranges.next(), ranges.next()) {
        (Some(range), None)
            if request.method == Method::Get && request.value("if-range").is_none() =>
        {
            Some(range)
        }
        _ => None,
    }
}

/// A body in memory for `first..first + len` of `bytes`.
fn piece(bytes: &Bytes, first: u64, len: u64) -> Body {
    let first = usize::try_from(first)
        .unwrap_or(usize::MAX)
        .min(bytes.len());
    let len = usize::try_from(len)
        .unwrap_or(usize::MAX)
        .min(bytes.len() - first);
    Body::Bytes(bytes.slice(first..first + len))
}
