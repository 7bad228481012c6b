//! The RTMP server: sockets for the protocol in [`crate::wire::rtmp`], keys for the people, media for the station.

mod closing;
mod listener;
mod session;

pub use listener::{Places, RtmpServer, serve};
