//! H.264: the avcC record, parameter sets, access units.
use bytes::Bytes;

/// Why a record or an access unit was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AvcError {
    /// A field reaches beyond the end.
    #[error("H.264 data ends early: {0}")]
    Short(&'static str),
}

/// Picture facts from an SPS.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SpsInfo {
    /// Cropped luma width, pixels.
    pub width: u32,
    /// Cropped luma height, pixels.
    pub height: u32,
    /// Sample aspect ratio, horizontal : vertical; 1:1 if unknown.
    pub sar: (u32, u32),
    /// Frames per second if the VUI gives 1–240.
    pub frame_rate: Option<f64>,
    /// True if B-frames can occur.
    pub reorders: bool,
}

/// AVCDecoderConfigurationRecord, ISO/IEC 14496-15 §5.3.3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AvcConfig {
    /// profile_idc, constraint flags, level_idc.
    pub profile: [u8; 3],
    /// Bytes of a NAL length prefix: 1, 2 or 4.
    pub length_size: u8,
    /// Sequence parameter sets, NAL header included.
    pub sps: Vec<Bytes>,
    /// Picture parameter sets.
    pub pps: Vec<Bytes>,
}

/// An access unit made fit for MP4: 4-byte length prefixes, no AUD, no parameter sets, no filler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessUnit {
    /// NAL units with 4-byte prefixes; shares the message's memory where nothing had to go.
    pub data: Bytes,
    /// Holds an IDR picture.
    pub idr: bool,
    /// Parameter sets found in band that differ from the record's.
    pub new_config: Option<AvcConfig>,
}

#[allow(clippy::todo)]
impl AvcConfig {
    /// Reads a record; the High-profile tail may be missing.
    pub fn parse(record: &[u8]) -> Result<AvcConfig, AvcError> {
        let _ = record;
        todo!()
    }
    /// Writes a record with 4-byte lengths (and the tail for High profiles), as MP4 wants it.
    pub fn to_record(&self) -> Vec<u8> {
        todo!()
    }
    /// RFC 6381, e.g. `avc1.64001F`.
    pub fn codec_string(&self) -> String {
        todo!()
    }
    /// Facts of the first SPS.
    pub fn info(&self) -> Result<SpsInfo, AvcError> {
        todo!()
    }
    /// Reads one message's NAL units (or Annex B where an encoder sends that).
    pub fn access_unit(&self, data: &Bytes) -> Result<AccessUnit, AvcError> {
        let _ = data;
        todo!()
    }
}

/// NAL units of an MP4 access unit (4-byte prefixes), without their prefixes. Stops at the first violation.
pub fn nal_units(data: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = data;
    std::iter::from_fn(move || {
        let (prefix, tail) = rest.split_at_checked(4)?;
        let length = u32::from_be_bytes(prefix.try_into().ok()?) as usize;
        let (nal, tail) = tail.split_at_checked(length)?;
        rest = tail;
        Some(nal)
    })
}
