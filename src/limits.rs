//! Every bound of the daemon, floor by floor.

pub mod budget;
pub mod http;
pub mod media;
pub mod people;
pub mod rtmp;
pub mod rtmp_server;
pub mod station;
pub mod store;
pub mod ui;
