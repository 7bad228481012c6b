//! What the main floor decides about the edge.

use super::Reach;
use crate::limits::events::BEAT;
use crate::limits::http::SEATS_OF_EIGHT_PER_ADDRESS;
use crate::serve::NetworkName;
use crate::serve::downloads::Downloads;
use crate::serve::uploads::Uploads;
use std::sync::Arc;
use std::time::Duration;

/// Settings of one edge.
#[derive(Clone, Debug)]
pub struct EdgeSettings {
    /// Names of the box. One without a dot also stands for itself under the suffixes that home
    /// routers use; one with a dot, or an address, only for itself.
    pub names: Vec<String>,
    /// The name that multicast DNS gave the box: good under the same suffixes. None: `names` are all.
    pub network_name: Option<NetworkName>,
    /// Origins (`http://host[:port]`) whose pages may embed media.
    pub embed_origins: Vec<String>,
    /// Who is answered.
    pub reach: Reach,
    /// Limits.
    pub limits: EdgeLimits,
    /// Deadlines.
    pub deadlines: Deadlines,
    /// Large files that pages have offered.
    pub downloads: Arc<Downloads>,
    /// Large files that pages wait for.
    pub uploads: Arc<Uploads>,
}

impl Default for EdgeSettings {
    fn default() -> EdgeSettings {
        EdgeSettings {
            names: vec!["hearth".to_owned()],
            network_name: None,
            embed_origins: Vec::new(),
            reach: Reach::Home,
            limits: EdgeLimits::default(),
            deadlines: Deadlines::default(),
            downloads: Arc::default(),
            uploads: Arc::default(),
        }
    }
}

/// What the edge may hold at a time; derived from the memory budget by the main floor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EdgeLimits {
    /// Connections in all. At the bound an idle one is closed for a new one, else the new one
    /// gets 503.
    pub connections: usize,
    /// Connections from one address. At the bound likewise.
    pub per_address: usize,
    /// Connections that may carry segments, each with a send buffer of `media_send_buffer`.
    /// Without a seat: 503.
    pub media_seats: usize,
    /// Of these, for one address.
    pub media_seats_per_address: usize,
    /// Pages that listen to `/events`, each with a connection of its own. More: 503.
    pub listeners: usize,
    /// Of these, for one address.
    pub listeners_per_address: usize,
    /// Requests that are held for a channel's first segment, a later playlist or the next part. More: 503.
    /// Fewer than connections, so that held requests never keep pages and segments out.
    pub waiters: usize,
    /// Requests for the UI from admission until their answer is written. More: 503.
    pub ui_queue: usize,
    /// Of these, for one address.
    pub ui_per_address: usize,
    /// Bytes of UI replies that are not yet written to clients. More: 503.
    pub ui_reply_bytes: usize,
    /// `SO_SNDBUF` of a connection, bytes; the kernel takes up to twice that.
    pub send_buffer: usize,
    /// `SO_SNDBUF` of a connection with a media seat, likewise.
    pub media_send_buffer: usize,
    /// `SO_RCVBUF` of a connection, likewise.
    pub receive_buffer: usize,
}

impl Default for EdgeLimits {
    /// For the default budget of 256 MiB.
    fn default() -> EdgeLimits {
        EdgeLimits {
            connections: 256,
            per_address: 64,
            media_seats: 96,
            media_seats_per_address: 96 / 8 * SEATS_OF_EIGHT_PER_ADDRESS,
            listeners: 96,
            listeners_per_address: 24,
            waiters: 192,
            ui_queue: 64,
            ui_per_address: 8,
            ui_reply_bytes: 2 * 1024 * 1024,
            send_buffer: 64 * 1024,
            media_send_buffer: 256 * 1024,
            receive_buffer: 32 * 1024,
        }
    }
}

/// How long the edge waits for others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadlines {
    /// From a head's first byte to its last.
    pub head: Duration,
    /// The same for a body.
    pub body: Duration,
    /// Between two steps of a response.
    pub write: Duration,
    /// Between a response and the next request.
    pub idle: Duration,
    /// Between two signs of life to a page that listens to `/events`.
    pub beat: Duration,
    /// For a channel's first playlist.
    pub first_playlist: Duration,
    /// For a channel's first TS playlist.
    pub first_ts: Duration,
    /// For a free connection to the UI.
    pub ui_queue: Duration,
    /// For the UI's reply.
    pub ui_reply: Duration,
}

impl Default for Deadlines {
    fn default() -> Deadlines {
        Deadlines {
            head: Duration::from_secs(10),
            body: Duration::from_secs(10),
            write: Duration::from_secs(20),
            idle: Duration::from_secs(75),
            beat: BEAT,
            first_playlist: Duration::from_secs(6),
            first_ts: Duration::from_secs(8),
            ui_queue: Duration::from_secs(5),
            ui_reply: Duration::from_secs(10),
        }
    }
}
