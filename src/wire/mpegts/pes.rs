//! PES packet headers.
use super::TIMESTAMP_MASK;

/// stream_id of the video.
pub(super) const VIDEO_STREAM: u8 = 0xe0;
/// stream_id of the audio.
pub(super) const AUDIO_STREAM: u8 = 0xc0;
/// Largest PES_packet_length; the 6 bytes before it do not count.
pub(super) const MAX_LENGTH: usize = 0xffff;

/// Appends a header whose PES_packet_length is 0; [`set_length`] fills it in. The DTS is written only where it is not the PTS.
pub(super) fn put_header(out: &mut Vec<u8>, stream: u8, pts: u64, dts: u64) {
    // 84: data_alignment, an access unit begins right behind the header.
    out.extend_from_slice(&[0, 0, 1, stream, 0, 0, 0x84]);
    if (pts ^ dts) & TIMESTAMP_MASK == 0 {
        out.extend_from_slice(&[0x80, 5]);
        out.extend_from_slice(&timestamp(0b0010, pts));
    } else {
        out.extend_from_slice(&[0xc0, 10]);
        out.extend_from_slice(&timestamp(0b0011, pts));
        out.extend_from_slice(&timestamp(0b0001, dts));
    }
}

/// Fills in PES_packet_length; one that does not fit stays 0, which says "unbounded" (video only, and legal there).
pub(super) fn set_length(pes: &mut [u8]) {
    if let Ok(length) = u16::try_from(pes.len().saturating_sub(6))
        && let Some(field) = pes.get_mut(4..6)
    {
        field.copy_from_slice(&length.to_be_bytes());
    }
}

/// Four bits of prefix, then the 33 bits in three pieces, each closed by a marker bit.
fn timestamp(prefix: u8, ticks: u64) -> [u8; 5] {
    let bits = |shift: u32| (ticks >> shift & 0xff) as u8;
    [
        prefix << 4 | bits(29) & 0x0e | 1,
        bits(22),
        bits(14) | 1,
        bits(7),
        bits(0) << 1 | 1,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_stamps_are_those_of_the_reference_muxer() {
        assert_eq!(timestamp(3, 132_000), [0x31, 0x00, 0x09, 0x07, 0x41]);
        assert_eq!(timestamp(1, 126_000), [0x11, 0x00, 0x07, 0xd8, 0x61]);
        assert_eq!(timestamp(2, 130_080), [0x21, 0x00, 0x07, 0xf8, 0x41]);
    }

    #[test]
    fn time_stamps_wrap_at_33_bits() {
        assert_eq!(timestamp(2, (1 << 33) - 1), [0x2f, 0xff, 0xff, 0xff, 0xff]);
        assert_eq!(timestamp(2, (1 << 33) + 7), timestamp(2, 7));
    }

    #[test]
    fn the_dts_is_written_only_where_it_differs() {
        let mut pes = Vec::new();
        put_header(&mut pes, VIDEO_STREAM, 132_000, 126_000);
        set_length(&mut pes);
        let expected = [0, 0, 1, 0xe0, 0, 13, 0x84, 0xc0, 10, 0x31, 0, 9, 7, 0x41];
        assert_eq!(pes[..14], expected);
        assert_eq!(pes[14..], [0x11, 0x00, 0x07, 0xd8, 0x61]);
        let mut pes = Vec::new();
        put_header(&mut pes, AUDIO_STREAM, 130_080, 130_080);
        assert_eq!(pes[6..9], [0x84, 0x80, 5]);
        assert_eq!(pes.len(), 14);
    }

    #[test]
    fn a_length_that_does_not_fit_stays_open() {
        let mut pes = vec![0; MAX_LENGTH + 6];
        set_length(&mut pes);
        assert_eq!(pes[4..6], [0xff, 0xff]);
        let mut pes = vec![0; MAX_LENGTH + 7];
        set_length(&mut pes);
        assert_eq!(pes[4..6], [0, 0]);
    }
}
