//! A newer system for the box: a file that the edge takes in and somebody else writes to the card. What runs stays until the new one
//! has come up.

use crate::serve::ui::json::Json;
use crate::serve::ui::problem::Problem;
use crate::serve::ui::reply::Reply;
use crate::serve::ui::routes::Visit;
use crate::serve::ui::words::update::Words;
use crate::serve::updates::{HandOverError, hand_over};
use crate::serve::uploads::{Received, Upload};
use crate::wire::update_answer::{Answer, Refusal};
use std::io::{self, Read};

/// The word for an update that was taken.
pub(in crate::serve::ui) const TAKEN: &str = "taken";

/// Lets the owner send an update; where to.
pub(in crate::serve::ui) fn offer(visit: &Visit<'_>) -> Result<String, Problem> {
    let w = visit.words();
    let machine = visit.house.settings.machine.as_ref();
    let socket = machine.and_then(|machine| machine.updates.clone());
    let socket = socket.ok_or_else(|| Problem::not_found(w))?;
    let u = Words::of(visit.request.language);
    let read = move |file: &mut dyn Read| {
        let outcome = hand_over(&socket, file);
        // Browsers that are cut off while they send show no answer.
        let _ = io::copy(file, &mut io::sink());
        told(u, &outcome)
    };
    let upload = Upload {
        read: Box::new(read),
    };
    let ticket = visit.house.settings.uploads.offer(upload, visit.now);
    let ticket = ticket.ok_or_else(|| Problem::new(500, "failed", w.failed))?;
    Ok(format!("/upload/{ticket}"))
}

fn told(u: &'static Words, outcome: &Result<Answer, HandOverError>) -> Received {
    let (status, code, page) = summary(outcome);
    let text = said(u, code).unwrap_or_default();
    let body = match outcome {
        Ok(Answer::Taken(version)) => {
            log::warn!("version {version} is on the card: starting again with it");
            Json::object(|json| {
                json.text("version", version);
                json.text("text", text);
            })
        }
        _ => {
            log::warn!("an update was not taken: {code}");
            Json::object(|json| {
                json.text("error", text);
                json.text("code", code);
            })
        }
    };
    Received { status, body, page }
}

/// Status, word for programs, page.
fn summary(outcome: &Result<Answer, HandOverError>) -> (u16, &'static str, &'static str) {
    match outcome {
        Ok(Answer::Taken(_)) => (200, TAKEN, "/admin?update=taken"),
        Ok(Answer::Refused(refusal)) => match refusal {
            Refusal::NotAnUpdate => (422, "not-an-update", "/admin?update=not-an-update"),
            Refusal::OtherBoard => (422, "other-board", "/admin?update=other-board"),
            Refusal::Unsigned => (422, "unsigned", "/admin?update=unsigned"),
            Refusal::TooLarge => (422, "too-large", "/admin?update=too-large"),
            Refusal::CutShort => (422, "cut-short", "/admin?update=cut-short"),
            Refusal::Damaged => (422, "damaged", "/admin?update=damaged"),
            Refusal::Card => (500, "card", "/admin?update=card"),
            Refusal::OnTrial => (409, "on-trial", "/admin?update=on-trial"),
        },
        Err(HandOverError::BrokenOff(_)) => (422, "cut-short", "/admin?update=cut-short"),
        Err(HandOverError::NotTaken(_)) => (503, "not-taken", "/admin?update=not-taken"),
    }
}

/// What became of an update, by its word for programs.
pub(in crate::serve::ui) fn said(u: &'static Words, code: &str) -> Option<&'static str> {
    Some(match code {
        TAKEN => u.taken,
        "not-an-update" => u.not_an_update,
        "other-board" => u.other_board,
        "unsigned" => u.unsigned,
        "too-large" => u.too_large,
        "cut-short" => u.cut_short,
        "damaged" => u.damaged,
        "card" => u.card,
        "on-trial" => u.on_trial,
        "not-taken" => u.not_taken,
        _ => return None,
    })
}

/// POST /api/v1/house/update. Answers `url`: an update is to be sent there (PUT, its bytes as they are), once, within ten minutes.
pub(in crate::serve::ui) fn api_offer(visit: &Visit<'_>) -> Result<Reply, Problem> {
    let url = offer(visit)?;
    Ok(Reply::json(
        201,
        Json::object(|json| json.text("url", &url)),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::ui::words::Language;

    #[test]
    fn everything_that_can_become_of_an_update_has_its_words_on_the_page_that_it_leads_to() {
        let broken = || io::Error::from(io::ErrorKind::BrokenPipe);
        let refusals = [
            Refusal::NotAnUpdate,
            Refusal::OtherBoard,
            Refusal::Unsigned,
            Refusal::TooLarge,
            Refusal::CutShort,
            Refusal::Damaged,
            Refusal::Card,
            Refusal::OnTrial,
        ];
        let refused = refusals.map(|refusal| Ok(Answer::Refused(refusal)));
        let others = [
            Ok(Answer::Taken("1".into())),
            Err(HandOverError::BrokenOff(broken())),
            Err(HandOverError::NotTaken(broken())),
        ];
        for outcome in refused.into_iter().chain(others) {
            let (status, code, page) = summary(&outcome);
            assert_eq!(status == 200, code == TAKEN);
            assert!(page.ends_with(&format!("={code}")), "{page}");
            assert!(said(Words::of(Language::English), code).is_some(), "{code}");
        }
    }
}
