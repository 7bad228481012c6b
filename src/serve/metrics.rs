//! The figures of the whole box as one page, in Prometheus' text format (version 0.0.4): from memory, at once.
//!
//! Its size is bounded by what it lists: 25 lines for each channel of the station's table.

use super::board::Board;
use super::edge::EdgeFigures;
use super::station::{ChannelView, Phase, Station};
use crate::media::ingest::Health;
use crate::media::rendition::RenditionStats;
use crate::store::Stats;
use std::fmt::{Display, Write};

/// What the page tells.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    /// The store's.
    pub store: Stats,
    /// The card refused a write, so that the store writes nothing more.
    pub store_broken: bool,
    /// The edge's.
    pub edge: EdgeFigures,
    /// One for each session of the station.
    pub channels: Vec<ChannelFigures>,
    /// Bytes of the rings that sessions were granted.
    pub ring_bytes_granted: u64,
    /// Bytes for all rings together.
    pub ring_bytes_most: u64,
    /// Bytes of RAM that the process has, rings in tmpfs not among them; None if the system does not say.
    pub resident_bytes: Option<u64>,
    /// Bytes that it may use, rings among them.
    pub memory_bytes_most: u64,
    /// The board's health.
    pub board: Board,
}

/// One session.
#[derive(Clone, Debug)]
pub struct ChannelFigures {
    /// As pages list it.
    pub view: ChannelView,
    /// Its ring; zeros until it is on air.
    pub ring: RenditionStats,
    /// Bytes of its TS segments.
    pub ts_bytes: u64,
}

/// A figure of one channel: name, kind, help, value.
type OfChannel = (&'static str, Kind, &'static str, fn(&ChannelFigures) -> u64);

/// The same of its publisher's stream.
type OfStream = (&'static str, Kind, &'static str, fn(&Health) -> u64);

#[derive(Clone, Copy, Debug)]
enum Kind {
    /// Only rises, except when what it counts begins anew.
    Counter,
    /// Goes up and down.
    Gauge,
}

use Kind::{Counter, Gauge};

const OF_CHANNEL: &[OfChannel] = &[
    (
        "hearth_channel_live",
        Gauge,
        "1 while a publisher is connected, 0 while the session waits for one.",
        |channel| u64::from(channel.view.phase == Phase::Live),
    ),
    (
        "hearth_channel_viewers",
        Gauge,
        "Viewers that asked for media a moment ago.",
        |channel| channel.view.viewers.into(),
    ),
    (
        "hearth_ring_listed_bytes",
        Gauge,
        "Bytes of the segments that playlists list, and of the one that grows.",
        |channel| channel.ring.listed_bytes,
    ),
    (
        "hearth_ring_held_bytes",
        Gauge,
        "Bytes of segments that left the playlist and are kept for late requests.",
        |channel| channel.ring.held_bytes,
    ),
    (
        "hearth_ring_ts_bytes",
        Gauge,
        "Bytes of segments made for players that need MPEG-TS.",
        |channel| channel.ts_bytes,
    ),
    (
        "hearth_ring_segments",
        Gauge,
        "Segments that the playlist lists.",
        |channel| channel.ring.segments.into(),
    ),
    (
        "hearth_ring_cuts_total",
        Counter,
        "Slow readers that were cut off because the ring needed the memory.",
        |channel| channel.ring.cuts,
    ),
    (
        "hearth_ring_fragments_total",
        Counter,
        "Fragments that went into the ring.",
        |channel| channel.ring.fragments,
    ),
    (
        "hearth_ring_dropped_total",
        Counter,
        "Fragments that were dropped for want of room.",
        |channel| channel.ring.dropped,
    ),
    (
        "hearth_ring_gaps_total",
        Counter,
        "Gaps that dropped fragments left.",
        |channel| channel.ring.gaps,
    ),
];

const OF_STREAM: &[OfStream] = &[
    (
        "hearth_ingest_keyframe_interval_milliseconds",
        Gauge,
        "Distance of the last two keyframes; 0 until there were two.",
        |health| health.keyframe_interval_ms.unwrap_or(0).into(),
    ),
    (
        "hearth_ingest_audio_lag_milliseconds",
        Gauge,
        "How far audio comes behind video.",
        |health| health.audio_lag_ms.into(),
    ),
    (
        "hearth_ingest_video_frames_total",
        Counter,
        "Pictures received since the publisher came.",
        |health| health.video_frames,
    ),
    (
        "hearth_ingest_audio_frames_total",
        Counter,
        "Audio frames received.",
        |health| health.audio_frames,
    ),
    (
        "hearth_ingest_malformed_total",
        Counter,
        "Tags, records and access units that could not be read.",
        |health| health.malformed,
    ),
    (
        "hearth_ingest_stamps_bumped_total",
        Counter,
        "Time stamps that stood still or went back a little, moved 1 ms on.",
        |health| health.stamps_bumped,
    ),
    (
        "hearth_ingest_stamp_jumps_total",
        Counter,
        "Jumps of time stamps that were undone.",
        |health| health.stamp_jumps,
    ),
    (
        "hearth_ingest_compositions_reset_total",
        Counter,
        "Composition times out of reason, replaced by 0.",
        |health| health.compositions_reset,
    ),
    (
        "hearth_ingest_pictures_stretched_total",
        Counter,
        "Pictures that stood longer because the next did not come.",
        |health| health.pictures_stretched,
    ),
    (
        "hearth_ingest_stretched_milliseconds_total",
        Counter,
        "By how much in all.",
        |health| health.stretched_ms,
    ),
    (
        "hearth_ingest_video_holes_total",
        Counter,
        "Times that video was missing so long that a discontinuity was made.",
        |health| health.video_holes,
    ),
    (
        "hearth_ingest_pictures_dropped_total",
        Counter,
        "Pictures dropped, without configuration or keyframe to build on.",
        |health| health.pictures_dropped,
    ),
    (
        "hearth_ingest_silent_frames_total",
        Counter,
        "Silent frames put in for audio that did not come.",
        |health| health.silent_frames,
    ),
    (
        "hearth_ingest_audio_dropped_total",
        Counter,
        "Audio frames dropped: late, overlapping, or without video.",
        |health| health.audio_dropped,
    ),
    (
        "hearth_ingest_track_changes_total",
        Counter,
        "Changes of codec configuration or tracks in mid-stream.",
        |health| health.track_changes,
    ),
    (
        "hearth_ingest_overflows_total",
        Counter,
        "Times that a bound on pending media was met.",
        |health| health.overflows,
    ),
];

/// Those sessions of the station that may be told of, by name.
pub fn channels(station: &Station, may_tell: impl Fn(&str) -> bool) -> Vec<ChannelFigures> {
    let views = station.channels().into_iter();
    let views = views.filter(|view| may_tell(&view.name));
    let figures = views.map(|view| {
        let on_air = station.on_air(&view.name);
        let (ring, ts_bytes) = on_air.map_or_else(Default::default, |on_air| {
            (on_air.rendition.stats(), on_air.ts.bytes())
        });
        ChannelFigures {
            view,
            ring,
            ts_bytes,
        }
    });
    figures.collect()
}

impl Figures {
    /// The page.
    pub fn page(&self) -> String {
        let mut page = Page(String::with_capacity(8 << 10));
        self.box_itself(&mut page);
        self.card(&mut page);
        self.board(&mut page);
        self.web(&mut page);
        page.value(
            "hearth_channels",
            Gauge,
            "Sessions of channels open to everybody, on air or waiting for their publisher.",
            self.channels.len(),
        );
        for (name, kind, help, value) in OF_CHANNEL {
            page.each(name, *kind, help, &self.channels, value);
        }
        for (name, kind, help, value) in OF_STREAM {
            page.each(name, *kind, help, &self.channels, |channel| {
                value(&channel.view.health)
            });
        }
        page.0
    }

    fn box_itself(&self, page: &mut Page) {
        page.family(
            "hearth_build_info",
            Gauge,
            "Always 1; the label is the version.",
        );
        page.sample(
            "hearth_build_info",
            Some(("version", env!("CARGO_PKG_VERSION"))),
            1,
        );
        if let Some(bytes) = self.resident_bytes {
            page.value(
                "hearth_resident_memory_bytes",
                Gauge,
                "RAM that the process has; the rings, in tmpfs, are not in it.",
                bytes,
            );
        }
        page.value(
            "hearth_memory_limit_bytes",
            Gauge,
            "All that Hearth may use, rings included.",
            self.memory_bytes_most,
        );
        page.value(
            "hearth_ring_granted_bytes",
            Gauge,
            "Bytes of the rings that sessions were granted.",
            self.ring_bytes_granted,
        );
        page.value(
            "hearth_ring_limit_bytes",
            Gauge,
            "Bytes for all rings together.",
            self.ring_bytes_most,
        );
    }

    fn card(&self, page: &mut Page) {
        let store = &self.store;
        page.value(
            "hearth_store_rows",
            Gauge,
            "Rows in the store.",
            store.records,
        );
        page.value(
            "hearth_store_live_bytes",
            Gauge,
            "Bytes of its log that rows take.",
            store.live_bytes,
        );
        page.value(
            "hearth_store_log_bytes",
            Gauge,
            "Bytes of the log's files.",
            store.log_bytes,
        );
        page.value(
            "hearth_store_free_files",
            Gauge,
            "Files of the log that hold nothing.",
            store.free_files,
        );
        page.value(
            "hearth_store_written_bytes_total",
            Counter,
            "Bytes written to flash since the store was made.",
            store.written_bytes,
        );
        page.value(
            "hearth_store_asked_bytes_total",
            Counter,
            "Bytes of keys and rows that were to be written since then.",
            store.asked_bytes,
        );
        page.value(
            "hearth_store_amplification",
            Gauge,
            "Bytes written for each byte asked for.",
            store.amplification(),
        );
        page.value(
            "hearth_store_commits_total",
            Counter,
            "Commits since the store was made, each with one flush.",
            store.commits,
        );
        page.value(
            "hearth_store_broken",
            Gauge,
            "1 once the card refused a write: nothing is saved until the next start.",
            u8::from(self.store_broken),
        );
        page.value(
            "hearth_store_damages",
            Gauge,
            "Damages found when the store was opened, and rows given up since.",
            store.damages,
        );
    }

    /// What the board does not tell is left out.
    fn board(&self, page: &mut Page) {
        let board = &self.board;
        let figures = [
            (
                "hearth_board_under_voltage",
                "1 while the power supply is too weak.",
                board.under_voltage.map(|w| f64::from(u8::from(w.now))),
            ),
            (
                "hearth_board_under_voltage_since_boot",
                "1 if it was too weak at some time since power-on.",
                board
                    .under_voltage
                    .map(|w| f64::from(u8::from(w.since_boot))),
            ),
            (
                "hearth_board_throttled",
                "1 while the processor is slowed down.",
                board.throttled.map(|w| f64::from(u8::from(w.now))),
            ),
            (
                "hearth_board_throttled_since_boot",
                "1 if it was slowed down at some time since power-on.",
                board.throttled.map(|w| f64::from(u8::from(w.since_boot))),
            ),
            (
                "hearth_board_temperature_celsius",
                "Heat of the hottest sensor.",
                board
                    .temperature_millidegrees
                    .map(|heat| f64::from(heat) / 1000.0),
            ),
            (
                "hearth_card_life_used_percent",
                "How much of its life the card says is used.",
                board.card_life_used_percent.map(f64::from),
            ),
            (
                "hearth_clock_synchronised",
                "1 once a time server set the clock.",
                board.clock_synchronised.map(|is| f64::from(u8::from(is))),
            ),
        ];
        for (name, help, value) in figures {
            if let Some(value) = value {
                page.value(name, Gauge, help, value);
            }
        }
        if let Some(bytes) = board.card_written_bytes {
            page.value(
                "hearth_card_written_bytes_total",
                Counter,
                "Bytes written to the card since power-on, by anybody.",
                bytes,
            );
        }
    }

    fn web(&self, page: &mut Page) {
        let edge = &self.edge;
        page.value(
            "hearth_http_connections",
            Gauge,
            "Connections of browsers and players.",
            edge.connections,
        );
        page.value(
            "hearth_http_connections_limit",
            Gauge,
            "Connections at most.",
            edge.connections_most,
        );
        page.value(
            "hearth_http_seats",
            Gauge,
            "Connections that may carry segments.",
            edge.seats,
        );
        page.value(
            "hearth_http_seats_limit",
            Gauge,
            "Such connections at most.",
            edge.seats_most,
        );
        page.value(
            "hearth_events_connections",
            Gauge,
            "Pages that listen for events.",
            edge.listeners,
        );
        page.value(
            "hearth_events_connections_limit",
            Gauge,
            "Such pages at most.",
            edge.listeners_most,
        );
        page.value(
            "hearth_events_refused_total",
            Counter,
            "Such pages refused for want of room.",
            edge.listeners_refused,
        );
        page.value(
            "hearth_events_published_total",
            Counter,
            "Events published.",
            edge.events,
        );
        page.value(
            "hearth_http_held",
            Gauge,
            "Requests held until there is new media.",
            edge.held.now,
        );
        page.value(
            "hearth_http_held_limit",
            Gauge,
            "Such requests at most.",
            edge.held.most,
        );
        page.value(
            "hearth_http_held_total",
            Counter,
            "Requests that were held.",
            edge.held.total,
        );
        page.value(
            "hearth_http_held_in_vain_total",
            Counter,
            "Requests answered with 503 because nothing new came in time or too many were held.",
            edge.held.in_vain,
        );
        page.value(
            "hearth_http_reloads_misdirected_total",
            Counter,
            "Playlist requests answered with 400: for what is too far ahead, or nonsense.",
            edge.held.misdirected,
        );
        page.value(
            "hearth_http_refused_total",
            Counter,
            "Connections refused for want of room.",
            edge.refused,
        );
        page.value(
            "hearth_http_outsiders_total",
            Counter,
            "Connections refused because they came from outside of the house.",
            edge.outsiders,
        );
    }
}

/// The text as it grows. Writing to a `String` can't fail.
struct Page(String);

impl Page {
    fn family(&mut self, name: &str, kind: Kind, help: &str) {
        let kind = match kind {
            Counter => "counter",
            Gauge => "gauge",
        };
        let help = escaped(help, false);
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn sample(&mut self, name: &str, label: Option<(&str, &str)>, value: impl Display) {
        let _ = match label {
            None => writeln!(self.0, "{name} {value}"),
            Some((label, text)) => {
                writeln!(
                    self.0,
                    "{name}{{{label}=\"{}\"}} {value}",
                    escaped(text, true)
                )
            }
        };
    }

    fn value(&mut self, name: &str, kind: Kind, help: &str, value: impl Display) {
        self.family(name, kind, help);
        self.sample(name, None, value);
    }

    fn each(
        &mut self,
        name: &str,
        kind: Kind,
        help: &str,
        channels: &[ChannelFigures],
        value: impl Fn(&ChannelFigures) -> u64,
    ) {
        if channels.is_empty() {
            return;
        }
        self.family(name, kind, help);
        for channel in channels {
            self.sample(name, Some(("channel", &channel.view.name)), value(channel));
        }
    }
}

/// Backslashes and line ends, in labels also quotes, as the format has them.
fn escaped(text: &str, is_label: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '"' if is_label => out.push_str("\\\""),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Mono;
    use std::collections::{HashMap, HashSet};

    /// What a scraper reads: families by name, samples by name and label.
    #[derive(Default)]
    struct Read {
        kinds: HashMap<String, String>,
        helped: HashSet<String>,
        samples: HashMap<(String, Option<String>), f64>,
    }

    fn is_name(text: &str) -> bool {
        text.starts_with("hearth_")
            && text
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    }

    /// `name{label="text"} value` or `name value`; the label's text as it was before it was escaped.
    fn sample(line: &str) -> (String, Option<String>, f64) {
        let (rest, value) = line.rsplit_once(' ').unwrap();
        let value = value.parse().unwrap();
        let Some((name, label)) = rest.split_once('{') else {
            return (rest.to_owned(), None, value);
        };
        let (_, quoted) = label.strip_suffix('}').unwrap().split_once('=').unwrap();
        let inner = quoted.strip_prefix('"').unwrap().strip_suffix('"').unwrap();
        let (mut text, mut letters) = (String::new(), inner.chars());
        while let Some(letter) = letters.next() {
            assert_ne!(letter, '"', "a quote ends the label too early: {line}");
            text.push(match letter {
                '\\' => match letters.next().unwrap() {
                    'n' => '\n',
                    other => other,
                },
                other => other,
            });
        }
        (name.to_owned(), Some(text), value)
    }

    fn read(page: &str) -> Read {
        assert!(page.ends_with('\n'), "the last line has an end too");
        let (mut read, mut family) = (Read::default(), String::new());
        for line in page.lines() {
            if let Some(rest) = line.strip_prefix("# HELP ") {
                let (name, help) = rest.split_once(' ').unwrap();
                assert!(is_name(name) && !help.is_empty(), "{line}");
                assert!(read.helped.insert(name.to_owned()), "twice: {line}");
                name.clone_into(&mut family);
            } else if let Some(rest) = line.strip_prefix("# TYPE ") {
                let (name, kind) = rest.split_once(' ').unwrap();
                assert_eq!(name, family, "TYPE follows HELP");
                assert!(["counter", "gauge"].contains(&kind), "{line}");
                assert_eq!(name.ends_with("_total"), kind == "counter", "{line}");
                read.kinds.insert(name.to_owned(), kind.to_owned());
            } else {
                let (name, label, value) = sample(line);
                assert_eq!(name, family, "a family's samples stand together");
                assert!(read.kinds.contains_key(&name), "TYPE before samples");
                let twice = read.samples.insert((name, label), value);
                assert!(twice.is_none(), "twice: {line}");
            }
        }
        read
    }

    fn channel(name: &str) -> ChannelFigures {
        ChannelFigures {
            view: ChannelView {
                name: name.to_owned(),
                phase: Phase::Live,
                since: Mono(0),
                viewers: 3,
                playable: true,
                early_ms: 0,
                newest_at: None,
                starting: false,
                health: Health {
                    video_frames: 250,
                    ..Health::default()
                },
                publisher: None,
                key: None,
            },
            ring: RenditionStats {
                listed_bytes: 7_000_000,
                cuts: 2,
                ..RenditionStats::default()
            },
            ts_bytes: 5,
        }
    }

    #[test]
    fn every_line_is_what_the_format_has() {
        let figures = Figures {
            store: Stats {
                written_bytes: 8192,
                asked_bytes: 1000,
                ..Stats::default()
            },
            channels: vec![channel("anna"), channel("bao")],
            resident_bytes: Some(9 << 20),
            ..Figures::default()
        };
        let read = read(&figures.page());
        let of = |name: &str, label: Option<&str>| {
            read.samples[&(name.to_owned(), label.map(str::to_owned))]
        };
        assert_eq!(of("hearth_store_written_bytes_total", None), 8192.0);
        assert_eq!(of("hearth_store_amplification", None), 8.192);
        assert_eq!(of("hearth_channels", None), 2.0);
        assert_eq!(of("hearth_channel_viewers", Some("bao")), 3.0);
        assert_eq!(of("hearth_ring_cuts_total", Some("anna")), 2.0);
        assert_eq!(of("hearth_ingest_video_frames_total", Some("anna")), 250.0);
        assert_eq!(of("hearth_resident_memory_bytes", None), 9_437_184.0);
    }

    #[test]
    fn without_channels_no_family_is_left_without_samples() {
        let read = read(&Figures::default().page());
        for family in read.kinds.keys() {
            assert!(
                read.samples.keys().any(|(name, _)| name == family),
                "{family}"
            );
        }
    }

    #[test]
    fn no_label_breaks_out_of_its_quotes() {
        let name = "a\"} 1\nhearth_x 2\\";
        let figures = Figures {
            channels: vec![channel(name)],
            ..Figures::default()
        };
        let read = read(&figures.page());
        let key = ("hearth_channel_viewers".to_owned(), Some(name.to_owned()));
        assert_eq!(read.samples[&key], 3.0);
        assert!(!read.kinds.contains_key("hearth_x"));
    }

    #[test]
    fn a_full_table_stays_within_what_pages_are_reckoned_at() {
        let longest = "a".repeat(crate::limits::people::NAME_MAX);
        let figures = Figures {
            channels: vec![channel(&longest); crate::limits::station::CHANNELS],
            ..Figures::default()
        };
        assert!(figures.page().len() <= 192 << 10);
    }
}
