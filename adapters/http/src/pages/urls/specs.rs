//! Links of API descriptions: their versions, publishing, and the changelog.

use super::{SEGMENT, Urls};
use percent_encoding::utf8_percent_encode;

impl Urls {
    /// Form for a new version (GET, POST), for this product; empty to choose one.
    pub fn admin_new_spec(&self, product: &str) -> String {
        let form = self.under("admin/specs/new");
        if product.is_empty() {
            form
        } else {
            format!("{form}?product={}", utf8_percent_encode(product, SEGMENT))
        }
    }
    /// One version.
    pub fn admin_spec(&self, id: &str) -> String {
        self.item("admin/specs", id, "")
    }
    /// Publishes a version (POST).
    pub fn admin_publish_spec(&self, id: &str) -> String {
        self.item("admin/specs", id, "/publish")
    }
    /// The document of a version, as it was imported.
    pub fn admin_spec_source(&self, id: &str) -> String {
        self.item("admin/specs", id, "/source")
    }
    /// Watches an address for a product (POST), from the page of this version.
    pub fn admin_watch_spec(&self, id: &str) -> String {
        self.item("admin/specs", id, "/watch")
    }
    /// What changed in which version of every product.
    pub fn changelog(&self) -> String {
        self.under("changelog")
    }
    /// The same of one product.
    pub fn product_changelog(&self, product: &str) -> String {
        self.item("changelog", product, "")
    }
    /// The changelog as a feed; of one product, or with an empty name of all.
    pub fn changelog_feed(&self, product: &str) -> String {
        if product.is_empty() {
            self.under("changelog/feed.xml")
        } else {
            self.item("changelog", product, "/feed.xml")
        }
    }
    /// The reference of an older version, for reading.
    pub fn reference_version(&self, product: &str, number: u32) -> String {
        self.at_version(number).reference(product)
    }
}
