//! Links of search.

use percent_encoding::utf8_percent_encode;

use super::{SEGMENT, Urls};

impl Urls {
    /// Search page (GET: `q`, `product`, `kind`).
    pub fn search(&self) -> String {
        self.under("search")
    }
    /// The answer to a question; empty `product` and `kind` for all.
    pub fn search_for(&self, q: &str, product: &str, kind: &str) -> String {
        let mut url = format!("{}?q={}", self.search(), utf8_percent_encode(q, SEGMENT));
        for (name, value) in [("product", product), ("kind", kind)] {
            if !value.is_empty() {
                url.push_str(&format!("&{name}={}", utf8_percent_encode(value, SEGMENT)));
            }
        }
        url
    }
    /// Search, as JSON (GET).
    pub fn api_search(&self) -> String {
        self.under("api/v1/search")
    }
    /// A section of a guide.
    pub fn doc_section(&self, path: &str, anchor: &str) -> String {
        format!("{}#{}", self.doc(path), utf8_percent_encode(anchor, SEGMENT))
    }
}
