//! RTMP 1.0, sans-IO: the server's side of a connection and a publishing client.

pub mod client;
pub mod connection;

pub use client::Publisher;
pub use connection::{Connection, Event, ProtocolError, PublishRequest};
