//! All pages of the guides.

use maud::{Markup, html};

use super::{
    super::chrome::{AdminPage, AdminSection, admin_page},
    GuideRow,
    tree::{Room, tree},
};
use crate::pages::{
    chrome::{Chrome, csrf_field},
    format,
    parts::{empty_state, icon_sm, page_head},
};

/// All pages.
#[derive(Clone, Debug, Default)]
pub struct GuidesView {
    /// The pages in the order in which one would read them.
    pub rows: Vec<GuideRow>,
    /// A page that was just deleted.
    pub undo: Option<Undo>,
}

/// A deleted page that can be brought back.
#[derive(Clone, Debug)]
pub struct Undo {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// How many pages below it went with it.
    pub below: usize,
}

/// All pages, to be put into order and opened.
pub fn guides(c: &Chrome, view: &GuidesView) -> Markup {
    let lead = html! { "Write in Markdown, publish when it is ready. Readers see published pages only." };
    let new = html! {
        a.btn.btn-primary href=(c.urls.admin_new_page()) data-dialog { (icon_sm(c, "plus")) "New page" }
    };
    let main = html! {
        @if let Some(undo) = &view.undo { (deleted(c, undo)) }
        @if view.rows.is_empty() {
            (page_head("Guides", &lead, &html! {}))
            (empty_state(c, "doc", "Write your first guide", "A page of Markdown with a preview beside it. Pages nest \
                three levels deep, and each save is a version that you can go back to.", &new))
        } @else {
            (page_head("Guides", &lead, &new))
            section.card.guides aria-labelledby="pages-h" {
                div.card-h {
                    h2 #pages-h { "Pages" }
                    span.grow {}
                    span.fs12.muted.num { (format::count(view.rows.len(), "page", "pages")) }
                }
                (tree(c, &view.rows, Room::Wide))
            }
            p.fs12.muted.treehint.js {
                "Drag the dots to reorder. With the keyboard: Space picks a page up, arrow keys move it, Space drops it, Esc cancels."
            }
        }
    };
    let page = AdminPage {
        module: Some("tree.js"),
        ..AdminPage::new("Guides", AdminSection::Guides)
    };
    admin_page(c, page, &main)
}

fn deleted(c: &Chrome, undo: &Undo) -> Markup {
    html! {
        div.banner.banner-info.undo role="status" {
            div.grow {
                b { "“" (undo.title) "” is deleted" }
                @if undo.below > 0 { " with " (format::count(undo.below, "page", "pages")) " below it" }
                "."
            }
            form method="post" action=(c.urls.admin_page_undelete(&undo.id)) {
                (csrf_field(c))
                button.btn.btn-sm { (icon_sm(c, "undo")) "Undo" }
            }
        }
    }
}
