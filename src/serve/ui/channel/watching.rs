//! Who watches a channel: people by name where they are logged in, all others by number. For whose channel it is, and for owners.

use super::follow::write_person;
use crate::limits::ui::{PEOPLE_A_REPLY, WATCHERS_NAMED};
use crate::people::Account;
use crate::serve::ui::json::Json;
use crate::serve::ui::problem::Problem;
use crate::serve::ui::reply::Reply;
use crate::serve::ui::routes::Visit;
use crate::serve::ui::words::{Language, fill};

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::serve::ui) struct Watching {
    people: Vec<Account>,
    others: usize,
}

impl Watching {
    /// Who watches the channel of this NAME now; beyond [`PEOPLE_A_REPLY`] people are counted only.
    pub(in crate::serve::ui) fn of(visit: &Visit<'_>, name: &str) -> Watching {
        let watchers = visit.house.channels.watchers(name);
        let people = watchers.members.iter();
        let mut people: Vec<Account> = people
            .filter_map(|id| visit.house.people.account(*id))
            .collect();
        let more = people.len().saturating_sub(PEOPLE_A_REPLY);
        people.truncate(PEOPLE_A_REPLY);
        let others = usize::try_from(watchers.others).unwrap_or(usize::MAX);
        Watching {
            people,
            others: others.saturating_add(more),
        }
    }

    /// "Ben, Cleo and 3 others watching".
    pub(in crate::serve::ui) fn text(&self, visit: &Visit<'_>) -> String {
        let s = visit.say();
        let named = self.people.iter().take(WATCHERS_NAMED);
        let names: Vec<&str> = named.map(|person| person.display_name.as_str()).collect();
        let others = self.others + self.people.len() - names.len();
        let sentence = match (names.len(), others) {
            (0, 0) => s.watched_by_nobody,
            (0, 1) => s.watched_by_one,
            (0, _) => s.watched_by_others,
            (_, 0) => s.watched_by,
            (_, 1) => s.watched_by_and_one,
            _ => s.watched_by_and,
        };
        let comma = match visit.request.language {
            Language::English => ", ",
            Language::Chinese => "、",
        };
        let values = [("names", &*names.join(comma)), ("n", &*others.to_string())];
        fill(sentence, &values)
    }
}

/// GET /api/v1/channels/NAME/watchers: `people`, as followers are listed, `others` (how many), and both in a sentence (`text`).
pub(super) fn show(visit: &Visit<'_>) -> Result<Reply, Problem> {
    let (me, channel) = (visit.me()?, visit.channel()?.account);
    if me.id != channel.id && !me.role.runs_the_house() {
        return Err(Problem::forbidden(visit.words()));
    }
    let watching = Watching::of(visit, &channel.name);
    let body = Json::object(|json| {
        json.list("people", &watching.people, write_person);
        json.number("others", i64::try_from(watching.others).unwrap_or(i64::MAX));
        json.text("text", &watching.text(visit));
    });
    Ok(Reply::json(200, body))
}
