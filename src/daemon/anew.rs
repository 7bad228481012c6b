//! Starting anew in good order, with a backup that waits to be applied.

use super::StartError;
use crate::people::restore as backup;
use crate::serve::ui::{Restored, StartAnew};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;

/// How long pages still answer once the daemon is to start anew: whoever wanted it is told what happens.
const LAST_WORDS: Duration = Duration::from_secs(3);

/// What follows an orderly stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum After {
    Nothing,
    /// The same program from its beginning: a backup waits to be applied.
    Again,
}

/// Becomes the same program from its beginning; returns only if that can't be.
pub(super) fn begin() -> StartError {
    let error = match std::env::current_exe() {
        Ok(program) => Command::new(program)
            .args(std::env::args_os().skip(1))
            .exec(),
        Err(error) => error,
    };
    StartError::Cannot(format!("cannot start anew: {error}; start hearth again"))
}

/// Applies a backup that was accepted before, if there is one.
pub(super) fn restore(data: &Path, rows: usize) -> Option<Restored> {
    match backup::apply(data, rows) {
        Ok(None) => None,
        Ok(Some(people)) => {
            log::warn!("a backup was restored, with {people} people");
            Some(Restored::Done(people))
        }
        Err(error) => {
            log::error!("the backup could not be restored: {error}");
            Some(Restored::Failed(error.to_string()))
        }
    }
}

/// Lets a page say that it wants this.
pub(super) fn on(again: &Arc<Notify>) -> StartAnew {
    let again = Arc::clone(again);
    Arc::new(move || again.notify_one())
}

/// Returns when a page wants the daemon to start anew, and has had the time to say so.
pub(super) async fn wanted(again: &Notify) {
    again.notified().await;
    tokio::time::sleep(LAST_WORDS).await;
}
