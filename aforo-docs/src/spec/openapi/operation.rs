//! One operation, built when it is asked for.

use serde_json::Value;

use super::{
    content::{content, request_body},
    example::{self, Purpose},
    flag,
    index::Place,
    reference::resolve,
    schema,
    template::{Part, parts, split},
    text,
};
use crate::spec::model::{
    Method, Operation, OperationSummary, Parameter, ParameterPlace, Response, ResponseHeader, SchemaView,
    SecurityScheme, Server, Style,
};

const PARAMETER_LEVELS: u32 = 4;
/// Parameters of one operation that are shown at most.
const MAX_PARAMETERS: usize = 1_000;
/// Schema nodes of one operation: of the parameters together, and of all responses.
const PARAMETER_NODES: usize = 600;
const RESPONSE_NODES: usize = 900;

pub(super) fn build(root: &Value, summary: &OperationSummary, place: &Place) -> Option<Operation> {
    let item = resolve(root, root.get("paths")?.get(&place.path)?).value?;
    let operation = item.get(&place.method)?;
    let security = security(root, operation);
    let body = operation
        .get("requestBody")
        .and_then(|body| request_body(root, body));
    Some(Operation {
        summary: summary.clone(),
        description: text(operation, "description"),
        parameters: parameters(root, item, operation, &summary.path, &security),
        body,
        responses: responses(root, operation, summary.method),
        security,
        servers: servers(&[Some(operation), Some(item), Some(root)]),
        webhook: false,
        callbacks: Vec::new(),
        external_docs: None,
        author_samples: Vec::new(),
        deprecation: String::new(),
    })
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
    item: &Value,
    operation: &Value,
    path: &str,
    security: &[Vec<SecurityScheme>],
) -> Vec<Parameter> {
    let mut raw: Vec<(&str, ParameterPlace, &Value)> = Vec::new();
    for parameter in [item, operation]
        .into_iter()
        .filter_map(|o| o.get("parameters")?.as_array())
        .flatten()
    {
        let Some(parameter) = resolve(root, parameter).value else {
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
        examples: Vec::new(),
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

fn responses(root: &Value, operation: &Value, method: Method) -> Vec<Response> {
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
    let for_success = share(successes, RESPONSE_NODES * 2 / 3);
    let for_others = share(all.len() - successes, RESPONSE_NODES / 3);
    let mut left = RESPONSE_NODES;
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
        let header = |(name, header): (&String, &Value)| {
            let header = resolve(root, header).value.unwrap_or(&Value::Null);
            ResponseHeader {
                name: name.clone(),
                required: flag(header, "required"),
                deprecated: flag(header, "deprecated"),
                description: text(header, "description"),
                schema: SchemaView::default(),
                example: None,
            }
        };
        let headers = response.get("headers").and_then(Value::as_object);
        let said = found
            .siblings
            .map(|s| text(s, "description"))
            .filter(|d| !d.is_empty());
        out.push(Response {
            status: status.clone(),
            description: said.unwrap_or_else(|| text(response, "description")),
            headers: headers.into_iter().flatten().map(header).collect(),
            contents,
            links: Vec::new(),
        });
    }
    out
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
