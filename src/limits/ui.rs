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
/// So many with the longest names, titles and tags fit a reply.
pub const LISTED_PEOPLE_MAX: usize = 48;
/// How long the studio page tells of a wrong key or a refused second encoder, ms.
pub const NOTICE_MS: u64 = 10 * 60 * 1000;
/// How long a chosen language is remembered, seconds: a year.
pub const LANGUAGE_SECONDS: u32 = 365 * 24 * 60 * 60;
/// How long a browser keeps its session, seconds: 400 days, the longest that browsers allow. The token itself counts powered-on time, of
/// which a box that runs in the evening has little in a month.
pub const SESSION_SECONDS: u64 = 400 * 24 * 60 * 60;
/// People on one page of the owner's list, each with what can be done with them: so that the page fits a reply.
pub const PEOPLE_A_PAGE: usize = 20;
/// People in one reply of the API.
pub const PEOPLE_A_REPLY: usize = 100;
/// People that a sentence about who watches names; the others are counted.
pub const WATCHERS_NAMED: usize = 12;
/// Who uses memory, on the owner's page: the largest, the rest together.
pub const MEMORY_PARTS: usize = 6;
/// Lines of the log that the owner's page shows.
pub const LOG_LINES_SHOWN: usize = 60;
/// Lines of the log that are kept in memory; the oldest leaves.
pub const LOG_LINES: usize = 200;
/// Longest such line, bytes; the rest of a longer one is not kept.
pub const LOG_LINE_BYTES: usize = 240;
/// Comments that a watch page begins with; earlier ones are asked for.
pub const COMMENTS_SHOWN: usize = 40;
/// Bytes of comments in a page: where many are long, fewer are shown, and the others are asked for.
pub const COMMENTS_PAGE_BYTES: usize = 64 * 1024;
/// Bytes of comments in an answer of the API likewise.
pub const COMMENTS_ANSWER_BYTES: usize = 96 * 1024;
/// Longest time that a comment may say its writer is behind, ms: longer than any stream's rewind window.
pub const COMMENT_BEHIND_MAX_MS: u64 = 30 * 60 * 1000;
/// Smallest reply that is compressed, bytes: a shorter one fits one packet as it is.
pub const PACKED_BYTES_MIN: usize = 1024;
