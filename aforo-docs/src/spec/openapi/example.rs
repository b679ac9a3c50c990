//! Example values: the document's, or made from a schema. The same schema always gives the same value.

use serde_json::{Map, Number, Value, json};

use super::{is_web, reference::resolve, schema::Parts, text};
use crate::spec::model::NamedExample;

/// What an example is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To be sent: without `readOnly` properties; what is required, and a little more.
    Request,
    /// To be read: without `writeOnly` properties; all the rest.
    Response,
}

/// The example that a media type or parameter object gives.
pub(super) fn given(root: &Value, object: &Value) -> Option<Value> {
    if let Some(example) = object.get("example") {
        return Some(example.clone());
    }
    let all = match object.get("examples")? {
        Value::Object(examples) => examples,
        Value::Array(examples) => return examples.first().cloned(), // not OpenAPI, but met
        _ => return None,
    };
    all.values().take(MAX_NAMED).find_map(|example| {
        let example = resolve(root, example).value?;
        VALUES.iter().find_map(|field| example.get(field)).cloned()
    })
}

/// Where an example keeps its value; OpenAPI 3.2 has two more than 3.1.
const VALUES: [&str; 3] = ["dataValue", "value", "serializedValue"];
/// Named examples that are shown at most.
const MAX_NAMED: usize = 30;

/// The examples that a media type or parameter object names. Empty when there is only one and it has nothing to say
/// beside its value.
pub(super) fn named(root: &Value, object: &Value) -> Vec<NamedExample> {
    let Some(Value::Object(examples)) = object.get("examples") else {
        return Vec::new();
    };
    let one = |(name, example): (&String, &Value)| {
        let found = resolve(root, example);
        let example = found.value?;
        let said = |field: &str| {
            let beside = found
                .siblings
                .map(|s| text(s, field))
                .filter(|text| !text.is_empty());
            beside.unwrap_or_else(|| text(example, field))
        };
        let external = text(example, "externalValue");
        Some(NamedExample {
            name: name.clone(),
            summary: said("summary"),
            description: said("description"),
            value: VALUES.iter().find_map(|field| example.get(field)).cloned(),
            external: is_web(&external).then_some(external),
        })
    };
    let mut all: Vec<NamedExample> = examples.iter().filter_map(one).take(MAX_NAMED).collect();
    all.retain(|e| e.value.is_some() || e.external.is_some());
    match all.as_slice() {
        [only] if only.value.is_some() && only.summary.is_empty() && only.description.is_empty() => {
            Vec::new()
        }
        _ => all,
    }
}

/// An example made from a schema, with at most `nodes` values in it.
pub(super) fn from_schema(root: &Value, schema: &Value, purpose: Purpose, nodes: usize) -> Option<Value> {
    let mut maker = Maker {
        root,
        purpose,
        left: nodes,
        stack: Vec::new(),
    };
    maker.value(&[schema], 0)
}

struct Maker<'a> {
    root: &'a Value,
    purpose: Purpose,
    left: usize,
    stack: Vec<*const Map<String, Value>>,
}

const MAX_LEVEL: usize = 6;

impl<'a> Maker<'a> {
    fn value(&mut self, schemas: &[&'a Value], level: usize) -> Option<Value> {
        let parts = Parts::of(self.root, schemas);
        self.left = self.left.checked_sub(1)?;
        if let Some(example) = parts.example() {
            return Some(example.clone());
        }
        if let Some(value) = parts
            .get("const")
            .or_else(|| parts.get("default").filter(|d| !d.is_null()))
        {
            return Some(value.clone());
        }
        if let Some(values) = parts.get("enum").and_then(Value::as_array) {
            return values.iter().find(|v| !v.is_null()).or(values.first()).cloned();
        }
        let recurs = parts
            .all
            .iter()
            .any(|part| self.stack.iter().any(|open| std::ptr::eq(*open, *part)));
        if recurs || level > MAX_LEVEL || parts.broken {
            return None;
        }
        let depth = self.stack.len();
        self.stack
            .extend(parts.all.iter().map(|part| std::ptr::from_ref(*part)));
        let made = self.make(&parts, level);
        self.stack.truncate(depth);
        made
    }

    fn make(&mut self, parts: &Parts<'a>, level: usize) -> Option<Value> {
        let types = parts.types();
        let kind = types.first().map(String::as_str);
        if let Some((_, members)) = parts.alternatives()
            && parts.properties().is_empty()
        {
            return members
                .into_iter()
                .find_map(|member| self.value(&[member], level + 1));
        }
        match kind {
            Some("object") => Some(self.object(parts, level)),
            Some("array") => {
                let item = match parts
                    .get("items")
                    .or_else(|| parts.get("prefixItems").and_then(|p| p.get(0)))
                {
                    Some(items) if !items.is_boolean() => self.value(&[items], level + 1),
                    _ => None,
                };
                let copies = parts
                    .get("minItems")
                    .and_then(Value::as_u64)
                    .unwrap_or(1)
                    .clamp(1, 3);
                Some(Value::Array(
                    item.into_iter().cycle().take(copies as usize).collect(),
                ))
            }
            Some("boolean") => Some(Value::Bool(true)),
            Some("integer") => Some(Value::Number(number(parts, true))),
            Some("number") => Some(Value::Number(number(parts, false))),
            Some("string") => Some(Value::String(string(parts))),
            None if parts.get("additionalProperties").is_some() => Some(self.object(parts, level)),
            None if parts.takes_null() => Some(Value::Null),
            _ => None,
        }
    }

    fn object(&mut self, parts: &Parts<'a>, level: usize) -> Value {
        let hidden = match self.purpose {
            Purpose::Request => "readOnly",
            Purpose::Response => "writeOnly",
        };
        let properties = parts.properties();
        let any_required = properties.iter().any(|(_, _, required)| *required);
        let mut object = Map::new();
        let mut optional = match (self.purpose, level, any_required) {
            (Purpose::Response, 0..=3, _) => usize::MAX,
            (Purpose::Response, ..) => 0,
            (Purpose::Request, 0, true) => 4,
            (Purpose::Request, 0, false) => 6,
            (Purpose::Request, _, true) => 0,
            (Purpose::Request, _, false) => 2,
        };
        // What is required comes before the rest may use up the budget, but the order stays.
        let mut chosen = Vec::new();
        for (name, schemas, required) in properties {
            if chosen.len() > self.left {
                break;
            }
            let said = Parts::of(self.root, &schemas);
            let says = |field: &str| said.get(field).and_then(Value::as_bool) == Some(true);
            if says(hidden) || (!required && (says("deprecated") || optional == 0)) {
                continue;
            }
            if !required {
                optional -= 1;
            }
            chosen.push((name, schemas, required));
        }
        let needed = chosen.iter().filter(|(_, _, required)| *required).count();
        let mut spare = self.left.saturating_sub(needed);
        for (name, schemas, required) in chosen {
            if !required && spare == 0 {
                continue;
            }
            let before = self.left;
            let value = self.value(&schemas, level + 1);
            spare = spare.saturating_sub((before - self.left).saturating_sub(usize::from(required)));
            match value {
                Some(value) => {
                    object.insert(name.to_owned(), value);
                }
                None if required => {
                    object.insert(name.to_owned(), Value::Null);
                }
                None => {}
            }
        }
        if object.is_empty()
            && let Some(additional) = parts.get("additionalProperties").filter(|a| a.is_object())
            && let Some(value) = self.value(&[additional], level + 1)
        {
            object.insert("key".to_owned(), value);
        }
        Value::Object(object)
    }
}

fn number(parts: &Parts<'_>, integer: bool) -> Number {
    let bound = |field: &str| parts.get(field).and_then(Value::as_f64);
    let open = |field: &str| parts.get(field).and_then(Value::as_bool) == Some(true);
    let step = bound("multipleOf")
        .filter(|s| *s > 0.0)
        .unwrap_or(if integer { 1.0 } else { 0.5 });
    let low = match (bound("minimum"), bound("exclusiveMinimum")) {
        (_, Some(open)) => Some(open + step),
        (Some(low), None) if open("exclusiveMinimum") => Some(low + step),
        (low, None) => low,
    };
    let high = match (bound("maximum"), bound("exclusiveMaximum")) {
        (_, Some(open)) => Some(open - step),
        (Some(high), None) if open("exclusiveMaximum") => Some(high - step),
        (high, None) => high,
    };
    let mut value = if integer { 1.0 } else { 1.5 };
    if let Some(low) = low.filter(|low| *low > value) {
        value = low;
    }
    if let Some(high) = high.filter(|high| *high < value) {
        value = high;
    }
    if parts.get("multipleOf").is_some() {
        value = (value / step).ceil() * step;
    }
    let whole = value.round();
    if (integer || value == whole) && whole.abs() < 9e15 {
        return Number::from(whole as i64);
    }
    Number::from_f64(value).unwrap_or_else(|| Number::from(1))
}

fn string(parts: &Parts<'_>) -> String {
    let format = parts.get("format").and_then(Value::as_str).unwrap_or_default();
    let known = match format {
        "date-time" => "2026-01-15T09:30:00Z",
        "date" => "2026-01-15",
        "time" => "09:30:00Z",
        "duration" => "P1D",
        "email" | "idn-email" => "user@example.com",
        "uri" | "url" | "iri" | "uri-reference" => "https://example.com",
        "hostname" | "idn-hostname" => "example.com",
        "ipv4" | "ip" => "192.0.2.1",
        "ipv6" => "2001:db8::1",
        "uuid" | "guid" => "3f2b6c1e-8f4d-4f0a-9b7e-2a1c5d6e7f80",
        "byte" | "base64" | "base64url" => "aGVsbG8=",
        "binary" => "file",
        "int64" | "int32" | "integer" => "1",
        "decimal" | "float" | "double" => "1.5",
        _ => "",
    };
    if !known.is_empty() {
        return known.to_owned();
    }
    let count = |field| {
        parts
            .get(field)
            .and_then(Value::as_u64)
            .and_then(|n| usize::try_from(n).ok())
    };
    let mut text = "string".to_owned();
    let min = count("minLength").unwrap_or(0).min(256);
    while text.len() < min {
        text.push_str("string");
    }
    let wanted = if min > 6 { min } else { text.len() };
    text.truncate(count("maxLength").map_or(wanted, |max| max.min(wanted)).max(min));
    text
}

/// The example of a form file.
pub(super) fn file() -> Value {
    json!({"$base64": "aGVsbG8="})
}
