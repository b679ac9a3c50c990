//! Introspection JSON to SDL, so that both are read by one reader.

use std::fmt::Write as _;

use serde::Deserialize;

use super::DEPTH;
use crate::spec::diagnostic::Diagnostic;

#[derive(Deserialize)]
struct Answer {
    #[serde(alias = "data")]
    data: Option<Data>,
    #[serde(rename = "__schema")]
    schema: Option<Schema>,
    endpoint: Option<String>,
}

#[derive(Deserialize)]
struct Data {
    #[serde(rename = "__schema")]
    schema: Option<Schema>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Schema {
    description: Option<String>,
    query_type: Option<Named>,
    mutation_type: Option<Named>,
    subscription_type: Option<Named>,
    types: Vec<FullType>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FullType {
    kind: String,
    name: String,
    description: Option<String>,
    #[serde(default)]
    fields: Option<Vec<Field>>,
    #[serde(default)]
    input_fields: Option<Vec<InputValue>>,
    #[serde(default)]
    interfaces: Option<Vec<TypeRef>>,
    #[serde(default)]
    enum_values: Option<Vec<EnumValue>>,
    #[serde(default)]
    possible_types: Option<Vec<TypeRef>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Field {
    name: String,
    description: Option<String>,
    #[serde(default)]
    args: Vec<InputValue>,
    r#type: TypeRef,
    #[serde(default)]
    is_deprecated: bool,
    deprecation_reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct InputValue {
    name: String,
    description: Option<String>,
    r#type: TypeRef,
    default_value: Option<String>,
    #[serde(default)]
    is_deprecated: bool,
    deprecation_reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EnumValue {
    name: String,
    description: Option<String>,
    #[serde(default)]
    is_deprecated: bool,
    deprecation_reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TypeRef {
    kind: String,
    name: Option<String>,
    of_type: Option<Box<TypeRef>>,
}

const BUILT_IN: [&str; 5] = ["Int", "Float", "String", "Boolean", "ID"];

/// The schema as SDL, and the endpoint if the document names one.
pub(super) fn to_sdl(text: &str) -> Result<(String, Option<String>), Diagnostic> {
    let answer: Answer = serde_json::from_str(text).map_err(|e| {
        let message = format!("this is not the answer to an introspection query: {e}");
        Diagnostic::error("graphql-introspection", message).on(e.line() as u64, e.column() as u64)
    })?;
    let schema = answer.schema.or_else(|| answer.data?.schema).ok_or_else(|| {
        Diagnostic::error(
            "graphql-introspection",
            "the member `__schema` is missing or null",
        )
    })?;
    let mut out = String::with_capacity(text.len() / 2);
    description(&mut out, "", schema.description.as_deref());
    out.push_str("schema {\n");
    for (word, root) in [
        ("query", &schema.query_type),
        ("mutation", &schema.mutation_type),
        ("subscription", &schema.subscription_type),
    ] {
        if let Some(root) = root {
            let _ = writeln!(out, "  {word}: {}", name(&root.name)?);
        }
    }
    out.push_str("}\n");
    for of in &schema.types {
        if !of.name.starts_with("__") && !BUILT_IN.contains(&of.name.as_str()) {
            write_type(&mut out, of)?;
        }
    }
    Ok((out, answer.endpoint))
}

fn write_type(out: &mut String, of: &FullType) -> Result<(), Diagnostic> {
    out.push('\n');
    description(out, "", of.description.as_deref());
    let own = name(&of.name)?;
    match of.kind.as_str() {
        "SCALAR" => {
            let _ = writeln!(out, "scalar {own}");
        }
        "OBJECT" | "INTERFACE" => {
            let word = if of.kind == "OBJECT" { "type" } else { "interface" };
            let _ = write!(out, "{word} {own}");
            let mut sign = " implements ";
            for interface in of.interfaces.iter().flatten() {
                let _ = write!(out, "{sign}{}", type_text(interface, 0)?);
                sign = " & ";
            }
            out.push_str(" {\n");
            for field in of.fields.iter().flatten() {
                description(out, "  ", field.description.as_deref());
                let _ = write!(out, "  {}", name(&field.name)?);
                if !field.args.is_empty() {
                    out.push_str("(\n");
                    for arg in &field.args {
                        input(out, "    ", arg)?;
                    }
                    out.push_str("  )");
                }
                let _ = write!(out, ": {}", type_text(&field.r#type, 0)?);
                deprecated(out, field.is_deprecated, field.deprecation_reason.as_deref());
                out.push('\n');
            }
            out.push_str("}\n");
        }
        "UNION" => {
            let _ = write!(out, "union {own}");
            let mut sign = " = ";
            for member in of.possible_types.iter().flatten() {
                let _ = write!(out, "{sign}{}", type_text(member, 0)?);
                sign = " | ";
            }
            out.push('\n');
        }
        "ENUM" => {
            let _ = writeln!(out, "enum {own} {{");
            for value in of.enum_values.iter().flatten() {
                description(out, "  ", value.description.as_deref());
                let _ = write!(out, "  {}", name(&value.name)?);
                deprecated(out, value.is_deprecated, value.deprecation_reason.as_deref());
                out.push('\n');
            }
            out.push_str("}\n");
        }
        "INPUT_OBJECT" => {
            let _ = writeln!(out, "input {own} {{");
            for field in of.input_fields.iter().flatten() {
                input(out, "  ", field)?;
            }
            out.push_str("}\n");
        }
        other => {
            let message = format!("the type `{own}` is of a kind that is not known: `{other}`");
            return Err(Diagnostic::error("graphql-introspection", message));
        }
    }
    Ok(())
}

fn input(out: &mut String, indent: &str, value: &InputValue) -> Result<(), Diagnostic> {
    description(out, indent, value.description.as_deref());
    let _ = write!(
        out,
        "{indent}{}: {}",
        name(&value.name)?,
        type_text(&value.r#type, 0)?
    );
    if let Some(default) = &value.default_value {
        // It is a literal of the language; a line break in it would be one in the text.
        let _ = write!(out, " = {}", default.replace(['\n', '\r'], " "));
    }
    deprecated(out, value.is_deprecated, value.deprecation_reason.as_deref());
    out.push('\n');
    Ok(())
}

fn type_text(of: &TypeRef, depth: usize) -> Result<String, Diagnostic> {
    let missing = || Diagnostic::error("graphql-introspection", "a type reference names no type");
    if depth > DEPTH {
        return Err(Diagnostic::error("too-deep", "a type is wrapped too deeply"));
    }
    match of.kind.as_str() {
        "NON_NULL" => Ok(format!(
            "{}!",
            type_text(of.of_type.as_deref().ok_or_else(missing)?, depth + 1)?
        )),
        "LIST" => Ok(format!(
            "[{}]",
            type_text(of.of_type.as_deref().ok_or_else(missing)?, depth + 1)?
        )),
        _ => Ok(name(of.name.as_deref().ok_or_else(missing)?)?.to_owned()),
    }
}

/// A name as it may stand in SDL; nothing else can be written through it.
fn name(text: &str) -> Result<&str, Diagnostic> {
    let fits = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    fits.then_some(text).ok_or_else(|| {
        let shown: String = text.chars().take(40).collect();
        Diagnostic::error("graphql-introspection", format!("`{shown}` is no GraphQL name"))
    })
}

fn description(out: &mut String, indent: &str, text: Option<&str>) {
    if let Some(text) = text.filter(|text| !text.trim().is_empty()) {
        let _ = writeln!(out, "{indent}{}", quoted(text));
    }
}

fn deprecated(out: &mut String, is: bool, reason: Option<&str>) {
    match reason {
        Some(reason) if is || !reason.is_empty() => {
            let _ = write!(out, " @deprecated(reason: {})", quoted(reason));
        }
        _ if is => out.push_str(" @deprecated"),
        _ => {}
    }
}

/// A string literal: JSON's escapes are GraphQL's, too.
fn quoted(text: &str) -> String {
    let clean: String = text
        .chars()
        .filter(|c| !c.is_control() || matches!(c, '\n' | '\t'))
        .collect();
    serde_json::Value::String(clean).to_string()
}
