//! Queries: an example for a field, and what is wrong with one that somebody wrote.

use apollo_compiler::{
    ExecutableDocument, Schema,
    ast::{OperationType, Type},
    parser::Parser,
    schema::{ExtendedType, FieldDefinition},
    validation::Valid,
};

use super::DEPTH;

/// One thing that is wrong with a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryProblem {
    /// The line in the query, from 1.
    pub line: Option<u32>,
    /// The column, from 1.
    pub column: Option<u32>,
    /// For people.
    pub message: String,
}

/// At most this many problems of one query.
const MOST: usize = 20;
/// Longer queries are not checked: the API has the last word.
const LONGEST: usize = 64 * 1024;

pub(super) fn check(schema: &Valid<Schema>, query: &str) -> Vec<QueryProblem> {
    if query.len() > LONGEST {
        return Vec::new();
    }
    let mut parser = Parser::new().recursion_limit(DEPTH).token_limit(LONGEST);
    let document = parser.parse_executable(schema, query, "query.graphql");
    let errors = match document {
        Ok(document) => match ExecutableDocument::validate(document, schema) {
            Ok(_) => return Vec::new(),
            Err(odd) => odd.errors,
        },
        Err(broken) => broken.errors,
    };
    let mut problems = Vec::new();
    for error in errors.iter().take(MOST) {
        let place = error.line_column_range().map(|range| range.start);
        let small = |n: usize| u32::try_from(n).ok();
        problems.push(QueryProblem {
            line: place.as_ref().and_then(|place| small(place.line)),
            column: place.as_ref().and_then(|place| small(place.column)),
            message: error.error.to_string(),
        });
    }
    problems
}

/// Levels and fields of an example: enough to see what comes back, short enough to read.
const LEVELS: usize = 3;
const FIELDS: usize = 24;

/// A query for one root field: required arguments as variables, and its leaves.
pub(super) fn example(schema: &Schema, kind: OperationType, field: &FieldDefinition) -> String {
    let required: Vec<_> = field.arguments.iter().filter(|arg| arg.is_required()).collect();
    let mut out = format!("{} {}", kind.name(), pascal(&field.name));
    if !required.is_empty() {
        let variables: Vec<String> = required
            .iter()
            .map(|arg| format!("${}: {}", arg.name, arg.ty))
            .collect();
        out.push_str(&format!("({})", variables.join(", ")));
    }
    out.push_str(" {\n  ");
    out.push_str(&field.name);
    if !required.is_empty() {
        let arguments: Vec<String> = required
            .iter()
            .map(|arg| format!("{0}: ${0}", arg.name))
            .collect();
        out.push_str(&format!("({})", arguments.join(", ")));
    }
    let mut left = FIELDS;
    let inner = selection(schema, &field.ty, 1, &mut left);
    out.push_str(&inner);
    out.push_str("\n}\n");
    out
}

/// ` { … }` with the leaves of a type; empty for a type that is a leaf itself.
fn selection(schema: &Schema, of: &Type, level: usize, left: &mut usize) -> String {
    let indent = "  ".repeat(level + 1);
    let mut lines: Vec<String> = Vec::new();
    match schema.types.get(of.inner_named_type()) {
        Some(ExtendedType::Object(object)) => fields(
            schema,
            object.fields.values().map(|f| &***f),
            level,
            left,
            &mut lines,
        ),
        Some(ExtendedType::Interface(interface)) => {
            lines.push("__typename".to_owned());
            fields(
                schema,
                interface.fields.values().map(|f| &***f),
                level,
                left,
                &mut lines,
            );
        }
        Some(ExtendedType::Union(union)) => {
            lines.push("__typename".to_owned());
            for member in union.members.iter().take(3) {
                if level >= LEVELS || *left == 0 {
                    break;
                }
                let inner = selection(schema, &Type::Named(member.name.clone()), level + 1, left);
                if !inner.is_empty() {
                    lines.push(format!("... on {}{inner}", member.name));
                }
            }
        }
        _ => return String::new(),
    }
    if lines.is_empty() {
        lines.push("__typename".to_owned());
    }
    let body: String = lines.iter().map(|line| format!("{indent}{line}\n")).collect();
    format!(" {{\n{body}{}}}", "  ".repeat(level))
}

fn fields<'a>(
    schema: &Schema,
    all: impl Iterator<Item = &'a FieldDefinition> + Clone,
    level: usize,
    left: &mut usize,
    lines: &mut Vec<String>,
) {
    let fit = all.filter(|field| {
        field.directives.get("deprecated").is_none() && !field.arguments.iter().any(|arg| arg.is_required())
    });
    let is_leaf = |field: &FieldDefinition| {
        !matches!(
            schema.types.get(field.ty.inner_named_type()),
            Some(ExtendedType::Object(_) | ExtendedType::Interface(_) | ExtendedType::Union(_))
        )
    };
    for field in fit.clone().filter(|field| is_leaf(field)).take(8) {
        if *left == 0 {
            return;
        }
        *left -= 1;
        lines.push(field.name.to_string());
    }
    if level >= LEVELS {
        return;
    }
    // What a connection is about is one level down.
    for field in fit.filter(|field| !is_leaf(field)).take(2) {
        if *left < 2 {
            return;
        }
        *left -= 1;
        let inner = selection(schema, &field.ty, level + 1, left);
        lines.push(format!("{}{inner}", field.name));
    }
}

fn pascal(name: &str) -> String {
    let mut chars = name.chars();
    chars
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
