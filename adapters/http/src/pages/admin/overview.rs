//! What waits for an operator.

use maud::{Markup, html};

use super::chrome::{AdminPage, AdminSection, admin_page};
use crate::pages::{
    chrome::Chrome,
    parts::{icon, page_head},
};

/// What waits for a decision.
#[derive(Clone, Debug, Default)]
pub struct AdminOverviewView {
    /// Guide pages with edits that readers do not see yet.
    pub unpublished_pages: usize,
    /// Suggested edits that nobody has looked at.
    pub open_suggestions: u64,
    /// Imported API descriptions that are newer than the published one, by product.
    pub unpublished_specs: Vec<String>,
    /// Servers that a description names and nobody has approved.
    pub origins: Vec<OriginWaiting>,
    /// Nothing has been published yet, neither a guide nor a reference.
    pub fresh: bool,
}

/// A server that waits for approval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OriginWaiting {
    /// The product's slug.
    pub product: String,
    /// The product's name.
    pub name: String,
    /// Scheme, host and port.
    pub origin: String,
}

/// The start page of the operator console.
pub fn admin_overview(c: &Chrome, view: &AdminOverviewView) -> Markup {
    let nothing = view.unpublished_pages == 0
        && view.open_suggestions == 0
        && view.unpublished_specs.is_empty()
        && view.origins.is_empty();
    let lead = html! { "What waits for you in the documentation of " (c.brand.name) "." };
    let actions = html! { a.btn href=(c.urls.home()) { (icon(c, "ext")) "View portal" } };
    let main = html! {
        (page_head("Overview", &lead, &actions))
        @if view.fresh {
            section.card.empty {
                span.emptyi { (icon(c, "doc")) }
                h2 { "Nothing is published yet" }
                p { "Import an API description and its reference is a page at once. Guides are written in the editor." }
                div.row {
                    a.btn.btn-primary href=(c.urls.admin_specs()) { "Import an API description" }
                    a.btn href=(c.urls.admin_docs()) { "Write a guide" }
                }
            }
        } @else if nothing {
            section.card.empty {
                span.emptyi { (icon(c, "check")) }
                h2 { "All quiet" }
                p { "Every edit is published, every suggestion answered, every server approved." }
            }
        }
        @if !nothing {
            ul.card.waits role="list" {
                @for origin in &view.origins { li {
                    span.tile { (icon(c, "shield")) }
                    div.grow {
                        b { (origin.name) " names a server that is not approved" }
                        p { code { (origin.origin) } " gets no calls until you approve it." }
                    }
                    a.btn.btn-sm href=(c.urls.reference(&origin.product)) { "Look at it" }
                } }
                @for product in &view.unpublished_specs { li {
                    span.tile { (icon(c, "spec")) }
                    div.grow {
                        b { "A newer description of " (product) " is not published" }
                        p { "Compare it with what readers see, then publish it." }
                    }
                    a.btn.btn-sm href=(c.urls.admin_specs()) { "Compare" }
                } }
                @if view.open_suggestions > 0 { li {
                    span.tile { (icon(c, "edit")) }
                    div.grow {
                        b { (count(view.open_suggestions, "suggested edit", "suggested edits")) }
                        p { "Readers wait for an answer." }
                    }
                    a.btn.btn-sm href=(c.urls.admin_suggestions()) { "Review" }
                } }
                @if view.unpublished_pages > 0 { li {
                    span.tile { (icon(c, "doc")) }
                    div.grow {
                        b { (count(view.unpublished_pages as u64, "page", "pages")) " with unpublished edits" }
                        p { "Readers see the version before, or nothing yet." }
                    }
                    a.btn.btn-sm href=(c.urls.admin_docs()) { "Open guides" }
                } }
            }
        }
    };
    admin_page(c, AdminPage::new("Overview", AdminSection::Overview), &main)
}

fn count(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
