//! AAC: AudioSpecificConfig, ADTS headers, a silent frame (ISO/IEC 14496-3).
use super::bits::{BitReader, BitWriter};
use crate::limits::rtmp::MAX_AUDIO_CONFIG;
use bytes::Bytes;

/// Why a configuration was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AacError {
    /// The record ends early.
    #[error("AudioSpecificConfig ends early")]
    Short,
    /// Longer than any real one, bytes.
    #[error("AudioSpecificConfig has {0} bytes, at most {MAX_AUDIO_CONFIG} were expected")]
    Long(usize),
    /// A coder whose frames are of another kind.
    #[error("expected AAC Main, LC, SSR, LTP or HE, got audio object type {0}")]
    ObjectType(u8),
    /// A reserved index, or no samples at all.
    #[error("AudioSpecificConfig has no usable sampling rate")]
    SampleRate,
    /// A reserved channel configuration.
    #[error("AudioSpecificConfig has reserved channel configuration {0}")]
    Channels(u8),
}

/// AudioSpecificConfig, ISO/IEC 14496-3 §1.6.2.1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AacConfig {
    /// Audio object type as signalled: 2 LC, 5 SBR, 29 PS.
    pub object_type: u8,
    /// Object type of the core coder.
    pub core_object_type: u8,
    /// Sampling rate of the core, Hz: the time base of frame durations.
    pub sample_rate: u32,
    /// Output rate if SBR is signalled explicitly, else the core's.
    pub output_rate: u32,
    /// Channel configuration field, 1–7 (0: in a program config element).
    pub channel_config: u8,
    /// Samples a frame at the core's rate: 1024 or 960.
    pub frame_samples: u32,
    /// The record as it came.
    pub record: Bytes,
}

const RATES: [u32; 13] = [
    96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000,
    7_350,
];
const SBR: u8 = 5;
const PS: u8 = 29;
/// Marks of the extension that older decoders do not see.
const SBR_SYNC: u32 = 0x2B7;
const PS_SYNC: u32 = 0x548;

impl AacConfig {
    /// Reads a record, of [`MAX_AUDIO_CONFIG`] bytes at most.
    pub fn parse(record: &[u8]) -> Result<AacConfig, AacError> {
        if record.len() > MAX_AUDIO_CONFIG {
            return Err(AacError::Long(record.len()));
        }
        let mut bits = BitReader::new(record);
        let object_type = object_type(&mut bits)?;
        let sample_rate = sample_rate(&mut bits)?;
        let channel_config = read(&mut bits, 4)? as u8;
        if matches!(channel_config, 8..=10 | 13 | 15) {
            return Err(AacError::Channels(channel_config));
        }
        let mut config = AacConfig {
            object_type,
            core_object_type: object_type,
            sample_rate,
            output_rate: sample_rate,
            channel_config,
            frame_samples: 1024,
            record: Bytes::copy_from_slice(record),
        };
        if matches!(object_type, SBR | PS) {
            config.output_rate = self::sample_rate(&mut bits)?;
            config.core_object_type = self::object_type(&mut bits)?;
        }
        if !(1..=4).contains(&config.core_object_type) {
            return Err(AacError::ObjectType(config.core_object_type));
        }
        config.frame_samples = if read(&mut bits, 1)? == 1 { 960 } else { 1024 };
        config.hidden_extension(&mut bits);
        Ok(config)
    }

    /// SBR and PS behind the record of an LC coder (§1.6.6.1, backward compatible signalling); nothing if it is cut.
    fn hidden_extension(&mut self, bits: &mut BitReader<'_>) {
        if skip_coder(bits, self.channel_config).is_none()
            || self.object_type != self.core_object_type
        {
            return;
        }
        if bits.bits(11) != Some(SBR_SYNC)
            || bits.bits(5) != Some(SBR.into())
            || bits.flag() != Some(true)
        {
            return;
        }
        let Ok(rate) = sample_rate(bits) else { return };
        self.output_rate = rate;
        self.object_type = SBR;
        if bits.bits(11) == Some(PS_SYNC) && bits.flag() == Some(true) {
            self.object_type = PS;
        }
    }

    /// Channels heard.
    pub fn channels(&self) -> u16 {
        match self.channel_config {
            0 => self.element_channels().unwrap_or(2),
            1 if self.object_type == PS => 2,
            7 | 12 | 14 => 8,
            11 => 7,
            config => config.into(),
        }
    }

    /// Channels of the program config element in the record.
    fn element_channels(&self) -> Option<u16> {
        let mut bits = BitReader::new(&self.record);
        let signalled = object_type(&mut bits).ok()?;
        sample_rate(&mut bits).ok()?;
        bits.skip(4)?;
        if matches!(signalled, SBR | PS) {
            sample_rate(&mut bits).ok()?;
            object_type(&mut bits).ok()?;
        }
        skip_coder_flags(&mut bits, true)?;
        program_config(&mut bits)
    }

    /// RFC 6381, e.g. `mp4a.40.2`.
    pub fn codec_string(&self) -> String {
        format!("mp4a.40.{}", self.object_type)
    }

    /// The 7 bytes before a raw frame of `frame_len` bytes; None if ADTS can't say it (channel config 0, frame too long).
    /// For HE-AAC they speak of the core.
    pub fn adts_header(&self, frame_len: usize) -> Option<[u8; 7]> {
        let rate = RATES.iter().position(|rate| *rate == self.sample_rate)? as u8;
        let channels = Some(self.channel_config).filter(|config| (1..=7).contains(config))?;
        let length = frame_len
            .checked_add(7)
            .filter(|length| *length < 1 << 13)?;
        let profile = self.core_object_type.checked_sub(1)?;
        Some([
            0xFF,
            0xF1,
            profile << 6 | rate << 2 | channels >> 2,
            (channels & 3) << 6 | (length >> 11) as u8,
            (length >> 3) as u8,
            ((length & 7) << 5) as u8 | 0x1F,
            0xFC,
        ])
    }

    /// A raw frame of silence in this configuration (channel config 0 gives None).
    pub fn silent_frame(&self) -> Option<Bytes> {
        let elements = elements(self.channel_config)?;
        let mut bits = BitWriter::new();
        let mut tags = [0; 4];
        for element in elements {
            bits.put(*element as u32, 3);
            if let Some(tag) = tags.get_mut(*element as usize) {
                bits.put(*tag, 4);
                *tag += 1;
            }
            silent_element(&mut bits, *element);
        }
        const END: u32 = 7;
        bits.put(END, 3);
        Some(bits.into_bytes().into())
    }
}

/// Syntactic elements (table 4.85).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Element {
    Single = 0,
    Pair = 1,
    LowFrequency = 3,
}

/// The elements of a frame, by channel configuration (table 1.19).
fn elements(channel_config: u8) -> Option<&'static [Element]> {
    use Element::{LowFrequency, Pair, Single};
    Some(match channel_config {
        1 => &[Single],
        2 => &[Pair],
        3 => &[Single, Pair],
        4 => &[Single, Pair, Single],
        5 => &[Single, Pair, Pair],
        6 => &[Single, Pair, Pair, LowFrequency],
        7 => &[Single, Pair, Pair, Pair, LowFrequency],
        _ => return None,
    })
}

/// An element whose channels have no scale factor band, so no sections, factors and spectrum.
fn silent_element(bits: &mut BitWriter, element: Element) {
    const GLOBAL_GAIN: u32 = 8;
    /// Reserved bit, window sequence (2), window shape, max_sfb (6), predictor_data_present.
    const ICS_INFO: u32 = 11;
    /// Pulse, TNS and gain control data present.
    const TOOLS: u32 = 3;
    if element == Element::Pair {
        bits.put(1, 1);
        bits.put(0, ICS_INFO);
        const MS_MASK: u32 = 2;
        bits.put(0, MS_MASK);
        bits.put(0, GLOBAL_GAIN + TOOLS);
        bits.put(0, GLOBAL_GAIN + TOOLS);
    } else {
        bits.put(0, GLOBAL_GAIN);
        bits.put(0, ICS_INFO);
        bits.put(0, TOOLS);
    }
}

fn read(bits: &mut BitReader<'_>, count: u32) -> Result<u32, AacError> {
    bits.bits(count).ok_or(AacError::Short)
}

fn object_type(bits: &mut BitReader<'_>) -> Result<u8, AacError> {
    const ESCAPE: u32 = 31;
    Ok(match read(bits, 5)? {
        ESCAPE => 32 + read(bits, 6)? as u8,
        object_type => object_type as u8,
    })
}

fn sample_rate(bits: &mut BitReader<'_>) -> Result<u32, AacError> {
    const EXPLICIT: u32 = 15;
    let index = read(bits, 4)?;
    let rate = match index {
        EXPLICIT => Some(read(bits, 24)?),
        _ => RATES.get(index as usize).copied(),
    };
    // Also keeps what is computed from a rate within its numbers.
    rate.filter(|rate| (1000..=192_000).contains(rate))
        .ok_or(AacError::SampleRate)
}

/// The rest of GASpecificConfig (§4.4.1) behind frameLengthFlag.
fn skip_coder(bits: &mut BitReader<'_>, channel_config: u8) -> Option<()> {
    skip_coder_flags(bits, false)?;
    if channel_config == 0 {
        program_config(bits)?;
    }
    Some(())
}

fn skip_coder_flags(bits: &mut BitReader<'_>, with_frame_length: bool) -> Option<()> {
    if with_frame_length {
        bits.skip(1)?;
    }
    if bits.flag()? {
        const CORE_CODER_DELAY: usize = 14;
        bits.skip(CORE_CODER_DELAY)?;
    }
    bits.skip(1)
}

/// program_config_element (§4.4.1.1): passes over it and gives its channels.
fn program_config(bits: &mut BitReader<'_>) -> Option<u16> {
    bits.skip(4 + 2 + 4)?;
    let channel_elements = [bits.bits(4)?, bits.bits(4)?, bits.bits(4)?];
    let low_frequency = bits.bits(2)?;
    let data = bits.bits(3)?;
    let coupling = bits.bits(4)?;
    for mixdown_bits in [4, 4, 3] {
        if bits.flag()? {
            bits.skip(mixdown_bits)?;
        }
    }
    let mut channels = low_frequency as u16;
    for _ in 0..channel_elements.iter().sum() {
        channels += 1 + u16::from(bits.flag()?);
        bits.skip(4)?;
    }
    bits.skip(4 * (low_frequency + data) as usize + 5 * coupling as usize)?;
    bits.align();
    let comment = bits.bits(8)?;
    bits.skip(8 * comment as usize)?;
    Some(channels)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(hex: &str) -> AacConfig {
        AacConfig::parse(&data_encoding::HEXLOWER.decode(hex.as_bytes()).unwrap()).unwrap()
    }

    /// Record; object type, core, rate, output rate, channels, codec string.
    type Row = (&'static str, u8, u8, u32, u32, u16, &'static str);

    #[test]
    fn records_of_all_forms_are_read() {
        let table: [Row; 12] = [
            ("119056e500", 2, 2, 48_000, 48_000, 2, "mp4a.40.2"),
            ("118856e500", 2, 2, 48_000, 48_000, 1, "mp4a.40.2"),
            ("1210", 2, 2, 44_100, 44_100, 2, "mp4a.40.2"),
            ("1390", 2, 2, 22_050, 22_050, 2, "mp4a.40.2"),
            ("1010", 2, 2, 96_000, 96_000, 2, "mp4a.40.2"),
            ("11b0", 2, 2, 48_000, 48_000, 6, "mp4a.40.2"),
            ("11b8", 2, 2, 48_000, 48_000, 8, "mp4a.40.2"),
            ("2b920800", 5, 2, 22_050, 44_100, 2, "mp4a.40.5"),
            ("eb8a0800", 29, 2, 22_050, 44_100, 2, "mp4a.40.29"),
            // The hidden extension: SBR at 44.1 kHz, then PS.
            ("139056e5a0", 5, 2, 22_050, 44_100, 2, "mp4a.40.5"),
            ("138856e5a54880", 29, 2, 22_050, 44_100, 2, "mp4a.40.29"),
            // 48 kHz in 24 bits.
            ("17805dc010", 2, 2, 48_000, 48_000, 2, "mp4a.40.2"),
        ];
        for (hex, object_type, core, rate, output, channels, codec) in table {
            let read = config(hex);
            assert_eq!(
                (read.object_type, read.core_object_type),
                (object_type, core),
                "{hex}"
            );
            assert_eq!(
                (read.sample_rate, read.output_rate),
                (rate, output),
                "{hex}"
            );
            assert_eq!(read.channels(), channels, "{hex}");
            assert_eq!(read.codec_string(), codec, "{hex}");
            assert_eq!(read.frame_samples, 1024, "{hex}");
        }
    }

    /// LC at 48 kHz whose program config element has a pair, a single and a low frequency element.
    fn program_config_record() -> AacConfig {
        let header = [(2, 5), (3, 4), (0, 4), (0, 3)];
        let counts = [
            (0, 4),
            (1, 2),
            (3, 4),
            (2, 4),
            (0, 4),
            (0, 4),
            (1, 2),
            (0, 3),
            (0, 4),
            (0, 3),
        ];
        let elements = [(1, 1), (0, 4), (0, 1), (0, 4), (0, 4), (0, 7), (0, 8)];
        let mut bits = BitWriter::new();
        for (value, count) in header.into_iter().chain(counts).chain(elements) {
            bits.put(value, count);
        }
        AacConfig::parse(&bits.into_bytes()).unwrap()
    }

    #[test]
    fn a_program_config_element_is_counted() {
        assert_eq!(program_config_record().channels(), 4);
    }

    #[test]
    fn short_frames_are_told() {
        assert_eq!(config("1194").frame_samples, 960);
    }

    #[test]
    fn what_is_no_aac_is_refused() {
        let parse = |bytes: &[u8]| AacConfig::parse(bytes);
        assert_eq!(parse(&[0x11]), Err(AacError::Short));
        assert_eq!(parse(&[]), Err(AacError::Short));
        assert_eq!(parse(&[0x16, 0x90]), Err(AacError::SampleRate));
        assert_eq!(
            parse(&[0x17, 0x80, 0, 0, 0x10, 0]),
            Err(AacError::SampleRate)
        );
        assert_eq!(parse(&[0x11, 0xC0]), Err(AacError::Channels(8)));
        assert_eq!(parse(&[0xF8, 0xE6, 0x20, 0]), Err(AacError::ObjectType(39)));
    }

    #[test]
    fn an_adts_header_is_that_of_the_reference() {
        let header = config("118856e500").adts_header(142).unwrap();
        assert_eq!(header, [0xFF, 0xF1, 0x4C, 0x40, 0x12, 0xBF, 0xFC]);
    }

    #[test]
    fn adts_of_high_efficiency_speaks_of_the_core() {
        let [_, _, third, ..] = config("2b920800").adts_header(10).unwrap();
        assert_eq!((third >> 6, third >> 2 & 15), (1, 7));
    }

    #[test]
    fn what_adts_cannot_say_is_refused() {
        assert_eq!(program_config_record().adts_header(10), None);
        assert_eq!(config("1190").adts_header(8185), None);
        assert!(config("1190").adts_header(8184).is_some());
    }

    #[test]
    fn silence_is_a_few_bytes() {
        assert_eq!(config("1188").silent_frame().unwrap()[..], [0, 0, 0, 7]);
        assert_eq!(program_config_record().silent_frame(), None);
    }
}
