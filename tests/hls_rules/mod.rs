//! HLS playlists as a strict reader takes them: [`list::List`] reads one, [`Walk`] follows successive ones and holds them to
//! draft-pantos-hls-rfc8216bis. Knows nothing of what made them.
#![allow(dead_code, unreachable_pub, missing_docs)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub mod list;
pub mod walk;

pub use walk::Walk;
