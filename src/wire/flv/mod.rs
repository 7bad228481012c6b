//! FLV tag bodies as RTMP carries them (FLV 10.1 Annex E; enhanced RTMP v2), and FLV files.

mod codec_names;
mod file;

pub use file::{FlvFile, FlvTag, FlvTagKind};

use bytes::{Buf, Bytes};
use codec_names::{audio_codec, legacy_audio_codec, legacy_video_codec, video_codec};

/// An FLV/RTMP video message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VideoTag {
    /// avcC record.
    AvcConfig(Bytes),
    /// One access unit: NAL units with length prefixes as the record says.
    AvcFrame {
        /// The tag's key flag (the NAL types decide).
        key: bool,
        /// Composition time offset, ms, signed.
        composition_ms: i32,
        /// NAL units.
        data: Bytes,
    },
    /// End of sequence, info frames, empty messages, other tracks than the first: nothing to do.
    Nothing,
    /// A codec that Hearth does not take; its name in plain words.
    Unsupported(&'static str),
}

/// An FLV/RTMP audio message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AudioTag {
    /// AudioSpecificConfig.
    AacConfig(Bytes),
    /// One raw AAC frame.
    AacFrame(Bytes),
    /// Silence markers, other tracks than the first and the like.
    Nothing,
    /// A codec that Hearth does not take; its name in plain words.
    Unsupported(&'static str),
}

/// Why a tag was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FlvError {
    /// The body ends before its header does.
    #[error("FLV tag of {0} bytes is too short")]
    Short(usize),
    /// Not an FLV file.
    #[error("expected an FLV file, which begins with the letters FLV")]
    NotFlv,
}

/// Frame types of a video tag.
const KEY_FRAME: u8 = 1;
const COMMAND_FRAME: u8 = 5;

/// Parses a video message's body.
pub fn parse_video(body: Bytes) -> Result<VideoTag, FlvError> {
    let message = body.len();
    let mut rest = body;
    let Some(first) = take_u8(&mut rest) else {
        return Ok(VideoTag::Nothing);
    };
    let frame = first >> 4 & 7;
    let tag = if first & 0x80 == 0 {
        legacy_video(frame, first & 0x0F, rest)
    } else {
        enhanced_video(frame, first & 0x0F, rest)
    };
    let mut tag = tag.ok_or(FlvError::Short(message))?;
    if let VideoTag::AvcFrame { data, .. } = &mut tag {
        let_go(data, message);
    }
    Ok(tag)
}

/// Parses an audio message's body.
pub fn parse_audio(body: Bytes) -> Result<AudioTag, FlvError> {
    let message = body.len();
    let mut rest = body;
    let Some(first) = take_u8(&mut rest) else {
        return Ok(AudioTag::Nothing);
    };
    let tag = match first >> 4 {
        AUDIO_EX_HEADER => enhanced_audio(first & 0x0F, rest),
        AUDIO_AAC => legacy_aac(rest),
        format => Some(AudioTag::Unsupported(legacy_audio_codec(format))),
    };
    let mut tag = tag.ok_or(FlvError::Short(message))?;
    if let AudioTag::AacFrame(data) = &mut tag {
        let_go(data, message);
    }
    Ok(tag)
}

/// A frame that is a small part of its message of so many bytes does not keep the rest of it: bounds on frames that wait count the
/// frames alone.
fn let_go(frame: &mut Bytes, message: usize) {
    if frame.len() * 2 < message {
        *frame = Bytes::copy_from_slice(frame);
    }
}

const AUDIO_EX_HEADER: u8 = 9;
const AUDIO_AAC: u8 = 10;
const VIDEO_AVC: u8 = 7;

/// The methods below give None when the body is too short.
fn legacy_video(frame: u8, codec: u8, mut rest: Bytes) -> Option<VideoTag> {
    if frame == COMMAND_FRAME {
        return Some(VideoTag::Nothing);
    }
    if codec != VIDEO_AVC {
        return Some(VideoTag::Unsupported(legacy_video_codec(codec)));
    }
    let packet = take_u8(&mut rest)?;
    let composition_ms = take_i24(&mut rest)?;
    Some(match packet {
        0 => VideoTag::AvcConfig(rest),
        1 => avc_frame(frame, composition_ms, rest),
        _ => VideoTag::Nothing,
    })
}

fn avc_frame(frame: u8, composition_ms: i32, data: Bytes) -> VideoTag {
    if data.is_empty() {
        return VideoTag::Nothing;
    }
    VideoTag::AvcFrame {
        key: frame == KEY_FRAME,
        composition_ms,
        data,
    }
}

fn legacy_aac(mut rest: Bytes) -> Option<AudioTag> {
    let packet = take_u8(&mut rest)?;
    Some(match packet {
        0 => AudioTag::AacConfig(rest),
        1 => aac_frame(rest),
        _ => AudioTag::Nothing,
    })
}

fn aac_frame(data: Bytes) -> AudioTag {
    if data.is_empty() {
        AudioTag::Nothing
    } else {
        AudioTag::AacFrame(data)
    }
}

/// Packet types of enhanced RTMP that audio and video share.
const SEQUENCE_START: u8 = 0;
const CODED_FRAMES: u8 = 1;
const MOD_EX: u8 = 7;
/// Packet types of video.
const CODED_FRAMES_X: u8 = 3;
const METADATA: u8 = 4;
const VIDEO_MULTITRACK: u8 = 6;
/// Packet types of audio.
const AUDIO_MULTITRACK: u8 = 5;

fn enhanced_video(frame: u8, packet: u8, mut rest: Bytes) -> Option<VideoTag> {
    let packet = skip_mod_ex(packet, &mut rest)?;
    if frame == COMMAND_FRAME && packet != METADATA {
        return Some(VideoTag::Nothing);
    }
    let Some(Packet {
        kind,
        four_cc,
        mut body,
    }) = first_track(packet, VIDEO_MULTITRACK, rest)?
    else {
        return Some(VideoTag::Nothing);
    };
    if &four_cc != b"avc1" {
        return Some(video_codec(four_cc).map_or(VideoTag::Nothing, VideoTag::Unsupported));
    }
    Some(match kind {
        SEQUENCE_START => VideoTag::AvcConfig(body),
        CODED_FRAMES => {
            let composition_ms = take_i24(&mut body)?;
            avc_frame(frame, composition_ms, body)
        }
        CODED_FRAMES_X => avc_frame(frame, 0, body),
        _ => VideoTag::Nothing,
    })
}

fn enhanced_audio(packet: u8, mut rest: Bytes) -> Option<AudioTag> {
    let packet = skip_mod_ex(packet, &mut rest)?;
    let Some(Packet {
        kind,
        four_cc,
        body,
    }) = first_track(packet, AUDIO_MULTITRACK, rest)?
    else {
        return Some(AudioTag::Nothing);
    };
    if &four_cc != b"mp4a" {
        return Some(audio_codec(four_cc).map_or(AudioTag::Nothing, AudioTag::Unsupported));
    }
    Some(match kind {
        SEQUENCE_START => AudioTag::AacConfig(body),
        CODED_FRAMES => aac_frame(body),
        _ => AudioTag::Nothing,
    })
}

/// Passes over packet modifiers (nanosecond offsets); gives the packet type behind them.
fn skip_mod_ex(mut packet: u8, rest: &mut Bytes) -> Option<u8> {
    while packet == MOD_EX {
        let mut size = usize::from(take_u8(rest)?) + 1;
        if size == 256 {
            size = usize::from(take_u8(rest)?) << 8;
            size += usize::from(take_u8(rest)?) + 1;
        }
        take(rest, size)?;
        packet = take_u8(rest)? & 0x0F;
    }
    Some(packet)
}

/// A packet of one track.
struct Packet {
    kind: u8,
    four_cc: [u8; 4],
    body: Bytes,
}

/// The packet of track 0. `Some(None)`: the message is of other tracks only.
fn first_track(packet: u8, multitrack: u8, mut rest: Bytes) -> Option<Option<Packet>> {
    const ONE_TRACK: u8 = 0;
    const MANY_CODECS: u8 = 2;
    if packet != multitrack {
        let four_cc = take_four_cc(&mut rest)?;
        return Some(Some(Packet {
            kind: packet,
            four_cc,
            body: rest,
        }));
    }
    let byte = take_u8(&mut rest)?;
    let (layout, kind) = (byte >> 4, byte & 0x0F);
    let mut four_cc = [0; 4];
    if layout != MANY_CODECS {
        four_cc = take_four_cc(&mut rest)?;
    }
    if layout == ONE_TRACK {
        let track = take_u8(&mut rest)?;
        return Some((track == 0).then_some(Packet {
            kind,
            four_cc,
            body: rest,
        }));
    }
    while !rest.is_empty() {
        if layout == MANY_CODECS {
            four_cc = take_four_cc(&mut rest)?;
        }
        let track = take_u8(&mut rest)?;
        let size = take_u24(&mut rest)? as usize;
        let body = take(&mut rest, size)?;
        if track == 0 {
            return Some(Some(Packet {
                kind,
                four_cc,
                body,
            }));
        }
    }
    Some(None)
}

fn take(rest: &mut Bytes, count: usize) -> Option<Bytes> {
    (count <= rest.len()).then(|| rest.split_to(count))
}

fn take_u8(rest: &mut Bytes) -> Option<u8> {
    rest.try_get_u8().ok()
}

fn take_u24(rest: &mut Bytes) -> Option<u32> {
    rest.try_get_uint(3).ok().map(|value| value as u32)
}

fn take_i24(rest: &mut Bytes) -> Option<i32> {
    rest.try_get_int(3).ok().map(|value| value as i32)
}

fn take_four_cc(rest: &mut Bytes) -> Option<[u8; 4]> {
    rest.try_get_u32().ok().map(u32::to_be_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_frame_in_a_large_message_does_not_keep_the_message() {
        let message = |mod_ex: usize| {
            // Enhanced audio, a modifier of so many bytes, then coded frames of mp4a.
            let mut body = vec![0x97, 0xFF];
            body.extend(((mod_ex - 1) as u16).to_be_bytes());
            body.resize(body.len() + mod_ex, 0);
            body.push(0x01);
            body.extend(b"mp4a");
            body.extend([0x21; 100]);
            Bytes::from(body)
        };
        for (mod_ex, is_kept) in [(300, false), (60_000, false)] {
            let body = message(mod_ex);
            let within = body.as_ptr_range();
            let Ok(AudioTag::AacFrame(frame)) = parse_audio(body.clone()) else {
                panic!("no frame behind a modifier of {mod_ex} bytes");
            };
            assert_eq!(frame.len(), 100);
            assert_eq!(within.contains(&frame.as_ptr()), is_kept, "{mod_ex}");
        }
        let whole = Bytes::from([&[0xAF, 1][..], &[0x21; 100]].concat());
        let within = whole.as_ptr_range();
        let Ok(AudioTag::AacFrame(frame)) = parse_audio(whole.clone()) else {
            panic!("no frame");
        };
        assert!(
            within.contains(&frame.as_ptr()),
            "an ordinary frame is not copied"
        );
    }

    fn bytes(hex: &str) -> Bytes {
        let hex: String = hex.split_whitespace().collect();
        data_encoding::HEXLOWER
            .decode(hex.as_bytes())
            .unwrap()
            .into()
    }

    fn video(hex: &str) -> VideoTag {
        parse_video(bytes(hex)).unwrap()
    }

    fn audio(hex: &str) -> AudioTag {
        parse_audio(bytes(hex)).unwrap()
    }

    fn frame(key: bool, composition_ms: i32, data: &str) -> VideoTag {
        VideoTag::AvcFrame {
            key,
            composition_ms,
            data: bytes(data),
        }
    }

    #[test]
    fn h264_is_read_in_both_forms() {
        assert_eq!(
            video("17 00 000000 0164"),
            VideoTag::AvcConfig(bytes("0164"))
        );
        assert_eq!(video("17 01 000043 aabb"), frame(true, 67, "aabb"));
        assert_eq!(video("27 01 ffffff aabb"), frame(false, -1, "aabb"));
        assert_eq!(
            video("90 61766331 0164"),
            VideoTag::AvcConfig(bytes("0164"))
        );
        assert_eq!(video("91 61766331 000043 aabb"), frame(true, 67, "aabb"));
        assert_eq!(video("a3 61766331 aabb"), frame(false, 0, "aabb"));
    }

    #[test]
    fn what_carries_no_picture_is_nothing() {
        let empty = [
            "",
            "17 02 000000",
            "17 01 000000",
            "57 00",
            "d0 00",
            "92 61766331",
            "94 61766331 02",
            "91 deadbeef 00",
        ];
        for hex in empty {
            assert_eq!(video(hex), VideoTag::Nothing, "{hex}");
        }
        for hex in [
            "",
            "af 01",
            "af 02",
            "92 6d703461",
            "94 6d703461 0102",
            "91 deadbeef 00",
        ] {
            assert_eq!(audio(hex), AudioTag::Nothing, "{hex}");
        }
    }

    #[test]
    fn modifiers_are_passed_over() {
        assert_eq!(
            video("97 02 000001 01 61766331 000000 aa"),
            frame(true, 0, "aa")
        );
        assert_eq!(
            video("97 00 ff 07 00 ee 03 61766331 aa"),
            frame(true, 0, "aa")
        );
        let long = format!("97 ff 0100 {} 03 61766331 aa", "00".repeat(257));
        assert_eq!(video(&long), frame(true, 0, "aa"));
        assert_eq!(
            audio("97 02 000001 01 6d703461 21"),
            AudioTag::AacFrame(bytes("21"))
        );
    }

    #[test]
    fn only_the_first_track_is_taken() {
        assert_eq!(video("96 00 61766331 01 0164"), VideoTag::Nothing);
        assert_eq!(
            video("96 00 61766331 00 0164"),
            VideoTag::AvcConfig(bytes("0164"))
        );
        assert_eq!(
            video("96 13 61766331 01 000001 aa 00 000002 bbcc"),
            frame(true, 0, "bbcc")
        );
        assert_eq!(
            video("96 20 68766331 01 000001 aa 61766331 00 000001 bb"),
            VideoTag::AvcConfig(bytes("bb"))
        );
        assert_eq!(audio("95 00 6d703461 01 1188"), AudioTag::Nothing);
        assert_eq!(
            audio("95 01 6d703461 00 1188"),
            AudioTag::AacFrame(bytes("1188"))
        );
    }

    #[test]
    fn aac_is_read_in_both_forms() {
        assert_eq!(
            audio("af 00 1188 56e500"),
            AudioTag::AacConfig(bytes("118856e500"))
        );
        assert_eq!(audio("af 01 2110"), AudioTag::AacFrame(bytes("2110")));
        assert_eq!(
            audio("90 6d703461 1188"),
            AudioTag::AacConfig(bytes("1188"))
        );
    }

    #[test]
    fn other_codecs_are_named() {
        assert_eq!(
            video("90 68766331 0101"),
            VideoTag::Unsupported("HEVC (H.265)")
        );
        assert_eq!(video("1c 00 000000"), VideoTag::Unsupported("HEVC (H.265)"));
        assert_eq!(video("90 61763031 8100"), VideoTag::Unsupported("AV1"));
        assert_eq!(video("12 00"), VideoTag::Unsupported("Sorenson H.263"));
        assert_eq!(audio("90 4f707573 4f"), AudioTag::Unsupported("Opus"));
        assert_eq!(audio("2f ff"), AudioTag::Unsupported("MP3"));
    }

    #[test]
    fn cut_headers_are_errors() {
        for hex in [
            "17",
            "17 01 0000",
            "90 6176",
            "91 61766331 0000",
            "97 05 00",
            "96",
            "96 11 61766331 00 000009 00",
        ] {
            assert!(parse_video(bytes(hex)).is_err(), "{hex}");
        }
        assert_eq!(parse_audio(bytes("af")), Err(FlvError::Short(1)));
        assert!(parse_audio(bytes("90 6d70")).is_err());
    }
}
