//! Floor 2, *media*: from samples to a ring with cursors. Files only through [`storage`]; no sockets, no clock, no tokio.

pub mod fragment;
pub mod health;
pub mod ingest;
pub mod packager;
pub mod rendition;
pub mod ring;
pub mod segment_file;
pub mod storage;
pub mod timeline;
pub mod ts_cut;
pub mod ts_rendition;

pub use fragment::{Fragment, Run, Tracks};
