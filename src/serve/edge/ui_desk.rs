//! Who may ask the UI, and who is next: a bounded queue that is fair by address, before exactly
//! [`UI_LINES`] connections.

use super::settings::EdgeSettings;
use super::ui_line::Line;
use crate::limits::http::{UI_BODIES, UI_BODIES_PER_ADDRESS, UI_HEAVY, UI_LINES};
use std::collections::HashMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};
use tokio::sync::{Semaphore, oneshot};

/// After an address found no room for a heavy request, nobody may hold two for this long.
const SHARING: Duration = Duration::from_secs(10);

/// What a request costs the UI side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Weight {
    /// It hashes or writes.
    pub(super) heavy: bool,
    /// It has a body.
    pub(super) body: bool,
}

/// No room: 503.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Busy;

/// See the module.
#[derive(Debug)]
pub(super) struct Desk {
    /// Where the UI listens.
    pub(super) socket: PathBuf,
    /// Bytes of replies that may wait for their clients.
    pub(super) reply_room: Arc<Semaphore>,
    queue: usize,
    per_address: usize,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    free: heapless::Vec<Line, UI_LINES>,
    waiting: Vec<Waiter>,
    total: Load,
    loads: HashMap<IpAddr, Load>,
    sharing_until: Option<Instant>,
}

/// What an address, or all of them, has at the desk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Load {
    tickets: usize,
    bodies: usize,
    heavy: usize,
    lines: usize,
}

#[derive(Debug)]
struct Waiter {
    address: IpAddr,
    ready: oneshot::Sender<LentLine>,
}

/// The right to ask the UI one thing; held until the client has its answer.
#[derive(Debug)]
pub(super) struct Ticket {
    desk: Arc<Desk>,
    address: IpAddr,
    weight: Weight,
}

/// A connection to the UI, until it is dropped.
#[derive(Debug)]
pub(super) struct LentLine {
    desk: Arc<Desk>,
    address: IpAddr,
    /// The connection; given back as it is then.
    pub(super) line: Line,
}

impl Desk {
    /// All lines free and closed.
    pub(super) fn new(socket: PathBuf, settings: &EdgeSettings) -> Arc<Desk> {
        let limits = &settings.limits;
        Arc::new(Desk {
            socket,
            reply_room: Arc::new(Semaphore::new(limits.ui_reply_bytes)),
            queue: limits.ui_queue,
            per_address: limits.ui_per_address,
            state: Mutex::new(State {
                free: (0..UI_LINES).map(|_| Line::default()).collect(),
                waiting: Vec::new(),
                total: Load::default(),
                loads: HashMap::new(),
                sharing_until: None,
            }),
        })
    }

    /// A ticket for `address`, if there is room for what its request costs.
    pub(super) fn admit(self: &Arc<Desk>, address: IpAddr, weight: Weight) -> Result<Ticket, Busy> {
        let mut state = self.lock();
        let own = state.load(address);
        let full = state.total.tickets >= self.queue || own.tickets >= self.per_address;
        let many_bodies = state.total.bodies >= UI_BODIES || own.bodies >= UI_BODIES_PER_ADDRESS;
        if full || (weight.body && many_bodies) || (weight.heavy && !state.has_heavy_room(own)) {
            return Err(Busy);
        }
        state.change(address, |load| load.add(weight));
        Ok(Ticket {
            desk: Arc::clone(self),
            address,
            weight,
        })
    }

    /// A free line for the ticket's holder, in its turn.
    pub(super) async fn line(
        self: &Arc<Desk>,
        ticket: &Ticket,
        wait: Duration,
    ) -> Result<LentLine, Busy> {
        let waiting = match self.line_or_wait(ticket.address) {
            Ok(line) => return Ok(line),
            Err(waiting) => waiting,
        };
        match tokio::time::timeout(wait, waiting).await {
            Ok(Ok(line)) => Ok(line),
            _ => Err(Busy),
        }
    }

    fn line_or_wait(
        self: &Arc<Desk>,
        address: IpAddr,
    ) -> Result<LentLine, oneshot::Receiver<LentLine>> {
        let mut state = self.lock();
        state.waiting.retain(|waiter| !waiter.ready.is_closed());
        if let Some(line) = state.free.pop() {
            state.change(address, |load| load.lines += 1);
            return Ok(LentLine {
                desk: Arc::clone(self),
                address,
                line,
            });
        }
        let (ready, waiting) = oneshot::channel();
        state.waiting.push(Waiter { address, ready });
        Err(waiting)
    }

    /// Gives `line` to the waiter whose address has fewest lines; of those, to the first.
    fn give_back(self: &Arc<Desk>, line: Line, from: IpAddr) {
        let mut state = self.lock();
        state.change(from, |load| load.lines = load.lines.saturating_sub(1));
        state.waiting.retain(|waiter| !waiter.ready.is_closed());
        let next = (0..state.waiting.len()).min_by_key(|&at| {
            state
                .waiting
                .get(at)
                .map(|waiter| state.load(waiter.address).lines)
        });
        let Some(next) = next else {
            // There are never more lines than places for them.
            let _ = state.free.push(line);
            return;
        };
        let waiter = state.waiting.remove(next);
        state.change(waiter.address, |load| load.lines += 1);
        drop(state);
        let lent = LentLine {
            desk: Arc::clone(self),
            address: waiter.address,
            line,
        };
        // Whoever left in this moment drops the line, and so gives it back again.
        let _ = waiter.ready.send(lent);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl State {
    fn load(&self, address: IpAddr) -> Load {
        self.loads.get(&address).copied().unwrap_or_default()
    }

    /// Two heavy requests of one address only while nobody else misses the room.
    fn has_heavy_room(&mut self, own: Load) -> bool {
        let now = Instant::now();
        let sharing = self.sharing_until.is_some_and(|until| now < until);
        if self.total.heavy < UI_HEAVY {
            return own.heavy == 0 || !sharing;
        }
        if own.heavy == 0 {
            self.sharing_until = Some(now + SHARING);
        }
        false
    }

    fn change(&mut self, address: IpAddr, change: impl Fn(&mut Load)) {
        change(&mut self.total);
        let load = self.loads.entry(address).or_default();
        change(load);
        if *load == Load::default() {
            self.loads.remove(&address);
        }
    }
}

impl Load {
    fn add(&mut self, weight: Weight) {
        self.tickets += 1;
        self.bodies += usize::from(weight.body);
        self.heavy += usize::from(weight.heavy);
    }

    fn remove(&mut self, weight: Weight) {
        self.tickets = self.tickets.saturating_sub(1);
        self.bodies = self.bodies.saturating_sub(usize::from(weight.body));
        self.heavy = self.heavy.saturating_sub(usize::from(weight.heavy));
    }
}

impl Ticket {
    /// The UI has answered: neither body nor heavy work is left, only a reply to write.
    pub(super) fn lighten(&mut self) {
        let weight = std::mem::replace(
            &mut self.weight,
            Weight {
                heavy: false,
                body: false,
            },
        );
        self.desk.lock().change(self.address, |load| {
            load.bodies = load.bodies.saturating_sub(usize::from(weight.body));
            load.heavy = load.heavy.saturating_sub(usize::from(weight.heavy));
        });
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let weight = self.weight;
        self.desk
            .lock()
            .change(self.address, |load| load.remove(weight));
    }
}

impl Drop for LentLine {
    fn drop(&mut self) {
        let line = std::mem::take(&mut self.line);
        self.desk.give_back(line, self.address);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIGHT: Weight = Weight {
        heavy: false,
        body: false,
    };
    const HEAVY: Weight = Weight {
        heavy: true,
        body: true,
    };

    fn desk() -> Arc<Desk> {
        Desk::new("/nowhere".into(), &EdgeSettings::default())
    }

    fn address(last: u8) -> IpAddr {
        IpAddr::from([10, 0, 0, last])
    }

    fn run(test: impl Future<Output = ()>) {
        tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap()
            .block_on(test);
    }

    #[test]
    fn tickets_are_bounded_in_all_and_by_address() {
        let desk = desk();
        let one: Vec<_> = (0..8)
            .map(|_| desk.admit(address(1), LIGHT).unwrap())
            .collect();
        assert_eq!(desk.admit(address(1), LIGHT).unwrap_err(), Busy);
        let rest: Vec<_> = (0..56)
            .map(|n| desk.admit(address(2 + n / 8), LIGHT).unwrap())
            .collect();
        assert_eq!(desk.admit(address(99), LIGHT).unwrap_err(), Busy);
        drop((one, rest));
        assert!(desk.admit(address(1), LIGHT).is_ok());
        assert!(desk.lock().loads.is_empty());
    }

    #[test]
    fn two_heavy_requests_at_a_time_and_one_each_where_others_want_one() {
        let desk = desk();
        let first = desk.admit(address(1), HEAVY).unwrap();
        let second = desk.admit(address(1), HEAVY).unwrap();
        assert!(desk.admit(address(2), HEAVY).is_err());
        assert!(desk.admit(address(2), LIGHT).is_ok());
        drop(first);
        assert!(
            desk.admit(address(1), HEAVY).is_err(),
            "another address waits for this"
        );
        let other = desk.admit(address(2), HEAVY).unwrap();
        drop(second);
        assert!(desk.admit(address(1), HEAVY).is_ok());
        drop(other);
    }

    #[test]
    fn an_answered_request_is_heavy_no_more() {
        let desk = desk();
        let mut tickets = [1, 2].map(|n| desk.admit(address(n), HEAVY).unwrap());
        tickets[0].lighten();
        assert!(desk.admit(address(3), HEAVY).is_ok());
        assert_eq!(desk.lock().total.tickets, 2);
        drop(tickets);
        assert_eq!(desk.lock().total, Load::default());
    }

    #[test]
    fn a_line_goes_to_the_address_that_has_fewest() {
        run(async {
            let desk = desk();
            let wait = Duration::from_secs(5);
            let greedy = desk.admit(address(1), LIGHT).unwrap();
            let modest = desk.admit(address(2), LIGHT).unwrap();
            let mut held = Vec::new();
            for _ in 0..UI_LINES {
                held.push(desk.line(&greedy, wait).await.unwrap());
            }
            let again = desk.line_or_wait(greedy.address).unwrap_err();
            let mine = desk.line_or_wait(modest.address).unwrap_err();
            drop(held.pop());
            assert_eq!(mine.await.unwrap().address, address(2));
            assert_eq!(again.await.unwrap().address, address(1));
        });
    }

    #[test]
    fn a_line_that_nobody_waits_for_any_more_is_not_lost() {
        run(async {
            let desk = desk();
            let ticket = desk.admit(address(1), LIGHT).unwrap();
            let mut held = Vec::new();
            for _ in 0..UI_LINES {
                held.push(desk.line(&ticket, Duration::ZERO).await.unwrap());
            }
            assert_eq!(
                desk.line(&ticket, Duration::from_millis(1))
                    .await
                    .unwrap_err(),
                Busy
            );
            let late = desk.line_or_wait(address(1)).unwrap_err();
            held.clear();
            drop(late);
            assert_eq!(desk.lock().free.len(), UI_LINES);
            assert_eq!(desk.lock().total.lines, 0);
        });
    }
}
