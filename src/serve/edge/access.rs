//! Channels that are not open to the whole household: their media are asked for with a token in the path, so that relative URIs
//! inherit it.

use super::live::{Live, Visibility};

/// What whoever has no pass reads, for every such channel alike: nothing says whether it is live.
pub const REFUSAL: &str = "This channel is not open to you.\n";

/// What begins a token in a path: no NAME and no file does.
const MARK: char = '~';

/// What stands behind `/live/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LivePath<'p> {
    pub(super) name: &'p str,
    pub(super) token: Option<&'p str>,
    pub(super) file: &'p str,
}

impl<'p> LivePath<'p> {
    /// Splits `NAME/FILE` or `NAME/~TOKEN/FILE`.
    pub(super) fn split(rest: &'p str) -> Option<LivePath<'p>> {
        let (name, rest) = rest.split_once('/')?;
        let (token, file) = match rest.strip_prefix(MARK) {
            Some(rest) => {
                let (token, file) = rest.split_once('/')?;
                (Some(token), file)
            }
            None => (None, rest),
        };
        Some(LivePath { name, token, file })
    }
}

/// Whether a path has a token in it, right or wrong.
pub(super) fn has_token(path: &str) -> bool {
    path.strip_prefix("/live/")
        .and_then(LivePath::split)
        .is_some_and(|path| path.token.is_some())
}

/// May somebody with this token, if any, watch the channel? Open ones ask for none. Waits for nothing.
pub fn admits(live: &dyn Live, name: &str, token: Option<&str>) -> bool {
    live.visibility(name) == Visibility::Household
        || token.is_some_and(|token| live.has_pass(name, token))
}

/// What an RTMP player asks for: `NAME` or `NAME?t=TOKEN`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlayName<'p> {
    /// The channel.
    pub name: &'p str,
    /// The token, for [`admits`].
    pub token: Option<&'p str>,
}

impl<'p> PlayName<'p> {
    /// Splits a play command's stream name.
    pub fn parse(text: &'p str) -> PlayName<'p> {
        let (name, query) = text.split_once('?').unwrap_or((text, ""));
        let token = query
            .split('&')
            .find_map(|pair| pair.strip_prefix("t="))
            .filter(|token| !token.is_empty());
        PlayName { name, token }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_found_between_name_and_file_and_nowhere_else() {
        let split = |rest| LivePath::split(rest).map(|path| (path.name, path.token, path.file));
        assert_eq!(split("ann/index.m3u8"), Some(("ann", None, "index.m3u8")));
        assert_eq!(
            split("ann/~abc/s1.m4s"),
            Some(("ann", Some("abc"), "s1.m4s"))
        );
        assert_eq!(split("ann/~abc"), None);
        assert_eq!(split("ann/~/x"), Some(("ann", Some(""), "x")));
        assert_eq!(split("ann"), None);
        assert!(has_token("/live/ann/~abc/x"));
        assert!(!has_token("/live/ann/x~y"));
        assert!(!has_token("/assets/ann/~abc/x"));
    }

    #[test]
    fn a_player_names_channel_and_token() {
        let parse = |text| {
            let play = PlayName::parse(text);
            (play.name, play.token)
        };
        assert_eq!(parse("ann"), ("ann", None));
        assert_eq!(parse("ann?t=abc"), ("ann", Some("abc")));
        assert_eq!(parse("ann?x=1&t=abc"), ("ann", Some("abc")));
        assert_eq!(parse("ann?t="), ("ann", None));
    }
}
