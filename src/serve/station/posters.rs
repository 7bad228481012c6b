//! The last picture of each channel, kept after its session too, as long as the daemon runs.
//!
//! A poster that a slow reader still has counts until it lets go. What would pass the bound is not made: readers get the one
//! before it, or none.

use crate::limits::station::POSTER_AGE_MS;
use crate::media::poster::{self, Draft, PosterOf};
use crate::media::rendition::Rendition;
use crate::time::Mono;
use bytes::Bytes;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// See the module.
#[derive(Debug)]
pub(super) struct Posters {
    most: u64,
    alive: Arc<AtomicU64>,
    /// Oldest first.
    kept: Vec<Poster>,
}

#[derive(Debug)]
struct Poster {
    channel: String,
    of: PosterOf,
    made: Mono,
    bytes: Bytes,
}

/// Bytes that count until their last reader has let go.
struct Counted {
    bytes: Bytes,
    alive: Arc<AtomicU64>,
}

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.alive
            .fetch_sub(self.bytes.len() as u64, Ordering::Relaxed);
    }
}

impl Posters {
    /// At most `most` bytes, those included that only readers still have.
    pub(super) fn new(most: u64) -> Posters {
        Posters {
            most,
            alive: Arc::default(),
            kept: Vec::new(),
        }
    }

    /// The channel's poster, made anew if there is a newer keyframe and the last one is a while old.
    pub(super) fn of(&mut self, name: &str, rendition: &Rendition, now: Mono) -> Option<Bytes> {
        let last = self.kept.iter().find(|poster| poster.channel == name);
        let is_fresh = |poster: &Poster| {
            poster.of.tag == rendition.tag() && now.since(poster.made) < POSTER_AGE_MS
        };
        if !last.is_some_and(is_fresh) {
            self.renew(name, rendition, now);
        }
        self.kept(name)
    }

    /// The last one, as it is.
    pub(super) fn kept(&self, name: &str) -> Option<Bytes> {
        let mut posters = self.kept.iter();
        let poster = posters.find(|poster| poster.channel == name)?;
        Some(poster.bytes.clone())
    }

    /// Takes the newest keyframe if the poster does not show it already.
    pub(super) fn renew(&mut self, name: &str, rendition: &Rendition, now: Mono) {
        let Some((of, fragment)) = poster::newest(rendition) else {
            return;
        };
        let at = self.kept.iter().position(|poster| poster.channel == name);
        if at.is_some_and(|at| self.kept.get(at).is_some_and(|poster| poster.of == of)) {
            return;
        }
        let Some(draft) = Draft::of(fragment) else {
            return;
        };
        if let Some(at) = at {
            self.kept.remove(at);
        }
        let size = draft.bytes() as u64;
        while self.bytes().saturating_add(size) > self.most && !self.kept.is_empty() {
            self.kept.remove(0);
        }
        if self.bytes().saturating_add(size) > self.most {
            return;
        }
        let Some(bytes) = draft.make().map(|bytes| self.count(bytes)) else {
            return;
        };
        self.kept.push(Poster {
            channel: name.to_owned(),
            of,
            made: now,
            bytes,
        });
    }

    /// Bytes of all posters, kept or only read.
    fn bytes(&self) -> u64 {
        self.alive.load(Ordering::Relaxed)
    }

    fn count(&self, bytes: Bytes) -> Bytes {
        self.alive.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        let alive = Arc::clone(&self.alive);
        Bytes::from_owner(Counted { bytes, alive })
    }
}
