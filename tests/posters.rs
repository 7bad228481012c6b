//! Posters over the real station: the newest keyframe of what was really published, decoded by ffmpeg.
#![allow(clippy::unwrap_used, clippy::panic)]

mod rtmp_support;

use rtmp_support::{House, wait_until};
use std::process::{Command, Stdio};

/// Pictures that ffmpeg decodes, with their size; None where there is no ffmpeg.
fn decoded(poster: &[u8]) -> Option<Vec<String>> {
    use std::io::Write as _;
    let mut file = tempfile::NamedTempFile::with_suffix(".mp4").unwrap();
    file.write_all(poster).unwrap();
    let output = Command::new("ffprobe")
        .args(["-v", "error", "-count_frames", "-show_entries"])
        .args([
            "stream=codec_type,nb_read_frames,width,height",
            "-of",
            "csv=p=0",
        ])
        .arg(file.path())
        .stdin(Stdio::null())
        .output()
        .ok()?;
    assert!(output.stderr.is_empty(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    Some(text.lines().map(str::to_owned).collect())
}

#[test]
fn the_newest_keyframe_is_a_film_of_one_picture_and_outlives_its_session() {
    let house = House::new();
    let (_, key) = house.person("anna");
    assert_eq!(house.station.poster("anna"), None);
    let mut encoder = house.live(2, &key);
    encoder.send(3_000);
    wait_until("a poster", || house.station.poster("anna").is_some());
    let first = house.station.poster("anna").unwrap();
    if let Some(streams) = decoded(&first) {
        assert_eq!(streams.len(), 1, "video only: {streams:?}");
        assert!(
            streams[0].starts_with("video,") && streams[0].ends_with(",1"),
            "{streams:?}"
        );
    }
    encoder.send(3_000);
    assert_eq!(
        house.station.poster("anna"),
        Some(first.clone()),
        "fresh enough"
    );
    wait_until("a newer keyframe's poster", || {
        house.pass(500);
        house.station.poster("anna") != Some(first.clone())
    });

    encoder.say_goodbye();
    wait_until("the end of the session", || {
        house.pass(5_000);
        house.station.tick();
        house.station.on_air("anna").is_none()
    });
    let last = house.station.poster("anna").unwrap();
    assert_ne!(last, first);
    assert!(last.len() > 1_000);
    assert_eq!(house.station.poster("ben"), None);
}

#[test]
fn posters_that_slow_readers_hold_count_until_they_let_go() {
    let house = House::new();
    let (_, key) = house.person("anna");
    let mut encoder = house.live(2, &key);
    let mut held = Vec::new();
    // Keyframes of this size, 2 MiB allowed: before long a reader's hands hold all that may be.
    let padding = vec![0x0C; 120_000];
    let padding = [(padding.len() as u32).to_be_bytes().as_slice(), &padding].concat();
    for _ in 0..60 {
        encoder.send_padded(1_000, &padding);
        house.pass(2_500);
        std::thread::sleep(std::time::Duration::from_millis(20));
        held.extend(house.station.poster("anna"));
    }
    held.dedup();
    let bytes: usize = held.iter().map(bytes::Bytes::len).sum();
    assert!(bytes <= 2 << 20, "{bytes} bytes in {} posters", held.len());
    assert!(held.len() > 5, "{} posters", held.len());
    drop(held);
    wait_until("room again", || {
        encoder.send(1_000);
        house.pass(2_500);
        house.station.poster("anna").is_some()
    });
}
