//! The timeline (owner: helper C).
