//! Bounds of the flash log and its index.

use std::time::Duration;

/// Bytes of a block: the unit in which the log is written. A commit is padded to it, so that a block that holds something acknowledged is never written again;
/// it is also the smallest write that ext4 and most cards do without reading first.
pub const BLOCK_BYTES: usize = 4096;

/// Bytes of one log file. Large enough that a file's change is rare (127 lone commits), small enough that emptying one for reuse is quick.
pub const SEGMENT_BYTES: usize = 512 * 1024;

/// Log files made at first start: 8 MiB, enough for a household of a few dozen people for ever.
pub const FIRST_SEGMENTS: usize = 16;

/// Log files at most: 48 MiB. 10,000 accounts, 50,000 follows and 100,000 comments are about 15 MiB of records; a log that is more than half live would be copied
/// too often. The log grows file by file only while more than [`GROW_PERCENT`] of it is live. At the bound new rows are refused with `StoreError::Full`.
pub const MAX_SEGMENTS: usize = 96;

/// Live share of the log, in percent, beyond which another file is made (while there are fewer than [`MAX_SEGMENTS`]): keeps the copying of live rows below the
/// rate at which new ones come.
pub const GROW_PERCENT: usize = 45;

/// Live share of the largest log, in percent, up to which *new* rows are taken. Beyond it: `StoreError::Full`.
pub const NEW_ROWS_PERCENT: usize = 60;

/// Live share of the largest log, in percent, up to which rows that exist may be changed: a full store must still take a new password. Beyond it:
/// `StoreError::Full`; rows can always be removed.
pub const CHANGED_ROWS_PERCENT: usize = 65;

/// Rows at most, whatever their size: the index takes 21 bytes for each slot of a table of 262,144 that is at most 7/8 full, 5.3 MiB. Beyond it: `StoreError::Full`.
pub const MAX_RECORDS: usize = 220_000;

/// The same where memory is scarce: a table of 131,072 slots.
pub const SCARCE_RECORDS: usize = 110_000;

/// Bytes of an encoded key at most; one byte tells its length. Beyond it: `StoreError::TooBig`.
pub const MAX_KEY_BYTES: usize = 255;

/// Bytes of an encoded row at most: text and numbers, not pictures. Beyond it: `StoreError::TooBig`.
pub const MAX_ROW_BYTES: usize = 32 * 1024;

/// Bytes of one frame of the log (what one `fdatasync` acknowledges) at most; bounds the writer's buffer.
pub const MAX_FRAME_BYTES: usize = 128 * 1024;

/// Share of a frame, in percent, that one batch may take. Beyond it: `StoreError::TooBig`.
pub const MAX_BATCH_PERCENT: usize = 75;

/// Bytes of batched rows that wait in memory at most. Beyond it they are committed at once and a batched write waits for it like a durable one.
pub const MAX_WAITING_BYTES: usize = 48 * 1024;

/// How long a batched row may wait for a durable one to ride along with. Under the 60 s that are promised, so that a slow card still keeps the promise.
pub const BATCHED_WAIT: Duration = Duration::from_secs(50);

/// A commit waits this long for company: what arrives within it shares the block and the flush. A card's flush takes 5 to 50 ms anyway.
pub const GATHER: Duration = Duration::from_millis(2);

/// While company keeps coming, a commit waits this long at most.
pub const GATHER_MAX: Duration = Duration::from_millis(8);

/// Blocks of live rows that a commit may carry over from the oldest file for each block of its own, when free files run short. At
/// [`CHANGED_ROWS_PERCENT`] live, 1.9 would keep pace; 4 also catches up.
pub const CARRIED_BLOCKS: usize = 4;

/// Damages that a report lists one by one; further ones are only counted.
pub const MAX_DAMAGES: usize = 64;
