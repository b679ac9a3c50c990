//! The guides as readers see them.

mod landing;
mod missing;
mod page;
mod suggest;

use maud::{Markup, html};

pub use self::{
    landing::{DocsView, Section, docs},
    missing::{MissingView, missing},
    page::{DocLink, DocView, Helpful, TocEntry, doc},
    suggest::{SuggestView, suggest},
};
use super::{chrome::Chrome, parts::icon_sm};

/// The tree of the guides, as the side navigation shows it.
#[derive(Clone, Debug, Default)]
pub struct DocsNav {
    /// The pages at the root.
    pub nodes: Vec<NavNode>,
    /// The path of the page that is shown.
    pub current: String,
}

/// One page of the tree with those below it.
#[derive(Clone, Debug, Default)]
pub struct NavNode {
    /// Its title.
    pub title: String,
    /// Its path.
    pub path: String,
    /// Readers do not see it.
    pub draft: bool,
    /// The pages below it.
    pub below: Vec<NavNode>,
}

impl DocsNav {
    /// Whether the current page is this one or below it.
    fn leads_to_current(&self, node: &NavNode) -> bool {
        self.current
            .strip_prefix(&node.path)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

/// The side navigation.
fn side(c: &Chrome, nav: &DocsNav) -> Markup {
    html! {
        nav.side aria-label="Guides" {
            p.sideh { a href=(c.urls.docs()) { "All guides" } }
            (list(c, nav, &nav.nodes, true))
        }
    }
}

/// The same for the navigation sheet of small screens.
fn sheet(c: &Chrome, nav: &DocsNav) -> Markup {
    html! { h2 { "Guides" } (list(c, nav, &nav.nodes, false)) }
}

fn list(c: &Chrome, nav: &DocsNav, nodes: &[NavNode], folds: bool) -> Markup {
    html! {
        ul.kids[folds && nodes.first().is_some_and(|node| node.path.contains('/'))] { @for node in nodes { li {
            @if node.below.is_empty() {
                (link(c, nav, node))
            } @else if folds {
                // A link inside of a summary cannot be reached apart from it.
                div.fold {
                    (link(c, nav, node))
                    details open[nav.leads_to_current(node)] {
                        summary aria-label={ "Pages below " (node.title) } { (icon_sm(c, "chev")) }
                        (list(c, nav, &node.below, folds))
                    }
                }
            } @else {
                (link(c, nav, node))
                @if nav.leads_to_current(node) { (list(c, nav, &node.below, folds)) }
            }
        } } }
    }
}

fn link(c: &Chrome, nav: &DocsNav, node: &NavNode) -> Markup {
    html! {
        a href=(c.urls.doc(&node.path)) aria-current=[(nav.current == node.path).then_some("page")] {
            span.trunc { (node.title) }
            @if node.draft { span.badge.b-warn { "Draft" } }
        }
    }
}
