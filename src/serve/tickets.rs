//! One-time tickets: who brings one gets, once and in time, what it stands for.

use crate::limits::http::DOWNLOAD_TICKET_BYTES;
use crate::time::Mono;
use data_encoding::BASE64URL_NOPAD;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// See the module.
#[derive(Debug)]
pub(super) struct Tickets<T> {
    most: usize,
    life_ms: u64,
    offers: Mutex<Vec<Offer<T>>>,
}

#[derive(Debug)]
struct Offer<T> {
    ticket: String,
    until: Mono,
    what: T,
}

impl<T> Tickets<T> {
    /// At most `most` at a time, each for `life_ms`.
    pub(super) fn new(most: usize, life_ms: u64) -> Tickets<T> {
        Tickets {
            most,
            life_ms,
            offers: Mutex::new(Vec::new()),
        }
    }

    /// A ticket for something, or None if the system has no random bytes. At the bound the oldest is forgotten.
    pub(super) fn offer(&self, what: T, now: Mono) -> Option<String> {
        let mut random = [0; DOWNLOAD_TICKET_BYTES];
        getrandom::fill(&mut random).ok()?;
        let ticket = BASE64URL_NOPAD.encode(&random);
        let mut offers = self.offers();
        offers.retain(|offer| offer.until > now);
        if offers.len() >= self.most {
            offers.remove(0);
        }
        offers.push(Offer {
            ticket: ticket.clone(),
            until: now.plus(self.life_ms),
            what,
        });
        Some(ticket)
    }

    /// What a ticket is for; it counts once.
    pub(super) fn take(&self, ticket: &str, now: Mono) -> Option<T> {
        let mut offers = self.offers();
        offers.retain(|offer| offer.until > now);
        let at = offers.iter().position(|offer| offer.ticket == ticket)?;
        Some(offers.remove(at).what)
    }

    fn offers(&self) -> MutexGuard<'_, Vec<Offer<T>>> {
        self.offers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_counts_once_and_for_its_time() {
        let tickets = Tickets::new(2, 60_000);
        let ticket = tickets.offer('a', Mono(0)).unwrap();
        assert!(tickets.take("", Mono(0)).is_none());
        assert_eq!(tickets.take(&ticket, Mono(1)), Some('a'));
        assert!(tickets.take(&ticket, Mono(2)).is_none());
        let late = tickets.offer('b', Mono(0)).unwrap();
        assert!(tickets.take(&late, Mono(60_000)).is_none());
    }

    #[test]
    fn offers_are_bounded() {
        let tickets = Tickets::new(2, 60_000);
        let first = tickets.offer(0, Mono(0)).unwrap();
        for number in 1..=2 {
            tickets.offer(number, Mono(0)).unwrap();
        }
        assert_eq!(tickets.offers().len(), 2);
        assert!(tickets.take(&first, Mono(0)).is_none());
    }
}
