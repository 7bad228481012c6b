//! The fuzz target's function on thousands of stores, damaged by seeded dice.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, unreachable_pub)]

mod look;

use proptest::prelude::*;

/// Positions where something is: the identity, the six frames' headers and records.
fn position() -> impl Strategy<Value = u16> {
    (0..7u16, 0..200u16).prop_map(|(block, at)| block * 4096 + at)
}

fn edits(most: usize) -> impl Strategy<Value = Vec<u8>> {
    let edit = (position(), any::<u8>());
    proptest::collection::vec(edit, 0..most).prop_map(|edits| {
        let bytes = edits.into_iter().flat_map(|(at, value)| {
            let [low, high] = at.to_le_bytes();
            [low, high, value]
        });
        bytes.collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn damaged_stores_open_or_say_why_not(mut data in edits(12), sealed in any::<bool>()) {
        data.insert(0, 1 + u8::from(sealed));
        look::look(&data);
    }

    #[test]
    fn any_bytes_as_a_store_or_an_export_do_no_harm(data in proptest::collection::vec(any::<u8>(), 0..600)) {
        look::look(&data);
    }
}

#[test]
fn extreme_numbers_in_sealed_headers_do_no_harm() {
    for block in 1..7u16 {
        for field in (8..52).step_by(4) {
            for bytes in [[0xff; 4], [0; 4], [0xfe, 0xff, 0xff, 0x7f]] {
                for width in [4, 8] {
                    let mut data = vec![2];
                    for n in 0..width {
                        let at: u16 = block * 4096 + field + n;
                        data.extend(at.to_le_bytes());
                        data.push(bytes[usize::from(n % 4)]);
                    }
                    look::look(&data);
                }
            }
        }
    }
}
