//! AVCDecoderConfigurationRecord: what decoders are set up with.
use super::{AvcError, SpsInfo, nal, sps};
use crate::limits::rtmp::{MAX_PARAMETER_SETS, MAX_PARAMETER_SETS_BYTES};
use crate::wire::bits::{BitReader, unescape};
use bytes::Bytes;

/// AVCDecoderConfigurationRecord, ISO/IEC 14496-15 §5.3.3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AvcConfig {
    /// profile_idc, constraint flags, level_idc.
    pub profile: [u8; 3],
    /// Bytes of a NAL length prefix: 1, 2 or 4.
    pub length_size: u8,
    /// Sequence parameter sets, NAL header included.
    pub sps: Vec<Bytes>,
    /// Picture parameter sets.
    pub pps: Vec<Bytes>,
}

impl AvcConfig {
    /// Reads a record; the High-profile tail may be missing, and the parameter sets may come in band instead.
    pub fn parse(record: &[u8]) -> Result<AvcConfig, AvcError> {
        let short = AvcError::Short("the record's header");
        let (&[version, profile, constraints, level, lengths, sps_count], rest) =
            record.split_first_chunk().ok_or(short)?;
        if version != 1 {
            return Err(AvcError::Version(version));
        }
        let length_size = (lengths & 3) + 1;
        if length_size == 3 {
            return Err(AvcError::LengthSize(length_size));
        }
        let (sps, rest) = parameter_sets(rest, sps_count & 0x1F)?;
        let (&pps_count, rest) = rest
            .split_first()
            .ok_or(AvcError::Short("the count of picture parameter sets"))?;
        let (pps, _) = parameter_sets(rest, pps_count)?;
        let config = AvcConfig {
            profile: [profile, constraints, level],
            length_size,
            sps,
            pps,
        };
        match config.sets_bytes() <= MAX_PARAMETER_SETS_BYTES {
            true => Ok(config),
            false => Err(AvcError::BadField("size of parameter sets")),
        }
    }

    fn sets_bytes(&self) -> usize {
        self.sps.iter().chain(&self.pps).map(Bytes::len).sum()
    }

    /// Writes a record with 4-byte lengths (and the tail for High profiles), as MP4 wants it.
    pub fn to_record(&self) -> Vec<u8> {
        let [profile, constraints, level] = self.profile;
        let mut record = vec![1, profile, constraints, level, 0xFF];
        write_sets(&mut record, 0xE0, &self.sps);
        write_sets(&mut record, 0, &self.pps);
        if sps::has_chroma_fields(profile) {
            let sps = self.sps.first().and_then(|sps| sps::parse(sps).ok());
            let (format, luma, chroma) = sps.map_or((1, 0, 0), |sps| {
                (sps.chroma_format, sps.luma_depth, sps.chroma_depth)
            });
            record.extend([0xFC | format, 0xF8 | luma, 0xF8 | chroma, 0]);
        }
        record
    }

    /// RFC 6381, e.g. `avc1.64001F`.
    pub fn codec_string(&self) -> String {
        let [profile, constraints, level] = self.profile;
        format!("avc1.{profile:02X}{constraints:02X}{level:02X}")
    }

    /// Facts of the first SPS.
    pub fn info(&self) -> Result<SpsInfo, AvcError> {
        let first = self.sps.first().ok_or(AvcError::NoSps)?;
        sps::parse(first).map(|sps| sps.info)
    }

    /// True if both kinds of parameter sets are there: a track may be declared.
    pub fn is_complete(&self) -> bool {
        !self.sps.is_empty() && !self.pps.is_empty()
    }

    /// This configuration with a parameter set that came in band: it replaces the one of the same id or is added.
    /// What can't be read, or would be one too many, is passed over.
    pub(super) fn put_in_band(&mut self, unit: &[u8]) {
        let Some(id) = set_id(unit) else { return };
        let is_sps = nal::nal_type(unit) == nal::SPS;
        let all = self.sets_bytes();
        let sets = if is_sps { &mut self.sps } else { &mut self.pps };
        let unit = Bytes::copy_from_slice(unit);
        let place = sets.iter().position(|set| set_id(set) == Some(id));
        let gone = place.and_then(|at| sets.get(at)).map_or(0, Bytes::len);
        if all - gone + unit.len() > MAX_PARAMETER_SETS_BYTES {
            return;
        }
        match place {
            Some(index) => sets.splice(index..=index, [unit]).for_each(drop),
            None if sets.len() < MAX_PARAMETER_SETS - 1 => sets.push(unit),
            None => return,
        }
        if is_sps
            && let Some(&[_, profile, constraints, level, ..]) =
                self.sps.first().map(|sps| &sps[..])
        {
            self.profile = [profile, constraints, level];
        }
    }
}

/// Parameter sets with 2-byte lengths, without empty ones; and what follows.
fn parameter_sets(record: &[u8], count: u8) -> Result<(Vec<Bytes>, &[u8]), AvcError> {
    if usize::from(count) > MAX_PARAMETER_SETS {
        return Err(AvcError::BadField("count of parameter sets"));
    }
    let short = AvcError::Short("a parameter set");
    let mut sets = Vec::new();
    let mut rest = record;
    for _ in 0..count {
        let (length, tail) = rest.split_first_chunk().ok_or(short)?;
        let (set, tail) = tail
            .split_at_checked(u16::from_be_bytes(*length).into())
            .ok_or(short)?;
        if !set.is_empty() {
            sets.push(Bytes::copy_from_slice(set));
        }
        rest = tail;
    }
    Ok((sets, rest))
}

/// The count has 5 bits for an SPS and 8 for a PPS; `flags` fill the byte.
fn write_sets(record: &mut Vec<u8>, flags: u8, sets: &[Bytes]) {
    let writable = || {
        sets.iter()
            .filter(|set| set.len() <= usize::from(u16::MAX))
            .take(MAX_PARAMETER_SETS - 1)
    };
    record.push(flags | writable().count() as u8);
    for set in writable() {
        record.extend((set.len() as u16).to_be_bytes());
        record.extend_from_slice(set);
    }
}

/// The id of a parameter set that can be used.
fn set_id(unit: &[u8]) -> Option<u32> {
    if unit.len() > MAX_PARAMETER_SETS_BYTES {
        return None;
    }
    if nal::nal_type(unit) == nal::SPS {
        return sps::parse(unit).ok().map(|sps| sps.id);
    }
    // The id is the first field; five bytes hold its longest code and an escape.
    let head = unescape(unit.get(1..unit.len().min(7))?);
    BitReader::new(&head).ue().filter(|id| *id <= 255)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(hex: &str) -> Vec<u8> {
        data_encoding::HEXLOWER.decode(hex.as_bytes()).unwrap()
    }

    /// High 10, 854x480.
    const HIGH_WITHOUT_TAIL: &str =
        "016e001fffe10019676e001fa6cb406c1ef37808800000030080000018078c195001000468ce0fc8";

    #[test]
    fn a_high_record_without_its_tail_is_read_and_gets_one() {
        let record = hex(HIGH_WITHOUT_TAIL);
        let config = AvcConfig::parse(&record).unwrap();
        let written = config.to_record();
        assert_eq!(written[..record.len()], record);
        assert_eq!(written[record.len()..], [0xFD, 0xFA, 0xFA, 0]);
        assert_eq!(AvcConfig::parse(&written).unwrap(), config);
    }

    #[test]
    fn a_record_without_parameter_sets_waits_for_them() {
        let config = AvcConfig::parse(&[1, 0x42, 0xC0, 0x1E, 0xFF, 0xE0, 0]).unwrap();
        assert!(!config.is_complete());
        assert_eq!(config.info(), Err(AvcError::NoSps));
        assert_eq!(config.codec_string(), "avc1.42C01E");
    }

    #[test]
    fn parameter_sets_are_bounded_in_bytes_in_the_record_and_in_band() {
        let with = |sets: u16, size: u16| {
            let mut record = vec![
                1, 0x42, 0xC0, 0x1E, 0xFF, 0xE1, 0, 4, 0x67, 0x42, 0xC0, 0x1E,
            ];
            record.push(sets as u8);
            for n in 0..sets {
                record.extend(size.to_be_bytes());
                record.extend([0x68, 0x80 >> n.min(7)]);
                record.resize(record.len() + usize::from(size) - 2, 0xFF);
            }
            record
        };
        assert!(AvcConfig::parse(&with(2, 2_000)).is_ok());
        assert_eq!(
            AvcConfig::parse(&with(3, 2_000)),
            Err(AvcError::BadField("size of parameter sets"))
        );
        let mut config = AvcConfig::parse(&with(1, 2_000)).unwrap();
        let set = |id: u8, size: usize| {
            let mut set = vec![0x68, [0x80, 0x40][usize::from(id)] | 0x20];
            set.resize(size, 0xFF);
            set
        };
        config.put_in_band(&set(1, 3_000));
        assert_eq!(
            config.sets_bytes(),
            2_004,
            "one that would be too much is passed over"
        );
        config.put_in_band(&set(1, 1_500));
        assert_eq!(config.sets_bytes(), 3_504);
        config.put_in_band(&set(1, 500));
        assert_eq!(config.sets_bytes(), 2_504, "what it replaces makes room");
    }

    #[test]
    fn broken_records_say_what_is_wrong() {
        assert_eq!(
            AvcConfig::parse(&[1, 2]),
            Err(AvcError::Short("the record's header"))
        );
        assert_eq!(
            AvcConfig::parse(&[0, 0, 0, 0, 0xFF, 0xE0, 0]),
            Err(AvcError::Version(0))
        );
        assert_eq!(
            AvcConfig::parse(&[1, 0, 0, 0, 0xFE, 0xE0, 0]),
            Err(AvcError::LengthSize(3))
        );
        assert_eq!(
            AvcConfig::parse(&[1, 0, 0, 0, 0xFF, 0xE1, 0, 9]),
            Err(AvcError::Short("a parameter set"))
        );
    }
}
