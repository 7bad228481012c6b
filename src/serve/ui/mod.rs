//! Pages and API, on tiny_http behind the edge: it may block (hashes, flash, templates), and never sees the open network.
//!
//! Four threads, as many as the edge keeps connections; every handler runs under `catch_unwind`, every reply is whole.

mod accounts;
mod addresses;
mod api;
mod channel;
mod channels;
mod doctor;
mod encoders;
mod form;
mod frame;
mod house;
mod icons;
mod json;
mod machine;
mod notices;
mod pages;
mod pattern;
mod problem;
mod qr;
mod reply;
mod request;
mod routes;
mod screen;
mod wifi;
mod words;

pub(in crate::serve) use api::channel_json;
pub use channels::Channels;
pub use machine::{Machine, RecentLog, Restored, StartAnew};
pub use request::{HOST_HEADER, Method, PEER_HEADER};
pub(in crate::serve) use request::{PASS_COOKIE, SESSION_COOKIE};
pub use routes::{Access, Route, routes};

use super::downloads::Downloads;
use super::station::Station;
use crate::limits::ui::{HANDLER_STACK, HANDLERS};
use crate::people::People;
use crate::serve::uploads::Uploads;
use crate::time::Mono;
use crate::wire::http::accepts_gzip;
use request::Request;
use routes::House;
use std::fmt;
use std::io;
use std::os::unix::net::UnixListener;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};
use tiny_http::Server;

/// What pages say about the box.
#[derive(Clone, Debug, Default)]
pub struct UiSettings {
    /// Port of the RTMP server, for addresses.
    pub rtmp_port: u16,
    /// Port of the HTTP edge.
    pub http_port: u16,
    /// One-time code that makes the owner's account; None if there is an owner.
    pub setup_code: Option<String>,
    /// Nobody but the home network is answered, so that whoever comes is at home.
    pub is_home_only: bool,
    /// The box itself; None: pages show nothing of it.
    pub machine: Option<Arc<Machine>>,
    /// Where large files are given out.
    pub downloads: Arc<Downloads>,
    /// Where large files are taken in.
    pub uploads: Arc<Uploads>,
    /// Until then a box without an owner lets the first browser of an attached network become it without the code.
    pub setup_open_until: Mono,
    /// What is wrong with the settings on the card, a sentence each.
    pub problems: Vec<String>,
    /// Where the process listens that has the radio; None: pages know of none.
    pub wifi: Option<PathBuf>,
}

/// The running UI: threads that answer on a Unix socket. Dropped, it stops them.
pub struct Ui {
    server: Arc<Server>,
    handlers: Vec<JoinHandle<()>>,
    socket: PathBuf,
}

impl fmt::Debug for Ui {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ui")
            .field("socket", &self.socket)
            .finish_non_exhaustive()
    }
}

impl Ui {
    /// Starts tiny_http on a socket in `dir` (a private folder) with 4 handler threads.
    pub fn start(
        dir: &Path,
        people: Arc<People>,
        station: Arc<Station>,
        settings: UiSettings,
    ) -> io::Result<Ui> {
        Ui::start_over(dir, people, station, settings)
    }

    /// The same over anything that knows channels.
    pub fn start_over(
        dir: &Path,
        people: Arc<People>,
        channels: Arc<dyn Channels>,
        settings: UiSettings,
    ) -> io::Result<Ui> {
        let socket = dir.join("ui.sock");
        match std::fs::remove_file(&socket) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(&socket)?;
        let server = Server::from_listener(listener, None);
        let server = Arc::new(server.map_err(|e| io::Error::other(e.to_string()))?);
        let house = Arc::new(House::new(people, channels, settings));
        let mut handlers = Vec::with_capacity(HANDLERS);
        for number in 0..HANDLERS {
            let (server, house) = (Arc::clone(&server), Arc::clone(&house));
            let thread = Builder::new()
                .name(format!("ui-{number}"))
                .stack_size(HANDLER_STACK);
            handlers.push(thread.spawn(move || serve(&server, &house))?);
        }
        Ok(Ui {
            server,
            handlers,
            socket,
        })
    }

    /// Where the edge connects: exactly 4 persistent connections.
    pub fn socket(&self) -> PathBuf {
        self.socket.clone()
    }
}

impl Drop for Ui {
    fn drop(&mut self) {
        for _ in &self.handlers {
            self.server.unblock();
        }
        for handler in self.handlers.drain(..) {
            // A handler that panicked has said so already.
            let _ = handler.join();
        }
    }
}

/// One thread's life: until the server is unblocked, which `recv` reports as an error.
fn serve(server: &Server, house: &House) {
    while let Ok(request) = server.recv() {
        answer(house, request);
    }
}

fn answer(house: &House, mut request: tiny_http::Request) {
    let is_api = request::is_api(request.url());
    let read = Request::read(&mut request);
    let reply = catch_unwind(AssertUnwindSafe(|| house.answer(&read, is_api)));
    let reply = match reply {
        Ok(reply) if !reply.is_too_large() => reply,
        Ok(_) => {
            log::error!("the page {} is larger than a reply may be", request.url());
            pages::message::failed()
        }
        Err(_) => {
            log::error!("the page {} panicked", request.url());
            pages::message::failed()
        }
    };
    let reply = match takes_gzip(&request) {
        true => reply.packed(),
        false => reply,
    };
    // The edge has hung up: it has given up on this request too.
    let _ = request.respond(reply.into_response());
}

fn takes_gzip(request: &tiny_http::Request) -> bool {
    let fields = request.headers().iter();
    let fields = fields.filter(|field| field.field.equiv("Accept-Encoding"));
    accepts_gzip(fields.map(|field| field.value.as_bytes()))
}
