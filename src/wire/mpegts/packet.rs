//! Packets: 4-byte header, adaptation field, payload.
use super::{PACKET, TIMESTAMP_MASK};

/// Bytes of a packet behind its header.
pub(super) const BODY: usize = PACKET - 4;
/// random_access_indicator.
const RANDOM_ACCESS: u8 = 0x40;
/// PCR_flag.
const PCR: u8 = 0x10;

/// Payload-carrying packets of a PID: the continuity counters of a segment begin at 0 and, since every segment holds a multiple of
/// 16 of them, run on into the next without either knowing the other.
pub(super) const COUNTER_CYCLE: usize = 16;

/// What the adaptation field of an access unit's first packet says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Adaptation {
    /// Decoding can start here.
    pub(super) random_access: bool,
    /// Program clock reference, 90 kHz ticks.
    pub(super) pcr: Option<u64>,
}

impl Adaptation {
    /// Flags and PCR, and how many of these bytes count: none if there is nothing to say.
    fn fields(self) -> ([u8; 7], usize) {
        let mut fields = [0; 7];
        if self.random_access {
            fields[0] |= RANDOM_ACCESS;
        }
        if let Some(pcr) = self.pcr {
            fields[0] |= PCR;
            // 33 bits of 90 kHz, 6 reserved bits, 9 bits of 27 MHz.
            let bits = (pcr & TIMESTAMP_MASK) << 15 | 0x7e00;
            fields[1..].copy_from_slice(&bits.to_be_bytes()[2..]);
            return (fields, 7);
        }
        (fields, usize::from(self.random_access))
    }
}

/// One PID's packets within a segment.
#[derive(Debug)]
pub(super) struct Pid {
    number: u16,
    written: usize,
}

impl Pid {
    pub(super) fn new(number: u16) -> Pid {
        Pid { number, written: 0 }
    }

    /// A table: pointer field, section, FF to the packet's end.
    pub(super) fn write_section(&mut self, out: &mut Vec<u8>, section: &[u8]) {
        let mut body = [0xff; BODY];
        body[0] = 0;
        for (slot, byte) in body.iter_mut().skip(1).zip(section) {
            *slot = *byte;
        }
        self.write_packet(out, true, &[], &body);
    }

    /// A PES packet over as few packets as hold it; as the last of the segment over so many that the PID's number of packets
    /// becomes a multiple of [`COUNTER_CYCLE`] (stuffing in the adaptation fields).
    ///
    /// `pes` has at least 16 bytes, so that each packet carries some.
    pub(super) fn write_pes(
        &mut self,
        out: &mut Vec<u8>,
        adaptation: Adaptation,
        pes: &[u8],
        last: bool,
    ) {
        let (fields, length) = adaptation.fields();
        let mut fields = fields.get(..length).unwrap_or_default();
        let mut room = BODY - fields.len() - usize::from(!fields.is_empty());
        let mut packets = 1 + pes.len().saturating_sub(room).div_ceil(BODY);
        if last {
            packets = (self.written + packets).next_multiple_of(COUNTER_CYCLE) - self.written;
        }
        let mut rest = pes;
        for number in 0..packets {
            let later = packets - number - 1;
            let here = room.min(rest.len().saturating_sub(later));
            let (payload, tail) = rest.split_at_checked(here).unwrap_or((rest, &[]));
            self.write_packet(out, number == 0, fields, payload);
            (rest, fields, room) = (tail, &[], BODY);
        }
    }

    /// How many packets with payload were written.
    #[cfg(test)]
    pub(super) fn written(&self) -> usize {
        self.written
    }

    /// One packet; what `fields` and `payload` leave free becomes stuffing in the adaptation field.
    fn write_packet(&mut self, out: &mut Vec<u8>, start: bool, fields: &[u8], payload: &[u8]) {
        let [high, low] = self.number.to_be_bytes();
        let adaptation = BODY.saturating_sub(payload.len());
        let control = if adaptation > 0 { 0x30 } else { 0x10 };
        let counter = (self.written % COUNTER_CYCLE) as u8;
        out.extend_from_slice(&[0x47, u8::from(start) << 6 | high, low, control | counter]);
        let end = out.len() + adaptation;
        if adaptation > 0 {
            out.push((adaptation - 1) as u8);
        }
        if adaptation > 1 {
            out.extend_from_slice(if fields.is_empty() { &[0] } else { fields });
            out.resize(end, 0xff);
        }
        out.extend_from_slice(payload);
        self.written += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_access_and_pcr_are_those_of_the_reference_muxer() {
        let adaptation = Adaptation {
            random_access: true,
            pcr: Some(63_000),
        };
        let mut out = Vec::new();
        Pid::new(0x100).write_pes(&mut out, adaptation, &[9; 400], false);
        assert_eq!(out[..4], [0x47, 0x41, 0x00, 0x30]);
        assert_eq!(out[4..12], [0x07, 0x50, 0x00, 0x00, 0x7b, 0x0c, 0x7e, 0x00]);
        assert_eq!(out[12..188], [9; 176]);
        assert_eq!(out[188..192], [0x47, 0x01, 0x00, 0x11]);
    }

    #[test]
    fn every_payload_length_fills_whole_packets_without_losing_a_byte() {
        for length in 16..600_usize {
            for last in [false, true] {
                let pes: Vec<u8> = (0..length).map(|i| i as u8).collect();
                let mut out = Vec::new();
                let mut pid = Pid::new(0x101);
                pid.write_pes(&mut out, Adaptation::default(), &pes, last);
                assert_eq!(out.len(), pid.written() * PACKET);
                assert!(!last || pid.written() == COUNTER_CYCLE);
                let mut read = Vec::new();
                for packet in out.chunks(PACKET) {
                    let skip = match packet[3] >> 4 {
                        1 => 4,
                        _ => 5 + usize::from(packet[4]),
                    };
                    assert!(skip < PACKET, "a packet without payload would not count");
                    read.extend_from_slice(&packet[skip..]);
                }
                assert_eq!(read, pes);
            }
        }
    }

    #[test]
    fn one_stuffing_byte_is_an_adaptation_field_of_length_0_and_two_of_length_1() {
        for (length, expected) in [(183, [0, 9, 9]), (182, [1, 0, 9]), (181, [2, 0, 0xff])] {
            let mut out = Vec::new();
            Pid::new(1).write_pes(&mut out, Adaptation::default(), &vec![9; length], false);
            assert_eq!(out[4..7], expected);
        }
    }

    #[test]
    fn the_pcr_wraps_at_33_bits() {
        let pcr = |pcr| Adaptation {
            random_access: false,
            pcr: Some(pcr),
        };
        assert_eq!(pcr((1 << 33) + 5).fields(), pcr(5).fields());
        assert_eq!(
            pcr((1 << 33) - 1).fields().0,
            [0x10, 0xff, 0xff, 0xff, 0xff, 0xfe, 0x00]
        );
    }
}
