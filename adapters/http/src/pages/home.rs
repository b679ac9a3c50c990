//! Home, and the list of products with a reference.

use maud::{Markup, html};

use super::{
    chrome::{Chrome, Page, Section, plain_page},
    format,
    parts::{empty_state, icon, icon_sm},
};

/// A product as home shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProductCard {
    /// Its part of the URL.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// One or two sentences, plain text.
    pub summary: String,
    /// Version of the published document, such as `2.3.1`; `None` when none is published.
    pub version: Option<String>,
    /// Number of operations.
    pub operations: usize,
}

/// The home page and the list of references.
#[derive(Clone, Debug, Default)]
pub struct HomeView {
    /// Products that this visitor may see.
    pub products: Vec<ProductCard>,
    /// The viewer holds a key already.
    pub has_key: bool,
}

/// Home: what this is, the products, a key in three steps.
pub fn home(c: &Chrome, view: &HomeView) -> Markup {
    let start = if c.viewer.is_some() {
        c.urls.new_key()
    } else {
        c.urls.sign_up()
    };
    let page = Page {
        title: "Developers",
        description: Some(&c.brand.tagline),
        section: Section::Home,
        module: None,
        sheet: None,
        error: false,
    };
    let main = html! {
        section.hero {
            h1 { "Build with " (c.brand.name) }
            p { (c.brand.tagline) }
            div.row {
                a.btn.btn-primary.btn-lg href=(if view.has_key { c.urls.keys() } else { start }) {
                    (icon(c, "key")) (if view.has_key { "Manage keys" } else { "Get a key" })
                }
                a.btn.btn-lg href=(c.urls.docs()) { "Read the guides" }
                a.btn.btn-lg href=(c.urls.references()) { "Open the reference" }
            }
        }
        section aria-labelledby="products-h" {
            div.shead { h2 #products-h { "Products" } }
            (products(c, view))
        }
        section aria-labelledby="steps-h" {
            div.shead { h2 #steps-h { "From nothing to a first call" } }
            ol.steps3 {
                li { h3 { "Create an account" } p { "Your e-mail address and a password. No card." } }
                li { h3 { "Subscribe and create a key" }
                     p { "The key is shown once. Start with Sandbox: no charges, separate data." } }
                li { h3 { "Send a call" }
                     p { "From any operation page. The playground adds the credential on the server, so your browser
                          never holds one." } }
            }
        }
    };
    plain_page(c, page, &main)
}

/// The list of products with a reference.
pub fn references(c: &Chrome, view: &HomeView) -> Markup {
    let page = Page {
        title: "API reference",
        description: Some("Operations, parameters, responses and code samples, with a playground."),
        section: Section::Reference,
        module: None,
        sheet: None,
        error: false,
    };
    let main = html! {
        div.ph { div.grow { h1 { "API reference" } p { "Choose a product. Every operation can be tried on its page." } } }
        section aria-labelledby="products-h" { h2.sr #products-h { "Products" } (products(c, view)) }
    };
    plain_page(c, page, &main)
}

fn products(c: &Chrome, view: &HomeView) -> Markup {
    if view.products.is_empty() {
        let text = "When a product is published, it appears here with its reference.";
        return empty_state(c, "box", "Nothing published yet", text, &html! {});
    }
    html! {
        ul.cards role="list" { @for product in &view.products { li.card.pcard {
            div.row { span.tile aria-hidden="true" { (icon(c, "spec")) }
                @if let Some(version) = &product.version { span.badge.b-line { "v" (version) } }
            }
            h3 { a href=(c.urls.reference(&product.slug)) { (product.name) } }
            p { (product.summary) }
            p.more { (format::count(product.operations, "operation", "operations")) (icon_sm(c, "chev")) }
        } } }
    }
}
