//! The sequence parameter set (ISO/IEC 14496-10 §7.3.2.1.1 and Annex E).
use super::AvcError;
use crate::wire::bits::{BitReader, unescape};

/// Picture facts from an SPS.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SpsInfo {
    /// Cropped luma width, pixels.
    pub width: u32,
    /// Cropped luma height, pixels.
    pub height: u32,
    /// Sample aspect ratio, horizontal : vertical; 1:1 if unknown.
    pub sar: (u32, u32),
    /// Frames per second if the VUI gives 1–240.
    pub frame_rate: Option<f64>,
    /// True if B-frames can occur.
    pub reorders: bool,
}

/// What else a record needs to know.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Sps {
    pub(super) id: u32,
    pub(super) chroma_format: u8,
    pub(super) luma_depth: u8,
    pub(super) chroma_depth: u8,
    pub(super) info: SpsInfo,
}

/// Wider or higher than any level allows.
const MAX_MACROBLOCKS: u32 = 1024;
const BASELINE: u32 = 66;

/// Profiles whose SPS, and whose record, tell chroma format and bit depth.
pub(super) fn has_chroma_fields(profile: u8) -> bool {
    matches!(
        profile,
        44 | 83 | 86 | 100 | 110 | 118 | 122 | 128 | 134 | 135 | 138 | 139 | 144 | 244
    )
}

/// Reads an SPS, NAL header included.
pub(super) fn parse(nal: &[u8]) -> Result<Sps, AvcError> {
    let (_, body) = nal.split_first().ok_or(AvcError::Short("an SPS"))?;
    let payload = unescape(body);
    let mut fields = Fields(BitReader::new(&payload));
    let profile = fields.bits(8)?;
    fields.bits(16)?;
    let id = fields.ue_max(31, "sequence parameter set id")?;
    let chroma = if has_chroma_fields(profile as u8) {
        fields.chroma()?
    } else {
        Chroma::default()
    };
    fields.ue()?;
    let order_type = fields.order_count()?;
    fields.ue()?;
    fields.bits(1)?;
    let (width, height) = fields.size(chroma)?;
    // Some encoders cut the VUI: what it would say is optional.
    let vui = fields
        .flag()?
        .then(|| fields.vui())
        .and_then(Result::ok)
        .unwrap_or_default();
    let reorders = profile != BASELINE && order_type != 2 && vui.reorder_frames != Some(0);
    let info = SpsInfo {
        width,
        height,
        sar: vui.sar.unwrap_or((1, 1)),
        frame_rate: vui.frame_rate,
        reorders,
    };
    let Chroma {
        format,
        luma_depth,
        chroma_depth,
        ..
    } = chroma;
    Ok(Sps {
        id,
        chroma_format: format,
        luma_depth,
        chroma_depth,
        info,
    })
}

#[derive(Clone, Copy)]
struct Chroma {
    format: u8,
    separate_planes: bool,
    /// Bits above 8.
    luma_depth: u8,
    chroma_depth: u8,
}

impl Default for Chroma {
    fn default() -> Chroma {
        Chroma {
            format: 1,
            separate_planes: false,
            luma_depth: 0,
            chroma_depth: 0,
        }
    }
}

#[derive(Default)]
struct Vui {
    sar: Option<(u32, u32)>,
    frame_rate: Option<f64>,
    reorder_frames: Option<u32>,
}

struct Fields<'a>(BitReader<'a>);

const SHORT: AvcError = AvcError::Short("an SPS");

impl Fields<'_> {
    fn bits(&mut self, count: u32) -> Result<u32, AvcError> {
        self.0.bits(count).ok_or(SHORT)
    }

    fn flag(&mut self) -> Result<bool, AvcError> {
        self.0.flag().ok_or(SHORT)
    }

    fn ue(&mut self) -> Result<u32, AvcError> {
        self.0.ue().ok_or(SHORT)
    }

    fn se(&mut self) -> Result<i64, AvcError> {
        self.0.se().ok_or(SHORT)
    }

    fn ue_max(&mut self, max: u32, name: &'static str) -> Result<u32, AvcError> {
        self.ue().and_then(|value| {
            if value > max {
                Err(AvcError::BadField(name))
            } else {
                Ok(value)
            }
        })
    }

    fn chroma(&mut self) -> Result<Chroma, AvcError> {
        let format = self.ue_max(3, "chroma format")? as u8;
        let separate_planes = format == 3 && self.flag()?;
        let luma_depth = self.ue_max(6, "bit depth")? as u8;
        let chroma_depth = self.ue_max(6, "bit depth")? as u8;
        self.bits(1)?;
        if self.flag()? {
            let lists = if format == 3 { 12 } else { 8 };
            for index in 0..lists {
                if self.flag()? {
                    self.scaling_list(if index < 6 { 16 } else { 64 })?;
                }
            }
        }
        Ok(Chroma {
            format,
            separate_planes,
            luma_depth,
            chroma_depth,
        })
    }

    /// §7.3.2.1.1.1; only to get past it.
    fn scaling_list(&mut self, size: usize) -> Result<(), AvcError> {
        let (mut last, mut next) = (8, 8);
        for _ in 0..size {
            if next != 0 {
                next = (last + self.se()?).rem_euclid(256);
            }
            if next != 0 {
                last = next;
            }
        }
        Ok(())
    }

    /// Passes over the picture order count's fields; gives its type.
    fn order_count(&mut self) -> Result<u32, AvcError> {
        let order_type = self.ue_max(2, "picture order count type")?;
        match order_type {
            0 => {
                self.ue()?;
            }
            1 => {
                self.bits(1)?;
                self.se()?;
                self.se()?;
                for _ in 0..self.ue_max(255, "picture order count cycle")? {
                    self.se()?;
                }
            }
            _ => {}
        }
        Ok(order_type)
    }

    fn size(&mut self, chroma: Chroma) -> Result<(u32, u32), AvcError> {
        let columns = self.ue_max(MAX_MACROBLOCKS - 1, "width")? + 1;
        let rows = self.ue_max(MAX_MACROBLOCKS - 1, "height")? + 1;
        let fields_per_frame = 2 - self.bits(1)?;
        if fields_per_frame == 2 {
            self.bits(1)?;
        }
        self.bits(1)?;
        let (mut width, mut height) = (columns * 16, rows * 16 * fields_per_frame);
        if self.flag()? {
            let subsampled = !chroma.separate_planes;
            let unit_x = if subsampled && matches!(chroma.format, 1 | 2) {
                2
            } else {
                1
            };
            let unit_y = if subsampled && chroma.format == 1 {
                2
            } else {
                1
            } * fields_per_frame;
            let mut cropped =
                |unit: u32| Ok(u64::from(unit) * (u64::from(self.ue()?) + u64::from(self.ue()?)));
            width = crop(width, cropped(unit_x)?)?;
            height = crop(height, cropped(unit_y)?)?;
        }
        Ok((width, height))
    }

    fn vui(&mut self) -> Result<Vui, AvcError> {
        let mut vui = Vui::default();
        if self.flag()? {
            vui.sar = self.aspect_ratio()?;
        }
        if self.flag()? {
            self.bits(1)?;
        }
        if self.flag()? {
            self.bits(4)?;
            if self.flag()? {
                self.bits(24)?;
            }
        }
        if self.flag()? {
            self.ue()?;
            self.ue()?;
        }
        if self.flag()? {
            let (units, scale) = (self.bits(32)?, self.bits(32)?);
            self.bits(1)?;
            let rate = f64::from(scale) / (2.0 * f64::from(units));
            vui.frame_rate = Some(rate).filter(|rate| (1.0..=240.0).contains(rate));
        }
        // What follows may be cut without harm to what has been read.
        vui.reorder_frames = self.reorder_frames().unwrap_or(None);
        Ok(vui)
    }

    fn aspect_ratio(&mut self) -> Result<Option<(u32, u32)>, AvcError> {
        const EXTENDED: u32 = 255;
        const TABLE: [(u32, u32); 16] = [
            (1, 1),
            (12, 11),
            (10, 11),
            (16, 11),
            (40, 33),
            (24, 11),
            (20, 11),
            (32, 11),
            (80, 33),
            (18, 11),
            (15, 11),
            (64, 33),
            (160, 99),
            (4, 3),
            (3, 2),
            (2, 1),
        ];
        let index = self.bits(8)?;
        let ratio = match index {
            EXTENDED => Some((self.bits(16)?, self.bits(16)?)),
            _ => index
                .checked_sub(1)
                .and_then(|index| TABLE.get(index as usize))
                .copied(),
        };
        Ok(ratio.filter(|(horizontal, vertical)| *horizontal > 0 && *vertical > 0))
    }

    fn reorder_frames(&mut self) -> Result<Option<u32>, AvcError> {
        let nal_hrd = self.flag()?;
        if nal_hrd {
            self.hrd()?;
        }
        let vcl_hrd = self.flag()?;
        if vcl_hrd {
            self.hrd()?;
        }
        if nal_hrd || vcl_hrd {
            self.bits(1)?;
        }
        self.bits(1)?;
        if !self.flag()? {
            return Ok(None);
        }
        self.bits(1)?;
        for _ in 0..4 {
            self.ue()?;
        }
        self.ue().map(Some)
    }

    /// §E.1.2; only to get past it.
    fn hrd(&mut self) -> Result<(), AvcError> {
        let count = self.ue_max(31, "buffer count")? + 1;
        self.bits(8)?;
        for _ in 0..count {
            self.ue()?;
            self.ue()?;
            self.bits(1)?;
        }
        self.bits(20).map(|_| ())
    }
}

fn crop(size: u32, cropped: u64) -> Result<u32, AvcError> {
    u32::try_from(cropped)
        .ok()
        .and_then(|cropped| size.checked_sub(cropped))
        .filter(|size| *size > 0)
        .ok_or(AvcError::BadField("cropping"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Constrained Baseline, 640x360, 25 frames a second.
    const SPS: &str = "6742c01eda0280bfe5c044000003000400000300c83c58ba80";

    fn sps() -> Vec<u8> {
        data_encoding::HEXLOWER.decode(SPS.as_bytes()).unwrap()
    }

    #[test]
    fn a_cut_vui_costs_only_what_it_would_say() {
        let whole = parse(&sps()).unwrap().info;
        assert_eq!(
            (whole.width, whole.height, whole.frame_rate),
            (640, 360, Some(25.0))
        );
        let cut = parse(&sps()[..14]).unwrap().info;
        assert_eq!((cut.width, cut.height, cut.frame_rate), (640, 360, None));
    }

    #[test]
    fn a_cut_sps_is_an_error_wherever_it_is_cut() {
        for length in 0..8 {
            assert_eq!(parse(&sps()[..length]), Err(SHORT), "{length} bytes");
        }
    }

    #[test]
    fn a_picture_cropped_to_nothing_is_refused() {
        assert_eq!(crop(16, 16), Err(AvcError::BadField("cropping")));
        assert_eq!(crop(16, u64::MAX), Err(AvcError::BadField("cropping")));
        assert_eq!(crop(1088, 8), Ok(1080));
    }
}
