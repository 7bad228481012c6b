//! A media playlist read strictly: every line known, in the order that every parser accepts.

use std::collections::BTreeMap;

/// µs.
pub type Micros = u64;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    pub uri: String,
    pub duration: Micros,
    pub independent: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Segment {
    pub uri: String,
    /// Of the open segment: of its parts.
    pub duration: Micros,
    pub gap: bool,
    pub discontinuity: bool,
    /// In force.
    pub map: Option<String>,
    /// Unix ms.
    pub date: i64,
    pub parts: Vec<Part>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Control {
    pub part_hold_back: Micros,
    pub hold_back: Option<Micros>,
    pub can_skip_until: Option<Micros>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct List {
    pub version: u64,
    pub target_duration: u64,
    pub control: Option<Control>,
    pub part_target: Option<Micros>,
    pub media_sequence: u64,
    pub discontinuity_sequence: u64,
    pub independent_segments: bool,
    /// EXT-X-START: that far before the end.
    pub start: Option<Micros>,
    pub skipped: u64,
    /// Complete ones.
    pub segments: Vec<Segment>,
    pub open: Option<Segment>,
    pub hint: Option<String>,
    pub ended: bool,
}

pub type Checked<T> = Result<T, String>;

/// Places of header tags; a tag may only follow one of a lower place.
const HEADER: [&str; 9] = [
    "#EXT-X-VERSION",
    "#EXT-X-TARGETDURATION",
    "#EXT-X-SERVER-CONTROL",
    "#EXT-X-PART-INF",
    "#EXT-X-MEDIA-SEQUENCE",
    "#EXT-X-DISCONTINUITY-SEQUENCE",
    "#EXT-X-INDEPENDENT-SEGMENTS",
    "#EXT-X-START",
    "#EXT-X-SKIP",
];

/// The same of the tags before a segment's URI.
const SEGMENT: [&str; 6] = [
    "#EXT-X-DISCONTINUITY",
    "#EXT-X-MAP",
    "#EXT-X-PROGRAM-DATE-TIME",
    "#EXT-X-PART",
    "#EXT-X-GAP",
    "#EXTINF",
];

impl List {
    pub fn parse(text: &str) -> Checked<List> {
        let mut reader = Reader::default();
        let body = text
            .strip_suffix('\n')
            .ok_or("the last line does not end")?;
        let mut lines = body.split('\n');
        if lines.next() != Some("#EXTM3U") {
            return Err("the first line is not #EXTM3U".into());
        }
        for line in lines {
            reader
                .line(line)
                .map_err(|error| format!("{error} in {line:?} of\n{text}"))?;
        }
        reader.done().map_err(|error| format!("{error} in\n{text}"))
    }

    /// Complete segments and the open one.
    pub fn all(&self) -> impl Iterator<Item = &Segment> {
        self.segments.iter().chain(&self.open)
    }

    /// Of everything listed.
    pub fn length(&self) -> Micros {
        self.all().map(|segment| segment.duration).sum()
    }
}

#[derive(Default)]
struct Reader {
    list: List,
    header: usize,
    seen: Vec<usize>,
    in_segments: bool,
    segment: Segment,
    place: usize,
    dated: bool,
    extinf: bool,
    map: Option<String>,
}

impl Reader {
    fn line(&mut self, line: &str) -> Checked<()> {
        if self.list.ended || line.is_empty() || line.ends_with('\r') {
            return Err("a line that can't be here".into());
        }
        if !line.starts_with('#') {
            return self.uri(line);
        }
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        if let Some(place) = HEADER.iter().position(|tag| *tag == name) {
            return self.header(place, value);
        }
        self.in_segments = true;
        if self.list.hint.is_some() && name != "#EXT-X-ENDLIST" {
            return Err("a tag behind the hint".into());
        }
        match SEGMENT.iter().position(|tag| *tag == name) {
            Some(place) => self.tag(place, value),
            None => self.last(name, value),
        }
    }

    fn header(&mut self, place: usize, value: &str) -> Checked<()> {
        if self.in_segments || place < self.header || self.seen.contains(&place) {
            return Err("a header tag out of order".into());
        }
        self.header = place;
        self.seen.push(place);
        let list = &mut self.list;
        match place {
            0 => list.version = integer(value)?,
            1 => list.target_duration = integer(value)?,
            2 => list.control = Some(control(value)?),
            3 => {
                let mut attributes = attributes(value)?;
                list.part_target = Some(seconds(&take(&mut attributes, "PART-TARGET")?)?);
                none_left(&attributes)?;
            }
            4 => list.media_sequence = integer(value)?,
            5 => list.discontinuity_sequence = integer(value)?,
            6 => list.independent_segments = true,
            7 => {
                let mut attributes = attributes(value)?;
                let offset = take(&mut attributes, "TIME-OFFSET")?;
                let offset = offset.strip_prefix('-').ok_or("a start from the front")?;
                list.start = Some(seconds(offset)?);
                attributes.remove("PRECISE");
                none_left(&attributes)?;
            }
            _ => {
                let mut attributes = attributes(value)?;
                list.skipped = integer(&take(&mut attributes, "SKIPPED-SEGMENTS")?)?;
                none_left(&attributes)?;
            }
        }
        Ok(())
    }

    fn tag(&mut self, place: usize, value: &str) -> Checked<()> {
        let is_part = SEGMENT[place] == "#EXT-X-PART";
        if place < self.place || (place == self.place && !is_part && place > 0) {
            return Err("a tag out of order".into());
        }
        if is_part && !self.dated {
            return Err("a part before its segment's date".into());
        }
        self.place = place;
        match SEGMENT[place] {
            "#EXT-X-DISCONTINUITY" if self.segment.discontinuity => {
                return Err("two discontinuities in a row".into());
            }
            "#EXT-X-DISCONTINUITY" => self.segment.discontinuity = true,
            "#EXT-X-MAP" => {
                let mut attributes = attributes(value)?;
                self.map = Some(take(&mut attributes, "URI")?);
                none_left(&attributes)?;
            }
            "#EXT-X-PROGRAM-DATE-TIME" => {
                self.segment.date = date(value)?;
                self.dated = true;
            }
            "#EXT-X-PART" => self.segment.parts.push(part(value)?),
            "#EXT-X-GAP" => self.segment.gap = true,
            _ => {
                let value = value.strip_suffix(',').ok_or("EXTINF without its comma")?;
                self.segment.duration = seconds(value)?;
                self.extinf = true;
            }
        }
        Ok(())
    }

    fn last(&mut self, name: &str, value: &str) -> Checked<()> {
        match name {
            "#EXT-X-PRELOAD-HINT" => {
                let mut attributes = attributes(value)?;
                if take(&mut attributes, "TYPE")? != "PART" {
                    return Err("a hint at something else than a part".into());
                }
                self.list.hint = Some(take(&mut attributes, "URI")?);
                none_left(&attributes)
            }
            "#EXT-X-ENDLIST" => {
                self.list.ended = true;
                Ok(())
            }
            _ => Err("an unknown tag".into()),
        }
    }

    fn uri(&mut self, line: &str) -> Checked<()> {
        if !self.extinf || !self.dated {
            return Err("a segment without duration or date".into());
        }
        let mut segment = std::mem::take(&mut self.segment);
        segment.uri = line.to_owned();
        segment.map.clone_from(&self.map);
        self.list.segments.push(segment);
        (self.place, self.dated, self.extinf) = (0, false, false);
        Ok(())
    }

    fn done(mut self) -> Checked<List> {
        for place in [0, 1, 4] {
            if !self.seen.contains(&place) {
                return Err(format!("no {}", HEADER[place]));
            }
        }
        let could_leave = self.list.segments.iter().any(|s| s.discontinuity);
        if could_leave && !self.seen.contains(&5) {
            return Err("a discontinuity without its sequence".into());
        }
        if self.extinf {
            return Err("a segment without a URI".into());
        }
        if self.place > 0 || self.segment.discontinuity {
            let mut open = self.segment;
            if open.parts.is_empty() || open.gap {
                return Err("tags that belong to no segment".into());
            }
            open.duration = open.parts.iter().map(|part| part.duration).sum();
            open.map = self.map;
            self.list.open = Some(open);
        }
        Ok(self.list)
    }
}

fn control(value: &str) -> Checked<Control> {
    let mut attributes = attributes(value)?;
    if take(&mut attributes, "CAN-BLOCK-RELOAD")? != "YES" {
        return Err("parts without blocking reload".into());
    }
    let optional = |value: Option<String>| value.map(|value| seconds(&value)).transpose();
    let control = Control {
        part_hold_back: seconds(&take(&mut attributes, "PART-HOLD-BACK")?)?,
        hold_back: optional(attributes.remove("HOLD-BACK"))?,
        can_skip_until: optional(attributes.remove("CAN-SKIP-UNTIL"))?,
    };
    none_left(&attributes)?;
    Ok(control)
}

fn part(value: &str) -> Checked<Part> {
    let mut attributes = attributes(value)?;
    let part = Part {
        uri: take(&mut attributes, "URI")?,
        duration: seconds(&take(&mut attributes, "DURATION")?)?,
        independent: match attributes.remove("INDEPENDENT").as_deref() {
            None => false,
            Some("YES") => true,
            Some(other) => return Err(format!("INDEPENDENT={other}")),
        },
    };
    none_left(&attributes)?;
    Ok(part)
}

/// An attribute list, §4.2; quotation marks are taken off.
fn attributes(mut rest: &str) -> Checked<BTreeMap<String, String>> {
    let mut attributes = BTreeMap::new();
    loop {
        let (name, value) = rest.split_once('=').ok_or("an attribute without value")?;
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_uppercase() || b == b'-') {
            return Err(format!("{name:?} is no attribute's name"));
        }
        let (value, more) = match value.strip_prefix('"') {
            Some(quoted) => {
                let (value, more) = quoted.split_once('"').ok_or("an open quotation")?;
                (
                    value,
                    more.strip_prefix(',').or((!more.is_empty()).then_some("")),
                )
            }
            None => match value.split_once(',') {
                Some((value, more)) => (value, Some(more)),
                None => (value, None),
            },
        };
        if value.is_empty()
            || attributes
                .insert(name.to_owned(), value.to_owned())
                .is_some()
        {
            return Err(format!("{name} is empty or there twice"));
        }
        match more {
            Some(more) => rest = more,
            None => return Ok(attributes),
        }
    }
}

fn take(attributes: &mut BTreeMap<String, String>, name: &str) -> Checked<String> {
    attributes.remove(name).ok_or(format!("no {name}"))
}

fn none_left(attributes: &BTreeMap<String, String>) -> Checked<()> {
    match attributes.keys().next() {
        Some(name) => Err(format!("an unknown attribute {name}")),
        None => Ok(()),
    }
}

fn integer(text: &str) -> Checked<u64> {
    let is_plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let number = is_plain.then(|| text.parse().ok()).flatten();
    number.ok_or(format!("{text:?} is no decimal integer"))
}

/// Decimal seconds with 3 to 6 decimals.
fn seconds(text: &str) -> Checked<Micros> {
    let (whole, decimals) = text.split_once('.').ok_or("seconds without decimals")?;
    if !(3..=6).contains(&decimals.len()) {
        return Err(format!("{text} has {} decimals", decimals.len()));
    }
    Ok(integer(whole)? * 1_000_000 + integer(&format!("{decimals:0<6}"))?)
}

/// `2026-11-22T09:00:00.123Z` as Unix ms.
fn date(text: &str) -> Checked<i64> {
    let wrong = || format!("{text:?} is no date");
    let template = "0000-00-00T00:00:00.000Z";
    let fits = |(a, b): (u8, u8)| {
        if b == b'0' {
            a.is_ascii_digit()
        } else {
            a == b
        }
    };
    if text.len() != template.len() || !text.bytes().zip(template.bytes()).all(fits) {
        return Err(wrong());
    }
    let field = |from: usize, to: usize| -> i64 { text[from..to].parse().unwrap_or(0) };
    let (year, month, day) = (field(0, 4), field(5, 7), field(8, 10));
    let leaps = |year: i64| year / 4 - year / 100 + year / 400;
    let is_leap = leaps(year) > leaps(year - 1);
    let lengths = [
        31,
        28 + i64::from(is_leap),
        31,
        30,
        31,
        30,
        31,
        31,
        30,
        31,
        30,
        31,
    ];
    let month = usize::try_from(month - 1).map_err(|_| wrong())?;
    if day < 1 || day > *lengths.get(month).ok_or_else(wrong)? {
        return Err(wrong());
    }
    let days = 365 * (year - 1970) + leaps(year - 1) - leaps(1969)
        + lengths[..month].iter().sum::<i64>()
        + day
        - 1;
    let seconds = field(11, 13) * 3_600 + field(14, 16) * 60 + field(17, 19);
    Ok((days * 86_400 + seconds) * 1_000 + field(20, 23))
}
