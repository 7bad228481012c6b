//! Init segments: `ftyp` + `moov` without samples.
use super::boxes::{to_u32, write_box, write_full_box};
use super::{AUDIO_TRACK, VIDEO_TIMESCALE, VIDEO_TRACK};
use crate::wire::{aac::AacConfig, avc::AvcConfig};
use bytes::{BufMut, Bytes, BytesMut};

/// Rotation and scaling: none.
const UNITY_MATRIX: [u32; 9] = [0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000];

/// What the video sample entry says.
struct VideoEntry {
    record: Vec<u8>,
    width: u16,
    height: u16,
    sar: (u32, u32),
}

/// What the audio sample entry says.
struct AudioEntry<'a> {
    record: &'a [u8],
    channels: u16,
    timescale: u32,
    output_rate: u32,
}

/// `ftyp` + `moov`: video in 90 kHz, audio in its core sample rate. At least one of the two.
pub fn init_segment(video: Option<&AvcConfig>, audio: Option<&AacConfig>) -> Bytes {
    write_init(
        video.map(video_entry).as_ref(),
        audio.map(audio_entry).as_ref(),
    )
}

fn video_entry(config: &AvcConfig) -> VideoEntry {
    let info = config.info().ok();
    let pixels = |length: u32| u16::try_from(length).unwrap_or(u16::MAX);
    VideoEntry {
        record: config.to_record(),
        width: info.map_or(0, |info| pixels(info.width)),
        height: info.map_or(0, |info| pixels(info.height)),
        sar: info.map_or((1, 1), |info| info.sar),
    }
}

fn audio_entry(config: &AacConfig) -> AudioEntry<'_> {
    AudioEntry {
        record: &config.record,
        channels: config.channels(),
        timescale: config.sample_rate,
        output_rate: config.output_rate,
    }
}

fn write_init(video: Option<&VideoEntry>, audio: Option<&AudioEntry<'_>>) -> Bytes {
    let mut out = BytesMut::with_capacity(1280);
    write_box(&mut out, *b"ftyp", |out| {
        out.put_slice(b"iso5");
        out.put_u32(0x200);
        out.put_slice(b"iso5iso6mp41");
    });
    write_box(&mut out, *b"moov", |out| {
        write_mvhd(out);
        if let Some(video) = video {
            write_video_trak(out, video);
        }
        if let Some(audio) = audio {
            write_audio_trak(out, audio);
        }
        write_box(out, *b"mvex", |out| {
            if video.is_some() {
                write_trex(out, VIDEO_TRACK);
            }
            if audio.is_some() {
                write_trex(out, AUDIO_TRACK);
            }
        });
    });
    out.freeze()
}

fn put_matrix(out: &mut BytesMut) {
    for cell in UNITY_MATRIX {
        out.put_u32(cell);
    }
}

fn write_mvhd(out: &mut BytesMut) {
    write_full_box(out, *b"mvhd", 0, 0, |out| {
        out.put_bytes(0, 8); // creation, modification
        out.put_u32(1000);
        out.put_u32(0); // duration: none, the samples are in fragments
        out.put_u32(0x0001_0000);
        out.put_u16(0x0100);
        out.put_bytes(0, 10);
        put_matrix(out);
        out.put_bytes(0, 24);
        out.put_u32(AUDIO_TRACK + 1); // next_track_id
    });
}

fn write_trex(out: &mut BytesMut, track: u32) {
    write_full_box(out, *b"trex", 0, 0, |out| {
        out.put_u32(track);
        out.put_u32(1); // sample description index
        out.put_bytes(0, 12); // default duration, size, flags
    });
}

fn write_video_trak(out: &mut BytesMut, video: &VideoEntry) {
    write_box(out, *b"trak", |out| {
        write_tkhd(out, VIDEO_TRACK, 0, video.width, video.height);
        write_mdia(
            out,
            VIDEO_TIMESCALE,
            *b"vide",
            |out| write_full_box(out, *b"vmhd", 0, 1, |out| out.put_bytes(0, 8)),
            |out| write_avc1(out, video),
        );
    });
}

fn write_audio_trak(out: &mut BytesMut, audio: &AudioEntry<'_>) {
    write_box(out, *b"trak", |out| {
        write_tkhd(out, AUDIO_TRACK, 0x0100, 0, 0);
        write_mdia(
            out,
            audio.timescale,
            *b"soun",
            |out| write_full_box(out, *b"smhd", 0, 0, |out| out.put_bytes(0, 4)),
            |out| write_mp4a(out, audio),
        );
    });
}

fn write_tkhd(out: &mut BytesMut, track: u32, volume: u16, width: u16, height: u16) {
    write_full_box(out, *b"tkhd", 0, 3, |out| {
        out.put_bytes(0, 8); // creation, modification
        out.put_u32(track);
        out.put_bytes(0, 4 + 4 + 8); // reserved, duration, reserved
        out.put_bytes(0, 2 + 2); // layer, alternate group
        out.put_u16(volume);
        out.put_u16(0);
        put_matrix(out);
        out.put_u32(u32::from(width) << 16);
        out.put_u32(u32::from(height) << 16);
    });
}

fn write_mdia(
    out: &mut BytesMut,
    timescale: u32,
    handler: [u8; 4],
    media_header: impl FnOnce(&mut BytesMut),
    sample_entry: impl FnOnce(&mut BytesMut),
) {
    write_box(out, *b"mdia", |out| {
        write_full_box(out, *b"mdhd", 0, 0, |out| {
            out.put_bytes(0, 8); // creation, modification
            out.put_u32(timescale);
            out.put_u32(0);
            out.put_u16(0x55c4); // language "und"
            out.put_u16(0);
        });
        write_full_box(out, *b"hdlr", 0, 0, |out| {
            out.put_bytes(0, 4);
            out.put_slice(&handler);
            out.put_bytes(0, 12);
            out.put_slice(b"h\0"); // a name must be there, its text means nothing
        });
        write_box(out, *b"minf", |out| {
            media_header(out);
            write_box(out, *b"dinf", |out| {
                write_full_box(out, *b"dref", 0, 0, |out| {
                    out.put_u32(1);
                    write_full_box(out, *b"url ", 0, 1, |_| ());
                });
            });
            write_stbl(out, sample_entry);
        });
    });
}

/// The sample tables must be there, and empty: the samples are in fragments.
fn write_stbl(out: &mut BytesMut, sample_entry: impl FnOnce(&mut BytesMut)) {
    write_box(out, *b"stbl", |out| {
        write_full_box(out, *b"stsd", 0, 0, |out| {
            out.put_u32(1);
            sample_entry(out);
        });
        write_full_box(out, *b"stts", 0, 0, |out| out.put_u32(0));
        write_full_box(out, *b"stsc", 0, 0, |out| out.put_u32(0));
        write_full_box(out, *b"stsz", 0, 0, |out| out.put_bytes(0, 8));
        write_full_box(out, *b"stco", 0, 0, |out| out.put_u32(0));
    });
}

fn write_avc1(out: &mut BytesMut, video: &VideoEntry) {
    write_box(out, *b"avc1", |out| {
        out.put_bytes(0, 6);
        out.put_u16(1); // data reference index
        out.put_bytes(0, 16);
        out.put_u16(video.width);
        out.put_u16(video.height);
        out.put_u32(0x0048_0000); // 72 dpi
        out.put_u32(0x0048_0000);
        out.put_u32(0);
        out.put_u16(1); // frames a sample
        out.put_bytes(0, 32); // compressor name
        out.put_u16(24); // depth
        out.put_u16(0xffff);
        write_box(out, *b"avcC", |out| out.put_slice(&video.record));
        let (horizontal, vertical) = video.sar;
        if horizontal != vertical {
            write_box(out, *b"pasp", |out| {
                out.put_u32(horizontal);
                out.put_u32(vertical);
            });
        }
    });
}

fn write_mp4a(out: &mut BytesMut, audio: &AudioEntry<'_>) {
    write_box(out, *b"mp4a", |out| {
        out.put_bytes(0, 6);
        out.put_u16(1); // data reference index
        out.put_bytes(0, 8);
        out.put_u16(audio.channels);
        out.put_u16(16); // bits a sample
        out.put_u32(0);
        // 16.16, so a rate above 65535 can't be said here; players take it from the record.
        out.put_u16(u16::try_from(audio.output_rate).unwrap_or(0));
        out.put_u16(0);
        write_full_box(out, *b"esds", 0, 0, |out| write_es_descriptor(out, audio));
    });
}

/// ISO/IEC 14496-1 §7.2.6.5: ES_Descriptor with the AudioSpecificConfig inside.
fn write_es_descriptor(out: &mut BytesMut, audio: &AudioEntry<'_>) {
    let specific = descriptor(5, audio.record);
    let mut config = BytesMut::new();
    config.put_slice(&[0x40, 0x15]); // MPEG-4 audio, an audio stream
    config.put_bytes(0, 11); // buffer size, maximum and average bit rate: unknown
    config.put_slice(&specific);
    let mut stream = BytesMut::new();
    stream.put_u16(2); // ES_ID
    stream.put_u8(0);
    stream.put_slice(&descriptor(4, &config));
    stream.put_slice(&descriptor(6, &[2])); // SLConfigDescriptor: MP4
    out.put_slice(&descriptor(3, &stream));
}

/// Tag, length in one byte where it fits and in four where not, body.
fn descriptor(tag: u8, body: &[u8]) -> BytesMut {
    let length = to_u32(body.len());
    let mut out = BytesMut::with_capacity(body.len() + 5);
    out.put_u8(tag);
    if length >= 0x80 {
        for shift in [21, 14, 7] {
            out.put_u8(0x80 | (length >> shift & 0x7f) as u8);
        }
    }
    out.put_u8((length & 0x7f) as u8);
    out.put_slice(body);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use data_encoding::HEXLOWER;

    fn find<'a>(init: &'a [u8], kind: &[u8; 4]) -> Option<&'a [u8]> {
        let at = init.windows(4).position(|window| window == kind)?;
        init.get(at + 4..)
    }

    fn reference() -> (VideoEntry, AudioEntry<'static>) {
        let fixture = include_bytes!("../../../tests/fixtures/fmp4-minimal/init.mp4");
        let at = fixture.windows(4).position(|w| w == b"avcC").unwrap();
        let size = u32::from_be_bytes(fixture[at - 4..at].try_into().unwrap()) as usize;
        let video = VideoEntry {
            record: fixture[at + 4..at - 4 + size].to_vec(),
            width: 192,
            height: 108,
            sar: (1, 1),
        };
        let audio = AudioEntry {
            record: &[0x11, 0x88, 0x56, 0xe5, 0x00],
            channels: 1,
            timescale: 48_000,
            output_rate: 48_000,
        };
        (video, audio)
    }

    #[test]
    fn is_byte_for_byte_the_init_segment_that_was_measured_in_a_browser() {
        let (video, audio) = reference();
        let fixture = include_bytes!("../../../tests/fixtures/fmp4-minimal/init.mp4");
        assert_eq!(
            HEXLOWER.encode(&write_init(Some(&video), Some(&audio))),
            HEXLOWER.encode(fixture)
        );
    }

    #[test]
    fn declares_only_the_tracks_that_are_there() {
        let (video, audio) = reference();
        let video_only = write_init(Some(&video), None);
        assert!(find(&video_only, b"vide").is_some() && find(&video_only, b"soun").is_none());
        assert_eq!(
            video_only.windows(4).filter(|w| *w == b"trex").count(),
            1,
            "one trex a track"
        );
        let audio_only = write_init(None, Some(&audio));
        assert!(find(&audio_only, b"vide").is_none() && find(&audio_only, b"soun").is_some());
    }

    #[test]
    fn writes_pasp_only_for_samples_that_are_not_square() {
        let (mut video, _) = reference();
        assert!(find(&write_init(Some(&video), None), b"pasp").is_none());
        video.sar = (16, 15);
        let init = write_init(Some(&video), None);
        assert_eq!(
            find(&init, b"pasp").unwrap()[..8],
            [0, 0, 0, 16, 0, 0, 0, 15]
        );
    }

    #[test]
    fn a_rate_that_16_bits_cannot_hold_is_left_to_the_record() {
        let (_, mut audio) = reference();
        audio.output_rate = 96_000;
        let init = write_init(None, Some(&audio));
        assert_eq!(find(&init, b"mp4a").unwrap()[24..28], [0; 4]);
    }

    #[test]
    fn descriptors_of_128_bytes_and_more_get_the_long_length() {
        assert_eq!(descriptor(5, &[7; 127])[..2], [5, 127]);
        assert_eq!(descriptor(5, &[7; 300])[..5], [5, 0x80, 0x80, 0x82, 0x2c]);
    }
}
