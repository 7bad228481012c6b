//! What the station's lock guards: sessions that run and those that ended a short while ago.

use super::admission::Desk;
use super::endings::Over;
use super::on_air::{LastLists, OnAir};
use super::posters::Posters;
use super::session::{Connected, Session};
use super::shares::{Share, Shares};
use crate::limits::station as limits;
use crate::people::{AccountId, KeyId};
use crate::time::Mono;
use std::collections::HashMap;
use std::sync::Arc;

/// See the module.
#[derive(Debug)]
pub(super) struct State {
    pub(super) sessions: HashMap<String, Session>,
    pub(super) ended: HashMap<String, Ended>,
    pub(super) desk: Desk,
    pub(super) shares: Shares,
    /// Sessions that are over and whose media is still there, or still read: their share is not free yet.
    pub(super) retired: Vec<Retired>,
    /// Ends of blocks of sequence numbers that the store could not take note of; at most one for each account.
    pub(super) unwritten: HashMap<AccountId, u64>,
    pub(super) publications: u64,
    pub(super) posters: Posters,
    /// The bitrate that the house allows, kbit/s.
    pub(super) most_kbps: Option<u32>,
    /// Sessions that are over and not yet written down.
    pub(super) over: Vec<Over>,
}

/// A session that is over, and its share of the rings.
#[derive(Debug)]
pub(super) struct Retired {
    pub(super) on_air: Arc<OnAir>,
    pub(super) share: Share,
    /// Until then players find what they have not played yet, unless the room is needed.
    pub(super) kept_until: Mono,
}

/// What is remembered of a session that is over.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) lists: LastLists,
    pub(super) independent: bool,
    pub(super) keyframe_interval_ms: Option<u32>,
    pub(super) key: Option<KeyId>,
    pub(super) at: Mono,
}

impl State {
    pub(super) fn connected(&mut self, name: &str, publication: u64) -> Option<&mut Connected> {
        let connected = self.sessions.get_mut(name)?.publisher.as_mut()?;
        (connected.publication == publication).then_some(connected)
    }

    /// A session that was never on air leaves no trace.
    pub(super) fn remove(&mut self, name: &str) {
        if let Some(session) = self.sessions.remove(name) {
            self.shares.give_back(session.share);
        }
    }

    pub(super) fn end(&mut self, name: &str, now: Mono) {
        let Some(session) = self.sessions.remove(name) else {
            return;
        };
        let Some(on_air) = session.on_air else {
            self.shares.give_back(session.share);
            return;
        };
        self.note_over(session.account, session.left.unwrap_or(now));
        self.posters.renew(name, &on_air.rendition, now);
        let (lists, independent) = on_air.end();
        if let Some(end) = self.unwritten.get_mut(&session.account) {
            // Only what was used: the time of day, which a restart goes on from, must stay ahead of it.
            *end = (*end).min(on_air.rendition.next_numbers().0);
        }
        let ended = Ended {
            lists,
            independent,
            keyframe_interval_ms: session.health.keyframe_interval_ms,
            key: on_air.last_key(),
            at: now,
        };
        self.ended.insert(name.to_owned(), ended);
        // Who ended it by hand wants it gone.
        let kept_until = match session.is_to_end {
            true => now,
            false => now.plus(limits::ENDED_PLAYLIST_MS),
        };
        self.retired.push(Retired {
            on_air,
            share: session.share,
            kept_until,
        });
        self.reap(now);
    }

    /// A session that is over and whose media is still there.
    pub(super) fn ending(&self, name: &str, now: Mono) -> Option<Arc<OnAir>> {
        let mut retired = self.retired.iter().rev();
        let newest = retired.find(|retired| retired.on_air.name == name)?;
        (now < newest.kept_until).then(|| Arc::clone(&newest.on_air))
    }

    /// A share for one more session; what is over makes room for it.
    pub(super) fn take_share(&mut self, now: Mono) -> Option<Share> {
        self.give_up_retired(now);
        self.reap(now);
        self.shares.take()
    }

    /// Shares become free when the last byte of their rings has. Nobody who comes finds the last place kept by what is over.
    pub(super) fn reap(&mut self, now: Mono) {
        if self.shares.places() == 0 {
            self.give_up_retired(now);
        }
        let shares = &mut self.shares;
        self.retired.retain(|retired| {
            let is_used = now < retired.kept_until || retired.on_air.free() > 0;
            if !is_used {
                shares.give_back(retired.share);
            }
            is_used
        });
    }

    fn give_up_retired(&mut self, now: Mono) {
        for retired in &mut self.retired {
            retired.kept_until = retired.kept_until.min(now);
        }
    }

    /// Endings older than a minute keep no playlist; beyond the table's bound the oldest is forgotten whole.
    pub(super) fn forget(&mut self, now: Mono) {
        for ended in self.ended.values_mut() {
            if now.since(ended.at) > limits::ENDED_PLAYLIST_MS {
                ended.lists = LastLists::default();
            }
        }
        while self.sessions.len() + self.ended.len() >= limits::CHANNELS {
            let Some(oldest) = self
                .ended
                .iter()
                .min_by_key(|(_, ended)| ended.at)
                .map(|(name, _)| name.clone())
            else {
                return;
            };
            self.ended.remove(&oldest);
        }
    }
}
