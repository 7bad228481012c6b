//! A live viewer's place in a rendition: fragment after fragment from the newest keyframe on, up to the next seam.
//!
//! It holds a number and what decodes, no media: a viewer who is slow keeps nothing from being freed.
use super::rendition::{FragmentRef, Rendition};
use std::sync::Arc;

/// See the module.
#[derive(Debug)]
pub struct Cursor {
    rendition: Arc<Rendition>,
    next: Option<Place>,
}

#[derive(Clone, Copy, Debug)]
struct Place {
    fragment: u64,
    /// Number of the init segment that decodes all fragments of this cursor.
    init: u32,
}

/// What stands at a cursor.
#[derive(Clone, Debug)]
pub enum Next {
    /// This; the cursor has moved on.
    Fragment(FragmentRef),
    /// Nothing yet.
    Nothing,
    /// Nothing that belongs to what was read: a discontinuity, other tracks, or the session is over.
    Over,
    /// It is too late: the fragment has left the ring, or the end is further ahead than allowed while a newer keyframe is there.
    Behind,
}

impl Cursor {
    /// At the newest keyframe, once there is one.
    pub fn new(rendition: Arc<Rendition>) -> Cursor {
        Cursor {
            rendition,
            next: None,
        }
    }

    /// Unix ms of media time 0.
    pub fn epoch_unix_ms(&self) -> i64 {
        self.rendition.epoch_unix_ms()
    }

    /// What comes next. `most` is how far the media may reach beyond it, 90 kHz ticks, before a newer keyframe is the better place.
    pub fn advance(&mut self, most: u64) -> Next {
        let Some(place) = self.next else {
            return self.begin();
        };
        let Some(fragment) = self.rendition.fragment_from(place.fragment) else {
            return self.at_end();
        };
        if fragment.number != place.fragment || self.is_behind(&fragment, most) {
            return Next::Behind;
        }
        if fragment.discontinuity || fragment.init.number != place.init {
            return Next::Over;
        }
        self.step(fragment)
    }

    fn begin(&mut self) -> Next {
        match self.rendition.newest_entry() {
            Some(fragment) => self.step(fragment),
            None => self.at_end(),
        }
    }

    fn step(&mut self, fragment: FragmentRef) -> Next {
        self.next = Some(Place {
            fragment: fragment.number.saturating_add(1),
            init: fragment.init.number,
        });
        Next::Fragment(fragment)
    }

    fn at_end(&self) -> Next {
        match self.rendition.is_ended() {
            true => Next::Over,
            false => Next::Nothing,
        }
    }

    fn is_behind(&self, fragment: &FragmentRef, most: u64) -> bool {
        let ahead = self.rendition.end_ticks().saturating_sub(fragment.start);
        ahead > most
            && self
                .rendition
                .newest_entry()
                .is_some_and(|newest| newest.number > fragment.number)
    }
}
