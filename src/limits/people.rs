//! Bounds of the household: names, keys, sessions, invitations, pictures, channels, follows, comments, search.

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
/// Stream keys of the house, those included that were replaced and still work. The next one is refused, and so is a new member, who
/// would get one.
pub const KEYS_MAX: usize = 512;
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
/// How long a pass that a page gets lasts, minutes of powered-on time: longer than an evening, so that none ends within a film.
pub const PASS_MINUTES: u32 = 12 * 60;
/// Longest pass that is looked at, bytes.
pub const PASS_TOKEN_MAX: usize = 48;
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
/// Memory of everybody, their keys, channels, follows, mutes and counters at their bounds, bytes; a test adds it up. A row of the budget.
pub const DIRECTORY_BYTES: u64 = 1792 << 10;
/// Invitations that are open at once. The next one is refused until one is used up, has run out or is taken back.
pub const INVITATIONS_MAX: usize = 32;
/// People that one invitation may let in.
pub const INVITATION_USES_MAX: u16 = 50;
/// Longest life of an invitation, minutes of powered-on time: 30 days. A longer wish is cut to it.
pub const INVITATION_MINUTES_MAX: u32 = 30 * 24 * 60;
/// Longest label of an invitation, characters.
pub const INVITATION_LABEL_MAX: usize = 64;
/// Characters of an invitation's or a reset link's secret: 99 bits.
pub const LINK_SECRET_CHARACTERS: usize = 20;
/// Longest text that is looked at as such a secret, bytes.
pub const LINK_SECRET_TEXT_MAX: usize = 64;
/// Life of a password reset link, minutes of powered-on time: a day.
pub const RESET_MINUTES: u32 = 24 * 60;
/// How long the NAME of a deleted account is given to nobody, minutes of powered-on time: 90 days, so that links and
/// habits do not lead to a stranger.
pub const RETIRED_NAME_MINUTES: u32 = 90 * 24 * 60;
/// NAMEs that are kept back so. At the bound the one that has waited the longest is free again.
pub const RETIRED_NAMES_MAX: usize = 128;
/// Accounts and wrong invitations that one address may bring before it has to wait.
pub const JOINS_PER_ADDRESS: u32 = 8;
/// Time in which they count.
pub const JOINS_WINDOW: Duration = Duration::from_secs(600);
/// How long the address has to wait then.
pub const JOINS_WAIT: Duration = Duration::from_secs(300);
/// Wrong pass-phrases from one address before it has to wait.
pub const PHRASES_PER_ADDRESS: u32 = 5;
/// Wrong pass-phrases for one channel, from all addresses, before it has to wait.
pub const PHRASES_PER_CHANNEL: u32 = 30;
/// Shortest pass-phrase, characters. It is told across the table, and guessed at [`PHRASES_PER_CHANNEL`] tries a minute at most.
pub const PHRASE_MIN: usize = 4;
/// Longest pass-phrase, bytes: bounds what is fed to the hash.
pub const PHRASE_MAX: usize = 128;
/// How long a replaced key goes on working if nothing else is said, minutes of powered-on time: a day.
pub const KEY_OVERLAP_MINUTES: u32 = 24 * 60;
/// Longest such overlap, minutes of powered-on time: 30 days. A longer wish is cut to it.
pub const KEY_OVERLAP_MINUTES_MAX: u32 = 30 * 24 * 60;
/// Bytes of a picture. A larger one is refused: the page makes it smaller before it sends it.
pub const PICTURE_BYTES_MAX: usize = 48 << 10;
/// Width and height of a picture, pixels. A larger one is refused: every viewer's browser would have to unpack it.
pub const PICTURE_SIDE_MAX: u32 = 1024;
/// Bytes of all pictures together, an eighth of the largest log. The next one is refused.
pub const PICTURES_BYTES_MAX: usize = 6 << 20;
/// Bytes of a picture that one row of the store holds.
pub const PICTURE_PART_BYTES: usize = 24 << 10;
/// Longest title of a channel, characters.
pub const TITLE_MAX: usize = 120;
/// Longest description of a channel, characters.
pub const DESCRIPTION_MAX: usize = 2000;
/// Tags of one channel. More are refused.
pub const TAGS_MAX: usize = 8;
/// Longest tag, characters after normalisation.
pub const TAG_MAX: usize = 32;
/// Channels that one person may follow. The next one is refused.
pub const FOLLOWED_MAX: usize = 128;
/// Followers of one channel: everybody but its owner. It bounds nothing beyond [`ACCOUNTS_MAX`] and is checked all the same.
pub const FOLLOWERS_MAX: usize = 256;
/// People who are muted on one channel. The next one is refused.
pub const MUTED_MAX: usize = 64;
/// Comments of one channel that are kept; the oldest leaves.
pub const COMMENTS_KEPT: u16 = 500;
/// Bytes of all comments together, a sixth of the largest log. At the bound the oldest of the channel with the most bytes leave.
pub const COMMENTS_BYTES_MAX: u64 = 8 << 20;
/// Longest comment, characters.
pub const COMMENT_MAX: usize = 500;
/// Comments that one call reads at most: at their longest they are 125 KiB, within what the budget gives a line of the pages.
pub const COMMENTS_READ_MAX: usize = 50;
/// Comments that one person may send at once.
pub const COMMENTS_AT_ONCE: u32 = 3;
/// After them one more becomes free this often, ms.
pub const COMMENT_EVERY_MS: u64 = 2000;
/// Numbers of comments that one powered-on minute has for a channel. [`ACCOUNTS_MAX`] people at [`COMMENT_EVERY_MS`] use
/// 7,680, and those that they may send at once fit in the rest with room.
pub const COMMENT_NUMBERS_A_MINUTE: u64 = 1 << 14;
/// Longest text that is searched for, characters; the rest of a longer one does not count.
pub const QUERY_MAX: usize = 64;
/// Words of it that count.
pub const QUERY_WORDS_MAX: usize = 6;
/// Findings that one search gives.
pub const FOUND_MAX: usize = 20;
/// Popular tags that are listed.
pub const POPULAR_TAGS_MAX: usize = 32;
/// Starts of the box whose date is remembered; the oldest is forgotten, and what was written then without a date has none.
pub const ANCHORS_MAX: usize = 256;
/// A start's date is written again only if it moved by more than this, ms: clocks are put right in small steps all day.
pub const ANCHOR_MOVED_MS: u64 = 10_000;
/// When somebody was last here is written at most this often for each, minutes of powered-on time.
pub const LAST_HERE_SAVE_MINUTES: u32 = 12 * 60;
/// Least bit rate that may be set as a bound, bits/s: under it no picture is worth watching.
pub const BITRATE_LEAST: u32 = 200_000;

/// Largest backup that is taken back, bytes: as large as one that is given out. Beyond it it is refused.
pub const BACKUP_BYTES_MAX: u64 = super::http::DOWNLOAD_BYTES_MAX;

/// Rows that a restore carries over from the store of before in one commit.
pub const CARRIED_AT_ONCE: usize = 256;
