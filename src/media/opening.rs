//! How a stream opens: which tracks it will have is not known before it is under way.
//!
//! Output starts at the first keyframe. Until it is clear whether audio belongs to it, samples are held; audio from before the keyframe is dropped by the packager.

use super::preroll::Preroll;
use super::sample::{Picture, Sound};
use crate::limits::media::{
    MAX_PENDING_AUDIO_FRAMES, MAX_PENDING_BYTES, MAX_PENDING_PICTURES, WAIT_ANNOUNCED_AUDIO_MS,
    WAIT_IDR_MS, WAIT_UNANNOUNCED_AUDIO_MS, WAIT_VIDEO_MS,
};
use crate::time::Mono;
use std::collections::VecDeque;

/// A sample and when it came.
#[derive(Clone, Debug)]
pub enum Held {
    /// Of the video.
    Picture(Picture, Mono),
    /// Of the audio.
    Sound(Sound, Mono),
}

/// What the stream is known to have so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// A usable video configuration came.
    pub video: bool,
    /// A usable audio configuration came.
    pub audio: bool,
    /// What metadata says about video.
    pub says_video: Option<bool>,
    /// What metadata says about audio.
    pub says_audio: Option<bool>,
}

/// What to start with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// There will be video.
    pub video: bool,
    /// There will be audio.
    pub audio: bool,
    /// Timeline ms at which output starts.
    pub at: i64,
}

/// See the module.
#[derive(Debug, Default)]
pub struct Opening {
    /// The first keyframe's arrival and decode time.
    keyframe: Option<(Mono, i64)>,
    first_sound: Option<Mono>,
    /// Audio before the keyframe.
    preroll: Preroll,
    /// Everything from the keyframe on.
    held: VecDeque<Held>,
    bytes: usize,
}

impl Opening {
    /// A picture came; false if it can't be used because no keyframe came before it.
    pub fn video(&mut self, picture: Picture, now: Mono) -> bool {
        if self.keyframe.is_none() && !picture.key {
            return false;
        }
        self.keyframe.get_or_insert((now, picture.dts));
        self.bytes += picture.data.len();
        self.held.push_back(Held::Picture(picture, now));
        true
    }

    /// An audio frame came.
    pub fn audio(&mut self, sound: Sound, now: Mono) {
        self.first_sound.get_or_insert(now);
        if self.keyframe.is_none() {
            self.preroll.push(sound);
            return;
        }
        self.bytes += sound.data.len();
        self.held.push_back(Held::Sound(sound, now));
    }

    /// Which tracks to start with, if it is time. At the bound of what is held it is; if nothing can be played then, what is held
    /// is given up, and the next keyframe is the first.
    pub fn decide(&mut self, known: Known, now: Mono) -> Option<Decision> {
        let Some(deadline) = self.deadline(known) else {
            if self.is_full() {
                self.keyframe = None;
                self.held = VecDeque::new();
                self.bytes = 0;
            }
            return None;
        };
        let due = deadline <= now || self.is_full();
        due.then(|| self.decide_now(known)).flatten()
    }

    /// Which tracks to start with if it must be now; None if nothing can be played.
    pub fn decide_now(&self, known: Known) -> Option<Decision> {
        let first = self.preroll.first().map(|sound| sound.time);
        match self.keyframe {
            Some((_, at)) if known.video => Some(Decision {
                video: true,
                audio: known.audio,
                at,
            }),
            _ => first.filter(|_| known.audio).map(|at| Decision {
                video: false,
                audio: true,
                at,
            }),
        }
    }

    /// When a decision is due, whatever comes; None if there is nothing to start with.
    pub fn deadline(&self, known: Known) -> Option<Mono> {
        self.decide_now(known)?;
        if let Some((at, _)) = self.keyframe {
            let wait = match (known.audio, known.says_audio) {
                (true, _) => 0,
                (false, Some(true)) => WAIT_ANNOUNCED_AUDIO_MS,
                (false, _) => WAIT_UNANNOUNCED_AUDIO_MS,
            };
            return Some(at.plus(wait));
        }
        let wait = match (known.video, known.says_video) {
            (true, _) => WAIT_IDR_MS,
            (false, Some(false)) => 0,
            (false, _) => WAIT_VIDEO_MS,
        };
        self.first_sound.map(|at| at.plus(wait))
    }

    /// Everything held, in the order in which it came.
    pub fn into_held(mut self) -> impl Iterator<Item = Held> {
        let at = self.first_sound.unwrap_or_default();
        let preroll: Vec<Sound> = self.preroll.drain().collect();
        let preroll = preroll.into_iter().map(move |sound| Held::Sound(sound, at));
        preroll.chain(self.held)
    }

    fn is_full(&self) -> bool {
        self.bytes > MAX_PENDING_BYTES
            || self.held.len() > MAX_PENDING_PICTURES + MAX_PENDING_AUDIO_FRAMES
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    const BOTH: Known = Known {
        video: true,
        audio: true,
        says_video: None,
        says_audio: None,
    };

    fn picture(key: bool, dts: i64) -> Picture {
        Picture {
            dts,
            composition: 0,
            key,
            data: Bytes::from_static(b"picture"),
        }
    }

    fn sound(time: i64) -> Sound {
        Sound {
            time,
            data: Bytes::from_static(b"sound"),
        }
    }

    #[test]
    fn a_stream_with_both_configurations_starts_at_its_first_keyframe() {
        let mut opening = Opening::default();
        assert!(!opening.video(picture(false, 5), Mono(5)));
        opening.audio(sound(0), Mono(6));
        assert_eq!(opening.decide(BOTH, Mono(6)), None);
        assert!(opening.video(picture(true, 40), Mono(40)));
        let decision = opening.decide(BOTH, Mono(40)).unwrap();
        assert_eq!(
            (decision.video, decision.audio, decision.at),
            (true, true, 40)
        );
        assert_eq!(opening.into_held().count(), 2);
    }

    #[test]
    fn announced_audio_is_waited_for_longer_than_unannounced() {
        for (says_audio, wait) in [(None, 300), (Some(false), 300), (Some(true), 1_000)] {
            let mut opening = Opening::default();
            opening.video(picture(true, 0), Mono(100));
            let known = Known {
                audio: false,
                says_audio,
                ..BOTH
            };
            assert_eq!(opening.deadline(known), Some(Mono(100 + wait)));
            assert_eq!(opening.decide(known, Mono(99 + wait)), None);
            let decision = opening.decide(known, Mono(100 + wait)).unwrap();
            assert!(decision.video && !decision.audio);
        }
    }

    #[test]
    fn audio_alone_starts_at_once_only_if_metadata_says_so() {
        for (says_video, wait) in [(None, 1_000), (Some(true), 1_000), (Some(false), 0)] {
            let mut opening = Opening::default();
            opening.audio(sound(7), Mono(100));
            let known = Known {
                video: false,
                says_video,
                ..BOTH
            };
            assert_eq!(opening.deadline(known), Some(Mono(100 + wait)));
            let decision = opening.decide(known, Mono(100 + wait)).unwrap();
            assert_eq!((decision.video, decision.at), (false, 7));
        }
    }

    #[test]
    fn what_can_not_be_played_is_held_within_the_bound() {
        let mut opening = Opening::default();
        let known = Known {
            video: false,
            audio: false,
            ..BOTH
        };
        for n in 0..10_000 {
            opening.video(picture(n % 60 == 0, n), Mono(0));
            opening.audio(sound(n), Mono(0));
            assert_eq!(opening.decide(known, Mono(0)), None);
        }
        assert!(!opening.is_full());
        opening.video(picture(true, 10_000), Mono(0));
        assert!(opening.decide(BOTH, Mono(0)).is_some());
    }

    #[test]
    fn a_wait_ends_when_too_much_is_held() {
        let mut opening = Opening::default();
        let known = Known {
            audio: false,
            says_audio: Some(true),
            ..BOTH
        };
        opening.video(picture(true, 0), Mono(0));
        let big = Bytes::from(vec![0; MAX_PENDING_BYTES]);
        let data = big.clone();
        opening.video(
            Picture {
                data,
                ..picture(false, 1)
            },
            Mono(1),
        );
        assert!(opening.decide(known, Mono(1)).is_some());
    }
}
