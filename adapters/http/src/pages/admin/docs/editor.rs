//! The editor: tree, source, and the page as readers will see it.

use aforo_core::Timestamp;
use maud::{Markup, PreEscaped, html};

use super::{
    super::chrome::{AdminPage, AdminSection},
    GuideRow, GuideStatus,
    tree::{Room, side_head, tree},
};
use crate::pages::{
    chrome::{Chrome, csrf_field, document},
    format,
    parts::{FieldError, Notes, error_summary, icon, icon_sm},
};

/// One page, open in the editor.
#[derive(Clone, Debug)]
pub struct EditorView {
    /// All pages.
    pub rows: Vec<GuideRow>,
    /// The page's id.
    pub id: String,
    /// Titles of the pages above it, and their ids.
    pub above: Vec<(String, String)>,
    /// The title as it is in the form.
    pub title: String,
    /// The page's part of the address as it is in the form.
    pub slug: String,
    /// The address of the page above, such as `/docs/keys/`.
    pub folder: String,
    /// The Markdown as it is in the form.
    pub body: String,
    /// What changed, as it is in the form.
    pub note: String,
    /// The version that the text in the form began with.
    pub base_version: u32,
    /// How many versions there are.
    pub versions: u32,
    /// How far the page is.
    pub status: GuideStatus,
    /// When the latest version was saved.
    pub saved: Timestamp,
    /// Where the text in the form comes from.
    pub draft: Draft,
    /// The address at which readers see the page, below `/docs`; `None` if they do not.
    pub reader_path: Option<String>,
    /// The text in the form, rendered.
    pub preview: PreviewView,
    /// What is wrong with the form.
    pub errors: Vec<FieldError>,
    /// Tells people on one browser apart, for what it keeps while the server is away.
    pub owner: String,
}

/// Where the text in the form comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Draft {
    /// It is the latest version.
    None,
    /// It came with this request and is kept nowhere else.
    Unsaved,
    /// It was kept while this person wrote.
    Kept {
        /// When.
        at: Timestamp,
        /// Who saved a later version meanwhile.
        overtaken_by: Option<String>,
    },
}

/// A text as readers will see it.
#[derive(Clone, Debug, Default)]
pub struct PreviewView {
    /// The title.
    pub title: String,
    /// The text, rendered and sanitised.
    pub body_html: String,
    /// Words.
    pub words: u32,
    /// Minutes to read them.
    pub minutes: u32,
}

/// The editor.
pub fn editor(c: &Chrome, view: &EditorView) -> Markup {
    let body = html! {
        main.editor #main {
            (head(c, view))
            div.edit {
                nav.treep aria-label="Pages" { (side_head(c)) (tree(c, &view.rows, Room::Side(&view.id))) }
                div.src {
                    (source(c, view))
                }
                section.prev aria-label="Preview" tabindex="0" {
                    div.toolbar {
                        span.fs12.muted.trunc { "Preview, rendered by the server" }
                        span.grow {}
                        button.btn.btn-sm.nojs form="edit" name="do" value="preview" { "Update preview" }
                        fieldset.seg.widths.js {
                            legend.sr { "Preview width" }
                            label { input type="radio" name="width" value="wide" checked; "Desktop" }
                            label { input type="radio" name="width" value="phone"; "Phone" }
                        }
                    }
                    (article(&view.preview))
                }
            }
        }
    };
    let title = format!("Edit {}", view.title);
    let page = AdminPage {
        module: Some("editor.js"),
        error: !view.errors.is_empty(),
        ..AdminPage::new(&title, AdminSection::Guides)
    };
    document(c, page.document(c), &body)
}

/// What the preview asks for while somebody types: the text, rendered, and how long it is.
pub fn preview_fragment(view: &PreviewView) -> Markup {
    html! {
        title { "Preview" }
        (counts(view))
        (article(view))
    }
}

fn article(view: &PreviewView) -> Markup {
    html! {
        article.prose.guide #preview {
            h2.fsx { (view.title) }
            (PreEscaped(&view.body_html))
        }
    }
}

fn counts(view: &PreviewView) -> Markup {
    html! {
        span.fs12.muted.num.nowrap #counts {
            (format::count(view.words as usize, "word", "words")) ", " (view.minutes) " min read"
        }
    }
}

fn head(c: &Chrome, view: &EditorView) -> Markup {
    html! {
        div.edithead {
            nav.crumbs aria-label="Breadcrumb" { ol {
                li { a href=(c.urls.admin_docs()) { "Guides" } }
                @for (title, id) in &view.above { li { a href=(c.urls.admin_page(id)) { (title) } } }
            } }
            h1 #page-title { (view.title) }
            span.row.nowrap #page-status { (status(view.status)) }
            span.grow {}
            span.fs12.muted.nowrap.num #save-state role="status" { (saved(c, view)) }
            span.row.nowrap #page-actions {
                a.btn.btn-sm href=(c.urls.admin_page_history(&view.id)) { (icon_sm(c, "clock")) "History (" (view.versions) ")" }
                (more(c, view))
            }
            button.btn.btn-sm form="edit" name="do" value="save" { "Save" }
            button.btn.btn-primary.btn-sm form="edit" name="do" value="publish" {
                @if view.status == GuideStatus::Draft { "Publish" } @else { "Publish changes" }
            }
        }
    }
}

fn status(status: GuideStatus) -> Markup {
    html! {
        @if let GuideStatus::Changed(since) = status {
            span.badge.b-ok { "Published" }
            span.badge.b-warn { (format::count(since as usize, "unpublished edit", "unpublished edits")) }
        } @else { (status.badge()) }
    }
}

fn saved(c: &Chrome, view: &EditorView) -> Markup {
    html! {
        @match &view.draft {
            Draft::None => { "Version " (view.versions) ", saved " (format::time_ago(view.saved, c.now)) },
            Draft::Unsaved => "Not saved",
            Draft::Kept { at, .. } => { "Draft kept " (format::time_ago(*at, c.now)) },
        }
    }
}

/// What is done less often.
fn more(c: &Chrome, view: &EditorView) -> Markup {
    html! {
        details.menu.moremenu data-menu {
            summary.btn.btn-ghost.btn-icon.btn-sm aria-label="More actions" { (icon(c, "more")) }
            div.menu-b {
                ul role="list" {
                    @if let Some(path) = &view.reader_path { li { a href=(c.urls.doc(path)) { (icon_sm(c, "ext")) "View as readers do" } } }
                    li { a href=(c.urls.admin_page_move(&view.id)) data-dialog { (icon_sm(c, "move")) "Move…" } }
                    li { a href=(c.urls.admin_page_image(&view.id)) { (icon_sm(c, "image")) "Add an image…" } }
                }
                // There is a draft as soon as somebody types.
                form method="post" action=(c.urls.admin_page_discard(&view.id)) data-discard hidden[view.draft == Draft::None] {
                    (csrf_field(c))
                    button { (icon_sm(c, "undo")) "Discard my draft" }
                }
                @if view.status != GuideStatus::Draft {
                    (menu_form(c, &c.urls.admin_page_unpublish(&view.id), "lock", "Unpublish"))
                }
                (menu_form(c, &c.urls.admin_page_delete(&view.id), "x", "Delete page"))
            }
        }
    }
}

fn menu_form(c: &Chrome, action: &str, symbol: &str, label: &str) -> Markup {
    html! {
        form method="post" action=(action) { (csrf_field(c)) button { (icon_sm(c, symbol)) (label) } }
    }
}

fn source(c: &Chrome, view: &EditorView) -> Markup {
    let (title, slug) = (
        Notes::of("title", None, &view.errors),
        Notes::of("slug", None, &view.errors),
    );
    let body = Notes::of("body", None, &view.errors);
    html! {
        form #edit method="post" action=(c.urls.admin_page(&view.id)) data-owner=(view.owner)
            data-preview=(c.urls.admin_page_preview(&view.id)) data-draft=(c.urls.admin_page_draft(&view.id))
            data-images=(c.urls.admin_page_image(&view.id)) {
            (csrf_field(c))
            input type="hidden" name="base" value=(view.base_version);
            // Enter in a field saves: the first button of a form is what Enter presses.
            button.sr tabindex="-1" aria-hidden="true" name="do" value="save" { "Save" }
            (toolbar(c, view))
            (error_summary(c, &view.errors))
            div #notes { (notes(c, view)) }
            div.metaf {
                div.field.bad[title.error.is_some()] {
                    label for="f-title" { "Title" }
                    (title.before(c))
                    input.in.titlein #f-title name="title" value=(view.title) required maxlength="200" autocomplete="off"
                        aria-describedby=[title.described_by()] aria-invalid=[title.invalid()];
                }
                div.field.bad[slug.error.is_some()] {
                    label for="f-slug" { "Address" span.opt { (view.folder) } }
                    (slug.before(c))
                    input.in.mono #f-slug name="slug" value=(view.slug) required maxlength="80" autocomplete="off"
                        autocapitalize="off" spellcheck="false"
                        aria-describedby=[slug.described_by()] aria-invalid=[slug.invalid()];
                }
            }
            (body.before(c))
            markdown-editor {
                label.sr for="f-body" { "Markdown source" }
                textarea #f-body name="body" rows="24" spellcheck="true" aria-describedby="body-keys"
                    aria-invalid=[body.invalid()] { "\n" (view.body) }
            }
            p.sr #body-keys { "Tab indents. Press Escape, then Tab, to leave the field." }
            div.editfoot {
                label.fs12 for="f-note" { "What changed" span.opt { "optional" } }
                input.in #f-note name="note" value=(view.note) maxlength="500" autocomplete="off";
            }
        }
    }
}

/// Banners about the text in the form.
fn notes(c: &Chrome, view: &EditorView) -> Markup {
    html! {
        @match &view.draft {
            Draft::Kept { at, overtaken_by: Some(who) } => div.banner.inset {
                (icon(c, "warn"))
                div {
                    b { (who) " saved a version while you were writing. " }
                    "This is your draft of " (format::time_ago(*at, c.now)) ". When you save, you see both texts and decide."
                }
            },
            Draft::Kept { at, overtaken_by: None } => div.banner.banner-info.inset {
                (icon(c, "clock"))
                div { b { "This is your draft" } " of " (format::time_ago(*at, c.now)) ". Save it, or discard it in the menu above." }
            },
            _ => {},
        }
    }
}

/// Writes Markdown for those who do not want to; each needs JavaScript.
fn toolbar(c: &Chrome, view: &EditorView) -> Markup {
    let tools = [
        ("heading", "Heading", html! { "H" }),
        ("bold", "Bold", html! { "B" }),
        ("code", "Code", icon_sm(c, "spec")),
        ("list", "List", icon_sm(c, "list")),
        ("link", "Link", icon_sm(c, "link")),
        ("callout", "Warning callout", icon_sm(c, "warn")),
        ("image", "Add an image", icon_sm(c, "image")),
    ];
    html! {
        div.toolbar {
            div.row.nowrap.js role="toolbar" aria-label="Formatting" aria-controls="f-body" {
                @for (tool, label, face) in tools {
                    button.btn.btn-ghost.btn-sm type="button" data-tool=(tool) aria-label=(label) title=(label) { (face) }
                }
            }
            span.grow {}
            (counts(&view.preview))
        }
    }
}
