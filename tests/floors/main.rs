//! The house rules that a compiler does not keep: which floor may name which, how long a file may be, nothing left for later.
//! Reads the sources as text; comments, literals and test modules are blanked out first, so that only code is judged.

#![allow(clippy::unwrap_used)]

mod code;

use code::{code_of, length_without_tests, paths};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// What a floor may name within the crate, and which paths outside it are not for it.
struct Floor {
    name: &'static str,
    /// Floors below that it may name; its own is always allowed.
    below: &'static [&'static str],
    /// Forbidden paths, each with the modules of this floor that may name it all the same.
    never: &'static [(&'static str, &'static [&'static str])],
}

const FLOORS: &[Floor] = &[
    Floor {
        name: "limits",
        below: &["time"],
        never: &[],
    },
    Floor {
        name: "time",
        below: &["limits"],
        never: &[],
    },
    Floor {
        name: "wire",
        below: &["limits", "time"],
        never: &[
            ("crate::time::Clock", &[]),
            ("std::net", &[]),
            ("std::fs", &[]),
            ("std::thread", &[]),
            ("std::process", &[]),
            ("std::time::Instant", &[]),
            ("std::time::SystemTime", &[]),
            ("tokio", &[]),
            ("log", &[]),
            ("nix", &[]),
            ("tiny_http", &[]),
        ],
    },
    Floor {
        name: "media",
        below: &["limits", "time", "wire"],
        never: &[
            ("crate::time::Clock", &[]),
            ("std::net", &[]),
            ("std::fs", &["media::storage"]),
            ("std::thread", &[]),
            ("std::process", &[]),
            ("std::time::Instant", &[]),
            ("std::time::SystemTime", &[]),
            ("tokio", &[]),
            ("nix", &["media::storage"]),
            ("tiny_http", &[]),
            ("httparse", &[]),
        ],
    },
    Floor {
        name: "store",
        below: &["limits", "time", "wire"],
        never: &[
            ("crate::time::Clock", &[]),
            ("std::net", &[]),
            ("std::process", &[]),
            // One thread of its own writes batches after a while.
            ("std::time::Instant", &["store::commit", "store::queue"]),
            ("std::time::SystemTime", &[]),
            ("tokio", &[]),
            ("tiny_http", &[]),
            ("httparse", &[]),
        ],
    },
    Floor {
        name: "people",
        below: &["limits", "time", "wire", "store"],
        never: &[
            ("crate::time::Clock", &[]),
            ("crate::wire::http", &[]),
            ("std::net", &[]),
            ("std::thread", &[]),
            ("std::process", &[]),
            ("std::time::Instant", &[]),
            ("std::time::SystemTime", &[]),
            ("tokio", &[]),
            ("nix", &[]),
            ("tiny_http", &[]),
            ("httparse", &[]),
            ("askama", &[]),
        ],
    },
    Floor {
        name: "serve",
        below: &["limits", "time", "wire", "media", "store", "people"],
        never: &[],
    },
    Floor {
        name: "daemon",
        below: &[
            "limits", "time", "wire", "media", "store", "people", "serve",
        ],
        never: &[],
    },
];

/// Addresses are values, not sockets: every floor may name them.
const VALUES_OF_STD_NET: &[&str] = &[
    "IpAddr",
    "Ipv4Addr",
    "Ipv6Addr",
    "SocketAddr",
    "SocketAddrV4",
    "SocketAddrV6",
];

/// Lines of a file without its tests.
const MAX_LINES: usize = 600;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every file under `dir` with one of these endings, sorted; built and fetched things are left out.
fn files(dir: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if path.is_dir() {
            if !["node_modules", "vendor", "target", "corpus"].contains(&name.as_str()) {
                found.extend(files(&path, endings));
            }
        } else if endings.iter().any(|ending| name.ends_with(ending)) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The module path of a source file: `src/wire/rtmp/mod.rs` is `wire::rtmp`.
fn module_of(relative: &str) -> Vec<String> {
    let path = relative.trim_end_matches(".rs").trim_end_matches("/mod");
    path.split('/').map(str::to_owned).collect()
}

/// A path as seen from the crate's root: `super` and `self` resolved, `core` and `alloc` called `std`.
fn resolved(module: &[String], path: &[String]) -> Vec<String> {
    let mut base = vec!["crate".to_owned()];
    base.extend_from_slice(module);
    let mut rest = path;
    let mut relative = false;
    while let Some((first, tail)) = rest.split_first() {
        match first.as_str() {
            "self" => {}
            "super" => {
                base.pop();
            }
            _ => break,
        }
        relative = true;
        rest = tail;
    }
    if relative {
        base.extend_from_slice(rest);
        return base;
    }
    let mut whole = rest.to_vec();
    if let Some(first) = whole.first_mut()
        && (first == "core" || first == "alloc")
    {
        "std".clone_into(first);
    }
    whole
}

fn under(path: &[String], prefix: &str) -> bool {
    let mut parts = path.iter();
    prefix
        .split("::")
        .all(|part| parts.next().is_some_and(|p| p == part))
}

/// What the file `relative` (under `src/`) names that its floor must not.
fn floor_violations(relative: &str, source: &str) -> Vec<String> {
    let module = module_of(relative);
    let Some(floor) = FLOORS.iter().find(|floor| floor.name == module[0]) else {
        return Vec::new(); // lib.rs, main.rs
    };
    let own = module.join("::");
    let mut wrong = Vec::new();
    for (line, path) in paths(&code_of(source)) {
        let path = resolved(&module, &path);
        let full = path.join("::");
        if path[0] == "crate"
            && let Some(named) = path.get(1)
            && FLOORS.iter().any(|floor| floor.name == named)
            && named != floor.name
            && !floor.below.contains(&named.as_str())
        {
            wrong.push(format!(
                "src/{relative}:{line}: {} names {full}",
                floor.name
            ));
        }
        for (forbidden, exceptions) in floor.never {
            let excepted = exceptions
                .iter()
                .any(|module| own == *module || own.starts_with(&format!("{module}::")));
            let value = under(&path, "std::net")
                && path
                    .get(2)
                    .is_some_and(|name| VALUES_OF_STD_NET.contains(&name.as_str()));
            if under(&path, forbidden) && !excepted && !value {
                wrong.push(format!("src/{relative}:{line}: {} uses {full}", floor.name));
            }
        }
    }
    wrong
}

/// Stubs and notes to come back: none is left in what is handed on.
fn leftovers(name: &str, source: &str) -> Vec<String> {
    let notes = [
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("XX", "X"),
    ];
    let stubs = [
        concat!("todo", "!("),
        concat!("unimplemented", "!("),
        concat!("#[ig", "nore"),
    ];
    let word = |line: &str, note: &str| {
        line.match_indices(note).any(|(at, _)| {
            let edge = |c: Option<char>| !c.is_some_and(|c| c.is_alphanumeric() || c == '_');
            edge(line[..at].chars().next_back()) && edge(line[at + note.len()..].chars().next())
        })
    };
    source
        .lines()
        .enumerate()
        .filter(|(_, line)| {
            notes.iter().any(|note| word(line, note))
                || stubs.iter().any(|stub| line.contains(stub))
        })
        .map(|(number, line)| format!("{name}:{}: {}", number + 1, line.trim()))
        .collect()
}

fn assert_none(what: &str, wrong: &[String]) {
    let list = wrong.iter().fold(String::new(), |mut list, line| {
        let _ = writeln!(list, "  {line}");
        list
    });
    assert!(wrong.is_empty(), "{what}:\n{list}");
}

fn sources() -> Vec<(String, String)> {
    let src = root().join("src");
    files(&src, &[".rs"])
        .iter()
        .map(|path| {
            let name = path
                .strip_prefix(&src)
                .unwrap()
                .to_string_lossy()
                .into_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect()
}

#[test]
fn no_floor_names_a_higher_one_or_what_is_not_for_it() {
    let sources = sources();
    assert!(sources.len() > 20, "the sources were not found");
    let wrong: Vec<String> = sources
        .iter()
        .flat_map(|(name, source)| floor_violations(name, source))
        .collect();
    assert_none("floors", &wrong);
}

#[test]
fn every_module_stands_on_a_floor() {
    for (name, _) in sources() {
        let top = &module_of(&name)[0];
        let known = FLOORS.iter().any(|floor| floor.name == top) || top == "lib" || top == "main";
        assert!(known, "src/{name} is on no floor that this test knows");
    }
}

#[test]
fn no_file_grows_past_what_one_idea_needs() {
    let wrong: Vec<String> = sources()
        .iter()
        .map(|(name, source)| (name, length_without_tests(source)))
        .filter(|(_, lines)| *lines > MAX_LINES)
        .map(|(name, lines)| {
            format!("src/{name}: {lines} lines without tests, at most {MAX_LINES}")
        })
        .collect();
    assert_none("too long", &wrong);
}

#[test]
fn nothing_is_left_for_later() {
    let endings = [".rs", ".mjs", ".js", ".sh", ".css", ".html", ".toml"];
    let mut wrong = Vec::new();
    for dir in ["src", "tests", "benches", "fuzz", "web", ".ci"] {
        for path in files(&root().join(dir), &endings) {
            let source = fs::read_to_string(&path).unwrap_or_default();
            let name = path
                .strip_prefix(root())
                .unwrap()
                .to_string_lossy()
                .into_owned();
            wrong.extend(leftovers(&name, &source));
        }
    }
    assert_none("left for later", &wrong);
}

mod the_test_itself {
    use super::*;

    fn count(file: &str, source: &str) -> usize {
        floor_violations(file, source).len()
    }

    #[test]
    fn catches_a_higher_floor_however_it_is_named() {
        assert_eq!(count("wire/flv.rs", "use crate::media::Fragment;"), 1);
        assert_eq!(
            count("wire/rtmp/chunk.rs", "use super::super::super::media::Run;"),
            1
        );
        assert_eq!(count("media/ring.rs", "use super::super::serve::edge;"), 1);
        assert_eq!(
            count(
                "store/log.rs",
                "use crate::{time::Mono, media::{ring, Run}};"
            ),
            2
        );
        assert_eq!(
            count("people/mod.rs", "fn f() { crate::serve::edge::run() }"),
            1
        );
        assert_eq!(count("serve/mod.rs", "pub use crate::daemon::main;"), 1);
        assert_eq!(
            count("media/mod.rs", "type A = Vec<crate::people::KeyId>;"),
            1
        );
    }

    #[test]
    fn catches_clocks_sockets_files_and_runtimes() {
        assert_eq!(
            count("wire/avc.rs", "use std::{fs, net::{TcpStream, IpAddr}};"),
            2
        );
        assert_eq!(count("wire/avc.rs", "fn f() { log::info!(\"x\"); }"), 1);
        assert_eq!(
            count("media/packager.rs", "use std::time::{Duration, Instant};"),
            1
        );
        assert_eq!(
            count("media/packager.rs", "fn f(c: crate::time::Clock) {}"),
            1
        );
        assert_eq!(count("media/rendition.rs", "use tokio::sync::Notify;"), 1);
        assert_eq!(count("people/guard.rs", "use tiny_http::Request;"), 1);
    }

    #[test]
    fn lets_pass_what_is_allowed() {
        assert_eq!(count("media/storage.rs", "use std::fs::File;"), 0);
        assert_eq!(
            count(
                "media/storage/tmpfs.rs",
                "use std::fs::File; use nix::fcntl;"
            ),
            0
        );
        assert_eq!(count("wire/http.rs", "use std::net::Ipv6Addr;"), 0);
        assert_eq!(
            count(
                "wire/rtmp/mod.rs",
                "use super::flv::Tag; use self::amf::Value;"
            ),
            0
        );
        assert_eq!(
            count(
                "serve/edge/mod.rs",
                "use crate::{media::Run, people::KeyId}; use tokio::net;"
            ),
            0
        );
    }

    #[test]
    fn does_not_trip_on_words_or_tests() {
        let words = "//! Unlike crate::serve::edge.\n/* std::fs::read /* tokio::spawn */ */\nconst A: &str = \"log::info\";\n\
                     const B: &str = r#\"crate::daemon::main\"#; const C: char = '\"'; fn f<'a>(x: &'a str) {}\n";
        assert_eq!(count("wire/bits.rs", words), 0);
        let tests = "fn a() {}\n#[cfg(test)]\nmod tests {\n    use std::fs::read;\n    fn f() { if true { tokio::spawn() } }\n}\n";
        assert_eq!(count("wire/bits.rs", tests), 0);
        assert_eq!(
            count("wire/bits.rs", &format!("{tests}use std::fs::read;")),
            1
        );
        assert_eq!(
            count(
                "media/ring.rs",
                "fn f(log: &Log) { self.log.append(); log.len(); }"
            ),
            0
        );
    }

    #[test]
    fn measures_and_reads_leftovers() {
        let long = format!(
            "{}#[cfg(test)]\nmod tests {{\n{}}}\n",
            "fn a() {}\n".repeat(10),
            "fn b() {}\n".repeat(700)
        );
        assert_eq!(length_without_tests(&long), 10);
        assert_eq!(
            leftovers(
                "a.rs",
                concat!("// TO", "DO: later\nfn a() { todo", "!() }\n")
            )
            .len(),
            2
        );
        assert_eq!(
            leftovers("a.rs", concat!("#[ig", "nore = \"slow\"]\n")).len(),
            1
        );
        assert_eq!(
            leftovers("a.rs", concat!("let tmp = \"hearth-XX", "XXXX\";\n")).len(),
            0
        );
    }
}
