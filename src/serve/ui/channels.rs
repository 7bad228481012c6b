//! What pages need of the station.

use crate::people::{AccountId, KeyId};
use crate::serve::events::Event;
use crate::serve::station::{ChannelView, Checkup, Station, TurnedAway, Watchers, WrongKey};
use crate::time::Mono;
use std::net::IpAddr;

/// The station as pages see it; the one implementation outside tests is [`Station`].
pub trait Channels: Send + Sync {
    /// All sessions, in no order.
    fn channels(&self) -> Vec<ChannelView>;
    /// One session, by NAME.
    fn view(&self, name: &str) -> Option<ChannelView>;
    /// A key counts no more: its publisher gets this text and a close, and its session ends.
    fn revoke(&self, key: KeyId, text: &str);
    /// The next publish with another key of this account takes over.
    fn allow_switch(&self, account: AccountId);
    /// Last refused publish with another key of this account.
    fn refused_switch(&self, account: AccountId) -> Option<(IpAddr, Mono)>;
    /// The last encoder of this account that was turned away although its key works.
    fn turned_away(&self, _account: AccountId) -> Option<TurnedAway> {
        None
    }
    /// Last publish with an unknown key.
    fn wrong_key(&self) -> Option<(IpAddr, Mono)>;
    /// Ends a channel's session now; its encoder, if connected, gets this text and a close. False if it was off air.
    fn end_stream(&self, _name: &str, _text: &str) -> bool {
        false
    }
    /// Bytes that a channel's rings hold now.
    fn bytes_of(&self, _name: &str) -> u64 {
        0
    }
    /// Who watches a channel now.
    fn watchers(&self, _name: &str) -> Watchers {
        Watchers::default()
    }
    /// Tells open pages something.
    fn publish(&self, _event: Event) {}
    /// The id of the last event that pages were told; empty if they are told nothing.
    fn told(&self) -> String {
        String::new()
    }

    /// The last publishes with unknown keys, the newest first.
    fn wrong_keys(&self) -> Vec<WrongKey> {
        let last = self.wrong_key().into_iter();
        last.map(|(address, at)| WrongKey {
            address,
            at,
            begins: Default::default(),
        })
        .collect()
    }
    /// What the encoder doctor should look at; None while the channel is off air.
    fn checkup(&self, name: &str) -> Option<Checkup> {
        self.view(name).map(|view| Checkup::of(&view.health))
    }
    /// Now, on the daemon's clock.
    fn now(&self) -> Mono;
    /// Wall-clock ms since 1970: a guess until the box has synchronised.
    fn unix_ms(&self) -> i64;
}

impl Channels for Station {
    fn channels(&self) -> Vec<ChannelView> {
        Station::channels(self)
    }

    fn view(&self, name: &str) -> Option<ChannelView> {
        Station::view(self, name)
    }

    fn revoke(&self, key: KeyId, text: &str) {
        Station::revoke(self, key, text);
    }

    fn allow_switch(&self, account: AccountId) {
        Station::allow_switch(self, account);
    }

    fn refused_switch(&self, account: AccountId) -> Option<(IpAddr, Mono)> {
        Station::refused_switch(self, account)
    }

    fn turned_away(&self, account: AccountId) -> Option<TurnedAway> {
        Station::turned_away(self, account)
    }

    fn wrong_key(&self) -> Option<(IpAddr, Mono)> {
        Station::wrong_key(self)
    }

    fn end_stream(&self, name: &str, text: &str) -> bool {
        Station::end_stream(self, name, text)
    }

    fn bytes_of(&self, name: &str) -> u64 {
        Station::bytes_of(self, name)
    }

    fn watchers(&self, name: &str) -> Watchers {
        Station::watchers(self, name)
    }

    fn publish(&self, event: Event) {
        self.events().publish(event);
    }

    fn told(&self) -> String {
        self.events().now().to_string()
    }

    fn wrong_keys(&self) -> Vec<WrongKey> {
        Station::wrong_keys(self)
    }

    fn checkup(&self, name: &str) -> Option<Checkup> {
        Station::checkup(self, name)
    }

    fn now(&self) -> Mono {
        self.clock().now()
    }

    fn unix_ms(&self) -> i64 {
        self.clock().unix_ms()
    }
}
