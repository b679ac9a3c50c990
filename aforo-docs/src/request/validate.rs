//! Whether a body fits its schema. Only a hint: the API judges.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::{InputError, body};
use crate::spec::openapi::ApiDescription;

/// Findings of one body at most.
const MAX_FINDINGS: usize = 20;
/// Schema nodes that are worth compiling for a hint.
const MAX_NODES: usize = 5_000;

/// What the schema of the operation's body says against `value`. Empty when all is well, and also when the
/// operation, its schema or the media type cannot be judged: a schema that refers elsewhere, that is too large, or
/// that is none. Nothing is fetched.
pub fn body_warnings(
    description: &ApiDescription,
    operation_id: &str,
    content_type: &str,
    value: &Value,
) -> Vec<InputError> {
    if !matches!(body::kind(content_type), body::Kind::Json) {
        return Vec::new();
    }
    let Some(schema) = description.body_schema(operation_id, &body::essence(content_type)) else {
        return Vec::new();
    };
    let parsed;
    let value = match value {
        Value::String(text) => match serde_json::from_str::<Value>(text) {
            Ok(inner @ (Value::Object(_) | Value::Array(_))) => {
                parsed = inner;
                &parsed
            }
            _ => value,
        },
        other => other,
    };
    let Some(schema) = self_contained(description.document(), schema, description.openapi_version()) else {
        return Vec::new();
    };
    let Some(validator) = compile(&schema).or_else(|| compile(&without_patterns(schema))) else {
        return Vec::new();
    };
    let finding = |e: jsonschema::ValidationError<'_>| {
        let mut message = e.to_string();
        if message.chars().count() > 300 {
            message = message.chars().take(300).chain(['…']).collect();
        }
        InputError::new(format!("/body{}", e.instance_path()), "schema", message)
    };
    let mut findings: Vec<_> = validator
        .iter_errors(value)
        .take(MAX_FINDINGS)
        .map(finding)
        .collect();
    findings.extend(query_findings(description, value));
    findings
}

/// Patterns of the document run on linear-time matching only; formats are notes, not rules.
/// What is wrong with the query in a GraphQL body, with its line in the query.
#[cfg(feature = "graphql")]
fn query_findings(description: &ApiDescription, value: &Value) -> Vec<InputError> {
    let query = value.get("query").and_then(Value::as_str);
    let (Some(schema), Some(query)) = (description.graphql(), query) else {
        return Vec::new();
    };
    let finding = |problem: crate::spec::graphql::QueryProblem| {
        let place = match (problem.line, problem.column) {
            (Some(line), Some(column)) => format!("line {line}, column {column}: "),
            _ => String::new(),
        };
        InputError::new("/body/query", "graphql", format!("{place}{}", problem.message))
    };
    schema.check(query).into_iter().map(finding).collect()
}

#[cfg(not(feature = "graphql"))]
fn query_findings(_: &ApiDescription, _: &Value) -> Vec<InputError> {
    Vec::new()
}

fn compile(schema: &Value) -> Option<jsonschema::Validator> {
    let options = jsonschema::options()
        .with_draft(jsonschema::Draft::Draft202012)
        .should_validate_formats(false)
        .with_pattern_options(jsonschema::PatternOptions::regex());
    options.build(schema).ok()
}

/// A pattern that cannot be compiled must not cost all other hints.
fn without_patterns(mut schema: Value) -> Value {
    match &mut schema {
        Value::Object(fields) => {
            fields.retain(|name, value| {
                name != "patternProperties" && !(name == "pattern" && value.is_string())
            });
            for value in fields.values_mut() {
                *value = without_patterns(value.take());
            }
        }
        Value::Array(items) => items
            .iter_mut()
            .for_each(|item| *item = without_patterns(item.take())),
        _ => {}
    }
    schema
}

/// The schema with all it refers to as `$defs`, as JSON Schema 2020-12. `None` when it refers to what is not there
/// or is too large.
fn self_contained(root: &Value, schema: &Value, openapi: &str) -> Option<Value> {
    let mut work = Bundle {
        root,
        old: openapi.starts_with("3.0"),
        names: HashMap::new(),
        queue: Vec::new(),
        nodes: 0,
    };
    let mut top = work.copy(schema, 0)?;
    let mut definitions = Map::new();
    while let Some((name, target)) = work.queue.pop() {
        definitions.insert(name, work.copy(target, 0)?);
    }
    if top.is_boolean() {
        return Some(top);
    }
    top.as_object_mut()?
        .insert("$defs".to_owned(), Value::Object(definitions));
    Some(top)
}

struct Bundle<'a> {
    root: &'a Value,
    /// OpenAPI 3.0: `nullable`, boolean `exclusiveMinimum`, no siblings of `$ref`.
    old: bool,
    names: HashMap<&'a str, String>,
    queue: Vec<(String, &'a Value)>,
    nodes: usize,
}

impl<'a> Bundle<'a> {
    fn copy(&mut self, schema: &'a Value, depth: u32) -> Option<Value> {
        self.nodes += 1;
        if self.nodes > MAX_NODES || depth > 40 {
            return None;
        }
        let Value::Object(fields) = schema else {
            return Some(if schema.is_boolean() {
                schema.clone()
            } else {
                json!({})
            });
        };
        let mut out = Map::new();
        for (key, value) in fields {
            match key.as_str() {
                "$ref" => {
                    let name = self.reference(value.as_str()?)?;
                    out.insert("$ref".to_owned(), Value::String(format!("#/$defs/{name}")));
                    if self.old {
                        return Some(Value::Object(out));
                    }
                }
                "properties" | "patternProperties" | "dependentSchemas" => {
                    let mut inner = Map::new();
                    for (name, schema) in value.as_object()? {
                        inner.insert(name.clone(), self.copy(schema, depth + 1)?);
                    }
                    out.insert(key.clone(), Value::Object(inner));
                }
                "items"
                | "additionalProperties"
                | "not"
                | "if"
                | "then"
                | "else"
                | "contains"
                | "propertyNames" => {
                    out.insert(key.clone(), self.copy(value, depth + 1)?);
                }
                "allOf" | "anyOf" | "oneOf" | "prefixItems" => {
                    let members: Option<Vec<Value>> = value
                        .as_array()?
                        .iter()
                        .map(|member| self.copy(member, depth + 1))
                        .collect();
                    out.insert(key.clone(), Value::Array(members?));
                }
                "type" | "enum" | "const" | "minimum" | "maximum" | "multipleOf" | "minLength"
                | "maxLength" | "pattern" | "minItems" | "maxItems" | "uniqueItems" | "minProperties"
                | "maxProperties" | "minContains" | "maxContains" | "dependentRequired"
                | "exclusiveMinimum" | "exclusiveMaximum" => {
                    out.insert(key.clone(), value.clone());
                }
                "required" if value.is_array() => {
                    out.insert(key.clone(), value.clone());
                }
                _ => {}
            }
        }
        self.requests_only(fields, &mut out);
        if self.old {
            modernise(fields, &mut out);
        }
        Some(Value::Object(out))
    }

    /// Read-only properties are not asked for in a request.
    fn requests_only(&self, fields: &'a Map<String, Value>, out: &mut Map<String, Value>) {
        let Some(Value::Array(required)) = out.get_mut("required") else {
            return;
        };
        let read_only = |name: &Value| {
            let property = fields.get("properties").and_then(|p| p.get(name.as_str()?));
            property.and_then(|p| p.get("readOnly")).and_then(Value::as_bool) == Some(true)
        };
        required.retain(|name| name.is_string() && !read_only(name));
    }

    fn reference(&mut self, reference: &'a str) -> Option<String> {
        if let Some(name) = self.names.get(reference) {
            return Some(name.clone());
        }
        let pointer = reference.strip_prefix('#')?;
        let decoded = percent_encoding::percent_decode_str(pointer).decode_utf8().ok()?;
        let target = self
            .root
            .pointer(pointer)
            .or_else(|| self.root.pointer(&decoded))?;
        let name = format!("s{}", self.names.len());
        self.names.insert(reference, name.clone());
        self.queue.push((name.clone(), target));
        Some(name)
    }
}

/// OpenAPI 3.0's own words in those of JSON Schema 2020-12.
fn modernise(fields: &Map<String, Value>, out: &mut Map<String, Value>) {
    for (exclusive, bound) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
        if let Some(Value::Bool(open)) = fields.get(exclusive) {
            out.remove(exclusive);
            if *open && let Some(n) = out.remove(bound) {
                out.insert(exclusive.to_owned(), n);
            }
        }
    }
    if fields.get("nullable").and_then(Value::as_bool) == Some(true) {
        let schema = Value::Object(std::mem::take(out));
        out.insert("anyOf".to_owned(), json!([{"type": "null"}, schema]));
    }
}
