//! One guide.

use aforo_core::Timestamp;
use maud::{Markup, PreEscaped, html};

use super::{
    super::{
        chrome::{Chrome, Page, Section, csrf_field, document_with},
        format,
        parts::{crumbs, icon, icon_sm},
    },
    DocsNav, side,
};

/// One guide.
#[derive(Clone, Debug)]
pub struct DocView {
    /// All guides.
    pub nav: DocsNav,
    /// The guides above it, from the root down.
    pub above: Vec<DocLink>,
    /// Its title.
    pub title: String,
    /// Its first words, for search engines and previews.
    pub summary: String,
    /// Its text, sanitised.
    pub content_html: String,
    /// Its headings.
    pub toc: Vec<TocEntry>,
    /// Minutes to read it.
    pub minutes: u32,
    /// When what is shown was published or, of a draft, saved.
    pub updated: Timestamp,
    /// The version that is shown.
    pub version: u32,
    /// Readers do not see it.
    pub draft: bool,
    /// The guides right below it.
    pub below: Vec<DocLink>,
    /// The guide before it.
    pub previous: Option<DocLink>,
    /// The guide after it.
    pub next: Option<DocLink>,
    /// What this visitor has just said.
    pub helpful: Option<Helpful>,
    /// Its id, for those who may edit it.
    pub edit: Option<String>,
    /// Its whole address.
    pub canonical: String,
}

/// A link to a guide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocLink {
    /// Title of the guide.
    pub title: String,
    /// Its path.
    pub path: String,
}

/// One line of the table of contents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TocEntry {
    /// 2 for the highest.
    pub level: u8,
    /// The id of the heading.
    pub id: String,
    /// Its text.
    pub text: String,
}

/// Whether a guide was helpful.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Helpful {
    /// It was.
    Yes,
    /// It was not.
    No,
    /// A comment was sent as well.
    Commented,
}

impl Helpful {
    /// From the query of the page that a form leads back to.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "yes" => Some(Helpful::Yes),
            "no" => Some(Helpful::No),
            "commented" => Some(Helpful::Commented),
            _ => None,
        }
    }
    /// The reverse.
    pub const fn as_str(self) -> &'static str {
        match self {
            Helpful::Yes => "yes",
            Helpful::No => "no",
            Helpful::Commented => "commented",
        }
    }
}

/// One guide: tree, text, table of contents.
pub fn doc(c: &Chrome, view: &DocView) -> Markup {
    let page = Page {
        title: &view.title,
        description: (!view.draft).then_some(view.summary.as_str()),
        section: Section::Docs,
        module: Some("docs.js"),
        sheet: Some(super::sheet(c, &view.nav)),
        error: false,
    };
    let head = html! { @if !view.draft { (open_graph(c, view)) } };
    let body = html! {
        div.docs.page {
            (side(c, &view.nav))
            main #main { (main(c, view)) }
            (toc(&view.toc))
        }
    };
    document_with(c, page, &head, &body)
}

fn open_graph(c: &Chrome, view: &DocView) -> Markup {
    html! {
        link rel="canonical" href=(view.canonical);
        link rel="alternate" type="text/markdown" href=(c.urls.doc_markdown(&view.nav.current));
        meta property="og:type" content="article";
        meta property="og:title" content=(view.title);
        meta property="og:description" content=(view.summary);
        meta property="og:url" content=(view.canonical);
        meta property="og:site_name" content=(c.brand.name);
        meta property="article:modified_time" content=(view.updated.to_rfc3339());
    }
}

fn main(c: &Chrome, view: &DocView) -> Markup {
    let path = &view.nav.current;
    let mut above = vec![(c.urls.docs(), "Guides")];
    above.extend(
        view.above
            .iter()
            .map(|link| (c.urls.doc(&link.path), link.title.as_str())),
    );
    html! {
        article.doc {
            (crumbs(&above))
            div.titlerow {
                h1 { (view.title) }
                @if view.draft { span.badge.b-warn { "Draft" } }
                span.grow {}
                a.btn.btn-sm.no-print href=(c.urls.doc_markdown(path)) data-copy-markdown {
                    (icon_sm(c, "copy")) "Copy as Markdown"
                }
            }
            p.meta.docmeta {
                span { (view.minutes) " min read" }
                span { (if view.draft { "Saved " } else { "Updated " }) (format::time_on(view.updated)) }
                @if !view.draft { span.no-print { a href=(c.urls.doc_suggest(path)) { "Suggest edits" } } }
                @if let Some(id) = &view.edit { span.no-print { a href=(c.urls.admin_page(id)) { "Open in the editor" } } }
            }
            @if view.draft {
                div.banner.docdraft { (icon(c, "warn")) div.grow {
                    b { "Readers do not see this yet. " }
                    span.t2 { "You see the latest saved version, because you may edit it." }
                } }
            }
            @if view.toc.len() > 1 { (inline_toc(&view.toc)) }
            div.prose.guide { (PreEscaped(&view.content_html)) }
            @if !view.below.is_empty() {
                section.docbelow aria-labelledby="below-h" {
                    h2 #below-h { "In this section" }
                    ul role="list" { @for link in &view.below {
                        li { a href=(c.urls.doc(&link.path)) { span { (link.title) } (icon_sm(c, "chev")) } }
                    } }
                }
            }
        }
        @if !view.draft { (feedback(c, view)) }
        (neighbours(c, view))
    }
}

fn toc(entries: &[TocEntry]) -> Markup {
    html! {
        aside.toc { @if entries.len() > 1 {
            nav aria-label="On this page" {
                h2 { "On this page" }
                (toc_list(entries))
            }
        } }
    }
}

/// For screens without room beside the text.
fn inline_toc(entries: &[TocEntry]) -> Markup {
    html! {
        details.more.toc-s.no-print {
            summary { "On this page" }
            nav aria-label="Contents" { (toc_list(entries)) }
        }
    }
}

fn toc_list(entries: &[TocEntry]) -> Markup {
    html! { ul { @for entry in entries {
        li.sub[entry.level > 2] { a href={ "#" (entry.id) } { (entry.text) } }
    } } }
}

fn feedback(c: &Chrome, view: &DocView) -> Markup {
    let action = c.urls.doc_feedback(&view.nav.current);
    html! {
        section.helpful.no-print #helpful aria-labelledby="helpful-h" {
            form method="post" action=(action) data-helpful {
                (csrf_field(c))
                input type="hidden" name="version" value=(view.version);
                @match view.helpful {
                    None => {
                        h2 #helpful-h { "Was this helpful?" }
                        div.row {
                            button.btn.btn-sm name="helpful" value="yes" { "Yes" }
                            button.btn.btn-sm name="helpful" value="no" { "No" }
                        }
                    }
                    Some(Helpful::Commented) => h2 #helpful-h { (icon(c, "check")) "Thank you. The authors read every comment." },
                    Some(said) => {
                        h2 #helpful-h { (icon(c, "check")) "Thank you." }
                        input type="hidden" name="helpful" value=(said.as_str());
                        div.field.grow {
                            label for="f-comment" { "What would make it better?" span.opt { "optional" } }
                            textarea.in #f-comment name="comment" rows="3" maxlength="1000" {}
                        }
                        div.row { button.btn.btn-sm { "Send comment" } }
                    }
                }
            }
        }
    }
}

fn neighbours(c: &Chrome, view: &DocView) -> Markup {
    html! {
        @if view.previous.is_some() || view.next.is_some() {
            nav.pn aria-label="Previous and next" {
                @if let Some(link) = &view.previous {
                    a.prev rel="prev" href=(c.urls.doc(&link.path)) { small { "Previous" } (link.title) }
                }
                @if let Some(link) = &view.next {
                    a.next rel="next" href=(c.urls.doc(&link.path)) { small { "Next" } (link.title) }
                }
            }
        }
    }
}
