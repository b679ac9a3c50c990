//! What of a description or a page can be found.

use std::borrow::Cow;

use aforo_core::{PageId, ProductId};

use super::{Entry, Kind, MAX_BODY};
use crate::{
    guide::{tree::Node, version::PageVersion},
    markdown,
    spec::{
        model::{Operation, SchemaView},
        openapi::ApiDescription,
    },
};

/// Levels of properties that are searched. Deeper ones are schemas of their own as a rule.
const LEVELS: u32 = 2;

/// The operations, webhooks and named schemas of a published description. Takes time in proportion to the document, so
/// servers call it outside of their event loop.
pub fn entries_of(product: ProductId, description: &ApiDescription) -> Vec<Entry> {
    let operations = description
        .operations()
        .iter()
        .filter_map(|summary| description.operation(&summary.id));
    let webhooks = description
        .webhooks()
        .iter()
        .filter_map(|summary| description.webhook(&summary.id));
    let calls = operations
        .chain(webhooks)
        .map(|operation| operation_entry(product, description, &operation));
    let schemas = description.schemas().filter_map(|name| {
        let schema = description.schema(name)?;
        Some(schema_entry(product, name, &schema))
    });
    calls.chain(schemas).collect()
}

fn operation_entry(product: ProductId, description: &ApiDescription, operation: &Operation) -> Entry {
    let summary = &operation.summary;
    let mut body = Body::default();
    body.markdown(&operation.description);
    for parameter in &operation.parameters {
        body.named(&parameter.name, &parameter.description);
    }
    if let Some(request) = &operation.body {
        body.markdown(&request.description);
        for schema in request
            .contents
            .iter()
            .filter_map(|content| content.schema.as_ref())
        {
            body.schema(schema, LEVELS);
        }
    }
    for response in &operation.responses {
        body.markdown(&response.description);
    }
    let tag = |name: &String| {
        let tag = description.tags().iter().find(|tag| tag.name == *name);
        tag.map_or_else(|| name.clone(), |tag| tag.display_name.clone())
    };
    Entry {
        key: format!("{product}/operation/{}", summary.id),
        kind: Kind::Operation,
        product: Some(product),
        title: summary.summary.clone(),
        names: vec![summary.id.clone()],
        trail: summary.tags.iter().map(tag).collect(),
        method: Some(summary.method.as_str().to_owned()),
        path: Some(summary.path.clone()),
        body: body.text,
        address: summary.id.clone(),
        anchor: None,
    }
}

fn schema_entry(product: ProductId, name: &str, schema: &SchemaView) -> Entry {
    let mut body = Body::default();
    body.schema(schema, LEVELS);
    Entry {
        key: format!("{product}/schema/{name}"),
        kind: Kind::Schema,
        product: Some(product),
        title: name.to_owned(),
        names: Vec::new(),
        trail: Vec::new(),
        method: None,
        path: None,
        body: body.text,
        address: name.to_owned(),
        anchor: None,
    }
}

/// The sections of a published page: one entry for what is above its first heading, and one for each heading. `above`
/// are the titles of the pages above it, the topmost first.
pub fn entries_of_page(node: &Node, above: &[String], version: &PageVersion) -> Vec<Entry> {
    let options = markdown::Options {
        highlight: false,
        ..markdown::Options::default()
    };
    let rendered = markdown::render(&version.body, &options);
    let page = &node.page;
    let section = |key: String, title: String, trail: Vec<String>, anchor: Option<String>| Entry {
        key,
        kind: Kind::Guide,
        product: page.product,
        title,
        names: Vec::new(),
        trail,
        method: None,
        path: None,
        body: String::new(),
        address: node.path.clone(),
        anchor,
    };
    let mut entries = vec![section(
        key_of_page(page.id, ""),
        page.title.clone(),
        above.to_vec(),
        None,
    )];
    let mut headings = rendered.headings.iter().peekable();
    for line in rendered.text.lines() {
        // The text has each heading on a line of its own.
        if let Some(heading) = headings.next_if(|heading| heading.text.trim() == line.trim()) {
            let mut trail = above.to_vec();
            trail.push(page.title.clone());
            let title = if heading.text.trim().is_empty() {
                &page.title
            } else {
                &heading.text
            };
            entries.push(section(
                key_of_page(page.id, &heading.id),
                title.clone(),
                trail,
                Some(heading.id.clone()),
            ));
        } else if let Some(entry) = entries.last_mut() {
            push(&mut entry.body, line);
        }
    }
    // A heading with the page's own title is the page.
    let again = entries
        .get(1)
        .is_some_and(|first| first.title.trim() == page.title.trim());
    if again && entries.first().is_some_and(|first| first.body.is_empty()) {
        let heading = entries.remove(1);
        if let Some(first) = entries.first_mut() {
            first.body = heading.body;
        }
    }
    entries
}

fn key_of_page(page: PageId, anchor: &str) -> String {
    format!("{page}#{anchor}")
}

/// The text of a body, as long as it is searched.
#[derive(Default)]
struct Body {
    text: String,
}

impl Body {
    fn markdown(&mut self, text: &str) {
        push(&mut self.text, &plain(text));
    }
    fn named(&mut self, name: &str, text: &str) {
        let text = plain(text);
        if text.is_empty() {
            push(&mut self.text, name);
        } else {
            push(&mut self.text, &format!("{name}: {text}"));
        }
    }
    fn schema(&mut self, schema: &SchemaView, levels: u32) {
        if self.text.len() > MAX_BODY {
            return;
        }
        if levels == LEVELS {
            self.markdown(&schema.description);
        }
        for property in &schema.properties {
            self.named(&property.name, &property.schema.description);
            if levels > 1 {
                self.schema(&property.schema, levels - 1);
            }
        }
        let values: Vec<&str> = schema
            .enumeration
            .iter()
            .filter_map(|value| value.as_str())
            .take(20)
            .collect();
        push(&mut self.text, &values.join(", "));
        if let Some(items) = &schema.items {
            self.schema(items, levels);
        }
        for alternative in schema.alternatives.iter().flat_map(|(_, all)| all) {
            self.schema(alternative, levels.saturating_sub(1).max(1));
        }
    }
}

fn push(text: &mut String, more: &str) {
    let more = more.trim();
    if !more.is_empty() && text.len() <= MAX_BODY {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(more);
    }
}

/// Markdown without its marks.
fn plain(text: &str) -> Cow<'_, str> {
    // Most descriptions are one plain sentence, and an API may have ten thousand.
    if !text.contains(['*', '_', '`', '[', '<', '#', '|', '&', '\\', '\n', '~', '>']) {
        return Cow::Borrowed(text);
    }
    let options = markdown::Options {
        highlight: false,
        permalinks: false,
        ..markdown::Options::default()
    };
    Cow::Owned(markdown::render(text, &options).text)
}
