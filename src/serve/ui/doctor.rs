//! The encoder doctor's findings in words, for the studio page and the API.

use super::json::Json;
use super::words::doctor::Words;
use super::words::{Language, fill};
use crate::media::doctor::{Finding, Point, Severity, What, findings};
use crate::serve::station::Checkup;

/// A finding as it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) finding: Finding,
    pub(super) text: String,
    /// What to change and where; empty for what is fine.
    pub(super) todo: String,
}

/// Everything that is said of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Report {
    pub(super) severity: Severity,
    pub(super) verdict: String,
    pub(super) findings: Vec<Said>,
    points: Vec<Point>,
    is_live: bool,
    kbps: u32,
    rate_tenths: u32,
    missing: u32,
}

impl Report {
    pub(super) fn new(checkup: &Checkup, language: Language) -> Report {
        let w = Words::of(language);
        let findings: Vec<Said> = findings(&checkup.measures)
            .into_iter()
            .map(|finding| say(w, finding))
            .collect();
        let (severity, verdict) = verdict(w, &findings);
        Report {
            severity,
            verdict,
            findings,
            points: checkup.points.clone(),
            is_live: checkup.is_live,
            kbps: checkup.measures.kbps,
            rate_tenths: checkup.measures.rate_tenths,
            missing: checkup.measures.missing,
        }
    }

    /// What to change, the gravest first.
    pub(super) fn to_do(&self) -> impl Iterator<Item = &Said> {
        let said = self.findings.iter();
        said.filter(|said| said.finding.severity != Severity::Fine)
    }

    /// What is as it should be.
    pub(super) fn fine(&self) -> impl Iterator<Item = &Said> {
        let said = self.findings.iter();
        said.filter(|said| said.finding.severity == Severity::Fine)
    }

    /// All of it, for programs and the page's script.
    pub(super) fn write(&self, json: &mut Json) {
        json.flag("live", self.is_live);
        json.text("severity", self.severity.name());
        json.text("verdict", &self.verdict);
        json.number("kbps", self.kbps);
        json.number("pictures_per_second_tenths", self.rate_tenths);
        json.number("missing_in_a_minute", self.missing);
        json.list("findings", &self.findings, |json, said| {
            let what = said.finding.what;
            json.text("code", what.code());
            json.text("severity", said.finding.severity.name());
            json.text("text", &said.text);
            json.text("do", &said.todo);
            json.inner("values", |json| {
                for (name, value) in what.values() {
                    json.number(name, value);
                }
            });
        });
        json.inner("history", |json| {
            let mut column = |name, of: fn(&Point) -> i64| {
                json.numbers(name, self.points.iter().map(of));
            };
            column("kbps", |point| point.kbps.into());
            column("rate_tenths", |point| point.rate_tenths.into());
            column("missing", |point| point.missing.into());
            column("late_ms", |point| point.late_ms.into());
        });
    }
}

fn verdict(w: &Words, findings: &[Said]) -> (Severity, String) {
    let count = |severity| {
        let all = findings.iter();
        all.filter(|said| said.finding.severity == severity).count()
    };
    let (changes, hints) = (count(Severity::Change), count(Severity::Advice));
    let counted = |sentence, n: usize| fill(sentence, &[("n", &n.to_string())]);
    match (changes, hints) {
        (0, 0) if findings.is_empty() => (Severity::Fine, w.looking.to_owned()),
        (0, 0) => (Severity::Fine, w.all_good.to_owned()),
        (0, 1) => (Severity::Advice, w.one_hint.to_owned()),
        (0, n) => (Severity::Advice, counted(w.hints, n)),
        (1, _) => (Severity::Change, w.one_to_change.to_owned()),
        (n, _) => (Severity::Change, counted(w.to_change, n)),
    }
}

/// Sentence, what to do about it, and the numbers of both.
type Parts = (&'static str, &'static str, Vec<(&'static str, String)>);

fn say(w: &'static Words, finding: Finding) -> Said {
    let (sentence, advice, values) = match finding.severity {
        Severity::Fine => praise(w, finding.what),
        _ => picture(w, finding.what)
            .or_else(|| sound(w, finding.what))
            .unwrap_or_else(|| way(w, finding.what)),
    };
    let values: Vec<_> = values.iter().map(|(k, v)| (*k, v.as_str())).collect();
    Said {
        finding,
        text: fill(sentence, &values),
        todo: fill(advice, &values),
    }
}

fn praise(w: &'static Words, what: What) -> Parts {
    match what {
        What::Keyframes { ms } => (w.keyframes_fine, "", vec![("s", tenths(ms / 100))]),
        What::Picture {
            width,
            height,
            tenths: rate,
        } => {
            let size = vec![("w", width.to_string()), ("h", height.to_string())];
            let rate = vec![("n", whole(rate))];
            (w.picture, "", [size, rate].concat())
        }
        What::Codec { profile, .. } => (w.codec, "", vec![("name", profile_name(profile))]),
        What::Sound { channels: 1, .. } => (w.sound_mono, "", vec![]),
        What::Sound { .. } => (w.sound_stereo, "", vec![]),
        What::Bitrate { kbps, .. } => (w.bitrate, "", vec![("n", mbit(kbps))]),
        What::BFrames { ms } => (w.b_frames_fine, "", vec![("n", ms.to_string())]),
        What::NoReconnects {} => (w.no_reconnects, "", vec![]),
        _ => (w.steady, "", vec![]),
    }
}

fn picture(w: &'static Words, what: What) -> Option<Parts> {
    let pixels =
        |width: u32, height: u32| vec![("w", width.to_string()), ("h", height.to_string())];
    Some(match what {
        What::Keyframes { ms } => (
            w.keyframes,
            w.keyframes_do,
            vec![("s", tenths((ms + 50) / 100))],
        ),
        What::NoPicture {} => (w.no_picture, w.no_picture_do, vec![]),
        What::PictureStopped { seconds } => (
            w.picture_stopped,
            w.picture_stopped_do,
            vec![("n", seconds.to_string())],
        ),
        What::PicturesMissing { missing, .. } => {
            (w.missing, w.missing_do, vec![("n", missing.to_string())])
        }
        What::RateBelow {
            tenths: rate,
            announced_tenths,
        } => {
            let values = vec![("n", whole(rate)), ("of", whole(announced_tenths))];
            (w.rate_below, w.rate_below_do, values)
        }
        What::RateVaries { .. } => (w.rate_varies, w.rate_varies_do, vec![]),
        What::Profile { profile } => (
            w.profile,
            w.profile_do,
            vec![("name", profile_name(profile))],
        ),
        What::Level { level } => (w.level, w.level_do, vec![("n", tenths(level.into()))]),
        What::SizeLarge { width, height } => (w.size_large, w.size_large_do, pixels(width, height)),
        What::SizeOdd { width, height } => (w.size_odd, w.size_odd_do, pixels(width, height)),
        What::BFrames { ms } => (w.b_frames, w.b_frames_do, vec![("n", ms.to_string())]),
        _ => return None,
    })
}

fn sound(w: &'static Words, what: What) -> Option<Parts> {
    Some(match what {
        What::SoundAnnounced {} => (w.sound_announced, w.sound_announced_do, vec![]),
        What::NoSound {} => (w.no_sound, w.no_sound_do, vec![]),
        What::SoundStopped { seconds } => (
            w.sound_stopped,
            w.sound_stopped_do,
            vec![("n", seconds.to_string())],
        ),
        What::SoundHoles { ms } => (
            w.sound_holes,
            w.sound_holes_do,
            vec![("n", tenths(ms / 100))],
        ),
        What::SoundLate { ms } => (w.sound_late, w.sound_apart_do, vec![("n", ms.to_string())]),
        What::SoundEarly { ms } => (w.sound_early, w.sound_apart_do, vec![("n", ms.to_string())]),
        What::SoundHighEfficiency {} => {
            (w.sound_high_efficiency, w.sound_high_efficiency_do, vec![])
        }
        What::SoundRate { hz } => (w.sound_rate, w.sound_rate_do, vec![("n", tenths(hz / 100))]),
        What::SoundChannels { channels } => (
            w.sound_channels,
            w.sound_channels_do,
            vec![("n", channels.to_string())],
        ),
        _ => return None,
    })
}

/// Bitrate, network, clock, session.
fn way(w: &'static Words, what: What) -> Parts {
    let once = |times: u32, once, often| if times == 1 { once } else { often };
    match what {
        What::BitrateSwings {
            low_kbps,
            high_kbps,
        } => {
            let values = vec![("low", mbit(low_kbps)), ("high", mbit(high_kbps))];
            (w.swings, w.swings_do, values)
        }
        What::BitrateOverHouse { kbps, most_kbps } => {
            let most = [("of", mbit(most_kbps)), ("kbps", most_kbps.to_string())];
            let values = [vec![("n", mbit(kbps))], most.to_vec()].concat();
            (w.over_house, w.over_house_do, values)
        }
        What::WindowShort { seconds, good_kbps } => {
            let values = vec![("n", seconds.to_string()), ("kbps", good_kbps.to_string())];
            (w.window, w.window_do, values)
        }
        What::ArrivesLate { ms } => (w.late, w.late_do, vec![("n", tenths(ms / 100))]),
        What::FallsBehind { ms_a_minute } => (
            w.behind,
            w.behind_do,
            vec![("n", tenths(ms_a_minute / 100))],
        ),
        What::ClockDrift { ppm } => {
            // Millionths of an hour, in tenths of a second.
            let an_hour = ppm.unsigned_abs() * 36 / 1_000;
            (w.drift, w.drift_do, vec![("n", tenths(an_hour))])
        }
        What::StampsJump { jumps } => (w.jumps, w.jumps_do, vec![("n", jumps.to_string())]),
        What::Reconnects { times } => (
            once(times, w.reconnects_once, w.reconnects),
            w.reconnects_do,
            vec![("n", times.to_string())],
        ),
        What::TakenOver { times } => (
            once(times, w.taken_over_once, w.taken_over),
            w.taken_over_do,
            vec![("n", times.to_string())],
        ),
        // Every other finding is said above; a test makes sure.
        _ => (w.looking, "", vec![]),
    }
}

fn profile_name(profile: u8) -> String {
    match profile {
        66 => "Baseline",
        77 => "Main",
        88 => "Extended",
        100 => "High",
        110 => "High 10",
        122 => "High 4:2:2",
        244 => "High 4:4:4",
        other => return format!("H.264 {other}"),
    }
    .to_owned()
}

/// "8.3" of 83.
fn tenths(tenths: u32) -> String {
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// "30" of 298: as one says it.
fn whole(tenths: u32) -> String {
    ((tenths + 5) / 10).to_string()
}

fn mbit(kbps: u32) -> String {
    tenths((kbps + 50) / 100)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::doctor::Measures;
    use crate::media::health::VideoFacts;

    fn said(language: Language, severity: Severity, what: What) -> Said {
        say(Words::of(language), Finding { severity, what })
    }

    #[test]
    fn a_finding_names_its_measure_and_the_place_in_obs() {
        let rare = said(
            Language::English,
            Severity::Change,
            What::Keyframes { ms: 8_333 },
        );
        assert_eq!(rare.text, "A keyframe comes only every 8.3 s");
        assert!(rare.todo.contains("Keyframe Interval: 2 s"));
        let over = What::BitrateOverHouse {
            kbps: 9_040,
            most_kbps: 6_000,
        };
        let over = said(Language::Chinese, Severity::Change, over);
        assert_eq!(over.text, "9.0 Mbit/s，超过了家里允许的 6.0");
        assert!(over.todo.contains("6000 kbit/s"));
        let drift = said(
            Language::English,
            Severity::Advice,
            What::ClockDrift { ppm: -800 },
        );
        assert_eq!(drift.text, "The encoder’s clock is off by 2.8 s an hour");
    }

    #[test]
    fn every_fault_has_words_of_its_own() {
        let bad = Measures {
            live_s: 60,
            pictures: 1,
            sounds: 1,
            keyframe_ms: Some(9_000),
            missing: 9,
            missing_permille: 90,
            irregular_permille: 300,
            rate_tenths: 100,
            says_rate_tenths: Some(300),
            reorder_ms: 300,
            kbps: 1,
            kbps_minute: 9_000,
            kbps_swing: Some((1, 20_000)),
            most_kbps: Some(1_000),
            sound_behind_ms: 900,
            silence_ms: 900,
            late_ms: 900,
            slow_ppm: Some(20_000),
            stamp_jumps: 1,
            reconnects: 1,
            takeovers: 2,
            video: Some(VideoFacts {
                width: 4_096,
                height: 2_160,
                profile: 110,
                level: 51,
            }),
            ..Measures::default()
        };
        for language in [Language::English, Language::Chinese] {
            let checkup = Checkup {
                is_live: true,
                measures: bad,
                points: Vec::new(),
            };
            let report = Report::new(&checkup, language);
            assert!(report.to_do().count() >= 14, "{report:#?}");
            for said in report.to_do() {
                assert!(!said.todo.is_empty(), "{said:?}");
                assert!(!said.text.contains(['{', '}']), "{said:?}");
            }
            let mut texts: Vec<_> = report.findings.iter().map(|said| &said.text).collect();
            texts.sort();
            texts.dedup();
            assert_eq!(texts.len(), report.findings.len());
        }
    }

    #[test]
    fn a_verdict_counts() {
        let w = Words::of(Language::English);
        assert_eq!(verdict(w, &[]).1, "Looking at your stream");
        let good = said(Language::English, Severity::Fine, What::ClockSteady {});
        assert_eq!(verdict(w, std::slice::from_ref(&good)).1, "All good");
        let bad = said(Language::English, Severity::Change, What::NoSound {});
        let two = verdict(w, &[bad.clone(), good, bad]);
        assert_eq!(two, (Severity::Change, "2 things to change".to_owned()));
    }
}
