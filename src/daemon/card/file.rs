//! What stands in the card's `hearth.toml`: every setting is taken on its own, so that a mistake in one spoils no other.

use super::{FILE, wifi};
use crate::daemon::config::{self, Config};
use crate::people::{Joining, check_password, names};
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use toml::de::{DeTable, DeValue};

/// Problems that are told; more are left out, as the first ones may have caused them.
const PROBLEMS_MOST: usize = 20;

/// Farthest that a time zone lies from UTC, hours.
const OFFSET_MOST: i16 = 14;

/// What the daemon itself reads.
pub(super) const SETTINGS: [&str; 7] = [
    "host",
    "names",
    "memory",
    "mdns",
    "setup",
    "reach",
    "embed_origins",
];

/// Settings of the daemon that firewall, mounts and units of a box rely on: on the card they could take it away.
pub(super) const FIXED: [&str; 4] = ["http", "rtmp", "data", "ring"];

/// See the module.
#[derive(Debug, Default)]
pub(in crate::daemon) struct Card {
    /// What the daemon itself reads, each checked.
    pub(in crate::daemon) settings: toml::Table,
    pub(super) wifi: Option<Wifi>,
    pub(super) owner: Option<Owner>,
    pub(super) joining: Option<Joining>,
    pub(super) utc_offset_minutes: Option<i16>,
    /// A sentence each, with the line that it is about.
    pub(in crate::daemon) problems: Vec<String>,
}

/// The network to join.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wifi {
    /// Empty: the kept one, if there is one.
    pub(super) name: String,
    /// Empty: as kept from an earlier start, else none.
    pub(super) password: String,
    pub(super) country: String,
    /// Where the password stands in the file.
    pub(super) secret: Option<Range<usize>>,
}

/// Who owns the box.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Owner {
    pub(super) name: String,
    /// Empty once the account was made.
    pub(super) password: String,
    /// NAME; empty: made from `name`.
    pub(super) address: String,
    /// Where the password stands in the file.
    pub(super) secret: Option<Range<usize>>,
}

/// The card's file. One that is not there asks for nothing; one that can't be read is one problem.
pub(in crate::daemon) fn read(path: &Path) -> Card {
    if !path.exists() {
        return Card::default();
    }
    match config::text_of(path) {
        Ok(text) => parse(&text),
        Err(reason) => Card {
            problems: vec![format!("{FILE}: {reason}")],
            ..Card::default()
        },
    }
}

impl Card {
    /// The box's name.
    pub(super) fn host(&self) -> String {
        let host = self.settings.get("host").and_then(toml::Value::as_str);
        host.map_or_else(|| Config::default().host, str::to_owned)
    }
}

pub(super) fn parse(text: &str) -> Card {
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut reading = Reading {
        text,
        card: Card::default(),
        told: BTreeMap::new(),
    };
    for error in &errors {
        let at = error.span().map_or(0, |span| span.start);
        reading.problem(at, &format!("this can't be read: {}", error.message()));
    }
    for (key, value) in table.get_ref() {
        reading.setting(
            key.get_ref(),
            key.span().start,
            value.get_ref(),
            value.span(),
        );
    }
    // As they stand in the file, which is not how they were found.
    reading.card.problems = reading.told.into_values().collect();
    reading.card
}

struct Reading<'a> {
    text: &'a str,
    card: Card,
    /// What is said of a line, once: what follows from a mistake is not told again.
    told: BTreeMap<usize, String>,
}

type Value<'v, 'i> = &'v DeValue<'i>;

impl Reading<'_> {
    fn problem(&mut self, at: usize, what: &str) {
        let before = self.text.as_bytes().get(..at).unwrap_or_default();
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        let what = what.replace('\n', " ");
        let sentence = || format!("{FILE}, line {line}: {what}");
        if self.told.len() < PROBLEMS_MOST {
            self.told.entry(line).or_insert_with(sentence);
        }
    }

    fn setting(&mut self, key: &str, at: usize, value: Value<'_, '_>, span: Range<usize>) {
        match key {
            "wifi" => self.wifi(at, value),
            "owner" => self.owner(at, value),
            "joining" => match value.as_str().and_then(joining) {
                Some(joining) => self.card.joining = Some(joining),
                None => self.problem(at, "joining is \"invited\", \"open\" or \"closed\""),
            },
            "time_zone" => match value.as_str().and_then(offset) {
                Some(minutes) => self.card.utc_offset_minutes = Some(minutes),
                None => self.problem(at, "time_zone is how far your clocks are from UTC, such as \"+01:00\" or \"-05:00\""),
            },
            key if SETTINGS.contains(&key) => self.own(key, at, span),
            key if FIXED.contains(&key) => {
                self.problem(at, &format!("{key} can't be changed here, the box has its own"));
            }
            key => self.problem(at, &format!("there is no setting {key:?}")),
        }
    }

    /// A setting that the daemon reads itself.
    fn own(&mut self, key: &str, at: usize, span: Range<usize>) {
        let value = self.text.get(span).unwrap_or_default();
        let Ok(table) = toml::from_str::<toml::Table>(&format!("{key} = {value}")) else {
            return self.problem(at, &format!("the value of {key} can't be read"));
        };
        match Config::check(table.clone()) {
            Ok(()) => self.card.settings.extend(table),
            Err(reason) => self.problem(at, &format!("{key}: {reason}")),
        }
    }

    fn wifi(&mut self, at: usize, value: Value<'_, '_>) {
        let [name, password, country] =
            self.texts("wifi", at, value, ["name", "password", "country"]);
        if [&name, &password, &country]
            .iter()
            .all(|text| text.text.is_empty())
        {
            return;
        }
        let refused = wifi::refusal(&name.text, &password.text, &country.text);
        if let Some((which, reason)) = refused {
            let about = [name.at, password.at, country.at].get(which).copied();
            return self.problem(about.flatten().or(name.at).unwrap_or(at), reason);
        }
        self.card.wifi = Some(Wifi {
            secret: password.secret(),
            name: name.text,
            password: password.text,
            country: country.text,
        });
    }

    fn owner(&mut self, at: usize, value: Value<'_, '_>) {
        let [name, password, address] =
            self.texts("owner", at, value, ["name", "password", "address"]);
        if name.text.is_empty() && password.text.is_empty() {
            return;
        }
        if let Err(error) = names::display_name(&name.text) {
            return self.problem(name.at.unwrap_or(at), &format!("owner.name: {error}"));
        }
        // Blank once the account was made.
        if let Err(error) = check_password(&password.text)
            && !password.text.is_empty()
        {
            return self.problem(
                password.at.unwrap_or(at),
                &format!("owner.password: {error}"),
            );
        }
        self.card.owner = Some(Owner {
            secret: password.secret(),
            name: name.text,
            password: password.text,
            address: address.text,
        });
    }

    /// The texts of a group of settings; what else is in it is a problem.
    fn texts<const N: usize>(
        &mut self,
        group: &str,
        at: usize,
        value: Value<'_, '_>,
        keys: [&str; N],
    ) -> [Text; N] {
        let mut texts = [const { Text::NONE }; N];
        let Some(table) = value.as_table() else {
            let example = format!("{group}.{} = \"...\"", keys.first().unwrap_or(&"name"));
            self.problem(
                at,
                &format!("{group} is a group of settings, such as {example}"),
            );
            return texts;
        };
        for (key, value) in table {
            let known = keys.iter().position(|known| known == key.get_ref());
            let place = known.and_then(|known| texts.get_mut(known));
            match (place, value.get_ref().as_str()) {
                (Some(place), Some(text)) => {
                    *place = Text {
                        text: text.to_owned(),
                        at: Some(key.span().start),
                        span: value.span(),
                    }
                }
                (Some(_), None) => self.problem(
                    key.span().start,
                    &format!("{group}.{} is a text in quotation marks", key.get_ref()),
                ),
                (None, _) => self.problem(
                    key.span().start,
                    &format!("there is no setting {group}.{}", key.get_ref()),
                ),
            }
        }
        texts
    }
}

/// One text setting.
struct Text {
    text: String,
    at: Option<usize>,
    span: Range<usize>,
}

impl Text {
    const NONE: Text = Text {
        text: String::new(),
        at: None,
        span: 0..0,
    };

    fn secret(&self) -> Option<Range<usize>> {
        (!self.text.is_empty()).then(|| self.span.clone())
    }
}

fn joining(text: &str) -> Option<Joining> {
    match text {
        "invited" => Some(Joining::Invited),
        "open" => Some(Joining::Open),
        "closed" => Some(Joining::Closed),
        _ => None,
    }
}

/// `+01:00`, `-3:30`, `UTC`: minutes ahead of UTC.
fn offset(text: &str) -> Option<i16> {
    if text == "UTC" {
        return Some(0);
    }
    let (sign, rest) = match text.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = rest.split_once(':').unwrap_or((rest, "0"));
    let number = |text: &str| -> Option<i16> {
        let is_number = (1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        is_number.then(|| text.parse().ok()).flatten()
    };
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    let total = hours * 60 + minutes;
    (minutes < 60 && total <= OFFSET_MOST * 60).then_some(sign * total)
}
