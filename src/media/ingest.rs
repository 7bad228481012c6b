//! From a publisher's tags to fragments: FLV tags in, tracks and fragments out.

use super::audio_track::AudioFormat;
use super::fragment::Tracks;
pub use super::health::Health;
use super::meter::Meter;
use super::opening::{Decision, Held, Known, Opening};
pub use super::packager::Output;
use super::packager::Packager;
use super::packager::Stretch;
use super::part_rule::PartRule;
use super::sample::{Picture, Sound, TICKS_PER_MS};
use super::timeline::{Timeline, Track};
use crate::limits::media::{MAX_COMPOSITION_MS, WAIT_IDR_MS};
use crate::time::Mono;
use crate::wire::aac::{AacConfig, AacError};
use crate::wire::avc::{AccessUnit, AvcConfig};
use crate::wire::flv::{self, AudioTag, VideoTag};
use crate::wire::rtmp::connection::Metadata;
use bytes::Bytes;

/// Why this publisher can't go on; the text is for the encoder.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IngestError {
    /// A codec that Hearth does not take.
    #[error("Hearth takes H.264 and AAC; this encoder sends {0}")]
    Unsupported(&'static str),
}

const STRANGE_AAC: IngestError =
    IngestError::Unsupported("AAC of a profile or channel layout that Hearth does not know");

/// How an ingest starts.
#[derive(Clone, Copy, Debug)]
pub struct IngestStart {
    /// 90 kHz ticks of the session's timeline at which the first sample is put.
    pub at: u64,
    /// Keyframe interval that this key showed before, ms.
    pub expected_keyframe_interval_ms: Option<u32>,
    /// What the session has decided about parts.
    pub parts: PartRule,
}

/// See the module.
#[derive(Debug)]
pub struct Ingest {
    timeline: Timeline,
    /// There until it is decided which tracks to start with.
    opening: Option<Opening>,
    packager: Packager,
    health: Health,
    meter: Meter,
    /// The newest configurations; what is being put out may lag behind until the next keyframe.
    video: Option<AvcConfig>,
    audio: Option<(AacConfig, AudioFormat)>,
    says_video: Option<bool>,
    says_audio: Option<bool>,
    says_frame_rate: Option<f64>,
    last_idr: Mono,
    skip_to_key: bool,
}

impl Ingest {
    /// A fresh publisher.
    pub fn new(start: IngestStart, now: Mono) -> Ingest {
        let interval = start.expected_keyframe_interval_ms;
        let interval = interval.map(|ms| u64::from(ms) * TICKS_PER_MS);
        Ingest {
            timeline: Timeline::new(),
            opening: Some(Opening::default()),
            packager: Packager::new(start.at, interval, start.parts),
            health: Health::default(),
            meter: Meter::default(),
            video: None,
            audio: None,
            says_video: None,
            says_audio: None,
            says_frame_rate: None,
            last_idr: now,
            skip_to_key: false,
        }
    }

    /// `onMetaData` came.
    pub fn metadata(&mut self, metadata: &Metadata) {
        self.says_video = metadata.video;
        self.says_audio = metadata.audio;
        self.says_frame_rate = metadata.frame_rate;
        Meter::metadata(metadata, &mut self.health);
    }

    /// A video message: 32-bit ms as it came, FLV tag body.
    pub fn video(&mut self, timestamp: u32, body: Bytes, now: Mono) -> Result<(), IngestError> {
        match flv::parse_video(body) {
            Ok(VideoTag::AvcConfig(record)) => self.video_config(&record),
            Ok(VideoTag::AvcFrame {
                key,
                composition_ms,
                data,
            }) => self.access_unit(timestamp, key, composition_ms, &data, now),
            Ok(VideoTag::Unsupported(codec)) => return Err(IngestError::Unsupported(codec)),
            Ok(VideoTag::Nothing) => {}
            Err(_) => self.health.malformed += 1,
        }
        self.open(now);
        Ok(())
    }

    /// An audio message.
    pub fn audio(&mut self, timestamp: u32, body: Bytes, now: Mono) -> Result<(), IngestError> {
        match flv::parse_audio(body) {
            Ok(AudioTag::AacConfig(record)) => self.audio_config(&record)?,
            Ok(AudioTag::AacFrame(data)) if data.is_empty() => self.health.malformed += 1,
            Ok(AudioTag::AacFrame(data)) => self.audio_frame(timestamp, data, now),
            Ok(AudioTag::Unsupported(codec)) => return Err(IngestError::Unsupported(codec)),
            Ok(AudioTag::Nothing) => {}
            Err(_) => self.health.malformed += 1,
        }
        self.open(now);
        Ok(())
    }

    /// When `tick` must be called at the latest.
    pub fn deadline(&self) -> Option<Mono> {
        match &self.opening {
            Some(opening) => opening.deadline(self.known()),
            None => self.packager.deadline(),
        }
    }

    /// Time has passed.
    pub fn tick(&mut self, now: Mono) {
        self.open(now);
        self.packager.tick(now, &mut self.health);
    }

    /// What was made, oldest first.
    pub fn poll(&mut self) -> Option<Output> {
        self.packager.poll()
    }

    /// The publisher left: what is complete comes out.
    pub fn finish(&mut self, now: Mono) {
        let known = self.known();
        let decision = self
            .opening
            .as_ref()
            .and_then(|opening| opening.decide_now(known));
        if let Some(decision) = decision {
            self.start(decision);
        }
        self.packager.tick(now, &mut self.health);
        self.packager.finish(&mut self.health);
    }

    /// What was measured and repaired.
    pub fn health(&self) -> &Health {
        &self.health
    }

    /// Where the next sample of a continuation should be put: the end of what was made, 90 kHz ticks.
    pub fn end(&self) -> u64 {
        self.packager.end()
    }

    fn known(&self) -> Known {
        Known {
            video: self.video.as_ref().is_some_and(AvcConfig::is_complete),
            audio: self.audio.is_some(),
            says_video: self.says_video,
            says_audio: self.says_audio,
        }
    }

    fn video_config(&mut self, record: &[u8]) {
        let Ok(config) = AvcConfig::parse(record) else {
            self.health.malformed += 1;
            return;
        };
        // Pictures of another configuration can't go out before the next keyframe brings its tracks.
        self.skip_to_key |= self.video.as_ref().is_some_and(|old| *old != config);
        Meter::video(&config, &mut self.health);
        self.video = Some(config);
    }

    fn audio_config(&mut self, record: &[u8]) -> Result<(), IngestError> {
        let config = match AacConfig::parse(record) {
            Ok(config) => config,
            Err(AacError::ObjectType(_) | AacError::Channels(_)) => return Err(STRANGE_AAC),
            Err(_) => {
                self.health.malformed += 1;
                return Ok(());
            }
        };
        if self.audio_config_now() == Some(&config) {
            return Ok(());
        }
        let format = AudioFormat {
            sample_rate: config.sample_rate,
            frame_samples: config.frame_samples,
            silence: config.silent_frame().ok_or(STRANGE_AAC)?,
        };
        Meter::audio(&config, &mut self.health);
        self.audio = Some((config, format));
        Ok(())
    }

    fn access_unit(
        &mut self,
        timestamp: u32,
        flag: bool,
        composition: i32,
        data: &Bytes,
        now: Mono,
    ) {
        self.health.video_frames += 1;
        self.health.video_bytes += data.len() as u64;
        let dts = self
            .timeline
            .place(Track::Video, timestamp, now, &mut self.health);
        let Some(config) = &self.video else {
            self.health.pictures_dropped += 1;
            return;
        };
        match config.access_unit(data) {
            Ok(unit) if unit.data.is_empty() => self.take_config(unit.new_config),
            Ok(unit) => {
                let key = self.is_key(&unit, flag, now);
                self.take_config(unit.new_config);
                let composition = self.composition(composition);
                self.meter
                    .picture(dts, composition, key, now, &mut self.health);
                let data = unit.data;
                self.picture(
                    Picture {
                        dts,
                        composition,
                        key,
                        data,
                    },
                    now,
                );
            }
            Err(_) => self.health.malformed += 1,
        }
    }

    fn take_config(&mut self, config: Option<AvcConfig>) {
        if let Some(config) = &config {
            Meter::video(config, &mut self.health);
        }
        self.video = config.or(self.video.take());
    }

    /// IDR pictures start a fragment. Encoders that refresh by and by never send one: then the tag's flag is believed.
    fn is_key(&mut self, unit: &AccessUnit, flag: bool, now: Mono) -> bool {
        if unit.idr {
            self.last_idr = now;
        }
        unit.idr || (flag && now.since(self.last_idr) >= WAIT_IDR_MS)
    }

    fn composition(&mut self, ms: i32) -> i32 {
        if ms.unsigned_abs() <= MAX_COMPOSITION_MS {
            return ms;
        }
        self.health.compositions_reset += 1;
        0
    }

    fn picture(&mut self, picture: Picture, now: Mono) {
        let is_usable = self.known().video;
        if let Some(opening) = &mut self.opening {
            // Without parameter sets nobody could show it, and nothing says when they come.
            let used = is_usable && opening.video(picture, now);
            self.health.pictures_dropped += u64::from(!used);
            return;
        }
        self.skip_to_key &= !picture.key;
        if self.skip_to_key {
            self.health.pictures_dropped += 1;
            return;
        }
        if picture.key && self.is_changed() && self.known().video {
            self.change(picture.dts, true);
        }
        self.packager.video(picture, now, &mut self.health);
    }

    fn audio_frame(&mut self, timestamp: u32, data: Bytes, now: Mono) {
        self.health.audio_frames += 1;
        self.health.audio_bytes += data.len() as u64;
        let time = self
            .timeline
            .place(Track::Audio, timestamp, now, &mut self.health);
        self.meter.sound(time, now, &mut self.health);
        if self.audio.is_none() {
            self.health.audio_dropped += 1;
            return;
        }
        let sound = Sound { time, data };
        if let Some(opening) = &mut self.opening {
            opening.audio(sound, now);
            return;
        }
        let playing = self.packager.tracks();
        let same = playing.is_some_and(|tracks| tracks.audio.as_ref() == self.audio_config_now());
        let alone = playing.is_some_and(|tracks| tracks.video.is_none());
        if !same && alone {
            self.change(time, false);
        } else if !same {
            self.health.audio_dropped += 1;
            return;
        }
        self.packager.audio(sound, now, &mut self.health);
    }

    fn audio_config_now(&self) -> Option<&AacConfig> {
        self.audio.as_ref().map(|(config, _)| config)
    }

    /// Starts output if it is time.
    fn open(&mut self, now: Mono) {
        let known = self.known();
        let decision = self
            .opening
            .as_mut()
            .and_then(|opening| opening.decide(known, now));
        if let Some(decision) = decision {
            self.start(decision);
        }
    }

    fn start(&mut self, decision: Decision) {
        let Some(opening) = self.opening.take() else {
            return;
        };
        let stretch = self.stretch(decision.video, decision.audio);
        self.packager.begin(stretch, decision.at, &mut self.health);
        for held in opening.into_held() {
            match held {
                Held::Picture(picture, at) => self.picture(picture, at),
                Held::Sound(sound, at) if decision.audio => {
                    self.packager.audio(sound, at, &mut self.health);
                }
                Held::Sound(..) => {}
            }
        }
    }

    /// What goes out is not of the newest configurations.
    fn is_changed(&self) -> bool {
        self.packager.tracks().is_none_or(|tracks| {
            tracks.video != self.video || tracks.audio.as_ref() != self.audio_config_now()
        })
    }

    /// New tracks from `at` ms on.
    fn change(&mut self, at: i64, video: bool) {
        self.health.track_changes += 1;
        let stretch = self.stretch(video, self.audio.is_some());
        self.packager.begin(stretch, at, &mut self.health);
    }

    fn stretch(&self, video: bool, audio: bool) -> Stretch {
        let video = self.video.clone().filter(|_| video);
        let stated = video.as_ref().and_then(|config| config.info().ok());
        let audio = self.audio.clone().filter(|_| audio);
        let (audio, format) = audio.unzip();
        Stretch {
            frame_rate: stated
                .and_then(|info| info.frame_rate)
                .or(self.says_frame_rate),
            tracks: Tracks { video, audio },
            audio: format,
        }
    }
}
