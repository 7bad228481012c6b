//! What the owner's page lists: memory, who is live, people, open invitations, and a link that is shown once.

use crate::people::{Person, Role};
use crate::serve::station::Phase;
use crate::serve::ui::accounts::own::role_word;
use crate::serve::ui::accounts::when;
use crate::serve::ui::channel::watching::Watching;
use crate::serve::ui::frame::{Face, duration};
use crate::serve::ui::house::health::{self, size};
use crate::serve::ui::pages::addresses;
use crate::serve::ui::qr::Qr;
use crate::serve::ui::routes::Visit;
use crate::serve::ui::words::{Words, accounts, fill, house};

/// A part of the memory bar; a MiB is one unit wide.
pub(super) struct Part {
    pub(super) at: usize,
    pub(super) name: String,
    pub(super) size: String,
    pub(super) x: u64,
    pub(super) width: u64,
}

pub(super) struct Memory {
    pub(super) used: String,
    pub(super) of: String,
    pub(super) most: u64,
    pub(super) parts: Vec<Part>,
    pub(super) free: String,
    pub(super) room: String,
}

pub(super) struct Live {
    pub(super) name: String,
    pub(super) display_name: String,
    pub(super) state: String,
    pub(super) watching: String,
    pub(super) kbps: String,
}

pub(super) struct Row {
    pub(super) id: u32,
    pub(super) display_name: String,
    pub(super) name: String,
    pub(super) face: Face,
    pub(super) role: &'static str,
    pub(super) role_label: String,
    pub(super) more_label: String,
    pub(super) last_here: String,
    pub(super) may_publish: bool,
    pub(super) is_paused: bool,
    pub(super) is_muted: bool,
    pub(super) mbps: String,
}

pub(super) struct Open {
    pub(super) id: u32,
    pub(super) label: String,
    pub(super) state: String,
}

/// A link that is shown once.
pub(super) struct Fresh {
    pub(super) words: String,
    pub(super) url: String,
    pub(super) by_number: String,
    pub(super) qr: Option<Qr>,
}

pub(super) fn fresh(visit: &Visit<'_>, words: String, path: &str) -> Fresh {
    let addresses = addresses(visit);
    // By number: phones of visitors may not find the name.
    let surest = format!("{}{path}", addresses.surest_page());
    let by_number = match addresses.page_by_number.is_empty() {
        true => String::new(),
        false => surest.clone(),
    };
    Fresh {
        words,
        url: format!("{}{path}", addresses.page),
        by_number,
        qr: Qr::of(&surest),
    }
}

pub(super) fn memory(visit: &Visit<'_>, machine: &crate::serve::ui::Machine) -> Memory {
    let h = house::Words::of(visit.request.language);
    let memory = health::memory(visit, machine);
    let mib = |bytes: u64| bytes >> 20;
    let mut x = 0;
    let mut parts = Vec::with_capacity(memory.parts.len());
    for (at, (name, bytes)) in memory.parts.into_iter().enumerate() {
        let width = mib(bytes).max(1);
        parts.push(Part {
            at: at.min(5),
            name,
            size: size(bytes),
            x,
            width,
        });
        x += width;
    }
    let (channels, viewers) = (
        memory.channels_left.to_string(),
        memory.viewers_left.to_string(),
    );
    let room = match memory.channels_left {
        0 => fill(h.room_viewers, &[("viewers", &viewers)]),
        _ => fill(h.room, &[("channels", &channels), ("viewers", &viewers)]),
    };
    Memory {
        used: size(memory.used),
        of: fill(h.of_in_use, &[("n", &size(memory.most))]),
        most: mib(memory.most).max(x),
        parts,
        free: size(memory.most.saturating_sub(memory.used)),
        room,
    }
}

pub(super) fn live(visit: &Visit<'_>) -> Vec<Live> {
    let (w, h) = (visit.words(), house::Words::of(visit.request.language));
    let views = visit.house.channels.channels().into_iter();
    let live = views.map(|view| {
        let account = visit.house.people.account_named(&view.name);
        let time = duration(w, visit.now.since(view.since));
        let from = view.publisher.map(|from| from.to_canonical().to_string());
        let checkup = visit.house.channels.checkup(&view.name);
        let kbps = checkup.map_or(0, |checkup| checkup.measures.kbps);
        Live {
            display_name: account.map_or_else(|| view.name.clone(), |a| a.display_name),
            state: match (view.phase, from) {
                (Phase::Live, Some(from)) => fill(h.live_from, &[("time", &time), ("from", &from)]),
                _ => h.back_until.to_owned(),
            },
            watching: Watching::of(visit, &view.name).text(visit),
            kbps: match kbps {
                0 => String::new(),
                kbps => format!("{}.{} Mbit/s", kbps / 1_000, kbps % 1_000 / 100),
            },
            name: view.name,
        }
    });
    live.collect()
}

pub(super) fn row(visit: &Visit<'_>, person: &Person) -> Row {
    let (a, h) = (
        accounts::Words::of(visit.request.language),
        house::Words::of(visit.request.language),
    );
    let account = &person.account;
    let name = [("name", account.display_name.as_str())];
    let here = person.last_here.map(|at| when::said(visit, at));
    Row {
        id: account.id.0,
        display_name: account.display_name.clone(),
        name: account.name.clone(),
        face: Face::of(account),
        role: role_word(account.role),
        role_label: fill(h.role_of, &name),
        more_label: fill(h.more_about, &name),
        last_here: here.unwrap_or_else(|| a.never.to_owned()),
        may_publish: account.role.may_publish(),
        is_paused: account.keys_paused,
        is_muted: account.muted,
        mbps: mbps(person.bitrate_max),
    }
}

/// Two days and more are told in days.
fn left(w: &Words, h: &house::Words, minutes: u32) -> String {
    const DAY: u32 = 24 * 60;
    const TWO_DAYS: u32 = 2 * DAY;
    match minutes {
        ..TWO_DAYS => duration(w, u64::from(minutes) * 60_000),
        _ => fill(h.days, &[("n", &((minutes + DAY / 2) / DAY).to_string())]),
    }
}

pub(super) fn open(visit: &Visit<'_>) -> Vec<Open> {
    let (w, h) = (visit.words(), house::Words::of(visit.request.language));
    let me = visit.account().map(|account| account.id);
    let open = me.and_then(|me| visit.house.people.invitations(me, visit.now).ok());
    let open = open.unwrap_or_default().into_iter();
    let open = open.map(|invitation| Open {
        id: invitation.id,
        state: fill(
            h.for_people,
            &[
                ("used", &invitation.used.to_string()),
                ("uses", &invitation.uses.to_string()),
                ("time", &left(w, h, invitation.minutes_left)),
            ],
        ),
        label: match invitation.label.is_empty() {
            true => role_name(h, invitation.role).to_owned(),
            false => invitation.label,
        },
    });
    open.collect()
}

fn role_name(h: &'static house::Words, role: Role) -> &'static str {
    match role {
        Role::Owner => h.owner,
        Role::Member => h.member,
        Role::Guest => h.guest,
        Role::Child => h.child,
    }
}

/// Bits/s as Mbit/s to a hundredth, without what says nothing; empty for none.
pub(super) fn mbps(bits: Option<u32>) -> String {
    let text = bits.map(|bits| format!("{:.2}", f64::from(bits) / 1e6));
    let text = text.unwrap_or_default();
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}
