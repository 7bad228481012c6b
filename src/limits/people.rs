//! Bounds of names, keys, sessions, passwords.

use std::time::Duration;

/// Shortest NAME. One letter would be taken by the first person who likes short things.
pub const NAME_MIN: usize = 2;
/// Longest NAME, bytes (it is ASCII): fits an RTMP stream name and a playlist path. A longer one is refused.
pub const NAME_MAX: usize = 32;
/// Longest display name, characters after NFC. A longer one is refused, with a sentence beside the field.
pub const DISPLAY_NAME_MAX: usize = 64;
/// Longest display name as it is typed, bytes: bounds the work of normalising it.
pub const DISPLAY_NAME_BYTES_MAX: usize = 1024;
/// Longest label of a stream key, characters.
pub const KEY_LABEL_MAX: usize = 32;
/// Accounts of a household. The next one is refused as "no room"; they are all held in memory (about 500 bytes each).
pub const ACCOUNTS_MAX: usize = 256;
/// Stream keys of one person. The next one is refused.
pub const KEYS_PER_ACCOUNT_MAX: usize = 8;
/// Characters of a stream key: 26 × log2(31) = 128.8 bits.
pub const KEY_CHARACTERS: usize = 26;
/// Longest text that is looked at as a stream key, bytes: a key with its dashes and some stray blanks. Longer texts are no key.
pub const KEY_TEXT_MAX: usize = 64;
/// Shortest password, characters.
pub const PASSWORD_MIN: usize = 10;
/// Longest password, bytes: bounds what is fed to the hash. A longer one is refused.
pub const PASSWORD_MAX: usize = 256;
/// Memory of one password hash, KiB: the smallest of OWASP's equal sets, fit for a board with 512 MiB.
/// It is the largest single allocation of the daemon; only one exists at a time.
pub const HASH_MEMORY_KIB: u32 = 7168;
/// Passes of one password hash (goes with [`HASH_MEMORY_KIB`]).
pub const HASH_PASSES: u32 = 5;
/// Threads that may wait for the one hash permit. More are answered "busy" at once.
pub const HASH_WAITERS_MAX: usize = 4;
/// How long a session lasts, minutes of powered-on time: 30 days.
pub const SESSION_MINUTES: u32 = 30 * 24 * 60;
/// Longest session token that is looked at, bytes.
pub const SESSION_TOKEN_MAX: usize = 96;
/// Powered-on time is written at most this often, minutes: one small batched write an hour.
/// After a power cut the clock goes on this much later than it was last written, so that it never runs backwards.
pub const POWERED_SAVE_MINUTES: u32 = 60;
/// Wrong log-ins from one address before it has to wait.
pub const TRIES_PER_ADDRESS: u32 = 5;
/// Wrong log-ins to one account, from all addresses, before it has to wait: so many that one address alone can't lock a person out.
pub const TRIES_PER_ACCOUNT: u32 = 30;
/// Wrong set-up codes from one address before it has to wait.
pub const TRIES_OF_SETUP_CODE: u32 = 5;
/// Tries older than this are forgotten.
pub const TRIES_WINDOW: Duration = Duration::from_secs(60);
/// How long a log-in has to wait after too many tries.
pub const TRIES_WAIT: Duration = Duration::from_secs(30);
/// How long an address has to wait after too many wrong set-up codes.
pub const SETUP_WAIT: Duration = Duration::from_secs(60);
/// Addresses that are remembered for their wrong log-ins. At the bound the one that has been quiet the longest is forgotten.
pub const THROTTLED_ADDRESSES_MAX: usize = 256;
/// Names that are remembered for their wrong log-ins. At the bound the one that has been quiet the longest is forgotten.
pub const THROTTLED_ACCOUNTS_MAX: usize = 256;
/// Media sequence numbers that one call may reserve: 64 years of segments. More is refused.
pub const SEQUENCE_BLOCK_MAX: u64 = 1 << 30;
/// Characters of the one-time set-up code: 39 bits, at five tries a minute.
pub const SETUP_CODE_CHARACTERS: usize = 8;
/// Longest text that is compared with the set-up code, bytes.
pub const SETUP_CODE_TEXT_MAX: usize = 64;
