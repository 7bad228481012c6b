//! What every page has around its own content.

use super::words::{Language, Words, fill};
use crate::people::{Account, Role, Session};
use crate::serve::assets;

/// The first letter of a person on one of six embers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Face {
    pub(super) letter: String,
    pub(super) hue: u32,
}

impl Face {
    pub(super) fn of(account: &Account) -> Face {
        let first = account.display_name.chars().next();
        Face {
            letter: first.map_or_else(String::new, |c| c.to_uppercase().collect()),
            hue: account.id.0 % 6,
        }
    }
}

/// Who looks at the page.
#[derive(Clone, Debug)]
pub(super) struct Me {
    pub(super) face: Face,
    pub(super) label: String,
    role: Role,
}

/// See the module.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    pub(super) w: &'static Words,
    language: Language,
    pub(super) me: Option<Me>,
    /// Which tab is the current one.
    pub(super) tab: &'static str,
    /// What forms carry; empty without a session.
    pub(super) form_token: String,
}

impl Frame {
    pub(super) fn new(language: Language, session: Option<&Session>, tab: &'static str) -> Frame {
        let w = language.words();
        let me = session.map(|session| Me {
            face: Face::of(&session.account),
            label: fill(w.account_of, &[("name", &session.account.display_name)]),
            role: session.account.role,
        });
        Frame {
            w,
            language,
            me,
            tab,
            form_token: session.map_or_else(String::new, |s| s.form_token.clone()),
        }
    }

    pub(super) fn tag(&self) -> &'static str {
        self.language.tag()
    }

    pub(super) fn is_chinese(&self) -> bool {
        self.language == Language::Chinese
    }

    /// "Go live" is offered to those who may, and to those who have not said yet who they are.
    pub(super) fn may_publish(&self) -> bool {
        self.me.as_ref().is_none_or(|me| me.role.may_publish())
    }

    pub(super) fn asset(&self, name: &str) -> &'static str {
        assets::url(name)
    }
}

/// "42 min", "1 h 5 min".
pub(super) fn duration(w: &Words, ms: u64) -> String {
    let minutes = ms / 60_000;
    let (hours, rest) = ((minutes / 60).to_string(), (minutes % 60).to_string());
    if minutes < 60 {
        fill(w.minutes, &[("m", &rest)])
    } else {
        fill(w.hours, &[("h", &hours), ("m", &rest)])
    }
}

/// "just now", "2 min ago".
pub(super) fn ago(w: &Words, ms: u64) -> String {
    match ms / 60_000 {
        0 => w.ago_now.to_owned(),
        minutes => fill(w.ago_minutes, &[("m", &minutes.to_string())]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_one_says_them() {
        let w = Language::English.words();
        assert_eq!(duration(w, 0), "0 min");
        assert_eq!(duration(w, 42 * 60_000 + 59_999), "42 min");
        assert_eq!(duration(w, 65 * 60_000), "1 h 5 min");
        assert_eq!(ago(w, 59_999), "just now");
        assert_eq!(ago(Language::Chinese.words(), 120_000), "2 分钟前");
    }
}
