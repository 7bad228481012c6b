//! Floor 5, *serve*: joins the floors below to the network.

pub mod assets;
pub mod edge;
pub mod metrics;
pub mod rtmp;
pub mod station;
pub mod ui;
