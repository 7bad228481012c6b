//! Accounts, as pages and the API change them: joining, coming in, one's own things, stream keys. Each deed is one function
//! that a page's form and a row of the API both call.

pub(super) mod door;
pub(super) mod keys;
pub(super) mod own;
pub(super) mod pictures;
pub(super) mod refusals;
pub(super) mod when;

use super::pages;
use super::request::Method;
use super::routes::{Access, Route, api, get, post};
use Access::{Anyone, LoggedIn};
use Method::{Delete, Get, Post, Put};

pub(super) static ROUTES: &[Route] = &[
    get("/register", Anyone, pages::join::show),
    post("/register", Anyone, pages::join::join),
    get("/join/{secret}", Anyone, pages::join::show),
    get("/reset/{secret}", Anyone, pages::reset::show),
    post("/reset/{secret}", Anyone, pages::reset::save),
    get("/settings", LoggedIn, pages::settings::show),
    post("/settings/name", LoggedIn, pages::settings::set_name),
    post(
        "/settings/password",
        LoggedIn,
        pages::settings::set_password,
    ),
    post(
        "/settings/picture/remove",
        LoggedIn,
        pages::settings::remove_picture,
    ),
    post("/settings/data", LoggedIn, pages::settings::download),
    post("/settings/sign-out", LoggedIn, pages::settings::sign_out),
    post("/settings/delete", LoggedIn, pages::settings::delete),
    get("/pictures/{name}/{hash}", Anyone, pictures::of_person),
    get(
        "/pictures/{name}/channel/{hash}",
        Anyone,
        pictures::of_channel,
    ),
    api(Post, "/api/v1/session", Anyone, door::log_in),
    api(Delete, "/api/v1/session", LoggedIn, door::log_out),
    api(Post, "/api/v1/setup", Anyone, door::claim),
    api(Post, "/api/v1/accounts", Anyone, door::join),
    api(Post, "/api/v1/reset", Anyone, door::reset),
    api(Get, "/api/v1/me", LoggedIn, own::show),
    api(Put, "/api/v1/me", LoggedIn, own::set_name),
    api(Delete, "/api/v1/me", LoggedIn, own::delete),
    api(Put, "/api/v1/me/password", LoggedIn, own::set_password),
    api(Put, "/api/v1/me/picture", LoggedIn, own::set_picture),
    api(Delete, "/api/v1/me/picture", LoggedIn, own::remove_picture),
    api(Post, "/api/v1/me/data", LoggedIn, own::offer_data),
    api(Post, "/api/v1/me/sign-out", LoggedIn, own::sign_out),
];
