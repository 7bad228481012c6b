//! Playlists: ready, waited for, or (TS) made when somebody asks.

use super::answer::{ASK_AGAIN, Answer};
use super::blocking::{self, Verdict};
use super::gzip::GzipCache;
use super::live::{Channel, Live, Visibility};
use super::settings::Deadlines;
use super::waiting::{self, Waiting, WaitingPlace};
use crate::limits::http::{FIRST_RETRY, HELD_RETRY, TS_CHANNELS};
use crate::media::rendition::ListForm;
use crate::wire::hls_query::{HlsQuery, HlsQueryError};
use bytes::Bytes;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::OwnedMutexGuard;

/// What players call a playlist.
pub(super) const MPEGURL: &str = "application/vnd.apple.mpegurl";

pub(super) const OFF_AIR: &str = "This channel is not on air.\n";
pub(super) const NOT_YET: &str = "This channel is just starting. Try again in a moment.\n";
pub(super) const NOTHING_NEW: &str = "Nothing new has come from this channel for a while.\n";
const TOO_FAR: &str = "This playlist can't be waited for in that way.\n";

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
}

/// A playlist that somebody asked for.
pub(super) struct Asked {
    /// The channel's name.
    pub(super) name: heapless::String<32>,
    /// Which.
    pub(super) kind: Kind,
    /// In which form, and not before what.
    pub(super) query: Result<HlsQuery, HlsQueryError>,
    /// Compressed, if that is worth it.
    pub(super) gzip: bool,
}

/// The part of playlists that requests share.
#[derive(Debug)]
pub(super) struct Playlists {
    packed: GzipCache,
    waiting: Waiting,
    ts_made: Mutex<HashMap<heapless::String<32>, Arc<TsTurn>>>,
}

/// Held while TS of a channel is made: by one at a time. Says for which session and version it was
/// last made.
type TsTurn = tokio::sync::Mutex<Option<(usize, u64)>>;

impl Playlists {
    /// At most `waiters` requests are held.
    pub(super) fn new(waiters: usize) -> Playlists {
        Playlists {
            packed: GzipCache::default(),
            waiting: Waiting::new(waiters),
            ts_made: Mutex::new(HashMap::new()),
        }
    }

    /// A place among those who wait for a channel's media.
    pub(super) fn waiter(&self) -> Option<WaitingPlace<'_>> {
        self.waiting.place()
    }

    /// Those who wait.
    pub(super) fn waiting(&self) -> &Waiting {
        &self.waiting
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
            return Some(match last(live, channel, asked) {
                Some(playlist) => self.answer(asked, asked.last_form(), playlist),
                None => Answer::not_found(OFF_AIR),
            });
        };
        match asked.kind {
            Kind::Ts => None,
            Kind::Multivariant => {
                let playlist = multivariant(&**channel, asked)?;
                Some(self.answer(asked, asked.last_form(), playlist))
            }
            Kind::Media => self.media(&**channel, asked),
        }
    }

    fn media(&self, channel: &dyn Channel, asked: &Asked) -> Option<Answer> {
        // Before the list: that may have grown meanwhile, never shrunk.
        let reach = channel.reach();
        match blocking::verdict(&reach, &asked.query) {
            Verdict::Wait => None,
            Verdict::Refuse => {
                self.waiting.count_misdirected();
                Some(Answer::text(400, TOO_FAR))
            }
            Verdict::Now => {
                let form = blocking::form(&reach, &asked.query);
                Some(self.answer(asked, form, channel.media_playlist(form)?))
            }
        }
    }

    /// The answer after waiting for it: TS is made, a segment or part awaited.
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
            return self.answer(asked, ListForm::Plain, playlist);
        }
        let (patience, refusal) = match asked.kind {
            Kind::Ts => (deadlines.first_ts, not_yet()),
            Kind::Media if channel.media_playlist(asked.last_form()).is_some() => {
                (blocking::patience(&channel.reach()), nothing_new())
            }
            Kind::Multivariant | Kind::Media => (deadlines.first_playlist, not_yet()),
        };
        let Some(_place) = self.waiting.place() else {
            return refusal;
        };
        let answer = match asked.kind {
            Kind::Ts => self.first_ts(live, &channel, asked, patience).await,
            Kind::Multivariant | Kind::Media => {
                let look = || self.answer_now(live, Some(&channel), asked);
                waiting::until(&*channel, patience, look).await
            }
        };
        answer.unwrap_or_else(|| {
            self.waiting.count_in_vain();
            refusal
        })
    }

    async fn first_ts(
        &self,
        live: &dyn Live,
        channel: &Arc<dyn Channel>,
        asked: &Asked,
        patience: Duration,
    ) -> Option<Answer> {
        let first = async {
            loop {
                let mut changed = std::pin::pin!(channel.changed().notified());
                // Registered before the look, or a change between look and wait would be missed.
                changed.as_mut().enable();
                if let Some(answer) = self.answer_now(live, Some(channel), asked) {
                    return answer;
                }
                if let Some(playlist) = self.ts(live, channel, asked).await {
                    return self.answer(asked, ListForm::Plain, playlist);
                }
                changed.await;
            }
        };
        tokio::time::timeout(patience, first).await.ok()
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

    fn answer(&self, asked: &Asked, form: ListForm, playlist: Bytes) -> Answer {
        let packed = match asked.gzip {
            true => self.packed.pack(asked.key(form), &playlist),
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
    fn is_plain(&self) -> bool {
        self.query.is_ok_and(|query| query.plain)
    }

    /// The form of a list for which directives mean nothing.
    fn last_form(&self) -> ListForm {
        match self.is_plain() {
            true => ListForm::Plain,
            false => ListForm::Whole,
        }
    }

    fn key(&self, form: ListForm) -> u64 {
        let mut hasher = DefaultHasher::new();
        (self.name.as_str(), self.kind, form as u8).hash(&mut hasher);
        hasher.finish()
    }
}

fn not_yet() -> Answer {
    Answer::not_yet(FIRST_RETRY, NOT_YET)
}

/// For those who were held as long as they may be, or could not be: the list that they have has not changed.
pub(super) fn nothing_new() -> Answer {
    Answer::not_yet(HELD_RETRY, NOTHING_NEW)
}

/// The list of a session that is over.
fn last(live: &dyn Live, channel: Option<&Arc<dyn Channel>>, asked: &Asked) -> Option<Bytes> {
    match asked.kind {
        Kind::Multivariant => multivariant(&**channel?, asked),
        Kind::Ts => channel?.ts_playlist(),
        Kind::Media => {
            let form = asked.last_form();
            live.ended_playlist(&asked.name, form)
                .or_else(|| channel?.media_playlist(form))
        }
    }
}

/// `index.m3u8`; asked for plain, it leads to plain lists.
fn multivariant(channel: &dyn Channel, asked: &Asked) -> Option<Bytes> {
    let playlist = channel.multivariant_playlist()?;
    if !asked.is_plain() {
        return Some(playlist);
    }
    let text = str::from_utf8(&playlist).ok()?;
    let lines = text.lines().map(|line| match line.starts_with('#') {
        true => format!("{line}\n"),
        false => format!("{line}?plain=1\n"),
    });
    Some(lines.collect::<String>().into())
}

/// The list for IPTV apps: every channel that is open to the household as TS, at the address that the box was asked by.
pub(super) fn channel_list(live: &dyn Live, host: &str) -> Answer {
    let mut names = live.playable();
    names.retain(|name| live.visibility(name) == Visibility::Household);
    names.sort_unstable();
    let mut list = "#EXTM3U\n".to_owned();
    for name in names {
        list.push_str(&format!(
            "#EXTINF:-1,{name}\nhttp://{host}/live/{name}/ts.m3u8\n"
        ));
    }
    Answer::bytes("audio/x-mpegurl; charset=utf-8", ASK_AGAIN, list.into())
}
