//! Handing a request to the UI: admitted, its body read, a line taken, a reply taken whole, the
//! line given back; only then is the client written to. A slow client never holds the UI.

use super::answer::Answer;
use super::connection::Connection;
use super::reader::{self, ReadEnd};
use super::route::Manner;
use super::sender::SendEnd;
use super::ui_desk::{Desk, Ticket, Weight};
use super::ui_line::{UiError, UiReply};
use super::ui_request::UiRequest;
use crate::limits::http::{UI_BODY_BYTES, UI_LINES};
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

/// What each line is asked when it is opened.
const PROBE: &[u8] = b"GET /healthz-ui HTTP/1.1\r\nHost: localhost\r\nX-Hearth-Peer: 127.0.0.1\r\n\
    X-Hearth-Host: localhost\r\n\r\n";

/// How long the UI has for it.
const PROBE_WAIT: Duration = Duration::from_secs(2);

/// A reply of the UI, for the client; the ticket ends when it is written.
pub(super) struct Relayed {
    reply: UiReply,
    _ticket: Ticket,
}

impl Relayed {
    /// The head, with what depends on the client's connection.
    pub(super) fn head(&self, manner: &Manner) -> Vec<u8> {
        let connection: &[u8] = match (manner.close, manner.is_http10) {
            (true, _) => b"Connection: close\r\n\r\n",
            (false, true) => b"Connection: keep-alive\r\n\r\n",
            (false, false) => b"\r\n",
        };
        [&self.reply.head, connection].concat()
    }

    /// The body.
    pub(super) fn body(&self) -> &[u8] {
        &self.reply.body
    }
}

/// Opens all lines with one request each, so that later want of descriptors can't hit the UI's
/// listener.
pub(super) async fn open_lines(desk: &Arc<Desk>) {
    let itself = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let light = Weight {
        heavy: false,
        body: false,
    };
    let Ok(ticket) = desk.admit(itself, light) else {
        return;
    };
    let mut lines = Vec::new();
    for _ in 0..UI_LINES {
        let Ok(mut lent) = desk.line(&ticket, Duration::ZERO).await else {
            return;
        };
        let asked = lent.line.ask(&desk.socket, PROBE, false, &desk.reply_room);
        match tokio::time::timeout(PROBE_WAIT, asked).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => return log::warn!("{error}"),
            Err(_) => return log::warn!("the UI does not answer within {PROBE_WAIT:?}"),
        }
        lines.push(lent);
    }
}

/// The UI's answer to `request`, or why there is none.
pub(super) async fn relay(
    connection: &mut Connection,
    request: UiRequest,
    manner: &mut Manner,
) -> Result<Answer, SendEnd> {
    let busy = Answer::busy(request.html, !request.heavy);
    let body_len = match usize::try_from(request.body_len) {
        Ok(len) if len <= UI_BODY_BYTES => len,
        _ => {
            manner.close = true;
            return Ok(Answer::text(413, "This is more than the box takes.\n"));
        }
    };
    let weight = Weight {
        heavy: request.heavy,
        body: body_len > 0,
    };
    let desk = Arc::clone(&connection.shared.desk);
    let Ok(mut ticket) = desk.admit(connection.ends.peer, weight) else {
        // The body is not read, so what follows can't be either.
        manner.close |= body_len > 0;
        return Ok(busy);
    };
    let body = match read_body(connection, &request, body_len).await {
        Ok(body) => body,
        Err(ReadEnd::TooSlow) => {
            manner.close = true;
            return Ok(Answer::text(408, "The request took too long.\n"));
        }
        Err(_) => return Err(SendEnd::Io(io::ErrorKind::ConnectionAborted.into())),
    };
    let asked = ask(connection, &desk, &ticket, request, body).await;
    ticket.lighten();
    Ok(match asked {
        Ok(reply) => Answer::Relayed(Box::new(Relayed {
            reply,
            _ticket: ticket,
        })),
        Err(Unanswered::Broken) => Answer::text(502, "The box's pages gave no proper answer.\n"),
        Err(Unanswered::Busy) => busy,
    })
}

/// Why the UI has no answer.
enum Unanswered {
    /// Gone, slow or overrun: it may come back.
    Busy,
    /// It answers, but not as agreed.
    Broken,
}

async fn read_body(
    connection: &mut Connection,
    request: &UiRequest,
    len: usize,
) -> Result<Vec<u8>, ReadEnd> {
    if request.expects_continue && connection.carry.is_empty() {
        let go_on = b"HTTP/1.1 100 Continue\r\n\r\n";
        let sent = connection.sender().write_all(go_on).await;
        sent.map_err(|_| ReadEnd::Quiet)?;
    }
    let wait = connection.shared.settings.deadlines.body;
    let Connection {
        stream,
        carry,
        deadline,
        ..
    } = connection;
    reader::read_body(stream, carry, deadline, len, wait).await
}

async fn ask(
    connection: &Connection,
    desk: &Arc<Desk>,
    ticket: &Ticket,
    request: UiRequest,
    body: Vec<u8>,
) -> Result<UiReply, Unanswered> {
    let deadlines = &connection.shared.settings.deadlines;
    let lent = desk.line(ticket, deadlines.ui_queue).await;
    let mut lent = lent.map_err(|_| Unanswered::Busy)?;
    let mut whole = request.head;
    whole.extend_from_slice(&body);
    drop(body);
    let asked = lent
        .line
        .ask(&desk.socket, &whole, request.head_only, &desk.reply_room);
    match tokio::time::timeout(deadlines.ui_reply, asked).await {
        Ok(Ok(reply)) => Ok(reply),
        Ok(Err(error @ (UiError::Io(_) | UiError::NoRoom(_)))) => {
            log::warn!("{error}");
            Err(Unanswered::Busy)
        }
        Ok(Err(error)) => {
            log::error!("{error}");
            Err(Unanswered::Broken)
        }
        Err(_) => {
            log::warn!("the UI took longer than {:?}", deadlines.ui_reply);
            Err(Unanswered::Busy)
        }
    }
}
