//! One operation, built when it is asked for.

use serde_json::Value;

use super::{
    content::{BODY_NODES, request_body},
    example::{self, Purpose},
    external_docs, flag,
    index::{Place, path_item_method},
    reference::resolve,
    response::responses,
    schema,
    template::{Part, parts, split},
    text,
};
use crate::spec::model::{
    AuthorSample, Callback, Operation, OperationSummary, Parameter, ParameterPlace, SchemaView,
    SecurityScheme, Server, Style,
};

const PARAMETER_LEVELS: u32 = 4;
/// Parameters of one operation that are shown at most.
const MAX_PARAMETERS: usize = 1_000;
/// Schema nodes of one operation: of the parameters together, and of all responses.
const PARAMETER_NODES: usize = 600;
const RESPONSE_NODES: usize = 900;
/// Callbacks of one operation that are shown at most, and their schema nodes together.
const MAX_CALLBACKS: usize = 20;
const CALLBACK_NODES: usize = 400;
/// The author's samples that are shown at most.
const MAX_SAMPLES: usize = 30;

pub(super) fn build(
    root: &Value,
    summary: &OperationSummary,
    place: &Place,
    ids: &dyn Fn(&Value) -> Option<String>,
) -> Option<Operation> {
    let (items, operation) = place.find(root)?;
    let security = security(root, operation);
    let body = operation
        .get("requestBody")
        .and_then(|body| request_body(root, body, BODY_NODES));
    let [item, referred] = items.map(|item| item.unwrap_or(&Value::Null));
    Some(Operation {
        summary: summary.clone(),
        description: described(operation, [item, referred]),
        parameters: parameters(root, [referred, item, operation], &summary.path, &security),
        body,
        responses: responses(root, operation, summary.method, RESPONSE_NODES, ids),
        security,
        servers: servers(&[Some(operation), Some(item), Some(referred), Some(root)]),
        webhook: place.is_webhook(),
        callbacks: callbacks(root, operation, ids),
        external_docs: operation.get("externalDocs").and_then(external_docs),
        author_samples: author_samples(operation),
        deprecation: [
            "x-deprecated-reason",
            "x-deprecation-reason",
            "x-deprecated-message",
            "x-deprecated-description",
        ]
        .iter()
        .map(|field| text(operation, field))
        .find(|reason| !reason.is_empty())
        .unwrap_or_default(),
    })
}

/// What an operation says of itself, or else its path item.
fn described(operation: &Value, items: [&Value; 2]) -> String {
    [operation, items[0], items[1]]
        .into_iter()
        .map(|object| text(object, "description"))
        .find(|description| !description.is_empty())
        .unwrap_or_default()
}

/// Calls that the API makes in answer.
fn callbacks(root: &Value, operation: &Value, ids: &dyn Fn(&Value) -> Option<String>) -> Vec<Callback> {
    let Some(named) = operation.get("callbacks").and_then(Value::as_object) else {
        return Vec::new();
    };
    let mut out = Vec::new();
    let each = CALLBACK_NODES / named.len().clamp(1, MAX_CALLBACKS);
    for (name, callback) in named {
        let expressions = resolve(root, callback).value.and_then(Value::as_object);
        for (expression, item) in expressions.into_iter().flatten() {
            let Some(item) = resolve(root, item).value.and_then(Value::as_object) else {
                continue;
            };
            for (method, operation) in item {
                let Some(method) = path_item_method(method).filter(|_| operation.is_object()) else {
                    continue;
                };
                if out.len() == MAX_CALLBACKS {
                    return out;
                }
                if flag(operation, "x-internal") {
                    continue;
                }
                out.push(Callback {
                    name: name.clone(),
                    expression: expression.clone(),
                    method,
                    summary: text(operation, "summary"),
                    description: text(operation, "description"),
                    body: operation
                        .get("requestBody")
                        .and_then(|body| request_body(root, body, each)),
                    responses: responses(root, operation, method, each / 2, ids),
                });
            }
        }
    }
    out
}

/// The samples that the author wrote: `x-codeSamples`, by its names of today and of earlier.
fn author_samples(operation: &Value) -> Vec<AuthorSample> {
    let fields = ["x-codeSamples", "x-code-samples", "x-codesamples"];
    let lists = fields.iter().filter_map(|field| operation.get(field)?.as_array());
    let sample = |sample: &Value| {
        let language = text(sample, "lang");
        let label = text(sample, "label");
        // ReadMe's name for the code is `code`.
        let sources = ["source", "code"].iter().map(|field| text(sample, field));
        let source = sources.into_iter().find(|source| !source.is_empty())?;
        let label = if label.is_empty() { language.clone() } else { label };
        Some(AuthorSample {
            label: if label.is_empty() {
                "Sample".to_owned()
            } else {
                label
            },
            language,
            source,
        })
    };
    lists.flatten().filter_map(sample).take(MAX_SAMPLES).collect()
}

/// The servers of the first object that names any.
pub(super) fn servers(objects: &[Option<&Value>]) -> Vec<Server> {
    let lists = objects
        .iter()
        .flatten()
        .filter_map(|object| object.get("servers").and_then(Value::as_array));
    let Some(list) = lists.into_iter().find(|list| !list.is_empty()) else {
        return vec![Server {
            url: "/".to_owned(),
            description: String::new(),
        }];
    };
    let server = |server: &Value| {
        let mut url = String::new();
        let template = text(server, "url");
        for part in parts(&template) {
            match part {
                Part::Literal(literal) => url.push_str(literal),
                Part::Variable(name) => {
                    let variable = server
                        .get("variables")
                        .and_then(|v| v.get(name))
                        .unwrap_or(&Value::Null);
                    let default = text(variable, "default");
                    let first = variable
                        .get("enum")
                        .and_then(|e| e.get(0))
                        .and_then(Value::as_str)
                        .unwrap_or_default();
                    match (default.as_str(), first) {
                        ("", "") if variable.get("default").is_none() => url.push_str(&format!("{{{name}}}")),
                        ("", first) => url.push_str(first),
                        (default, _) => url.push_str(default),
                    }
                }
            }
        }
        Server {
            url,
            description: text(server, "description"),
        }
    };
    list.iter().filter(|s| s.is_object()).map(server).collect()
}

fn parameters(
    root: &Value,
    objects: [&Value; 3],
    path: &str,
    security: &[Vec<SecurityScheme>],
) -> Vec<Parameter> {
    let mut raw: Vec<(&str, ParameterPlace, &Value)> = Vec::new();
    for parameter in objects
        .into_iter()
        .filter_map(|o| o.get("parameters")?.as_array())
        .flatten()
    {
        let Some(parameter) = resolve(root, parameter).value.filter(|p| !flag(p, "x-internal")) else {
            continue;
        };
        let name = parameter.get("name").and_then(Value::as_str);
        let place = match parameter.get("in").and_then(Value::as_str) {
            Some("path") => ParameterPlace::Path,
            Some("query") => ParameterPlace::Query,
            Some("header") => ParameterPlace::Header,
            Some("cookie") => ParameterPlace::Cookie,
            _ => continue,
        };
        let Some(name) = name.filter(|n| !n.is_empty()) else {
            continue;
        };
        let earlier = raw
            .iter()
            .position(|(n, p, _)| *p == place && same_name(place, n, name));
        match earlier {
            Some(at) => raw[at].2 = parameter, // the operation's wins, in the place of the path item's
            None if raw.len() < MAX_PARAMETERS => raw.push((name, place, parameter)),
            None => break,
        }
    }
    let variables: Vec<&str> = parts(split(path).0)
        .into_iter()
        .filter_map(|part| match part {
            Part::Variable(name) => Some(name),
            Part::Literal(_) => None,
        })
        .collect();
    raw.retain(|(name, place, _)| match place {
        ParameterPlace::Path => variables.contains(name),
        _ => !is_credential(name, *place, security),
    });
    let each = (PARAMETER_NODES / raw.len().max(1)).clamp(4, 60);
    let mut out: Vec<Parameter> = raw
        .iter()
        .map(|(name, place, p)| parameter(root, name, *place, p, each))
        .collect();
    for name in variables {
        if !out
            .iter()
            .any(|p| p.place == ParameterPlace::Path && p.name == name)
        {
            out.push(undescribed(name));
        }
    }
    out.sort_by_key(|p| p.place); // path, query, header, cookie; document order within
    out
}

fn same_name(place: ParameterPlace, a: &str, b: &str) -> bool {
    if place == ParameterPlace::Header {
        a.eq_ignore_ascii_case(b)
    } else {
        a == b
    }
}

/// Credentials are the playground's business, and `Content-Type` follows from the body: no form asks for them
/// (OpenAPI 3.1, Parameter Object: such header parameters are ignored).
fn is_credential(name: &str, place: ParameterPlace, security: &[Vec<SecurityScheme>]) -> bool {
    if place == ParameterPlace::Header
        && ["authorization", "content-type"]
            .iter()
            .any(|n| name.eq_ignore_ascii_case(n))
    {
        return true;
    }
    security.iter().flatten().any(|scheme| match scheme {
        SecurityScheme::ApiKey { place: at, name: key } => *at == place && same_name(place, key, name),
        _ => false,
    })
}

fn parameter(root: &Value, name: &str, place: ParameterPlace, object: &Value, nodes: usize) -> Parameter {
    let content = object
        .get("content")
        .and_then(Value::as_object)
        .and_then(|c| c.iter().next());
    let raw = match content {
        Some((_, media)) => media.get("schema"),
        None => object.get("schema"),
    };
    let view = raw
        .map(|schema| schema::view(root, schema, PARAMETER_LEVELS, nodes).0)
        .unwrap_or_default();
    let default = match place {
        ParameterPlace::Query | ParameterPlace::Cookie => Style::Form,
        ParameterPlace::Path | ParameterPlace::Header => Style::Simple,
    };
    let style = object
        .get("style")
        .and_then(Value::as_str)
        .and_then(style)
        .filter(|s| fits(*s, place));
    let style = style.unwrap_or(default);
    // An empty text is no value for a path, nor any help elsewhere.
    // Nor is a value that the document's own `enum` does not allow.
    let allowed = |example: &Value| {
        let values = &view.enumeration;
        values.is_empty() || example.is_array() || values.contains(example)
    };
    let tells = |example: &Value| !example.is_null() && example.as_str() != Some("") && allowed(example);
    let example = example::given(root, object)
        .filter(tells)
        .or_else(|| content.and_then(|(_, media)| example::given(root, media)))
        .or_else(|| view.example.clone().filter(tells))
        .or_else(|| view.default.clone().filter(tells))
        .or_else(|| raw.and_then(|schema| example::from_schema(root, schema, Purpose::Request, 20)));
    Parameter {
        name: name.to_owned(),
        place,
        required: place == ParameterPlace::Path || flag(object, "required"),
        deprecated: flag(object, "deprecated") || view.deprecated,
        description: text(object, "description"),
        style,
        explode: object
            .get("explode")
            .and_then(Value::as_bool)
            .unwrap_or(style == Style::Form),
        allow_reserved: flag(object, "allowReserved"),
        media_type: content.map(|(media, _)| media.clone()),
        schema: view,
        example,
        examples: example::named(root, object),
    }
}

fn undescribed(name: &str) -> Parameter {
    Parameter {
        name: name.to_owned(),
        place: ParameterPlace::Path,
        required: true,
        deprecated: false,
        description: String::new(),
        style: Style::Simple,
        explode: false,
        allow_reserved: false,
        media_type: None,
        schema: SchemaView {
            types: vec!["string".to_owned()],
            ..SchemaView::default()
        },
        example: Some(Value::String("string".to_owned())),
        examples: Vec::new(),
    }
}

pub(super) fn style(name: &str) -> Option<Style> {
    Some(match name {
        "simple" => Style::Simple,
        "label" => Style::Label,
        "matrix" => Style::Matrix,
        "form" => Style::Form,
        "spaceDelimited" => Style::SpaceDelimited,
        "pipeDelimited" => Style::PipeDelimited,
        "deepObject" => Style::DeepObject,
        _ => return None,
    })
}

fn fits(style: Style, place: ParameterPlace) -> bool {
    match place {
        ParameterPlace::Path => matches!(style, Style::Simple | Style::Label | Style::Matrix),
        ParameterPlace::Query => !matches!(style, Style::Simple | Style::Label | Style::Matrix),
        ParameterPlace::Header => style == Style::Simple,
        ParameterPlace::Cookie => style == Style::Form,
    }
}

fn security(root: &Value, operation: &Value) -> Vec<Vec<SecurityScheme>> {
    let asked = operation
        .get("security")
        .or_else(|| root.get("security"))
        .and_then(Value::as_array);
    let schemes = root.get("components").and_then(|c| c.get("securitySchemes"));
    let one = |name: &String| match schemes
        .and_then(|s| s.get(name))
        .and_then(|s| resolve(root, s).value)
    {
        Some(scheme) => security_scheme(scheme, name),
        None => SecurityScheme::Other(name.clone()),
    };
    let asked = asked.into_iter().flatten().filter_map(Value::as_object);
    asked
        .map(|requirement| requirement.keys().map(one).collect())
        .collect()
}

fn security_scheme(scheme: &Value, name: &str) -> SecurityScheme {
    let kind = text(scheme, "type");
    match kind.as_str() {
        "http" => match text(scheme, "scheme").to_ascii_lowercase().as_str() {
            "bearer" => SecurityScheme::HttpBearer,
            "basic" => SecurityScheme::HttpBasic,
            other => SecurityScheme::Other(other.to_owned()),
        },
        "apiKey" => {
            let place = match text(scheme, "in").as_str() {
                "query" => ParameterPlace::Query,
                "header" => ParameterPlace::Header,
                "cookie" => ParameterPlace::Cookie,
                _ => return SecurityScheme::Other(name.to_owned()),
            };
            SecurityScheme::ApiKey {
                place,
                name: text(scheme, "name"),
            }
        }
        "oauth2" => SecurityScheme::OAuth2,
        "openIdConnect" => SecurityScheme::OpenIdConnect,
        "mutualTLS" => SecurityScheme::MutualTls,
        _ => SecurityScheme::Other(name.to_owned()),
    }
}
