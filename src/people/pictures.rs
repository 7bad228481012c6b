//! Pictures of people and channels: small, of three kinds that every browser shows, kept in the store.

mod header;

use super::directory::Directory;
use super::tables::{PictureKey, PictureParts, PictureRow, Pictures};
use super::{AccountId, People, PeopleError};
use crate::limits::people::{
    PICTURE_BYTES_MAX, PICTURE_PART_BYTES, PICTURE_SIDE_MAX, PICTURES_BYTES_MAX,
};
use crate::store::{Batch, StoreError};
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::fmt;

/// What a picture is, by its first bytes and never by what somebody says. Stored by position: new ones go to the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PictureKind {
    /// JPEG.
    Jpeg,
    /// PNG.
    Png,
    /// WebP.
    Webp,
}

impl PictureKind {
    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            PictureKind::Jpeg => "image/jpeg",
            PictureKind::Png => "image/png",
            PictureKind::Webp => "image/webp",
        }
    }
}

/// Whose picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PictureOf {
    /// A person's.
    Person(AccountId),
    /// A channel's.
    Channel(AccountId),
}

impl PictureOf {
    /// Whose it is, as person or as channel.
    pub fn account(self) -> AccountId {
        match self {
            PictureOf::Person(id) | PictureOf::Channel(id) => id,
        }
    }

    fn key(self) -> PictureKey {
        match self {
            PictureOf::Person(id) => (0, id),
            PictureOf::Channel(id) => (1, id),
        }
    }
}

/// Of a picture's bytes: what its address carries, so that it may be kept for ever. `Display` writes 32 hex digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PictureHash(pub [u8; 16]);

impl PictureHash {
    /// Reads what `Display` writes.
    pub fn parse(text: &str) -> Option<PictureHash> {
        let bytes = HEXLOWER.decode(text.as_bytes()).ok()?;
        bytes.try_into().ok().map(PictureHash)
    }

    fn of(bytes: &[u8]) -> PictureHash {
        let digest: [u8; 32] = Sha256::digest(bytes).into();
        let mut hash = [0; 16];
        hash.iter_mut()
            .zip(digest)
            .for_each(|(to, from)| *to = from);
        PictureHash(hash)
    }
}

impl fmt::Display for PictureHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl Serialize for PictureHash {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What a picture is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct PictureInfo {
    /// For its address.
    pub hash: PictureHash,
    /// Which kind.
    pub kind: PictureKind,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Bytes.
    pub bytes: u32,
}

/// Why a picture was refused.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PictureError {
    /// Over 48 KiB.
    #[error("the picture has {0} bytes; at most 49152 are possible")]
    TooLarge(usize),
    /// None of the three kinds, or its header is damaged.
    #[error("this is no JPEG, PNG or WebP picture")]
    NoPicture,
    /// Over 1024 pixels.
    #[error("the picture has {width} × {height} pixels; at most 1024 × 1024 are possible")]
    TooWide {
        /// Pixels.
        width: u32,
        /// Pixels.
        height: u32,
    },
    /// The change was refused.
    #[error("{0}")]
    People(#[from] PeopleError),
}

impl From<StoreError> for PictureError {
    fn from(error: StoreError) -> PictureError {
        PictureError::People(error.into())
    }
}

/// Looks at a picture's kind and size, without unpacking it.
pub(super) fn inspect(bytes: &[u8]) -> Result<PictureInfo, PictureError> {
    if bytes.len() > PICTURE_BYTES_MAX {
        return Err(PictureError::TooLarge(bytes.len()));
    }
    let (kind, width, height) = header::read(bytes).ok_or(PictureError::NoPicture)?;
    match (width, height) {
        (0, _) | (_, 0) => Err(PictureError::NoPicture),
        (w, h) if w.max(h) > PICTURE_SIDE_MAX => Err(PictureError::TooWide { width, height }),
        _ => Ok(PictureInfo {
            hash: PictureHash::of(bytes),
            kind,
            width,
            height,
            bytes: u32::try_from(bytes.len()).unwrap_or(u32::MAX),
        }),
    }
}

impl People {
    /// Puts a picture in the place of the one before; for whom it is of and for owners. Writes durably (blocks).
    pub fn set_picture(
        &self,
        by: AccountId,
        of: PictureOf,
        bytes: &[u8],
    ) -> Result<PictureInfo, PictureError> {
        self.must_be_or_run(by, of.account())?;
        let info = inspect(bytes)?;
        let _turn = self.change();
        self.must_exist(of.account())?;
        let key = of.key();
        let directory = self.directory();
        let others = directory
            .pictures
            .iter()
            .filter(|(other, _)| **other != key);
        let taken: usize = others.map(|(_, row)| row.bytes as usize).sum();
        let before = directory.pictures.get(&key).copied();
        drop(directory);
        if taken + bytes.len() > PICTURES_BYTES_MAX {
            return Err(PeopleError::Full("pictures").into());
        }
        let row = PictureRow {
            hash: info.hash.0,
            kind: info.kind,
            width: info.width,
            height: info.height,
            bytes: info.bytes,
        };
        let mut batch = Batch::new();
        batch.put::<Pictures>(&key, &row);
        let mut parts = 0;
        for part in bytes.chunks(PICTURE_PART_BYTES) {
            batch.put::<PictureParts>(&(key.0, key.1, parts), &part.to_vec());
            parts += 1;
        }
        for part in parts..before.map_or(0, |row| parts_of(&row)) {
            batch.remove::<PictureParts>(&(key.0, key.1, part));
        }
        self.store.commit(batch)?;
        self.show(|directory| {
            directory.pictures.insert(key, row);
        });
        Ok(info)
    }

    /// Takes a picture away; for whom it is of and for owners. Writes durably (blocks).
    pub fn remove_picture(&self, by: AccountId, of: PictureOf) -> Result<(), PictureError> {
        self.must_be_or_run(by, of.account())?;
        let _turn = self.change();
        let mut batch = Batch::new();
        self.take_picture(of, &mut batch);
        self.store.commit(batch)?;
        self.show(|directory| {
            directory.pictures.remove(&of.key());
        });
        Ok(())
    }

    pub(super) fn take_picture(&self, of: PictureOf, batch: &mut Batch) {
        let key = of.key();
        let row = self.directory().pictures.get(&key).copied();
        if let Some(row) = row {
            batch.remove::<Pictures>(&key);
            for part in 0..parts_of(&row) {
                batch.remove::<PictureParts>(&(key.0, key.1, part));
            }
        }
    }

    /// What a picture is; None if there is none.
    pub fn picture_info(&self, of: PictureOf) -> Option<PictureInfo> {
        let directory = self.directory();
        directory.pictures.get(&of.key()).map(info)
    }

    /// A picture with its bytes; None if there is none, or another than the one that the address names. Reads the card.
    pub fn picture(
        &self,
        of: PictureOf,
        hash: PictureHash,
    ) -> Result<Option<(PictureInfo, Vec<u8>)>, StoreError> {
        let Some(info) = self.picture_info(of).filter(|info| info.hash == hash) else {
            return Ok(None);
        };
        let (kind, account) = of.key();
        let mut bytes = Vec::with_capacity(info.bytes as usize);
        for part in 0..parts(info.bytes) {
            let part = self.store.get::<PictureParts>(&(kind, account, part))?;
            bytes.extend(part.unwrap_or_default());
        }
        // It was replaced while it was read.
        Ok((PictureHash::of(&bytes) == hash).then_some((info, bytes)))
    }
}

impl Directory {
    pub(super) fn picture_hash(&self, of: PictureOf) -> Option<PictureHash> {
        self.pictures
            .get(&of.key())
            .map(|row| PictureHash(row.hash))
    }
}

fn info(row: &PictureRow) -> PictureInfo {
    PictureInfo {
        hash: PictureHash(row.hash),
        kind: row.kind,
        width: row.width,
        height: row.height,
        bytes: row.bytes,
    }
}

fn parts_of(row: &PictureRow) -> u8 {
    parts(row.bytes)
}

fn parts(bytes: u32) -> u8 {
    u8::try_from((bytes as usize).div_ceil(PICTURE_PART_BYTES)).unwrap_or(u8::MAX)
}
