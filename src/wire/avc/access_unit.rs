//! One message's NAL units, made fit for MP4.
use super::nal::{self, nal_type};
use super::{AvcConfig, AvcError};
use crate::limits::rtmp::MAX_IN_BAND_SETS;
use bytes::{BufMut, Bytes, BytesMut};
use std::ops::Range;

/// An access unit made fit for MP4: 4-byte length prefixes, no AUD, no parameter sets, no filler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessUnit {
    /// NAL units with 4-byte prefixes; shares the message's memory where nothing had to go from between others. Empty if
    /// the message carried no picture.
    pub data: Bytes,
    /// Holds an IDR picture.
    pub idr: bool,
    /// The configuration with the parameter sets found in band, if it differs from this one's. It may be incomplete.
    pub new_config: Option<AvcConfig>,
}

/// Bytes of an MP4 length prefix.
const PREFIX: usize = 4;

impl AvcConfig {
    /// Reads one message's NAL units (or Annex B where an encoder sends that). An error means: drop the whole picture.
    pub fn access_unit(&self, data: &Bytes) -> Result<AccessUnit, AvcError> {
        let size = usize::from(self.length_size);
        match nal::split_prefixed(data, size) {
            Ok(units) => Ok(self.assemble(data, &units, size == PREFIX)),
            Err(_) if data.starts_with(&[0, 0, 0, 1]) || data.starts_with(&[0, 0, 1]) => {
                Ok(self.assemble(data, &nal::split_annex_b(data)?, false))
            }
            Err(error) => Err(error),
        }
    }

    fn assemble(&self, data: &Bytes, units: &[Range<usize>], has_prefixes: bool) -> AccessUnit {
        let unit = |range: &Range<usize>| data.get(range.clone()).unwrap_or(&[]);
        let kept: Vec<_> = units
            .iter()
            .filter(|range| belongs_in_mp4(unit(range)))
            .cloned()
            .collect();
        AccessUnit {
            idr: kept.iter().any(|range| nal_type(unit(range)) == nal::IDR),
            new_config: self.with_in_band(units.iter().map(unit)),
            data: has_prefixes
                .then(|| shared(data, &kept))
                .flatten()
                .unwrap_or_else(|| copied(data, &kept)),
        }
    }

    fn with_in_band<'a>(&self, units: impl Iterator<Item = &'a [u8]>) -> Option<AvcConfig> {
        let mut changed: Option<AvcConfig> = None;
        let sets = units.filter(|unit| matches!(nal_type(unit), nal::SPS | nal::PPS));
        for unit in sets.take(MAX_IN_BAND_SETS) {
            let known = [&self.sps, &self.pps]
                .iter()
                .any(|sets| sets.iter().any(|set| set == unit));
            if !known || changed.is_some() {
                changed
                    .get_or_insert_with(|| self.clone())
                    .put_in_band(unit);
            }
        }
        changed.filter(|config| config != self)
    }
}

fn belongs_in_mp4(unit: &[u8]) -> bool {
    !matches!(
        nal_type(unit),
        nal::SPS
            | nal::PPS
            | nal::ACCESS_UNIT_DELIMITER
            | nal::END_OF_SEQUENCE
            | nal::END_OF_STREAM
            | nal::FILLER
    )
}

/// A message of so many bytes may be kept whole for little.
const SMALL: usize = 1024;

/// The message's own memory, if what is kept lies in it without gaps, 4-byte prefixes included, and is most of it: what pins much
/// more than it shows would pass every bound on pending bytes.
fn shared(data: &Bytes, kept: &[Range<usize>]) -> Option<Bytes> {
    let (first, last) = (kept.first()?, kept.last()?);
    let adjacent = kept
        .windows(2)
        .all(|pair| matches!(pair, [a, b] if a.end + PREFIX == b.start));
    let all = first.start - PREFIX..last.end;
    let is_most = all.len() * 2 >= data.len() || data.len() <= SMALL;
    (adjacent && is_most).then(|| data.slice(all))
}

fn copied(data: &Bytes, kept: &[Range<usize>]) -> Bytes {
    let length = kept.iter().map(|range| range.len() + PREFIX).sum();
    let mut out = BytesMut::with_capacity(length);
    for unit in kept.iter().filter_map(|range| data.get(range.clone())) {
        out.put_u32(unit.len() as u32);
        out.put_slice(unit);
    }
    out.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::avc::nal_units;

    const SPS_360P: &str = "6742c01eda0280bfe5c044000003000400000300c83c58ba80";
    const SPS_720P: &str = "6742c01fda014016ec04400000fa40003a9803c60ca8";
    const PPS: &[u8] = &[0x68, 0xCE, 0x0F, 0xC8];
    const IDR: &[u8] = &[0x65, 0x88, 0x84];
    const SLICE: &[u8] = &[0x41, 0x9A];
    const AUD: &[u8] = &[0x09, 0xF0];

    fn sps(hex: &str) -> Bytes {
        data_encoding::HEXLOWER
            .decode(hex.as_bytes())
            .unwrap()
            .into()
    }

    fn config(length_size: u8) -> AvcConfig {
        let sps = vec![sps(SPS_360P)];
        AvcConfig {
            profile: [0x42, 0xC0, 0x1E],
            length_size,
            sps,
            pps: vec![Bytes::from_static(PPS)],
        }
    }

    fn prefixed(units: &[&[u8]], size: usize) -> Bytes {
        let mut data = Vec::new();
        for unit in units {
            data.extend(&(unit.len() as u32).to_be_bytes()[4 - size..]);
            data.extend(*unit);
        }
        data.into()
    }

    fn units(unit: &AccessUnit) -> Vec<&[u8]> {
        nal_units(&unit.data).collect()
    }

    #[test]
    fn a_clean_picture_is_not_copied() {
        let data = prefixed(&[SLICE, SLICE], 4);
        let unit = config(4).access_unit(&data).unwrap();
        assert_eq!(unit.data.as_ptr(), data.as_ptr());
        assert_eq!(
            (unit.data.len(), unit.idr, unit.new_config),
            (data.len(), false, None)
        );
    }

    #[test]
    fn what_stands_before_the_slices_goes_without_a_copy() {
        let data = prefixed(&[AUD, &sps(SPS_360P), PPS, IDR], 4);
        let unit = config(4).access_unit(&data).unwrap();
        assert_eq!(units(&unit), [IDR]);
        assert_eq!(
            unit.data.as_ptr(),
            data[data.len() - IDR.len() - 4..].as_ptr()
        );
        assert!(unit.idr);
        assert_eq!(unit.new_config, None);
    }

    #[test]
    fn filler_and_ends_of_sequence_go_from_anywhere() {
        let data = prefixed(&[SLICE, &[0x0C, 0xFF], SLICE, &[0x0A], &[0x0B]], 4);
        assert_eq!(
            units(&config(4).access_unit(&data).unwrap()),
            [SLICE, SLICE]
        );
    }

    #[test]
    fn short_prefixes_become_long_ones() {
        for size in [1, 2] {
            let unit = config(size as u8)
                .access_unit(&prefixed(&[IDR, SLICE], size))
                .unwrap();
            assert_eq!(units(&unit), [IDR, SLICE]);
            let alone = config(size as u8)
                .access_unit(&prefixed(&[IDR], size))
                .unwrap();
            assert_eq!(units(&alone), [IDR]);
        }
    }

    #[test]
    fn annex_b_is_tolerated() {
        let data = [
            &[0, 0, 0, 1][..],
            AUD,
            &[0, 0, 1],
            IDR,
            &[0, 0, 0, 1],
            SLICE,
        ]
        .concat()
        .into();
        assert_eq!(units(&config(4).access_unit(&data).unwrap()), [IDR, SLICE]);
    }

    #[test]
    fn a_wrong_length_drops_the_whole_picture() {
        for data in [
            &[0, 0, 0, 9, 0x65][..],
            &[0, 0, 0, 2, 0x65, 1, 0, 0],
            &[0, 0, 0, 0],
            &[0xFF; 9],
        ] {
            assert!(
                config(4)
                    .access_unit(&Bytes::copy_from_slice(data))
                    .is_err(),
                "{data:?}"
            );
        }
    }

    #[test]
    fn a_changed_sps_gives_a_new_configuration() {
        let data = prefixed(&[&sps(SPS_720P), PPS, IDR], 4);
        let new = config(4).access_unit(&data).unwrap().new_config.unwrap();
        assert_eq!(new.profile, [0x42, 0xC0, 0x1F]);
        assert_eq!(new.sps, [sps(SPS_720P)]);
        assert_eq!(new.info().unwrap().width, 1280);
        assert_eq!(new.access_unit(&data).unwrap().new_config, None);
    }

    #[test]
    fn parameter_sets_in_band_complete_an_empty_record() {
        let empty = AvcConfig {
            sps: vec![],
            pps: vec![],
            ..config(4)
        };
        let new = empty
            .access_unit(&prefixed(&[&sps(SPS_360P), PPS, IDR], 4))
            .unwrap()
            .new_config
            .unwrap();
        assert!(new.is_complete());
        assert_eq!(new, config(4));
    }

    #[test]
    fn an_unreadable_sps_changes_nothing() {
        let data = prefixed(&[&[0x67, 0x42], IDR], 4);
        assert_eq!(config(4).access_unit(&data).unwrap().new_config, None);
    }

    #[test]
    fn a_small_picture_among_filler_does_not_keep_the_message() {
        let filler = vec![0x0C; 10_000];
        let data = Bytes::from([&[0, 0, 0x27, 0x10][..], &filler, &[0, 0, 0, 3], IDR].concat());
        let unit = config(4).access_unit(&data).unwrap();
        assert_eq!(unit.data[4..], *IDR);
        assert!(!data.as_ptr_range().contains(&unit.data.as_ptr()));
    }
}
