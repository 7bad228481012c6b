//! What every page has around its own content.

use super::words::{Language, Words, channels, fill, tv};
use crate::people::{Account, Role, Session};
use crate::serve::assets;

/// A person's picture, or their first letter on one of six embers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Face {
    pub(super) letter: String,
    pub(super) hue: u32,
    /// Address of the picture; empty if there is none.
    pub(super) picture: String,
}

impl Face {
    pub(super) fn of(account: &Account) -> Face {
        let first = account.display_name.chars().next();
        Face {
            letter: first.map_or_else(String::new, |c| c.to_uppercase().collect()),
            hue: account.id.0 % 6,
            picture: account.picture.map_or_else(String::new, |hash| {
                format!("/pictures/{}/{hash}", account.name)
            }),
        }
    }
}

/// Who looks at the page.
#[derive(Clone, Debug)]
pub(super) struct Me {
    pub(super) face: Face,
    pub(super) label: String,
    /// NAME.
    pub(super) name: String,
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
    /// The id of the last event that this page knows of: it is told what follows.
    pub(super) told: String,
    /// NAMEs that its visitor follows, with spaces between.
    pub(super) followed: String,
    /// Where this page is had without sending a form; empty: at its own address.
    pub(super) here: String,
}

impl Frame {
    pub(super) fn new(language: Language, session: Option<&Session>, tab: &'static str) -> Frame {
        let w = language.words();
        let me = session.map(|session| Me {
            face: Face::of(&session.account),
            name: session.account.name.clone(),
            label: fill(w.account_of, &[("name", &session.account.display_name)]),
            role: session.account.role,
        });
        Frame {
            w,
            language,
            me,
            tab,
            form_token: session.map_or_else(String::new, |s| s.form_token.clone()),
            told: String::new(),
            followed: String::new(),
            here: String::new(),
        }
    }

    pub(super) fn tag(&self) -> &'static str {
        self.language.tag()
    }

    /// Words about channels.
    pub(super) fn s(&self) -> &'static channels::Words {
        channels::Words::of(self.language)
    }

    /// Words of TV pages and of the player's further controls.
    pub(super) fn tv(&self) -> &'static tv::Words {
        tv::Words::of(self.language)
    }

    pub(super) fn is_chinese(&self) -> bool {
        self.language == Language::Chinese
    }

    /// What stands between two sentences: Chinese has its space in the full stop.
    pub(super) fn between_sentences(&self) -> &'static str {
        if self.is_chinese() { "" } else { " " }
    }

    /// "Go live" is offered to those who may, and to those who have not said yet who they are.
    pub(super) fn may_publish(&self) -> bool {
        self.me.as_ref().is_none_or(|me| me.role.may_publish())
    }

    /// Who looks is one of those who comment, unless somebody has muted them.
    pub(super) fn may_comment(&self) -> bool {
        self.me.as_ref().is_some_and(|me| me.role.may_comment())
    }

    /// Who looks runs the house.
    pub(super) fn is_owner(&self) -> bool {
        self.me.as_ref().is_some_and(|me| me.role == Role::Owner)
    }

    /// NAME of who is logged in; empty if nobody is.
    pub(super) fn visitor(&self) -> &str {
        self.me.as_ref().map_or("", |me| &me.name)
    }

    pub(super) fn asset(&self, name: &str) -> &'static str {
        assets::url(name)
    }
}

/// The `lang` of a text that is Chinese beyond doubt; empty for any other.
pub(super) fn lang_of(text: &str) -> &'static str {
    let is_han = |c: &char| matches!(*c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{20000}'..='\u{323af}');
    let is_other = |c: &char| matches!(*c, '\u{3040}'..='\u{30ff}' | '\u{ac00}'..='\u{d7af}');
    let han = text.chars().filter(is_han).count();
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    match han * 3 > letters && !text.chars().any(|c| is_other(&c)) {
        true => "zh-CN",
        false => "",
    }
}

/// "42 min", "1 h 5 min"; the first minute counts as one.
pub(super) fn duration(w: &Words, ms: u64) -> String {
    let minutes = (ms / 60_000).max(1);
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
    fn chinese_is_told_from_what_only_looks_like_it() {
        assert_eq!(lang_of("好漂亮的碗，可以给我留一个吗？"), "zh-CN");
        assert_eq!(lang_of("妈妈的 live"), "zh-CN");
        assert_eq!(lang_of("Which clay is that?"), "");
        assert_eq!(lang_of("漢字とかな"), "");
        assert_eq!(lang_of("🍲 123"), "");
    }

    #[test]
    fn durations_read_as_one_says_them() {
        let w = Language::English.words();
        assert_eq!(duration(w, 0), "1 min");
        assert_eq!(duration(w, 42 * 60_000 + 59_999), "42 min");
        assert_eq!(duration(w, 65 * 60_000), "1 h 5 min");
        assert_eq!(ago(w, 59_999), "just now");
        assert_eq!(ago(Language::Chinese.words(), 120_000), "2 分钟前");
    }
}
