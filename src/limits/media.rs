//! Bounds of timeline, packager, rings.

// Timeline.

/// A step back within a track up to this (ms) is taken for sloppy stamping: the sample is put 1 ms after the one before it.
/// Beyond it the track is anchored anew.
pub const STEP_BACK_MS: i64 = 1_000;
/// A step forward beyond this (ms) is believed only if time of arrival moved along with it.
pub const STEP_FORWARD_MS: i64 = 10_000;
/// How far (ms) a step forward may put a sample ahead of its time of arrival, against the smallest lag so far. Beyond it the track is anchored anew.
pub const AHEAD_OF_ARRIVAL_MS: i64 = 1_000;
/// How far (ms) the two tracks' first time stamps may differ against their time of arrival before the second track is anchored by arrival.
/// Wide, because encoders with a long look-ahead send early video stamps late.
pub const FIRST_STAMPS_APART_MS: i64 = 5_000;
/// Samples in a row that may be put 1 ms after another; then the track has stepped back for good and is anchored anew.
pub const SAMPLES_BEHIND: u32 = 8;

// Opening.

/// How long (ms) a stream waits, after its first keyframe, for audio that its metadata announced. Then it goes on without.
pub const WAIT_ANNOUNCED_AUDIO_MS: u64 = 1_000;
/// How long (ms) it waits for audio that nobody announced.
pub const WAIT_UNANNOUNCED_AUDIO_MS: u64 = 300;
/// How long (ms) audio alone waits for video, after its first frame. Then it goes on without.
pub const WAIT_VIDEO_MS: u64 = 1_000;
/// Without an IDR picture for this long (ms), pictures that the encoder flags as keyframes are taken for such (periodic intra refresh).
pub const WAIT_IDR_MS: u64 = 10_000;
/// Audio frames kept while no video can be put out, so that those that belong to the coming keyframe are there. At the bound the oldest is dropped.
pub const MAX_PREROLL_FRAMES: usize = 256;
/// The same in bytes.
pub const MAX_PREROLL_BYTES: usize = 256 * 1024;

// Packager.

/// What one publisher's unfinished fragments (or samples held while it opens) may take, bytes.
/// About 0.5 s at 40 Mbit/s. At the bound the oldest fragment is closed with silence.
pub const MAX_PENDING_BYTES: usize = 2560 * 1024;
/// The same in pictures: 0.6 s of waiting for audio at 240 pictures a second, with room.
pub const MAX_PENDING_PICTURES: usize = 256;
/// The same in audio frames: 5 s of waiting for video at 48 kHz.
pub const MAX_PENDING_AUDIO_FRAMES: usize = 512;
/// What a fragment aims at, 90 kHz ticks: 100 ms.
pub const FRAGMENT_TICKS: u64 = 9_000;
/// How long (ms) a fragment waits for audio beyond the interleave that the publisher has shown. Then silence is put in.
pub const WAIT_AUDIO_MS: i64 = 80;
/// The longest interleave (ms) by which audio may come behind video and still be waited for.
pub const MAX_AUDIO_LAG_MS: i64 = 500;
/// The longest interleave (ms) by which video may come behind audio and still not count as missing.
/// Bounded because the audio waits in memory.
pub const MAX_VIDEO_LAG_MS: i64 = 2_500;
/// Video missing for longer than this (ms) is a hole: a discontinuity instead of a stretched picture.
pub const MAX_STRETCH_MS: i64 = 2_000;
/// Departure of audio time stamps from the sample counter (ms) beyond which frames are dropped or silence is put in at once.
pub const AUDIO_DRIFT_MS: i64 = 60;
/// Frames in a row that depart by most of a frame or more, the same way, before the counter follows: less is sloppy stamping.
pub const AUDIO_DRIFT_FRAMES: u32 = 16;

// Parts, 90 kHz ticks where nothing else is said.

/// What a part aims at: 200 ms. Longer where pictures are longer: see [`crate::media::part_rule`].
pub const PART_TICKS: u64 = 18_000;
/// By what PART-TARGET passes what the longest picture demands, ms: room for rounding.
pub const PART_MARGIN_MS: u64 = 2;
/// Pictures (audio frames) that last longer than this have no parts: 150 ms, for a PART-TARGET of 1 s.
pub const MAX_PART_PICTURE_TICKS: u64 = 13_500;
/// EXT-X-PART tags stand for the segments that reach into the last three target durations of a playlist (draft §6.2.2).
pub const PARTS_LISTED_TICKS: u64 = 3 * TARGET_DURATION_S as u64 * 90_000;
/// PART-HOLD-BACK in parts: less than three makes Apple's players complain.
pub const PART_HOLD_BACK: u64 = 3;
/// CAN-SKIP-UNTIL: the least that it may be, six target durations.
pub const SKIP_UNTIL_TICKS: u64 = 6 * TARGET_DURATION_S as u64 * 90_000;
/// EXT-X-GAP entries before a session's first segment, a target duration each: players that want seven segments before they
/// start get them with the first two parts. They leave as segments come.
pub const GAPS_FIRST: u64 = 7;
/// A segment without parts that a single long picture made necessary ends from here on: 1 s.
pub const PARTLESS_TICKS: u64 = 90_000;

// Segments, 90 kHz ticks.

/// The first keyframe at or after this ends a segment: 1.5 s.
pub const SEGMENT_MIN_TICKS: u64 = 135_000;
/// Without a keyframe a segment is cut here: the target duration, 2 s.
pub const SEGMENT_TICKS: u64 = 180_000;
/// No segment passes this, so that every EXTINF rounds to the target duration: 2.45 s.
pub const SEGMENT_MAX_TICKS: u64 = 220_500;
/// No sample lasts longer, so that it fits a segment: 2.4 s.
pub const MAX_SAMPLE_TICKS: u64 = 216_000;
/// Composition times beyond this (ms, either way) are out of reason and replaced by 0.
pub const MAX_COMPOSITION_MS: u32 = 5_000;

// ring

/// Media that a playlist lists at most, 90 kHz ticks (60 s): the oldest segment is unlisted when those after it last as long.
pub const RING_LISTED_TICKS: u64 = 60 * 90_000;

/// Media that a ring keeps at most, 90 kHz ticks (120 s). RFC 8216 §6.2.2 wants a removed segment to stay for its own duration
/// and the longest playlist that it was in: twice the listed window. Older segments leave the ring.
pub const RING_KEPT_TICKS: u64 = 2 * RING_LISTED_TICKS;

/// Complete segments that a ring never goes below, and the least that a playlist shrinks to: players start three back and need
/// as many again. Where so many don't fit, the publisher is told the bitrate that would.
pub const RING_MIN_SEGMENTS: usize = 6;

/// Segments in a ring's index: [`RING_KEPT_TICKS`] of segments that end at a keyframe after 1.5 s, and a fifth more for those cut
/// short by a reconnect. At the bound the oldest leaves.
pub const RING_MAX_SEGMENTS: usize = 96;

/// Fragments in a ring's index, 40 bytes each, reserved once: [`RING_KEPT_TICKS`] of 100 ms fragments and a quarter more.
/// At the bound the oldest segment leaves.
pub const RING_MAX_FRAGMENTS: usize = 1536;

/// Fragments in one segment, twice what 2.5 s of 100 ms fragments make. At the bound the next fragment opens a segment.
pub const SEGMENT_MAX_FRAGMENTS: u32 = 64;

/// First duration that a segment may not have, 90 kHz ticks (2.5 s): it would round above [`TARGET_DURATION_S`]. A fragment
/// that would reach it opens a segment; one that lasts so long by itself is refused.
pub const SEGMENT_END_TICKS: u64 = 225_000;

/// EXT-X-TARGETDURATION of every fMP4 playlist, seconds. Must not change in the life of a playlist (RFC 8216 §6.2.1).
pub const TARGET_DURATION_S: u32 = 2;

/// The part of a ring's budget, one in so many, that is kept free for what comes in while a reader who was told to let go does so.
/// Of a stream as large as publishers are told would fit (14 s in nine tenths of the ring) a sixteenth is 0.97 s: three times what
/// the edge takes to notice ([`crate::limits::http::CUT_NOTICED`]), and some for a box that is busy.
pub const RING_FREE_PART: u64 = 16;

/// What a ring of `budget` bytes fills, and so what its window is made of: all but [`RING_FREE_PART`].
pub const fn ring_in_use(budget: u64) -> u64 {
    budget - budget / RING_FREE_PART
}

/// Files that have left a ring while somebody reads them, and whose readers were not told to let go. At the bound the oldest's are.
pub const RING_MAX_HELD: usize = 64;

/// What must stay in a playlist when its oldest segment is taken out, three target durations (RFC 8216 §6.2.2).
pub const LISTED_LEAST_TICKS: u64 = 3 * TARGET_DURATION_S as u64 * 90_000;

/// Init segments that the kept segments of a ring may refer to: an encoder that changes its parameter sets with every segment
/// can't fill memory with them. At the bound the oldest segments leave. More than [`RING_MIN_SEGMENTS`] and the open one need.
pub const RING_MAX_INITS: usize = 16;

// Posters.

/// A poster at most, bytes: the keyframe of 1080p at 10 Mbit/s with room. A larger one is not made: pages show a letter instead.
pub const POSTER_BYTES: usize = 512 * 1024;

/// What is read of a fragment to find its first picture, bytes: a `moof` with both tracks' most samples. One whose `moof` is longer
/// has no poster.
pub const POSTER_HEAD_BYTES: usize = 16 * 1024;
