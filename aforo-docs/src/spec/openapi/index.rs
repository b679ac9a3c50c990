//! The index of a document: its version, operations and tags, and what is odd about it.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::{
    Limits, Tag, TagGroup, flag,
    reference::{escape, resolve},
    tags::{tag_groups, tags},
    template::{Part, Routes, parts, split},
    text,
};
use crate::spec::{
    diagnostic::{Diagnostic, Findings, Severity},
    model::{Method, OperationSummary},
};

/// Ids that name other pages of a reference.
const RESERVED: [&str; 7] = [
    "schemas",
    "changelog",
    "graphql",
    "openapi.json",
    "openapi.yaml",
    "schema.graphql",
    "versions",
];

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
    pub(super) groups: Vec<TagGroup>,
    pub(super) webhooks: Vec<OperationSummary>,
    pub(super) webhook_places: Vec<Place>,
    pub(super) webhooks_by_id: HashMap<String, usize>,
}

/// Where an operation is in the document.
#[derive(Clone, Debug)]
pub(super) struct Place {
    section: Section,
    /// The key in the section.
    pub(super) path: String,
    /// The key in the path item, or in its `additionalOperations`.
    method: String,
    additional: bool,
}

/// Where path items are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Section {
    Paths,
    Webhooks,
    /// Before OpenAPI 3.1 had them.
    XWebhooks,
}

impl Section {
    const fn name(self) -> &'static str {
        match self {
            Section::Paths => "paths",
            Section::Webhooks => "webhooks",
            Section::XWebhooks => "x-webhooks",
        }
    }
}

/// The path item as it stands, and the one that it refers to.
type Items<'a> = [Option<&'a Value>; 2];

impl Place {
    pub(super) fn pointer(&self) -> String {
        let additional = if self.additional {
            "additionalOperations/"
        } else {
            ""
        };
        let (path, method) = (escape(&self.path), escape(&self.method));
        format!("/{}/{path}/{additional}{method}", self.section.name())
    }
    pub(super) fn is_webhook(&self) -> bool {
        self.section != Section::Paths
    }
    /// The operation and its path item.
    pub(super) fn find<'a>(&self, root: &'a Value) -> Option<(Items<'a>, &'a Value)> {
        let items = items(root, root.get(self.section.name())?.get(&self.path)?);
        let operation = items.iter().flatten().find_map(|item| {
            let methods = if self.additional {
                item.get("additionalOperations")?
            } else {
                *item
            };
            methods
                .get(&self.method)
                .filter(|operation| operation.is_object())
        });
        Some((items, operation?))
    }
}

fn items<'a>(root: &'a Value, item: &'a Value) -> Items<'a> {
    let found = resolve(root, item);
    match found.reference {
        Some(_) => [Some(item), found.value],
        None => [Some(item), None],
    }
}

/// The method that a key of a path item names. Only the spelling that OpenAPI gives: `GET:` is no operation.
pub(super) fn path_item_method(name: &str) -> Option<Method> {
    let lower = name.bytes().all(|b| b.is_ascii_lowercase());
    Method::parse(name).filter(|method| lower && Method::ALL.contains(method))
}

impl Index {
    /// Reads the index; an error refuses the document.
    pub(super) fn build(root: &Value, limits: &Limits, findings: &mut Findings) -> Result<Self, Diagnostic> {
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
        let mut found = Found::default();
        sections(root, limits, findings, &mut found)?;
        assign_ids(&mut found.operations, &found.ids, &found.places, findings);
        let calls = found
            .places
            .iter()
            .take_while(|place| !place.is_webhook())
            .count();
        let webhooks = found.operations.split_off(calls);
        let webhook_places = found.places.split_off(calls);
        let mut index = Self {
            openapi,
            by_id: ids(&found.operations),
            by_route: HashMap::new(),
            routes: Routes::default(),
            tags: Vec::new(),
            groups: Vec::new(),
            webhooks_by_id: ids(&webhooks),
            webhooks,
            webhook_places,
            operations: found.operations,
            places: found.places,
        };
        for (at, operation) in index.operations.iter().enumerate() {
            index
                .by_route
                .entry((operation.method, operation.path.clone()))
                .or_insert(at);
            index.routes.add(operation.method, &operation.path, at);
        }
        index.routes.sort();
        index.tags = tags(root, index.operations.iter().chain(&index.webhooks));
        index.groups = tag_groups(root, &index.tags);
        if index.operations.is_empty() {
            let message = if index.webhooks.is_empty() {
                "the document describes no operation that can be called"
            } else {
                "the document describes webhooks only; there is nothing to call"
            };
            findings.push(Diagnostic::warning("no-operations", message).at("/paths"));
        }
        super::check::references(root, findings);
        Ok(index)
    }

    pub(super) fn by_route(&self, method: Method, template: &str) -> Option<usize> {
        self.by_route.get(&(method, template.to_owned())).copied()
    }
}

fn version(root: &Value, findings: &mut Findings) -> Result<String, Diagnostic> {
    let openapi = text(root, "openapi");
    if openapi.is_empty() {
        let message = "this does not look like an OpenAPI document: it has no `openapi` field, such as \
                       `openapi: 3.1.0`, at its top";
        return Err(Diagnostic::error("no-version", message));
    }
    let minor = openapi
        .strip_prefix("3.")
        .and_then(|rest| rest.split(['.', '-']).next()?.parse::<u32>().ok());
    match minor {
        Some(0..=2) => {}
        Some(_) => {
            let message = format!("OpenAPI {openapi} is newer than 3.2; what is new in it may not be shown");
            findings.push(Diagnostic::warning("newer-version", message).at("/openapi"));
        }
        None => {
            let message =
                format!("OpenAPI {openapi:?} is not supported; 3.0, 3.1 and 3.2 are, and Swagger 2.0");
            return Err(Diagnostic::error("unsupported-version", message).at("/openapi"));
        }
    }
    Ok(openapi)
}

fn ids(operations: &[OperationSummary]) -> HashMap<String, usize> {
    let each = operations.iter().enumerate();
    each.map(|(at, operation)| (operation.id.clone(), at)).collect()
}

/// All operations in document order, webhooks last, with their own ids (empty: none) and places.
#[derive(Default)]
struct Found<'a> {
    operations: Vec<OperationSummary>,
    ids: Vec<&'a str>,
    places: Vec<Place>,
}

fn sections<'a>(
    root: &'a Value,
    limits: &Limits,
    findings: &mut Findings,
    found: &mut Found<'a>,
) -> Result<(), Diagnostic> {
    for section in [Section::Paths, Section::Webhooks, Section::XWebhooks] {
        let name = section.name();
        let items = match root.get(name) {
            None | Some(Value::Null) => continue, // 3.1: webhooks alone are a document, too
            Some(Value::Object(items)) => items,
            Some(_) if section == Section::Paths => {
                return Err(Diagnostic::error("bad-paths", "`paths` is not an object").at("/paths"));
            }
            Some(_) => {
                let message = format!("`{name}` is not an object and is left out");
                findings.push(Diagnostic::warning("bad-webhooks", message).at(format!("/{name}")));
                continue;
            }
        };
        for (path, item) in items.iter().filter(|(path, _)| !path.starts_with("x-")) {
            if section == Section::Paths && !check_path(path, findings) {
                continue;
            }
            path_item(root, section, path, item, limits, findings, found)?;
        }
    }
    Ok(())
}

/// Whether this key of `paths` is a path.
fn check_path(path: &str, findings: &mut Findings) -> bool {
    let at = format!("/paths/{}", escape(path));
    if !path.starts_with('/') {
        let message = format!("the path {path:?} does not begin with `/` and is left out");
        findings.push(Diagnostic::warning("bad-path", message).at(at));
        return false;
    }
    if path.contains('#') {
        let message = format!("what follows `#` in the path {path:?} is never sent to a server");
        findings.push(Diagnostic::warning("fragment-in-path", message).at(at));
    }
    true
}

fn path_item<'a>(
    root: &'a Value,
    section: Section,
    path: &str,
    item: &'a Value,
    limits: &Limits,
    findings: &mut Findings,
    found: &mut Found<'a>,
) -> Result<(), Diagnostic> {
    let items = items(root, item);
    if !items.iter().flatten().any(|item| item.is_object()) {
        let at = format!("/{}/{}", section.name(), escape(path));
        findings
            .push(Diagnostic::warning("bad-path-item", "this path is not an object and is left out").at(at));
        return Ok(());
    }
    let internal = items.iter().flatten().any(|item| flag(item, "x-internal"));
    for fields in items.iter().flatten().filter_map(|item| item.as_object()) {
        let methods = fields.iter().filter_map(|(name, operation)| {
            let method = path_item_method(name)?;
            Some((method, name, operation, false))
        });
        let additional = fields.get("additionalOperations").and_then(Value::as_object);
        let additional = additional.into_iter().flatten().filter_map(|(name, operation)| {
            let method = Method::parse(name).filter(|method| method.as_str() == name);
            if method.is_none() {
                let at = format!(
                    "/{}/{}/additionalOperations/{}",
                    section.name(),
                    escape(path),
                    escape(name)
                );
                let message = format!("the method {name:?} is not known and its operation is left out");
                findings.push(Diagnostic::warning("unknown-method", message).at(at));
            }
            Some((method?, name, operation, true))
        });
        let all: Vec<_> = methods.chain(additional).collect();
        for (method, name, operation, additional) in all {
            let place = Place {
                section,
                path: path.to_owned(),
                method: name.clone(),
                additional,
            };
            // What a path item says itself comes before what it refers to.
            let again = |(o, p): (&OperationSummary, &Place)| {
                o.method == method && o.path == path && p.section == section
            };
            if found
                .operations
                .iter()
                .zip(&found.places)
                .rev()
                .take(16)
                .any(again)
            {
                continue;
            }
            if !operation.is_object() {
                let message = "this operation is not an object and is left out";
                findings.push(Diagnostic::warning("bad-operation", message).at(place.pointer()));
                continue;
            }
            if internal || flag(operation, "x-internal") {
                let message = format!("{} {path} is marked x-internal and is left out", method.as_str());
                findings
                    .push(Diagnostic::new(Severity::Info, "internal-operation", message).at(place.pointer()));
                continue;
            }
            if found.operations.len() == limits.max_operations {
                let message = format!(
                    "the document has more than {} operations; import it in parts, such as one file for each area",
                    limits.max_operations
                );
                return Err(Diagnostic::error("too-many-operations", message).at(place.pointer()));
            }
            check_parameters(root, path, &items, operation, &place, findings);
            found.operations.push(summary(method, path, operation, section));
            found
                .ids
                .push(operation.get("operationId").and_then(Value::as_str).unwrap_or(""));
            found.places.push(place);
        }
    }
    Ok(())
}

fn summary(method: Method, path: &str, operation: &Value, section: Section) -> OperationSummary {
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
        summary: match (summary.is_empty(), section) {
            (false, _) => summary,
            (true, Section::Paths) => format!("{} {path}", method.as_str()),
            (true, _) => path.to_owned(),
        },
        tags: tags.filter_map(|t| t.as_str().map(str::to_owned)).collect(),
        deprecated: flag(operation, "deprecated"),
    }
}

/// Tells of parameters that cannot be used, and of path variables that nothing describes.
fn check_parameters(
    root: &Value,
    path: &str,
    items: &Items<'_>,
    operation: &Value,
    place: &Place,
    findings: &mut Findings,
) {
    let objects = items.iter().flatten().copied().chain([operation]);
    let lists = objects.filter_map(|object| object.get("parameters")?.as_array());
    let mut described = HashSet::new();
    for parameter in lists.flatten() {
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
                findings.push(Diagnostic::warning("bad-parameter", message).at(place.pointer()));
            }
        }
    }
    for part in parts(split(path).0) {
        if let Part::Variable(name) = part
            && !place.is_webhook()
            && !described.contains(name)
        {
            let message = format!("no parameter describes {{{name}}} of the path; any text is taken");
            findings.push(Diagnostic::warning("undescribed-path-variable", message).at(place.pointer()));
        }
    }
}

/// Gives every operation an id that is unique and safe in a URL. Ids that the document gives and that are fine
/// as they are come first, so that no odd id elsewhere changes them.
fn assign_ids(
    operations: &mut [OperationSummary],
    given: &[&str],
    places: &[Place],
    findings: &mut Findings,
) {
    let mut taken: HashSet<String> = RESERVED.iter().map(|id| (*id).to_owned()).collect();
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
            findings.push(Diagnostic::warning("duplicate-operation-id", message).at(place.pointer()));
        }
        if !operation.id.is_empty() {
            continue;
        }
        let base = match safe_id(id) {
            id if id.is_empty() => safe_id(&format!(
                "{}/{}",
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
