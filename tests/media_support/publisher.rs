//! A publisher with its own clock: what it sends, and when that arrives.

use bytes::Bytes;
use hearth::media::Tracks;
use hearth::media::audio_track::AudioFormat;
use hearth::media::health::Health;
use hearth::media::packager::{Output, Packager, Stretch};
use hearth::media::sample::{Picture, Sound};
use hearth::media::timeline::{Timeline, Track};
use hearth::time::Mono;
use hearth::wire::aac::AacConfig;
use hearth::wire::avc::AvcConfig;

/// One sample on the wire. Its bytes say when it was captured, so that sync can be checked at the far end.
#[derive(Clone, Debug)]
pub struct Event {
    pub track: Track,
    /// Capture (presentation) time, µs.
    pub captured: u64,
    /// Decode time as the encoder has it, ms.
    pub dts: i64,
    pub raw: u32,
    pub composition: i32,
    pub key: bool,
    pub arrival: u64,
    pub size: usize,
}

impl Event {
    pub fn data(&self) -> Bytes {
        let mut data = self.captured.to_be_bytes().to_vec();
        data.resize(self.size.max(8), self.key.into());
        Bytes::from(data)
    }
}

/// What the publisher is like.
#[derive(Clone, Debug)]
pub struct Publisher {
    pub fps: f64,
    /// Seconds; infinity for one keyframe only.
    pub gop: f64,
    pub b_frames: bool,
    pub sample_rate: u32,
    pub frame_samples: u32,
    pub video: bool,
    pub audio: bool,
    pub first_raw: u32,
    /// Part of a picture's duration by which stamps wander, and the wandering's seed.
    pub jitter: f64,
    pub stated_rate: Option<f64>,
    /// Keyframe interval known from before, ms.
    pub expected_interval: Option<u32>,
}

impl Default for Publisher {
    fn default() -> Publisher {
        Publisher {
            fps: 30.0,
            gop: 2.0,
            b_frames: false,
            sample_rate: 48_000,
            frame_samples: 1_024,
            video: true,
            audio: true,
            first_raw: 0,
            jitter: 0.0,
            stated_rate: Some(30.0),
            expected_interval: None,
        }
    }
}

/// Composition offsets in pictures of a stream with two B-frames, in decode order: I P b b P b b …
const REORDERED: [(i64, i64); 3] = [(1, 3), (2, 0), (3, 0)];

impl Publisher {
    /// What it sends in `seconds`, in the order of its stamps, arriving 20 ms after.
    pub fn events(&self, seconds: f64) -> Vec<Event> {
        let mut events = Vec::new();
        if self.video {
            events.extend(self.pictures(seconds));
        }
        if self.audio {
            events.extend(self.sounds(seconds));
        }
        events.sort_by_key(|event| (event.dts, event.track == Track::Audio));
        events
    }

    fn pictures(&self, seconds: f64) -> Vec<Event> {
        let count = (seconds * self.fps).floor() as i64;
        let per_gop = (self.gop * self.fps).round().clamp(1.0, 1e9) as i64;
        let ms = |index: i64| index as f64 * 1_000.0 / self.fps;
        let mut seed = 0x2545_f491_u32;
        (0..count)
            .map(|index| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let wander =
                    (f64::from(seed >> 8) / f64::from(1u32 << 24) * 2.0 - 1.0) * self.jitter / 2.0;
                let within = index % per_gop;
                let shown = if self.b_frames {
                    index + 1 + shown_after(within, per_gop)
                } else {
                    index
                };
                let dts = (ms(index) + wander * 1_000.0 / self.fps).max(0.0).round() as i64;
                let pts = if self.b_frames { ms(shown) } else { dts as f64 };
                self.event(
                    Track::Video,
                    dts,
                    (pts.round() as i64 - dts) as i32,
                    within == 0,
                    500,
                )
            })
            .collect()
    }

    fn sounds(&self, seconds: f64) -> Vec<Event> {
        let frame = f64::from(self.frame_samples) * 1_000.0 / f64::from(self.sample_rate);
        let count = (seconds * 1_000.0 / frame).floor() as i64;
        (0..count)
            .map(|index| {
                let dts = (index as f64 * frame).round() as i64;
                self.event(Track::Audio, dts, 0, true, 100)
            })
            .collect()
    }

    fn event(&self, track: Track, dts: i64, composition: i32, key: bool, size: usize) -> Event {
        Event {
            track,
            captured: ((dts + i64::from(composition)) * 1_000) as u64,
            dts,
            raw: self.first_raw.wrapping_add(dts as u32),
            composition,
            key,
            arrival: dts as u64 + 20,
            size,
        }
    }

    pub fn stretch(&self) -> Stretch {
        let format = AudioFormat {
            sample_rate: self.sample_rate,
            frame_samples: self.frame_samples,
            silence: Bytes::from_static(b"hush"),
        };
        Stretch {
            tracks: Tracks {
                video: self.video.then(avc),
                audio: self
                    .audio
                    .then(|| aac(self.sample_rate, self.frame_samples)),
            },
            frame_rate: self.stated_rate,
            audio: self.audio.then_some(format),
        }
    }

    /// Timeline and packager over these events, in order of arrival, with timers kept to.
    pub fn package(&self, events: &[Event]) -> Packaged {
        let mut bench = Bench::new(self.stretch(), 0, self.expected_interval);
        for event in by_arrival(events) {
            bench.feed(&event);
        }
        bench.finish()
    }
}

/// How many pictures later than its decode order a picture is shown, less one: B-frames in twos between P-frames.
fn shown_after(within: i64, per_gop: i64) -> i64 {
    if within == 0 {
        return 0;
    }
    let place = (within - 1) % 3;
    let last = per_gop - 1;
    if place == 0 {
        // A P-frame is shown after the two B-frames that follow it, if they are in this group.
        (last - within).min(2)
    } else {
        -1
    }
}

pub fn by_arrival(events: &[Event]) -> Vec<Event> {
    let mut events = events.to_vec();
    events.sort_by_key(|event| event.arrival);
    events
}

pub fn avc() -> AvcConfig {
    AvcConfig {
        profile: [0x42, 0xc0, 0x1e],
        length_size: 4,
        sps: vec![Bytes::from_static(b"\x67sps")],
        pps: vec![Bytes::from_static(b"\x68pps")],
    }
}

pub fn aac(sample_rate: u32, frame_samples: u32) -> AacConfig {
    AacConfig {
        object_type: 2,
        core_object_type: 2,
        sample_rate,
        output_rate: sample_rate,
        channel_config: 2,
        frame_samples,
        record: Bytes::from_static(&[0x11, 0x90]),
    }
}

/// Everything that came out.
#[derive(Debug)]
pub struct Packaged {
    pub outputs: Vec<(u64, Output)>,
    pub health: Health,
    pub end: u64,
    pub most_pending: usize,
    /// Where in a picture's bytes its stamp is.
    pub stamp_at: usize,
}

/// Timeline and packager driven by events.
pub struct Bench {
    timeline: Timeline,
    pub packager: Packager,
    health: Health,
    stretch: Option<Stretch>,
    outputs: Vec<(u64, Output)>,
    most_pending: usize,
    now: u64,
}

impl Bench {
    pub fn new(stretch: Stretch, at: u64, interval: Option<u32>) -> Bench {
        Bench {
            timeline: Timeline::new(),
            packager: Packager::new(
                at,
                interval.map(|ms| u64::from(ms) * 90),
                hearth::media::part_rule::PartRule::Undecided,
            ),
            health: Health::default(),
            stretch: Some(stretch),
            outputs: Vec::new(),
            most_pending: 0,
            now: 0,
        }
    }

    pub fn feed(&mut self, event: &Event) {
        self.pass_time(event.arrival);
        let now = Mono(event.arrival);
        let time = self
            .timeline
            .place(event.track, event.raw, now, &mut self.health);
        let alone = self
            .stretch
            .as_ref()
            .is_some_and(|stretch| stretch.tracks.video.is_none());
        let starts = alone || (event.track == Track::Video && event.key);
        if let Some(stretch) = self.stretch.take_if(|_| starts) {
            self.packager.begin(stretch, time, &mut self.health);
        }
        if self.stretch.is_some() {
            return;
        }
        let data = event.data();
        match event.track {
            Track::Video => {
                let picture = Picture {
                    dts: time,
                    composition: event.composition,
                    key: event.key,
                    data,
                };
                self.packager.video(picture, now, &mut self.health);
            }
            Track::Audio => self
                .packager
                .audio(Sound { time, data }, now, &mut self.health),
        }
        self.drain();
    }

    fn pass_time(&mut self, until: u64) {
        while let Some(due) = self.packager.deadline().filter(|due| due.0 <= until) {
            self.now = due.0.max(self.now);
            self.packager.tick(due, &mut self.health);
            assert_ne!(
                self.packager.deadline(),
                Some(due),
                "a deadline that does not pass"
            );
            self.drain();
        }
        self.now = until;
    }

    fn drain(&mut self) {
        self.most_pending = self.most_pending.max(self.packager.pending_bytes());
        while let Some(output) = self.packager.poll() {
            self.outputs.push((self.now, output));
        }
    }

    pub fn finish(mut self) -> Packaged {
        self.packager.finish(&mut self.health);
        self.drain();
        Packaged {
            outputs: self.outputs,
            health: self.health,
            end: self.packager.end(),
            most_pending: self.most_pending,
            stamp_at: 0,
        }
    }
}
