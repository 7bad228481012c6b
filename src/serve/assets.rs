//! What the pages need besides HTML, embedded. (owner: helper G)

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

/// The asset at a request path such as `/assets/3f2a9c10/css/base.css` (the hash makes it immutable).
#[allow(clippy::todo)]
pub fn find(path: &str) -> Option<Asset> {
    let _ = path;
    todo!()
}
