//! The playlists over a ring.
use super::ListForm;
use super::names::{init_name, part_name, segment_name};
use crate::limits::media::{
    PART_HOLD_BACK, PARTS_LISTED_TICKS, SKIP_UNTIL_TICKS, TARGET_DURATION_S,
};
use crate::media::fragment::Tracks;
use crate::media::part_rule::PartRule;
use crate::media::ring::{Ring, Segment as RingSegment};
use crate::wire::m3u8::{self, LowLatency, MediaPlaylist, Segment, Variant};
use std::num::NonZeroU32;

/// Fragmented MP4 with EXT-X-MAP in a live playlist; some sets look for it.
const VERSION: u8 = 7;

/// EXT-X-SKIP.
const LOW_LATENCY_VERSION: u8 = 9;

/// HOLD-BACK as players assume it, 90 kHz ticks: three target durations.
const HOLD_BACK_TICKS: u64 = 3 * TARGET_DURATION_S as u64 * 90_000;

/// The least that a segment must last for its rate to count as a peak, 90 kHz ticks: half the target duration (RFC 8216 §4.3.4.2).
const PEAK_TICKS: u64 = TARGET_DURATION_S as u64 * 90_000 / 2;

/// What stays the same in all playlists of a session.
#[derive(Clone, Copy, Debug)]
pub(super) struct Session {
    pub(super) tag: u32,
    pub(super) first_discontinuity_sequence: u64,
    pub(super) anchor_unix_ms: i64,
}

/// All that the text of a playlist depends on, ring and session given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ListState {
    pub(super) media_sequence: u64,
    pub(super) gaps: u64,
    pub(super) segments: usize,
    pub(super) part_rule: PartRule,
    /// Number of the newest complete part.
    pub(super) complete_parts: u32,
    /// Number of the newest segment's init segment.
    pub(super) init: Option<u32>,
    pub(super) promises_independence: bool,
    pub(super) is_ended: bool,
}

impl ListState {
    /// There is something to list: a segment, or as many parts as fix the target.
    pub(super) fn has_list(&self) -> bool {
        self.segments > 0 || self.part_rule.target().is_some()
    }

    /// The complete parts of a segment that is, or may become, listed.
    pub(super) fn parts_of<'a>(
        &self,
        ring: &'a Ring,
        segment: &'a RingSegment,
    ) -> impl Iterator<Item = Part> + use<'a> {
        let complete = match self.part_rule {
            PartRule::Target(_) => self.complete_parts,
            _ => 0,
        };
        let entries = ring.fragments_of(segment);
        let entries = entries.filter_map(|entry| Some((entry.part?, entry)));
        let mut entries = entries
            .take_while(move |(number, _)| number.get() <= complete)
            .peekable();
        std::iter::from_fn(move || {
            let (number, first) = entries.next()?;
            let mut part = Part {
                number,
                duration: u64::from(first.duration),
                independent: first.independent,
            };
            while let Some((_, entry)) = entries.next_if(|(next, _)| *next == number) {
                part.duration += u64::from(entry.duration);
                part.independent |= entry.independent;
            }
            Some(part)
        })
    }
}

/// A complete part.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    number: NonZeroU32,
    duration: u64,
    independent: bool,
}

impl Session {
    /// A form of the media playlist of what `ring` lists; None as long as that is nothing.
    pub(super) fn media_playlist(
        &self,
        ring: &Ring,
        of: ListState,
        form: ListForm,
    ) -> Option<MediaPlaylist> {
        let plain = self.plain(ring, of);
        match (form, of.part_rule.target()) {
            (ListForm::Plain, _) | (_, None) => Some(plain).filter(|_| of.segments > 0),
            (_, Some(target)) => {
                let mut list = self.with_parts(plain, ring, of, target);
                if form == ListForm::Delta && !of.is_ended {
                    skip(&mut list);
                }
                Some(list)
            }
        }
    }

    /// Whole segments only.
    fn plain(&self, ring: &Ring, of: ListState) -> MediaPlaylist {
        let mut last_init = None;
        let segments = ring
            .listed()
            .map(|segment| self.segment(segment, &mut last_init));
        MediaPlaylist {
            version: VERSION,
            target_duration: TARGET_DURATION_S,
            media_sequence: of.media_sequence,
            discontinuity_sequence: self
                .first_discontinuity_sequence
                .saturating_add(ring.left_discontinuities()),
            independent_segments: of.promises_independence,
            start_before_end: start_before_end(ring, ring.listed(), None, HOLD_BACK_TICKS),
            ended: of.is_ended,
            segments: segments.collect(),
            ..MediaPlaylist::default()
        }
    }

    fn segment(&self, segment: &RingSegment, last_init: &mut Option<u32>) -> Segment {
        let init = segment.opening.init.number;
        let is_new = last_init.replace(init) != Some(init);
        Segment {
            uri: segment_name(self.tag, segment.file.sequence()),
            duration: segment.duration,
            discontinuity: segment.opening.discontinuity,
            map: is_new.then(|| init_name(self.tag, init)),
            program_date_time: self.unix_ms(segment.opening.start),
            ..Segment::default()
        }
    }

    /// What LL-HLS adds to the plain form.
    fn with_parts(
        &self,
        mut list: MediaPlaylist,
        ring: &Ring,
        of: ListState,
        target: u32,
    ) -> MediaPlaylist {
        let part_target_ms = u64::from(target) / 90;
        list.version = LOW_LATENCY_VERSION;
        list.low_latency = Some(LowLatency {
            part_target_ms,
            part_hold_back_ms: PART_HOLD_BACK * part_target_ms,
            can_skip_until_ms: SKIP_UNTIL_TICKS / 90,
        });
        list.open = ring
            .open_segment()
            .map(|segment| self.open(segment, ring, of))
            .filter(|open| !open.parts.is_empty());
        let mut to_end = list.open.iter().map(|open| open.duration).sum::<u64>();
        for (listed, segment) in list.segments.iter_mut().rev().zip(ring.listed().rev()) {
            if to_end >= PARTS_LISTED_TICKS {
                break;
            }
            listed.parts = self.parts(segment, ring, of);
            to_end += listed.duration;
        }
        let listed_of_open = list.open.as_ref().map(|open| open.duration);
        let open = ring.open_segment().filter(|_| listed_of_open.is_some());
        let listed = ring.listed().chain(open);
        let hold_back = u64::from(target) * PART_HOLD_BACK;
        list.start_before_end = start_before_end(ring, listed, listed_of_open, hold_back);
        self.put_gaps(&mut list, ring);
        if !of.is_ended {
            let next = NonZeroU32::new(of.complete_parts.saturating_add(1));
            list.hint = next.map(|number| part_name(self.tag, number));
        }
        list
    }

    /// The tags and parts of the open segment; its duration is that of the parts.
    fn open(&self, segment: &RingSegment, ring: &Ring, of: ListState) -> Segment {
        let before = ring.listed().next_back();
        let mut last_init = before.map(|segment| segment.opening.init.number);
        let mut open = self.segment(segment, &mut last_init);
        open.parts = self.parts(segment, ring, of);
        open.duration = open.parts.iter().map(|part| part.duration).sum();
        open
    }

    fn parts(&self, segment: &RingSegment, ring: &Ring, of: ListState) -> Vec<m3u8::Part> {
        let named = |part: Part| m3u8::Part {
            uri: part_name(self.tag, part.number),
            duration: part.duration,
            independent: part.independent,
        };
        of.parts_of(ring, segment).map(named).collect()
    }

    /// EXT-X-GAP entries before the session's first segment, each a target duration long.
    fn put_gaps(&self, list: &mut MediaPlaylist, ring: &Ring) {
        let gaps = ring.gaps();
        let Some(first) = list.segments.first_mut().or(list.open.as_mut()) else {
            return;
        };
        list.media_sequence = list.media_sequence.saturating_sub(gaps);
        let gap_ms = i64::from(TARGET_DURATION_S) * 1_000;
        let mut map = first.map.take();
        let (sequence, end) = (list.media_sequence, first.program_date_time);
        let entries = (0..gaps).map(|place| Segment {
            uri: segment_name(self.tag, sequence.saturating_add(place)),
            duration: u64::from(TARGET_DURATION_S) * 90_000,
            gap: true,
            map: map.take(),
            program_date_time: end - gap_ms * (gaps - place).cast_signed(),
            ..Segment::default()
        });
        list.segments.splice(0..0, entries);
        // Without gaps it stays where it was.
        if let Some(first) = list.segments.first_mut().or(list.open.as_mut()) {
            first.map = first.map.take().or(map);
        }
    }

    fn unix_ms(&self, ticks: u64) -> i64 {
        self.anchor_unix_ms
            .saturating_add(i64::try_from(ticks / 90).unwrap_or(i64::MAX))
    }
}

/// What ends before the skip boundary is left out: who asks for a delta has it.
fn skip(list: &mut MediaPlaylist) {
    let open = list.open.iter().map(|open| open.duration).sum::<u64>();
    let mut to_end = open + list.segments.iter().map(|s| s.duration).sum::<u64>();
    let old = list.segments.iter().take_while(|segment| {
        to_end -= segment.duration;
        to_end >= SKIP_UNTIL_TICKS
    });
    list.skipped = old.count();
    list.segments.drain(..list.skipped);
}

/// Where to begin when not every listed segment does with a keyframe, 90 kHz ticks before the list's end: at the newest
/// keyframe that lies `hold_back` back, else at the oldest. A player that began between keyframes would have sound without a
/// picture, and browsers recover from that badly. Counted in the list's own time, which has no holes. `last_ticks`: what is
/// listed of the last segment, if that is not all of it.
fn start_before_end<'a>(
    ring: &Ring,
    listed: impl DoubleEndedIterator<Item = &'a RingSegment> + Clone,
    last_ticks: Option<u64>,
    hold_back: u64,
) -> Option<u64> {
    if listed.clone().all(|segment| segment.opening.independent) {
        return None;
    }
    let mut durations = listed.clone().rev().map(|segment| segment.duration);
    let last = durations.next()?;
    let mut to_end = durations.sum::<u64>() + last_ticks.unwrap_or(last);
    let mut chosen = None;
    for segment in listed {
        let keyframes = ring.fragments_of(segment).filter(|entry| entry.independent);
        for keyframe in keyframes {
            let into = keyframe.start.saturating_sub(segment.opening.start);
            let back = to_end.saturating_sub(into);
            if back >= hold_back || (chosen.is_none() && back > 0) {
                chosen = Some(back);
            }
        }
        to_end = to_end.saturating_sub(segment.duration);
    }
    chosen
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
