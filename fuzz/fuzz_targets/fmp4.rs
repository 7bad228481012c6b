//! Whatever the bytes, a fragment is read or refused, and no sample reaches beyond them.
#![no_main]
use hearth::wire::fmp4::parse_fragment;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(fragment) = parse_fragment(bytes) else {
        return;
    };
    for run in fragment.video.iter().chain(&fragment.audio) {
        for (_, entry, data) in run.samples_in(bytes).map_while(Result::ok) {
            assert_eq!(entry.size as usize, data.len());
        }
    }
});
