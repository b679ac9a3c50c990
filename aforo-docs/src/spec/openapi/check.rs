//! What is odd about a document, found without building anything.

use serde_json::Value;

use super::reference::{Broken, escape, follow};
use crate::spec::diagnostic::{Diagnostic, Findings};

/// A step on the way to where one looks.
#[derive(Clone, Copy)]
enum Step<'a> {
    Key(&'a str),
    At(usize),
}

fn pointer(trail: &[Step<'_>]) -> String {
    let step = |step: &Step<'_>| match step {
        Step::Key(key) => format!("/{}", escape(key)),
        Step::At(at) => format!("/{at}"),
    };
    trail.iter().map(step).collect()
}

/// Looks through the whole document for references that lead nowhere, and for rules beside a `$ref` that OpenAPI 3.0
/// does not count.
pub(super) fn references(root: &Value, findings: &mut Findings) {
    let version = root.get("openapi").and_then(Value::as_str);
    let old = version.is_some_and(|version| version.starts_with("3.0"));
    look(root, root, old, &mut Vec::new(), findings);
}

fn look<'a>(
    root: &'a Value,
    value: &'a Value,
    old: bool,
    trail: &mut Vec<Step<'a>>,
    findings: &mut Findings,
) {
    match value {
        Value::Object(map) => {
            if let Some(reference) = map.get("$ref").and_then(Value::as_str) {
                if let (_, Some(broken)) = follow(root, value) {
                    findings.push(broken_reference(reference, broken).at(pointer(trail)));
                }
                if old && let Some(rule) = RULES.iter().find(|rule| map.contains_key(**rule)) {
                    let message = format!(
                        "`{rule}` beside a $ref does not count in OpenAPI 3.0; write `allOf` with the $ref, or use 3.1"
                    );
                    findings.push(Diagnostic::warning("ignored-beside-ref", message).at(pointer(trail)));
                }
            }
            for (key, child) in map {
                // Data, in which `$ref` means nothing.
                let data = matches!(
                    key.as_str(),
                    "example" | "examples" | "default" | "enum" | "const" | "value" | "dataValue"
                );
                // But a component, property or header may be called so.
                let named = matches!(
                    trail.last(),
                    Some(Step::Key("properties" | "schemas" | "headers" | "parameters"))
                );
                if (data && !named) && !(key == "examples" && child.is_object())
                    || key.starts_with("x-") && !named
                {
                    continue;
                }
                if !child.is_object() && !child.is_array() {
                    continue;
                }
                trail.push(Step::Key(key));
                look(root, child, old, trail, findings);
                trail.pop();
            }
        }
        Value::Array(items) => {
            for (i, item) in items.iter().enumerate() {
                if item.is_object() || item.is_array() {
                    trail.push(Step::At(i));
                    look(root, item, old, trail, findings);
                    trail.pop();
                }
            }
        }
        _ => {}
    }
}

/// Rules that authors write beside a `$ref`.
const RULES: [&str; 12] = [
    "type",
    "properties",
    "required",
    "enum",
    "items",
    "allOf",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "pattern",
    "format",
];

fn broken_reference(reference: &str, broken: Broken) -> Diagnostic {
    match broken {
        Broken::Remote => {
            let message = format!(
                "$ref {reference:?} points outside of the document and is not followed; bundle the files into one first, or let the operator allow remote references"
            );
            Diagnostic::warning("remote-ref", message)
        }
        Broken::Missing => Diagnostic::warning("broken-ref", format!("$ref {reference:?} points to nothing")),
        Broken::Endless => Diagnostic::warning(
            "endless-ref",
            format!("$ref {reference:?} leads on to others without an end"),
        ),
    }
}
