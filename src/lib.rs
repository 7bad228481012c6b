//! Hearth: a household's live-TV station in one daemon.
//!
//! The floors, each of which may use itself and those named before it:
//! [`limits`] and [`time`], [`wire`], [`media`], [`store`], [`people`], [`serve`], [`daemon`].

pub mod limits;
pub mod time;

pub mod wire;

pub mod media;

pub mod store;

pub mod people;

pub mod serve;

pub mod daemon;
