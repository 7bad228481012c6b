//! wpa_supplicant as a child: what is said to it, and what it tells.
//!
//! Two sockets: one for commands and their replies, one on which it tells what happens, so that neither gets in the
//! other's way. It keeps no configuration: every network is given to it anew.

use crate::limits::wifi::{ACCESS_POINT_MHZ, SUPPLICANT_BYTES, SUPPLICANT_MS};
use crate::serve::wifi::Network;
use crate::wire::wifi::supplicant::{Event, event, scan_results};
use crate::wire::wifi::{Name, Seen, is_country};
use std::cell::RefCell;
use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::net::UnixDatagram as Socket;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::Duration;
use tokio::net::UnixDatagram;
use tokio::time::{sleep, timeout};

/// Debian's.
const PROGRAM: &str = "/usr/sbin/wpa_supplicant";

/// How often its socket is looked for after the start.
const LOOK_FOR_SOCKET: Duration = Duration::from_millis(50);

/// See the module. Dropped, it ends the child.
pub(super) struct Supplicant {
    interface: String,
    child: RefCell<Child>,
    commands: Socket,
    events: UnixDatagram,
}

impl Supplicant {
    /// Starts one for `interface`, with its sockets in `run`.
    pub(super) async fn start(interface: &str, run: &Path) -> io::Result<Supplicant> {
        let control = run.join("supplicant");
        let configuration = run.join("supplicant.conf");
        fs::write(
            &configuration,
            format!("ctrl_interface=DIR={}\n", control.display()),
        )?;
        let child = Command::new(PROGRAM)
            .args(["-D", "nl80211", "-i", interface, "-c"])
            .arg(&configuration)
            .spawn()?;
        let mut child = Ended(Some(child));
        let socket = control.join(interface);
        let patience = Duration::from_millis(SUPPLICANT_MS);
        let sockets = timeout(patience, async {
            loop {
                match connect(&socket, run) {
                    Ok(sockets) => return sockets,
                    Err(_) => sleep(LOOK_FOR_SOCKET).await,
                }
            }
        });
        let (commands, events) = sockets.await.map_err(io::Error::from)?;
        commands.set_read_timeout(Some(patience))?;
        commands.set_write_timeout(Some(patience))?;
        let child = child.0.take().ok_or(ErrorKind::NotFound)?;
        let supplicant = Supplicant {
            interface: interface.to_owned(),
            child: RefCell::new(child),
            commands,
            events: UnixDatagram::from_std(events)?,
        };
        supplicant.events.send(b"ATTACH").await?;
        Ok(supplicant)
    }

    pub(super) fn interface(&self) -> &str {
        &self.interface
    }

    pub(super) fn is_running(&self) -> bool {
        matches!(self.child.borrow_mut().try_wait(), Ok(None))
    }

    /// What it tells next; None for what does not matter.
    pub(super) async fn event(&self) -> io::Result<Option<Event>> {
        let mut message = [0; SUPPLICANT_BYTES];
        let length = self.events.recv(&mut message).await?;
        Ok(event(message.get(..length).unwrap_or_default()))
    }

    /// Begins to look around.
    pub(super) fn look(&self) -> io::Result<()> {
        match self.ask("SCAN")?.as_str() {
            // Busy: it looks around already, and tells the end of that.
            "OK" | "FAIL-BUSY" => Ok(()),
            other => Err(refused("SCAN", other)),
        }
    }

    /// What the last look around has found.
    pub(super) fn seen(&self) -> io::Result<Vec<Seen>> {
        self.ask("SCAN_RESULTS").map(|reply| scan_results(&reply))
    }

    /// Leaves every network, its own included.
    pub(super) fn leave(&self) -> io::Result<()> {
        self.tell("REMOVE_NETWORK all")
    }

    /// Begins to join, by the rules of a country if one is named.
    pub(super) fn join(&self, network: &Network, country: &str) -> io::Result<()> {
        self.stand_in(country)?;
        let id = self.add(&network.name)?;
        let set = |what: &str| self.tell(&format!("SET_NETWORK {id} {what}"));
        set("scan_ssid 1")?;
        match &network.passphrase {
            Some(passphrase) => {
                // What ends the quotes is the last one: those within are as good as letters.
                set(&format!("psk \"{}\"", passphrase.reveal()))?;
                set("key_mgmt WPA-PSK WPA-PSK-SHA256 SAE")?;
                set("ieee80211w 1")?;
            }
            None => set("key_mgmt NONE")?,
        }
        self.tell(&format!("SELECT_NETWORK {id}"))
    }

    /// Opens an access point without a passphrase.
    pub(super) fn open(&self, name: &str, country: &str) -> io::Result<()> {
        self.stand_in(country)?;
        let name = Name::new(name.as_bytes()).map_err(io::Error::other)?;
        let id = self.add(&name)?;
        for what in [
            "mode 2",
            "key_mgmt NONE",
            &format!("frequency {ACCESS_POINT_MHZ}"),
        ] {
            self.tell(&format!("SET_NETWORK {id} {what}"))?;
        }
        self.tell(&format!("SELECT_NETWORK {id}"))
    }

    /// What channels are allowed depends on it; not said, those that are allowed everywhere.
    fn stand_in(&self, country: &str) -> io::Result<()> {
        match is_country(country) {
            true => self.tell(&format!("SET country {country}")),
            false => Ok(()),
        }
    }

    fn add(&self, name: &Name) -> io::Result<u32> {
        let reply = self.ask("ADD_NETWORK")?;
        let id: u32 = reply.parse().map_err(|_| refused("ADD_NETWORK", &reply))?;
        self.tell(&format!("SET_NETWORK {id} ssid {}", name.hex()))?;
        Ok(id)
    }

    fn tell(&self, command: &str) -> io::Result<()> {
        match self.ask(command)?.as_str() {
            "OK" => Ok(()),
            reply => Err(refused(command, reply)),
        }
    }

    fn ask(&self, command: &str) -> io::Result<String> {
        self.commands.send(command.as_bytes())?;
        let mut reply = [0; SUPPLICANT_BYTES];
        let length = self.commands.recv(&mut reply)?;
        let reply = String::from_utf8_lossy(reply.get(..length).unwrap_or_default());
        Ok(reply.trim_end().to_owned())
    }
}

/// Without the values: one of them is a passphrase.
fn refused(command: &str, reply: &str) -> io::Error {
    let words: Vec<&str> = command.split(' ').take(3).collect();
    io::Error::other(format!("{}: {reply}", words.join(" ")))
}

fn connect(to: &Path, run: &Path) -> io::Result<(Socket, Socket)> {
    let one = |name: &str| {
        let own: PathBuf = run.join(name);
        match fs::remove_file(&own) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let socket = Socket::bind(&own)?;
        socket.connect(to)?;
        Ok(socket)
    };
    let (commands, events) = (one("commands.sock")?, one("events.sock")?);
    events.set_nonblocking(true)?;
    Ok((commands, events))
}

/// A child that is ended unless it is taken out.
struct Ended(Option<Child>);

impl Drop for Ended {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            end(child);
        }
    }
}

impl Drop for Supplicant {
    fn drop(&mut self) {
        end(self.child.get_mut());
    }
}

fn end(child: &mut Child) {
    if child.kill().is_ok() {
        // Nothing is left of a child that was killed and waited for.
        let _ = child.wait();
    }
}
