//! RTMP 1.0, sans-IO: the server's side of a connection and a publishing client.
//!
//! Bytes go in by `feed`, events and answers come out; nothing here knows a socket or a clock.
//! Every table and buffer is bounded by [`crate::limits::rtmp`].

pub mod amf0;
mod answers;
pub mod chunk_reader;
pub mod chunk_writer;
pub mod client;
pub mod command;
pub mod connection;
mod error;
mod event_queue;
pub mod handshake;
pub mod message;
pub mod metadata;
pub mod url;

pub use client::Publisher;
pub use connection::{Connection, Event, PublishRequest};
pub use error::ProtocolError;
pub use metadata::Metadata;
