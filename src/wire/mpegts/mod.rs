//! MPEG transport stream, ISO/IEC 13818-1: one self-contained segment at a time.
