//! Bounds of the RTMP server's sockets and patience.

/// Encoders connected at once from one address: a household has one or two each, a fight has many. Beyond it the oldest
/// that is not live gives way; if all are, the new one is closed.
pub const CONNECTIONS_PER_ADDRESS: usize = 8;

/// `SO_RCVBUF`, bytes: the kernel's queue of a publisher; it doubles the figure.
pub const RECEIVE_BUFFER: usize = 256 << 10;

/// `SO_SNDBUF`, bytes: only answers and pings go out.
pub const SEND_BUFFER: usize = 16 << 10;

/// The buffer that all connections of a thread read into, bytes.
pub const READ_BUFFER: usize = 64 << 10;

/// Unacknowledged data may be this old before the kernel gives the connection up, ms.
pub const USER_TIMEOUT_MS: u32 = 20_000;

/// After an accept error (no file descriptors left), ms.
pub const ACCEPT_PAUSE_MS: u64 = 50;

/// From a connection's acceptance to its publish, ms; then it is closed, whatever it sends: trickled bytes keep no place.
pub const DIALOGUE_MS: u64 = 10_000;

/// A publisher may be silent for this long, ms; then it counts as gone and its grace begins.
pub const SILENCE_MS: u64 = 15_000;

/// A silent publisher is pinged after this long, ms.
pub const PING_MS: u64 = 5_000;

/// Our answers may wait this long for the peer to read, ms.
pub const WRITE_TIMEOUT_MS: u64 = 10_000;

/// How long a refused encoder is left to read why, ms.
pub const LINGER_MS: u64 = 1_000;

/// How often the studio page's facts are brought up to date, ms.
pub const HEALTH_MS: u64 = 500;
