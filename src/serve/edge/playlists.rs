//! Playlists: ready, waited for, or (TS) made when somebody asks.

use super::answer::{ASK_AGAIN, Answer, Body};
use super::gzip::GzipCache;
use super::live::{Channel, Live};
use super::settings::Deadlines;
use crate::limits::http::TS_CHANNELS;
use bytes::Bytes;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex};
use tokio::sync::{OwnedMutexGuard, Semaphore, SemaphorePermit};

/// What players call a playlist.
pub(super) const MPEGURL: &str = "application/vnd.apple.mpegurl";

pub(super) const OFF_AIR: &str = "This channel is not on air.\n";
pub(super) const NOT_YET: &str = "This channel is just starting. Try again in a moment.\n";

/// Which of a channel's playlists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    /// `index.m3u8`.
    Multivariant,
    /// `media.m3u8`.
    Media,
    /// `ts.m3u8`.
    Ts,
}

impl Kind {
    /// The playlist of this file name.
    pub(super) fn of(file: &str) -> Option<Kind> {
        match file {
            "index.m3u8" => Some(Kind::Multivariant),
            "media.m3u8" => Some(Kind::Media),
            "ts.m3u8" => Some(Kind::Ts),
            _ => None,
        }
    }

    fn ready(self, channel: &dyn Channel) -> Option<Bytes> {
        match self {
            Kind::Multivariant => channel.multivariant_playlist(),
            Kind::Media => channel.media_playlist(),
            Kind::Ts => channel.ts_playlist(),
        }
    }
}

/// A playlist that somebody asked for.
pub(super) struct Asked {
    /// The channel's name.
    pub(super) name: heapless::String<32>,
    /// Which.
    pub(super) kind: Kind,
    /// Compressed, if that is worth it.
    pub(super) gzip: bool,
}

/// The part of playlists that requests share.
#[derive(Debug)]
pub(super) struct Playlists {
    packed: GzipCache,
    waiters: Semaphore,
    ts_made: Mutex<HashMap<heapless::String<32>, Arc<TsTurn>>>,
}

/// Held while TS of a channel is made: by one at a time. Says for which session and version it was
/// last made.
type TsTurn = tokio::sync::Mutex<Option<(usize, u64)>>;

impl Playlists {
    /// At most `waiters` requests wait for a first playlist.
    pub(super) fn new(waiters: usize) -> Playlists {
        Playlists {
            packed: GzipCache::default(),
            waiters: Semaphore::new(waiters),
            ts_made: Mutex::new(HashMap::new()),
        }
    }

    /// A place among those who wait for a channel's first media.
    pub(super) fn waiter(&self) -> Option<SemaphorePermit<'_>> {
        self.waiters.try_acquire().ok()
    }

    /// The answer, if it needs no waiting.
    pub(super) fn answer_now(
        &self,
        live: &dyn Live,
        channel: Option<&Arc<dyn Channel>>,
        asked: &Asked,
    ) -> Option<Answer> {
        let running = channel.filter(|channel| !channel.has_ended());
        let Some(channel) = running else {
            let last = channel.and_then(|channel| asked.kind.ready(&**channel));
            let ended = match asked.kind {
                Kind::Media => live.ended_playlist(&asked.name).or(last),
                Kind::Multivariant | Kind::Ts => last,
            };
            return Some(match ended {
                Some(playlist) => self.answer(asked, playlist),
                None => Answer::not_found(OFF_AIR),
            });
        };
        if asked.kind == Kind::Ts {
            return None;
        }
        Some(self.answer(asked, asked.kind.ready(&**channel)?))
    }

    /// The answer after waiting for it: TS is made, a first segment awaited.
    pub(super) async fn answer_later(
        &self,
        live: &dyn Live,
        channel: Arc<dyn Channel>,
        asked: &Asked,
        deadlines: &Deadlines,
    ) -> Answer {
        if asked.kind == Kind::Ts
            && channel.ts_playlist().is_some()
            && let Some(playlist) = self.ts(live, &channel, asked).await
        {
            return self.answer(asked, playlist);
        }
        let Some(_waiter) = self.waiter() else {
            return Answer::not_yet(1, NOT_YET);
        };
        let wait = match asked.kind {
            Kind::Ts => deadlines.first_ts,
            Kind::Multivariant | Kind::Media => deadlines.first_playlist,
        };
        let first = tokio::time::timeout(wait, self.first(live, &channel, asked));
        first.await.unwrap_or_else(|_| Answer::not_yet(1, NOT_YET))
    }

    async fn first(&self, live: &dyn Live, channel: &Arc<dyn Channel>, asked: &Asked) -> Answer {
        loop {
            let mut changed = std::pin::pin!(channel.changed().notified());
            // Registered before the look, or a change between look and wait would be missed.
            changed.as_mut().enable();
            if let Some(answer) = self.answer_now(live, Some(channel), asked) {
                return answer;
            }
            if asked.kind == Kind::Ts
                && let Some(playlist) = self.ts(live, channel, asked).await
            {
                return self.answer(asked, playlist);
            }
            changed.await;
        }
    }

    /// The TS playlist, after making what is missing. Whoever asks meanwhile waits for the same.
    async fn ts(
        &self,
        live: &dyn Live,
        channel: &Arc<dyn Channel>,
        asked: &Asked,
    ) -> Option<Bytes> {
        let now = live.now();
        channel.ask_ts(now);
        let turn = self.ts_turn(&asked.name).lock_owned().await;
        let state = (Arc::as_ptr(channel).addr(), channel.version());
        if *turn != Some(state) || channel.ts_playlist().is_none() {
            let channel = Arc::clone(channel);
            // The turn goes along: a request that is given up must not let a second maker in.
            let make = move || make_ts(&*channel, turn, state, now);
            if let Err(error) = tokio::task::spawn_blocking(make).await {
                log::error!("making TS of {} failed: {error}", asked.name);
            }
        }
        channel.ts_playlist()
    }

    fn ts_turn(&self, name: &heapless::String<32>) -> Arc<TsTurn> {
        let mut made = self
            .ts_made
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        if made.len() >= TS_CHANNELS {
            made.retain(|_, turn| Arc::strong_count(turn) > 1);
        }
        Arc::clone(made.entry(name.clone()).or_default())
    }

    fn answer(&self, asked: &Asked, playlist: Bytes) -> Answer {
        let packed = match asked.gzip {
            true => self.packed.pack(asked.key(), &playlist),
            false => None,
        };
        let gzip = packed.is_some();
        Answer::bytes(MPEGURL, ASK_AGAIN, packed.unwrap_or(playlist)).with(|head| {
            head.gzip = gzip;
            head.vary = Some("Accept-Encoding");
        })
    }
}

fn make_ts(
    channel: &dyn Channel,
    mut turn: OwnedMutexGuard<Option<(usize, u64)>>,
    state: (usize, u64),
    now: crate::time::Mono,
) {
    channel.refresh_ts(now);
    *turn = Some(state);
}

impl Asked {
    fn key(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        (self.name.as_str(), self.kind).hash(&mut hasher);
        hasher.finish()
    }
}

/// The list for IPTV apps: every channel as TS, at the address that the box was asked by.
pub(super) fn channel_list(live: &dyn Live, host: &str) -> Answer {
    let mut names = live.playable();
    names.sort_unstable();
    let mut list = "#EXTM3U\n".to_owned();
    for name in names {
        list.push_str(&format!(
            "#EXTINF:-1,{name}\nhttp://{host}/live/{name}/ts.m3u8\n"
        ));
    }
    Answer::bytes("audio/x-mpegurl; charset=utf-8", ASK_AGAIN, list.into())
}

/// A body in memory for `first..first + len` of `bytes`.
pub(super) fn part_of(bytes: &Bytes, first: u64, len: u64) -> Body {
    let first = usize::try_from(first)
        .unwrap_or(usize::MAX)
        .min(bytes.len());
    let len = usize::try_from(len)
        .unwrap_or(usize::MAX)
        .min(bytes.len() - first);
    Body::Bytes(bytes.slice(first..first + len))
}
