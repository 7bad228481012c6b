//! One connection's task: read a head, decide, answer, again.
//!
//! Requests are answered in order, and nothing is read while an answer is sent: that is the bound
//! on what a peer can pile up.

use super::Shared;
use super::answer::{Answer, Body};
use super::deadline::Deadline;
use super::playlists::Asked;
use super::reader::{self, ReadEnd};
use super::route::{self, Ends, Exchange, Manner, Plan};
use super::seats::Seat;
use super::sender::{SendEnd, Sender};
use super::table::Place;
use super::{Channel, ui_proxy};
use crate::wire::http::{Request, ResponseHead};
use bytes::Bytes;
use nix::sys::socket::{setsockopt, sockopt};
use std::future::poll_fn;
use std::io;
use std::sync::Arc;
use std::task::Poll;
use tokio::net::TcpStream;

/// An accepted connection that has a place in the table.
pub(super) struct Connection {
    pub(super) stream: TcpStream,
    pub(super) ends: Ends,
    pub(super) shared: Arc<Shared>,
    pub(super) carry: Vec<u8>,
    pub(super) deadline: Deadline,
    seat: Option<Seat>,
    // Dropped last: the place is free when the socket is closed.
    place: Place,
}

/// How to go on after an answer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    Keep,
    Close,
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
            place,
            shared,
        }
    }

    /// Serves until one side has enough.
    pub(super) async fn run(mut self) {
        loop {
            let answered = match self.next_exchange().await {
                Ok(exchange) => self.respond(exchange).await,
                Err(ReadEnd::Quiet) => return,
                Err(end) => self.refuse(&end).await,
            };
            match answered {
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

    async fn respond(&mut self, exchange: Exchange) -> Result<Next, SendEnd> {
        let Exchange { plan, mut manner } = exchange;
        let answer = match plan {
            Plan::Answer(answer) => answer,
            Plan::Playlist { channel, asked } => Box::pin(self.wait_for(channel, asked)).await?,
            Plan::Ui(request) => Box::pin(ui_proxy::relay(self, *request, &mut manner)).await?,
        };
        self.send(answer, manner).await
    }

    /// A playlist that is not there yet; given up if the peer leaves.
    async fn wait_for(&self, channel: Arc<dyn Channel>, asked: Asked) -> Result<Answer, SendEnd> {
        let shared = &self.shared;
        let deadlines = &shared.settings.deadlines;
        let later = shared
            .playlists
            .answer_later(&*shared.live, channel, &asked, deadlines);
        tokio::select! {
            answer = later => Ok(answer),
            () = reader::hung_up(&self.stream) => {
                Err(SendEnd::Io(io::ErrorKind::ConnectionAborted.into()))
            }
        }
    }

    async fn refuse(&mut self, end: &ReadEnd) -> Result<Next, SendEnd> {
        let answer = match end {
            ReadEnd::Refused(error) => {
                log::debug!("{}: {error}", self.ends.peer);
                Answer::text(error.status(), "This request can't be read.\n")
            }
            _ => Answer::text(408, "The request took too long.\n"),
        };
        self.send(answer, Manner::closing()).await
    }

    async fn send(&mut self, answer: Answer, manner: Manner) -> Result<Next, SendEnd> {
        let next = if manner.close {
            Next::Close
        } else {
            Next::Keep
        };
        match answer {
            Answer::Own {
                head,
                body: Body::Bytes(body),
            } => self.send_bytes(head, body, manner).await?,
            Answer::Own {
                head,
                body: Body::File { file, first, len },
            } => {
                if manner.head_only {
                    self.send_bytes(head, Bytes::new(), manner).await?;
                } else if self.take_seat().await {
                    self.send_bytes(head, Bytes::new(), manner).await?;
                    self.sender().send_file(&*file, first, len).await?;
                } else {
                    self.send_full_house(manner).await?;
                }
            }
            Answer::Relayed(relayed) => {
                let body = if manner.head_only {
                    &[]
                } else {
                    relayed.body()
                };
                let head = relayed.head(&manner);
                self.sender().send(&head, body).await?;
            }
        }
        Ok(next)
    }

    async fn send_bytes(
        &mut self,
        head: ResponseHead,
        body: Bytes,
        manner: Manner,
    ) -> Result<(), SendEnd> {
        let body = if manner.head_only { Bytes::new() } else { body };
        let (head_left, sent) = self.begin(head, &body, manner)?;
        let mut sender = self.sender();
        if !head_left.is_empty() {
            sender.write_all(&head_left).await?;
        }
        sender.write_all(body.get(sent..).unwrap_or(&[])).await
    }

    /// Renders on the stack and tries to send at once, so that no head waits in the task.
    fn begin(
        &mut self,
        mut head: ResponseHead,
        body: &[u8],
        mut manner: Manner,
    ) -> Result<(Vec<u8>, usize), SendEnd> {
        manner.complete(&mut head);
        let text = head
            .render()
            .map_err(|_| io::Error::from(io::ErrorKind::InvalidData))?;
        let (head_left, body_left) = self.sender().begin(text.as_bytes(), body)?;
        Ok((head_left, body.len() - body_left.len()))
    }

    async fn send_full_house(&mut self, manner: Manner) -> Result<(), SendEnd> {
        let full = Answer::not_yet(
            2,
            "As many watch as this box can serve. Try again in a moment.\n",
        );
        match full {
            Answer::Own {
                head,
                body: Body::Bytes(body),
            } => self.send_bytes(head, body, manner).await,
            _ => Ok(()),
        }
    }

    /// From the first segment on the connection has a seat and the buffer that goes with it.
    async fn take_seat(&mut self) -> bool {
        if self.seat.is_some() {
            return true;
        }
        let table = &self.shared.table;
        self.seat = Box::pin(self.shared.seats.take(|| table.evict_seat())).await;
        if self.seat.is_none() {
            return false;
        }
        self.place.set_seated();
        let buffer = self.shared.settings.limits.media_send_buffer;
        if let Err(error) = setsockopt(&self.stream, sockopt::SndBuf, &buffer) {
            log::debug!("send buffer of {}: {error}", self.ends.peer);
        }
        true
    }

    pub(super) fn sender(&mut self) -> Sender<'_> {
        Sender {
            stream: &self.stream,
            deadline: &mut self.deadline,
            wait: self.shared.settings.deadlines.write,
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
