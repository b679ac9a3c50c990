//! Versions of a page: list, one of them, two beside each other.

use aforo_core::Timestamp;
use aforo_docs::compare::Comparison;
use maud::{Markup, PreEscaped, html};

use super::{
    super::chrome::{AdminPage, AdminSection, admin_page},
    PreviewView,
    changes::{changed_value, changes, tally},
};
use crate::pages::{
    chrome::{Chrome, csrf_field},
    format,
    parts::{crumbs, icon_sm, page_head},
};

/// One version, without its text.
#[derive(Clone, Debug)]
pub struct VersionRow {
    /// Counts from 1.
    pub number: u32,
    /// The title.
    pub title: String,
    /// The page's part of the address.
    pub slug: String,
    /// Who saved it.
    pub author: String,
    /// What the author said about it.
    pub note: String,
    /// When.
    pub at: Timestamp,
    /// Readers see this one.
    pub published: bool,
}

/// The versions of one page.
#[derive(Clone, Debug)]
pub struct HistoryView {
    /// The page's id.
    pub id: String,
    /// The page's title.
    pub title: String,
    /// Newest first.
    pub versions: Vec<VersionRow>,
    /// The number of the latest one.
    pub latest: u32,
    /// Link to older ones.
    pub next_page: Option<String>,
}

/// One version as readers would see it.
#[derive(Clone, Debug)]
pub struct VersionView {
    /// The page's id.
    pub id: String,
    /// The page's title now.
    pub title: String,
    /// Which one.
    pub version: VersionRow,
    /// How many there are.
    pub latest: u32,
    /// Its text, rendered.
    pub preview: PreviewView,
}

/// Two versions beside each other.
#[derive(Clone, Debug)]
pub struct VersionsView {
    /// The page's id.
    pub id: String,
    /// The page's title now.
    pub title: String,
    /// The one to compare from.
    pub old: VersionRow,
    /// The one to compare to.
    pub new: VersionRow,
    /// How many there are.
    pub latest: u32,
    /// What changed in the text.
    pub changes: Comparison,
}

/// All versions.
pub fn history(c: &Chrome, view: &HistoryView) -> Markup {
    let lead = html! { "Each save is a version. Restoring an old one saves it again as a new version, so nothing is lost." };
    let main = html! {
        (crumbs(&[(c.urls.admin_docs(), "Guides"), (c.urls.admin_page(&view.id), &view.title)]))
        (page_head("History", &lead, &html! {}))
        @if view.versions.len() > 1 { (picker(c, view)) }
        section.card.scroll tabindex="0" aria-label="Versions" {
            table.table.stack {
                caption.sr { "Versions of " (view.title) ", newest first" }
                thead { tr {
                    th scope="col" { "Version" }
                    th scope="col" { "What changed" }
                    th scope="col" { "By" }
                    th scope="col" { "Saved" }
                    th scope="col" { span.sr { "Actions" } }
                } }
                tbody { @for version in &view.versions { (row(c, view, version)) } }
            }
        }
        @if let Some(token) = &view.next_page {
            nav.pager aria-label="Pages" { a.btn href={ (c.urls.admin_page_history(&view.id)) "?" (token) } { "Older versions" } }
        }
        @if view.latest == 1 { p.muted.fs13.gap-s { "There is one version: nothing to compare yet." } }
    };
    let title = format!("History of {}", view.title);
    admin_page(c, AdminPage::new(&title, AdminSection::Guides), &main)
}

fn row(c: &Chrome, view: &HistoryView, version: &VersionRow) -> Markup {
    html! {
        tr {
            th scope="row" {
                span.row {
                    a.strong.num href=(c.urls.admin_page_version(&view.id, version.number)) { "Version " (version.number) }
                    @if version.published { span.badge.b-ok { "Published" } }
                    @else if version.number == view.latest { span.badge.b-line { "Latest" } }
                }
                div.sub { (version.title) }
            }
            td data-l="What changed" { @if version.note.is_empty() { span.muted { "No note" } } @else { span.notetext { (version.note) } } }
            td data-l="By" { span { (version.author) } }
            td.num data-l="Saved" { (format::time_ago(version.at, c.now)) }
            td.r { div.row.jend {
                @if version.number > 1 {
                    a.btn.btn-sm href=(c.urls.admin_page_compare(&view.id, version.number - 1, version.number)) {
                        "Changes" span.sr { " of version " (version.number) }
                    }
                }
                @if version.number != view.latest { (restore(c, &view.id, version.number, false)) }
            } }
        }
    }
}

fn picker(c: &Chrome, view: &HistoryView) -> Markup {
    let select = |name: &str, label: &str, chosen: usize| {
        html! {
            label.fs13 for={ "f-" (name) } { (label) }
            select.in.in-sm id={ "f-" (name) } name=(name) { @for (at, version) in view.versions.iter().enumerate() {
                option value=(version.number) selected[at == chosen] { "Version " (version.number) }
            } }
        }
    };
    html! {
        form.row.picker action=(c.urls.admin_page_history(&view.id)) {
            (select("from", "Compare", 1))
            (select("to", "with", 0))
            button.btn.btn-sm { "Compare" }
        }
    }
}

fn restore(c: &Chrome, id: &str, number: u32, large: bool) -> Markup {
    html! {
        form method="post" action=(c.urls.admin_page_restore(id)) {
            (csrf_field(c))
            button.btn.btn-sm[!large] name="version" value=(number) {
                @if large { (icon_sm(c, "undo")) }
                "Restore" @if large { " version " (number) } @else { span.sr { " version " (number) } }
            }
        }
    }
}

/// One version as readers would see it.
pub fn version(c: &Chrome, view: &VersionView) -> Markup {
    let number = view.version.number;
    let title = format!("Version {number} of {}", view.title);
    let lead = html! {
        (view.version.author) ", " (format::time_ago(view.version.at, c.now))
        @if !view.version.note.is_empty() { ": " (view.version.note) }
    };
    let actions = html! {
        @if number > 1 { a.btn href=(c.urls.admin_page_compare(&view.id, number - 1, number)) { "Changes" } }
        @if number != view.latest { (restore(c, &view.id, number, true)) }
    };
    let main = html! {
        (trail(c, &view.id, &view.title))
        (page_head(&format!("Version {number}"), &lead, &html! { div.row { (actions) } }))
        section.card.pad.oldver aria-label="Text" {
            article.prose.guide { h2.fsx { (view.preview.title) } (PreEscaped(&view.preview.body_html)) }
        }
    };
    admin_page(c, AdminPage::new(&title, AdminSection::Guides), &main)
}

/// What changed between two versions.
pub fn compare_versions(c: &Chrome, view: &VersionsView) -> Markup {
    let (old, new) = (&view.old, &view.new);
    let name = format!("Version {} to {}", old.number, new.number);
    let lead = html! {
        (new.author) ", " (format::time_ago(new.at, c.now)) @if !new.note.is_empty() { ": " (new.note) }
    };
    let actions = html! {
        div.row {
            @if old.number != view.latest { (restore(c, &view.id, old.number, true)) }
            @if new.number != view.latest && new.number != old.number { (restore(c, &view.id, new.number, true)) }
        }
    };
    let main = html! {
        (trail(c, &view.id, &view.title))
        (page_head(&name, &lead, &actions))
        @if old.title != new.title || old.slug != new.slug {
            dl.card.kvl.gapb {
                @if old.title != new.title { div { dt { "Title" } dd.wval { (changed_value(&old.title, &new.title)) } } }
                @if old.slug != new.slug { div { dt { "Address" } dd.wval.mono { (changed_value(&old.slug, &new.slug)) } } }
            }
        }
        section.card aria-labelledby="text-h" {
            div.card-h { h2 #text-h { "Text" } span.grow {} (tally(&view.changes)) }
            (changes(&view.changes, "Changed text"))
        }
    };
    let title = format!("{name} of {}", view.title);
    admin_page(c, AdminPage::new(&title, AdminSection::Guides), &main)
}

fn trail(c: &Chrome, id: &str, title: &str) -> Markup {
    crumbs(&[
        (c.urls.admin_docs(), "Guides"),
        (c.urls.admin_page(id), title),
        (c.urls.admin_page_history(id), "History"),
    ])
}
