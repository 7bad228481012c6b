//! `onMetaData`: what an encoder says of itself.
use super::amf0::Value;
use crate::limits::rtmp::MAX_AGENT;

/// What `onMetaData` says: for display and as a hint which tracks will come; never for decoding.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Metadata {
    /// Some(true) if a video codec is announced, Some(false) if metadata names audio only.
    pub video: Option<bool>,
    /// Likewise for audio.
    pub audio: Option<bool>,
    /// Pixels.
    pub width: Option<u32>,
    /// Pixels.
    pub height: Option<u32>,
    /// Frames per second.
    pub frame_rate: Option<f64>,
    /// Encoder's own name, at most 64 characters.
    pub encoder: Option<String>,
}

impl Metadata {
    /// Reads a data message's values: `"@setDataFrame", "onMetaData", {…}` or without the first. None for all else.
    pub fn from_values(values: &[Value]) -> Option<Metadata> {
        let values = match values.split_first()? {
            (first, rest) if first.as_str() == Some("@setDataFrame") => rest,
            _ => values,
        };
        let (name, rest) = values.split_first()?;
        let properties = rest.first()?;
        (name.as_str() == Some("onMetaData")).then(|| Metadata::from_properties(properties))
    }

    fn from_properties(properties: &Value) -> Metadata {
        let has = |names: [&str; 2]| {
            names
                .iter()
                .any(|name| properties.get(name).is_some_and(names_a_codec))
        };
        let video = has(["videocodecid", "videoTrackIdInfoMap"]);
        let audio = has(["audiocodecid", "audioTrackIdInfoMap"]);
        let known = video || audio;
        Metadata {
            video: known.then_some(video),
            audio: known.then_some(audio),
            width: pixels(properties.get("width")),
            height: pixels(properties.get("height")),
            frame_rate: properties
                .get("framerate")
                .and_then(Value::as_number)
                .filter(|rate| (1.0..=240.0).contains(rate)),
            encoder: properties
                .get("encoder")
                .and_then(Value::as_str)
                .and_then(short_text),
        }
    }
}

/// A number, a FourCC in text, or a map of tracks; 0 is Sorenson's ancestor for video and raw PCM for audio, which an
/// encoder without that track sends too.
fn names_a_codec(value: &Value) -> bool {
    match value {
        Value::Number(codec) => *codec > 0.0,
        Value::String(codec) => !codec.is_empty(),
        Value::Object(tracks) => !tracks.is_empty(),
        _ => false,
    }
}

fn pixels(value: Option<&Value>) -> Option<u32> {
    value
        .and_then(Value::as_number)
        .filter(|pixels| (1.0..=65_535.0).contains(pixels))
        .map(|pixels| pixels as u32)
}

/// Printable characters, at most [`MAX_AGENT`]; None if nothing is left.
pub(super) fn short_text(text: &str) -> Option<String> {
    let text: String = text
        .chars()
        .filter(|c| !c.is_control())
        .take(MAX_AGENT)
        .collect();
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(properties: Value) -> Metadata {
        Metadata::from_values(&["onMetaData".into(), properties]).unwrap()
    }

    #[test]
    fn codecs_are_named_by_number_fourcc_or_text() {
        let both = Value::object([
            ("videocodecid", 7.0.into()),
            ("audiocodecid", "mp4a".into()),
        ]);
        assert_eq!(
            (read(both.clone()).video, read(both).audio),
            (Some(true), Some(true))
        );
        let audio_only = Value::object([("audiocodecid", 10.0.into())]);
        assert_eq!(
            (read(audio_only.clone()).video, read(audio_only).audio),
            (Some(false), Some(true))
        );
        assert_eq!(read(Value::Object(vec![])).video, None);
    }

    #[test]
    fn nonsense_sizes_and_rates_are_left_out() {
        let odd = Value::object([
            ("width", (-1.0).into()),
            ("height", f64::NAN.into()),
            ("framerate", 1e9.into()),
        ]);
        assert_eq!(read(odd), Metadata::default());
    }

    #[test]
    fn an_endless_encoder_name_is_cut() {
        let long = Value::object([("encoder", Value::String("é\u{7}".repeat(500)))]);
        assert_eq!(read(long).encoder.unwrap().chars().count(), 64);
    }

    #[test]
    fn other_data_messages_are_not_metadata() {
        assert_eq!(
            Metadata::from_values(&["onTextData".into(), Value::Null]),
            None
        );
        assert_eq!(Metadata::from_values(&["@setDataFrame".into()]), None);
        let framed = ["@setDataFrame".into(), "onMetaData".into(), Value::Null];
        assert_eq!(Metadata::from_values(&framed), Some(Metadata::default()));
    }
}
