//! One number, `memory`, and what everything may take of it.
//!
//! Each row is a worst case: every buffer full, every place taken. Rings get what is left; a test adds the rows up for
//! the sizes that the box is sold with.

use super::{events, http, media, people, rings, rtmp, rtmp_server, store, ui};

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;

/// Used when nothing is said: a quarter of the RAM, at most this, bytes.
pub const DEFAULT_MOST: u64 = 256 * MIB;

/// Least memory that is accepted, bytes: below it no ring would hold six segments of an ordinary stream.
pub const LEAST: u64 = 64 * MIB;

/// Code pages of our own, allocator slack, the runtime, tables of channels, threads' touched stacks, bytes. People have a row of
/// their own.
const BASE: u64 = 4 * MIB + 256 * KIB;

/// A slot of the store's index, bytes. There are a power of two of them, at most 7/8 full.
const STORE_SLOT: u64 = 21;

/// Memory below which the store holds fewer rows, bytes.
const MANY_ROWS_FROM: u64 = 96 * MIB;

/// A connection of the edge beside its socket buffers: task, carry, timer, file descriptor in the kernel, bytes.
const CONNECTION_OVERHEAD: u64 = 8 * KIB + 6 * KIB + 4 * KIB;

/// An encoder's connection likewise, without messages.
const ENCODER_OVERHEAD: u64 = 24 * KIB;

/// A session's indexes, playlists as text and counted viewers, bytes; twice, because one that is over may still be read
/// while the next is on air.
const SESSION_OVERHEAD: u64 = 2 * 160 * KIB;

/// Largest fragment that TS is made of, bytes: a tenth of a second at 80 Mbit/s. Larger ones have no TS.
pub const TS_FRAGMENT: u64 = MIB;

/// What making TS holds: a fragment, its packets in a buffer that grows by doubling, and what is not stored yet, bytes.
/// One segment is made at a time.
const TS_MAKING: u64 = 3 * TS_FRAGMENT + MIB / 2;

/// The kernel takes up to twice what `SO_SNDBUF` and `SO_RCVBUF` say.
const KERNEL_DOUBLES: u64 = 2;

/// What the daemon may hold at a time, derived from `memory`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// All of it, bytes.
    pub memory: u64,
    /// Channels live at once.
    pub live_channels: usize,
    /// Encoders connected at once, live or not.
    pub encoders: usize,
    /// Connections of the edge.
    pub connections: usize,
    /// Of these, such as may carry segments.
    pub media_seats: usize,
    /// `SO_SNDBUF` of these, bytes.
    pub segment_send_buffer: usize,
    /// Rows of the store.
    pub store_rows: usize,
    /// Pages that listen to `/events`, each on a connection of the edge.
    pub listeners: usize,
    /// Requests held until there is something new; each is one of the connections and takes nothing beside it.
    pub waiters: usize,
    /// Bytes of the pages' replies that wait for slow readers.
    pub ui_reply_bytes: u64,
    /// Bytes of all channels' posters, kept or being read.
    pub poster_bytes: u64,
    /// Bytes for all rings: listed, held, fMP4 and TS.
    pub ring_bytes: u64,
    /// Of these, such as each live channel gets at least.
    pub least_share: u64,
}

/// One line of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// What takes it.
    pub what: &'static str,
    /// Bytes at worst.
    pub bytes: u64,
    /// How that comes about.
    pub how: String,
}

/// `SO_SNDBUF` of a connection that carries pages and playlists, bytes.
pub const PAGE_SEND_BUFFER: usize = 16 << 10;

/// `SO_RCVBUF` of the edge's connections, bytes: a head, or a form read at its own pace.
pub const PAGE_RECEIVE_BUFFER: usize = 8 << 10;

/// `SO_SNDBUF` of a connection that carries segments, bytes (with default buffers a stalled reader pins 2.7 MiB).
const SEGMENT_SEND_BUFFER: usize = 256 << 10;

/// The same where memory allows: the kernel doubles it, so that a segment of 1 MiB goes out in one call. Measured against nginx
/// on the same file, requests a CPU second: 1.00 with it, 0.76 with the smaller one.
const LARGE_SEGMENT_SEND_BUFFER: usize = 512 << 10;

/// Memory from which the large buffer is used, bytes.
const LARGE_BUFFERS_FROM: u64 = 192 * MIB;

impl Budget {
    /// Shares `memory` bytes out (at least [`LEAST`] count). As many channels may be live as fit the advised bitrate; if that is
    /// too few for a household, as many more as fit an ordinary stream.
    pub fn of(memory: u64) -> Budget {
        let memory = memory.max(LEAST);
        let most = |kbps| {
            let budgets = (1..=rings::MOST_CHANNELS).rev();
            let mut budgets = budgets.map(|channels| Budget::with_channels(memory, channels, kbps));
            budgets.find(|budget| budget.fits(kbps))
        };
        let enough = |budget: &Budget| budget.live_channels >= rings::ENOUGH_CHANNELS;
        most(rings::ADVISED_KBPS)
            .filter(enough)
            .or_else(|| {
                let ordinary = most(rings::ORDINARY_KBPS)?;
                let channels = ordinary.live_channels.min(rings::ENOUGH_CHANNELS);
                Some(Budget::with_channels(
                    memory,
                    channels,
                    rings::ORDINARY_KBPS,
                ))
            })
            .unwrap_or_else(|| Budget::with_channels(memory, 1, rings::ORDINARY_KBPS))
    }

    /// Every channel fits `kbps`, and a lone one gets about half of everything.
    fn fits(&self, kbps: u32) -> bool {
        let kept_back = (self.live_channels as u64 - 1) * self.least_share;
        self.least_share >= rings::share_for(kbps)
            && kept_back <= self.ring_bytes / 5 * rings::FIFTHS_KEPT_BACK
    }

    /// kbit/s that fit every channel that is admitted, sound and all.
    pub fn fitting_kbps(&self) -> u32 {
        rings::fitting_kbps(self.least_share - rings::ts_bytes(self.least_share))
    }

    fn with_channels(memory: u64, live_channels: usize, kbps: u32) -> Budget {
        let steps = memory / (32 * MIB);
        let scaled = |each: u64| usize::try_from(steps * each).unwrap_or(usize::MAX);
        let connections = scaled(48).min(1024);
        let mut budget = Budget {
            memory,
            live_channels,
            encoders: live_channels + 2,
            connections,
            media_seats: scaled(8).min(256),
            segment_send_buffer: match memory >= LARGE_BUFFERS_FROM {
                true => LARGE_SEGMENT_SEND_BUFFER,
                false => SEGMENT_SEND_BUFFER,
            },
            store_rows: match memory >= MANY_ROWS_FROM {
                true => store::MAX_RECORDS,
                false => store::SCARCE_RECORDS,
            },
            listeners: scaled(16).min(340),
            waiters: connections / 4 * http::HELD_OF_FOUR_CONNECTIONS,
            ui_reply_bytes: (memory / 128).clamp(512 * KIB, 4 * MIB),
            poster_bytes: (memory / 128).clamp(512 * KIB, 4 * MIB),
            ring_bytes: 0,
            least_share: 0,
        };
        let taken: u64 = budget.rows().iter().map(|row| row.bytes).sum();
        budget.ring_bytes = memory.saturating_sub(taken);
        let share = rings::share_for(kbps);
        budget.least_share = rings::least_share(budget.ring_bytes, live_channels, share);
        budget
    }

    /// The table: every row at its worst.
    pub fn rows(&self) -> Vec<Row> {
        let row = |what, bytes, how: String| Row { what, bytes, how };
        let kernel = |bytes: usize| KERNEL_DOUBLES * bytes as u64;
        let page_socket =
            kernel(PAGE_SEND_BUFFER) + kernel(PAGE_RECEIVE_BUFFER) + CONNECTION_OVERHEAD;
        let seat_more = kernel(self.segment_send_buffer) - kernel(PAGE_SEND_BUFFER);
        let encoder_socket = kernel(rtmp_server::RECEIVE_BUFFER)
            + kernel(rtmp_server::SEND_BUFFER)
            + ENCODER_OVERHEAD;
        let slots = (self.store_rows as u64 * 8 / 7).next_power_of_two();
        let index = slots * STORE_SLOT;
        let stranger = rtmp::MAX_STRANGER_BYTES as u64;
        let publisher = rtmp::MAX_PARTIAL_BYTES as u64
            + media::MAX_PENDING_BYTES as u64
            + media::MAX_PREROLL_BYTES as u64;
        let password = u64::from(people::HASH_MEMORY_KIB) * KIB + 256 * KIB;
        let pages = http::UI_LINES as u64
            * (http::UI_BODY_BYTES as u64 + 2 * http::UI_REPLY_BYTES as u64 + 256 * KIB);
        let bodies = http::UI_BODIES as u64 * http::UI_BODY_BYTES as u64;
        vec![
            row("program", BASE, "code, runtime, tables, stacks".into()),
            row(
                "store",
                // Beside the index its half-sized forerunner, while it grows.
                index * 3 / 2 + 2 * store::MAX_FRAME_BYTES as u64,
                format!("index of at most {} rows", self.store_rows),
            ),
            row(
                "people",
                people::DIRECTORY_BYTES,
                format!("{} of them, with keys and channels", people::ACCOUNTS_MAX),
            ),
            row(
                "downloads",
                index
                    + (http::DOWNLOAD_PIECES as u64 + 2 + http::UPLOADS_REFUSED_AT_ONCE as u64)
                        * http::DOWNLOAD_PIECE_BYTES as u64,
                "one at a time, with an index of the store".into(),
            ),
            row("passwords", password, "one hash at a time".into()),
            row(
                "pages",
                pages + bodies + self.ui_reply_bytes,
                format!(
                    "{} handlers, {} bodies, replies for slow readers",
                    http::UI_LINES,
                    http::UI_BODIES
                ),
            ),
            row(
                "encoders",
                self.encoders as u64 * (encoder_socket + stranger),
                format!("{} connections with kernel buffers", self.encoders),
            ),
            row(
                "live media on its way in",
                self.live_channels as u64 * publisher,
                format!(
                    "{} channels, messages and pending fragments",
                    self.live_channels
                ),
            ),
            row(
                "sessions",
                self.live_channels as u64 * SESSION_OVERHEAD,
                "indexes, playlists, viewers".into(),
            ),
            row(
                "log",
                (ui::LOG_LINES * (ui::LOG_LINE_BYTES + 24)) as u64,
                format!("its last {} lines", ui::LOG_LINES),
            ),
            row("making TS", TS_MAKING, "one segment at a time".into()),
            row(
                "compressed playlists",
                http::GZIP_KEPT as u64 * http::GZIP_BYTES as u64,
                format!("{} kept", http::GZIP_KEPT),
            ),
            row(
                "events",
                (events::KEPT_BYTES
                    + events::KEPT * events::EVENT_OVERHEAD
                    + self.listeners * events::EVENT_BYTES) as u64,
                format!(
                    "{} kept, and one on its way to each of {} pages",
                    events::KEPT,
                    self.listeners
                ),
            ),
            row(
                "posters",
                self.poster_bytes,
                "last pictures of channels, kept or being read".into(),
            ),
            row(
                "connections",
                (self.connections + http::SHED_AT_ONCE) as u64 * page_socket,
                format!(
                    "{} with kernel buffers, and {} that are told why not",
                    self.connections,
                    http::SHED_AT_ONCE
                ),
            ),
            row(
                "viewers",
                self.media_seats as u64 * seat_more,
                format!("{} of them carry segments", self.media_seats),
            ),
            row(
                "rings",
                self.ring_bytes,
                format!(
                    "segments listed and still read, fMP4 and TS; channels at once: {}, {} kbit/s fit each",
                    self.live_channels,
                    self.fitting_kbps()
                ),
            ),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worst_cases_add_up_to_the_budget_and_every_channel_fits_an_ordinary_stream() {
        for memory in (64..=1100).map(|mib| mib * MIB) {
            let budget = Budget::of(memory);
            let rows = budget.rows();
            let sum: u64 = rows.iter().map(|row| row.bytes).sum();
            assert!(sum <= memory, "{sum} of {memory}: {rows:#?}");
            assert!(
                budget.fits(rings::ORDINARY_KBPS),
                "{} kbit/s for {memory}: {rows:#?}",
                budget.fitting_kbps()
            );
            assert!(
                budget.fitting_kbps() >= rings::ADVISED_KBPS
                    || budget.live_channels <= rings::ENOUGH_CHANNELS
            );
        }
    }

    #[test]
    fn the_default_has_enough_channels_and_each_fits_what_is_advised() {
        let budget = Budget::of(DEFAULT_MOST);
        assert!(budget.live_channels >= rings::ENOUGH_CHANNELS);
        assert!(budget.fitting_kbps() >= rings::ADVISED_KBPS);
    }

    #[test]
    fn too_little_counts_as_the_least() {
        assert_eq!(Budget::of(1), Budget::of(LEAST));
    }
}
