//! The stream keys on `/studio`.

use super::studio::{publisher, studio};
use crate::people::{Account, KeyState, KeyText, KeyView};
use crate::serve::ui::accounts::{keys, when};
use crate::serve::ui::addresses::Addresses;
use crate::serve::ui::encoders::{Advice, Ways};
use crate::serve::ui::frame::duration;
use crate::serve::ui::problem::Problem;
use crate::serve::ui::reply::Reply;
use crate::serve::ui::routes::{Access, Visit};
use crate::serve::ui::words::{accounts, fill};

/// A key as the page shows it.
#[derive(Clone, Debug)]
pub(super) struct Key {
    pub(super) id: u32,
    pub(super) label: String,
    /// Grouped; empty if it can't be shown.
    pub(super) text: String,
    /// Its last characters, by which its owner tells it from others.
    pub(super) end: String,
    /// When and from where it was used.
    pub(super) used: String,
    /// How long it works on; empty if it was not replaced.
    pub(super) ends: String,
    /// Its person has paused it.
    pub(super) is_paused: bool,
    pub(super) ways: Ways,
}

impl Key {
    /// A line to type with the key masked.
    pub(super) fn hidden(&self, line: &str) -> String {
        line.replace(&self.text.replace('-', ""), "•••••")
    }

    pub(super) fn label_id(&self) -> String {
        format!("label-{}", self.id)
    }
}

/// A person's keys.
pub(super) fn cards(visit: &Visit<'_>, account: &Account, addresses: &Addresses) -> Vec<Key> {
    let keys = visit.house.people.keys(account.id).into_iter();
    keys.map(|view| card(visit, account, view, addresses))
        .collect()
}

fn card(visit: &Visit<'_>, account: &Account, view: KeyView, addresses: &Addresses) -> Key {
    let text = view.text.as_ref().map(KeyText::grouped).unwrap_or_default();
    let end = text.rsplit('-').next().unwrap_or_default();
    let end = end.get(end.len().saturating_sub(4)..).unwrap_or_default();
    let a = accounts::Words::of(visit.request.language);
    let ends = match view.state {
        KeyState::Ends(minutes) => {
            let time = duration(visit.words(), u64::from(minutes) * 60_000);
            fill(a.key_ends, &[("time", &time)])
        }
        KeyState::Works | KeyState::Paused | KeyState::Idle => String::new(),
    };
    Key {
        ways: Ways::new(
            addresses,
            &text,
            Advice::of(visit.house.settings.machine.as_deref()),
        ),
        id: view.id.0,
        is_paused: view.is_paused,
        used: used(visit, account, &view),
        label: view.label,
        end: end.to_owned(),
        text,
        ends,
    }
}

fn used(visit: &Visit<'_>, account: &Account, view: &KeyView) -> String {
    let a = accounts::Words::of(visit.request.language);
    let live = visit.house.channels.view(&account.name);
    let live = live.filter(|live| live.key == Some(view.id));
    if let Some(from) = live.and_then(|live| live.publisher) {
        return fill(a.used_now, &[("from", &from.to_canonical().to_string())]);
    }
    match &view.last_use {
        None => a.never_used.to_owned(),
        Some(last) => fill(
            a.last_used,
            &[
                ("when", &when::said(visit, last.at)),
                ("from", &last.from.to_string()),
            ],
        ),
    }
}

/// POST /studio/keys/add
pub(in crate::serve::ui) fn add(visit: &Visit<'_>) -> Reply {
    then(visit, "added", |visit| keys::add(visit).map(drop))
}

/// POST /studio/keys/rename
pub(in crate::serve::ui) fn rename(visit: &Visit<'_>) -> Reply {
    then(visit, "renamed", |visit| keys::rename(visit, typed(visit)))
}

/// POST /studio/replace
pub(in crate::serve::ui) fn replace(visit: &Visit<'_>) -> Reply {
    then(visit, "replaced", |visit| {
        let overlap = match visit.field("when") {
            "day" => crate::limits::people::KEY_OVERLAP_MINUTES,
            _ => 0,
        };
        keys::replace(visit, typed(visit), overlap).map(drop)
    })
}

/// POST /studio/keys/remove
pub(in crate::serve::ui) fn remove(visit: &Visit<'_>) -> Reply {
    then(visit, "removed", |visit| keys::remove(visit, typed(visit)))
}

/// POST /studio/keys/pause: `paused` is 1 or 0.
pub(in crate::serve::ui) fn pause(visit: &Visit<'_>) -> Reply {
    let paused = visit.field("paused") == "1";
    let done = if paused { "paused" } else { "resumed" };
    then(visit, done, |visit| {
        keys::pause(visit, typed(visit), paused)
    })
}

/// POST /studio/end
pub(in crate::serve::ui) fn end(visit: &Visit<'_>) -> Reply {
    then(visit, "ended", keys::end_own)
}

/// The number in the form.
fn typed(visit: &Visit<'_>) -> u64 {
    visit.field("key").parse().unwrap_or(0)
}

fn then(
    visit: &Visit<'_>,
    done: &str,
    deed: impl FnOnce(&Visit<'_>) -> Result<(), Problem>,
) -> Reply {
    if publisher(visit).is_none() {
        return super::message::forbidden(visit, Access::Publisher);
    }
    match deed(visit) {
        Ok(()) => Reply::to(&format!("/studio?done={done}")),
        Err(problem) if problem.status == 404 => super::message::not_found(visit),
        Err(problem) => studio(visit, "", Some(problem)),
    }
}
