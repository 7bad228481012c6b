//! The rules of output, asserted for every pair of fragments.

use super::publisher::Packaged;
use hearth::limits::media::SEGMENT_MAX_FRAGMENTS;
use hearth::media::packager::Output;
use hearth::media::timeline::Track;
use hearth::media::{Fragment, Run, Tracks};

/// A sample as a viewer gets it.
#[derive(Clone, Copy, Debug)]
pub struct Shown {
    /// Capture time that its bytes tell, µs.
    pub captured: i64,
    /// Presentation time, µs.
    pub at: i64,
    /// Discontinuities before it.
    pub stretch: usize,
}

/// What came out, seen from the viewer's side.
#[derive(Debug, Default)]
pub struct Seen {
    pub pictures: Vec<Shown>,
    pub sounds: Vec<Shown>,
    pub silent: usize,
    pub fragments: Vec<Fragment>,
    /// Seconds, whether it starts with a keyframe.
    pub segments: Vec<(f64, bool)>,
    pub discontinuities: usize,
    pub track_changes: usize,
    /// From a fragment's last picture's capture to its output, ms.
    pub delays: Vec<i64>,
}

impl Seen {
    /// Largest distance between picture and sound against how they were captured, ms. Samples that are `spared`, by track and capture time, don't count.
    pub fn worst_sync_but(&self, spared: impl Fn(Track, i64) -> bool) -> f64 {
        let stretches = 0..=self.discontinuities;
        stretches
            .map(|stretch| self.worst_in(stretch, &spared))
            .fold(0.0, f64::max)
    }

    pub fn worst_sync_ms(&self) -> f64 {
        self.worst_sync_but(|_, _| false)
    }

    fn worst_in(&self, stretch: usize, spared: &impl Fn(Track, i64) -> bool) -> f64 {
        let offsets = |track: Track, shown: &[Shown]| -> Vec<i64> {
            let shown = shown.iter().filter(|shown| shown.stretch == stretch);
            let shown = shown.filter(|shown| !spared(track, shown.captured));
            shown.map(|shown| shown.at - shown.captured).collect()
        };
        let sounds = offsets(Track::Audio, &self.sounds);
        let (Some(least), Some(most)) = (sounds.iter().min(), sounds.iter().max()) else {
            return 0.0;
        };
        let pictures = offsets(Track::Video, &self.pictures).into_iter();
        let worst = pictures
            .map(|picture| (picture - least).max(most - picture))
            .max();
        worst.unwrap_or(0) as f64 / 1_000.0
    }
}

/// Asserts every rule that holds for all output.
pub fn check(packaged: &Packaged) -> Seen {
    let mut seen = Seen::default();
    let mut tracks: Option<Tracks> = None;
    let mut before: Option<Fragment> = None;
    let mut fresh_tracks = false;
    for (now, output) in &packaged.outputs {
        match output {
            Output::Tracks(new) => {
                assert!(new.video.is_some() || new.audio.is_some());
                tracks = Some(new.clone());
                fresh_tracks = true;
                seen.track_changes += 1;
            }
            Output::Fragment(fragment) => {
                let tracks = tracks.as_ref().expect("tracks before the first fragment");
                check_fragment(fragment, tracks);
                match &before {
                    Some(before) => check_pair(before, fragment, fresh_tracks),
                    None => assert!(fragment.starts_segment && !fragment.discontinuity),
                }
                collect(&mut seen, fragment, tracks, *now, packaged.stamp_at);
                before = Some(fragment.clone());
                fresh_tracks = false;
            }
        }
    }
    check_segments(&mut seen);
    seen
}

fn check_fragment(fragment: &Fragment, tracks: &Tracks) {
    assert_eq!(
        fragment.video.is_some(),
        tracks.video.is_some(),
        "every declared track, and no other"
    );
    assert_eq!(
        fragment.audio.is_some(),
        tracks.audio.is_some(),
        "every declared track, and no other"
    );
    for run in fragment.video.iter().chain(&fragment.audio) {
        assert!(!run.samples.is_empty());
        assert_eq!(run.samples.len(), run.data.len());
        for (sample, data) in run.samples.iter().zip(&run.data) {
            assert!(sample.duration > 0, "no sample lasts nothing");
            assert!(
                sample.duration <= 2_450 * 90,
                "a sample of {} ticks",
                sample.duration
            );
            assert_eq!(sample.size as usize, data.len());
        }
    }
    if let Some(video) = &fragment.video {
        assert_eq!(fragment.start, video.base_decode_time);
        assert_eq!(u64::from(fragment.duration), video.duration());
        assert_eq!(fragment.independent, video.samples.first().unwrap().key);
    } else {
        assert!(fragment.independent);
    }
    if let (Some(_), Some(audio), Some(config)) = (&fragment.video, &fragment.audio, &tracks.audio)
    {
        let end =
            (audio.base_decode_time + audio.duration()) as f64 / f64::from(config.sample_rate);
        let frame = f64::from(config.frame_samples) / f64::from(config.sample_rate);
        let video_end = (fragment.start + u64::from(fragment.duration)) as f64 / 90_000.0;
        assert!(
            end >= video_end - 1e-4,
            "audio ends {end}, video {video_end}"
        );
        assert!(
            end <= video_end + 2.0 * frame + 1e-4,
            "audio ends {end}, video {video_end}"
        );
    }
}

fn check_pair(before: &Fragment, after: &Fragment, fresh_tracks: bool) {
    assert_eq!(
        fresh_tracks,
        fresh_tracks && after.discontinuity,
        "new tracks need a discontinuity"
    );
    assert!(
        !before.ends_segment || after.starts_segment,
        "what ends must start"
    );
    let end = before.start + u64::from(before.duration);
    if after.discontinuity {
        assert!(after.starts_segment);
        assert!(
            after.start >= end,
            "time went back from {end} to {}",
            after.start
        );
        return;
    }
    assert_eq!(after.start, end, "a hole in the lead track");
    for (before, after) in [(&before.video, &after.video), (&before.audio, &after.audio)] {
        if let (Some(before), Some(after)) = (before, after) {
            assert_eq!(
                before.base_decode_time + before.duration(),
                after.base_decode_time,
                "a hole"
            );
        }
    }
}

fn collect(seen: &mut Seen, fragment: &Fragment, tracks: &Tracks, now: u64, stamp_at: usize) {
    seen.discontinuities += usize::from(fragment.discontinuity);
    let stretch = seen.discontinuities;
    if let Some(video) = &fragment.video {
        let shown = shown(video, 90_000, stretch, stamp_at);
        if let Some(last) = shown.last() {
            seen.delays.push(now as i64 - last.captured / 1_000);
        }
        seen.pictures.extend(shown);
    }
    if let (Some(audio), Some(config)) = (&fragment.audio, &tracks.audio) {
        let sounds = shown(audio, config.sample_rate, stretch, 0);
        seen.silent += audio.samples.len() - sounds.len();
        seen.sounds.extend(sounds);
    }
    seen.fragments.push(fragment.clone());
}

fn shown(run: &Run, timescale: u32, stretch: usize, stamp_at: usize) -> Vec<Shown> {
    let mut at = run.base_decode_time as i64;
    let mut shown = Vec::new();
    for (sample, data) in run.samples.iter().zip(&run.data) {
        let pts = at + i64::from(sample.composition);
        at += i64::from(sample.duration);
        // Silence is shorter than any real frame.
        let stamp = data
            .get(stamp_at..stamp_at + 8)
            .filter(|_| data.len() >= 100);
        if let Some(stamp) = stamp {
            let captured = u64::from_be_bytes(stamp.try_into().unwrap()) as i64;
            let at = (i128::from(pts) * 1_000_000 / i128::from(timescale)) as i64;
            shown.push(Shown {
                captured,
                at,
                stretch,
            });
        }
    }
    shown
}

fn check_segments(seen: &mut Seen) {
    let mut in_segment = 0;
    for fragment in &seen.fragments {
        in_segment = if fragment.starts_segment {
            1
        } else {
            in_segment + 1
        };
        assert!(in_segment < SEGMENT_MAX_FRAGMENTS, "more than a ring takes");
    }
    let mut open: Option<(u64, bool)> = None;
    let mut end = 0;
    for fragment in &seen.fragments {
        if fragment.starts_segment {
            if let Some((start, key)) = open {
                seen.segments.push(((end - start) as f64 / 90_000.0, key));
            }
            open = Some((fragment.start, fragment.independent));
        }
        end = fragment.start + u64::from(fragment.duration);
    }
    if let Some((start, key)) = open {
        seen.segments.push(((end - start) as f64 / 90_000.0, key));
    }
    for (index, (seconds, _)) in seen.segments.iter().enumerate() {
        assert!(*seconds <= 2.49, "segment {index} lasts {seconds} s");
    }
}
