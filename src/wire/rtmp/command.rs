//! Commands and their answers (RTMP 1.0 §7.2).
use super::amf0::{self, AmfError, Value};
use super::message::{Message, MessageKind};
use bytes::BytesMut;

/// A command message.
#[derive(Clone, Debug, PartialEq)]
pub struct Command {
    /// What is to be done, or `_result`, `_error`, `onStatus`.
    pub name: String,
    /// Names the answer; 0 in many encoders.
    pub transaction: f64,
    /// The command object (often null) and what follows.
    pub arguments: Vec<Value>,
}

impl Command {
    /// Reads a message of type 20 or 17.
    pub fn parse(message: &Message) -> Result<Command, AmfError> {
        let values = amf0::decode(amf0_body(message), true)?;
        let mut values = values.into_iter();
        let name = match values.next() {
            Some(Value::String(name)) => name,
            _ => return Err(AmfError::Expected("a command's name")),
        };
        let transaction = match values.next() {
            Some(Value::Number(number)) => number,
            None | Some(Value::Null | Value::Undefined) => 0.0,
            Some(_) => return Err(AmfError::Expected("a command's transaction id")),
        };
        Ok(Command {
            name,
            transaction,
            arguments: values.collect(),
        })
    }

    /// The n-th argument after the command object, if it is text.
    pub fn text(&self, index: usize) -> Option<&str> {
        self.arguments.get(index + 1).and_then(Value::as_str)
    }

    /// A property of the command object, if it is text.
    pub fn property(&self, name: &str) -> Option<&str> {
        self.arguments
            .first()
            .and_then(|object| object.get(name))
            .and_then(Value::as_str)
    }

    /// Code and description of an information object, wherever among the arguments it stands.
    pub fn status(&self) -> Option<Status<'_>> {
        self.arguments.iter().find_map(|object| {
            let text = |name| object.get(name).and_then(Value::as_str);
            Some(Status {
                level: text("level").unwrap_or(""),
                code: text("code")?,
                description: text("description").unwrap_or(""),
            })
        })
    }
}

/// An information object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status<'a> {
    /// `status`, `warning` or `error`.
    pub level: &'a str,
    /// e.g. `NetStream.Publish.Start`
    pub code: &'a str,
    /// Plain text.
    pub description: &'a str,
}

/// The AMF0 part: types 15 and 17 (AMF3) put one byte before it.
pub fn amf0_body(message: &Message) -> &[u8] {
    match message.kind {
        MessageKind::CommandAmf3 | MessageKind::DataAmf3 => {
            message.payload.split_first().map_or(&[], |(_, body)| body)
        }
        _ => &message.payload,
    }
}

/// A command's body.
pub fn encode(name: &str, transaction: f64, arguments: &[Value]) -> BytesMut {
    let mut body = BytesMut::with_capacity(128);
    amf0::encode(&mut body, &[name.into(), transaction.into()]);
    amf0::encode(&mut body, arguments);
    body
}

/// `_result` to `connect`. The capability maps name what Hearth takes by enhanced RTMP.
pub fn connect_result(transaction: f64) -> BytesMut {
    const FORWARD: f64 = 4.0;
    let properties = Value::object([
        ("fmsVer", "FMS/3,0,1,123".into()),
        ("capabilities", 31.0.into()),
        (
            "videoFourCcInfoMap",
            Value::object([("avc1", FORWARD.into())]),
        ),
        (
            "audioFourCcInfoMap",
            Value::object([("mp4a", FORWARD.into())]),
        ),
    ]);
    let information = Value::object([
        ("level", "status".into()),
        ("code", "NetConnection.Connect.Success".into()),
        ("description", "Connection succeeded.".into()),
        ("objectEncoding", 0.0.into()),
    ]);
    encode("_result", transaction, &[properties, information])
}

/// `onStatus` with an information object.
pub fn on_status(status: Status<'_>) -> BytesMut {
    let information = Value::object([
        ("level", status.level.into()),
        ("code", status.code.into()),
        ("description", status.description.into()),
    ]);
    encode("onStatus", 0.0, &[Value::Null, information])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: MessageKind, body: &[u8]) -> Message {
        Message {
            chunk_stream: 3,
            kind,
            stream: 0,
            timestamp: 0,
            payload: body.to_vec().into(),
        }
    }

    #[test]
    fn amf3_wrapping_is_one_byte() {
        let body = encode("createStream", 2.0, &[Value::Null]);
        let wrapped = [&[0], &body[..]].concat();
        let plain = Command::parse(&message(MessageKind::CommandAmf0, &body)).unwrap();
        assert_eq!(
            Command::parse(&message(MessageKind::CommandAmf3, &wrapped)).unwrap(),
            plain
        );
    }

    #[test]
    fn a_command_needs_a_name() {
        let refused = Command::parse(&message(MessageKind::CommandAmf0, &[5]));
        assert_eq!(refused, Err(AmfError::Expected("a command's name")));
        assert!(Command::parse(&message(MessageKind::CommandAmf3, &[])).is_err());
    }

    #[test]
    fn a_status_is_found_behind_null() {
        let status = Status {
            level: "error",
            code: "NetStream.Publish.BadName",
            description: "No such key",
        };
        let command =
            Command::parse(&message(MessageKind::CommandAmf0, &on_status(status))).unwrap();
        assert_eq!(command.status(), Some(status));
    }
}
