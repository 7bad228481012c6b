//! Bounds of what pages are told by `/events`.

use std::time::Duration;

/// Events that are kept for pages that come back: half an hour of a busy evening. Beyond it the oldest is forgotten, and whoever
/// has not heard it is told to fetch everything anew.
pub const KEPT: usize = 512;

/// Bytes of their texts likewise.
pub const KEPT_BYTES: usize = 128 << 10;

/// One event's text, bytes: the longest comment with its author fits. A longer one is not told, and logged.
pub const EVENT_BYTES: usize = 4 << 10;

/// What an event takes beside its text, bytes.
pub const EVENT_OVERHEAD: usize = 256;

/// After this long without an event a page is told that the box is still there.
pub const BEAT: Duration = Duration::from_secs(15);

/// Counts of viewers are looked at, and told if they changed, this often.
pub const COUNTS_EVERY: Duration = Duration::from_secs(1);

/// `SO_SNDBUF` of such a connection, bytes: a reader that stops is noticed soon.
pub const SEND_BUFFER: usize = 8 << 10;

/// Seconds after which a page that found no place may ask again.
pub const RETRY_AFTER: u32 = 5;

/// Kept passes of its browser that a page's connection counts; further cookies of that kind are not looked at.
pub const PASSES_MAX: usize = 8;

/// Longest id that a page may come back with, bytes. A longer one counts as unknown.
pub const ID_BYTES: usize = 32;
