//! Who may hear what.

use crate::people::{AccountId, Role};

/// Who an event is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Everybody on the network.
    Everyone,
    /// Whoever is logged in.
    LoggedIn,
    /// People of the house: whoever is logged in and no guest.
    Members,
    /// One person, on all their pages.
    Account(AccountId),
    /// Pages that show this channel, and may.
    Watching(String),
    /// Pages that show this channel, or ask for its pass-phrase, whether they may watch or not.
    Showing(String),
    /// Whoever holds a pass for this channel, the person whose it is, and the owner of the house.
    Holders(String),
}

/// Who listens, as far as that is known at this moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listener {
    /// Who is logged in.
    pub account: Option<AccountId>,
    /// Their NAME.
    pub name: Option<String>,
    /// What they may do.
    pub role: Option<Role>,
    /// The channel that the page shows; None if its visitor may not watch it.
    pub channel: Option<String>,
    /// The channel that the page shows or would show.
    pub shown: Option<String>,
    /// The channels that its visitor holds passes for.
    pub passes: Vec<String>,
}

/// May `listener` hear what is meant for `audience`?
pub fn may_hear(listener: &Listener, audience: &Audience) -> bool {
    let is = |name: &Option<String>, other: &String| name.as_ref() == Some(other);
    match audience {
        Audience::Everyone => true,
        Audience::LoggedIn => listener.account.is_some(),
        Audience::Members => listener.role.is_some_and(|role| role != Role::Guest),
        Audience::Account(id) => listener.account == Some(*id),
        Audience::Watching(name) => is(&listener.channel, name),
        Audience::Showing(name) => is(&listener.shown, name),
        Audience::Holders(name) => {
            listener.passes.contains(name)
                || is(&listener.name, name)
                || listener.role == Some(Role::Owner)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard_by(listener: &Listener) -> Vec<usize> {
        let audiences = [
            Audience::Everyone,
            Audience::LoggedIn,
            Audience::Members,
            Audience::Account(AccountId(1)),
            Audience::Watching("anna".into()),
            Audience::Holders("anna".into()),
            Audience::Showing("anna".into()),
        ];
        let heard = |(at, audience)| may_hear(listener, audience).then_some(at);
        audiences.iter().enumerate().filter_map(heard).collect()
    }

    fn person(number: u32, name: &str, role: Role) -> Listener {
        Listener {
            account: Some(AccountId(number)),
            name: Some(name.into()),
            role: Some(role),
            ..Listener::default()
        }
    }

    #[test]
    fn everybody_hears_what_is_theirs_and_nothing_else() {
        let stranger = Listener::default();
        assert_eq!(heard_by(&stranger), [0]);
        assert_eq!(heard_by(&person(2, "ben", Role::Guest)), [0, 1]);
        assert_eq!(heard_by(&person(2, "ben", Role::Child)), [0, 1, 2]);
        assert_eq!(heard_by(&person(1, "anna", Role::Member)), [0, 1, 2, 3, 5]);
        assert_eq!(heard_by(&person(3, "zoe", Role::Owner)), [0, 1, 2, 5]);
        let watching = |name: &str| Listener {
            channel: Some(name.into()),
            ..Listener::default()
        };
        assert_eq!(heard_by(&watching("anna")), [0, 4]);
        assert_eq!(heard_by(&watching("ben")), [0]);
        let holder = Listener {
            passes: vec!["ben".into(), "anna".into()],
            ..watching("anna")
        };
        assert_eq!(heard_by(&holder), [0, 4, 5]);
        let locked_out = Listener {
            shown: Some("anna".into()),
            ..Listener::default()
        };
        assert_eq!(heard_by(&locked_out), [0, 6]);
    }
}
