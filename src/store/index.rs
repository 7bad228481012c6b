//! Where each row lies: 20 bytes a row, whatever its size. Keys and rows themselves stay in the files.

use crate::store::frame::Record;
use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, Hash, Hasher, RandomState};

/// Stands for a table's number and a key: 96 bits of two keyed hashes. Among as many rows as the store takes, two share one with a probability of 10⁻¹⁹, and
/// nobody can aim for it, for the hash keys are new at every start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Digest([u32; 3]);

impl Hash for Digest {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let [low, high, _] = self.0;
        state.write_u64(u64::from(low) | u64::from(high) << 32);
    }
}

/// Makes [`Digest`]s.
#[derive(Clone, Debug, Default)]
pub(crate) struct Digester {
    first: RandomState,
    second: RandomState,
}

impl Digester {
    pub(crate) fn digest(&self, table: u8, key: &[u8]) -> Digest {
        let first = self.first.hash_one((table, key));
        let second = self.second.hash_one((table, key));
        Digest([first as u32, (first >> 32) as u32, second as u32])
    }
}

/// Where a record lies, how long it is, and whose it is, in eight bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place([u32; 2]);

const OFFSET_BITS: u32 = 20;
const LENGTH_BITS: u32 = 17;

impl Place {
    /// `segment` < 2¹⁰, `offset` < 2²⁰, `length` < 2¹⁷: the limits are far below.
    pub(crate) fn new(segment: usize, offset: usize, length: usize, record: &Record) -> Place {
        let position = (segment as u64) << OFFSET_BITS | offset as u64;
        let kind = u64::from(record.table) << 8 | u64::from(record.version);
        let all = (position << LENGTH_BITS | length as u64) << 16 | kind;
        Place([(all >> 32) as u32, all as u32])
    }
    /// The same record elsewhere.
    pub(crate) fn moved(self, segment: usize, offset: usize) -> Place {
        let position = (segment as u64) << OFFSET_BITS | offset as u64;
        let rest = self.bits() & ((1 << (16 + LENGTH_BITS)) - 1);
        let all = position << (16 + LENGTH_BITS) | rest;
        Place([(all >> 32) as u32, all as u32])
    }
    fn bits(self) -> u64 {
        let [high, low] = self.0;
        u64::from(high) << 32 | u64::from(low)
    }
    pub(crate) fn segment(self) -> usize {
        (self.bits() >> (16 + LENGTH_BITS + OFFSET_BITS)) as usize
    }
    pub(crate) fn offset(self) -> usize {
        (self.bits() >> (16 + LENGTH_BITS)) as usize & ((1 << OFFSET_BITS) - 1)
    }
    pub(crate) fn length(self) -> usize {
        (self.bits() >> 16) as usize & ((1 << LENGTH_BITS) - 1)
    }
    pub(crate) fn table(self) -> u8 {
        (self.bits() >> 8) as u8
    }
    pub(crate) fn version(self) -> u8 {
        self.bits() as u8
    }
}

/// The first half of a digest is a good hash already.
#[derive(Default)]
struct Given(u64);

impl Hasher for Given {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }
    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}

/// See the module.
#[derive(Clone, Default)]
pub(crate) struct Index {
    places: HashMap<Digest, Place, BuildHasherDefault<Given>>,
    live_bytes: usize,
}

impl std::fmt::Debug for Index {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Index({} rows)", self.places.len())
    }
}

impl Index {
    /// Rows.
    pub(crate) fn len(&self) -> usize {
        self.places.len()
    }
    /// Bytes that the rows' records take in the log.
    pub(crate) fn live_bytes(&self) -> usize {
        self.live_bytes
    }
    pub(crate) fn get(&self, digest: &Digest) -> Option<Place> {
        self.places.get(digest).copied()
    }
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Digest, Place)> + '_ {
        self.places.iter().map(|(digest, place)| (*digest, *place))
    }
    /// Notes what a record says.
    pub(crate) fn apply(&mut self, digest: Digest, place: Place, removal: bool) {
        let old = if removal {
            self.places.remove(&digest)
        } else {
            self.live_bytes += place.length();
            self.places.insert(digest, place)
        };
        self.live_bytes -= old.map_or(0, Place::length);
    }
    /// Forgets a row that can't be read any more.
    pub(crate) fn forget(&mut self, digest: &Digest) {
        let old = self.places.remove(digest);
        self.live_bytes -= old.map_or(0, Place::length);
    }
    /// The rows that satisfy `wanted`, in the order in which they lie in the files.
    pub(crate) fn sorted(&self, wanted: impl Fn(Place) -> bool) -> Vec<(Digest, Place)> {
        let mut found: Vec<(Digest, Place)> =
            self.iter().filter(|(_, place)| wanted(*place)).collect();
        found.sort_unstable_by_key(|(_, place)| *place);
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_holds_the_largest_of_everything() {
        let record = Record {
            table: 255,
            version: 254,
            key: b"",
            value: None,
        };
        let place = Place::new(1023, (1 << 20) - 1, (1 << 17) - 1, &record);
        assert_eq!(place.segment(), 1023);
        assert_eq!(place.offset(), (1 << 20) - 1);
        assert_eq!(place.length(), (1 << 17) - 1);
        assert_eq!((place.table(), place.version()), (255, 254));
    }

    #[test]
    fn live_bytes_follow_replacement_and_removal() {
        let digester = Digester::default();
        let mut index = Index::default();
        let record = Record {
            table: 1,
            version: 1,
            key: b"k",
            value: None,
        };
        let digest = digester.digest(1, b"k");
        index.apply(digest, Place::new(0, 0, 100, &record), false);
        index.apply(digest, Place::new(0, 200, 30, &record), false);
        assert_eq!((index.len(), index.live_bytes()), (1, 30));
        index.apply(digest, Place::new(0, 300, 14, &record), true);
        assert_eq!((index.len(), index.live_bytes()), (0, 0));
    }

    #[test]
    fn an_entry_is_twenty_bytes() {
        assert_eq!(size_of::<(Digest, Place)>(), 20);
    }
}
