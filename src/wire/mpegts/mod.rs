//! MPEG transport stream, ISO/IEC 13818-1: one self-contained segment at a time, for HLS.
//!
//! Program 1 of stream 1 with H.264 and AAC in ADTS. Writing only.

mod packet;
mod pes;
mod psi;
mod segment;

pub use segment::{SegmentMuxer, VideoUnit};

/// Bytes of a packet; a segment is a whole number of them.
pub const PACKET: usize = 188;
/// PID of the program association table.
pub const PAT_PID: u16 = 0;
/// PID of the program map table.
pub const PMT_PID: u16 = 0x1000;
/// PID of the video.
pub const VIDEO_PID: u16 = 0x100;
/// PID of the audio.
pub const AUDIO_PID: u16 = 0x101;
/// 90 kHz ticks in the transport stream at which tick 0 of a session stands (10 s): a PCR before the first DTS is never negative.
pub const ORIGIN: u64 = 900_000;
/// How far the PCR runs ahead of the DTS, 90 kHz ticks (0.7 s): what a decoder may buffer.
pub const PCR_LEAD: u64 = 63_000;
/// Audio frames that begin within this many 90 kHz ticks (80 ms) share a PES packet: a lone frame would waste a packet's rest,
/// and where audio is alone its PES packets carry the PCR, due every 100 ms.
pub const AUDIO_BATCH: u64 = 7_200;
/// Time stamps have 33 bits and wrap.
const TIMESTAMP_MASK: u64 = (1 << 33) - 1;
