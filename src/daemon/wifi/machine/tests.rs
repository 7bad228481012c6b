use super::*;
use crate::wire::wifi::{Lock, Passphrase};
use proptest::prelude::*;

const ADDRESS: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 50);

fn name(text: &str) -> Name {
    Name::new(text.as_bytes()).unwrap()
}

fn network(text: &str) -> Network {
    Network {
        name: name(text),
        passphrase: Some(Passphrase::new("correct horse").unwrap()),
        country: None,
    }
}

fn seen(names: &[&str]) -> Event {
    let seen = |text: &&str| Seen {
        name: name(text),
        dbm: -50,
        lock: Lock::Passphrase,
    };
    Event::Scanned(names.iter().map(seen).collect())
}

/// A machine and its time, ms.
struct Stage(Machine, u64);

impl Stage {
    fn new(known: &[&str]) -> Stage {
        let known = Known {
            networks: known.iter().map(|text| network(text)).collect(),
            country: None,
        };
        Stage(Machine::new("Hearth-1A2B".into(), known), 0)
    }

    fn on(&mut self, event: Event) -> Vec<Order> {
        self.0.on(event, Mono(self.1))
    }

    fn after(&mut self, ms: u64) -> Vec<Order> {
        self.1 += ms;
        self.on(Event::Tick)
    }

    fn mode(&self) -> Mode {
        self.0.state().mode
    }

    fn why(&self) -> Option<Why> {
        self.0.state().trouble.map(|trouble| trouble.why)
    }

    /// Without a cable and with nothing known: on its access point, having seen Home.
    fn open() -> Stage {
        let mut stage = Stage::new(&[]);
        assert_eq!(stage.on(Event::Radio(true)), []);
        assert_eq!(stage.after(CABLE_WAIT_MS), [Order::Look]);
        assert_eq!(stage.on(seen(&["Home"])), [Order::Open]);
        stage
    }

    /// The country that the radio is told.
    fn country(&self) -> String {
        self.0.state().country
    }

    /// In Home, which it knows.
    fn joined() -> Stage {
        let mut stage = Stage::new(&["Home"]);
        assert_eq!(stage.on(Event::Radio(true)), [Order::Look]);
        let orders = stage.on(seen(&["Home"]));
        assert_eq!(orders, [Order::Leave, Order::Join(network("Home"))]);
        stage.on(Event::Connected);
        assert_eq!(stage.on(Event::Address(Some(ADDRESS))), []);
        assert_eq!(stage.mode(), Mode::Joined);
        stage
    }

    fn ask_to_join(&mut self, text: &str) -> Vec<Order> {
        assert_eq!(self.on(Event::Asked(Ask::Join(network(text)))), []);
        self.after(SOON_MS)
    }
}

#[test]
fn the_cards_country_stands_for_the_access_point_and_for_networks_that_say_none() {
    let known = Known {
        networks: Vec::new(),
        country: Some("DE".into()),
    };
    let mut stage = Stage(Machine::new("Hearth-1A2B".into(), known), 0);
    stage.on(Event::Radio(true));
    stage.after(CABLE_WAIT_MS);
    assert_eq!(stage.on(seen(&["Home"])), [Order::Open]);
    assert_eq!(stage.country(), "DE");
    stage.ask_to_join("Home");
    assert_eq!(
        (stage.mode(), stage.country()),
        (Mode::Joining, "DE".into())
    );
    let abroad = Network {
        country: Some("CN".into()),
        ..network("Elsewhere")
    };
    stage.on(Event::Asked(Ask::Join(abroad)));
    stage.after(SOON_MS);
    assert_eq!(stage.country(), "CN");
}

#[test]
fn without_cable_and_network_the_access_point_opens_with_a_list() {
    let stage = Stage::open();
    assert_eq!(stage.mode(), Mode::AccessPoint);
    assert_eq!(stage.0.state().seen.len(), 1);
    // Nothing is known, so nothing is tried: whoever sets up is left in peace.
    assert_eq!(stage.0.next(), None);
}

#[test]
fn a_cable_keeps_the_access_point_closed_and_closes_it() {
    let mut stage = Stage::new(&[]);
    stage.on(Event::Radio(true));
    assert_eq!(stage.on(Event::Cable(true)), []);
    assert_eq!(stage.mode(), Mode::Resting);
    assert_eq!(stage.after(10 * TRY_AGAIN_MS), []);

    assert_eq!(stage.on(Event::Cable(false)), []);
    // Pulled for a moment only.
    stage.on(Event::Cable(true));
    assert_eq!(stage.after(CABLE_WAIT_MS), []);
    stage.on(Event::Cable(false));
    assert_eq!(stage.after(CABLE_WAIT_MS), [Order::Look]);
    assert_eq!(stage.on(seen(&[])), [Order::Open]);
    assert_eq!(stage.on(Event::Cable(true)), [Order::Leave]);
    assert_eq!(stage.mode(), Mode::Resting);
}

#[test]
fn a_network_asked_for_is_joined_once_the_answer_is_out_and_remembered_once_it_works() {
    let mut stage = Stage::open();
    assert_eq!(stage.on(Event::Asked(Ask::Join(network("Home")))), []);
    assert_eq!(stage.0.state().soon, Some(Mode::Joining));
    assert_eq!(stage.mode(), Mode::AccessPoint);
    let orders = stage.after(SOON_MS);
    assert_eq!(orders, [Order::Leave, Order::Join(network("Home"))]);
    assert_eq!(stage.on(Event::Address(Some(ADDRESS))), []);
    assert_eq!(
        stage.mode(),
        Mode::Joining,
        "an address from before means nothing"
    );
    assert_eq!(stage.on(Event::Connected), []);
    let orders = stage.on(Event::Address(Some(ADDRESS)));
    assert_eq!(orders, [Order::Keep(vec![network("Home")])]);
    let state = stage.0.state();
    assert_eq!((state.mode, state.address), (Mode::Joined, Some(ADDRESS)));
}

#[test]
fn after_a_failure_the_access_point_is_back_and_says_why() {
    for (event, why) in [
        (Event::Failed(Why::Passphrase), Why::Passphrase),
        (Event::Failed(Why::NotFound), Why::NotFound),
        (Event::Failed(Why::Refused), Why::Refused),
        (Event::Connected, Why::NoAddress),
        (Event::Tick, Why::NotFound),
    ] {
        let mut stage = Stage::open();
        stage.ask_to_join("Home");
        for _ in 0..MISSES {
            stage.on(event.clone());
        }
        stage.after(JOIN_MS.max(ADDRESS_MS));
        assert_eq!(stage.mode(), Mode::AccessPoint, "{why:?}");
        assert_eq!(stage.why(), Some(why));
        assert_eq!(stage.0.state().known, [], "what failed is not remembered");
    }
}

#[test]
fn a_wrong_passphrase_for_another_network_leads_back_to_the_known_one_and_is_told() {
    let mut stage = Stage::joined();
    let orders = stage.ask_to_join("New");
    assert_eq!(orders, [Order::Leave, Order::Join(network("New"))]);
    let orders = stage.on(Event::Failed(Why::Passphrase));
    assert_eq!(orders, [Order::Leave, Order::Join(network("Home"))]);
    stage.on(Event::Connected);
    stage.on(Event::Address(Some(ADDRESS)));
    let trouble = stage.0.state().trouble.unwrap();
    assert_eq!((trouble.name, trouble.why), (name("New"), Why::Passphrase));
    assert_eq!(stage.mode(), Mode::Joined);
}

#[test]
fn a_network_that_goes_away_is_waited_for_and_then_replaced_by_the_access_point() {
    let mut stage = Stage::joined();
    assert_eq!(stage.on(Event::Disconnected), []);
    assert_eq!(stage.on(Event::Address(None)), []);
    assert_eq!(stage.after(LOST_MS - 1), []);
    // Back in time: nothing happens.
    stage.on(Event::Connected);
    stage.on(Event::Address(Some(ADDRESS)));
    assert_eq!(stage.after(LOST_MS), []);

    stage.on(Event::Disconnected);
    assert_eq!(stage.after(LOST_MS), [Order::Leave, Order::Look]);
    // It may hide its name, so it is tried all the same.
    let orders = stage.on(seen(&["Neighbours"]));
    assert_eq!(orders, [Order::Leave, Order::Join(network("Home"))]);
    stage.on(Event::Failed(Why::NotFound));
    let orders = stage.on(Event::Failed(Why::NotFound));
    assert_eq!(orders, [Order::Leave, Order::Open]);
}

#[test]
fn an_address_that_is_gone_counts_as_a_network_that_is() {
    let mut stage = Stage::joined();
    stage.on(Event::Address(None));
    assert_eq!(stage.after(LOST_MS), [Order::Leave, Order::Look]);
    assert_eq!(stage.why(), Some(Why::Lost));
}

#[test]
fn from_the_access_point_known_networks_are_tried_again_unless_somebody_is_there() {
    let mut stage = Stage::joined();
    stage.on(Event::Disconnected);
    stage.after(LOST_MS);
    stage.on(seen(&[]));
    stage.after(JOIN_MS);
    assert_eq!(stage.mode(), Mode::AccessPoint);
    stage.on(Event::Guests(1));
    assert_eq!(stage.after(TRY_AGAIN_MS), []);
    stage.on(Event::Guests(0));
    assert_eq!(stage.after(TRY_AGAIN_MS), [Order::Leave, Order::Look]);
    let orders = stage.on(seen(&["Home"]));
    assert_eq!(orders, [Order::Leave, Order::Join(network("Home"))]);
}

#[test]
fn a_phone_that_stays_does_not_keep_the_box_off_its_network_for_ever() {
    let mut stage = Stage::joined();
    stage.on(Event::Disconnected);
    stage.after(LOST_MS);
    stage.on(seen(&[]));
    stage.after(JOIN_MS);
    stage.on(Event::Guests(1));
    let mut waited = 0;
    while stage.after(TRY_AGAIN_MS).is_empty() {
        waited += TRY_AGAIN_MS;
        assert!(waited <= GUEST_MS);
    }
}

#[test]
fn networks_in_reach_are_tried_before_others() {
    let mut stage = Stage::new(&["Card", "Home", "Office"]);
    stage.on(Event::Radio(true));
    let orders = stage.on(seen(&["Office", "Home"]));
    assert_eq!(orders.last(), Some(&Order::Join(network("Home"))));
    let orders = stage.on(Event::Failed(Why::Passphrase));
    assert_eq!(orders.last(), Some(&Order::Join(network("Office"))));
    let orders = stage.on(Event::Failed(Why::Passphrase));
    assert_eq!(orders.last(), Some(&Order::Join(network("Card"))));
}

#[test]
fn looking_around_from_the_access_point_comes_back_to_it() {
    let mut stage = Stage::open();
    assert_eq!(stage.on(Event::Asked(Ask::Look {})), []);
    assert_eq!(stage.after(SOON_MS), [Order::Leave, Order::Look]);
    assert_eq!(stage.on(seen(&["Home", "Other"])), [Order::Open]);
    assert_eq!(stage.0.state().seen.len(), 2);
    // Without results too.
    stage.on(Event::Asked(Ask::Look {}));
    stage.after(SOON_MS);
    assert_eq!(stage.after(SCAN_MS), [Order::Open]);
    assert_eq!(stage.0.state().seen.len(), 2, "an old list beats none");
}

#[test]
fn a_look_that_was_asked_for_does_not_break_what_came_meanwhile() {
    let mut stage = Stage::new(&["Home"]);
    stage.on(Event::Radio(true));
    stage.after(SCAN_MS);
    assert_eq!(stage.after(JOIN_MS), [Order::Leave, Order::Open]);
    stage.on(Event::Asked(Ask::Look {}));
    // Before its time comes, a cable came and went.
    assert_eq!(stage.on(Event::Cable(true)), [Order::Leave, Order::Look]);
    let orders = stage.on(seen(&["Home"]));
    assert_eq!(orders, [Order::Leave, Order::Join(network("Home"))]);
    stage.on(Event::Cable(false));
    assert_eq!(stage.after(SOON_MS), []);
    assert_eq!(stage.mode(), Mode::Joining);
}

#[test]
fn a_forgotten_network_is_left_and_not_tried_again() {
    let mut stage = Stage::joined();
    let orders = stage.on(Event::Asked(Ask::Forget { name: name("Home") }));
    assert_eq!(orders, [Order::Keep(vec![]), Order::Leave, Order::Look]);
    assert_eq!(stage.on(seen(&["Home"])), [Order::Open]);
}

#[test]
fn without_a_radio_nothing_is_ordered() {
    let mut stage = Stage::open();
    stage.on(Event::Radio(false));
    assert_eq!(stage.mode(), Mode::NoRadio);
    for event in [
        Event::Asked(Ask::Look {}),
        Event::Asked(Ask::Join(network("Home"))),
        Event::Cable(true),
        seen(&["Home"]),
    ] {
        assert_eq!(stage.on(event), []);
    }
    assert_eq!(stage.after(TRY_AGAIN_MS), []);
}

#[derive(Clone, Debug)]
enum Step {
    On(Event),
    After(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let some = |texts: Vec<&'static str>| seen(&texts);
    let why = prop::sample::select(vec![Why::Passphrase, Why::NotFound, Why::Refused]);
    let which = || prop::sample::select(vec!["Home", "Office", "New"]);
    let event = prop_oneof![
        any::<bool>().prop_map(Event::Cable),
        prop::collection::vec(which(), 0..3).prop_map(some),
        Just(Event::Connected),
        Just(Event::Disconnected),
        why.prop_map(Event::Failed),
        prop::option::of(Just(ADDRESS)).prop_map(Event::Address),
        (0usize..3).prop_map(Event::Guests),
        Just(Event::Asked(Ask::Look {})),
        which().prop_map(|text| Event::Asked(Ask::Join(network(text)))),
        which().prop_map(|text| Event::Asked(Ask::Forget { name: name(text) })),
    ];
    prop_oneof![
        event.prop_map(Step::On),
        (0u64..60_000).prop_map(Step::After)
    ]
}

proptest! {
    /// Whatever happened: left alone without cable and networks, the box can be reached on its access point.
    #[test]
    fn the_way_in_always_comes_back(steps in prop::collection::vec(step(), 0..60)) {
        let mut stage = Stage::new(&["Home", "Office"]);
        stage.on(Event::Radio(true));
        for step in steps {
            match step {
                Step::On(event) => stage.on(event),
                Step::After(ms) => stage.after(ms),
            };
        }
        stage.on(Event::Cable(false));
        stage.on(Event::Disconnected);
        let mut waited = 0;
        while stage.mode() != Mode::AccessPoint {
            stage.on(Event::Address(None));
            let step = stage.0.next().map_or(1000, |next| next.since(Mono(stage.1)).clamp(1, 1000));
            stage.after(step);
            waited += step;
            prop_assert!(waited < 10 * 60_000, "{:?}", stage.0);
        }
    }

    /// The radio is one thing at a time: joining and opening only from nothing.
    #[test]
    fn orders_never_put_one_thing_upon_another(steps in prop::collection::vec(step(), 0..80)) {
        let mut stage = Stage::new(&["Home"]);
        let mut orders = stage.on(Event::Radio(true));
        let (mut is_open, mut is_in) = (false, false);
        for step in steps {
            for order in orders {
                match order {
                    Order::Leave => (is_open, is_in) = (false, false),
                    Order::Join(_) => {
                        prop_assert!(!is_open && !is_in);
                        is_in = true;
                    }
                    Order::Open => {
                        prop_assert!(!is_open && !is_in);
                        is_open = true;
                    }
                    Order::Look => prop_assert!(!is_open),
                    Order::Keep(known) => prop_assert!(known.len() <= KNOWN_MAX),
                }
            }
            orders = match step {
                Step::On(event) => stage.on(event),
                Step::After(ms) => stage.after(ms),
            };
        }
    }
}
