//! Two people changed a page: both texts, and a way out that loses neither.

use aforo_docs::compare::Comparison;
use maud::{Markup, html};

use super::{
    super::chrome::{AdminPage, AdminSection, admin_page},
    VersionRow,
    changes::{changes, tally},
};
use crate::pages::{
    chrome::{Chrome, csrf_field},
    format,
    parts::{FieldError, Notes, crumbs, error_summary, icon},
};

/// A save that came too late.
#[derive(Clone, Debug)]
pub struct ConflictView {
    /// The page's id.
    pub id: String,
    /// The version that both began with.
    pub base: u32,
    /// What the other one saved.
    pub theirs: VersionRow,
    /// The version that a save says it goes on from: the one that this page shows as theirs.
    pub next_base: u32,
    /// My title.
    pub title: String,
    /// My part of the address.
    pub slug: String,
    /// My text.
    pub body: String,
    /// My note.
    pub note: String,
    /// What they changed.
    pub their_changes: Comparison,
    /// What I changed.
    pub my_changes: Comparison,
    /// Both changes in one text.
    pub merged: String,
    /// How many places contradict each other in it.
    pub contradictions: usize,
    /// What is wrong with the merged text.
    pub errors: Vec<FieldError>,
    /// I wanted to publish, not only to save.
    pub publish: bool,
}

/// Both texts, and one made of both.
pub fn conflict(c: &Chrome, view: &ConflictView) -> Markup {
    let action = c.urls.admin_page(&view.id);
    let note = Notes::of("body", None, &view.errors);
    let verb = if view.publish { "publish" } else { "save" };
    let label = if view.publish { "Publish" } else { "Save" };
    let fields = |body: bool, text: &str| {
        html! {
            (csrf_field(c))
            input type="hidden" name="base" value=(view.next_base);
            input type="hidden" name="title" value=(view.title);
            input type="hidden" name="slug" value=(view.slug);
            input type="hidden" name="note" value=(view.note);
            // A hidden field would lose the line ends of a text.
            @if body { textarea name="body" hidden readonly aria-label="Text" { "\n" (text) } }
        }
    };
    let main = html! {
        (crumbs(&[(c.urls.admin_docs(), "Guides"), (action.clone(), &view.title)]))
        div.ph { div.grow {
            h1 { "Somebody else changed this page" }
            p { (view.theirs.author) " saved version " (view.theirs.number) " " (format::time_ago(view.theirs.at, c.now))
                ", while you were editing version " (view.base) ". Both texts are here; nothing is lost." }
        } }
        (error_summary(c, &view.errors))
        @if view.theirs.title != view.title || view.theirs.slug != view.slug {
            dl.card.kvl.gapb {
                div { dt { "Title" } dd { "Theirs: " b { (view.theirs.title) } ". Yours: " b { (view.title) } "." } }
                div { dt { "Address" } dd { "Theirs: " code { (view.theirs.slug) } ". Yours: " code { (view.slug) } ". Yours is kept." } }
            }
        }
        div.two.sides {
            section.card aria-labelledby="theirs-h" {
                div.card-h { h2 #theirs-h { "Theirs: version " (view.theirs.number) } span.grow {} (tally(&view.their_changes)) }
                (changes(&view.their_changes, "What they changed"))
                div.sidef {
                    form method="post" action=(c.urls.admin_page_discard(&view.id)) {
                        (csrf_field(c))
                        button.btn { "Take theirs, drop mine" }
                    }
                }
            }
            section.card aria-labelledby="mine-h" {
                div.card-h { h2 #mine-h { "Yours" } span.grow {} (tally(&view.my_changes)) }
                (changes(&view.my_changes, "What you changed"))
                div.sidef {
                    form method="post" action=(action) {
                        (fields(true, &view.body))
                        button.btn name="do" value=(verb) { "Keep mine, drop theirs" }
                    }
                }
            }
        }
        section.card.mergec aria-labelledby="merged-h" {
            div.card-h {
                h2 #merged-h { "Both together" }
                span.grow {}
                @if view.contradictions == 0 { span.badge.b-ok { "Fits together" } }
                @else { span.badge.b-warn { (format::count(view.contradictions, "place to decide", "places to decide")) } }
            }
            form method="post" action=(action) {
                (fields(false, ""))
                input type="hidden" name="merged" value="1";
                p.mergeh {
                    @if view.contradictions == 0 { "Both changes touch different lines. Read the result, then save it." }
                    @else { (icon(c, "warn")) span {
                        "Where both changed the same lines, both stand between " code { "<<<<<<<" } " and " code { ">>>>>>>" }
                        ". Keep what is right and delete the marks."
                    } }
                }
                (note.before(c))
                markdown-editor.boxed {
                    label.sr for="f-body" { "Both texts together" }
                    textarea #f-body name="body" rows="18" spellcheck="true"
                        aria-describedby=[note.described_by()] aria-invalid=[note.invalid()] { "\n" (view.merged) }
                }
                div.sidef { button.btn.btn-primary name="do" value=(verb) { (label) " as version " (view.theirs.number + 1) } }
            }
        }
    };
    let page = AdminPage {
        module: Some("editor.js"),
        error: true,
        ..AdminPage::new("Somebody else changed this page", AdminSection::Guides)
    };
    admin_page(c, page, &main)
}
