//! The house, as its owner runs it: people, invitations, rules, what is on air, how the box does. Each deed is one function that
//! the owner's page and a row of the API both call.

pub(super) mod backup;
pub(super) mod health;
pub(super) mod invitations;
pub(super) mod people;
pub(super) mod restore;
pub(super) mod settings;
pub(super) mod streams;
pub(super) mod update;

use super::pages::admin;
use super::request::Method;
use super::routes::{Access, Route, api, get, post};
use Access::{LoggedIn, Owner};
use Method::{Delete, Get, Post, Put};

pub(super) static ROUTES: &[Route] = &[
    get("/admin", Owner, admin::show),
    post("/admin/person", Owner, admin::person),
    post("/admin/invite", Owner, admin::invite),
    post("/admin/uninvite", Owner, admin::uninvite),
    post("/admin/rules", Owner, admin::rules),
    post("/admin/end", Owner, admin::end),
    post("/admin/backup", Owner, admin::save_backup),
    post("/admin/restore", Owner, admin::send_backup),
    post("/admin/update", Owner, admin::send_update),
    api(Get, "/api/v1/people", Owner, people::list),
    api(Put, "/api/v1/people/{id}", Owner, people::change),
    api(Delete, "/api/v1/people/{id}", Owner, people::api_delete),
    api(Post, "/api/v1/people/{id}/reset", Owner, people::api_reset),
    api(
        Post,
        "/api/v1/people/{id}/sign-out",
        Owner,
        people::api_sign_out,
    ),
    api(Get, "/api/v1/invitations", Owner, invitations::list),
    api(Post, "/api/v1/invitations", Owner, invitations::api_invite),
    api(
        Delete,
        "/api/v1/invitations/{id}",
        Owner,
        invitations::api_take_back,
    ),
    api(Get, "/api/v1/house", Owner, settings::show),
    api(Put, "/api/v1/house", Owner, settings::api_set),
    api(Get, "/api/v1/house/health", Owner, health::show),
    api(Get, "/api/v1/house/log", Owner, health::log),
    api(Post, "/api/v1/house/backup", Owner, backup::api_offer),
    api(Post, "/api/v1/house/restore", Owner, restore::api_offer),
    api(Post, "/api/v1/house/update", Owner, update::api_offer),
    api(
        Post,
        "/api/v1/channels/{name}/end",
        LoggedIn,
        streams::api_end,
    ),
];
