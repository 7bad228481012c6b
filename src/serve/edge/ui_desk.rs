//! Who may ask the UI, and who is next: a bounded queue that is fair by address, before exactly
//! [`UI_LINES`] connections. Heavy requests get at most [`UI_HEAVY`] of them, so that pages always find one.

use super::settings::EdgeSettings;
use super::ui_line::Line;
use crate::limits::http::{UI_BODIES, UI_BODIES_PER_ADDRESS, UI_HEAVY, UI_LINES};
use std::collections::HashMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::{Semaphore, oneshot};

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
}

/// What an address, or all of them, has at the desk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Load {
    tickets: usize,
    bodies: usize,
    lines: usize,
    /// Of the lines.
    heavy: usize,
}

#[derive(Debug)]
struct Waiter {
    address: IpAddr,
    heavy: bool,
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
    heavy: bool,
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
            }),
        })
    }

    /// A ticket for `address`, if there is room for what its request costs.
    pub(super) fn admit(self: &Arc<Desk>, address: IpAddr, weight: Weight) -> Result<Ticket, Busy> {
        let mut state = self.lock();
        let own = state.load(address);
        let full = state.total.tickets >= self.queue || own.tickets >= self.per_address;
        let many_bodies = state.total.bodies >= UI_BODIES || own.bodies >= UI_BODIES_PER_ADDRESS;
        if full || (weight.body && many_bodies) {
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
        let waiting = self.line_or_wait(ticket.address, ticket.weight.heavy);
        match tokio::time::timeout(wait, waiting).await {
            Ok(Ok(line)) => Ok(line),
            _ => Err(Busy),
        }
    }

    /// A place in the queue, that may be served at once.
    fn line_or_wait(self: &Arc<Desk>, address: IpAddr, heavy: bool) -> oneshot::Receiver<LentLine> {
        let (ready, waiting) = oneshot::channel();
        self.lock().waiting.push(Waiter {
            address,
            heavy,
            ready,
        });
        self.serve_waiting();
        waiting
    }

    fn give_back(self: &Arc<Desk>, line: Line, from: IpAddr, heavy: bool) {
        let mut state = self.lock();
        state.change(from, |load| {
            load.lines = load.lines.saturating_sub(1);
            load.heavy = load.heavy.saturating_sub(usize::from(heavy));
        });
        // There are never more lines than places for them.
        let _ = state.free.push(line);
        drop(state);
        self.serve_waiting();
    }

    /// Gives free lines to those whose turn it is.
    fn serve_waiting(self: &Arc<Desk>) {
        loop {
            let Some((waiter, line)) = self.lock().next() else {
                return;
            };
            // Whoever left in this moment drops the line, and so gives it back again.
            let _ = waiter.ready.send(LentLine {
                desk: Arc::clone(self),
                address: waiter.address,
                heavy: waiter.heavy,
                line,
            });
        }
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

    /// A free line and who gets it: the address that has fewest; of those, who came first.
    fn next(&mut self) -> Option<(Waiter, Line)> {
        self.waiting.retain(|waiter| !waiter.ready.is_closed());
        let heavy_room = self.total.heavy < UI_HEAVY;
        let may = |waiter: &Waiter| heavy_room || !waiter.heavy;
        let (_, at) = self
            .waiting
            .iter()
            .enumerate()
            .filter(|(_, waiter)| may(waiter))
            .map(|(at, waiter)| (self.load(waiter.address).lines, at))
            .min()?;
        let line = self.free.pop()?;
        let waiter = self.waiting.remove(at);
        self.change(waiter.address, |load| {
            load.lines += 1;
            load.heavy += usize::from(waiter.heavy);
        });
        Some((waiter, line))
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
    }

    fn remove(&mut self, weight: Weight) {
        self.tickets = self.tickets.saturating_sub(1);
        self.bodies = self.bodies.saturating_sub(usize::from(weight.body));
    }
}

impl Ticket {
    /// The UI has answered: no body is left, only a reply to write.
    pub(super) fn lighten(&mut self) {
        let body = std::mem::replace(&mut self.weight.body, false);
        self.desk.lock().change(self.address, |load| {
            load.bodies = load.bodies.saturating_sub(usize::from(body));
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
        self.desk.give_back(line, self.address, self.heavy);
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
    fn two_heavy_requests_at_a_time_the_rest_in_turn_and_who_has_none_first() {
        run(async {
            let desk = desk();
            let ask = |last| desk.line_or_wait(address(last), true);
            let first = ask(1).await.unwrap();
            let second = ask(1).await.unwrap();
            let (mut third, mut other) = (ask(1), ask(2));
            assert!(third.try_recv().is_err() && other.try_recv().is_err());
            let page = desk.line_or_wait(address(3), false).await.unwrap();
            drop(page);
            drop(first);
            assert_eq!(other.await.unwrap().address, address(2));
            drop(second);
            assert_eq!(third.await.unwrap().address, address(1));
            assert_eq!(desk.lock().total, Load::default());
        });
    }

    #[test]
    fn an_answered_request_holds_no_body() {
        let desk = desk();
        let mut tickets: Vec<_> = (0..UI_BODIES_PER_ADDRESS)
            .map(|_| desk.admit(address(1), HEAVY).unwrap())
            .collect();
        assert!(desk.admit(address(1), HEAVY).is_err());
        tickets[0].lighten();
        assert!(desk.admit(address(1), HEAVY).is_ok());
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
            let again = desk.line_or_wait(greedy.address, false);
            let mine = desk.line_or_wait(modest.address, false);
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
            let late = desk.line_or_wait(address(1), false);
            held.clear();
            drop(late);
            assert_eq!(desk.lock().free.len(), UI_LINES);
            assert_eq!(desk.lock().total.lines, 0);
        });
    }
}
