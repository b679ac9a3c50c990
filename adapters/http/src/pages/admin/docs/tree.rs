//! The tree of pages: moved by pointer, by keyboard, and with the form behind "Move".

use maud::{Markup, html};

use crate::pages::{
    chrome::Chrome,
    format,
    parts::{icon, icon_sm},
};
use aforo_core::Timestamp;

/// How far a page is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GuideStatus {
    /// Readers never saw it, or no longer do.
    Draft,
    /// Readers see its latest version.
    Published,
    /// Readers see a version before the latest: so many were saved since.
    Changed(u32),
}

/// One page in the tree.
#[derive(Clone, Debug)]
pub struct GuideRow {
    /// Its id.
    pub id: String,
    /// Title of its latest version.
    pub title: String,
    /// Its address below `/docs`, without a slash at the start.
    pub path: String,
    /// 1 at the root, 3 at most.
    pub level: usize,
    /// How far it is.
    pub status: GuideStatus,
    /// It is published, but a page above it is not, so that readers do not see it.
    pub hidden: bool,
    /// When its latest version was saved.
    pub updated: Timestamp,
}

impl GuideStatus {
    /// The badge of this status.
    pub(super) fn badge(self) -> Markup {
        match self {
            GuideStatus::Draft => html! { span.badge.b-warn { "Draft" } },
            GuideStatus::Published => html! { span.badge.b-ok { "Published" } },
            GuideStatus::Changed(_) => html! { span.badge.b-info { "Edited" } },
        }
    }
}

/// Where the tree is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Room<'a> {
    /// Beside the editor of this page.
    Side(&'a str),
    /// On a page of its own.
    Wide,
}

/// The tree. Rows are one flat list with levels, so that a move is a move of neighbours.
pub(super) fn tree(c: &Chrome, rows: &[GuideRow], room: Room<'_>) -> Markup {
    let current = |id: &str| matches!(room, Room::Side(open) if open == id);
    html! {
        sortable-tree {
            ol.tree role="list" { @for row in rows {
                li.cur[current(&row.id)] data-id=(row.id) data-level=(row.level) data-move=(c.urls.admin_page_move(&row.id)) {
                    button.grip.js type="button" aria-label={ "Reorder " (row.title) } { (grip()) }
                    a.nm href=(c.urls.admin_page(&row.id)) aria-current=[current(&row.id).then_some("page")] { (row.title) }
                    span.sr.lv { "level " (row.level) " of 3" }
                    @if room == Room::Wide {
                        code.path { "/" (row.path) }
                        span.when { (format::time_ago(row.updated, c.now)) }
                    }
                    @if row.hidden {
                        span.badge.b-line title="A page above it is not published" { "Hidden" }
                    } @else if room == Room::Wide || row.status != GuideStatus::Published {
                        (row.status.badge())
                    }
                    a.btn.btn-ghost.btn-icon.btn-sm.mv href=(c.urls.admin_page_move(&row.id)) data-dialog
                        aria-label={ "Move " (row.title) "…" } { (icon_sm(c, "move")) }
                }
            } }
        }
        @if rows.is_empty() { p.muted.fs13.none { "No pages yet." } }
    }
}

/// The head above the tree beside the editor.
pub(super) fn side_head(c: &Chrome) -> Markup {
    html! {
        div.row.nowrap {
            h2.fs13 { a href=(c.urls.admin_docs()) { "Pages" } }
            span.grow {}
            a.btn.btn-ghost.btn-icon.btn-sm href=(c.urls.admin_new_page()) data-dialog aria-label="New page" { (icon(c, "plus")) }
        }
    }
}

/// Six dots: hold here.
fn grip() -> Markup {
    html! {
        svg viewBox="0 0 10 14" aria-hidden="true" {
            @for y in ["2.5", "7", "11.5"] { @for x in ["3", "7"] { circle cx=(x) cy=(y) r="1.2" {} } }
        }
    }
}
