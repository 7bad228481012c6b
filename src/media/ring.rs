//! The ring (owner: helper D).
