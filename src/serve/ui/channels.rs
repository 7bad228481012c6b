//! What pages need of the station.

use crate::people::{AccountId, KeyId};
use crate::serve::station::{ChannelView, Station};
use crate::time::Mono;
use std::net::IpAddr;

/// The station as pages see it; the one implementation outside tests is [`Station`].
pub trait Channels: Send + Sync {
    /// All sessions, in no order.
    fn channels(&self) -> Vec<ChannelView>;
    /// One session, by NAME.
    fn view(&self, name: &str) -> Option<ChannelView>;
    /// A key was replaced: its publisher gets this text and a close.
    fn revoke(&self, key: KeyId, text: &str);
    /// The next publish with another key of this account takes over.
    fn allow_switch(&self, account: AccountId);
    /// Last refused publish with another key of this account.
    fn refused_switch(&self, account: AccountId) -> Option<(IpAddr, Mono)>;
    /// Last publish with an unknown key.
    fn wrong_key(&self) -> Option<(IpAddr, Mono)>;
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

    fn wrong_key(&self) -> Option<(IpAddr, Mono)> {
        Station::wrong_key(self)
    }

    fn now(&self) -> Mono {
        self.clock().now()
    }

    fn unix_ms(&self) -> i64 {
        self.clock().unix_ms()
    }
}
