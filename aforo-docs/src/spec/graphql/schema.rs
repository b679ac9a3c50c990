//! SDL to a checked schema.

use apollo_compiler::{
    Schema,
    parser::Parser,
    validation::{DiagnosticList, Valid},
};

use super::{DEPTH, GraphqlFormat};
use crate::spec::diagnostic::{Diagnostic, Findings};

/// Reads SDL. What breaks the rules of the language but can be shown is a warning.
pub(super) fn read(
    sdl: &str,
    format: GraphqlFormat,
    findings: &mut Findings,
) -> Result<Valid<Schema>, Diagnostic> {
    let mut parser = Parser::new()
        .recursion_limit(DEPTH)
        // A token takes a byte or more: what a document of the largest size can hold.
        .token_limit(sdl.len() + 1);
    // Syntax first: nothing can be said of a text that cannot be read.
    if let Err(broken) = parser.parse_ast(sdl, "schema.graphql") {
        let first = first(&broken.errors, format);
        return Err(
            first.unwrap_or_else(|| Diagnostic::error("graphql-syntax", "this is not a GraphQL schema"))
        );
    }
    let mut builder = Schema::builder().adopt_orphan_extensions();
    parser.parse_into_schema_builder(sdl, "schema.graphql", &mut builder);
    let schema = match builder.build() {
        Ok(schema) => schema,
        Err(odd) => {
            warn(&odd.errors, format, findings);
            odd.partial
        }
    };
    let schema = match schema.validate() {
        Ok(valid) => valid,
        Err(odd) => {
            warn(&odd.errors, format, findings);
            Valid::assume_valid(odd.partial)
        }
    };
    let root = &schema.schema_definition;
    if root.query.is_none() && root.mutation.is_none() && root.subscription.is_none() {
        let message = "the schema has no query, mutation or subscription type; is this a part of a larger schema? \
            Import the whole schema";
        return Err(Diagnostic::error("graphql-no-operations", message));
    }
    Ok(schema)
}

fn warn(errors: &DiagnosticList, format: GraphqlFormat, findings: &mut Findings) {
    for error in errors.iter() {
        let mut finding = Diagnostic::warning("graphql-schema", error.error.to_string());
        if format == GraphqlFormat::Sdl
            && let Some(place) = error.line_column_range()
        {
            finding = finding.on(place.start.line as u64, place.start.column as u64);
        }
        findings.push(finding);
    }
}

fn first(errors: &DiagnosticList, format: GraphqlFormat) -> Option<Diagnostic> {
    let error = errors.iter().next()?;
    let message = format!("this is not a GraphQL schema: {}", error.error);
    let finding = Diagnostic::error("graphql-syntax", message);
    match (format, error.line_column_range()) {
        (GraphqlFormat::Sdl, Some(place)) => {
            Some(finding.on(place.start.line as u64, place.start.column as u64))
        }
        _ => Some(finding),
    }
}
