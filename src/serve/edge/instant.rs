//! The instant stream: a response without end. It begins at the newest keyframe and brings each
//! fragment the moment that it is written.
//!
//! It ends behind the last fragment before a discontinuity or other tracks, because nobody could
//! say either in the middle of a file, and for a viewer who falls too far behind. The player then
//! asks again. It also ends for a viewer who may not watch any more, within two seconds.

use super::Channel;
use super::access;
use super::answer::{Answer, NEVER};
use super::connection::{Connection, Next, full_house};
use super::playlists::{NOT_YET, OFF_AIR};
use super::reader;
use super::route::{MP4, Manner};
use super::sender::SendEnd;
use crate::limits::http::{
    INSTANT_BEHIND_TICKS, INSTANT_CONGESTION_CONTROL, INSTANT_LOOK_MS, INSTANT_SEND_BUFFER,
};
use crate::media::cursor::{Cursor, Next as Media};
use crate::media::rendition::FragmentRef;
use crate::time::Mono;
use crate::wire::http::ResponseHead;
use nix::sys::socket::{setsockopt, sockopt};
use std::ffi::OsString;
use std::io;
use std::sync::Arc;

/// Its name in a channel's folder.
pub(super) const FILE: &str = "stream.mp4";

/// Who wants to see what.
pub(super) struct Follow {
    /// The session.
    pub(super) channel: Arc<dyn Channel>,
    /// Whose channel it is.
    pub(super) name: Box<str>,
    /// By what they may watch it.
    pub(super) token: Option<Box<str>>,
    /// For the count.
    pub(super) viewer: u64,
}

/// Answers with the stream, to its end.
pub(super) async fn send(
    connection: &mut Connection,
    follow: &Follow,
    manner: Manner,
) -> Result<Next, SendEnd> {
    let Some(mut cursor) = follow.channel.cursor() else {
        return connection.send(Answer::not_found(OFF_AIR), manner).await;
    };
    let first = match first(connection, follow, &mut cursor).await? {
        Ok(first) => first,
        Err(refusal) => return connection.send(refusal, manner).await,
    };
    if !manner.head_only && !connection.take_seat(INSTANT_SEND_BUFFER).await {
        drop(first);
        return connection.send(full_house(), manner).await;
    }
    let head_only = manner.head_only;
    pace(connection);
    begin(connection, &first, cursor.epoch_unix_ms(), manner).await?;
    if !head_only {
        push(connection, follow, &mut cursor, first).await?;
    }
    Ok(Next::Close)
}

/// Asks for a congestion control that takes no single loss for a full path: over a weak radio, one
/// that does brings the picture later. Who may not choose keeps the system's.
fn pace(connection: &Connection) {
    let control = OsString::from(INSTANT_CONGESTION_CONTROL);
    if let Err(error) = setsockopt(&connection.stream, sockopt::TcpCongestion, &control) {
        log::debug!("congestion control of an instant stream: {error}");
    }
}

/// The fragment to begin with, or why there is none.
async fn first(
    connection: &Connection,
    follow: &Follow,
    cursor: &mut Cursor,
) -> Result<Result<FragmentRef, Answer>, SendEnd> {
    let not_yet = || Ok(Err(Answer::not_yet(1, NOT_YET)));
    let next = match cursor.advance(INSTANT_BEHIND_TICKS) {
        Media::Nothing => {
            let Some(_waiter) = connection.shared.playlists.waiter() else {
                return not_yet();
            };
            let most = connection.shared.settings.deadlines.first_playlist;
            match tokio::time::timeout(most, next(connection, follow, cursor)).await {
                Ok(next) => next?,
                Err(_) => return not_yet(),
            }
        }
        next => next,
    };
    Ok(match next {
        Media::Fragment(fragment) => Ok(fragment),
        _ => Err(Answer::not_found(OFF_AIR)),
    })
}

/// The head and what decodes the rest.
async fn begin(
    connection: &mut Connection,
    first: &FragmentRef,
    epoch: i64,
    mut manner: Manner,
) -> Result<(), SendEnd> {
    let mut head = ResponseHead {
        status: 200,
        content_type: Some(MP4),
        cache_control: Some(NEVER),
        ..ResponseHead::default()
    };
    manner.close = true;
    manner.complete(&mut head);
    let text = head
        .render_with(&first.tracks.codecs(), Some(epoch))
        .map_err(|_| io::Error::from(io::ErrorKind::InvalidData))?;
    let init: &[u8] = match manner.head_only {
        true => &[],
        false => &first.init.bytes,
    };
    let mut sender = connection.sender().holding(&*first.file);
    sender.send(text.as_bytes(), init).await
}

/// Fragment after fragment until one does not follow.
async fn push(
    connection: &mut Connection,
    follow: &Follow,
    cursor: &mut Cursor,
    first: FragmentRef,
) -> Result<(), SendEnd> {
    let mut fragment = first;
    let mut looked = Mono::default();
    loop {
        if !may_go_on(connection, follow, &mut looked) {
            return Ok(());
        }
        let FragmentRef {
            file, offset, len, ..
        } = fragment;
        let mut sender = connection.sender();
        sender.send_file(&*file, offset, len).await?;
        // What is read no more must not be held while waiting.
        drop(file);
        fragment = match next(connection, follow, cursor).await? {
            Media::Fragment(fragment) => fragment,
            _ => return Ok(()),
        };
    }
}

/// Whether the viewer may still watch, asked and counted anew after each interval.
fn may_go_on(connection: &Connection, follow: &Follow, looked: &mut Mono) -> bool {
    let live = &*connection.shared.live;
    let now = live.now();
    if now.since(*looked) < INSTANT_LOOK_MS {
        return true;
    }
    *looked = now;
    let admitted = access::admits(live, &follow.name, follow.token.as_deref());
    if admitted {
        follow.channel.viewer_seen(follow.viewer, now);
    }
    admitted
}

/// What comes next, as soon as it does; given up if the peer leaves.
async fn next(
    connection: &Connection,
    follow: &Follow,
    cursor: &mut Cursor,
) -> Result<Media, SendEnd> {
    loop {
        let mut changed = std::pin::pin!(follow.channel.changed().notified());
        // Registered before the look, or a change between look and wait would be missed.
        changed.as_mut().enable();
        match cursor.advance(INSTANT_BEHIND_TICKS) {
            Media::Nothing if connection.shared.table.is_closing() => return Ok(Media::Over),
            Media::Nothing => {}
            next => return Ok(next),
        }
        tokio::select! {
            () = changed => {}
            () = reader::hung_up(&connection.stream) => {
                return Err(SendEnd::Io(io::ErrorKind::ConnectionAborted.into()));
            }
        }
    }
}
