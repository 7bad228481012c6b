//! The timeline: raw RTMP time stamps of both tracks in, milliseconds on one steady origin out.
//!
//! Stamps are used as they came. Roll-over at 2^32, 2^31 and 2^24 is undone; stamps that don't rise are moved by the least that makes them rise;
//! jumps that no time of arrival confirms are undone by anchoring the track anew, and the other track follows by the same offset when its own jump comes,
//! so that picture and sound keep their distance to the millisecond.

use super::health::Health;
use crate::limits::media::{
    AHEAD_OF_ARRIVAL_MS, FIRST_STAMPS_APART_MS, SAMPLES_BEHIND, STEP_BACK_MS, STEP_FORWARD_MS,
};
use crate::time::Mono;

/// Moduli, beside 2^32, at which senders let their stamps roll over: OBS and FLV clients mask bit 31, some write 24 bits.
const SHORT_MODULI: [i64; 2] = [1 << 31, 1 << 24];

/// A candidate offset must put a sample within this (ms) of where arrival expects it.
const PLAUSIBLE_MS: i64 = 1_000;

/// A step back smaller than this (ms) is jitter, not the other track's jump coming.
const JITTER_MS: i64 = 100;

/// Which track a sample belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Track {
    /// H.264.
    Video,
    /// AAC.
    Audio,
}

/// A track's newest sample.
#[derive(Clone, Copy, Debug)]
struct Newest {
    raw: u32,
    unwrapped: i64,
    out: i64,
    arrival: Mono,
}

impl Newest {
    /// Where a sample arriving `now` belongs if nothing but arrival is known.
    fn expect(&self, now: Mono) -> i64 {
        let elapsed = i64::try_from(now.since(self.arrival)).unwrap_or(i64::MAX);
        self.out.saturating_add(elapsed.max(1))
    }
}

/// What is added to unwrapped stamps; each new anchoring has the next generation.
#[derive(Clone, Copy, Debug, Default)]
struct Offset {
    ms: i64,
    generation: u32,
}

#[derive(Clone, Copy, Debug, Default)]
struct TrackTime {
    newest: Option<Newest>,
    offset: Offset,
    /// Samples in a row that came behind the one before them.
    behind: u32,
}

/// The smallest lag of time stamps behind arrival. Leaks upward by 0.5 ms a second, to follow a publisher whose clock is slow.
#[derive(Clone, Copy, Debug)]
struct Lag {
    ms: i64,
    at: Mono,
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    video: TrackTime,
    audio: TrackTime,
    latest: Offset,
    lag: Option<Lag>,
}

impl Timeline {
    /// No sample yet: the first one is put at its own raw stamp.
    pub fn new() -> Timeline {
        Timeline::default()
    }

    /// Decode time, ms, of the sample of `track` that arrived `now` with this 32-bit stamp. Rises strictly within a track.
    pub fn place(&mut self, track: Track, raw: u32, now: Mono, health: &mut Health) -> i64 {
        let (unwrapped, out) = match self.track(track).newest {
            Some(newest) => self.place_next(track, newest, raw, now, health),
            None => self.place_first(track, raw, now, health),
        };
        self.track_mut(track).newest = Some(Newest {
            raw,
            unwrapped,
            out,
            arrival: now,
        });
        self.observe_lag(out, now);
        out
    }

    fn place_first(
        &mut self,
        track: Track,
        raw: u32,
        now: Mono,
        health: &mut Health,
    ) -> (i64, i64) {
        self.track_mut(track).offset = self.latest;
        let Some(other) = self.other(track).newest else {
            return (i64::from(raw), i64::from(raw) + self.latest.ms);
        };
        let unwrapped = other.unwrapped + step(other.raw, raw);
        let out = unwrapped + self.latest.ms;
        let expected = other.expect(now);
        if out.abs_diff(expected) <= FIRST_STAMPS_APART_MS.unsigned_abs() {
            return (unwrapped, out);
        }
        (
            unwrapped,
            self.anchor(track, unwrapped, expected, i64::MIN, health),
        )
    }

    fn place_next(
        &mut self,
        track: Track,
        newest: Newest,
        raw: u32,
        now: Mono,
        health: &mut Health,
    ) -> (i64, i64) {
        let unwrapped = newest.unwrapped + step(newest.raw, raw);
        let out = unwrapped + self.track(track).offset.ms;
        let expected = newest.expect(now);
        let stepped = out - newest.out;
        let placed = if stepped < -STEP_BACK_MS || self.is_false_jump(stepped, out, expected, now) {
            self.anchor(track, unwrapped, expected, newest.out, health)
        } else if stepped <= 0 {
            self.place_behind(track, unwrapped, expected, newest.out, stepped, health)
        } else {
            self.track_mut(track).behind = 0;
            out
        };
        (unwrapped, placed)
    }

    /// True if a step forward is not one that time of arrival confirms.
    fn is_false_jump(&self, stepped: i64, out: i64, expected: i64, now: Mono) -> bool {
        if stepped > STEP_FORWARD_MS {
            return out.abs_diff(expected) > PLAUSIBLE_MS.unsigned_abs();
        }
        let Some(lag) = self.lag else { return false };
        stepped > AHEAD_OF_ARRIVAL_MS && millis(now) - out < lag.ms - AHEAD_OF_ARRIVAL_MS
    }

    /// A stamp that is equal to the one before it, or a little less.
    fn place_behind(
        &mut self,
        track: Track,
        unwrapped: i64,
        expected: i64,
        last: i64,
        stepped: i64,
        health: &mut Health,
    ) -> i64 {
        let behind = self.track(track).behind + 1;
        let follows = stepped < -JITTER_MS
            && self
                .shared_place(track, unwrapped, expected, last)
                .is_some();
        if follows || behind > SAMPLES_BEHIND {
            return self.anchor(track, unwrapped, expected, last, health);
        }
        self.track_mut(track).behind = behind;
        health.stamps_bumped += 1;
        last + 1
    }

    /// Where the other track's newer offset would put this sample, if that is plausible.
    fn shared_place(&self, track: Track, unwrapped: i64, expected: i64, last: i64) -> Option<i64> {
        let out = unwrapped + self.latest.ms;
        let newer = self.latest.generation != self.track(track).offset.generation;
        let plausible = out.abs_diff(expected) <= PLAUSIBLE_MS.unsigned_abs();
        (newer && plausible && out >= last - PLAUSIBLE_MS).then_some(out)
    }

    /// Gives the track a new offset: the other track's if that one has just jumped likewise, else one by arrival.
    fn anchor(
        &mut self,
        track: Track,
        unwrapped: i64,
        expected: i64,
        last: i64,
        health: &mut Health,
    ) -> i64 {
        health.stamp_jumps += 1;
        let shared = self.shared_place(track, unwrapped, expected, last);
        if shared.is_none() {
            self.latest = Offset {
                ms: expected - unwrapped,
                generation: self.latest.generation.wrapping_add(1),
            };
        }
        let latest = self.latest;
        let time = self.track_mut(track);
        time.offset = latest;
        time.behind = 0;
        shared.unwrap_or(expected).max(last.saturating_add(1))
    }

    fn observe_lag(&mut self, out: i64, now: Mono) {
        let ms = millis(now) - out;
        let leaked = self
            .lag
            .map(|lag| lag.ms + millis(Mono(now.since(lag.at))) / 2_000);
        if leaked.is_none_or(|leaked| ms <= leaked) {
            self.lag = Some(Lag { ms, at: now });
        }
    }

    fn track(&self, track: Track) -> &TrackTime {
        match track {
            Track::Video => &self.video,
            Track::Audio => &self.audio,
        }
    }

    fn other(&self, track: Track) -> &TrackTime {
        match track {
            Track::Video => &self.audio,
            Track::Audio => &self.video,
        }
    }

    fn track_mut(&mut self, track: Track) -> &mut TrackTime {
        match track {
            Track::Video => &mut self.video,
            Track::Audio => &mut self.audio,
        }
    }
}

fn millis(now: Mono) -> i64 {
    // Half the range leaves room for sums; 146 million years of uptime do not.
    i64::try_from(now.0).unwrap_or(i64::MAX).min(i64::MAX / 2)
}

/// Signed ms from one 32-bit stamp to the next, any of the known roll-overs undone.
fn step(last: u32, raw: u32) -> i64 {
    let step = i64::from(raw.wrapping_sub(last).cast_signed());
    for modulus in SHORT_MODULI {
        for unrolled in [step + modulus, step - modulus] {
            if unrolled.abs() <= STEP_FORWARD_MS {
                return unrolled;
            }
        }
    }
    step
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Bench {
        timeline: Timeline,
        health: Health,
    }

    impl Bench {
        fn new() -> Bench {
            Bench {
                timeline: Timeline::new(),
                health: Health::default(),
            }
        }
        fn video(&mut self, raw: u32, now: u64) -> i64 {
            self.timeline
                .place(Track::Video, raw, Mono(now), &mut self.health)
        }
        fn audio(&mut self, raw: u32, now: u64) -> i64 {
            self.timeline
                .place(Track::Audio, raw, Mono(now), &mut self.health)
        }
        /// Both tracks for a second from `raw`, arriving from `now`.
        fn steady(&mut self, raw: u32, now: u64) {
            for i in 0..25 {
                let (raw, now) = (raw.wrapping_add(i * 40), now + u64::from(i) * 40);
                self.video(raw, now);
                self.audio(raw.wrapping_add(5), now + 5);
            }
        }
    }

    #[test]
    fn steady_stamps_pass_as_they_came() {
        let mut b = Bench::new();
        for i in 0..1000u32 {
            assert_eq!(b.video(i * 33, u64::from(i) * 33), i64::from(i) * 33);
            assert_eq!(
                b.audio(i * 33 + 7, u64::from(i) * 33),
                i64::from(i) * 33 + 7
            );
        }
        assert_eq!(b.health, Health::default());
    }

    #[test]
    fn roll_over_at_24_31_and_32_bits_goes_on() {
        for modulus in [1u64 << 24, 1 << 31, 1 << 32] {
            let mut b = Bench::new();
            let first = modulus - 500;
            let (mut v0, mut a0) = (None, None);
            for i in 0..100u64 {
                let now = i * 40;
                let v = b.video(((first + now) % modulus) as u32, now);
                let a = b.audio(((first + now + 9) % modulus) as u32, now);
                assert_eq!(v - *v0.get_or_insert(v), now as i64);
                assert_eq!(a - *a0.get_or_insert(a), now as i64);
                assert_eq!(a - v, 9);
            }
            assert_eq!(b.health.stamp_jumps, 0);
        }
    }

    #[test]
    fn passing_24_bits_without_roll_over_is_no_wrap() {
        let mut b = Bench::new();
        for i in 0..100u32 {
            let raw = (1 << 24) - 500 + i * 40;
            assert_eq!(b.video(raw, u64::from(i) * 40), i64::from(raw));
        }
    }

    #[test]
    fn a_track_that_starts_beyond_a_roll_over_joins_the_other() {
        let mut b = Bench::new();
        let v = b.video(u32::MAX - 9, 0);
        assert_eq!(b.audio(10, 20) - v, 20);
    }

    #[test]
    fn equal_and_slightly_earlier_stamps_rise_by_one() {
        let mut b = Bench::new();
        assert_eq!(b.video(100, 0), 100);
        assert_eq!(b.video(100, 33), 101);
        assert_eq!(b.video(60, 66), 102);
        assert_eq!(b.video(166, 99), 166);
        assert_eq!(b.health.stamps_bumped, 2);
        assert_eq!(b.health.stamp_jumps, 0);
    }

    #[test]
    fn jumps_both_ways_are_undone_and_tracks_stay_in_sync() {
        for jump in [30_000i64, -30_000, 300_000, -300_000, 1_500, -1_500, 5_000] {
            let mut b = Bench::new();
            let first = 1_000_000u32;
            b.steady(first, 0);
            let raw = (i64::from(first) + jump) as u32 + 1_000;
            let v = b.video(raw, 1_000);
            let a = b.audio(raw + 5, 1_005);
            assert_eq!(v, i64::from(first) + 1_000, "jump {jump}");
            assert_eq!(a - v, 5, "jump {jump}");
            assert_eq!(b.health.stamp_jumps, 2, "jump {jump}");
            assert_eq!(b.video(raw + 40, 1_040) - v, 40);
            assert_eq!(b.audio(raw + 45, 1_045) - v, 45);
        }
    }

    #[test]
    fn a_step_back_just_over_the_limit_moves_both_tracks_alike() {
        let mut b = Bench::new();
        b.steady(50_000, 0);
        let v = b.video(50_000 - 41, 1_000);
        let a = b.audio(50_000 - 41 + 5, 1_000);
        assert_eq!(a - v, 5);
        assert_eq!(b.health.stamps_bumped, 0);
    }

    #[test]
    fn one_track_restarting_is_anchored_by_arrival() {
        let mut b = Bench::new();
        b.steady(500_000, 0);
        let a = b.audio(0, 1_005);
        assert!((a - 501_005).abs() <= 50, "{a}");
        assert_eq!(b.video(501_000, 1_000), 501_000);
        let next = b.audio(21, 1_026);
        assert_eq!(next - a, 21);
        // Its other half restarts later: no plausible common offset, so by arrival again.
        b.steady_video(501_040, 1_040);
        let v = b.video(0, 2_040);
        assert!((v - 502_040).abs() <= 50, "{v}");
    }

    impl Bench {
        fn steady_video(&mut self, raw: u32, now: u64) {
            for i in 0..25 {
                self.video(raw + i * 40, now + u64::from(i) * 40);
            }
        }
    }

    #[test]
    fn a_gap_that_arrival_confirms_is_kept() {
        for gap in [1_500u32, 4_000, 9_000, 20_000] {
            let mut b = Bench::new();
            b.steady(0, 0);
            let (raw, now) = (960 + gap, 960 + u64::from(gap));
            assert_eq!(b.video(raw, now), i64::from(raw));
            assert_eq!(b.audio(raw + 5, now + 5), i64::from(raw) + 5);
            assert_eq!(b.health.stamp_jumps, 0);
        }
    }

    #[test]
    fn frames_lost_in_a_congested_network_are_a_gap_though_arrival_caught_up() {
        let mut b = Bench::new();
        b.steady(0, 0);
        // The next 25 frames come 2 s late, then the encoder drops 2 s of frames and is on time again.
        for i in 25..50u32 {
            b.video(i * 40, u64::from(i) * 40 + 2_000);
        }
        assert_eq!(b.video(4_000, 4_000), 4_000);
        assert_eq!(b.health.stamp_jumps, 0);
    }

    #[test]
    fn a_burst_after_a_stall_keeps_its_stamps() {
        let mut b = Bench::new();
        b.steady(0, 0);
        for i in 25..100u32 {
            assert_eq!(b.video(i * 40, 4_000), i64::from(i) * 40);
        }
        assert_eq!(b.health, Health::default());
    }

    #[test]
    fn tracks_with_unrelated_first_stamps_are_joined_by_arrival() {
        let mut b = Bench::new();
        let a = b.audio(7_200_000, 0);
        let v = b.video(0, 15);
        assert_eq!(v - a, 15);
        assert_eq!(b.audio(7_200_021, 21) - a, 21);
        assert_eq!(b.video(40, 55) - v, 40);
    }

    #[test]
    fn a_lasting_small_step_back_does_not_crush_a_second_into_milliseconds() {
        let mut b = Bench::new();
        b.steady(10_000, 0);
        let mut last = 0;
        for i in 0..50u32 {
            last = b.video(10_100 + i * 40, 1_000 + u64::from(i) * 40);
        }
        assert!((last - 12_960).abs() < 500, "{last}");
        assert!(b.health.stamps_bumped <= u64::from(SAMPLES_BEHIND));
    }
}
