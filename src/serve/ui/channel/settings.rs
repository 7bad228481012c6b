//! What a channel says of itself, who may watch it, and its picture.

use super::problems::{of_people, of_picture};
use super::{follow, moderation, told};
use crate::limits::people::{DESCRIPTION_MAX, TITLE_MAX};
use crate::people::{
    Account, ChannelChange, ChannelProfile, PictureHash, PictureOf, Viewers, Visibility,
};
use crate::serve::ui::api::{Channel, write_for};
use crate::serve::ui::frame::{Face, Frame};
use crate::serve::ui::icons;
use crate::serve::ui::json::Json;
use crate::serve::ui::pages::{message, page};
use crate::serve::ui::problem::Problem;
use crate::serve::ui::reply::Reply;
use crate::serve::ui::routes::Visit;
use crate::serve::ui::words::channels::Words;
use crate::serve::ui::words::fill;
use askama::Template;

/// What parts tags where they are typed into one field.
const BETWEEN_TAGS: [char; 6] = [',', '，', '、', ';', '；', '\n'];

/// A person as these lists show them.
#[derive(Clone, Debug)]
struct Listed {
    name: String,
    display_name: String,
    face: Face,
    unmute: String,
}

#[derive(Template)]
#[template(path = "channel.html")]
struct Page {
    f: Frame,
    s: &'static Words,
    name: String,
    title: String,
    description: String,
    tags: String,
    /// `household`, `members` or `phrase`.
    visibility: String,
    has_phrase: bool,
    picture: String,
    followers: Vec<Listed>,
    muted: Vec<Listed>,
    done: bool,
    problem: Problem,
}

impl Page {
    /// Who may watch: value, name, explanation.
    fn choices(&self) -> [(&'static str, &'static str, &'static str); 3] {
        let s = self.s;
        [
            ("household", s.household, s.household_more),
            ("members", s.members, s.members_more),
            ("phrase", s.by_phrase, s.by_phrase_more),
        ]
    }

    /// What is wrong with a field; empty if nothing.
    fn error(&self, field: &str) -> &str {
        match self.problem.field == field {
            true => &self.problem.text,
            false => "",
        }
    }
}

/// As the API and the form name it.
pub(in crate::serve::ui) fn word(visibility: Visibility) -> &'static str {
    match visibility {
        Visibility::Household => "household",
        Visibility::Members => "members",
        Visibility::PassPhrase => "phrase",
    }
}

/// The address of a channel's picture; empty if it has none.
pub(in crate::serve::ui) fn picture_address(channel: &ChannelProfile) -> String {
    let name = &channel.account.name;
    let address = |hash| format!("/pictures/channels/{name}/{hash}");
    channel.picture.map(address).unwrap_or_default()
}

/// Changes the channel of `whose` by what the request says; what it does not say stays.
fn set(visit: &Visit<'_>, whose: &Account, tags: Option<Vec<&str>>) -> Result<(), Problem> {
    let (me, people, form) = (visit.me()?.id, &visit.house.people, &visit.request.form);
    let said = |field| form.has(field).then(|| form.get(field));
    let failed = |error| of_people(visit, &error);
    let before = people.channel(whose.id);
    let before = before.ok_or_else(|| Problem::forbidden(visit.words()))?;
    let visibility = said("visibility").unwrap_or(word(before.visibility));
    let phrase = said("phrase").filter(|phrase| !phrase.is_empty());
    let viewers = match (visibility, phrase) {
        ("phrase", Some(phrase)) => Some(Viewers::PassPhrase(phrase)),
        (same, _) if same == word(before.visibility) => None,
        ("phrase", None) => {
            let needed = Problem::new(422, "invalid", visit.say().phrase_needed);
            return Err(needed.at("phrase"));
        }
        ("members", _) => Some(Viewers::Members),
        ("household", _) => Some(Viewers::Household),
        _ => {
            let unknown = Problem::new(422, "invalid", visit.words().not_saved);
            return Err(unknown.at("visibility"));
        }
    };
    let change = ChannelChange {
        title: said("title"),
        description: said("description"),
        tags: tags.as_deref(),
        viewers,
    };
    people.set_channel(me, whose.id, change).map_err(failed)?;
    let by_phrase = matches!(viewers, Some(Viewers::PassPhrase(_)));
    if let Some(now) = people.channel(whose.id) {
        told::changed(visit, &now, before.visibility, by_phrase);
    }
    Ok(())
}

/// GET /settings/channel
pub(in crate::serve::ui) fn show(visit: &Visit<'_>) -> Reply {
    let shown = form_of(visit).map(|form| Page {
        done: visit.request.query.has("done"),
        ..form
    });
    answer(visit, 200, shown)
}

/// POST /settings/channel
pub(super) fn form(visit: &Visit<'_>) -> Reply {
    let tags = visit.field("tags").split(BETWEEN_TAGS).collect();
    let done = visit.me().and_then(|me| set(visit, me, Some(tags)));
    let Err(problem) = done else {
        return Reply::to("/settings/channel?done");
    };
    let again = form_of(visit).map(|form| Page {
        title: visit.field("title").to_owned(),
        description: visit.field("description").to_owned(),
        tags: visit.field("tags").to_owned(),
        visibility: visit.field("visibility").to_owned(),
        problem: problem.clone(),
        ..form
    });
    answer(visit, problem.status, again)
}

/// POST /settings/channel/picture: takes it away; a new one comes by the script.
pub(super) fn picture_form(visit: &Visit<'_>) -> Reply {
    let removed = visit.me().and_then(|me| set_picture(visit, me, None));
    match removed {
        Ok(()) => Reply::to("/settings/channel?done"),
        Err(problem) => message::problem(visit, &problem),
    }
}

fn answer(visit: &Visit<'_>, status: u16, shown: Result<Page, Problem>) -> Reply {
    match shown {
        Ok(shown) => page(status, &shown),
        Err(problem) => message::problem(visit, &problem),
    }
}

fn form_of(visit: &Visit<'_>) -> Result<Page, Problem> {
    let (me, people) = (visit.me()?, &visit.house.people);
    let channel = people.channel(me.id);
    let channel = channel.ok_or_else(|| Problem::forbidden(visit.words()))?;
    let description = people.description(me.id);
    let listed = |who: Account| Listed {
        unmute: fill(visit.say().unmute, &[("name", &who.display_name)]),
        face: Face::of(&who),
        name: who.name,
        display_name: who.display_name,
    };
    let followers = follow::of(visit, me)?.into_iter().map(listed).collect();
    let muted = moderation::muted(visit, me)?.into_iter().map(listed);
    Ok(Page {
        f: visit.frame("settings"),
        s: visit.say(),
        name: me.name.clone(),
        picture: picture_address(&channel),
        tags: channel.tags.join(", "),
        visibility: word(channel.visibility).to_owned(),
        has_phrase: channel.visibility == Visibility::PassPhrase,
        title: channel.title,
        description: description.map_err(|error| of_people(visit, &error))?,
        followers,
        muted: muted.collect(),
        done: false,
        problem: Problem::new(200, "", ""),
    })
}

/// PUT /api/v1/channels/NAME with any of `title`, `description`, `tags` (a list), `visibility` (`household`, `members` or `phrase`), `phrase`
/// (a new pass-phrase). Answers the channel. For whose it is, and owners of the house.
pub(super) fn put(visit: &Visit<'_>) -> Result<Reply, Problem> {
    let whose = visit.channel()?.account;
    let tags = visit.request.form.has("tags");
    let tags = tags.then(|| visit.request.form.all("tags").collect());
    set(visit, &whose, tags)?;
    let channel = Channel {
        profile: visit.channel()?,
        view: visit.house.channels.view(&whose.name),
    };
    let body = Json::object(|json| write_for(json, visit, &channel));
    Ok(Reply::json(200, body))
}

fn set_picture(visit: &Visit<'_>, whose: &Account, bytes: Option<&[u8]>) -> Result<(), Problem> {
    let (me, people, of) = (
        visit.me()?.id,
        &visit.house.people,
        PictureOf::Channel(whose.id),
    );
    let done = match bytes {
        Some(bytes) => people.set_picture(me, of, bytes).map(|_| ()),
        None => people.remove_picture(me, of),
    };
    done.map_err(|error| of_picture(visit, &error))?;
    if let Some(now) = people.channel(whose.id) {
        told::changed(visit, &now, now.visibility, false);
    }
    Ok(())
}

/// PUT /api/v1/channels/NAME/picture: the bytes of a JPEG, PNG or WebP picture, at most 48 KiB and 1024 pixels. Answers `picture`, its
/// address. For whose channel it is, and owners of the house.
pub(super) fn put_picture(visit: &Visit<'_>) -> Result<Reply, Problem> {
    let whose = visit.channel()?.account;
    set_picture(visit, &whose, Some(&visit.request.upload))?;
    let address = picture_address(&visit.channel()?);
    let body = Json::object(|json| json.text("picture", &address));
    Ok(Reply::json(200, body))
}

/// DELETE /api/v1/channels/NAME/picture
pub(super) fn delete_picture(visit: &Visit<'_>) -> Result<Reply, Problem> {
    set_picture(visit, &visit.channel()?.account, None)?;
    Ok(Reply::json(
        200,
        Json::object(|json| json.text("picture", "")),
    ))
}

/// GET /pictures/channels/NAME/HASH
pub(super) fn picture(visit: &Visit<'_>) -> Reply {
    let hash = PictureHash::parse(visit.places.get("hash"));
    let (Ok(channel), Some(hash)) = (visit.channel(), hash) else {
        return message::not_found(visit);
    };
    let of = PictureOf::Channel(channel.account.id);
    match visit.house.people.picture(of, hash) {
        Ok(Some((info, bytes))) => Reply::picture(info.kind.media_type(), bytes),
        _ => message::not_found(visit),
    }
}
