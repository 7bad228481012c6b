//! Successive playlists of one URL, held to the rules between them.

use super::list::{Checked, List, Micros, Part, Segment};
use std::collections::HashMap;

const SECOND: Micros = 1_000_000;

/// What was published, by media sequence number, and the newest list.
#[derive(Default)]
pub struct Walk {
    published: HashMap<u64, Published>,
    /// Every name, and what it stands for.
    names: HashMap<String, Name>,
    newest: Option<List>,
    plain: Option<List>,
    /// Longest and shortest part that had to keep the 85 %, µs; for reports.
    pub shortest: Option<Micros>,
    pub longest: Option<Micros>,
    pub parts: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Published {
    segment: Segment,
    complete: bool,
    /// Parts that were listed, also after their tags have left.
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Name {
    Segment(u64),
    Part(u64, usize),
    Init,
}

fn ensure(holds: bool, rule: impl FnOnce() -> String) -> Checked<()> {
    if holds { Ok(()) } else { Err(rule()) }
}

impl Walk {
    pub fn new() -> Walk {
        Walk::default()
    }

    /// The newest list, whole.
    pub fn newest(&self) -> Option<&List> {
        self.newest.as_ref()
    }

    /// `media.m3u8`, whole or a delta, newer than (or the same as) what was seen.
    ///
    /// # Errors
    /// The rule that it breaks.
    pub fn see(&mut self, text: &str) -> Checked<()> {
        let list = List::parse(text)?;
        let says = |rule: String| format!("{rule}\n{text}");
        let list = self.expand(list).map_err(says)?;
        alone(&list).map_err(says)?;
        self.after_newest(&list).map_err(says)?;
        self.against_published(&list).map_err(says)?;
        self.publish(&list).map_err(says)?;
        self.newest = Some(list);
        Ok(())
    }

    /// `media.m3u8?plain=1`.
    ///
    /// # Errors
    /// The rule that it breaks.
    pub fn see_plain(&mut self, text: &str) -> Checked<()> {
        let list = List::parse(text)?;
        let says = |rule: String| format!("{rule}\n{text}");
        self.check_plain(&list).map_err(says)?;
        self.plain = Some(list);
        Ok(())
    }

    fn check_plain(&mut self, list: &List) -> Checked<()> {
        let has_any = list.control.is_some()
            || list.part_target.is_some()
            || list.hint.is_some()
            || list.open.is_some()
            || list.skipped > 0
            || list.segments.iter().any(|s| s.gap || !s.parts.is_empty());
        ensure(!has_any, || "tags of LL-HLS in the plain form".into())?;
        ensure(!list.segments.is_empty(), || "nothing is listed".into())?;
        version(list)?;
        if let Some(before) = &self.plain {
            ensure(list.media_sequence >= before.media_sequence, || {
                "the plain form's sequence went back".into()
            })?;
            same_header(before, list)?;
        }
        for (msn, segment) in (list.media_sequence..).zip(&list.segments) {
            if let Some(known) = self.published.get(&msn).filter(|known| known.complete) {
                let mut plain = segment.clone();
                plain.parts.clone_from(&known.segment.parts);
                ensure(plain == known.segment, || {
                    format!("{msn} differs between the forms: {:?}", known.segment)
                })?;
            }
        }
        dates(&list.segments.iter().collect::<Vec<_>>())
    }

    /// With what an EXT-X-SKIP stands for in its place.
    fn expand(&self, mut list: List) -> Checked<List> {
        if list.skipped == 0 {
            return Ok(list);
        }
        let until = list.control.and_then(|control| control.can_skip_until);
        let until = until.ok_or("a delta that was not promised")?;
        ensure(!list.ended, || "a delta of a list that is over".into())?;
        let mut to_end = list.length();
        let mut segments = Vec::new();
        let last = list.media_sequence + list.skipped;
        for msn in (list.media_sequence..last).rev() {
            let known = self.published.get(&msn).filter(|known| known.complete);
            let known = known.ok_or(format!("{msn} is skipped and was never seen"))?;
            ensure(to_end >= until, || {
                format!("{msn} is too new to be skipped")
            })?;
            to_end += known.segment.duration;
            let mut segment = known.segment.clone();
            segment.parts.clear();
            segments.insert(0, segment);
        }
        let map = segments.last().and_then(|segment| segment.map.clone());
        for segment in list.segments.iter_mut().chain(&mut list.open) {
            if segment.map.is_none() {
                segment.map.clone_from(&map);
            }
        }
        segments.append(&mut list.segments);
        list.segments = segments;
        list.skipped = 0;
        Ok(list)
    }

    fn after_newest(&self, list: &List) -> Checked<()> {
        let Some(before) = &self.newest else {
            return Ok(());
        };
        same_header(before, list)?;
        ensure(list.media_sequence >= before.media_sequence, || {
            "the sequence went back".into()
        })?;
        let removed = usize::try_from(list.media_sequence - before.media_sequence).unwrap();
        ensure(removed <= before.segments.len(), || {
            "segments were passed over".into()
        })?;
        let gone = &before.segments[..removed];
        let discontinuities = gone.iter().filter(|segment| segment.discontinuity).count() as u64;
        let expected = before.discontinuity_sequence + discontinuities;
        ensure(list.discontinuity_sequence == expected, || {
            format!("the discontinuity sequence should be {expected}")
        })?;
        let rest: Micros = list.segments.iter().map(|segment| segment.duration).sum();
        ensure(
            removed == 0 || rest >= 3 * list.target_duration * SECOND,
            || "fewer than three target durations were left by a removal".into(),
        )?;
        let end = |list: &List| list.media_sequence + list.segments.len() as u64;
        ensure(end(list) >= end(before), || {
            "a segment was taken back".into()
        })?;
        ensure(!before.ended || list == before, || {
            "it changed after its end".into()
        })?;
        ensure(
            !list.independent_segments || before.independent_segments,
            || "EXT-X-INDEPENDENT-SEGMENTS came back".into(),
        )
    }

    fn against_published(&self, list: &List) -> Checked<()> {
        let mut to_end = list.length();
        let limit = 3 * list.target_duration * SECOND;
        for (msn, segment, complete) in numbered(list) {
            to_end -= segment.duration;
            let Some(known) = self.published.get(&msn) else {
                continue;
            };
            if known.complete {
                let mut now = segment.clone();
                now.parts.clone_from(&known.segment.parts);
                ensure(complete && now == known.segment, || {
                    format!("{msn} was rewritten; it was {known:?}")
                })?;
            } else {
                let was = &known.segment;
                let same = was.date == segment.date
                    && was.map == segment.map
                    && was.discontinuity == segment.discontinuity;
                ensure(same, || format!("{msn} was rewritten; it was {known:?}"))?;
            }
            let kept = segment.parts.len() >= known.parts.len()
                && segment.parts[..known.parts.len()] == known.parts[..];
            let left = segment.parts.is_empty() && to_end >= limit;
            ensure(kept || left, || {
                format!("parts of {msn} were rewritten or left too early")
            })?;
            ensure(
                !known.complete || segment.parts.len() <= known.parts.len(),
                || format!("{msn} got parts after it was complete"),
            )?;
        }
        Ok(())
    }

    /// Takes what is new into the book; a new part must be the one that was hinted at, and its name new.
    fn publish(&mut self, list: &List) -> Checked<()> {
        let mut hint = self.newest.as_ref().and_then(|before| before.hint.clone());
        for (msn, segment, complete) in numbered(list) {
            if let Some(map) = &segment.map {
                self.name(map, Name::Init)?;
            }
            if complete {
                self.name(&segment.uri, Name::Segment(msn))?;
            }
            let known = self
                .published
                .get(&msn)
                .map_or(0, |known| known.parts.len());
            for (place, part) in segment.parts.iter().enumerate() {
                self.name(&part.uri, Name::Part(msn, place))?;
                if place < known {
                    continue;
                }
                if let Some(hint) = hint.take() {
                    ensure(part.uri == hint, || format!("{hint} was hinted at"))?;
                }
                self.count(segment, place, complete);
            }
            let mut parts = segment.parts.clone();
            if let Some(known) = self.published.get(&msn).filter(|_| parts.is_empty()) {
                parts.clone_from(&known.parts);
            }
            let segment = segment.clone();
            let published = Published {
                segment,
                complete,
                parts,
            };
            self.published.insert(msn, published);
        }
        if let Some(hint) = &list.hint {
            ensure(!self.names.contains_key(hint), || {
                "what is hinted at is there".into()
            })?;
        }
        Ok(())
    }

    fn count(&mut self, segment: &Segment, place: usize, complete: bool) {
        let part = &segment.parts[place];
        self.parts += 1;
        self.longest = self.longest.max(Some(part.duration));
        let is_last = complete && place + 1 == segment.parts.len();
        if !part.independent && !is_last {
            let shortest = self.shortest.unwrap_or(Micros::MAX);
            self.shortest = Some(shortest.min(part.duration));
        }
    }

    fn name(&mut self, uri: &str, stands_for: Name) -> Checked<()> {
        let is = self
            .names
            .entry(uri.to_owned())
            .or_insert_with(|| stands_for.clone());
        ensure(*is == stands_for, || {
            format!("{uri} is used twice: {is:?}, {stands_for:?}")
        })
    }
}

fn numbered(list: &List) -> impl Iterator<Item = (u64, &Segment, bool)> {
    let complete = list.segments.len();
    let numbers = list.media_sequence..;
    let all = numbers.zip(list.all()).enumerate();
    all.map(move |(place, (msn, segment))| (msn, segment, place < complete))
}

/// What must not change while the list lives.
fn same_header(before: &List, list: &List) -> Checked<()> {
    ensure(list.target_duration == before.target_duration, || {
        "TARGETDURATION changed".into()
    })?;
    ensure(list.part_target == before.part_target, || {
        "PART-TARGET changed".into()
    })?;
    ensure(list.control == before.control, || {
        "SERVER-CONTROL changed".into()
    })?;
    ensure(list.version == before.version, || "VERSION changed".into())
}

/// The rules for a list by itself.
fn alone(list: &List) -> Checked<()> {
    version(list)?;
    ensure(list.all().next().is_some(), || "nothing is listed".into())?;
    ensure(list.control.is_some() == list.part_target.is_some(), || {
        "SERVER-CONTROL and PART-INF belong together".into()
    })?;
    let target = list.target_duration * SECOND;
    for segment in &list.segments {
        let rounded = (segment.duration + SECOND / 2) / SECOND * SECOND;
        ensure(rounded <= target, || format!("{} is too long", segment.uri))?;
    }
    match list.part_target {
        Some(part_target) => with_parts(list, part_target)?,
        None => {
            let has_any = list.hint.is_some()
                || list.open.is_some()
                || list.segments.iter().any(|s| s.gap || !s.parts.is_empty());
            ensure(!has_any, || "parts or gaps without PART-INF".into())?;
        }
    }
    if list.independent_segments {
        let starts = |segment: &&Segment| segment.parts.first().is_none_or(|p| p.independent);
        ensure(list.all().all(|segment| starts(&segment)), || {
            "a segment does not begin independent".into()
        })?;
    }
    if let Some(start) = list.start {
        ensure(start <= list.length(), || {
            "it starts before it begins".into()
        })?;
    }
    let no_map = list.all().find(|segment| segment.map.is_none());
    ensure(no_map.is_none() || list.version < 6, || {
        "a segment without EXT-X-MAP".into()
    })?;
    dates(&list.all().collect::<Vec<_>>())
}

fn version(list: &List) -> Checked<()> {
    let needed = match (list.control, list.all().any(|s| s.map.is_some())) {
        (Some(_), _) => 9,
        (None, true) => 7,
        (None, false) => 3,
    };
    ensure(list.version == needed, || {
        format!("version {needed} would be right")
    })
}

fn with_parts(list: &List, part_target: Micros) -> Checked<()> {
    let control = list.control.ok_or("no SERVER-CONTROL")?;
    let target = list.target_duration * SECOND;
    ensure(part_target <= target, || {
        "PART-TARGET above TARGETDURATION".into()
    })?;
    ensure(control.part_hold_back >= 3 * part_target, || {
        "PART-HOLD-BACK below three parts".into()
    })?;
    ensure(
        control.hold_back.is_none_or(|least| least >= 3 * target),
        || "HOLD-BACK below three segments".into(),
    )?;
    ensure(
        control
            .can_skip_until
            .is_none_or(|least| least >= 6 * target),
        || "CAN-SKIP-UNTIL below six segments".into(),
    )?;
    ensure(list.hint.is_some() != list.ended, || {
        "a hint belongs to a list that goes on".into()
    })?;
    ensure(!list.ended || list.open.is_none(), || {
        "it ended within a segment".into()
    })?;
    gaps(list)?;
    let mut to_end = list.length();
    for (place, segment) in list.all().enumerate() {
        to_end -= segment.duration;
        ensure(segment.parts.is_empty() || to_end < 3 * target, || {
            format!("parts of {} should have left", segment.uri)
        })?;
        parts(segment, part_target)?;
        let sum: Micros = segment.parts.iter().map(|part| part.duration).sum();
        let complete = place < list.segments.len() && !segment.parts.is_empty();
        ensure(!complete || sum == segment.duration, || {
            format!("parts of {} last {sum} µs", segment.uri)
        })?;
    }
    Ok(())
}

fn parts(segment: &Segment, part_target: Micros) -> Checked<()> {
    for (place, part) in segment.parts.iter().enumerate() {
        let uri = &part.uri;
        ensure(part.duration <= part_target, || {
            format!("{uri} passes PART-TARGET")
        })?;
        let is_last = place + 1 == segment.parts.len();
        let is_enough = part.duration * 100 >= part_target * 85;
        ensure(part.independent || is_last || is_enough, || {
            format!("{uri} is shorter than 85 % of PART-TARGET")
        })?;
    }
    Ok(())
}

fn gaps(list: &List) -> Checked<()> {
    let all: Vec<&Segment> = list.all().collect();
    let count = all.iter().take_while(|segment| segment.gap).count();
    ensure(
        all.iter().filter(|segment| segment.gap).count() == count,
        || "a gap behind media".into(),
    )?;
    ensure(count < all.len(), || "nothing but gaps".into())?;
    let whole = |segment: &&&Segment| {
        segment.parts.is_empty() && segment.duration == list.target_duration * SECOND
    };
    ensure(all[..count].iter().all(|segment| whole(&segment)), || {
        "a gap that is not of a target duration".into()
    })
}

/// Dates go on where the segment before ended; a discontinuity may leave time out.
fn dates(all: &[&Segment]) -> Checked<()> {
    for pair in all.windows(2) {
        let end = pair[0].date * 1_000 + pair[0].duration.cast_signed();
        let off = pair[1].date * 1_000 - end;
        let fits = match pair[1].discontinuity {
            true => off >= -1_000_000,
            false => off.abs() <= 2_000,
        };
        ensure(fits, || format!("{} is dated {off} µs off", pair[1].uri))?;
    }
    Ok(())
}
