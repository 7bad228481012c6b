//! The packager: samples on the timeline in, fragments of both tracks out, cut into segments.
//!
//! A fragment closes when its video is long enough and its audio is there. Audio that fails to come is replaced by silence; video that fails to come is bridged by
//! stretching a picture up to 2 s, then a discontinuity is made and output goes on at the next keyframe. A track's durations always add up to the next decode time,
//! except across a discontinuity.

use super::audio_track::{AudioFormat, AudioTrack};
use super::fragment::{Fragment, Tracks};
use super::health::Health;
use super::interleave::Interleave;
use super::part_cutter::PartCutter;
use super::part_rule::PartRule;
use super::preroll::Preroll;
use super::sample::{Origin, Picture, Sound, TICKS_PER_MS};
use super::segmenter::Segmenter;
use super::video_track::{Cut, VideoTrack};
use crate::limits::media::{
    FRAGMENT_TICKS, MAX_AUDIO_LAG_MS, MAX_PENDING_AUDIO_FRAMES, MAX_PENDING_BYTES,
    MAX_PENDING_PICTURES, MAX_STRETCH_MS, MAX_VIDEO_LAG_MS, WAIT_AUDIO_MS,
};
use crate::time::Mono;
use std::collections::VecDeque;

/// What was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// The tracks from the next fragment on (which carries `discontinuity`, except at the very start of an ingest where the caller decides).
    Tracks(Tracks),
    /// The next fragment.
    Fragment(Fragment),
}

/// What a stretch of stream between two discontinuities consists of. At least one track.
#[derive(Clone, Debug, PartialEq)]
pub struct Stretch {
    /// Both configurations.
    pub tracks: Tracks,
    /// Pictures a second that the stream states.
    pub frame_rate: Option<f64>,
    /// There if `tracks.audio` is.
    pub audio: Option<AudioFormat>,
}

/// The tracks of the stretch that is being put out.
#[derive(Debug)]
struct Live {
    origin: Origin,
    video: Option<VideoTrack>,
    audio: Option<AudioTrack>,
}

/// See the module.
#[derive(Debug)]
pub struct Packager {
    stretch: Option<Stretch>,
    /// None before the first stretch, and in a hole of the video.
    live: Option<Live>,
    /// Where the newest stretch lies, kept over a hole.
    origin: Option<Origin>,
    preroll: Preroll,
    segmenter: Segmenter,
    parts: PartCutter,
    audio_lag: Interleave,
    video_lag: Interleave,
    /// Decode time of the newest picture, ms.
    newest_picture: Option<i64>,
    /// Where the newest audio frame ends, ms.
    newest_sound: Option<i64>,
    out: VecDeque<Output>,
    /// Where everything made so far ends, ticks.
    end: u64,
    next: Marks,
}

/// What the next fragment is marked with.
#[derive(Clone, Copy, Debug)]
struct Marks {
    first: bool,
    starts_segment: bool,
    discontinuity: bool,
}

impl Packager {
    /// The first sample will be put at tick `at`. `keyframe_interval` (ticks) is what this publisher showed before, `parts` what the
    /// session has decided about parts.
    pub fn new(at: u64, keyframe_interval: Option<u64>, parts: PartRule) -> Packager {
        Packager {
            stretch: None,
            live: None,
            origin: None,
            preroll: Preroll::default(),
            segmenter: Segmenter::new(at, keyframe_interval),
            parts: PartCutter::new(parts, at),
            audio_lag: Interleave::new(MAX_AUDIO_LAG_MS, MAX_AUDIO_LAG_MS),
            video_lag: Interleave::new(MAX_VIDEO_LAG_MS, MAX_VIDEO_LAG_MS),
            newest_picture: None,
            newest_sound: None,
            out: VecDeque::new(),
            end: at,
            next: Marks {
                first: true,
                starts_segment: true,
                discontinuity: false,
            },
        }
    }

    /// From `at` ms of the timeline on (a keyframe; or the first audio frame if there is no video) the stream is this.
    /// What belongs to the stretch before is put out.
    pub fn begin(&mut self, stretch: Stretch, at: i64, health: &mut Health) {
        self.close(health);
        if self.stretch.as_ref().map(|old| &old.tracks) != Some(&stretch.tracks) {
            self.out.push_back(Output::Tracks(stretch.tracks.clone()));
        }
        self.stretch = Some(stretch);
        self.resume(at, health);
    }

    /// The tracks of the stretch that was begun last.
    pub fn tracks(&self) -> Option<&Tracks> {
        self.stretch.as_ref().map(|stretch| &stretch.tracks)
    }

    /// A picture came.
    pub fn video(&mut self, picture: Picture, now: Mono, health: &mut Health) {
        if self.is_live_at(|video| video.is_hole(picture.dts)) {
            self.enter_hole(health);
        }
        if self.live.is_none() && picture.key && self.has_video() {
            self.resume(picture.dts, health);
        }
        let Some(Live {
            origin,
            video: Some(video),
            ..
        }) = &mut self.live
        else {
            health.pictures_dropped += 1;
            return;
        };
        if picture.key {
            let distance = self.segmenter.keyframe(origin.tick(picture.dts));
            let ms = distance.and_then(|ticks| u32::try_from(ticks / TICKS_PER_MS).ok());
            health.keyframe_interval_ms = ms.or(health.keyframe_interval_ms);
        }
        let end = picture.dts + (video.nominal() / TICKS_PER_MS).cast_signed();
        if let Some(sound) = self.newest_sound {
            self.video_lag.observe(sound - end);
        }
        self.newest_picture = Some(picture.dts);
        video.push(picture, now);
        health.picture_ticks = u32::try_from(video.nominal()).unwrap_or(u32::MAX);
        self.pump(now, health);
    }

    /// An audio frame came.
    pub fn audio(&mut self, sound: Sound, now: Mono, health: &mut Health) {
        let Some(format) = self
            .stretch
            .as_ref()
            .and_then(|stretch| stretch.audio.as_ref())
        else {
            health.audio_dropped += 1;
            return;
        };
        let end = sound.time + (format.frame_ticks() / TICKS_PER_MS).cast_signed();
        self.newest_sound = Some(end);
        if let Some(picture) = self.newest_picture.filter(|_| self.live.is_some()) {
            self.audio_lag.observe(picture - end);
            health.audio_lag_ms = u32::try_from(self.audio_lag.shown()).unwrap_or(0);
        }
        self.watch_holes(sound.time, health);
        match &mut self.live {
            Some(Live {
                audio: Some(audio), ..
            }) => audio.push(sound, health),
            _ => health.audio_dropped += self.preroll.push(sound),
        }
        self.pump(now, health);
    }

    /// Audio at `time` shows that something before it is missing.
    fn watch_holes(&mut self, time: i64, health: &mut Health) {
        let lag = self.video_lag.shown();
        let Some(Live {
            origin,
            video,
            audio,
        }) = &self.live
        else {
            return;
        };
        match (video, audio) {
            (Some(video), _) if video.is_missing(origin.tick(time - lag)) => {
                self.enter_hole(health)
            }
            (None, Some(audio)) if audio.is_missing(time, MAX_STRETCH_MS) => {
                self.close(health);
                self.resume(time, health);
            }
            _ => {}
        }
    }

    /// When [`Packager::tick`] must be called at the latest.
    pub fn deadline(&self) -> Option<Mono> {
        let Some(Live {
            video: Some(video),
            audio: Some(audio),
            ..
        }) = &self.live
        else {
            return None;
        };
        let cut = self.plan(false)?;
        let waits = !audio.reaches(cut.end) && self.is_past(video, &cut);
        waits.then(|| cut.complete_at.plus(self.patience()))
    }

    /// Time has passed.
    pub fn tick(&mut self, now: Mono, health: &mut Health) {
        self.pump(now, health);
    }

    /// The stream is over: everything that waits is put out.
    pub fn finish(&mut self, health: &mut Health) {
        self.close(health);
    }

    /// What was made, oldest first.
    pub fn poll(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    /// Where everything made so far ends, ticks.
    pub fn end(&self) -> u64 {
        self.end
    }

    /// Bytes of media waiting for their fragments.
    pub fn pending_bytes(&self) -> usize {
        let Some(live) = &self.live else { return 0 };
        live.video.as_ref().map_or(0, VideoTrack::bytes)
            + live.audio.as_ref().map_or(0, AudioTrack::bytes)
    }

    fn has_video(&self) -> bool {
        self.tracks().is_some_and(|tracks| tracks.video.is_some())
    }

    fn is_live_at(&self, test: impl Fn(&VideoTrack) -> bool) -> bool {
        let video = self.live.as_ref().and_then(|live| live.video.as_ref());
        video.is_some_and(test)
    }

    /// Output goes on at `at` ms, after a discontinuity unless it is the first.
    fn resume(&mut self, at: i64, health: &mut Health) {
        let Some(stretch) = &self.stretch else { return };
        let origin = Origin {
            ms: at,
            tick: self
                .origin
                .map_or(self.end, |old| old.tick(at).max(self.end)),
        };
        let video = stretch.tracks.video.as_ref();
        let mut live = Live {
            origin,
            video: video.map(|_| VideoTrack::new(origin, stretch.frame_rate)),
            audio: stretch
                .audio
                .clone()
                .map(|format| AudioTrack::new(format, origin)),
        };
        for sound in self.preroll.drain() {
            if let Some(audio) = &mut live.audio {
                audio.push(sound, health);
            }
        }
        self.live = Some(live);
        self.origin = Some(origin);
        self.segmenter.restart(origin.tick);
        self.parts.open_segment(origin.tick);
        self.next.starts_segment = true;
        self.next.discontinuity = !self.next.first;
    }

    /// Video is missing for too long.
    fn enter_hole(&mut self, health: &mut Health) {
        health.video_holes += 1;
        self.close(health);
    }

    /// Puts out all that waits and leaves the stretch; audio beyond the last picture is kept for the next.
    fn close(&mut self, health: &mut Health) {
        while let Some(cut) = self.plan(true) {
            self.emit(&cut, health);
        }
        if let Some(Output::Fragment(last)) = self.out.back_mut() {
            last.ends_segment = true;
        }
        self.segmenter.forget_keyframe();
        if let Some(Live {
            audio: Some(audio), ..
        }) = self.live.take()
        {
            for sound in audio.into_waiting() {
                health.audio_dropped += self.preroll.push(sound);
            }
        }
    }

    /// Puts out what is ready.
    fn pump(&mut self, now: Mono, health: &mut Health) {
        while let Some(cut) = self.plan(false) {
            if !self.is_audio_ready(&cut, now) {
                break;
            }
            self.emit(&cut, health);
        }
        while self.is_overfull() {
            health.overflows += 1;
            match self.plan(false).or_else(|| self.plan(true)) {
                Some(cut) => self.emit(&cut, health),
                None => self.enter_hole(health),
            }
        }
    }

    fn is_overfull(&self) -> bool {
        let Some(live) = &self.live else { return false };
        self.pending_bytes() > MAX_PENDING_BYTES
            || live
                .video
                .as_ref()
                .is_some_and(|video| video.len() > MAX_PENDING_PICTURES)
            || live
                .audio
                .as_ref()
                .is_some_and(|audio| audio.len() > MAX_PENDING_AUDIO_FRAMES)
    }

    fn plan(&self, force: bool) -> Option<Cut> {
        let live = self.live.as_ref()?;
        match (&live.video, &live.audio) {
            (Some(video), audio) => {
                let sound = audio.as_ref().map(AudioTrack::end);
                video.plan(&self.segmenter, &self.parts, sound, force)
            }
            (None, Some(audio)) => plan_audio(audio, &self.segmenter, &self.parts, force),
            (None, None) => None,
        }
    }

    /// The cut's audio is there, or was waited for long enough.
    fn is_audio_ready(&self, cut: &Cut, now: Mono) -> bool {
        let Some(Live {
            video: Some(video),
            audio: Some(audio),
            ..
        }) = &self.live
        else {
            return true;
        };
        audio.reaches(cut.end)
            || (now.since(cut.complete_at) >= self.patience() && self.is_past(video, cut))
    }

    /// How long a complete fragment waits for audio, ms.
    fn patience(&self) -> u64 {
        (WAIT_AUDIO_MS + self.audio_lag.shown()).unsigned_abs()
    }

    /// Video has gone on beyond the fragment by as much as audio is waited for. In a stall of the network it has not: then nothing is filled with silence.
    fn is_past(&self, video: &VideoTrack, cut: &Cut) -> bool {
        video.expected_end() + video.nominal() >= cut.end + self.patience() * TICKS_PER_MS
    }

    fn emit(&mut self, cut: &Cut, health: &mut Health) {
        if cut.starts_segment && self.parts.is_undecided() {
            // The segment before is the first to be listed: what follows goes by its target, so this is planned anew.
            self.parts.decide();
            return;
        }
        let Some(live) = &mut self.live else { return };
        let start = live.video.as_ref().map(VideoTrack::end);
        let start = start
            .or(live.audio.as_ref().map(AudioTrack::end))
            .unwrap_or(self.end);
        let independent = live.video.as_ref().is_none_or(VideoTrack::starts_with_key);
        let video = live.video.as_mut().map(|video| video.take(cut, health));
        let audio = live.audio.as_mut().map(|audio| match video {
            Some(_) => audio.take_until(cut.end, health),
            None => audio.take(cut.samples),
        });
        let starts_segment = self.next.starts_segment || cut.starts_segment;
        if cut.starts_segment {
            self.parts.open_segment(start);
        }
        self.parts.pass(cut.part, cut.end);
        if cut.ends_segment {
            self.segmenter.restart(cut.end);
            self.parts.open_segment(cut.end);
        } else if starts_segment {
            self.segmenter.restart(start);
        }
        self.end = live
            .audio
            .as_ref()
            .map_or(cut.end, |audio| audio.end().max(cut.end));
        self.out.push_back(Output::Fragment(Fragment {
            start,
            duration: u32::try_from(cut.end - start).unwrap_or(u32::MAX),
            independent,
            starts_segment,
            ends_segment: cut.ends_segment,
            discontinuity: self.next.discontinuity,
            part: cut.part,
            video,
            audio,
        }));
        self.next = Marks {
            first: false,
            starts_segment: cut.ends_segment,
            discontinuity: false,
        };
    }
}

/// The next fragment of a stream without video.
fn plan_audio(
    audio: &AudioTrack,
    segmenter: &Segmenter,
    parts: &PartCutter,
    force: bool,
) -> Option<Cut> {
    let frame = audio.format().frame_ticks().max(1);
    // In whole ticks a frame may last one more.
    let part = parts.open(frame, frame + 1);
    let enough = usize::try_from((FRAGMENT_TICKS + frame / 2) / frame)
        .unwrap_or(1)
        .max(1);
    let waiting = audio.len();
    for frames in 1..=waiting.min(enough) {
        let end = audio.tick_after(frames);
        let ends_segment = segmenter.ends_at(end, frame, None);
        let ends_part = ends_segment || part.is_some_and(|part| part.is_full(end));
        if ends_part || frames == enough || (force && frames == waiting) {
            return Some(Cut {
                samples: frames,
                end,
                starts_segment: false,
                ends_segment,
                part: part.map(|part| part.mark(ends_part)),
                complete_at: Mono::default(),
            });
        }
    }
    None
}
