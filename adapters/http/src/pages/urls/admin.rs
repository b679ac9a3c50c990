//! Links of the operator console.

use super::Urls;

impl Urls {
    /// Start page of the operator console.
    pub fn admin(&self) -> String {
        self.under("admin")
    }
    /// All pages of the guides.
    pub fn admin_docs(&self) -> String {
        self.under("admin/docs")
    }
    /// Form for a new page (GET, POST).
    pub fn admin_new_page(&self) -> String {
        self.under("admin/docs/new")
    }
    /// One page in the editor (GET), save or publish it (POST).
    pub fn admin_page(&self, id: &str) -> String {
        self.item("admin/docs", id, "")
    }
    /// Renders the text of a form (POST).
    pub fn admin_page_preview(&self, id: &str) -> String {
        self.item("admin/docs", id, "/preview")
    }
    /// Keeps the text of a form until it is saved (POST).
    pub fn admin_page_draft(&self, id: &str) -> String {
        self.item("admin/docs", id, "/draft")
    }
    /// Forgets what was kept (POST).
    pub fn admin_page_discard(&self, id: &str) -> String {
        self.item("admin/docs", id, "/discard")
    }
    /// Form for another place (GET), moves (POST).
    pub fn admin_page_move(&self, id: &str) -> String {
        self.item("admin/docs", id, "/move")
    }
    /// Takes a page from readers (POST).
    pub fn admin_page_unpublish(&self, id: &str) -> String {
        self.item("admin/docs", id, "/unpublish")
    }
    /// Deletes a page with all below it (POST).
    pub fn admin_page_delete(&self, id: &str) -> String {
        self.item("admin/docs", id, "/delete")
    }
    /// Brings a deleted page back (POST).
    pub fn admin_page_undelete(&self, id: &str) -> String {
        self.item("admin/docs", id, "/undelete")
    }
    /// Form for an image (GET), stores it (POST).
    pub fn admin_page_image(&self, id: &str) -> String {
        self.item("admin/docs", id, "/image")
    }
    /// Versions of a page.
    pub fn admin_page_history(&self, id: &str) -> String {
        self.item("admin/docs", id, "/history")
    }
    /// One version of a page.
    pub fn admin_page_version(&self, id: &str, number: u32) -> String {
        self.item("admin/docs", id, &format!("/history/{number}"))
    }
    /// What changed between two versions.
    pub fn admin_page_compare(&self, id: &str, old: u32, new: u32) -> String {
        self.item("admin/docs", id, &format!("/history/{old}..{new}"))
    }
    /// Saves an old version again as the newest (POST: `version`).
    pub fn admin_page_restore(&self, id: &str) -> String {
        self.item("admin/docs", id, "/restore")
    }
    /// Suggested edits that wait for review.
    pub fn admin_suggestions(&self) -> String {
        self.under("admin/suggestions")
    }
    /// One suggested edit (GET), accepts or rejects it (POST).
    pub fn admin_suggestion(&self, id: &str) -> String {
        self.item("admin/suggestions", id, "")
    }
    /// API descriptions.
    pub fn admin_specs(&self) -> String {
        self.under("admin/specs")
    }
}
