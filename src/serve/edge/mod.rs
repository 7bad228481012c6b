//! The HTTP edge: the one port that faces the house.
//!
//! It answers media, playlists and assets itself, and hands everything else, read whole and
//! checked, to the UI on a private Unix socket. Every connection stands under the limits and
//! deadlines of [`EdgeSettings`]; what does not fit gets an answer, never a queue without end.
//! One task a connection on one current-thread runtime; segments leave by `sendfile(2)`.

mod access;
mod answer;
mod blocking;
mod connection;
mod deadline;
mod ear;
mod events;
mod figures;
mod guard;
mod gzip;
mod household;
mod instant;
mod listener;
mod listeners;
mod live;
mod networks;
mod playlists;
mod reader;
mod resources;
mod route;
mod seats;
mod sender;
mod settings;
mod table;
mod transfer;
mod ui_desk;
mod ui_line;
mod ui_proxy;
mod ui_request;
mod upload;
mod waiting;

pub use access::{PlayName, REFUSAL, admits};
pub use figures::{EdgeFigures, WriteMetrics};
pub use household::Household;
pub use live::{Channel, Live, MediaFile, MediaResource, Visibility};
pub use networks::{Networks, Reach};
pub use settings::{Deadlines, EdgeLimits, EdgeSettings};
pub use waiting::HeldFigures;

use crate::limits::http::{DOWNLOADS_AT_ONCE, FAREWELL, UPLOADS_REFUSED_AT_ONCE};
use crate::serve::assets::Asset;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::watch;

/// The embedded file at a request path, such as [`crate::serve::assets::find`].
pub type FindAsset = fn(&str) -> Option<Asset>;

/// What all connections share.
struct Shared {
    settings: EdgeSettings,
    guard: guard::Guard,
    live: Arc<dyn Live>,
    assets: FindAsset,
    metrics: figures::Metrics,
    networks: Networks,
    table: table::Table,
    seats: seats::Seats,
    listeners: listeners::Listeners,
    playlists: playlists::Playlists,
    desk: Arc<ui_desk::Desk>,
    transfers: tokio::sync::Semaphore,
    /// Uploads that were refused and are read to their end.
    refused_uploads: tokio::sync::Semaphore,
}

/// Serves HTTP on `listeners` until `shutdown` turns true; then responses under way get
/// [`FAREWELL`] to end. `metrics` writes what `/metrics` answers and must not wait for anything.
///
/// The UI behind `ui_socket` is asked once on each of its connections first. One that does not
/// answer is logged and tried again with the first request that needs it.
pub async fn serve(
    listeners: Vec<std::net::TcpListener>,
    settings: EdgeSettings,
    live: Arc<dyn Live>,
    assets: FindAsset,
    metrics: WriteMetrics,
    ui_socket: PathBuf,
    mut shutdown: watch::Receiver<bool>,
) -> std::io::Result<()> {
    let ports = listeners
        .iter()
        .map(|listener| listener.local_addr().map(|address| address.port()))
        .collect::<std::io::Result<Vec<u16>>>()?;
    let listeners = listeners
        .into_iter()
        .map(|listener| listener::prepare(listener, &settings.limits))
        .collect::<std::io::Result<Vec<_>>>()?;
    let shared = Arc::new(Shared {
        guard: guard::Guard::new(&settings, ports),
        networks: Networks::new(settings.reach),
        table: table::Table::new(&settings.limits),
        seats: seats::Seats::new(
            settings.limits.media_seats,
            settings.limits.media_seats_per_address,
        ),
        listeners: listeners::Listeners::new(
            settings.limits.listeners,
            settings.limits.listeners_per_address,
        ),
        playlists: playlists::Playlists::new(settings.limits.waiters),
        desk: ui_desk::Desk::new(ui_socket, &settings),
        transfers: tokio::sync::Semaphore::new(DOWNLOADS_AT_ONCE),
        refused_uploads: tokio::sync::Semaphore::new(UPLOADS_REFUSED_AT_ONCE),
        live,
        assets,
        metrics: figures::Metrics::new(metrics),
        settings,
    });
    ui_proxy::open_lines(&shared.desk).await;
    let accepting: Vec<_> = listeners
        .into_iter()
        .map(|listener| tokio::spawn(listener::accept(listener, Arc::clone(&shared))))
        .collect();
    // A sender that is gone can't ask any more: that is a shutdown too.
    let _ = shutdown.wait_for(|stop| *stop).await;
    accepting.iter().for_each(tokio::task::JoinHandle::abort);
    shared.table.close(FAREWELL).await;
    Ok(())
}
