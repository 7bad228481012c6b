//! Simulated publishers as FLV tags through a whole ingest.

use super::publisher::{Event, Packaged, Publisher, by_arrival};
use bytes::Bytes;
use hearth::media::ingest::{Health, Ingest, IngestError, IngestStart, Output};
use hearth::media::part_rule::PartRule;
use hearth::media::timeline::Track;
use hearth::time::Mono;
use hearth::wire::rtmp::connection::Metadata;

/// 640x360, 25 pictures a second.
pub const SPS: &str = "6742c01eda0280bfe5c044000003000400000300c83c58ba80";
/// 1280x720, 29.97 pictures a second.
pub const OTHER_SPS: &str = "6742c01fda014016ec04400000fa40003a9803c60ca8";

pub fn hex(text: &str) -> Vec<u8> {
    data_encoding::HEXLOWER.decode(text.as_bytes()).unwrap()
}

/// The tag of an avcC record.
pub fn avc_config(sps: &str) -> Bytes {
    let sps = hex(sps);
    let mut tag = vec![0x17, 0, 0, 0, 0, 1];
    tag.extend_from_slice(&sps[1..4]);
    tag.extend_from_slice(&[0xff, 0xe1, 0, sps.len() as u8]);
    tag.extend_from_slice(&sps);
    tag.extend_from_slice(&[1, 0, 4, 0x68, 0xce, 0x3c, 0x80]);
    Bytes::from(tag)
}

/// The tag of an AudioSpecificConfig.
pub fn aac_config(record: &str) -> Bytes {
    let mut tag = vec![0xaf, 0];
    tag.extend(hex(record));
    Bytes::from(tag)
}

/// The tag of a sample; its stamp stands behind the NAL unit's prefix and header.
pub fn tag(event: &Event) -> Bytes {
    let data = event.data();
    let mut tag = match event.track {
        Track::Audio => vec![0xaf, 1],
        Track::Video => {
            let [_, cts @ ..] = event.composition.to_be_bytes();
            let (kind, nal) = if event.key {
                (0x17, 0x65)
            } else {
                (0x27, 0x41)
            };
            let mut tag = vec![kind, 1];
            tag.extend_from_slice(&cts);
            tag.extend_from_slice(&(data.len() as u32 + 1).to_be_bytes());
            tag.push(nal);
            tag
        }
    };
    tag.extend_from_slice(&data);
    Bytes::from(tag)
}

/// An ingest, its timers kept to.
pub struct Line {
    pub ingest: Ingest,
    outputs: Vec<(u64, Output)>,
    now: u64,
}

impl Line {
    pub fn new() -> Line {
        Line::starting(IngestStart {
            at: 0,
            expected_keyframe_interval_ms: None,
            parts: PartRule::Undecided,
        })
    }

    pub fn starting(start: IngestStart) -> Line {
        Line {
            ingest: Ingest::new(start, Mono(0)),
            outputs: Vec::new(),
            now: 0,
        }
    }

    pub fn announce(&mut self, video: Option<bool>, audio: Option<bool>) {
        self.ingest.metadata(&Metadata {
            video,
            audio,
            ..Metadata::default()
        });
    }

    pub fn video(&mut self, timestamp: u32, body: Bytes, now: u64) -> Result<(), IngestError> {
        self.pass_time(now);
        self.ingest.video(timestamp, body, Mono(now))?;
        self.drain();
        Ok(())
    }

    pub fn audio(&mut self, timestamp: u32, body: Bytes, now: u64) -> Result<(), IngestError> {
        self.pass_time(now);
        self.ingest.audio(timestamp, body, Mono(now))?;
        self.drain();
        Ok(())
    }

    pub fn configs(&mut self, video: bool, audio: bool) {
        if video {
            self.video(0, avc_config(SPS), self.now).unwrap();
        }
        if audio {
            self.audio(0, aac_config("1190"), self.now).unwrap();
        }
    }

    pub fn send(&mut self, events: &[Event]) {
        for event in by_arrival(events) {
            let body = tag(&event);
            match event.track {
                Track::Video => self.video(event.raw, body, event.arrival).unwrap(),
                Track::Audio => self.audio(event.raw, body, event.arrival).unwrap(),
            }
        }
    }

    /// Everything that came out so far.
    pub fn outputs(&self) -> &[(u64, Output)] {
        &self.outputs
    }

    pub fn pass_time(&mut self, until: u64) {
        while let Some(due) = self.ingest.deadline().filter(|due| due.0 <= until) {
            self.now = due.0.max(self.now);
            self.ingest.tick(Mono(self.now));
            assert_ne!(
                self.ingest.deadline(),
                Some(due),
                "a deadline that does not pass"
            );
            self.drain();
        }
        self.now = until;
    }

    fn drain(&mut self) {
        while let Some(output) = self.ingest.poll() {
            self.outputs.push((self.now, output));
        }
    }

    pub fn health(&self) -> &Health {
        self.ingest.health()
    }

    pub fn finish(mut self) -> Packaged {
        self.ingest.finish(Mono(self.now));
        self.drain();
        Packaged {
            health: self.ingest.health().clone(),
            end: self.ingest.end(),
            outputs: self.outputs,
            most_pending: 0,
            stamp_at: 5,
        }
    }
}

/// A whole stream with both configurations first.
pub fn ingest(publisher: &Publisher, events: &[Event]) -> Packaged {
    let mut line = Line::new();
    line.announce(Some(publisher.video), Some(publisher.audio));
    line.configs(publisher.video, publisher.audio);
    line.send(events);
    line.finish()
}
