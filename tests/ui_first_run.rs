//! A box that nobody owns: who may become its owner, when, and what its page says.

#![allow(clippy::unwrap_used)]

mod ui_support;

use hearth::store::Store;
use hearth::time::Mono;
use ui_support::{CODE, PASSWORD, Stage};

const MINUTE: u64 = 60_000;

fn open_box() -> Stage {
    let problem = "hearth.toml, line 3: there is no setting \"memroy\"";
    Stage::open_until(Store::in_memory(), Mono(15 * MINUTE), &[problem])
}

const FIELDS: [(&str, &str); 2] = [("name", "Anna"), ("password", PASSWORD)];

#[test]
fn the_first_browser_of_the_network_owns_a_new_box_without_a_code() {
    let stage = open_box();
    let mut browser = stage.browser();
    browser.peer = "127.0.0.1".to_owned();
    let page = browser.get("/setup").body;
    assert!(page.contains("For 15 more minutes") && !page.contains("name=\"code\""));
    browser.language = "zh".to_owned();
    assert!(browser.get("/setup").body.contains("15 分钟内"));
    assert_eq!(browser.post("/setup", &FIELDS).status, 303);
    let mut late = stage.browser();
    late.peer = "127.0.0.1".to_owned();
    assert_eq!(late.post("/setup", &FIELDS).status, 409);
}

#[test]
fn after_a_quarter_of_an_hour_the_box_asks_for_its_code() {
    let stage = open_box();
    let mut browser = stage.browser();
    browser.peer = "127.0.0.1".to_owned();
    let at = |ms| *stage.station.now.lock().unwrap() = Mono(ms);
    at(14 * MINUTE + 1);
    assert!(browser.get("/setup").body.contains("For 1 more minutes"));
    // The form that was fetched in time and sent too late.
    at(15 * MINUTE);
    let late = browser.post("/setup", &FIELDS);
    assert_eq!(late.status, 403);
    assert!(
        late.body.contains("The time without a code is over")
            && late.body.contains("name=\"code\"")
    );
    let page = browser.get("/setup").body;
    assert!(page.contains("hearth-setup.txt") && !page.contains(CODE));
    let with_code = [&FIELDS[..], &[("code", CODE)]].concat();
    assert_eq!(browser.post("/setup", &with_code).status, 303);
}

#[test]
fn who_comes_through_a_router_needs_the_code_at_any_time() {
    let stage = open_box();
    let mut browser = stage.browser();
    browser.peer = "198.51.100.7".to_owned();
    assert!(browser.get("/setup").body.contains("name=\"code\""));
    assert_eq!(browser.post("/setup", &FIELDS).status, 403);
}

#[test]
fn the_page_shows_what_is_wrong_on_the_card() {
    let stage = open_box();
    let mut browser = stage.browser();
    browser.peer = "127.0.0.1".to_owned();
    let says_it = |page: &str| page.contains("Config problems") && page.contains("toml, line 3");
    assert!(says_it(&browser.get("/setup").body));
    assert_eq!(browser.post("/setup", &FIELDS).status, 303);
    // Its owner, too.
    let page = browser.get("/admin").body;
    assert!(says_it(&page), "{page}");
    assert!(
        !Stage::unowned()
            .browser()
            .get("/setup")
            .body
            .contains("Config problems")
    );
}

#[test]
fn a_program_sets_a_new_box_up_by_the_same_rules_as_the_page() {
    let stage = open_box();
    let parsed = |body: &str| serde_json::from_str::<serde_json::Value>(body).unwrap();
    let claim = |fields: &str| format!("{{\"name\": \"Anna\", \"joining\": \"closed\", {fields}}}");
    let mut browser = stage.browser();
    browser.peer = "198.51.100.7".to_owned();
    let good = format!("\"password\": \"{PASSWORD}\"");
    let refused = browser.api("POST", "/api/v1/setup", &claim(&good));
    let problem = parsed(&refused.body);
    assert_eq!(
        (refused.status, &*problem["field"].to_string()),
        (403, "\"code\"")
    );
    assert!(
        problem["error"]
            .as_str()
            .unwrap()
            .contains("The time without a code")
    );
    let code = format!("\"code\": \"{CODE}\"");
    let short = claim(&format!("{code}, \"password\": \"short\""));
    let refused = browser.api("POST", "/api/v1/setup", &short);
    assert_eq!(refused.status, 422);
    assert_eq!(parsed(&refused.body)["field"], "password");

    let done = browser.api("POST", "/api/v1/setup", &claim(&format!("{code}, {good}")));
    assert_eq!(done.status, 201, "{}", done.body);
    let me = parsed(&done.body);
    assert_eq!(
        (&me["role"], &me["name"]),
        (&"owner".into(), &"anna".into())
    );
    let bearer = format!("Bearer {}", me["session"].as_str().unwrap());
    let house = stage
        .browser()
        .ask("GET", "/api/v1/house", &[("Authorization", &bearer)], "");
    assert_eq!(parsed(&house.body)["joining"], "closed");
    let late = stage.browser().api("POST", "/api/v1/setup", &claim(&good));
    assert_eq!(
        (late.status, &parsed(&late.body)["code"]),
        (409, &"owner_exists".into())
    );
}

#[test]
fn a_program_can_not_guess_the_code_by_trying_fast() {
    let stage = Stage::unowned();
    let mut browser = stage.browser();
    let guess = format!("{{\"name\": \"Eve\", \"password\": \"{PASSWORD}\", \"code\": \"guess\"}}");
    for _ in 0..5 {
        assert_eq!(browser.api("POST", "/api/v1/setup", &guess).status, 403);
    }
    let slow = browser.api("POST", "/api/v1/setup", &guess);
    assert_eq!((slow.status, slow.header("Retry-After")), (429, "60"));
    // Both ways in count together.
    let by_page = browser.post("/setup", &[("code", CODE), FIELDS[0], FIELDS[1]]);
    assert_eq!((by_page.status, by_page.header("Retry-After")), (429, "60"));
}
