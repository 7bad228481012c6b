//! The segment muxer: access units in, one self-contained segment's packets out.
//!
//! The bytes depend on the segment's own samples alone: whoever makes it, whenever, gets the same ones, and still the continuity
//! counters run on from segment to segment (see [`Pid::write_pes`]).
use super::packet::{Adaptation, COUNTER_CYCLE, Pid};
use super::pes::{AUDIO_STREAM, MAX_LENGTH, VIDEO_STREAM, put_header, set_length};
use super::psi::{pat, pmt};
use super::{AUDIO_BATCH, AUDIO_PID, ORIGIN, PAT_PID, PCR_LEAD, PMT_PID, VIDEO_PID};
use crate::wire::avc::{AvcConfig, nal_units};

const START_CODE: [u8; 4] = [0, 0, 0, 1];
/// Access unit delimiter: any primary_pic_type. Apple's players need one.
const DELIMITER: [u8; 6] = [0, 0, 0, 1, 0x09, 0xf0];

/// One video access unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VideoUnit<'a> {
    /// Decode time, 90 kHz ticks of the session.
    pub dts: u64,
    /// PTS − DTS, 90 kHz ticks. A negative one, which a transport stream can't carry, counts as 0.
    pub composition: i32,
    /// An IDR picture: gets the parameter sets and the random access indicator.
    pub key: bool,
    /// NAL units with 4-byte length prefixes, without delimiter and parameter sets.
    pub data: &'a [u8],
}

/// See the module. What is made lies in [`SegmentMuxer::written`] until cleared; beyond that one access unit a track is held.
#[derive(Debug)]
pub struct SegmentMuxer {
    out: Vec<u8>,
    pat: Pid,
    pmt: Pid,
    pmt_section: Vec<u8>,
    parameter_sets: Vec<u8>,
    has_video: bool,
    video: Stream,
    audio: Stream,
}

/// An elementary stream. Its newest PES packet is held back: only when the next comes is it known not to be the last.
#[derive(Debug)]
struct Stream {
    pid: Pid,
    pes: Vec<u8>,
    dts: u64,
    adaptation: Adaptation,
}

impl Stream {
    fn new(pid: u16) -> Stream {
        Stream {
            pid: Pid::new(pid),
            pes: Vec::new(),
            dts: 0,
            adaptation: Adaptation::default(),
        }
    }

    /// Begins a PES packet; the one before must have been flushed.
    fn begin(&mut self, stream: u8, pts: u64, dts: u64, adaptation: Adaptation) {
        (self.dts, self.adaptation) = (dts, adaptation);
        put_header(&mut self.pes, stream, pts, dts);
    }

    fn flush(&mut self, out: &mut Vec<u8>, last: bool) {
        if self.pes.is_empty() {
            return;
        }
        set_length(&mut self.pes);
        self.pid.write_pes(out, self.adaptation, &self.pes, last);
        self.pes.clear();
    }
}

impl SegmentMuxer {
    /// A segment that declares these tracks and begins with PAT and PMT. At least one track is there.
    pub fn new(video: Option<&AvcConfig>, audio: bool) -> SegmentMuxer {
        let mut muxer = SegmentMuxer {
            out: Vec::new(),
            pat: Pid::new(PAT_PID),
            pmt: Pid::new(PMT_PID),
            pmt_section: pmt(video.is_some(), audio),
            parameter_sets: video.map(annex_b_parameter_sets).unwrap_or_default(),
            has_video: video.is_some(),
            video: Stream::new(VIDEO_PID),
            audio: Stream::new(AUDIO_PID),
        };
        muxer.write_tables();
        muxer
    }

    /// The next access unit in decode order.
    pub fn push_video(&mut self, unit: &VideoUnit<'_>) {
        self.video.flush(&mut self.out, false);
        let dts = unit.dts.wrapping_add(ORIGIN);
        let pts = dts.wrapping_add(u64::from(unit.composition.max(0).unsigned_abs()));
        let adaptation = Adaptation {
            random_access: unit.key,
            pcr: Some(dts.wrapping_sub(PCR_LEAD)),
        };
        self.video.begin(VIDEO_STREAM, pts, dts, adaptation);
        let pes = &mut self.video.pes;
        pes.extend_from_slice(&DELIMITER);
        if unit.key {
            pes.extend_from_slice(&self.parameter_sets);
        }
        for nal in nal_units(unit.data).filter(|nal| !nal.is_empty()) {
            pes.extend_from_slice(&START_CODE);
            pes.extend_from_slice(nal);
        }
    }

    /// The next audio frame: presentation time in 90 kHz ticks of the session, its ADTS header, its raw bytes.
    pub fn push_audio(&mut self, pts: u64, adts: &[u8; 7], frame: &[u8]) {
        let pts = pts.wrapping_add(ORIGIN);
        let stream = &mut self.audio;
        let grown = stream.pes.len() + adts.len() + frame.len();
        if pts.wrapping_sub(stream.dts) >= AUDIO_BATCH || grown > MAX_LENGTH {
            stream.flush(&mut self.out, false);
        }
        if stream.pes.is_empty() {
            let alone = !self.has_video;
            let adaptation = Adaptation {
                random_access: alone,
                pcr: alone.then(|| pts.wrapping_sub(PCR_LEAD)),
            };
            stream.begin(AUDIO_STREAM, pts, pts, adaptation);
        }
        stream.pes.extend_from_slice(adts);
        stream.pes.extend_from_slice(frame);
    }

    /// What was made since the last [`SegmentMuxer::clear`].
    pub fn written(&self) -> &[u8] {
        &self.out
    }

    /// Forgets what was made so far; it has been stored.
    pub fn clear(&mut self) {
        self.out.clear();
    }

    /// Ends the segment: the rest of its bytes since the last [`SegmentMuxer::clear`].
    pub fn finish(mut self) -> Vec<u8> {
        if self.audio.dts < self.video.dts {
            self.audio.flush(&mut self.out, true);
        }
        self.video.flush(&mut self.out, true);
        self.audio.flush(&mut self.out, true);
        for _ in 1..COUNTER_CYCLE {
            self.write_tables();
        }
        self.out
    }

    fn write_tables(&mut self) {
        self.pat.write_section(&mut self.out, &pat());
        self.pmt.write_section(&mut self.out, &self.pmt_section);
    }
}

fn annex_b_parameter_sets(config: &AvcConfig) -> Vec<u8> {
    let mut out = Vec::new();
    for set in config.sps.iter().chain(&config.pps) {
        out.extend_from_slice(&START_CODE);
        out.extend_from_slice(set);
    }
    out
}
