//! Responses: their headers, bodies and links.

use serde_json::Value;

use super::{
    content::content,
    example::{self, Purpose},
    flag,
    reference::resolve,
    schema, text,
};
use crate::spec::model::{Method, Response, ResponseHeader, ResponseLink};

/// Levels and nodes of the schema of a response header.
const HEADER_LEVELS: u32 = 2;
const HEADER_NODES: usize = 12;
/// Headers and links of one response that are shown at most.
const MAX_HEADERS: usize = 60;
const MAX_LINKS: usize = 30;

/// The responses in document order, with about `nodes` schema nodes. `ids` finds the operation that a link means.
pub(super) fn responses(
    root: &Value,
    operation: &Value,
    method: Method,
    nodes: usize,
    ids: &dyn Fn(&Value) -> Option<String>,
) -> Vec<Response> {
    let Some(all) = operation.get("responses").and_then(Value::as_object) else {
        return Vec::new();
    };
    let all: Vec<(&String, &Value)> = all
        .iter()
        .filter(|(status, _)| !status.starts_with("x-"))
        .collect();
    let is_success = |status: &str| status.starts_with('2');
    let successes = all.iter().filter(|(status, _)| is_success(status)).count();
    let share = |count: usize, nodes: usize| (nodes / count.max(1)).max(8);
    let for_success = share(successes, nodes * 2 / 3);
    let for_others = share(all.len() - successes, nodes / 3);
    let mut left = nodes;
    let mut out = Vec::new();
    for (status, response) in all {
        let found = resolve(root, response);
        let Some(response) = found.value else { continue };
        let mut contents = Vec::new();
        let media = response.get("content").and_then(Value::as_object);
        if let Some(media) = media.filter(|_| method != Method::Head) {
            let nodes = if is_success(status) {
                for_success
            } else {
                for_others
            };
            let each = share(media.len(), nodes);
            for (name, media) in media {
                let (content, used) = content(root, name, media, Purpose::Response, each.min(left.max(1)));
                left = left.saturating_sub(used);
                contents.push(content);
            }
        }
        let headers = response.get("headers").and_then(Value::as_object);
        let said = found
            .siblings
            .map(|s| text(s, "description"))
            .filter(|d| !d.is_empty());
        // OpenAPI 3.2 has a summary, and does without a description.
        let described = ["description", "summary"]
            .iter()
            .map(|field| text(response, field));
        let described = described
            .into_iter()
            .find(|text| !text.is_empty())
            .unwrap_or_default();
        out.push(Response {
            status: status.clone(),
            description: said.unwrap_or(described),
            headers: headers
                .into_iter()
                .flatten()
                .take(MAX_HEADERS)
                .map(|(name, h)| header(root, name, h))
                .collect(),
            contents,
            links: links(root, response, ids),
        });
    }
    out
}

fn header(root: &Value, name: &str, header: &Value) -> ResponseHeader {
    let found = resolve(root, header);
    let header = found.value.unwrap_or(&Value::Null);
    let media = header
        .get("content")
        .and_then(Value::as_object)
        .and_then(|c| c.values().next());
    let raw = header
        .get("schema")
        .or_else(|| media.and_then(|m| m.get("schema")));
    let view = raw.map(|schema| schema::view(root, schema, HEADER_LEVELS, HEADER_NODES).0);
    let view = view.unwrap_or_default();
    let said = found.siblings.map(|s| text(s, "description"));
    let described = [
        said,
        Some(text(header, "description")),
        Some(view.description.clone()),
    ];
    ResponseHeader {
        name: name.to_owned(),
        required: flag(header, "required"),
        deprecated: flag(header, "deprecated") || view.deprecated,
        description: described
            .into_iter()
            .flatten()
            .find(|text| !text.is_empty())
            .unwrap_or_default(),
        example: example::given(root, header).or_else(|| view.example.clone()),
        schema: view,
    }
}

fn links(root: &Value, response: &Value, ids: &dyn Fn(&Value) -> Option<String>) -> Vec<ResponseLink> {
    let plain = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let link = |(name, link): (&String, &Value)| {
        let found = resolve(root, link);
        let link = found.value.filter(|link| link.is_object())?;
        let target = ["operationId", "operationRef"]
            .iter()
            .map(|field| text(link, field));
        let target = target
            .into_iter()
            .find(|target| !target.is_empty())
            .unwrap_or_default();
        let parameters = link.get("parameters").and_then(Value::as_object);
        let parameters = parameters.into_iter().flatten().take(MAX_LINKS);
        Some(ResponseLink {
            name: name.clone(),
            operation: ids(link),
            target,
            description: text(link, "description"),
            parameters: parameters
                .map(|(name, value)| (name.clone(), plain(value)))
                .collect(),
            body: link.get("requestBody").map(plain),
        })
    };
    let all = response.get("links").and_then(Value::as_object);
    all.into_iter()
        .flatten()
        .filter_map(link)
        .take(MAX_LINKS)
        .collect()
}
