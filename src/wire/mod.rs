//! Floor 1, *wire*: formats. Bytes in, values out; no sockets, files, clocks, threads or log.

pub mod aac;
pub mod avc;
pub mod bits;
pub mod boot_env;
pub mod dns;
pub mod flv;
pub mod fmp4;
pub mod hls_query;
pub mod http;
pub mod m3u8;
pub mod mpegts;
pub mod rtmp;
pub mod update_answer;
pub mod update_head;
pub mod wifi;
pub mod zip;
