//! The description of the API says what the table of routes says, and is well-formed.

#![allow(clippy::unwrap_used)]

mod ui_support;

use hearth::serve::ui::{Access, routes};
use serde_json::Value;
use std::collections::BTreeSet;
use ui_support::Stage;

fn description() -> Value {
    let answer = Stage::owned().browser().get("/api/v1/openapi.json");
    assert_eq!(
        (answer.status, answer.header("Content-Type")),
        (200, "application/json")
    );
    serde_json::from_str(&answer.body).unwrap()
}

fn operations(description: &Value) -> Vec<(String, String, &Value)> {
    let paths = description["paths"].as_object().unwrap().iter();
    paths
        .flat_map(|(path, methods)| {
            let methods = methods.as_object().unwrap().iter();
            methods.map(move |(method, operation)| (method.to_uppercase(), path.clone(), operation))
        })
        .collect()
}

#[test]
fn every_row_of_the_api_is_described_and_nothing_else() {
    let description = description();
    let api = routes().filter(|route| route.pattern.starts_with("/api/v1/"));
    let rows = api.map(|route| (route.method.as_str().to_owned(), route.pattern.to_owned()));
    let rows: BTreeSet<_> = rows.collect();
    let described = operations(&description)
        .into_iter()
        .map(|(method, path, _)| (method, path));
    let described: BTreeSet<_> = described.collect();
    let missing: Vec<_> = rows.difference(&described).collect();
    let gone: Vec<_> = described.difference(&rows).collect();
    assert!(
        missing.is_empty(),
        "in web/api/openapi.json are missing: {missing:#?}"
    );
    assert!(
        gone.is_empty(),
        "web/api/openapi.json describes what is no route: {gone:#?}"
    );
}

#[test]
fn who_may_ask_is_described_as_it_is() {
    let description = description();
    for (method, path, operation) in operations(&description) {
        let is_this = |route: &&hearth::serve::ui::Route| {
            route.method.as_str() == method && route.pattern == path
        };
        let Some(route) = routes().find(is_this) else {
            continue;
        };
        let answers = operation["responses"].as_object().unwrap();
        assert_eq!(
            answers.contains_key("401"),
            route.access != Access::Anyone,
            "{route:?}"
        );
        assert_eq!(
            operation["security"].is_array(),
            route.access == Access::Anyone,
            "{route:?}"
        );
        for place in path
            .split('/')
            .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        {
            let parameters = operation["parameters"].as_array().unwrap();
            assert!(
                parameters.iter().any(|p| p["name"] == place),
                "{route:?}: {place}"
            );
        }
    }
}

#[test]
fn every_reference_leads_somewhere() {
    let description = description();
    let mut left = vec![&description];
    while let Some(value) = left.pop() {
        match value {
            Value::Object(fields) => {
                if let Some(Value::String(at)) = fields.get("$ref") {
                    assert!(
                        description.pointer(at.trim_start_matches('#')).is_some(),
                        "{at}"
                    );
                }
                left.extend(fields.values());
            }
            Value::Array(items) => left.extend(items),
            _ => {}
        }
    }
}

/// What a program asks for in the place of each form of the pages; of pages that change by themselves too.
const INSTEAD: [(&str, &[&str]); 38] = [
    ("POST /login", &["POST /api/v1/session"]),
    ("POST /logout", &["DELETE /api/v1/session"]),
    ("POST /setup", &["POST /api/v1/setup"]),
    ("GET /wifi", &["GET /api/v1/wifi"]),
    ("POST /wifi", &["POST /api/v1/wifi"]),
    ("POST /register", &["POST /api/v1/accounts"]),
    ("POST /reset/{secret}", &["POST /api/v1/reset"]),
    ("POST /settings/name", &["PUT /api/v1/me"]),
    ("POST /settings/password", &["PUT /api/v1/me/password"]),
    (
        "POST /settings/picture/remove",
        &["DELETE /api/v1/me/picture"],
    ),
    ("POST /settings/data", &["POST /api/v1/me/data"]),
    ("POST /settings/sign-out", &["POST /api/v1/me/sign-out"]),
    ("POST /settings/delete", &["DELETE /api/v1/me"]),
    (
        "GET /studio/now",
        &[
            "GET /api/v1/channels/{name}",
            "GET /api/v1/channels/{name}/watchers",
            "GET /api/v1/studio/notices",
        ],
    ),
    ("POST /studio/switch", &["POST /api/v1/studio/switch"]),
    ("POST /studio/end", &["POST /api/v1/studio/end"]),
    (
        "POST /studio/replace",
        &["POST /api/v1/studio/keys/{id}/replace"],
    ),
    ("POST /studio/keys/add", &["POST /api/v1/studio/keys"]),
    (
        "POST /studio/keys/rename",
        &["PUT /api/v1/studio/keys/{id}"],
    ),
    (
        "POST /studio/keys/remove",
        &["DELETE /api/v1/studio/keys/{id}"],
    ),
    ("POST /studio/keys/pause", &["PUT /api/v1/studio/keys/{id}"]),
    (
        "POST /@{name}/follow",
        &[
            "PUT /api/v1/channels/{name}/follow",
            "DELETE /api/v1/channels/{name}/follow",
        ],
    ),
    (
        "POST /@{name}/comments",
        &["POST /api/v1/channels/{name}/comments"],
    ),
    (
        "POST /@{name}/moderate",
        &[
            "DELETE /api/v1/channels/{name}/comments/{id}",
            "PUT /api/v1/channels/{name}/mutes/{person}",
            "DELETE /api/v1/channels/{name}/mutes/{person}",
        ],
    ),
    ("POST /@{name}/pass", &["POST /api/v1/channels/{name}/pass"]),
    ("POST /settings/channel", &["PUT /api/v1/channels/{name}"]),
    (
        "POST /settings/channel/picture",
        &["DELETE /api/v1/channels/{name}/picture"],
    ),
    (
        "POST /admin/person",
        &[
            "PUT /api/v1/people/{id}",
            "DELETE /api/v1/people/{id}",
            "POST /api/v1/people/{id}/reset",
            "POST /api/v1/people/{id}/sign-out",
        ],
    ),
    ("POST /admin/invite", &["POST /api/v1/invitations"]),
    ("POST /admin/uninvite", &["DELETE /api/v1/invitations/{id}"]),
    ("POST /admin/rules", &["PUT /api/v1/house"]),
    ("POST /admin/end", &["POST /api/v1/channels/{name}/end"]),
    ("POST /admin/backup", &["POST /api/v1/house/backup"]),
    ("POST /admin/restore", &["POST /api/v1/house/restore"]),
    ("POST /admin/update", &["POST /api/v1/house/update"]),
    ("GET /search", &["GET /api/v1/search"]),
    ("GET /tags/{tag}", &["GET /api/v1/tags/{tag}"]),
    ("GET /settings", &["GET /api/v1/me"]),
];

#[test]
fn whatever_a_form_of_the_pages_does_a_program_can_do_too() {
    let rows = routes().map(|route| format!("{} {}", route.method.as_str(), route.pattern));
    let (api, pages): (BTreeSet<_>, BTreeSet<_>) = rows.partition(|row| row.contains(" /api/"));
    let named = |form: &String| INSTEAD.iter().any(|(page, _)| page == form);
    let forms = pages.iter().filter(|row| row.starts_with("POST "));
    let alone: Vec<_> = forms.filter(|form| !named(form)).collect();
    assert!(
        alone.is_empty(),
        "forms without a row of the API: {alone:#?}"
    );
    for (page, instead) in INSTEAD {
        assert!(pages.contains(page), "{page} is no page");
        assert!(!instead.is_empty(), "{page}");
        for row in instead {
            assert!(api.contains(*row), "{page}: {row} is no row of the API");
        }
    }
}
