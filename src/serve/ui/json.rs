//! The little JSON that the API writes.

/// Writes one value; keys and order are the caller's.
#[derive(Debug, Default)]
pub(super) struct Json {
    text: String,
}

impl Json {
    pub(super) fn object(fields: impl FnOnce(&mut Json)) -> String {
        let mut json = Json::default();
        json.braces(fields);
        json.text
    }

    pub(super) fn text(&mut self, key: &str, value: &str) {
        self.key(key);
        self.string(value);
    }

    pub(super) fn number(&mut self, key: &str, value: impl Into<i64>) {
        self.key(key);
        self.text.push_str(&value.into().to_string());
    }

    pub(super) fn flag(&mut self, key: &str, value: bool) {
        self.key(key);
        self.text.push_str(if value { "true" } else { "false" });
    }

    /// A list of objects.
    pub(super) fn list<T>(
        &mut self,
        key: &str,
        items: impl IntoIterator<Item = T>,
        mut each: impl FnMut(&mut Json, T),
    ) {
        self.key(key);
        self.text.push('[');
        for item in items {
            self.comma();
            self.braces(|json| each(json, item));
        }
        self.text.push(']');
    }

    /// An object within.
    pub(super) fn inner(&mut self, key: &str, fields: impl FnOnce(&mut Json)) {
        self.key(key);
        self.braces(fields);
    }

    /// A list of texts.
    pub(super) fn texts<'t>(&mut self, key: &str, items: impl IntoIterator<Item = &'t str>) {
        self.key(key);
        self.text.push('[');
        for item in items {
            self.comma();
            self.string(item);
        }
        self.text.push(']');
    }

    /// A list of numbers.
    pub(super) fn numbers(&mut self, key: &str, items: impl IntoIterator<Item = i64>) {
        self.key(key);
        self.text.push('[');
        for item in items {
            self.comma();
            self.text.push_str(&item.to_string());
        }
        self.text.push(']');
    }

    fn braces(&mut self, fields: impl FnOnce(&mut Json)) {
        self.text.push('{');
        fields(self);
        self.text.push('}');
    }

    fn key(&mut self, key: &str) {
        self.comma();
        self.string(key);
        self.text.push(':');
    }

    fn comma(&mut self) {
        if !self.text.ends_with(['{', '[']) {
            self.text.push(',');
        }
    }

    fn string(&mut self, value: &str) {
        self.text.push('"');
        for c in value.chars() {
            match c {
                '"' | '\\' => self.text.extend(['\\', c]),
                // `<` too, so that no JSON text can end a script element; line separators, for old parsers.
                c if c < ' ' || matches!(c, '<' | '\u{7f}' | '\u{2028}' | '\u{2029}') => {
                    self.text.push_str(&format!("\\u{:04x}", u32::from(c)));
                }
                c => self.text.push(c),
            }
        }
        self.text.push('"');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn objects_and_lists_are_well_formed() {
        let json = Json::object(|json| {
            json.flag("empty", false);
            json.list("none", Vec::<u8>::new(), |_, _| {});
            json.list("some", [1, 2], |json, n| json.number("n", n));
            json.numbers("all", [-1, 2]);
            json.inner("in", |json| json.text("a", "b"));
        });
        assert_eq!(
            json,
            r#"{"empty":false,"none":[],"some":[{"n":1},{"n":2}],"all":[-1,2],"in":{"a":"b"}}"#
        );
    }

    proptest! {
        #[test]
        fn any_text_comes_back(text: String) {
            let json = Json::object(|json| json.text("t", &text));
            let read: serde_json::Value = serde_json::from_str(&json).unwrap();
            prop_assert_eq!(read["t"].as_str().unwrap(), text);
        }
    }
}
