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
pub const ANSWER_HEAD_BYTES: usize = 1152;

/// An `Origin` that may be echoed: longer ones count as foreign.
pub const ORIGIN_BYTES: usize = 256;

/// A host name: RFC 1035's bound. Beyond it: 400.
pub const HOST_BYTES: usize = 253;

/// Names beside its own by which the box is reached. More are a mistake in the settings.
pub const NAMES_MAX: usize = 16;

/// Fields that the UI's replies may carry: tiny_http and our pages set about ten. Beyond it: 502.
pub const REPLY_FIELDS: usize = 32;

/// The buffer that all connections of a thread read into: one read takes any usual head.
pub const READ_BYTES: usize = 16 * 1024;

/// Bytes a `sendfile` call: 64 KiB moved half as much, 1 MiB no more (measured).
pub const SENDFILE_BYTES: u64 = 256 * 1024;

/// A connection that has sent this much in one turn lets the others run: a reader as fast as the
/// box would otherwise keep the runtime for itself for half a second (measured).
pub const TURN_BYTES: u64 = 1024 * 1024;

/// A connection that waits for room in its socket while it holds a segment looks after so long whether that was given up, and
/// then again: few enough wake-ups, and a ring keeps room for what comes in meanwhile ([`super::media::RING_FREE_PART`]).
pub const CUT_NOTICED: Duration = Duration::from_millis(250);

/// Bytes copied at a time from a segment that is not in a file.
pub const COPY_BYTES: usize = 16 * 1024;

/// A connection to the UI's tiny_http: it keeps exactly four threads, a fifth connection could
/// wait for ever. More requests wait in the desk's queue.
pub const UI_LINES: usize = 4;

/// Requests that hash a password or write durably, at a time, so that two connections to the UI are
/// always left for pages. More wait in the desk's queue.
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

/// Compressed playlists kept: all, changes, plain and TS for each of 16 channels. Beyond it the oldest is dropped.
pub const GZIP_KEPT: usize = 64;

/// A request is held for so many target durations (draft-pantos-hls-rfc8216bis §6.2.5.2). Then: 503.
pub const HELD_TARGETS: u32 = 3;

/// No request is held for longer, whatever the target duration: players give up after ten seconds. Then: 503.
pub const HELD_LONGEST: Duration = Duration::from_secs(9);

/// Of four connections, so many may carry a held request at a time: a player has one or two, and pages and segments need the
/// rest. More: 503.
pub const HELD_OF_FOUR_CONNECTIONS: usize = 3;

/// Seconds after which a player asks again for a channel that is just starting.
pub const FIRST_RETRY: u32 = 1;

/// Seconds after which a player asks again for what it waited for in vain.
pub const HELD_RETRY: u32 = 1;

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

/// How often a connection that waits is looked at for its closing once it has sent more than its request.
pub const HANG_UP_LOOK: Duration = Duration::from_secs(1);

/// Of eight media seats, so many may be one address's: one device whose readers are slow must not keep everybody else
/// out. Most, because a whole household may come from one address, through a router or a proxy. More: 503.
pub const SEATS_OF_EIGHT_PER_ADDRESS: usize = 7;

/// Accept failed (out of descriptors, most likely): this long until the next try.
pub const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// `SO_SNDBUF` of an instant stream, bytes: small, so that what waits for a slow viewer is seen here and not hidden in the kernel.
/// Twice this in a round trip of 20 ms still makes 50 Mbit/s.
pub const INSTANT_SEND_BUFFER: usize = 64 * 1024;

/// What an instant stream's connection asks of the kernel. Measured at 80 ± 40 ms and 1 % lost, a
/// minute each, twice: 0.62 s from glass to glass (cubic: 1.03 s), but no fewer stalls (3; cubic: 2).
pub const INSTANT_CONGESTION_CONTROL: &str = "bbr";

/// How far live may be ahead of what an instant viewer is sent next, 90 kHz ticks (5 s). Beyond it, with a newer keyframe there,
/// the response ends, and the player begins anew at that.
pub const INSTANT_BEHIND_TICKS: u64 = 5 * 90_000;

/// An instant viewer is counted, and asked whether they may still watch, again after this long, ms: well within the time for which
/// one counts.
pub const INSTANT_LOOK_MS: u64 = 2_000;

/// The listener's backlog.
pub const BACKLOG: i32 = 1024;

/// The list of attached networks is this old at most.
pub const NETWORKS_AGE: Duration = Duration::from_secs(10);

/// Networks that are looked at; a box has a handful.
pub const NETWORKS: usize = 32;

/// At shutdown, responses under way get this long.
pub const FAREWELL: Duration = Duration::from_secs(2);

/// Files that pages have offered and nobody has fetched. Beyond it the oldest offer is forgotten.
pub const DOWNLOADS_OFFERED: usize = 4;

/// Random bytes of a download's ticket.
pub const DOWNLOAD_TICKET_BYTES: usize = 18;

/// How long a download's ticket counts, ms: long enough for a browser to follow a redirection.
pub const DOWNLOAD_TICKET_MS: u64 = 60_000;

/// Largest download, bytes: a whole store, packed, and some. A longer one is broken off.
pub const DOWNLOAD_BYTES_MAX: u64 = 96 << 20;

/// Downloads and uploads at a time: each holds an index of the store while it is written. More: 503.
pub const DOWNLOADS_AT_ONCE: usize = 1;

/// Bytes of a download or an upload that are handed over at a time.
pub const DOWNLOAD_PIECE_BYTES: usize = 32 * 1024;

/// Such pieces that wait for the socket, or for the card.
pub const DOWNLOAD_PIECES: usize = 2;

/// A download or upload that is slower than this, bytes a second, is broken off: it would keep others from theirs.
pub const DOWNLOAD_LEAST_RATE: u64 = 16 * 1024;

/// How long it may be slower at its beginning.
pub const DOWNLOAD_PATIENCE: Duration = Duration::from_secs(15);

/// Bytes of an update that are handed on at a time.
pub const UPDATE_PIECE_BYTES: usize = 32 * 1024;

/// How long a card may take for what it was given, and to read all of it back. Longer: the update is given up.
pub const UPDATE_WAIT: Duration = Duration::from_secs(180);

/// Uploads that pages have asked for and nobody has sent. Beyond it the oldest is forgotten.
pub const UPLOADS_OFFERED: usize = 2;

/// How long an upload's ticket counts, ms: long enough to find the file.
pub const UPLOAD_TICKET_MS: u64 = 10 * 60_000;

/// Largest upload, bytes: an update that fills its slot, 40 MiB of kernel and 120 MiB of root, and the wrapping of a browser's form.
/// Beyond it: 413. A backup has a bound of its own.
pub const UPLOAD_BYTES_MAX: u64 = (160 << 20) + 4096;

/// Bytes that a browser's form puts before the file. Beyond it the upload counts as cut short.
pub const UPLOAD_WRAPPING_BYTES: usize = 2048;

/// Refused uploads that are read to their end at once, so that their browsers show why. Beyond it a connection just closes.
pub const UPLOADS_REFUSED_AT_ONCE: usize = 2;

/// How long one is read: at 2 MB/s the largest there is.
pub const UPLOAD_REFUSED_PATIENCE: Duration = Duration::from_secs(90);

/// A connection that sends nothing of an upload for this long is closed.
pub const UPLOAD_SILENCE: Duration = Duration::from_secs(20);
