//! Bounds of pages and API.

/// Handler threads, and the connections that the edge keeps to them: as many as tiny_http keeps threads for, so that none is ever queued.
pub const HANDLERS: usize = 4;
/// Stack of a handler thread, bytes. Password hashes live on the heap.
pub const HANDLER_STACK: usize = 256 * 1024;
/// Bytes of a form. Larger ones never get past the edge.
pub const FORM_BYTES_MAX: usize = 64 * 1024;
/// Fields of a form or query. More are refused.
pub const FORM_FIELDS_MAX: usize = 32;
/// Largest reply, bytes: the edge takes replies whole. A larger one becomes an error page.
pub const REPLY_BYTES_MAX: usize = 128 * 1024;
/// People that home page and API list as off air; the others are found by their own pages.
pub const LISTED_PEOPLE_MAX: usize = 64;
/// How long the studio page tells of a wrong key or a refused second encoder, ms.
pub const NOTICE_MS: u64 = 10 * 60 * 1000;
/// A keyframe interval that is worth a word to the streamer, ms: well above the advised 2 s.
pub const KEYFRAME_WARN_MS: u32 = 4_500;
/// How long a chosen language is remembered, seconds: a year.
pub const LANGUAGE_SECONDS: u32 = 365 * 24 * 60 * 60;
