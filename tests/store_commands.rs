//! `hearth store …` and a second daemon, with the real program: what works beside a running one, what is refused, and a
//! move to another box through one file.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod daemon_support;

use daemon_support::{Home, PASSWORD, refusal, said};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Every byte in the files of a folder, those of its folders too.
fn bytes_in(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            found.insert(name, fs::read(&path).unwrap());
        }
    }
    found
}

#[test]
fn a_second_daemon_is_refused_and_the_first_goes_on() {
    let home = Home::new();
    let first = home.start();
    let key = first.add("anna").unwrap();
    let text = refusal(&home.try_to_serve());
    assert!(text.contains("another hearth uses"), "{text}");
    assert_eq!(first.get("/healthz").body, "ok");
    assert_eq!(first.get("/").status, 200, "its pages are still there");
    assert!(first.lets_publish(&key));
    assert!(first.add("ben").is_some(), "its control socket too");
}

#[test]
fn looking_works_beside_a_running_daemon_and_changing_is_refused() {
    let home = Home::new();
    let daemon = home.start();
    daemon.add("anna").unwrap();
    let check = said(&home.command(&["store", "check"], ""));
    assert!(check.contains("1 rows of accounts"), "{check}");
    assert!(check.contains("1 rows of keys"), "{check}");
    assert!(check.ends_with("no damage\n"), "{check}");
    let stats = said(&home.command(&["store", "stats"], ""));
    assert!(stats.contains("written since install"), "{stats}");
    let file = home.file("backup");
    let export = ["store", "export", file.to_str().unwrap()];
    assert!(said(&home.command(&export, "")).contains("rows in"));
    let import = ["store", "import", file.to_str().unwrap()];
    for words in [&["store", "compact"][..], &import] {
        let text = refusal(&home.command(words, ""));
        assert!(text.contains("another hearth uses"), "{words:?}: {text}");
    }
    daemon.stop();
    assert!(said(&home.command(&["store", "compact"], "")).contains("files are free"));
    let text = refusal(&home.command(&import, ""));
    assert!(text.contains("empty"), "no import over people: {text}");
}

#[test]
fn an_export_and_the_secret_make_the_same_house_on_another_box() {
    let (old, new) = (Home::new(), Home::new());
    let daemon = old.start();
    let keys: Vec<String> = ["anna", "ben"]
        .iter()
        .map(|name| daemon.add(name).unwrap())
        .collect();
    let file = old.file("backup");
    let file = file.to_str().unwrap();
    said(&old.command(&["store", "export", file], ""));
    daemon.stop();

    fs::create_dir_all(new.data()).unwrap();
    fs::copy(old.data().join("secret"), new.data().join("secret")).unwrap();
    said(&new.command(&["store", "import", file], ""));
    let daemon = new.start();
    for key in &keys {
        assert!(daemon.lets_publish(key));
    }
    daemon.stop();
    let people = new.people();
    for (name, key) in ["anna", "ben"].iter().zip(&keys) {
        assert_eq!(people.holder_of_key(key).unwrap().name, *name);
        let id = people.account_named(name).unwrap().id;
        let peer = "127.0.0.1".parse().unwrap();
        let now = hearth::time::Mono(0);
        assert!(people.confirm_password(id, PASSWORD, peer, now).is_ok());
    }
}

#[test]
fn an_export_alone_opens_no_keys() {
    let (old, new) = (Home::new(), Home::new());
    let daemon = old.start();
    let key = daemon.add("anna").unwrap();
    daemon.stop();
    let file = old.file("backup");
    let file = file.to_str().unwrap();
    said(&old.command(&["store", "export", file], ""));
    said(&new.command(&["store", "import", file], ""));
    assert!(!new.start().lets_publish(&key));
}

#[test]
fn a_newer_hearths_store_is_refused_by_every_command_that_writes_and_left_as_it_is() {
    let home = Home::new();
    let daemon = home.start();
    daemon.add("anna").unwrap();
    daemon.stop();
    let store = home.data().join("store");
    for (name, mut bytes) in bytes_in(&store) {
        if name.starts_with("log-") {
            // The format's number, of every file.
            bytes[8] += 1;
            fs::write(store.join(name), bytes).unwrap();
        }
    }
    let before = bytes_in(&store);
    let add = ["user", "add", "ben", "--password-stdin"];
    let refused = [
        home.try_to_serve(),
        home.command(&["store", "compact"], ""),
        home.command(&["store", "check"], ""),
        home.command(&add, PASSWORD),
    ];
    for output in &refused {
        let text = refusal(output);
        assert!(text.contains("newer hearth"), "{text}");
    }
    assert_eq!(bytes_in(&store), before);
}
