//! One version: what it changes, publishing it, and its product's other versions.

use std::sync::Arc;

use aforo_core::Timestamp;
use aforo_docs::spec::diff::SpecDiff;
use maud::{Markup, html};

use super::{
    changes::{changes_card, totals_line},
    new::{FindingLine, finding_lines},
};
use crate::pages::{
    admin::chrome::{AdminPage, AdminSection, admin_page},
    chrome::{Chrome, csrf_field},
    format,
    parts::{Field, FieldError, Notes, crumbs, error_summary, icon},
};

/// One version of a description.
#[derive(Clone, Debug)]
pub struct SpecView {
    /// The product's id, slug and name.
    pub product: (String, String, String),
    /// The version.
    pub version: VersionLine,
    /// Where it was fetched from.
    pub source_url: Option<String>,
    /// What the importer says about it.
    pub note: String,
    /// Who imported it.
    pub imported_by: String,
    /// What readers see.
    pub published: Option<VersionLine>,
    /// What it changes for clients of the published version, or, if it is that, of the one before.
    pub changes: Option<Arc<SpecDiff>>,
    /// The version that it is compared with.
    pub compared_with: Option<u32>,
    /// What readers will miss.
    pub warnings: Vec<FindingLine>,
    /// All versions, newest first.
    pub versions: Vec<VersionLine>,
    /// When which version was published, newest first.
    pub log: Vec<PublicationLine>,
    /// The watched address, or the form for one.
    pub watch: WatchView,
    /// What is wrong with a form that came back.
    pub errors: Vec<FieldError>,
}

/// A version in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionLine {
    /// `spec_…`.
    pub id: String,
    /// Its number.
    pub number: u32,
    /// The document's title.
    pub title: String,
    /// The document's own version.
    pub version: String,
    /// How many operations it has.
    pub operations: u32,
    /// When it was imported.
    pub at: Timestamp,
}

/// One line of the publication log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicationLine {
    /// The version's number.
    pub number: u32,
    /// The version that it took the place of.
    pub previous: Option<u32>,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: String,
    /// Changes that broke clients.
    pub breaking: u32,
}

/// A watched address, or the form for one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WatchView {
    /// It is watched.
    pub active: bool,
    /// Field `url`.
    pub url: String,
    /// Field `interval`, in minutes.
    pub interval: String,
    /// Field `publish`: `never`, `compatible`, `always`.
    pub publish: String,
    /// When it was last looked at.
    pub last_checked: Option<Timestamp>,
    /// When that brought a new version.
    pub last_changed: Option<Timestamp>,
    /// Why the last look failed.
    pub last_error: Option<String>,
    /// When it is looked at next.
    pub next: Option<Timestamp>,
}

/// One version.
pub fn spec(c: &Chrome, view: &SpecView) -> Markup {
    let (product_id, slug, name) = &view.product;
    let version = &view.version;
    let is_published = view.published.as_ref().is_some_and(|p| p.id == version.id);
    let title = format!("{name}, version {}", version.number);
    let main = html! {
        (crumbs(&[(c.urls.admin_specs(), "API specs")]))
        div.ph {
            div.grow {
                h1 { (title) " "
                    @if is_published { span.badge.b-ok { (icon(c, "check")) "PUBLISHED" } }
                    @else { span.badge { "NOT PUBLISHED" } } }
                p { (version.title) @if !version.version.is_empty() { " " (version.version) } ", " (format::count(version.operations as usize, "operation", "operations"))
                    ", imported " (format::time_ago(version.at, c.now)) " by " (view.imported_by)
                    @if let Some(url) = &view.source_url { " from " code { (url) } } }
                @if !view.note.is_empty() { p.notetext { (view.note) } }
            }
            @if is_published { a.btn href=(c.urls.reference(slug)) { (icon(c, "ext")) "View reference" } }
            @else if view.log.iter().any(|line| line.number == version.number) {
                a.btn href=(c.urls.reference_version(slug, version.number)) { (icon(c, "ext")) "Read this version" }
            }
            a.btn href=(c.urls.admin_spec_source(&version.id)) download { "Download" }
            a.btn href=(c.urls.admin_new_spec(product_id)) { "Import a version" }
        }
        (error_summary(c, &view.errors))
        (comparison(c, view, is_published))
        @if !view.warnings.is_empty() {
            section.card.gapb aria-labelledby="warnings-h" {
                div.card-h { h2 #warnings-h { "What readers will miss" } span.muted.num { (view.warnings.len()) } }
                (finding_lines(&view.warnings))
            }
        }
        div.specgrid {
            (versions(c, view))
            (log(c, view))
            (watch(c, view))
        }
    };
    let page = AdminPage {
        error: !view.errors.is_empty(),
        ..AdminPage::new(&title, AdminSection::Specs)
    };
    admin_page(c, page, &main)
}

fn comparison(c: &Chrome, view: &SpecView, is_published: bool) -> Markup {
    let slug = &view.product.1;
    let breaking = view.changes.as_ref().map_or(0, |changes| changes.totals.breaking);
    let link = |id: &str| is_published.then(|| c.urls.operation(slug, id));
    html! {
        section.card.gapb aria-labelledby="changes-h" {
            div.card-h {
                h2 #changes-h { @match view.compared_with {
                    Some(number) if is_published => { "What it changed from version " (number) },
                    Some(number) => { "What it changes for clients of version " (number) },
                    None => "Changes",
                } }
                span.grow {}
                @if let Some(changes) = &view.changes { (totals_line(c, changes.totals)) }
            }
            @match &view.changes {
                Some(changes) => (changes_card(c, changes, &link)),
                None => p.pad.muted { "There is no version before it to compare with." },
            }
            @if !is_published { (publish_form(c, view, breaking)) }
        }
    }
}

fn publish_form(c: &Chrome, view: &SpecView, breaking: u32) -> Markup {
    let rolls_back = view
        .published
        .as_ref()
        .is_some_and(|p| p.number > view.version.number);
    let note = Notes::of("confirm", None, &view.errors);
    html! {
        form.publishf method="post" action=(c.urls.admin_publish_spec(&view.version.id)) novalidate {
            (csrf_field(c))
            input type="hidden" name="seen" value=(view.published.as_ref().map(|p| p.id.as_str()).unwrap_or_default());
            @if breaking > 0 {
                div.field.bad[note.error.is_some()] {
                    (note.before(c))
                    label.check { input #f-confirm type="checkbox" name="confirm" value="1"
                            aria-describedby=[note.described_by()] aria-invalid=[note.invalid()];
                        span { "I know that " (format::count(breaking as usize, "change breaks", "changes break")) " programs that work today" } }
                }
            }
            button class=(if breaking > 0 { "btn btn-danger-fill" } else { "btn btn-primary" }) {
                @if rolls_back { "Roll back to version " (view.version.number) } @else { "Publish version " (view.version.number) }
            }
            span.fs12.muted { "Reference, samples, playground and search change in the same moment." }
        }
    }
}

fn versions(c: &Chrome, view: &SpecView) -> Markup {
    html! {
        section.card aria-labelledby="versions-h" {
            div.card-h { h2 #versions-h { "Versions" } }
            ul.lines role="list" { @for version in &view.versions { li {
                a.strong href=(c.urls.admin_spec(&version.id)) aria-current=[(version.id == view.version.id).then_some("page")] { "Version " (version.number) }
                span.muted { (version.version) }
                span.grow {}
                @if view.published.as_ref().is_some_and(|p| p.id == version.id) { span.badge.b-ok { "published" } }
                span.fs12.muted { (format::time_ago(version.at, c.now)) }
            } } }
        }
    }
}

fn log(c: &Chrome, view: &SpecView) -> Markup {
    html! {
        section.card aria-labelledby="log-h" {
            div.card-h { h2 #log-h { "Publications" } span.grow {} a.fs12 href=(c.urls.product_changelog(&view.product.1)) { "Changelog" } }
            @if view.log.is_empty() { p.pad.muted { "Nothing was published yet." } }
            ul.lines role="list" { @for line in &view.log { li {
                span { @match line.previous {
                    Some(previous) if previous > line.number => { "Rolled back from " (previous) " to " b { "version " (line.number) } },
                    _ => b { "Version " (line.number) },
                } }
                @if line.breaking > 0 { span.badge.b-err { (line.breaking) " breaking" } }
                span.grow {}
                span.fs12.muted { (line.by) ", " (format::time_ago(line.at, c.now)) }
            } } }
        }
    }
}

fn watch(c: &Chrome, view: &SpecView) -> Markup {
    let watch = &view.watch;
    let choices = [
        ("never", "Store it, and wait for me"),
        ("compatible", "Publish it unless it breaks clients"),
        ("always", "Publish it"),
    ];
    let interval = Notes::of("interval", Some("In minutes, 5 at least."), &view.errors);
    html! {
        section.card aria-labelledby="watch-h" {
            div.card-h { h2 #watch-h { "Watched address" } span.grow {}
                @if watch.active { span.badge.b-ok { "watching" } } @else { span.badge { "off" } } }
            @if watch.active {
                dl.kvl {
                    div { dt { "Last look" } dd { @match watch.last_checked { Some(at) => (format::time_ago(at, c.now)), None => "not yet" } } }
                    @if let Some(at) = watch.last_changed { div { dt { "New version" } dd { (format::time_ago(at, c.now)) } } }
                    @if let Some(at) = watch.next { div { dt { "Next look" } dd { (format::date_time(at)) } } }
                    @if let Some(why) = &watch.last_error { div { dt { "Failed" } dd.errt { (why) } } }
                }
            }
            form.stackf.pad method="post" action=(c.urls.admin_watch_spec(&view.version.id)) novalidate {
                (csrf_field(c))
                (Field { kind: "url", required: true, placeholder: Some("https://example.com/openapi.yaml"), ..Field::text("url", "Address", &watch.url) }.render(c, &view.errors))
                div.field.bad[interval.error.is_some()] {
                    label for="f-interval" { "Look every" }
                    (interval.before(c))
                    input.in #f-interval name="interval" type="number" min="5" max="43200" value=(watch.interval)
                        aria-describedby=[interval.described_by()] aria-invalid=[interval.invalid()];
                }
                div.field { label for="f-publish" { "When it has a new version" }
                    select.in #f-publish name="publish" { @for (value, label) in choices {
                        option value=(value) selected[watch.publish == value] { (label) } } } }
                div.row {
                    button.btn.btn-primary name="do" value="watch" { @if watch.active { "Save and look now" } @else { "Watch" } }
                    @if watch.active { button.btn.btn-danger name="do" value="stop" { "Stop watching" } }
                }
            }
        }
    }
}
