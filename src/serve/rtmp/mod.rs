//! The RTMP server: sockets for the protocol in [`crate::wire::rtmp`], keys for the people, media for the station.

mod closing;
mod listener;
mod places;
mod session;

pub use listener::{RtmpServer, serve};
pub use places::Places;
