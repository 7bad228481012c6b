//! What writing, reading and opening can meet. The texts are shown to people.

/// What a write or read can meet; the texts are shown to people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The card refused. After a failed write every later one fails too, until the daemon is started again; reading goes on.
    #[error("the card could not be written: {0}")]
    Io(String),
    /// A stated bound was met.
    #[error("no room for more {0}")]
    Full(&'static str),
    /// A key, row or batch is larger than the store takes.
    #[error("{what} of {got} bytes is too big: at most {limit} are possible")]
    TooBig {
        /// Which of them.
        what: &'static str,
        /// Bytes it has.
        got: usize,
        /// Bytes it may have.
        limit: usize,
    },
    /// A row that the batch requires is not as required; nothing was written.
    #[error("somebody else was faster")]
    Conflict,
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
    /// The card could not be read.
    #[error("the card could not be read: {0}")]
    Read(String),
    /// What the card holds for this key is not what was written.
    #[error("a record of {table} is damaged")]
    Damaged {
        /// The table's name.
        table: &'static str,
    },
}

/// Why a store did not open; the texts are shown to people.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Another daemon has it.
    #[error("another hearth uses {0}")]
    Locked(String),
    /// Reading or making its files failed.
    #[error("cannot open the store in {path}: {reason}")]
    Io {
        /// Directory.
        path: String,
        /// What the system said.
        reason: String,
    },
    /// A newer hearth wrote it. Nothing was changed.
    #[error(
        "the store in {path} was written by a newer hearth ({what}); use that one, or restore a backup from before"
    )]
    Newer {
        /// Directory.
        path: String,
        /// What is newer.
        what: String,
    },
    /// None of its files can be made sense of. Nothing was changed.
    #[error("the store in {path} is damaged: {reason}")]
    Damaged {
        /// Directory.
        path: String,
        /// In what way.
        reason: String,
    },
}
