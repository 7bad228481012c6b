//! The reference fragments of `fixtures/fmp4-minimal` as samples, and the tools that judge what we make of them.
#![allow(dead_code)]
use bytes::Bytes;
use hearth::wire::aac::AacConfig;
use hearth::wire::avc::AvcConfig;
use hearth::wire::fmp4::{SampleEntry, parse_fragment};
use std::io::Write;
use std::process::{Command, Stdio};

pub(crate) const INIT: &[u8] = include_bytes!("../fixtures/fmp4-minimal/init.mp4");
pub(crate) const FRAGMENTS: &[u8] = include_bytes!("../fixtures/fmp4-minimal/fragments.m4s");

/// 4 s of 192x108 at 30 fps with B-frames and a keyframe a second, 48 kHz mono AAC-LC.
pub(crate) struct Media {
    pub(crate) video: Vec<(u64, SampleEntry, Vec<u8>)>,
    pub(crate) audio: Vec<(u64, SampleEntry, Vec<u8>)>,
}

pub(crate) fn avc() -> AvcConfig {
    let at = INIT.windows(4).position(|w| w == b"avcC").unwrap() + 4;
    let sps_len = usize::from(u16::from_be_bytes([INIT[at + 6], INIT[at + 7]]));
    let sps = &INIT[at + 8..at + 8 + sps_len];
    let pps_at = at + 8 + sps_len + 1;
    let pps_len = usize::from(u16::from_be_bytes([INIT[pps_at], INIT[pps_at + 1]]));
    let pps = &INIT[pps_at + 2..pps_at + 2 + pps_len];
    AvcConfig {
        profile: [INIT[at + 1], INIT[at + 2], INIT[at + 3]],
        length_size: 4,
        sps: vec![Bytes::from_static(sps)],
        pps: vec![Bytes::from_static(pps)],
    }
}

pub(crate) fn aac() -> AacConfig {
    AacConfig {
        object_type: 2,
        core_object_type: 2,
        sample_rate: 48_000,
        output_rate: 48_000,
        channel_config: 1,
        frame_samples: 1024,
        record: Bytes::from_static(&[0x11, 0x88, 0x56, 0xe5, 0x00]),
    }
}

/// The fixture's fragments, one slice each (`moof` and `mdat`).
pub(crate) fn fragments() -> Vec<&'static [u8]> {
    let size = |at: usize| u32::from_be_bytes(FRAGMENTS[at..at + 4].try_into().unwrap()) as usize;
    let (mut out, mut at) = (Vec::new(), 0);
    while at < FRAGMENTS.len() {
        let moof = size(at);
        let end = at + moof + size(at + moof);
        out.push(&FRAGMENTS[at..end]);
        at = end;
    }
    out
}

pub(crate) fn media() -> Media {
    let mut media = Media {
        video: Vec::new(),
        audio: Vec::new(),
    };
    for bytes in fragments() {
        let parsed = parse_fragment(bytes).unwrap();
        for (run, into) in [
            (parsed.video, &mut media.video),
            (parsed.audio, &mut media.audio),
        ] {
            let run = run.unwrap();
            into.extend(run.samples_in(bytes).map(|sample| {
                let (time, entry, data) = sample.unwrap();
                (time, entry, data.to_vec())
            }));
        }
    }
    media
}

/// Runs `ffmpeg` or `ffprobe` (both must be installed) over `input`: what it printed and what it complained of.
pub(crate) fn run_tool(tool: &str, args: &[&str], input: &[u8]) -> (String, String) {
    let mut child = Command::new(tool)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{tool} is needed by this test: {error}"));
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let feeder = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().unwrap();
    feeder.join().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    assert!(output.status.success(), "{tool}: {}", text(output.stderr));
    (text(output.stdout), text(output.stderr))
}

/// Packets as ffprobe sees them: (codec type, pts, dts, size). Fails on any complaint.
pub(crate) fn probe(input: &[u8]) -> Vec<(String, i64, i64, usize)> {
    let entries = "packet=codec_type,pts,dts,size";
    let args = [
        "-v",
        "error",
        "-show_packets",
        "-show_entries",
        entries,
        "-of",
        "csv=p=0",
        "-",
    ];
    let (packets, complaints) = run_tool("ffprobe", &args, input);
    assert_eq!(complaints, "");
    let row = |line: &str| {
        let mut cells = line.split(',').map(str::to_owned);
        let mut next = || cells.next().unwrap();
        let (kind, pts, dts, size) = (next(), next(), next(), next());
        let number = |text: String| text.parse::<i64>().unwrap();
        (kind, number(pts), number(dts), size.parse().unwrap())
    };
    // Side data gets lines of its own.
    let is_packet = |line: &&str| line.starts_with("video,") || line.starts_with("audio,");
    packets.lines().filter(is_packet).map(row).collect()
}

/// Fails if ffmpeg complains of anything while decoding.
pub(crate) fn assert_decodes_cleanly(input: &[u8]) {
    let args = ["-v", "warning", "-xerror", "-i", "-", "-f", "null", "-"];
    assert_eq!(run_tool("ffmpeg", &args, input).1, "");
}
