//! GraphQL schemas (SDL and introspection JSON) as API descriptions.
//!
//! A schema is turned into the same model that OpenAPI documents are read into: every query, mutation and
//! subscription is an operation that posts a query with variables, every type is a component schema. Pages,
//! samples, the playground, search and comparison then treat both alike. What GraphQL alone has, checking a query
//! against its schema, is [`QueryProblem`]'s business.
//!
//! A schema does not say where it is served: the path is `/graphql` under the product's approved origin, unless the
//! document names another, in a comment `# endpoint: /api/graphql` of the SDL or a member `"endpoint"` beside
//! `"__schema"`. Nor does it say how callers authenticate: a bearer token.

mod document;
mod introspection;
mod query;
mod schema;

use serde_json::Value;

use super::diagnostic::{Diagnostic, Findings};

pub use query::QueryProblem;

/// How a schema was written (C23).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GraphqlFormat {
    /// Schema definition language.
    Sdl,
    /// The answer to the introspection query.
    Introspection,
}

/// A schema that queries can be checked against. Cheap to clone.
#[derive(Clone, Debug)]
pub struct GraphqlSchema(std::sync::Arc<apollo_compiler::validation::Valid<apollo_compiler::Schema>>);

impl GraphqlSchema {
    /// The schema in the schema definition language.
    pub fn to_sdl(&self) -> String {
        self.0.to_string()
    }
    /// What is wrong with a query, with its places; empty if it can be sent.
    pub fn check(&self, query: &str) -> Vec<QueryProblem> {
        query::check(&self.0, query)
    }
}

/// A schema read.
pub(crate) struct Converted {
    /// As an OpenAPI document.
    pub(crate) document: Value,
    pub(crate) format: GraphqlFormat,
    pub(crate) schema: GraphqlSchema,
}

/// How deep selections, types and values may nest in a text.
const DEPTH: usize = 200;
/// The path unless the document names another.
const ENDPOINT: &str = "/graphql";

/// Which format a text is in; `None` if it is no GraphQL schema.
pub(crate) fn detect(text: &str) -> Option<GraphqlFormat> {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    if text.starts_with('{') {
        // The member is near the beginning in every server's answer; a document that is something else says so.
        let head: String = text.chars().take(400).collect();
        return head
            .contains("\"__schema\"")
            .then_some(GraphqlFormat::Introspection);
    }
    let word = first_word(text);
    const KEYWORDS: [&str; 10] = [
        "schema",
        "type",
        "interface",
        "union",
        "enum",
        "input",
        "scalar",
        "directive",
        "extend",
        "\"\"\"",
    ];
    KEYWORDS
        .contains(&word)
        .then_some(GraphqlFormat::Sdl)
        .filter(|_| !looks_like_yaml(text))
}

/// The first word that is no comment and no description.
fn first_word(text: &str) -> &str {
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
        if rest.starts_with('#') {
            rest = rest.split_once('\n').map_or("", |(_, rest)| rest);
            continue;
        }
        if rest.starts_with("\"\"\"") {
            return "\"\"\"";
        }
        let end = rest
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(rest.len());
        return &rest[..end];
    }
}

/// `type: object` begins a YAML document, `type Query` a schema.
fn looks_like_yaml(text: &str) -> bool {
    let line = text
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty() && !line.starts_with('#'));
    line.is_some_and(|line| {
        line.split_once(':')
            .is_some_and(|(name, _)| name.chars().all(|c| c.is_ascii_alphanumeric()))
    })
}

/// Reads a schema.
///
/// # Errors
/// When it is not GraphQL. Places are lines and columns of the text; introspection JSON has none.
pub(crate) fn convert(
    text: &str,
    format: GraphqlFormat,
    findings: &mut Findings,
) -> Result<Converted, Diagnostic> {
    let (sdl, endpoint) = match format {
        GraphqlFormat::Sdl => (std::borrow::Cow::Borrowed(text), endpoint_comment(text)),
        GraphqlFormat::Introspection => {
            let (sdl, endpoint) = introspection::to_sdl(text)?;
            (std::borrow::Cow::Owned(sdl), endpoint)
        }
    };
    let schema = schema::read(&sdl, format, findings)?;
    let endpoint = endpoint.unwrap_or_else(|| ENDPOINT.to_owned());
    if !endpoint.starts_with('/')
        || endpoint.contains(['{', '}', '?', '#'])
        || endpoint.chars().any(char::is_whitespace)
    {
        let message = format!("the endpoint `{endpoint}` is no path; write it as `/graphql`");
        return Err(Diagnostic::error("graphql-endpoint", message));
    }
    let document = document::of(&schema, &endpoint)?;
    Ok(Converted {
        document,
        format,
        schema: GraphqlSchema(std::sync::Arc::new(schema)),
    })
}

/// `# endpoint: /api/graphql` on a line of its own.
fn endpoint_comment(text: &str) -> Option<String> {
    text.lines()
        .filter_map(|line| line.trim().strip_prefix('#'))
        .find_map(|comment| comment.trim().strip_prefix("endpoint:"))
        .map(|path| path.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_told_apart() {
        use GraphqlFormat::{Introspection, Sdl};
        for (text, format) in [
            ("type Query { a: Int }", Some(Sdl)),
            (
                "# a comment\n\n\"\"\"About\"\"\"\ntype Query { a: Int }",
                Some(Sdl),
            ),
            ("schema @link(url: \"x\") { query: Q }", Some(Sdl)),
            ("{\"data\": {\"__schema\": {}}}", Some(Introspection)),
            ("{\"__schema\": {}}", Some(Introspection)),
            ("type: object\n", None),
            ("openapi: 3.1.0\n", None),
            ("{\"openapi\": \"3.1.0\"}", None),
            ("", None),
            ("hello", None),
        ] {
            assert_eq!(detect(text), format, "{text}");
        }
    }

    #[test]
    fn an_endpoint_is_read_from_a_comment() {
        assert_eq!(
            endpoint_comment("# hi\n # endpoint: /api/graphql \ntype Query { a: Int }").as_deref(),
            Some("/api/graphql")
        );
        assert_eq!(endpoint_comment("type Query { endpoint: Int }"), None);
    }
}
