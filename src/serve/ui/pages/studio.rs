//! `/studio`: what to type into an encoder, and how it does.

use super::player::Player;
use super::{addresses, page};
use crate::limits::ui::{KEYFRAME_WARN_MS, NOTICE_MS};
use crate::people::{Account, KeyId, KeyText, KeyView};
use crate::serve::station::{ChannelView, Phase};
use crate::serve::ui::addresses::Addresses;
use crate::serve::ui::frame::{Frame, ago, duration};
use crate::serve::ui::icons;
use crate::serve::ui::reply::Reply;
use crate::serve::ui::routes::Visit;
use crate::serve::ui::words::{Words, fill};
use crate::time::Mono;
use askama::Template;
use std::net::IpAddr;

/// For the encoder whose key was replaced: encoders show English best.
const KEY_REPLACED: &str = "This stream key was replaced. Copy the new one from the Go live page.";

/// What changes while the page is open; empty texts are not shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Now {
    is_live: bool,
    is_dropped: bool,
    time: String,
    viewers: u32,
    wrong_key: String,
    refused: String,
    keyframes_rare: String,
    keyframes_fine: String,
}

#[derive(Clone, Debug)]
struct Key {
    id: u32,
    label: String,
    /// Grouped; empty if it can't be shown.
    text: String,
    /// Its last characters, by which its owner tells it from others.
    end: String,
}

#[derive(Template)]
#[template(path = "studio.html")]
struct Studio {
    f: Frame,
    n: Now,
    p: Player,
    addresses: Addresses,
    keys: Vec<Key>,
    /// Keys stand open in the page: asked for without a script.
    show: bool,
    done: &'static str,
    problem: &'static str,
}

#[derive(Template)]
#[template(path = "studio-now.html")]
struct StudioNow {
    f: Frame,
    n: Now,
}

/// GET /studio
pub(in crate::serve::ui) fn show(visit: &Visit<'_>) -> Reply {
    let w = visit.words();
    let done = match visit.request.query.get("done") {
        "replaced" => w.key_replaced,
        "switch" => w.let_in_done,
        _ => "",
    };
    studio(visit, 200, done, "")
}

/// GET /studio/now: the part of the page that changes.
pub(in crate::serve::ui) fn show_now(visit: &Visit<'_>) -> Reply {
    let Some(account) = publisher(visit) else {
        return super::message::forbidden(visit);
    };
    let view = visit.house.channels.view(&account.name);
    let part = StudioNow {
        f: visit.frame("studio"),
        n: now(visit, &account, view.as_ref()),
    };
    page(200, &part)
}

/// POST /studio/replace
pub(in crate::serve::ui) fn replace_key(visit: &Visit<'_>) -> Reply {
    let Some(account) = publisher(visit) else {
        return super::message::forbidden(visit);
    };
    let Ok(number) = visit.field("key").parse() else {
        return super::message::not_found(visit);
    };
    match visit.house.people.rotate_key(account.id, KeyId(number)) {
        Ok(_) => {
            visit.house.channels.revoke(KeyId(number), KEY_REPLACED);
            Reply::to("/studio?done=replaced")
        }
        Err(crate::people::PeopleError::Unknown(_)) => super::message::not_found(visit),
        Err(error) => {
            let problem = super::doors::sentence(visit.words(), &error);
            studio(visit, super::doors::status_of(&error), "", problem)
        }
    }
}

/// POST /studio/switch
pub(in crate::serve::ui) fn allow_switch(visit: &Visit<'_>) -> Reply {
    let Some(account) = publisher(visit) else {
        return super::message::forbidden(visit);
    };
    visit.house.channels.allow_switch(account.id);
    Reply::to("/studio?done=switch")
}

fn publisher(visit: &Visit<'_>) -> Option<Account> {
    let account = visit.session.as_ref().map(|session| &session.account);
    account.filter(|a| a.role.may_publish()).cloned()
}

fn studio(visit: &Visit<'_>, status: u16, done: &'static str, problem: &'static str) -> Reply {
    let Some(account) = publisher(visit) else {
        return super::message::forbidden(visit);
    };
    let view = visit.house.channels.view(&account.name);
    let keys = visit.house.people.keys(account.id);
    let studio = Studio {
        f: visit.frame("studio"),
        n: now(visit, &account, view.as_ref()),
        p: Player::preview(visit.words(), &account, view.as_ref()),
        addresses: addresses(visit),
        keys: keys.into_iter().map(key).collect(),
        show: visit.request.query.get("key") == "shown",
        done,
        problem,
    };
    page(status, &studio)
}

fn key(view: KeyView) -> Key {
    let text = view.text.as_ref().map(KeyText::grouped).unwrap_or_default();
    let end = text.rsplit('-').next().unwrap_or_default();
    Key {
        id: view.id.0,
        label: view.label,
        end: end
            .get(end.len().saturating_sub(4)..)
            .unwrap_or_default()
            .to_owned(),
        text,
    }
}

fn now(visit: &Visit<'_>, account: &Account, view: Option<&ChannelView>) -> Now {
    let w = visit.words();
    let channels = &visit.house.channels;
    let phase = view.map(|view| view.phase);
    let recent = |event: Option<(IpAddr, Mono)>, sentence: &str| {
        event.and_then(|(from, at)| notice(w, sentence, from, visit.now.since(at)))
    };
    let interval = view.and_then(|view| view.health.keyframe_interval_ms);
    let (rare, fine) = keyframes(w, interval.filter(|_| phase == Some(Phase::Live)));
    Now {
        is_live: phase == Some(Phase::Live),
        is_dropped: matches!(phase, Some(Phase::Grace { .. })),
        time: view.map_or_else(String::new, |v| duration(w, visit.now.since(v.since))),
        viewers: view.map_or(0, |view| view.viewers),
        wrong_key: recent(channels.wrong_key(), w.wrong_key_more).unwrap_or_default(),
        refused: recent(channels.refused_switch(account.id), w.already_live_more)
            .unwrap_or_default(),
        keyframes_rare: rare,
        keyframes_fine: fine,
    }
}

fn notice(w: &Words, sentence: &str, from: IpAddr, age_ms: u64) -> Option<String> {
    let from = from.to_canonical().to_string();
    let values = [("ago", &*ago(w, age_ms)), ("from", &*from)];
    (age_ms < NOTICE_MS).then(|| fill(sentence, &values))
}

/// What is said about the keyframe interval: a warning, or that it is fine.
fn keyframes(w: &Words, interval_ms: Option<u32>) -> (String, String) {
    let Some(ms) = interval_ms else {
        return Default::default();
    };
    let tenths = (ms + 50) / 100;
    let seconds = format!("{}.{}", tenths / 10, tenths % 10);
    let said = |sentence| fill(sentence, &[("s", &seconds)]);
    match ms >= KEYFRAME_WARN_MS {
        true => (said(w.keyframes_rare), String::new()),
        false => (String::new(), said(w.keyframes_fine)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::ui::words::Language;

    #[test]
    fn rare_keyframes_are_named_with_their_measure() {
        let w = Language::English.words();
        let (rare, fine) = keyframes(w, Some(8_333));
        assert_eq!(rare, "A keyframe comes only every 8.3 s");
        assert_eq!(fine, "");
        assert_eq!(keyframes(w, Some(2_000)).1, "Keyframe every 2.0 s");
        assert_eq!(keyframes(w, None), Default::default());
    }

    #[test]
    fn old_news_are_not_told() {
        let w = Language::English.words();
        let from = "::ffff:192.168.1.31".parse().unwrap();
        let said = notice(w, w.wrong_key_more, from, 120_000).unwrap();
        assert!(said.starts_with("2 min ago from 192.168.1.31."), "{said}");
        assert_eq!(notice(w, w.wrong_key_more, from, NOTICE_MS), None);
    }
}
