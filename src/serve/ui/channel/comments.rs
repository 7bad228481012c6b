//! Comments: said, shown, removed.

use super::problems::{of_comment, of_people, why_not};
use super::told::event;
use super::when;
use crate::limits::people::COMMENTS_READ_MAX;
use crate::limits::ui::{
    COMMENT_BEHIND_MAX_MS, COMMENTS_ANSWER_BYTES, COMMENTS_PAGE_BYTES, COMMENTS_SHOWN,
};
use crate::people::{ChannelProfile, Comment, NewComment, Position, Role};
use crate::serve::events::Audience;
use crate::serve::station::{ChannelView, Phase};
use crate::serve::ui::frame::{Face, lang_of};
use crate::serve::ui::json::Json;
use crate::serve::ui::pages::{message, watch};
use crate::serve::ui::problem::Problem;
use crate::serve::ui::reply::Reply;
use crate::serve::ui::routes::Visit;
use crate::serve::ui::words::fill;

/// What a comment takes beside its texts, in a page or an answer, bytes.
const ENTRY_BYTES: usize = 1000;

/// A comment as pages and answers show it.
#[derive(Clone, Debug, Default)]
pub(in crate::serve::ui) struct Shown {
    pub(in crate::serve::ui) id: u64,
    /// NAME of who said it.
    pub(in crate::serve::ui) author: String,
    pub(in crate::serve::ui) display_name: String,
    pub(in crate::serve::ui) face: Face,
    /// It is their channel.
    pub(in crate::serve::ui) is_host: bool,
    /// They run the house, so that nobody mutes them.
    pub(in crate::serve::ui) is_owner: bool,
    pub(in crate::serve::ui) text: String,
    pub(in crate::serve::ui) lang: &'static str,
    /// The stream's time, or the clock's, or the day.
    pub(in crate::serve::ui) when: String,
    /// "Removed by Anna"; empty for what is still there.
    pub(in crate::serve::ui) removed: String,
    pub(in crate::serve::ui) may_remove: bool,
    pub(in crate::serve::ui) may_mute: bool,
    stream_ms: Option<u64>,
    unix_ms: Option<i64>,
}

impl Shown {
    /// A sentence about who said it.
    pub(in crate::serve::ui) fn words(&self, sentence: &str) -> String {
        fill(sentence, &[("name", &self.display_name)])
    }
}

/// Comments of a channel for a page, oldest first.
#[derive(Clone, Debug, Default)]
pub(in crate::serve::ui) struct Talk {
    pub(in crate::serve::ui) comments: Vec<Shown>,
    /// There are earlier ones, before this number.
    pub(in crate::serve::ui) before: Option<u64>,
    /// Why this visitor has no field; empty if they have one.
    pub(in crate::serve::ui) why_not: &'static str,
    /// They may remove all comments and mute people.
    pub(in crate::serve::ui) moderates: bool,
    /// What was typed and could not be sent, and why.
    pub(in crate::serve::ui) typed: String,
    pub(in crate::serve::ui) problem: String,
    /// What the page's script makes new ones from.
    pub(in crate::serve::ui) blank: Shown,
}

/// The newest comments, or those before `?before=`.
pub(in crate::serve::ui) fn talk(visit: &Visit<'_>, channel: &ChannelProfile) -> Talk {
    let before = visit.request.query.get("before").parse().ok();
    let read = read(visit, channel, before, COMMENTS_SHOWN, COMMENTS_PAGE_BYTES);
    let (comments, before) = read.unwrap_or_else(|problem| {
        log::warn!("comments can't be shown: {}", problem.text);
        Default::default()
    });
    Talk {
        comments,
        before,
        why_not: why_not_here(visit, channel),
        moderates: moderates(visit, channel),
        blank: Shown {
            may_remove: true,
            may_mute: true,
            is_host: true,
            ..Shown::default()
        },
        ..Talk::default()
    }
}

/// Why this visitor has no field for comments on this channel; empty if they have one.
fn why_not_here(visit: &Visit<'_>, channel: &ChannelProfile) -> &'static str {
    let is_muted = |me| visit.house.people.is_muted(channel.account.id, me);
    match visit.account() {
        Some(me) if me.role.may_comment() && is_muted(me.id) => visit.say().comment_muted,
        me => why_not(visit, me.map(|me| me.role)),
    }
}

fn moderates(visit: &Visit<'_>, channel: &ChannelProfile) -> bool {
    let me = visit.account();
    me.is_some_and(|me| me.id == channel.account.id || me.role.runs_the_house())
}

/// Oldest first, with the number before which there are more; fewer than `most` where they are long.
fn read(
    visit: &Visit<'_>,
    channel: &ChannelProfile,
    before: Option<u64>,
    most: usize,
    bytes: usize,
) -> Result<(Vec<Shown>, Option<u64>), Problem> {
    let people = &visit.house.people;
    let failed = |_| Problem::new(500, "failed", visit.words().card_failed);
    let id = channel.account.id;
    let comments = people.comments(id, before, most).map_err(failed)?;
    let view = visit.house.channels.view(&channel.account.name);
    let mut left = bytes;
    let mut kept: Vec<Shown> = Vec::new();
    for comment in comments.into_iter().rev() {
        let shown = show(visit, channel, view.as_ref(), comment);
        // The longest that a character becomes: `\u003c`.
        let takes = ENTRY_BYTES + 6 * shown.text.chars().count().max(shown.text.len() / 3);
        if takes > left && !kept.is_empty() {
            break;
        }
        left = left.saturating_sub(takes);
        kept.push(shown);
    }
    kept.reverse();
    let first = kept.first().map(|comment| comment.id);
    let earlier = first.map(|first| people.comments(id, Some(first), 1).map_err(failed));
    let more = earlier
        .transpose()?
        .is_some_and(|earlier| !earlier.is_empty());
    Ok((kept, first.filter(|_| more)))
}

fn show(
    visit: &Visit<'_>,
    channel: &ChannelProfile,
    view: Option<&ChannelView>,
    comment: Comment,
) -> Shown {
    let (me, moderates) = (visit.account().map(|me| me.id), moderates(visit, channel));
    let author = visit.house.people.account(comment.author);
    let is_owner = author.as_ref().is_some_and(|a| a.role == Role::Owner);
    let of_session = |p: &Position| view.is_some_and(|view| tag(view) == p.session);
    let stream_ms = comment.position.filter(of_session).map(|p| p.ms);
    let removed = match comment.removed_by.as_deref() {
        None => String::new(),
        Some("") => visit.say().removed.to_owned(),
        Some(name) => fill(visit.say().removed_by, &[("name", name)]),
    };
    let is_host = comment.author == channel.account.id;
    Shown {
        id: comment.id,
        face: author.as_ref().map(Face::of).unwrap_or_default(),
        is_host,
        is_owner,
        lang: lang_of(&comment.text),
        when: stream_ms.map_or_else(|| when::briefly(visit, comment.at), clock),
        may_remove: removed.is_empty() && (moderates || me == Some(comment.author)),
        may_mute: moderates && !is_host && !is_owner && me != Some(comment.author),
        author: comment.author_name,
        display_name: comment.author_display_name,
        text: comment.text,
        removed,
        stream_ms,
        unix_ms: comment.at.unix_ms,
    }
}

/// "12:40", "1:02:07".
fn clock(ms: u64) -> String {
    let seconds = ms / 1000;
    let (h, m, s) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match h {
        0 => format!("{m}:{s:02}"),
        h => format!("{h}:{m:02}:{s:02}"),
    }
}

/// Tells the sessions of a channel apart: by when they began.
fn tag(view: &ChannelView) -> u32 {
    u32::try_from(view.since.0 & u64::from(u32::MAX)).unwrap_or(0)
}

/// Says `text` on the channel in the path, at what its writer sees: `behind_ms` behind what is live.
fn say(visit: &Visit<'_>) -> Result<Shown, Problem> {
    let author = visit.me()?.id;
    let channel = visit.channel()?;
    let view = visit.house.channels.view(&channel.account.name);
    let behind: u64 = visit.field("behind_ms").parse().unwrap_or(0);
    let running = view.as_ref().filter(|view| view.phase != Phase::Ended);
    let position = running.map(|view| Position {
        session: tag(view),
        ms: visit
            .now
            .since(view.since)
            .saturating_sub(behind.min(COMMENT_BEHIND_MAX_MS)),
    });
    let new = NewComment {
        author,
        channel: channel.account.id,
        text: visit.field("text"),
        position,
        has_pass: true, // `visit.channel()` has asked.
    };
    let placed = visit.house.people.comment(new, visit.now);
    let placed = placed.map_err(|error| of_comment(visit, &error))?;
    let shown = show(visit, &channel, view.as_ref(), placed);
    let name = &channel.account.name;
    let data = Json::object(|json| {
        json.text("channel", name);
        write(json, &shown);
    });
    let audience = Audience::Watching(name.clone());
    visit
        .house
        .channels
        .publish(event("comment", data, audience));
    Ok(shown)
}

fn write(json: &mut Json, comment: &Shown) {
    json.number("id", i64::try_from(comment.id).unwrap_or(i64::MAX));
    json.text("author", &comment.author);
    json.text("display_name", &comment.display_name);
    json.text("letter", &comment.face.letter);
    json.number("hue", comment.face.hue);
    json.text("picture", &comment.face.picture);
    json.flag("host", comment.is_host);
    json.flag("owner", comment.is_owner);
    json.text("text", &comment.text);
    json.text("lang", comment.lang);
    json.text("when", &comment.when);
    if let Some(ms) = comment.stream_ms {
        json.number("stream_ms", i64::try_from(ms).unwrap_or(i64::MAX));
    }
    if let Some(ms) = comment.unix_ms {
        json.number("unix_ms", ms);
    }
    json.text("removed", &comment.removed);
}

/// Removes a comment of the channel in the path, and tells whoever watches.
pub(super) fn remove(visit: &Visit<'_>, id: u64) -> Result<(), Problem> {
    let me = visit.me()?.id;
    let channel = visit.channel()?;
    let people = &visit.house.people;
    let removed = people.remove_comment(me, channel.account.id, id, visit.now);
    let removed = removed.map_err(|error| of_people(visit, &error))?;
    let name = &channel.account.name;
    let data = Json::object(|json| {
        json.text("channel", name);
        json.number("id", i64::try_from(removed.id).unwrap_or(i64::MAX));
        json.text("removed_by", &removed.removed_by);
    });
    let audience = Audience::Watching(name.clone());
    let gone = event("comment-gone", data, audience);
    visit.house.channels.publish(gone);
    Ok(())
}

/// POST /@NAME/comments with `text`.
pub(super) fn form(visit: &Visit<'_>) -> Reply {
    match say(visit) {
        Ok(_) => Reply::to(&format!("/@{}#say", visit.name())),
        Err(problem) if problem.status == 404 => message::not_found(visit),
        Err(problem) => watch::again(visit, &problem),
    }
}

/// GET /api/v1/channels/NAME/comments with `before` (a comment's number) and `limit` (at most 50): `comments`, oldest first, each with
/// `id`, `author` (NAME), `display_name`, `letter`, `hue`, `picture` (address; empty if there is none), `host` (it is their channel),
/// `owner` (they run the house), `text`, `lang` (of the text, if known), `when` (in words), `stream_ms` (where in the running stream; left
/// out for those of before), `unix_ms` (left out while the date is unknown), `removed` (who removed it, in words; else empty). `before`:
/// the number to ask on with, left out if there are no earlier ones. `why_not`: why who asks may not comment, in words; empty if they may.
/// Fewer than asked come where they are long.
pub(super) fn list(visit: &Visit<'_>) -> Result<Reply, Problem> {
    let channel = visit.channel()?;
    let asked = |name: &str| visit.request.query.get(name);
    let most = asked("limit").parse().unwrap_or(COMMENTS_SHOWN);
    let most = most.clamp(1, COMMENTS_READ_MAX);
    let before = asked("before").parse().ok();
    let (comments, before) = read(visit, &channel, before, most, COMMENTS_ANSWER_BYTES)?;
    let body = Json::object(|json| {
        json.list("comments", &comments, write);
        json.text("why_not", why_not_here(visit, &channel));
        if let Some(before) = before {
            json.number("before", i64::try_from(before).unwrap_or(i64::MAX));
        }
    });
    Ok(Reply::json(200, body))
}

/// POST /api/v1/channels/NAME/comments with `text` (1 to 500 characters) and `behind_ms` (how far behind live its writer watches; 0 if left out).
/// Answers the comment. 429 with `retry_after_s` for who is too fast.
pub(super) fn create(visit: &Visit<'_>) -> Result<Reply, Problem> {
    let shown = say(visit)?;
    Ok(Reply::json(201, Json::object(|json| write(json, &shown))))
}

/// DELETE /api/v1/channels/NAME/comments/ID: for its author, the channel's owner, and owners of the house.
pub(super) fn delete(visit: &Visit<'_>) -> Result<Reply, Problem> {
    remove(visit, visit.id())?;
    Ok(Reply::json(
        200,
        Json::object(|json| json.flag("removed", true)),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_streams_time_reads_as_players_show_it() {
        assert_eq!(clock(0), "0:00");
        assert_eq!(clock(760_999), "12:40");
        assert_eq!(clock(3_727_000), "1:02:07");
    }
}
