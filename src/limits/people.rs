//! Bounds of names, keys, sessions, passwords.
