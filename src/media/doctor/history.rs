//! What a stream was like, second by second, over the last two minutes.

use super::Measures;
use crate::limits::doctor::{DRIFT_SECONDS, HISTORY_POINTS, LONG, POINT_MS, SHORT, SWING_SECONDS};
use crate::media::health::Health;
use crate::time::Mono;
use std::collections::VecDeque;

/// One second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Point {
    /// kbit/s.
    pub kbps: u32,
    /// Pictures a second, tenths.
    pub rate_tenths: u32,
    /// Pictures that came.
    pub pictures: u16,
    /// Pictures that were missing.
    pub missing: u16,
    /// Pictures at an odd distance.
    pub irregular: u16,
    /// Audio frames that came.
    pub sounds: u16,
    /// Audio frames of silence put in.
    pub silent: u16,
    /// How late the newest sample came against the earliest of this publisher's, ms.
    pub late_ms: i32,
}

/// See the module. A publisher that comes back goes on in the same history.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// Oldest first.
    points: VecDeque<Point>,
    publisher: Option<Publisher>,
}

/// What is remembered of the present publisher.
#[derive(Clone, Debug)]
struct Publisher {
    number: u64,
    began: Mono,
    noted: Mono,
    last: Health,
    /// How many of the points are this one's.
    points: usize,
    least_lag_ms: i64,
}

impl History {
    /// Takes note of what publisher `number` has shown up to now. Cheap: a point is made once a second.
    pub fn note(&mut self, number: u64, health: &Health, now: Mono) {
        let same = self.publisher.take().filter(|it| it.number == number);
        let Some(mut publisher) = same else {
            self.publisher = Some(Publisher {
                number,
                began: now,
                noted: now,
                last: health.clone(),
                points: 0,
                least_lag_ms: health.lag_ms,
            });
            return;
        };
        if now.since(publisher.noted) >= POINT_MS {
            let point = publisher.point(health, now);
            if self.points.len() >= HISTORY_POINTS {
                self.points.pop_front();
            }
            self.points.push_back(point);
        }
        self.publisher = Some(publisher);
    }

    /// Second by second, oldest first.
    pub fn points(&self) -> impl ExactSizeIterator<Item = &Point> {
        self.points.iter()
    }

    /// What the present publisher's stream is like, as far as the stream itself tells.
    pub fn measures(&self, health: &Health, now: Mono) -> Measures {
        let own = self.publisher.as_ref().map_or(0, |it| it.points);
        let short = self.newest(SHORT.min(own));
        let long = self.newest(LONG.min(own));
        let live_ms = self.publisher.as_ref().map_or(0, |it| now.since(it.began));
        let pictures = sum(&long, |point| point.pictures);
        let missing = sum(&long, |point| point.missing);
        Measures {
            live_s: u32::try_from(live_ms / 1_000).unwrap_or(u32::MAX),
            video: health.video,
            audio: health.audio,
            says_audio: health.says_audio,
            says_video: health.says_video,
            pictures: health.video_frames,
            sounds: health.audio_frames,
            rate_tenths: mean(&short, |point| point.rate_tenths),
            says_rate_tenths: health.says_rate_tenths,
            without_picture_s: trailing(&long, |point| point.pictures == 0),
            without_sound_s: trailing(&long, |point| point.sounds == 0),
            keyframe_ms: keyframe_ms(health),
            missing_permille: permille(missing, pictures + missing),
            missing,
            irregular_permille: permille(sum(&long, |point| point.irregular), pictures),
            reorder_ms: health.composition_ms,
            kbps: mean(&short, |point| point.kbps),
            kbps_minute: mean(&long, |point| point.kbps),
            kbps_swing: swing(&long),
            sound_behind_ms: i32::try_from(health.sound_behind_ms).unwrap_or(0),
            silence_ms: silence_ms(sum(&long, |point| point.silent), health),
            late_ms: late_ms(&long),
            slow_ppm: slow_ppm(&self.newest(own)),
            stamp_jumps: health.stamp_jumps,
            ..Measures::default()
        }
    }

    fn newest(&self, count: usize) -> Vec<Point> {
        let skipped = self.points.len().saturating_sub(count);
        self.points.iter().skip(skipped).copied().collect()
    }
}

impl Publisher {
    /// What has come since the last point.
    fn point(&mut self, health: &Health, now: Mono) -> Point {
        let ms = now.since(self.noted).max(1);
        let last = &self.last;
        let since = |now: u64, then: u64| now.saturating_sub(then);
        let few = |count: u64| u16::try_from(count).unwrap_or(u16::MAX);
        let bytes = since(health.video_bytes, last.video_bytes)
            + since(health.audio_bytes, last.audio_bytes);
        let pictures = since(health.video_frames, last.video_frames);
        self.least_lag_ms = self.least_lag_ms.min(health.lag_ms);
        let late = health.lag_ms.saturating_sub(self.least_lag_ms);
        let point = Point {
            kbps: u32::try_from(bytes.saturating_mul(8) / ms).unwrap_or(u32::MAX),
            rate_tenths: u32::try_from(pictures.saturating_mul(10_000) / ms).unwrap_or(u32::MAX),
            pictures: few(pictures),
            missing: few(since(health.pictures_missing, last.pictures_missing)),
            irregular: few(since(health.pictures_irregular, last.pictures_irregular)),
            sounds: few(since(health.audio_frames, last.audio_frames)),
            silent: few(since(health.silent_frames, last.silent_frames)),
            late_ms: i32::try_from(late).unwrap_or(i32::MAX),
        };
        self.noted = now;
        self.last.clone_from(health);
        self.points = (self.points + 1).min(HISTORY_POINTS);
        point
    }
}

fn sum(points: &[Point], of: impl Fn(&Point) -> u16) -> u32 {
    points.iter().map(|point| u32::from(of(point))).sum()
}

fn mean(points: &[Point], of: impl Fn(&Point) -> u32) -> u32 {
    let sum: u64 = points.iter().map(|point| u64::from(of(point))).sum();
    u32::try_from(sum / points.len().max(1) as u64).unwrap_or(u32::MAX)
}

/// Points at the end for which it holds.
fn trailing(points: &[Point], holds: impl Fn(&Point) -> bool) -> u32 {
    let count = points.iter().rev().take_while(|point| holds(point)).count();
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn permille(part: u32, of: u32) -> u32 {
    part.saturating_mul(1_000) / of.max(1)
}

fn keyframe_ms(health: &Health) -> Option<u32> {
    let measured = health.keyframe_interval_ms;
    // The first interval is known when it is over; one that is too long is known before.
    let so_far = Some(health.since_keyframe_ms)
        .filter(|ms| *ms >= measured.unwrap_or(crate::limits::doctor::KEYFRAME_CHANGE_MS));
    so_far.or(measured)
}

/// Least and highest five seconds' mean.
fn swing(points: &[Point]) -> Option<(u32, u32)> {
    if points.len() < 4 * SWING_SECONDS {
        return None;
    }
    let means = points
        .windows(SWING_SECONDS)
        .map(|five| mean(five, |point| point.kbps));
    Some((means.clone().min()?, means.max()?))
}

fn silence_ms(frames: u32, health: &Health) -> u32 {
    let rate = health
        .audio
        .map_or(48_000, |audio| audio.sample_rate.max(1));
    frames.saturating_mul(1_024_000 / rate)
}

/// By how much the latest came after the earliest. A steady fall behind is no lateness, so the trend is taken off.
fn late_ms(points: &[Point]) -> u32 {
    let trend = slow_ppm(points).unwrap_or(0);
    let level = |(at, point): (usize, &Point)| {
        let expected = i64::try_from(at).unwrap_or(0) * i64::from(trend) / 1_000;
        i64::from(point.late_ms) - expected
    };
    let levels = points.iter().enumerate().map(level);
    let (least, most) = (levels.clone().min(), levels.max());
    let apart = most.zip(least).map_or(0, |(most, least)| most - least);
    u32::try_from(apart).unwrap_or(u32::MAX)
}

/// How much more time goes by than the stream shows: from the earliest arrivals of the first and the last third.
fn slow_ppm(points: &[Point]) -> Option<i32> {
    if points.len() < DRIFT_SECONDS {
        return None;
    }
    let third = points.len() / 3;
    let earliest = |part: &[Point]| {
        let part = part.iter().enumerate();
        part.min_by_key(|(_, point)| point.late_ms)
            .map(|(at, point)| (at, point.late_ms))
    };
    let (from, before) = earliest(points.get(..third)?)?;
    let (to, after) = earliest(points.get(points.len() - third..)?)?;
    let seconds = i64::try_from(points.len() - third + to - from).ok()?;
    let ppm = (i64::from(after) - i64::from(before)) * 1_000 / seconds.max(1);
    i32::try_from(ppm).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A publisher that sends 30 pictures and 47 frames of sound a second, changed by `change` each second.
    fn after(seconds: u64, mut change: impl FnMut(u64, &mut Health)) -> (History, Measures) {
        let (mut history, mut health) = (History::default(), Health::default());
        history.note(1, &health, Mono(0));
        for second in 1..=seconds {
            health.video_frames += 30;
            health.audio_frames += 47;
            health.video_bytes += 500_000;
            health.audio_bytes += 12_500;
            change(second, &mut health);
            history.note(1, &health, Mono(second * 1_000));
        }
        let measures = history.measures(&health, Mono(seconds * 1_000));
        (history, measures)
    }

    #[test]
    fn a_steady_stream_is_measured_as_it_is() {
        let (history, m) = after(200, |_, _| {});
        assert_eq!(history.points().len(), HISTORY_POINTS);
        assert_eq!((m.live_s, m.kbps, m.kbps_minute), (200, 4_100, 4_100));
        assert_eq!((m.rate_tenths, m.missing, m.late_ms), (300, 0, 0));
        assert_eq!(m.kbps_swing, Some((4_100, 4_100)));
        assert_eq!(m.slow_ppm, Some(0));
    }

    #[test]
    fn sound_that_stops_is_counted_in_seconds() {
        let (_, m) = after(30, |second, health| {
            if second > 22 {
                health.audio_frames -= 47;
            }
        });
        assert_eq!((m.without_sound_s, m.without_picture_s), (8, 0));
    }

    #[test]
    fn missing_pictures_leave_the_minute() {
        let lose = |until: u64| {
            move |second: u64, health: &mut Health| {
                if second <= until {
                    health.pictures_missing += 3;
                }
            }
        };
        let (_, m) = after(30, lose(30));
        assert_eq!((m.missing, m.missing_permille), (90, 90));
        let (_, m) = after(90, lose(30));
        assert_eq!((m.missing, m.missing_permille), (0, 0));
    }

    #[test]
    fn a_slow_clock_is_told_from_a_stall() {
        let (_, slow) = after(90, |second, health| {
            health.lag_ms = 40 + second as i64 * 20 + (second % 7) as i64;
        });
        let ppm = slow.slow_ppm.unwrap();
        assert!((19_500..=20_500).contains(&ppm), "{ppm}");
        assert!(slow.late_ms < 50, "{}", slow.late_ms);

        let (_, stalled) = after(90, |second, health| {
            health.lag_ms = if second == 60 { 3_000 } else { 40 };
        });
        assert_eq!(stalled.slow_ppm, Some(0));
        assert_eq!(stalled.late_ms, 2_960);
    }

    #[test]
    fn a_publisher_that_comes_back_is_measured_anew_in_the_same_history() {
        let (mut history, _) = after(60, |_, _| {});
        let health = Health {
            lag_ms: -70_000,
            ..Health::default()
        };
        history.note(2, &health, Mono(70_000));
        history.note(2, &health, Mono(71_000));
        let m = history.measures(&health, Mono(71_000));
        assert_eq!(history.points().len(), 61);
        assert_eq!((m.live_s, m.kbps, m.late_ms), (1, 0, 0));
    }

    #[test]
    fn a_first_interval_that_is_too_long_is_known_before_it_is_over() {
        let health = |measured, since| Health {
            keyframe_interval_ms: measured,
            since_keyframe_ms: since,
            ..Health::default()
        };
        assert_eq!(keyframe_ms(&health(None, 3_000)), None);
        assert_eq!(keyframe_ms(&health(None, 5_000)), Some(5_000));
        assert_eq!(keyframe_ms(&health(Some(2_000), 1_500)), Some(2_000));
        assert_eq!(keyframe_ms(&health(Some(2_000), 9_000)), Some(9_000));
    }
}
