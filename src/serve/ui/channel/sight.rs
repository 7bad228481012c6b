//! Which channels a visitor sees, and by which address their media are asked for.

use crate::limits::people::{PASS_MINUTES, PASS_TOKEN_MAX};
use crate::people::{Access, Account, ChannelProfile, Visibility};
use crate::serve::ui::PASS_COOKIE;
use crate::serve::ui::reply::Reply;
use crate::serve::ui::routes::Visit;

/// What a visitor sees of a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::serve::ui) enum Sight {
    /// All of it.
    Open,
    /// The question for its pass-phrase.
    Locked,
    /// Nothing, not even that it is there.
    Hidden,
}

impl Visit<'_> {
    /// What this visitor sees of a channel.
    pub(in crate::serve::ui) fn sight(&self, channel: &Account) -> Sight {
        match self.house.people.may_see(self.account(), channel.id) {
            Access::Open => Sight::Open,
            Access::NeedsPass if self.held_pass(channel).is_some() => Sight::Open,
            Access::NeedsPass => Sight::Locked,
            Access::MembersOnly => Sight::Hidden,
        }
    }

    pub(in crate::serve::ui) fn may_watch(&self, channel: &ChannelProfile) -> bool {
        self.sight(&channel.account) == Sight::Open
    }

    /// The token by which this visitor's pages ask for a channel's media; None if it needs none, or they may not.
    pub(in crate::serve::ui) fn media_pass(&self, channel: &ChannelProfile) -> Option<String> {
        if channel.visibility == Visibility::Household {
            return None;
        }
        let (people, channel) = (&self.house.people, &channel.account);
        people
            .watch_pass(self.account(), channel, self.now)
            .or_else(|| self.held_pass(channel).map(str::to_owned))
    }

    /// Where a channel's media are for this visitor, with a slash at the end.
    pub(in crate::serve::ui) fn media_base(&self, channel: &ChannelProfile) -> String {
        let name = &channel.account.name;
        match self.media_pass(channel) {
            Some(pass) => format!("/live/{name}/~{pass}/"),
            None => format!("/live/{name}/"),
        }
    }

    /// The pass for a channel's pass-phrase that came along, as a cookie or as `?pass=`, if it counts.
    fn held_pass(&self, channel: &Account) -> Option<&str> {
        let asked = Some(self.request.query.get("pass"));
        let kept = self.request.cookie(&cookie_name(&channel.name));
        let held = [asked, kept].into_iter().flatten();
        let mut held = held.filter(|pass| !pass.is_empty() && pass.len() <= PASS_TOKEN_MAX);
        held.find(|pass| self.house.people.may_watch(&channel.name, pass, self.now))
    }
}

/// Lets the browser keep a pass as long as it counts.
pub(super) fn keep_pass(reply: Reply, channel: &Account, pass: &str) -> Reply {
    let (name, seconds) = (cookie_name(&channel.name), u64::from(PASS_MINUTES) * 60);
    reply.with(
        "Set-Cookie",
        format!("{name}={pass}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax"),
    )
}

fn cookie_name(channel: &str) -> String {
    format!("{PASS_COOKIE}{channel}")
}
