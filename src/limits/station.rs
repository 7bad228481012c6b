//! Bounds of the station: channels on air, takeovers, reconnects.

/// How long a session waits for its publisher after a lost connection, ms: long enough for a phone to find the Wi-Fi again.
pub const GRACE_MS: u64 = 60_000;

/// How long after an encoder said goodbye, ms: long enough for "stop, change a setting, start".
pub const GRACE_AFTER_GOODBYE_MS: u64 = 10_000;

/// How long the final playlists (with ENDLIST) and what they list are kept after a session, ms: players are behind, and some were
/// paused. Then the name answers 404. Media leave earlier where a newcomer needs their room.
pub const ENDED_PLAYLIST_MS: u64 = 60_000;

/// How long the address that lost a takeover is refused while the winner lives, ms: longer than encoders retry by themselves.
pub const LOSER_REFUSED_MS: u64 = 30_000;

/// A publisher that sent bytes this recently is alive, ms. A silent one gives way to anybody with its key.
pub const ALIVE_MS: u64 = 2_000;

/// How long "let the other encoder in" holds, ms.
pub const SWITCH_ALLOWED_MS: u64 = 60_000;

/// Media sequence numbers reserved durably at a time: 54 hours of the shortest segments, so one store write a session.
pub const SEQUENCE_BLOCK: u64 = 131_072;

/// Start of the year 2020, Unix seconds: where the store can't write, numbers count the seconds since, and stay under 32 bits.
pub const SEQUENCE_EPOCH_S: i64 = 1_577_836_800;

/// A new block is reserved when fewer numbers than this are left (an hour and a half).
pub const SEQUENCE_LOW: u64 = 4_096;

/// Channels in the table, on air or ended less than [`ENDED_PLAYLIST_MS`] ago. A publisher beyond it is refused with a text.
pub const CHANNELS: usize = 64;

/// Viewers counted per channel; beyond it the count stands still.
pub const VIEWERS_COUNTED: usize = 512;

/// A viewer counts for this long after its last request, ms: three reloads of a playlist and some.
pub const VIEWER_MS: u64 = 10_000;

/// A viewer is asked for its session again after this long, ms: people log in and out.
pub const VIEWER_ASKED_MS: u64 = 30_000;

/// Refused encoders remembered (wrong keys and second encoders); the oldest is forgotten.
pub const REFUSALS: usize = 16;

/// A poster younger than this is given out again even if there is a newer keyframe, ms: however many pages ask, a channel's is
/// copied out of the ring this often at most.
pub const POSTER_AGE_MS: u64 = 2_000;

/// Refused encoders with an unknown key that the studio page lists; the oldest is forgotten.
pub const WRONG_KEYS: usize = 8;

/// Characters of an unknown key that are kept, so that its owner recognises it and nobody else learns it.
pub const WRONG_KEY_CHARS: usize = 4;

/// An encoder that sends more than this over its bound, %, is sending far too much: what is less is told by the doctor alone.
pub const EXCESS_PERCENT: u32 = 25;

/// How long it may, ms: a wild scene is over by then. Then it is told so and closed.
pub const EXCESS_MS: u64 = 30_000;
