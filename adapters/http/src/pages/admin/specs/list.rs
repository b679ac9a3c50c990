//! Every product with its published version, and what waits.

use aforo_core::Timestamp;
use maud::{Markup, html};

use super::detail::VersionLine;
use crate::pages::{
    admin::chrome::{AdminPage, AdminSection, admin_page},
    chrome::Chrome,
    format,
    parts::{empty_state, icon, page_head},
};

/// The products and their descriptions.
#[derive(Clone, Debug, Default)]
pub struct SpecsView {
    /// The products, oldest first.
    pub products: Vec<SpecProductRow>,
}

/// A product and its description.
#[derive(Clone, Debug)]
pub struct SpecProductRow {
    /// `prod_…`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its part of addresses.
    pub slug: String,
    /// What readers see.
    pub published: Option<VersionLine>,
    /// A newer version that nobody has published.
    pub waiting: Option<VersionLine>,
    /// How many versions it has.
    pub versions: u32,
    /// The watched address, when it was last looked at, and why that failed if it did.
    pub watched: Option<(String, Option<Timestamp>, Option<String>)>,
}

/// The list of descriptions.
pub fn specs(c: &Chrome, view: &SpecsView) -> Markup {
    let lead = html! { "One description drives the reference, the samples, the playground and search of a product." };
    let actions = html! {
        a.btn href=(c.urls.changelog()) { "Changelog" }
        a.btn.btn-primary href=(c.urls.admin_new_spec("")) { (icon(c, "plus")) "Import" }
    };
    let main = html! {
        (page_head("API specs", &lead, &actions))
        @if view.products.is_empty() {
            (empty_state(c, "spec", "No product yet", "Drop an OpenAPI document, and its product and reference are there at once.",
                &html! { a.btn.btn-primary href=(c.urls.admin_new_spec("")) { "Import a description" } }))
        } @else {
            ul.card.waits.speclist role="list" { @for product in &view.products { (row(c, product)) } }
        }
    };
    admin_page(c, AdminPage::new("API specs", AdminSection::Specs), &main)
}

fn row(c: &Chrome, product: &SpecProductRow) -> Markup {
    html! {
        li {
            span.tile { (icon(c, "spec")) }
            div.grow {
                div.row {
                    @match product.waiting.as_ref().or(product.published.as_ref()) {
                        Some(version) => a.strong href=(c.urls.admin_spec(&version.id)) { (product.name) },
                        None => b { (product.name) },
                    }
                    @match &product.published {
                        Some(version) => span.badge.b-ok { (icon(c, "check")) "Version " (version.number) " is published" },
                        None => span.badge { "Nothing published" },
                    }
                    @if let Some(version) = &product.waiting {
                        a.badge.b-warn href=(c.urls.admin_spec(&version.id)) { "Version " (version.number) " waits" }
                    }
                }
                p {
                    @if let Some(version) = &product.published {
                        (version.title) @if !version.version.is_empty() { " " (version.version) } ", " (format::count(version.operations as usize, "operation", "operations")) ", "
                    }
                    (format::count(product.versions as usize, "version", "versions"))
                    @if let Some((url, checked, failed)) = &product.watched {
                        br; "Watching " code { (url) } ", "
                        @match (checked, failed) {
                            (_, Some(why)) => span.errt { "last look failed: " (why) },
                            (Some(at), None) => { "looked " (format::time_ago(*at, c.now)) },
                            (None, None) => "not looked at yet",
                        }
                    }
                }
            }
            a.btn.btn-sm href=(c.urls.admin_new_spec(&product.id)) aria-label={ "Import a version of " (product.name) } { "Import" }
        }
    }
}
