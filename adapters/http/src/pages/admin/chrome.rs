//! The frame of the operator console: side navigation and content; on a phone the navigation is in the sheet.

use maud::{Markup, html};

use crate::pages::{
    chrome::{Chrome, Page, Section, document, side_link},
    urls::Urls,
};

/// Which link of the side navigation is the current one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AdminSection {
    Overview,
    Guides,
    Suggestions,
    Specs,
}

/// A page of the operator console, ready to be wrapped.
pub(crate) struct AdminPage<'a> {
    pub(crate) title: &'a str,
    pub(crate) section: AdminSection,
    /// The page's own module, besides `core.js`.
    pub(crate) module: Option<&'static str>,
    /// The form came back with errors.
    pub(crate) error: bool,
}

impl<'a> AdminPage<'a> {
    /// A page without a module and without errors.
    pub(crate) fn new(title: &'a str, section: AdminSection) -> Self {
        Self {
            title,
            section,
            module: None,
            error: false,
        }
    }
    /// What the document around it needs to know. Nothing of the operator console is for search engines.
    pub(super) fn document(&self, c: &Chrome) -> Page<'a> {
        Page {
            title: self.title,
            description: None,
            section: Section::Admin,
            module: self.module,
            sheet: Some(links(c, self.section)),
            error: self.error,
        }
    }
}

/// A page of the operator console: side navigation and content.
pub(crate) fn admin_page(c: &Chrome, page: AdminPage<'_>, main: &Markup) -> Markup {
    let body = html! {
        div.ops.page {
            nav.side aria-label="Operator console" { (links(c, page.section)) }
            main #main { (main) }
        }
    };
    document(c, page.document(c), &body)
}

/// A link of the navigation: section, icon, label, where it leads.
type Link = (AdminSection, &'static str, &'static str, fn(&Urls) -> String);

const DOCUMENTATION: [Link; 3] = [
    (AdminSection::Guides, "doc", "Guides", Urls::admin_docs),
    (
        AdminSection::Suggestions,
        "edit",
        "Suggestions",
        Urls::admin_suggestions,
    ),
    (AdminSection::Specs, "spec", "API specs", Urls::admin_specs),
];

fn links(c: &Chrome, current: AdminSection) -> Markup {
    html! {
        ul { (side_link(c, c.urls.admin(), "home", "Overview", current == AdminSection::Overview)) }
        h2 { "Documentation" }
        ul { @for (section, symbol, label, href) in DOCUMENTATION {
            (side_link(c, href(&c.urls), symbol, label, section == current))
        } }
    }
}
