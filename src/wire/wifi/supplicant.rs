//! wpa_supplicant's control interface, version 2.10: the events that matter, and its list of networks.

use super::{Lock, Name, Seen};
use crate::limits::wifi::{NAME_MAX, SEEN_MAX};

/// What wpa_supplicant tells without being asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A look around is over; its results can be fetched.
    Scanned,
    /// It could not be done.
    ScanFailed,
    /// The radio is in the network, keys and all.
    Connected,
    /// It is out again.
    Disconnected,
    /// The network refused: wrong keys.
    WrongKey,
    /// The network refused for another reason.
    Refused,
    /// There is no such network in reach.
    NotFound,
    /// Somebody came to the access point.
    GuestCame,
    /// And left.
    GuestLeft,
    /// wpa_supplicant ends.
    Ends,
}

/// Reads one message; None for a reply and for what does not matter.
pub fn event(message: &[u8]) -> Option<Event> {
    let text = str::from_utf8(message).ok()?;
    let text = text.strip_prefix('<')?.split_once('>')?.1;
    let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
    Some(match word.trim_end() {
        "CTRL-EVENT-SCAN-RESULTS" => Event::Scanned,
        "CTRL-EVENT-SCAN-FAILED" => Event::ScanFailed,
        "CTRL-EVENT-CONNECTED" => Event::Connected,
        "CTRL-EVENT-DISCONNECTED" => Event::Disconnected,
        // The network's name stands in it, and could say anything: what counts are the last words.
        "CTRL-EVENT-SSID-TEMP-DISABLED" if rest.trim_end().ends_with(" reason=WRONG_KEY") => {
            Event::WrongKey
        }
        // SAE: the other side did not accept what was made of the passphrase.
        "CTRL-EVENT-AUTH-REJECT" if rest.contains(" auth_type=3 ") => Event::WrongKey,
        "CTRL-EVENT-SSID-TEMP-DISABLED" | "CTRL-EVENT-ASSOC-REJECT" | "CTRL-EVENT-AUTH-REJECT" => {
            Event::Refused
        }
        "CTRL-EVENT-NETWORK-NOT-FOUND" => Event::NotFound,
        "AP-STA-CONNECTED" => Event::GuestCame,
        "AP-STA-DISCONNECTED" => Event::GuestLeft,
        "CTRL-EVENT-TERMINATING" => Event::Ends,
        _ => return None,
    })
}

/// Reads the reply to `SCAN_RESULTS`: each network once, the loudest first, at most [`SEEN_MAX`]. Lines that can't be
/// read, and networks that hide their names, are left out.
pub fn scan_results(reply: &str) -> Vec<Seen> {
    let mut seen: Vec<Seen> = Vec::new();
    for new in reply.lines().filter_map(line) {
        match seen.iter_mut().find(|old| old.name == new.name) {
            Some(old) if old.dbm < new.dbm => *old = new,
            Some(_) => {}
            None => seen.push(new),
        }
    }
    seen.sort_by(|a, b| b.dbm.cmp(&a.dbm).then_with(|| a.name.cmp(&b.name)));
    seen.truncate(SEEN_MAX);
    seen
}

/// `bssid \t MHz \t dBm \t flags \t name`.
fn line(line: &str) -> Option<Seen> {
    let mut fields = line.splitn(5, '\t');
    let dbm = fields.nth(2)?.parse().ok()?;
    let flags = fields.next()?;
    let bytes = unescaped(fields.next()?)?;
    let is_hidden = bytes.iter().all(|b| *b == 0);
    let name = Name::new(&bytes).ok().filter(|_| !is_hidden)?;
    let lock = lock(flags);
    Some(Seen { name, dbm, lock })
}

/// By flags such as `[WPA2-PSK+SAE-CCMP][WPS][ESS]`.
fn lock(flags: &str) -> Lock {
    let mut flags = flags.split(['[', ']']).filter(|flag| !flag.is_empty());
    let mut lock = Lock::Open;
    flags.by_ref().for_each(|flag| {
        let is_wpa = ["WPA-", "WPA2-", "WPA3-", "RSN-"]
            .iter()
            .any(|kind| flag.starts_with(kind));
        let mut methods = flag.split(['-', '+', '/']);
        if is_wpa && methods.any(|method| matches!(method, "PSK" | "SAE")) {
            lock = Lock::Passphrase;
        } else if (is_wpa || flag.starts_with("WEP") || flag.starts_with("OWE"))
            && lock == Lock::Open
        {
            lock = Lock::Other;
        }
    });
    lock
}

/// Undoes wpa_supplicant's `printf_encode`. None for what it never writes, and for more than a name's bytes.
fn unescaped(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(NAME_MAX);
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if bytes.len() == NAME_MAX {
            return None;
        }
        bytes.push(match byte {
            b'\\' => match rest.next()? {
                b'n' => b'\n',
                b'r' => b'\r',
                b't' => b'\t',
                b'e' => 0x1b,
                b'x' => hex(rest.next()?)? << 4 | hex(rest.next()?)?,
                same @ (b'\\' | b'"') => same,
                _ => return None,
            },
            plain => plain,
        });
    }
    Some(bytes)
}

fn hex(digit: u8) -> Option<u8> {
    u8::try_from(char::from(digit).to_digit(16)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::fmt::Write as _;

    fn name(text: &str) -> Name {
        Name::new(text.as_bytes()).unwrap()
    }

    #[test]
    fn events_are_told_from_replies_and_noise() {
        for (message, expected) in [
            ("<3>CTRL-EVENT-SCAN-RESULTS ", Some(Event::Scanned)),
            ("<3>CTRL-EVENT-SCAN-FAILED ret=-16", Some(Event::ScanFailed)),
            (
                "<3>CTRL-EVENT-CONNECTED - Connection to 02:00:00:00:01:00 completed [id=0 id_str=]",
                Some(Event::Connected),
            ),
            (
                "<3>CTRL-EVENT-SSID-TEMP-DISABLED id=0 ssid=\"Home\" auth_failures=1 duration=10 reason=WRONG_KEY",
                Some(Event::WrongKey),
            ),
            (
                "<3>CTRL-EVENT-SSID-TEMP-DISABLED id=0 ssid=\"a reason=WRONG_KEY\" auth_failures=1 duration=10 reason=CONN_FAILED",
                Some(Event::Refused),
            ),
            (
                "<3>CTRL-EVENT-AUTH-REJECT 02:00:00:00:01:00 auth_type=3 auth_transaction=2 status_code=1",
                Some(Event::WrongKey),
            ),
            (
                "<3>AP-STA-CONNECTED 02:00:00:00:02:00",
                Some(Event::GuestCame),
            ),
            ("<3>AP-ENABLED ", None),
            ("OK\n", None),
            ("", None),
            ("<3", None),
        ] {
            assert_eq!(event(message.as_bytes()), expected, "{message}");
        }
        assert_eq!(event(b"<3>\xff"), None);
    }

    #[test]
    fn a_list_of_networks_reads_with_odd_names_and_without_doubles() {
        let reply = "bssid / frequency / signal level / flags / ssid\n\
            02:00:00:00:00:01\t2412\t-70\t[WPA2-PSK-CCMP][WPS][ESS]\tHome\n\
            02:00:00:00:00:02\t5180\t-40\t[WPA2-PSK+SAE-CCMP][ESS]\tHome\n\
            02:00:00:00:00:03\t2437\t-50\t[ESS]\tCaf\\xc3\\xa9 \\\"open\\\" \\\\o/\n\
            02:00:00:00:00:04\t2437\t-60\t[WPA2-EAP-CCMP][ESS]\toffice\n\
            02:00:00:00:00:05\t2437\t-61\t[WEP][ESS]\told\n\
            02:00:00:00:00:06\t2437\t-62\t[WPA3-SAE-CCMP][ESS]\tnew\twith tab\n\
            02:00:00:00:00:07\t2437\t-30\t[ESS]\t\n\
            02:00:00:00:00:08\t2437\t-30\t[ESS]\t\\x00\\x00\\x00\n\
            broken\n";
        let seen = scan_results(reply);
        let found: Vec<_> = seen
            .iter()
            .map(|s| (s.name.text(), s.dbm, s.lock))
            .collect();
        assert_eq!(
            found,
            [
                ("Home".to_owned(), -40, Lock::Passphrase),
                ("Café \"open\" \\o/".to_owned(), -50, Lock::Open),
                ("office".to_owned(), -60, Lock::Other),
                ("old".to_owned(), -61, Lock::Other),
                ("new\u{fffd}with tab".to_owned(), -62, Lock::Passphrase),
            ]
        );
        assert_eq!(seen[0].name, name("Home"));
    }

    /// As wpa_supplicant's `printf_encode`.
    fn escaped(bytes: &[u8]) -> String {
        let mut text = String::new();
        for byte in bytes {
            match byte {
                b'"' => text.push_str("\\\""),
                b'\\' => text.push_str("\\\\"),
                0x1b => text.push_str("\\e"),
                b'\n' => text.push_str("\\n"),
                b'\r' => text.push_str("\\r"),
                b'\t' => text.push_str("\\t"),
                b' '..=b'~' => text.push(char::from(*byte)),
                other => write!(text, "\\x{other:02x}").unwrap(),
            }
        }
        text
    }

    proptest! {
        #[test]
        fn a_network_of_any_name_is_found_by_it(bytes in prop::collection::vec(any::<u8>(), 1..=32)) {
            prop_assume!(bytes.iter().any(|b| *b != 0));
            let reply = format!("head\n02:00:00:00:00:01\t2412\t-70\t[ESS]\t{}\n", escaped(&bytes));
            let seen = scan_results(&reply);
            prop_assert_eq!(seen.len(), 1);
            prop_assert_eq!(&seen[0].name, &Name::new(&bytes).unwrap());
        }

        #[test]
        fn any_text_is_read_within_its_bounds(text in ".{0,400}", bytes: Vec<u8>) {
            prop_assert!(scan_results(&text).len() <= SEEN_MAX);
            let _ = event(&bytes);
        }

        #[test]
        fn more_networks_than_are_listed_leave_the_loudest(levels in prop::collection::vec(-95i32..-20, 33..80)) {
            let mut reply = String::new();
            for (at, dbm) in levels.iter().enumerate() {
                writeln!(reply, "02:00:00:00:00:01\t2412\t{dbm}\t[ESS]\tn{at}").unwrap();
            }
            let seen = scan_results(&reply);
            prop_assert_eq!(seen.len(), SEEN_MAX);
            prop_assert!(seen.is_sorted_by(|a, b| a.dbm >= b.dbm));
            prop_assert_eq!(seen[0].dbm, *levels.iter().max().unwrap());
        }
    }
}
