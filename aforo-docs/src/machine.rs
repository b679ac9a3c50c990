//! What machines read: an operation as Markdown, which people paste into other tools as well.

use std::fmt::Write as _;

use serde_json::Value;

use crate::{
    request::{build, example_inputs},
    sample::{self, Language},
    spec::model::{
        AlternativeKind, Content, Operation, Parameter, ParameterPlace, PropertyView, SchemaView,
        SecurityScheme,
    },
};

/// How deep properties are listed.
const DEEPEST: usize = 4;
/// How many lines of properties one operation has.
const MOST_LINES: usize = 300;
/// The longest example, in characters.
const LONGEST_EXAMPLE: usize = 8_000;

/// An operation with its parameters, bodies, responses and one sample. `base_url` is where the API is, and
/// `key_variable` names the environment variable that holds the key: the text never has one.
pub fn operation(operation: &Operation, base_url: &str, key_variable: &str) -> String {
    let mut out = Text {
        out: String::new(),
        lines: MOST_LINES,
    };
    let summary = &operation.summary;
    let title = if summary.summary.is_empty() {
        &summary.id
    } else {
        &summary.summary
    };
    out.line(&format!("# {}", one_line(title)));
    out.line(&format!(
        "`{} {}`",
        summary.method.as_str(),
        ticked(&summary.path)
    ));
    if summary.deprecated {
        out.line(&format!("**Deprecated.** {}", one_line(&operation.deprecation)));
    }
    if !base_url.is_empty() {
        out.line(&format!("Base URL: `{}`", ticked(base_url)));
    }
    out.paragraph(&operation.description);
    out.security(&operation.security);
    for (place, heading) in [
        (ParameterPlace::Path, "Path parameters"),
        (ParameterPlace::Query, "Query parameters"),
        (ParameterPlace::Header, "Headers"),
        (ParameterPlace::Cookie, "Cookies"),
    ] {
        out.parameters(heading, operation.parameters.iter().filter(|p| p.place == place));
    }
    if let Some(body) = &operation.body {
        out.line(if body.required {
            "## Request body (required)"
        } else {
            "## Request body"
        });
        out.paragraph(&body.description);
        out.contents(&body.contents);
    }
    if !operation.responses.is_empty() {
        out.line("## Responses");
        for response in &operation.responses {
            out.line(&format!("### {}", one_line(&response.status)));
            out.paragraph(&response.description);
            for header in &response.headers {
                let _ = writeln!(
                    out.out,
                    "- Header `{}`: {}",
                    ticked(&header.name),
                    one_line(&header.description)
                );
            }
            if !response.headers.is_empty() {
                out.out.push('\n');
            }
            out.contents(&response.contents);
        }
    }
    if !operation.webhook
        && !base_url.is_empty()
        && let Ok(request) = build(operation, &example_inputs(operation))
    {
        let context = sample::Context {
            base_url,
            security: operation.security.first().map_or(&[], Vec::as_slice),
            key_variable,
        };
        out.line("## Example");
        out.fenced("bash", &sample::render(Language::Curl, &request, &context));
    }
    out.out
}

struct Text {
    out: String,
    /// Lines of properties that are left.
    lines: usize,
}

impl Text {
    fn line(&mut self, text: &str) {
        self.out.push_str(text.trim_end());
        self.out.push_str("\n\n");
    }

    fn paragraph(&mut self, text: &str) {
        if !text.trim().is_empty() {
            self.line(text.trim());
        }
    }

    /// A fence that is longer than any in the text.
    fn fenced(&mut self, language: &str, text: &str) {
        let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
        let fence = "`".repeat((longest + 1).max(3));
        let _ = write!(self.out, "{fence}{language}\n{}\n{fence}\n\n", text.trim_end());
    }

    fn security(&mut self, sets: &[Vec<SecurityScheme>]) {
        let one = |scheme: &SecurityScheme| match scheme {
            SecurityScheme::ApiKey { place, name, .. } => {
                let place = match place {
                    ParameterPlace::Query => "query parameter",
                    ParameterPlace::Cookie => "cookie",
                    _ => "header",
                };
                format!("key in the {place} `{}`", ticked(name))
            }
            SecurityScheme::HttpBearer => "bearer token in `Authorization`".to_owned(),
            SecurityScheme::HttpBasic => "HTTP basic".to_owned(),
            SecurityScheme::OAuth2 => "OAuth 2.0 token".to_owned(),
            SecurityScheme::OpenIdConnect => "OpenID Connect token".to_owned(),
            SecurityScheme::MutualTls => "mutual TLS".to_owned(),
            SecurityScheme::Other(name) => one_line(name),
        };
        let sets: Vec<String> = sets
            .iter()
            .map(|set| match set.is_empty() {
                true => "none".to_owned(),
                false => set.iter().map(one).collect::<Vec<_>>().join(" and "),
            })
            .collect();
        if !sets.is_empty() {
            self.line(&format!("Authentication: {}.", sets.join(", or ")));
        }
    }

    fn parameters<'p>(&mut self, heading: &str, parameters: impl Iterator<Item = &'p Parameter>) {
        let mut parameters = parameters.peekable();
        if parameters.peek().is_none() {
            return;
        }
        self.line(&format!("## {heading}"));
        for parameter in parameters {
            let described = match parameter.description.trim() {
                "" => parameter.schema.description.as_str(),
                text => text,
            };
            let facts = facts(&parameter.schema, parameter.required, parameter.deprecated);
            self.property(0, &parameter.name, &facts, described);
            self.properties(&parameter.schema, 1);
        }
        self.out.push('\n');
    }

    fn contents(&mut self, contents: &[Content]) {
        for content in contents {
            self.line(&format!("`{}`", ticked(&content.media_type)));
            if let Some(schema) = &content.schema {
                let before = self.out.len();
                self.properties(schema, 0);
                if self.out.len() == before {
                    let _ = writeln!(self.out, "- {}", facts(schema, false, false));
                }
                self.out.push('\n');
            }
            let example = content
                .example
                .as_ref()
                .or_else(|| content.examples.iter().find_map(|example| example.value.as_ref()));
            if let Some(example) = example {
                self.example(example);
            }
        }
    }

    fn example(&mut self, example: &Value) {
        let (language, text) = match example {
            Value::String(text) => ("", text.clone()),
            value => ("json", serde_json::to_string_pretty(value).unwrap_or_default()),
        };
        if text.len() <= LONGEST_EXAMPLE {
            self.line("Example:");
            self.fenced(language, &text);
        }
    }

    fn property(&mut self, level: usize, name: &str, facts: &str, description: &str) {
        let indent = "  ".repeat(level);
        let described = one_line(description);
        let colon = if described.is_empty() { "" } else { ": " };
        let _ = writeln!(
            self.out,
            "{indent}- `{}` ({facts}){colon}{described}",
            ticked(name)
        );
    }

    fn properties(&mut self, schema: &SchemaView, level: usize) {
        if level >= DEEPEST {
            return;
        }
        for PropertyView {
            name,
            required,
            schema,
        } in &schema.properties
        {
            if self.lines == 0 {
                return;
            }
            self.lines -= 1;
            let facts = facts(schema, *required, schema.deprecated);
            self.property(level, name, &facts, &schema.description);
            self.properties(schema, level + 1);
            if self.lines == 0 {
                let _ = writeln!(self.out, "- … more properties are left out");
            }
        }
        if let Some(items) = &schema.items {
            self.properties(items, level);
        }
        if let Some((kind, schemas)) = &schema.alternatives {
            let word = match kind {
                AlternativeKind::OneOf => "One of",
                AlternativeKind::AnyOf => "Any of",
            };
            for alternative in schemas {
                if self.lines == 0 {
                    return;
                }
                self.lines -= 1;
                let indent = "  ".repeat(level);
                let _ = writeln!(self.out, "{indent}- {word}: {}", facts(alternative, false, false));
                self.properties(alternative, level + 1);
            }
        }
    }
}

/// Type, need and limits in one line.
fn facts(schema: &SchemaView, required: bool, deprecated: bool) -> String {
    let mut facts = vec![type_of(schema)];
    if required {
        facts.push("required".to_owned());
    }
    if deprecated {
        facts.push("deprecated".to_owned());
    }
    facts.extend(schema.constraints.iter().map(|text| one_line(text)));
    if !schema.enumeration.is_empty() {
        let values: Vec<_> = schema
            .enumeration
            .iter()
            .take(20)
            .map(|v| format!("`{}`", ticked(&v.to_string())))
            .collect();
        facts.push(format!("one of {}", values.join(", ")));
    }
    if let Some(default) = &schema.default {
        facts.push(format!("default `{}`", ticked(&default.to_string())));
    }
    facts.join(", ")
}

fn type_of(schema: &SchemaView) -> String {
    let mut word = match (&schema.items, schema.types.as_slice()) {
        (Some(items), _) => format!("array of {}", type_of(items)),
        (None, []) => schema.name.as_deref().map_or_else(|| "any".to_owned(), one_line),
        (None, types) => types.join(" or "),
    };
    if let Some(format) = &schema.format {
        let _ = write!(word, " {}", one_line(format));
    }
    if schema.nullable && !word.contains("null") {
        word.push_str(" or null");
    }
    word
}

/// Text between single backticks.
fn ticked(text: &str) -> String {
    one_line(text).replace('`', "'")
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
