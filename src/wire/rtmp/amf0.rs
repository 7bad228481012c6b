//! AMF0 (Adobe, December 2007): values to bytes and back.
//!
//! Depth, properties and array elements of one message are bounded by [`crate::limits::rtmp`]; nothing is allocated
//! from a count that the peer names.
use crate::limits::rtmp as limits;
use bytes::{BufMut, BytesMut};

/// Why a body can't be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AmfError {
    /// A value reaches beyond the end.
    #[error("AMF0 ends inside {0}")]
    Short(&'static str),
    /// Objects in objects.
    #[error("AMF0 is nested deeper than {limit}", limit = limits::MAX_AMF_DEPTH)]
    TooDeep,
    /// Too many properties in all.
    #[error("AMF0 has more than {limit} properties", limit = limits::MAX_AMF_PROPERTIES)]
    TooManyProperties,
    /// Too many array elements in all, or more than there are bytes.
    #[error("AMF0 array announces {0} elements")]
    TooManyElements(u32),
    /// A marker without a meaning here.
    #[error("AMF0 has no value of type {0:#04x}")]
    Marker(u8),
    /// A command without its name or transaction id.
    #[error("expected {0}")]
    Expected(&'static str),
}

/// A value. Objects, ECMA arrays and typed objects are all `Object`.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// All numbers are 64-bit floating point.
    Number(f64),
    /// A truth value.
    Boolean(bool),
    /// Text; bytes that are no UTF-8 are replaced.
    String(String),
    /// Properties in their order.
    Object(Vec<(String, Value)>),
    /// null.
    Null,
    /// undefined; also references, which nobody sends.
    Undefined,
    /// Elements of a strict array.
    Array(Vec<Value>),
    /// ms since 1970.
    Date(f64),
}

impl Value {
    /// An object of these properties.
    pub fn object<const N: usize>(properties: [(&str, Value); N]) -> Value {
        Value::Object(
            properties
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
        )
    }
    /// A property of an object; the first if there are several.
    pub fn get(&self, name: &str) -> Option<&Value> {
        match self {
            Value::Object(properties) => properties
                .iter()
                .find(|(known, _)| known == name)
                .map(|(_, value)| value),
            _ => None,
        }
    }
    /// The number, if it is one.
    pub fn as_number(&self) -> Option<f64> {
        match self {
            Value::Number(number) => Some(*number),
            _ => None,
        }
    }
    /// The text, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::String(text) => Some(text),
            _ => None,
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::String(text.to_owned())
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Value {
        Value::Number(number)
    }
}

/// All values of a body. With `lenient`, an object that the end of the body cuts counts as ended: some encoders leave
/// the last end marker out of their metadata.
pub fn decode(body: &[u8], lenient: bool) -> Result<Vec<Value>, AmfError> {
    let mut decoder = Decoder {
        rest: body,
        lenient,
        properties: 0,
        elements: 0,
    };
    let mut values = Vec::new();
    while !decoder.rest.is_empty() {
        decoder.elements += 1;
        if decoder.elements > limits::MAX_AMF_ELEMENTS {
            return Err(AmfError::TooManyElements(
                limits::MAX_AMF_ELEMENTS as u32 + 1,
            ));
        }
        values.push(decoder.value(0)?);
    }
    Ok(values)
}

#[derive(Debug)]
struct Decoder<'a> {
    rest: &'a [u8],
    lenient: bool,
    properties: usize,
    elements: usize,
}

impl<'a> Decoder<'a> {
    fn take<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], AmfError> {
        let (bytes, rest) = self.rest.split_first_chunk().ok_or(AmfError::Short(what))?;
        self.rest = rest;
        Ok(*bytes)
    }

    fn bytes(&mut self, length: usize, what: &'static str) -> Result<&'a [u8], AmfError> {
        let (bytes, rest) = self
            .rest
            .split_at_checked(length)
            .ok_or(AmfError::Short(what))?;
        self.rest = rest;
        Ok(bytes)
    }

    fn value(&mut self, depth: usize) -> Result<Value, AmfError> {
        let [marker] = self.take("a marker")?;
        match marker {
            0x00 => Ok(Value::Number(f64::from_be_bytes(self.take("a number")?))),
            0x01 => self
                .take("a boolean")
                .map(|[byte]| Value::Boolean(byte != 0)),
            0x02 => self.short_string().map(Value::String),
            0x03 => self.object(depth),
            0x05 => Ok(Value::Null),
            0x06 => Ok(Value::Undefined),
            0x07 => self.take::<2>("a reference").map(|_| Value::Undefined),
            0x08 => {
                // The count is a hint, and often wrong.
                self.take::<4>("an ECMA array's count")?;
                self.object(depth)
            }
            0x0A => self.array(depth),
            0x0B => {
                let date = f64::from_be_bytes(self.take("a date")?);
                self.take::<2>("a date's time zone")?;
                Ok(Value::Date(date))
            }
            0x0C | 0x0F => self.long_string().map(Value::String),
            0x10 => {
                self.short_string()?;
                self.object(depth)
            }
            other => Err(AmfError::Marker(other)),
        }
    }

    fn short_string(&mut self) -> Result<String, AmfError> {
        let length = usize::from(u16::from_be_bytes(self.take("a string's length")?));
        Ok(String::from_utf8_lossy(self.bytes(length, "a string")?).into_owned())
    }

    fn long_string(&mut self) -> Result<String, AmfError> {
        let length = u32::from_be_bytes(self.take("a long string's length")?) as usize;
        Ok(String::from_utf8_lossy(self.bytes(length, "a long string")?).into_owned())
    }

    fn object(&mut self, depth: usize) -> Result<Value, AmfError> {
        if depth >= limits::MAX_AMF_DEPTH {
            return Err(AmfError::TooDeep);
        }
        let mut properties = Vec::new();
        loop {
            if let Some(rest) = self.rest.strip_prefix(&[0, 0, 9]) {
                self.rest = rest;
                return Ok(Value::Object(properties));
            }
            match self.property(depth) {
                Ok(property) => properties.push(property),
                Err(AmfError::Short(_)) if self.lenient => {
                    self.rest = &[];
                    return Ok(Value::Object(properties));
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn property(&mut self, depth: usize) -> Result<(String, Value), AmfError> {
        self.properties += 1;
        if self.properties > limits::MAX_AMF_PROPERTIES {
            return Err(AmfError::TooManyProperties);
        }
        let name = self.short_string()?;
        let value = self.value(depth + 1)?;
        Ok((name, value))
    }

    fn array(&mut self, depth: usize) -> Result<Value, AmfError> {
        let count = u32::from_be_bytes(self.take("an array's count")?);
        if depth >= limits::MAX_AMF_DEPTH {
            return Err(AmfError::TooDeep);
        }
        self.elements = self.elements.saturating_add(count as usize);
        if count as usize > self.rest.len() || self.elements > limits::MAX_AMF_ELEMENTS {
            return Err(AmfError::TooManyElements(count));
        }
        (0..count)
            .map(|_| self.value(depth + 1))
            .collect::<Result<_, _>>()
            .map(Value::Array)
    }
}

/// Writes these values one after the other.
pub fn encode(out: &mut BytesMut, values: &[Value]) {
    for value in values {
        encode_value(out, value);
    }
}

fn encode_value(out: &mut BytesMut, value: &Value) {
    match value {
        Value::Number(number) => {
            out.put_u8(0x00);
            out.put_f64(*number);
        }
        Value::Boolean(truth) => out.put_slice(&[0x01, u8::from(*truth)]),
        Value::String(text) => encode_string(out, text),
        Value::Object(properties) => {
            out.put_u8(0x03);
            for (name, value) in properties {
                encode_name(out, name);
                encode_value(out, value);
            }
            out.put_slice(&[0, 0, 9]);
        }
        Value::Null => out.put_u8(0x05),
        Value::Undefined => out.put_u8(0x06),
        Value::Array(elements) => {
            out.put_u8(0x0A);
            out.put_u32(elements.len() as u32);
            encode(out, elements);
        }
        Value::Date(date) => {
            out.put_u8(0x0B);
            out.put_f64(*date);
            out.put_i16(0);
        }
    }
}

fn encode_string(out: &mut BytesMut, text: &str) {
    match u16::try_from(text.len()) {
        Ok(length) => {
            out.put_u8(0x02);
            out.put_u16(length);
        }
        Err(_) => {
            out.put_u8(0x0C);
            out.put_u32(text.len() as u32);
        }
    }
    out.put_slice(text.as_bytes());
}

/// A name longer than 65,535 bytes is cut.
fn encode_name(out: &mut BytesMut, name: &str) {
    let bytes = name
        .as_bytes()
        .get(..usize::from(u16::MAX))
        .unwrap_or(name.as_bytes());
    out.put_u16(bytes.len() as u16);
    out.put_slice(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn encoded(values: &[Value]) -> BytesMut {
        let mut out = BytesMut::new();
        encode(&mut out, values);
        out
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<f64>()
                .prop_filter("NaN is not itself", |n| !n.is_nan())
                .prop_map(Value::Number),
            any::<bool>().prop_map(Value::Boolean),
            ".{0,12}".prop_map(Value::String),
            Just(Value::Null),
            Just(Value::Undefined),
            (0..1i64 << 40).prop_map(|ms| Value::Date(ms as f64)),
        ];
        leaf.prop_recursive(4, 32, 5, |inner| {
            prop_oneof![
                proptest::collection::vec((".{1,8}", inner.clone()), 0..5).prop_map(Value::Object),
                proptest::collection::vec(inner, 0..5).prop_map(Value::Array),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]
        #[test]
        fn what_is_written_is_read_back(values in proptest::collection::vec(any_value(), 0..4)) {
            prop_assert_eq!(decode(&encoded(&values), false), Ok(values));
        }

        #[test]
        fn no_body_makes_it_panic(body in proptest::collection::vec(prop_oneof![0u8..0x12, any::<u8>()], 0..200)) {
            let _ = decode(&body, true);
            let _ = decode(&body, false);
        }
    }

    #[test]
    fn an_ecma_array_is_an_object_whatever_count_it_names() {
        let body = [&[8, 0, 0, 0, 99][..], b"\0\x01a\x05\0\0\x09"].concat();
        assert_eq!(
            decode(&body, false).unwrap(),
            [Value::object([("a", Value::Null)])]
        );
    }

    #[test]
    fn metadata_without_its_end_marker_keeps_what_came() {
        let body = b"\x03\0\x01a\x05\0\x01b\x00\x40";
        assert_eq!(
            decode(body, true).unwrap(),
            [Value::object([("a", Value::Null)])]
        );
        assert_eq!(decode(body, false), Err(AmfError::Short("a number")));
    }

    #[test]
    fn depth_properties_and_elements_are_bounded() {
        assert_eq!(
            decode(&b"\x03\0\x01a".repeat(17), true),
            Err(AmfError::TooDeep)
        );
        assert!(decode(&b"\x03\0\x01a".repeat(16), true).is_ok());
        let many = [&b"\x03"[..], &b"\0\x01a\x05".repeat(1001)].concat();
        assert_eq!(decode(&many, true), Err(AmfError::TooManyProperties));
        assert_eq!(
            decode(b"\x0a\xff\xff\xff\xff\x05", true),
            Err(AmfError::TooManyElements(u32::MAX))
        );
        assert!(decode(&[5; 5000], true).is_err());
    }

    #[test]
    fn text_beyond_64_kib_becomes_a_long_string() {
        let long = Value::String("x".repeat(70_000));
        assert_eq!(encoded(std::slice::from_ref(&long))[0], 0x0C);
        assert_eq!(
            decode(&encoded(std::slice::from_ref(&long)), false).unwrap(),
            [long]
        );
    }
}
