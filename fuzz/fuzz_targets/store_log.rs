//! Any bytes as the store's files. `tests/store_fuzz` does the same with seeded dice; the function is there.
#![no_main]

#[path = "../../tests/store_fuzz/look.rs"]
mod look;

libfuzzer_sys::fuzz_target!(|data: &[u8]| look::look(data));
