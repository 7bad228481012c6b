//! The green light of the board as a language, by the kernel's triggers: it goes on blinking whatever becomes of us.
//!
//! Slow blink: waits for its owner. Steady: all is well. Double blink: somebody is live. Fast blink: look at the page.

use super::state::State;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// What boards call the light, by preference. A Pi 400 has but one, which stands for power.
const NAMES: [&str; 4] = ["ACT", "led0", "green:act", "PWR"];

/// What the light says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Light {
    /// Nobody owns the box.
    Waiting,
    /// All is well.
    Fine,
    /// Somebody is live.
    Live,
    /// Something needs a person.
    Problem,
}

impl Light {
    /// For a state; None: the daemon does not answer, as while it starts.
    pub(super) fn of(state: Option<&State>) -> Light {
        match state {
            None => Light::Problem,
            Some(state) if !state.problems.is_empty() => Light::Problem,
            Some(state) if !state.live.is_empty() => Light::Live,
            Some(state) if state.setup.is_some() => Light::Waiting,
            Some(_) => Light::Fine,
        }
    }

    /// The trigger, and what it is told (file, value), in order.
    fn pattern(self) -> (&'static str, &'static [(&'static str, &'static str)]) {
        match self {
            Light::Waiting => ("timer", &[("delay_on", "1000"), ("delay_off", "1000")]),
            Light::Fine => ("none", &[("brightness", "255")]),
            Light::Live => ("heartbeat", &[]),
            Light::Problem => ("timer", &[("delay_on", "100"), ("delay_off", "100")]),
        }
    }
}

/// A board's light.
#[derive(Debug)]
pub(super) struct Led {
    folder: PathBuf,
    shown: Option<Light>,
}

impl Led {
    /// The light of the board whose `/sys` is under `root`; None if it has none that we know.
    pub(super) fn find(root: &Path) -> Option<Led> {
        let leds = root.join("sys/class/leds");
        let folders = NAMES.iter().map(|name| leds.join(name));
        let folder = folders
            .into_iter()
            .find(|folder| folder.join("trigger").exists())?;
        Some(Led {
            folder,
            shown: None,
        })
    }

    /// Shows it; nothing is written if it shows it already.
    pub(super) fn show(&mut self, light: Light) -> io::Result<()> {
        if self.shown == Some(light) {
            return Ok(());
        }
        let (trigger, values) = light.pattern();
        self.write("trigger", trigger)?;
        for (file, value) in values {
            self.write(file, value)?;
        }
        self.shown = Some(light);
        Ok(())
    }

    /// Files of `/sys` are written in one call and never made.
    fn write(&self, file: &str, value: &str) -> io::Result<()> {
        let mut file = OpenOptions::new()
            .write(true)
            .truncate(true)
            .open(self.folder.join(file))?;
        file.write_all(value.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::super::state::SetupState;
    use super::*;
    use std::fs;

    fn state(setup: bool, live: bool, problem: bool) -> State {
        State {
            setup: setup.then(SetupState::default),
            live: live.then(|| "Anna".to_owned()).into_iter().collect(),
            problems: problem.then(|| "x".to_owned()).into_iter().collect(),
            ..State::default()
        }
    }

    #[test]
    fn the_light_tells_the_most_urgent_thing() {
        assert_eq!(Light::of(None), Light::Problem);
        for (setup, live, problem, light) in [
            (false, false, false, Light::Fine),
            (true, false, false, Light::Waiting),
            (false, true, false, Light::Live),
            (true, true, false, Light::Live),
            (true, true, true, Light::Problem),
            (false, false, true, Light::Problem),
        ] {
            assert_eq!(Light::of(Some(&state(setup, live, problem))), light);
        }
    }

    fn board(name: &str) -> (tempfile::TempDir, PathBuf) {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("sys/class/leds").join(name);
        fs::create_dir_all(&folder).unwrap();
        for file in ["trigger", "brightness", "delay_on", "delay_off"] {
            fs::write(folder.join(file), "[none] timer default-on heartbeat").unwrap();
        }
        (root, folder)
    }

    #[test]
    fn a_light_is_told_by_its_trigger_files_and_once() {
        for name in ["ACT", "led0"] {
            let (root, folder) = board(name);
            let mut led = Led::find(root.path()).unwrap();
            let says = |file: &str| fs::read_to_string(folder.join(file)).unwrap();
            led.show(Light::Waiting).unwrap();
            assert_eq!([says("trigger"), says("delay_on")], ["timer", "1000"]);
            led.show(Light::Problem).unwrap();
            assert_eq!([says("trigger"), says("delay_off")], ["timer", "100"]);
            led.show(Light::Live).unwrap();
            assert_eq!(says("trigger"), "heartbeat");
            fs::write(folder.join("trigger"), "left alone").unwrap();
            led.show(Light::Live).unwrap();
            assert_eq!(says("trigger"), "left alone");
            led.show(Light::Fine).unwrap();
            assert_eq!([says("trigger"), says("brightness")], ["none", "255"]);
        }
    }

    #[test]
    fn a_board_without_a_light_has_none() {
        assert!(Led::find(tempfile::tempdir().unwrap().path()).is_none());
        let (root, folder) = board("ACT");
        fs::remove_file(folder.join("delay_on")).unwrap();
        let mut led = Led::find(root.path()).unwrap();
        assert!(led.show(Light::Waiting).is_err() && led.shown.is_none());
    }
}
