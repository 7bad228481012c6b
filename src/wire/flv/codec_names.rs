//! Codecs that Hearth does not take, in plain words for the streamer.

/// None for a FourCC of no table: such tags have been seen from cameras and mean nothing.
pub(super) fn video_codec(four_cc: [u8; 4]) -> Option<&'static str> {
    Some(match &four_cc {
        b"hvc1" => HEVC,
        b"vvc1" => "VVC (H.266)",
        b"av01" => "AV1",
        b"vp08" => "VP8",
        b"vp09" => "VP9",
        _ => return None,
    })
}

pub(super) fn audio_codec(four_cc: [u8; 4]) -> Option<&'static str> {
    Some(match &four_cc {
        b"Opus" => "Opus",
        b".mp3" => "MP3",
        b"fLaC" => "FLAC",
        b"ac-3" => "AC-3 (Dolby Digital)",
        b"ec-3" => "E-AC-3 (Dolby Digital Plus)",
        _ => return None,
    })
}

const HEVC: &str = "HEVC (H.265)";

pub(super) fn legacy_video_codec(codec: u8) -> &'static str {
    match codec {
        2 => "Sorenson H.263",
        3 | 6 => "Screen Video",
        4 | 5 => "VP6",
        12 => HEVC,
        13 => "AV1",
        _ => "an unknown video codec",
    }
}

pub(super) fn legacy_audio_codec(format: u8) -> &'static str {
    match format {
        0 | 3 => "PCM",
        1 => "ADPCM",
        2 | 14 => "MP3",
        4..=6 => "Nellymoser",
        7 | 8 => "G.711",
        11 => "Speex",
        13 => "Opus",
        _ => "an unknown audio codec",
    }
}
