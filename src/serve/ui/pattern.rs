//! Paths with places for values: `/api/v1/channels/{name}/comments/{id}`.

use super::form::decode_path;
use crate::people::names::check_name;

/// The values of a path's places, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Places(Vec<(&'static str, String)>);

impl Places {
    /// The value of a place; empty if the pattern has none of this name.
    pub(super) fn get(&self, place: &str) -> &str {
        let found = self.0.iter().find(|(name, _)| *name == place);
        found.map_or("", |(_, value)| value)
    }
}

/// The values, if the path fits. `{name}` takes a NAME, `{id}` a decimal number, any other place one non-empty segment,
/// percent-decoded.
pub(super) fn matched(pattern: &'static str, path: &str) -> Option<Places> {
    let mut places = Places::default();
    let mut parts = path.split('/');
    for wanted in pattern.split('/') {
        let part = parts.next()?;
        let Some((before, rest)) = wanted.split_once('{') else {
            if wanted != part {
                return None;
            }
            continue;
        };
        let (place, after) = rest.split_once('}')?;
        let value = part.strip_prefix(before)?.strip_suffix(after)?;
        places.0.push((place, read(place, value)?));
    }
    parts.next().is_none().then_some(places)
}

fn read(place: &str, value: &str) -> Option<String> {
    let fits = match place {
        "name" => check_name(value).is_ok(),
        "id" => value.parse::<u64>().is_ok() && value.bytes().all(|b| b.is_ascii_digit()),
        _ => return decode_path(value).filter(|value| !value.is_empty()),
    };
    fits.then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(pattern: &'static str, path: &str, place: &str) -> Option<String> {
        matched(pattern, path).map(|places| places.get(place).to_owned())
    }

    #[test]
    fn patterns_take_names_and_nothing_else() {
        assert_eq!(one("/@{name}", "/@anna", "name").as_deref(), Some("anna"));
        assert_eq!(matched("/", "/"), Some(Places::default()));
        for path in ["/@", "/@Anna", "/@an/na", "/@anna/", "/@..", "/anna"] {
            assert_eq!(matched("/@{name}", path), None, "{path}");
        }
    }

    #[test]
    fn every_place_has_its_own_kind_of_value() {
        let places = matched("/a/{name}/b/{id}", "/a/anna/b/17").unwrap();
        assert_eq!((places.get("name"), places.get("id")), ("anna", "17"));
        assert_eq!(
            one("/tags/{tag}", "/tags/%E7%8C%AB", "tag").as_deref(),
            Some("猫")
        );
        for path in ["/b/", "/b/+1", "/b/-1", "/b/x", "/b/18446744073709551616"] {
            assert_eq!(matched("/b/{id}", path), None, "{path}");
        }
        for path in ["/tags/", "/tags/%ff", "/tags/%4", "/tags/a/b"] {
            assert_eq!(matched("/tags/{tag}", path), None, "{path}");
        }
    }
}
