//! Comments on channels.
//!
//! A channel has 500 places in the store that are used in turn, so the newest overwrites the oldest and nothing has to be cleaned up.
//! They are written batched: however much is said, the card takes one block for each flush. A power cut loses the comments
//! of at most the last 60 s; numbers are never given out twice, since those of each start of the box begin above all
//! that the one before could have used.

use super::directory::Directory;
use super::tables::{CommentHeadRow, CommentHeads, CommentRow, Comments};
use super::{AccountId, Moment, NameError, People, PeopleError, texts};
use crate::limits::people::{
    COMMENT_EVERY_MS, COMMENT_NUMBERS_A_MINUTE, COMMENTS_AT_ONCE, COMMENTS_BYTES_MAX,
    COMMENTS_KEPT, COMMENTS_READ_MAX,
};
use crate::store::{Batch, StoreError};
use crate::time::Mono;
use serde::Serialize;
use std::collections::HashMap;
use std::sync::{MutexGuard, PoisonError};

/// Bytes that a comment's row takes beside its text, at most.
const ROW_OVERHEAD: usize = 64;

/// Where in a stream something was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Position {
    /// The session's tag.
    pub session: u32,
    /// Since the session began, ms.
    pub ms: u64,
}

/// What somebody says.
#[derive(Clone, Copy, Debug)]
pub struct NewComment<'a> {
    /// Who.
    pub author: AccountId,
    /// Where.
    pub channel: AccountId,
    /// As typed.
    pub text: &'a str,
    /// None while the channel is off air.
    pub position: Option<Position>,
    /// Whether they hold a good pass for the channel's pass-phrase.
    pub has_pass: bool,
}

/// A comment as pages show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// Number, rising on the channel; below 2⁵³, so that a script can hold it.
    pub id: u64,
    /// Channel.
    pub channel: AccountId,
    /// Who said it.
    pub author: AccountId,
    /// Their NAME.
    pub author_name: String,
    /// What they are called now.
    pub author_display_name: String,
    /// Empty once it was removed.
    pub text: String,
    /// When.
    pub at: Moment,
    /// Where in the stream.
    pub position: Option<Position>,
    /// What the one is called who removed it.
    pub removed_by: Option<String>,
}

/// What a removal brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removed {
    /// Channel.
    pub channel: AccountId,
    /// Number of the comment.
    pub id: u64,
    /// What the one is called who removed it.
    pub removed_by: String,
}

/// Why a comment was refused.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CommentError {
    /// Guests and children do not comment.
    #[error("this account can watch but not comment")]
    Role,
    /// Muted here or everywhere.
    #[error("comments are switched off for you here")]
    Muted,
    /// Too fast.
    #[error("one moment, then send again ({} s)", wait_ms.div_ceil(1000))]
    Slow {
        /// How long to wait, ms.
        wait_ms: u64,
    },
    /// The text is none, or too long.
    #[error("comment: {0}")]
    Text(NameError),
    /// No such channel, or none that they may see.
    #[error("no such channel")]
    Unknown,
    /// The store refused.
    #[error("{0}")]
    Store(#[from] StoreError),
}

/// What placing comments needs to know.
#[derive(Debug, Default)]
pub(super) struct Commenting {
    /// Comments that each person may send just now, and since when that is so. Bounded by the number of accounts.
    buckets: HashMap<AccountId, Bucket>,
    /// The start of this box is on the card, so that no other start takes its numbers.
    is_begun: bool,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    left: u32,
    since: Mono,
}

impl Commenting {
    /// Takes one comment's worth, or tells how long to wait, ms.
    fn take(&mut self, who: AccountId, now: Mono) -> Result<(), u64> {
        let full = Bucket {
            left: COMMENTS_AT_ONCE,
            since: now,
        };
        let bucket = self.buckets.entry(who).or_insert(full);
        let passed = now.since(bucket.since);
        let earned = u32::try_from(passed / COMMENT_EVERY_MS).unwrap_or(u32::MAX);
        if bucket.left.saturating_add(earned) >= COMMENTS_AT_ONCE {
            *bucket = full;
        } else {
            bucket.left += earned;
            bucket.since = bucket.since.plus(u64::from(earned) * COMMENT_EVERY_MS);
        }
        match bucket.left.checked_sub(1) {
            Some(left) => {
                bucket.left = left;
                Ok(())
            }
            None => Err(COMMENT_EVERY_MS - now.since(bucket.since)),
        }
    }

    pub(super) fn forget(&mut self, who: AccountId) {
        self.buckets.remove(&who);
    }
}

impl People {
    /// Places a comment and returns it, for those who watch. Batched: a power cut may lose those of the last 60 s.
    pub fn comment(&self, new: NewComment<'_>, now: Mono) -> Result<Comment, CommentError> {
        self.powered.note(now);
        let text = texts::comment(new.text).map_err(CommentError::Text)?;
        let mut commenting = self.commenting();
        self.may_comment(&new)?;
        let wait = commenting.take(new.author, now);
        wait.map_err(|wait_ms| CommentError::Slow { wait_ms })?;
        if !commenting.is_begun {
            self.store.flush()?;
            commenting.is_begun = true;
        }
        self.make_room(text.len())?;
        let mut head = self.comment_head(new.channel);
        let row = CommentRow {
            id: head.next.max(self.first_number()),
            author: new.author,
            text,
            at: self.stamp(now),
            position: new.position.map(|p| (p.session, p.ms)),
            removed_by: None,
        };
        let overwritten = match head.count >= COMMENTS_KEPT {
            true => self.comment_bytes(new.channel, head.place)?,
            false => 0,
        };
        let place = head.place;
        head.next = row.id + 1;
        head.place = (place + 1) % COMMENTS_KEPT;
        head.count = (head.count + 1).min(COMMENTS_KEPT);
        let bytes = head.bytes.saturating_sub(overwritten);
        head.bytes = bytes.saturating_add(bytes_of(&row));
        let mut batch = Batch::new();
        batch.put::<Comments>(&(new.channel, place), &row);
        self.put_comment_head(new.channel, head, batch)?;
        let directory = self.directory();
        directory
            .comment(new.channel, row)
            .ok_or(CommentError::Unknown)
    }

    fn may_comment(&self, new: &NewComment<'_>) -> Result<(), CommentError> {
        let author = self.account(new.author).ok_or(CommentError::Role)?;
        let directory = self.directory();
        let sees = directory
            .may_see(Some(&author), new.channel)
            .is_open(new.has_pass);
        if !sees || directory.channel(new.channel).is_none() {
            return Err(CommentError::Unknown);
        }
        drop(directory);
        if !author.role.may_comment() {
            return Err(CommentError::Role);
        }
        match self.is_muted(new.channel, new.author) {
            true => Err(CommentError::Muted),
            false => Ok(()),
        }
    }

    /// The newest comments of a channel, or those before number `before`, oldest first; at most `most` and at most 50. Who
    /// may see them is for [`People::may_see`]. Reads the card.
    pub fn comments(
        &self,
        channel: AccountId,
        before: Option<u64>,
        most: usize,
    ) -> Result<Vec<Comment>, StoreError> {
        let (before, most) = (before.unwrap_or(u64::MAX), most.min(COMMENTS_READ_MAX));
        let rows = self
            .comment_rows(channel)
            .filter(|(_, row)| row.id < before);
        let directory = || self.directory();
        let comments = rows.filter_map(|(_, row)| directory().comment(channel, row));
        let mut comments: Vec<Comment> = comments.take(most).collect();
        comments.reverse();
        Ok(comments)
    }

    /// Comments of a channel after number `after`, oldest first, at most 50: what somebody missed. Reads the card.
    pub fn comments_after(
        &self,
        channel: AccountId,
        after: u64,
    ) -> Result<Vec<Comment>, StoreError> {
        let newest = self.comments(channel, None, COMMENTS_READ_MAX)?;
        Ok(newest.into_iter().filter(|c| c.id > after).collect())
    }

    /// Removes a comment's text for good; for its author, the channel's owner and owners of the house. That there was one, and
    /// who removed it, stays. Batched.
    pub fn remove_comment(
        &self,
        by: AccountId,
        channel: AccountId,
        id: u64,
        now: Mono,
    ) -> Result<Removed, PeopleError> {
        self.powered.note(now);
        let _turn = self.commenting();
        let mut rows = self.comment_rows(channel);
        let found = rows.find(|(_, row)| row.id == id && row.removed_by.is_none());
        let (place, row) = found.ok_or(PeopleError::Unknown("comment"))?;
        let remover = self.account(by).ok_or(PeopleError::NotAllowed)?;
        if row.author != by {
            self.must_be_or_run(by, channel)?;
        }
        self.blank_comments(
            channel,
            vec![(
                place,
                CommentRow {
                    removed_by: Some(by),
                    ..row
                },
            )],
        )?;
        let removed_by = remover.display_name;
        Ok(Removed {
            channel,
            id,
            removed_by,
        })
    }

    /// Writes rows without their text, under the lock.
    pub(super) fn blank_comments(
        &self,
        channel: AccountId,
        rows: Vec<(u16, CommentRow)>,
    ) -> Result<(), StoreError> {
        let mut head = self.comment_head(channel);
        let mut batch = Batch::new();
        for (place, row) in rows {
            let before = bytes_of(&row);
            let row = CommentRow {
                text: String::new(),
                ..row
            };
            let freed = before.saturating_sub(bytes_of(&row));
            head.bytes = head.bytes.saturating_sub(freed);
            batch.put::<Comments>(&(channel, place), &row);
        }
        self.put_comment_head(channel, head, batch)
    }

    /// A channel's rows with their places, newest first, read one by one; damaged ones are left out.
    pub(super) fn comment_rows(
        &self,
        channel: AccountId,
    ) -> impl Iterator<Item = (u16, CommentRow)> + '_ {
        let head = self.comment_head(channel);
        let places = (1..=head.count).map(move |back| place_before(head.place, back));
        places.filter_map(move |place| {
            let row = self.store.get::<Comments>(&(channel, place));
            let row = row.unwrap_or_else(|error| {
                log::warn!("a comment can't be shown: {error}");
                None
            });
            row.map(|row| (place, row))
        })
    }

    /// Number of the first comment of this start of the box: above all that any start before could have given.
    fn first_number(&self) -> u64 {
        u64::from(self.powered.boot()).saturating_mul(COMMENT_NUMBERS_A_MINUTE) + 1
    }

    pub(super) fn comment_head(&self, channel: AccountId) -> CommentHeadRow {
        let head = self.directory().comments.get(&channel).copied();
        // A damaged row must not lead outside the places.
        let fits =
            |head: &CommentHeadRow| head.place < COMMENTS_KEPT && head.count <= COMMENTS_KEPT;
        head.filter(fits).unwrap_or_default()
    }

    fn put_comment_head(
        &self,
        channel: AccountId,
        head: CommentHeadRow,
        mut batch: Batch,
    ) -> Result<(), StoreError> {
        batch.put::<CommentHeads>(&channel, &head);
        self.store.commit(batch)?;
        self.show(|directory| {
            directory.comments.insert(channel, head);
        });
        Ok(())
    }

    fn comment_bytes(&self, channel: AccountId, place: u16) -> Result<u32, StoreError> {
        let row = self.store.get::<Comments>(&(channel, place));
        Ok(row.unwrap_or_default().map_or(0, |row| bytes_of(&row)))
    }

    /// Lets the oldest comments of the channel with the most bytes go until `more` bytes of text fit.
    fn make_room(&self, more: usize) -> Result<(), StoreError> {
        let more = (more + ROW_OVERHEAD) as u64;
        loop {
            let directory = self.directory();
            let heads = directory.comments.iter();
            let taken: u64 = heads.clone().map(|(_, head)| u64::from(head.bytes)).sum();
            let fattest = heads
                .filter(|(_, head)| head.count > 0)
                .max_by_key(|(_, head)| head.bytes);
            let fattest = fattest.map(|(id, _)| *id);
            drop(directory);
            let Some(channel) = fattest.filter(|_| taken + more > COMMENTS_BYTES_MAX) else {
                return Ok(());
            };
            let mut head = self.comment_head(channel);
            let oldest = place_before(head.place, head.count);
            let freed = self.comment_bytes(channel, oldest)?;
            head.count = head.count.saturating_sub(1);
            head.bytes = match head.count {
                0 => 0,
                _ => head.bytes.saturating_sub(freed),
            };
            let mut batch = Batch::new();
            batch.remove::<Comments>(&(channel, oldest));
            self.put_comment_head(channel, head, batch)?;
        }
    }

    pub(super) fn commenting(&self) -> MutexGuard<'_, Commenting> {
        self.commenting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Directory {
    /// None if its author is gone.
    pub(super) fn comment(&self, channel: AccountId, row: CommentRow) -> Option<Comment> {
        let author = self.accounts.get(&row.author)?;
        let called = |id: AccountId| match self.accounts.get(&id) {
            Some(row) => row.display_name.clone(),
            None => String::new(),
        };
        Some(Comment {
            id: row.id,
            channel,
            author: row.author,
            author_name: author.name.clone(),
            author_display_name: author.display_name.clone(),
            text: row.text,
            at: self.moment(row.at),
            position: row.position.map(|(session, ms)| Position { session, ms }),
            removed_by: row.removed_by.map(called),
        })
    }
}

fn place_before(place: u16, back: u16) -> u16 {
    (place + COMMENTS_KEPT - back) % COMMENTS_KEPT
}

fn bytes_of(row: &CommentRow) -> u32 {
    u32::try_from(row.text.len() + ROW_OVERHEAD).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_at_once_and_then_one_each_two_seconds() {
        let mut commenting = Commenting::default();
        let mut take = |ms| commenting.take(AccountId(1), Mono(ms));
        assert_eq!([take(0), take(1), take(2)], [Ok(()); 3]);
        assert_eq!(take(500), Err(1500));
        assert_eq!(take(2000), Ok(()));
        assert_eq!(take(2001), Err(1999));
        assert_eq!([take(9000), take(9000), take(9000)], [Ok(()); 3]);
        assert!(take(9000).is_err());
        assert_eq!(commenting.take(AccountId(2), Mono(9000)), Ok(()));
    }

    #[test]
    fn a_minute_of_everybody_talking_has_numbers_enough() {
        let people = crate::limits::people::ACCOUNTS_MAX as u64;
        let each = u64::from(COMMENTS_AT_ONCE) + 60_000 / COMMENT_EVERY_MS + 1;
        assert!(people * each <= COMMENT_NUMBERS_A_MINUTE);
        let last = u64::from(u32::MAX) * COMMENT_NUMBERS_A_MINUTE;
        assert!(last < 1 << 53);
    }
}
