//! Reading our own fragments back.
use super::boxes::{expect_version_flags, next_box, take_u32, take_u64};
use super::fragment::{AUDIO_TRUN, NON_SYNC, TFDT_VERSION, TFHD_FLAGS, VIDEO_TRUN};
use super::{AUDIO_TRACK, Fmp4Error, ParsedFragment, ParsedRun, SampleEntry, VIDEO_TRACK};

/// Reads one `moof` (+ `mdat`) as this module writes it; what stands behind the `moof` is not looked at.
///
/// Memory is bounded by the input: each sample takes 8 bytes of it or more.
pub fn parse_fragment(bytes: &[u8]) -> Result<ParsedFragment, Fmp4Error> {
    let (kind, mut moof) = next_box(&mut { bytes }, "moof")?;
    if kind != *b"moof" {
        return Err(Fmp4Error::Missing("moof"));
    }
    let mut fragment = ParsedFragment::default();
    while !moof.is_empty() {
        let (kind, payload) = next_box(&mut moof, "moof")?;
        if kind == *b"traf" {
            let (track, run) = parse_traf(payload)?;
            let slot = match track {
                VIDEO_TRACK => &mut fragment.video,
                AUDIO_TRACK => &mut fragment.audio,
                other => return Err(Fmp4Error::Track(other)),
            };
            if slot.replace(run).is_some() {
                return Err(Fmp4Error::Twice("traf"));
            }
        }
    }
    Ok(fragment)
}

fn parse_traf(mut traf: &[u8]) -> Result<(u32, ParsedRun), Fmp4Error> {
    let (mut track, mut time, mut run) = (None, None, None);
    while !traf.is_empty() {
        let (kind, mut payload) = next_box(&mut traf, "traf")?;
        match &kind {
            b"tfhd" => {
                expect_version_flags(&mut payload, "tfhd", TFHD_FLAGS)?;
                track = Some(take_u32(&mut payload, "tfhd")?);
            }
            b"tfdt" => {
                expect_version_flags(&mut payload, "tfdt", u32::from(TFDT_VERSION) << 24)?;
                time = Some(take_u64(&mut payload, "tfdt")?);
            }
            b"trun" => {
                let track = track.ok_or(Fmp4Error::Missing("tfhd"))?;
                if run.replace(parse_trun(payload, track)?).is_some() {
                    return Err(Fmp4Error::Twice("trun"));
                }
            }
            _ => {}
        }
    }
    let (data_offset, samples) = run.ok_or(Fmp4Error::Missing("trun"))?;
    let run = ParsedRun {
        base_decode_time: time.ok_or(Fmp4Error::Missing("tfdt"))?,
        samples,
        data_offset,
    };
    Ok((track.ok_or(Fmp4Error::Missing("tfhd"))?, run))
}

fn parse_trun(mut trun: &[u8], track: u32) -> Result<(usize, Vec<SampleEntry>), Fmp4Error> {
    let video = track == VIDEO_TRACK;
    let (version, flags) = if video { VIDEO_TRUN } else { AUDIO_TRUN };
    expect_version_flags(&mut trun, "trun", u32::from(version) << 24 | flags)?;
    let count = take_u32(&mut trun, "trun")? as usize;
    let data_offset = take_u32(&mut trun, "trun")? as usize;
    let each = if video { 16 } else { 8 };
    if count.checked_mul(each) != Some(trun.len()) {
        return Err(Fmp4Error::Short("trun"));
    }
    let samples = trun.chunks_exact(each).map(|mut entry| {
        Ok(SampleEntry {
            duration: take_u32(&mut entry, "trun")?,
            size: take_u32(&mut entry, "trun")?,
            key: !video || take_u32(&mut entry, "trun")? & NON_SYNC == 0,
            composition: if video {
                take_u32(&mut entry, "trun")?.cast_signed()
            } else {
                0
            },
        })
    });
    Ok((data_offset, samples.collect::<Result<_, _>>()?))
}

impl ParsedRun {
    /// The samples with their decode times (track ticks) and bytes, `fragment` being what was parsed.
    /// Ends with an error at the first sample whose bytes are not there.
    pub fn samples_in<'a>(
        &'a self,
        fragment: &'a [u8],
    ) -> impl Iterator<Item = Result<(u64, SampleEntry, &'a [u8]), Fmp4Error>> {
        let mut time = self.base_decode_time;
        let mut rest = fragment.get(self.data_offset..);
        self.samples.iter().map(move |sample| {
            let (data, tail) = rest
                .and_then(|rest| rest.split_at_checked(sample.size as usize))
                .ok_or_else(|| {
                    rest = None;
                    Fmp4Error::Short("mdat")
                })?;
            rest = Some(tail);
            let at = time;
            time = time.saturating_add(u64::from(sample.duration));
            Ok((at, *sample, data))
        })
    }
}
