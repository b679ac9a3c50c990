//! The value that an input stands for, checked against the parameter's type and `enum`.

use serde_json::{Map, Value};

use super::InputError;
use crate::spec::model::{Parameter, SchemaView};

/// The value to write for a parameter.
pub(super) fn read(parameter: &Parameter, given: &Value) -> Result<Value, InputError> {
    if parameter.media_type.is_some() {
        return Ok(given.clone()); // a document of its own; see `text`
    }
    let value = coerce(&parameter.schema, given).map_err(|expected| {
        let message = format!("{:?} takes {expected}", parameter.name);
        InputError::of(parameter, "wrong-type", message)
    })?;
    if let Some(allowed) = outside_of_enum(&parameter.schema, &value) {
        let shown: Vec<String> = allowed.iter().take(12).map(plain).collect();
        let more = if allowed.len() > 12 { ", …" } else { "" };
        let message = format!("{:?} takes one of: {}{more}", parameter.name, shown.join(", "));
        return Err(InputError::of(parameter, "not-in-enum", message));
    }
    Ok(value)
}

/// What types a schema takes, its alternatives included. `None`: any.
pub(super) fn types(schema: &SchemaView) -> Option<Vec<&str>> {
    if !schema.types.is_empty() {
        return Some(schema.types.iter().map(String::as_str).collect());
    }
    let Some((_, members)) = &schema.alternatives else {
        return match () {
            () if !schema.properties.is_empty() || schema.additional.is_some() => Some(vec!["object"]),
            () if schema.items.is_some() => Some(vec!["array"]),
            () => None,
        };
    };
    let mut all = Vec::new();
    for member in members {
        all.extend(types(member)?);
    }
    Some(all)
}

/// The given value in the first of the schema's types that it fits, or what it should have been.
fn coerce(schema: &SchemaView, given: &Value) -> Result<Value, &'static str> {
    let Some(types) = types(schema) else {
        return Ok(given.clone());
    };
    // More telling types first: "7" is 7 where both integer and string are taken, and both are written alike.
    let mut expected = "a text";
    for wanted in ["boolean", "integer", "number", "array", "object", "string"] {
        if !types.contains(&wanted) {
            continue;
        }
        let fit = match wanted {
            "boolean" => boolean(given),
            "integer" => integer(given),
            "number" => number(given),
            "array" => array(schema, given),
            "object" => object(given),
            _ => text(given),
        };
        if let Some(value) = fit {
            return Ok(value);
        }
        expected = match wanted {
            "boolean" => "true or false",
            "integer" => "a whole number",
            "number" => "a number",
            "array" => "a list",
            "object" => "an object",
            _ => expected,
        };
    }
    // A type that nobody knows, such as `file`, takes anything.
    let known = |t: &&str| {
        [
            "boolean", "integer", "number", "array", "object", "string", "null",
        ]
        .contains(t)
    };
    if types.iter().any(known) {
        Err(expected)
    } else {
        Ok(given.clone())
    }
}

fn boolean(given: &Value) -> Option<Value> {
    match given {
        Value::Bool(_) => Some(given.clone()),
        Value::String(text) => text.trim().parse().ok().map(Value::Bool),
        _ => None,
    }
}

fn integer(given: &Value) -> Option<Value> {
    match given {
        Value::Number(n) if n.is_i64() || n.is_u64() => Some(given.clone()),
        Value::Number(n) => {
            let n = n.as_f64().filter(|n| n.fract() == 0.0 && n.abs() < 9e15)?;
            Some(Value::from(n as i64))
        }
        // Kept as written: an id may be larger than any number type.
        Value::String(text) => {
            let digits = text.trim();
            let bare = digits.strip_prefix('-').unwrap_or(digits);
            (!bare.is_empty() && bare.bytes().all(|b| b.is_ascii_digit()))
                .then(|| Value::String(digits.to_owned()))
        }
        _ => None,
    }
}

fn number(given: &Value) -> Option<Value> {
    match given {
        Value::Number(_) => Some(given.clone()),
        Value::String(text) => {
            let text = text.trim();
            let sane = text
                .bytes()
                .all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e' | b'E'));
            (sane && text.parse::<f64>().is_ok_and(f64::is_finite)).then(|| Value::String(text.to_owned()))
        }
        _ => None,
    }
}

fn text(given: &Value) -> Option<Value> {
    match given {
        Value::String(_) | Value::Number(_) | Value::Bool(_) => Some(given.clone()),
        _ => None,
    }
}

fn array(schema: &SchemaView, given: &Value) -> Option<Value> {
    let items: Vec<Value> = match given {
        Value::Array(items) => items.clone(),
        Value::String(text) => match serde_json::from_str(text) {
            Ok(Value::Array(items)) => items,
            _ => text
                .split([',', '\n'])
                .map(|t| Value::from(t.trim()))
                .filter(|t| t != "")
                .collect(),
        },
        Value::Number(_) | Value::Bool(_) => vec![given.clone()],
        _ => return None,
    };
    let any = SchemaView::default();
    let item = schema.items.as_deref().unwrap_or(&any);
    items
        .iter()
        .map(|value| coerce(item, value).ok())
        .collect::<Option<Vec<_>>>()
        .map(Value::Array)
}

fn object(given: &Value) -> Option<Value> {
    match given {
        Value::Object(_) => Some(given.clone()),
        Value::String(text) => serde_json::from_str::<Map<String, Value>>(text)
            .ok()
            .map(Value::Object),
        _ => None,
    }
}

/// The allowed values, if this one is none of them.
fn outside_of_enum<'s>(schema: &'s SchemaView, value: &Value) -> Option<&'s [Value]> {
    if let Value::Array(items) = value
        && let Some(of_items) = &schema.items
    {
        return items.iter().find_map(|item| outside_of_enum(of_items, item));
    }
    let allowed = schema.enumeration.as_slice();
    if allowed.is_empty() || allowed.iter().any(|a| a == value || plain(a) == plain(value)) {
        return None;
    }
    Some(allowed)
}

/// A value as it is written where there are no types. Nested values are JSON.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}
