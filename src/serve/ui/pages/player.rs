//! The player inside a page.

use crate::people::Account;
use crate::serve::station::{ChannelView, Phase};
use crate::serve::ui::words::{Words, fill};

/// What the player's template takes.
#[derive(Clone, Debug)]
pub(super) struct Player {
    pub(super) name: String,
    /// What stands over the picture until the script takes over: `starting`, `reconnecting` or `off`.
    pub(super) state: &'static str,
    pub(super) is_preview: bool,
    pub(super) reconnecting: String,
    pub(super) is_off_air: String,
}

impl Player {
    pub(super) fn new(w: &Words, account: &Account, view: Option<&ChannelView>) -> Player {
        let name = account.display_name.as_str();
        Player {
            name: account.name.clone(),
            state: match view.map(|view| view.phase) {
                Some(Phase::Live) => "starting",
                Some(Phase::Grace { .. }) => "reconnecting",
                Some(Phase::Ended) | None => "off",
            },
            is_preview: false,
            reconnecting: fill(w.reconnecting_more, &[("name", name)]),
            is_off_air: fill(w.is_off_air, &[("name", name)]),
        }
    }

    pub(super) fn preview(w: &Words, account: &Account, view: Option<&ChannelView>) -> Player {
        Player {
            is_preview: true,
            ..Player::new(w, account, view)
        }
    }
}
