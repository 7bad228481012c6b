//! `hearth wifi`: the process that has the radio. It runs as root, apart from the daemon, which can only ask it for what
//! `serve::wifi` lists.
//!
//! What to do is decided by the [`Machine`]; here are the ears (wpa_supplicant, the daemon, `/sys`, the clock) and the
//! hands (wpa_supplicant, the firewall, answers about names). Addresses, ours and those of guests, are networkd's:
//! `rootfs/etc/systemd/network/` has a file for the access point and one for a network that was joined.

mod board;
mod desk;
mod known;
mod machine;
mod supplicant;

use super::StartError;
use super::card;
use super::recent_log::RecentLog;
use crate::limits::wifi::{ACCESS_POINT, DNS_BYTES, LOOK_AT_BOARD_MS};
use crate::serve::wifi::{Mode, Why};
use crate::time::Clock;
use crate::wire::dns;
use crate::wire::wifi::supplicant as heard;
use desk::Desk;
use machine::{Event, Machine, Order};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use supplicant::Supplicant;
use tokio::net::UdpSocket;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{MissedTickBehavior, interval, sleep_until};

/// Where names are asked for.
const DNS_PORT: u16 = 53;

/// The firewall's set of interfaces that are access points.
const NFT_SET: [&str; 3] = ["inet", "hearth", "access_point"];

/// `hearth wifi`.
#[derive(Debug)]
pub(super) struct Request {
    /// Where known networks are kept: a folder that only root reads.
    pub(super) keep: PathBuf,
    /// Sockets.
    pub(super) run: PathBuf,
}

impl Default for Request {
    fn default() -> Request {
        Request {
            keep: Path::new("/data").join(card::keep::FOR_ROOT),
            run: PathBuf::from("/run/hearth-wifi"),
        }
    }
}

/// Runs until told to stop.
pub(super) fn run(request: &Request) -> Result<(), StartError> {
    RecentLog::install();
    let cannot = |error: io::Error| StartError::Cannot(format!("cannot start Wi-Fi: {error}"));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(cannot)?;
    runtime.block_on(serve(request)).map_err(cannot)
}

async fn serve(request: &Request) -> io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut desk = Desk::open(&request.run)?;
    let mut radio = Radio::new(request);
    let mut looks = interval(Duration::from_millis(LOOK_AT_BOARD_MS));
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut query = [0; DNS_BYTES];
    loop {
        let next = radio.machine.next();
        let next = next.map(|next| radio.clock.instant(next).into());
        tokio::select! {
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
            _ = looks.tick() => radio.look_at_board().await,
            () = wait_until(next) => radio.on(Event::Tick),
            event = next_event(radio.supplicant.as_ref()) => radio.heard(event),
            asked = desk.next() => {
                radio.on(Event::Asked(asked.ask));
                // Whoever asked may have gone: the page asks again.
                let _ = asked.answer.send(radio.machine.state());
            }
            question = next_question(radio.names.as_ref(), &mut query) => {
                radio.answer_question(question, &query).await;
            }
        }
    }
    radio.leave();
    Ok(())
}

async fn wait_until(moment: Option<tokio::time::Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

async fn next_event(supplicant: Option<&Supplicant>) -> io::Result<Option<heard::Event>> {
    match supplicant {
        Some(supplicant) => supplicant.event().await,
        None => std::future::pending().await,
    }
}

async fn next_question(
    names: Option<&UdpSocket>,
    query: &mut [u8],
) -> io::Result<(usize, std::net::SocketAddr)> {
    match names {
        Some(names) => names.recv_from(query).await,
        None => std::future::pending().await,
    }
}

/// The radio and all that is open for it.
struct Radio {
    machine: Machine,
    clock: Clock,
    run: PathBuf,
    kept: PathBuf,
    supplicant: Option<Supplicant>,
    /// On the access point names are answered here, as soon as it has its address.
    names: Option<UdpSocket>,
    is_open: bool,
    guests: usize,
}

impl Radio {
    fn new(request: &Request) -> Radio {
        let kept = request.keep.join(known::FILE);
        let card = Path::new(card::RUN).join(known::OF_CARD);
        Radio {
            machine: Machine::new(String::new(), known::read(&card, &kept)),
            clock: Clock::start(),
            run: request.run.clone(),
            kept,
            supplicant: None,
            names: None,
            is_open: false,
            guests: 0,
        }
    }

    fn on(&mut self, event: Event) {
        let before = self.machine.state();
        let orders = self.machine.on(event, self.clock.now());
        for order in &orders {
            if let Err(error) = self.obey(order) {
                log::warn!("{order:?}: {error}");
            }
        }
        let after = self.machine.state();
        if (before.mode, &before.trouble) != (after.mode, &after.trouble) {
            let network = match after.mode {
                Mode::AccessPoint => after.access_point,
                _ => after.network.map(|name| name.text()).unwrap_or_default(),
            };
            let trouble = after.trouble.map(|trouble| (trouble.name, trouble.why));
            log::info!("{:?} {network} {trouble:?}", after.mode);
        }
    }

    fn obey(&mut self, order: &Order) -> io::Result<()> {
        if let Order::Keep(networks) = order {
            return known::keep(&self.kept, networks);
        }
        let country = self.machine.state().country;
        if let Order::Leave | Order::Open = order {
            self.close_access_point();
        }
        let Some(supplicant) = &self.supplicant else {
            return Err(io::Error::other("there is no radio"));
        };
        match order {
            Order::Look => supplicant.look(),
            Order::Join(network) => supplicant.join(network, &country),
            Order::Open => {
                supplicant.open(&self.machine.state().access_point, &country)?;
                open_firewall(supplicant.interface());
                self.is_open = true;
                Ok(())
            }
            Order::Leave => supplicant.leave(),
            Order::Keep(_) => Ok(()),
        }
    }

    fn close_access_point(&mut self) {
        if std::mem::take(&mut self.is_open) {
            close_firewall();
        }
        self.names = None;
        self.guests = 0;
    }

    fn heard(&mut self, event: io::Result<Option<heard::Event>>) {
        let event = match event {
            Ok(Some(event)) => event,
            Ok(None) => return,
            Err(error) => {
                log::warn!("wpa_supplicant: {error}");
                return self.lose_radio();
            }
        };
        match event {
            heard::Event::Scanned => {
                let seen = self.supplicant.as_ref().map(Supplicant::seen);
                match seen {
                    Some(Ok(seen)) => self.on(Event::Scanned(seen)),
                    Some(Err(error)) => log::warn!("the list of networks: {error}"),
                    None => {}
                }
            }
            heard::Event::ScanFailed => log::info!("the radio could not look around"),
            heard::Event::Connected => {
                if !self.is_open {
                    if let Some(supplicant) = &self.supplicant {
                        stay_awake(supplicant.interface());
                    }
                    self.on(Event::Connected);
                }
            }
            heard::Event::Disconnected => self.on(Event::Disconnected),
            heard::Event::WrongKey => self.on(Event::Failed(Why::Passphrase)),
            heard::Event::Refused => self.on(Event::Failed(Why::Refused)),
            heard::Event::NotFound => self.on(Event::Failed(Why::NotFound)),
            heard::Event::GuestCame => self.count_guests(self.guests.saturating_add(1)),
            heard::Event::GuestLeft => self.count_guests(self.guests.saturating_sub(1)),
            heard::Event::Ends => self.lose_radio(),
        }
    }

    fn count_guests(&mut self, guests: usize) {
        self.guests = guests;
        self.on(Event::Guests(guests));
    }

    /// wpa_supplicant is gone: what it did is undone, and the next look at the board starts it anew.
    fn lose_radio(&mut self) {
        self.close_access_point();
        self.supplicant = None;
        self.on(Event::Radio(false));
    }

    async fn look_at_board(&mut self) {
        self.on(Event::Cable(board::has_cable(board::NET)));
        let radio = board::radio(board::NET);
        let is_there = |supplicant: &Supplicant| {
            radio.as_deref() == Some(supplicant.interface()) && supplicant.is_running()
        };
        if self.supplicant.as_ref().is_some_and(|s| !is_there(s)) {
            self.lose_radio();
        }
        if let (None, Some(interface)) = (&self.supplicant, &radio) {
            match Supplicant::start(interface, &self.run).await {
                Ok(supplicant) => {
                    let name = board::access_point_name(board::NET, interface);
                    self.machine.call_access_point(name);
                    self.supplicant = Some(supplicant);
                    self.on(Event::Radio(true));
                }
                Err(error) => log::warn!("wpa_supplicant for {interface}: {error}"),
            }
        }
        if let Some(interface) = radio {
            self.on(Event::Address(board::address(&interface)));
        }
        if self.is_open && self.names.is_none() {
            // Fails until networkd has given the access point its address.
            self.names = UdpSocket::bind((ACCESS_POINT, DNS_PORT)).await.ok();
        }
    }

    async fn answer_question(
        &mut self,
        question: io::Result<(usize, std::net::SocketAddr)>,
        query: &[u8],
    ) {
        let Ok((length, asker)) = question else {
            self.names = None;
            return;
        };
        let reply = dns::answer(query.get(..length).unwrap_or_default(), ACCESS_POINT);
        if let (Some(names), Some(reply)) = (&self.names, reply) {
            // A guest that has left asks no more.
            let _ = names.send_to(&reply, asker).await;
        }
    }

    fn leave(&mut self) {
        self.close_access_point();
        if let Some(supplicant) = self.supplicant.take()
            && let Err(error) = supplicant.leave()
        {
            log::debug!("leaving: {error}");
        }
    }
}

/// Lets guests ask for addresses and names.
fn open_firewall(interface: &str) {
    let element = format!("{{ {interface} }}");
    call(
        "nft",
        &[&["add", "element"], &NFT_SET[..], &[&element]].concat(),
    );
}

fn close_firewall() {
    call("nft", &[&["flush", "set"], &NFT_SET[..]].concat());
}

/// A radio that sleeps between beacons holds pictures back for 100 ms and more.
fn stay_awake(interface: &str) {
    call("iw", &["dev", interface, "set", "power_save", "off"]);
}

fn call(program: &str, arguments: &[&str]) {
    let path = Path::new("/usr/sbin").join(program);
    match Command::new(path).args(arguments).status() {
        Ok(status) if status.success() => {}
        Ok(status) => log::warn!("{program} {}: {status}", arguments.join(" ")),
        Err(error) => log::warn!("{program}: {error}"),
    }
}
