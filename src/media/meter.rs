//! What a stream shows of its encoder, noted as it passes: rates, gaps, delays. Repairs are counted where they are made.

use super::health::{AudioFacts, Health, VideoFacts};
use super::sample::TICKS_PER_MS;
use crate::time::Mono;
use crate::wire::aac::AacConfig;
use crate::wire::avc::AvcConfig;
use crate::wire::rtmp::connection::Metadata;

/// Time stamps are whole ms, and some encoders round twice: less than this apart is regular.
const ROUNDING_MS: i64 = 3;

/// See the module. All times are the timeline's, ms.
#[derive(Clone, Copy, Debug, Default)]
pub struct Meter {
    picture: Option<i64>,
    /// No sound came since.
    is_newest: bool,
    keyframe: Option<i64>,
}

impl Meter {
    /// What the encoder says of itself.
    pub fn metadata(metadata: &Metadata, health: &mut Health) {
        health.says_video = metadata.video;
        health.says_audio = metadata.audio;
        health.says_rate_tenths = tenths(metadata.frame_rate).or(health.says_rate_tenths);
    }

    /// A configuration of the pictures to come.
    pub fn video(config: &AvcConfig, health: &mut Health) {
        let info = config.info().ok();
        let [profile, _, level] = config.profile;
        health.video = Some(VideoFacts {
            width: info.map_or(0, |info| info.width),
            height: info.map_or(0, |info| info.height),
            profile,
            level,
        });
        let stated = info.and_then(|info| info.frame_rate);
        health.says_rate_tenths = tenths(stated).or(health.says_rate_tenths);
    }

    /// A configuration of the sound to come.
    pub fn audio(config: &AacConfig, health: &mut Health) {
        health.audio = Some(AudioFacts {
            object_type: config.object_type,
            sample_rate: config.output_rate,
            channels: config.channels(),
        });
    }

    /// A picture came.
    pub fn picture(
        &mut self,
        dts: i64,
        composition: i32,
        key: bool,
        now: Mono,
        health: &mut Health,
    ) {
        if let Some(last) = self.picture {
            judge_step(dts.saturating_sub(last), health);
        }
        self.picture = Some(dts);
        self.is_newest = true;
        if key {
            self.keyframe = Some(dts);
        }
        let since = self.keyframe.map_or(0, |at| dts.saturating_sub(at));
        health.since_keyframe_ms = u32::try_from(since).unwrap_or(0);
        health.composition_ms = health
            .composition_ms
            .max(u32::try_from(composition).unwrap_or(0));
        health.lag_ms = lag(dts, now);
    }

    /// Sound came. How far it is from the picture shows right behind one: later the next picture is due, and may be missing.
    pub fn sound(&mut self, time: i64, now: Mono, health: &mut Health) {
        let is_behind_picture = std::mem::take(&mut self.is_newest);
        match self.picture {
            Some(picture) if is_behind_picture => {
                health.sound_behind_ms = picture.saturating_sub(time);
            }
            Some(_) => {}
            None => health.lag_ms = lag(time, now),
        }
    }
}

/// Counts what is missing between two pictures, once it is known how far they should be apart.
fn judge_step(step: i64, health: &mut Health) {
    let nominal = i64::from(health.picture_ticks) / TICKS_PER_MS as i64;
    if nominal == 0 || step <= 0 {
        return;
    }
    if step.saturating_mul(10) >= nominal.saturating_mul(18) {
        let missing = (step + nominal / 2) / nominal - 1;
        health.pictures_missing += missing.unsigned_abs();
    } else if (step - nominal).abs() > ROUNDING_MS.max(nominal / 4) {
        health.pictures_irregular += 1;
    }
}

fn lag(time: i64, now: Mono) -> i64 {
    let now = i64::try_from(now.0).unwrap_or(i64::MAX);
    now.saturating_sub(time)
}

fn tenths(rate: Option<f64>) -> Option<u32> {
    rate.filter(|rate| (1.0..=240.0).contains(rate))
        .map(|rate| (rate * 10.0).round() as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(steps: &[i64]) -> Health {
        let mut health = Health {
            picture_ticks: 3_000,
            ..Health::default()
        };
        let (mut meter, mut dts) = (Meter::default(), 0);
        for step in [0].iter().chain(steps) {
            dts += step;
            meter.picture(dts, 0, dts == 0, Mono(500 + dts as u64), &mut health);
        }
        health
    }

    #[test]
    fn rounded_steps_are_regular_and_gaps_are_counted_by_what_is_missing() {
        let regular = after(&[33, 34, 33, 36, 31]);
        assert_eq!(
            (regular.pictures_missing, regular.pictures_irregular),
            (0, 0)
        );
        let gappy = after(&[33, 67, 33, 133]);
        assert_eq!((gappy.pictures_missing, gappy.pictures_irregular), (4, 0));
        let wavering = after(&[33, 50, 20, 45]);
        assert_eq!(
            (wavering.pictures_missing, wavering.pictures_irregular),
            (0, 3)
        );
    }

    #[test]
    fn keyframe_age_and_lag_follow_the_newest_picture() {
        let health = after(&[33; 90]);
        assert_eq!((health.since_keyframe_ms, health.lag_ms), (2_970, 500));
    }

    #[test]
    fn sound_in_a_gap_between_pictures_says_nothing_about_their_distance() {
        let (mut meter, mut health) = (Meter::default(), Health::default());
        meter.picture(1_000, 0, true, Mono(0), &mut health);
        meter.sound(1_010, Mono(0), &mut health);
        assert_eq!(health.sound_behind_ms, -10);
        for time in (1_031..4_000).step_by(21) {
            meter.sound(time, Mono(0), &mut health);
        }
        assert_eq!(health.sound_behind_ms, -10);
        meter.picture(4_000, 0, false, Mono(0), &mut health);
        meter.sound(3_700, Mono(0), &mut health);
        assert_eq!(health.sound_behind_ms, 300);
    }
}
