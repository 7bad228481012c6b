//! What people do with channels: see them or not, follow, comment, find them, and set their own up.
//!
//! Each deed is one function; a page's form and a row of the API call the same.

pub(super) mod comments;
pub(super) mod find;
mod follow;
mod moderation;
mod pass;
mod problems;
pub(super) mod settings;
pub(super) mod sight;
pub(super) mod told;
pub(super) mod watching;
pub(super) mod when;

use super::problem::Problem;
use super::request::Method;
use super::routes::{Access, Route, Visit, api, get, post};
use crate::people::ChannelProfile;

pub(super) static ROUTES: &[Route] = &[
    post("/@{name}/follow", Access::LoggedIn, follow::form),
    post("/@{name}/comments", Access::LoggedIn, comments::form),
    post("/@{name}/moderate", Access::LoggedIn, moderation::form),
    post("/@{name}/pass", Access::Anyone, pass::form),
    get("/tags/{tag}", Access::Anyone, super::pages::home::show_tag),
    get("/search", Access::Anyone, find::page),
    get("/settings/channel", Access::Publisher, settings::show),
    post("/settings/channel", Access::Publisher, settings::form),
    post(
        "/settings/channel/picture",
        Access::Publisher,
        settings::picture_form,
    ),
    get(
        "/pictures/channels/{name}/{hash}",
        Access::Anyone,
        settings::picture,
    ),
    api(
        Method::Put,
        "/api/v1/channels/{name}",
        Access::LoggedIn,
        settings::put,
    ),
    api(
        Method::Put,
        "/api/v1/channels/{name}/picture",
        Access::LoggedIn,
        settings::put_picture,
    ),
    api(
        Method::Delete,
        "/api/v1/channels/{name}/picture",
        Access::LoggedIn,
        settings::delete_picture,
    ),
    api(
        Method::Put,
        "/api/v1/channels/{name}/follow",
        Access::LoggedIn,
        follow::put,
    ),
    api(
        Method::Delete,
        "/api/v1/channels/{name}/follow",
        Access::LoggedIn,
        follow::delete,
    ),
    api(
        Method::Get,
        "/api/v1/channels/{name}/followers",
        Access::LoggedIn,
        follow::followers,
    ),
    api(
        Method::Get,
        "/api/v1/channels/{name}/watchers",
        Access::LoggedIn,
        watching::show,
    ),
    api(
        Method::Get,
        "/api/v1/channels/{name}/comments",
        Access::Anyone,
        comments::list,
    ),
    api(
        Method::Post,
        "/api/v1/channels/{name}/comments",
        Access::LoggedIn,
        comments::create,
    ),
    api(
        Method::Delete,
        "/api/v1/channels/{name}/comments/{id}",
        Access::LoggedIn,
        comments::delete,
    ),
    api(
        Method::Get,
        "/api/v1/channels/{name}/mutes",
        Access::LoggedIn,
        moderation::list,
    ),
    api(
        Method::Put,
        "/api/v1/channels/{name}/mutes/{person}",
        Access::LoggedIn,
        moderation::put,
    ),
    api(
        Method::Delete,
        "/api/v1/channels/{name}/mutes/{person}",
        Access::LoggedIn,
        moderation::delete,
    ),
    api(
        Method::Post,
        "/api/v1/channels/{name}/pass",
        Access::Anyone,
        pass::create,
    ),
    api(Method::Get, "/api/v1/tags", Access::Anyone, find::tags),
    api(
        Method::Get,
        "/api/v1/tags/{tag}",
        Access::Anyone,
        find::tagged,
    ),
    api(Method::Get, "/api/v1/search", Access::Anyone, find::search),
];

impl Visit<'_> {
    /// The channel in the path, if there is one that this visitor may see.
    pub(super) fn channel(&self) -> Result<ChannelProfile, Problem> {
        let profile = self.house.people.channel_named(self.name());
        profile
            .filter(|profile| self.may_watch(profile))
            .ok_or_else(|| Problem::not_found(self.words()))
    }

    /// Words about channels.
    pub(super) fn say(&self) -> &'static super::words::channels::Words {
        super::words::channels::Words::of(self.request.language)
    }
}
