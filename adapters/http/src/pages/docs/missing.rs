//! No guide here: what comes closest.

use maud::{Markup, html};

use super::{
    super::chrome::{Chrome, Page, Section, document},
    DocLink, DocsNav, side,
};

/// There is no guide at this path.
#[derive(Clone, Debug, Default)]
pub struct MissingView {
    /// All guides.
    pub nav: DocsNav,
    /// The words of the path, for the search.
    pub words: String,
    /// The guides whose path is most like it.
    pub nearest: Vec<DocLink>,
}

/// There is no guide at this path.
pub fn missing(c: &Chrome, view: &MissingView) -> Markup {
    let page = Page {
        title: "No guide here",
        description: None,
        section: Section::Docs,
        module: None,
        sheet: Some(super::sheet(c, &view.nav)),
        error: false,
    };
    let body = html! {
        div.docs.docs-index.page {
            (side(c, &view.nav))
            main #main { div.problem.docmissing {
                p.pstatus { "404" }
                h1 { "No guide here" }
                p.lede { "It was taken down, or the address has a typing error." }
                (search(c, view))
                @if !view.nearest.is_empty() {
                    section aria-labelledby="nearest-h" {
                        h2 #nearest-h { "Did you mean" }
                        ul { @for link in &view.nearest { li { a href=(c.urls.doc(&link.path)) { (link.title) } } } }
                    }
                }
                p { a.btn href=(c.urls.docs()) { "All guides" } }
            } }
        }
    };
    document(c, page, &body)
}

fn search(c: &Chrome, view: &MissingView) -> Markup {
    html! {
        form.row.docsearch role="search" action=(c.urls.search()) {
            label.sr for="missing-q" { "Search" }
            input.in.grow #missing-q type="search" name="q" value=(view.words) placeholder="Search guides and operations";
            button.btn.btn-primary { "Search" }
        }
    }
}
