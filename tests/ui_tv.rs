//! Which form of the pages a television gets, and what it shows to whom.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod ui_support;

use hearth::people::Role;
use ui_support::{Browser, Stage, live};

const TV: &str =
    "Mozilla/5.0 (SMART-TV; Linux; Tizen 6.0) AppleWebKit/537.36 TV Chrome/76.0 Safari/537.36";
const OLD_TV: &str =
    "Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/538.2 (KHTML, like Gecko) Safari/538.2";

fn page(browser: &mut Browser, agent: &str, path: &str) -> String {
    browser.ask("GET", path, &[("User-Agent", agent)], "").body
}

fn form(page: &str) -> &'static str {
    if page.contains("css/old-tv.css") {
        "old"
    } else if page.contains("css/tv.css") {
        "tv"
    } else {
        "usual"
    }
}

#[test]
fn televisions_get_their_pages_by_themselves_and_others_by_choice() {
    let stage = Stage::owned();
    for (agent, expected) in [(TV, "tv"), (OLD_TV, "old"), ("Firefox", "usual")] {
        for path in ["/", "/@anna"] {
            let mut browser = stage.browser();
            assert_eq!(
                form(&page(&mut browser, agent, path)),
                expected,
                "{agent} {path}"
            );
        }
    }
    let mut browser = stage.browser();
    assert_eq!(form(&page(&mut browser, TV, "/?tv=0")), "usual");
    assert_eq!(
        form(&page(&mut browser, TV, "/@anna")),
        "usual",
        "the choice is kept"
    );
    assert_eq!(form(&page(&mut browser, TV, "/@anna?tv=1")), "tv");
    assert_eq!(
        form(&page(&mut browser, TV, "/")),
        "tv",
        "the choice is kept"
    );
    assert_eq!(form(&page(&mut browser, TV, "/?tv=old")), "old");
    assert_eq!(
        form(&page(&mut browser, TV, "/")),
        "tv",
        "the fallback is not"
    );
}

#[test]
fn a_television_nobody_logged_in_on_shows_what_the_household_may_see() {
    let stage = Stage::owned();
    let ben = stage.add("Ben", Role::Member);
    stage.add("Carla", Role::Member);
    stage.people.set_open(ben, ben, true).unwrap();
    let on_air = ["ben", "carla"].map(live);
    stage.station.channels.lock().unwrap().extend(on_air);
    let mut browser = stage.browser();
    let home = page(&mut browser, TV, "/");
    assert!(home.contains("/@carla") && !home.contains("/@ben"));
    let hidden = browser.ask("GET", "/@ben", &[("User-Agent", TV)], "");
    assert_eq!(hidden.status, 404);
    let watch = page(&mut browser, TV, "/@carla");
    assert!(watch.contains("data-talk") && !watch.contains("id=\"follow\""));
    let watch = page(&mut stage.browser_of("anna"), TV, "/@ben");
    assert!(watch.contains("id=\"follow\"") && !watch.contains("<textarea"));
}

#[test]
fn a_television_asks_for_names_and_pass_phrases_in_its_own_form() {
    let stage = Stage::owned();
    stage.add("Ben", Role::Member);
    let of_ben = r#"{"visibility": "phrase", "phrase": "open sesame"}"#;
    let mut browser = stage.browser_of("ben");
    assert_eq!(
        browser.api("PUT", "/api/v1/channels/ben", of_ben).status,
        200
    );

    let mut browser = stage.browser();
    let home = page(&mut browser, TV, "/?tv=1");
    assert!(home.contains("href=\"/login\""), "no way in");
    let locked = page(&mut browser, TV, "/@ben");
    assert_eq!(form(&locked), "tv");
    assert!(locked.contains("action=\"/@ben/pass\"") && locked.contains("js/remote.js"));
    let wrong = browser.post("/@ben/pass", &[("phrase", "guess")]);
    assert_eq!((wrong.status, form(&wrong.body)), (422, "tv"));
    let right = browser.post("/@ben/pass", &[("phrase", "open sesame")]);
    assert_eq!(right.header("Location"), "/@ben");
    assert!(page(&mut browser, TV, "/@ben").contains("href=\"/login?next=/@ben\""));

    assert_eq!(form(&page(&mut browser, TV, "/login?next=/@ben")), "tv");
    let ask = |password| [("name", "ben"), ("password", password), ("next", "/@ben")];
    let wrong = browser.post("/login", &ask("quite another"));
    assert_eq!((wrong.status, form(&wrong.body)), (401, "tv"));
    assert!(wrong.body.contains("name=\"next\" value=\"/@ben\""));
    let right = browser.post("/login", &ask(ui_support::PASSWORD));
    assert_eq!(right.header("Location"), "/@ben");
    let mine = page(&mut browser, TV, "/login");
    assert!(mine.contains("action=\"/logout\"") && mine.contains("Ben"));
    let missing = page(&mut stage.browser(), TV, "/@nobody");
    assert!(missing.contains("href=\"/login?next=/@nobody\""));
}
