//! What the lock of a rendition guards.
use super::parts::Parts;
use super::playlist::{ListState, Rates, Session, variant};
use super::{FragmentRef, ListForm, Reach, RenditionStats, Resource};
use crate::limits::media::{SEGMENT_END_TICKS, TARGET_DURATION_S};
use crate::media::fragment::{Fragment, Tracks};
use crate::media::part_rule::PartRule;
use crate::media::ring::{AppendError, FragmentEntry, InitSegment, Opening, Ring, Segment};
use crate::media::segment_file::SegmentFile;
use crate::media::ts_cut::TsCutter;
use crate::time::Mono;
use crate::wire::fmp4::init_segment;
use crate::wire::m3u8::{Variant, render_multivariant};
use bytes::Bytes;
use std::io;
use std::num::NonZeroU32;
use std::sync::Arc;

/// How the next fragment joins what is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Join {
    /// Without a seam.
    Seamless,
    /// With a discontinuity.
    Discontinuity,
    /// After a gap: with a discontinuity and a keyframe.
    Keyframe,
}

/// Where a fragment goes.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) file: Arc<SegmentFile>,
    /// The segment that it opens.
    opening: Option<Opening>,
    discontinuity: bool,
}

/// See the module.
#[derive(Debug)]
pub(super) struct State {
    pub(super) ring: Ring,
    pub(super) cutter: TsCutter,
    pub(super) parts: Parts,
    init: Option<Arc<InitSegment>>,
    join: Join,
    /// Discontinuities so far in the session, listed or not.
    pub(super) discontinuities: u64,
    /// TS segments so far, the growing one included.
    pub(super) ts_segments: u64,
    pub(super) is_independent: bool,
    promises_independence: bool,
    pub(super) is_ended: bool,
    rates: Rates,
    pub(super) newest_at: Option<Mono>,
    pub(super) end_ticks: u64,
    dropped: u64,
    gaps: u64,
    /// One for each [`ListForm`].
    media: [Option<Rendered>; 3],
    multivariant: Option<Rendered>,
}

/// A playlist's text, for all who ask until the list changes.
#[derive(Debug)]
struct Rendered {
    of: ListState,
    text: Bytes,
}

impl Rendered {
    fn current(cached: Option<&Rendered>, list: ListState) -> Option<Bytes> {
        cached
            .filter(|rendered| rendered.of == list)
            .map(|rendered| rendered.text.clone())
    }
}

impl State {
    pub(super) fn new(ring: Ring, discontinuity_first: bool, independent_segments: bool) -> State {
        State {
            ring,
            cutter: TsCutter::new(),
            parts: Parts::default(),
            init: None,
            join: match discontinuity_first {
                true => Join::Discontinuity,
                false => Join::Seamless,
            },
            discontinuities: 0,
            ts_segments: 0,
            is_independent: true,
            promises_independence: independent_segments,
            is_ended: false,
            rates: Rates::default(),
            newest_at: None,
            end_ticks: 0,
            dropped: 0,
            gaps: 0,
            media: [None, None, None],
            multivariant: None,
        }
    }

    /// Takes `tracks` for the fragments to come. The same as before need no new init segment.
    pub(super) fn set_tracks(&mut self, tracks: Tracks) {
        let last = self.init.as_ref();
        if last.is_some_and(|init| *init.tracks == tracks) {
            return;
        }
        let number = last.map_or(0, |init| init.number.saturating_add(1));
        if self.ring.next_fragment() > 0 {
            self.join = self.join.max(Join::Discontinuity);
        }
        self.init = Some(Arc::new(InitSegment {
            number,
            bytes: init_segment(tracks.video.as_ref(), tracks.audio.as_ref()),
            tracks: Arc::new(tracks),
        }));
    }

    /// Finds room for a fragment of `bytes`; what ends before it is closed.
    pub(super) fn place(&mut self, fragment: &Fragment, bytes: u64) -> Result<Place, AppendError> {
        if self.is_ended {
            return Err(AppendError::Misplaced("after the end"));
        }
        let Some(init) = self.init.clone() else {
            return Err(AppendError::Misplaced("before its tracks"));
        };
        if u64::from(fragment.duration) >= SEGMENT_END_TICKS {
            return Err(self.drop_fragment(AppendError::Misplaced(
                "that lasts longer than a segment may",
            )));
        }
        if self.join == Join::Keyframe && !fragment.independent {
            self.dropped = self.dropped.saturating_add(1);
            return Err(AppendError::AwaitingKeyframe);
        }
        let discontinuity = fragment.discontinuity || self.join > Join::Seamless;
        if discontinuity
            || fragment.starts_segment
            || self.parts.parts_ways(fragment)
            || !self.ring.continues(fragment.duration)
        {
            self.close();
        }
        if fragment.part.is_some() {
            self.ring.put_gaps();
        }
        let reserved = self.ring.reserve(bytes);
        let file = reserved.map_err(|error| self.drop_fragment(error))?;
        let is_open = self.ring.open_segment().is_some();
        let opening = (!is_open).then_some(Opening {
            start: fragment.start,
            independent: fragment.independent,
            discontinuity,
            init,
        });
        Ok(Place {
            file,
            opening,
            discontinuity,
        })
    }

    /// Takes a fragment of `bytes` that was written at `offset` of its place into the index.
    pub(super) fn commit(
        &mut self,
        place: Place,
        fragment: &Fragment,
        offset: u64,
        bytes: u64,
        now: Mono,
    ) {
        let part = self.parts.place(fragment, place.opening.is_some());
        if let Some(opening) = place.opening {
            self.open(place.file, opening);
        }
        let (start, duration) = (fragment.start, fragment.duration);
        let (independent, discontinuity) = (fragment.independent, place.discontinuity);
        let ts_segment = self
            .cutter
            .place(start, duration, independent, discontinuity);
        self.ts_segments = self.ts_segments.max(ts_segment.saturating_add(1));
        self.ring.record(FragmentEntry {
            offset,
            start,
            ts_segment,
            len: u32::try_from(bytes).unwrap_or(u32::MAX),
            duration,
            part,
            independent,
            discontinuity,
        });
        self.join = Join::Seamless;
        self.newest_at = Some(now);
        self.end_ticks = self.end_ticks.max(self.end_of(fragment));
        if fragment.ends_segment {
            self.close();
        }
    }

    /// A fragment of `bytes` could not be written.
    pub(super) fn refused(&mut self, error: io::Error, bytes: u64) -> AppendError {
        let error = self.ring.refused(error, bytes);
        self.drop_fragment(error)
    }

    /// The open segment is complete; what follows needs a discontinuity.
    pub(super) fn pause(&mut self) {
        self.close();
        if self.ring.next_fragment() > 0 {
            self.join = self.join.max(Join::Discontinuity);
        }
    }

    /// Nothing more will come.
    pub(super) fn end(&mut self) {
        self.close();
        self.is_ended = true;
    }

    /// `media.m3u8`, rendered once per change.
    pub(super) fn media_playlist(&mut self, session: &Session, form: ListForm) -> Option<Bytes> {
        let of = self.list_state();
        let place = match form {
            ListForm::Whole => 0,
            ListForm::Delta => 1,
            ListForm::Plain => 2,
        };
        let cached = self.media.get_mut(place)?;
        if let Some(text) = Rendered::current(cached.as_ref(), of) {
            return Some(text);
        }
        let playlist = session.media_playlist(&self.ring, of, form)?;
        let text = match form {
            ListForm::Delta if playlist.skipped == 0 => {
                self.media_playlist(session, ListForm::Whole)?
            }
            _ => Bytes::from(playlist.render()),
        };
        if let Some(cached) = self.media.get_mut(place) {
            *cached = Some(Rendered {
                of,
                text: text.clone(),
            });
        }
        Some(text)
    }

    /// What is decided about parts.
    pub(super) fn part_rule(&self) -> PartRule {
        self.parts.rule()
    }

    /// How far the list reaches.
    pub(super) fn reach(&self) -> Reach {
        let of = self.list_state();
        let parts = |segment: &Segment| {
            u32::try_from(of.parts_of(&self.ring, segment).count()).unwrap_or(u32::MAX)
        };
        let open = self.ring.open_segment();
        let previous = self.ring.listed().next_back();
        Reach {
            open: open.map_or(self.ring.next_sequence(), |segment| segment.file.sequence()),
            parts: open.map_or(0, parts),
            previous_parts: previous.map_or(0, parts),
            part_target: of.part_rule.target(),
            target_duration_s: TARGET_DURATION_S,
            can_skip: of.part_rule.target().is_some(),
            ended: of.is_ended,
        }
    }

    /// `index.m3u8`, rendered once per complete segment; from the first parts until there is one.
    pub(super) fn multivariant_playlist(&mut self) -> Option<Bytes> {
        let mut of = self.list_state();
        if !of.has_list() {
            return None;
        }
        of.complete_parts = 0;
        if let Some(text) = Rendered::current(self.multivariant.as_ref(), of) {
            return Some(text);
        }
        let newest = self.ring.segments().next_back()?;
        let mut rates = self.rates;
        if self.ring.listed().next().is_none() {
            rates.add(newest.file.len(), newest.duration);
        }
        let variant = Variant {
            codecs: codecs(&self.ring),
            ..variant(&newest.opening.init.tracks, &rates)
        };
        let text = render_multivariant(&[variant], of.promises_independence).into();
        let rendered = self.multivariant.insert(Rendered { of, text });
        Some(rendered.text.clone())
    }

    fn list_state(&self) -> ListState {
        let newest = self.ring.segments().next_back();
        ListState {
            media_sequence: self.ring.media_sequence(),
            gaps: self.ring.gaps(),
            segments: self.ring.listed().count(),
            part_rule: self.parts.rule(),
            complete_parts: self.parts.complete(),
            init: newest.map(|segment| segment.opening.init.number),
            promises_independence: self.promises_independence,
            is_ended: self.is_ended,
        }
    }

    /// The part of this number, if it is kept or comes next.
    pub(super) fn part(&self, number: NonZeroU32) -> Option<Resource> {
        let target = self.parts.rule().target();
        if self.parts.is_complete(number) {
            let (segment, offset, len) = self.ring.part(number)?;
            let file = Arc::clone(&segment.file);
            return Some(Resource::Part { file, offset, len });
        }
        let is_hinted = target.is_some() && !self.is_ended && self.parts.next() == Some(number);
        is_hinted.then_some(Resource::Awaited)
    }

    /// The init segment of this number, if it is the newest or a kept segment needs it.
    pub(super) fn init(&self, number: u32) -> Option<Bytes> {
        let kept = self.ring.segments().map(|segment| &segment.opening.init);
        let mut inits = kept.chain(&self.init);
        inits
            .find(|init| init.number == number)
            .map(|init| init.bytes.clone())
    }

    /// The complete segment of this sequence number.
    pub(super) fn segment(&self, sequence: u64) -> Option<Arc<SegmentFile>> {
        let mut files = self.ring.segments().map(|segment| &segment.file);
        files
            .find(|file| file.sequence() == sequence && file.is_closed())
            .cloned()
    }

    pub(super) fn listed_ticks(&self) -> u64 {
        self.ring.listed().map(|segment| segment.duration).sum()
    }

    pub(super) fn stats(&self) -> RenditionStats {
        let listed_bytes = self.ring.listed_bytes();
        RenditionStats {
            listed_bytes,
            held_bytes: self.ring.live_bytes().saturating_sub(listed_bytes),
            segments: u32::try_from(self.ring.listed().count()).unwrap_or(u32::MAX),
            cuts: self.ring.cuts(),
            fragments: self.ring.next_fragment(),
            dropped: self.dropped,
            gaps: self.gaps,
        }
    }

    /// The end of `fragment`'s longer track, 90 kHz ticks.
    fn end_of(&self, fragment: &Fragment) -> u64 {
        let lead = fragment.start.saturating_add(u64::from(fragment.duration));
        let tracks = self.init.as_ref().map(|init| &init.tracks);
        let config = tracks.and_then(|tracks| tracks.audio.as_ref());
        let (Some(run), Some(config)) = (fragment.audio.as_ref(), config) else {
            return lead;
        };
        let rate = u128::from(config.sample_rate.max(1));
        let samples = run.base_decode_time.saturating_add(run.duration());
        let audio = (u128::from(samples) * 90_000).div_ceil(rate);
        lead.max(u64::try_from(audio).unwrap_or(u64::MAX))
    }

    fn open(&mut self, file: Arc<SegmentFile>, opening: Opening) {
        self.discontinuities += u64::from(opening.discontinuity);
        self.is_independent &= opening.independent;
        self.promises_independence &= opening.independent;
        self.ring.open(file, opening);
    }

    fn close(&mut self) {
        if let Some(segment) = self.ring.close() {
            self.parts.close_segment();
            self.rates.add(segment.file.len(), segment.duration);
        }
    }

    /// Counts a fragment that is lost, and the gap that it leaves.
    fn drop_fragment(&mut self, error: AppendError) -> AppendError {
        self.close();
        self.dropped = self.dropped.saturating_add(1);
        if self.join < Join::Keyframe {
            self.gaps = self.gaps.saturating_add(1);
            self.join = Join::Keyframe;
        }
        error
    }
}

/// A fragment of the ring, with what a reader needs to know of its segment.
pub(super) fn fragment_ref(
    (number, segment, entry): (u64, &Segment, &FragmentEntry),
) -> FragmentRef {
    FragmentRef {
        number,
        file: Arc::clone(&segment.file),
        offset: entry.offset,
        len: u64::from(entry.len),
        start: entry.start,
        duration: entry.duration,
        independent: entry.independent,
        discontinuity: entry.discontinuity,
        ts_segment: entry.ts_segment,
        tracks: Arc::clone(&segment.opening.init.tracks),
        init: Arc::clone(&segment.opening.init),
    }
}

/// The codecs of all that is listed or will be next, RFC 8216 §4.3.4.2; the newest first, which some players take alone.
fn codecs(ring: &Ring) -> String {
    let mut all = Vec::<String>::new();
    for segment in ring.listed().chain(ring.open_segment()).rev() {
        for name in segment.opening.init.tracks.codecs().split(',') {
            if !all.iter().any(|known| known == name) {
                all.push(name.to_owned());
            }
        }
    }
    all.join(",")
}
