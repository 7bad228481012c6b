//! A household watches for a while: the real program, an encoder in real time that loses its network once and says goodbye at
//! the end, and a viewer for each way of reading the lists.
//!
//! 25 s; three minutes with `HEARTH_LONG=1`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod edge_support;
mod hls_rules;
mod program_support;
mod rtmp_support;

use edge_support::{Client, Reply};
use hls_rules::Walk;
use program_support::Daemon;
use rtmp_support::Encoder;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// An explicit goodbye is believed after this long.
const GRACE: Duration = Duration::from_secs(10);

/// Set when the encoder has said goodbye.
static OVER: AtomicBool = AtomicBool::new(false);

fn live_for() -> Duration {
    let long = std::env::var_os("HEARTH_LONG").is_some();
    Duration::from_secs(if long { 180 } else { 25 }) - GRACE
}

/// Sends in real time until `until`.
fn push(encoder: &mut Encoder, until: Instant) {
    const STEP: Duration = Duration::from_millis(20);
    let mut next = Instant::now();
    while next < until {
        encoder.send(20);
        next += STEP;
        std::thread::sleep(next.saturating_duration_since(Instant::now()));
    }
}

/// Half the time from one connection, which breaks, half from another, and a goodbye.
fn encode(at: SocketAddr, key: &str) {
    let (start, whole) = (Instant::now(), live_for());
    let mut encoder = Encoder::publish(at, 2, key);
    push(&mut encoder, start + whole / 2);
    drop(encoder);
    std::thread::sleep(Duration::from_millis(1_500));
    let mut encoder = Encoder::publish(at, 2, key);
    push(&mut encoder, start + whole);
    encoder.say_goodbye();
    OVER.store(true, SeqCst);
}

/// One way of watching: a name for the report, and what it saw.
struct Seen {
    how: &'static str,
    replies: usize,
    held_in_vain: usize,
    /// Deltas that were held against the whole list of the same moment.
    deltas: usize,
    /// How long after its end the newest media was listed and here, ms.
    lags: Vec<f64>,
}

/// A viewer's connection.
struct Viewer {
    client: Client,
    /// What holds its lists to the rules.
    walk: Walk,
    seen: Seen,
}

impl Viewer {
    fn new(at: SocketAddr, how: &'static str) -> Viewer {
        Viewer {
            client: Client::to(at),
            walk: Walk::new(),
            seen: Seen {
                how,
                replies: 0,
                held_in_vain: 0,
                deltas: 0,
                lags: Vec::new(),
            },
        }
    }

    fn get(&mut self, file: &str) -> Reply {
        self.seen.replies += 1;
        self.client.get(&format!("/live/anna/{file}"))
    }

    /// A list; None after a 503, which only a publisher that is silent explains.
    fn list(&mut self, file: &str) -> Option<String> {
        let reply = self.get(file);
        match reply.status {
            200 => {
                let text = reply.text().to_owned();
                let checked = match file.split_once('?') {
                    _ if !file.starts_with("media.m3u8") => Ok(()),
                    Some((_, "plain=1")) => self.walk.see_plain(&text),
                    _ => self.walk.see(&text),
                };
                checked.unwrap_or_else(|rule| panic!("{}, {file}: {rule}", self.seen.how));
                Some(text)
            }
            503 => {
                self.seen.held_in_vain += 1;
                None
            }
            // The TS list goes with its session.
            404 if file == "ts.m3u8" && OVER.load(SeqCst) => Some("#EXT-X-ENDLIST\n".to_owned()),
            other => panic!("{}: {other} for {file}", self.seen.how),
        }
    }
}

/// What a viewer needs to know of a list to go on.
struct Facts {
    /// Number of the open segment, or the next.
    open: u64,
    /// Its parts.
    parts: u64,
    /// Files by their segment: its name if it is complete, and its parts.
    segments: BTreeMap<u64, (Option<String>, Vec<String>)>,
    hint: Option<String>,
    /// Unix seconds at which the last listed media ended.
    end: f64,
    ended: bool,
}

fn attribute<'l>(line: &'l str, name: &str) -> &'l str {
    let (_, rest) = line.split_once(name).unwrap();
    rest.trim_start_matches('"')
        .split(['"', ','])
        .next()
        .unwrap()
}

/// Seconds of the day.
fn time_of_day(date: &str) -> f64 {
    let clock = date.split_once('T').unwrap().1.trim_end_matches('Z');
    let fields = clock.split(':').map(|field| field.parse::<f64>().unwrap());
    fields.fold(0.0, |sum, field| sum * 60.0 + field)
}

fn facts(text: &str) -> Facts {
    let mut facts = Facts {
        open: 0,
        parts: 0,
        segments: BTreeMap::new(),
        hint: None,
        end: 0.0,
        ended: false,
    };
    let (mut start, mut partial, mut whole) = (0.0, 0.0, 0.0);
    let mut is_gap = false;
    for line in text.lines() {
        if let Some(number) = line.strip_prefix("#EXT-X-MEDIA-SEQUENCE:") {
            facts.open = number.parse().unwrap();
        } else if line.starts_with("#EXT-X-SKIP:") {
            facts.open += attribute(line, "SKIPPED-SEGMENTS=").parse::<u64>().unwrap();
        } else if let Some(date) = line.strip_prefix("#EXT-X-PROGRAM-DATE-TIME:") {
            (start, partial) = (time_of_day(date), 0.0);
        } else if line.starts_with("#EXT-X-PART:") {
            partial += attribute(line, "DURATION=").parse::<f64>().unwrap();
            let parts = &mut facts.segments.entry(facts.open).or_default().1;
            parts.push(attribute(line, "URI=").to_owned());
            facts.parts += 1;
        } else if let Some(duration) = line.strip_prefix("#EXTINF:") {
            whole = duration.trim_end_matches(',').parse::<f64>().unwrap();
        } else if line.starts_with("#EXT-X-PRELOAD-HINT:") {
            facts.hint = Some(attribute(line, "URI=").to_owned());
        } else if line == "#EXT-X-ENDLIST" {
            facts.ended = true;
        } else if line == "#EXT-X-GAP" {
            is_gap = true;
        } else if !line.starts_with('#') {
            let name = Some(line.to_owned()).filter(|_| !is_gap);
            facts.segments.entry(facts.open).or_default().0 = name;
            (facts.open, facts.parts, is_gap) = (facts.open + 1, 0, false);
            (start, partial, whole) = (start + whole, 0.0, 0.0);
        }
    }
    facts.end = start + partial;
    facts
}

/// How long ago the newest listed media ended, ms: by the daemon's clock, which is this one, and the list's dates.
fn lag(facts: &Facts) -> f64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let late = now.as_secs_f64() - facts.end;
    ((late + 43_200.0).rem_euclid(86_400.0) - 43_200.0) * 1_000.0
}

/// Asks for `file`, every `pause`, until the list ends.
fn poll(mut viewer: Viewer, file: &str, pause: Duration) -> Seen {
    let mut last = 0;
    loop {
        if let Some(text) = viewer.list(file) {
            let facts = facts(&text);
            check_form(file, &text);
            if facts.ended {
                return viewer.seen;
            }
            assert!(facts.open >= last, "{}: a list went back", viewer.seen.how);
            last = facts.open;
            newest_segment(&mut viewer, &facts);
        }
        std::thread::sleep(pause);
    }
}

/// What plain and TS lists must not have.
fn check_form(file: &str, text: &str) {
    if file != "media.m3u8" {
        for tag in ["EXT-X-PART", "PRELOAD", "SERVER-CONTROL", "SKIP", "GAP"] {
            assert!(!text.contains(tag), "{tag} in {file}:\n{text}");
        }
    }
}

fn newest_segment(viewer: &mut Viewer, facts: &Facts) {
    let named = facts
        .segments
        .values()
        .rev()
        .find_map(|(name, _)| name.as_ref());
    // A session that is over has given its segments up.
    if let Some(name) = named.filter(|_| !facts.ended) {
        let status = viewer.get(name).status;
        assert!(status == 200 || OVER.load(SeqCst), "{name}: {status}");
    }
}

/// Asks for the next segment, or with `parts` the next part, again and again, until the list ends.
fn block(mut viewer: Viewer, parts: bool, skip: bool) -> Seen {
    let mut facts = facts(&viewer.list("media.m3u8").unwrap());
    while !facts.ended {
        let mut query = format!("media.m3u8?_HLS_msn={}", facts.open);
        if parts {
            query += &format!("&_HLS_part={}", facts.parts);
        }
        let form = if skip { "&_HLS_skip=YES" } else { "" };
        let Some(text) = viewer.list(&format!("{query}{form}")) else {
            continue;
        };
        let next = self::facts(&text);
        if !next.ended {
            let asked = if parts {
                (facts.open, facts.parts + 1)
            } else {
                (facts.open + 1, 0)
            };
            assert!(
                (next.open, next.parts) >= asked,
                "{query} was answered early:\n{text}"
            );
            viewer.seen.lags.push(lag(&next));
        }
        if skip {
            // The same without skipping; the list may have grown meanwhile.
            let whole = viewer.list(&query);
            let same = whole.filter(|whole| self::facts(whole).hint == next.hint);
            viewer.seen.deltas += usize::from(check_delta(&text, same.as_deref()));
        }
        facts = next;
    }
    viewer.seen
}

/// A delta is the whole list but for the segments that it says are missing. False if there is nothing to compare.
fn check_delta(delta: &str, whole: Option<&str>) -> bool {
    let skip = delta.lines().find(|line| line.starts_with("#EXT-X-SKIP:"));
    let (Some(skip), Some(whole)) = (skip, whole) else {
        return false;
    };
    let (head, tail) = delta.split_once(&format!("{skip}\n")).unwrap();
    let rest = whole.strip_prefix(head).expect("the same head");
    let middle = rest.strip_suffix(tail).expect("the same end");
    let segments = middle.lines().filter(|line| !line.starts_with('#')).count();
    assert_eq!(attribute(skip, "SKIPPED-SEGMENTS="), segments.to_string());
    true
}

/// Asks for each hinted part before it is there, and for its segment when that is complete: they are the same bytes.
fn early(mut viewer: Viewer) -> Seen {
    let mut parts: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let (mut compared, mut last) = (0, 0);
    loop {
        let Some(text) = viewer.list("media.m3u8") else {
            continue;
        };
        let facts = facts(&text);
        if facts.ended {
            break;
        }
        for (number, (name, of_segment)) in &facts.segments {
            let known: Option<Vec<_>> = of_segment.iter().map(|part| parts.get(part)).collect();
            let (Some(name), Some(known), true) = (name, known, *number > last) else {
                continue;
            };
            if !known.is_empty() {
                let segment = viewer.get(name);
                let joined: Vec<u8> = known.into_iter().flatten().copied().collect();
                assert_eq!(segment.status, 200, "{name}");
                assert!(segment.body == joined, "{name} is not its parts");
                (compared, last) = (compared + 1, *number);
            }
        }
        parts.retain(|part, _| text.contains(part.as_str()));
        let Some(hint) = facts.hint else { continue };
        let reply = viewer.get(&hint);
        match reply.status {
            200 => drop(parts.insert(hint, reply.body)),
            503 => viewer.seen.held_in_vain += 1,
            404 => assert!(OVER.load(SeqCst), "{hint} was hinted at and never came"),
            other => panic!("{other} for {hint}"),
        }
    }
    assert!(compared >= 2, "only {compared} segments were compared");
    viewer.seen
}

/// The lists of lists, each followed.
fn multivariant(mut viewer: Viewer) -> Seen {
    while !OVER.load(SeqCst) {
        for (file, leads_to) in [
            ("index.m3u8", "media.m3u8"),
            ("index.m3u8?plain=1", "media.m3u8?plain=1"),
        ] {
            let text = viewer.list(file).unwrap();
            let named = text.lines().find(|line| !line.starts_with('#'));
            assert_eq!(named, Some(leads_to), "{text}");
            let media = viewer.list(leads_to).unwrap();
            check_form(leads_to, &media);
            assert_eq!(media.contains("EXT-X-PART"), file == "index.m3u8");
        }
        std::thread::sleep(Duration::from_secs(1));
    }
    viewer.seen
}

fn median(lags: &[f64]) -> Option<f64> {
    let mut lags = lags.to_vec();
    lags.sort_by(f64::total_cmp);
    lags.get(lags.len() / 2).copied()
}

/// Requests that are held are answered when there is news: nearly always, and soon. Only the silence after the goodbye holds
/// some in vain.
fn check_held(seen: &Seen) {
    /// By what a busy machine may delay half of the answers, ms.
    const SOON_MS: f64 = 500.0;
    const IN_VAIN: usize = 2;
    let news_every = match seen.how {
        "blocking by segment" => 3.0,
        "blocking by part" | "blocking with skip" => 0.5,
        _ => return,
    };
    let (how, answers) = (seen.how, seen.lags.len());
    let least = live_for().as_secs_f64() / news_every;
    assert!(answers as f64 >= least, "{how}: {answers} of {least:.0}");
    assert!(seen.held_in_vain <= IN_VAIN, "{how}: {}", seen.held_in_vain);
    let lag = median(&seen.lags).unwrap();
    assert!(lag < SOON_MS, "{how}: {lag} ms");
    if how == "blocking with skip" {
        assert!(seen.deltas > 0, "no delta was compared");
    }
}

#[test]
fn every_way_of_watching_sees_lists_that_keep_the_rules() {
    let daemon = Daemon::start("256M");
    let key = daemon.add_user("anna");
    let (rtmp, http) = (daemon.rtmp, daemon.http);
    let encoder = std::thread::spawn(move || encode(rtmp, &key));
    while daemon.segments("anna").is_empty() {
        assert!(!encoder.is_finished());
        std::thread::sleep(Duration::from_millis(50));
    }
    let watch = |how: &'static str, way: fn(Viewer) -> Seen| {
        std::thread::spawn(move || way(Viewer::new(http, how)))
    };
    let watching: Vec<JoinHandle<Seen>> = vec![
        watch("polling", |viewer| {
            poll(viewer, "media.m3u8", Duration::from_millis(400))
        }),
        watch("plain", |viewer| {
            poll(viewer, "media.m3u8?plain=1", Duration::from_secs(1))
        }),
        watch("TS", |viewer| {
            poll(viewer, "ts.m3u8", Duration::from_secs(1))
        }),
        watch("blocking by segment", |viewer| block(viewer, false, false)),
        watch("blocking by part", |viewer| block(viewer, true, false)),
        watch("blocking with skip", |viewer| block(viewer, true, true)),
        watch("parts asked for early", early),
        watch("multivariant", multivariant),
    ];
    for watching in watching {
        let seen = watching.join().unwrap();
        print!("{}: {} replies, ", seen.how, seen.replies);
        print!("{} held in vain, {} deltas", seen.held_in_vain, seen.deltas);
        println!(", median lag {:.0?} ms", median(&seen.lags));
        check_held(&seen);
    }
    encoder.join().unwrap();
    let metrics = daemon.get("/metrics");
    let metrics = String::from_utf8(metrics.body).unwrap();
    let held = metrics
        .lines()
        .filter(|line| line.starts_with("hearth_http_held"));
    held.for_each(|line| println!("{line}"));
}
