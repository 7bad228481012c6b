//! Playlists compressed once a version, for those who ask.

use crate::limits::http::{GZIP_BYTES, GZIP_KEPT};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::collections::VecDeque;
use std::io::Write;
use std::sync::Mutex;

/// Fast: a playlist shrinks to a fifth at any level.
const LEVEL: u32 = 3;

/// The last compressed version of each playlist.
#[derive(Debug, Default)]
pub(super) struct GzipCache {
    kept: Mutex<VecDeque<Kept>>,
}

#[derive(Debug)]
struct Kept {
    key: u64,
    plain: Bytes,
    packed: Bytes,
}

impl GzipCache {
    /// `plain`, compressed; None if that is not worth it. `key` tells playlists apart.
    pub(super) fn pack(&self, key: u64, plain: &Bytes) -> Option<Bytes> {
        if plain.len() > GZIP_BYTES {
            return None;
        }
        let mut kept = self
            .kept
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some(known) = kept.iter().find(|known| known.key == key) {
            if known.plain == *plain {
                return Some(known.packed.clone());
            }
            kept.retain(|known| known.key != key);
        }
        let packed = compress(plain)?;
        if kept.len() >= GZIP_KEPT {
            kept.pop_front();
        }
        kept.push_back(Kept {
            key,
            plain: plain.clone(),
            packed: packed.clone(),
        });
        Some(packed)
    }
}

fn compress(plain: &[u8]) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(LEVEL));
    encoder.write_all(plain).ok()?;
    let packed = encoder.finish().ok()?;
    (packed.len() < plain.len()).then(|| packed.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    fn playlist(version: usize) -> Bytes {
        format!(
            "#EXTM3U\n{}",
            format!("#EXTINF:2.00000,\nseg{version}.m4s\n").repeat(20)
        )
        .into()
    }

    #[test]
    fn a_version_is_compressed_once_and_a_new_one_anew() {
        let cache = GzipCache::default();
        let first = cache.pack(1, &playlist(1)).unwrap();
        assert_eq!(
            cache.pack(1, &playlist(1)).unwrap().as_ptr(),
            first.as_ptr()
        );
        let second = cache.pack(1, &playlist(2)).unwrap();
        let mut text = String::new();
        flate2::read::GzDecoder::new(&second[..])
            .read_to_string(&mut text)
            .unwrap();
        assert_eq!(text.as_bytes(), playlist(2));
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let cache = GzipCache::default();
        for key in 0..200 {
            cache.pack(key, &playlist(1)).unwrap();
        }
        assert_eq!(cache.kept.lock().unwrap().len(), GZIP_KEPT);
        assert!(cache.pack(1, &vec![b'a'; GZIP_BYTES + 1].into()).is_none());
        assert!(cache.pack(1, &Bytes::from_static(b"x")).is_none());
    }
}
