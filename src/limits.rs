//! Every bound of the daemon, floor by floor.

pub mod http;
pub mod media;
pub mod people;
pub mod rtmp;
pub mod store;
pub mod ui;
