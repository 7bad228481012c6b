//! What to do with the radio: events and the time in, orders out. It knows no sockets, files or clocks.
//!
//! Known networks are tried first; without one and without a cable the access point opens, and closes now and then to
//! try again. One radio is one thing at a time: whoever joins or looks around from the access point closes it.

use super::known::Known;
use crate::limits::wifi::{
    ADDRESS_MS, CABLE_WAIT_MS, GUEST_MS, JOIN_MS, KNOWN_MAX, LOST_MS, MISSES, SCAN_MS, SOON_MS,
    TRIED_MAX, TRY_AGAIN_MS,
};
use crate::serve::wifi::{Ask, Mode, Network, State, Trouble, Why};
use crate::time::Mono;
use crate::wire::wifi::{Name, Seen};
use std::collections::VecDeque;
use std::net::Ipv4Addr;

/// What happens.
#[derive(Clone, Debug)]
pub(super) enum Event {
    /// There is a radio now, or none.
    Radio(bool),
    /// A cable leads somewhere, or none does.
    Cable(bool),
    /// What the look around has found.
    Scanned(Vec<Seen>),
    /// The radio is in the network.
    Connected,
    /// It is not any more.
    Disconnected,
    /// The network was not joined.
    Failed(Why),
    /// The radio's address in a network, not the access point's own.
    Address(Option<Ipv4Addr>),
    /// So many are on the access point.
    Guests(usize),
    /// Somebody asks for something.
    Asked(Ask),
    /// Time has passed.
    Tick,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// Look around.
    Look,
    /// Join this network.
    Join(Network),
    /// Open the access point.
    Open,
    /// Leave whatever the radio is in, and close the access point.
    Leave,
    /// Remember these networks over restarts.
    Keep(Vec<Network>),
}

#[derive(Debug)]
enum Phase {
    NoRadio,
    /// Is there a cable?
    Waiting {
        until: Mono,
    },
    Looking {
        until: Mono,
        /// Then known networks are tried; else nothing but the list was asked for.
        join: bool,
    },
    Joining {
        network: Network,
        until: Mono,
        connected: bool,
        /// How often it was not found or refused.
        misses: u32,
        /// To be tried next.
        rest: VecDeque<Network>,
    },
    Joined {
        network: Network,
        connected: bool,
        /// Since when it, or the address in it, is gone.
        lost: Option<Mono>,
    },
    Open {
        opened: Mono,
        again: Mono,
        guests: usize,
    },
    Resting {
        again: Mono,
    },
}

/// See the module.
#[derive(Debug)]
pub(super) struct Machine {
    phase: Phase,
    access_point: String,
    cable: bool,
    address: Option<Ipv4Addr>,
    /// The one of the card first, then as they were joined, the last one first.
    known: Vec<Network>,
    /// Where the box stands, as far as no network says so.
    country: Option<String>,
    seen: Vec<Seen>,
    trouble: Option<Trouble>,
    /// Asked for, and when to begin.
    soon: Option<(Ask, Mono)>,
    orders: Vec<Order>,
}

impl Machine {
    /// Nothing is heard of radio and cable yet.
    pub(super) fn new(access_point: String, known: Known) -> Machine {
        Machine {
            phase: Phase::NoRadio,
            access_point,
            cable: false,
            address: None,
            known: known.networks,
            country: known.country,
            seen: Vec::new(),
            trouble: None,
            soon: None,
            orders: Vec::new(),
        }
    }

    /// The access point's name, once the radio is known.
    pub(super) fn call_access_point(&mut self, name: String) {
        self.access_point = name;
    }

    /// Takes an event; what is to be done, in this order.
    pub(super) fn on(&mut self, event: Event, now: Mono) -> Vec<Order> {
        match event {
            Event::Radio(there) => self.radio(there, now),
            Event::Cable(there) => self.cable(there, now),
            Event::Scanned(seen) => self.scanned(seen, now),
            Event::Connected => self.connected(now),
            Event::Disconnected => self.disconnected(now),
            Event::Failed(why) => self.failed(why, now),
            Event::Address(address) => self.has_address(address, now),
            Event::Guests(count) => {
                if let Phase::Open { guests, .. } = &mut self.phase {
                    *guests = count;
                }
            }
            Event::Asked(ask) => self.asked(ask, now),
            Event::Tick => {}
        }
        self.due(now);
        std::mem::take(&mut self.orders)
    }

    fn radio(&mut self, there: bool, now: Mono) {
        match (there, &self.phase) {
            (true, Phase::NoRadio) if self.known.is_empty() && !self.cable => {
                let until = now.plus(CABLE_WAIT_MS);
                self.phase = Phase::Waiting { until };
            }
            (true, Phase::NoRadio) => self.begin(now),
            (false, _) => {
                self.phase = Phase::NoRadio;
                self.address = None;
                self.soon = None;
                self.seen.clear();
            }
            (true, _) => {}
        }
    }

    /// Known networks first; without any, the list for whoever comes to the access point.
    fn begin(&mut self, now: Mono) {
        match self.cable && self.known.is_empty() {
            true => self.rest(now),
            false => self.look(true, now),
        }
    }

    fn cable(&mut self, there: bool, now: Mono) {
        if std::mem::replace(&mut self.cable, there) == there {
            return;
        }
        match &self.phase {
            Phase::Waiting { .. } if there => self.begin(now),
            Phase::Open { .. } if there => {
                self.orders.push(Order::Leave);
                self.begin(now);
            }
            Phase::Resting { .. } if !there => {
                let until = now.plus(CABLE_WAIT_MS);
                self.phase = Phase::Waiting { until };
            }
            _ => {}
        }
    }

    fn look(&mut self, join: bool, now: Mono) {
        let until = now.plus(SCAN_MS);
        self.phase = Phase::Looking { until, join };
        self.orders.push(Order::Look);
    }

    fn scanned(&mut self, seen: Vec<Seen>, now: Mono) {
        // While a network is being joined, its own look around is no list.
        if !matches!(self.phase, Phase::NoRadio | Phase::Open { .. }) && !seen.is_empty() {
            self.seen = seen;
        }
        match self.phase {
            Phase::Looking { join: true, .. } => {
                let mut candidates = self.candidates();
                match candidates.pop_front() {
                    Some(first) => self.join(first, candidates, now),
                    None => self.settle(now),
                }
            }
            Phase::Looking { join: false, .. } => self.settle(now),
            _ => {}
        }
    }

    /// Known networks: those in reach first, then the others, which may hide their names.
    fn candidates(&self) -> VecDeque<Network> {
        let is_seen = |network: &&Network| self.seen.iter().any(|seen| seen.name == network.name);
        let (near, far): (Vec<_>, Vec<_>) = self.known.iter().partition(is_seen);
        let all = near.into_iter().chain(far).take(TRIED_MAX);
        all.cloned().collect()
    }

    fn join(&mut self, network: Network, rest: VecDeque<Network>, now: Mono) {
        self.orders.push(Order::Leave);
        self.orders.push(Order::Join(network.clone()));
        self.address = None;
        self.phase = Phase::Joining {
            network,
            until: now.plus(JOIN_MS),
            connected: false,
            misses: 0,
            rest,
        };
    }

    fn connected(&mut self, now: Mono) {
        match &mut self.phase {
            Phase::Joining {
                connected, until, ..
            } if !*connected => {
                *connected = true;
                *until = now.plus(ADDRESS_MS);
            }
            Phase::Joined { connected, .. } => *connected = true,
            _ => {}
        }
    }

    fn disconnected(&mut self, now: Mono) {
        match &mut self.phase {
            Phase::Joining {
                connected, until, ..
            } if *connected => {
                *connected = false;
                *until = now.plus(JOIN_MS);
            }
            Phase::Joined {
                connected, lost, ..
            } => {
                *connected = false;
                lost.get_or_insert(now);
            }
            _ => {}
        }
    }

    fn has_address(&mut self, address: Option<Ipv4Addr>, now: Mono) {
        match &mut self.phase {
            Phase::Joined {
                connected, lost, ..
            } => {
                self.address = address.filter(|_| *connected);
                *lost = match self.address {
                    Some(_) => None,
                    None => lost.or(Some(now)),
                };
            }
            Phase::Joining {
                network,
                connected: true,
                ..
            } if address.is_some() => {
                let network = network.clone();
                self.address = address;
                self.remember(&network);
                self.trouble.take_if(|trouble| trouble.name == network.name);
                self.phase = Phase::Joined {
                    network,
                    connected: true,
                    lost: None,
                };
            }
            _ => self.address = None,
        }
    }

    /// Moves the network to the front; nothing is written if it stands there already.
    fn remember(&mut self, network: &Network) {
        if self.known.first() == Some(network) {
            return;
        }
        self.known.retain(|known| known.name != network.name);
        self.known.insert(0, network.clone());
        self.known.truncate(KNOWN_MAX);
        self.orders.push(Order::Keep(self.known.clone()));
    }

    /// A wrong passphrase is one at once; what is not found, or refuses, gets another try.
    fn failed(&mut self, why: Why, now: Mono) {
        if let Phase::Joining { misses, .. } = &mut self.phase {
            *misses += 1;
            if why == Why::Passphrase || *misses >= MISSES {
                self.give_up(why, now);
            }
        }
    }

    fn give_up(&mut self, why: Why, now: Mono) {
        let Phase::Joining { network, rest, .. } = &mut self.phase else {
            return;
        };
        let (name, mut rest) = (network.name.clone(), std::mem::take(rest));
        // What was asked for is tried first: its trouble is not hidden by that of others.
        match &mut self.trouble {
            Some(trouble) if trouble.name != name => {}
            trouble => *trouble = Some(Trouble { name, why }),
        }
        match rest.pop_front() {
            Some(next) => self.join(next, rest, now),
            None => {
                self.orders.push(Order::Leave);
                self.settle(now);
            }
        }
    }

    /// Nothing to join: the access point, unless there is a cable.
    fn settle(&mut self, now: Mono) {
        match self.cable {
            true => self.rest(now),
            false => {
                self.orders.push(Order::Open);
                self.phase = Phase::Open {
                    opened: now,
                    again: now.plus(TRY_AGAIN_MS),
                    guests: 0,
                };
            }
        }
    }

    fn rest(&mut self, now: Mono) {
        let again = now.plus(TRY_AGAIN_MS);
        self.phase = Phase::Resting { again };
    }

    fn asked(&mut self, ask: Ask, now: Mono) {
        match ask {
            Ask::State {} => {}
            Ask::Forget { name } => self.forget(&name, now),
            Ask::Look {} if matches!(self.phase, Phase::Joined { .. }) => {
                self.orders.push(Order::Look);
            }
            Ask::Look {} | Ask::Join(_) if matches!(self.phase, Phase::NoRadio) => {}
            Ask::Look {} if !matches!(self.phase, Phase::Open { .. } | Phase::Resting { .. }) => {}
            ask => self.soon = Some((ask, now.plus(SOON_MS))),
        }
    }

    fn forget(&mut self, name: &Name, now: Mono) {
        let before = self.known.len();
        self.known.retain(|known| known.name != *name);
        if self.known.len() < before {
            self.orders.push(Order::Keep(self.known.clone()));
        }
        self.trouble.take_if(|trouble| trouble.name == *name);
        match &self.phase {
            Phase::Joined { network, .. } | Phase::Joining { network, .. }
                if network.name == *name =>
            {
                self.orders.push(Order::Leave);
                self.address = None;
                self.begin(now);
            }
            _ => {}
        }
    }

    /// What the time has come for.
    fn due(&mut self, now: Mono) {
        if let Some((ask, _)) = self.soon.take_if(|(_, at)| *at <= now) {
            self.begin_asked(ask, now);
            return;
        }
        match &self.phase {
            Phase::Waiting { until } if *until <= now => self.look(true, now),
            Phase::Looking { until, .. } if *until <= now => self.scanned(Vec::new(), now),
            Phase::Joining {
                until, connected, ..
            } if *until <= now => {
                let why = if *connected {
                    Why::NoAddress
                } else {
                    Why::NotFound
                };
                self.give_up(why, now);
            }
            Phase::Joined {
                network,
                lost: Some(since),
                ..
            } if now.since(*since) >= LOST_MS => {
                self.trouble = Some(Trouble {
                    name: network.name.clone(),
                    why: Why::Lost,
                });
                self.orders.push(Order::Leave);
                self.look(true, now);
            }
            Phase::Open {
                again,
                opened,
                guests,
            } if *again <= now && self.soon.is_none() && !self.known.is_empty() => {
                let has_guest = *guests > 0 && now.since(*opened) < GUEST_MS;
                self.try_again(has_guest, now);
            }
            Phase::Resting { again } if *again <= now && !self.known.is_empty() => {
                self.look(true, now);
            }
            _ => {}
        }
    }

    /// From the access point to the known networks, if nobody is on it who would be thrown out.
    fn try_again(&mut self, has_guest: bool, now: Mono) {
        match &mut self.phase {
            Phase::Open { again, .. } if has_guest => *again = now.plus(TRY_AGAIN_MS),
            _ => {
                self.orders.push(Order::Leave);
                self.look(true, now);
            }
        }
    }

    fn begin_asked(&mut self, ask: Ask, now: Mono) {
        match ask {
            Ask::Join(network) => {
                // If it fails, those that were good until now are tried again.
                let mut rest = self.candidates();
                rest.retain(|known| known.name != network.name);
                self.trouble = None;
                self.join(network, rest, now);
            }
            _ => match self.phase {
                Phase::Open { .. } => {
                    self.orders.push(Order::Leave);
                    self.look(false, now);
                }
                Phase::Resting { .. } => self.look(false, now),
                Phase::Joined { .. } => self.orders.push(Order::Look),
                // It looks around by now, or joins: that brings a list, too.
                _ => {}
            },
        }
    }

    /// When [`Event::Tick`] is due at the latest; None: nothing waits.
    pub(super) fn next(&self) -> Option<Mono> {
        let soon = self.soon.as_ref().map(|(_, at)| *at);
        let phase = match &self.phase {
            Phase::Waiting { until }
            | Phase::Looking { until, .. }
            | Phase::Joining { until, .. } => Some(*until),
            Phase::Joined {
                lost: Some(since), ..
            } => Some(since.plus(LOST_MS)),
            Phase::Open { again, .. } | Phase::Resting { again } if !self.known.is_empty() => {
                Some(*again)
            }
            _ => None,
        };
        [soon, phase].into_iter().flatten().min()
    }

    /// How things stand, for pages.
    pub(super) fn state(&self) -> State {
        let (mode, network) = match &self.phase {
            Phase::NoRadio => (Mode::NoRadio, None),
            Phase::Waiting { .. } | Phase::Looking { .. } => (Mode::Looking, None),
            Phase::Joining { network, .. } => (Mode::Joining, Some(network)),
            Phase::Joined { network, lost, .. } => match lost {
                None => (Mode::Joined, Some(network)),
                Some(_) => (Mode::Joining, Some(network)),
            },
            Phase::Open { .. } => (Mode::AccessPoint, None),
            Phase::Resting { .. } => (Mode::Resting, None),
        };
        let said = network.or(self.known.first());
        let country = said.and_then(|network| network.country.as_ref());
        State {
            mode,
            soon: self.soon.as_ref().map(|(ask, _)| match ask {
                Ask::Join(_) => Mode::Joining,
                _ => Mode::Looking,
            }),
            network: match &self.soon {
                Some((Ask::Join(network), _)) => Some(network.name.clone()),
                _ => network.map(|network| network.name.clone()),
            },
            address: self.address,
            access_point: self.access_point.clone(),
            cable: self.cable,
            trouble: self.trouble.clone(),
            seen: self.seen.clone(),
            known: self.known.iter().map(|known| known.name.clone()).collect(),
            country: country
                .or(self.country.as_ref())
                .cloned()
                .unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests;
