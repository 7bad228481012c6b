//! Floor 5, *serve*: joins the floors below to the network.

pub mod assets;
pub mod board;
pub mod downloads;
pub mod edge;
pub mod events;
pub mod mdns;
pub mod metrics;
mod network_name;
pub mod quiet;
pub mod replaced;
pub mod rtmp;
pub mod station;
mod tickets;
pub mod ui;
pub mod updates;
pub mod uploads;
pub mod wifi;

pub use network_name::{NetworkName, is_host_name};
