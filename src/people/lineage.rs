//! What makes this store another than the one that a backup of it is restored to.
//!
//! A backup holds the epochs of the day it was made. Put back, it would make sessions, passes and links count again that were ended
//! since. So whatever is signed or found by HMAC is bound to a random lineage that no backup holds: a store that was restored
//! makes a new one, and everybody logs in again.

use super::tables::Lineages;
use crate::store::Store;

/// The store's lineage, made on first use. A store that can't keep it (a card that refuses writes) has one for as long as
/// the daemon runs.
pub(super) fn of(store: &Store) -> [u8; 16] {
    match store.get::<Lineages>(&()) {
        Ok(Some(lineage)) => return lineage,
        Ok(None) => {}
        Err(error) => log::warn!("the sessions of before are over: {error}"),
    }
    let mut lineage = [0; 16];
    if getrandom::fill(&mut lineage).is_err() {
        log::error!("the system gives no random bytes: nobody stays logged in over a restart");
    }
    if let Err(error) = store.put::<Lineages>(&(), &lineage) {
        log::warn!("nobody stays logged in over the next restart: {error}");
    }
    lineage
}
