//! A schema as an OpenAPI document: an operation for each root field, a component schema for each type.

use apollo_compiler::{
    Schema,
    ast::{InputValueDefinition, OperationType, Type, Value as Literal},
    schema::{DirectiveList, ExtendedType, FieldDefinition},
};
use serde_json::{Map, Value, json};

use super::query;
use crate::spec::diagnostic::Diagnostic;

/// The id of the operation that takes any query.
pub(super) const ANY_QUERY: &str = "run-query";
/// Levels of an example value, and values in it.
const EXAMPLE_LEVELS: usize = 6;

/// The document. Operations share one path; what follows `#` tells them apart and is not sent.
pub(super) fn of(schema: &Schema, endpoint: &str) -> Result<Value, Diagnostic> {
    let mut paths = Map::new();
    let mut tags = Vec::new();
    let mut first = None;
    let roots = [
        (OperationType::Query, "Queries", ""),
        (OperationType::Mutation, "Mutations", "mutation-"),
        (OperationType::Subscription, "Subscriptions", "subscription-"),
    ];
    let mut taken = std::collections::HashSet::from([ANY_QUERY.to_owned()]);
    for (kind, tag, prefix) in roots {
        let Some(root) = schema.root_operation(kind) else {
            continue;
        };
        let fields = match schema.types.get(root) {
            Some(ExtendedType::Object(object)) => &object.fields,
            _ => {
                let message = format!("`{root}`, the {} type, is missing or no object type", kind.name());
                return Err(Diagnostic::error("graphql-root", message));
            }
        };
        if fields.is_empty() {
            continue;
        }
        tags.push(json!({ "name": tag }));
        for field in fields.values() {
            let mut id = field.name.to_string();
            if !taken.insert(id.clone()) {
                id = format!("{prefix}{}", field.name);
                taken.insert(id.clone());
            }
            let operation = operation(schema, kind, tag, &id, field);
            first.get_or_insert_with(|| query::example(schema, kind, field));
            paths.insert(format!("{endpoint}#{id}"), json!({ "post": operation }));
        }
    }
    let any = any_query(first.as_deref().unwrap_or("{ __typename }"));
    paths.insert(format!("{endpoint}#{ANY_QUERY}"), json!({ "post": any }));
    tags.push(json!({ "name": "Any query", "description": "A query of your own, with variables." }));
    Ok(json!({
        "openapi": "3.1.0",
        "info": info(schema),
        "x-graphql": true,
        "security": [{ "bearer": [] }],
        "tags": tags,
        "paths": paths,
        "components": {
            "securitySchemes": { "bearer": { "type": "http", "scheme": "bearer" } },
            "schemas": types(schema),
        },
    }))
}

fn info(schema: &Schema) -> Value {
    let description = schema
        .schema_definition
        .description
        .as_deref()
        .unwrap_or_default();
    json!({ "title": "GraphQL API", "version": "", "description": description })
}

fn operation(schema: &Schema, kind: OperationType, tag: &str, id: &str, field: &FieldDefinition) -> Value {
    let query = query::example(schema, kind, field);
    let mut properties = Map::new();
    let mut required = Vec::new();
    let mut example = Map::new();
    for argument in &field.arguments {
        properties.insert(argument.name.to_string(), input(schema, argument));
        if argument.is_required() {
            required.push(json!(argument.name.as_str()));
            let value = value_of(schema, &argument.ty, EXAMPLE_LEVELS);
            example.insert(argument.name.to_string(), value);
        }
    }
    let mut variables = json!({
        "type": "object",
        "description": "Values of the query's variables.",
        "properties": properties,
    });
    let mut body_required = vec![json!("query")];
    if !required.is_empty() {
        variables["required"] = Value::Array(required);
        body_required.push(json!("variables"));
    }
    let mut description = field.description.as_deref().unwrap_or_default().to_owned();
    let summary = sentence(&description).unwrap_or_else(|| field.name.to_string());
    append(&mut description, reason(&field.directives));
    if kind == OperationType::Subscription {
        append(
            &mut description,
            Some("A subscription: the API answers it over a streaming transport that it chooses.".to_owned()),
        );
    }
    let mut body = json!({ "query": query });
    if !example.is_empty() {
        body["variables"] = Value::Object(example);
    }
    json!({
        "operationId": id,
        "summary": summary,
        "description": description,
        "tags": [tag],
        "deprecated": field.directives.get("deprecated").is_some(),
        "requestBody": {
            "required": true,
            "content": { "application/json": {
                "schema": {
                    "type": "object",
                    "required": body_required,
                    "properties": {
                        "query": query_schema(),
                        "variables": variables,
                        "operationName": operation_name(),
                    },
                },
                "example": body,
            } },
        },
        "responses": { "200": {
            "description": "The data, or errors, or both.",
            "content": { "application/json": { "schema": {
                "type": "object",
                "properties": {
                    "data": { "type": "object", "properties": { field.name.as_str(): output(schema, &field.ty) } },
                    "errors": errors(),
                },
            } } },
        } },
    })
}

fn any_query(example: &str) -> Value {
    json!({
        "operationId": ANY_QUERY,
        "summary": "Run a query",
        "description": "Any query or mutation, checked against the schema before it is sent.",
        "tags": ["Any query"],
        "requestBody": {
            "required": true,
            "content": { "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["query"],
                    "properties": {
                        "query": query_schema(),
                        "variables": { "type": "object", "additionalProperties": true,
                            "description": "Values of the query's variables." },
                        "operationName": operation_name(),
                    },
                },
                "example": { "query": example },
            } },
        },
        "responses": { "200": {
            "description": "The data, or errors, or both.",
            "content": { "application/json": { "schema": {
                "type": "object",
                "properties": { "data": { "type": "object" }, "errors": errors() },
            } } },
        } },
    })
}

fn query_schema() -> Value {
    json!({ "type": "string", "format": "graphql", "description": "The query: choose the fields that you want." })
}

fn operation_name() -> Value {
    json!({ "type": "string", "description": "Which operation to run, when the query holds several." })
}

fn errors() -> Value {
    json!({
        "type": "array",
        "description": "What went wrong; absent if nothing did.",
        "items": {
            "type": "object",
            "required": ["message"],
            "properties": {
                "message": { "type": "string" },
                "path": { "type": "array", "items": {} },
                "locations": { "type": "array", "items": {
                    "type": "object",
                    "properties": { "line": { "type": "integer" }, "column": { "type": "integer" } },
                } },
                "extensions": { "type": "object" },
            },
        },
    })
}

fn types(schema: &Schema) -> Map<String, Value> {
    let root = &schema.schema_definition;
    let roots: Vec<_> = [&root.query, &root.mutation, &root.subscription]
        .into_iter()
        .flatten()
        .map(|root| root.name.clone())
        .collect();
    let implementers = schema.implementers_map();
    let shown = schema.types.iter().filter(|(name, of)| {
        !of.is_built_in() && !name.starts_with("__") && !roots.contains(name) && !is_native(name)
    });
    let view = |(name, of): (&apollo_compiler::ast::NamedType, &ExtendedType)| {
        let implemented = implementers.get(name);
        let implemented: Vec<String> = implemented
            .map(|all| all.objects.iter().map(ToString::to_string).collect())
            .unwrap_or_default();
        (name.to_string(), type_schema(schema, of, &implemented))
    };
    shown.map(view).collect()
}

fn type_schema(schema: &Schema, of: &ExtendedType, implementers: &[String]) -> Value {
    let mut description = of.description().map(|text| text.to_string()).unwrap_or_default();
    match of {
        ExtendedType::Scalar(scalar) => {
            let mut out = json!({ "format": scalar.name.as_str() });
            if let Some(by) = argument_text(&scalar.directives, "specifiedBy", "url") {
                append(&mut description, Some(format!("Specified by <{by}>.")));
            }
            out["description"] = json!(description);
            out
        }
        ExtendedType::Enum(of) => {
            let values: Vec<&str> = of.values.keys().map(|name| name.as_str()).collect();
            let mut notes = Map::new();
            for value in of.values.values() {
                let mut note = value.description.as_deref().unwrap_or_default().to_owned();
                append(&mut note, reason(&value.directives));
                if !note.is_empty() {
                    notes.insert(value.value.to_string(), json!(note));
                }
            }
            json!({ "type": "string", "description": description, "enum": values, "x-enumDescriptions": notes })
        }
        ExtendedType::Union(of) => {
            let members: Vec<Value> = of.members.iter().map(|member| refer(&member.name)).collect();
            json!({ "description": description, "oneOf": members })
        }
        ExtendedType::Object(of) => object(schema, description, of.fields.values().map(|field| &***field)),
        ExtendedType::Interface(of) => {
            if !implementers.is_empty() {
                let names: Vec<String> = implementers.iter().map(|name| format!("`{name}`")).collect();
                append(
                    &mut description,
                    Some(format!("Implemented by {}.", names.join(", "))),
                );
            }
            object(schema, description, of.fields.values().map(|field| &***field))
        }
        ExtendedType::InputObject(of) => {
            let mut properties = Map::new();
            let mut required = Vec::new();
            for field in of.fields.values() {
                properties.insert(field.name.to_string(), input(schema, field));
                if field.is_required() {
                    required.push(json!(field.name.as_str()));
                }
            }
            json!({ "type": "object", "description": description, "properties": properties, "required": required })
        }
    }
}

fn object<'a>(
    schema: &Schema,
    description: String,
    fields: impl Iterator<Item = &'a FieldDefinition>,
) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for field in fields {
        let mut view = output(schema, &field.ty);
        let mut text = field.description.as_deref().unwrap_or_default().to_owned();
        append(&mut text, reason(&field.directives));
        if !field.arguments.is_empty() {
            let arguments: Vec<String> = field.arguments.iter().map(|arg| argument(arg)).collect();
            append(&mut text, Some(format!("Arguments:\n\n{}", arguments.join("\n"))));
        }
        note(&mut view, &text, &field.directives);
        properties.insert(field.name.to_string(), view);
        if field.ty.is_non_null() {
            required.push(json!(field.name.as_str()));
        }
    }
    json!({ "type": "object", "description": description, "properties": properties, "required": required })
}

/// One argument as an item of a list.
fn argument(of: &InputValueDefinition) -> String {
    let text = of.description.as_deref().unwrap_or_default();
    let text = sentence(text).map(|text| format!(": {text}")).unwrap_or_default();
    format!("- `{}` (`{}`){text}", of.name, of.ty)
}

fn input(schema: &Schema, of: &InputValueDefinition) -> Value {
    let mut view = output(schema, &of.ty);
    let mut text = of.description.as_deref().unwrap_or_default().to_owned();
    append(&mut text, reason(&of.directives));
    note(&mut view, &text, &of.directives);
    if let Some(default) = of.default_value.as_deref().and_then(literal) {
        view["default"] = default;
    }
    view
}

/// Description and deprecation beside a type, which may be a reference.
fn note(view: &mut Value, text: &str, directives: &AstDirectives) {
    if !text.is_empty() {
        view["description"] = json!(text);
    }
    if directives.get("deprecated").is_some() {
        view["deprecated"] = json!(true);
    }
}

/// Fields and arguments carry the directives of the syntax tree, types those of the schema.
type AstDirectives = apollo_compiler::ast::DirectiveList;

fn output(schema: &Schema, of: &Type) -> Value {
    match of {
        Type::List(item) | Type::NonNullList(item) => {
            json!({ "type": "array", "items": output(schema, item) })
        }
        Type::Named(name) | Type::NonNullNamed(name) => match name.as_str() {
            "Int" => json!({ "type": "integer", "format": "int32" }),
            "Float" => json!({ "type": "number" }),
            "String" => json!({ "type": "string" }),
            "Boolean" => json!({ "type": "boolean" }),
            "ID" => json!({ "type": "string", "format": "ID" }),
            _ if schema.types.contains_key(name) => refer(name),
            other => json!({ "format": other }),
        },
    }
}

fn refer(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

fn is_native(name: &str) -> bool {
    matches!(name, "Int" | "Float" | "String" | "Boolean" | "ID")
}

/// A value of a type, for examples.
fn value_of(schema: &Schema, of: &Type, levels: usize) -> Value {
    match of {
        Type::List(item) | Type::NonNullList(item) if levels > 0 => {
            json!([value_of(schema, item, levels - 1)])
        }
        Type::List(_) | Type::NonNullList(_) => json!([]),
        Type::Named(name) | Type::NonNullNamed(name) => match (name.as_str(), schema.types.get(name)) {
            ("Int", _) => json!(1),
            ("Float", _) => json!(1.5),
            ("Boolean", _) => json!(true),
            ("ID", _) => json!("1"),
            (_, Some(ExtendedType::Enum(of))) => json!(of.values.keys().next().map(|name| name.as_str())),
            (_, Some(ExtendedType::InputObject(of))) if levels > 0 => {
                let required = of.fields.values().filter(|field| field.is_required());
                let fields =
                    required.map(|field| (field.name.to_string(), value_of(schema, &field.ty, levels - 1)));
                Value::Object(fields.collect())
            }
            (_, Some(ExtendedType::InputObject(_))) => json!({}),
            (other, _) => json!(if other == "String" {
                "string".to_owned()
            } else {
                other.to_owned()
            }),
        },
    }
}

fn literal(of: &Literal) -> Option<Value> {
    Some(match of {
        Literal::Null => Value::Null,
        Literal::Enum(name) => json!(name.as_str()),
        Literal::String(text) => json!(text),
        Literal::Boolean(value) => json!(value),
        Literal::Int(value) => serde_json::from_str(value.as_str()).ok()?,
        Literal::Float(value) => serde_json::from_str(value.as_str()).ok()?,
        Literal::List(items) => items.iter().map(|item| literal(item)).collect::<Option<_>>()?,
        Literal::Object(fields) => {
            let field = |(name, value): &(apollo_compiler::Name, apollo_compiler::Node<Literal>)| {
                Some((name.to_string(), literal(value)?))
            };
            Value::Object(fields.iter().map(field).collect::<Option<_>>()?)
        }
        Literal::Variable(_) => return None,
    })
}

/// Why something is deprecated.
fn reason(directives: &AstDirectives) -> Option<String> {
    let directive = directives.get("deprecated")?;
    let reason = directive.specified_argument_by_name("reason")?.as_str()?;
    Some(format!("Deprecated: {reason}"))
}

fn argument_text(directives: &DirectiveList, directive: &str, argument: &str) -> Option<String> {
    let value = directives
        .get(directive)?
        .specified_argument_by_name(argument)?
        .as_str()?;
    Some(value.to_owned())
}

/// The first sentence of a text, if it is short enough for a line.
fn sentence(text: &str) -> Option<String> {
    let line = text.trim().lines().next()?.trim();
    let end = line.find(". ").unwrap_or(line.len());
    let sentence = line[..end].trim_end_matches('.');
    (!sentence.is_empty() && sentence.chars().count() <= 120).then(|| sentence.to_owned())
}

fn append(text: &mut String, more: Option<String>) {
    if let Some(more) = more {
        if !text.is_empty() {
            text.push_str("\n\n");
        }
        text.push_str(&more);
    }
}
