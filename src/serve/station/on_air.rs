//! What readers share of a running session.

use super::shares::Share;
use crate::limits::station as limits;
use crate::media::rendition::{ListForm, Rendition, RenditionStart};
use crate::media::storage::SegmentStorage;
use crate::media::ts_rendition::TsRendition;
use crate::people::{AccountId, KeyId};
use crate::time::Mono;
use bytes::Bytes;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// Where a session stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// A publisher is connected.
    Live,
    /// It left; it may come back until this moment.
    Grace {
        /// Then the session ends.
        until: Mono,
    },
    /// Over: the playlist has its ENDLIST, the ring is freed with its last reader.
    Ended,
}

/// One channel's running session.
#[derive(Debug)]
pub struct OnAir {
    /// The channel's (person's) NAME.
    pub name: String,
    /// fMP4.
    pub rendition: Arc<Rendition>,
    /// TS.
    pub ts: Arc<TsRendition>,
    /// Notified on every new fragment and every change of phase.
    pub changed: Arc<Notify>,
    account: AccountId,
    anchor: Mono,
    reserved: AtomicU64,
    /// The publication whose fragments count; one that was taken over may still have some to give.
    writer: AtomicU64,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    phase: Phase,
    key: Option<KeyId>,
    viewers: HashMap<u64, Viewer>,
}

/// A viewer, for [`limits::VIEWER_MS`] after its last request.
#[derive(Debug)]
struct Viewer {
    seen: Mono,
    /// Who is logged in there.
    account: Option<AccountId>,
    /// When that was asked last.
    asked: Option<Mono>,
}

/// Who watches a channel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Watchers {
    /// People who are logged in where they watch, each once, by number.
    pub members: Vec<AccountId>,
    /// Viewers of whom nothing is known.
    pub others: u32,
}

/// What a session begins with.
#[derive(Debug)]
pub(super) struct OnAirStart {
    pub(super) name: String,
    pub(super) account: AccountId,
    pub(super) storage: Arc<dyn SegmentStorage>,
    pub(super) share: Share,
    pub(super) first_sequence: u64,
    pub(super) reserved: u64,
    pub(super) follows_another: bool,
    pub(super) independent_segments: bool,
    pub(super) anchor: Mono,
    pub(super) anchor_unix_ms: i64,
}

/// What is left of `media.m3u8` when a session is over.
#[derive(Clone, Debug, Default)]
pub(super) struct LastLists {
    pub(super) whole: Option<Bytes>,
    pub(super) plain: Option<Bytes>,
}

impl OnAir {
    pub(super) fn begin(start: OnAirStart) -> Arc<OnAir> {
        let changed = Arc::new(Notify::new());
        let notify = Arc::clone(&changed);
        let rendition = Arc::new(Rendition::new(RenditionStart {
            tag: session_tag(start.first_sequence, start.anchor_unix_ms),
            first_sequence: start.first_sequence,
            // At most one discontinuity a segment: numbers that rise with the segments' never go back, restarts included.
            first_discontinuity_sequence: start.first_sequence,
            discontinuity_first: start.follows_another,
            anchor_unix_ms: start.anchor_unix_ms,
            ring_bytes: start.share.ring_bytes,
            independent_segments: start.independent_segments,
            wake: Box::new(move || notify.notify_waiters()),
            storage: Arc::clone(&start.storage),
        }));
        let ts = TsRendition::new(
            Arc::clone(&rendition),
            start.storage,
            start.share.ts_bytes,
            start.first_sequence,
            start.anchor_unix_ms,
        );
        Arc::new(OnAir {
            name: start.name,
            rendition,
            ts: Arc::new(ts),
            changed,
            account: start.account,
            anchor: start.anchor,
            reserved: AtomicU64::new(start.reserved),
            writer: AtomicU64::new(0),
            state: Mutex::new(State {
                phase: Phase::Live,
                key: None,
                viewers: HashMap::new(),
            }),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where it stands.
    pub fn phase(&self) -> Phase {
        self.state().phase
    }

    pub(super) fn set_phase(&self, phase: Phase) {
        self.state().phase = phase;
        self.changed.notify_waiters();
    }

    pub(super) fn publishes(&self, publication: u64, key: KeyId) {
        self.writer.fetch_max(publication, Ordering::Relaxed);
        self.state().key = Some(key);
        self.set_phase(Phase::Live);
    }

    pub(super) fn is_writer(&self, publication: u64) -> bool {
        self.writer.load(Ordering::Relaxed) == publication
    }

    pub(super) fn last_key(&self) -> Option<KeyId> {
        self.state().key
    }

    /// 90 kHz ticks of the session's timeline that correspond to `now`.
    pub(super) fn ticks_at(&self, now: Mono) -> u64 {
        now.since(self.anchor).saturating_mul(90)
    }

    /// How much more media than time there was since the session began when the newest came, ms. An encoder's first picture
    /// is later than those after it: PROGRAM-DATE-TIME counts from that, and is late by so much for good.
    pub fn early_ms(&self) -> i64 {
        let Some(newest_at) = self.rendition.newest_at() else {
            return 0;
        };
        let media = self.rendition.end_ticks() / 90;
        media
            .try_into()
            .unwrap_or(i64::MAX)
            .saturating_sub_unsigned(newest_at.since(self.anchor))
    }

    /// Sequence numbers below this are reserved on flash.
    pub(super) fn reserved(&self) -> u64 {
        self.reserved.load(Ordering::Relaxed)
    }

    pub(super) fn reserve_up_to(&self, end: u64) {
        self.reserved.fetch_max(end, Ordering::Relaxed);
    }

    /// Ends the session: the final playlists, and whether every segment began with a keyframe.
    pub(super) fn end(&self) -> (LastLists, bool) {
        self.rendition.end();
        let lists = LastLists {
            whole: self.rendition.media_playlist(ListForm::Whole),
            plain: self.rendition.media_playlist(ListForm::Plain),
        };
        let independent = self.rendition.is_independent();
        self.set_phase(Phase::Ended);
        (lists, independent)
    }

    /// Gives up what the rings hold; bytes that readers have not let go of yet.
    pub(super) fn free(&self) -> u64 {
        self.rendition.free();
        self.ts.free();
        let stats = self.rendition.stats();
        stats.listed_bytes + stats.held_bytes + self.ts.bytes()
    }

    /// A viewer asked for media; it counts for [`limits::VIEWER_MS`]. True if it should be said whose viewer it is.
    pub fn viewer_seen(&self, viewer: u64, now: Mono) -> bool {
        let viewers = &mut self.state().viewers;
        if let Some(known) = viewers.get_mut(&viewer) {
            known.seen = now;
            let asked = known.asked;
            return asked.is_none_or(|asked| now.since(asked) >= limits::VIEWER_ASKED_MS);
        }
        if viewers.len() >= limits::VIEWERS_COUNTED {
            viewers.retain(|_, known| known.counts(now));
            if viewers.len() >= limits::VIEWERS_COUNTED {
                return false;
            }
        }
        let fresh = Viewer {
            seen: now,
            account: None,
            asked: None,
        };
        viewers.insert(viewer, fresh);
        true
    }

    /// Who is logged in where that viewer is; None: nobody.
    pub fn viewer_is(&self, viewer: u64, account: Option<AccountId>, now: Mono) {
        if let Some(known) = self.state().viewers.get_mut(&viewer) {
            known.account = account;
            known.asked = Some(now);
        }
    }

    /// Viewers now. Who sees their own picture in the studio is none.
    pub fn viewers(&self, now: Mono) -> u32 {
        let viewers = &mut self.state().viewers;
        viewers.retain(|_, known| known.counts(now));
        let others = viewers.values().filter(|known| !self.is_own(known));
        u32::try_from(others.count()).unwrap_or(u32::MAX)
    }

    /// Who they are.
    pub fn watchers(&self, now: Mono) -> Watchers {
        let state = self.state();
        let mut watchers = Watchers::default();
        let counted = |known: &&Viewer| known.counts(now) && !self.is_own(known);
        for viewer in state.viewers.values().filter(counted) {
            match viewer.account {
                Some(account) => watchers.members.push(account),
                None => watchers.others = watchers.others.saturating_add(1),
            }
        }
        watchers.members.sort_unstable();
        watchers.members.dedup();
        watchers
    }

    fn is_own(&self, viewer: &Viewer) -> bool {
        viewer.account == Some(self.account)
    }
}

impl Viewer {
    fn counts(&self, now: Mono) -> bool {
        now.since(self.seen) < limits::VIEWER_MS
    }
}

/// Differs between the sessions of a channel, so that a name never stands for two things: sequence blocks never
/// repeat, and the time of day parts channels and reinstalled boxes.
fn session_tag(first_sequence: u64, anchor_unix_ms: i64) -> u32 {
    let mixed = first_sequence.wrapping_mul(0x9E37_79B9_7F4A_7C15)
        ^ anchor_unix_ms
            .unsigned_abs()
            .wrapping_mul(0xC2B2_AE3D_27D4_EB4F);
    (mixed >> 32) as u32
}
