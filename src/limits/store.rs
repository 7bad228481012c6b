//! Bounds of flash log and its index.
