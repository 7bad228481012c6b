//! Bounds of HTTP edge and UI.
