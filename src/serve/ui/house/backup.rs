//! Everything that is kept, as one file.

use crate::serve::downloads::Download;
use crate::serve::ui::json::Json;
use crate::serve::ui::problem::Problem;
use crate::serve::ui::reply::Reply;
use crate::serve::ui::routes::Visit;
use crate::store::Snapshot;
use std::io;

/// Offers a backup; where it is to be fetched.
pub(in crate::serve::ui) fn offer(visit: &Visit<'_>) -> Result<String, Problem> {
    let w = visit.words();
    let machine = visit.house.settings.machine.as_ref();
    let machine = machine.ok_or_else(|| Problem::not_found(w))?;
    let store = machine.data.join("store");
    let download = Download {
        file_name: "hearth-backup.gz",
        content_type: "application/gzip",
        write: Box::new(move |out| {
            let snapshot = Snapshot::open(&store).map_err(io::Error::other)?;
            snapshot.export(out).map(drop).map_err(io::Error::other)
        }),
    };
    let ticket = visit.house.settings.downloads.offer(download, visit.now);
    let ticket = ticket.ok_or_else(|| Problem::new(500, "failed", w.failed))?;
    Ok(format!("/download/{ticket}"))
}

/// POST /api/v1/house/backup
pub(in crate::serve::ui) fn api_offer(visit: &Visit<'_>) -> Result<Reply, Problem> {
    let url = offer(visit)?;
    Ok(Reply::json(
        201,
        Json::object(|json| json.text("url", &url)),
    ))
}
