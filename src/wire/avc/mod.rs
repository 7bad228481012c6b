//! H.264: the avcC record, parameter sets, access units (ISO/IEC 14496-10 and -15).

mod access_unit;
mod nal;
mod record;
mod sps;

pub use access_unit::AccessUnit;
pub use nal::nal_units;
pub use record::AvcConfig;
pub use sps::SpsInfo;

/// Why a record or an access unit was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AvcError {
    /// A field reaches beyond the end.
    #[error("H.264 data ends early: {0}")]
    Short(&'static str),
    /// The record is of a version that nobody has defined.
    #[error("expected version 1 of the H.264 record, got {0}")]
    Version(u8),
    /// NAL lengths of three bytes do not exist.
    #[error("NAL length prefix of {0} bytes, expected 1, 2 or 4")]
    LengthSize(u8),
    /// The record brings no SPS, and none came in band yet.
    #[error("no sequence parameter set yet")]
    NoSps,
    /// A field of a parameter set has no sensible value.
    #[error("H.264 parameter set has a bad {0}")]
    BadField(&'static str),
    /// A NAL unit's length does not fit into the message.
    #[error("NAL unit of {length} bytes where {left} are left")]
    NalLength {
        /// As its prefix says.
        length: usize,
        /// Bytes behind the prefix.
        left: usize,
    },
    /// More NAL units than a picture has slices.
    #[error("more than {limit} NAL units in an access unit", limit = crate::limits::rtmp::MAX_NAL_UNITS)]
    TooManyNalUnits,
}
