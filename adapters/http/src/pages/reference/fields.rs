//! The body of Try it: JSON or fields, two views of one thing. The server lays out both; `try-it.js` asks for the other
//! one, and without JavaScript the buttons do.

use aforo_docs::{
    request::form::{self, FormNode, NodeKind},
    spec::model::{Content, RequestBody, SchemaView},
};
use maud::{Markup, html};
use serde_json::Value;

use super::{
    super::{
        chrome::Chrome,
        parts::{icon, icon_sm},
    },
    OperationView,
    panel::{BodyView, Finding, TryValues},
    schema::type_label,
};

/// What a body may be in all, for people.
pub(super) const LIMIT: &str = "1 MiB";

/// The body's part of the form; `try-it.js` replaces it as a whole.
pub(super) fn body(c: &Chrome, view: &OperationView<'_>) -> Markup {
    let Some(body) = &view.operation.body else {
        return html! {};
    };
    let sent = view.values.as_ref();
    let chosen = sent.and_then(|v| {
        body.contents
            .iter()
            .position(|one| one.media_type == v.content_type)
    });
    let Some(content) = body.contents.get(chosen.unwrap_or(0)) else {
        return html! {};
    };
    let text = sent.map_or_else(|| example(content), |v| v.body.clone());
    let has_form = form::has_form(content);
    let fields = has_form && sent.map_or_else(|| starts_as_fields(content), |v| v.view == BodyView::Fields);
    let nothing = TryValues::default();
    let values = sent.unwrap_or(&nothing);
    let findings = values.findings.as_slice();
    html! {
        div #try-body-box {
            (head(c, view, body, content, fields))
            @if let Some(note) = &values.note { p.respnote.warnnote { (icon(c, "warn")) (note) } }
            @if fields {
                input type="hidden" name="body" value=(text);
                input type="hidden" name="view" value="form";
                (as_fields(c, content, &text, values))
            } @else if form::is_file(content) {
                input type="hidden" name="view" value="json";
                div.bform { div.brow {
                    label.lab for="try-file" { "File" }
                    input.in.infile #try-file type="file" name="file:" aria-describedby="file-limit";
                    p.hint #file-limit { (content.media_type) ", up to " (LIMIT) ". It is sent as it is." }
                } }
                details.heads open[!text.is_empty()] { summary { "Write the body as text" } (editor(&text, findings)) }
            } @else {
                input type="hidden" name="view" value="json";
                (editor(&text, findings))
                @if has_form && form::is_multipart(content) {
                    p.respnote { (icon(c, "image")) "Files are chosen in the form." }
                }
            }
            (summary(c, values))
        }
    }
}

/// Whether a reader meets the fields first: forms are filled in, JSON is read; a query in JSON is one long line.
fn starts_as_fields(content: &Content) -> bool {
    let properties = content.schema.iter().flat_map(|schema| &schema.properties);
    !content.media_type.contains("json") || properties.into_iter().any(|p| is_query(&p.schema))
}

/// A GraphQL query: code of many lines.
fn is_query(schema: &SchemaView) -> bool {
    schema.format.as_deref() == Some("graphql")
}

fn head(c: &Chrome, view: &OperationView<'_>, body: &RequestBody, content: &Content, fields: bool) -> Markup {
    // Without JavaScript the page comes back with the form in view.
    let url = format!(
        "{}#try",
        c.urls.operation(&view.product.slug, &view.operation.summary.id)
    );
    html! {
        div.card-h.sub {
            h3 { "Body" }
            span.badge.b-line data-json-state hidden {}
            span.grow {}
            @if body.contents.len() > 1 {
                label.sr for="contentType" { "Content type" }
                select.in.in-sm #contentType name="contentType" {
                    @for one in &body.contents {
                        option value=(one.media_type) selected[one.media_type == content.media_type] { (one.media_type) }
                    }
                }
                button.btn.btn-sm.nojs name="edit" value="type" formaction=(url) formnovalidate { "Change" }
            } @else {
                input type="hidden" name="contentType" value=(content.media_type);
                @if !form::has_form(content) { span.fs12.muted.trunc { (content.media_type) } }
            }
            button.btn.btn-ghost.btn-sm name="edit" value="reset" formaction=(url) formnovalidate { "Reset" }
            @if form::has_form(content) {
                div.seg role="group" aria-label="View of the body" {
                    @for (id, label, on) in [("json", "JSON", !fields), ("form", "Form", fields)] {
                        button.segb name="edit" value={ "view:" (id) } formaction=(url) formnovalidate
                            aria-pressed=(on) { (label) }
                    }
                }
            }
            @if !fields && content.media_type.contains("json") {
                button.btn.btn-ghost.btn-sm.js type="button" data-format { "Format" }
            }
        }
    }
}

fn editor(text: &str, findings: &[Finding]) -> Markup {
    let rows = text.lines().count().clamp(4, 24);
    let bad = !findings.is_empty();
    html! {
        json-editor {
            label.sr for="try-body" { "Request body" }
            textarea #try-body name="body" rows=(rows) spellcheck="false" autocapitalize="off" autocomplete="off"
                aria-invalid=[bad.then_some("true")] aria-describedby=[bad.then_some("try-findings")] { "\n" (text) }
        }
    }
}

/// What is wrong with the body, before it is sent: each with its place.
fn summary(c: &Chrome, values: &TryValues) -> Markup {
    let findings = &values.findings;
    html! {
        div.findings #try-findings hidden[findings.is_empty()] tabindex="-1" {
            p { (icon(c, "warn")) b { (super::super::format::count(findings.len(), "thing does", "things do")) " not fit the description" } }
            ul { @for f in findings { li {
                @if let Some(line) = f.line { span.num { "Line " (line) ": " } }
                @let field = f.pointer.strip_prefix("/body").unwrap_or(&f.pointer);
                @if !field.is_empty() { code { (field) } " " }
                (f.message)
            } } }
            div.row {
                button.btn.btn-sm name="insist" value="1" data-insist { "Send anyway" }
                span.fs12.muted { "Descriptions can be wrong; the API decides." }
            }
        }
    }
}

/// The text that an example of the document makes in the editor.
pub(super) fn example(content: &Content) -> String {
    match &content.example {
        Some(Value::String(text)) if !content.media_type.contains("json") => text.clone(),
        Some(value) => serde_json::to_string_pretty(value).unwrap_or_default(),
        None => String::new(),
    }
}

fn as_fields(c: &Chrome, content: &Content, text: &str, values: &TryValues) -> Markup {
    let base = form::read(Some(&Value::String(text.to_owned())));
    let Some(root) = form::form(content, &base, &values.alternatives) else {
        return html! {};
    };
    let fields = Fields { c, values };
    html! {
        div.bform { (fields.inner(&root, 0)) }
        @if form::is_multipart(content) {
            p.respnote { (icon(c, "image")) "Body and files: up to " (LIMIT) " in all." }
        }
    }
}

struct Fields<'a> {
    c: &'a Chrome,
    values: &'a TryValues,
}

impl Fields<'_> {
    /// A node without the heading of its own name.
    fn inner(&self, node: &FormNode<'_>, depth: usize) -> Markup {
        match &node.kind {
            NodeKind::Group { fields, others, .. } => html! {
                @for field in fields { (self.field(field, depth)) }
                @if *others > 0 {
                    p.hint { (super::super::format::count(*others, "more property", "more properties")) " in the JSON view." }
                }
            },
            NodeKind::List { items } => self.list(node, items, depth),
            NodeKind::OneOf {
                options,
                chosen,
                inner,
            } => html! {
                div.brow {
                    label.lab for=(self.id(node, "alt")) { "Which one" }
                    div.rowi {
                        select.in id=(self.id(node, "alt")) name={ "alt." (node.pointer) } data-alt {
                            @for (i, option) in options.iter().enumerate() {
                                option value=(i) selected[i == *chosen] { (option) }
                            }
                        }
                        button.btn.btn-sm.nojs name="edit" value="alt" formnovalidate { "Show its fields" }
                    }
                }
                (self.inner(inner, depth))
            },
            _ => self.field(node, depth),
        }
    }

    fn field(&self, node: &FormNode<'_>, depth: usize) -> Markup {
        match &node.kind {
            NodeKind::Group { present, .. } => html! {
                details.bgroup open[*present || node.required] {
                    summary { (name(node)) span.where { "object" } }
                    div { (self.inner(node, depth + 1)) }
                }
            },
            NodeKind::List { .. } | NodeKind::OneOf { .. } if depth > 0 || !node.name.is_empty() => html! {
                fieldset.bgroup.open {
                    legend { (name(node)) span.where { (type_label(node.schema)) } }
                    div { (self.inner(node, depth + 1)) }
                }
            },
            _ => self.row(node),
        }
    }

    fn list(&self, node: &FormNode<'_>, items: &[FormNode<'_>], depth: usize) -> Markup {
        let one = if node.name.is_empty() {
            "item"
        } else {
            node.name.as_str()
        };
        html! {
            @for (i, item) in items.iter().enumerate() {
                div.bitem {
                    div.grow { (self.field(item, depth + 1)) }
                    button.btn.btn-ghost.btn-icon.btn-sm name="edit" value={ "remove:" (item.pointer) } formnovalidate
                        aria-label={ "Remove " (one) " " (i + 1) } { (icon_sm(self.c, "x")) }
                }
            }
            button.btn.btn-sm.badd name="edit" value={ "add:" (node.pointer) } formnovalidate {
                (icon_sm(self.c, "plus")) "Add " (one)
            }
        }
    }

    fn row(&self, node: &FormNode<'_>) -> Markup {
        let id = self.id(node, "b");
        let name_of = format!("b.{}", node.pointer);
        let errors: Vec<&Finding> = self
            .values
            .findings
            .iter()
            .filter(|f| f.is_at(&node.pointer))
            .collect();
        let bad = (!errors.is_empty()).then_some("true");
        let told = format!("{id}-e");
        let describes = bad.map(|_| told.as_str());
        html! {
            div.brow data-pointer=(node.pointer) {
                label.lab for=(id) { (name(node)) span.where { (type_label(node.schema)) } }
                @match &node.kind {
                    NodeKind::Choice { options, value } => select.in id=(id) name=(name_of) aria-invalid=[bad] aria-describedby=[describes] {
                        @if !node.required || value.is_empty() { option value="" { "Not sent" } }
                        @for option in options { option value=(option) selected[option == value] { (option) } }
                    },
                    NodeKind::Text { value, .. } if is_query(node.schema) => textarea.in.mono id=(id) name=(name_of)
                        rows=(value.lines().count().clamp(4, 20)) spellcheck="false" autocapitalize="off"
                        aria-invalid=[bad] aria-describedby=[describes] { "\n" (value) },
                    NodeKind::Text { value, lines: true } => textarea.in id=(id) name=(name_of) rows=(value.lines().count().clamp(2, 8))
                        aria-invalid=[bad] aria-describedby=[describes] { "\n" (value) },
                    NodeKind::Json { value } => textarea.in.mono id=(id) name=(name_of) rows=(value.lines().count().clamp(2, 8))
                        placeholder="JSON" spellcheck="false" aria-invalid=[bad] aria-describedby=[describes] { "\n" (value) },
                    NodeKind::Number { value } => input.in.mono id=(id) name=(name_of) value=(value) inputmode="decimal" autocomplete="off"
                        placeholder=(hint(node)) aria-invalid=[bad] aria-describedby=[describes];,
                    NodeKind::Text { value, .. } => input.in id=(id) name=(name_of) value=(value) autocomplete="off" spellcheck="false"
                        placeholder=(hint(node)) aria-invalid=[bad] aria-describedby=[describes];,
                    NodeKind::File { many } => input.in.infile id=(id) type="file" name={ "file:" (node.name) } multiple[*many];,
                    _ => (""),
                }
                p.err id=(told) hidden[errors.is_empty()] { @for e in &errors { (e.message) " " } }
            }
        }
    }

    /// An id that no other node has: pointers differ, and so does what stands for their separators.
    fn id(&self, node: &FormNode<'_>, prefix: &str) -> String {
        let mut id = prefix.to_owned();
        for byte in node.pointer.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => id.push(byte as char),
                b'/' => id.push('-'),
                other => id.push_str(&format!("_{other:x}_")),
            }
        }
        id
    }
}

fn name(node: &FormNode<'_>) -> Markup {
    html! {
        span.trunc { @if node.name.is_empty() { "Value" } @else { (node.name) } }
        @if node.required { span.req title="Required" { "*" span.sr { " required" } } }
    }
}

/// What a value looks like.
fn hint(node: &FormNode<'_>) -> String {
    let shown = node.schema.example.as_ref().or(node.schema.default.as_ref());
    shown
        .map(super::schema::value_text)
        .filter(|t| t.len() <= 60)
        .unwrap_or_default()
}
