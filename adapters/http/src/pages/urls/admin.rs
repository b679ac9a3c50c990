//! Links of the operator console.

use super::Urls;

impl Urls {
    /// Start page of the operator console.
    pub fn admin(&self) -> String {
        self.under("admin")
    }
    /// Guides: tree and editor.
    pub fn admin_docs(&self) -> String {
        self.under("admin/docs")
    }
    /// Suggested edits that wait for review.
    pub fn admin_suggestions(&self) -> String {
        self.under("admin/suggestions")
    }
    /// API descriptions.
    pub fn admin_specs(&self) -> String {
        self.under("admin/specs")
    }
}
