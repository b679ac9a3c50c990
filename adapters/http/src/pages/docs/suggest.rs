//! Suggest an edit of a guide: write, look at what changes, send.

use aforo_docs::compare::Comparison;
use maud::{Markup, PreEscaped, html};

use super::{
    super::{
        admin::changes,
        chrome::{Chrome, Page, Section, csrf_field, document},
        parts::{FieldError, Notes, crumbs, error_summary, icon},
    },
    DocsNav, side,
};

/// The form to suggest an edit.
#[derive(Clone, Debug, Default)]
pub struct SuggestView {
    /// All guides.
    pub nav: DocsNav,
    /// Title of the guide.
    pub title: String,
    /// The version that is edited.
    pub base_version: u32,
    /// The text as it is in the form.
    pub body: String,
    /// Why.
    pub note: String,
    /// What changes; `None` before somebody asks for it.
    pub changes: Option<Comparison>,
    /// How the text would look; empty before somebody asks for it. Sanitised.
    pub preview_html: String,
    /// What is wrong.
    pub errors: Vec<FieldError>,
    /// It was sent.
    pub sent: bool,
}

/// The form to suggest an edit.
pub fn suggest(c: &Chrome, view: &SuggestView) -> Markup {
    let title = format!("Suggest edits: {}", view.title);
    let page = Page {
        title: &title,
        description: None,
        section: Section::Docs,
        module: Some("docs.js"),
        sheet: Some(super::sheet(c, &view.nav)),
        error: !view.errors.is_empty(),
    };
    let path = &view.nav.current;
    let body = html! {
        div.docs.docs-index.page {
            (side(c, &view.nav))
            main #main {
                (crumbs(&[(c.urls.docs(), "Guides"), (c.urls.doc(path), view.title.as_str())]))
                @if view.sent { (thanks(c, view)) } @else {
                    div.ph { div.grow {
                        h1 { "Suggest edits" }
                        p { "Change the text below. The authors see what you changed, and you get the credit when they \
                             take it." }
                    } }
                    (error_summary(c, &view.errors))
                    (form(c, view))
                }
            }
        }
    };
    document(c, page, &body)
}

fn thanks(c: &Chrome, view: &SuggestView) -> Markup {
    html! {
        section.card.empty {
            span.emptyi { (icon(c, "check")) }
            h1 { "Sent. Thank you" }
            p { "The authors of “" (view.title) "” will look at it. Nothing changes until they take it." }
            a.btn.btn-primary href=(c.urls.doc(&view.nav.current)) { "Back to the guide" }
        }
    }
}

fn form(c: &Chrome, view: &SuggestView) -> Markup {
    let (body, note) = (
        Notes::of(
            "body",
            Some("CommonMark, with tables and callouts."),
            &view.errors,
        ),
        Notes::of("note", None, &view.errors),
    );
    // Who could not send, since the session had ended, sends again from here.
    let looked = view.changes.is_some() || !view.errors.is_empty();
    html! {
        form.stackf.suggest method="post" action=(c.urls.doc_suggest(&view.nav.current)) data-keep={ "suggest:" (view.nav.current) } {
            (csrf_field(c))
            input type="hidden" name="base" value=(view.base_version);
            @if let Some(comparison) = &view.changes { (what_changes(view, comparison)) }
            div.field.bad[body.error.is_some()] {
                label for="f-body" { "Text" }
                (body.before(c))
                textarea.in.mono #f-body name="body" rows="24" spellcheck="true" required
                    aria-describedby=[body.described_by()] aria-invalid=[body.invalid()] { "\n" (view.body) }
            }
            div.field.bad[note.error.is_some()] {
                label for="f-note" { "Why" span.opt { "optional" } }
                (note.before(c))
                input.in #f-note name="note" value=(view.note) maxlength="500" autocomplete="off"
                    aria-describedby=[note.described_by()] aria-invalid=[note.invalid()];
            }
            div.row {
                @if looked {
                    button.btn.btn-primary name="do" value="send" { "Send suggestion" }
                    button.btn name="do" value="look" { "Show changes again" }
                } @else {
                    button.btn.btn-primary name="do" value="look" { "Show changes" }
                }
                a.btn.btn-ghost href=(c.urls.doc(&view.nav.current)) { "Cancel" }
            }
        }
    }
}

fn what_changes(view: &SuggestView, comparison: &Comparison) -> Markup {
    html! {
        section.card.changes #changes aria-labelledby="changes-h" {
            div.card-h { h2 #changes-h { "What changes" } }
            (changes(comparison, "What changes"))
            @if !view.preview_html.is_empty() {
                details.more { summary { "How it will look" }
                    div.prose.guide { (PreEscaped(&view.preview_html)) } }
            }
        }
    }
}
