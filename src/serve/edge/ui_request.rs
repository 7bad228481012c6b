//! A request as the UI gets it: built anew from what was understood, never passed through.

use super::route::{Ends, addressed};
use crate::wire::http::{Method, Request};

/// Fields that concern one connection only, or that the edge writes itself.
const DROPPED: [&str; 16] = [
    "connection",
    "keep-alive",
    "proxy-connection",
    "proxy-authorization",
    "proxy-authenticate",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "expect",
    "host",
    "content-length",
    "forwarded",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
];

/// Fields by which the edge tells the UI about the peer; only the edge may.
const OURS: &str = "x-hearth-";

/// The one of them that pages send: it proves where they come from.
const FORM_TOKEN: &str = "x-hearth-token";

/// A request for the UI.
#[derive(Debug)]
pub(super) struct UiRequest {
    /// The whole head, with its empty line.
    pub(super) head: Vec<u8>,
    /// Bytes of the body that the client will send.
    pub(super) body_len: u64,
    /// The client sends its body when asked to.
    pub(super) expects_continue: bool,
    /// It changes something: hashes or writes.
    pub(super) heavy: bool,
    /// HEAD: the reply has no body.
    pub(super) head_only: bool,
    /// A person reads the answer.
    pub(super) html: bool,
}

impl UiRequest {
    /// Builds it.
    pub(super) fn new(request: &Request<'_>, ends: &Ends, html: bool) -> UiRequest {
        UiRequest {
            head: rebuild(request, ends),
            body_len: request.content_length,
            expects_continue: request.expects_continue && request.content_length > 0,
            heavy: !request.method.is_read(),
            head_only: request.method == Method::Head,
            html,
        }
    }
}

fn rebuild(request: &Request<'_>, ends: &Ends) -> Vec<u8> {
    let host = addressed(request, ends);
    let mut head = format!(
        "{} {} HTTP/1.1\r\nHost: {host}\r\nX-Hearth-Peer: {}\r\nX-Hearth-Host: {host}\r\n",
        request.method.as_str(),
        request.target.raw,
        ends.peer,
    )
    .into_bytes();
    for (name, value) in request
        .fields()
        .filter(|(name, value)| is_passed(request, name, value))
    {
        head.extend_from_slice(name.as_bytes());
        head.extend_from_slice(b": ");
        head.extend_from_slice(value);
        head.extend_from_slice(b"\r\n");
    }
    if request.content_length > 0 || !request.method.is_read() {
        head.extend_from_slice(
            format!("Content-Length: {}\r\n", request.content_length).as_bytes(),
        );
    }
    head.extend_from_slice(b"\r\n");
    head
}

/// tiny_http refuses a request whose fields are not ASCII: those are left out.
fn is_passed(request: &Request<'_>, name: &str, value: &[u8]) -> bool {
    let ours = name
        .get(..OURS.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(OURS));
    (!ours || name.eq_ignore_ascii_case(FORM_TOKEN))
        && value.is_ascii()
        && !DROPPED
            .iter()
            .any(|dropped| name.eq_ignore_ascii_case(dropped))
        && !request.connection_lists(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_understood_goes_on() {
        let text = b"POST http://Hearth.local/login?next=%2F HTTP/1.1\r\nHost: other\r\nCookie: a=b\r\n\
            X-Hearth-Peer: 1.2.3.4\r\nX-Hearth-Token: t0k\r\nx-hearth-HOST: evil\r\nConnection: close, X-Secret\r\nX-Secret: 1\r\n\
            TE: trailers\r\nUpgrade: h2c\r\nExpect: 100-continue\r\nX-Forwarded-For: 9.9.9.9\r\n\
            X-Name: caf\xc3\xa9\r\nContent-Length: 3\r\n\r\n";
        let (request, _) = Request::read(text).unwrap().unwrap();
        let ends = Ends {
            peer: "192.168.1.9".parse().unwrap(),
            local: "192.168.1.5:80".parse().unwrap(),
        };
        let built = UiRequest::new(&request, &ends, false);
        assert_eq!(
            String::from_utf8(built.head).unwrap(),
            "POST /login?next=%2F HTTP/1.1\r\nHost: hearth.local\r\nX-Hearth-Peer: 192.168.1.9\r\n\
             X-Hearth-Host: hearth.local\r\nCookie: a=b\r\nX-Hearth-Token: t0k\r\nContent-Length: 3\r\n\r\n"
        );
        assert!(built.expects_continue && built.heavy && !built.head_only);
    }
}
