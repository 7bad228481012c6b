//! Bounds of timeline, packager, rings.
