//! HLS playlists, RFC 8216 and draft-pantos-hls-rfc8216bis: values in, text out.

/// One listed segment.
#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    /// Relative URI.
    pub uri: String,
    /// 90 kHz ticks.
    pub duration: u64,
    /// An EXT-X-DISCONTINUITY stands before it.
    pub discontinuity: bool,
    /// URI of a new EXT-X-MAP that applies from here on.
    pub map: Option<String>,
    /// PROGRAM-DATE-TIME of its first sample, Unix ms.
    pub program_date_time: i64,
}

/// A media playlist.
#[derive(Clone, Debug, PartialEq)]
pub struct MediaPlaylist {
    /// EXT-X-VERSION.
    pub version: u8,
    /// Seconds.
    pub target_duration: u32,
    /// Of the first listed segment.
    pub media_sequence: u64,
    /// DISCONTINUITY tags that have left the list.
    pub discontinuity_sequence: u64,
    /// EXT-X-INDEPENDENT-SEGMENTS.
    pub independent_segments: bool,
    /// EXT-X-ENDLIST.
    pub ended: bool,
    /// Oldest first.
    pub segments: Vec<Segment>,
}

/// One variant of a multivariant playlist.
#[derive(Clone, Debug, PartialEq)]
pub struct Variant {
    /// Relative URI of the media playlist.
    pub uri: String,
    /// Peak bits a second.
    pub bandwidth: u64,
    /// Average bits a second.
    pub average_bandwidth: u64,
    /// RFC 6381, comma-separated.
    pub codecs: String,
    /// Pixels.
    pub resolution: Option<(u32, u32)>,
    /// Frames a second.
    pub frame_rate: Option<f64>,
}

#[allow(clippy::todo)]
impl MediaPlaylist {
    /// The playlist's text.
    pub fn render(&self) -> String {
        todo!()
    }
}

/// A multivariant playlist's text.
#[allow(clippy::todo)]
pub fn render_multivariant(variants: &[Variant], independent_segments: bool) -> String {
    let _ = (variants, independent_segments);
    todo!()
}
