//! The video of a stretch between two discontinuities: pictures that wait for their fragment, and where fragments are cut.
//!
//! Within a fragment each picture lasts until the next one's decode time. The last one lasts until its successor if that is known, else the nominal duration;
//! the next fragment starts exactly there, and its first picture takes up the difference. So durations always add up, whatever the stamps are.

use super::Run;
use super::fragment::InPart;
use super::health::Health;
use super::part_cutter::{OpenPart, PartCutter};
use super::picture_clock::PictureClock;
use super::sample::{Origin, Picture, TICKS_PER_MS};
use super::segmenter::Segmenter;
use crate::limits::media::{MAX_SAMPLE_TICKS, MAX_STRETCH_MS, PARTLESS_TICKS};
use crate::time::Mono;
use crate::wire::fmp4::SampleEntry;
use bytes::Bytes;
use std::collections::VecDeque;

/// A picture in the queue.
#[derive(Clone, Debug)]
struct Queued {
    dts: u64,
    composition: i32,
    key: bool,
    data: Bytes,
    arrival: Mono,
}

/// A fragment that could be closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// Pictures in it (audio frames if there is no video).
    pub samples: usize,
    /// Where its pictures end, ticks.
    pub end: u64,
    /// It starts a segment although nothing before said so.
    pub starts_segment: bool,
    /// Its end is the end of the segment.
    pub ends_segment: bool,
    /// Its place in a part.
    pub part: Option<InPart>,
    /// When its last picture had come and its duration had passed: audio up to `end` should be here.
    pub complete_at: Mono,
}

/// See the module.
#[derive(Debug)]
pub struct VideoTrack {
    origin: Origin,
    clock: PictureClock,
    queue: VecDeque<Queued>,
    bytes: usize,
    /// Where the next fragment starts.
    end: u64,
    /// Stamped decode time of the newest picture.
    newest: Option<u64>,
    last_key: Option<u64>,
    /// How long the fragment before lasts; before the first, as long as need be.
    last_length: u64,
}

impl VideoTrack {
    /// Nothing yet: the first picture goes to the origin.
    pub fn new(origin: Origin, frame_rate: Option<f64>) -> VideoTrack {
        VideoTrack {
            origin,
            clock: PictureClock::new(frame_rate),
            queue: VecDeque::new(),
            bytes: 0,
            end: origin.tick,
            newest: None,
            last_key: None,
            last_length: u64::MAX / 2,
        }
    }

    /// Takes a picture; those before the origin are put at it.
    pub fn push(&mut self, picture: Picture, now: Mono) {
        let dts = self.origin.tick(picture.dts);
        let composition = picture.composition.saturating_mul(TICKS_PER_MS as i32);
        if let Some(newest) = self.newest {
            self.clock.observe(dts.saturating_sub(newest));
        }
        self.newest = Some(dts);
        self.bytes += picture.data.len();
        self.queue.push_back(Queued {
            dts,
            composition,
            key: picture.key,
            data: picture.data,
            arrival: now,
        });
    }

    /// Nominal duration of a picture, ticks.
    pub fn nominal(&self) -> u64 {
        self.clock.nominal()
    }

    /// Bytes waiting.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Pictures waiting.
    pub fn len(&self) -> usize {
        self.queue.len()
    }

    /// No picture waits.
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Where the next fragment starts, ticks.
    pub fn end(&self) -> u64 {
        self.end
    }

    /// Where the newest picture is expected to end, ticks.
    pub fn expected_end(&self) -> u64 {
        let queued = self.newest.map_or(self.end, |dts| dts + self.nominal());
        queued.max(self.end)
    }

    /// True if a picture with this stamp comes too late to stretch the one before it.
    pub fn is_hole(&self, dts: i64) -> bool {
        self.newest.is_some() && self.is_missing(self.origin.tick(dts))
    }

    /// True if pictures are missing up to `tick` for longer than one can be stretched.
    pub fn is_missing(&self, tick: u64) -> bool {
        let stretch = MAX_STRETCH_MS.unsigned_abs() * TICKS_PER_MS;
        let stretch = stretch.min(MAX_SAMPLE_TICKS.saturating_sub(self.nominal()));
        tick.saturating_sub(self.scheduled_end()) > stretch
    }

    /// Where what is waiting would end if it were put out now.
    fn scheduled_end(&self) -> u64 {
        match self.queue.len() {
            0 => self.end,
            // A lone picture starts where the fragment before it ended, whatever its stamp.
            1 => self.end + self.nominal(),
            _ => self.expected_end(),
        }
    }

    /// The fragment at the head of the queue, if it is long enough (`force`: whatever there is). `sound` is where the next audio frame starts, ticks:
    /// unless a segment or a part ends, a fragment goes on beyond it, so that it holds audio of its own.
    pub fn plan(
        &self,
        segmenter: &Segmenter,
        parts: &PartCutter,
        sound: Option<u64>,
        force: bool,
    ) -> Option<Cut> {
        let nominal = self.nominal();
        let mut walk = Walk {
            nominal,
            segmenter: *segmenter,
            part: parts.open(nominal, self.clock.longest()),
            should_resume: parts.should_resume(nominal),
            start: self.end,
            last_key: self.last_key,
            starts_segment: false,
        };
        for (index, picture) in self.queue.iter().enumerate() {
            let next = self.queue.get(index + 1);
            if next.is_none() && !self.clock.is_measured() && !force {
                // How long it lasts would be a guess.
                return None;
            }
            let start = walk.start;
            let stamped = next.map_or(picture.dts + walk.nominal, |next| next.dts);
            let end = end_of(start, stamped);
            if index == 0 {
                walk.enter(picture, end);
            }
            let Some(end) = walk.fit(end, index == 0) else {
                return Some(walk.cut(index, start, Ends::Segment, picture));
            };
            walk.pass(picture);
            if walk.ends_segment(end, next) {
                return Some(walk.cut(index + 1, end, Ends::Segment, picture));
            }
            if walk.part.is_some_and(|part| part.is_full(end)) {
                return Some(walk.cut(index + 1, end, Ends::Part, picture));
            }
            let holds_sound = sound.is_none_or(|sound| sound < end);
            let enough = holds_sound
                && self.is_enough(end - self.end, next)
                && !(walk.is_one_short_of_a_part(end) && self.target() > nominal);
            if enough || (force && next.is_none()) {
                return Some(walk.cut(index + 1, end, Ends::Nothing, picture));
            }
            walk.start = end;
        }
        None
    }

    /// A fragment of this length may close before `next`.
    fn is_enough(&self, length: u64, next: Option<&Queued>) -> bool {
        let target = self.target();
        if length + self.nominal() / 2 >= target {
            return true;
        }
        // A keyframe starts a fragment, but two in a row must have the length of one: else a stream of keyframes alone makes one a picture.
        next.is_some_and(|next| next.key) && self.last_length + length >= target
    }

    fn target(&self) -> u64 {
        self.clock.fragment()
    }

    /// Takes the fragment out. The queue holds at least `cut.samples`.
    pub fn take(&mut self, cut: &Cut, health: &mut Health) -> Run {
        let base = self.end;
        let nominal = self.nominal();
        let mut run = Run {
            base_decode_time: base,
            samples: Vec::with_capacity(cut.samples),
            data: Vec::with_capacity(cut.samples),
        };
        let pictures: Vec<Queued> = self
            .queue
            .drain(..cut.samples.min(self.queue.len()))
            .collect();
        let mut nexts = pictures.iter().skip(1).map(|next| next.dts);
        let mut start = base;
        for picture in &pictures {
            let end = nexts.next().map_or(cut.end, |next| end_of(start, next));
            run.samples.push(entry(picture, start, end, nominal));
            if self.clock.is_measured() {
                count_stretch(end - start, nominal, health);
            }
            start = end;
        }
        self.last_key = pictures
            .iter()
            .rev()
            .find(|picture| picture.key)
            .map(|key| key.dts)
            .or(self.last_key);
        self.bytes -= pictures
            .iter()
            .map(|picture| picture.data.len())
            .sum::<usize>();
        run.data
            .extend(pictures.into_iter().map(|picture| picture.data));
        self.last_length = start - base;
        self.end = start;
        run
    }

    /// The picture at the head of the queue is a keyframe.
    pub fn starts_with_key(&self) -> bool {
        self.queue.front().is_some_and(|picture| picture.key)
    }
}

/// The state of a walk over the queue in search of a fragment's end.
struct Walk {
    nominal: u64,
    segmenter: Segmenter,
    /// None: the open segment has no parts.
    part: Option<OpenPart>,
    /// It is without them for no longer than need be.
    should_resume: bool,
    /// Where the picture at hand starts.
    start: u64,
    last_key: Option<u64>,
    starts_segment: bool,
}

/// What ends with a fragment.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ends {
    Segment,
    Part,
    Nothing,
}

impl Walk {
    /// The picture at hand is the first and lasts until `end`.
    fn enter(&mut self, picture: &Queued, end: u64) {
        let at_key = picture.key && self.segmenter.ends_at_keyframe(self.start, self.nominal);
        if at_key || self.segmenter.is_overlong(end) {
            self.start_segment();
        }
    }

    fn start_segment(&mut self) {
        self.segmenter.restart(self.start);
        self.starts_segment = true;
        if let Some(part) = &mut self.part {
            part.restart(self.start);
        }
    }

    /// Where the picture at hand ends within its segment and part, if not at `end`. None if it fits in neither: the segment must
    /// end before it. The first picture of a fragment always fits, if need be in a segment of its own without parts.
    fn fit(&mut self, end: u64, is_first: bool) -> Option<u64> {
        let fitting = match self.part {
            Some(part) => part.fit(end),
            None => Some(end),
        };
        if is_first && fitting.is_none() {
            if !self.segmenter.starts_at(self.start) {
                self.start_segment();
            }
            self.part = None;
            return Some(end);
        }
        fitting.filter(|end| is_first || !self.segmenter.is_overlong(*end))
    }

    /// One more picture fills the part: it is not left to a fragment of its own.
    fn is_one_short_of_a_part(&self, end: u64) -> bool {
        self.part
            .is_some_and(|part| part.is_full(end.saturating_add(self.nominal)))
    }

    /// The picture at hand is in the fragment.
    fn pass(&mut self, picture: &Queued) {
        if picture.key {
            self.last_key = Some(picture.dts);
        }
    }

    fn ends_segment(&self, end: u64, next: Option<&Queued>) -> bool {
        let key_follows = next.is_some_and(|next| next.key);
        let resumes = self.should_resume && self.segmenter.length(end) >= PARTLESS_TICKS;
        resumes
            || (key_follows && self.segmenter.ends_at_keyframe(end, self.nominal))
            || self.segmenter.ends_at(end, self.nominal, self.last_key)
    }

    fn cut(&self, pictures: usize, end: u64, ends: Ends, newest: &Queued) -> Cut {
        Cut {
            samples: pictures,
            end,
            starts_segment: self.starts_segment,
            ends_segment: ends == Ends::Segment,
            part: self.part.map(|part| part.mark(ends != Ends::Nothing)),
            complete_at: newest
                .arrival
                .plus(end.saturating_sub(self.start) / TICKS_PER_MS),
        }
    }
}

/// Where a picture ends that starts at `start`, if its successor is stamped `next`.
fn end_of(start: u64, next: u64) -> u64 {
    next.clamp(start + 1, start + MAX_SAMPLE_TICKS)
}

/// A picture that does not start at its stamp keeps its time of presentation if it was moved by less than a picture's duration: players bridge that much.
/// If moved by more it is shown early: a hole in presentation times would stop them.
fn entry(picture: &Queued, start: u64, end: u64, nominal: u64) -> SampleEntry {
    let moved = i32::try_from(picture.dts.abs_diff(start)).unwrap_or(i32::MAX);
    let composition = if picture.dts.abs_diff(start) > nominal {
        picture.composition
    } else if picture.dts > start {
        picture.composition.saturating_add(moved)
    } else {
        // Never negative by our doing: some readers take that for a decode time error.
        picture
            .composition
            .saturating_sub(moved)
            .max(picture.composition.min(0))
    };
    SampleEntry {
        duration: u32::try_from(end - start).unwrap_or(u32::MAX),
        size: u32::try_from(picture.data.len()).unwrap_or(u32::MAX),
        composition,
        key: picture.key,
    }
}

fn count_stretch(duration: u64, nominal: u64, health: &mut Health) {
    let beyond = duration.saturating_sub(nominal);
    if beyond > nominal / 2 {
        health.pictures_stretched += 1;
        health.stretched_ms += beyond / TICKS_PER_MS;
    }
}
