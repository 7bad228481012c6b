//! Bit reader and writer for parameter sets and AAC (owner: helper A).
