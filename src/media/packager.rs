//! The packager (owner: helper C).
