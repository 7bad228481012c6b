//! Movie fragments: `moof` and the header of `mdat`.
use super::boxes::{to_u32, write_box, write_full_box};
use super::{AUDIO_TRACK, SampleEntry, TrackRun, VIDEO_TRACK};
use bytes::{BufMut, Bytes, BytesMut};

/// `tfhd`: default-base-is-moof, nothing else.
pub(super) const TFHD_FLAGS: u32 = 0x02_0000;
/// `tfdt` of version 1: 64 bits, since 32 overflow after 13 h.
pub(super) const TFDT_VERSION: u8 = 1;
/// `trun` of version 1 (signed composition): data offset; duration, size, flags, composition a sample.
pub(super) const VIDEO_TRUN: (u8, u32) = (1, 0xf01);
/// `trun` of version 0: data offset; duration and size a sample.
pub(super) const AUDIO_TRUN: (u8, u32) = (0, 0x301);
/// sample_depends_on 2: depends on no other.
const KEY_FLAGS: u32 = 0x0200_0000;
/// sample_depends_on 1 and the non-sync bit.
const NON_KEY_FLAGS: u32 = 0x0101_0000;
/// sample_is_non_sync_sample.
pub(super) const NON_SYNC: u32 = 0x0001_0000;

/// `moof` and the header of `mdat`; the samples' bytes follow it, video first.
///
/// A track without samples gets no `traf`. Audio samples are all sync samples without composition offset,
/// so `key` and `composition` of audio entries are not written.
pub fn fragment_head(
    sequence: u32,
    video: Option<&TrackRun<'_>>,
    audio: Option<&TrackRun<'_>>,
) -> Bytes {
    let video = video.filter(|run| !run.samples.is_empty());
    let audio = audio.filter(|run| !run.samples.is_empty());
    let moof = moof_size(video, audio);
    let video_bytes = data_size(video);
    let mdat = 8 + video_bytes + data_size(audio);

    let mut out = BytesMut::with_capacity(moof + 8);
    write_box(&mut out, *b"moof", |out| {
        write_full_box(out, *b"mfhd", 0, 0, |out| out.put_u32(sequence));
        if let Some(run) = video {
            write_traf(out, VIDEO_TRACK, run, moof + 8, VIDEO_TRUN, put_video);
        }
        if let Some(run) = audio {
            let offset = moof + 8 + video_bytes;
            write_traf(out, AUDIO_TRACK, run, offset, AUDIO_TRUN, put_audio);
        }
    });
    debug_assert_eq!(out.len(), moof);
    out.put_u32(to_u32(mdat));
    out.put_slice(b"mdat");
    out.freeze()
}

/// Box headers and fixed fields, then 16 bytes a video sample and 8 an audio sample.
fn moof_size(video: Option<&TrackRun<'_>>, audio: Option<&TrackRun<'_>>) -> usize {
    const MFHD: usize = 16;
    const TRAF: usize = 8 + 16 + 20 + 20;
    let traf = |run: &TrackRun<'_>, each: usize| TRAF + each * run.samples.len();
    8 + MFHD + video.map_or(0, |run| traf(run, 16)) + audio.map_or(0, |run| traf(run, 8))
}

fn data_size(run: Option<&TrackRun<'_>>) -> usize {
    run.map_or(0, |run| {
        run.samples.iter().map(|sample| sample.size as usize).sum()
    })
}

fn write_traf(
    out: &mut BytesMut,
    track: u32,
    run: &TrackRun<'_>,
    data_offset: usize,
    (version, flags): (u8, u32),
    put_sample: fn(&mut BytesMut, &SampleEntry),
) {
    write_box(out, *b"traf", |out| {
        write_full_box(out, *b"tfhd", 0, TFHD_FLAGS, |out| out.put_u32(track));
        write_full_box(out, *b"tfdt", TFDT_VERSION, 0, |out| {
            out.put_u64(run.base_decode_time);
        });
        write_full_box(out, *b"trun", version, flags, |out| {
            out.put_u32(to_u32(run.samples.len()));
            out.put_u32(to_u32(data_offset));
            for sample in run.samples {
                put_sample(out, sample);
            }
        });
    });
}

fn put_video(out: &mut BytesMut, sample: &SampleEntry) {
    out.put_u32(sample.duration);
    out.put_u32(sample.size);
    out.put_u32(if sample.key { KEY_FLAGS } else { NON_KEY_FLAGS });
    out.put_i32(sample.composition);
}

fn put_audio(out: &mut BytesMut, sample: &SampleEntry) {
    out.put_u32(sample.duration);
    out.put_u32(sample.size);
}
