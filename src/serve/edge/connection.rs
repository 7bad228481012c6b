//! One connection's task: read a head, decide, answer, again.
//!
//! Requests are answered in order, and nothing is read while an answer is sent: that is the bound
//! on what a peer can pile up.

use super::Shared;
use super::answer::{Answer, Body};
use super::deadline::Deadline;
use super::reader::{self, ReadEnd};
use super::route::{self, Ends, Exchange, Manner, Plan};
use super::seats::Seat;
use super::sender::{SendEnd, Sender};
use super::table::Place;
use super::{events, instant, transfer, ui_proxy, upload};
use crate::wire::http::{Request, ResponseHead};
use bytes::Bytes;
use nix::sys::socket::{setsockopt, sockopt};
use std::future::poll_fn;
use std::io;
use std::sync::Arc;
use std::task::Poll;
use tokio::net::TcpStream;

const FULL_HOUSE: &str = "As many watch as this box can serve. Try again in a moment.\n";

/// An accepted connection that has a place in the table.
pub(super) struct Connection {
    pub(super) stream: TcpStream,
    pub(super) ends: Ends,
    pub(super) shared: Arc<Shared>,
    pub(super) carry: Vec<u8>,
    pub(super) deadline: Deadline,
    seat: Option<Seat>,
    /// What was asked of the kernel last, bytes; 0: nothing yet.
    send_buffer: usize,
    // Dropped last: the place is free when the socket is closed.
    place: Place,
}

/// How to go on after an answer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    Keep,
    Close,
}

/// How far an answer got at once.
enum Step {
    /// All the way.
    Done(Next),
    /// Not at all, or not to the end.
    Later(Box<Later>),
}

/// An answer that takes longer than one call.
#[expect(
    clippy::large_enum_variant,
    reason = "boxed as a whole, and gone with the answer"
)]
enum Later {
    /// All of it.
    Exchange(Exchange),
    /// What the socket had no room for.
    Rest {
        head: Vec<u8>,
        body: Bytes,
        next: Next,
    },
}

/// There is no seat left.
pub(super) fn full_house() -> Answer {
    Answer::not_yet(2, FULL_HOUSE)
}

fn after(manner: &Manner) -> Next {
    if manner.close {
        Next::Close
    } else {
        Next::Keep
    }
}

impl Connection {
    pub(super) fn new(
        stream: TcpStream,
        ends: Ends,
        shared: Arc<Shared>,
        place: Place,
    ) -> Connection {
        Connection {
            stream,
            ends,
            carry: Vec::new(),
            deadline: Deadline::new(shared.settings.deadlines.idle),
            seat: None,
            send_buffer: 0,
            place,
            shared,
        }
    }

    /// Serves until one side has enough.
    pub(super) async fn run(mut self) {
        loop {
            let exchange = match self.next_exchange().await {
                Ok(exchange) => exchange,
                Err(ReadEnd::Quiet) => return,
                Err(end) => self.refusal(&end),
            };
            let answered = match self.answer_at_once(exchange) {
                Ok(Step::Done(next)) => Ok(next),
                // Boxed, so that what only a long answer needs is in no idle task.
                Ok(Step::Later(later)) => Box::pin(self.answer(later)).await,
                Err(end) => Err(end),
            };
            match answered {
                // Who sends requests ahead does not have them answered without a turn for others between.
                Ok(Next::Keep) if !self.carry.is_empty() => tokio::task::yield_now().await,
                Ok(Next::Keep) => {}
                Ok(Next::Close) => return Box::pin(reader::part(&mut self.stream)).await,
                Err(end) => return self.give_up(&end),
            }
        }
    }

    /// Waits for the next head.
    async fn next_exchange(&mut self) -> Result<Exchange, ReadEnd> {
        let Connection {
            stream,
            ends,
            shared,
            carry,
            deadline,
            place,
            ..
        } = self;
        let mut take = |request: &Request<'_>| route::route(shared, ends, request);
        if let Some(next) = reader::take_carried(carry, take).map_err(ReadEnd::Refused)? {
            return Ok(next);
        }
        if shared.table.is_closing() {
            return Err(ReadEnd::Quiet);
        }
        let deadlines = &shared.settings.deadlines;
        let mut begun = !carry.is_empty();
        deadline.set(if begun {
            deadlines.head
        } else {
            deadlines.idle
        });
        if !begun {
            place.set_idle();
        }
        let next = poll_fn(|cx| {
            loop {
                match reader::poll_head(stream, carry, cx, &mut take) {
                    Poll::Ready(Ok(Some(next))) => return Poll::Ready(Ok(next)),
                    Poll::Ready(Err(end)) => return Poll::Ready(Err(end)),
                    Poll::Ready(Ok(None)) if !begun => {
                        begun = true;
                        place.set_busy();
                        deadline.set(deadlines.head);
                    }
                    Poll::Ready(Ok(None)) => {}
                    Poll::Pending => {
                        let late = if begun {
                            ReadEnd::TooSlow
                        } else {
                            ReadEnd::Quiet
                        };
                        return deadline.poll(cx).map(|()| Err(late));
                    }
                }
            }
        });
        let next = next.await;
        place.set_busy();
        next
    }

    /// The usual case, a small answer and room for it, without waiting.
    fn answer_at_once(&mut self, exchange: Exchange) -> Result<Step, SendEnd> {
        match exchange {
            Exchange {
                plan:
                    Plan::Answer(Answer::Own {
                        head,
                        body: Body::Bytes(body),
                    }),
                manner,
            } => self.begin(head, body, manner),
            other => Ok(Step::Later(Box::new(Later::Exchange(other)))),
        }
    }

    async fn answer(&mut self, later: Box<Later>) -> Result<Next, SendEnd> {
        match *later {
            Later::Exchange(Exchange { plan, mut manner }) => {
                let answer = match plan {
                    Plan::Answer(answer) => answer,
                    Plan::Playlist { channel, asked } => {
                        let shared = &self.shared;
                        let later = shared.playlists.answer_later(
                            &*shared.live,
                            channel,
                            &asked,
                            &shared.settings.deadlines,
                        );
                        self.unless_hung_up(later).await?
                    }
                    Plan::Part { channel, asked } => {
                        let waiting = self.shared.playlists.waiting();
                        let later = asked.later(&*channel, waiting);
                        self.unless_hung_up(later).await?
                    }
                    Plan::Follow(follow) => {
                        return Box::pin(instant::send(self, &follow, manner)).await;
                    }
                    Plan::Download(ticket) => {
                        return Box::pin(transfer::send(self, &ticket, manner)).await;
                    }
                    Plan::Upload(asked) => {
                        return Box::pin(upload::receive(self, &asked, manner)).await;
                    }
                    Plan::Listen(ear) => {
                        return Box::pin(events::send(self, &ear, manner)).await;
                    }
                    Plan::Ui(request) => ui_proxy::relay(self, *request, &mut manner).await?,
                };
                self.send(answer, manner).await
            }
            Later::Rest { head, body, next } => {
                let mut sender = self.sender();
                sender.write_all(&head).await?;
                sender.write_all(&body).await?;
                Ok(next)
            }
        }
    }

    /// An answer that is not there yet; given up if the peer leaves.
    async fn unless_hung_up(&self, later: impl Future<Output = Answer>) -> Result<Answer, SendEnd> {
        tokio::select! {
            answer = later => Ok(answer),
            () = reader::hung_up(&self.stream) => {
                Err(SendEnd::Io(io::ErrorKind::ConnectionAborted.into()))
            }
        }
    }

    fn refusal(&self, end: &ReadEnd) -> Exchange {
        let answer = match end {
            ReadEnd::Refused(error) => {
                log::debug!("{}: {error}", self.ends.peer);
                Answer::text(error.status(), "This request can't be read.\n")
            }
            _ => Answer::text(408, "The request took too long.\n"),
        };
        Exchange {
            plan: Plan::Answer(answer),
            manner: Manner::closing(),
        }
    }

    pub(super) async fn send(&mut self, answer: Answer, manner: Manner) -> Result<Next, SendEnd> {
        match answer {
            Answer::Own {
                head,
                body: Body::Bytes(body),
            } => self.send_bytes(head, body, manner).await,
            Answer::Own { head, body } if manner.head_only => {
                // A segment that is not sent must not be held while waiting.
                drop(body);
                self.send_bytes(head, Bytes::new(), manner).await
            }
            Answer::Own {
                head,
                body: Body::File { file, first, len },
            } => {
                let buffer = self.shared.settings.limits.media_send_buffer;
                if !self.take_seat(buffer).await {
                    drop(file);
                    return Box::pin(self.send(full_house(), manner)).await;
                }
                let next = after(&manner);
                if let Step::Later(later) = self.begin(head, Bytes::new(), manner)?
                    && let Later::Rest { head, .. } = *later
                {
                    self.sender().holding(&*file).write_all(&head).await?;
                }
                self.sender().send_file(&*file, first, len).await?;
                Ok(next)
            }
            Answer::Relayed(relayed) => {
                let body = if manner.head_only {
                    &[]
                } else {
                    relayed.body()
                };
                self.sender().send(&relayed.head(&manner), body).await?;
                Ok(after(&manner))
            }
        }
    }

    async fn send_bytes(
        &mut self,
        head: ResponseHead,
        body: Bytes,
        manner: Manner,
    ) -> Result<Next, SendEnd> {
        match self.begin(head, body, manner)? {
            Step::Done(next) => Ok(next),
            Step::Later(later) => Box::pin(self.answer(later)).await,
        }
    }

    /// Renders on the stack and tries to send at once, so that no head waits in the task.
    fn begin(
        &mut self,
        mut head: ResponseHead,
        mut body: Bytes,
        mut manner: Manner,
    ) -> Result<Step, SendEnd> {
        if manner.head_only {
            body = Bytes::new();
        }
        manner.complete(&mut head);
        let text = head
            .render()
            .map_err(|_| io::Error::from(io::ErrorKind::InvalidData))?;
        let (head, left) = self.sender().begin(text.as_bytes(), &body)?;
        let next = after(&manner);
        if head.is_empty() && left.is_empty() {
            return Ok(Step::Done(next));
        }
        let body = body.slice_ref(left);
        Ok(Step::Later(Box::new(Later::Rest { head, body, next })))
    }

    /// From the first media on the connection has a seat, and the send buffer that goes with what is sent next, bytes.
    pub(super) async fn take_seat(&mut self, buffer: usize) -> bool {
        if self.seat.is_none() {
            let (table, peer) = (&self.shared.table, self.ends.peer);
            let evict = |whose| table.evict_seat(peer, whose);
            self.seat = Box::pin(self.shared.seats.take(peer, evict)).await;
            if self.seat.is_none() {
                return false;
            }
            self.place.set_seated();
        }
        if self.send_buffer != buffer {
            self.send_buffer = buffer;
            if let Err(error) = setsockopt(&self.stream, sockopt::SndBuf, &buffer) {
                log::debug!("send buffer of {}: {error}", self.ends.peer);
            }
        }
        true
    }

    pub(super) fn sender(&mut self) -> Sender<'_> {
        Sender {
            stream: &self.stream,
            deadline: &mut self.deadline,
            wait: self.shared.settings.deadlines.write,
            held: None,
        }
    }

    /// Resets: what is queued for the peer is freed at once, and it sees that the body is short.
    fn give_up(&self, end: &SendEnd) {
        log::debug!("{}: {end}", self.ends.peer);
        if !matches!(end, SendEnd::Io(_)) {
            let at_once = nix::libc::linger {
                l_onoff: 1,
                l_linger: 0,
            };
            // If even this fails the socket is gone already.
            let _ = setsockopt(&self.stream, sockopt::Linger, &at_once);
        }
    }
}
