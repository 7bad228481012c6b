//! A strict reader of transport streams: fails on whatever a player could stumble over.
#![allow(dead_code)]
use std::collections::BTreeMap;

/// One PES packet: PTS, DTS, elementary bytes, random access indicator, PCR.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pes {
    pub(crate) pts: u64,
    pub(crate) dts: u64,
    pub(crate) has_dts: bool,
    pub(crate) declared: usize,
    pub(crate) data: Vec<u8>,
    pub(crate) random_access: bool,
    pub(crate) pcr: Option<u64>,
}

/// What a stream holds, by PID.
#[derive(Debug, Default)]
pub(crate) struct Demuxed {
    pub(crate) packets: BTreeMap<u16, usize>,
    pub(crate) sections: BTreeMap<u16, Vec<Vec<u8>>>,
    pub(crate) pes: BTreeMap<u16, Vec<Pes>>,
    /// PIDs in the order of the stream's packets.
    pub(crate) order: Vec<u16>,
    counters: BTreeMap<u16, u8>,
    open: BTreeMap<u16, (Vec<u8>, bool, Option<u64>)>,
}

/// Reads a whole stream. Panics on a lost sync, a continuity counter that jumps, a false length.
pub(crate) fn demux(stream: &[u8]) -> Demuxed {
    assert_eq!(stream.len() % 188, 0);
    let mut out = Demuxed::default();
    for packet in stream.chunks(188) {
        out.packet(packet);
    }
    for pid in out.open.keys().copied().collect::<Vec<_>>() {
        out.close(pid);
    }
    out
}

impl Demuxed {
    fn packet(&mut self, packet: &[u8]) {
        assert_eq!(packet[0], 0x47);
        assert_eq!(packet[1] & 0x80, 0, "transport error indicator");
        let pid = u16::from_be_bytes([packet[1] & 0x1f, packet[2]]);
        let start = packet[1] & 0x40 != 0;
        let counter = packet[3] & 0x0f;
        let (mut at, mut random_access, mut pcr) = (4, false, None);
        if packet[3] & 0x20 != 0 {
            let length = usize::from(packet[4]);
            let field = &packet[5..5 + length];
            if let Some(flags) = field.first() {
                random_access = flags & 0x40 != 0;
                pcr = (flags & 0x10 != 0).then(|| read_pcr(&field[1..7]));
                let used = if pcr.is_some() { 7 } else { 1 };
                assert!(field[used..].iter().all(|byte| *byte == 0xff), "stuffing");
            }
            at = 5 + length;
        }
        assert!(
            packet[3] & 0x10 != 0 && at < 188,
            "a packet without payload"
        );
        if let Some(before) = self.counters.insert(pid, counter) {
            assert_eq!(
                counter,
                (before + 1) % 16,
                "continuity counter of PID {pid:#x}"
            );
        }
        *self.packets.entry(pid).or_default() += 1;
        self.order.push(pid);
        let payload = &packet[at..];
        if pid == 0 || pid == 0x1000 {
            assert!(start && payload[0] == 0);
            let length = usize::from(u16::from_be_bytes([payload[2] & 0x0f, payload[3]]));
            let section = payload[1..4 + length].to_vec();
            self.sections.entry(pid).or_default().push(section);
            return;
        }
        if start {
            self.close(pid);
            self.open.insert(pid, (Vec::new(), random_access, pcr));
        }
        let (bytes, ..) = self.open.get_mut(&pid).expect("a PES packet begins first");
        bytes.extend_from_slice(payload);
    }

    fn close(&mut self, pid: u16) {
        let Some((bytes, random_access, pcr)) = self.open.remove(&pid) else {
            return;
        };
        assert_eq!(bytes[..3], [0, 0, 1]);
        assert_eq!(bytes[3], if pid == 0x101 { 0xc0 } else { 0xe0 });
        let declared = usize::from(u16::from_be_bytes([bytes[4], bytes[5]]));
        assert!(declared == 0 || declared == bytes.len() - 6, "PES length");
        let (has_dts, header) = (bytes[7] & 0x40 != 0, usize::from(bytes[8]));
        let pts = read_timestamp(&bytes[9..14]);
        self.pes.entry(pid).or_default().push(Pes {
            pts,
            dts: if has_dts {
                read_timestamp(&bytes[14..19])
            } else {
                pts
            },
            has_dts,
            declared,
            data: bytes[9 + header..].to_vec(),
            random_access,
            pcr,
        });
    }
}

fn read_pcr(field: &[u8]) -> u64 {
    let high = u64::from(u32::from_be_bytes(field[..4].try_into().unwrap()));
    assert_eq!(field[4] & 0x7e, 0x7e, "reserved bits");
    assert_eq!((field[4] & 1, field[5]), (0, 0), "27 MHz extension");
    high << 1 | u64::from(field[4] >> 7)
}

fn read_timestamp(field: &[u8]) -> u64 {
    assert!(field[0] & field[2] & field[4] & 1 == 1, "marker bits");
    let byte = |index: usize| u64::from(field[index]);
    (byte(0) & 0x0e) << 29 | byte(1) << 22 | (byte(2) & 0xfe) << 14 | byte(3) << 7 | byte(4) >> 1
}

/// NAL units of an Annex B stream.
pub(crate) fn annex_b(data: &[u8]) -> Vec<&[u8]> {
    let mut starts: Vec<usize> = data
        .windows(3)
        .enumerate()
        .filter(|(_, window)| *window == [0, 0, 1])
        .map(|(at, _)| at + 3)
        .collect();
    starts.push(data.len() + 3);
    starts
        .windows(2)
        .map(|pair| {
            let nal = &data[pair[0]..pair[1] - 3];
            let zeros = nal.iter().rev().take_while(|byte| **byte == 0).count();
            &nal[..nal.len() - zeros]
        })
        .collect()
}
