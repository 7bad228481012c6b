//! The station: which channels are on air, who publishes, who takes over, who may come back.
//!
//! A channel's *session* begins with a publish, survives reconnects and takeovers, and ends when its grace is over.
//! The rules of who gets in are in [`admission`]; what readers share of a session is [`OnAir`].

pub mod admission;
pub mod on_air;
pub mod publication;
pub mod shares;

pub use admission::Refusal;
pub use on_air::{OnAir, Phase};
pub use publication::Publication;

use crate::limits::station as limits;
use crate::media::ingest::Health;
use crate::media::storage::SegmentStorage;
use crate::people::{AccountId, KeyHolder, KeyId};
use crate::time::{Clock, Mono};
use admission::Desk;
use bytes::Bytes;
use on_air::OnAirStart;
use shares::{Share, Shares};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

/// What the station is given at start.
#[derive(Clone, Debug)]
pub struct StationSettings {
    /// Where segments live.
    pub storage: Arc<dyn SegmentStorage>,
    /// Bytes for all rings together.
    pub ring_bytes: u64,
    /// Channels that may be live at once.
    pub live_channels: usize,
    /// The daemon's clock.
    pub clock: Clock,
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

/// See the module. Shared by reference between the edge, the RTMP server and the pages.
#[derive(Debug)]
pub struct Station {
    settings: StationSettings,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    sessions: HashMap<String, Session>,
    ended: HashMap<String, Ended>,
    desk: Desk,
    shares: Shares,
    /// Sessions that are over while somebody still reads their media: their share is not free yet.
    retired: Vec<Retired>,
    /// Ends of blocks of sequence numbers that the store could not take note of; at most one for each account.
    unwritten: HashMap<AccountId, u64>,
    publications: u64,
}

#[derive(Debug)]
struct Retired {
    on_air: Arc<OnAir>,
    share: Share,
}

/// A running session as the station sees it.
#[derive(Debug)]
struct Session {
    account: AccountId,
    began: Mono,
    share: Share,
    /// None until its sequence numbers are reserved.
    on_air: Option<Arc<OnAir>>,
    publisher: Option<Connected>,
    /// Set while nobody publishes.
    grace_until: Option<Mono>,
    health: Health,
}

/// The publisher of a session.
#[derive(Debug)]
struct Connected {
    publication: u64,
    key: KeyId,
    address: IpAddr,
    last_bytes: Mono,
    dismiss: Option<oneshot::Sender<String>>,
}

/// What is remembered of a session that is over.
#[derive(Debug)]
struct Ended {
    playlist: Option<Bytes>,
    independent: bool,
    keyframe_interval_ms: Option<u32>,
    key: Option<KeyId>,
    at: Mono,
}

impl Station {
    /// An empty station.
    pub fn new(settings: StationSettings) -> Station {
        let shares = Shares::new(settings.ring_bytes, settings.live_channels);
        let state = State {
            sessions: HashMap::new(),
            ended: HashMap::new(),
            desk: Desk::default(),
            shares,
            retired: Vec::new(),
            unwritten: HashMap::new(),
            publications: 0,
        };
        Station {
            settings,
            state: Mutex::new(state),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The daemon's clock.
    pub fn clock(&self) -> Clock {
        self.settings.clock
    }

    /// The running session of a channel, also in grace; None when off air.
    pub fn on_air(&self, name: &str) -> Option<Arc<OnAir>> {
        self.state().sessions.get(name)?.on_air.clone()
    }

    /// Every running session.
    pub fn all_on_air(&self) -> Vec<Arc<OnAir>> {
        self.state()
            .sessions
            .values()
            .filter_map(|session| session.on_air.clone())
            .collect()
    }

    /// The last `media.m3u8` (with ENDLIST) of a session that ended less than a minute ago.
    pub fn ended_playlist(&self, name: &str) -> Option<Bytes> {
        let now = self.clock().now();
        let state = self.state();
        let ended = state.ended.get(name)?;
        if now.since(ended.at) > limits::ENDED_PLAYLIST_MS {
            None
        } else {
            ended.playlist.clone()
        }
    }

    /// All sessions, by name.
    pub fn channels(&self) -> Vec<ChannelView> {
        let now = self.clock().now();
        let mut views: Vec<_> = self
            .state()
            .sessions
            .iter()
            .map(|(name, session)| session.view(name, now))
            .collect();
        views.sort_by(|a, b| a.name.cmp(&b.name));
        views
    }

    /// One session.
    pub fn view(&self, name: &str) -> Option<ChannelView> {
        let now = self.clock().now();
        self.state()
            .sessions
            .get(name)
            .map(|session| session.view(name, now))
    }

    /// Asks to publish: takes over, waits for nobody. `dismissed` of the answer tells the text with which this
    /// publisher must leave, if it must.
    ///
    /// # Errors
    /// Why not, in words for the encoder.
    pub fn publish(
        self: &Arc<Station>,
        holder: &KeyHolder,
        address: IpAddr,
    ) -> Result<Publication, Refusal> {
        let now = self.clock().now();
        let mut state = self.state();
        let state = &mut *state;
        state.forget(now);
        state.reap();
        let known = state.sessions.contains_key(&holder.name);
        if let Some(session) = state.sessions.get_mut(&holder.name)
            && let Some(connected) = &session.publisher
        {
            state
                .desk
                .admit(holder, address, connected.incumbent(), now)?;
            session.dismiss(admission::TAKEN_OVER);
        }
        if !known {
            if state.sessions.len() + state.ended.len() >= limits::CHANNELS {
                return Err(Refusal::Full);
            }
            let share = state.shares.take().ok_or(Refusal::Full)?;
            state.sessions.insert(
                holder.name.clone(),
                Session::new(holder.account, share, now),
            );
        }
        state.publications += 1;
        let publication = state.publications;
        let (dismiss, dismissed) = oneshot::channel();
        let connected = Connected {
            publication,
            key: holder.key,
            address,
            last_bytes: now,
            dismiss: Some(dismiss),
        };
        let session = state.sessions.get_mut(&holder.name).ok_or(Refusal::Full)?;
        session.publisher = Some(connected);
        session.grace_until = None;
        Ok(Publication::new(
            Arc::clone(self),
            holder,
            publication,
            dismissed,
            session.on_air.clone(),
        ))
    }

    /// An encoder came with a key that nobody has.
    pub fn note_wrong_key(&self, address: IpAddr) {
        let now = self.clock().now();
        self.state().desk.note_wrong_key(address, now);
    }

    /// Last publish with an unknown key: from where, when.
    pub fn wrong_key(&self) -> Option<(IpAddr, Mono)> {
        self.state().desk.wrong_key()
    }

    /// Last refused publish with another key of this account: from where, when.
    pub fn refused_switch(&self, account: AccountId) -> Option<(IpAddr, Mono)> {
        self.state().desk.refused_switch(account)
    }

    /// "Let the other encoder in": for a minute, another key of this account takes over.
    pub fn allow_switch(&self, account: AccountId) {
        let now = self.clock().now();
        self.state().desk.allow_switch(account, now);
    }

    /// Key revoked or rotated: its publisher leaves with this text.
    pub fn revoke(&self, key: KeyId, text: &str) {
        for session in self.state().sessions.values_mut() {
            if session
                .publisher
                .as_ref()
                .is_some_and(|connected| connected.key == key)
            {
                session.dismiss(text);
            }
        }
    }

    /// Ends sessions whose grace is over and forgets old endings. Call a few times a second.
    pub fn tick(&self) {
        let now = self.clock().now();
        let mut state = self.state();
        let over: Vec<String> = state
            .sessions
            .iter()
            .filter(|(_, session)| session.is_over(now))
            .map(|(name, _)| name.clone())
            .collect();
        for name in over {
            state.end(&name, now);
        }
        state.reap();
        state.forget(now);
    }

    /// How much of the rings is spoken for, bytes.
    pub fn ring_bytes_granted(&self) -> u64 {
        self.state().shares.granted()
    }
}

/// What [`Publication`] asks of its station.
impl Station {
    fn note_bytes(&self, name: &str, publication: u64, now: Mono) {
        if let Some(connected) = self.state().connected(name, publication) {
            connected.last_bytes = now;
        }
    }

    fn note_health(&self, name: &str, publication: u64, health: &Health) {
        let mut state = self.state();
        if state.connected(name, publication).is_some()
            && let Some(session) = state.sessions.get_mut(name)
        {
            session.health.clone_from(health);
        }
    }

    fn unwritten(&self, account: AccountId) -> u64 {
        self.state().unwritten.get(&account).copied().unwrap_or(0)
    }

    fn note_unwritten(&self, account: AccountId, end: u64) {
        self.state().unwritten.insert(account, end);
    }

    fn note_written(&self, account: AccountId) {
        self.state().unwritten.remove(&account);
    }

    /// Puts a session on air under its first sequence number; the one that is on air already if there is one. None if
    /// another publication has taken its place.
    fn begin(
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
        Some(on_air)
    }

    /// The keyframe interval that this channel showed in this or its last session, ms.
    fn expected_keyframe_interval(&self, name: &str) -> Option<u32> {
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
    fn leave(&self, name: &str, publication: u64, goodbye: bool) {
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
        state.desk.winner_left(session.account);
        let Some(on_air) = session.on_air.clone() else {
            state.remove(name);
            return;
        };
        on_air.rendition.pause();
        let grace = if goodbye {
            limits::GRACE_AFTER_GOODBYE_MS
        } else {
            limits::GRACE_MS
        };
        let until = now.plus(grace);
        session.grace_until = Some(until);
        on_air.set_phase(Phase::Grace { until });
    }
}

impl State {
    fn connected(&mut self, name: &str, publication: u64) -> Option<&mut Connected> {
        let connected = self.sessions.get_mut(name)?.publisher.as_mut()?;
        (connected.publication == publication).then_some(connected)
    }

    /// A session that was never on air leaves no trace.
    fn remove(&mut self, name: &str) {
        if let Some(session) = self.sessions.remove(name) {
            self.shares.give_back(session.share);
        }
    }

    fn end(&mut self, name: &str, now: Mono) {
        let Some(session) = self.sessions.remove(name) else {
            return;
        };
        let Some(on_air) = session.on_air else {
            self.shares.give_back(session.share);
            return;
        };
        let (playlist, independent) = on_air.end();
        if let Some(end) = self.unwritten.get_mut(&session.account) {
            // Only what was used: the time of day, which a restart goes on from, must stay ahead of it.
            *end = (*end).min(on_air.rendition.next_numbers().0);
        }
        let ended = Ended {
            playlist,
            independent,
            keyframe_interval_ms: session.health.keyframe_interval_ms,
            key: on_air.last_key(),
            at: now,
        };
        self.ended.insert(name.to_owned(), ended);
        let share = session.share;
        self.retired.push(Retired { on_air, share });
        self.reap();
    }

    /// Shares become free when the last byte of their rings has.
    fn reap(&mut self) {
        let shares = &mut self.shares;
        self.retired.retain(|retired| {
            let is_used = retired.on_air.free() > 0;
            if !is_used {
                shares.give_back(retired.share);
            }
            is_used
        });
    }

    /// Endings older than a minute keep no playlist; beyond the table's bound the oldest is forgotten whole.
    fn forget(&mut self, now: Mono) {
        for ended in self.ended.values_mut() {
            if now.since(ended.at) > limits::ENDED_PLAYLIST_MS {
                ended.playlist = None;
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

impl Session {
    fn new(account: AccountId, share: Share, now: Mono) -> Session {
        Session {
            account,
            began: now,
            share,
            on_air: None,
            publisher: None,
            grace_until: None,
            health: Health::default(),
        }
    }

    fn dismiss(&mut self, text: &str) {
        if let Some(connected) = &mut self.publisher
            && let Some(dismiss) = connected.dismiss.take()
        {
            // A publisher whose task is already gone needs no telling.
            let _ = dismiss.send(text.to_owned());
        }
    }

    fn is_over(&self, now: Mono) -> bool {
        self.grace_until.is_some_and(|until| now >= until)
    }

    fn view(&self, name: &str, now: Mono) -> ChannelView {
        ChannelView {
            name: name.to_owned(),
            phase: self
                .grace_until
                .map_or(Phase::Live, |until| Phase::Grace { until }),
            since: self.began,
            viewers: self.on_air.as_ref().map_or(0, |on_air| on_air.viewers(now)),
            playable: self
                .on_air
                .as_ref()
                .is_some_and(|on_air| on_air.rendition.media_playlist().is_some()),
            health: self.health.clone(),
            publisher: self.publisher.as_ref().map(|connected| connected.address),
            key: self.publisher.as_ref().map(|connected| connected.key),
        }
    }
}

impl Connected {
    fn incumbent(&self) -> admission::Incumbent {
        admission::Incumbent {
            key: self.key,
            address: self.address,
            last_bytes: self.last_bytes,
        }
    }
}
