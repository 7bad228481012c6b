//! Files that have left a ring while somebody reads them: whose readers may read on, and when they are told to let go.
//!
//! At most so many as the ring says; at the bound the oldest's readers are told. A file whose readers were told is forgotten
//! here: its bytes are in [`LiveBytes::leaving`] until the last of them has let go.
//!
//! [`LiveBytes::leaving`]: super::segment_file::LiveBytes::leaving
use super::segment_file::SegmentFile;
use std::collections::VecDeque;
use std::sync::{Arc, Weak};

/// See the module.
#[derive(Debug)]
pub struct Held {
    /// Oldest first.
    files: VecDeque<Weak<SegmentFile>>,
    most: usize,
    cuts: u64,
}

impl Held {
    /// None yet, and never more than `most`; reserves their places.
    pub fn new(most: usize) -> Held {
        Held {
            files: VecDeque::with_capacity(most),
            most,
            cuts: 0,
        }
    }

    /// Takes a file that has left the ring, if somebody reads it; else it is gone.
    pub fn hold(&mut self, file: Arc<SegmentFile>) {
        let weak = Arc::downgrade(&file);
        drop(file);
        if weak.strong_count() == 0 {
            return;
        }
        if self.files.len() >= self.most {
            self.files.retain(|file| file.strong_count() > 0);
        }
        if self.files.len() >= self.most {
            self.cut_oldest();
        }
        self.files.push_back(weak);
    }

    /// Tells the readers of the oldest file to let go; false if there is none.
    pub fn cut_oldest(&mut self) -> bool {
        while let Some(weak) = self.files.pop_front() {
            let readers = weak.strong_count() as u64;
            if let Some(file) = weak.upgrade() {
                file.cut();
                self.cuts = self.cuts.saturating_add(readers);
                return true;
            }
        }
        false
    }

    /// Readers told so far.
    pub fn cuts(&self) -> u64 {
        self.cuts
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::media::storage::MemoryStorage;

    fn files(count: u64) -> Vec<Arc<SegmentFile>> {
        let file = |sequence| SegmentFile::create(&MemoryStorage, sequence).unwrap();
        (0..count).map(file).collect()
    }

    #[test]
    fn what_nobody_reads_is_not_kept() {
        let mut held = Held::new(2);
        for file in files(5) {
            held.hold(file);
        }
        assert!(!held.cut_oldest());
        assert_eq!(held.cuts(), 0);
    }

    #[test]
    fn at_the_bound_the_oldest_of_those_still_read_is_cut() {
        let mut held = Held::new(2);
        let mut readers = files(4);
        let kept: Vec<_> = readers.iter().map(Arc::clone).collect();
        for file in kept {
            held.hold(file);
        }
        let cut: Vec<_> = readers.iter().map(|file| file.is_cut()).collect();
        assert_eq!(cut, [true, true, false, false]);
        readers.remove(2);
        assert!(held.cut_oldest());
        assert!(readers.last().unwrap().is_cut());
        assert!(!held.cut_oldest());
        assert_eq!(held.cuts(), 3);
    }
}
