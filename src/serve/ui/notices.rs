//! What a streamer is told about encoders that were turned away, for a while: on the studio page and by the API.

use super::frame::ago;
use super::house::settings::clock;
use super::json::Json;
use super::problem::Problem;
use super::reply::Reply;
use super::routes::Visit;
use super::words::{Words, accounts, encoders, fill};
use crate::limits::ui::NOTICE_MS;
use crate::people::{Account, Refusal};
use crate::serve::station::WrongKey;
use crate::time::Mono;
use std::net::IpAddr;

/// One thing that happened lately.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Notice {
    /// In words, with what to do.
    pub(super) text: String,
    /// Which encoder.
    from: IpAddr,
    age_ms: u64,
}

/// See the module; what is older than [`NOTICE_MS`] is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Notices {
    /// An encoder of this person's was turned away although its key works.
    pub(super) turned_away: Option<Notice>,
    /// The last publish with a key that nobody has.
    pub(super) wrong_key: Option<Notice>,
    /// All of them, the newest first, each with how its key begins.
    pub(super) wrong_keys: Vec<Notice>,
    /// Another encoder wants to take over with another key.
    pub(super) already_live: Option<Notice>,
}

impl Notices {
    pub(super) fn of(visit: &Visit<'_>, account: &Account) -> Notices {
        let (w, channels) = (visit.words(), &visit.house.channels);
        let recent = |event: Option<(IpAddr, Mono)>, sentence| {
            let (from, at) = event?;
            notice(w, sentence, from, visit.now.since(at))
        };
        let wrong_keys = channels.wrong_keys();
        let rows = wrong_keys.iter().filter_map(|wrong| row(visit, wrong));
        Notices {
            turned_away: turned_away(visit, account),
            wrong_key: recent(channels.wrong_key(), w.wrong_key_more),
            wrong_keys: rows.collect(),
            already_live: recent(channels.refused_switch(account.id), w.already_live_more),
        }
    }
}

fn row(visit: &Visit<'_>, wrong: &WrongKey) -> Option<Notice> {
    let e = encoders::Words::of(visit.request.language);
    let sentence = match wrong.begins.is_empty() {
        true => e.refused_empty,
        false => e.refused_row,
    };
    let values = [
        ("begins", &*wrong.begins),
        ("ago", "{ago}"),
        ("from", "{from}"),
    ];
    let sentence = fill(sentence, &values);
    notice(
        visit.words(),
        &sentence,
        wrong.address,
        visit.now.since(wrong.at),
    )
}

fn turned_away(visit: &Visit<'_>, account: &Account) -> Option<Notice> {
    let a = accounts::Words::of(visit.request.language);
    let last = visit.house.channels.turned_away(account.id)?;
    let until;
    let sentence = match last.why {
        Refusal::KeyPaused => a.turned_away_paused,
        Refusal::Paused => a.turned_away_by_owner,
        Refusal::Quiet { until: minute } => {
            until = fill(
                a.turned_away_quiet,
                &[
                    ("time", &clock(minute)),
                    ("ago", "{ago}"),
                    ("from", "{from}"),
                ],
            );
            &until
        }
        _ => return None,
    };
    let age_ms = visit.now.since(last.at);
    notice(visit.words(), sentence, last.address, age_ms)
}

fn notice(w: &Words, sentence: &str, from: IpAddr, age_ms: u64) -> Option<Notice> {
    let from = from.to_canonical();
    let values = [("ago", &*ago(w, age_ms)), ("from", &*from.to_string())];
    (age_ms < NOTICE_MS).then(|| Notice {
        text: fill(sentence, &values),
        from,
        age_ms,
    })
}

/// GET /api/v1/studio/notices: `notices`, each with `kind` (`turned_away`: an encoder of one's own although its key works; `already_live`:
/// one with another key, which `POST /api/v1/studio/switch` lets in; `wrong_key`: a key that nobody has), `text` (in words), `from` (its
/// address) and `ago_s` (how long ago, seconds). Old ones are left out.
pub(super) fn list(visit: &Visit<'_>) -> Result<Reply, Problem> {
    let told = Notices::of(visit, visit.me()?);
    let own = [
        ("turned_away", told.turned_away),
        ("already_live", told.already_live),
    ];
    let own = own.into_iter().filter_map(|(kind, it)| Some((kind, it?)));
    let wrong = told.wrong_keys.into_iter().map(|it| ("wrong_key", it));
    let body = Json::object(|json| {
        json.list("notices", own.chain(wrong), |json, (kind, notice)| {
            json.text("kind", kind);
            json.text("text", &notice.text);
            json.text("from", &notice.from.to_string());
            let seconds = notice.age_ms / 1000;
            json.number("ago_s", i64::try_from(seconds).unwrap_or(i64::MAX));
        });
    });
    Ok(Reply::json(200, body))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::ui::words::Language;

    #[test]
    fn old_news_are_not_told() {
        let w = Language::English.words();
        let from = "::ffff:192.168.1.31".parse().unwrap();
        let said = notice(w, w.wrong_key_more, from, 120_000).unwrap().text;
        assert!(said.starts_with("2 min ago from 192.168.1.31."), "{said}");
        assert_eq!(notice(w, w.wrong_key_more, from, NOTICE_MS), None);
    }
}
