//! `/studio`: what to type into an encoder, and how it does.

use super::keys::{self, Key};
use super::player::Player;
use super::{addresses, page, page_with, said_of};
use crate::media::doctor::Severity;
use crate::people::{Account, KeyId};
use crate::serve::station::{ChannelView, Phase};
use crate::serve::ui::addresses::Addresses;
use crate::serve::ui::channel::watching::Watching;
use crate::serve::ui::doctor::Report;
use crate::serve::ui::encoders::Advice;
use crate::serve::ui::frame::{Frame, duration};
use crate::serve::ui::icons;
use crate::serve::ui::notices::{Notice, Notices};
use crate::serve::ui::problem::Problem;
use crate::serve::ui::reply::Reply;
use crate::serve::ui::routes::{Access, Visit};
use crate::serve::ui::words::{accounts, doctor, encoders};
use askama::Template;

/// What changes while the page is open; empty texts are not shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Now {
    is_live: bool,
    is_dropped: bool,
    time: String,
    viewers: u32,
    /// Who they are.
    watching: String,
    /// Why an encoder of this person's was turned away, and which.
    turned_away: String,
    wrong_key: String,
    /// All that came lately, if more than one did.
    wrong_keys: Vec<String>,
    refused: String,
}

impl Now {
    /// There is a session that can be ended.
    fn is_on_air(&self) -> bool {
        self.is_live || self.is_dropped
    }
}

#[derive(Template)]
#[template(path = "studio.html")]
struct Studio {
    f: Frame,
    d: &'static doctor::Words,
    e: &'static encoders::Words,
    n: Now,
    /// What the doctor says; None while off air.
    report: Option<Report>,
    p: Player,
    addresses: Addresses,
    a: &'static accounts::Words,
    keys: Vec<Key>,
    /// The owner of the house has stopped the keys.
    is_paused: bool,
    /// Keys stand open in the page: asked for without a script.
    show: bool,
    done: &'static str,
    problem: Option<Problem>,
    /// The key that the problem is about; 0: a new one.
    of_key: u32,
    label: String,
}

impl Studio {
    fn said(&self) -> &str {
        said_of(self.problem.as_ref(), "")
    }

    /// What is said of the label of a new key.
    fn said_of_new(&self) -> &str {
        self.said_of(&0)
    }

    /// What is said of the label of a key.
    fn said_of(&self, key: &u32) -> &str {
        let problem = self.problem.as_ref().filter(|_| self.of_key == *key);
        said_of(problem, "label")
    }
}

#[derive(Template)]
#[template(path = "studio-now.html")]
struct StudioNow {
    f: Frame,
    a: &'static accounts::Words,
    e: &'static encoders::Words,
    n: Now,
}

/// GET /studio
pub(in crate::serve::ui) fn show(visit: &Visit<'_>) -> Reply {
    let (w, a) = (visit.words(), accounts::Words::of(visit.request.language));
    let done = match visit.request.query.get("done") {
        "replaced" => w.key_replaced,
        "switch" => w.let_in_done,
        "added" => a.key_added,
        "renamed" => a.key_renamed,
        "removed" => a.key_removed,
        "paused" => a.key_paused_done,
        "resumed" => a.key_resumed,
        "ended" => a.stream_ended,
        _ => "",
    };
    studio(visit, done, None)
}

/// GET /studio/now: the part of the page that changes.
pub(in crate::serve::ui) fn show_now(visit: &Visit<'_>) -> Reply {
    let Some(account) = publisher(visit) else {
        return super::message::forbidden(visit, Access::Publisher);
    };
    let view = visit.house.channels.view(&account.name);
    let part = StudioNow {
        f: visit.frame("studio"),
        a: accounts::Words::of(visit.request.language),
        e: encoders::Words::of(visit.request.language),
        n: now(visit, &account, view.as_ref()),
    };
    page(200, &part)
}

/// GET /studio/obs-profile.zip?key=NUMBER
pub(in crate::serve::ui) fn obs_profile(visit: &Visit<'_>) -> Reply {
    let Some(account) = publisher(visit) else {
        return super::message::forbidden(visit, Access::Publisher);
    };
    let mut keys = visit.house.people.keys(account.id).into_iter();
    let asked = visit.request.query.get("key").parse().map(KeyId);
    let key = keys.find(|key| asked.as_ref() == Ok(&key.id));
    let Some(text) = key.and_then(|key| key.text) else {
        return super::message::not_found(visit);
    };
    let advice = Advice::of(visit.house.settings.machine.as_deref());
    let server = addresses(visit).rtmp;
    let profile = crate::serve::ui::encoders::obs_profile(&server, text.plain(), advice);
    Reply::file("application/zip", "hearth-obs.zip", profile)
}

/// POST /studio/switch
pub(in crate::serve::ui) fn allow_switch(visit: &Visit<'_>) -> Reply {
    let Some(account) = publisher(visit) else {
        return super::message::forbidden(visit, Access::Publisher);
    };
    visit.house.channels.allow_switch(account.id);
    Reply::to("/studio?done=switch")
}

pub(super) fn publisher(visit: &Visit<'_>) -> Option<Account> {
    let account = visit.session.as_ref().map(|session| &session.account);
    account.filter(|a| a.role.may_publish()).cloned()
}

/// The page; with a problem of one of its forms.
pub(super) fn studio(visit: &Visit<'_>, done: &'static str, problem: Option<Problem>) -> Reply {
    let Some(account) = publisher(visit) else {
        return super::message::forbidden(visit, Access::Publisher);
    };
    let view = visit.house.channels.view(&account.name);
    let keys = keys::cards(visit, &account, &addresses(visit));
    let addresses = addresses(visit);
    let language = visit.request.language;
    let checkup = visit.house.channels.checkup(&account.name);
    let checkup = checkup.filter(|checkup| checkup.is_live);
    let studio = Studio {
        f: visit.frame("studio"),
        d: doctor::Words::of(language),
        e: encoders::Words::of(language),
        report: checkup.map(|checkup| Report::new(&checkup, language)),
        n: now(visit, &account, view.as_ref()),
        p: Player::preview(visit, &account, view.as_ref()),
        a: accounts::Words::of(language),
        keys,
        is_paused: account.keys_paused,
        addresses,
        show: visit.request.query.get("key") == "shown",
        done,
        of_key: visit.field("key").parse().unwrap_or(0),
        label: visit.field("label").to_owned(),
        problem: problem.clone(),
    };
    match problem {
        Some(problem) => page_with(&problem, &studio),
        None => page(200, &studio),
    }
}

fn now(visit: &Visit<'_>, account: &Account, view: Option<&ChannelView>) -> Now {
    let w = visit.words();
    let phase = view.map(|view| view.phase);
    let told = Notices::of(visit, account);
    let text = |notice: Option<Notice>| notice.map(|notice| notice.text).unwrap_or_default();
    Now {
        is_live: phase == Some(Phase::Live),
        is_dropped: matches!(phase, Some(Phase::Grace { .. })),
        time: view.map_or_else(String::new, |v| duration(w, visit.now.since(v.since))),
        viewers: view.map_or(0, |view| view.viewers),
        watching: match phase {
            Some(Phase::Live) => Watching::of(visit, &account.name).text(visit),
            _ => String::new(),
        },
        turned_away: text(told.turned_away),
        wrong_key: text(told.wrong_key),
        wrong_keys: match told.wrong_keys.len() {
            0 | 1 => Vec::new(),
            _ => told.wrong_keys.into_iter().map(|row| row.text).collect(),
        },
        refused: text(told.already_live),
    }
}
