//! Swagger 2.0 as OpenAPI 3.0: the tree is converted when the document is read, the stored text stays as it was.

use std::mem::take;

use serde_json::{Map, Value, json};

use super::{reference::escape, text};
use crate::spec::diagnostic::{Diagnostic, Findings, Severity};

mod parameter;

use parameter::Parameters;

type Object = Map<String, Value>;

/// The methods of a Swagger path item.
const METHODS: [&str; 7] = ["get", "put", "post", "delete", "options", "head", "patch"];
/// What a body is in when the document does not say.
const JSON: &str = "application/json";

/// Whether this is a Swagger document.
pub(super) fn version(root: &Value) -> Option<String> {
    let version = text(root, "swagger");
    (!version.is_empty() && root.get("openapi").is_none()).then_some(version)
}

/// The document as OpenAPI 3.0.
///
/// # Errors
/// When it is an older Swagger.
pub(super) fn convert(root: Value, version: &str, findings: &mut Findings) -> Result<Value, Diagnostic> {
    if !version.starts_with('2') {
        let message = format!(
            "this is Swagger {version}; OpenAPI 3 and Swagger 2.0 can be imported. Convert it first, for instance \
             with the npm package `api-spec-converter`"
        );
        return Err(Diagnostic::error("old-swagger", message).at("/swagger"));
    }
    let Value::Object(mut old) = root else {
        return Err(Diagnostic::error(
            "not-an-object",
            "a Swagger document is an object; this is not one",
        ));
    };
    let note = "Swagger 2.0 was converted to OpenAPI 3.0";
    findings.push(Diagnostic::new(Severity::Info, "converted-swagger", note).at("/swagger"));

    let mut new = Map::new();
    new.insert("openapi".to_owned(), "3.0.3".into());
    for field in ["info", "tags", "externalDocs", "security"] {
        if let Some(value) = old.remove(field) {
            new.insert(field.to_owned(), value);
        }
    }
    let root_servers = servers(&old, old.get("schemes"), "", findings);
    if let Some(servers) = &root_servers {
        new.insert("servers".to_owned(), servers.clone());
    }
    let converter = Converter {
        parameters: Parameters::new(take_object(&mut old, "parameters")),
        consumes: media_types(old.get("consumes")),
        produces: media_types(old.get("produces")),
        base: (text_of(&old, "host"), text_of(&old, "basePath")),
    };
    let mut paths = take_object(&mut old, "paths");
    for (path, item) in &mut paths {
        if let Value::Object(item) = item {
            converter.path_item(path, item, findings);
        }
    }
    new.insert("paths".to_owned(), Value::Object(paths));

    let mut components = Map::new();
    let mut schemas = take_object(&mut old, "definitions");
    schemas.values_mut().for_each(schema);
    components.insert("schemas".to_owned(), Value::Object(schemas));
    let mut responses = take_object(&mut old, "responses");
    for response in responses.values_mut() {
        converter.response(response, &converter.produces);
    }
    components.insert("responses".to_owned(), Value::Object(responses));
    components.insert("parameters".to_owned(), converter.parameters.components(findings));
    let mut schemes = take_object(&mut old, "securityDefinitions");
    for (name, scheme) in &mut schemes {
        security_scheme(name, scheme, findings);
    }
    components.insert("securitySchemes".to_owned(), Value::Object(schemes));
    components.retain(|_, group| group.as_object().is_some_and(|group| !group.is_empty()));
    new.insert("components".to_owned(), Value::Object(components));
    new.extend(old.into_iter().filter(|(name, _)| name.starts_with("x-")));
    Ok(Value::Object(new))
}

/// The place in the Swagger document that a place in the converted one came from, as near as it can be told.
pub(super) fn origin(pointer: &str) -> String {
    const MOVED: [(&str, &str); 4] = [
        ("/components/schemas", "/definitions"),
        ("/components/responses", "/responses"),
        ("/components/parameters", "/parameters"),
        ("/components/securitySchemes", "/securityDefinitions"),
    ];
    if pointer == "/openapi" {
        return "/swagger".to_owned();
    }
    let mut out = pointer.to_owned();
    for (new, old) in MOVED {
        if let Some(rest) = pointer.strip_prefix(new) {
            out = format!("{old}{rest}");
        }
    }
    if let Some((operation, _)) = out.split_once("/requestBody") {
        return operation.to_owned();
    }
    match out.split_once("/content/") {
        Some((before, after)) => match after.split_once('/') {
            Some((_, rest)) => format!("{before}/{rest}"),
            None => before.to_owned(),
        },
        None => out,
    }
}

struct Converter {
    parameters: Parameters,
    consumes: Vec<String>,
    produces: Vec<String>,
    /// Host and base path.
    base: (String, String),
}

impl Converter {
    fn path_item(&self, path: &str, item: &mut Object, findings: &mut Findings) {
        let at = format!("/paths/{}", escape(path));
        if let Some(reference) = item.get_mut("$ref") {
            rewrite(reference);
        }
        let shared = item.remove("parameters");
        let shared = self
            .parameters
            .read(shared.as_ref(), &format!("{at}/parameters"), findings);
        if !shared.plain.is_empty() {
            item.insert("parameters".to_owned(), Value::Array(shared.plain.clone()));
        }
        for method in METHODS {
            if let Some(Value::Object(operation)) = item.get_mut(method) {
                self.operation(operation, &shared, &format!("{at}/{method}"), findings);
            }
        }
    }

    fn operation(&self, operation: &mut Object, shared: &parameter::Read, at: &str, findings: &mut Findings) {
        let consumes = operation.remove("consumes");
        let consumes = consumes.map_or_else(|| self.consumes.clone(), |own| media_types(Some(&own)));
        let produces = operation.remove("produces");
        let produces = produces.map_or_else(|| self.produces.clone(), |own| media_types(Some(&own)));
        let own = operation.remove("parameters");
        let own = self
            .parameters
            .read(own.as_ref(), &format!("{at}/parameters"), findings);
        if let Some(body) = own.body_with(shared, &consumes, at, findings) {
            operation.insert("requestBody".to_owned(), body);
        }
        if !own.plain.is_empty() {
            operation.insert("parameters".to_owned(), Value::Array(own.plain));
        }
        if let Some(schemes) = operation.remove("schemes") {
            let mut base = Map::new();
            base.insert("host".to_owned(), self.base.0.clone().into());
            base.insert("basePath".to_owned(), self.base.1.clone().into());
            if let Some(servers) = servers(&base, Some(&schemes), at, findings) {
                operation.insert("servers".to_owned(), servers);
            }
        }
        for response in operation
            .get_mut("responses")
            .and_then(Value::as_object_mut)
            .into_iter()
            .flat_map(|responses| responses.values_mut())
        {
            self.response(response, &produces);
        }
    }

    fn response(&self, response: &mut Value, produces: &[String]) {
        let Some(response) = response.as_object_mut() else {
            return;
        };
        if let Some(reference) = response.get_mut("$ref") {
            rewrite(reference);
            return;
        }
        for header in response
            .get_mut("headers")
            .and_then(Value::as_object_mut)
            .into_iter()
            .flat_map(|headers| headers.values_mut())
        {
            if let Value::Object(old) = header {
                let mut new = Map::new();
                new.insert("schema".to_owned(), parameter::value_schema(old));
                new.extend(
                    take(old)
                        .into_iter()
                        .filter(|(name, _)| name == "description" || name.starts_with("x-")),
                );
                *old = new;
            }
        }
        let mut body = response.remove("schema");
        let is_file = body.as_ref().is_some_and(|body| text(body, "type") == "file");
        if let Some(body) = &mut body {
            schema(body);
        }
        let mut examples = take_object(response, "examples");
        let mut content = Map::new();
        if let Some(body) = body {
            let fallback = [if is_file { "application/octet-stream" } else { JSON }.to_owned()];
            let types = if produces.is_empty() { &fallback } else { produces };
            for media in types {
                let mut entry = Map::new();
                entry.insert("schema".to_owned(), body.clone());
                content.insert(media.clone(), Value::Object(entry));
            }
        }
        // Examples stand by media type; without one that is known, as some write them, they are of the first.
        let by_type = examples.keys().any(|name| name.contains('/'));
        if by_type {
            for (media, example) in examples {
                let entry = content.entry(media).or_insert_with(|| json!({}));
                if let Value::Object(entry) = entry {
                    entry.insert("example".to_owned(), example);
                }
            }
        } else if !examples.is_empty()
            && let Some((_, Value::Object(entry))) = content.iter_mut().next()
        {
            let example = match examples.len() {
                1 => examples.iter_mut().next().map(|(_, example)| example.take()),
                _ => Some(Value::Object(examples)),
            };
            entry.insert("example".to_owned(), example.unwrap_or_default());
        }
        if !content.is_empty() {
            response.insert("content".to_owned(), Value::Object(content));
        }
    }
}

/// `servers` out of schemes, host and base path. `None` when the document says nothing of them.
fn servers(old: &Object, schemes: Option<&Value>, at: &str, findings: &mut Findings) -> Option<Value> {
    let (host, path) = (text_of(old, "host"), text_of(old, "basePath"));
    let path = match path.trim_end_matches('/') {
        path if path.is_empty() || path.starts_with('/') => path.to_owned(),
        path => format!("/{path}"),
    };
    if host.is_empty() {
        return (!path.is_empty()).then(|| json!([{ "url": path }]));
    }
    let mut named = media_types(schemes);
    let all = named.len();
    named.retain(|scheme| scheme == "http" || scheme == "https");
    if named.len() < all {
        let message = "only the schemes `http` and `https` can be called; others are left out";
        findings.push(Diagnostic::warning("unsupported-scheme", message).at(format!("{at}/schemes")));
    }
    named.sort_by(|a, b| b.cmp(a)); // https first
    if named.is_empty() {
        named.push("https".to_owned());
    }
    let urls = named
        .iter()
        .map(|scheme| json!({ "url": format!("{scheme}://{host}{path}") }));
    Some(urls.collect())
}

fn security_scheme(name: &str, scheme: &mut Value, findings: &mut Findings) {
    let Some(old) = scheme.as_object_mut() else { return };
    match text_of(old, "type").as_str() {
        "basic" => {
            old.insert("type".to_owned(), "http".into());
            old.insert("scheme".to_owned(), "basic".into());
        }
        "oauth2" => {
            let flow = text_of(old, "flow");
            let new_name = match flow.as_str() {
                "application" => "clientCredentials",
                "accessCode" => "authorizationCode",
                "implicit" | "password" => flow.as_str(),
                _ => {
                    let message = format!("the OAuth 2 flow {flow:?} is not known");
                    let at = format!("/securityDefinitions/{}", escape(name));
                    findings.push(Diagnostic::warning("unknown-flow", message).at(at));
                    return;
                }
            };
            old.remove("flow");
            let mut details = Map::new();
            for field in ["authorizationUrl", "tokenUrl", "scopes"] {
                if let Some(value) = old.remove(field) {
                    details.insert(field.to_owned(), value);
                }
            }
            let mut flows = Map::new();
            flows.insert(new_name.to_owned(), Value::Object(details));
            old.insert("flows".to_owned(), Value::Object(flows));
        }
        _ => {}
    }
}

/// Converts a schema in place, and all below it.
fn schema(schema_: &mut Value) {
    let Some(object) = schema_.as_object_mut() else {
        return;
    };
    if let Some(reference) = object.get_mut("$ref") {
        rewrite(reference);
    }
    match object.get("type").and_then(Value::as_str) {
        Some("file") => {
            object.insert("type".to_owned(), "string".into());
            object.insert("format".to_owned(), "binary".into());
        }
        // AutoRest's word for "anything".
        Some("any") => {
            object.remove("type");
        }
        _ => {}
    }
    if let Some(Value::String(property)) = object.get("discriminator") {
        let named = json!({ "propertyName": property });
        object.insert("discriminator".to_owned(), named);
    }
    for field in ["x-nullable", "x-isnullable"] {
        if let Some(Value::Bool(nullable)) = object.get(field) {
            let nullable = *nullable;
            object.insert("nullable".to_owned(), nullable.into());
        }
    }
    for field in ["items", "additionalProperties", "not"] {
        if let Some(inner) = object.get_mut(field) {
            match inner {
                Value::Array(list) => list.iter_mut().for_each(schema),
                one => schema(one),
            }
        }
    }
    for field in ["allOf", "anyOf", "oneOf"] {
        if let Some(Value::Array(members)) = object.get_mut(field) {
            members.iter_mut().for_each(schema);
        }
    }
    for field in ["properties", "patternProperties", "definitions"] {
        if let Some(Value::Object(members)) = object.get_mut(field) {
            members.values_mut().for_each(schema);
        }
    }
}

/// Points a `$ref` to where its target has moved.
fn rewrite(reference: &mut Value) {
    const MOVED: [(&str, &str); 4] = [
        ("#/definitions/", "#/components/schemas/"),
        ("#/responses/", "#/components/responses/"),
        ("#/parameters/", "#/components/parameters/"),
        ("#/securityDefinitions/", "#/components/securitySchemes/"),
    ];
    let Value::String(text) = reference else { return };
    // A bare name is how Swagger 1 wrote it; some documents still do.
    if !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || c == '_') {
        *text = format!("#/components/schemas/{text}");
        return;
    }
    for (old, new) in MOVED {
        if let Some(rest) = text.strip_prefix(old) {
            *text = format!("{new}{rest}");
            return;
        }
    }
}

fn media_types(list: Option<&Value>) -> Vec<String> {
    let list = list.and_then(Value::as_array).into_iter().flatten();
    let mut out: Vec<String> = Vec::new();
    for media in list.filter_map(Value::as_str) {
        if !out.iter().any(|known| known == media) {
            out.push(media.to_owned());
        }
    }
    out
}

fn text_of(object: &Object, field: &str) -> String {
    object
        .get(field)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

fn take_object(object: &mut Object, field: &str) -> Object {
    match object.remove(field) {
        Some(Value::Object(inner)) => inner,
        _ => Map::new(),
    }
}

fn required(object: &Object) -> bool {
    object.get("required").and_then(Value::as_bool) == Some(true)
}
