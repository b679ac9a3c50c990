//! Links of search.

use super::Urls;

impl Urls {
    /// Search page (GET: `q`).
    pub fn search(&self) -> String {
        self.under("search")
    }
}
