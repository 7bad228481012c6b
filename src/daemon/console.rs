//! `hearth console`: what stands on the screen of the box, and what its light says.
//!
//! A process of its own, because the daemon may touch neither screen nor light; it asks over the control socket.

use super::led::{Led, Light};
use super::state::{SetupState, State};
use super::{StartError, control};
use qrcodegen::{QrCode, QrCodeEcc};
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How often the daemon is asked.
const EVERY: Duration = Duration::from_secs(2);

/// How often the screen is drawn anew without a change: the kernel may have written on it.
const ANEW: Duration = Duration::from_secs(60);

/// Modules of light around a QR code: a screen's dark background is no quiet zone.
const QUIET: i32 = 2;

/// Problems that are shown; more would push the addresses off a small screen.
const PROBLEMS_MOST: usize = 5;

/// Hides the cursor, clears a terminal and goes to its first line (ECMA-48, DEC).
const CLEAR: &str = "\x1b[?25l\x1b[H\x1b[2J\x1b[3J";

/// `hearth console`.
#[derive(Debug)]
pub(super) struct Request {
    /// The daemon's data folder.
    pub(super) data: PathBuf,
    /// Its folder for live media, where it leaves word while its data can't be used.
    pub(super) ring: Option<PathBuf>,
    /// Print once and end, and leave the light alone.
    pub(super) once: bool,
}

impl Request {
    fn state(&self) -> Option<State> {
        let left = || self.ring.as_deref().and_then(State::left);
        control::state(&self.data).or_else(left)
    }
}

/// Shows the state until ended; once if asked to.
pub(super) fn run(request: &Request) -> Result<(), StartError> {
    if request.once {
        let state = request
            .state()
            .ok_or_else(|| StartError::Cannot("no running Hearth answers".into()))?;
        return print(&text(Some(&state)));
    }
    let mut lamp = Lamp::default();
    let (mut shown, mut drawn) = (String::new(), Instant::now());
    loop {
        let state = request.state();
        lamp.show(Light::of(state.as_ref()));
        let text = text(state.as_ref());
        if text != shown || drawn.elapsed() >= ANEW {
            print(&format!("{CLEAR}{text}"))?;
            (shown, drawn) = (text, Instant::now());
        }
        std::thread::sleep(EVERY);
    }
}

/// The light of the board, which may be there only later. One that can't be used is no reason to have no screen.
#[derive(Default)]
struct Lamp {
    led: Option<Led>,
    complained: bool,
}

impl Lamp {
    fn show(&mut self, light: Light) {
        if self.led.is_none() {
            self.led = Led::find(Path::new("/"));
        }
        if let Some(Err(error)) = self.led.as_mut().map(|led| led.show(light))
            && !self.complained
        {
            eprintln!("hearth console: the light can't be used: {error}");
            self.complained = true;
        }
    }
}

fn print(text: &str) -> Result<(), StartError> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .map_err(|error| StartError::Cannot(format!("the screen can't be used: {error}")))
}

/// The whole screen.
fn text(state: Option<&State>) -> String {
    let Some(state) = state else {
        return "\n  Hearth is starting, or does not answer.\n".into();
    };
    let mut text = String::from("\n  Hearth\n\n");
    let addresses = Some(&state.name).into_iter().chain(&state.numbers);
    for address in addresses.filter(|address| !address.is_empty()) {
        // Writing to a string does not fail.
        let _ = writeln!(text, "  {address}");
    }
    if state.numbers.is_empty() {
        text.push_str(
            "  No network: plug in a cable, or check the Wi-Fi in hearth.toml on the card.\n",
        );
    }
    text.push('\n');
    if let Some(code) = state
        .numbers
        .first()
        .or(Some(&state.name))
        .and_then(|url| qr(url))
    {
        text.push_str(&code);
        text.push('\n');
    }
    match (&state.setup, state.live.as_slice()) {
        (Some(setup), _) => text.push_str(&setup_lines(setup)),
        (None, []) => text.push_str("  Nobody is live.\n"),
        (None, live) => {
            let _ = writeln!(text, "  Live: {}", plain(&live.join(", ")));
        }
    }
    for problem in state.problems.iter().take(PROBLEMS_MOST) {
        let _ = writeln!(text, "  ! {}", plain(problem));
    }
    if let Some(more @ 1..) = state.problems.len().checked_sub(PROBLEMS_MOST) {
        let _ = writeln!(text, "  ! {more} more on the page");
    }
    text
}

fn setup_lines(setup: &SetupState) -> String {
    let code = &setup.code;
    match setup.open_s.div_ceil(60) {
        0 => format!("  Nobody owns this box yet. Open the address above; set-up code: {code}\n"),
        minutes => format!(
            "  Nobody owns this box yet. Open the address above: whoever comes first owns it.\n  \
            In {minutes} min it asks for this set-up code: {code}\n"
        ),
    }
}

/// Nothing that a terminal would obey.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

/// Two modules a character, light on dark as screens are: `▀`, `▄`, `█` and blank, which every console font has.
fn qr(text: &str) -> Option<String> {
    let code = QrCode::encode_text(text, QrCodeEcc::Low).ok()?;
    let is_light = |x: i32, y: i32| !code.get_module(x, y);
    let mut drawing = String::new();
    let ends = code.size() + QUIET;
    for y in (-QUIET..ends).step_by(2) {
        drawing.push_str("  ");
        for x in -QUIET..ends {
            drawing.push(match (is_light(x, y), y + 1 < ends && is_light(x, y + 1)) {
                (true, true) => '█',
                (true, false) => '▀',
                (false, true) => '▄',
                (false, false) => ' ',
            });
        }
        drawing.push('\n');
    }
    Some(drawing)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> State {
        State {
            name: "http://hearth-2.local/".into(),
            numbers: vec!["http://192.168.1.23/".into(), "http://[fd00::23]/".into()],
            ..State::default()
        }
    }

    #[test]
    fn the_screen_shows_where_to_go_and_how_it_is() {
        let screen = text(Some(&state()));
        for line in [
            "http://hearth-2.local/",
            "http://192.168.1.23/",
            "Nobody is live.",
        ] {
            assert!(screen.contains(line), "{screen}");
        }
        let live = State {
            live: vec!["Anna".into(), "B\x1b[2Jen".into()],
            problems: vec!["The power supply or its cable is too weak.".into()],
            ..state()
        };
        let screen = text(Some(&live));
        assert!(screen.contains("Live: Anna, B[2Jen"), "{screen}");
        assert!(screen.contains("! The power supply"), "{screen}");
        let many = State {
            problems: vec!["x".into(); PROBLEMS_MOST + 2],
            ..state()
        };
        let screen = text(Some(&many));
        assert!(
            screen.ends_with("  ! x\n  ! 2 more on the page\n"),
            "{screen}"
        );
        assert!(text(None).contains("does not answer"));
        assert!(text(Some(&State::default())).contains("No network"));
    }

    #[test]
    fn a_box_without_an_owner_shows_its_code_and_how_long_it_needs_none() {
        let with = |open_s| {
            let setup = SetupState {
                code: "k7d2-m9xp".into(),
                open_s,
            };
            text(Some(&State {
                setup: Some(setup),
                ..state()
            }))
        };
        assert!(with(0).contains("set-up code: k7d2-m9xp") && !with(0).contains("comes first"));
        assert!(with(61).contains("In 2 min") && with(61).contains("k7d2-m9xp"));
    }

    #[test]
    fn the_code_on_the_screen_is_the_code_that_was_meant() {
        let text = "http://192.168.1.23/";
        let code = QrCode::encode_text(text, QrCodeEcc::Low).unwrap();
        let drawing = qr(text).unwrap();
        let rows: Vec<Vec<char>> = drawing
            .lines()
            .map(|line| line.chars().skip(2).collect())
            .collect();
        for y in 0..code.size() {
            for x in 0..code.size() {
                let at = |n: i32| usize::try_from(n + QUIET).unwrap();
                let drawn = rows[at(y) / 2][at(x)];
                let lit = match at(y) % 2 {
                    0 => matches!(drawn, '█' | '▀'),
                    _ => matches!(drawn, '█' | '▄'),
                };
                assert_eq!(lit, !code.get_module(x, y), "{x} {y}");
            }
        }
        assert!(rows[0].iter().all(|c| *c == '█'));
    }
}
