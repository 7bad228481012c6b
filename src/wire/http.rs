//! HTTP/1.1 heads: requests in (over httparse), response heads out. Owner: helper E.
