//! A backup in the place of everything that is kept: the password again, then the file, which the edge takes in; all of it is checked
//! before anything is replaced, and the box starts anew with it.

use crate::people::{RestoreError, restore};
use crate::serve::ui::accounts::refusals;
use crate::serve::ui::json::Json;
use crate::serve::ui::problem::Problem;
use crate::serve::ui::reply::Reply;
use crate::serve::ui::routes::Visit;
use crate::serve::ui::words::{fill, house};
use crate::serve::uploads::{Received, Upload};
use crate::store::TransferError;
use std::io::{self, Read};
use std::sync::Arc;

/// Where a browser goes with a backup that was accepted.
const ACCEPTED: &str = "/admin?restore=accepted";

/// Lets who tells their `password` again send a backup; where to.
pub(in crate::serve::ui) fn offer(visit: &Visit<'_>) -> Result<String, Problem> {
    let (w, id, people) = (visit.words(), visit.me()?.id, &visit.house.people);
    let machine = visit.house.settings.machine.as_ref();
    let machine = Arc::clone(machine.ok_or_else(|| Problem::not_found(w))?);
    let password = visit.field("password");
    let confirmed = people.confirm_password(id, password, visit.request.peer, visit.now);
    confirmed.map_err(|error| refusals::of_log_in(visit, &error, w.wrong_password))?;
    let h = house::Words::of(visit.request.language);
    let read = move |file: &mut dyn Read| {
        let received = restore::receive(&machine.data, file, machine.budget.store_rows);
        // Browsers that are cut off while they send show no answer.
        let _ = io::copy(file, &mut io::sink());
        if received.is_ok() {
            log::warn!("a backup was accepted: starting anew with it");
            (machine.start_anew)();
        }
        told(h, received)
    };
    let upload = Upload {
        read: Box::new(read),
    };
    let ticket = visit.house.settings.uploads.offer(upload, visit.now);
    let ticket = ticket.ok_or_else(|| Problem::new(500, "failed", w.failed))?;
    Ok(format!("/upload/{ticket}"))
}

fn told(h: &'static house::Words, received: Result<usize, RestoreError>) -> Received {
    match received {
        Ok(people) => Received {
            status: 200,
            body: Json::object(|json| {
                json.number("people", i64::try_from(people).unwrap_or(i64::MAX));
                json.text("text", &accepted(h, people));
            }),
            page: ACCEPTED,
        },
        Err(error) => {
            log::warn!("a backup was not taken: {error}");
            let (status, code, page) = refusal(&error);
            let text = said(h, code).unwrap_or_default();
            let problem = Json::object(|json| {
                json.text("error", text);
                json.text("code", code);
            });
            Received {
                status,
                body: problem,
                page,
            }
        }
    }
}

fn accepted(h: &'static house::Words, people: usize) -> String {
    fill(h.restore_accepted, &[("n", &people.to_string())])
}

/// Status, word for programs, page.
fn refusal(error: &RestoreError) -> (u16, &'static str, &'static str) {
    match error {
        RestoreError::Backup(TransferError::Newer(_)) => (422, "newer", "/admin?restore=newer"),
        RestoreError::Backup(TransferError::NoExport(_)) => {
            (422, "damaged", "/admin?restore=damaged")
        }
        // A file that broke off on its way.
        RestoreError::Card(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            (422, "damaged", "/admin?restore=damaged")
        }
        RestoreError::TooLarge => (413, "too_large", "/admin?restore=too_large"),
        RestoreError::NoOwner => (422, "no_owner", "/admin?restore=no_owner"),
        RestoreError::UnderWay => (409, "under_way", "/admin?restore=under_way"),
        _ => (500, "not_saved", "/admin?restore=not_saved"),
    }
}

/// Why a backup was not taken, by its word for programs.
pub(in crate::serve::ui) fn said(h: &'static house::Words, code: &str) -> Option<&'static str> {
    Some(match code {
        "newer" => h.restore_newer,
        "damaged" => h.restore_damaged,
        "too_large" => h.restore_too_large,
        "no_owner" => h.restore_no_owner,
        "under_way" => h.restore_under_way,
        "not_saved" => h.restore_not_saved,
        _ => return None,
    })
}

/// POST /api/v1/house/restore with `password`. Answers `url`: a backup is to be sent there (PUT, its bytes as they are), once, within
/// ten minutes.
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
    fn every_refusal_has_its_words_on_the_page_that_it_leads_to() {
        let errors = [
            RestoreError::TooLarge,
            RestoreError::NoOwner,
            RestoreError::UnderWay,
            RestoreError::Backup(TransferError::Newer(String::new())),
            RestoreError::Backup(TransferError::NoExport("")),
            RestoreError::Card(std::io::ErrorKind::UnexpectedEof.into()),
            RestoreError::Card(std::io::ErrorKind::StorageFull.into()),
        ];
        for error in errors {
            let (status, code, page) = refusal(&error);
            assert!(status >= 400);
            assert!(page.ends_with(&format!("={code}")), "{page}");
            assert!(said(house::Words::of(Language::English), code).is_some());
        }
    }
}
