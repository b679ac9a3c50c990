//! Files for the browser, built into the binary: styles, modules, icons and the font.
//!
//! All of them live in one folder whose name is a hash of their contents, so that modules import each other
//! by plain relative names and every answer may be cached for ever.

use std::sync::LazyLock;

use sha2::{Digest, Sha256};

/// What every asset is answered with.
pub const CACHE_CONTROL: &str = "public, max-age=31536000, immutable";

/// One file for the browser.
#[derive(Clone, Copy, Debug)]
pub struct Asset {
    /// Its name in the folder, such as `console.css`.
    pub name: &'static str,
    /// The `Content-Type` to answer with.
    pub content_type: &'static str,
    /// The file.
    pub bytes: &'static [u8],
}

/// The file of this name.
pub fn find(name: &str) -> Option<&'static Asset> {
    ALL.iter().find(|asset| asset.name == name)
}

/// The folder's name: 16 hexadecimal digits that change whenever any file does.
pub fn hash() -> &'static str {
    &HASH
}

/// Every file, in a fixed order.
pub const ALL: &[Asset] = &[
    asset("console.css", CSS, STYLES.as_bytes()),
    asset("core.js", JS, include_bytes!("../assets/core.js")),
    asset("docs.js", JS, include_bytes!("../assets/docs.js")),
    asset("reference.js", JS, include_bytes!("../assets/reference.js")),
    asset("palette.js", JS, include_bytes!("../assets/palette.js")),
    asset("try-it.js", JS, include_bytes!("../assets/try-it.js")),
    asset("response.js", JS, include_bytes!("../assets/response.js")),
    asset("history.js", JS, include_bytes!("../assets/history.js")),
    asset("reveal.js", JS, include_bytes!("../assets/reveal.js")),
    asset("tree.js", JS, include_bytes!("../assets/tree.js")),
    asset("editor.js", JS, include_bytes!("../assets/editor.js")),
    asset("icons.svg", SVG, include_bytes!("../assets/icons.svg")),
    asset("favicon.svg", SVG, include_bytes!("../assets/favicon.svg")),
    asset(
        "inter.woff2",
        "font/woff2",
        include_bytes!("../assets/inter.woff2"),
    ),
    asset(
        "LICENSE-inter.txt",
        "text/plain; charset=utf-8",
        include_bytes!("../assets/LICENSE-inter.txt"),
    ),
];

/// One style sheet, a file an area: one request, one cache entry.
const STYLES: &str = concat!(
    include_str!("../assets/console.css"),
    include_str!("../assets/docs.css"),
    include_str!("../assets/palette.css"),
    include_str!("../assets/playground.css"),
    include_str!("../assets/reference.css"),
    include_str!("../assets/admin.css"),
    include_str!("../assets/specs.css"),
);
const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

const fn asset(name: &'static str, content_type: &'static str, bytes: &'static [u8]) -> Asset {
    Asset {
        name,
        content_type,
        bytes,
    }
}

static HASH: LazyLock<String> = LazyLock::new(|| {
    let mut digest = Sha256::new();
    for asset in ALL {
        // Lengths keep the end of one file from passing for the start of the next.
        digest.update((asset.name.len() as u64).to_be_bytes());
        digest.update(asset.name);
        digest.update((asset.bytes.len() as u64).to_be_bytes());
        digest.update(asset.bytes);
    }
    digest
        .finalize()
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect()
});
