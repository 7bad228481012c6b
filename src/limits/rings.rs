//! How a ring's bytes, the bitrate that fits it, and the TS ring beside it belong together.

use super::media::{RING_MIN_SEGMENTS, TARGET_DURATION_S};

/// What every channel that is admitted fits at any memory, kbit/s: 720p at 2,500 and sound at 160.
pub const ORDINARY_KBPS: u32 = 2_660;

/// What an encoder that takes advice sends, kbit/s: 1080p30 at 4,000, which household Wi-Fi carries to several screens, and
/// sound at 160. Every channel fits it where [`ENOUGH_CHANNELS`] do.
pub const ADVISED_KBPS: u32 = 4_160;

/// Of these the sound, kbit/s.
pub const ADVISED_AUDIO_KBPS: u32 = 160;

/// Channels that a household is thought to need at once. Up to here more channels count for more than a higher bitrate, and
/// beyond it the other way round.
pub const ENOUGH_CHANNELS: usize = 4;

/// Channels live at once at most, whatever the memory: as many as compressed playlists are kept for.
pub const MOST_CHANNELS: usize = 16;

/// Of five bytes for rings, so many may be kept back for the channels after the first: a lone one has about half.
pub const FIFTHS_KEPT_BACK: u64 = 3;

/// Of eleven bytes of a share, so many are for TS: four segments (players start three behind the newest, and one is made) for
/// the seven of an fMP4 ring that is just large enough. That has a tenth to spare, and so has this, which pays for the
/// packets' headers: 4 to 6 % at [`ORDINARY_KBPS`].
const TS_OF_ELEVEN: u64 = 4;

/// A TS ring at most, bytes: the six segments that are listed, at 10 Mbit/s. More would only shorten the fMP4 window.
pub const TS_MOST: u64 = 16 << 20;

/// What a ring has to hold at least, ms: its least complete segments and the open one.
const LEAST_MS: u64 = (RING_MIN_SEGMENTS as u64 + 1) * TARGET_DURATION_S as u64 * 1000;

/// kbit/s that fit an fMP4 ring of `bytes`: a tenth is left to spare.
pub fn fitting_kbps(bytes: u64) -> u32 {
    u32::try_from(bytes.saturating_mul(8) / LEAST_MS * 9 / 10).unwrap_or(u32::MAX)
}

/// Of a share of `bytes`, those for TS; the others are for fMP4.
pub fn ts_bytes(bytes: u64) -> u64 {
    // In this order, so that no number of bytes is too large.
    (bytes / 11 * TS_OF_ELEVEN).min(TS_MOST)
}

/// The share, bytes, whose fMP4 ring fits `kbps`.
pub fn share_for(kbps: u32) -> u64 {
    let ring = (u64::from(kbps) * 10).div_ceil(9) * LEAST_MS / 8 + 1;
    let share = (ring * 11).div_ceil(11 - TS_OF_ELEVEN);
    share.min(ring + TS_MOST)
}

/// What each of `places` channels gets at least of `bytes` for all rings: as much of what a lone one leaves as is there, but
/// no less than `share` if so many fit.
pub fn least_share(bytes: u64, places: usize, share: u64) -> u64 {
    let places = places.max(1) as u64;
    let beside_half = (bytes / 2).checked_div(places - 1).unwrap_or(bytes);
    beside_half.max(share).min(bytes / places)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_for_a_bitrate_fits_it_and_a_hundredth_less_does_not() {
        for kbps in [1, 500, ORDINARY_KBPS, ADVISED_KBPS, 12_345, 40_000] {
            let share = share_for(kbps);
            assert!(fitting_kbps(share - ts_bytes(share)) >= kbps, "{kbps}");
            let less = share - share.div_ceil(100);
            assert!(fitting_kbps(less - ts_bytes(less)) < kbps, "{kbps}");
        }
    }

    #[test]
    fn four_ts_segments_fit_at_the_bitrate_that_just_fits() {
        for share in (1_000_000..120_000_000).step_by(77_777) {
            let ts = ts_bytes(share);
            let segment =
                u64::from(fitting_kbps(share - ts)) * 1000 / 8 * u64::from(TARGET_DURATION_S);
            assert!(ts >= 4 * segment * 106 / 100 || ts == TS_MOST, "{share}");
        }
        const { assert!(TS_MOST >= 6 * 2 * 10_000_000 / 8 * 106 / 100) };
    }

    #[test]
    fn no_number_is_too_large() {
        assert_eq!(fitting_kbps(u64::MAX), u32::MAX);
        assert_eq!(ts_bytes(u64::MAX), TS_MOST);
        assert_eq!(least_share(u64::MAX, 1, 1), u64::MAX);
    }

    #[test]
    fn channels_after_the_first_share_its_other_half() {
        assert_eq!(least_share(100, 1, 10), 100);
        assert_eq!(least_share(100, 2, 10), 50);
        assert_eq!(least_share(100, 6, 10), 10);
        assert_eq!(least_share(100, 6, 12), 12);
        assert_eq!(least_share(100, 6, 30), 16, "so many don't fit");
    }
}
