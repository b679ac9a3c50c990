//! All guides.

use maud::{Markup, html};

use super::{
    super::{
        chrome::{self, Chrome, Page, document_with},
        format,
        parts::{empty_state, icon, icon_sm},
    },
    DocsNav, NavNode, side,
};

/// The overview of all guides.
#[derive(Clone, Debug, Default)]
pub struct DocsView {
    /// All guides.
    pub nav: DocsNav,
    /// The guides at the root, with their first words.
    pub sections: Vec<Section>,
    /// Its whole address.
    pub canonical: String,
}

/// One guide at the root.
#[derive(Clone, Debug, Default)]
pub struct Section {
    /// The guide and those below it.
    pub node: NavNode,
    /// Its first words; may be empty.
    pub summary: String,
}

/// How many of the guides below a section are listed in its card.
const LISTED: usize = 5;

/// The overview of all guides.
pub fn docs(c: &Chrome, view: &DocsView) -> Markup {
    let description = format!("Guides of {}: how to start, and how to do it well.", c.brand.name);
    let page = Page {
        title: "Guides",
        description: (!view.sections.is_empty()).then_some(description.as_str()),
        section: chrome::Section::Docs,
        module: None,
        sheet: Some(super::sheet(c, &view.nav)),
        error: false,
    };
    let head = html! {
        link rel="canonical" href=(view.canonical);
        meta property="og:type" content="website";
        meta property="og:title" content={ "Guides · " (c.brand.name) };
        meta property="og:description" content=(description);
        meta property="og:url" content=(view.canonical);
    };
    let body = html! {
        div.docs.docs-index.page {
            (side(c, &view.nav))
            main #main {
                div.ph { div.grow { h1 { "Guides" } p { "How to start, and how to do it well." } } }
                @if view.sections.is_empty() { (nothing(c)) } @else {
                    ul.cards role="list" { @for section in &view.sections { (card(c, section)) } }
                }
            }
        }
    };
    document_with(c, page, &head, &body)
}

fn nothing(c: &Chrome) -> Markup {
    let operator = c.viewer.as_ref().is_some_and(|viewer| viewer.operator);
    if operator {
        let action = html! { a.btn.btn-primary href=(c.urls.admin_new_page()) { (icon(c, "plus")) "Write the first guide" } };
        let text = "Guides are written in Markdown, previewed as you type, and published when you say so.";
        return empty_state(c, "doc", "No guides yet", text, &action);
    }
    let action = html! { a.btn href=(c.urls.references()) { "Open the reference" } };
    let text = "When a guide is published, it appears here. The API reference is complete without them.";
    empty_state(c, "doc", "No guides yet", text, &action)
}

fn card(c: &Chrome, section: &Section) -> Markup {
    let node = &section.node;
    html! {
        li.card.dcard {
            h2 { a href=(c.urls.doc(&node.path)) { (node.title) } @if node.draft { " " span.badge.b-warn { "Draft" } } }
            @if !section.summary.is_empty() { p { (section.summary) } }
            @if !node.below.is_empty() {
                ul role="list" { @for below in node.below.iter().take(LISTED) {
                    li { a href=(c.urls.doc(&below.path)) { (icon_sm(c, "doc")) span { (below.title) } } }
                } }
            }
            @if node.below.len() > LISTED {
                p.fs12 { a.more-l href=(c.urls.doc(&node.path)) {
                    (format::count(node.below.len() - LISTED, "more guide", "more guides"))
                } }
            }
        }
    }
}
