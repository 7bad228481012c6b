//! One rule a subject. Each says at most two things.

use super::{Finding, Measures, Severity, What};
use crate::limits::doctor as limits;

type Rule = fn(&Measures) -> [Option<Finding>; 2];

/// In the order in which they are read, those of one severity among themselves.
pub(super) const ALL: &[Rule] = &[
    picture,
    sound,
    keyframes,
    missing,
    network,
    window,
    bitrate,
    stream_kind,
    size,
    sound_kind,
    sound_place,
    rate,
    clock,
    b_frames,
    session,
];

const AAC_SBR: u8 = 5;
const AAC_PS: u8 = 29;

const fn change(what: What) -> Option<Finding> {
    Some(Finding {
        severity: Severity::Change,
        what,
    })
}

const fn advice(what: What) -> Option<Finding> {
    Some(Finding {
        severity: Severity::Advice,
        what,
    })
}

const fn fine(what: What) -> Option<Finding> {
    Some(Finding {
        severity: Severity::Fine,
        what,
    })
}

fn is_early(m: &Measures) -> bool {
    m.live_s < limits::EARLY_S
}

fn has_pictures(m: &Measures) -> bool {
    m.pictures > 0 && m.without_picture_s < limits::EARLY_S
}

fn has_sound(m: &Measures) -> bool {
    m.sounds > 0 && m.without_sound_s < limits::EARLY_S
}

/// Of what is judged by two lines.
fn graded(value: u32, advised: u32, needed: u32, what: What) -> Option<Finding> {
    match value {
        v if v >= needed => change(what),
        v if v >= advised => advice(what),
        _ => None,
    }
}

fn picture(m: &Measures) -> [Option<Finding>; 2] {
    let found = match m.pictures {
        _ if has_pictures(m) || is_early(m) => None,
        0 if m.says_video == Some(true) => change(What::NoPicture {}),
        0 => advice(What::NoPicture {}),
        _ => change(What::PictureStopped {
            seconds: m.without_picture_s,
        }),
    };
    [found, None]
}

fn sound(m: &Measures) -> [Option<Finding>; 2] {
    let found = match m.sounds {
        _ if has_sound(m) || is_early(m) => None,
        0 if m.says_audio == Some(true) => change(What::SoundAnnounced {}),
        0 => advice(What::NoSound {}),
        _ => change(What::SoundStopped {
            seconds: m.without_sound_s,
        }),
    };
    [found, None]
}

fn keyframes(m: &Measures) -> [Option<Finding>; 2] {
    let Some(ms) = m.keyframe_ms.filter(|_| has_pictures(m)) else {
        return [None, None];
    };
    let what = What::Keyframes { ms };
    let rare = graded(
        ms,
        limits::KEYFRAME_ADVICE_MS,
        limits::KEYFRAME_CHANGE_MS,
        what,
    );
    [rare.or(fine(what)), None]
}

fn missing(m: &Measures) -> [Option<Finding>; 2] {
    let (missing, permille) = (m.missing, m.missing_permille);
    let what = What::PicturesMissing { missing, permille };
    [
        graded(
            permille,
            limits::MISSING_ADVICE,
            limits::MISSING_CHANGE,
            what,
        ),
        None,
    ]
}

fn network(m: &Measures) -> [Option<Finding>; 2] {
    let ms = m.late_ms;
    let what = What::ArrivesLate { ms };
    [
        graded(ms, limits::LATE_ADVICE_MS, limits::LATE_CHANGE_MS, what),
        None,
    ]
}

fn window(m: &Measures) -> [Option<Finding>; 2] {
    let found = m.room.and_then(|room| {
        let what = What::WindowShort {
            seconds: room.seconds,
            good_kbps: room.good_kbps,
        };
        match room.seconds {
            s if s < limits::WINDOW_CHANGE_S => change(what),
            s if s < limits::WINDOW_ADVICE_S => advice(what),
            _ => None,
        }
    });
    [found, None]
}

fn bitrate(m: &Measures) -> [Option<Finding>; 2] {
    if m.kbps == 0 || is_early(m) {
        return [None, None];
    }
    let kbps = m.kbps_minute;
    let over = m
        .most_kbps
        .filter(|most| kbps > *most)
        .and_then(|most_kbps| change(What::BitrateOverHouse { kbps, most_kbps }));
    let swings = m.kbps_swing.and_then(|(low_kbps, high_kbps)| {
        let share = |part: u32| u64::from(part) * 100 / u64::from(kbps.max(1));
        let swings = share(low_kbps) < limits::SWING_LOW_PERCENT.into()
            || share(high_kbps) > limits::SWING_HIGH_PERCENT.into();
        let what = What::BitrateSwings {
            low_kbps,
            high_kbps,
        };
        if swings { advice(what) } else { None }
    });
    let normal = fine(What::Bitrate {
        kbps: m.kbps,
        kbps_minute: kbps,
    });
    [over, swings.or(normal)]
}

/// Profile and level. Baseline, Main and High in 4:2:0 and 8 bits are what every decoder has.
fn stream_kind(m: &Measures) -> [Option<Finding>; 2] {
    let Some(video) = m.video else {
        return [None, None];
    };
    let (profile, level) = (video.profile, video.level);
    let odd = match profile {
        66 | 77 | 88 | 100 => None,
        _ => change(What::Profile { profile }),
    };
    let high = match level > limits::LEVEL_TV {
        true => advice(What::Level { level }),
        false => None,
    };
    match (odd, high) {
        (None, None) => [fine(What::Codec { profile, level }), None],
        both => both.into(),
    }
}

fn size(m: &Measures) -> [Option<Finding>; 2] {
    let Some(video) = m.video.filter(|video| video.width > 0) else {
        return [None, None];
    };
    let (width, height) = (video.width, video.height);
    let (long, short) = (width.max(height), width.min(height));
    let found = if long > limits::LONG_SIDE_TV || short > limits::SHORT_SIDE_TV {
        advice(What::SizeLarge { width, height })
    } else if width % 2 == 1 || height % 2 == 1 {
        advice(What::SizeOdd { width, height })
    } else {
        None
    };
    let normal = match has_pictures(m) && m.rate_tenths > 0 {
        true => fine(What::Picture {
            width,
            height,
            tenths: m.rate_tenths,
        }),
        false => None,
    };
    [found.or(normal), None]
}

fn sound_kind(m: &Measures) -> [Option<Finding>; 2] {
    let Some(audio) = m.audio.filter(|_| has_sound(m)) else {
        return [None, None];
    };
    let (hz, channels) = (audio.sample_rate, audio.channels);
    let efficient = match audio.object_type {
        AAC_SBR | AAC_PS => advice(What::SoundHighEfficiency {}),
        _ => None,
    };
    let unusual = match (hz, channels) {
        (44_100 | 48_000, 1 | 2) => None,
        (44_100 | 48_000, _) => advice(What::SoundChannels { channels }),
        _ => advice(What::SoundRate { hz }),
    };
    match (efficient, unusual) {
        (None, None) => [fine(What::Sound { hz, channels }), None],
        both => both.into(),
    }
}

fn sound_place(m: &Measures) -> [Option<Finding>; 2] {
    if !has_sound(m) || !has_pictures(m) || is_early(m) {
        return [None, None];
    }
    let ms = m.sound_behind_ms.unsigned_abs();
    let what = match m.sound_behind_ms > 0 {
        true => What::SoundLate { ms },
        false => What::SoundEarly { ms },
    };
    let apart = graded(ms, limits::APART_ADVICE_MS, limits::APART_CHANGE_MS, what);
    let holes = match m.silence_ms >= limits::SILENCE_CHANGE_MS {
        true => change(What::SoundHoles { ms: m.silence_ms }),
        false => None,
    };
    [apart, holes]
}

fn rate(m: &Measures) -> [Option<Finding>; 2] {
    if !has_pictures(m) || is_early(m) {
        return [None, None];
    }
    // What is late is not missing: the network is blamed already.
    let says = m.says_rate_tenths;
    let says = says.filter(|_| m.late_ms < limits::LATE_ADVICE_MS);
    let below = says.filter(|says| {
        u64::from(m.rate_tenths) * 100 < u64::from(*says) * u64::from(limits::RATE_PERCENT)
    });
    let below = below.and_then(|announced_tenths| {
        advice(What::RateBelow {
            tenths: m.rate_tenths,
            announced_tenths,
        })
    });
    let permille = m.irregular_permille;
    let varies = match permille >= limits::IRREGULAR_ADVICE {
        true => advice(What::RateVaries { permille }),
        false => None,
    };
    [below, varies]
}

fn clock(m: &Measures) -> [Option<Finding>; 2] {
    let jumps = u32::try_from(m.stamp_jumps).unwrap_or(u32::MAX);
    let jumped = match jumps {
        0 => None,
        jumps => advice(What::StampsJump { jumps }),
    };
    let judged = m.slow_ppm.and_then(|ppm| {
        let off = ppm.unsigned_abs();
        if ppm > 0 && off >= limits::DRIFT_CHANGE_PPM {
            // Millionths of a minute, in ms.
            let ms_a_minute = off.saturating_mul(6) / 100;
            change(What::FallsBehind { ms_a_minute })
        } else if off >= limits::DRIFT_ADVICE_PPM {
            advice(What::ClockDrift { ppm })
        } else {
            fine(What::ClockSteady {})
        }
    });
    [jumped, judged]
}

fn b_frames(m: &Measures) -> [Option<Finding>; 2] {
    let ms = m.reorder_ms;
    let found = match ms {
        0 => None,
        ms if ms >= limits::REORDER_ADVICE_MS => advice(What::BFrames { ms }),
        ms => fine(What::BFrames { ms }),
    };
    [found, None]
}

fn session(m: &Measures) -> [Option<Finding>; 2] {
    let times = m.reconnects;
    let broken = match times {
        0 if is_early(m) => None,
        0 => fine(What::NoReconnects {}),
        _ if times >= limits::RECONNECTS_CHANGE => change(What::Reconnects { times }),
        _ => advice(What::Reconnects { times }),
    };
    let taken = match m.takeovers {
        0 => None,
        times => advice(What::TakenOver { times }),
    };
    [broken, taken]
}

#[cfg(test)]
mod tests {
    use super::super::{Room, findings};
    use super::*;
    use crate::media::health::{AudioFacts, VideoFacts};

    /// A stream with nothing to complain of.
    fn good() -> Measures {
        Measures {
            live_s: 90,
            video: Some(VideoFacts {
                width: 1_920,
                height: 1_080,
                profile: 100,
                level: 41,
            }),
            audio: Some(AudioFacts {
                object_type: 2,
                sample_rate: 48_000,
                channels: 2,
            }),
            says_audio: Some(true),
            says_video: Some(true),
            pictures: 2_700,
            sounds: 4_200,
            rate_tenths: 300,
            says_rate_tenths: Some(300),
            keyframe_ms: Some(2_000),
            kbps: 4_300,
            kbps_minute: 4_250,
            kbps_swing: Some((3_900, 4_700)),
            sound_behind_ms: 40,
            late_ms: 120,
            slow_ppm: Some(60),
            room: Some(Room {
                seconds: 60,
                good_kbps: 9_000,
            }),
            most_kbps: Some(8_000),
            ..Measures::default()
        }
    }

    fn codes(m: &Measures, severity: Severity) -> Vec<&'static str> {
        let found = findings(m).into_iter();
        found
            .filter(|finding| finding.severity == severity)
            .map(|finding| finding.what.code())
            .collect()
    }

    #[test]
    fn a_good_stream_is_told_so_and_nothing_else() {
        let m = good();
        assert_eq!(codes(&m, Severity::Change), [""; 0]);
        assert_eq!(codes(&m, Severity::Advice), [""; 0]);
        assert_eq!(
            codes(&m, Severity::Fine),
            [
                "keyframes",
                "bitrate",
                "codec",
                "picture",
                "sound",
                "clock_steady",
                "no_reconnects"
            ]
        );
    }

    type Case = (&'static str, Severity, fn(&mut Measures));

    #[test]
    #[rustfmt::skip]
    fn each_fault_is_found_by_its_name_and_nothing_else_is() {
        use Severity::{Advice, Change};
        let table: &[Case] = &[
            ("keyframes", Change, |m| m.keyframe_ms = Some(8_333)),
            ("keyframes", Advice, |m| m.keyframe_ms = Some(3_000)),
            ("sound_announced", Change, |m| { m.sounds = 0; m.audio = None; }),
            ("no_sound", Advice, |m| { m.sounds = 0; m.audio = None; m.says_audio = Some(false); }),
            ("sound_stopped", Change, |m| m.without_sound_s = 7),
            ("sound_late", Change, |m| m.sound_behind_ms = 700),
            ("sound_late", Advice, |m| m.sound_behind_ms = 300),
            ("sound_early", Advice, |m| m.sound_behind_ms = -300),
            ("sound_holes", Change, |m| m.silence_ms = 900),
            ("sound_high_efficiency", Advice, |m| m.audio = m.audio.map(|a| AudioFacts { object_type: 5, ..a })),
            ("sound_rate", Advice, |m| m.audio = m.audio.map(|a| AudioFacts { sample_rate: 96_000, ..a })),
            ("sound_channels", Advice, |m| m.audio = m.audio.map(|a| AudioFacts { channels: 6, ..a })),
            ("no_picture", Change, |m| m.pictures = 0),
            ("no_picture", Advice, |m| { m.pictures = 0; m.says_video = None; }),
            ("picture_stopped", Change, |m| m.without_picture_s = 9),
            ("pictures_missing", Advice, |m| m.missing_permille = 12),
            ("pictures_missing", Change, |m| m.missing_permille = 90),
            ("rate_below", Advice, |m| m.says_rate_tenths = Some(600)),
            ("rate_varies", Advice, |m| m.irregular_permille = 400),
            ("profile", Change, |m| m.video = m.video.map(|v| VideoFacts { profile: 110, ..v })),
            ("profile", Change, |m| m.video = m.video.map(|v| VideoFacts { profile: 122, ..v })),
            ("level", Advice, |m| m.video = m.video.map(|v| VideoFacts { level: 51, ..v })),
            ("size_large", Advice, |m| m.video = m.video.map(|v| VideoFacts { width: 2_560, height: 1_440, ..v })),
            ("size_odd", Advice, |m| m.video = m.video.map(|v| VideoFacts { width: 853, height: 480, ..v })),
            ("b_frames", Advice, |m| m.reorder_ms = 200),
            ("bitrate_swings", Advice, |m| m.kbps_swing = Some((1_100, 4_700))),
            ("bitrate_swings", Advice, |m| m.kbps_swing = Some((4_000, 9_000))),
            ("bitrate_over_house", Change, |m| m.most_kbps = Some(4_000)),
            ("window_short", Advice, |m| m.room = Some(Room { seconds: 20, good_kbps: 2_800 })),
            ("window_short", Change, |m| m.room = Some(Room { seconds: 13, good_kbps: 1_800 })),
            ("arrives_late", Advice, |m| m.late_ms = 900),
            ("arrives_late", Change, |m| m.late_ms = 4_000),
            ("clock_drift", Advice, |m| m.slow_ppm = Some(-800)),
            ("falls_behind", Change, |m| m.slow_ppm = Some(20_000)),
            ("stamps_jump", Advice, |m| m.stamp_jumps = 2),
            ("reconnects", Advice, |m| m.reconnects = 1),
            ("reconnects", Change, |m| m.reconnects = 3),
            ("taken_over", Advice, |m| m.takeovers = 1),
        ];
        for (code, severity, spoil) in table {
            let mut m = good();
            spoil(&mut m);
            let other = if *severity == Change { Advice } else { Change };
            assert_eq!(codes(&m, *severity), [*code]);
            assert_eq!(codes(&m, other), [""; 0], "beside {code}");
        }
    }

    #[test]
    fn what_takes_time_to_see_is_not_said_at_once() {
        let m = Measures {
            live_s: 2,
            says_audio: Some(true),
            says_video: Some(true),
            ..Measures::default()
        };
        assert_eq!(findings(&m), []);
    }

    #[test]
    fn a_third_of_the_time_lost_is_twenty_seconds_a_minute() {
        let m = Measures {
            slow_ppm: Some(333_333),
            ..good()
        };
        let lost = findings(&m)[0].what.values();
        assert_eq!(lost, [("ms_a_minute", 19_999)]);
    }
}
