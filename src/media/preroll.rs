//! Audio kept while no video can be put out: some of it belongs to the coming keyframe.

use super::sample::Sound;
use crate::limits::media::{MAX_PREROLL_BYTES, MAX_PREROLL_FRAMES};
use std::collections::VecDeque;

/// The newest frames, bounded in number and bytes: at the bound the oldest go.
#[derive(Clone, Debug, Default)]
pub struct Preroll {
    frames: VecDeque<Sound>,
    bytes: usize,
}

impl Preroll {
    /// Keeps a frame; returns how many old ones had to go.
    pub fn push(&mut self, sound: Sound) -> u64 {
        self.bytes += sound.data.len();
        self.frames.push_back(sound);
        let mut gone = 0;
        while self.frames.len() > MAX_PREROLL_FRAMES || self.bytes > MAX_PREROLL_BYTES {
            let Some(oldest) = self.frames.pop_front() else {
                break;
            };
            self.bytes -= oldest.data.len();
            gone += 1;
        }
        gone
    }

    /// Takes everything out, oldest first.
    pub fn drain(&mut self) -> impl Iterator<Item = Sound> {
        self.bytes = 0;
        std::mem::take(&mut self.frames).into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    #[test]
    fn only_the_newest_frames_within_both_bounds_are_kept() {
        let mut preroll = Preroll::default();
        let sound = |time: usize, size| Sound {
            time: time as i64,
            data: Bytes::from(vec![0; size]),
        };
        let gone: u64 = (0..1_000).map(|time| preroll.push(sound(time, 10))).sum();
        assert_eq!(gone, 1_000 - MAX_PREROLL_FRAMES as u64);
        assert_eq!(
            preroll.push(sound(1_000, MAX_PREROLL_BYTES - 5)),
            MAX_PREROLL_FRAMES as u64
        );
        assert_eq!(preroll.drain().count(), 1);
        assert_eq!(preroll.drain().count(), 0);
    }
}
