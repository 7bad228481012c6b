//! `application/x-www-form-urlencoded`: forms and queries.

use crate::limits::ui::{FORM_BYTES_MAX, FORM_FIELDS_MAX};

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

    /// The first value of a field; empty if there is none.
    pub(super) fn get(&self, name: &str) -> &str {
        let field = self.fields.iter().find(|(n, _)| n == name);
        field.map_or("", |(_, value)| value)
    }

    /// Was the field given, even empty?
    pub(super) fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|(n, _)| n == name)
    }
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

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
            let _ = Form::parse(&bytes);
        }
    }
}
