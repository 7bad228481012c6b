//! Which form of the pages a browser gets: the usual one, that for a remote control, or that for televisions of yesterday.

/// Name of the cookie that keeps a chosen form.
pub(super) const SCREEN_COOKIE: &str = "hearth_tv";

/// Oldest Chromium of a television that the TV pages are written for.
const ENGINE_LEAST: u32 = 56;

/// What televisions say of themselves.
const TELEVISIONS: [&str; 13] = [
    "Tizen",
    "Web0S",
    "webOS",
    "SmartTV",
    "SMART-TV",
    "Smart-TV",
    "BRAVIA",
    "GoogleTV",
    "Google TV",
    "Android TV",
    "CrKey",
    "HbbTV",
    "VIERA",
];
/// The same by those whose names only count at the beginning of a word.
const MODELS: [&str; 3] = ["AFT", "NetCast", "Roku"];

/// See the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Screen {
    /// Phones, laptops.
    Usual,
    /// A remote control and a sofa.
    Tv,
    /// CSS 2.1 and a `<video>` that plays HLS by itself.
    OldTv,
}

impl Screen {
    /// The form that `?tv=` asks for: `1`, `0` or `old`.
    pub(super) fn named(name: &str) -> Option<Screen> {
        match name {
            "0" => Some(Screen::Usual),
            "1" => Some(Screen::Tv),
            "old" => Some(Screen::OldTv),
            _ => None,
        }
    }

    /// The form for a browser that says this of itself.
    pub(super) fn of_browser(agent: &str) -> Screen {
        let is_model = |name: &&str| {
            let word = |word: &str| word.starts_with(*name);
            agent.split([' ', ';', '(']).any(word)
        };
        let is_phone = agent.contains("Mobile") && agent.contains("Tizen");
        let is_tv =
            TELEVISIONS.iter().any(|name| agent.contains(name)) || MODELS.iter().any(is_model);
        match is_tv && !is_phone {
            false => Screen::Usual,
            true if engine(agent) >= ENGINE_LEAST => Screen::Tv,
            true => Screen::OldTv,
        }
    }

    /// The cookie that keeps it. The fallback is kept by its own links: it must not stay on a browser that can do better.
    pub(super) fn kept_as(self) -> Option<&'static str> {
        match self {
            Screen::Usual => Some("0"),
            Screen::Tv => Some("1"),
            Screen::OldTv => None,
        }
    }
}

/// Chromium's version; 0 for any other engine.
fn engine(agent: &str) -> u32 {
    let version = agent.split_once("Chrome/").map_or("", |(_, rest)| rest);
    let digits = version.split(|c: char| !c.is_ascii_digit()).next();
    digits.and_then(|it| it.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn televisions_are_told_from_other_browsers_by_what_they_say() {
        for (agent, screen) in [
            (
                "Mozilla/5.0 (SMART-TV; Linux; Tizen 6.0) AppleWebKit/537.36 (KHTML, like Gecko) 76.0.3809.146/6.0 TV Chrome/76.0 Safari/537.36",
                Screen::Tv,
            ),
            (
                "Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/79.0.3945.79 Safari/537.36 WebAppManager",
                Screen::Tv,
            ),
            (
                "Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/38.0.2125.122 Safari/537.36 WebAppManager",
                Screen::OldTv,
            ),
            (
                "Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/538.2 (KHTML, like Gecko) Large Screen Safari/538.2",
                Screen::OldTv,
            ),
            (
                "Mozilla/5.0 (SMART-TV; X11; Linux armv7l) AppleWebKit/537.42 (KHTML, like Gecko) Safari/537.42",
                Screen::OldTv,
            ),
            (
                "Mozilla/5.0 (Linux; Android 9; BRAVIA 4K UR2) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/110.0 Safari/537.36",
                Screen::Tv,
            ),
            (
                "Mozilla/5.0 (Linux; Android 7.1.2; AFTMM) AppleWebKit/537.36 (KHTML, like Gecko) Silk/108.4 like Chrome/108.0 Safari/537.36",
                Screen::Tv,
            ),
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/90.0 Safari/537.36 CrKey/1.56",
                Screen::Tv,
            ),
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36",
                Screen::Usual,
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile/15E148 Safari/604.1",
                Screen::Usual,
            ),
            (
                "Mozilla/5.0 (Linux; Tizen 2.3; SAMSUNG SM-Z130H) AppleWebKit/537.3 Mobile Safari/537.3",
                Screen::Usual,
            ),
            ("", Screen::Usual),
        ] {
            assert_eq!(Screen::of_browser(agent), screen, "{agent}");
        }
    }
}
