//! Floor 2, *media*: from samples to a ring with cursors. Files only through [`storage`]; no sockets, no clock, no tokio.

pub mod audio_track;
pub mod cursor;
pub mod fragment;
pub mod health;
pub mod ingest;
pub mod interleave;
pub mod opening;
pub mod packager;
pub mod picture_clock;
pub mod preroll;
pub mod rendition;
pub mod ring;
pub mod sample;
pub mod segment_file;
pub mod segmenter;
pub mod storage;
pub mod timeline;
pub mod ts_cut;
pub mod ts_rendition;
pub mod video_track;

pub use fragment::{Fragment, Run, Tracks};
