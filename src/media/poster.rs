//! A poster: the newest keyframe alone, as an MP4 of one picture. Copied out of the ring, so that it outlives the session.

use super::rendition::{FragmentRef, Rendition};
use crate::limits::media::{POSTER_BYTES, POSTER_HEAD_BYTES};
use crate::wire::avc::AvcConfig;
use crate::wire::fmp4::{SampleEntry, TrackRun, fragment_head, init_segment, parse_fragment};
use bytes::{Bytes, BytesMut};

/// How long the one picture lasts, 90 kHz ticks: players that insist on time to pass have a second.
const DURATION: u32 = 90_000;

/// Which keyframe a poster shows; another one has another name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PosterOf {
    /// The session's tag.
    pub tag: u32,
    /// Number of the fragment that begins with it.
    pub fragment: u64,
}

/// The keyframe that a poster made now would show. None while there is none, or no video.
pub fn newest(rendition: &Rendition) -> Option<(PosterOf, FragmentRef)> {
    let fragment = rendition.newest_independent()?;
    let name = PosterOf {
        tag: rendition.tag(),
        fragment: fragment.number,
    };
    fragment.tracks.video.is_some().then_some((name, fragment))
}

/// A poster that is not copied yet.
#[derive(Debug)]
pub struct Draft {
    fragment: FragmentRef,
    head: Bytes,
    /// Where in its file the picture lies.
    offset: u64,
    size: usize,
}

impl Draft {
    /// The poster of a fragment that begins with a keyframe: init segment and one sample. None if its bytes are gone, or if it would
    /// be larger than [`POSTER_BYTES`].
    pub fn of(fragment: FragmentRef) -> Option<Draft> {
        let video = fragment.tracks.video.as_ref()?;
        let (offset, sample) = first_picture(&fragment)?;
        let draft = Draft {
            head: head(video, sample),
            size: usize::try_from(sample.size).ok()?,
            offset,
            fragment,
        };
        (draft.bytes() <= POSTER_BYTES).then_some(draft)
    }

    /// How large it will be.
    pub fn bytes(&self) -> usize {
        self.head.len().saturating_add(self.size)
    }

    /// Copies it out of the ring.
    pub fn make(&self) -> Option<Bytes> {
        let mut poster = BytesMut::with_capacity(self.bytes());
        poster.extend_from_slice(&self.head);
        poster.resize(self.bytes(), 0);
        let picture = poster.get_mut(self.head.len()..)?;
        let read = self.fragment.file.read_at(self.offset, picture).ok()?;
        (read == self.size).then(|| poster.freeze())
    }
}

/// Where in its file the first picture lies, and what is said of it.
fn first_picture(fragment: &FragmentRef) -> Option<(u64, SampleEntry)> {
    let within = usize::try_from(fragment.len).unwrap_or(usize::MAX);
    let mut moof = vec![0; within.min(POSTER_HEAD_BYTES)];
    let read = fragment.file.read_at(fragment.offset, &mut moof).ok()?;
    let run = parse_fragment(moof.get(..read)?).ok()?.video?;
    let sample = *run.samples.first().filter(|sample| sample.key)?;
    let offset = u64::try_from(run.data_offset).ok()?;
    let end = offset.checked_add(sample.size.into())?;
    (end <= fragment.len).then_some((fragment.offset.checked_add(offset)?, sample))
}

fn head(video: &AvcConfig, sample: SampleEntry) -> Bytes {
    let run = TrackRun {
        base_decode_time: 0,
        samples: &[SampleEntry {
            duration: DURATION,
            composition: 0,
            ..sample
        }],
    };
    let init = init_segment(Some(video), None);
    let moof = fragment_head(1, Some(&run), None);
    [init, moof].concat().into()
}
