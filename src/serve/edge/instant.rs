//! The instant stream: a response without end. It begins at the newest keyframe and brings each
//! fragment the moment that it is written.
//!
//! It ends behind the last fragment before a discontinuity or other tracks, because nobody could
//! say either in the middle of a file, and for a viewer who falls too far behind. The player then
//! asks again.

use super::Channel;
use super::answer::{Answer, NEVER};
use super::connection::{Connection, Next, full_house};
use super::playlists::{NOT_YET, OFF_AIR};
use super::reader;
use super::route::{MP4, Manner};
use super::sender::SendEnd;
use crate::limits::http::{INSTANT_BEHIND_TICKS, INSTANT_SEEN_MS, INSTANT_SEND_BUFFER};
use crate::media::cursor::{Cursor, Next as Media};
use crate::media::rendition::FragmentRef;
use crate::time::Mono;
use crate::wire::http::ResponseHead;
use std::io;
use std::sync::Arc;

/// Its name in a channel's folder.
pub(super) const FILE: &str = "stream.mp4";

/// Who wants to see what.
pub(super) struct Follow {
    /// The session.
    pub(super) channel: Arc<dyn Channel>,
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
        return connection.send(full_house(), manner).await;
    }
    let head_only = manner.head_only;
    begin(connection, &first, manner).await?;
    if !head_only {
        push(connection, follow, &mut cursor, first).await?;
    }
    Ok(Next::Close)
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
        .render_with(&first.tracks.codecs())
        .map_err(|_| io::Error::from(io::ErrorKind::InvalidData))?;
    let init: &[u8] = match manner.head_only {
        true => &[],
        false => &first.init.bytes,
    };
    connection.sender().send(text.as_bytes(), init).await
}

/// Fragment after fragment until one does not follow.
async fn push(
    connection: &mut Connection,
    follow: &Follow,
    cursor: &mut Cursor,
    first: FragmentRef,
) -> Result<(), SendEnd> {
    let mut fragment = first;
    let mut seen = connection.shared.live.now();
    loop {
        let FragmentRef {
            file, offset, len, ..
        } = fragment;
        let mut sender = connection.sender();
        sender.send_file(&*file, offset, len).await?;
        // What is read no more must not be held while waiting.
        drop(file);
        count(connection, follow, &mut seen);
        fragment = match next(connection, follow, cursor).await? {
            Media::Fragment(fragment) => fragment,
            _ => return Ok(()),
        };
    }
}

fn count(connection: &Connection, follow: &Follow, seen: &mut Mono) {
    let now = connection.shared.live.now();
    if now.since(*seen) >= INSTANT_SEEN_MS {
        *seen = now;
        follow.channel.viewer_seen(follow.viewer, now);
    }
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
