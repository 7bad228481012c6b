//! Bounds of RTMP connections.
