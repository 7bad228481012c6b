//! The ring of recent events.

use super::Audience;
use crate::limits::events::{EVENT_BYTES, ID_BYTES, KEPT, KEPT_BYTES};
use bytes::Bytes;
use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// What is to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its type, such as `channel`: a word of small letters and dashes.
    pub kind: &'static str,
    /// A JSON object on one line, at most [`EVENT_BYTES`] long.
    pub data: String,
    /// Who may hear it.
    pub audience: Audience,
}

/// An event that was published.
#[derive(Debug)]
pub struct Told {
    /// Rises by one an event.
    pub number: u64,
    /// Who may hear it.
    pub audience: Audience,
    /// As server-sent events write it, with its id.
    pub frame: Bytes,
}

/// Where a page stands: behind the event of this number, in the life of the daemon that `boot` names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Differs between the lives of the daemon.
    pub boot: u32,
    /// Of the last event that was told, or passed over; 0 before the first.
    pub number: u64,
}

impl Place {
    /// Reads an id; None if it is none of ours.
    pub fn parse(id: &str) -> Option<Place> {
        let (boot, number) = id.get(..ID_BYTES).unwrap_or(id).split_once('-')?;
        Some(Place {
            boot: u32::from_str_radix(boot, 16).ok()?,
            number: number.parse().ok()?,
        })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}-{}", self.boot, self.number)
    }
}

/// What follows a place.
#[derive(Debug)]
pub enum Next {
    /// This.
    Told(Arc<Told>),
    /// Nothing yet.
    Nothing,
    /// More than is remembered.
    Lost,
}

/// See the module. Shared by all who publish and all who listen.
#[derive(Debug)]
pub struct EventBus {
    boot: u32,
    ring: Mutex<Ring>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Ring {
    told: VecDeque<Arc<Told>>,
    bytes: usize,
    newest: u64,
}

impl EventBus {
    /// An empty ring. `boot` must differ between the lives of the daemon.
    pub fn new(boot: u32) -> EventBus {
        EventBus {
            boot,
            ring: Mutex::default(),
            changed: Notify::new(),
        }
    }

    /// An empty ring under a number of its own.
    pub fn of_this_life() -> EventBus {
        let mut boot = [0; 4];
        EventBus::new(match getrandom::fill(&mut boot) {
            Ok(()) => u32::from_be_bytes(boot),
            Err(_) => std::process::id(),
        })
    }

    /// Tells whoever may hear it. Never blocks, from any thread. One that is too long is not told, and logged.
    pub fn publish(&self, event: Event) {
        if event.data.len() > EVENT_BYTES || event.data.contains(['\n', '\r']) {
            log::error!(
                "an event {} of {} bytes can't be told",
                event.kind,
                event.data.len()
            );
            return;
        }
        self.ring().push(self.boot, event);
        self.changed.notify_waiters();
    }

    /// Where a page stands that knows everything up to now.
    pub fn now(&self) -> Place {
        Place {
            boot: self.boot,
            number: self.ring().newest,
        }
    }

    /// What follows `place`.
    pub fn after(&self, place: Place) -> Next {
        let ring = self.ring();
        if place.boot != self.boot || place.number > ring.newest {
            return Next::Lost;
        }
        if place.number == ring.newest {
            return Next::Nothing;
        }
        let oldest = ring.told.front().map_or(u64::MAX, |told| told.number);
        let at = (place.number + 1).checked_sub(oldest);
        let told = at.and_then(|at| ring.told.get(usize::try_from(at).ok()?));
        told.map_or(Next::Lost, |told| Next::Told(Arc::clone(told)))
    }

    /// Notified with each event.
    pub fn changed(&self) -> &Notify {
        &self.changed
    }

    /// Events published since the start.
    pub fn published(&self) -> u64 {
        self.ring().newest
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ring {
    fn push(&mut self, boot: u32, event: Event) {
        self.newest += 1;
        let place = Place {
            boot,
            number: self.newest,
        };
        let frame = frame(place, event.kind, &event.data);
        self.bytes += frame.len();
        self.told.push_back(Arc::new(Told {
            number: self.newest,
            audience: event.audience,
            frame,
        }));
        while self.told.len() > KEPT || self.bytes > KEPT_BYTES {
            let Some(oldest) = self.told.pop_front() else {
                return;
            };
            self.bytes -= oldest.frame.len();
        }
    }
}

/// An event as it is written, HTML Living Standard section 9.2.5.
pub(in crate::serve) fn frame(place: Place, kind: &str, data: &str) -> Bytes {
    format!("id: {place}\nevent: {kind}\ndata: {data}\n\n").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(data: &str) -> Event {
        Event {
            kind: "test",
            data: data.to_owned(),
            audience: Audience::Everyone,
        }
    }

    /// Everything after `place`: the numbers, and whether some was lost.
    fn rest(bus: &EventBus, mut place: Place) -> (Vec<u64>, bool) {
        let mut numbers = Vec::new();
        loop {
            match bus.after(place) {
                Next::Told(told) => {
                    numbers.push(told.number);
                    place.number = told.number;
                }
                Next::Nothing => return (numbers, false),
                Next::Lost => return (numbers, true),
            }
        }
    }

    #[test]
    fn a_page_that_comes_back_is_told_what_it_missed_in_order() {
        let bus = EventBus::new(7);
        let start = bus.now();
        assert_eq!(rest(&bus, start), (vec![], false));
        for _ in 0..3 {
            bus.publish(event("{}"));
        }
        assert_eq!(rest(&bus, start), (vec![1, 2, 3], false));
        assert_eq!(rest(&bus, Place { boot: 7, number: 2 }), (vec![3], false));
    }

    #[test]
    fn what_was_forgotten_or_belongs_to_another_life_is_lost() {
        let bus = EventBus::new(7);
        for _ in 0..KEPT + 10 {
            bus.publish(event("{}"));
        }
        let after = |boot, number| rest(&bus, Place { boot, number });
        assert_eq!(after(7, 9), (vec![], true));
        assert_eq!(after(7, 10).0.len(), KEPT);
        assert_eq!(after(8, 500), (vec![], true));
        assert_eq!(after(7, 10_000), (vec![], true), "from the future");
    }

    #[test]
    fn long_events_push_others_out_and_too_long_ones_are_not_told() {
        let bus = EventBus::new(1);
        let long = "x".repeat(EVENT_BYTES);
        for _ in 0..KEPT {
            bus.publish(event(&long));
        }
        assert!(bus.ring().bytes <= KEPT_BYTES);
        assert!(bus.ring().told.len() >= KEPT_BYTES / EVENT_BYTES - 1);
        let before = bus.now();
        bus.publish(event(&(long + "x")));
        bus.publish(event("{\n}"));
        assert_eq!(bus.now(), before);
    }

    #[test]
    fn ids_are_read_as_they_were_written_and_others_are_none() {
        let place = Place {
            boot: 0x00ab_cdef,
            number: u64::MAX,
        };
        assert_eq!(Place::parse(&place.to_string()), Some(place));
        assert!(place.to_string().len() <= ID_BYTES);
        for id in ["", "-", "1", "x-1", "1-x", "1--1", "\u{e9}-1"] {
            assert_eq!(Place::parse(id), None, "{id}");
        }
    }

    #[test]
    fn a_frame_is_what_browsers_read() {
        let place = Place { boot: 1, number: 2 };
        assert_eq!(
            frame(place, "channel", "{}"),
            "id: 00000001-2\nevent: channel\ndata: {}\n\n"
        );
    }
}
