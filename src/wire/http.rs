//! HTTP/1.1 heads, RFC 9110 and RFC 9112: requests in (over httparse), response heads out.
//!
//! Stricter than the RFCs where a household's box gains nothing by tolerance: no transfer codings
//! in requests, one `Content-Length`, one `Host`, ASCII targets, no `..` in paths. Nothing here is
//! copied out of the read buffer unless it has to be decoded.

mod accept;
mod authority;
mod range;
mod reply;
mod request;
mod response;
mod target;

pub use accept::{accepts_gzip, accepts_html};
pub use authority::{Authority, AuthorityError, Host};
pub use range::Span;
pub use reply::{Reply, ReplyError};
pub use request::{HeadError, Method, Request};
pub use response::{ContentRange, ResponseHead, reason};
pub use target::{Target, TargetError};
