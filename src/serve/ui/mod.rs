//! Pages and API, on tiny_http behind the edge: it may block (hashes, flash, templates), and never sees the open network.
//!
//! Four threads, as many as the edge keeps connections; every handler runs under `catch_unwind`, every reply is whole.

mod addresses;
mod api;
mod channels;
mod form;
mod frame;
mod icons;
mod json;
mod pages;
mod reply;
mod request;
mod routes;
mod words;

pub use channels::Channels;
pub use request::{HOST_HEADER, Method, PEER_HEADER};
pub use routes::{Access, ROUTES, Route};

use super::station::Station;
use crate::limits::ui::{HANDLER_IDLE, HANDLER_STACK, HANDLERS};
use crate::people::People;
use request::Request;
use routes::House;
use std::fmt;
use std::io;
use std::os::unix::net::UnixListener;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{Builder, JoinHandle};
use tiny_http::Server;

/// What pages say about the box.
#[derive(Clone, Debug)]
pub struct UiSettings {
    /// Port of the RTMP server, for addresses.
    pub rtmp_port: u16,
    /// Port of the HTTP edge.
    pub http_port: u16,
    /// One-time code that makes the owner's account; None if there is an owner.
    pub setup_code: Option<String>,
}

/// The running UI: threads that answer on a Unix socket. Dropped, it stops them.
pub struct Ui {
    server: Arc<Server>,
    handlers: Vec<JoinHandle<()>>,
    stopping: Arc<AtomicBool>,
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
        let stopping = Arc::new(AtomicBool::new(false));
        let mut handlers = Vec::with_capacity(HANDLERS);
        for number in 0..HANDLERS {
            let (server, house) = (Arc::clone(&server), Arc::clone(&house));
            let stopping = Arc::clone(&stopping);
            let thread = Builder::new()
                .name(format!("ui-{number}"))
                .stack_size(HANDLER_STACK);
            handlers.push(thread.spawn(move || serve(&server, &house, &stopping))?);
        }
        Ok(Ui {
            server,
            handlers,
            stopping,
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
        self.stopping.store(true, Ordering::SeqCst);
        for _ in &self.handlers {
            self.server.unblock();
        }
        for handler in self.handlers.drain(..) {
            // A handler that panicked has said so already.
            let _ = handler.join();
        }
    }
}

/// One thread's life.
fn serve(server: &Server, house: &House, stopping: &AtomicBool) {
    while !stopping.load(Ordering::SeqCst) {
        match server.recv_timeout(HANDLER_IDLE) {
            Ok(Some(request)) => answer(house, request),
            // Nothing came, or `unblock` was called.
            Ok(None) => {}
            Err(error) => {
                log::error!("the pages can't be served any more: {error}");
                return;
            }
        }
        if let Err(error) = house.people.keep_time(house.channels.now()) {
            log::warn!("powered-on time was not written: {error}");
        }
    }
}

fn answer(house: &House, mut request: tiny_http::Request) {
    let read = Request::read(&mut request);
    let reply = catch_unwind(AssertUnwindSafe(|| house.answer(&read)));
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
    // The edge has hung up: it has given up on this request too.
    let _ = request.respond(reply.into_response());
}
