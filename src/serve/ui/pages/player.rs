//! The player inside a page.

use crate::people::{Account, ChannelProfile};
use crate::serve::station::{ChannelView, Phase};
use crate::serve::ui::channel::told;
use crate::serve::ui::routes::Visit;
use crate::serve::ui::words::fill;

/// What the player's template takes.
#[derive(Clone, Debug)]
pub(super) struct Player {
    pub(super) name: String,
    /// Where its media are for this visitor, with a slash at the end.
    pub(super) base: String,
    /// What stands over the picture until the script takes over: `starting`, `reconnecting` or `off`.
    pub(super) state: &'static str,
    pub(super) is_preview: bool,
    pub(super) reconnecting: String,
    pub(super) is_off_air: String,
    /// When it was last live, and who will be told next time.
    pub(super) off_air: String,
    /// The visitor may press Follow on this page.
    pub(super) may_follow: bool,
    pub(super) follow: &'static str,
}

impl Player {
    pub(super) fn new(
        visit: &Visit<'_>,
        channel: &ChannelProfile,
        view: Option<&ChannelView>,
    ) -> Player {
        let (me, id) = (visit.account(), channel.account.id);
        let follows = |me| visit.house.people.follows(me, id);
        Player {
            base: visit.media_base(channel),
            off_air: told::off_air(visit, channel),
            may_follow: me.is_some_and(|me| me.id != id && !follows(me.id)),
            ..Player::of(visit, &channel.account, view)
        }
    }

    /// For the one whose channel it is.
    pub(super) fn preview(
        visit: &Visit<'_>,
        account: &Account,
        view: Option<&ChannelView>,
    ) -> Player {
        let channel = visit.house.people.channel(account.id);
        let base = channel.map(|channel| visit.media_base(&channel));
        Player {
            base: base.unwrap_or_default(),
            is_preview: true,
            ..Player::of(visit, account, view)
        }
    }

    fn of(visit: &Visit<'_>, account: &Account, view: Option<&ChannelView>) -> Player {
        let (w, name) = (visit.words(), account.display_name.as_str());
        Player {
            name: account.name.clone(),
            base: String::new(),
            state: match view.map(|view| view.phase) {
                Some(Phase::Live) => "starting",
                Some(Phase::Grace { .. }) => "reconnecting",
                Some(Phase::Ended) | None => "off",
            },
            is_preview: false,
            reconnecting: fill(w.reconnecting_more, &[("name", name)]),
            is_off_air: fill(w.is_off_air, &[("name", name)]),
            off_air: String::new(),
            may_follow: false,
            follow: visit.say().follow,
        }
    }
}
