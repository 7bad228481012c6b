//! Pages and API, on tiny_http behind the edge. (owner: helper G)
use super::station::Station;
use crate::people::People;
use std::path::{Path, PathBuf};
use std::sync::Arc;

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

/// The running UI: threads that answer on a Unix socket.
#[derive(Debug)]
pub struct Ui {}

#[allow(clippy::todo)]
impl Ui {
    /// Starts tiny_http on a socket in `dir` (a private folder) with 4 handler threads.
    pub fn start(
        dir: &Path,
        people: Arc<People>,
        station: Arc<Station>,
        settings: UiSettings,
    ) -> std::io::Result<Ui> {
        let _ = (dir, people, station, settings);
        todo!()
    }
    /// Where the edge connects: exactly 4 persistent connections.
    pub fn socket(&self) -> PathBuf {
        todo!()
    }
}
