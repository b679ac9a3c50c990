//! Bodies in one media type: what they consist of, and an example of each.

use serde_json::Value;

use super::{
    example::{self, Purpose},
    flag,
    operation::style,
    reference::resolve,
    schema, text,
};
use crate::spec::model::{Content, PropertyEncoding, RequestBody, SchemaView, Style};

/// Levels of a schema below the body itself.
const BODY_LEVELS: u32 = 8;
/// Schema nodes of all request bodies of an operation.
pub(super) const BODY_NODES: usize = 500;
/// Values in a made example.
const REQUEST_EXAMPLE: usize = 120;
const RESPONSE_EXAMPLE: usize = 200;

/// The request body with about `nodes` schema nodes, `None` when it names no media type.
pub(super) fn request_body(root: &Value, body: &Value, nodes: usize) -> Option<RequestBody> {
    let found = resolve(root, body);
    let said = found
        .siblings
        .map(|s| text(s, "description"))
        .filter(|text| !text.is_empty());
    let body = found.value?.as_object()?;
    let media = body.get("content").and_then(Value::as_object)?;
    if media.is_empty() {
        return None;
    }
    let each = (nodes / media.len()).max(60);
    let mut left = nodes;
    let contents = media
        .iter()
        .map(|(name, media)| {
            let (content, used) = content(root, name, media, Purpose::Request, each.min(left));
            left = left.saturating_sub(used);
            content
        })
        .collect();
    Some(RequestBody {
        required: body.get("required").and_then(Value::as_bool).unwrap_or(false),
        description: said.unwrap_or_else(|| {
            let text = body.get("description").and_then(Value::as_str);
            text.unwrap_or_default().to_owned()
        }),
        contents,
    })
}

/// A body in one media type with at most this many schema nodes, and how many it took.
pub(super) fn content(
    root: &Value,
    name: &str,
    media: &Value,
    purpose: Purpose,
    nodes: usize,
) -> (Content, usize) {
    let media = resolve(root, media).value.unwrap_or(&Value::Null); // 3.2 lets media types be referred to
    // OpenAPI 3.2: the schema of each item of a stream or of lines.
    let sequence = media.get("schema").is_none() && media.get("itemSchema").is_some();
    let raw = media.get("schema").or_else(|| media.get("itemSchema"));
    let (view, used) = match raw {
        Some(schema) => {
            let (view, used) = schema::view(root, schema, BODY_LEVELS, nodes);
            (Some(view), used)
        }
        None => (None, 0),
    };
    let size = match purpose {
        Purpose::Request => REQUEST_EXAMPLE,
        Purpose::Response => RESPONSE_EXAMPLE,
    };
    let base = name
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    let mut example = example::given(root, media).filter(|e| suits(e, &base, view.as_ref()));
    if example.is_none()
        && let Some(schema) = raw
    {
        example = example::from_schema(root, schema, purpose, size);
        let structured = !matches!(
            example,
            Some(Value::String(_) | Value::Number(_) | Value::Bool(_)) | None
        );
        if is_xml(&base) && structured {
            example = example.map(|value| Value::String(xml(root, schema, &value)));
        } else if is_binary(&base) && matches!(&example, Some(Value::String(text)) if text == "file") {
            example = Some(example::file());
        } else if base == "multipart/form-data" {
            files(&mut example, view.as_ref());
        }
    }
    if example.is_none() && purpose == Purpose::Request && base.contains("json") {
        example = Some(Value::Object(serde_json::Map::new()));
    }
    let encoding = media.get("encoding").and_then(Value::as_object);
    let encoding = encoding
        .into_iter()
        .flatten()
        .map(|(name, e)| property_encoding(name, e))
        .collect();
    (
        Content {
            media_type: name.to_owned(),
            schema: view,
            example,
            examples: example::named(root, media),
            sequence,
            encoding,
        },
        used,
    )
}

/// Whether an example can be a body of this media type at all. Some documents give an object for a text, or the
/// name of an example for the example.
fn suits(example: &Value, base: &str, view: Option<&SchemaView>) -> bool {
    let structured = example.is_object() || example.is_array();
    if base.starts_with("text/") || is_xml(base) {
        return !structured;
    }
    let takes_text = view.is_none_or(|v| {
        v.types.is_empty() && v.properties.is_empty() || v.types.iter().any(|t| t == "string")
    });
    match example {
        Value::String(text) if base.contains("json") && !takes_text => {
            serde_json::from_str::<Value>(text).is_ok()
        }
        _ => true,
    }
}

fn property_encoding(name: &str, object: &Value) -> PropertyEncoding {
    let style = object.get("style").and_then(Value::as_str).and_then(style);
    let explode = object.get("explode").and_then(Value::as_bool);
    let said = style.is_some() || explode.is_some() || object.get("allowReserved").is_some();
    let style = style.unwrap_or(Style::Form);
    PropertyEncoding {
        name: name.to_owned(),
        content_type: object
            .get("contentType")
            .and_then(Value::as_str)
            .map(str::to_owned),
        style: said.then(|| (style, explode.unwrap_or(style == Style::Form))),
        allow_reserved: flag(object, "allowReserved"),
    }
}

fn is_xml(media: &str) -> bool {
    media.ends_with("/xml") || media.ends_with("+xml")
}

fn is_binary(media: &str) -> bool {
    !(is_xml(media) || media.contains("json") || media.starts_with("text/") || media.contains("form"))
}

/// Marks the files of a form example as files.
fn files(example: &mut Option<Value>, view: Option<&SchemaView>) {
    let (Some(Value::Object(fields)), Some(view)) = (example, view) else {
        return;
    };
    for property in &view.properties {
        if property.schema.format.as_deref() == Some("binary")
            && let Some(field) = fields.get_mut(&property.name)
        {
            *field = example::file();
        }
    }
}

/// The example as an XML text: elements named as properties are, the root as the schema is.
fn xml(root: &Value, schema: &Value, value: &Value) -> String {
    let target = resolve(root, schema).value.unwrap_or(schema);
    let name = target
        .get("xml")
        .map(|x| text(x, "name"))
        .filter(|n| !n.is_empty());
    let name = name
        .or_else(|| schema::name_of(schema))
        .unwrap_or_else(|| "root".to_owned());
    let mut out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>".to_owned();
    element(&mut out, &name, value, 0);
    out
}

fn element(out: &mut String, name: &str, value: &Value, level: usize) {
    let safe = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':');
    let mut name: String = name.chars().filter(|c| safe(*c)).collect();
    if !name.starts_with(|c: char| c.is_alphabetic() || c == '_') {
        name.insert(0, '_');
    }
    let indent = "  ".repeat(level);
    match value {
        Value::Array(items) => items.iter().for_each(|item| element(out, &name, item, level)),
        Value::Object(fields) => {
            out.push_str(&format!("\n{indent}<{name}>"));
            fields
                .iter()
                .for_each(|(name, value)| element(out, name, value, level + 1));
            out.push_str(&format!("\n{indent}</{name}>"));
        }
        plain => {
            let text = match plain {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            let text = text
                .replace('&', "&amp;")
                .replace('<', "&lt;")
                .replace('>', "&gt;");
            out.push_str(&format!("\n{indent}<{name}>{text}</{name}>"));
        }
    }
}
