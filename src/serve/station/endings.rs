//! Ending what is on air by hand, and telling of what is over.

use super::session::Session;
use super::{State, Station};
use crate::limits::station as limits;
use crate::people::{AccountId, KeyId};
use crate::time::Mono;

/// A session that is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Over {
    /// Whose channel it was.
    pub account: AccountId,
    /// When its last publisher left.
    pub at: Mono,
}

impl Station {
    /// Ends a channel's session now: its publisher leaves with this text, and nobody is waited for. False if it was off air.
    pub fn end_stream(&self, name: &str, text: &str) -> bool {
        let now = self.clock().now();
        let mut state = self.state();
        let Some(session) = state.sessions.get_mut(name) else {
            return false;
        };
        session.is_to_end = true;
        match session.publisher {
            Some(_) => session.dismiss(text),
            None => session.grace_until = Some(now),
        }
        true
    }

    /// A key counts no more: what is sent with it, or was until a moment ago, ends with this text.
    pub fn revoke(&self, key: KeyId, text: &str) {
        let is_of = |(name, session): (&String, &Session)| {
            let last = session.on_air.as_ref().and_then(|on_air| on_air.last_key());
            let now = session.publisher.as_ref().map(|connected| connected.key);
            (now.or(last) == Some(key)).then(|| name.clone())
        };
        let of_key: Vec<String> = self.state().sessions.iter().filter_map(is_of).collect();
        for name in of_key {
            self.end_stream(&name, text);
        }
    }

    /// Bytes that a channel's rings hold now.
    pub fn bytes_of(&self, name: &str) -> u64 {
        self.on_air(name).map_or(0, |on_air| {
            let ring = on_air.rendition.stats();
            ring.listed_bytes + ring.held_bytes + on_air.ts.bytes()
        })
    }

    /// Sessions that ended since this was asked last; they are to be written down.
    pub fn take_over(&self) -> Vec<Over> {
        std::mem::take(&mut self.state().over)
    }
}

impl State {
    /// At the bound the oldest is forgotten: nobody has asked for a long time.
    pub(super) fn note_over(&mut self, account: AccountId, at: Mono) {
        if self.over.len() >= limits::CHANNELS {
            self.over.remove(0);
        }
        self.over.push(Over { account, at });
    }
}
