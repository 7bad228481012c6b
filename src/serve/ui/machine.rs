//! The box itself, as its owner's page shows it: memory, card, temperature, power, what the log said last.

use crate::limits::budget::Budget;
use crate::serve::NetworkName;
use crate::serve::board::Board;
use crate::store::{Stats, Store};
use nix::sys::statvfs::statvfs;
use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The lines that the daemon logged last, oldest first.
pub type RecentLog = Arc<dyn Fn() -> Vec<String> + Send + Sync>;

/// See the module. Made by whoever starts the daemon.
pub struct Machine {
    /// How memory is shared out.
    pub budget: Budget,
    /// Accounts and keys.
    pub store: Arc<Store>,
    /// The folder that the store is in.
    pub data: PathBuf,
    /// The box's name in the network.
    pub name: NetworkName,
    /// Whether the network is told the name.
    pub is_announced: bool,
    /// The addresses by which others reach the box, the surest first.
    pub addresses: fn() -> Vec<IpAddr>,
    /// RAM that the process has, bytes, rings not among them.
    pub resident: fn() -> Option<u64>,
    /// What the log said last.
    pub recent_log: RecentLog,
    /// The card's other system did not come up in three starts, and this one runs in its place.
    pub went_back: bool,
    /// The socket of who writes an update to the card; None: nobody here does.
    pub updates: Option<PathBuf>,
    /// What became of a backup at this start.
    pub restored: Option<Restored>,
    /// Starts the daemon anew, a moment later and in good order.
    pub start_anew: StartAnew,
}

/// See [`Machine::start_anew`].
pub type StartAnew = Arc<dyn Fn() + Send + Sync>;

/// What became of a backup that was to be restored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Restored {
    /// It has taken the place of everything; so many people are in it.
    Done(usize),
    /// Everything is as it was before; why.
    Failed(String),
}

impl fmt::Debug for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Machine")
            .field("name", &self.name.get())
            .finish_non_exhaustive()
    }
}

/// Room on the card, bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Room {
    pub(super) free: u64,
    pub(super) of: u64,
}

impl Machine {
    pub(super) fn store_stats(&self) -> Stats {
        self.store.stats()
    }

    /// What the board tells of itself now.
    pub(super) fn board(&self) -> Board {
        Board::read(Path::new("/"), &self.data)
    }

    /// Names and numbers by which the box is found, the surest last.
    pub(super) fn names(&self) -> Vec<String> {
        let name = self.is_announced.then(|| self.local_name());
        let numbers = (self.addresses)().into_iter().map(|ip| ip.to_string());
        name.into_iter().chain(numbers).collect()
    }

    /// `hearth.local`.
    pub(super) fn local_name(&self) -> String {
        format!("{}.local", self.name.get())
    }

    /// Room where accounts are kept; None if the system does not say.
    pub(super) fn room(&self) -> Option<Room> {
        let volume = statvfs(&self.data).ok()?;
        // These have 32 bits on 32-bit boards.
        let block = volume.fragment_size() as u64;
        Some(Room {
            free: block.saturating_mul(volume.blocks_available() as u64),
            of: block.saturating_mul(volume.blocks() as u64),
        })
    }
}
