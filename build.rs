//! Embeds what the pages need: style sheets and scripts (bundled where pages need many), icons and hls.js, each also gzipped, under
//! names that carry a hash of their content, so that browsers may keep them for ever.

use flate2::{Compression, write::GzEncoder};
use sha2::{Digest as _, Sha256};
use std::error::Error;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// The style sheet of all pages, in the order of the cascade. `tv.css` follows it on TVs; `old-tv.css` stands alone.
const BUNDLE: &[&str] = &[
    "tokens", "base", "button", "field", "bar", "badge", "tile", "notice", "card", "watch",
    "player", "comments", "studio", "admin",
];

/// Scripts that go to pages as one file: they pack better together, and a phone asks once.
const SCRIPTS: &[(&str, &[&str])] = &[
    ("js/frame.js", &["events", "face", "toast", "search"]),
    (
        "js/playing.js",
        &[
            "pace",
            "instant",
            "hls-way",
            "native-way",
            "ladder",
            "latency",
            "menu",
            "timeline",
            "extras",
            "hands",
            "player",
            "posters",
        ],
    ),
];

/// Path below the folder of assets, and content.
type NamedFile = (String, Vec<u8>);

fn main() -> Result<(), Box<dyn Error>> {
    let web = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("web");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    println!("cargo::rerun-if-env-changed=HEARTH_HLS_JS");
    for watched in ["css", "js", "icons", "vendor/hls.min.js"] {
        println!("cargo::rerun-if-changed={}", web.join(watched).display());
    }
    println!("cargo::rerun-if-changed=build.rs");

    let Some(player) = player_library(&web) else {
        eprintln!(
            "error: hls.js is missing; run `make setup` (or web/fetch-vendor.sh), or name the file in HEARTH_HLS_JS"
        );
        std::process::exit(1);
    };
    let mut files = vec![
        ("css/hearth.css".to_owned(), bundle(&web, "css", BUNDLE)?),
        (
            "css/old-tv.css".to_owned(),
            fs::read(web.join("css/old-tv.css"))?,
        ),
        ("css/tv.css".to_owned(), fs::read(web.join("css/tv.css"))?),
        (
            "vendor/hls.js".to_owned(),
            without_source_map(&fs::read(player)?),
        ),
    ];
    for folder in ["js", "icons"] {
        files.extend(folder_files(&web, folder)?);
    }
    for (name, parts) in SCRIPTS {
        files.push(((*name).to_owned(), bundle(&web, "js", parts)?));
    }
    files.sort();

    let mut table = String::from("&[\n");
    for (name, body) in &files {
        table.push_str(&entry(&out, name, body)?);
    }
    table.push(']');
    fs::write(out.join("assets.rs"), table)?;
    Ok(())
}

fn player_library(web: &Path) -> Option<PathBuf> {
    let named = env::var_os("HEARTH_HLS_JS").map(PathBuf::from);
    let path = named.unwrap_or_else(|| web.join("vendor/hls.min.js"));
    path.is_file().then_some(path)
}

fn bundle(web: &Path, kind: &str, parts: &[&str]) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut whole = String::new();
    for part in parts {
        whole.push_str(&fs::read_to_string(
            web.join(format!("{kind}/{part}.{kind}")),
        )?);
    }
    Ok(whole.into_bytes())
}

/// A library's source map is not embedded, so it is not announced either.
fn without_source_map(script: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(script);
    let lines = text
        .lines()
        .filter(|l| !l.starts_with("//# sourceMappingURL"));
    lines.collect::<Vec<_>>().join("\n").into_bytes()
}

fn folder_files(web: &Path, folder: &str) -> Result<Vec<NamedFile>, Box<dyn Error>> {
    let mut files = Vec::new();
    for file in fs::read_dir(web.join(folder))? {
        let path = file?.path();
        let name = path.file_name().and_then(|n| n.to_str());
        if let Some(name) = name.filter(|n| content_type(n).is_some()) {
            files.push((format!("{folder}/{name}"), fs::read(&path)?));
        }
    }
    Ok(files)
}

fn content_type(name: &str) -> Option<&'static str> {
    match name.rsplit_once('.')?.1 {
        "css" => Some("text/css; charset=utf-8"),
        "js" => Some("text/javascript; charset=utf-8"),
        "svg" => Some("image/svg+xml"),
        "png" => Some("image/png"),
        "webmanifest" => Some("application/manifest+json"),
        _ => None,
    }
}

/// Writes the file's two forms beside each other and gives its line of the table.
fn entry(out: &Path, name: &str, body: &[u8]) -> Result<String, Box<dyn Error>> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(body)?;
    let gzip = gzip.finish()?;
    let mut hash = String::new();
    for byte in Sha256::digest(body).iter().take(4) {
        write!(hash, "{byte:02x}")?;
    }
    let file = name.replace('/', "-");
    fs::write(out.join(&file), body)?;
    let packed = if gzip.len() < body.len() {
        fs::write(out.join(format!("{file}.gz")), &gzip)?;
        format!("Some(include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{file}.gz\")))")
    } else {
        "None".to_owned()
    };
    let kind = content_type(name).ok_or("a file of a kind that is not embedded")?;
    Ok(format!(
        "    Embedded {{ name: {name:?}, path: \"/assets/{hash}/{name}\", asset: Asset {{ content_type: {kind:?}, \
         body: include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{file}\")), gzip: {packed} }} }},\n"
    ))
}
