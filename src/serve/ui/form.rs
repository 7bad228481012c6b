//! What a request says: forms and queries (`application/x-www-form-urlencoded`), and flat JSON objects read as forms.

use crate::limits::ui::{FORM_BYTES_MAX, FORM_FIELDS_MAX};
use serde_json::Value;

/// Fields in the order in which they came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Form {
    fields: Vec<(String, String)>,
}

impl Form {
    /// Reads a form; None if it is too large, has too many fields or is no UTF-8.
    pub(super) fn parse(text: &[u8]) -> Option<Form> {
        if text.len() > FORM_BYTES_MAX {
            return None;
        }
        let mut fields = Vec::new();
        for field in text.split(|b| *b == b'&').filter(|f| !f.is_empty()) {
            if fields.len() == FORM_FIELDS_MAX {
                return None;
            }
            let mut halves = field.splitn(2, |b| *b == b'=');
            let name = decode(halves.next().unwrap_or_default())?;
            let value = decode(halves.next().unwrap_or_default())?;
            fields.push((name, value));
        }
        Some(Form { fields })
    }

    /// Reads a JSON object whose values are text, numbers, flags or lists of these; a list is a field given several times,
    /// `null` one that is not given. None if it is anything else, or too large.
    pub(super) fn of_json(text: &[u8]) -> Option<Form> {
        if text.len() > FORM_BYTES_MAX {
            return None;
        }
        let object: serde_json::Map<String, Value> = serde_json::from_slice(text).ok()?;
        let mut fields = Vec::new();
        for (name, value) in object {
            let values = match value {
                Value::Array(values) => values,
                Value::Null => continue,
                one => vec![one],
            };
            for value in values {
                fields.push((name.clone(), scalar(value)?));
            }
        }
        (fields.len() <= FORM_FIELDS_MAX).then_some(Form { fields })
    }

    /// The first value of a field; empty if there is none.
    pub(super) fn get(&self, name: &str) -> &str {
        let field = self.fields.iter().find(|(n, _)| n == name);
        field.map_or("", |(_, value)| value)
    }

    /// Was the field given, even empty?
    /// All values of a field that may be given several times.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let fields = self.fields.iter().filter(move |(n, _)| n == name);
        fields.map(|(_, value)| value.as_str())
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|(n, _)| n == name)
    }
}

fn scalar(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(if flag { "1" } else { "0" }.to_owned()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// One segment of a path. A plus sign is a plus sign there.
pub(super) fn decode_path(text: &str) -> Option<String> {
    decode(text.replace('+', "%2B").as_bytes())
}

fn decode(text: &[u8]) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.iter();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => hex(*rest.next()?)? << 4 | hex(*rest.next()?)?,
            other => *other,
        });
    }
    String::from_utf8(bytes).ok()
}

fn hex(digit: u8) -> Option<u8> {
    let value = char::from(digit).to_digit(16)?;
    u8::try_from(value).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn fields_are_decoded() {
        let form = Form::parse(b"name=Oma+Ilse&pw=a%26b%3D%E5%B0%8F&empty=&flag").unwrap();
        assert_eq!(form.get("name"), "Oma Ilse");
        assert_eq!(form.get("pw"), "a&b=小");
        assert_eq!(form.get("empty"), "");
        assert!(form.has("flag") && !form.has("other"));
        assert_eq!(Form::parse(b""), Some(Form::default()));
    }

    #[test]
    fn broken_forms_are_refused() {
        for bad in ["a=%", "a=%4", "a=%zz", "a=%ff"] {
            assert_eq!(Form::parse(bad.as_bytes()), None, "{bad}");
        }
        assert_eq!(Form::parse("a=1&".repeat(33).as_bytes()), None);
        assert_eq!(Form::parse(&vec![b'a'; FORM_BYTES_MAX + 1]), None);
    }

    #[test]
    fn flat_json_reads_as_a_form() {
        let form = Form::of_json(
            r#"{"title":"小 猫","n":3,"on":true,"tags":["a","b"],"none":null}"#.as_bytes(),
        );
        let form = form.unwrap();
        assert_eq!(
            (form.get("title"), form.get("n"), form.get("on")),
            ("小 猫", "3", "1")
        );
        assert_eq!(form.all("tags").collect::<Vec<_>>(), ["a", "b"]);
        assert!(!form.has("none"));
        for bad in [
            "",
            "[]",
            "3",
            r#"{"a":{}}"#,
            r#"{"a":[[1]]}"#,
            r#"{"a":1} x"#,
        ] {
            assert_eq!(Form::of_json(bad.as_bytes()), None, "{bad}");
        }
    }

    #[test]
    fn a_path_keeps_its_plus() {
        assert_eq!(decode_path("a+b%20c").as_deref(), Some("a+b c"));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
            let _ = Form::of_json(&bytes);
            let _ = Form::parse(&bytes);
        }
    }
}
