//! Large files that pages take in (a backup): a page prepares to take one, the edge streams it from whoever brings the one-time ticket.

use super::tickets::Tickets;
use crate::limits::http::{UPLOAD_TICKET_MS, UPLOADS_OFFERED};
use crate::time::Mono;
use std::fmt;
use std::io::Read;

/// Reads the file to its end; called once, on a thread that may block. A file that breaks off is an error of its reader.
pub type ReadFile = Box<dyn FnOnce(&mut dyn Read) -> Received + Send>;

/// What became of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// HTTP status for programs.
    pub status: u16,
    /// JSON for programs.
    pub body: String,
    /// Where a browser goes.
    pub page: &'static str,
}

/// A file that somebody may send once.
pub struct Upload {
    /// Takes it.
    pub read: ReadFile,
}

impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upload").finish_non_exhaustive()
    }
}

/// See the module.
#[derive(Debug)]
pub struct Uploads(Tickets<Upload>);

impl Default for Uploads {
    fn default() -> Uploads {
        Uploads(Tickets::new(UPLOADS_OFFERED, UPLOAD_TICKET_MS))
    }
}

impl Uploads {
    /// Waits ten minutes for a file; the ticket to bring, or None if the system has no random bytes. At the bound the oldest is
    /// forgotten.
    pub fn offer(&self, upload: Upload, now: Mono) -> Option<String> {
        self.0.offer(upload, now)
    }

    /// What a ticket is for; it counts once.
    pub fn take(&self, ticket: &str, now: Mono) -> Option<Upload> {
        self.0.take(ticket, now)
    }
}
