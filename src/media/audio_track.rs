//! The audio of a stretch between two discontinuities: a sample counter is its clock.
//!
//! RTMP stamps are rounded to milliseconds and often sloppy, so they only say where the counter should roughly be. Frames follow each other without a hole;
//! when stamps depart from the counter for good, whole silent frames are put in or frames are dropped.

use super::Run;
use super::health::Health;
use super::sample::{Origin, Sound};
use crate::limits::media::{AUDIO_DRIFT_FRAMES, AUDIO_DRIFT_MS, MAX_PENDING_AUDIO_FRAMES};
use crate::wire::fmp4::SampleEntry;
use bytes::Bytes;
use std::collections::VecDeque;

/// Frames in a row that may overlap by more than the drift before one is dropped: some encoders stamp frames in batches.
const OVERLAPS_BORNE: u32 = 3;

/// What there is to know of a stretch's audio.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AudioFormat {
    /// Core sample rate, Hz: the track's ticks a second.
    pub sample_rate: u32,
    /// Samples a frame.
    pub frame_samples: u32,
    /// A frame of silence.
    pub silence: Bytes,
}

impl AudioFormat {
    /// Duration of a frame, 90 kHz ticks, rounded up.
    pub fn frame_ticks(&self) -> u64 {
        (u64::from(self.frame_samples) * 90_000).div_ceil(u64::from(self.sample_rate.max(1)))
    }

    fn rate(&self) -> u64 {
        u64::from(self.sample_rate.max(1))
    }
}

/// What to do with a frame.
enum Verdict {
    Fits,
    /// Its time is filled already.
    Overlaps,
    /// This many frames are missing before it.
    Late(i64),
}

/// Frames in a row that departed from the counter the same way.
#[derive(Clone, Copy, Debug, Default)]
struct Departures {
    late: bool,
    frames: u32,
}

impl Departures {
    /// Returns the length of the run, 0 if this frame departs by less than `least`.
    fn observe(&mut self, departure: i64, least: i64) -> u32 {
        let late = departure > 0;
        let same = late == self.late;
        self.frames = match departure.abs() > least {
            true if same => self.frames.saturating_add(1),
            true => 1,
            false => 0,
        };
        self.late = late;
        self.frames
    }
}

/// See the module. Positions are samples at the core rate since the session's origin.
#[derive(Debug)]
pub struct AudioTrack {
    format: AudioFormat,
    origin: Origin,
    /// Position of the origin.
    first: u64,
    /// Frames and their stamps; silence has none.
    queue: VecDeque<(Option<i64>, Bytes)>,
    bytes: usize,
    /// Where the next fragment starts.
    next: u64,
    /// The counter agrees with the stamps; else the next frame must fit within half a frame.
    locked: bool,
    run: Departures,
}

impl AudioTrack {
    /// Nothing yet: the counter starts at the origin.
    pub fn new(format: AudioFormat, origin: Origin) -> AudioTrack {
        let first = end_position(origin.tick, format.rate());
        AudioTrack {
            format,
            origin,
            first,
            queue: VecDeque::new(),
            bytes: 0,
            next: first,
            locked: false,
            run: Departures::default(),
        }
    }

    /// Takes a frame, or drops it if its time is already filled.
    pub fn push(&mut self, sound: Sound, health: &mut Health) {
        let departure = self.departure(sound.time);
        match self.judge(departure) {
            Verdict::Overlaps => {
                // What precedes the stretch is no fault.
                health.audio_dropped += u64::from(self.queue_end() > self.first);
                return;
            }
            Verdict::Late(missing) => {
                for _ in 0..missing {
                    self.put_silence(health);
                }
            }
            Verdict::Fits => {}
        }
        self.locked = true;
        self.bytes += sound.data.len();
        self.queue.push_back((Some(sound.time), sound.data));
    }

    fn judge(&mut self, departure: i64) -> Verdict {
        let frame = i64::from(self.format.frame_samples);
        let drift = AUDIO_DRIFT_MS * i64::from(self.format.sample_rate) / 1_000;
        let lasting = self.run.observe(departure, frame * 3 / 4) >= AUDIO_DRIFT_FRAMES;
        let off = match departure.abs() {
            off if !self.locked || lasting => off > frame / 2,
            off if departure > 0 => off > drift,
            off => off > 4 * drift || (off > drift && self.run.frames > OVERLAPS_BORNE),
        };
        if !off {
            return Verdict::Fits;
        }
        if departure < 0 {
            self.locked = false;
            return Verdict::Overlaps;
        }
        self.run = Departures::default();
        Verdict::Late(((departure + frame / 2) / frame).min(MAX_PENDING_AUDIO_FRAMES as i64))
    }

    /// How far a stamp lies after the end of the queue, samples.
    fn departure(&self, ms: i64) -> i64 {
        let offset = i128::from(self.origin.offset(ms)) * i128::from(self.format.rate()) / 90_000;
        let at = i128::from(self.first) + offset;
        i64::try_from(at - i128::from(self.queue_end())).unwrap_or(i64::MAX)
    }

    /// A frame with this stamp would leave more than `ms` to be filled.
    pub fn is_missing(&self, time: i64, ms: i64) -> bool {
        self.departure(time) > ms * i64::from(self.format.sample_rate) / 1_000
    }

    fn put_silence(&mut self, health: &mut Health) {
        self.bytes += self.format.silence.len();
        self.queue.push_back((None, self.format.silence.clone()));
        health.silent_frames += 1;
    }

    /// Puts out the frames that start before `tick`, and at least one: silence where none came.
    pub fn take_until(&mut self, tick: u64, health: &mut Health) -> Run {
        let base = self.next;
        let frame = u64::from(self.format.frame_samples);
        let end = end_position(tick, self.format.rate());
        let frames = end.saturating_sub(base).div_ceil(frame).max(1);
        let frames = usize::try_from(frames)
            .unwrap_or(usize::MAX)
            .min(MAX_FRAMES_TAKEN);
        while self.queue.len() < frames {
            self.put_silence(health);
            self.locked = false;
        }
        self.take(frames)
    }

    /// Puts out the first `frames` of the queue.
    pub fn take(&mut self, frames: usize) -> Run {
        let base = self.next;
        let data: Vec<Bytes> = self
            .queue
            .drain(..frames.min(self.queue.len()))
            .map(|(_, data)| data)
            .collect();
        self.bytes -= data.iter().map(Bytes::len).sum::<usize>();
        self.next += u64::from(self.format.frame_samples) * data.len() as u64;
        Run {
            base_decode_time: base,
            samples: data.iter().map(|data| self.entry(data)).collect(),
            data,
        }
    }

    fn entry(&self, data: &Bytes) -> SampleEntry {
        SampleEntry {
            duration: self.format.frame_samples,
            size: u32::try_from(data.len()).unwrap_or(u32::MAX),
            composition: 0,
            key: true,
        }
    }

    /// All frames that start before `tick` are there, and at least one.
    pub fn reaches(&self, tick: u64) -> bool {
        !self.queue.is_empty() && self.queue_end() >= end_position(tick, self.format.rate())
    }

    /// Its format.
    pub fn format(&self) -> &AudioFormat {
        &self.format
    }

    /// Frames waiting.
    pub fn len(&self) -> usize {
        self.queue.len()
    }

    /// No frame waits.
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Bytes waiting.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Where the next fragment starts, 90 kHz ticks, rounded up.
    pub fn end(&self) -> u64 {
        self.tick_after(0)
    }

    /// Where a fragment of the queue's first `frames` would end, 90 kHz ticks.
    pub fn tick_after(&self, frames: usize) -> u64 {
        let samples = self.next + u64::from(self.format.frame_samples) * frames as u64;
        tick(samples, self.format.rate())
    }

    /// Real frames still waiting, with their stamps.
    pub fn into_waiting(self) -> impl Iterator<Item = Sound> {
        self.queue
            .into_iter()
            .filter_map(|(time, data)| time.map(|time| Sound { time, data }))
    }

    fn queue_end(&self) -> u64 {
        self.next + u64::from(self.format.frame_samples) * self.queue.len() as u64
    }
}

/// The most that one fragment can take: a whole segment at 96 kHz, with room.
const MAX_FRAMES_TAKEN: usize = 1_024;

fn scale_up(value: u64, by: u64, over: u64) -> u64 {
    let scaled = (u128::from(value) * u128::from(by)).div_ceil(u128::from(over.max(1)));
    u64::try_from(scaled).unwrap_or(u64::MAX)
}

/// The first sample at or after a tick.
fn end_position(tick: u64, rate: u64) -> u64 {
    scale_up(tick, rate, 90_000)
}

fn tick(position: u64, rate: u64) -> u64 {
    scale_up(position, 90_000, rate)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn track() -> AudioTrack {
        let format = AudioFormat {
            sample_rate: 48_000,
            frame_samples: 1_024,
            silence: Bytes::from_static(b"silence"),
        };
        AudioTrack::new(format, Origin { ms: 1_000, tick: 0 })
    }

    fn push(track: &mut AudioTrack, health: &mut Health, ms: i64) {
        let data = Bytes::from(ms.to_string());
        track.push(Sound { time: ms, data }, health);
    }

    fn names(run: &Run) -> Vec<String> {
        run.data
            .iter()
            .map(|data| String::from_utf8_lossy(data).into_owned())
            .collect()
    }

    #[test]
    fn rounded_stamps_leave_no_trace() {
        let (mut track, mut health) = (track(), Health::default());
        for i in 0..1000i64 {
            push(&mut track, &mut health, 1_000 + i * 1_024 / 48);
            if i % 10 == 9 {
                let run = track.take(10);
                assert_eq!(run.base_decode_time, (i as u64 - 9) * 1_024);
                assert_eq!(run.duration(), 10_240);
            }
        }
        assert_eq!(health, Health::default());
    }

    #[test]
    fn audio_before_the_origin_goes_and_late_starters_get_whole_silent_frames() {
        let (mut a, mut health) = (track(), Health::default());
        push(&mut a, &mut health, 950);
        push(&mut a, &mut health, 1_046);
        assert_eq!(names(&a.take(3)), ["silence", "silence", "1046"]);
        assert_eq!(health.audio_dropped, 0);
        assert_eq!(health.silent_frames, 2);
    }

    #[test]
    fn missing_frames_become_silence_and_nothing_moves() {
        let (mut a, mut health) = (track(), Health::default());
        for i in (0..20i64).filter(|i| !(5..10).contains(i)) {
            push(&mut a, &mut health, 1_000 + i * 1_024 / 48);
        }
        assert_eq!(a.len(), 20);
        assert_eq!(health.silent_frames, 5);
        assert_eq!(names(&a.take(20)).get(10).unwrap(), "1213");
    }

    #[test]
    fn frames_that_come_after_their_time_was_filled_are_dropped() {
        let (mut a, mut health) = (track(), Health::default());
        push(&mut a, &mut health, 1_000);
        let run = a.take_until(90 * 107, &mut health);
        assert_eq!(run.samples.len(), 6);
        assert_eq!(health.silent_frames, 5);
        for i in 1..10i64 {
            push(&mut a, &mut health, 1_000 + i * 1_024 / 48);
        }
        assert_eq!(health.audio_dropped, 5);
        assert_eq!(names(&a.take(1)), ["1128"]);
    }

    #[test]
    fn frames_stamped_in_batches_are_kept() {
        let (mut a, mut health) = (track(), Health::default());
        for i in 0..200i64 {
            let batch = i / 4 * 4;
            push(&mut a, &mut health, 1_000 + batch * 1_024 / 48 + i % 4);
        }
        assert_eq!(a.len(), 200);
        assert_eq!(health, Health::default());
    }

    #[test]
    fn a_shift_that_lasts_is_followed_though_it_is_small() {
        for (shift, silent, dropped) in [(43, 2, 0), (22, 1, 0), (-30, 0, 1), (9, 0, 0)] {
            let (mut a, mut health) = (track(), Health::default());
            for i in 0..100i64 {
                let shift = if i < 50 { 0 } else { shift };
                push(&mut a, &mut health, 1_000 + i * 1_024 / 48 + shift);
            }
            assert_eq!(
                (health.silent_frames, health.audio_dropped),
                (silent, dropped),
                "{shift} ms"
            );
        }
    }

    #[test]
    fn a_fragment_shorter_than_a_frame_still_holds_one() {
        let (mut a, mut health) = (track(), Health::default());
        for i in 0..4i64 {
            push(&mut a, &mut health, 1_000 + i * 1_024 / 48);
        }
        assert_eq!(a.take_until(500, &mut health).samples.len(), 1);
        assert!(a.reaches(1_000));
        assert_eq!(a.take_until(1_000, &mut health).samples.len(), 1);
        assert_eq!(health.silent_frames, 0);
    }
}
