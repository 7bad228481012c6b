//! What readers share of a running session.

use super::shares::Share;
use crate::limits::station as limits;
use crate::media::rendition::{Rendition, RenditionStart};
use crate::media::storage::SegmentStorage;
use crate::media::ts_rendition::TsRendition;
use crate::people::KeyId;
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
    viewers: HashMap<u64, Mono>,
}

/// What a session begins with.
#[derive(Debug)]
pub(super) struct OnAirStart {
    pub(super) name: String,
    pub(super) storage: Arc<dyn SegmentStorage>,
    pub(super) share: Share,
    pub(super) first_sequence: u64,
    pub(super) reserved: u64,
    pub(super) follows_another: bool,
    pub(super) independent_segments: bool,
    pub(super) anchor: Mono,
    pub(super) anchor_unix_ms: i64,
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

    /// Sequence numbers below this are reserved on flash.
    pub(super) fn reserved(&self) -> u64 {
        self.reserved.load(Ordering::Relaxed)
    }

    pub(super) fn reserve_up_to(&self, end: u64) {
        self.reserved.fetch_max(end, Ordering::Relaxed);
    }

    /// Ends the session: the final playlist, and whether every segment began with a keyframe.
    pub(super) fn end(&self) -> (Option<Bytes>, bool) {
        self.rendition.end();
        let playlist = self.rendition.media_playlist();
        let independent = self.rendition.is_independent();
        self.set_phase(Phase::Ended);
        (playlist, independent)
    }

    /// Gives up what the rings hold; bytes that readers have not let go of yet.
    pub(super) fn free(&self) -> u64 {
        self.rendition.free();
        self.ts.free();
        let stats = self.rendition.stats();
        stats.listed_bytes + stats.held_bytes + self.ts.bytes()
    }

    /// A viewer asked for media; it counts for [`limits::VIEWER_MS`].
    pub fn viewer_seen(&self, viewer: u64, now: Mono) {
        let viewers = &mut self.state().viewers;
        if viewers.len() >= limits::VIEWERS_COUNTED && !viewers.contains_key(&viewer) {
            viewers.retain(|_, seen| now.since(*seen) < limits::VIEWER_MS);
            if viewers.len() >= limits::VIEWERS_COUNTED {
                return;
            }
        }
        viewers.insert(viewer, now);
    }

    /// Viewers now.
    pub fn viewers(&self, now: Mono) -> u32 {
        let viewers = &mut self.state().viewers;
        viewers.retain(|_, seen| now.since(*seen) < limits::VIEWER_MS);
        u32::try_from(viewers.len()).unwrap_or(u32::MAX)
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
