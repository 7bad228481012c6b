//! The rules of the household: who may do what, what is bounded, what survives a restart, and what does not.

#![allow(clippy::unwrap_used, clippy::panic)]

mod channels;
mod comments;
mod deletion;
mod follows;
mod house;
mod joining;
mod keys;
mod pictures;
mod restore;
mod rights;
mod search;
mod settings;
