//! Operations and schemas inside a text.
//!
//! A link with the scheme `operation:` or `schema:` refers to the published reference: `operation:product/operationId`
//! and `schema:product/Name`, without the product where the text belongs to one. In a sentence it is a link; alone in
//! its paragraph it becomes a card that shows the operation or the schema as it is published now. A reader that knows
//! nothing of this, such as a code host, shows the text of the link.

use super::{Audience, escape};

/// What an operation's card shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EmbeddedOperation {
    /// `GET`.
    pub method: String,
    /// `/v1/translate`.
    pub path: String,
    /// What it is called.
    pub title: String,
    /// One or two sentences; may be empty.
    pub summary: String,
    /// Its page.
    pub href: String,
    /// Calls to it should go elsewhere.
    pub deprecated: bool,
}

/// What a schema's card shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EmbeddedSchema {
    /// Its name.
    pub name: String,
    /// One or two sentences; may be empty.
    pub summary: String,
    /// Where its reference is; may be empty.
    pub href: String,
    /// Its fields, in the order of the document.
    pub fields: Vec<EmbeddedField>,
}

/// One field of a schema.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EmbeddedField {
    /// Its name.
    pub name: String,
    /// Such as `string` or `array of Item`.
    pub kind: String,
    /// Has to be there.
    pub required: bool,
    /// Plain text; may be empty.
    pub description: String,
}

/// Finds what texts refer to.
pub trait Embeds: Send + Sync {
    /// The operation that `reference`, such as `translation-api/createTranslation`, means.
    fn operation(&self, reference: &str) -> Option<EmbeddedOperation>;
    /// The schema that `reference`, such as `translation-api/Translation`, means.
    fn schema(&self, reference: &str) -> Option<EmbeddedSchema>;
}

/// Nothing can be referred to.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoEmbeds;

impl Embeds for NoEmbeds {
    fn operation(&self, _: &str) -> Option<EmbeddedOperation> {
        None
    }
    fn schema(&self, _: &str) -> Option<EmbeddedSchema> {
        None
    }
}

/// A reference, read from the address of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reference<'a> {
    /// `operation:…`
    Operation(&'a str),
    /// `schema:…`
    Schema(&'a str),
}

impl<'a> Reference<'a> {
    /// From the address of a link; `None` for all other addresses.
    pub fn parse(address: &'a str) -> Option<Self> {
        let (scheme, rest) = address.split_once(':')?;
        let rest = rest.trim();
        (!rest.is_empty()).then_some(())?;
        if scheme.eq_ignore_ascii_case("operation") {
            Some(Reference::Operation(rest))
        } else if scheme.eq_ignore_ascii_case("schema") {
            Some(Reference::Schema(rest))
        } else {
            None
        }
    }

    /// Where a link with this reference leads.
    pub(super) fn href(self, embeds: &dyn Embeds) -> Option<String> {
        match self {
            Reference::Operation(reference) => embeds.operation(reference).map(|found| found.href),
            Reference::Schema(reference) => embeds.schema(reference).map(|found| found.href),
        }
        .filter(|href| !href.is_empty())
    }

    /// The card; `None` if nothing is found.
    pub(super) fn card(self, embeds: &dyn Embeds) -> Option<String> {
        let mut out = String::new();
        match self {
            Reference::Operation(reference) => operation_card(&embeds.operation(reference)?, &mut out),
            Reference::Schema(reference) => schema_card(&embeds.schema(reference)?, &mut out),
        }
        Some(out)
    }

    /// For a writer whose reference leads nowhere.
    pub(super) fn note(self, label: &str, audience: Audience, out: &mut String) {
        if audience == Audience::Reader {
            out.push_str("<p>");
            escape(label, out);
            out.push_str("</p>\n");
            return;
        }
        let (kind, reference) = match self {
            Reference::Operation(reference) => ("operation", reference),
            Reference::Schema(reference) => ("schema", reference),
        };
        out.push_str("<div class=\"embed embed-unknown\"><p>No published ");
        out.push_str(kind);
        out.push_str(" is called <code>");
        escape(reference, out);
        out.push_str("</code>. Readers see the text “");
        escape(label, out);
        out.push_str("”.</p></div>\n");
    }
}

/// How many fields a card shows.
const MAX_FIELDS: usize = 40;

/// The class of a method's badge.
fn method_class(method: &str) -> &'static str {
    match method {
        "POST" => "m m-post",
        "PUT" => "m m-put",
        "PATCH" => "m m-patch",
        "DELETE" => "m m-del",
        _ => "m m-get",
    }
}

/// Every class of a card.
pub(super) const CLASSES: &[&str] = &["embed", "embed-op", "embed-schema", "embed-unknown"];
/// Every class of a badge in it.
pub(super) const BADGES: &[&str] = &[
    "m", "m-get", "m-post", "m-put", "m-patch", "m-del", "badge", "b-line", "req", "b-warn",
];

fn operation_card(operation: &EmbeddedOperation, out: &mut String) {
    let method = operation.method.to_ascii_uppercase();
    out.push_str("<div class=\"embed embed-op\"><p><span class=\"");
    out.push_str(method_class(&method));
    out.push_str("\">");
    escape(&method, out);
    out.push_str("</span> <code>");
    escape(&operation.path, out);
    out.push_str("</code>");
    if operation.deprecated {
        out.push_str(" <span class=\"badge b-warn\">Deprecated</span>");
    }
    out.push_str("</p><p>");
    link(&operation.href, &operation.title, out);
    out.push_str("</p>");
    paragraph(&operation.summary, out);
    out.push_str("</div>\n");
}

fn schema_card(schema: &EmbeddedSchema, out: &mut String) {
    out.push_str("<div class=\"embed embed-schema\"><p>");
    link(&schema.href, &schema.name, out);
    out.push_str(" <span class=\"badge b-line\">Schema</span></p>");
    paragraph(&schema.summary, out);
    if !schema.fields.is_empty() {
        out.push_str("<dl>");
        for field in schema.fields.iter().take(MAX_FIELDS) {
            out.push_str("<dt><code>");
            escape(&field.name, out);
            out.push_str("</code> ");
            escape(&field.kind, out);
            if field.required {
                out.push_str(" <span class=\"req\">required</span>");
            }
            out.push_str("</dt><dd>");
            escape(&field.description, out);
            out.push_str("</dd>");
        }
        out.push_str("</dl>");
        if schema.fields.len() > MAX_FIELDS {
            paragraph(&format!("And {} more.", schema.fields.len() - MAX_FIELDS), out);
        }
    }
    out.push_str("</div>\n");
}

fn link(href: &str, text: &str, out: &mut String) {
    if href.is_empty() {
        out.push_str("<strong>");
        escape(text, out);
        out.push_str("</strong>");
        return;
    }
    out.push_str("<a href=\"");
    escape(href, out);
    out.push_str("\">");
    escape(text, out);
    out.push_str("</a>");
}

fn paragraph(text: &str, out: &mut String) {
    if !text.trim().is_empty() {
        out.push_str("<p>");
        escape(text.trim(), out);
        out.push_str("</p>");
    }
}
