//! The index of a document: its version, operations and tags, and what is odd about it.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::{
    Limits, Tag, flag,
    reference::{Broken, escape, follow, resolve},
    template::{Part, Routes, parts, split},
    text,
};
use crate::spec::{
    diagnostic::{Diagnostic, Severity},
    model::{Method, OperationSummary},
};

/// Findings collected before one stops looking for more of the same.
const ENOUGH: usize = 200;

#[derive(Debug)]
pub(super) struct Index {
    pub(super) openapi: String,
    pub(super) operations: Vec<OperationSummary>,
    /// Where each operation is in the document; same order.
    pub(super) places: Vec<Place>,
    pub(super) by_id: HashMap<String, usize>,
    by_route: HashMap<(Method, String), usize>,
    pub(super) routes: Routes,
    pub(super) tags: Vec<Tag>,
}

/// Where an operation is in the document.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// The key in `paths`.
    pub(super) path: String,
    /// The key in the path item.
    pub(super) method: String,
}

impl Place {
    pub(super) fn pointer(&self) -> String {
        format!("/paths/{}/{}", escape(&self.path), escape(&self.method))
    }
}

impl Index {
    /// Reads the index; an error refuses the document.
    pub(super) fn build(
        root: &Value,
        limits: &Limits,
        findings: &mut Vec<Diagnostic>,
    ) -> Result<Self, Diagnostic> {
        if !root.is_object() {
            return Err(Diagnostic::error(
                "not-an-object",
                "an OpenAPI document is an object; this is not one",
            ));
        }
        let openapi = version(root, findings)?;
        if text(root.get("info").unwrap_or(&Value::Null), "title").is_empty() {
            findings.push(Diagnostic::warning("missing-title", "the API has no info.title").at("/info"));
        }
        let (operations, ids, places) = operations(root, limits, findings)?;
        let mut index = Self {
            openapi,
            by_id: HashMap::new(),
            by_route: HashMap::new(),
            routes: Routes::default(),
            tags: Vec::new(),
            operations,
            places,
        };
        assign_ids(&mut index.operations, &ids, &index.places, findings);
        for (at, operation) in index.operations.iter().enumerate() {
            index.by_id.insert(operation.id.clone(), at);
            index
                .by_route
                .entry((operation.method, operation.path.clone()))
                .or_insert(at);
            index.routes.add(operation.method, &operation.path, at);
        }
        index.routes.sort();
        index.tags = tags(root, &index.operations);
        if index.operations.is_empty() {
            let message = "the document describes no operation that can be called";
            findings.push(Diagnostic::warning("no-operations", message).at("/paths"));
        }
        references(root, root, &mut Vec::new(), findings);
        Ok(index)
    }

    pub(super) fn by_route(&self, method: Method, template: &str) -> Option<usize> {
        self.by_route.get(&(method, template.to_owned())).copied()
    }
}

fn version(root: &Value, findings: &mut Vec<Diagnostic>) -> Result<String, Diagnostic> {
    let openapi = text(root, "openapi");
    if openapi.is_empty() {
        let swagger = text(root, "swagger");
        return Err(if swagger.is_empty() {
            let message = "this does not look like an OpenAPI document: it has no `openapi` field, such as \
                           `openapi: 3.1.0`, at its top";
            Diagnostic::error("no-version", message)
        } else {
            let message = format!(
                "this is Swagger {swagger}; OpenAPI 3.0 and 3.1 can be imported. Convert it first, for instance with \
                 `npx swagger2openapi -o openapi.yaml swagger.yaml` or \"Convert to OpenAPI 3\" of editor.swagger.io"
            );
            Diagnostic::error("swagger-2", message).at("/swagger")
        });
    }
    let minor = openapi
        .strip_prefix("3.")
        .and_then(|rest| rest.split(['.', '-']).next()?.parse::<u32>().ok());
    match minor {
        Some(0 | 1) => {}
        Some(_) => {
            let message = format!("OpenAPI {openapi} is newer than 3.1; what is new in it may not be shown");
            findings.push(Diagnostic::warning("newer-version", message).at("/openapi"));
        }
        None => {
            let message = format!("OpenAPI {openapi:?} is not supported; 3.0 and 3.1 are");
            return Err(Diagnostic::error("unsupported-version", message).at("/openapi"));
        }
    }
    Ok(openapi)
}

type Operations<'a> = (Vec<OperationSummary>, Vec<&'a str>, Vec<Place>);

/// All operations in document order, with their own ids (empty: none) and places.
fn operations<'a>(
    root: &'a Value,
    limits: &Limits,
    findings: &mut Vec<Diagnostic>,
) -> Result<Operations<'a>, Diagnostic> {
    let (mut operations, mut ids, mut places) = (Vec::new(), Vec::new(), Vec::new());
    let paths = match root.get("paths") {
        None | Some(Value::Null) => None, // 3.1: webhooks alone are a document, too
        Some(Value::Object(paths)) => Some(paths),
        Some(_) => return Err(Diagnostic::error("bad-paths", "`paths` is not an object").at("/paths")),
    };
    for (path, item) in paths.into_iter().flatten() {
        let at = format!("/paths/{}", escape(path));
        if path.starts_with("x-") {
            continue;
        }
        if !path.starts_with('/') {
            let message = format!("the path {path:?} does not begin with `/` and is left out");
            push(findings, Diagnostic::warning("bad-path", message).at(&at));
            continue;
        }
        if path.contains('#') {
            let message = format!("what follows `#` in the path {path:?} is never sent to a server");
            push(findings, Diagnostic::warning("fragment-in-path", message).at(&at));
        }
        let Some(Value::Object(fields)) = resolve(root, item).value else {
            push(
                findings,
                Diagnostic::warning("bad-path-item", "this path is not an object and is left out").at(&at),
            );
            continue;
        };
        for (name, operation) in fields {
            // Only the spelling that OpenAPI gives; `GET:` is not an operation.
            let Some(method) = Method::parse(name).filter(|_| name.bytes().all(|b| b.is_ascii_lowercase()))
            else {
                continue;
            };
            let place = Place {
                path: path.clone(),
                method: name.clone(),
            };
            if !operation.is_object() {
                let message = "this operation is not an object and is left out";
                push(
                    findings,
                    Diagnostic::warning("bad-operation", message).at(place.pointer()),
                );
                continue;
            }
            if flag(operation, "x-internal")
                || fields.get("x-internal").and_then(Value::as_bool) == Some(true)
            {
                let message = format!("{} {path} is marked x-internal and is left out", method.as_str());
                push(
                    findings,
                    Diagnostic::new(Severity::Info, "internal-operation", message).at(place.pointer()),
                );
                continue;
            }
            if operations.len() == limits.max_operations {
                let message = format!(
                    "the document has more than {} operations; import it in parts, such as one file for each area",
                    limits.max_operations
                );
                return Err(Diagnostic::error("too-many-operations", message).at(place.pointer()));
            }
            check_parameters(root, path, fields, operation, &place, findings);
            operations.push(summary(method, path, operation));
            ids.push(operation.get("operationId").and_then(Value::as_str).unwrap_or(""));
            places.push(place);
        }
    }
    Ok((operations, ids, places))
}

fn summary(method: Method, path: &str, operation: &Value) -> OperationSummary {
    let summary = text(operation, "summary");
    let summary = summary.split_whitespace().collect::<Vec<_>>().join(" ");
    let tags = operation
        .get("tags")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    OperationSummary {
        id: String::new(),
        method,
        path: path.to_owned(),
        summary: if summary.is_empty() {
            format!("{} {path}", method.as_str())
        } else {
            summary
        },
        tags: tags.filter_map(|t| t.as_str().map(str::to_owned)).collect(),
        deprecated: flag(operation, "deprecated"),
    }
}

/// Tells of parameters that cannot be used, and of path variables that nothing describes.
fn check_parameters(
    root: &Value,
    path: &str,
    item: &serde_json::Map<String, Value>,
    operation: &Value,
    place: &Place,
    findings: &mut Vec<Diagnostic>,
) {
    let lists = [item.get("parameters"), operation.get("parameters")];
    let mut described = HashSet::new();
    for parameter in lists.into_iter().flatten().filter_map(Value::as_array).flatten() {
        let Some(parameter) = resolve(root, parameter).value else {
            continue;
        }; // told as a broken reference
        let (name, at) = (
            parameter.get("name").and_then(Value::as_str),
            parameter.get("in").and_then(Value::as_str),
        );
        match (name, at) {
            (Some(name), Some("path")) => {
                described.insert(name);
            }
            (Some(_), Some("query" | "header" | "cookie" | "querystring")) => {}
            _ => {
                let message = "a parameter has no usable `name` and `in` and is left out";
                push(
                    findings,
                    Diagnostic::warning("bad-parameter", message).at(place.pointer()),
                );
            }
        }
    }
    for part in parts(split(path).0) {
        if let Part::Variable(name) = part
            && !described.contains(name)
        {
            let message = format!("no parameter describes {{{name}}} of the path; any text is taken");
            push(
                findings,
                Diagnostic::warning("undescribed-path-variable", message).at(place.pointer()),
            );
        }
    }
}

/// Gives every operation an id that is unique and safe in a URL. Ids that the document gives and that are fine
/// as they are come first, so that no odd id elsewhere changes them.
fn assign_ids(
    operations: &mut [OperationSummary],
    given: &[&str],
    places: &[Place],
    findings: &mut Vec<Diagnostic>,
) {
    let mut taken = HashSet::new();
    for (operation, id) in operations.iter_mut().zip(given) {
        if !id.is_empty() && safe_id(id) == **id && taken.insert((*id).to_owned()) {
            operation.id = (*id).to_owned();
        }
    }
    let mut seen: HashSet<&str> = HashSet::new();
    let mut numbers: HashMap<String, usize> = HashMap::new();
    for ((operation, id), place) in operations.iter_mut().zip(given).zip(places) {
        if !id.is_empty() && !seen.insert(id) {
            let message = format!("the operationId {id:?} is used more than once; this one gets a number");
            push(
                findings,
                Diagnostic::warning("duplicate-operation-id", message).at(place.pointer()),
            );
        }
        if !operation.id.is_empty() {
            continue;
        }
        let base = match safe_id(id) {
            id if id.is_empty() => safe_id(&format!(
                "{}{}",
                operation.method.as_str().to_lowercase(),
                operation.path
            )),
            id => id,
        };
        let mut id = base.clone();
        let number = numbers.entry(base.clone()).or_insert(2_usize);
        while !taken.insert(id.clone()) {
            id = format!("{base}-{number}");
            *number += 1;
        }
        operation.id = id;
    }
}

/// Unreserved characters stay; each run of others becomes one hyphen. At most 160 characters.
fn safe_id(id: &str) -> String {
    let mut safe = String::new();
    for c in id.chars() {
        if c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '~') {
            safe.push(c);
        } else if !safe.ends_with('-') {
            safe.push('-');
        }
        if safe.len() >= 160 {
            break;
        }
    }
    let safe = safe.trim_matches('-');
    if safe.bytes().all(|b| b == b'.') {
        String::new()
    } else {
        safe.to_owned()
    }
}

fn tags(root: &Value, operations: &[OperationSummary]) -> Vec<Tag> {
    let mut seen = HashSet::new();
    let mut tags = Vec::new();
    for tag in root.get("tags").and_then(Value::as_array).into_iter().flatten() {
        let name = text(tag, "name");
        if !name.is_empty() && seen.insert(name.clone()) {
            tags.push(Tag {
                description: text(tag, "description"),
                name,
            });
        }
    }
    for name in operations.iter().flat_map(|o| &o.tags) {
        if seen.insert(name.clone()) {
            tags.push(Tag {
                name: name.clone(),
                description: String::new(),
            });
        }
    }
    tags
}

/// Looks through the whole document for references that lead nowhere.
fn references<'a>(
    root: &'a Value,
    value: &'a Value,
    trail: &mut Vec<&'a str>,
    findings: &mut Vec<Diagnostic>,
) {
    if findings.len() >= ENOUGH {
        return;
    }
    match value {
        Value::Object(map) => {
            if let Some(reference) = map.get("$ref").and_then(Value::as_str)
                && let (_, Some(broken)) = follow(root, value)
            {
                let at: String = trail.iter().map(|step| format!("/{}", escape(step))).collect();
                push(findings, broken_reference(reference, broken).at(at));
            }
            for (key, child) in map {
                // Data, in which `$ref` means nothing.
                if matches!(
                    key.as_str(),
                    "example" | "examples" | "default" | "enum" | "const" | "value"
                ) || key.starts_with("x-")
                {
                    continue;
                }
                trail.push(key);
                references(root, child, trail, findings);
                trail.pop();
            }
        }
        Value::Array(items) => {
            for (i, item) in items.iter().enumerate() {
                if item.is_object() || item.is_array() {
                    let step = SMALL.get(i).copied().unwrap_or("-");
                    trail.push(step);
                    references(root, item, trail, findings);
                    trail.pop();
                }
            }
        }
        _ => {}
    }
}

/// Array positions as steps; beyond them a pointer only says that it is in the list.
const SMALL: [&str; 32] = [
    "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16", "17", "18",
    "19", "20", "21", "22", "23", "24", "25", "26", "27", "28", "29", "30", "31",
];

fn broken_reference(reference: &str, broken: Broken) -> Diagnostic {
    match broken {
        Broken::Remote => {
            let message = format!(
                "$ref {reference:?} points outside of the document and is not followed; bundle the files into one first"
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

fn push(findings: &mut Vec<Diagnostic>, finding: Diagnostic) {
    if findings.len() < ENOUGH {
        findings.push(finding);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_safe_in_a_url() {
        assert_eq!(safe_id("repos/get"), "repos-get");
        assert_eq!(safe_id("get/v1/pets/{petId}"), "get-v1-pets-petId");
        assert_eq!(safe_id("  Löschen \"x\" "), "L-schen-x");
        assert_eq!(safe_id(".."), "");
        assert_eq!(safe_id("日本"), "");
        assert_eq!(safe_id(&"a".repeat(500)).len(), 160);
    }
}
