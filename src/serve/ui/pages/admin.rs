//! `/admin`: the owner's page.

mod listed;

use super::{addresses, page, page_with, said_of};
use crate::limits::ui::PEOPLE_A_PAGE;
use crate::people::{AccountId, QuietHours};
use crate::serve::ui::addresses::Addresses;
use crate::serve::ui::frame::Frame;
use crate::serve::ui::house::health::{self, Fact, size};
use crate::serve::ui::house::settings::{clock, joining_of, joining_word};
use crate::serve::ui::house::update as newer;
use crate::serve::ui::house::{backup, invitations, people, restore, settings, streams};
use crate::serve::ui::icons;
use crate::serve::ui::machine::Restored;
use crate::serve::ui::problem::Problem;
use crate::serve::ui::reply::Reply;
use crate::serve::ui::routes::Visit;
use crate::serve::ui::words::{accounts, fill, first_run, house, update};
use askama::Template;
use listed::{Fresh, Live, Memory, Open, Row, fresh, live, mbps, memory, open, row};

/// What stands in the form for a new invitation.
struct Invite {
    label: String,
    role: String,
    uses: String,
    days: String,
}

#[derive(Template)]
#[template(path = "admin.html")]
struct Admin {
    f: Frame,
    a: &'static accounts::Words,
    h: &'static house::Words,
    r: &'static first_run::Words,
    /// What is wrong on the card.
    card_problems: Vec<String>,
    done: &'static str,
    form: &'static str,
    problem: Option<Problem>,
    /// Whom the problem is about.
    of_person: u32,
    fresh: Option<Fresh>,
    /// Where a backup is to be sent; empty until the password was told again.
    upload: String,
    u: &'static update::Words,
    /// Whether somebody here looks after a radio.
    has_wifi: bool,
    /// Whether somebody here writes updates to the card.
    takes_updates: bool,
    /// Where an update is to be sent; empty until it was asked for.
    update_to: String,
    /// What became of a backup at this start.
    restored: String,
    is_restored: bool,
    facts: Vec<Fact>,
    weak: bool,
    /// What is said of an update that did not come up.
    went_back: Option<(&'static str, String)>,
    memory: Option<Memory>,
    live: Vec<Live>,
    people: Vec<Row>,
    /// Where a person's forms go, so that the same people are shown after them.
    person_at: String,
    page: usize,
    more: bool,
    invite: Invite,
    open: Vec<Open>,
    joining: &'static str,
    quiet_from: String,
    quiet_to: String,
    offset: i16,
    /// Quiet hours are set, and nobody knows the time.
    lacks_clock: bool,
    /// By which the box is found.
    names: Vec<String>,
    /// Who may use how much memory.
    budget: Vec<(&'static str, String)>,
    mbps: String,
    addresses: Addresses,
    log: Vec<String>,
}

#[derive(Template)]
#[template(path = "restoring.html")]
struct Restoring {
    f: Frame,
    h: &'static house::Words,
}

impl Admin {
    fn said(&self) -> &str {
        said_of(self.problem.as_ref(), "")
    }

    fn said_of(&self, form: &str, field: &str) -> &str {
        let problem = self.problem.as_ref().filter(|_| self.form == form);
        said_of(problem, field)
    }

    /// What is said of a person's bitrate.
    fn said_of_person(&self, id: &u32) -> &str {
        match self.of_person == *id {
            true => self.said_of("person", "most_mbps"),
            false => "",
        }
    }
}

/// What a form brought.
#[derive(Default)]
struct Outcome {
    done: &'static str,
    form: &'static str,
    problem: Option<Problem>,
    fresh: Option<Fresh>,
    /// Where a backup is to be sent.
    upload: String,
    /// Where an update is to be sent.
    update_to: String,
}

/// GET /admin?page=N
pub(in crate::serve::ui) fn show(visit: &Visit<'_>) -> Reply {
    let h = house::Words::of(visit.request.language);
    let restore = visit.request.query.get("restore");
    if restore == "accepted" {
        return page(
            200,
            &Restoring {
                f: visit.frame(""),
                h,
            },
        );
    }
    let problem = restore::said(h, restore).map(|text| Problem::new(422, "restore", text));
    let u = update::Words::of(visit.request.language);
    let word = visit.request.query.get("update");
    let said = newer::said(u, word).filter(|_| word != newer::TAKEN);
    let problem = problem.or_else(|| said.map(|text| Problem::new(422, "update", text)));
    let done = match visit.request.query.get("done") {
        "saved" => h.saved,
        "signed-out" => h.signed_out,
        "deleted" => h.deleted,
        "taken-back" => h.taken_back,
        "ended" => h.stream_ended,
        _ if word == newer::TAKEN => u.taken,
        _ => "",
    };
    admin(
        visit,
        Outcome {
            done,
            problem,
            ..Outcome::default()
        },
    )
}

/// POST /admin/person: `person` and a `deed`.
pub(in crate::serve::ui) fn person(visit: &Visit<'_>) -> Reply {
    let whose = AccountId(visit.field("person").parse().unwrap_or(u32::MAX));
    let done = |outcome: Result<(), Problem>, word: &'static str| outcome.map(|()| word);
    let outcome = match visit.field("deed") {
        "role" => done(people::set_role(visit, whose, visit.field("role")), "saved"),
        "pause" => done(people::pause(visit, whose), "saved"),
        "resume" => done(people::resume(visit, whose), "saved"),
        "mute" => done(people::mute(visit, whose, true), "saved"),
        "unmute" => done(people::mute(visit, whose, false), "saved"),
        "bitrate" => {
            let bound = people::megabits(visit, "most_mbps")
                .and_then(|bits| people::bound(visit, whose, bits));
            done(bound, "saved")
        }
        "sign-out" => done(people::sign_out(visit, whose), "signed-out"),
        "delete" => done(people::delete(visit, whose), "deleted"),
        "reset" => return reset(visit, whose),
        _ => Err(Problem::not_found(visit.words())),
    };
    then(visit, "person", outcome)
}

fn reset(visit: &Visit<'_>, whose: AccountId) -> Reply {
    let h = house::Words::of(visit.request.language);
    match people::reset(visit, whose) {
        Ok(link) => {
            let account = visit.house.people.account(whose);
            let name = account.map_or_else(String::new, |account| account.display_name);
            let words = fill(h.reset_made, &[("name", &name)]);
            let fresh = Some(fresh(visit, words, &format!("/reset/{}", link.secret)));
            admin(
                visit,
                Outcome {
                    fresh,
                    ..Outcome::default()
                },
            )
        }
        Err(problem) => then(visit, "person", Err(problem)),
    }
}

/// POST /admin/invite
pub(in crate::serve::ui) fn invite(visit: &Visit<'_>) -> Reply {
    let h = house::Words::of(visit.request.language);
    match invitations::invite(visit) {
        Ok(link) => {
            let words = h.invitation_made.to_owned();
            let fresh = Some(fresh(visit, words, &format!("/join/{}", link.secret)));
            admin(
                visit,
                Outcome {
                    fresh,
                    ..Outcome::default()
                },
            )
        }
        Err(problem) => then(visit, "invite", Err(problem)),
    }
}

/// POST /admin/uninvite
pub(in crate::serve::ui) fn uninvite(visit: &Visit<'_>) -> Reply {
    let id = visit.field("invitation").parse().unwrap_or(u64::MAX);
    let taken = invitations::take_back(visit, id);
    then(visit, "uninvite", taken.map(|()| "taken-back"))
}

/// POST /admin/update: then there is a field for the file.
pub(in crate::serve::ui) fn send_update(visit: &Visit<'_>) -> Reply {
    match newer::offer(visit) {
        Ok(url) => admin(
            visit,
            Outcome {
                form: "update",
                update_to: url,
                ..Outcome::default()
            },
        ),
        Err(problem) => then(visit, "update", Err(problem)),
    }
}

/// POST /admin/restore: the password; then there is a field for the file.
pub(in crate::serve::ui) fn send_backup(visit: &Visit<'_>) -> Reply {
    match restore::offer(visit) {
        Ok(url) => admin(
            visit,
            Outcome {
                form: "restore",
                upload: url,
                ..Outcome::default()
            },
        ),
        Err(problem) => then(visit, "restore", Err(problem)),
    }
}

/// POST /admin/rules
pub(in crate::serve::ui) fn rules(visit: &Visit<'_>) -> Reply {
    then(
        visit,
        "rules",
        settings::set_by_form(visit).map(|()| "saved"),
    )
}

/// POST /admin/end
pub(in crate::serve::ui) fn end(visit: &Visit<'_>) -> Reply {
    let ended = streams::end(visit, visit.field("name"), visit.field("pause") == "1");
    then(visit, "end", ended.map(|()| "ended"))
}

/// POST /admin/backup
pub(in crate::serve::ui) fn save_backup(visit: &Visit<'_>) -> Reply {
    match backup::offer(visit) {
        Ok(url) => Reply::to(&url),
        Err(problem) => then(visit, "backup", Err(problem)),
    }
}

fn then(visit: &Visit<'_>, form: &'static str, outcome: Result<&'static str, Problem>) -> Reply {
    match outcome {
        Ok(done) => match page_number(visit) {
            0 => Reply::to(&format!("/admin?done={done}")),
            number => Reply::to(&format!("/admin?done={done}&page={number}")),
        },
        Err(problem) => admin(
            visit,
            Outcome {
                form,
                problem: Some(problem),
                ..Outcome::default()
            },
        ),
    }
}

/// Which page of the people is shown.
fn page_number(visit: &Visit<'_>) -> usize {
    visit.request.query.get("page").parse().unwrap_or(0)
}

fn admin(visit: &Visit<'_>, outcome: Outcome) -> Reply {
    let number = page_number(visit);
    let (rows, more) = match people::page_of(visit, number, PEOPLE_A_PAGE) {
        Ok(page) => page,
        Err(_) => return super::message::forbidden(visit, crate::serve::ui::routes::Access::Owner),
    };
    let language = visit.request.language;
    let (house, addresses) = (visit.house.people.house(), addresses(visit));
    let machine = visit.house.settings.machine.as_deref();
    let facts = machine.map(|machine| health::facts(visit, machine, addresses.shown()));
    let facts = facts.unwrap_or_default();
    let restored = machine.and_then(|machine| machine.restored.as_ref());
    let h = house::Words::of(language);
    let quiet =
        |end: fn(QuietHours) -> u16| house.quiet.map_or_else(String::new, |q| clock(end(q)));
    // A form that was refused comes back as it was typed.
    let typed = |form, field, stored: String| match outcome.form == form {
        true => visit.field(field).to_owned(),
        false => stored,
    };
    let joining = typed("rules", "joining", String::new());
    let of_person = visit.field("person").parse().unwrap_or(u32::MAX);
    let mut people: Vec<Row> = rows.iter().map(|person| row(visit, person)).collect();
    if let Some(row) = people.iter_mut().find(|row| row.id == of_person)
        && visit.request.form.has("most_mbps")
    {
        row.mbps = typed("person", "most_mbps", std::mem::take(&mut row.mbps));
    }
    let problem = outcome.problem.clone();
    let template = Admin {
        f: visit.frame("settings"),
        a: accounts::Words::of(language),
        h,
        r: first_run::Words::of(language),
        card_problems: visit.house.settings.problems.clone(),
        done: outcome.done,
        form: outcome.form,
        problem: outcome.problem,
        of_person,
        fresh: outcome.fresh,
        went_back: machine
            .filter(|machine| machine.went_back)
            .map(|_| went_back(visit)),
        u: update::Words::of(language),
        has_wifi: visit
            .house
            .settings
            .wifi
            .as_ref()
            .is_some_and(|socket| socket.exists()),
        takes_updates: machine.is_some_and(|machine| machine.updates.is_some()),
        update_to: outcome.update_to,
        upload: outcome.upload,
        is_restored: matches!(restored, Some(Restored::Done(_))),
        restored: match restored {
            None => String::new(),
            Some(Restored::Done(n)) => fill(h.restore_done, &[("n", &n.to_string())]),
            Some(Restored::Failed(why)) => format!("{} ({why})", h.restore_failed),
        },
        weak: facts.iter().any(|f| f.code == "power" && f.level == "warn"),
        facts,
        memory: machine.map(|machine| memory(visit, machine)),
        live: live(visit),
        people,
        person_at: match number {
            0 => "/admin/person".to_owned(),
            number => format!("/admin/person?page={number}"),
        },
        page: number,
        more,
        invite: Invite {
            label: typed("invite", "label", String::new()),
            role: typed("invite", "role", String::new()),
            uses: typed("invite", "uses", "1".to_owned()),
            days: typed("invite", "days", "1".to_owned()),
        },
        open: open(visit),
        joining: joining_word(joining_of(&joining).unwrap_or(house.joining)),
        quiet_from: typed("rules", "quiet_from", quiet(|quiet| quiet.from)),
        quiet_to: typed("rules", "quiet_to", quiet(|quiet| quiet.to)),
        offset: house.utc_offset_minutes,
        lacks_clock: house.quiet.is_some() && visit.house.people.local_minute(visit.now).is_none(),
        names: machine.map(|machine| machine.names()).unwrap_or_default(),
        budget: machine.map_or_else(Vec::new, |machine| {
            let rows = health::budget(visit, &machine.budget).into_iter();
            rows.map(|(name, bytes)| (name, size(bytes))).collect()
        }),
        mbps: typed("rules", "most_mbps", mbps(house.bitrate_max)),
        addresses,
        log: machine.map(health::log_lines).unwrap_or_default(),
    };
    match problem {
        Some(problem) => page_with(&problem, &template),
        None => page(200, &template),
    }
}

fn went_back(visit: &Visit<'_>) -> (&'static str, String) {
    let u = update::Words::of(visit.request.language);
    let version = [("v", env!("CARGO_PKG_VERSION"))];
    (u.went_back, fill(u.went_back_more, &version))
}
