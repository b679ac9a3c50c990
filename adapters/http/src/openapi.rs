//! The console's own API description, made from the route table: what is not a route is not in it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::{
    problem::ProblemDetails,
    route::{Kind, Plane, Route, SchemaOf, schema},
};

/// The OpenAPI 3.1 document of all JSON routes.
pub(crate) fn document(table: &[Arc<Route>]) -> String {
    let mut schemas = BTreeMap::new();
    let problem = refer(schema::<ProblemDetails>, &mut schemas);
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for route in table.iter().filter(|r| r.kind == Kind::Json) {
        let operation = operation(route, &problem, &mut schemas);
        paths
            .entry(route.path)
            .or_default()
            .insert(route.method.as_str().to_lowercase(), operation);
    }
    // The catch-all of axum is no OpenAPI path.
    paths.retain(|path, _| !path.contains("{*"));
    let document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Console API",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Keys, subscriptions, API descriptions and the playground. Errors are problem details \
                (RFC 9457) with a stable `code`.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}
        },
        // Relative to where this document is served: the mount prefix.
        "servers": [{"url": ".."}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "session": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT",
                    "description": "The token of a sign-in. Browsers send it as a cookie instead."},
                "apiKey": {"type": "http", "scheme": "bearer",
                    "description": "An API key with the permission keys:write."}
            }
        }
    });
    document.to_string()
}

fn operation(route: &Route, problem: &Value, schemas: &mut BTreeMap<String, Value>) -> Value {
    let mut operation = Map::new();
    operation.insert("operationId".into(), json!(operation_id(route)));
    operation.insert("summary".into(), json!(route.summary));
    let security = match route.plane {
        Plane::Open | Plane::Public | Plane::Machine | Plane::Agent => json!([]),
        Plane::Session => json!([{"session": []}]),
        Plane::SessionOrKey => json!([{"session": []}, {"apiKey": []}]),
    };
    operation.insert("security".into(), security);
    let in_path = route
        .path
        .split('/')
        .filter_map(|s| s.strip_prefix('{')?.strip_suffix('}'))
        .map(|name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}}));
    let in_query = route.query.iter().map(|(name, description)| {
        let kind = if *name == "limit" { "integer" } else { "string" };
        json!({"name": name, "in": "query", "description": description, "schema": {"type": kind}})
    });
    let parameters: Vec<Value> = in_path.chain(in_query).collect();
    if !parameters.is_empty() {
        operation.insert("parameters".into(), json!(parameters));
    }
    if let Some(takes) = route.takes {
        let mut content = json!({"application/json": {"schema": refer(takes, schemas)}});
        if route.takes_file {
            content["multipart/form-data"] = json!({"schema": {
                "type": "object",
                "required": ["productId", "file"],
                "properties": {
                    "productId": {"type": "string"},
                    "specFormat": {"type": "string", "enum": ["OPENAPI_3"]},
                    "file": {"type": "string", "format": "binary"}
                }
            }});
        }
        operation.insert(
            "requestBody".into(),
            json!({"required": true, "content": content}),
        );
    }
    let mut responses = Map::new();
    match route.gives {
        Some((status, gives)) => {
            let schema = refer(gives, schemas);
            let body = json!({"description": "Done", "content": {"application/json": {"schema": schema}}});
            responses.insert(status.to_string(), body);
        }
        None => {
            responses.insert("2XX".into(), json!({"description": "Done"}));
        }
    }
    let refused = json!({
        "description": "Refused",
        "content": {"application/problem+json": {"schema": problem}}
    });
    responses.insert("4XX".into(), refused);
    operation.insert("responses".into(), Value::Object(responses));
    Value::Object(operation)
}

/// `POST /api/v1/api-keys/{id}/rotate` is `postApiKeysByIdRotate`.
fn operation_id(route: &Route) -> String {
    let mut id = route.method.as_str().to_lowercase();
    for segment in route
        .path
        .trim_start_matches("/api/v1")
        .split(['/', '-'])
        .filter(|s| !s.is_empty())
    {
        let name = match segment.strip_prefix('{') {
            Some(parameter) => format!("by-{}", parameter.trim_end_matches('}')),
            None => segment.to_owned(),
        };
        for word in name.split('-') {
            let mut letters = word.chars();
            id.extend(letters.next().map(|c| c.to_ascii_uppercase()));
            id.extend(letters.filter(char::is_ascii_alphanumeric));
        }
    }
    id
}

fn refer(of: SchemaOf, schemas: &mut BTreeMap<String, Value>) -> Value {
    let mut named = of().into_iter();
    let Some((own, first)) = named.next() else {
        return json!({});
    };
    for (name, schema) in std::iter::once((own.clone(), first)).chain(named) {
        schemas
            .entry(name)
            .or_insert_with(|| serde_json::to_value(schema).unwrap_or_default());
    }
    json!({"$ref": format!("#/components/schemas/{own}")})
}
