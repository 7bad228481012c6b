//! The station: which channels are on air, who publishes, who takes over. (owner: integrator)
use crate::media::ingest::Health;
use crate::media::rendition::Rendition;
use crate::media::ts_rendition::TsRendition;
use crate::people::{AccountId, KeyId};
use crate::time::{Clock, Mono};
use std::net::IpAddr;
use std::sync::Arc;
use tokio::sync::Notify;

/// Where a channel stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// A publisher is connected.
    Live,
    /// It left; it may come back until this moment.
    Grace {
        /// Then the session ends.
        until: Mono,
    },
    /// ENDLIST; the ring is freed. Only the last playlist is kept for a while.
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
    pub changed: Notify,
}

#[allow(clippy::todo)]
impl OnAir {
    /// Where it stands.
    pub fn phase(&self) -> Phase {
        todo!()
    }
    /// Viewers now: counted by the edge (see `viewer_seen`).
    pub fn viewers(&self) -> u32 {
        todo!()
    }
    /// A viewer (address and a client token, if any) asked for media at `now`; counts for 10 s.
    pub fn viewer_seen(&self, viewer: u64, now: Mono) {
        let _ = (viewer, now);
        todo!()
    }
}

/// A channel as pages list it.
#[derive(Clone, Debug)]
pub struct ChannelView {
    /// NAME.
    pub name: String,
    /// Where it stands.
    pub phase: Phase,
    /// When this session began.
    pub since: Mono,
    /// Viewers now.
    pub viewers: u32,
    /// The first playlist is there (a page may start its player).
    pub playable: bool,
    /// What the streamer should know.
    pub health: Health,
    /// Publisher's address, if connected.
    pub publisher: Option<IpAddr>,
    /// Key in use.
    pub key: Option<KeyId>,
}

/// The station.
#[derive(Debug)]
pub struct Station {}

#[allow(clippy::todo)]
impl Station {
    /// The running session of a channel, also in grace; None when off air.
    pub fn on_air(&self, name: &str) -> Option<Arc<OnAir>> {
        let _ = name;
        todo!()
    }
    /// The last `media.m3u8` (with ENDLIST) of a session that ended less than a minute ago.
    pub fn ended_playlist(&self, name: &str) -> Option<bytes::Bytes> {
        let _ = name;
        todo!()
    }
    /// All sessions, in no order.
    pub fn channels(&self) -> Vec<ChannelView> {
        todo!()
    }
    /// One session.
    pub fn view(&self, name: &str) -> Option<ChannelView> {
        let _ = name;
        todo!()
    }
    /// Key revoked or rotated: its publisher gets this text and a close.
    pub fn revoke(&self, key: KeyId, text: &str) {
        let _ = (key, text);
        todo!()
    }
    /// "Let the other encoder in": the next publish with another key of this account takes over (60 s).
    pub fn allow_switch(&self, account: AccountId) {
        let _ = account;
        todo!()
    }
    /// Last refused publish with another key of this account: from where, when.
    pub fn refused_switch(&self, account: AccountId) -> Option<(IpAddr, Mono)> {
        let _ = account;
        todo!()
    }
    /// Last publish with an unknown key: from where, when.
    pub fn wrong_key(&self) -> Option<(IpAddr, Mono)> {
        todo!()
    }
    /// The daemon's clock.
    pub fn clock(&self) -> Clock {
        todo!()
    }
}
