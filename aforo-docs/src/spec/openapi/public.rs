//! The document as readers may have it: without what it marks as internal, in JSON or YAML.

use std::{borrow::Cow, collections::HashSet};

use serde_json::Value;

use super::{ApiDescription, SourceFormat, reference::escape};

impl ApiDescription {
    /// The document without all that it marks `x-internal`.
    pub fn public_document(&self) -> Cow<'_, Value> {
        if !has_internal(self.document()) {
            return Cow::Borrowed(self.document());
        }
        let mut document = self.document().clone();
        strip(&mut document);
        Cow::Owned(document)
    }

    /// The public document as a text in this format. Costs what the document is long.
    pub fn to_text(&self, format: SourceFormat) -> String {
        let document = self.public_document();
        match format {
            SourceFormat::Json => serde_json::to_string_pretty(&document).unwrap_or_default(),
            SourceFormat::Yaml => yaml(&document),
        }
    }

    /// Whether the text that was imported is what readers may have: OpenAPI without internal parts.
    pub fn is_public_as_imported(&self) -> bool {
        // A schema of GraphQL is no document of OpenAPI.
        self.swagger_version().is_none()
            && self.spec_format() == "OPENAPI_3"
            && !has_internal(self.document())
    }
}

fn yaml(document: &Value) -> String {
    let mut options = serde_saphyr::SerializerOptions::default();
    options.compact_list_indent = true;
    options.prefer_block_scalars = true;
    options.yaml_12 = false;
    let mut text = String::new();
    match serde_saphyr::to_fmt_writer_with_options(&mut text, document, options) {
        Ok(()) => text,
        // JSON is YAML, too.
        Err(_) => serde_json::to_string_pretty(document).unwrap_or_default(),
    }
}

fn marked(value: &Value) -> bool {
    value.get("x-internal").and_then(Value::as_bool) == Some(true)
}

fn has_internal(value: &Value) -> bool {
    match value {
        Value::Object(map) => marked(value) || map.values().any(has_internal),
        Value::Array(items) => items.iter().any(has_internal),
        _ => false,
    }
}

/// Takes out what is marked, and the names of properties that are. Other references to it stay and lead nowhere, as they
/// do on pages.
fn strip(document: &mut Value) {
    let mut hidden = HashSet::new();
    let components = document.get("components").and_then(Value::as_object);
    for (kind, all) in components.into_iter().flatten() {
        for (name, component) in all.as_object().into_iter().flatten() {
            if marked(component) {
                hidden.insert(format!("#/components/{}/{}", escape(kind), escape(name)));
            }
        }
    }
    strip_here(document, &hidden);
}

fn strip_here(value: &mut Value, hidden: &HashSet<String>) {
    match value {
        Value::Object(map) => {
            let mut gone = HashSet::new();
            if let Some(Value::Object(properties)) = map.get_mut("properties") {
                properties.retain(|name, schema| {
                    let stays = !marked(schema) && !leads_to(schema, hidden);
                    if !stays {
                        gone.insert(name.clone());
                    }
                    stays
                });
            }
            if let (false, Some(Value::Array(required))) = (gone.is_empty(), map.get_mut("required")) {
                required.retain(|name| !name.as_str().is_some_and(|name| gone.contains(name)));
            }
            map.retain(|_, child| !marked(child));
            map.values_mut().for_each(|child| strip_here(child, hidden));
        }
        Value::Array(items) => {
            items.retain(|item| !marked(item));
            items.iter_mut().for_each(|item| strip_here(item, hidden));
        }
        _ => {}
    }
}

fn leads_to(schema: &Value, hidden: &HashSet<String>) -> bool {
    schema
        .get("$ref")
        .and_then(Value::as_str)
        .is_some_and(|reference| hidden.contains(reference))
}
