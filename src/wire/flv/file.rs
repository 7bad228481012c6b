//! FLV files in memory (FLV 10.1 §E.2, E.3).
use super::FlvError;

/// What a tag of an FLV file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlvTagKind {
    /// For [`super::parse_audio`].
    Audio,
    /// For [`super::parse_video`].
    Video,
    /// AMF0, as a data message has it.
    Script,
    /// Reserved types.
    Other(u8),
}

/// A tag of an FLV file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlvTag<'a> {
    /// What it is.
    pub kind: FlvTagKind,
    /// 32-bit ms.
    pub timestamp: u32,
    /// What an RTMP message would carry.
    pub body: &'a [u8],
}

/// An FLV file in memory.
#[derive(Clone, Copy, Debug)]
pub struct FlvFile;

impl FlvFile {
    /// The tags of a file, in order; ends at the first that is cut.
    pub fn tags(file: &[u8]) -> Result<impl Iterator<Item = FlvTag<'_>>, FlvError> {
        let body = match file {
            [b'F', b'L', b'V', _, _, o3, o2, o1, o0, ..] => file
                .get(u32::from_be_bytes([*o3, *o2, *o1, *o0]) as usize..)
                .ok_or(FlvError::Short(file.len()))?,
            _ => return Err(FlvError::NotFlv),
        };
        let mut rest = body;
        Ok(std::iter::from_fn(move || {
            let (tag, after) = next_tag(rest)?;
            rest = after;
            Some(tag)
        }))
    }
}

/// A tag and what follows it; before each stands the size of the one before.
fn next_tag(rest: &[u8]) -> Option<(FlvTag<'_>, &[u8])> {
    let (_previous_size, rest) = rest.split_first_chunk::<4>()?;
    let (&[kind, l2, l1, l0, t2, t1, t0, t3, _, _, _], rest) = rest.split_first_chunk()?;
    let (body, rest) = rest.split_at_checked(u32::from_be_bytes([0, l2, l1, l0]) as usize)?;
    let kind = match kind & 0x1F {
        8 => FlvTagKind::Audio,
        9 => FlvTagKind::Video,
        18 => FlvTagKind::Script,
        other => FlvTagKind::Other(other),
    };
    Some((
        FlvTag {
            kind,
            timestamp: u32::from_be_bytes([t3, t2, t1, t0]),
            body,
        },
        rest,
    ))
}
