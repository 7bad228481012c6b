//! The whole of `hearth card`, over folders that stand for the boot partition and the data.

use super::*;
use crate::daemon::config::{Config, Files};
use crate::people::{HouseSettings, Joining, People, Role, TABLES};
use crate::store::Store;
use crate::time::Mono;
use nix::unistd::{Uid, chown, geteuid};
use std::net::IpAddr;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt, symlink};
use std::sync::Arc;

const TEMPLATE: &str = include_str!("../../../rootfs/boot/firmware/hearth.toml");
const OF_THE_BOX: &str = include_str!("../../../rootfs/usr/share/hearth/box.toml");

struct Box {
    folder: tempfile::TempDir,
}

impl Box {
    fn new(card: &str) -> Box {
        let folder = tempfile::tempdir().unwrap();
        for name in ["boot", "data"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        let this = Box { folder };
        fs::write(this.at("boot/hearth.toml"), card).unwrap();
        this
    }

    fn at(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn text(&self, path: &str) -> Option<String> {
        fs::read_to_string(self.at(path)).ok()
    }

    fn start(&self) -> Vec<String> {
        run(&Request {
            boot: self.at("boot"),
            data: self.at("data"),
            run: self.at("run"),
            sets_name: false,
        })
        .unwrap();
        problems(&self.at("data"))
    }

    fn people(&self) -> People {
        let store = Store::open_with(&self.at("data/store"), TABLES).unwrap();
        People::open(Arc::new(store), &self.at("data")).unwrap()
    }
}

fn uncommented(text: &str) -> String {
    let lines = text.lines().filter_map(|line| line.strip_prefix('#'));
    lines
        .filter(|line| !line.starts_with(' '))
        .flat_map(|line| [line, "\n"])
        .collect()
}

/// The file that comes with the box: every key there is, each with the value that it has without the file.
#[test]
fn the_template_shows_every_setting_with_its_default() {
    assert!(
        !TEMPLATE
            .lines()
            .any(|line| line.starts_with(char::is_alphabetic))
    );
    let shown = uncommented(TEMPLATE);
    let card = file::parse(&shown);
    assert_eq!(card.problems, Vec::<String>::new());
    assert_eq!((card.wifi, card.owner), (None, None));
    assert_eq!(
        (card.joining, card.utc_offset_minutes),
        (Some(Joining::default()), Some(0))
    );
    let keys: toml::Table = toml::from_str(&shown).unwrap();
    let mut settings: Vec<&str> = keys.keys().map(String::as_str).collect();
    let mut known: Vec<&str> = [
        &file::SETTINGS[..],
        &["wifi", "owner", "joining", "time_zone"],
    ]
    .concat();
    settings.sort_unstable();
    known.sort_unstable();
    assert_eq!(settings, known);

    let with = |name: &str, text: &str| {
        let folder = tempfile::tempdir().unwrap();
        let own = folder.path().join("box.toml");
        let card = folder.path().join(name);
        fs::write(&own, OF_THE_BOX).unwrap();
        fs::write(&card, text).unwrap();
        let files = Files {
            given: vec![own],
            card: Some(card),
        };
        Config::read(&files).unwrap()
    };
    // The one default that depends on the board.
    assert_eq!(
        with("hearth.toml", &shown),
        with("hearth.toml", "memory = \"110M\"")
    );
    // Whoever adds a setting is reminded of the template here; those of `file::FIXED` are none of the card's.
    let Config {
        host: _,
        http: _,
        rtmp: _,
        data: _,
        ring: _,
        memory: _,
        mdns: _,
        setup: _,
        reach: _,
        embed_origins: _,
        names: _,
        problems: _,
    } = Config::default();
}

#[test]
fn every_mistake_is_told_with_its_line_and_the_rest_is_used() {
    let card = file::parse(
        "host = \"living room\"\nmemroy = \"64M\"\nreach = \"anywhere\"\nwifi.name = \"Home\"\nwifi.password = \"short\"\nowner = \"Anna\"\ntime_zone = \"Europe/Berlin\"\nmdns = \"no\"\nwifi.county = \"DE\"\nrtmp = [\n",
    );
    let lines: Vec<&str> = card
        .problems
        .iter()
        .map(|p| p.split(": ").next().unwrap())
        .collect();
    for line in [1, 2, 5, 6, 7, 8, 9] {
        let told = format!("hearth.toml, line {line}");
        assert!(
            lines.contains(&told.as_str()),
            "{line}: {:#?}",
            card.problems
        );
    }
    assert!(
        !lines.contains(&"hearth.toml, line 3"),
        "{:#?}",
        card.problems
    );
    let numbers = lines.iter().map(|line| line.rsplit(' ').next().unwrap());
    assert!(
        numbers
            .map(|number| number.parse::<u32>().unwrap())
            .is_sorted()
    );
    assert_eq!(card.settings["reach"].as_str(), Some("anywhere"));
    assert_eq!(card.host(), "hearth");
}

#[test]
fn a_prepared_card_makes_owner_and_wifi_once_and_forgets_the_passwords() {
    let prepared = "# My box\nwifi = { name = \"Home\", password = \"correct horse\", country = \"DE\" } # upstairs\n[owner]\nname = \"Anna\" # me\npassword = 'battery staple'\n";
    let this = Box::new(&format!(
        "joining = \"open\"\ntime_zone = \"+05:30\"\n{prepared}"
    ));
    assert_eq!(this.start(), Vec::<String>::new());
    let card = this.text("boot/hearth.toml").unwrap();
    assert_eq!(
        card,
        format!("joining = \"open\"\ntime_zone = \"+05:30\"\n{prepared}")
            .replace("\"correct horse\"", "\"\"             ")
            .replace("'battery staple'", "\"\"              ")
    );
    assert!(
        this.text("run/wpa_supplicant.conf")
            .unwrap()
            .contains("psk=\"correct horse\"")
    );
    assert_eq!(this.text("boot/hearth-setup.txt"), None);
    {
        let people = this.people();
        let anna = people.account_named("anna").unwrap();
        assert_eq!(anna.role, Role::Owner);
        let house = people.house();
        assert_eq!(
            (house.joining, house.utc_offset_minutes),
            (Joining::Open, 330)
        );
        // What is changed on the pages stays.
        let closed = HouseSettings {
            joining: Joining::Closed,
            ..house
        };
        people.set_house(anna.id, closed).unwrap();
    }
    assert_eq!(this.start(), Vec::<String>::new());
    assert_eq!(this.text("boot/hearth.toml").unwrap(), card);
    assert!(
        this.text("run/wpa_supplicant.conf")
            .unwrap()
            .contains("psk=\"correct horse\"")
    );
    assert_eq!(this.people().house().joining, Joining::Closed);
}

#[test]
fn who_forgot_the_owners_password_writes_a_new_one_on_the_card() {
    let now = Mono::default();
    let here = IpAddr::from([127, 0, 0, 1]);
    let card = |name: &str, password: &str| {
        format!("owner.name = \"{name}\"\nowner.password = \"{password}\"\n")
    };
    let this = Box::new(&card("Anna", "battery staple"));
    assert_eq!(this.start(), Vec::<String>::new());
    let session = {
        let people = this.people();
        let anna = people.account_named("anna").unwrap();
        people.start_session(anna.id, now).unwrap()
    };

    // Once more the same, as after a cut before the card was blanked: nobody is logged out.
    fs::write(this.at("boot/hearth.toml"), card("Anna", "battery staple")).unwrap();
    assert_eq!(this.start(), Vec::<String>::new());
    assert!(this.people().session(&session, now).is_some());

    fs::write(this.at("boot/hearth.toml"), card("Anna", "correct horse")).unwrap();
    assert_eq!(this.start(), Vec::<String>::new());
    assert!(!this.text("boot/hearth.toml").unwrap().contains("correct"));
    {
        let people = this.people();
        assert!(people.session(&session, now).is_none());
        let log_in = |password| people.log_in("anna", password, here, now);
        assert!(log_in("correct horse").is_ok() && log_in("battery staple").is_err());
    }

    // Nobody becomes an owner so, and the password is not swallowed.
    let other = card("Ben", "battery staple");
    fs::write(this.at("boot/hearth.toml"), &other).unwrap();
    assert!(this.start()[0].starts_with("owner.password was not used"));
    assert_eq!(this.text("boot/hearth.toml"), Some(other));
    assert!(this.people().account_named("ben").is_none());
}

/// The daemon, to which the data folder belongs, is reached from the network.
#[test]
fn the_wifi_passphrase_is_for_root_alone() {
    let card = "wifi = { name = \"Home\", password = \"correct horse\", country = \"DE\" }\n";
    let before = "{\"name\":\"Home\",\"password\":\"correct horse\",\"country\":\"DE\"}";
    let (on_card, kept_before) = (Box::new(card), Box::new(""));
    fs::write(kept_before.at("data/wifi.json"), before).unwrap();
    let (others_folder, elsewhere) = (Box::new(card), Box::new(card));
    fs::create_dir(others_folder.at("data/wifi")).unwrap();
    fs::set_permissions(
        others_folder.at("data/wifi"),
        PermissionsExt::from_mode(0o777),
    )
    .unwrap();
    symlink("../boot", elsewhere.at("data/wifi")).unwrap();
    for this in [on_card, kept_before, others_folder, elsewhere] {
        let daemon = Uid::from_raw(1234);
        if geteuid().is_root() {
            chown(&this.at("data"), Some(daemon), None).unwrap();
            if this.at("data/wifi").is_dir() {
                chown(&this.at("data/wifi"), Some(daemon), None).unwrap();
            }
        }
        assert_eq!(this.start(), Vec::<String>::new());
        for (name, mode) in [("data/wifi", 0o40700), ("data/wifi/card.json", 0o100_600)] {
            let found = fs::symlink_metadata(this.at(name)).unwrap();
            assert_eq!(
                (found.uid(), found.mode()),
                (geteuid().as_raw(), mode),
                "{name}"
            );
        }
        assert!(!this.at("data/wifi.json").exists());
        assert!(!this.at("boot/card.json").exists());
        let code = fs::metadata(this.at("data/setup-code")).unwrap();
        let owner = if geteuid().is_root() {
            daemon
        } else {
            geteuid()
        };
        assert_eq!(code.uid(), owner.as_raw());
        let handed_on = this.text("run/wpa_supplicant.conf").unwrap();
        assert!(handed_on.contains("psk=\"correct horse\""), "{handed_on}");
    }
}

#[test]
fn what_could_not_be_taken_over_stays_on_the_card() {
    let card = "owner.name = \"Anna\"\nowner.password = \"short\"\n";
    let this = Box::new(card);
    let problems = this.start();
    assert!(
        problems[0].starts_with("hearth.toml, line 2: owner.password"),
        "{problems:?}"
    );
    assert_eq!(this.text("boot/hearth.toml").as_deref(), Some(card));
    let nameless = "owner.name = \"小雨\"\nowner.password = \"battery staple\"\n";
    fs::write(this.at("boot/hearth.toml"), nameless).unwrap();
    assert!(this.start()[0].contains("owner"), "{problems:?}");
    assert_eq!(this.text("boot/hearth.toml").as_deref(), Some(nameless));
    fs::write(
        this.at("boot/hearth.toml"),
        format!("{nameless}owner.address = \"rain\"\n"),
    )
    .unwrap();
    assert_eq!(this.start(), Vec::<String>::new());
    assert!(this.people().account_named("rain").is_some());
}

#[test]
fn a_box_without_an_owner_has_its_code_on_the_card_until_it_has_one() {
    let this = Box::new("");
    assert_eq!(this.start(), Vec::<String>::new());
    let code = setup_code(&this.at("data")).unwrap();
    let note = this.text("boot/hearth-setup.txt").unwrap();
    assert!(
        note.contains(&code) && note.contains("http://hearth.local/setup"),
        "{note}"
    );
    // The daemon has made its store since, and nobody came.
    drop(this.people());
    this.start();
    assert_eq!(setup_code(&this.at("data")).as_deref(), Some(code.as_str()));
    // Somebody came.
    forget_setup_code(&this.at("data"));
    this.start();
    assert_eq!(this.text("boot/hearth-setup.txt"), None);
    assert_eq!(setup_code(&this.at("data")), None);
}

#[test]
fn with_data_that_cant_be_used_there_is_a_network_and_the_card_keeps_its_passwords() {
    let card = "wifi = { name = \"Home\", password = \"correct horse\", country = \"DE\" }\n";
    let this = Box::new(card);
    fs::remove_dir(this.at("data")).unwrap();
    fs::write(this.at("data"), "not a folder").unwrap();
    assert_eq!(this.start(), Vec::<String>::new());
    let wifi = this.text("run/wpa_supplicant.conf").unwrap();
    assert!(wifi.contains("psk=\"correct horse\""), "{wifi}");
    assert_eq!(this.text("boot/hearth.toml").as_deref(), Some(card));
}

#[test]
fn a_start_ends_what_a_power_cut_left_half_blanked() {
    let this =
        Box::new("wifi.name = \"Home\"\nwifi.password = \"c         \"\nwifi.country = \"DE\"\n");
    let blanked = "wifi.name = \"Home\"\nwifi.password = \"\"          \nwifi.country = \"DE\"\n";
    fs::write(this.at("data/card-blanked"), blanked).unwrap();
    assert_eq!(this.start(), Vec::<String>::new());
    assert_eq!(this.text("boot/hearth.toml").as_deref(), Some(blanked));
    assert!(!this.at("data/card-blanked").exists());
}

#[test]
fn no_card_and_no_file_are_no_problem() {
    let this = Box::new("");
    fs::remove_file(this.at("boot/hearth.toml")).unwrap();
    assert_eq!(this.start(), Vec::<String>::new());
    fs::write(this.at("boot/hearth.toml"), [0xff, 0xfe, b'h', 0]).unwrap();
    assert_eq!(this.start().len(), 1);
}
