//! Floor 2, *media*: from samples to a ring with cursors. Files only through [`storage`]; no sockets, no clock, no tokio.

pub mod audio_track;
pub mod cursor;
pub mod doctor;
pub mod fragment;
pub mod health;
pub mod held;
pub mod ingest;
pub mod interleave;
pub mod meter;
pub mod opening;
pub mod packager;
pub mod part_cutter;
pub mod part_rule;
pub mod picture_clock;
pub mod poster;
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
