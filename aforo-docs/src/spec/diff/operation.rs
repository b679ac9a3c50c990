//! Operations: parameters, bodies, responses, security, and what the whole document says.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::{
    OperationRef, distinct, path_names, route,
    rules::*,
    schema,
    walk::{At, Direction, Walk, listed},
};
use crate::spec::{
    model::{Method, OperationSummary},
    openapi::{
        ApiDescription,
        reference::{escape, field, resolve},
    },
};

/// Everything that two documents say.
pub(super) fn documents<'a>(walk: &mut Walk<'a>, old: &'a ApiDescription, new: &'a ApiDescription) {
    let whole = walk.begin(None, String::new());
    servers(walk, &whole, old, new);
    webhooks(walk, &whole);
    type ByRoute<'a> = HashMap<(Method, String), &'a OperationSummary>;
    let by_route = |api: &'a ApiDescription| -> ByRoute<'a> {
        api.operations()
            .iter()
            .map(|o| (route(o.method, &o.path), o))
            .collect()
    };
    let (before, after) = (by_route(old), by_route(new));
    for operation in old.operations() {
        match after.get(&route(operation.method, &operation.path)) {
            Some(now) => operations(walk, operation, now),
            None => alone(walk, operation, OPERATION_REMOVED, "the operation was removed"),
        }
    }
    for operation in new.operations() {
        if !before.contains_key(&route(operation.method, &operation.path)) {
            alone(walk, operation, OPERATION_ADDED, "the operation was added");
        }
    }
}

fn name(operation: &OperationSummary) -> OperationRef {
    OperationRef {
        method: operation.method.as_str().to_owned(),
        path: operation.path.clone(),
        id: operation.id.clone(),
    }
}

fn pointer(operation: &OperationSummary) -> String {
    let method = operation.method.as_str().to_ascii_lowercase();
    format!("/paths/{}/{method}", escape(&operation.path))
}

fn alone(walk: &mut Walk<'_>, operation: &OperationSummary, rule: Rule, message: &str) {
    let at = walk.begin(Some(name(operation)), pointer(operation));
    walk.found(&at, rule, message);
}

fn servers(walk: &mut Walk<'_>, at: &At, old: &ApiDescription, new: &ApiDescription) {
    let urls = |api: &ApiDescription| distinct(api.servers().into_iter().map(|server| server.url));
    let (before, after) = (urls(old), urls(new));
    let at = at.step("/servers", "servers");
    for url in before.iter().filter(|url| !after.contains(url)) {
        walk.found(&at, SERVER_REMOVED, format!("the server `{url}` was removed"));
    }
    for url in after.iter().filter(|url| !before.contains(url)) {
        walk.found(&at, SERVER_ADDED, format!("the server `{url}` was added"));
    }
}

fn webhooks(walk: &mut Walk<'_>, at: &At) {
    let names = |root: &Value| -> Vec<String> {
        let hooks = root.get("webhooks").or_else(|| root.get("x-webhooks"));
        let hooks = hooks.and_then(Value::as_object).into_iter().flatten();
        hooks.map(|(name, _)| name.clone()).collect()
    };
    let (before, after) = (names(walk.old), names(walk.new));
    let step = |name: &str| at.step(&format!("/webhooks/{}", escape(name)), &format!("webhook {name}"));
    for name in before.iter().filter(|name| !after.contains(name)) {
        walk.found(&step(name), WEBHOOK_REMOVED, "the webhook was removed");
    }
    for name in after.iter().filter(|name| !before.contains(name)) {
        walk.found(&step(name), WEBHOOK_ADDED, "the webhook was added");
    }
}

/// One operation as both documents write it.
struct Both<'a> {
    /// Path item and operation.
    old: (&'a Value, &'a Value),
    new: (&'a Value, &'a Value),
}

fn find<'a>(root: &'a Value, operation: &OperationSummary) -> Option<(&'a Value, &'a Value)> {
    let item = root.get("paths")?.get(&operation.path)?;
    let item = resolve(root, item).value?;
    let method = operation.method.as_str();
    let found = item
        .get(method.to_ascii_lowercase())
        .or_else(|| item.get("additionalOperations")?.get(method))?;
    Some((item, found))
}

/// Compares one operation with itself in the newer document.
pub(super) fn operations(walk: &mut Walk<'_>, before: &OperationSummary, after: &OperationSummary) {
    let at = walk.begin(Some(name(after)), pointer(after));
    let (Some(old), Some(new)) = (find(walk.old, before), find(walk.new, after)) else {
        return;
    };
    match (before.deprecated, after.deprecated) {
        (false, true) => walk.found(&at, OPERATION_DEPRECATED, "the operation is deprecated"),
        (true, false) => walk.found(
            &at,
            OPERATION_UNDEPRECATED,
            "the operation is no longer deprecated",
        ),
        _ => {}
    }
    let id = |operation: &Value| {
        operation
            .get("operationId")
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    if let (Some(was), Some(is)) = (id(old.1), id(new.1))
        && was != is
    {
        walk.found(
            &at,
            OPERATION_ID_CHANGED,
            format!("its operationId `{was}` became `{is}`"),
        );
    }
    let both = Both { old, new };
    parameters(walk, &at, &both, before, after);
    bodies(walk, &at, &both);
    responses(walk, &at, &both);
    security(walk, &at, &both);
}

/// Parameters by place and name; those of the path by position, since their names are nobody's business.
fn parameters_of<'a>(
    root: &'a Value,
    (item, operation): (&'a Value, &'a Value),
    path: &str,
) -> Vec<((String, String), &'a Value)> {
    let positions = path_names(path);
    let mut all: Vec<((String, String), &Value)> = Vec::new();
    for holder in [item, operation] {
        for given in holder
            .get("parameters")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            let Some(parameter) = resolve(root, given).value else {
                continue;
            };
            let text = |name| parameter.get(name).and_then(Value::as_str).unwrap_or_default();
            let (place, name) = (text("in"), text("name"));
            let key = match positions
                .iter()
                .position(|n| *n == name)
                .filter(|_| place == "path")
            {
                Some(position) => position.to_string(),
                None if place == "header" => name.to_ascii_lowercase(),
                None => name.to_owned(),
            };
            let key = (place.to_owned(), key);
            // The operation's own win over those of its path.
            all.retain(|(known, _)| *known != key);
            all.push((key, parameter));
        }
    }
    all
}

fn parameters<'a>(
    walk: &mut Walk<'a>,
    at: &At,
    both: &Both<'a>,
    before: &OperationSummary,
    after: &OperationSummary,
) {
    let old = parameters_of(walk.old, both.old, &before.path);
    let new = parameters_of(walk.new, both.new, &after.path);
    let new_by_key: HashMap<_, _> = new.iter().map(|(key, value)| (key, *value)).collect();
    let old_keys: HashSet<_> = old.iter().map(|(key, _)| key).collect();
    let step = |(place, _): &(String, String), parameter: &Value| {
        let name = parameter.get("name").and_then(Value::as_str).unwrap_or_default();
        at.step("/parameters", &format!("{place} parameter {name}"))
    };
    let flag = |parameter: &Value, name| parameter.get(name).and_then(Value::as_bool).unwrap_or(false);
    for (key, was) in &old {
        let Some(is) = new_by_key.get(key) else {
            walk.found(&step(key, was), PARAMETER_REMOVED, "the parameter was removed");
            continue;
        };
        let here = step(key, is);
        match (required(key, was), required(key, is)) {
            (false, true) => walk.found(&here, PARAMETER_BECAME_REQUIRED, "the parameter became required"),
            (true, false) => walk.found(&here, PARAMETER_BECAME_OPTIONAL, "the parameter became optional"),
            _ => {}
        }
        if !flag(was, "deprecated") && flag(is, "deprecated") {
            walk.found(&here, PARAMETER_DEPRECATED, "the parameter is deprecated");
        }
        let (style_was, style_is) = (written(&key.0, was), written(&key.0, is));
        if style_was != style_is {
            let message = format!("it is written as {style_is} instead of {style_was}");
            walk.found(&here, PARAMETER_STYLE_CHANGED, message);
        }
        if let (Some(old), Some(new)) = (schema_of(was), schema_of(is)) {
            schema::compare(walk, &here.step("/schema", ""), old, new, Direction::Request);
        }
    }
    for (key, is) in new.iter().filter(|(key, _)| !old_keys.contains(key)) {
        let here = step(key, is);
        if required(key, is) {
            walk.found(&here, PARAMETER_ADDED_REQUIRED, "a required parameter was added");
        } else {
            walk.found(&here, PARAMETER_ADDED, "an optional parameter was added");
        }
    }
}

fn required((place, _): &(String, String), parameter: &Value) -> bool {
    place == "path"
        || parameter
            .get("required")
            .and_then(Value::as_bool)
            .unwrap_or(false)
}

fn schema_of(parameter: &Value) -> Option<&Value> {
    parameter.get("schema").or_else(|| {
        let contents = parameter.get("content")?.as_object()?;
        contents.values().next()?.get("schema")
    })
}

/// How a parameter's value is written: style, explode, or its media type.
fn written(place: &str, parameter: &Value) -> String {
    let content = parameter.get("content").and_then(Value::as_object);
    if let Some((media_type, _)) = content.and_then(|c| c.iter().next()) {
        return format!("`{media_type}`");
    }
    let usual = if matches!(place, "query" | "cookie") {
        "form"
    } else {
        "simple"
    };
    let style = parameter.get("style").and_then(Value::as_str).unwrap_or(usual);
    let explode = parameter
        .get("explode")
        .and_then(Value::as_bool)
        .unwrap_or(style == "form");
    format!("`{style}`{}", if explode { " (exploded)" } else { "" })
}

fn bodies<'a>(walk: &mut Walk<'a>, at: &At, both: &Both<'a>) {
    let body = |root: &'a Value, operation: &'a Value| resolve(root, operation.get("requestBody")?).value;
    let (old, new) = (body(walk.old, both.old.1), body(walk.new, both.new.1));
    let at = at.step("/requestBody", "request body");
    let required = |body: &Value| body.get("required").and_then(Value::as_bool).unwrap_or(false);
    match (old, new) {
        (None, None) => {}
        (Some(_), None) => walk.found(&at, BODY_REMOVED, "the request body was removed"),
        (None, Some(new)) if required(new) => {
            walk.found(&at, BODY_ADDED_REQUIRED, "a required request body was added");
        }
        (None, Some(_)) => walk.found(&at, BODY_ADDED, "an optional request body was added"),
        (Some(old), Some(new)) => {
            match (required(old), required(new)) {
                (false, true) => walk.found(&at, BODY_BECAME_REQUIRED, "the request body became required"),
                (true, false) => walk.found(&at, BODY_BECAME_OPTIONAL, "the request body became optional"),
                _ => {}
            }
            let rules = (REQUEST_MEDIA_TYPE_REMOVED, REQUEST_MEDIA_TYPE_ADDED);
            contents(walk, &at, (old, new), rules, Direction::Request);
        }
    }
}

/// The media types of a body, by type and subtype: parameters such as `charset` make no other type.
fn media_types(body: &Value) -> Vec<(String, &Value)> {
    let contents = body.get("content").and_then(Value::as_object);
    let essence = |name: &str| {
        name.split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase()
    };
    contents
        .into_iter()
        .flatten()
        .map(|(name, value)| (essence(name), value))
        .collect()
}

fn contents<'a>(
    walk: &mut Walk<'a>,
    at: &At,
    (old, new): (&'a Value, &'a Value),
    (removed, added): (Rule, Rule),
    direction: Direction,
) {
    let (old, new) = (media_types(old), media_types(new));
    let several = old.len().max(new.len()) > 1;
    for (name, was) in &old {
        let Some((_, is)) = new.iter().find(|(other, _)| other == name) else {
            walk.found(at, removed, format!("the media type `{name}` was removed"));
            continue;
        };
        if let (Some(old), Some(new)) = (was.get("schema"), is.get("schema")) {
            // One of several types is named; a single one goes without saying.
            let place = if several { name.as_str() } else { "" };
            let here = at.step(&format!("/content/{}/schema", escape(name)), place);
            schema::compare(walk, &here, old, new, direction);
        }
    }
    for (name, _) in new
        .iter()
        .filter(|(name, _)| !old.iter().any(|(other, _)| other == name))
    {
        walk.found(at, added, format!("the media type `{name}` was added"));
    }
}

fn responses<'a>(walk: &mut Walk<'a>, at: &At, both: &Both<'a>) {
    let of = |root: &'a Value, operation: &'a Value| -> Vec<(&'a str, &'a Value)> {
        let all = operation
            .get("responses")
            .and_then(Value::as_object)
            .into_iter()
            .flatten();
        all.filter(|(status, _)| !status.starts_with("x-"))
            .filter_map(|(status, given)| Some((status.as_str(), resolve(root, given).value?)))
            .collect()
    };
    let (old, new) = (of(walk.old, both.old.1), of(walk.new, both.new.1));
    let success = |status: &str| status.starts_with(['2', '3']);
    let step = |status: &str| {
        at.step(
            &format!("/responses/{}", escape(status)),
            &format!("response {status}"),
        )
    };
    for (status, was) in &old {
        let here = step(status);
        let Some((_, is)) = new.iter().find(|(other, _)| other == status) else {
            let rule = if success(status) {
                RESPONSE_SUCCESS_REMOVED
            } else {
                RESPONSE_ERROR_REMOVED
            };
            walk.found(&here, rule, format!("the status {status} was removed"));
            continue;
        };
        let rules = (RESPONSE_MEDIA_TYPE_REMOVED, RESPONSE_MEDIA_TYPE_ADDED);
        contents(walk, &here, (was, is), rules, Direction::Response);
        headers(walk, &here, was, is);
    }
    for (status, _) in new
        .iter()
        .filter(|(status, _)| !old.iter().any(|(other, _)| other == status))
    {
        let rule = if success(status) {
            RESPONSE_SUCCESS_ADDED
        } else {
            RESPONSE_ERROR_ADDED
        };
        walk.found(&step(status), rule, format!("the status {status} was added"));
    }
}

fn headers(walk: &mut Walk<'_>, at: &At, old: &Value, new: &Value) {
    let names = |response: &Value| -> Vec<String> {
        let headers = response
            .get("headers")
            .and_then(Value::as_object)
            .into_iter()
            .flatten();
        headers.map(|(name, _)| name.to_ascii_lowercase()).collect()
    };
    let (old, new) = (names(old), names(new));
    let at = at.step("/headers", "");
    for name in old.iter().filter(|name| !new.contains(name)) {
        walk.found(
            &at,
            RESPONSE_HEADER_REMOVED,
            format!("the header `{name}` was removed"),
        );
    }
    for name in new.iter().filter(|name| !old.contains(name)) {
        walk.found(
            &at,
            RESPONSE_HEADER_ADDED,
            format!("the header `{name}` was added"),
        );
    }
}

/// One way to be let in: schemes as clients present them, and the scopes that they need.
struct Alternative {
    schemes: Vec<String>,
    scopes: HashSet<String>,
}

fn alternatives(root: &Value, operation: &Value) -> Vec<Alternative> {
    let given = operation.get("security").or_else(|| root.get("security"));
    let schemes = root.get("components").and_then(|c| c.get("securitySchemes"));
    let describe = |name: &str| -> String {
        let found = schemes
            .and_then(|all| all.get(name))
            .and_then(|s| resolve(root, s).value);
        let Some(Value::Object(scheme)) = found else {
            return name.to_owned();
        };
        presented(name, scheme)
    };
    let each = given.and_then(Value::as_array).into_iter().flatten();
    each.filter_map(Value::as_object)
        .map(|set| {
            let mut schemes: Vec<String> = set.keys().map(|name| describe(name)).collect();
            schemes.sort_unstable();
            let scopes = set.values().filter_map(Value::as_array).flatten();
            Alternative {
                schemes,
                scopes: scopes.filter_map(Value::as_str).map(str::to_owned).collect(),
            }
        })
        .collect()
}

/// What a client has to do for a scheme; its name in the document does not matter.
fn presented(name: &str, scheme: &Map<String, Value>) -> String {
    let text = |key| field(scheme, key).and_then(Value::as_str).unwrap_or_default();
    match text("type") {
        "http" => format!("HTTP {}", text("scheme").to_ascii_lowercase()),
        "apiKey" => format!("key in the {} {}", text("in"), text("name")),
        "oauth2" => "OAuth 2".to_owned(),
        "openIdConnect" => "OpenID Connect".to_owned(),
        "mutualTLS" => "client certificate".to_owned(),
        _ => name.to_owned(),
    }
}

fn security(walk: &mut Walk<'_>, at: &At, both: &Both<'_>) {
    let (old, new) = (
        alternatives(walk.old, both.old.1),
        alternatives(walk.new, both.new.1),
    );
    let at = at.step("/security", "security");
    let open = |all: &[Alternative]| all.is_empty() || all.iter().any(|a| a.schemes.is_empty());
    match (open(&old), open(&new)) {
        (true, true) => return,
        (true, false) => return walk.found(&at, SECURITY_ADDED, "a credential is needed now"),
        (false, true) => return walk.found(&at, SECURITY_REMOVED, "no credential is needed any more"),
        (false, false) => {}
    }
    for was in &old {
        let Some(is) = new.iter().find(|other| other.schemes == was.schemes) else {
            let message = format!("{} is no longer accepted", was.schemes.join(" with "));
            walk.found(&at, SECURITY_ALTERNATIVE_REMOVED, message);
            continue;
        };
        let sorted = |from: &HashSet<String>, without: &HashSet<String>| {
            let mut names: Vec<String> = from.difference(without).cloned().collect();
            names.sort_unstable();
            names
        };
        let (added, removed) = (sorted(&is.scopes, &was.scopes), sorted(&was.scopes, &is.scopes));
        if !added.is_empty() {
            walk.found(
                &at,
                SECURITY_SCOPE_ADDED,
                format!("the scope {} is needed now", listed(&added)),
            );
        }
        if !removed.is_empty() {
            let message = format!("the scope {} is needed no more", listed(&removed));
            walk.found(&at, SECURITY_SCOPE_REMOVED, message);
        }
    }
    for is in new
        .iter()
        .filter(|is| !old.iter().any(|was| was.schemes == is.schemes))
    {
        let message = format!("{} is accepted, too", is.schemes.join(" with "));
        walk.found(&at, SECURITY_ALTERNATIVE_ADDED, message);
    }
}
