//! The changelog: what each published version changed, and the same as a feed.

use aforo_core::Timestamp;
use aforo_docs::spec::diff::{SpecDiff, Totals};
use maud::{Markup, html};

use super::{
    admin::{changes_card, totals_line},
    chrome::{Chrome, Page, Section, document_with},
    format,
    parts::{empty_state, icon, page_head},
};

/// Changes that an entry of the feed lists.
const IN_FEED: usize = 20;

/// Published versions, newest first.
#[derive(Clone, Debug, Default)]
pub struct ChangelogView {
    /// Slug and name of the only product; `None` for all.
    pub product: Option<(String, String)>,
    /// The versions.
    pub entries: Vec<ChangelogEntry>,
    /// The query of the next page.
    pub next_page: Option<String>,
}

/// One published version.
#[derive(Clone, Debug)]
pub struct ChangelogEntry {
    /// `pub_…`.
    pub id: String,
    /// The product's slug.
    pub slug: String,
    /// The product's name.
    pub product: String,
    /// The version's number.
    pub number: u32,
    /// The document's own version.
    pub version: String,
    /// The number of the version before; `None` for the first.
    pub previous: Option<u32>,
    /// When.
    pub at: Timestamp,
    /// Readers see it now.
    pub current: bool,
    /// What it changed.
    pub changes: SpecDiff,
}

impl ChangelogEntry {
    fn heading(&self) -> String {
        let version = if self.version.is_empty() {
            String::new()
        } else {
            format!(" ({})", self.version)
        };
        match self.previous {
            Some(previous) if previous > self.number => {
                format!("{} went back to version {}{version}", self.product, self.number)
            }
            _ => format!("{} version {}{version}", self.product, self.number),
        }
    }
}

/// The changelog of a product, or of all.
pub fn changelog(c: &Chrome, view: &ChangelogView) -> Markup {
    let title = view.product.as_ref().map_or_else(
        || "Changelog".to_owned(),
        |(_, name)| format!("Changelog of {name}"),
    );
    let description = format!(
        "What changed in {} and which changes break clients.",
        view.product.as_ref().map_or("the APIs", |(_, name)| name)
    );
    let feed = c
        .urls
        .changelog_feed(view.product.as_ref().map_or("", |(slug, _)| slug));
    let page = Page {
        title: &title,
        description: Some(&description),
        section: Section::Reference,
        module: None,
        sheet: None,
        error: false,
    };
    let head = html! { link rel="alternate" type="application/atom+xml" title=(title) href=(feed); };
    let lead = html! { "Each published version, and what it changed for programs that worked before. Breaking changes come first." };
    let actions = html! {
        a.btn href=(feed) { "Feed" }
        @if let Some((slug, _)) = &view.product { a.btn href=(c.urls.reference(slug)) { "Reference" } }
    };
    let main = html! {
        (page_head(&title, &lead, &actions))
        @if view.entries.is_empty() {
            (empty_state(c, "doc", "Nothing published yet", "The first published version of an API appears here.", &html! {}))
        }
        @for entry in &view.entries { (entry_card(c, entry)) }
        @if let Some(query) = &view.next_page {
            nav.pager aria-label="Older versions" { a.btn href={ "?" (query) } { "Older" } }
        }
    };
    document_with(c, page, &head, &html! { main.plainmain.page #main { (main) } })
}

fn entry_card(c: &Chrome, entry: &ChangelogEntry) -> Markup {
    let link = |id: &str| entry.current.then(|| c.urls.operation(&entry.slug, id));
    html! {
        article.card.logentry id=(entry.id) aria-labelledby={ "h-" (entry.id) } {
            div.card-h {
                h2 id={ "h-" (entry.id) } { a href={ "#" (entry.id) } { (entry.heading()) } }
                @if entry.current { a.badge.b-ok href=(c.urls.reference(&entry.slug)) { (icon(c, "check")) "current" } }
                @else { a.badge.b-line href=(c.urls.reference_version(&entry.slug, entry.number)) { "read it" } }
                span.grow {}
                @if entry.previous.is_some() { (totals_line(c, entry.changes.totals)) }
                span.fs12.muted { (format::time_on(entry.at)) }
            }
            @match entry.previous {
                None => p.pad.muted { "The first published version." },
                Some(_) => (changes_card(c, &entry.changes, &link)),
            }
        }
    }
}

/// The changelog as an Atom feed (RFC 4287). `origin` makes addresses absolute.
pub fn changelog_feed(c: &Chrome, origin: &str, view: &ChangelogView) -> String {
    let slug = view.product.as_ref().map_or("", |(slug, _)| slug);
    let page = if slug.is_empty() {
        c.urls.changelog()
    } else {
        c.urls.product_changelog(slug)
    };
    let title = match &view.product {
        Some((_, name)) => format!("{}: changelog of {name}", c.brand.name),
        None => format!("{}: changelog", c.brand.name),
    };
    let updated = view
        .entries
        .iter()
        .map(|entry| entry.at)
        .max()
        .unwrap_or(Timestamp::from_millis(0));
    let feed = html! {
        feed xmlns="http://www.w3.org/2005/Atom" {
            title { (plain(&title)) }
            id { (origin) (page) }
            link rel="alternate" type="text/html" href={ (origin) (page) } {}
            link rel="self" type="application/atom+xml" href={ (origin) (c.urls.changelog_feed(slug)) } {}
            updated { (updated.to_rfc3339()) }
            author { name { (plain(&c.brand.name)) } }
            @for entry in &view.entries { entry {
                title { (plain(&entry.heading())) }
                id { "urn:aforo:" (entry.id) }
                link rel="alternate" type="text/html" href={ (origin) (c.urls.product_changelog(&entry.slug)) "#" (entry.id) } {}
                updated { (entry.at.to_rfc3339()) }
                published { (entry.at.to_rfc3339()) }
                @if entry.changes.totals.breaking > 0 { category term="breaking" {} }
                content type="html" { (plain(&feed_text(entry).into_string())) }
            } }
        }
    };
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n{}",
        feed.into_string()
    )
}

/// XML has no place for control characters, not even escaped.
fn plain(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}'))
        .collect()
}

fn feed_text(entry: &ChangelogEntry) -> Markup {
    let Totals {
        breaking,
        warnings,
        infos,
    } = entry.changes.totals;
    html! {
        @if entry.previous.is_none() { p { "The first published version." } }
        @else if breaking + warnings + infos == 0 { p { "Nothing that programs notice." } }
        @else {
            p { (breaking) " breaking, " (warnings) " to look at, " (infos) " other." }
            ul { @for change in entry.changes.changes.iter().take(IN_FEED) { li {
                @if change.is_breaking() { b { "Breaking: " } }
                @if !change.place.is_empty() { (change.place) ": " }
                (change.message)
                @if let Some(operation) = change.operations.first() { " (" (operation.method) " " (operation.path) ")" }
            } } }
        }
    }
}
