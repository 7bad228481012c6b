//! Program association and program map tables.
use super::{AUDIO_PID, PMT_PID, VIDEO_PID};
use crc::{CRC_32_MPEG_2, Crc};

const CRC: Crc<u32> = Crc::<u32>::new(&CRC_32_MPEG_2);
/// stream_type of H.264.
const H264: u8 = 0x1b;
/// stream_type of AAC in ADTS.
const ADTS: u8 = 0x0f;
/// ISO-639 language descriptor: "und".
const UNDETERMINED_LANGUAGE: [u8; 6] = [0x0a, 0x04, b'u', b'n', b'd', 0x00];

/// Program 1 is at [`PMT_PID`].
pub(super) fn pat() -> Vec<u8> {
    let [high, low] = PMT_PID.to_be_bytes();
    section(0x00, &[0x00, 0x01, 0xe0 | high, low])
}

/// The streams of the program; the PCR is carried by the video, or by the audio where it is alone.
pub(super) fn pmt(video: bool, audio: bool) -> Vec<u8> {
    let [high, low] = if video { VIDEO_PID } else { AUDIO_PID }.to_be_bytes();
    let mut body = vec![0xe0 | high, low, 0xf0, 0x00];
    if video {
        put_stream(&mut body, H264, VIDEO_PID, &[]);
    }
    if audio {
        put_stream(&mut body, ADTS, AUDIO_PID, &UNDETERMINED_LANGUAGE);
    }
    section(0x02, &body)
}

fn put_stream(body: &mut Vec<u8>, stream_type: u8, pid: u16, descriptors: &[u8]) {
    let [high, low] = pid.to_be_bytes();
    let length = descriptors.len() as u8;
    body.extend_from_slice(&[stream_type, 0xe0 | high, low, 0xf0, length]);
    body.extend_from_slice(descriptors);
}

/// A long section with number 1 (transport stream or program), version 0, current, the only one; CRC at the end.
fn section(table_id: u8, body: &[u8]) -> Vec<u8> {
    let length = (5 + body.len() + 4) as u8;
    let mut out = vec![table_id, 0xb0, length, 0x00, 0x01, 0xc1, 0x00, 0x00];
    out.extend_from_slice(body);
    let crc = CRC.checksum(&out);
    out.extend_from_slice(&crc.to_be_bytes());
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use data_encoding::HEXLOWER;

    #[test]
    fn tables_are_those_of_the_reference_muxer() {
        assert_eq!(HEXLOWER.encode(&pat()), "00b00d0001c100000001f0002ab104b2");
        assert_eq!(
            HEXLOWER.encode(&pmt(true, true)),
            "02b01d0001c10000e100f0001be100f0000fe101f0060a04756e6400087de877"
        );
    }

    #[test]
    fn the_program_map_lists_only_the_streams_that_are_there() {
        assert!(
            HEXLOWER
                .encode(&pmt(true, false))
                .starts_with("02b0120001c10000e100f0001be100f000")
        );
        let audio = HEXLOWER.encode(&pmt(false, true));
        assert!(audio.starts_with("02b0180001c10000e101f0000fe101f0060a04756e6400"));
    }

    #[test]
    fn the_crc_over_a_whole_section_is_zero() {
        for section in [pat(), pmt(true, true), pmt(true, false), pmt(false, true)] {
            assert_eq!(CRC.checksum(&section), 0);
            assert_eq!(usize::from(section[2]), section.len() - 3);
        }
    }
}
