//! Everything that saves typing: links for phone apps, a profile for OBS, lines for a terminal.

use super::addresses::Addresses;
use super::json::Json;
use super::machine::Machine;
use super::qr::Qr;
use crate::limits::rings::{ADVISED_AUDIO_KBPS, ADVISED_KBPS};
use crate::wire::zip::zip;

/// Advised to phones at most, kbit/s: their own Wi-Fi is the bottleneck.
const PHONE_MOST_KBPS: u32 = 2_500;

/// Advice ends in this many kbit/s: a figure that people can type.
const ROUND_KBPS: u32 = 100;

/// The bitrates of the picture that encoders are advised, kbit/s: such that every channel of this box fits them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Advice {
    video_kbps: u32,
    phone_kbps: u32,
}

impl Advice {
    /// For this box; as if there were memory enough where nothing of it is known.
    pub(super) fn of(machine: Option<&Machine>) -> Advice {
        Advice::new(machine.map_or(ADVISED_KBPS, |machine| machine.budget.fitting_kbps()))
    }

    /// Where `fitting_kbps` fit every channel, sound and all.
    pub(super) fn new(fitting_kbps: u32) -> Advice {
        let fitting = fitting_kbps.min(ADVISED_KBPS);
        let video = fitting.saturating_sub(ADVISED_AUDIO_KBPS);
        let video_kbps = video / ROUND_KBPS * ROUND_KBPS;
        Advice {
            video_kbps,
            phone_kbps: video_kbps.min(PHONE_MOST_KBPS),
        }
    }
}

/// One key's ways in. Addresses are numeric where the box has one: phones resolve `.local` poorly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ways {
    pub(super) larix: String,
    pub(super) moblin: String,
    pub(super) qr: Option<Qr>,
    /// Server and key in one, with the port even if it is the usual one.
    pub(super) with_port: String,
    pub(super) ffmpeg: String,
    pub(super) gstreamer: String,
}

impl Ways {
    pub(super) fn new(addresses: &Addresses, key: &str, advice: Advice) -> Ways {
        let Advice {
            video_kbps,
            phone_kbps,
        } = advice;
        let url = format!("{}/{}", addresses.surest(), key.replace('-', ""));
        let larix = larix(&url);
        Ways {
            qr: Qr::of(&larix),
            moblin: moblin(&url, phone_kbps),
            with_port: with_port(&url),
            ffmpeg: format!(
                "ffmpeg -re -i FILE -c:v libx264 -preset veryfast -g 60 -b:v {video_kbps}k -c:a aac -b:a {ADVISED_AUDIO_KBPS}k -f flv {url}"
            ),
            gstreamer: format!(
                "gst-launch-1.0 videotestsrc is-live=true ! video/x-raw,framerate=30/1 ! x264enc tune=zerolatency key-int-max=60 bitrate={phone_kbps} ! h264parse ! flvmux streamable=true ! rtmp2sink location={url}"
            ),
            larix,
        }
    }
}

/// Larix Grove: only the URL is required; with `overwrite` a second scan does not make a second connection.
fn larix(url: &str) -> String {
    format!(
        "larix://set/v1?conn[][url]={}&conn[][name]=Hearth&conn[][overwrite]=on&enc[vid][keyframe]=2",
        percent(url)
    )
}

fn moblin(url: &str, kbps: u32) -> String {
    let json = Json::object(|json| {
        let stream = |json: &mut Json, url: &str| {
            json.text("name", "Hearth");
            json.text("url", url);
            json.flag("selected", true);
            json.inner("video", |json| {
                json.text("codec", "H.264/AVC");
                json.number("bitrate", i64::from(kbps) * 1_000);
                json.number("maxKeyFrameInterval", 2);
            });
        };
        json.list("streams", [url], stream);
    });
    format!("moblin://?{}", percent(&json))
}

/// `rtmp://host/…` with `:1935`, for cameras that know no usual port.
fn with_port(url: &str) -> String {
    let rest = url.strip_prefix("rtmp://").unwrap_or(url);
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let has_port = host
        .rsplit_once(':')
        .is_some_and(|(_, port)| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()));
    match has_port {
        true => url.to_owned(),
        false => format!("rtmp://{host}:1935/{path}"),
    }
}

/// RFC 3986 §2.1: everything but unreserved characters.
pub(super) fn percent(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len() * 2);
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(byte.into());
            }
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

const OBS_BASIC: &str = "[General]\nName=Hearth\n\n[Output]\nMode=Advanced\n\n[AdvOut]\nApplyServiceSettings=false\n\
    Encoder=obs_x264\nAudioEncoder=ffmpeg_aac\nTrackIndex=1\nTrack1Bitrate=160\n\n[Audio]\nSampleRate=48000\n\
    ChannelSetup=Stereo\n";

/// A folder that OBS takes by Profile → Import, as an archive.
pub(super) fn obs_profile(server: &str, key: &str, advice: Advice) -> Vec<u8> {
    let service = Json::object(|json| {
        json.inner("settings", |json| {
            json.flag("bwtest", false);
            json.text("key", key);
            json.text("server", server);
            json.flag("use_auth", false);
        });
        json.text("type", "rtmp_custom");
    });
    let encoder = Json::object(|json| {
        json.number("bitrate", advice.video_kbps);
        json.number("keyint_sec", 2);
        json.text("preset", "veryfast");
        json.text("profile", "high");
        json.text("rate_control", "CBR");
    });
    zip(&[
        ("Hearth/basic.ini", OBS_BASIC.as_bytes()),
        ("Hearth/service.json", service.as_bytes()),
        ("Hearth/streamEncoder.json", encoder.as_bytes()),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::budget::Budget;

    const KEY: &str = "abcde-fghij";

    fn addresses(number: &str) -> Addresses {
        Addresses {
            rtmp: "rtmp://hearth.local/live".into(),
            rtmp_by_number: number.into(),
            ..Addresses::default()
        }
    }

    #[test]
    fn phones_get_the_number_and_the_plain_key() {
        let advice = Advice::new(ADVISED_KBPS);
        let ways = Ways::new(&addresses("rtmp://192.168.1.23/live"), KEY, advice);
        assert_eq!(
            ways.larix,
            "larix://set/v1?conn[][url]=rtmp%3A%2F%2F192.168.1.23%2Flive%2Fabcdefghij\
             &conn[][name]=Hearth&conn[][overwrite]=on&enc[vid][keyframe]=2"
        );
        assert_eq!(ways.qr, Qr::of(&ways.larix));
        assert!(
            ways.moblin
                .starts_with("moblin://?%7B%22streams%22%3A%5B%7B")
        );
        assert_eq!(ways.with_port, "rtmp://192.168.1.23:1935/live/abcdefghij");
        let named = Ways::new(&addresses(""), KEY, advice);
        assert!(
            named
                .ffmpeg
                .ends_with(" rtmp://hearth.local/live/abcdefghij")
        );
    }

    #[test]
    fn no_encoder_is_advised_more_than_every_channel_fits() {
        let advice = |kbps| {
            let Advice {
                video_kbps,
                phone_kbps,
            } = Advice::new(kbps);
            (video_kbps, phone_kbps)
        };
        assert_eq!(advice(40_000), (4_000, 2_500));
        assert_eq!(advice(4_159), (3_900, 2_500));
        assert_eq!(advice(2_500), (2_300, 2_300));
        assert_eq!(advice(0), (0, 0));
        for memory in [64, 110, 256] {
            let fitting = Budget::of(memory << 20).fitting_kbps();
            let advice = Advice::new(fitting);
            assert!(advice.video_kbps + ADVISED_AUDIO_KBPS <= fitting);
            assert!(advice.phone_kbps >= PHONE_MOST_KBPS);
        }
        let ways = Ways::new(&addresses(""), KEY, Advice::new(3_000));
        assert!(ways.ffmpeg.contains(" -b:v 2800k -c:a aac -b:a 160k "));
        assert!(ways.gstreamer.contains(" bitrate=2500 "));
        assert!(ways.moblin.contains("%22bitrate%22%3A2500000%2C"));
    }

    #[test]
    fn a_port_is_added_once() {
        assert_eq!(
            with_port("rtmp://[fd00::1]/live/k"),
            "rtmp://[fd00::1]:1935/live/k"
        );
        assert_eq!(
            with_port("rtmp://box:1936/live/k"),
            "rtmp://box:1936/live/k"
        );
    }

    #[test]
    fn obs_finds_server_key_and_keyframes_in_its_profile() {
        let profile = obs_profile("rtmp://hearth.local/live", "k\"ey", Advice::new(3_399));
        let text = String::from_utf8_lossy(&profile);
        let service = text.find("{\"settings\"").unwrap();
        let mut json = serde_json::Deserializer::from_str(&text[service..]).into_iter();
        let service: serde_json::Value = json.next().unwrap().unwrap();
        assert_eq!(service["type"], "rtmp_custom");
        assert_eq!(service["settings"]["server"], "rtmp://hearth.local/live");
        assert_eq!(service["settings"]["key"], "k\"ey");
        assert!(text.contains("Hearth/streamEncoder.json") && text.contains("\"keyint_sec\":2"));
        assert!(text.contains("\"bitrate\":3200"), "what the box fits");
    }
}
