//! The HTTP edge (owner: helper E).
