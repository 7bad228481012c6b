//! Why something that was asked for was not done, for pages (a sentence beside a field) and for the API (JSON) alike.

use super::json::Json;
use super::reply::Reply;
use super::words::Words;

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    /// HTTP status.
    pub(super) status: u16,
    /// For programs: one word, the same in all languages.
    pub(super) code: &'static str,
    /// Whose value is wrong; empty if no field's.
    pub(super) field: &'static str,
    /// For people, in their language.
    pub(super) text: String,
    /// Seconds after which trying again makes sense.
    pub(super) retry_after: Option<u32>,
}

impl Problem {
    pub(super) fn new(status: u16, code: &'static str, text: impl Into<String>) -> Problem {
        Problem {
            status,
            code,
            field: "",
            text: text.into(),
            retry_after: None,
        }
    }

    /// There is no such thing, or none that this person may know of.
    pub(super) fn not_found(w: &Words) -> Problem {
        Problem::new(404, "not_found", w.not_found)
    }

    /// Nobody has logged in.
    pub(super) fn log_in_first(w: &Words) -> Problem {
        Problem::new(401, "log_in_first", w.log_in_first)
    }

    /// This person may not do it.
    pub(super) fn forbidden(w: &Words) -> Problem {
        Problem::new(403, "forbidden", w.not_allowed)
    }

    /// The value of this field is wrong.
    pub(super) fn at(self, field: &'static str) -> Problem {
        Problem { field, ..self }
    }

    /// Trying again makes sense after so many seconds.
    pub(super) fn after(self, seconds: u32) -> Problem {
        Problem {
            retry_after: Some(seconds),
            ..self
        }
    }

    /// As the API says it.
    pub(super) fn reply(&self) -> Reply {
        let body = Json::object(|json| {
            json.text("error", &self.text);
            json.text("code", self.code);
            if !self.field.is_empty() {
                json.text("field", self.field);
            }
            if let Some(seconds) = self.retry_after {
                json.number("retry_after_s", seconds);
            }
        });
        let reply = Reply::json(self.status, body);
        match self.retry_after {
            Some(seconds) => reply.with("Retry-After", seconds.to_string()),
            None => reply,
        }
    }
}
