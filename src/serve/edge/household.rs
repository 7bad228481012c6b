//! The running house as the edge asks it: the station for channels, the people for who may see them.

use super::{Channel, Live, Visibility};
use crate::media::rendition::ListForm;
use crate::people::{Account, AccountId, People};
use crate::serve::events::EventBus;
use crate::serve::station::Station;
use crate::time::Mono;
use bytes::Bytes;
use std::sync::Arc;

/// See the module.
#[derive(Debug)]
pub struct Household {
    /// Who is on air.
    pub station: Arc<Station>,
    /// Who may see them.
    pub people: Arc<People>,
}

impl Live for Household {
    fn channel(&self, name: &str) -> Option<Arc<dyn Channel>> {
        Live::channel(&*self.station, name)
    }

    fn ended_playlist(&self, name: &str, form: ListForm) -> Option<Bytes> {
        self.station.ended_playlist(name, form)
    }

    fn poster(&self, name: &str) -> Option<Bytes> {
        self.station.poster(name)
    }

    fn playable(&self) -> Vec<String> {
        Live::playable(&*self.station)
    }

    fn now(&self) -> Mono {
        self.station.clock().now()
    }

    fn visibility(&self, name: &str) -> Visibility {
        match self.people.visibility_of(name) {
            Some(visibility) => visibility.into(),
            // The last pictures of somebody who was deleted are for nobody: there are no passes for them.
            None if self.people.is_retired(name) => Visibility::Members,
            None => Visibility::default(),
        }
    }

    fn has_pass(&self, name: &str, token: &str) -> bool {
        self.people.may_watch(name, token, self.now())
    }

    fn pass_holder(&self, name: &str, token: &str) -> Option<AccountId> {
        self.people.pass_holder(name, token, self.now())
    }

    fn account(&self, session: &str) -> Option<Account> {
        let session = self.people.session(session, self.now())?;
        Some(session.account)
    }

    fn events(&self) -> Option<Arc<EventBus>> {
        Some(Arc::clone(self.station.events()))
    }

    fn unix_ms(&self) -> i64 {
        self.station.clock().unix_ms()
    }
}
