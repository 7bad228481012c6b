//! The reader of playlists notices every rule that is broken: each of these lists has one thing wrong.
#![allow(clippy::unwrap_used)]

mod hls_rules;

use hls_rules::Walk;

const FIRST: &str = "#EXTM3U
#EXT-X-VERSION:9
#EXT-X-TARGETDURATION:2
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=3.006,CAN-SKIP-UNTIL=12.000
#EXT-X-PART-INF:PART-TARGET=1.002
#EXT-X-MEDIA-SEQUENCE:10
#EXT-X-DISCONTINUITY-SEQUENCE:4
#EXT-X-MAP:URI=\"i0.mp4\"
#EXT-X-PROGRAM-DATE-TIME:2026-11-22T09:00:00.000Z
#EXT-X-GAP
#EXTINF:2.00000,
s10.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-11-22T09:00:02.000Z
#EXT-X-GAP
#EXTINF:2.00000,
s11.m4s
#EXT-X-DISCONTINUITY
#EXT-X-PROGRAM-DATE-TIME:2026-11-22T09:00:04.000Z
#EXT-X-PART:DURATION=1.00000,URI=\"p1.m4s\",INDEPENDENT=YES
#EXT-X-PART:DURATION=1.00000,URI=\"p2.m4s\"
#EXTINF:2.00000,
s12.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-11-22T09:00:06.000Z
#EXT-X-PART:DURATION=1.00000,URI=\"p3.m4s\",INDEPENDENT=YES
#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"p4.m4s\"
";

/// What follows it: a gap has left, a segment is complete, and its last part is short.
const SECOND: &str = "#EXTM3U
#EXT-X-VERSION:9
#EXT-X-TARGETDURATION:2
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=3.006,CAN-SKIP-UNTIL=12.000
#EXT-X-PART-INF:PART-TARGET=1.002
#EXT-X-MEDIA-SEQUENCE:11
#EXT-X-DISCONTINUITY-SEQUENCE:4
#EXT-X-MAP:URI=\"i0.mp4\"
#EXT-X-PROGRAM-DATE-TIME:2026-11-22T09:00:02.000Z
#EXT-X-GAP
#EXTINF:2.00000,
s11.m4s
#EXT-X-DISCONTINUITY
#EXT-X-PROGRAM-DATE-TIME:2026-11-22T09:00:04.000Z
#EXT-X-PART:DURATION=1.00000,URI=\"p1.m4s\",INDEPENDENT=YES
#EXT-X-PART:DURATION=1.00000,URI=\"p2.m4s\"
#EXTINF:2.00000,
s12.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-11-22T09:00:06.000Z
#EXT-X-PART:DURATION=1.00000,URI=\"p3.m4s\",INDEPENDENT=YES
#EXT-X-PART:DURATION=0.90000,URI=\"p4.m4s\"
#EXT-X-PART:DURATION=0.10000,URI=\"p5.m4s\"
#EXTINF:2.00000,
s13.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-11-22T09:00:08.000Z
#EXT-X-PART:DURATION=0.90000,URI=\"p6.m4s\"
#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"p7.m4s\"
";

fn after_first(text: &str) -> Result<(), String> {
    let mut walk = Walk::new();
    walk.see(FIRST).unwrap();
    walk.see(text)
}

#[test]
fn lists_that_keep_the_rules_are_taken() {
    after_first(FIRST).unwrap();
    after_first(SECOND).unwrap();
}

#[test]
fn one_broken_rule_is_enough() {
    for (from, to) in [
        // Form.
        ("#EXTM3U\n", "\u{feff}#EXTM3U\n"),
        ("p7.m4s\"\n", "p7.m4s\""),
        ("#EXTINF:2.00000,\ns12", "#EXTINF:2.00000\ns12"),
        ("#EXTINF:2.00000,\ns12", "#EXTINF:2,\ns12"),
        (
            "#EXT-X-GAP\n#EXTINF:2.00000,\n",
            "#EXTINF:2.00000,\n#EXT-X-GAP\n",
        ),
        ("#EXT-X-TARGETDURATION:2\n", ""),
        (
            "#EXT-X-VERSION:9\n#EXT-X-TARGETDURATION:2\n",
            "#EXT-X-TARGETDURATION:2\n#EXT-X-VERSION:9\n",
        ),
        ("CAN-BLOCK-RELOAD=YES,", ""),
        ("#EXT-X-PROGRAM-DATE-TIME:2026-11-22T09:00:06.000Z\n", ""),
        ("2026-11-22T09:00:06.000Z", "2026-11-31T09:00:06.000Z"),
        (
            "#EXT-X-PART:DURATION=0.90000,URI=\"p4.m4s\"",
            "#EXT-X-PART:URI=\"p4.m4s\"",
        ),
        ("s13.m4s\n", "s13.m4s\n#EXT-X-ALLOW-CACHE:YES\n"),
        // The header.
        ("VERSION:9", "VERSION:7"),
        ("VERSION:9", "VERSION:10"),
        ("TARGETDURATION:2", "TARGETDURATION:3"),
        ("TARGETDURATION:2", "TARGETDURATION:1"),
        ("PART-TARGET=1.002", "PART-TARGET=1.001"),
        ("PART-HOLD-BACK=3.006", "PART-HOLD-BACK=2.006"),
        ("CAN-SKIP-UNTIL=12.000", "CAN-SKIP-UNTIL=6.000"),
        (",CAN-SKIP-UNTIL=12.000", ""),
        ("#EXT-X-PART-INF:PART-TARGET=1.002\n", ""),
        // Numbers.
        ("MEDIA-SEQUENCE:11", "MEDIA-SEQUENCE:10"),
        ("MEDIA-SEQUENCE:11", "MEDIA-SEQUENCE:12"),
        ("DISCONTINUITY-SEQUENCE:4", "DISCONTINUITY-SEQUENCE:5"),
        ("#EXT-X-DISCONTINUITY-SEQUENCE:4\n", ""),
        ("#EXT-X-DISCONTINUITY\n", ""),
        // What was published.
        ("i0.mp4", "i1.mp4"),
        ("s12.m4s", "s12b.m4s"),
        ("09:00:04.000Z", "09:00:04.001Z"),
        ("\"p2.m4s\"", "\"p2b.m4s\""),
        ("p2.m4s\"", "p2.m4s\",INDEPENDENT=YES"),
        ("DURATION=1.00000,URI=\"p3", "DURATION=0.99000,URI=\"p3"),
        (
            "#EXT-X-PART:DURATION=1.00000,URI=\"p1.m4s\",INDEPENDENT=YES\n#EXT-X-PART:DURATION=1.00000,URI=\"p2.m4s\"\n",
            "",
        ),
        // Names.
        ("s13.m4s", "s12.m4s"),
        ("\"p6.m4s\"", "\"p2.m4s\""),
        // Parts.
        ("\"p4.m4s\"", "\"p44.m4s\""),
        ("DURATION=0.90000,URI=\"p4", "DURATION=0.80000,URI=\"p4"),
        ("DURATION=0.90000,URI=\"p4", "DURATION=1.00300,URI=\"p4"),
        ("DURATION=0.10000", "DURATION=0.10001"),
        // Gaps.
        ("#EXT-X-GAP\n", ""),
        // Dates.
        ("09:00:08.000Z", "09:00:08.010Z"),
        // The hint.
        ("#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"p7.m4s\"\n", ""),
        (
            "p7.m4s\"\n",
            "p7.m4s\"\n#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"p8.m4s\"\n",
        ),
        ("URI=\"p7.m4s\"", "URI=\"p6.m4s\""),
        ("p7.m4s\"\n", "p7.m4s\"\n#EXT-X-ENDLIST\n"),
        ("TYPE=PART,URI=\"p7", "TYPE=MAP,URI=\"p7"),
    ] {
        let broken = SECOND.replace(from, to);
        assert_ne!(broken, SECOND, "{from:?} is not there");
        let taken = after_first(&broken);
        assert!(taken.is_err(), "{from:?} as {to:?} was taken");
    }
}

#[test]
fn a_short_part_must_stay_the_last_of_its_segment() {
    let mut walk = Walk::new();
    walk.see(FIRST).unwrap();
    let hint = "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"p4.m4s\"\n";
    let short = "#EXT-X-PART:DURATION=0.50000,URI=\"p4.m4s\"\n";
    let next = "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"p5.m4s\"\n";
    let one = FIRST.replace(hint, &format!("{short}{next}"));
    walk.see(&one).unwrap();
    let more = "#EXT-X-PART:DURATION=0.40000,URI=\"p5.m4s\"\n";
    let two = one.replace(next, &format!("{more}{}", next.replace("p5", "p6")));
    assert!(walk.see(&two).is_err());
}

#[test]
fn a_removal_leaves_three_target_durations() {
    let mut text = FIRST.replace("SEQUENCE:10", "SEQUENCE:11");
    let gap = text.find("#EXT-X-PROGRAM").unwrap();
    let next = text[gap..].find("s10.m4s\n").unwrap() + gap + 8;
    text.replace_range(gap..next, "");
    let error = after_first(&text).unwrap_err();
    assert!(error.starts_with("fewer than three"), "{error}");
}

/// Twelve segments of 2 s and a delta of them.
fn long(delta: Option<u64>) -> String {
    let skipped = delta.unwrap_or(0);
    let mut text = FIRST[..FIRST.find("#EXT-X-MEDIA").unwrap()].to_owned();
    text.push_str("#EXT-X-MEDIA-SEQUENCE:1\n");
    match delta {
        Some(skipped) => text.push_str(&format!("#EXT-X-SKIP:SKIPPED-SEGMENTS={skipped}\n")),
        None => text.push_str("#EXT-X-MAP:URI=\"i0.mp4\"\n"),
    }
    for n in skipped..12 {
        let second = 2 * n;
        text.push_str(&format!(
            "#EXT-X-PROGRAM-DATE-TIME:2026-11-22T09:00:{second:02}.000Z\n#EXTINF:2.00000,\ns{n}.m4s\n"
        ));
    }
    text.push_str("#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"p9.m4s\"\n");
    text
}

#[test]
fn a_delta_must_give_what_the_whole_list_says() {
    let after_whole = |text: &str| {
        let mut walk = Walk::new();
        walk.see(&long(None)).unwrap();
        walk.see(text)
    };
    after_whole(&long(Some(6))).unwrap();
    // Too new to be skipped, too many, never seen, rewritten.
    assert!(after_whole(&long(Some(7))).is_err());
    assert!(after_whole(&long(Some(5)).replace("SEGMENTS=5", "SEGMENTS=6")).is_err());
    assert!(Walk::new().see(&long(Some(6))).is_err());
    assert!(after_whole(&long(Some(6)).replace("s8.m4s", "s8b.m4s")).is_err());
}

#[test]
fn the_plain_form_has_nothing_of_parts_and_says_the_same() {
    let plain = "#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:2
#EXT-X-MEDIA-SEQUENCE:12
#EXT-X-DISCONTINUITY-SEQUENCE:4
#EXT-X-DISCONTINUITY
#EXT-X-MAP:URI=\"i0.mp4\"
#EXT-X-PROGRAM-DATE-TIME:2026-11-22T09:00:04.000Z
#EXTINF:2.00000,
s12.m4s
";
    let see = |text: &str| {
        let mut walk = Walk::new();
        walk.see(FIRST).unwrap();
        walk.see_plain(text)
    };
    see(plain).unwrap();
    assert!(see(FIRST).is_err());
    for (from, to) in [
        ("2.00000", "1.90000"),
        ("s12", "s13"),
        ("VERSION:7", "VERSION:9"),
        ("#EXTINF", "#EXT-X-GAP\n#EXTINF"),
        ("04.000Z", "05.000Z"),
    ] {
        assert!(see(&plain.replace(from, to)).is_err(), "{to}");
    }
}
