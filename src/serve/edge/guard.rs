//! Which names and origins are ours: against DNS rebinding and against other people's pages.

use super::EdgeSettings;
use crate::limits::http::ORIGIN_BYTES;
use crate::serve::NetworkName;
use crate::wire::http::{Authority, Host, Request};
use bytes::Bytes;
use std::net::IpAddr;

/// What home routers append to a DHCP host name, and mDNS.
const SUFFIXES: [&str; 6] = ["local", "lan", "home", "home.arpa", "fritz.box", "internal"];

const DEFAULT_PORT: u16 = 80;

/// Where a request's page comes from, by its `Origin`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// None was sent.
    Unsaid,
    /// A page of this box: may be echoed.
    Own(Box<str>),
    /// A page that may embed our media: may be echoed.
    Embedder(Box<str>),
    /// Anybody else's.
    Foreign,
}

impl Origin {
    /// The origin to echo.
    pub(super) fn allowed(self) -> Option<Box<str>> {
        match self {
            Origin::Own(origin) | Origin::Embedder(origin) => Some(origin),
            Origin::Unsaid | Origin::Foreign => None,
        }
    }
}

/// The box's names and the origins it trusts.
#[derive(Debug)]
pub(super) struct Guard {
    names: Vec<String>,
    network_name: Option<NetworkName>,
    addresses: Vec<IpAddr>,
    ports: Vec<u16>,
    embedders: Vec<String>,
    directions: Bytes,
}

impl Guard {
    /// `ports` are those that the edge listens on.
    pub(super) fn new(settings: &EdgeSettings, ports: Vec<u16>) -> Guard {
        let mut names = vec!["localhost".to_owned()];
        let mut addresses = Vec::new();
        for name in &settings.names {
            match Authority::parse(name).map(|authority| authority.host) {
                Ok(Host::Ip(address)) => addresses.push(address),
                Ok(Host::Name(name)) if name.contains('.') => names.push(name.to_owned()),
                Ok(Host::Name(name)) => {
                    names.push(name.to_owned());
                    names.extend(SUFFIXES.iter().map(|suffix| format!("{name}.{suffix}")));
                }
                Err(error) => log::warn!("the name {name:?} is not used: {error}"),
            }
        }
        Guard {
            names,
            network_name: settings.network_name.clone(),
            addresses,
            ports,
            embedders: settings.embed_origins.clone(),
            directions: directions(settings).into(),
        }
    }

    /// What somebody reads who came by another name.
    pub(super) fn directions(&self) -> Bytes {
        self.directions.clone()
    }

    /// Whether `host` is this box, reached at its address `local`.
    pub(super) fn is_own(&self, host: &Host<'_>, local: IpAddr) -> bool {
        match host {
            Host::Name(name) => {
                self.names.iter().any(|own| own.eq_ignore_ascii_case(name))
                    || self.is_network_name(name)
            }
            Host::Ip(address) => {
                *address == local.to_canonical()
                    || address.is_loopback()
                    || self.addresses.contains(address)
            }
        }
    }

    /// Whether the box goes by `name` since another one had the configured name.
    fn is_network_name(&self, name: &str) -> bool {
        let Some(network_name) = &self.network_name else {
            return false;
        };
        let own = network_name.get();
        let Some((first, rest)) = name.split_at_checked(own.len()) else {
            return false;
        };
        let is_known = |suffix: &str| SUFFIXES.iter().any(|s| s.eq_ignore_ascii_case(suffix));
        first.eq_ignore_ascii_case(&own)
            && (rest.is_empty() || rest.strip_prefix('.').is_some_and(is_known))
    }

    /// Who sent the request's page.
    pub(super) fn origin(&self, request: &Request<'_>, local: IpAddr) -> Origin {
        let Some(value) = request.value("origin") else {
            return Origin::Unsaid;
        };
        match str::from_utf8(value) {
            Ok(text) if is_plain(text) => self.judge(text, request, local),
            _ => Origin::Foreign,
        }
    }

    /// Whether any origin but our own may read media.
    pub(super) fn has_embedders(&self) -> bool {
        !self.embedders.is_empty()
    }

    fn judge(&self, origin: &str, request: &Request<'_>, local: IpAddr) -> Origin {
        if self
            .embedders
            .iter()
            .any(|known| known.eq_ignore_ascii_case(origin))
        {
            return Origin::Embedder(origin.into());
        }
        match Authority::of_origin(origin) {
            Some(authority) if self.is_own_page(&authority, request, local) => {
                Origin::Own(origin.into())
            }
            _ => Origin::Foreign,
        }
    }

    /// Another service on the same box has our names, but not our ports; behind a forwarded port
    /// the page has the port that `Host` has.
    fn is_own_page(&self, page: &Authority<'_>, request: &Request<'_>, local: IpAddr) -> bool {
        let port = page.port.unwrap_or(DEFAULT_PORT);
        let addressed = request.host.map(|host| host.port.unwrap_or(DEFAULT_PORT));
        self.is_own(&page.host, local) && (addressed == Some(port) || self.ports.contains(&port))
    }
}

fn directions(settings: &EdgeSettings) -> String {
    let to = match settings.names.first() {
        Some(name) if name.contains('.') => format!("http://{name}/ or "),
        Some(name) => format!("http://{name}.local/ or "),
        None => String::new(),
    };
    format!("This box does not go by that name. Open {to}the address that the box shows.\n")
}

/// Short, visible ASCII: fit to be echoed.
fn is_plain(text: &str) -> bool {
    text.len() <= ORIGIN_BYTES && text.bytes().all(|b| b.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard() -> Guard {
        let settings = EdgeSettings {
            names: ["hearth", "tv.example.org", "203.0.113.9", "bad name"]
                .map(str::to_owned)
                .to_vec(),
            embed_origins: vec!["https://club.example".to_owned()],
            ..EdgeSettings::default()
        };
        Guard::new(&settings, vec![8080])
    }

    const LOCAL: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 168, 1, 5));

    #[test]
    fn own_names_in_every_spelling_and_no_others() {
        let guard = guard();
        let own = |text: &str| guard.is_own(&Authority::parse(text).unwrap().host, LOCAL);
        for name in [
            "hearth",
            "hearth.local",
            "HEARTH.local.",
            "hearth.lan:8080",
            "hearth.home",
            "hearth.home.arpa",
            "hearth.fritz.box",
            "hearth.internal",
            "localhost",
            "tv.example.org",
            "192.168.1.5",
            "127.0.0.1:80",
            "[::1]",
            "203.0.113.9",
            "[::ffff:192.168.1.5]",
        ] {
            assert!(own(name), "{name}");
        }
        for name in [
            "evil.example",
            "hearth.evil.example",
            "xhearth",
            "hearth.local.evil.example",
            "192.168.1.6",
            "tv.example.org.local",
            "8.8.8.8",
            "[fe80::1]",
            "0.0.0.0",
            "127.1",
            "local",
            "evil.hearth.local",
        ] {
            assert!(!own(name), "{name}");
        }
    }

    #[test]
    fn the_name_after_a_conflict_is_ours_as_soon_as_we_have_it() {
        let name = NetworkName::new("hearth");
        let settings = EdgeSettings {
            network_name: Some(name.clone()),
            ..EdgeSettings::default()
        };
        let guard = Guard::new(&settings, vec![80]);
        let own = |text: &str| guard.is_own(&Authority::parse(text).unwrap().host, LOCAL);
        assert!(own("hearth.local") && !own("hearth-2.local"));
        name.set("hearth-2");
        for ours in [
            "hearth-2",
            "HEARTH-2.local:80",
            "hearth-2.fritz.box",
            "hearth.local",
        ] {
            assert!(own(ours), "{ours}");
        }
        for other in ["hearth-2.evil.example", "hearth-22.local", "hearth-3.local"] {
            assert!(!own(other), "{other}");
        }
    }

    #[test]
    fn origins_are_ours_embedders_or_foreign() {
        let origin = |host: &str, origin: &str| {
            let text = format!("GET / HTTP/1.1\r\nHost: {host}\r\nOrigin: {origin}\r\n\r\n");
            guard().origin(&Request::read(text.as_bytes()).unwrap().unwrap().0, LOCAL)
        };
        for own in [
            "http://hearth.local:8080",
            "http://192.168.1.5:8080",
            "http://HEARTH:8080",
        ] {
            assert!(
                matches!(origin("hearth.local:8080", own), Origin::Own(_)),
                "{own}"
            );
        }
        assert!(matches!(
            origin("hearth.local", "http://hearth.local"),
            Origin::Own(_)
        ));
        assert!(matches!(
            origin("hearth:8080", "https://club.example"),
            Origin::Embedder(_)
        ));
        for foreign in [
            "null",
            "http://evil.example",
            "http://evil.example:8080",
            "http://hearth.local:9000",
            "https://hearth.local:8080",
            "http://club.example",
            "http://hearth.local:8080/x",
            &format!("http://{}", "a".repeat(300)),
        ] {
            assert_eq!(
                origin("hearth.local:8080", foreign),
                Origin::Foreign,
                "{foreign}"
            );
        }
    }
}
