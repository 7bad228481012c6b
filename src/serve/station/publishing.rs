//! What a publication asks of its station, from its first fragment until it leaves.

use super::on_air::{OnAir, OnAirStart};
use super::{Phase, Station};
use crate::limits::station as limits;
use crate::media::ingest::Health;
use crate::people::{AccountId, KeyId};
use crate::time::Mono;
use std::sync::Arc;

impl Station {
    pub(super) fn note_bytes(&self, name: &str, publication: u64, now: Mono) {
        if let Some(connected) = self.state().connected(name, publication) {
            connected.last_bytes = now;
        }
    }

    /// Its first fragment is in the ring, or its first playlist.
    pub(super) fn note_begun(&self, name: &str, publication: u64) {
        if let Some(connected) = self.state().connected(name, publication) {
            connected.has_begun = true;
        }
        self.changed.notify_one();
    }

    pub(super) fn note_health(&self, name: &str, publication: u64, health: &Health) {
        let now = self.clock().now();
        let mut state = self.state();
        if state.connected(name, publication).is_some()
            && let Some(session) = state.sessions.get_mut(name)
        {
            session.health.clone_from(health);
            session.history.note(publication, health, now);
        }
    }

    pub(super) fn note_rate(
        &self,
        name: &str,
        publication: u64,
        most_kbps: Option<u32>,
    ) -> Option<String> {
        let now = self.clock().now();
        let mut state = self.state();
        state.connected(name, publication)?;
        let session = state.sessions.get_mut(name)?;
        let kbps = session.history.measures(&session.health, now).kbps;
        session.allowance.note(kbps, most_kbps, now)
    }

    pub(super) fn unwritten(&self, account: AccountId) -> u64 {
        self.state().unwritten.get(&account).copied().unwrap_or(0)
    }

    pub(super) fn note_unwritten(&self, account: AccountId, end: u64) {
        self.state().unwritten.insert(account, end);
    }

    pub(super) fn note_written(&self, account: AccountId) {
        self.state().unwritten.remove(&account);
    }

    /// Puts a session on air under its first sequence number; the one that is on air already if there is one. None if
    /// another publication has taken its place.
    pub(super) fn begin(
        &self,
        name: &str,
        publication: u64,
        key: KeyId,
        first_sequence: u64,
        reserved: u64,
    ) -> Option<Arc<OnAir>> {
        let now = self.clock().now();
        let mut state = self.state();
        state.connected(name, publication)?;
        let before = state.ended.get(name).map(|ended| {
            (
                ended.independent && ended.key == Some(key),
                ended.keyframe_interval_ms,
            )
        });
        let session = state.sessions.get_mut(name)?;
        if let Some(on_air) = &session.on_air {
            return Some(Arc::clone(on_air));
        }
        let on_air = OnAir::begin(OnAirStart {
            name: name.to_owned(),
            account: session.account,
            storage: Arc::clone(&self.settings.storage),
            share: session.share,
            first_sequence,
            reserved,
            follows_another: first_sequence > 0,
            independent_segments: before.is_some_and(|(independent, _)| independent),
            anchor: now,
            anchor_unix_ms: self.clock().unix_ms(),
        });
        session.on_air = Some(Arc::clone(&on_air));
        drop(state);
        self.changed.notify_one();
        Some(on_air)
    }

    /// The keyframe interval that this channel showed in this or its last session, ms.
    pub(super) fn expected_keyframe_interval(&self, name: &str) -> Option<u32> {
        let state = self.state();
        let running = state
            .sessions
            .get(name)
            .and_then(|session| session.health.keyframe_interval_ms);
        running.or_else(|| {
            state
                .ended
                .get(name)
                .and_then(|ended| ended.keyframe_interval_ms)
        })
    }

    /// The publisher is gone; its session waits.
    pub(super) fn leave(&self, name: &str, publication: u64, goodbye: bool) {
        let now = self.clock().now();
        let mut state = self.state();
        if state.connected(name, publication).is_none() {
            return;
        }
        let state = &mut *state;
        let Some(session) = state.sessions.get_mut(name) else {
            return;
        };
        session.publisher = None;
        session.left = Some(now);
        session.said_goodbye = goodbye || session.is_to_end;
        self.changed.notify_one();
        state.desk.winner_left(session.account);
        let Some(on_air) = session.on_air.clone() else {
            state.remove(name);
            return;
        };
        on_air.rendition.pause();
        // Nobody waits for the return of a picture that never was; but an encoder that tries again finds its numbers reserved.
        let is_awaited = !goodbye && on_air.rendition.newest_at().is_some();
        let grace = match is_awaited {
            _ if session.is_to_end => 0,
            true => limits::GRACE_MS,
            false => limits::GRACE_AFTER_GOODBYE_MS,
        };
        let until = now.plus(grace);
        session.grace_until = Some(until);
        on_air.set_phase(Phase::Grace { until });
    }
}
