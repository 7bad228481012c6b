//! Floor 1, *wire*: formats. Bytes in, values out; no sockets, files, clocks, threads or log.

pub mod aac;
pub mod avc;
pub mod bits;
pub mod flv;
pub mod fmp4;
pub mod http;
pub mod m3u8;
pub mod mpegts;
pub mod rtmp;
