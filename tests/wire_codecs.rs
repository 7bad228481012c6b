//! Codec records and access units of real encoders, and what a real decoder makes of ours.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use bytes::Bytes;
use hearth::wire::aac::AacConfig;
use hearth::wire::avc::{AvcConfig, nal_units};
use hearth::wire::flv::{
    AudioTag, FlvError, FlvFile, FlvTag, FlvTagKind, VideoTag, parse_audio, parse_video,
};
use serde_json::Value;
use std::path::PathBuf;
use std::process::Command;

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name)
}

fn read(name: &str) -> Vec<u8> {
    std::fs::read(fixture(name)).unwrap()
}

fn avc_records() -> Vec<Value> {
    let all: Vec<Value> = serde_json::from_slice(&read("media/codec-records.json")).unwrap();
    all.into_iter()
        .filter(|record| record["codec"] == "avc")
        .collect()
}

fn hex(value: &Value) -> Vec<u8> {
    data_encoding::HEXLOWER
        .decode(value.as_str().unwrap().as_bytes())
        .unwrap()
}

/// `30000/1001` or `25`.
fn rate(value: &Value) -> f64 {
    let text = value.as_str().unwrap();
    let (numerator, denominator) = text.split_once('/').unwrap_or((text, "1"));
    numerator.parse::<f64>().unwrap() / denominator.parse::<f64>().unwrap()
}

#[test]
fn avc_records_say_what_ffprobe_says() {
    let records = avc_records();
    assert_eq!(records.len(), 7);
    for record in records {
        let name = &record["name"];
        let config = AvcConfig::parse(&hex(&record["record"])).unwrap();
        let info = config.info().unwrap();
        assert_eq!(
            config.codec_string(),
            record["rfc6381"].as_str().unwrap(),
            "{name}"
        );
        assert_eq!((info.width, info.height), size(&record), "{name}");
        assert_eq!(
            format!("{}:{}", info.sar.0, info.sar.1),
            record["sar"].as_str().unwrap(),
            "{name}"
        );
        assert!(
            (info.frame_rate.unwrap() - rate(&record["rate"])).abs() < 1e-9,
            "{name}"
        );
        if record["has_b_frames"].as_u64() > Some(0) {
            assert!(info.reorders, "{name}");
        }
        assert_eq!(config.sps, [Bytes::from(hex(&record["sps"]))], "{name}");
    }
}

fn size(record: &Value) -> (u32, u32) {
    (
        record["width"].as_u64().unwrap() as u32,
        record["height"].as_u64().unwrap() as u32,
    )
}

#[test]
fn avc_records_are_written_as_they_were() {
    for record in avc_records() {
        let bytes = hex(&record["record"]);
        let config = AvcConfig::parse(&bytes).unwrap();
        assert_eq!(config.to_record(), bytes, "{}", record["name"]);
    }
}

#[test]
fn baseline_never_reorders() {
    for record in avc_records() {
        if record["profile"] == "Constrained Baseline" {
            assert!(
                !AvcConfig::parse(&hex(&record["record"]))
                    .unwrap()
                    .info()
                    .unwrap()
                    .reorders
            );
        }
    }
}

fn tags(file: &[u8]) -> Vec<FlvTag<'_>> {
    FlvFile::tags(file).unwrap().collect()
}

fn bodies(file: &[u8], kind: FlvTagKind) -> Vec<Bytes> {
    let of_kind = tags(file).into_iter().filter(|tag| tag.kind == kind);
    of_kind
        .map(|tag| Bytes::copy_from_slice(tag.body))
        .collect()
}

#[test]
fn an_flv_file_is_read_to_its_last_tag() {
    let file = read("media/h264-aac.flv");
    let tags = tags(&file);
    assert_eq!(tags[0].kind, FlvTagKind::Script);
    assert!(
        tags.windows(2)
            .all(|pair| pair[0].kind != pair[1].kind || pair[0].timestamp <= pair[1].timestamp)
    );
    let bytes: usize = tags.iter().map(|tag| tag.body.len() + 15).sum();
    assert_eq!(9 + bytes + 4, file.len());
    assert!(matches!(
        FlvFile::tags(b"RIFF....WAVE").err(),
        Some(FlvError::NotFlv)
    ));
    assert_eq!(
        FlvFile::tags(&file[..file.len() - 10]).unwrap().count(),
        tags.len() - 1
    );
}

#[test]
fn the_access_units_of_an_flv_file_are_those_of_its_annex_b_twin() {
    let file = read("media/h264-aac.flv");
    let mut config = None;
    let mut annex_b = Vec::new();
    let (mut frames, mut idr_frames) = (0, 0);
    for body in bodies(&file, FlvTagKind::Video) {
        match parse_video(body).unwrap() {
            VideoTag::AvcConfig(record) => config = Some(AvcConfig::parse(&record).unwrap()),
            VideoTag::AvcFrame { key, data, .. } => {
                let unit = config.as_ref().unwrap().access_unit(&data).unwrap();
                assert_eq!((unit.idr, unit.new_config), (key, None));
                frames += 1;
                idr_frames += usize::from(unit.idr);
                nal_units(&unit.data).for_each(|nal| annex_b.push(nal.to_vec()));
            }
            _ => {}
        }
    }
    assert_eq!((frames, idr_frames), (120, 4));
    let raw = Bytes::from(read("media/h264-high-bframes.h264"));
    let twin = config.unwrap().access_unit(&raw).unwrap();
    assert_eq!(
        nal_units(&twin.data)
            .map(<[u8]>::to_vec)
            .collect::<Vec<_>>(),
        annex_b
    );
}

#[test]
fn the_audio_of_an_flv_file_is_that_of_its_adts_twin() {
    let mut adts = Vec::new();
    let mut config = None;
    for body in bodies(&read("media/h264-aac.flv"), FlvTagKind::Audio) {
        match parse_audio(body).unwrap() {
            AudioTag::AacConfig(record) => config = Some(AacConfig::parse(&record).unwrap()),
            AudioTag::AacFrame(frame) => {
                adts.extend(config.as_ref().unwrap().adts_header(frame.len()).unwrap());
                adts.extend(frame);
            }
            _ => {}
        }
    }
    assert_eq!(adts, read("media/aac-lc-48k-mono.aac"));
}

/// Decodes with the real ffmpeg; gives what it complained of, and the decoded 16-bit samples.
fn decode_adts(name: &str, adts: &[u8]) -> (String, Vec<u8>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(format!("{name}.aac"));
    std::fs::write(&path, adts).unwrap();
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-f", "aac", "-i"])
        .arg(&path)
        .args(["-f", "s16le", "-"])
        .output()
        .expect("ffmpeg is needed to run these tests");
    assert!(output.status.success(), "{name}");
    (String::from_utf8(output.stderr).unwrap(), output.stdout)
}

#[test]
fn a_decoder_hears_silence_in_every_channel_configuration() {
    for channel_config in 1..=7u8 {
        let record = [0x11, 0x80 | channel_config << 3];
        let config = AacConfig::parse(&record).unwrap();
        let frame = config.silent_frame().unwrap();
        let adts = [&config.adts_header(frame.len()).unwrap()[..], &frame].concat();
        let (complaints, samples) =
            decode_adts(&format!("config-{channel_config}"), &adts.repeat(5));
        assert_eq!(complaints, "", "channel configuration {channel_config}");
        let expected = 5 * 1024 * usize::from(config.channels()) * 2;
        assert_eq!(
            samples.len(),
            expected,
            "channel configuration {channel_config}"
        );
        assert!(
            samples.iter().all(|sample| *sample == 0),
            "channel configuration {channel_config}"
        );
    }
}
