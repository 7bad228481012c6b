//! Bounds of HTTP edge and UI.
//!
//! What scales with the memory budget (connections, media seats, waiters) is a value in the edge's
//! settings; the defaults are here. What does not scale is a constant.

use std::time::Duration;

/// A request head: longer than any browser's with our few cookies. Beyond it: 431 and a close.
pub const HEAD_BYTES: usize = 8 * 1024;

/// Header fields of a request; browsers send about 20. Beyond it: 431 and a close.
pub const HEAD_FIELDS: usize = 48;

/// A response head as the edge writes it for itself, on the stack. All its parts have fixed or
/// checked lengths; one that did not fit would be answered by a close.
pub const ANSWER_HEAD_BYTES: usize = 1024;

/// An `Origin` that may be echoed: longer ones count as foreign.
pub const ORIGIN_BYTES: usize = 256;

/// A host name: RFC 1035's bound. Beyond it: 400.
pub const HOST_BYTES: usize = 253;

/// Fields that the UI's replies may carry: tiny_http and our pages set about ten. Beyond it: 502.
pub const REPLY_FIELDS: usize = 32;

/// The buffer that all connections of a thread read into: one read takes any usual head.
pub const READ_BYTES: usize = 16 * 1024;

/// Bytes a `sendfile` call: 64 KiB moved half as much, 1 MiB no more (measured).
pub const SENDFILE_BYTES: u64 = 256 * 1024;

/// A connection that has sent this much in one turn lets the others run: a reader as fast as the
/// box would otherwise keep the runtime for itself for half a second (measured).
pub const TURN_BYTES: u64 = 1024 * 1024;

/// Bytes copied at a time from a segment that is not in a file.
pub const COPY_BYTES: usize = 16 * 1024;

/// A connection to the UI's tiny_http: it keeps exactly four threads, a fifth connection could
/// wait for ever. More requests wait in the desk's queue.
pub const UI_LINES: usize = 4;

/// Requests that hash a password or write durably, at a time. More get 503 at once, so that two
/// connections to the UI are always left for pages.
pub const UI_HEAVY: usize = 2;

/// A request body for the UI: forms and small JSON. Beyond it: 413.
pub const UI_BODY_BYTES: usize = 64 * 1024;

/// A reply of the UI, taken whole. Beyond it: 502.
pub const UI_REPLY_BYTES: usize = 128 * 1024;

/// Request bodies that are being received or wait for the UI, at a time. More: 503.
pub const UI_BODIES: usize = 16;

/// Of [`UI_BODIES`], for one address: a slow one must not take them all. More: 503.
pub const UI_BODIES_PER_ADDRESS: usize = 4;

/// A playlist longer than this is sent as it is: the longest window gives under half.
pub const GZIP_BYTES: usize = 16 * 1024;

/// Compressed playlists kept: three for each of 16 channels. Beyond it the oldest is dropped.
pub const GZIP_KEPT: usize = 48;

/// Channels whose TS making is tracked; those that nobody waits for are forgotten first.
pub const TS_CHANNELS: usize = 64;

/// Pages of metrics on their way to clients, at a time: each may be a hundred kilobytes. More: 503.
pub const METRICS_PAGES: usize = 4;

/// Connections that are told why they are refused, at a time. Beyond it: just closed.
pub const SHED_AT_ONCE: usize = 32;

/// After a refusal, what a peer still sends is read and dropped up to here: closing with unread
/// bytes would reset the connection and could take the answer with it.
pub const LINGER_BYTES: usize = 256 * 1024;

/// How long that takes at most.
pub const LINGER: Duration = Duration::from_secs(1);

/// A connection that asks nothing for this long may lose its media seat to another viewer:
/// players ask at least every target duration.
pub const SEAT_IDLE: Duration = Duration::from_secs(10);

/// Accept failed (out of descriptors, most likely): this long until the next try.
pub const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// `SO_SNDBUF` of an instant stream, bytes: small, so that what waits for a slow viewer is seen here and not hidden in the kernel.
/// Twice this in a round trip of 20 ms still makes 50 Mbit/s.
pub const INSTANT_SEND_BUFFER: usize = 64 * 1024;

/// How far live may be ahead of what an instant viewer is sent next, 90 kHz ticks (5 s). Beyond it, with a newer keyframe there,
/// the response ends, and the player begins anew at that.
pub const INSTANT_BEHIND_TICKS: u64 = 5 * 90_000;

/// An instant viewer is counted again after this long, ms: well within the time for which one counts.
pub const INSTANT_SEEN_MS: u64 = 2_000;

/// The listener's backlog.
pub const BACKLOG: i32 = 1024;

/// The list of attached networks is this old at most.
pub const NETWORKS_AGE: Duration = Duration::from_secs(10);

/// Networks that are looked at; a box has a handful.
pub const NETWORKS: usize = 32;

/// At shutdown, responses under way get this long.
pub const FAREWELL: Duration = Duration::from_secs(2);
