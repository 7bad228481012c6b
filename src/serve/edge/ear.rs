//! Who asks for `/events`: what the request said of itself, and what that is worth at a given moment.

use super::live::Live;
use super::route::is_name;
use crate::limits::events::PASSES_MAX;
use crate::limits::people::{PASS_TOKEN_MAX, SESSION_TOKEN_MAX};
use crate::serve::events::{Listener, Place, may_hear};
use crate::serve::ui::{PASS_COOKIE, SESSION_COOKIE};
use crate::wire::http::Request;

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Ear {
    /// The last event that the page was told: `Last-Event-ID`, or `?after=`. An id that is none of ours is a place in no
    /// life of the daemon.
    pub(super) after: Option<Place>,
    session: Option<Box<str>>,
    channel: Option<Box<str>>,
    /// NAMEs and the passes for them: of the address, and those that the browser keeps.
    passes: Vec<(Box<str>, Box<str>)>,
}

/// Behind nothing that was ever told.
const NOWHERE: Place = Place {
    boot: 0,
    number: u64::MAX,
};

impl Ear {
    /// What the request says.
    pub(super) fn of(request: &Request<'_>) -> Ear {
        let query = request.target.query;
        let last = request
            .text("last-event-id")
            .filter(|id| !id.is_empty())
            .or_else(|| parameter(query, "after"));
        let bounded = |text: &&str, most: usize| !text.is_empty() && text.len() <= most;
        let channel = parameter(query, "channel").filter(|name| is_name(name));
        let asked = channel.zip(parameter(query, "pass"));
        let kept = cookies(request)
            .filter_map(|(key, pass)| Some((key.strip_prefix(PASS_COOKIE)?, pass)))
            .filter(|(name, _)| is_name(name))
            .take(PASSES_MAX);
        let passes = asked.into_iter().chain(kept);
        let passes = passes.filter(|(_, pass)| bounded(pass, PASS_TOKEN_MAX));
        Ear {
            after: last.map(|id| Place::parse(id).unwrap_or(NOWHERE)),
            session: cookie(request, SESSION_COOKIE)
                .filter(|token| bounded(token, SESSION_TOKEN_MAX))
                .map(Box::from),
            channel: channel.map(Box::from),
            passes: passes
                .map(|(name, pass)| (name.into(), pass.into()))
                .collect(),
        }
    }

    /// What that is worth now.
    pub(super) fn listener(&self, live: &dyn Live) -> Listener {
        let account = self
            .session
            .as_deref()
            .and_then(|session| live.account(session));
        let mut listener = Listener::default();
        if let Some(account) = account {
            listener.account = Some(account.id);
            listener.name = Some(account.name);
            listener.role = Some(account.role);
        }
        let held = self.passes.iter();
        let held = held.filter(|(name, pass)| live.has_pass(name, pass));
        listener.passes = held.map(|(name, _)| name.to_string()).collect();
        let Some(channel) = &self.channel else {
            return listener;
        };
        listener.shown = Some(channel.to_string());
        let held = listener.passes.iter().any(|name| **name == **channel);
        let who = live.visibility(channel).audience(channel);
        let may_see = held || may_hear(&listener, &who);
        listener.channel = may_see.then(|| channel.to_string());
        listener
    }
}

/// The first value of a query's parameter, if it needs no decoding: none of ours does.
fn parameter<'q>(query: &'q str, name: &str) -> Option<&'q str> {
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value)
        .filter(|value| !value.is_empty())
}

/// The value of a cookie.
pub(super) fn cookie<'b>(request: &Request<'b>, name: &str) -> Option<&'b str> {
    let mut pairs = cookies(request);
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
}

/// All cookies, name and value.
fn cookies<'b>(request: &Request<'b>) -> impl Iterator<Item = (&'b str, &'b str)> {
    let fields = request.values("cookie");
    let texts = fields.filter_map(|field| str::from_utf8(field).ok());
    texts
        .flat_map(|text| text.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ear(target: &str, fields: &str) -> Ear {
        let text = format!("GET {target} HTTP/1.1\r\nHost: hearth\r\n{fields}\r\n");
        Ear::of(&Request::read(text.as_bytes()).unwrap().unwrap().0)
    }

    #[test]
    fn what_a_page_says_is_read_and_what_is_too_long_is_not() {
        let all = ear(
            "/events?channel=anna&pass=TOKEN&after=00000001-5",
            "Cookie: a=b; hearth_session=abc\r\n",
        );
        assert_eq!(all.after, Some(Place { boot: 1, number: 5 }));
        assert_eq!(all.session.as_deref(), Some("abc"));
        assert_eq!(all.channel.as_deref(), Some("anna"));
        assert_eq!(all.passes, [("anna".into(), "TOKEN".into())]);
        let long = "x".repeat(200);
        let none = ear(
            &format!("/events?channel=../x&pass={long}&after="),
            &format!("Cookie: hearth_session={long}; hearth_pass_ben={long}; hearth_pass_/=x\r\n"),
        );
        assert_eq!(none, Ear::default());
        let many: Vec<String> = (0..100).map(|n| format!("hearth_pass_c{n}=x")).collect();
        let many = ear("/events", &format!("Cookie: {}\r\n", many.join("; ")));
        assert_eq!(many.passes.len(), PASSES_MAX);
    }

    #[test]
    fn the_header_that_browsers_send_counts_before_the_address() {
        let again = ear("/events?after=00000001-5", "Last-Event-ID: 00000001-9\r\n");
        assert_eq!(again.after, Some(Place { boot: 1, number: 9 }));
        assert_eq!(ear("/events?after=junk", "").after, Some(NOWHERE));
    }
}
