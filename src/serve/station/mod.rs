//! The station: which channels are on air, who publishes, who takes over, who may come back.
//!
//! A channel's *session* begins with a publish, survives reconnects and takeovers, and ends when its grace is over.
//! The rules of who gets in are in [`admission`]; what readers share of a session is [`OnAir`].

pub mod admission;
mod allowance;
mod checkup;
mod endings;
pub mod on_air;
mod posters;
pub mod publication;
mod publishing;
mod session;
pub mod shares;
mod state;

pub use admission::{Refusal, TurnedAway, WrongKey};
pub use checkup::Checkup;
pub use endings::Over;
pub use on_air::{OnAir, Phase, Watchers};
pub use publication::Publication;

use crate::limits::station as limits;
use crate::media::ingest::Health;
use crate::media::rendition::ListForm;
use crate::media::storage::SegmentStorage;
use crate::people::{self, AccountId, KeyHolder, KeyId};
use crate::serve::events::EventBus;
use crate::time::{Clock, Mono};
use admission::Desk;
use bytes::Bytes;
use posters::Posters;
use session::{Connected, Session};
use shares::Shares;
use state::State;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, oneshot};

/// What the station is given at start.
#[derive(Clone, Debug)]
pub struct StationSettings {
    /// Where segments live.
    pub storage: Arc<dyn SegmentStorage>,
    /// Bytes for all rings together.
    pub ring_bytes: u64,
    /// Channels that may be live at once.
    pub live_channels: usize,
    /// Bytes of the rings that each of them gets at least.
    pub least_share: u64,
    /// Bytes for all posters together.
    pub poster_bytes: u64,
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
    /// See [`OnAir::early_ms`].
    pub early_ms: i64,
    /// When the newest media came, if any did.
    pub newest_at: Option<Mono>,
    /// A publisher is connected whose first fragment has not come yet.
    pub starting: bool,
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
    events: Arc<EventBus>,
    changed: Notify,
    notices: AtomicU64,
}

impl Station {
    /// An empty station.
    pub fn new(settings: StationSettings) -> Station {
        let shares = Shares::new(
            settings.ring_bytes,
            settings.live_channels,
            settings.least_share,
        );
        let state = State {
            sessions: HashMap::new(),
            ended: HashMap::new(),
            desk: Desk::default(),
            shares,
            retired: Vec::new(),
            unwritten: HashMap::new(),
            publications: 0,
            posters: Posters::new(settings.poster_bytes),
            most_kbps: None,
            over: Vec::new(),
        };
        Station {
            settings,
            state: Mutex::new(state),
            events: Arc::new(EventBus::of_this_life()),
            changed: Notify::new(),
            notices: AtomicU64::new(0),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The daemon's clock.
    pub fn clock(&self) -> Clock {
        self.settings.clock
    }

    /// What pages are told.
    pub fn events(&self) -> &Arc<EventBus> {
        &self.events
    }

    /// Notified when a channel's phase changes, or it becomes playable, or a streamer should know something. It keeps one
    /// notification for whoever listens next: there is one listener.
    pub fn changed(&self) -> &Notify {
        &self.changed
    }

    /// Rises with each encoder that was turned away.
    pub fn notices(&self) -> u64 {
        self.notices.load(Ordering::Relaxed)
    }

    fn note_notice(&self) {
        self.notices.fetch_add(1, Ordering::Relaxed);
        self.changed.notify_one();
    }

    /// The running session of a channel, also in grace; None when off air.
    pub fn on_air(&self, name: &str) -> Option<Arc<OnAir>> {
        self.state().sessions.get(name)?.on_air.clone()
    }

    /// A session that is over and whose media can still be played to its end.
    pub fn ending(&self, name: &str) -> Option<Arc<OnAir>> {
        let now = self.clock().now();
        self.state().ending(name, now)
    }

    /// Every session whose media is there: those that run, and those that were over a short while ago.
    pub fn all_with_media(&self) -> Vec<Arc<OnAir>> {
        let now = self.clock().now();
        let state = self.state();
        let running = state.sessions.values();
        let running = running.filter_map(|session| session.on_air.clone());
        let over = state.retired.iter().filter(|it| now < it.kept_until);
        running
            .chain(over.map(|retired| Arc::clone(&retired.on_air)))
            .collect()
    }

    /// The last `media.m3u8` (with ENDLIST) of a session that ended less than a minute ago.
    pub fn ended_playlist(&self, name: &str, form: ListForm) -> Option<Bytes> {
        let now = self.clock().now();
        let state = self.state();
        let ended = state.ended.get(name)?;
        let list = match form {
            ListForm::Plain => &ended.lists.plain,
            ListForm::Whole | ListForm::Delta => &ended.lists.whole,
        };
        list.clone()
            .filter(|_| now.since(ended.at) <= limits::ENDED_PLAYLIST_MS)
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
        state.reap(now);
        let known = state.sessions.contains_key(&holder.name);
        if let Some(session) = state.sessions.get_mut(&holder.name)
            && let Some(connected) = &session.publisher
        {
            let admitted = state
                .desk
                .admit(holder, address, connected.incumbent(), now);
            admitted.inspect_err(|_| self.note_notice())?;
            match connected.address == address {
                true => session.reconnects += 1,
                false => session.takeovers += 1,
            }
            session.dismiss(admission::TAKEN_OVER);
        } else if let Some(session) = state.sessions.get_mut(&holder.name)
            && !session.said_goodbye
        {
            session.reconnects += 1;
        }
        if !known {
            if state.sessions.len() + state.ended.len() >= limits::CHANNELS {
                return Err(Refusal::Full);
            }
            let share = state.take_share(now).ok_or(Refusal::Full)?;
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
            has_begun: false,
            dismiss: Some(dismiss),
        };
        let session = state.sessions.get_mut(&holder.name).ok_or(Refusal::Full)?;
        session.publisher = Some(connected);
        session.grace_until = None;
        session.is_to_end = false;
        self.changed.notify_one();
        Ok(Publication::new(
            Arc::clone(self),
            holder,
            publication,
            dismissed,
            session.on_air.clone(),
        ))
    }

    /// Who watches a channel now.
    pub fn watchers(&self, name: &str) -> Watchers {
        let on_air = self.on_air(name);
        on_air.map_or_else(Watchers::default, |it| it.watchers(self.clock().now()))
    }

    /// An encoder came with a key that nobody has.
    pub fn note_wrong_key(&self, address: IpAddr, key: &str) {
        let now = self.clock().now();
        self.state().desk.note_wrong_key(address, key, now);
        self.note_notice();
    }

    /// An encoder came with a key that works, and its person may not go live now.
    pub fn note_turned_away(&self, account: AccountId, address: IpAddr, why: people::Refusal) {
        let at = self.clock().now();
        let one = TurnedAway {
            account,
            address,
            at,
            why,
        };
        self.state().desk.note_turned_away(one);
        self.note_notice();
    }

    /// The last encoder of this account that was turned away so.
    pub fn turned_away(&self, account: AccountId) -> Option<TurnedAway> {
        self.state().desk.turned_away(account)
    }

    /// The last publishes with unknown keys, the newest first.
    pub fn wrong_keys(&self) -> Vec<WrongKey> {
        self.state().desk.wrong_keys()
    }

    /// The channel's last picture: live, or what is kept of the session before.
    pub fn poster(&self, name: &str) -> Option<Bytes> {
        let now = self.clock().now();
        let mut state = self.state();
        let state = &mut *state;
        let on_air = state.sessions.get(name).and_then(|it| it.on_air.as_ref());
        match on_air {
            Some(on_air) => state.posters.of(name, &on_air.rendition, now),
            None => state.posters.kept(name),
        }
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
        if !over.is_empty() {
            self.changed.notify_one();
        }
        for name in over {
            state.end(&name, now);
        }
        state.reap(now);
        state.forget(now);
    }

    /// How much of the rings is spoken for, bytes.
    pub fn ring_bytes_granted(&self) -> u64 {
        self.state().shares.granted()
    }
}
