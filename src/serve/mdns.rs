//! The box in its network: `NAME.local` and what it serves, by multicast DNS (RFC 6762) and DNS-SD (RFC 6763).
//!
//! The `mdns-sd` crate speaks the protocol on a thread of its own: it probes, announces on every interface, follows
//! address changes, answers one-shot queries by unicast (Android). This thread watches over it: one name on all
//! interfaces after a conflict, kept for the next start, and a question for the own name every few minutes, because
//! responders have been seen to fall silent after a day.

mod one_shot;
mod question;

use super::network_name::{NetworkName, next, number_of};
use crate::limits::network::{
    MDNS_ADDRESSES_EVERY, MDNS_CHECK_EVERY, MDNS_CHECK_FIRST, MDNS_GOODBYE_WAIT,
};
use mdns_sd::{DaemonEvent, RRType, Receiver, ServiceDaemon, ServiceInfo};
use one_shot::OneShot;
use question::Answers;
use std::fs;
use std::io;
use std::net::{Ipv4Addr, UdpSocket};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

/// Where responders listen.
const PORT: u16 = 5353;

/// How often events and the end are looked at.
const LOOK: Duration = Duration::from_millis(250);

/// How often the port is tried, [`LOOK`] apart.
const PORT_TRIES: u32 = 8;

/// What is told to the network.
#[derive(Clone, Debug)]
pub struct MdnsSettings {
    /// The name to begin with, as configured; changes after a conflict.
    pub name: NetworkName,
    /// Port of the pages.
    pub http_port: u16,
    /// Port for encoders.
    pub rtmp_port: u16,
    /// The file that keeps the name of a conflict.
    pub kept: PathBuf,
}

/// The watching thread. Dropped, it says goodbye and ends.
#[derive(Debug)]
pub struct Mdns {
    stop: Option<mpsc::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Mdns {
    /// Starts at once; what goes wrong in the network is logged and tried again.
    ///
    /// # Errors
    /// No thread could be made.
    pub fn start(settings: MdnsSettings) -> io::Result<Mdns> {
        let (stop, stopped) = mpsc::channel();
        let thread = Builder::new()
            .name("mdns".into())
            .spawn(move || Watch::new(settings).run(&stopped))?;
        Ok(Mdns {
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

impl Drop for Mdns {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has said so already.
            let _ = thread.join();
        }
    }
}

/// The crate's daemon with our services.
struct Responder {
    daemon: ServiceDaemon,
    events: Receiver<DaemonEvent>,
    services: Vec<String>,
    without: Vec<String>,
    /// None until the name is proven to be free.
    one_shot: Option<OneShot>,
}

impl Responder {
    fn start(settings: &MdnsSettings, name: &str) -> Result<Responder, String> {
        // Two responders on one machine get each other's unicast queries.
        await_port()
            .map_err(|error| format!("another program may be the responder here: {error}"))?;
        let text = |error: mdns_sd::Error| error.to_string();
        let daemon = ServiceDaemon::new().map_err(text)?;
        let events = daemon.monitor().map_err(text)?;
        let seconds = u32::try_from(MDNS_ADDRESSES_EVERY.as_secs()).unwrap_or(3);
        daemon.set_ip_check_interval(seconds).map_err(text)?;
        let without = question::doubled_interfaces();
        for interface in &without {
            daemon.disable_interface(interface.as_str()).map_err(text)?;
        }
        let mut services = Vec::new();
        for (kind, port, path) in [
            ("_http._tcp.local.", settings.http_port, "/"),
            ("_rtmp._tcp.local.", settings.rtmp_port, "/live"),
        ] {
            let (host, txt) = (format!("{name}.local."), [("path", path)]);
            let service = ServiceInfo::new(kind, name, &host, "", port, &txt[..]);
            let service = service.map_err(text)?.enable_addr_auto();
            services.push(service.get_fullname().to_owned());
            daemon.register(service).map_err(text)?;
        }
        Ok(Responder {
            daemon,
            events,
            services,
            without,
            one_shot: None,
        })
    }

    /// Whether another box had our host's name.
    fn has_conflict(&self) -> bool {
        let is_conflict = |event: DaemonEvent| match event {
            DaemonEvent::NameChange(change) => {
                matches!(change.rr_type, RRType::A | RRType::AAAA)
            }
            DaemonEvent::Error(error) => {
                log::warn!("multicast DNS: {error}");
                false
            }
            _ => false,
        };
        // All are taken, not those up to the first conflict.
        self.events
            .try_iter()
            .map(is_conflict)
            .fold(false, |a, b| a | b)
    }

    /// Takes the names back, so that others forget them at once.
    fn goodbye(mut self) {
        self.one_shot = None;
        let waits: Vec<_> = self
            .services
            .iter()
            .filter_map(|service| self.daemon.unregister(service).ok())
            .collect();
        for wait in waits {
            // Without a network nobody needs to forget us.
            let _ = wait.recv_timeout(MDNS_GOODBYE_WAIT);
        }
        if let Ok(end) = self.daemon.shutdown() {
            let _ = end.recv_timeout(MDNS_GOODBYE_WAIT);
        }
    }
}

/// Our own earlier responder lets go of the port a moment after it has ended.
fn await_port() -> io::Result<()> {
    let mut tries = 1;
    loop {
        match UdpSocket::bind((Ipv4Addr::UNSPECIFIED, PORT)) {
            Ok(_) => return Ok(()),
            Err(error) if tries >= PORT_TRIES => return Err(error),
            Err(_) => std::thread::sleep(LOOK),
        }
        tries += 1;
    }
}

struct Watch {
    settings: MdnsSettings,
    configured: String,
    responder: Option<Responder>,
    /// The last reason for having none, said once.
    complaint: String,
    next_check: Instant,
}

impl Watch {
    fn new(settings: MdnsSettings) -> Watch {
        let configured = settings.name.get().to_string();
        if let Some(kept) = kept_name(&settings.kept, &configured) {
            settings.name.set(&kept);
        }
        Watch {
            settings,
            configured,
            responder: None,
            complaint: String::new(),
            next_check: Instant::now(),
        }
    }

    fn run(mut self, stopped: &mpsc::Receiver<()>) {
        self.begin();
        let mut next_look = Instant::now() + MDNS_ADDRESSES_EVERY;
        while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(LOOK) {
            if self.responder.as_ref().is_some_and(Responder::has_conflict) {
                self.rename();
            }
            if Instant::now() >= next_look {
                next_look = Instant::now() + MDNS_ADDRESSES_EVERY;
                self.follow_interfaces();
            }
            if Instant::now() >= self.next_check {
                self.check();
            }
        }
        self.end();
    }

    fn begin(&mut self) {
        let name = self.settings.name.get();
        self.next_check = Instant::now() + MDNS_CHECK_FIRST;
        match Responder::start(&self.settings, &name) {
            Ok(responder) => {
                self.responder = Some(responder);
                self.complaint.clear();
            }
            Err(complaint) => {
                if self.complaint != complaint {
                    log::warn!("{name}.local is not announced: {complaint}");
                }
                self.complaint = complaint;
                self.next_check = Instant::now() + MDNS_CHECK_EVERY;
            }
        }
    }

    fn end(&mut self) {
        if let Some(responder) = self.responder.take() {
            responder.goodbye();
        }
    }

    /// One name on all interfaces, also where nobody else has it: people type one.
    fn rename(&mut self) {
        let was = self.settings.name.get();
        let name = next(&self.configured, &was);
        log::warn!("another box is {was}.local; this one is {name}.local from now on");
        self.settings.name.set(&name);
        if let Err(error) = keep_name(&self.settings.kept, &self.configured, &name) {
            log::warn!("the name can't be kept for the next start: {error}");
        }
        self.end();
        self.begin();
    }

    /// Two ways into one network would take each other for another box.
    fn follow_interfaces(&mut self) {
        self.answer_one_shots();
        let without = question::doubled_interfaces();
        if self
            .responder
            .as_ref()
            .is_some_and(|r| r.without != without)
        {
            self.end();
            self.begin();
        }
    }

    /// Probing takes less than a look at the interfaces.
    fn answer_one_shots(&mut self) {
        let Some(responder) = self.responder.as_mut().filter(|r| r.one_shot.is_none()) else {
            return;
        };
        match OneShot::start(self.settings.name.clone()) {
            Ok(one_shot) => responder.one_shot = Some(one_shot),
            Err(error) => log::warn!("one-shot questions are not answered: {error}"),
        }
    }

    /// Asks for the own name, as a phone would.
    fn check(&mut self) {
        self.next_check = Instant::now() + MDNS_CHECK_EVERY;
        if self.responder.is_none() {
            self.begin();
            return;
        }
        let name = self.settings.name.get();
        match question::ask(&name) {
            Answers::Own => {}
            Answers::NoNetwork => log::debug!("no network to be found in as {name}.local"),
            Answers::Silence => {
                log::warn!("{name}.local was not answered; announcing it again");
                self.end();
                self.begin();
            }
            // Both probed at once, or two networks became one.
            Answers::Another { gives_way: true } => self.rename(),
            Answers::Another { gives_way: false } => {
                log::info!("another box is {name}.local too; it has to give way");
            }
        }
    }
}

/// The name of an earlier conflict, if the configured one is still the same.
fn kept_name(file: &Path, configured: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let (of, name) = text.trim_end().split_once('\n')?;
    (of == configured && number_of(configured, name).is_some()).then(|| name.to_owned())
}

fn keep_name(file: &Path, configured: &str, name: &str) -> io::Result<()> {
    let new = file.with_extension("new");
    fs::write(&new, format!("{configured}\n{name}\n"))?;
    fs::File::open(&new)?.sync_all()?;
    fs::rename(&new, file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_kept_for_the_configured_one_only() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("mdns-name");
        assert_eq!(kept_name(&file, "hearth"), None);
        keep_name(&file, "hearth", "hearth-2").unwrap();
        assert_eq!(kept_name(&file, "hearth").as_deref(), Some("hearth-2"));
        assert_eq!(kept_name(&file, "studio"), None);
        for damaged in ["", "hearth", "hearth\nevil.example", "hearth\nhearth-2\nx"] {
            fs::write(&file, damaged).unwrap();
            assert_eq!(kept_name(&file, "hearth"), None, "{damaged:?}");
        }
    }
}
