//! Being found, on a wire: the real program at both ends of a cable, each behind the box's firewall, and questions as phones
//! and browsers of services send them. Needs root and network namespaces, and says where they are not to be had.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod mdns_support;

use mdns_support::packet::{A, AAAA, Packet, Record, Says};
use mdns_support::{Cable, End, until};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// Probing and announcing are over by then, and the first question for the own name (8 s) is not asked yet.
const BOTH_ANNOUNCED: Duration = Duration::from_secs(5);

/// Waits until the box at `end`, and nobody else, answers the other end's one-shot question for `name`.
fn until_found(cable: &Cable, end: End, name: &str) {
    let own = SocketAddr::from((end.v4(), 5353));
    until(&format!("{name} at the {end:?} end"), || {
        let heard = cable.ask(end.other(), name, A);
        (heard == [(own, vec![IpAddr::from(end.v4())])]).then_some(())
    });
}

/// What the box at `end` tells the group of a service of its own.
fn until_offered(cable: &Cable, end: End, name: &str, service: &str, port: u16, path: &str) {
    let instance = format!("{name}.{service}");
    let wanted = [
        Record {
            name: service.to_owned(),
            says: Says::Pointer(instance.clone()),
        },
        Record {
            name: instance.clone(),
            says: Says::Service {
                host: format!("{name}.local"),
                port,
            },
        },
        Record {
            name: instance,
            says: Says::Text(vec![format!("path={path}")]),
        },
    ];
    until(&format!("{service} at the {end:?} end"), || {
        let heard = cable.browse(end.other(), service);
        let is_told = |packet: &Packet| wanted.iter().all(|wanted| packet.records.contains(wanted));
        heard.iter().any(is_told).then_some(())
    });
}

#[test]
fn a_box_is_found_by_name_and_service_and_a_second_one_keeps_another_name() {
    let Some(cable) = Cable::lay("found") else {
        return;
    };
    let [data, other_data] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let first = cable.start(End::Left, data.path());
    until_found(&cable, End::Left, "hearth.local");
    let second = cable.start(End::Right, other_data.path());
    until_found(&cable, End::Right, "hearth-2.local");
    until_found(&cable, End::Left, "hearth.local");
    for (end, name) in [(End::Left, "hearth"), (End::Right, "hearth-2")] {
        let name_of_box = format!("{name}.local");
        let v6 = cable.ask(end.other(), &name_of_box, AAAA);
        assert!(
            v6.len() == 1 && v6[0].1.contains(&end.v6()) && v6[0].1.iter().all(IpAddr::is_ipv6),
            "{name_of_box}: {v6:?}"
        );
        until_offered(&cable, end, name, "_http._tcp.local", 80, "/");
        until_offered(&cable, end, name, "_rtmp._tcp.local", 1935, "/live");
        assert!(
            cable.is_member_when_asked(end.other()),
            "{end:?} left the group"
        );
    }
    // With the name free again, nothing but its memory makes the second one keep its own.
    first.stop();
    second.stop();
    let _second = cable.start(End::Right, other_data.path());
    until_found(&cable, End::Right, "hearth-2.local");
    assert_eq!(cable.ask(End::Left, "hearth.local", A), []);
}

#[test]
fn two_boxes_that_announced_one_name_unheard_end_with_a_name_each() {
    let Some(cable) = Cable::lay("parted") else {
        return;
    };
    let data = [End::Left, End::Right].map(|end| {
        cable.deafen(end);
        tempfile::tempdir().unwrap()
    });
    let _first = cable.start(End::Left, data[0].path());
    let _second = cable.start(End::Right, data[1].path());
    std::thread::sleep(BOTH_ANNOUNCED);
    for end in [End::Left, End::Right] {
        cable.firewall(end);
    }
    until("two boxes with a name each", || {
        let names = ["hearth.local", "hearth-2.local"];
        let of = names.map(|name| cable.ask(End::Left, name, A));
        let [[(one, _)], [(two, _)]] = [&of[0][..], &of[1][..]] else {
            return None;
        };
        (one != two).then_some(())
    });
}
