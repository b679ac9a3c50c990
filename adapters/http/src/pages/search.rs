//! The search page: hits in groups, filters, and what to do when there are none.

use aforo_docs::{
    search::{Kind, Marked},
    spec::model::Method,
};
use maud::{Markup, html};

use super::{
    chrome::{Chrome, Page, Section, plain_page},
    format,
    parts::{icon, icon_sm, method_badge},
};

/// Something to filter by, with how many entries it leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facet {
    /// Its value in the address.
    pub value: String,
    /// What people call it.
    pub label: String,
    /// How many entries it leaves.
    pub entries: u64,
}

/// One hit.
#[derive(Clone, Debug)]
pub struct FoundRow {
    /// What it is.
    pub kind: Kind,
    /// Its page.
    pub href: String,
    /// What it is called.
    pub title: Marked,
    /// The part of its text that has most of the words.
    pub excerpt: Option<Marked>,
    /// The method of an operation.
    pub method: Option<Method>,
    /// The path of an operation.
    pub path: Option<String>,
    /// What it is part of, from the outside in.
    pub trail: Vec<String>,
    /// The name of its product.
    pub product: Option<String>,
}

/// A question and its answer.
#[derive(Clone, Debug, Default)]
pub struct SearchView {
    /// As it was asked; empty before that.
    pub text: String,
    /// The kind that hits are filtered by; empty for all.
    pub kind: String,
    /// The slug of the product that hits are filtered by; empty for all.
    pub product: String,
    /// The best hits, best first.
    pub rows: Vec<FoundRow>,
    /// How many entries match with these filters.
    pub total: u64,
    /// How many entries match without them.
    pub everywhere: u64,
    /// Kinds to filter by.
    pub kinds: Vec<Facet>,
    /// Products to filter by.
    pub products: Vec<Facet>,
    /// The question as it was probably meant.
    pub suggestion: Option<String>,
    /// Some hits have only some of the words.
    pub partial: bool,
}

/// What a kind is called as a heading.
pub fn kind_label(kind: Kind) -> &'static str {
    match kind {
        Kind::Operation => "Operations",
        Kind::Schema => "Schemas",
        _ => "Guides",
    }
}

/// The search page.
pub fn search(c: &Chrome, view: &SearchView) -> Markup {
    let asked = !view.text.trim().is_empty();
    let title = if asked {
        format!("{} · Search", view.text.trim())
    } else {
        "Search".to_owned()
    };
    let page = Page {
        title: &title,
        description: None,
        section: Section::Home,
        module: None,
        sheet: None,
        error: false,
    };
    let main = html! {
        div.found {
            h1 { "Search" }
            form.findf role="search" method="get" action=(c.urls.search()) {
                (icon(c, "search"))
                input.in type="search" name="q" value=(view.text) aria-label="Search guides, operations and schemas"
                    placeholder="Words, a path, an operation" autocomplete="off" spellcheck="false" maxlength="200"
                    autofocus[!asked];
                @if !view.product.is_empty() { input type="hidden" name="product" value=(view.product); }
                @if !view.kind.is_empty() { input type="hidden" name="kind" value=(view.kind); }
                button.btn.btn-primary { "Search" }
            }
            @if asked { (answer(c, view)) } @else {
                p.t2 { "Guides, operations and schemas of all products. Put quotes around words that belong together." }
            }
        }
    };
    plain_page(c, page, &main)
}

fn answer(c: &Chrome, view: &SearchView) -> Markup {
    html! {
        (filters(c, view))
        @if let Some(meant) = &view.suggestion {
            p.meant { "Did you mean "
                a href=(c.urls.search_for(meant, &view.product, &view.kind)) { (meant) } "?" }
        }
        @if view.rows.is_empty() { (nothing(c, view)) } @else {
            p.t2 role="status" {
                @let shown = view.rows.len() as u64;
                @if view.total > shown { "The best " (shown) " of " (format::thousands(view.total)) " results" }
                @else { (format::count(view.rows.len(), "result", "results")) }
                @if view.partial { ". Not all of them have all words." }
            }
            @for kind in order(&view.rows) {
                section.foundg aria-labelledby={ "g-" (kind.as_str()) } {
                    h2 id={ "g-" (kind.as_str()) } { (kind_label(kind)) }
                    ol role="list" { @for row in view.rows.iter().filter(|row| row.kind == kind) { (hit(c, row)) } }
                }
            }
        }
    }
}

/// Groups in the order of their best hits.
fn order(rows: &[FoundRow]) -> Vec<Kind> {
    let mut order: Vec<Kind> = Vec::new();
    for row in rows {
        if !order.contains(&row.kind) {
            order.push(row.kind);
        }
    }
    order
}

fn filters(c: &Chrome, view: &SearchView) -> Markup {
    let link = |label: &str, entries: Option<u64>, product: &str, kind: &str| {
        let current = product == view.product && kind == view.kind;
        html! { li { a.facet href=(c.urls.search_for(&view.text, product, kind)) aria-current=[current.then_some("true")] {
            (label) @if let Some(entries) = entries { span.num { (format::thousands(entries)) } }
        } } }
    };
    html! {
        @if view.everywhere > 0 {
            nav.chips aria-label="Kind" { ul role="list" {
                (link("Everything", None, &view.product, ""))
                @for facet in &view.kinds { @if facet.entries > 0 || facet.value == view.kind {
                    (link(&facet.label, Some(facet.entries), &view.product, &facet.value))
                } }
            } }
            @if view.products.len() > 1 || !view.product.is_empty() {
                nav.chips aria-label="Product" { ul role="list" {
                    (link("All products", None, "", &view.kind))
                    @for facet in &view.products { (link(&facet.label, Some(facet.entries), &facet.value, &view.kind)) }
                } }
            }
        }
    }
}

fn hit(c: &Chrome, row: &FoundRow) -> Markup {
    html! {
        li.hit {
            @match row.method {
                Some(method) => (method_badge(method)),
                None => span.hiti { (icon_sm(c, if row.kind == Kind::Schema { "box" } else { "doc" })) },
            }
            div.grow {
                a href=(row.href) { (marked(&row.title)) }
                p.where_ {
                    @if let Some(path) = &row.path { code { (path) } }
                    @if let Some(product) = &row.product { span { (product) } }
                    @for part in &row.trail { span { (part) } }
                }
                @if let Some(excerpt) = &row.excerpt { p.excerpt { (marked(excerpt)) } }
            }
        }
    }
}

fn marked(text: &Marked) -> Markup {
    html! { @for (piece, marked) in text.pieces() { @if marked { mark { (piece) } } @else { (piece) } } }
}

fn nothing(c: &Chrome, view: &SearchView) -> Markup {
    let filtered = !view.kind.is_empty() || !view.product.is_empty();
    html! {
        section.card.empty {
            span.emptyi { (icon(c, "search")) }
            h2 { "Nothing found for “" (view.text.trim()) "”" }
            @if filtered && view.everywhere > 0 {
                p { (format::thousands(view.everywhere)) " results are outside of the filters." }
                a.btn href=(c.urls.search_for(&view.text, "", "")) { "Search everywhere" }
            } @else {
                p { "Check the spelling, use fewer words, or look through the guides and the reference." }
                div.row { a.btn href=(c.urls.docs()) { "Guides" } a.btn href=(c.urls.references()) { "API reference" } }
            }
        }
    }
}
