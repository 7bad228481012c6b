//! Every bound of the daemon, floor by floor.

pub mod budget;
pub mod doctor;
pub mod events;
pub mod http;
pub mod media;
pub mod network;
pub mod people;
pub mod rings;
pub mod rtmp;
pub mod rtmp_server;
pub mod station;
pub mod store;
pub mod ui;
pub mod wifi;
