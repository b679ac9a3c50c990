//! The document as readers may have it: without what it marks as internal, in JSON or YAML.

use std::borrow::Cow;

use serde_json::Value;

use super::{ApiDescription, SourceFormat};

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
        self.swagger_version().is_none() && !has_internal(self.document())
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

/// Takes out what is marked. References to it stay and lead nowhere, as they do on pages.
fn strip(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|_, child| !marked(child));
            map.values_mut().for_each(strip);
        }
        Value::Array(items) => {
            items.retain(|item| !marked(item));
            items.iter_mut().for_each(strip);
        }
        _ => {}
    }
}
