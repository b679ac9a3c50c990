//! What readers suggest: the queue, and one suggestion with what it would change.

use aforo_core::Timestamp;
use aforo_docs::compare::Comparison;
use maud::{Markup, html};

use super::{
    super::chrome::{AdminPage, AdminSection, admin_page},
    changes::{changes, tally},
};
use crate::pages::{
    chrome::{Chrome, csrf_field},
    format,
    parts::{FieldError, Notes, crumbs, empty_state, error_summary, icon, page_head},
};

/// One suggestion in a list.
#[derive(Clone, Debug)]
pub struct SuggestionRow {
    /// Its id.
    pub id: String,
    /// Title of the page.
    pub page: String,
    /// Who suggests it.
    pub author: String,
    /// Why.
    pub note: String,
    /// When it was sent.
    pub at: Timestamp,
}

/// The suggestions that wait.
#[derive(Clone, Debug, Default)]
pub struct SuggestionsView {
    /// Oldest first.
    pub open: Vec<SuggestionRow>,
    /// Link to the next page of the list.
    pub next_page: Option<String>,
}

/// One suggestion, to be decided.
#[derive(Clone, Debug)]
pub struct SuggestionView {
    /// The suggestion.
    pub row: SuggestionRow,
    /// The page's id.
    pub page_id: String,
    /// What accepting would change on the page as it is now.
    pub changes: Comparison,
    /// The page changed since: so many versions.
    pub versions_since: u32,
    /// The page changed in the same lines: accepting needs an editor's hand.
    pub contradicts: bool,
    /// The number of the page's latest version: accepting is refused if there is a later one by then.
    pub latest: u32,
    /// The answer so far.
    pub answer: String,
    /// What was decided, if it was.
    pub decided: Option<String>,
    /// What is wrong with the answer.
    pub errors: Vec<FieldError>,
}

/// The queue.
pub fn suggestions(c: &Chrome, view: &SuggestionsView) -> Markup {
    let lead = html! { "Edits that readers suggest. Nothing changes until you accept one." };
    let main = html! {
        (page_head("Suggestions", &lead, &html! {}))
        @if view.open.is_empty() {
            (empty_state(c, "check", "Queue clear", "Readers suggest edits with the link at the top of each guide. What \
                they send waits here.", &html! {}))
        } @else {
            ul.card.waits role="list" { @for row in &view.open { li {
                span.tile { (icon(c, "edit")) }
                div.grow {
                    b { a href=(c.urls.admin_suggestion(&row.id)) { (row.page) } }
                    p { (row.author) ", " (format::time_ago(row.at, c.now)) @if !row.note.is_empty() { ": " (row.note) } }
                }
                a.btn.btn-sm href=(c.urls.admin_suggestion(&row.id)) { "Review" span.sr { " the edit of " (row.page) } }
            } } }
            @if let Some(token) = &view.next_page {
                nav.pager aria-label="Pages" { a.btn href={ (c.urls.admin_suggestions()) "?" (token) } { "Next page" } }
            }
        }
    };
    admin_page(c, AdminPage::new("Suggestions", AdminSection::Suggestions), &main)
}

/// One suggestion with what it would change.
pub fn review_suggestion(c: &Chrome, view: &SuggestionView) -> Markup {
    let row = &view.row;
    let lead = html! { (row.author) ", " (format::time_ago(row.at, c.now)) };
    let actions = html! { a.btn href=(c.urls.admin_page(&view.page_id)) { "Open in the editor" } };
    let title = format!("Suggested edit of {}", row.page);
    let main = html! {
        (crumbs(&[(c.urls.admin_suggestions(), "Suggestions")]))
        (page_head(&row.page, &lead, &actions))
        (error_summary(c, &view.errors))
        @if !row.note.is_empty() { blockquote.said { p { (row.note) } } }
        @if view.contradicts {
            div.banner.gapb { (icon(c, "warn")) div {
                b { "The page has changed in the same lines since. " }
                "This is what the suggestion would change. Take what is right into the editor, then accept or reject here."
            } }
        } @else if view.versions_since > 0 {
            div.banner.banner-info.gapb { (icon(c, "clock")) div {
                (format::count(view.versions_since as usize, "version was", "versions were"))
                " saved since. Both changes fit together; this is what accepting changes now."
            } }
        }
        section.card.gapb aria-labelledby="text-h" {
            div.card-h { h2 #text-h { "What would change" } span.grow {} (tally(&view.changes)) }
            (changes(&view.changes, "What would change"))
        }
        @match &view.decided {
            Some(decided) => p.t2 { (decided) },
            None => (decide(c, view)),
        }
    };
    let page = AdminPage {
        error: !view.errors.is_empty(),
        ..AdminPage::new(&title, AdminSection::Suggestions)
    };
    admin_page(c, page, &main)
}

fn decide(c: &Chrome, view: &SuggestionView) -> Markup {
    let note = Notes::of(
        "note",
        Some("The reader sees it. Say why, if you reject."),
        &view.errors,
    );
    html! {
        section.card.pad.narrowcol aria-labelledby="decide-h" {
            form.stackf method="post" action=(c.urls.admin_suggestion(&view.row.id)) {
                (csrf_field(c))
                input type="hidden" name="latest" value=(view.latest);
                h2 #decide-h { "Your answer" }
                div.field.bad[note.error.is_some()] {
                    label for="f-note" { "Note to the reader" span.opt { "optional when accepting" } }
                    (note.before(c))
                    textarea.in #f-note name="note" rows="3" maxlength="500"
                        aria-describedby=[note.described_by()] aria-invalid=[note.invalid()] { "\n" (view.answer) }
                }
                div.formf {
                    button.btn.btn-danger name="do" value="reject" { "Reject" }
                    div.row.jend {
                        button.btn name="do" value="accept" disabled[view.contradicts] { "Accept, publish later" }
                        button.btn.btn-primary name="do" value="publish" disabled[view.contradicts] { "Accept and publish" }
                    }
                }
            }
        }
    }
}
