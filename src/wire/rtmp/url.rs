//! Where the key stands: what encoders make of the URL that a person typed.
//!
//! Encoders split a URL into `app`, `tcUrl` and a publish name in many ways; a query, a trailing slash or a password
//! may be in any of them. One rule reads them all.
use crate::limits::rtmp::MAX_NAME;

/// What `app`, `tcUrl` and a publish or play name say together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Address {
    /// Path segments before the key, joined by `/`.
    pub app: String,
    /// The key, or the name of the channel to play. Empty if none was given.
    pub key: String,
    /// The query of the name, without its `?`.
    pub query: String,
}

impl Address {
    /// Takes the key from, in this order: `?key=` behind the name, the password in `tc_url`, the last segment of
    /// the name, `?key=` behind the app, the last segment of the app.
    pub fn parse(app: &str, tc_url: &str, name: &str) -> Address {
        let (name_path, name_query) = split_query(name);
        let (app_path, app_query) = split_query(app);
        let mut app_segments = segments(app_path);
        let mut name_segments = segments(name_path);
        let last_of_name = name_segments.pop();
        let given = query_key(name_query)
            .or_else(|| password(tc_url))
            .or(last_of_name)
            .or_else(|| query_key(app_query))
            .or_else(|| query_key(split_query(unquote(tc_url)).1));
        let key = given.or_else(|| app_segments.pop()).unwrap_or_default();
        app_segments.append(&mut name_segments);
        Address {
            app: bounded(&app_segments.join("/")),
            key: bounded(&key),
            query: bounded(name_query),
        }
    }
}

/// What stands in a list of `&`-separated `name=value` pairs.
pub fn query_value<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    query.split('&').find_map(|pair| {
        pair.split_once('=')
            .filter(|(known, _)| *known == name)
            .map(|(_, value)| value)
    })
}

fn query_key(query: &str) -> Option<String> {
    query_value(query, "key")
        .map(decode)
        .filter(|key| !key.is_empty())
}

fn split_query(text: &str) -> (&str, &str) {
    text.trim().split_once('?').unwrap_or((text.trim(), ""))
}

/// Non-empty segments; percent escapes are resolved after the split, so that `%2F` stays inside its segment.
fn segments(path: &str) -> Vec<String> {
    path.split('/')
        .map(decode)
        .filter(|segment| !segment.is_empty())
        .collect()
}

/// Some encoders put quotes around it.
fn unquote(tc_url: &str) -> &str {
    tc_url.trim().trim_matches(['\'', '"'])
}

/// The password of `rtmp://user:password@host/…`.
fn password(tc_url: &str) -> Option<String> {
    let (_, rest) = unquote(tc_url).split_once("://")?;
    let authority = rest.split(['/', '?']).next()?;
    let (user_info, _) = authority.rsplit_once('@')?;
    let (_, password) = user_info.split_once(':')?;
    Some(decode(password)).filter(|password| !password.is_empty())
}

/// Resolves percent escapes once and trims white space; a `%` without two hex digits stays.
fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let escaped = after
            .split_first_chunk::<2>()
            .filter(|_| byte == b'%')
            .and_then(|(hex, after)| {
                let byte = hex_digit(hex[0])? << 4 | hex_digit(hex[1])?;
                Some((byte, after))
            });
        let (byte, after) = escaped.unwrap_or((byte, after));
        bytes.push(byte);
        rest = after;
    }
    String::from_utf8_lossy(&bytes).trim().to_owned()
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).map(|digit| digit as u8)
}

fn bounded(text: &str) -> String {
    text.chars().take(MAX_NAME).collect()
}

#[cfg(test)]
mod tests {
    use super::Address;

    /// app, tcUrl, publish name; app and key that they mean.
    const TABLE: &[(&str, &str, &str, &str, &str)] = &[
        ("live", "rtmp://h:1935/live", "k?x=y&z=1", "live", "k"),
        (
            "live/room",
            "rtmp://h:1935/live/room",
            "k",
            "live/room",
            "k",
        ),
        ("live", "rtmp://h:1935/live", "", "", "live"),
        ("live/", "rtmp://h:1935/live/", "", "", "live"),
        ("k", "rtmp://h:1935/k", "", "", "k"),
        ("/live", "rtmp://h:1935//live", "/k", "live", "k"),
        ("live?key=1", "rtmp://h:1935/live?key=1", "k", "live", "k"),
        ("live", "rtmp://h:1935/live", "k", "live", "k"),
        ("", "rtmp://h:1935/", "k", "", "k"),
        ("live", "rtmp://h/live", "k?x=y", "live", "k"),
        ("live/", "rtmp://h/live/", "k", "live", "k"),
        (
            "live2?backup=1",
            "rtmp://h/live2?backup=1",
            "k",
            "live2",
            "k",
        ),
        ("live", "rtmp://h/live", "  k \n", "live", "k"),
        ("live/k", "rtmp://h/live/k", "", "live", "k"),
        ("live?key=k", "rtmp://h/live?key=k", "", "live", "k"),
        ("live", "rtmp://h/live?key=k", "", "live", "k"),
        ("live", "rtmp://h/live", "?key=k", "live", "k"),
        ("live", "rtmp://h/live", "name?x=1&key=k", "live", "k"),
        ("live", "rtmp://h/live", "?key=", "", "live"),
        ("live", "rtmp://user:k@h/live", "", "live", "k"),
        ("live", "'rtmp://user:k@h/live'", "stream", "live", "k"),
        ("live", "rtmp://user@h/live", "k", "live", "k"),
        ("live", "rtmp://h/live", "a%20b%2Fc", "live", "a b/c"),
        ("live", "rtmp://h/live", "100%", "live", "100%"),
        ("live", "rtmp://h/live", "room/k/", "live/room", "k"),
        ("live", "", "k", "live", "k"),
        ("", "", "", "", ""),
    ];

    #[test]
    fn the_key_is_found_wherever_an_encoder_puts_it() {
        for (app, tc_url, name, expected_app, expected_key) in TABLE {
            let address = Address::parse(app, tc_url, name);
            assert_eq!(
                (&*address.app, &*address.key),
                (*expected_app, *expected_key),
                "{app} {tc_url} {name}"
            );
        }
    }

    #[test]
    fn the_query_behind_the_name_is_kept() {
        assert_eq!(Address::parse("live", "", "name?t=TOKEN").query, "t=TOKEN");
    }

    #[test]
    fn an_endless_name_is_cut() {
        let address = Address::parse(&"a/".repeat(60_000), "", &"k".repeat(60_000));
        assert_eq!(address.key.len(), 256);
        assert_eq!(address.app.len(), 256);
    }
}
