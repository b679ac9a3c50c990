//! The form for a new version: a file, text, or an address.

use maud::{Markup, html};

use crate::pages::{
    admin::chrome::{AdminPage, AdminSection, admin_page},
    chrome::{Chrome, csrf_field},
    format,
    parts::{Field, FieldError, Notes, crumbs, error_summary, icon},
};

/// The form, or the form that came back.
#[derive(Clone, Debug, Default)]
pub struct NewSpecView {
    /// Id and name of every product.
    pub products: Vec<(String, String)>,
    /// The chosen product; empty for a new one.
    pub product: String,
    /// The name of a new product (field `name`).
    pub name: String,
    /// Where its calls go (field `upstream`).
    pub upstream: String,
    /// Pasted text (field `text`).
    pub text: String,
    /// Address (field `url`).
    pub url: String,
    /// Note (field `note`).
    pub note: String,
    /// Only stored, not published (field `keep`).
    pub keep: bool,
    /// What is wrong with the form.
    pub errors: Vec<FieldError>,
    /// What is wrong with the document, the first 50.
    pub findings: Vec<FindingLine>,
}

/// One finding in a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindingLine {
    /// Line and column, counted from 1.
    pub line: Option<(u32, u32)>,
    /// JSON pointer.
    pub pointer: String,
    /// What is wrong.
    pub message: String,
}

/// The form for a new version.
pub fn new_spec(c: &Chrome, view: &NewSpecView) -> Markup {
    let file = Notes::of(
        "file",
        Some("OpenAPI 3 as YAML or JSON, 16 MB at most. Drop it here, or choose it."),
        &view.errors,
    );
    let is_new = view.product.is_empty() || view.products.is_empty();
    let main = html! {
        (crumbs(&[(c.urls.admin_specs(), "API specs")]))
        div.narrowcol.wide {
            div.ph { h1 { "Import an API description" } }
            (error_summary(c, &view.errors))
            @if !view.findings.is_empty() { (findings(c, &view.findings)) }
            section.card.pad {
                form.stackf method="post" enctype="multipart/form-data" action=(c.urls.admin_new_spec("")) novalidate {
                    (csrf_field(c))
                    @if !view.products.is_empty() {
                        div.field {
                            label for="f-product" { "Product" }
                            select.in #f-product name="product" {
                                @for (id, name) in &view.products { option value=(id) selected[*id == view.product] { (name) } }
                                option value="" selected[view.product.is_empty()] { "A new product…" }
                            }
                        }
                    }
                    details.newprod open[is_new] {
                        summary { "A new product" }
                        (Field { hint: Some("Left out, it is the title of the document."), ..Field::text("name", "Name", &view.name) }.render(c, &view.errors))
                        (Field { kind: "url", hint: Some("The server that its calls go to. Left out, the server that the document names waits for your approval."), placeholder: Some("https://api.example.com/v1"), ..Field::text("upstream", "Server", &view.upstream) }.render(c, &view.errors))
                    }
                    fieldset.oneof {
                        legend { "The document: one of these" }
                        div.field.bad[file.error.is_some()] {
                            label for="f-file" { "File" }
                            (file.before(c))
                            input.in.file.drop #f-file name="file" type="file" accept=".yaml,.yml,.json,application/json,application/yaml,text/yaml"
                                aria-describedby=[file.described_by()] aria-invalid=[file.invalid()];
                        }
                        (Field { kind: "url", hint: Some("https only. Addresses inside private networks need a range that the operator of this server allows."), placeholder: Some("https://example.com/openapi.yaml"), ..Field::text("url", "Address", &view.url) }.render(c, &view.errors))
                        (pasted(c, view))
                    }
                    (Field { hint: Some("What this version is about. Operators see it."), ..Field::text("note", "Note", &view.note) }.render(c, &view.errors))
                    label.check { input type="checkbox" name="keep" value="1" checked[view.keep];
                        span { "Store it without publishing, to compare it first" } }
                    div.formf { a.btn href=(c.urls.admin_specs()) { "Cancel" } button.btn.btn-primary { "Import" } }
                }
            }
        }
    };
    let page = AdminPage {
        error: !view.errors.is_empty() || !view.findings.is_empty(),
        ..AdminPage::new("Import an API description", AdminSection::Specs)
    };
    admin_page(c, page, &main)
}

fn pasted(c: &Chrome, view: &NewSpecView) -> Markup {
    let note = Notes::of("text", None, &view.errors);
    html! {
        div.field.bad[note.error.is_some()] {
            label for="f-text" { "Text" span.opt { "optional" } }
            (note.before(c))
            textarea.in.mono.pasted #f-text name="text" rows="10" spellcheck="false" placeholder="openapi: 3.1.0"
                aria-describedby=[note.described_by()] aria-invalid=[note.invalid()] { "\n" (view.text) }
        }
    }
}

/// What is wrong with a document, by line.
pub(super) fn findings(c: &Chrome, findings: &[FindingLine]) -> Markup {
    html! {
        section.card.gapb aria-labelledby="findings-h" {
            div.card-h { (icon(c, "warn")) h2 #findings-h { (format::count(findings.len(), "place to correct", "places to correct")) } }
            (finding_lines(findings))
        }
    }
}

/// Findings as a list.
pub(super) fn finding_lines(findings: &[FindingLine]) -> Markup {
    html! {
        ul.lines.places role="list" { @for finding in findings { li {
            span.num.mono.at { @match finding.line {
                Some((line, column)) => { "Line " (line) ":" (column) },
                None => "Document",
            } }
            div.grow { p { (finding.message) }
                @if !finding.pointer.is_empty() { code.fs12.muted { (finding.pointer) } } }
        } } }
    }
}
