//! What the pages need besides HTML, embedded by the build: style sheets, scripts, icons, hls.js.

/// An embedded file.
#[derive(Clone, Copy, Debug)]
pub struct Asset {
    /// MIME type.
    pub content_type: &'static str,
    /// Bytes.
    pub body: &'static [u8],
    /// The same, gzipped at build time, if that is smaller.
    pub gzip: Option<&'static [u8]>,
}

struct Embedded {
    name: &'static str,
    path: &'static str,
    asset: Asset,
}

/// Sorted by name, by the build.
static FILES: &[Embedded] = include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// The asset at a request path such as `/assets/3f2a9c10/css/hearth.css` (the hash makes it immutable).
pub fn find(path: &str) -> Option<Asset> {
    let file = FILES.iter().find(|file| file.path == path)?;
    Some(file.asset)
}

/// The request path of an asset such as `css/hearth.css`, for templates; `/assets/missing` if there is none of this name.
pub fn url(name: &str) -> &'static str {
    match FILES.binary_search_by(|file| file.name.cmp(name)) {
        Ok(at) => FILES.get(at).map_or(MISSING, |file| file.path),
        Err(_) => MISSING,
    }
}

const MISSING: &str = "/assets/missing";

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::read::GzDecoder;
    use std::io::Read as _;

    #[test]
    fn every_asset_is_found_under_its_url_and_its_gzip_is_the_same_file() {
        for file in FILES {
            assert_eq!(url(file.name), file.path, "sorted by name");
            let asset = find(file.path).unwrap();
            let Some(packed) = asset.gzip else { continue };
            assert!(packed.len() < asset.body.len());
            let mut body = Vec::new();
            GzDecoder::new(packed).read_to_end(&mut body).unwrap();
            assert_eq!(body, asset.body, "{}", file.name);
        }
    }

    #[test]
    fn the_player_library_is_there_and_names_no_other_file() {
        let library = find(url("vendor/hls.js")).unwrap();
        let text = String::from_utf8_lossy(library.body);
        assert!(text.contains("Hls") && text.len() > 100_000);
        assert!(!text.contains("\n//# sourceMappingURL"));
    }

    #[test]
    fn other_paths_are_no_assets() {
        for path in [
            "/assets/",
            "/assets/css/hearth.css",
            "/assets/00000000/css/hearth.css",
            MISSING,
        ] {
            assert!(find(path).is_none());
        }
    }

    #[test]
    fn the_heaviest_pages_without_the_library_weigh_little() {
        let base = include_str!("../../web/templates/base.html");
        let player = include_str!("../../web/templates/player-scripts.html");
        let watch = include_str!("../../web/templates/watch.html");
        let studio = include_str!("../../web/templates/studio.html");
        let tv_base = include_str!("../../web/templates/tv-base.html");
        let tv = include_str!("../../web/templates/tv-watch.html");
        for page in [
            [base, player, watch],
            [base, player, studio],
            [tv_base, tv, ""],
        ] {
            let parts = page
                .iter()
                .flat_map(|part| part.split("f.asset(\"").skip(1));
            let names = parts.filter_map(|rest| rest.split('"').next());
            let own = names.filter(|name| !name.starts_with("vendor/"));
            let files = own.map(|name| find(url(name)).expect(name));
            let sent: usize = files.map(|f| f.gzip.unwrap_or(f.body).len()).sum();
            assert!(sent < 48 * 1024, "{sent} bytes, of 60 KiB with a page");
        }
    }
}
