//! `/events`: server-sent events (HTML Living Standard section 9.2), an answer without end.
//!
//! First `hello` with the box's time, the id to go on from, and the NAME of who listens (empty: somebody without an account), by which
//! a page knows whether it is still its visitor's; then each event as it is published, and a `beat` after
//! some silence. A page that comes back with an id is told what it missed; where that is not known any more, it gets
//! `reset` and fetches everything anew. One whose session has ended is told so by `role`, with the next event that is not for everyone.

use super::answer::{Answer, NEVER};
use super::connection::{Connection, Next};
use super::ear::Ear;
use super::reader;
use super::route::Manner;
use super::sender::SendEnd;
use crate::limits::events::{RETRY_AFTER, SEND_BUFFER};
use crate::people::AccountId;
use crate::serve::events::{Audience, EventBus, Next as News, Place, frame, may_hear};
use crate::wire::http::ResponseHead;
use nix::sys::socket::{setsockopt, sockopt};
use std::io;
use std::sync::Arc;
use tokio::time::{Instant, sleep_until};

/// Where it is.
pub(super) const PATH: &str = "/events";

const EVENT_STREAM: &str = "text/event-stream";

/// What a reader without a will of its own waits before it comes back, ms.
const RETRY_MS: u32 = 2_000;

/// Makes a page begin anew, as who its visitor is now.
const ROLE: &str = "role";

const NO_EVENTS: &str = "Nothing is told here.\n";
const FULL: &str = "As many pages listen as this box can serve. Try again in a moment.\n";

/// Answers with the events, to the end of the connection.
pub(super) async fn send(
    connection: &mut Connection,
    ear: &Ear,
    manner: Manner,
) -> Result<Next, SendEnd> {
    let shared = Arc::clone(&connection.shared);
    let Some(bus) = shared.live.events() else {
        return connection.send(Answer::not_found(NO_EVENTS), manner).await;
    };
    let Some(_seat) = shared.listeners.take(connection.ends.peer) else {
        let full = Answer::not_yet(RETRY_AFTER, FULL);
        return connection.send(full, manner).await;
    };
    if let Err(error) = setsockopt(&connection.stream, sockopt::SndBuf, &SEND_BUFFER) {
        log::debug!("send buffer of {}: {error}", connection.ends.peer);
    }
    let now = bus.now();
    let place = ear.after.unwrap_or(now);
    let head_only = manner.head_only;
    let visitor = ear.listener(&*shared.live);
    let name = visitor.name.as_deref().unwrap_or_default();
    begin(connection, place, name, manner).await?;
    if !head_only {
        push(connection, ear, &bus, place, visitor.account).await?;
    }
    Ok(Next::Close)
}

/// Head and `hello`.
async fn begin(
    connection: &mut Connection,
    place: Place,
    visitor: &str,
    mut manner: Manner,
) -> Result<(), SendEnd> {
    let mut head = ResponseHead {
        status: 200,
        content_type: Some(EVENT_STREAM),
        cache_control: Some(NEVER),
        ..ResponseHead::default()
    };
    manner.close = true;
    manner.complete(&mut head);
    let head = head
        .render()
        .map_err(|_| io::Error::from(io::ErrorKind::InvalidData))?;
    let unix_ms = connection.shared.live.unix_ms();
    let hello = match manner.head_only {
        true => String::new(),
        false => format!(
            "retry: {RETRY_MS}\nid: {place}\nevent: hello\ndata: {{\"unix_ms\":{unix_ms},\"visitor\":\"{visitor}\"}}\n\n"
        ),
    };
    connection
        .sender()
        .send(head.as_bytes(), hello.as_bytes())
        .await
}

/// Event after event.
async fn push(
    connection: &mut Connection,
    ear: &Ear,
    bus: &EventBus,
    mut place: Place,
    mut visitor: Option<AccountId>,
) -> Result<(), SendEnd> {
    let shared = Arc::clone(&connection.shared);
    let beat = shared.settings.deadlines.beat;
    let mut beat_at = Instant::now() + beat;
    loop {
        let mut changed = std::pin::pin!(bus.changed().notified());
        // Registered before the look, or an event between look and wait would be late.
        changed.as_mut().enable();
        let text = match bus.after(place) {
            News::Told(told) => {
                place.number = told.number;
                if told.audience == Audience::Everyone {
                    told.frame.clone()
                } else {
                    // Asked anew for each: a session that ended since hears nothing private, but that it has ended.
                    let listener = ear.listener(&*shared.live);
                    if visitor != listener.account {
                        visitor = listener.account;
                        frame(place, ROLE, "{}")
                    } else if may_hear(&listener, &told.audience) {
                        told.frame.clone()
                    } else {
                        continue;
                    }
                }
            }
            News::Lost => {
                place = bus.now();
                frame(place, "reset", "{}")
            }
            News::Nothing => {
                tokio::select! {
                    () = changed => continue,
                    () = sleep_until(beat_at) => frame(place, "beat", "{}"),
                    () = shared.table.closes() => return Ok(()),
                    () = reader::hung_up(&connection.stream) => {
                        return Err(SendEnd::Io(io::ErrorKind::ConnectionAborted.into()));
                    }
                }
            }
        };
        connection.sender().write_all(&text).await?;
        beat_at = Instant::now() + beat;
    }
}
