//! The playlists over a ring.
use super::names::{init_name, segment_name};
use crate::limits::media::TARGET_DURATION_S;
use crate::media::fragment::Tracks;
use crate::media::ring::Ring;
use crate::wire::m3u8::{MediaPlaylist, Segment, Variant};

/// Fragmented MP4 with EXT-X-MAP in a live playlist; some sets look for it.
const VERSION: u8 = 7;

/// The least that a segment must last for its rate to count as a peak, 90 kHz ticks: half the target duration (RFC 8216 §4.3.4.2).
const PEAK_TICKS: u64 = TARGET_DURATION_S as u64 * 90_000 / 2;

/// What stays the same in all playlists of a session.
#[derive(Clone, Copy, Debug)]
pub(super) struct Session {
    pub(super) tag: u32,
    pub(super) first_discontinuity_sequence: u64,
    pub(super) anchor_unix_ms: i64,
}

impl Session {
    /// The media playlist of what `ring` lists; None as long as that is nothing.
    pub(super) fn media_playlist(
        &self,
        ring: &Ring,
        independent_segments: bool,
        ended: bool,
    ) -> Option<MediaPlaylist> {
        ring.listed().next()?;
        let mut last_init = None;
        let segments = ring.listed().map(|segment| {
            let init = segment.opening.init.number;
            let is_new = last_init.replace(init) != Some(init);
            Segment {
                uri: segment_name(self.tag, segment.file.sequence()),
                duration: segment.duration,
                discontinuity: segment.opening.discontinuity,
                map: is_new.then(|| init_name(self.tag, init)),
                program_date_time: self.unix_ms(segment.opening.start),
            }
        });
        Some(MediaPlaylist {
            version: VERSION,
            target_duration: TARGET_DURATION_S,
            media_sequence: ring.media_sequence(),
            discontinuity_sequence: self
                .first_discontinuity_sequence
                .saturating_add(ring.left_discontinuities()),
            independent_segments,
            start_before_end: start_before_end(ring),
            ended,
            segments: segments.collect(),
        })
    }

    fn unix_ms(&self, ticks: u64) -> i64 {
        self.anchor_unix_ms
            .saturating_add(i64::try_from(ticks / 90).unwrap_or(i64::MAX))
    }
}

/// Where to begin when not every segment does with a keyframe, 90 kHz ticks before the list's end: at the newest keyframe
/// that lies three target durations back, else at the oldest. A player that began between keyframes would have sound
/// without a picture, and browsers recover from that badly.
fn start_before_end(ring: &Ring) -> Option<u64> {
    if ring.listed().all(|segment| segment.opening.independent) {
        return None;
    }
    let first = ring.listed().next()?.opening.start;
    let last = ring.listed().next_back()?;
    let end = last.opening.start.saturating_add(last.duration);
    let hold_back = 3 * u64::from(TARGET_DURATION_S) * 90_000;
    let keyframes = ring.fragments(0).map(|(_, _, fragment)| fragment);
    let mut keyframes =
        keyframes.filter(|fragment| fragment.independent && (first..end).contains(&fragment.start));
    let oldest = keyframes.next()?;
    let newest = keyframes
        .take_while(|fragment| fragment.start.saturating_add(hold_back) <= end)
        .last();
    Some(end - newest.unwrap_or(oldest).start)
}

/// Bit rates of complete segments since the session began.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rates {
    bytes: u64,
    ticks: u64,
    peak: u64,
}

impl Rates {
    /// Counts a complete segment.
    pub(super) fn add(&mut self, bytes: u64, ticks: u64) {
        self.bytes = self.bytes.saturating_add(bytes);
        self.ticks = self.ticks.saturating_add(ticks);
        if ticks >= PEAK_TICKS {
            self.peak = self.peak.max(bits_per_second(bytes, ticks));
        }
    }

    fn average(&self) -> u64 {
        bits_per_second(self.bytes, self.ticks)
    }

    /// What a multivariant playlist promises: the peak and a tenth more.
    fn bandwidth(&self) -> u64 {
        let peak = self.peak.max(self.average());
        peak.saturating_add(peak.div_ceil(10))
    }
}

/// Bits a second of `bytes` in `ticks` of 90 kHz; 0 for no time at all.
pub(super) fn bits_per_second(bytes: u64, ticks: u64) -> u64 {
    let bits = u128::from(bytes) * 8 * 90_000;
    let rate = bits.checked_div(u128::from(ticks)).unwrap_or(0);
    u64::try_from(rate).unwrap_or(u64::MAX)
}

/// The one variant of a session.
pub(super) fn variant(tracks: &Tracks, rates: &Rates) -> Variant {
    let video = tracks.video.as_ref();
    let picture = video.and_then(|video| video.info().ok());
    Variant {
        uri: "media.m3u8".to_owned(),
        bandwidth: rates.bandwidth(),
        average_bandwidth: rates.average(),
        codecs: tracks.codecs(),
        resolution: picture.map(|picture| (picture.width, picture.height)),
        frame_rate: picture.and_then(|picture| picture.frame_rate),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_segment_is_no_peak() {
        let mut rates = Rates::default();
        rates.add(500_000, 180_000);
        rates.add(600_000, 180_000);
        rates.add(100_000, 9_000);
        assert_eq!(rates.peak, 2_400_000);
        assert_eq!(rates.average(), 1_200_000 * 8 * 90_000 / 369_000);
        assert_eq!(rates.bandwidth(), 2_640_000);
    }

    #[test]
    fn bandwidth_is_the_peak_and_a_tenth() {
        let mut rates = Rates::default();
        rates.add(250_000, 180_000);
        rates.add(500_000, 180_000);
        assert_eq!((rates.average(), rates.bandwidth()), (1_500_000, 2_200_000));
        assert_eq!(bits_per_second(u64::MAX, 1), u64::MAX);
        assert_eq!(bits_per_second(1, 0), 0);
    }
}
