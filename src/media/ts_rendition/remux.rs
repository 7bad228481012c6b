//! A TS segment from the ring's fragments, one at a time.
use super::survey::Plan;
use crate::media::fragment::Tracks;
use crate::media::rendition::{FragmentRef, Rendition};
use crate::wire::aac::AacConfig;
use crate::wire::fmp4::{Fmp4Error, ParsedRun, SampleEntry, parse_fragment};
use crate::wire::mpegts::{SegmentMuxer, VideoUnit};
use std::io;
use std::sync::Arc;

/// Fragments taken from the ring at a time: each holds on to its segment file.
const PAGE: u64 = 16;
/// Largest fragment that is read, bytes. The segment of a larger one is left out.
pub const MAX_FRAGMENT: u64 = crate::limits::budget::TS_FRAGMENT;
/// Finished packets are stored when so many bytes of them wait.
const STORE_AT: usize = 128 << 10;

/// Why a segment could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RemuxError {
    /// Its fragments have left the ring, or their file was cut.
    #[error("the fragments have left the ring")]
    Gone,
    /// A fragment of more than [`MAX_FRAGMENT`] bytes.
    #[error("a fragment of {0} bytes is too large")]
    TooLarge(u64),
    /// No track that a transport stream could carry.
    #[error("no track that MPEG-TS can carry")]
    NoTrack,
    /// A fragment is not as we write them.
    #[error("fragment in the ring: {0}")]
    Fragment(#[from] Fmp4Error),
    /// The segment could not be stored.
    #[error("the TS segment can't be written: {0}")]
    Storage(#[source] io::Error),
}

/// Makes the segment and hands its bytes to `store`, piece by piece.
pub(super) fn remux(
    source: &Rendition,
    plan: &Plan,
    mut store: impl FnMut(&[u8]) -> io::Result<()>,
) -> Result<(), RemuxError> {
    let mut remuxer: Option<Remuxer> = None;
    let mut buffer = Vec::new();
    let end = plan.first.saturating_add(plan.fragments);
    let mut next = plan.first;
    while next < end {
        let page = source.fragments(next, (end - next).min(PAGE) as usize);
        if page.is_empty() {
            return Err(RemuxError::Gone);
        }
        for fragment in &page {
            if fragment.number != next || fragment.ts_segment != plan.number {
                return Err(RemuxError::Gone);
            }
            next += 1;
            read(fragment, &mut buffer)?;
            let remuxer = match &mut remuxer {
                Some(remuxer) => remuxer,
                none => none.insert(Remuxer::new(&fragment.tracks)?),
            };
            remuxer.push(&buffer)?;
            if remuxer.muxer.written().len() >= STORE_AT {
                store(remuxer.muxer.written()).map_err(RemuxError::Storage)?;
                remuxer.muxer.clear();
            }
        }
    }
    let rest = remuxer.map(|remuxer| remuxer.muxer.finish());
    store(&rest.ok_or(RemuxError::Gone)?).map_err(RemuxError::Storage)
}

/// Reads a fragment whole.
fn read(fragment: &FragmentRef, buffer: &mut Vec<u8>) -> Result<(), RemuxError> {
    if fragment.len > MAX_FRAGMENT {
        return Err(RemuxError::TooLarge(fragment.len));
    }
    buffer.resize(fragment.len as usize, 0);
    match fragment.file.read_at(fragment.offset, buffer) {
        Ok(count) if count == buffer.len() => Ok(()),
        _ => Err(RemuxError::Gone),
    }
}

struct Remuxer {
    muxer: SegmentMuxer,
    tracks: Arc<Tracks>,
}

impl Remuxer {
    fn new(tracks: &Arc<Tracks>) -> Result<Remuxer, RemuxError> {
        let audio = carried_audio(tracks).is_some();
        if tracks.video.is_none() && !audio {
            return Err(RemuxError::NoTrack);
        }
        Ok(Remuxer {
            muxer: SegmentMuxer::new(tracks.video.as_ref(), audio),
            tracks: Arc::clone(tracks),
        })
    }

    /// A fragment's samples in the order of their decode times, video first.
    fn push(&mut self, bytes: &[u8]) -> Result<(), RemuxError> {
        let fragment = parse_fragment(bytes)?;
        let audio = carried_audio(&self.tracks);
        let samples = samples(fragment.audio.as_ref().filter(|_| audio.is_some()), bytes);
        let mut frames = samples
            .collect::<Result<Vec<_>, _>>()?
            .into_iter()
            .peekable();
        let ticks = |time: u64| audio.map_or(time, |audio| to_90k(time, audio.sample_rate));
        let video = fragment.video.filter(|_| self.tracks.video.is_some());
        for sample in self::samples(video.as_ref(), bytes) {
            let (dts, entry, data) = sample?;
            while let Some((time, _, frame)) = frames.next_if(|frame| ticks(frame.0) < dts) {
                push_frame(&mut self.muxer, audio, ticks(time), frame);
            }
            self.muxer.push_video(&VideoUnit {
                dts,
                composition: entry.composition,
                key: entry.key,
                data,
            });
        }
        for (time, _, frame) in frames {
            push_frame(&mut self.muxer, audio, ticks(time), frame);
        }
        Ok(())
    }
}

type Sample<'a> = Result<(u64, SampleEntry, &'a [u8]), Fmp4Error>;

fn samples<'a>(
    run: Option<&'a ParsedRun>,
    bytes: &'a [u8],
) -> impl Iterator<Item = Sample<'a>> + use<'a> {
    run.into_iter().flat_map(|run| run.samples_in(bytes))
}

/// The audio, if ADTS can say its configuration.
fn carried_audio(tracks: &Tracks) -> Option<&AacConfig> {
    let can_carry = |audio: &&AacConfig| audio.sample_rate > 0 && audio.adts_header(1).is_some();
    tracks.audio.as_ref().filter(can_carry)
}

/// A frame too long for ADTS (8 KiB, ten times what any encoder makes) is left out.
fn push_frame(muxer: &mut SegmentMuxer, audio: Option<&AacConfig>, pts: u64, frame: &[u8]) {
    if let Some(header) = audio.and_then(|audio| audio.adts_header(frame.len())) {
        muxer.push_audio(pts, &header, frame);
    }
}

fn to_90k(time: u64, rate: u32) -> u64 {
    let ticks = u128::from(time) * 90_000 / u128::from(rate.max(1));
    u64::try_from(ticks).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn audio_times_do_not_drift_however_long_the_stream_runs() {
        for rate in [44_100, 48_000, 22_050, 11_025] {
            let day = 86_400 * 365;
            assert_eq!(to_90k(day * u64::from(rate), rate), day * 90_000);
        }
        assert_eq!(to_90k(1024, 48_000), 1920);
        assert_eq!(to_90k(1024 * 3, 44_100), 6269);
        assert_eq!(to_90k(u64::MAX, 1), u64::MAX);
    }
}
