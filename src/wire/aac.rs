//! AAC: AudioSpecificConfig, ADTS headers, a silent frame.
use bytes::Bytes;

/// Why a configuration was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AacError {
    /// The record ends early.
    #[error("AudioSpecificConfig ends early")]
    Short,
}

/// AudioSpecificConfig, ISO/IEC 14496-3 §1.6.2.1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AacConfig {
    /// Audio object type as signalled: 2 LC, 5 SBR, 29 PS.
    pub object_type: u8,
    /// Object type of the core coder.
    pub core_object_type: u8,
    /// Sampling rate of the core, Hz: the time base of frame durations.
    pub sample_rate: u32,
    /// Output rate if SBR is signalled explicitly, else the core's.
    pub output_rate: u32,
    /// Channel configuration field, 1–7 (0: in a program config element).
    pub channel_config: u8,
    /// Samples a frame at the core's rate: 1024 or 960.
    pub frame_samples: u32,
    /// The record as it came.
    pub record: Bytes,
}

#[allow(clippy::todo)]
impl AacConfig {
    /// Reads a record.
    pub fn parse(record: &[u8]) -> Result<AacConfig, AacError> {
        let _ = record;
        todo!()
    }
    /// Channels heard.
    pub fn channels(&self) -> u16 {
        todo!()
    }
    /// RFC 6381, e.g. `mp4a.40.2`.
    pub fn codec_string(&self) -> String {
        todo!()
    }
    /// The 7 bytes before a raw frame of `frame_len` bytes; None if ADTS can't say it (channel config 0, frame too long).
    pub fn adts_header(&self, frame_len: usize) -> Option<[u8; 7]> {
        let _ = frame_len;
        todo!()
    }
    /// A raw frame of silence in this configuration (channel config 0 gives None).
    pub fn silent_frame(&self) -> Option<Bytes> {
        todo!()
    }
}
