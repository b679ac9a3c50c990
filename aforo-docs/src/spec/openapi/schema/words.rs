//! What a schema says in words: everything about it but its children.

use serde_json::Value;

use super::{
    super::{external_docs, reference::component_name, text},
    parts::Parts,
};
use crate::spec::model::{DiscriminatorView, SchemaView};

/// Values of a discriminator that are shown at most.
const MAX_MAPPING: usize = 200;

/// Everything about a schema but its children.
pub(super) fn plain(parts: &Parts<'_>) -> SchemaView {
    let mut view = SchemaView {
        name: parts.name.clone(),
        listed: parts.listed && parts.name.is_some(),
        types: parts.types(),
        nullable: parts.takes_null(),
        format: parts.get("format").and_then(Value::as_str).map(str::to_owned),
        description: parts.text("description"),
        constraints: constraints(parts),
        enumeration: parts.enumeration(),
        default: parts.get("default").cloned(),
        example: parts.example().cloned(),
        deprecated: parts.flag("deprecated"),
        read_only: parts.flag("readOnly"),
        write_only: parts.flag("writeOnly"),
        closed: ["additionalProperties", "unevaluatedProperties"]
            .iter()
            .any(|field| parts.get(field).and_then(Value::as_bool) == Some(false)),
        external_docs: parts.get("externalDocs").and_then(external_docs),
        ..SchemaView::default()
    };
    view.enum_descriptions = enum_descriptions(parts, &view.enumeration);
    if view.description.is_empty() {
        view.description = parts.text("title");
    }
    if view.format.is_none() {
        // 3.1 describes files by these two words.
        view.format = match (parts.get("contentEncoding"), parts.get("contentMediaType")) {
            (Some(Value::String(encoding)), _) => Some(encoding.clone()),
            (None, Some(Value::String(media))) if media == "application/octet-stream" => {
                Some("binary".to_owned())
            }
            _ => None,
        };
    }
    if parts.never {
        view.constraints.push("no value is valid".to_owned());
    }
    view
}

fn constraints(parts: &Parts<'_>) -> Vec<String> {
    let mut out = Vec::new();
    let count = |field| parts.get(field).and_then(Value::as_u64);
    for (min, max, one, many) in [
        ("minLength", "maxLength", "character", "characters"),
        ("minItems", "maxItems", "item", "items"),
        ("minProperties", "maxProperties", "property", "properties"),
    ] {
        let unit = |n: u64| if n == 1 { one } else { many };
        match (count(min).filter(|n| *n > 0), count(max)) {
            (Some(a), Some(b)) if a == b => out.push(format!("exactly {a} {}", unit(a))),
            (Some(a), Some(b)) => out.push(format!("{a} to {b} {}", unit(b))),
            (Some(a), None) => out.push(format!("at least {a} {}", unit(a))),
            (None, Some(b)) => out.push(format!("at most {b} {}", unit(b))),
            (None, None) => {}
        }
    }
    for (bound, exclusive, open, closed) in [
        ("minimum", "exclusiveMinimum", ">", ">="),
        ("maximum", "exclusiveMaximum", "<", "<="),
    ] {
        match (parts.get(bound), parts.get(exclusive)) {
            (_, Some(Value::Number(n))) => out.push(format!("{open} {n}")), // 3.1
            (Some(Value::Number(n)), Some(Value::Bool(true))) => out.push(format!("{open} {n}")), // 3.0
            (Some(Value::Number(n)), _) => out.push(format!("{closed} {n}")),
            _ => {}
        }
    }
    if let Some(Value::Number(n)) = parts.get("multipleOf") {
        out.push(format!("multiple of {n}"));
    }
    if let Some(Value::String(pattern)) = parts.get("pattern") {
        out.push(format!("pattern {pattern}"));
    }
    if parts.flag("uniqueItems") {
        out.push("no item twice".to_owned());
    }
    // `anyOf: [{required: [a]}, {required: [b]}]` has no other words to tell its members apart.
    if parts.get("properties").is_none() && parts.choices().is_empty() {
        let needed: Vec<&str> = parts.required().take(12).collect();
        if !needed.is_empty() {
            out.push(format!("requires {}", needed.join(", ")));
        }
    }
    for field in ["dependentRequired", "dependencies"] {
        for (name, others) in parts
            .get(field)
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .take(12)
        {
            let others = others.as_array().into_iter().flatten();
            let others: Vec<&str> = others.filter_map(Value::as_str).take(12).collect();
            if !others.is_empty() {
                out.push(format!("{name} requires {}", others.join(", ")));
            }
        }
    }
    if let Some(Value::String(pattern)) = parts.get("propertyNames").and_then(|n| n.get("pattern")) {
        out.push(format!("names match {pattern}"));
    }
    out
}

/// What the document says about each value of its `enum`: names, descriptions or both.
fn enum_descriptions(parts: &Parts<'_>, values: &[Value]) -> Vec<String> {
    let find = |fields: [&str; 3], at: usize, value: &Value| {
        fields.iter().find_map(|field| match parts.get(field)? {
            Value::Array(texts) => texts.get(at)?.as_str(),
            Value::Object(texts) => match value {
                Value::String(name) => texts.get(name)?.as_str(),
                other => texts.get(&other.to_string())?.as_str(),
            },
            _ => None,
        })
    };
    let one = |(at, value): (usize, &Value)| {
        let name = find(["x-enum-varnames", "x-enumNames", "x-enum-names"], at, value);
        let text = find(
            ["x-enumDescriptions", "x-enum-descriptions", "x-enum-description"],
            at,
            value,
        );
        let name = name.filter(|name| value.as_str() != Some(name));
        match (name, text) {
            (Some(name), Some(text)) => format!("{name}: {text}"),
            (one, other) => one.or(other).unwrap_or_default().to_owned(),
        }
    };
    let texts: Vec<String> = values.iter().enumerate().map(one).collect();
    if texts.iter().all(String::is_empty) {
        return Vec::new();
    }
    texts
}

/// Value and schema name, as `discriminator.mapping` says.
pub(super) fn discriminator(parts: &Parts<'_>) -> Option<DiscriminatorView> {
    let said = parts.get("discriminator")?;
    // Swagger 2.0 gives the name alone.
    let property = said
        .as_str()
        .map_or_else(|| text(said, "propertyName"), str::to_owned);
    if property.is_empty() {
        return None;
    }
    let name = |to: &str| component_name(to).unwrap_or_else(|| to.to_owned());
    let mapping = said.get("mapping").and_then(Value::as_object);
    let mut mapping: Vec<(String, String)> = mapping
        .into_iter()
        .flatten()
        .filter_map(|(value, to)| Some((value.clone(), name(to.as_str()?))))
        .take(MAX_MAPPING)
        .collect();
    if let Some(other) = said.get("defaultMapping").and_then(Value::as_str) {
        mapping.push(("any other".to_owned(), name(other)));
    }
    Some(DiscriminatorView { property, mapping })
}

/// Value to reference, as `discriminator.mapping` says.
pub(super) fn discriminator_names(parts: &Parts<'_>) -> Vec<(String, String)> {
    let mapping = parts
        .get("discriminator")
        .and_then(|d| d.get("mapping"))
        .and_then(Value::as_object);
    let pair = |(name, to): (&String, &Value)| Some((name.clone(), to.as_str()?.to_owned()));
    mapping.into_iter().flatten().filter_map(pair).collect()
}
