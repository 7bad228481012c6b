//! What people do with their own account.

use super::refusals;
use crate::people::{Account, AccountId, ChannelProfile, Deleted, PictureOf, Role};
use crate::serve::downloads::Download;
use crate::serve::ui::channel::told as channel_told;
use crate::serve::ui::frame::Face;
use crate::serve::ui::json::Json;
use crate::serve::ui::problem::Problem;
use crate::serve::ui::reply::Reply;
use crate::serve::ui::routes::Visit;
use crate::serve::ui::words::accounts;
use std::io;
use std::sync::Arc;

/// For an encoder whose person deleted their account.
pub(in crate::serve::ui) const GONE: &str = "This account was deleted.";

/// Changes what a person is called: `name`.
pub(in crate::serve::ui) fn rename(visit: &Visit<'_>) -> Result<(), Problem> {
    let id = visit.me()?.id;
    let renamed = visit.house.people.set_display_name(id, visit.field("name"));
    renamed.map_err(|error| refusals::of(visit, &error))
}

/// Gives a new password (`new`) to who tells the old one (`password`); a token for this screen, which is to stay logged in.
pub(in crate::serve::ui) fn change_password(visit: &Visit<'_>) -> Result<Option<String>, Problem> {
    let (people, id) = (&visit.house.people, visit.me()?.id);
    let (old, new) = (visit.field("password"), visit.field("new"));
    let changed = people.change_password(id, old, new, visit.request.peer, visit.now);
    changed.map_err(|error| {
        let problem = refusals::of(visit, &error);
        // What is amiss with a password as such is said of the new one.
        match problem.code {
            "password" => problem.at("new"),
            _ => problem,
        }
    })?;
    channel_told::signed_out(visit, id);
    Ok(people.start_session(id, visit.now))
}

/// Ends all sessions of who asks.
pub(in crate::serve::ui) fn sign_out_all(visit: &Visit<'_>) -> Result<(), Problem> {
    let id = visit.me()?.id;
    let ended = visit.house.people.sign_out_everywhere(id, id);
    ended.map_err(|error| refusals::of(visit, &error))?;
    channel_told::signed_out(visit, id);
    Ok(())
}

/// Deletes the account of who asks, with the password told again: `password`.
pub(in crate::serve::ui) fn leave(visit: &Visit<'_>) -> Result<(), Problem> {
    let (people, id) = (&visit.house.people, visit.me()?.id);
    let password = visit.field("password");
    let had = people.channel(id);
    let deleted = people.delete_own_account(id, password, visit.request.peer, visit.now);
    let deleted = deleted.map_err(|error| {
        let problem = refusals::of(visit, &error);
        let a = accounts::Words::of(visit.request.language);
        match problem.code {
            "last_owner" => Problem::new(409, "last_owner", a.last_owner),
            _ => problem,
        }
    })?;
    after_deletion(visit, &deleted, had);
    Ok(())
}

/// Ends what somebody who is gone still sends, and takes the channel that they had off everybody's pages.
pub(in crate::serve::ui) fn after_deletion(
    visit: &Visit<'_>,
    deleted: &Deleted,
    had: Option<ChannelProfile>,
) {
    for key in &deleted.keys {
        visit.house.channels.revoke(*key, GONE);
    }
    visit.house.channels.end_stream(&deleted.name, GONE);
    if let Some(had) = had {
        channel_told::gone(visit, &deleted.name, had.visibility);
    }
    log::info!("the account {} is deleted", deleted.name);
}

/// Offers all that is kept about somebody as a file; where it is to be fetched.
pub(in crate::serve::ui) fn offer(visit: &Visit<'_>) -> Result<String, Problem> {
    let (people, id) = (Arc::clone(&visit.house.people), visit.me()?.id);
    let download = Download {
        file_name: "hearth-my-data.json",
        content_type: "application/json",
        write: Box::new(move |out| {
            let export = people.export_of(id).map_err(io::Error::other)?;
            serde_json::to_writer_pretty(out, &export).map_err(io::Error::other)
        }),
    };
    let ticket = visit.house.settings.downloads.offer(download, visit.now);
    let ticket = ticket.ok_or_else(|| Problem::new(500, "failed", visit.words().failed))?;
    Ok(format!("/download/{ticket}"))
}

/// Puts the uploaded picture in the place of `of`'s.
pub(in crate::serve::ui) fn put_picture(
    visit: &Visit<'_>,
    of: PictureOf,
) -> Result<Reply, Problem> {
    let (people, by) = (&visit.house.people, visit.me()?.id);
    let info = people.set_picture(by, of, &visit.request.upload);
    let info = info.map_err(|error| refusals::of_picture(visit, &error))?;
    let body = Json::object(|json| {
        json.text("hash", &info.hash.to_string());
        json.number("width", info.width);
        json.number("height", info.height);
    });
    Ok(Reply::json(200, body))
}

/// Takes `of`'s picture away.
pub(in crate::serve::ui) fn take_picture(visit: &Visit<'_>, of: PictureOf) -> Result<(), Problem> {
    let by = visit.me()?.id;
    let removed = visit.house.people.remove_picture(by, of);
    removed.map_err(|error| refusals::of_picture(visit, &error))
}

/// GET /api/v1/me
pub(in crate::serve::ui) fn show(visit: &Visit<'_>) -> Result<Reply, Problem> {
    let account = visit.me()?;
    let token = visit.session.as_ref().map(|s| s.form_token.as_str());
    let body = Json::object(|json| {
        write_account(json, account);
        json.text("form_token", token.unwrap_or_default());
    });
    Ok(Reply::json(200, body))
}

/// PUT /api/v1/me
pub(in crate::serve::ui) fn set_name(visit: &Visit<'_>) -> Result<Reply, Problem> {
    rename(visit).map(|()| done())
}

/// PUT /api/v1/me/password
pub(in crate::serve::ui) fn set_password(visit: &Visit<'_>) -> Result<Reply, Problem> {
    let token = change_password(visit)?.unwrap_or_default();
    let body = Json::object(|json| json.text("session", &token));
    Ok(Reply::json(200, body).with_session(&token))
}

/// PUT /api/v1/me/picture
pub(in crate::serve::ui) fn set_picture(visit: &Visit<'_>) -> Result<Reply, Problem> {
    put_picture(visit, PictureOf::Person(visit.me()?.id))
}

/// DELETE /api/v1/me/picture
pub(in crate::serve::ui) fn remove_picture(visit: &Visit<'_>) -> Result<Reply, Problem> {
    take_picture(visit, PictureOf::Person(visit.me()?.id)).map(|()| done())
}

/// POST /api/v1/me/data
pub(in crate::serve::ui) fn offer_data(visit: &Visit<'_>) -> Result<Reply, Problem> {
    let url = offer(visit)?;
    Ok(Reply::json(
        201,
        Json::object(|json| json.text("url", &url)),
    ))
}

/// POST /api/v1/me/sign-out
pub(in crate::serve::ui) fn sign_out(visit: &Visit<'_>) -> Result<Reply, Problem> {
    sign_out_all(visit).map(|()| done().without_session())
}

/// DELETE /api/v1/me
pub(in crate::serve::ui) fn delete(visit: &Visit<'_>) -> Result<Reply, Problem> {
    leave(visit).map(|()| done().without_session())
}

/// What was asked for is done.
pub(in crate::serve::ui) fn done() -> Reply {
    Reply::json(200, "{}".into())
}

/// A person's fields.
pub(in crate::serve::ui) fn write_account(json: &mut Json, account: &Account) {
    let face = Face::of(account);
    let AccountId(number) = account.id;
    json.number("id", number);
    json.text("name", &account.name);
    json.text("display_name", &account.display_name);
    json.text("role", role_word(account.role));
    json.text("letter", &face.letter);
    json.number("hue", face.hue);
    json.text("picture", &face.picture);
    json.flag("muted", account.muted);
    json.flag("keys_paused", account.keys_paused);
}

/// A role in the API and in forms.
pub(in crate::serve::ui) fn role_word(role: Role) -> &'static str {
    match role {
        Role::Owner => "owner",
        Role::Member => "member",
        Role::Guest => "guest",
        Role::Child => "child",
    }
}

/// The same read.
pub(in crate::serve::ui) fn role_of(word: &str) -> Option<Role> {
    [Role::Owner, Role::Member, Role::Guest, Role::Child]
        .into_iter()
        .find(|role| role_word(*role) == word)
}
