//! The box's name in the network: as configured, or with a number when another box has it already.

use crate::limits::network::{HOST_NAME_MAX, HOST_NUMBER_MAX};
use std::sync::{Arc, PoisonError, RwLock};

/// The name by which the box is found now, without `.local`. Clones share it.
#[derive(Clone, Debug)]
pub struct NetworkName(Arc<RwLock<Arc<str>>>);

impl NetworkName {
    /// Found as `name` until [`NetworkName::set`].
    pub fn new(name: &str) -> NetworkName {
        NetworkName(Arc::new(RwLock::new(name.into())))
    }

    /// The name now.
    pub fn get(&self) -> Arc<str> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Another one from now on.
    pub fn set(&self, name: &str) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = name.into();
    }
}

impl PartialEq for NetworkName {
    fn eq(&self, other: &NetworkName) -> bool {
        self.get() == other.get()
    }
}

/// Whether `name` may be a box's name: letters, digits and inner dashes, at most [`HOST_NAME_MAX`].
pub fn is_host_name(name: &str) -> bool {
    let is_known = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=HOST_NAME_MAX).contains(&name.len())
        && name.bytes().all(is_known)
        && !name.starts_with('-')
        && !name.ends_with('-')
}

/// The name after a conflict: `hearth` → `hearth-2` → `hearth-3`. `configured` is never taken apart, so that `studio-7`
/// becomes `studio-7-2`.
pub(super) fn next(configured: &str, current: &str) -> String {
    let number = number_of(configured, current).unwrap_or(1);
    match number >= HOST_NUMBER_MAX {
        true => current.to_owned(),
        false => format!("{configured}-{}", number + 1),
    }
}

/// The number that `current` has beyond `configured`; None if it is not of that name.
pub(super) fn number_of(configured: &str, current: &str) -> Option<u32> {
    if current == configured {
        return Some(1);
    }
    let digits = current.strip_prefix(configured)?.strip_prefix('-')?;
    let number = digits.parse().ok()?;
    ((2..=HOST_NUMBER_MAX).contains(&number) && !digits.starts_with(['+', '0'])).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_a_conflict_the_number_grows_and_ends() {
        assert_eq!(next("hearth", "hearth"), "hearth-2");
        assert_eq!(next("hearth", "hearth-2"), "hearth-3");
        assert_eq!(next("studio-7", "studio-7"), "studio-7-2");
        assert_eq!(next("hearth", "hearth-99"), "hearth-99");
        assert_eq!(number_of("hearth", "hearth-02"), None);
        assert_eq!(number_of("hearth", "hearthstone"), None);
        assert_eq!(number_of("hearth", "hearth-100"), None);
    }

    #[test]
    fn host_names_are_labels() {
        for good in ["hearth", "a", "studio-7", &"x".repeat(60)] {
            assert!(is_host_name(good), "{good}");
        }
        for bad in [
            "",
            "-a",
            "a-",
            "a.b",
            "Hearth",
            "a b",
            "häuschen",
            &"x".repeat(61),
        ] {
            assert!(!is_host_name(bad), "{bad}");
        }
    }
}
