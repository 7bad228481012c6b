//! HLS playlists, RFC 8216 and draft-pantos-hls-rfc8216bis: values in, text out.
use std::fmt::{self, Write};

/// One listed part of a segment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// Relative URI.
    pub uri: String,
    /// 90 kHz ticks.
    pub duration: u64,
    /// An IDR picture is in it (or it has no video).
    pub independent: bool,
}

/// One listed segment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Segment {
    /// Relative URI.
    pub uri: String,
    /// 90 kHz ticks.
    pub duration: u64,
    /// EXT-X-GAP: the URI leads nowhere.
    pub gap: bool,
    /// None, or all of them.
    pub parts: Vec<Part>,
    /// An EXT-X-DISCONTINUITY stands before it.
    pub discontinuity: bool,
    /// URI of a new EXT-X-MAP that applies from here on.
    pub map: Option<String>,
    /// PROGRAM-DATE-TIME of its first sample, Unix ms.
    pub program_date_time: i64,
}

/// What a playlist with parts promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LowLatency {
    /// PART-TARGET, ms.
    pub part_target_ms: u64,
    /// PART-HOLD-BACK, ms.
    pub part_hold_back_ms: u64,
    /// CAN-SKIP-UNTIL, ms.
    pub can_skip_until_ms: u64,
}

/// A media playlist.
#[derive(Clone, Debug, Default, PartialEq)]
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
    /// EXT-X-START: where players should begin, 90 kHz ticks before the end of the last segment.
    pub start_before_end: Option<u64>,
    /// EXT-X-ENDLIST.
    pub ended: bool,
    /// EXT-X-SERVER-CONTROL and EXT-X-PART-INF, if parts are listed.
    pub low_latency: Option<LowLatency>,
    /// EXT-X-SKIP: that many segments stand before the first of `segments`; `media_sequence` is that of the first skipped.
    pub skipped: usize,
    /// Oldest first.
    pub segments: Vec<Segment>,
    /// The one that is not complete: of it nothing but its tags and parts is written.
    pub open: Option<Segment>,
    /// EXT-X-PRELOAD-HINT: URI of the next part.
    pub hint: Option<String>,
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

/// Ticks a second of every duration here.
const TICKS_PER_SECOND: u64 = 90_000;
/// Room for a segment's lines: two names, a date, a duration.
const SEGMENT_TEXT: usize = 160;
/// Room for a part's line.
const PART_TEXT: usize = 104;
/// Room for the header and the hint.
const HEADER_TEXT: usize = 512;

impl MediaPlaylist {
    /// The playlist's text.
    pub fn render(&self) -> String {
        let mut out = String::with_capacity(self.room());
        self.write_header(&mut out);
        if self.skipped > 0 {
            let skipped = self.skipped;
            line(
                &mut out,
                format_args!("#EXT-X-SKIP:SKIPPED-SEGMENTS={skipped}"),
            );
        }
        let mut map = None;
        for segment in &self.segments {
            segment.write_tags(&mut out, &mut map);
            segment.write_parts(&mut out);
            segment.write_media(&mut out);
        }
        if let Some(segment) = &self.open {
            segment.write_tags(&mut out, &mut map);
            segment.write_parts(&mut out);
        }
        if let Some(uri) = &self.hint {
            line(
                &mut out,
                format_args!("#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"{uri}\""),
            );
        }
        if self.ended {
            out.push_str("#EXT-X-ENDLIST\n");
        }
        out
    }

    fn room(&self) -> usize {
        let segments = self.segments.iter().chain(&self.open);
        let room = segments.map(|segment| SEGMENT_TEXT + segment.parts.len() * PART_TEXT);
        HEADER_TEXT + room.sum::<usize>()
    }

    fn write_header(&self, out: &mut String) {
        line(out, format_args!("#EXTM3U"));
        line(out, format_args!("#EXT-X-VERSION:{}", self.version));
        let target = self.target_duration;
        line(out, format_args!("#EXT-X-TARGETDURATION:{target}"));
        if let Some(low_latency) = &self.low_latency {
            low_latency.write(out);
        }
        let sequence = self.media_sequence;
        line(out, format_args!("#EXT-X-MEDIA-SEQUENCE:{sequence}"));
        // Mandatory as soon as a DISCONTINUITY could leave the list, RFC 8216 §6.2.2.
        let sequence = self.discontinuity_sequence;
        let mut listed = self.segments.iter().chain(&self.open);
        if sequence > 0 || listed.any(|segment| segment.discontinuity) {
            line(
                out,
                format_args!("#EXT-X-DISCONTINUITY-SEQUENCE:{sequence}"),
            );
        }
        if self.independent_segments {
            line(out, format_args!("#EXT-X-INDEPENDENT-SEGMENTS"));
        }
        if let Some(ticks) = self.start_before_end {
            line(
                out,
                format_args!(
                    "#EXT-X-START:TIME-OFFSET=-{},PRECISE=YES",
                    Seconds::of_ticks(ticks)
                ),
            );
        }
    }
}

impl LowLatency {
    fn write(&self, out: &mut String) {
        let hold_back = Ms(self.part_hold_back_ms);
        let skip = Ms(self.can_skip_until_ms);
        line(
            out,
            format_args!(
                "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK={hold_back},CAN-SKIP-UNTIL={skip}"
            ),
        );
        let target = Ms(self.part_target_ms);
        line(out, format_args!("#EXT-X-PART-INF:PART-TARGET={target}"));
    }
}

impl Segment {
    /// The tags that apply from this segment on; `map` is the EXT-X-MAP in force.
    fn write_tags<'a>(&'a self, out: &mut String, map: &mut Option<&'a str>) {
        if self.discontinuity {
            line(out, format_args!("#EXT-X-DISCONTINUITY"));
        }
        if let Some(uri) = self.map.as_deref()
            && *map != Some(uri)
        {
            line(out, format_args!("#EXT-X-MAP:URI=\"{uri}\""));
            *map = Some(uri);
        }
        let date = Iso8601(self.program_date_time);
        line(out, format_args!("#EXT-X-PROGRAM-DATE-TIME:{date}"));
    }

    /// Durations are differences of rounded times, so that they add up to the rounded EXTINF.
    fn write_parts(&self, out: &mut String) {
        let mut end = 0;
        for part in &self.parts {
            let start = end;
            end += part.duration;
            let duration = Seconds(hundred_thousandths(end) - hundred_thousandths(start));
            let uri = &part.uri;
            append(
                out,
                format_args!("#EXT-X-PART:DURATION={duration},URI=\"{uri}\""),
            );
            out.push_str(if part.independent {
                ",INDEPENDENT=YES\n"
            } else {
                "\n"
            });
        }
    }

    fn write_media(&self, out: &mut String) {
        if self.gap {
            line(out, format_args!("#EXT-X-GAP"));
        }
        line(
            out,
            format_args!("#EXTINF:{},", Seconds::of_ticks(self.duration)),
        );
        line(out, format_args!("{}", self.uri));
    }
}

/// A multivariant playlist's text.
pub fn render_multivariant(variants: &[Variant], independent_segments: bool) -> String {
    let mut out = String::with_capacity(64 + variants.len() * 256);
    line(&mut out, format_args!("#EXTM3U"));
    line(&mut out, format_args!("#EXT-X-VERSION:6"));
    if independent_segments {
        line(&mut out, format_args!("#EXT-X-INDEPENDENT-SEGMENTS"));
    }
    for variant in variants {
        variant.write(&mut out);
    }
    out
}

impl Variant {
    fn write(&self, out: &mut String) {
        let (peak, average) = (self.bandwidth, self.average_bandwidth);
        append(
            out,
            format_args!("#EXT-X-STREAM-INF:BANDWIDTH={peak},AVERAGE-BANDWIDTH={average}"),
        );
        append(out, format_args!(",CODECS=\"{}\"", self.codecs));
        if let Some((width, height)) = self.resolution {
            append(out, format_args!(",RESOLUTION={width}x{height}"));
        }
        if let Some(rate) = self.frame_rate.filter(|rate| rate.is_finite()) {
            append(out, format_args!(",FRAME-RATE={rate:.3}"));
        }
        // Without it Apple's players show a menu of captions that are not there.
        line(out, format_args!(",CLOSED-CAPTIONS=NONE"));
        line(out, format_args!("{}", self.uri));
    }
}

fn append(out: &mut String, text: fmt::Arguments<'_>) {
    // A String takes everything: its fmt::Write has no error to give.
    let _ = out.write_fmt(text);
}

fn line(out: &mut String, text: fmt::Arguments<'_>) {
    append(out, text);
    out.push('\n');
}

/// 90 kHz ticks in units of 10 µs, rounded to the nearest.
fn hundred_thousandths(ticks: u64) -> u64 {
    let units = (u128::from(ticks) * 100_000 + u128::from(TICKS_PER_SECOND / 2))
        / u128::from(TICKS_PER_SECOND);
    u64::try_from(units).unwrap_or(u64::MAX)
}

/// Units of 10 µs as decimal seconds.
struct Seconds(u64);

impl Seconds {
    fn of_ticks(ticks: u64) -> Seconds {
        Seconds(hundred_thousandths(ticks))
    }
}

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:05}", self.0 / 100_000, self.0 % 100_000)
    }
}

/// Milliseconds as decimal seconds.
struct Ms(u64);

impl fmt::Display for Ms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:03}", self.0 / 1_000, self.0 % 1_000)
    }
}

/// Unix ms as ISO 8601 in UTC with milliseconds.
struct Iso8601(i64);

impl fmt::Display for Iso8601 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = self.0.rem_euclid(86_400_000);
        let (year, month, day) = civil_date(self.0.div_euclid(86_400_000));
        let (hour, minute) = (ms / 3_600_000, ms / 60_000 % 60);
        let (second, ms) = (ms / 1000 % 60, ms % 1000);
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ms:03}Z"
        )
    }
}

/// Year, month and day of the Gregorian calendar from days since 1970-01-01.
///
/// Counted in years that begin on 1 March, so that the leap day is a year's last, and in eras of 400 years.
fn civil_date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468; // since 0000-03-01
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12 + 1;
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn segment(uri: &str, duration: u64, map: Option<&str>) -> Segment {
        Segment {
            uri: uri.to_owned(),
            duration,
            map: map.map(str::to_owned),
            program_date_time: 1_795_338_000_123,
            ..Segment::default()
        }
    }

    fn playlist(segments: Vec<Segment>) -> MediaPlaylist {
        MediaPlaylist {
            version: 7,
            target_duration: 2,
            media_sequence: 266,
            independent_segments: true,
            segments,
            ..MediaPlaylist::default()
        }
    }

    #[test]
    fn tags_come_in_the_order_that_every_parser_takes() {
        let mut second = segment("s267.m4s", 180_180, Some("init-1.mp4"));
        second.discontinuity = true;
        second.program_date_time += 2000;
        let third = segment("s268.m4s", 90_000, None);
        let mut list = playlist(vec![
            segment("s266.m4s", 180_000, Some("init-0.mp4")),
            second,
            third,
        ]);
        list.discontinuity_sequence = 3;
        list.ended = true;
        let expected = "#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:2
#EXT-X-MEDIA-SEQUENCE:266
#EXT-X-DISCONTINUITY-SEQUENCE:3
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MAP:URI=\"init-0.mp4\"
#EXT-X-PROGRAM-DATE-TIME:2026-11-22T09:00:00.123Z
#EXTINF:2.00000,
s266.m4s
#EXT-X-DISCONTINUITY
#EXT-X-MAP:URI=\"init-1.mp4\"
#EXT-X-PROGRAM-DATE-TIME:2026-11-22T09:00:02.123Z
#EXTINF:2.00200,
s267.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-11-22T09:00:00.123Z
#EXTINF:1.00000,
s268.m4s
#EXT-X-ENDLIST
";
        assert_eq!(list.render(), expected);
    }

    /// A complete segment, parts of an open one.
    fn with_parts() -> MediaPlaylist {
        let part = |number: u32, duration, independent| Part {
            uri: format!("p{number}.m4s"),
            duration,
            independent,
        };
        let mut first = segment("s266.m4s", 33_337, Some("init.mp4"));
        first.parts = vec![part(1, 18_001, true), part(2, 15_336, false)];
        let mut open = segment("unwritten", 1, None);
        open.parts = vec![part(3, 18_000, false)];
        let mut list = playlist(vec![first]);
        list.version = 9;
        list.low_latency = Some(LowLatency {
            part_target_ms: 225,
            part_hold_back_ms: 1_075,
            can_skip_until_ms: 12_000,
        });
        list.open = Some(open);
        list.hint = Some("p4.m4s".to_owned());
        list
    }

    #[test]
    fn parts_stand_before_their_segment_and_add_up_to_it() {
        let expected = "#EXTM3U
#EXT-X-VERSION:9
#EXT-X-TARGETDURATION:2
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.075,CAN-SKIP-UNTIL=12.000
#EXT-X-PART-INF:PART-TARGET=0.225
#EXT-X-MEDIA-SEQUENCE:266
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MAP:URI=\"init.mp4\"
#EXT-X-PROGRAM-DATE-TIME:2026-11-22T09:00:00.123Z
#EXT-X-PART:DURATION=0.20001,URI=\"p1.m4s\",INDEPENDENT=YES
#EXT-X-PART:DURATION=0.17040,URI=\"p2.m4s\"
#EXTINF:0.37041,
s266.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-11-22T09:00:00.123Z
#EXT-X-PART:DURATION=0.20000,URI=\"p3.m4s\"
#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"p4.m4s\"
";
        assert_eq!(with_parts().render(), expected);
    }

    #[test]
    fn gaps_and_skipped_segments_are_written_in_their_places() {
        let mut gap = segment("nowhere", 180_000, None);
        gap.gap = true;
        let mut list = playlist(vec![gap]);
        list.skipped = 6;
        let text = list.render();
        let skip = "#EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-SKIP:SKIPPED-SEGMENTS=6\n#EXT-X-PROGRAM";
        assert!(text.contains(skip), "{text}");
        assert!(
            text.contains("Z\n#EXT-X-GAP\n#EXTINF:2.00000,\nnowhere\n"),
            "{text}"
        );
    }

    #[test]
    fn a_start_is_counted_from_the_end() {
        let mut list = playlist(vec![segment("a.ts", 1, None)]);
        list.start_before_end = Some(747_000);
        assert!(
            list.render()
                .contains("\n#EXT-X-START:TIME-OFFSET=-8.30000,PRECISE=YES\n")
        );
    }

    #[test]
    fn a_list_without_anything_special_has_no_tag_for_it() {
        let mut list = playlist(vec![segment("a.ts", 180_000, None)]);
        list.independent_segments = false;
        let text = list.render();
        for tag in [
            "MAP",
            "DISCONTINUITY",
            "INDEPENDENT",
            "START",
            "ENDLIST",
            "TYPE",
        ] {
            assert!(!text.contains(tag), "{tag} in {text}");
        }
    }

    #[test]
    fn a_discontinuity_that_could_leave_brings_its_sequence() {
        let mut first = segment("a.ts", 1, None);
        first.discontinuity = true;
        let text = playlist(vec![first]).render();
        assert!(text.contains("#EXT-X-DISCONTINUITY-SEQUENCE:0\n"));
    }

    #[test]
    fn a_map_in_force_is_not_written_again() {
        let named = || segment("a.m4s", 1, Some("i.mp4"));
        let text = playlist(vec![named(), named(), segment("b.m4s", 1, None), named()]).render();
        assert_eq!(text.matches("#EXT-X-MAP").count(), 1);
    }

    #[test]
    fn a_list_fits_the_room_reserved_for_it() {
        let uri = "s00c0ffee-18446744073709551615.m4s";
        let segments = (0..30).map(|_| segment(uri, 180_000, Some("i00c0ffee-1.mp4")));
        let text = playlist(segments.collect()).render();
        assert!(text.len() <= HEADER_TEXT + 30 * SEGMENT_TEXT);
    }

    #[test]
    fn a_list_with_parts_fits_too() {
        let mut list = with_parts();
        let part = Part {
            uri: "p00c0ffee-4294967295.m4s".to_owned(),
            duration: 90_000,
            independent: true,
        };
        list.media_sequence = u64::MAX;
        list.discontinuity_sequence = u64::MAX;
        list.start_before_end = Some(747_000);
        list.hint = Some(part.uri.clone());
        list.segments[0].parts = vec![part; 40];
        assert!(list.render().len() <= list.room());
    }

    #[test]
    fn durations_round_to_the_nearest_and_carry() {
        let text = |ticks| Seconds::of_ticks(ticks).to_string();
        assert_eq!(text(0), "0.00000");
        assert_eq!(text(1), "0.00001");
        assert_eq!(text(6), "0.00007");
        assert_eq!(text(45_000), "0.50000");
        assert_eq!(text(89_999), "0.99999");
        assert_eq!(text(3003), "0.03337");
        assert_eq!(text(u64::MAX / 100_000), "2049638230.41217");
    }

    #[test]
    fn dates_are_those_of_the_calendar() {
        let text = |ms| Iso8601(ms).to_string();
        assert_eq!(text(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(text(-1), "1969-12-31T23:59:59.999Z");
        assert_eq!(text(951_782_400_000), "2000-02-29T00:00:00.000Z");
        assert_eq!(text(951_868_799_999), "2000-02-29T23:59:59.999Z");
        assert_eq!(text(1_709_251_199_000), "2024-02-29T23:59:59.000Z");
        assert_eq!(text(4_107_542_400_000), "2100-03-01T00:00:00.000Z");
        assert_eq!(text(4_102_444_799_999), "2099-12-31T23:59:59.999Z");
        // Any clock, however wrong, must give a text.
        assert!(text(i64::MAX).ends_with('Z') && text(i64::MIN).ends_with('Z'));
    }

    #[test]
    fn a_variant_says_all_that_players_choose_by() {
        let variant = Variant {
            uri: "media.m3u8".to_owned(),
            bandwidth: 3_300_000,
            average_bandwidth: 2_500_000,
            codecs: "avc1.64001F,mp4a.40.2".to_owned(),
            resolution: Some((1280, 720)),
            frame_rate: Some(30_000.0 / 1001.0),
        };
        let audio = Variant {
            resolution: None,
            frame_rate: Some(f64::NAN),
            uri: "audio.m3u8".to_owned(),
            ..variant.clone()
        };
        let expected = "#EXTM3U
#EXT-X-VERSION:6
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-STREAM-INF:BANDWIDTH=3300000,AVERAGE-BANDWIDTH=2500000,CODECS=\"avc1.64001F,mp4a.40.2\",RESOLUTION=1280x720,FRAME-RATE=29.970,CLOSED-CAPTIONS=NONE
media.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=3300000,AVERAGE-BANDWIDTH=2500000,CODECS=\"avc1.64001F,mp4a.40.2\",CLOSED-CAPTIONS=NONE
audio.m3u8
";
        assert_eq!(render_multivariant(&[variant, audio], true), expected);
        assert!(!render_multivariant(&[], false).contains("INDEPENDENT"));
    }

    proptest! {
        #[test]
        fn each_day_is_followed_by_the_next(day in -800_000_i64..3_000_000) {
            let (year, month, date) = civil_date(day);
            let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            let length = match month {
                2 => if leap { 29 } else { 28 },
                4 | 6 | 9 | 11 => 30,
                _ => 31,
            };
            let next = match (month, date) {
                (12, 31) => (year + 1, 1, 1),
                (_, last) if last == length => (year, month + 1, 1),
                _ => (year, month, date + 1),
            };
            prop_assert_eq!(civil_date(day + 1), next);
        }

        #[test]
        fn printed_durations_are_within_half_a_step(ticks in 0_u64..1 << 40) {
            let printed: f64 = Seconds::of_ticks(ticks).to_string().parse().unwrap();
            prop_assert!((printed - ticks as f64 / 90_000.0).abs() < 0.000_006);
        }
    }
}
