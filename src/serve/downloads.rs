//! Large files that pages give out (a backup, all that is kept about a person): a page prepares one, the edge streams it to
//! whoever brings its one-time ticket. Nothing of a file is kept; it is written while it is sent.

use super::tickets::Tickets;
use crate::limits::http::{DOWNLOAD_TICKET_MS, DOWNLOADS_OFFERED};
use crate::time::Mono;
use std::fmt;
use std::io::{self, Write};

/// Writes the file; called once, on a thread that may block.
pub type WriteFile = Box<dyn FnOnce(&mut dyn Write) -> io::Result<()> + Send>;

/// A file that somebody may fetch once.
pub struct Download {
    /// What a browser saves it as.
    pub file_name: &'static str,
    /// Its media type.
    pub content_type: &'static str,
    /// Its content.
    pub write: WriteFile,
}

impl fmt::Debug for Download {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Download")
            .field("file_name", &self.file_name)
            .finish_non_exhaustive()
    }
}

/// See the module.
#[derive(Debug)]
pub struct Downloads(Tickets<Download>);

impl Default for Downloads {
    fn default() -> Downloads {
        Downloads(Tickets::new(DOWNLOADS_OFFERED, DOWNLOAD_TICKET_MS))
    }
}

impl Downloads {
    /// Offers a file for a minute; its ticket, or None if the system has no random bytes. At the bound the oldest offer is
    /// forgotten.
    pub fn offer(&self, download: Download, now: Mono) -> Option<String> {
        self.0.offer(download, now)
    }

    /// What a ticket is for; it counts once.
    pub fn take(&self, ticket: &str, now: Mono) -> Option<Download> {
        self.0.take(ticket, now)
    }
}
