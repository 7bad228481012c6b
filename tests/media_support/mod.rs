//! Simulated publishers, and the rules that whatever they send must come out by.
#![allow(dead_code, unreachable_pub, missing_docs)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub mod check;
pub mod ingest;
pub mod publisher;
